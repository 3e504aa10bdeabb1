"""What a push comes to: sent, too late, refused in the hub's own words, or a hub that may not or cannot be written."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from team import MIA, PRICE, Team, build_team, propose

from playbook import errors
from playbook.store import refs
from playbook.store.locks import writer_lock
from playbook.store.managed import Library
from playbook.store.push import Pushed, push
from playbook.store.runner import Git
from playbook.store.writing import put_commit, put_tree, tree_id

HUB = "refs/remotes/hub/"


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return build_team(tmp_path)


@pytest.fixture
def library(team: Team) -> Library:
    return team.library("mia")


def commit(library: Library, text: str = "x\n", parent: str = "") -> str:
    """A commit on main (or on `parent`) that no ref names."""
    parent = parent or refs.main_commit(library)
    with writer_lock(library):
        return put_commit(
            library, put_tree(library, parent, {"content/new.md": text.encode()}), (parent,), text, by=MIA
        )


def states(pushed: Pushed) -> dict[str, str]:
    return {branch: outcome.state for branch, outcome in pushed.outcomes.items()}


def standin_for_ssh(folder: Path, receiving: str) -> str:
    """A GIT_SSH_COMMAND that lets fetch through and runs this line of shell in place of receive-pack."""
    script = folder / "ssh-standin"
    script.write_text(
        '#!/bin/sh\nfor last; do :; done\ncase $last in\n'
        f'git-receive-pack*) {receiving} ;;\n*) eval "$last" ;;\nesac\n'
    )  # fmt: skip
    script.chmod(0o755)
    return str(script)


def over_ssh(team: Team, monkeypatch: pytest.MonkeyPatch, receiving: str) -> Library:
    """The team's hub as a host that one reaches by ssh."""
    monkeypatch.setenv("GIT_SSH_COMMAND", standin_for_ssh(team.root, receiving))
    monkeypatch.setenv("GIT_SSH_VARIANT", "simple")
    return team.library("ssh", f"ssh://host{team.hub}")


def test_what_is_sent_is_at_the_hub_and_known_here(team: Team, library: Library) -> None:
    one, two = commit(library, "1"), commit(library, "2")
    assert states(push(library, {"proposals/1": one, "proposals/2": two})) == dict.fromkeys(
        ("proposals/1", "proposals/2"), "sent"
    )
    assert team.branches() | {"main": ""} == {"main": "", "proposals/1": one, "proposals/2": two}
    assert refs.read_ref(library.git_dir, f"{HUB}proposals/2") == two
    # Once more is the same.
    assert states(push(library, {"proposals/1": one})) == {"proposals/1": "sent"}


def test_r26_a_branch_that_others_moved_is_never_forced_and_the_rest_goes(team: Team, library: Library) -> None:
    theirs = team.publish("content/theirs.md", "x")
    pushed = push(library, {"main": commit(library), "proposals/1": commit(library)})
    assert states(pushed) == {"main": "moved", "proposals/1": "sent"}
    assert team.branches()["main"] == theirs


def test_r26_together_means_all_or_none(team: Team, library: Library) -> None:
    theirs = team.publish("content/theirs.md", "x")
    pushed = push(library, {"proposals/1": commit(library), "main": commit(library)}, atomic=True)
    assert states(pushed) == {"proposals/1": "held back", "main": "moved"}
    assert team.branches() == {"main": theirs}


def test_a_hub_that_knows_no_atomic_push_gets_one_after_the_other(team: Team, library: Library) -> None:
    team.at_hub("config", "receive.advertiseAtomic", "false")
    one, two = commit(library, "1"), commit(library, "2")
    assert set(states(push(library, {"proposals/1": one, "main": two}, atomic=True)).values()) == {"sent"}
    theirs = team.publish("content/theirs.md", "x")
    pushed = push(library, {"main": commit(library, "3"), "proposals/3": one}, atomic=True)
    assert states(pushed) == {"main": "moved", "proposals/3": "held back"}
    assert team.branches() == {"main": theirs, "proposals/1": one}


def test_a_hook_refuses_in_its_own_words(team: Team, library: Library) -> None:
    team.hook("pre-receive", 'echo "No words on a Friday." >&2\nexit 1\n')
    pushed = push(library, {"proposals/1": commit(library)})
    outcome = pushed.of("proposals/1")
    assert outcome.state == "refused" and "No words on a Friday." in outcome.reason and "\n" not in outcome.reason
    assert "main" in team.branches() and len(team.branches()) == 1


