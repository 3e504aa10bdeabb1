"""Many at once on one hub: everything is merged exactly once, nothing anybody said or wrote is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from team import Team, build_team, fsck

RACER = Path(__file__).with_name("racer.py")
COUNT = 25 if os.environ.get("PLAYBOOK_FULL") == "1" else 3


def team_of(root: Path, people: int) -> Team:
    named = "\n".join(f'"p{one}@example.com" = {{ name = "P{one}", roles = ["marketing"] }}' for one in range(people))
    shared = "# Shared\n" + "".join(f"\nparagraph {one}\n\nkept {one}\n\nkept too\n" for one in range(people))
    return build_team(root, {"content/policy.toml": f"[people]\n{named}\n", "content/shared.md": shared})


def race(team: Team, people: int, count: int, homes: list[str]) -> Counter[str]:
    """Let them all run, and give how often what was made again; whoever fails fails the test."""
    folder = team.root / "notes"
    folder.mkdir()
    running = [
        subprocess.Popen(
            [sys.executable, str(RACER), str(team.hub), str(folder), str(me), str(people), str(count)],
            env={**os.environ, "PLAYBOOK_HOME": homes[me], "PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for me in range(people)
    ]
    retries: Counter[str] = Counter()
    failed = []
    for one in running:
        output, errors = one.communicate()
        if one.returncode:
            failed.append(errors.decode()[-1500:])
        else:
            retries.update(json.loads(output))
    assert not failed, "\n".join(failed)
    return retries


def check(team: Team, people: int, count: int) -> None:
    """That all who were told `done` find it at the hub, once."""
    notes = {file.name: file.read_text() for file in (team.root / "notes").iterdir()}
    ids = [notes[f"sent-{me}-{number}"] for me in range(people) for number in range(count)]
    line = team.at_hub(
        "log", "--first-parent", "--format=%(trailers:key=Playbook-Proposal,valueonly,separator=)", "main"
    )
    assert Counter(filter(None, line.splitlines())) == Counter(ids)
    assert len(team.at_hub("rev-list", "--first-parent", "main").split()) == people * count + 1
    assert {notes[name] for name in notes if name.startswith("merged-")} == set(ids)
    said = Counter(team.at_hub("log", "--all", "--format=%b").splitlines())
    for name, text in notes.items():
        assert not name.startswith("said-") or said[text] == 1, text
    shared = team.text("content/shared.md")
    for me in range(people):
        assert f"paragraph of P{me}\n" in shared and f"kept {me}\n" in shared
        for number in range(1, count):
            assert f"Words of P{me}, number {number}." in team.text(f"content/race/{me}-{number}.md")
    assert fsck(team.hub) == ""


def test_r26_eight_at_once_each_at_their_own_playbook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    team = team_of(tmp_path, 8)
    start = time.monotonic()
    retries = race(team, 8, COUNT, [str(tmp_path / f"home-{me}") for me in range(8)])
    with capsys.disabled():
        print(f"\nrace: 8 x {COUNT} proposals in {time.monotonic() - start:.0f} s, made again: {dict(retries)}")
    check(team, 8, COUNT)
    for me in range(8):
        (managed,) = (tmp_path / f"home-{me}").rglob("hub-*.git")
        assert fsck(managed) == ""


def test_r26_four_at_once_at_one_playbook(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    team = team_of(tmp_path, 4)
    start = time.monotonic()
    retries = race(team, 4, COUNT, [str(tmp_path / "home-of-all")] * 4)
    with capsys.disabled():
        print(f"\nrace: 4 x {COUNT} at one playbook in {time.monotonic() - start:.0f} s, made again: {dict(retries)}")
    check(team, 4, COUNT)
    (managed,) = (tmp_path / "home-of-all").rglob("hub-*.git")
    assert fsck(managed) == ""
    assert not [*managed.glob("refs/**/*.lock"), *managed.glob("playbook-tmp/*")]
