"""What main met in many proposals at once is what git says of each by itself, from a handful of processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from team import PRICE, PRICE_TEXT, TIMING, TIMING_TEXT, Team, build_team, propose

from playbook.review import branch, conflict
from playbook.review.candidate import clashing
from playbook.review.listing import find, proposals
from playbook.review.meeting import met_by
from playbook.review.moving import moved_apart
from playbook.store import process, refs
from playbook.store.managed import Library
from playbook.store.sync import fetch_only

LONG = "".join(f"Line {number}.\n" for number in range(30))


@pytest.fixture
def team(tmp_path: Path) -> Team:
    files = {f"content/{name}.md": LONG for name in ("long", "gone", "kept", "mode")}
    return build_team(tmp_path, files | {"content/folder/in.md": "In.\n"})


@pytest.fixture
def library(team: Team) -> Library:
    return team.library("one")


def all_of_them(team: Team, library: Library) -> None:
    """Proposals of every sort on an older main, and what main did meanwhile."""
    for number, text in enumerate(("Line 3, better.\n", "Line 28, better.\n", "Line 15, better.\n")):
        old = text.partition(",")[0] + ".\n"
        propose(library, path="content/long.md", text=LONG.replace(old, text), title=f"Long {number}")
    propose(library, path="content/gone.md", text=LONG.replace("Line 1.", "One."), title="Of what goes")
    for path in ("content/gone.md", "content/kept.md"):
        branch.begin(library, {path: None}, title=f"Take away {path}", why="Old")
    propose(library, path="content/new.md", text="Mine.\n", title="New here and there")
    propose(library, path="content/other/deep.md", text="Deep.\n", title="Where main makes a file")
    propose(library, path=TIMING, text=TIMING_TEXT + "\nMine.\n", title="Untouched by main")
    propose(library, path=PRICE, text=PRICE_TEXT.replace("It pays for itself.", "One van."), title="Met")
    team.publish("content/long.md", LONG.replace("Line 15.", "Line 15, as main has it."))
    team.publish("content/gone.md", None)
    team.publish("content/kept.md", LONG + "More.\n")
    team.publish("content/new.md", "Theirs.\n")
    team.publish("content/other", "A file.\n")
    team.publish(PRICE, PRICE_TEXT.replace("It pays for itself.", "It pays twice."))
    fetch_only(library)
    taken = propose(library, path=TIMING, text=TIMING_TEXT + "\nAgain.\n", title="Took main in")
    team.publish(TIMING, TIMING_TEXT + "\nMain's.\n")
    fetch_only(library)
    conflict.resolve(library, taken, {TIMING: TIMING_TEXT + "\nAgain, main's.\n"})
    team.publish(TIMING, TIMING_TEXT + "\nMain's own.\n")
    fetch_only(library)


def test_r30_all_at_once_is_each_by_itself(team: Team, library: Library) -> None:
    all_of_them(team, library)
    main = refs.main_commit(library)
    made = proposals(library)
    alone = {
        one.title: tuple(dict.fromkeys((*clashing(library, one, main), *moved_apart(library, one, main))))
        for one in made
    }
    for _ in ("read", "kept"):
        met = met_by(library, made, main)
        assert {one.title: met[one.id].clash if one.id in met else () for one in made} == alone
    assert alone["Long 0"] == alone["Long 1"] == () and alone["Long 2"] == ("content/long.md",)
    assert alone["Met"] == (PRICE,) and alone["New here and there"] == ("content/new.md",)
    assert alone["Of what goes"] == ("content/gone.md",) and alone["Took main in"] == (TIMING,)


def test_r50_a_hundred_that_main_passed_cost_no_process_each(
    team: Team, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        propose(library, path="content/long.md", text=LONG.replace("Line 3.", f"Three {number}."), title=f"N {number}")
    team.publish("content/long.md", LONG.replace("Line 25.", "Line 25, as main has it."))
    fetch_only(library)
    made, main = proposals(library), refs.main_commit(library)
    started: list[str] = []
    real = process.Process.__enter__

    def noted(self: process.Process) -> process.Process:
        started.append(" ".join(self.command[-6:]))
        return real(self)

    monkeypatch.setattr(process.Process, "__enter__", noted)
    assert not any(met.clash or met.fault for met in met_by(library, made, main).values())
    assert len(started) <= 4, started
    started.clear()
    met_by(library, made, main)
    assert len(started) == 1, started


def test_one_whose_words_are_lost_says_so_and_spoils_no_other(team: Team, library: Library) -> None:
    lost = propose(library, path=PRICE, text=PRICE_TEXT.replace("It pays for itself.", "Lost."), title="Lost")
    kept = propose(library, path="content/long.md", text=LONG.replace("Line 3.", "Three."), title="Whole")
    proposals(library)
    blob = branch_blob(library, lost)
    team.publish(PRICE, PRICE_TEXT.replace("It pays for itself.", "It pays twice."))
    fetch_only(library)
    (library.git_dir / "objects" / blob[:2] / blob[2:]).unlink()
    met = met_by(library, proposals(library), refs.main_commit(library))
    assert met[lost].clash or met[lost].fault
    assert kept not in met or met[kept].clash == ()


def branch_blob(library: Library, id: str) -> str:
    from playbook.store import objects

    (entry,) = objects.entries_at(library, find(library, id).head, [PRICE])
    return entry.oid