@pytest.mark.parametrize(
    "words",
    [
        "GitLab: You are not allowed to push code to protected branches on this project.",
        "Gitea: Not allowed to push to protected branch main",
        "main is read-only; open a request",
        "error: GH006: Protected branch update failed: write error, No space left for pushes",
        "Permission denied to update branch main",
    ],
)
def test_a_protected_main_is_a_refusal_whatever_the_host_calls_it(team: Team, library: Library, words: str) -> None:
    team.hook("update", f'[ "$1" != refs/heads/main ] || {{ echo "{words}" >&2; exit 1; }}\n')
    pushed = push(library, {"proposals/1": commit(library), "main": commit(library)})
    assert states(pushed) == {"proposals/1": "sent", "main": "refused"}
    assert words in pushed.of("main").reason
    pushed = push(library, {"proposals/2": commit(library), "main": commit(library)}, atomic=True)
    assert states(pushed) == {"proposals/2": "held back", "main": "refused"}


def test_the_link_that_a_host_offers_is_kept(team: Team, library: Library) -> None:
    team.hook(
        "post-receive",
        "echo 'Read https://host.example/rules, please.'\necho 'Create a pull request:'\n"
        "echo '  https://host.example/t/w/pull/new/x'\n",
    )
    assert push(library, {"proposals/1": commit(library)}).link == "https://host.example/t/w/pull/new/x"
    team.hook("post-receive", "echo 'Read https://host.example/rules.'\n")
    assert push(library, {"proposals/2": commit(library, "2")}).link == "https://host.example/rules"
    team.hook("post-receive", "echo 'javascript:alert(1) http://plain.example/x'\n")
    assert push(library, {"proposals/3": commit(library, "3")}).link == ""


