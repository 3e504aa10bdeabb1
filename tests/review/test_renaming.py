"""A card keeps its identity through a rename: links, its names, open proposals and what was said on them follow it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from team import MAX, MIA, PRICE, PRICE_TEXT, REP, TIMING, TIMING_TEXT, Team, build_team, send, session

from playbook.errors import Conflict, UsageError
from playbook.finding.session import Session
from playbook.library.card import Card
from playbook.library.lint import lint
from playbook.review import acting, card_acts, proposing
from playbook.review.approve import approve
from playbook.review.change import file_changes, findings
from playbook.review.conflict import conflicts, resolve
from playbook.review.listing import find
from playbook.review.moving import crossed, moves
from playbook.review.queue import row_of
from playbook.store import refs
from playbook.store.managed import Library
from playbook.store.merging import merge_base
from playbook.store.sync import fetch_only

COST = "content/objections/cost.md"
GUIDE = "content/guide.md"
LINKING = {
    PRICE: PRICE_TEXT
    + "\nSee [timing](timing.md), [above](#answer), [me](price.md#proof) and [the guide](../guide.md).\n",
    GUIDE: '# Guide\r\n\r\nSay [this](objections/price.md#answer "Dear"), not `[this](objections/price.md)`.\r\n\r\n'
    "![p](<objections/price.md>)\r\n\r\n[ref]: ./objections/price\r\n[out]: https://example.com/objections/price.md\r\n",
    TIMING: TIMING_TEXT + "\nOr [price](/objections/price.md).\n",
    "content/odd.md": "# Nothing of it\n\n[x](objections/prices.md)\n",
}


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return build_team(tmp_path, LINKING)


@pytest.fixture
def library(team: Team) -> Library:
    return team.library("one")


@pytest.fixture
def at(library: Library) -> Session:
    return session(library)


def card(at: Session, id: str = "objections/price") -> Card:
    return at.snapshot.resolve(id)


def merge(library: Library, id: str) -> Session:
    send(library)
    approve(library, id, "Yes.", by=MIA)
    fetch_only(library)
    return session(library)


def rename(library: Library, new: str = "objections/cost") -> Session:
    at = session(library)
    return merge(library, card_acts.propose_rename(at, card(at), new, by=REP).proposal)


def broken(at: Session) -> list[tuple[str, int]]:
    return [(one.path, one.line) for one in lint(at.snapshot, date(2026, 11, 22), rule="broken-link")]


def base_of(library: Library, id: str) -> tuple[str, str, str]:
    main, head = refs.main_commit(library), find(library, id).head
    return merge_base(library, main, head), main, head


def test_r28_every_link_leads_to_the_renamed_file_and_no_other_byte_changes(
    team: Team, library: Library, at: Session
) -> None:
    before = broken(at)
    assert before == [("content/odd.md", 3)]
    now = rename(library, "money/cost")
    assert broken(now) == before
    assert team.text(GUIDE) == (
        LINKING[GUIDE].replace("[this](objections/price.md#", "[this](money/cost.md#", 1)
        .replace("<objections/price.md>", "<money/cost.md>").replace("./objections/price\r", "./money/cost\r")
    )  # fmt: skip
    assert team.text(TIMING) == LINKING[TIMING].replace("(/objections/price.md)", "(/money/cost.md)")
    assert team.text("content/odd.md") == LINKING["content/odd.md"]
    assert team.text("content/money/cost.md") == (
        LINKING[PRICE].replace("mia@example.com\n", "mia@example.com\nformerly: [objections/price]\n")
        .replace("(timing.md)", "(../objections/timing.md)").replace("price.md#proof", "cost.md#proof")
    )  # fmt: skip


def test_r28_a_renames_own_links_are_no_findings_while_it_is_open(library: Library, at: Session) -> None:
    made = card_acts.propose_rename(at, card(at), "objections/cost", by=REP)
    proposal = find(library, made.proposal)
    assert set(proposal.paths) == {PRICE, COST, GUIDE, TIMING}
    found = findings(at, file_changes(library, proposal))
    assert [one for one in found if one.rule == "broken-link"] == []


def test_r28_an_open_edit_says_that_its_card_was_renamed_and_is_carried_over(
    team: Team, library: Library, at: Session
) -> None:
    words = proposing.propose_words(at, card(at), "Better.", why="x", by=REP)
    acting.comment(library, words.proposal, "Is it?", at=acting.Place(PRICE, "", 10), by=MAX)
    now = rename(library)
    row = row_of(library, find(library, words.proposal))
    assert row.conflict == (PRICE,)
    assert row.moved == (f"main has renamed {PRICE} to {COST}",)
    assert f"{row.moved[0]}; `playbook proposal resolve {words.proposal} --theirs` carries it over" in row.blocked_by
    assert "same words" not in " ".join(row.blocked_by)
    (one,) = conflicts(library, row.proposal)
    assert (one.path, one.now_at, one.target) == (PRICE, COST, COST)
    assert one.ours is not None
    settled = one.ours.replace("It pays for itself.", "Better.")
    made = resolve(library, words.proposal, {COST: settled}, by=REP)
    after = find(library, words.proposal)
    assert (after.head, after.paths, after.kind) == (made.commit, (COST,), "edit")
    assert after.contents[-1].parents == (row.proposal.tip, refs.main_commit(library))
    assert [thread.first.text for thread in after.threads] == ["Is it?"]
    merge(library, words.proposal)
    assert team.text(COST) == settled
    assert PRICE not in team.at_hub("ls-tree", "-r", "--name-only", "main")
    assert card(now).path == COST


def test_r28_words_that_main_changed_are_carried_over_to_where_a_proposal_renames_the_card(
    team: Team, library: Library, at: Session
) -> None:
    moved = card_acts.propose_rename(at, card(at), "objections/cost", by=REP)
    send(library)
    merge(library, proposing.propose_words(at, card(at), "Better.", why="x", by=REP).proposal)
    row = row_of(library, find(library, moved.proposal))
    assert row.moved == (f"main has changed {PRICE}, which this proposal renames to {COST}",)
    (one,) = conflicts(library, row.proposal)
    assert (one.now_at, one.moves_to, one.target) == ("", COST, COST)
    assert one.ours is not None and "Better." in one.ours
    assert one.theirs is not None and "formerly" in one.theirs
    resolve(library, moved.proposal, {COST: one.theirs.replace("It pays for itself.", "Better.")}, by=REP)
    merge(library, moved.proposal)
    assert "Better." in team.text(COST)
    assert PRICE not in team.at_hub("ls-tree", "-r", "--name-only", "main")


def test_r28_two_renames_of_one_card_never_make_two_cards_in_silence(team: Team, library: Library, at: Session) -> None:
    cost = card_acts.plan_rename(at, card(at), "objections/cost", by=REP)
    assert cost.note == ""
    cost_id = cost.propose().proposal
    second = card_acts.plan_rename(at, card(at), "objections/sum", by=MAX)
    assert f"{cost_id} is open to rename it to {COST}" in second.note
    sum_id = second.propose().proposal
    merge(library, cost_id)
    assert crossed(library, *base_of(library, sum_id)) == (PRICE,)
    row = row_of(library, find(library, sum_id))
    assert PRICE in row.conflict and f"main has renamed {PRICE} to {COST}" in row.moved
    with pytest.raises(Conflict, match=PRICE):
        approve(library, sum_id, "Yes.", by=MIA)
    texts = {one.target: one.theirs for one in conflicts(library, row.proposal)}
    resolve(library, sum_id, texts, by=MAX)
    now = merge(library, sum_id)
    names = team.at_hub("ls-tree", "-r", "--name-only", "main").splitlines()
    assert "content/objections/sum.md" in names and not {PRICE, COST} & set(names)
    for name in ("objections/price", "objections/cost", "objections/sum"):
        assert card(now, name).path == "content/objections/sum.md"


def test_r28_a_deletion_of_a_card_that_main_renamed_is_no_empty_change(library: Library, at: Session) -> None:
    gone = card_acts.propose_delete(at, card(at), why="Double", by=REP).proposal
    rename(library)
    row = row_of(library, find(library, gone))
    assert row.moved == (f"main has renamed {PRICE} to {COST}",)
    (one,) = conflicts(library, row.proposal)
    assert (one.target, one.theirs) == (COST, None)
    resolve(library, gone, {COST: None}, by=REP)
    assert find(library, gone).paths == (COST,)


def test_what_moved_is_known_by_its_former_name_its_id_or_its_text(team: Team, library: Library) -> None:
    old = refs.main_commit(library)
    text = team.text(PRICE)
    team.publish(PRICE, None)
    team.publish("content/a.md", text)
    team.publish("content/b.md", text)
    fetch_only(library)
    assert moves(library, old, refs.main_commit(library)) == {PRICE: "content/a.md"}
    assert moves(library, old, old) == {}


ACTS = {
    "retire": lambda at, by: card_acts.propose_retire(at, card(at), why="Old", by=by),
    "delete": lambda at, by: card_acts.propose_delete(at, card(at), why="Old", by=by),
    "verify": lambda at, by: card_acts.propose_verify(at, card(at), by=by),
    "rename": lambda at, by: card_acts.propose_rename(at, card(at), "objections/cost", by=by),
}


@pytest.mark.parametrize("act", ACTS)
def test_r28_the_same_act_is_not_proposed_twice_while_the_first_is_open(
    library: Library, at: Session, act: str
) -> None:
    first = ACTS[act](at, REP).proposal
    before = refs.all_refs(library, "refs/heads/")
    with pytest.raises(Conflict, match=f"{first} proposes the very same already") as said:
        ACTS[act](at, REP)
    assert said.value.exit_code == 4 and "\n" not in str(said.value)
    assert refs.all_refs(library, "refs/heads/") == before
    acting.withdraw(library, first, "Not now", by=REP)
    assert ACTS[act](at, REP).proposal != first


def test_r28_an_act_is_the_same_though_main_changed_other_words_meanwhile(team: Team, library: Library) -> None:
    ACTS["retire"](session(library), REP)
    team.publish(PRICE, LINKING[PRICE].replace("Fair.", "Fair enough."))
    fetch_only(library)
    with pytest.raises(Conflict):
        ACTS["retire"](session(library), MAX)
    # Another person's verification says something else, and another card is another card.
    ACTS["verify"](session(library), REP)
    assert ACTS["verify"](session(library), MAX).commit
    at = session(library)
    assert card_acts.propose_retire(at, card(at, "objections/timing"), why="Old", by=REP).commit


def test_a_plan_writes_nothing_and_refuses_what_the_act_would(library: Library, at: Session) -> None:
    before = refs.all_refs(library, "refs/heads/")
    act = card_acts.plan_rename(at, card(at), "objections/cost", by=REP)
    assert (set(act.changes), act.own) == ({PRICE, COST, GUIDE, TIMING}, (PRICE, COST))
    for new, why in (("../x", "every disk"), ("objections/TIMING", "twin"), ("objections/timing", "is there already")):
        with pytest.raises(UsageError, match=why):
            card_acts.plan_rename(at, card(at), new, by=REP)
    assert refs.all_refs(library, "refs/heads/") == before
