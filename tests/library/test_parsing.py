"""Thousands of files are parsed by processes side by side: with the same outcome, also when those are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest

from playbook.library import parsing

RAWS = [
    (f"{at:040x}", f"---\ntitle: Card {at}\n---\n# Card {at}\n\nWords to say, {at}.\n".encode()) for at in range(500)
]
RAWS.append(("f" * 40, b"\xff\xfe\x00 broken \xff"))


@pytest.fixture
def side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes, however few files and processors there are."""
    monkeypatch.setattr(parsing, "MANY", 10)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def outcome(raws: list[tuple[str, bytes]], expected: int) -> dict[str, tuple[bytes, str] | None]:
    return {
        name: (found.encoded, found.body) if found else None for name, found in parsing.parse_all(iter(raws), expected)
    }


def children() -> list[int]:
    """The parsing processes that are there now."""
    listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(os.getpid())], capture_output=True, text=True)
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if "playbook.library.parsing" in line]


def test_side_by_side_gives_what_one_after_the_other_gives(side_by_side: None) -> None:
    assert outcome(RAWS, 500) == outcome(RAWS, 1)
    assert children() == []


def test_killed_processes_lose_nothing(side_by_side: None) -> None:
    killed: list[int] = []

    def kill() -> None:
        for _ in range(200):
            for pid in children():
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
            if killed:
                return
            time.sleep(0.01)

    killer = threading.Thread(target=kill)
    killer.start()
    found = outcome(RAWS * 4, 2_000)
    killer.join()
    assert killed
    assert found == outcome(RAWS, 1)


def test_who_stops_reading_leaves_no_process(side_by_side: None) -> None:
    reading = parsing.parse_all(iter(RAWS * 4), 2_000)
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    for _ in range(300):
        if not children() and not any(thread.name == "playbook-parser" for thread in threading.enumerate()):
            break
        time.sleep(0.02)
    assert children() == []


def test_a_failure_of_git_is_told(side_by_side: None) -> None:
    def failing() -> Iterator[tuple[str, bytes]]:
        yield from RAWS[:100]
        raise OSError("git is gone")

    with pytest.raises(OSError, match="git is gone"):
        list(parsing.parse_all(failing(), 500))