@pytest.mark.parametrize(
    "said",
    [
        "ERROR: Write access denied",
        "ERROR: Write access to repository not granted.",
        "ERROR: Permission to team/words.git denied to rep.",
        "remote: You are not allowed to push code to this project.",
        "ERROR: This deploy key does not have write access",
        "FATAL: W any words rep DENIED by fallthru",
        "ERROR: The key you are authenticating with has been marked as read only.",
    ],
)
def test_a_hub_that_one_may_only_read_is_not_permitted(team: Team, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    library = over_ssh(team, monkeypatch, f'echo "{said}" >&2; exit 1')
    with pytest.raises(errors.NotPermitted, match="lets you read but not write"):
        push(library, {"proposals/1": commit(library)})
    assert refs.read_ref(library.git_dir, f"{HUB}proposals/1") is None


def test_a_key_that_the_host_does_not_know_is_no_matter_of_permission(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = over_ssh(team, monkeypatch, 'echo "git@host: Permission denied (publickey)." >&2; exit 255')
    with pytest.raises(errors.RemoteUnreachable, match="password or key"):
        push(library, {"proposals/1": commit(library)})


def test_a_hub_whose_disk_is_closed_to_us_is_not_permitted(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "remote: error: cannot lock ref 'refs/heads/proposals/1': Unable to create 'x.lock': Permission denied"
    library = over_ssh(team, monkeypatch, 'eval "$last"')
    one = commit(library)
    # As root nothing is closed, so the hub says what it says to others.
    team.hook(
        "reference-transaction", f'[ "$1" != prepared ] || {{ echo "{said.removeprefix("remote: ")}" >&2; exit 1; }}\n'
    )
    with pytest.raises(errors.NotPermitted, match="lets you read"):
        push(library, {"proposals/1": one})


def test_a_hub_without_room_keeps_everything_here_and_takes_it_later(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hub's process may write no byte more (a limit of the system's), as on a full disk."""
    team.at_hub("config", "transfer.unpackLimit", "1")
    library = over_ssh(team, monkeypatch, 'ulimit -f 0; eval "$last"')
    id = propose(library, by=MIA)
    mine = refs.read_ref(library.git_dir, f"refs/heads/proposals/{id}") or ""
    with pytest.raises(errors.RemoteUnreachable, match=r"could not store what was sent.*try again when it has room"):
        push(library, {f"proposals/{id}": mine})
    assert team.branches().keys() == {"main"}
    over_ssh(team, monkeypatch, 'eval "$last"')
    assert states(push(library, {f"proposals/{id}": mine})) == {f"proposals/{id}": "sent"}


@pytest.mark.parametrize(
    "said",
    [
        "fatal: unable to write loose object file: No space left on device",
        "fatal: write error: No space left on device",
        "error: unable to write file: Disk quota exceeded",
    ],
)
def test_the_words_of_a_full_disk_are_known(team: Team, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """As git 2.39 said them on a full tmpfs: unpacking fails, and the branch is refused as `unpacker error`."""
    library = over_ssh(team, monkeypatch, 'eval "$last"')
    real = subprocess.run(["git", "--exec-path"], capture_output=True, check=True).stdout.decode().strip()
    folder = team.root / "exec"
    folder.mkdir()
    for file in Path(real).iterdir():
        (folder / file.name).symlink_to(file)
    (folder / "git").unlink()
    (folder / "git").write_text(
        "#!/bin/sh\nfor word; do case $word in unpack-objects|index-pack) "
        f"cat >/dev/null; echo '{said}' >&2; exit 128;; esac; done\nexec {real}/git \"$@\"\n"
    )
    (folder / "git").chmod(0o755)
    monkeypatch.setenv(
        "GIT_SSH_COMMAND",
        standin_for_ssh(team.root, f"GIT_EXEC_PATH={folder} {folder}/git-receive-pack {team.hub}"),
    )
    with pytest.raises(errors.RemoteUnreachable, match="try again when it has room"):
        push(library, {"proposals/1": commit(library)})


def test_an_object_that_the_hub_finds_fault_with_is_refused_with_its_words(team: Team, library: Library) -> None:
    team.at_hub("config", "receive.fsckObjects", "true")
    main = refs.main_commit(library)
    raw = f"tree {tree_id(library, main)}\nparent {main}\nauthor a <a@x> 99999999999999999999 +0000\ncommitter a <a@x> 1 +0000\n\nx"
    git = Git(library.git_dir)
    bad = git.run("hash-object", "-t", "commit", "-w", "--stdin", "--literally", input=raw.encode()).decode().strip()
    outcome = push(library, {"proposals/1": bad}).of("proposals/1")
    assert outcome.state == "refused" and "badDateOverflow" in outcome.reason


@pytest.mark.parametrize("there", [False, True])
def test_a_branch_that_is_damaged_here_is_refused_with_what_to_do(library: Library, there: bool) -> None:
    main = refs.main_commit(library)
    raw = f"tree {'1' * 40}\nparent {main}\nauthor a <a@x> 1 +0000\ncommitter a <a@x> 1 +0000\n\nx"
    git = Git(library.git_dir)
    bad = git.run("hash-object", "-t", "commit", "-w", "--stdin", "--literally", input=raw.encode()).decode().strip()
    outcome = push(library, {"proposals/1": bad if there else "2" * 40}).of("proposals/1")
    assert outcome.state == "refused" and "damaged here" in outcome.reason and "playbook doctor" in outcome.reason


def test_a_branch_below_another_can_never_be_and_is_no_race(team: Team, library: Library) -> None:
    team.at_hub("update-ref", "refs/heads/proposals/1", "main")
    pushed = push(library, {"proposals/1/2": commit(library), "proposals/3": commit(library, "3")})
    assert states(pushed) == {"proposals/1/2": "refused", "proposals/3": "sent"}
    assert "exists" in pushed.of("proposals/1/2").reason


def test_a_lock_of_somebody_elses_at_the_hub_is_a_race(team: Team, library: Library) -> None:
    lock = team.hub / "refs" / "heads" / "proposals"
    lock.mkdir()
    (lock / "1.lock").touch()
    assert states(push(library, {"proposals/1": commit(library)})) == {"proposals/1": "moved"}


def test_r39_a_hub_that_is_gone_is_out_of_reach(team: Team, library: Library) -> None:
    one = commit(library)
    team.hub.rename(team.root / "elsewhere.git")
    with pytest.raises(errors.RemoteUnreachable, match="does not answer"):
        push(library, {"proposals/1": one})
    (team.root / "elsewhere.git").rename(team.hub)
    assert states(push(library, {"proposals/1": one})) == {"proposals/1": "sent"}


def test_r39_a_hub_that_falls_silent_is_left_and_the_push_can_be_made_again(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = over_ssh(team, monkeypatch, "exec sleep 60")
    one = commit(library)
    with pytest.raises(errors.RemoteUnreachable, match="did not answer within"):
        push(library, {"proposals/1": one}, timeout=1)
    over_ssh(team, monkeypatch, 'eval "$last"')
    assert states(push(library, {"proposals/1": one})) == {"proposals/1": "sent"}


def test_r39_a_line_cut_after_the_hub_has_taken_it_does_it_once(team: Team, library: Library) -> None:
    team.hook("reference-transaction", '[ "$1" != committed ] || kill -9 $PPID\n')
    one = commit(library)
    with pytest.raises(errors.RemoteUnreachable):
        push(library, {"proposals/1": one})
    assert team.branches()["proposals/1"] == one
    team.hook("reference-transaction", "exit 0\n")
    assert states(push(library, {"proposals/1": one})) == {"proposals/1": "sent"}
    assert refs.read_ref(library.git_dir, f"{HUB}proposals/1") == one


def test_a_push_can_be_stopped(library: Library) -> None:
    with pytest.raises(errors.Cancelled):
        push(library, {"proposals/1": commit(library)}, cancelled=lambda: True)


def test_hooks_and_settings_of_the_person_are_not_run(team: Team, library: Library) -> None:
    hooks = team.root / "hooks"
    hooks.mkdir()
    (hooks / "pre-push").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-push").chmod(0o755)
    with Path(os.environ["GIT_CONFIG_GLOBAL"]).open("a") as config:
        config.write(
            f"[core]\n\thooksPath = {hooks}\n[push]\n\tfollowTags = true\n\tgpgSign = true\n\tdefault = matching\n"
        )
    assert states(push(library, {"proposals/1": commit(library)})) == {"proposals/1": "sent"}
    assert team.text(PRICE)
