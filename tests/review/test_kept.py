"""What is kept of proposals: nothing is read twice, and a lost, damaged or older file changes no answer."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from team import MIA, PRICE, PRICE_TEXT, TIMING, TIMING_TEXT, Team, build_team, propose, send

from playbook.review import acting, approve, kept
from playbook.review.listing import find, proposals
from playbook.review.queue import queue
from playbook.store import process, refs
from playbook.store.managed import Library
from playbook.store.sync import fetch_only

Started = Callable[[], list[str]]


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return build_team(tmp_path, {"content/third.md": "# Third\n\nWords.\n"})


@pytest.fixture
def library(team: Team) -> Library:
    return team.library("one")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """The git commands that were started since it was asked last."""
    said: list[str] = []
    real = process.Process.__enter__

    def noted(self: process.Process) -> process.Process:
        said.append(" ".join(self.command))
        return real(self)

    monkeypatch.setattr(process.Process, "__enter__", noted)

    def since() -> list[str]:
        found = said.copy()
        said.clear()
        return found

    return since


def three(library: Library) -> list[str]:
    ids = [propose(library, path=path, text=f"# {path}\n\nOther.\n", title=path) for path in (PRICE, TIMING)]
    ids.append(propose(library, path="content/third.md", text="# Third\n\nBetter words.\n", title="third"))
    for id in ids:
        acting.comment(library, id, "Says who?")
    return ids


def file_of(library: Library) -> Path:
    return library.cache / kept.FILE_NAME


def test_r50_what_was_read_once_is_not_read_again(library: Library, started: Started) -> None:
    three(library)
    first = proposals(library)
    assert any(" log " in command and "--boundary" in command for command in started())
    assert proposals(library) == first
    assert not [one for one in started() if "--boundary" in one or "diff-tree" in one]


def test_r50_of_new_branches_alone_the_log_is_read(library: Library, started: Started) -> None:
    ids = three(library)
    proposals(library)
    acting.comment(library, ids[0], "And why?")
    started()
    made = {one.id: one for one in proposals(library)}
    assert [event.text for event in made[ids[0]].events if event.word == "comment"] == ["Says who?", "And why?"]
    assert len([one for one in started() if "--boundary" in one]) == 1
    assert len(made) == 3 and made[ids[1]].paths == (TIMING,)


def test_what_main_got_since_is_no_open_proposal(team: Team, library: Library, started: Started) -> None:
    ids = three(library)
    send(library)
    proposals(library)
    other = team.library("two")
    fetch_only(other)
    approve.approve(other, ids[0], "Yes.", by=MIA)
    fetch_only(library)
    started()
    assert {one.id for one in proposals(library)} == set(ids[1:])
    assert find(library, ids[0]).state == "merged"
    started()
    assert {one.id for one in proposals(library)} == set(ids[1:])
    assert not [one for one in started() if "rev-list" in one or "--boundary" in one]


def test_a_main_that_left_its_history_has_everything_read_anew(team: Team, library: Library) -> None:
    ids = three(library)
    before = proposals(library)
    old = refs.main_commit(library)
    team.publish(TIMING, TIMING_TEXT + "\nMore.\n")
    fetch_only(library)
    assert {one.id for one in proposals(library)} == set(ids)
    (library.git_dir / "refs/remotes/hub/main").write_text(f"{old}\n")
    assert proposals(library) == before


@pytest.mark.parametrize("harm", ["gone", "empty", "rubbish", "other tables", "rows", "folder", "closed"])
def test_a_file_that_cannot_be_used_changes_no_answer(library: Library, harm: str) -> None:
    three(library)
    expected = proposals(library)
    rows = queue(library)
    file = file_of(library)
    if harm == "rows":
        with sqlite3.connect(file) as db:
            db.execute("UPDATE graphs SET graph = x'c1'")
            db.execute("UPDATE changes SET changed = x'93'")
    elif harm == "other tables":
        with sqlite3.connect(file) as db:
            db.execute("ALTER TABLE graphs RENAME COLUMN main TO other")
    else:
        for one in library.cache.glob(f"{kept.FILE_NAME}*"):
            one.unlink()
        if harm == "empty":
            file.touch()
        elif harm == "rubbish":
            file.write_bytes(os.urandom(9000))
        elif harm == "folder":
            file.mkdir()
        elif harm == "closed":
            file.write_bytes(b"")
            file.chmod(0o000)
    assert proposals(library) == expected
    assert [row.proposal for row in queue(library)] == [row.proposal for row in rows]
    assert proposals(library) == expected


def test_another_way_to_read_commits_takes_nothing_from_the_file(
    library: Library, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    three(library)
    expected = proposals(library)
    monkeypatch.setattr(kept, "_version", lambda: "of another playbook")
    started()
    assert proposals(library) == expected
    assert any("--boundary" in command for command in started())


def test_the_file_is_for_its_owner_alone_and_never_grows_for_ever(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = three(library)
    monkeypatch.setattr(kept, "_FLOOR", 0)
    monkeypatch.setattr(kept, "_MOST", 2)
    for number in range(9):
        acting.revise(library, ids[0], {PRICE: PRICE_TEXT.replace("pays", f"pays {number}").encode()}, why="Shorter")
        expected = proposals(library)
    if os.name == "posix":
        assert file_of(library).stat().st_mode & 0o077 == 0
    with sqlite3.connect(file_of(library)) as db:
        assert db.execute("SELECT count(*) FROM graphs").fetchone()[0] <= 6
        assert db.execute("SELECT count(*) FROM changes").fetchone()[0] <= 7
    assert proposals(library) == expected


@pytest.mark.parametrize("other", [False, True])
def test_on_a_read_only_disk_the_file_is_read_but_for_what_another_playbook_kept(
    library: Library, started: Started, monkeypatch: pytest.MonkeyPatch, other: bool
) -> None:
    three(library)
    expected = proposals(library)
    with sqlite3.connect(file_of(library)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA journal_mode = DELETE")
    connect = sqlite3.connect

    def read_only(address: str, **options: Any) -> sqlite3.Connection:
        return connect(address if "?" in address else f"{address}?mode=ro", **options)

    monkeypatch.setattr(sqlite3, "connect", read_only)
    if other:
        monkeypatch.setattr(kept, "_version", lambda: "of another playbook")
    started()
    assert proposals(library) == expected
    assert any("--boundary" in command for command in started()) is other
