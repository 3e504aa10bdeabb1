"""Killed with -9 at any moment: what was acknowledged is there, and the next start works by itself."""

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

VICTIM = Path(__file__).with_name("victim.py")
POINTS = 300 if os.environ.get("PLAYBOOK_FULL") == "1" else 25
SEED = os.environ.get("PLAYBOOK_SEED", "20")


def kill_many(team: Team, folder: Path) -> tuple[list[list[str]], dict[str, int]]:
    """Run the victims; gives what they were told, and what was found lying about."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, str(VICTIM), str(team.hub), str(folder), SEED, str(POINTS)],
        env={**os.environ, "PYTHONPATH": str(VICTIM.parents[2])},
        capture_output=True,
        check=False,
    )
    failed = {file.name: file.read_text() for file in folder.glob("failed-*")}
    # One that was not killed must never have failed; each start stands for somebody's next morning.
    assert not failed and done.returncode == 0, (failed, done.stderr.decode()[-2000:])
    told = [json.loads(line) for line in (folder / "told").read_text().splitlines()]
    return told, json.loads(done.stdout)


def test_r39_killed_at_random_points_nothing_acknowledged_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    team = build_team(tmp_path)
    start = time.monotonic()
    told, found = kill_many(team, tmp_path / "notes")
    with capsys.disabled():
        counted = dict(Counter(what for what, *_ in told))
        print(f"\ncrash: {found} in {time.monotonic() - start:.0f} s; acknowledged: {counted}")
    assert found["kills"] == POINTS and len({what for what, *_ in told}) >= 5

    # Everything is at the hub by now, for the last one has synced.
    merged = team.at_hub(
        "log", "--first-parent", "--format=%(trailers:key=Playbook-Proposal,valueonly,separator=)", "main"
    )
    times = Counter(filter(None, merged.splitlines()))
    assert set(times.values()) <= {1}, "merged more than once"
    said = Counter(team.at_hub("log", "--all", "--format=%b").splitlines())
    branches = team.branches()
    for what, *rest in told:
        if what == "proposed":
            id, path, text = rest
            assert times[id] == 1 and f"proposals/{id}" in branches, rest
            assert team.text(path) == text
        elif what == "said":
            assert said[rest[1]] == 1, rest
        elif what in ("approved", "tried"):
            assert times[rest[0]] == 1, rest
    events = team.at_hub("log", "--all", "--format=%(trailers:key=Playbook-Event-Id,valueonly,separator=)").splitlines()
    merges = set(team.at_hub("log", "--first-parent", "--merges", "--format=%H", "main").split())
    rows = team.at_hub(
        "log", "--all", "--format=%H %(trailers:key=Playbook-Event-Id,valueonly,separator=)"
    ).splitlines()
    own = Counter(row.split(" ")[1] for row in rows if row.split(" ")[0] not in merges and " " in row.strip())
    assert events and max(own.values()) == 1, "an event was made twice"

    assert fsck(team.hub) == ""
    (managed,) = home.rglob("hub-*.git")
    assert fsck(managed) == ""
    assert not [*managed.glob("*.lock"), *managed.glob("refs/**/*.lock"), *managed.glob("playbook-tmp/*")]
