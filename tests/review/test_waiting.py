"""How long a proposal waits for an answer: the clock of the agreed time, and what stops it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from team import MAX, MIA, PRICE, PRICE_TEXT, REP, Team, build_team, propose

from playbook.review import acting, branch
from playbook.review.listing import find
from playbook.review.queue import in_time, row_of
from playbook.store.managed import Library
from playbook.store.writing import Person

OTHER = PRICE_TEXT.replace("It pays for itself.", "Two late vans.").encode()
At = Callable[[int], None]


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return build_team(tmp_path)


@pytest.fixture
def library(team: Team) -> Library:
    return team.library("rep")


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> At:
    """Have it be so many hours after the first."""

    def moment(hours: int) -> None:
        monkeypatch.setenv("PLAYBOOK_NOW", f"2026-11-{20 + hours // 24:02}T{hours % 24:02}:00:00+00:00")

    moment(0)
    return moment


def waits(library: Library, id: str) -> tuple[int, bool]:
    """For how many hours it waits, and whether that is too long."""
    row = row_of(library, find(library, id))
    return round(row.waiting_hours), row.overdue


def revise(library: Library, id: str, by: Person, text: bytes = OTHER) -> None:
    """Other words in its place."""
    acting.revise(library, id, {PRICE: text}, by=by)


def test_a_reviewers_own_revision_is_no_answer_and_stays_overdue(library: Library, at: At) -> None:
    id = propose(library)
    at(50)
    assert waits(library, id) == (50, True)
    revise(library, id, MIA)
    at(51)
    assert waits(library, id) == (51, True)


def test_a_revision_that_asks_the_proposer_is_an_answer_until_the_proposer_replies(library: Library, at: At) -> None:
    id = propose(library)
    at(50)
    revise(library, id, MIA)
    acting.comment(library, id, "A remark of somebody else's", by=MAX)
    assert waits(library, id) == (50, True)
    acting.comment(library, id, "Is that still what you meant?", by=MIA)
    at(60)
    assert waits(library, id) == (0, False)
    acting.acknowledge(library, id, by=REP)
    at(70)
    assert waits(library, id) == (10, False)
    at(110)
    assert waits(library, id) == (50, True)


def test_the_proposers_other_words_do_not_begin_the_time_anew(library: Library, at: At) -> None:
    id = propose(library)
    at(50)
    revise(library, id, REP)
    at(51)
    assert waits(library, id) == (51, True)


def test_a_verdict_of_somebody_else_stops_the_clock_and_other_words_start_it(library: Library, at: At) -> None:
    id = propose(library)
    at(50)
    acting.comment(library, id, "Hm", by=MIA)
    acting.acknowledge(library, id, by=REP)
    acting.request_changes(library, id, "Not my own taste", by=REP)
    assert waits(library, id) == (50, True)
    acting.request_changes(library, id, "Shorter", by=MIA)
    assert waits(library, id) == (0, False)
    at(60)
    acting.comment(library, id, "I will", by=REP)
    assert waits(library, id) == (0, False)
    revise(library, id, REP)
    at(63)
    assert waits(library, id) == (3, False)


def test_a_revision_by_somebody_else_after_an_answer_wants_one_again(library: Library, at: At) -> None:
    id = propose(library)
    acting.request_changes(library, id, "Shorter", by=MIA)
    at(10)
    revise(library, id, MAX)
    at(12)
    assert waits(library, id) == (2, False)


def test_asking_for_changes_answers_a_note_too(library: Library, at: At) -> None:
    id = branch.begin(library, {}, title="Note", text="The figure is old", kind="note", by=REP).proposal
    at(50)
    assert waits(library, id) == (50, True)
    acting.request_changes(library, id, "Which figure?", by=MIA)
    assert waits(library, id) == (0, False)
    revise(library, id, REP)
    at(52)
    assert waits(library, id) == (2, False)


def test_what_was_parked_waits_from_when_it_was_opened_again(library: Library, at: At) -> None:
    id = propose(library)
    acting.park(library, id, "Until spring", by=MIA)
    at(90)
    assert waits(library, id) == (0, False)
    acting.reopen(library, id, by=MIA)
    at(95)
    assert waits(library, id) == (5, False)


def test_another_mail_of_the_proposer_is_the_proposer(team: Team, at: At) -> None:
    library = team.library("mia")
    id = propose(library, by=MIA)
    at(50)
    acting.request_changes(library, id, "From my other machine", by=Person("Mia", "mia@old.example"))
    assert waits(library, id) == (50, True)


@pytest.mark.parametrize(
    ("waiting", "agreed", "said"),
    [
        (0.2, 48, "under 1 h of 48 h"),
        (34.9, 48, "34 h of 48 h"),
        (73, 48, "73 h of 48 h"),
        (216, 48, "9 d of 2 d"),
        (30, 120, "1 d of 5 d"),
        (3, 120, "under 1 d of 5 d"),
        (99, 100, "99 h of 100 h"),
    ],
)
def test_a_time_and_the_agreed_one_are_told_in_one_unit(waiting: float, agreed: int, said: str) -> None:
    assert in_time(waiting, agreed) == said


def test_r31_an_approval_that_leaves_another_key_owed_is_no_answer(library: Library, at: At) -> None:
    id = propose(library)
    at(50)
    branch.add(library, id, "approve", subject="Yes", text="Yes", head=find(library, id).head, by=MAX)
    assert waits(library, id) == (50, True)
