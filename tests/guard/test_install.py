"""`playbook hook install`: what it makes of a hub, what it refuses, and a guard that cannot run lets nothing in."""

from __future__ import annotations

import os
import re
import shlex
import stat
import subprocess
from pathlib import Path

import pytest
from building import LibraryBuilder
from guards import FILES, PRICE, Guarded, build_guarded, to_proposal
from saying import Said

from playbook.cli.main import run
from playbook.review.guard.installing import MARK


def say(capsys: pytest.CaptureFixture[str], *arguments: str) -> Said:
    capsys.readouterr()
    code = run(list(arguments))
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return Said(code, out, err)


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    source = LibraryBuilder(tmp_path / "source").write("content/a.md", "# A\n")
    source.commit("One")
    return source.bare(tmp_path / "plain hub's.git")


def config(hub: Path, name: str) -> str:
    command = ["git", f"--git-dir={hub}", "config", "--get", name]
    return subprocess.run(command, capture_output=True, check=False).stdout.decode().strip()


def test_what_it_sets_and_says(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = say(capsys, "hook", "install", str(bare), "--owner", "sal@example.com")
    assert said.code == 0, said.err
    assert "Every push is judged before it is taken: main takes only merges that its policy allows." in said.out
    assert "sal@example.com may set the first policy." in said.out
    assert "Whoever can write to the hub's folder is not guarded against" in said.out
    assert {name: config(bare, name) for name in ("receive.fsckObjects", "receive.denyNonFastForwards")} == {
        "receive.fsckObjects": "true",
        "receive.denyNonFastForwards": "true",
    }
    assert config(bare, "receive.maxInputSize") == "104857600"
    hook = bare / "hooks" / "pre-receive"
    assert hook.stat().st_mode & 0o111 == 0o111 and MARK in hook.read_text()
    main = subprocess.run(
        ["git", f"--git-dir={bare}", "rev-parse", "main"], capture_output=True, check=True
    ).stdout.decode()
    assert say(capsys, "hook", "install", str(bare), "--json").json["baseline"] == main.strip()


def test_doing_it_twice_does_it_once_and_keeps_what_its_keeper_set(
    bare: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    say(capsys, "hook", "install", str(bare), "--owner", "sal@example.com")
    subprocess.run(["git", f"--git-dir={bare}", "config", "receive.maxInputSize", "5000"], check=True)
    before = (bare / "config").read_text(), (bare / "hooks" / "pre-receive").read_text()
    made = say(capsys, "hook", "install", str(bare), "--json").json
    assert ((bare / "config").read_text(), (bare / "hooks" / "pre-receive").read_text()) == before
    assert made["owner"] == "sal@example.com"


def test_somebody_elses_hook_stays(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (bare / "hooks").mkdir(exist_ok=True)
    (bare / "hooks" / "pre-receive").write_text("#!/bin/sh\nexit 0\n")
    said = say(capsys, "hook", "install", str(bare))
    assert said.code == 3
    assert "hooks/pre-receive is there already and is not playbook's; move it away" in said.err
    assert (bare / "hooks" / "pre-receive").read_text() == "#!/bin/sh\nexit 0\n"
    assert config(bare, "receive.fsckObjects") == ""


def test_what_is_no_hub_on_this_machine(bare: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for place, sentence in (
        ("https://host/hub.git", "is a URL; run `playbook hook install` on the hub's own machine"),
        (str(tmp_path / "source"), "has a working tree; a hub is a bare repository"),
        (str(tmp_path / "nowhere"), "is no bare repository; make one with `git init --bare -b main HUB.git`"),
    ):
        said = say(capsys, "hook", "install", place)
        assert (said.code, sentence in said.err) == (2, True), said.err
    said = say(capsys, "hook", "install", str(bare), "--owner", "Sal")
    assert (said.code, "--owner takes a mail" in said.err) == (2, True)
    subprocess.run(["git", f"--git-dir={bare}", "symbolic-ref", "HEAD", "refs/heads/trunk"], check=True)
    said = say(capsys, "hook", "install", str(bare))
    assert (said.code, "run `git symbolic-ref HEAD refs/heads/main` in it first" in said.err) == (2, True)


def test_a_folder_that_others_can_write_to_is_named(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (bare / "refs").chmod(stat.S_IRWXU | stat.S_IRWXG)
    said = say(capsys, "hook", "install", str(bare)).out
    assert "Nobody is named who may set the first policy; name one with --owner MAIL." in said
    assert "can be written to by its group: who can do that goes past any hook" in said


def test_the_machines_own_hooks_path_does_not_switch_it_off(tmp_path: Path) -> None:
    hub = build_guarded(tmp_path / "team")
    elsewhere = Path(os.environ["GIT_CONFIG_GLOBAL"])
    elsewhere.write_text(elsewhere.read_text() + f"[core]\n\thooksPath = {tmp_path}\n")
    hub.refuses("was put on main directly", f"{hub.change({PRICE: 'x'})}:refs/heads/main")


def test_a_hub_that_moved_is_guarded_still(tmp_path: Path) -> None:
    hub = build_guarded(tmp_path / "team")
    hub.hub = hub.hub.rename(tmp_path / 'ano"ther \\ place.git')
    hub.refuses("was put on main directly", f"{hub.change({PRICE: 'x'})}:refs/heads/main")
    hub.takes(to_proposal(hub.change({PRICE: "x"})))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("/bin/python", "/bin/gone-python", "the hub's guard has lost its Python, so nothing was taken"),
        ("playbook.review.hook import", "playbook.review.gone import", "the hub's guard cannot start"),
        (
            "sys.exit(main())",
            "sys.stdin.close(); sys.exit(main())",
            "the hub's guard failed inside, so nothing was taken",
        ),
    ],
)
def test_a_guard_that_cannot_run_takes_nothing(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    hub: Guarded = build_guarded(tmp_path / "team")
    hook = hub.hub / "hooks" / "pre-receive"
    text = hook.read_text()
    assert old in text
    hook.write_text(text.replace(old, new))
    hub.refuses(sentence, to_proposal(hub.change({PRICE: FILES[PRICE] + "more\n"})))


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = build_guarded(tmp_path / "team")
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    files = {str(file.relative_to(hub.hub)) for file in hub.hub.rglob("*")}
    hub.refuses("was put on main directly", f"{hub.change({PRICE: 'x'})}:refs/heads/main")
    assert list(place.iterdir()) == []
    assert {str(file.relative_to(hub.hub)) for file in hub.hub.rglob("*")} == files


def test_every_promise_has_its_test() -> None:
    root = Path(__file__).parents[2]
    named = set(re.findall(r"`(test_\w+)`", (root / "docs" / "security.md").read_text()))
    there = set(
        re.findall(r"def (test_\w+)\(", "".join(file.read_text() for file in Path(__file__).parent.glob("*.py")))
    )
    assert len(named) > 40 and named - there == set()
    # And what is refused by a row of its own stands in the page.
    assert {name for name in there if name.startswith(("test_r34", "test_r35", "test_r38"))} - named == set()


def test_the_line_for_ssh_names_the_pusher(tmp_path: Path) -> None:
    """The forced command of docs/hosting.md, run as sshd runs it."""
    hub = build_guarded(tmp_path / "team")
    text = (Path(__file__).parents[2] / "docs" / "hosting.md").read_text()
    found = re.search(r'^command="((?:[^"\\]|\\.)*)",restrict', text, re.MULTILINE)
    assert found
    command = found[1].replace('\\"', '"')
    ssh = tmp_path / "ssh"
    ssh.write_text(
        f"#!/bin/sh\nshift $(($# - 1))\nSSH_ORIGINAL_COMMAND=$1\nexport SSH_ORIGINAL_COMMAND\nexec sh -c {shlex.quote(command)}\n"
    )
    ssh.chmod(0o755)
    hub.env, hub.url = {"GIT_SSH": str(ssh), "GIT_SSH_VARIANT": "simple"}, f"ssh://host{hub.hub}"
    words = hub.change({PRICE: FILES[PRICE] + "more\n"}, by="rep")
    hub.refuses("is committed as rep@example.com, and the hub knows you as mia@example.com", to_proposal(words))
    hub.takes(to_proposal(hub.change({PRICE: FILES[PRICE] + "more\n"}, by="mia")))
