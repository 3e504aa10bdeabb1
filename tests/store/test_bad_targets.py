"""What is no library: each is one sentence with the right exit code, and nothing of it is executed."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest
from building import LibraryBuilder

from playbook import errors
from playbook.store import managed, objects, refs, remote, runner
from playbook.store.managed import libraries, open_library
from playbook.store.sync import sync


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("", "No library was named"),
        ("-x", "begins with a dash"),
        ("--upload-pack=touch /tmp/x", "begins with a dash"),
        ("ext::sh -c touch% /tmp/x", "run a program"),
        ("fd::17", "run a program"),
        ("http://example.com/x.git", "not allowed"),
        ("git://example.com/x.git", "not allowed"),
        ("ssh://-oProxyCommand=touch/x", "names no host"),
        ("https:///nothing", "names no host"),
        ("https://[/x", "no URL that can be read"),
        ("file://elsewhere/x", "another machine"),
        ("a\nb", "control characters"),
        ("/no/such/folder", "There is no folder"),
    ],
)
def test_targets_that_are_refused(target: str, says: str) -> None:
    with pytest.raises(errors.UsageError, match=says) as caught:
        open_library(target)
    assert "\n" not in str(caught.value)
    assert libraries() == []


def test_not_a_repository_and_a_file(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "file.md").write_text("x")
    for name in ("plain", "file.md"):
        with pytest.raises(errors.LibraryUnreadable, match="not a git repository") as caught:
            open_library(str(tmp_path / name))
        assert caught.value.exit_code == 6


def test_a_url_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as quiet:
        quiet.bind(("127.0.0.1", 0))
        port = quiet.getsockname()[1]
    with pytest.raises(errors.RemoteUnreachable, match="does not answer") as caught:
        open_library(f"https://user:secret@127.0.0.1:{port}/team/words.git")
    assert caught.value.exit_code == 5
    assert "secret" not in str(caught.value)
    assert libraries() == []


def test_a_host_that_stays_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playbook.store.firstfetch._ASK_SECONDS", 0.5)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(errors.RemoteUnreachable, match=r"did not answer within 0\.5 seconds"):
            open_library(f"https://127.0.0.1:{silent.getsockname()[1]}/words.git")


def test_ssh_never_asks_and_a_refusal_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "bin" / "ssh"
    tool.parent.mkdir()
    tool.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/asked\necho "git@host: Permission denied (publickey)." >&2\nexit 255\n'
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
    runner._find_git.cache_clear()
    with pytest.raises(errors.RemoteUnreachable, match="wants a password or key"):
        open_library("git@host.example:team/words.git")
    assert "BatchMode=yes" in (tmp_path / "asked").read_text()


def test_the_persons_own_ssh_command_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_SSH_COMMAND", f"sh -c 'echo mine > {tmp_path}/used; exit 255'")
    with pytest.raises(errors.RemoteUnreachable):
        open_library("ssh://host.example/team/words.git")
    assert (tmp_path / "used").read_text() == "mine\n"


HOSTILE = """
[core]
\tfsmonitor = touch {0}/fsmonitor
\tsshCommand = touch {0}/ssh
\thooksPath = {1}/hooks
\tpager = touch {0}/pager
\teditor = touch {0}/editor
\tgitProxy = touch {0}/proxy
\taskPass = touch {0}/askpass
\talternateRefsCommand = touch {0}/alternates
[uploadpack]
\tpackObjectsHook = touch {0}/packhook
[credential]
\thelper = "!touch {0}/credential"
[diff "d"]
\tcommand = touch {0}/diff
\ttextconv = touch {0}/textconv
[merge "m"]
\tdriver = touch {0}/merge
[filter "f"]
\tclean = touch {0}/clean
\tsmudge = touch {0}/smudge
[gpg]
\tprogram = touch {0}/gpg
[log]
\tshowSignature = true
[alias]
\tls-tree = "!touch {0}/alias"
[include]
\tpath = {1}/included
[remote "origin"]
\turl = ext::touch% {0}/ext
\tuploadpack = touch {0}/uploadpack
"""


def test_r16_hostile_config_hooks_and_attributes_execute_nothing(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    source = LibraryBuilder(tmp_path / "team").write(".gitattributes", "*.md diff=d merge=m filter=f\n")
    source.write("a.md", "# A\n").commit("One")
    source.write("a.md", "# A\n\nmore\n").commit("Two")
    source.git("replace", source.git("rev-parse", "HEAD"), source.git("rev-parse", "HEAD~1"))
    git_dir = tmp_path / "team" / ".git"
    for file in sorted((git_dir / "hooks").iterdir()):
        file.unlink()
    for name in ("post-checkout", "reference-transaction", "pre-auto-gc", "post-update", "pre-receive", "update"):
        hook = git_dir / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {marks}/hook-{name}\n")
        hook.chmod(0o755)
    (git_dir / "included").write_text(f"[core]\n\tfsmonitor = touch {marks}/included\n")
    with (git_dir / "config").open("a") as config:
        config.write(HOSTILE.format(marks, git_dir))
    library = open_library(str(tmp_path / "team"))
    assert library.hub == ""
    commit = refs.main_commit(library)
    entries = objects.tree(library, commit)
    list(objects.blobs(library, [entry.oid for entry in entries]))
    changes = objects.last_changes(library, commit)
    assert objects.changed_paths(library, refs.resolve(library, "main~1"), commit) == [("M", b"a.md")]
    assert len(objects.history(library, commit, b"a.md")) == 2
    assert len(objects.blame(library, commit, b"a.md")) == 3
    assert len(changes) == 2
    sync(library)
    assert list(marks.iterdir()) == []


def test_a_hostile_environment_redirects_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    LibraryBuilder(tmp_path / "team").write("a.md", "# A\n").commit()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", f"touch {tmp_path}/ran")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", f"touch {tmp_path}/ran")
    monkeypatch.setenv("GIT_UPLOAD_PACK", f"touch {tmp_path}/ran")
    library = open_library(str(tmp_path / "team"))
    assert len(objects.tree(library, refs.main_commit(library))) == 1
    assert "GIT_DIR" not in os.environ and "GIT_TRACE" not in os.environ
    assert not (tmp_path / "ran").exists() and not (tmp_path / "trace").exists()


def test_a_git_in_the_current_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    LibraryBuilder(tmp_path / "team").write("a.md", "# A\n").commit()
    trap = tmp_path / "team" / "git"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    trap.chmod(0o755)
    monkeypatch.chdir(tmp_path / "team")
    monkeypatch.setenv("PATH", f".{os.pathsep}{os.environ['PATH']}")
    open_library(".")
    assert not (tmp_path / "ran").exists()


def test_no_git_and_an_old_git_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    LibraryBuilder(tmp_path / "team").write("a.md", "# A\n").commit()
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(errors.LibraryUnreadable, match="git is not installed"):
        open_library(str(tmp_path / "team"))
    old = tmp_path / "old" / "git"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho git version 2.20.1\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}{os.pathsep}/bin:/usr/bin")
    with pytest.raises(errors.LibraryUnreadable, match=r"2\.20\.1 .* too old"):
        open_library(str(tmp_path / "team"))


def test_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    LibraryBuilder(tmp_path / "team").write("a.md", "# A\n").commit()
    monkeypatch.setenv("PLAYBOOK_HOME", "/proc/nothing")
    with pytest.raises(errors.LibraryUnreadable, match="PLAYBOOK_HOME"):
        open_library(str(tmp_path / "team"))


def test_a_partial_clone_and_an_unreadable_config(tmp_path: Path) -> None:
    source = LibraryBuilder(tmp_path / "team").write("a.md", "# A\n")
    source.commit()
    config = tmp_path / "team" / ".git" / "config"
    whole = config.read_text()
    config.write_text(whole + '[remote "x"]\n\tpromisor = true\n\turl = /nowhere\n')
    with pytest.raises(errors.LibraryUnreadable, match="partial clone"):
        open_library(str(tmp_path / "team"))
    config.write_text(whole + "[[[\n")
    with pytest.raises(errors.LibraryUnreadable, match="cannot be read"):
        open_library(str(tmp_path / "team"))
    config.unlink()
    os.mkfifo(config)
    with pytest.raises(errors.LibraryUnreadable, match="no settings file"):
        open_library(str(tmp_path / "team"))


def test_a_branch_named_head_cannot_stand_in_for_main(tmp_path: Path) -> None:
    source = LibraryBuilder(tmp_path / "team").write("a.md", "# A\n")
    first = source.commit()
    library = open_library(str(tmp_path / "team"))
    evil = source.git("commit-tree", "-p", first, "-m", "evil", "HEAD^{tree}")
    source.git("update-ref", "refs/heads/HEAD", evil)
    source.git("update-ref", "refs/heads/side", first)
    sync(library)
    assert refs.main_branch(library) == "main" and refs.main_commit(library) == first
    assert "refs/remotes/hub/side" in refs.all_refs(library, "refs/remotes/hub/")


def test_error_sentences_are_safe_to_show(tmp_path: Path) -> None:
    evil = tmp_path / "evil\x1b[2J"
    evil.mkdir()
    with pytest.raises(errors.PlaybookError) as caught:
        open_library(str(evil))
    assert "\x1b" not in str(caught.value)
    failed = runner.GitFailed("fetch", 128, "fatal: \x1b]0;x\x07 https://u:p@host/x\n")
    assert "\x1b" not in str(failed)
    assert "p@host" not in str(remote.refusal(runner.GitFailed("fetch", 128, "fatal: no"), "https://u:p@host/x", 1))


def test_ownership_refused_by_git_is_told(tmp_path: Path) -> None:
    error = runner.GitFailed("ls-remote", 128, "fatal: detected dubious ownership in repository at '/x'\n")
    assert "another user" in str(remote.refusal(error, "/x", 1))
    assert remote.refusal(error, "/x", 1).exit_code == 6


def test_a_damaged_managed_repository_is_told(tmp_path: Path) -> None:
    LibraryBuilder(tmp_path / "team").write("a.md", "# A\n").commit()
    library = open_library(str(tmp_path / "team"))
    (library.git_dir / "refs/remotes/hub/HEAD").write_text("ref: ../../../../etc/passwd\n")
    with pytest.raises(errors.LibraryUnreadable, match="no main branch"):
        refs.main_commit(library)
    (library.git_dir / "HEAD").unlink()
    with pytest.raises(errors.LibraryUnreadable, match="damaged"):
        open_library(str(tmp_path / "team"))
    managed.forget(library.name, force=True)
    assert open_library(str(tmp_path / "team")) == library


def test_a_file_that_cannot_grow_is_one_sentence_and_leaves_nothing(tmp_path: Path, home: Path) -> None:
    source = LibraryBuilder(tmp_path / "team")
    source.write("big.md", os.urandom(400_000)).commit()
    script = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "from playbook.errors import PlaybookError\n"
        "from playbook.store.managed import open_library\n"
        "try:\n    open_library(sys.argv[1])\n"
        "except PlaybookError as error:\n    print(error.exit_code, error)\n"
    )
    import sys

    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "team")], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("6 ") and "cannot be written" in done.stdout, done.stdout
    assert [p for p in (home / "data" / "libraries").iterdir() if p.is_dir()] == []
