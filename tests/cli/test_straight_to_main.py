"""Commits that went to main without a review: shown, taken back by a proposal, and marked as seen."""

from __future__ import annotations

import pytest
from crew import Crew
from team import PRICE, TIMING, TIMING_TEXT

BY_HAND = TIMING_TEXT.replace("When, then?", "Pushed by hand.")


@pytest.fixture
def pushed(crew: Crew) -> str:
    """The commit somebody pushed straight to main, after a first proposal was merged there."""
    id = crew.propose("rep")
    assert crew("mia", "proposal", "approve", id).code == 0
    commit = crew.team.publish(TIMING, BY_HAND)
    crew("mia", "sync")
    return commit


def test_an_unreviewed_commit_is_shown_with_its_change(crew: Crew, pushed: str) -> None:
    said = crew("mia", "proposal", "show", pushed[:10])
    assert said.code == 0
    assert "(unreviewed)" in said.out
    assert "Why: nobody said it" in said.out
    assert "Pushed by hand" in said.out
    assert f"playbook revert {pushed[:10]}" in said.out
    shown = crew("mia", "proposal", "show", pushed, "--json", "--diff", "raw").json
    assert (shown["commit"], shown["state"], shown["mail"]) == (pushed, "unreviewed", "ann@example.com")
    ((change,), seen) = shown["changes"], shown["seen"]
    assert (change["path"], change["what"], seen) == (TIMING, "changed", False)
    assert "+Pushed by hand." in change["diff"]


def test_r34_an_unreviewed_commit_is_taken_back_by_a_proposal(crew: Crew, pushed: str) -> None:
    refused = crew("mia", "revert", pushed[:10])
    assert (refused.code, "needs a reason" in refused.err) == (2, True)
    made = crew("mia", "revert", pushed[:10], "--why", "Nobody looked at it", "--json")
    assert (made.code, made.json["title"]) == (0, f"Take back: Change {TIMING}")
    assert crew.team.text(TIMING, made.json["branch"]) == TIMING_TEXT
    row = crew.row("max", made.json["proposal"])
    assert (row["kind"], row["why"], row["paths"]) == ("revert", "Nobody looked at it", [TIMING])
    assert crew("max", "proposal", "approve", made.json["proposal"]).code == 0
    assert crew.team.text(TIMING) == TIMING_TEXT
    crew("mia", "sync")
    again = crew("mia", "revert", pushed[:10], "--why", "Once more")
    assert (again.code, "changed since" in again.err) == (4, True)


def test_r34_a_file_that_was_pushed_goes_again_and_one_that_was_removed_comes_back(crew: Crew, pushed: str) -> None:
    new = crew.team.publish("content/pages/new.md", "# New\n")
    gone = crew.team.publish(PRICE, None)
    crew("mia", "sync")
    for commit in (new, gone):
        made = crew("mia", "revert", commit[:7], "--why", "Not so", "--json").json
        assert crew("max", "sync").code == 0
        assert crew("max", "proposal", "approve", made["proposal"]).code == 0
    names = crew.team.at_hub("ls-tree", "-r", "--name-only", "main").split()
    assert "content/pages/new.md" not in names
    assert PRICE in names


def test_what_is_no_unreviewed_commit_is_said_in_a_sentence(crew: Crew, pushed: str) -> None:
    merge = crew.team.at_hub("rev-parse", f"{pushed}^1")
    approval = crew.team.at_hub("rev-parse", f"{merge}^2")
    first = crew.team.at_hub("rev-parse", f"{merge}^1")
    id = crew.propose("rep", "Meet in autumn.", "objections/timing")
    crew("mia", "sync")
    of_one = crew.team.at_hub("rev-parse", f"proposals/{id}")
    rows = [
        (merge, "came to main by a review: `playbook proposal show "),
        (approval, "came to main by a review: `playbook proposal show "),
        (first, "was on main before the first proposal was merged there"),
        (of_one, f"belongs to a proposal: `playbook proposal show {id}`"),
        ("0123456789", "There is no proposal and no commit 0123456789 here"),
    ]
    for name, why in rows:
        for command in (["proposal", "show", name], ["revert", name, "--why", "w"], ["proposal", "seen", name]):
            said = crew("mia", *command)
            assert (said.code, said.out) == (1, ""), command
            assert why in said.err, command
            assert len(said.err.strip().splitlines()) == 1, command
    assert "There is no proposal 'nothing'" in crew("mia", "proposal", "show", "nothing").err


def test_what_one_has_seen_is_remembered_for_this_person_alone(crew: Crew, pushed: str) -> None:
    refs = crew.refs()
    assert crew("mia", "proposal", "seen", pushed[:10], "--json").json == {"commit": pushed, "seen": True}
    (row,) = crew("mia", "proposals", "--unreviewed", "--json").json
    assert row["seen"] is True
    assert crew("mia", "proposals", "--unreviewed").out.strip().endswith("(seen)")
    assert "(unreviewed, seen)" in crew("mia", "proposal", "show", pushed).out
    assert crew.refs() == refs
    crew("mia", "proposal", "seen", pushed, "--undo")
    assert crew("mia", "proposals", "--unreviewed", "--json").json[0]["seen"] is False
    crew("mia", "proposal", "seen", pushed)
    crew("max", "sync")
    assert crew("max", "proposals", "--unreviewed", "--json").json[0]["seen"] is False
