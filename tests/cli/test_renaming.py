"""Renaming on the command line: what is shown beforehand, what an open proposal says of it, and how it is carried over."""

from __future__ import annotations

import pytest
from crew import Crew
from team import PRICE, PRICE_TEXT, TIMING, TIMING_TEXT

COST = "content/objections/cost.md"


def renamed(crew: Crew, new: str = "objections/cost") -> None:
    made = crew("rep", "rename", "price", new, "--json").json
    assert crew("max", "sync").code == 0
    assert crew("max", "proposal", "approve", made["proposal"]).code == 0


def test_r28_the_short_name_and_lint_are_as_good_after_a_rename_as_before(crew: Crew) -> None:
    crew.team.publish(TIMING, TIMING_TEXT + "\n[dear](price.md#answer)\n")
    crew("rep", "sync")
    renamed(crew)
    assert crew.team.text(TIMING).endswith("\n[dear](cost.md#answer)\n")
    assert crew("rep", "sync").code == 0
    for name in ("price", "objections/price", "content/objections/price.md", "price#answer"):
        assert crew("rep", "show", name, "--json").json["path"] == COST, name
    assert crew("rep", "lint", "--rule", "broken-link").out == ""


def test_r28_an_open_proposal_of_a_renamed_card_says_so_and_is_carried_over_with_its_comments(crew: Crew) -> None:
    id = crew.propose("rep")
    assert crew("mia", "proposal", "comment", id, "--quote", "One late van", "-m", "Which van?").code == 0
    renamed(crew)
    shown = crew.row("rep", id)
    because = f"main has renamed {PRICE} to {COST}; `playbook proposal resolve {id} --theirs` carries it over"
    assert shown["conflict"] and because in shown["blocked_by"]  # type: ignore[operator]
    said = crew("rep", "proposal", "show", id).out
    assert "same words" not in said and "main has renamed" in said
    listed = crew("rep", "proposal", "resolve", id)
    assert f"(on main it is {COST} now)" in listed.out and f"carries them over to {COST}" in listed.out
    assert crew("rep", "proposal", "resolve", id, "--theirs").code == 0
    shown = crew.row("mia", id)
    assert (shown["paths"], shown["conflict"]) == ([COST], False)
    (thread,) = shown["threads"]  # type: ignore[misc]
    assert (thread["text"], thread["path"], thread["outdated"]) == ("Which van?", COST, False)
    assert f" on {COST}:{thread['line']}  [" in crew("mia", "proposal", "show", id).out
    assert crew("mia", "proposal", "approve", id).code == 0
    assert crew.team.text(COST) == PRICE_TEXT.replace("It pays for itself.", "One late van costs more.").replace(
        "mia@example.com\n", "mia@example.com\nformerly: [objections/price]\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("retire", "price", "--why", "w"),
        ("delete", "price", "--why", "w"),
        ("verify-card", "price"),
        ("rename", "price", "objections/cost"),
    ],
)
def test_an_act_is_shown_beforehand_and_not_proposed_twice(crew: Crew, arguments: tuple[str, ...]) -> None:
    crew("rep", "sync")
    before = crew.refs()
    said = crew("rep", *arguments, "--dry-run")
    assert said.code == 0
    assert "price.md" in said.out
    assert "Nothing was written (--dry-run)" in said.err
    dry = crew("rep", *arguments, "--dry-run", "--json").json
    (change,) = dry["changes"]
    assert (dry["proposal"], change["path"]) == (None, COST if arguments[0] == "rename" else PRICE)
    assert crew.refs() == before
    made = crew("rep", *arguments, "--json").json
    (real,) = crew.row("rep", made["proposal"])["changes"]  # type: ignore[misc]
    assert real == change
    before = crew.refs()
    for again in (arguments, (*arguments, "--dry-run")):
        said = crew("rep", *again)
        assert (said.code, said.out) == (4, "")
        assert f"{made['proposal']} proposes the very same already" in said.err
        assert len(said.err.strip().splitlines()) == 1
    assert crew.refs() == before


def test_r28_another_name_for_a_card_that_is_to_be_renamed_is_allowed_and_said(crew: Crew) -> None:
    first = crew("rep", "rename", "price", "objections/cost", "--json").json["proposal"]
    said = crew("rep", "rename", "price", "objections/sum", "--json")
    assert said.code == 0 and said.json["proposal"]
    assert f"{first} is open to rename it to {COST}" in said.err
