"""Whose turn it is: in the queue's words and order, in the review's footer, and in the panel that asks for a key."""

from __future__ import annotations

from pathlib import Path

import pytest
from court import ADA, policy
from piloting import Driver, drive
from reviewers import LATE, Bench, cards, to_queue, to_review, toasts
from team import MAX, MIA, REP, send

from playbook.app import PlaybookApp
from playbook.review import acting
from playbook.review.approve import approve
from playbook.screens.reviewing.verdict import WordsScreen
from playbook.store.writing import Person

SAM = Person("Sam", "sam@example.com")
BOTH = '[[rules]]\napprove = ["sales", "marketing"]\nkeys = 2\nsides = ["sales", "marketing"]\n'


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch, {"content/policy.toml": policy(BOTH)} | cards(3))


def footer(app: PlaybookApp) -> list[str]:
    """What the footer names, from the left."""
    shown = {
        active.binding.action: active.binding.description
        for active in app.screen.active_bindings.values()
        if active.binding.show
    }
    return [*shown.values()]


def quarrel(bench: Bench, number: int = 1) -> str:
    id = bench.propose(number)
    approve(bench.rep, id, "Yes", by=MIA)
    acting.request_changes(bench.rep, id, "Not like this", by=MAX)
    send(bench.rep)
    return id


def test_what_still_needs_my_key_says_so_and_stands_before_what_i_have_answered(bench: Bench) -> None:
    given = bench.propose(1, at=LATE)
    approve(bench.rep, given, "Yes", by=MIA)
    send(bench.rep)
    open_ = bench.propose(2)
    bench.sit(MIA)

    async def mia(app: PlaybookApp, see: Driver) -> None:
        queue = await to_queue(see)
        assert [row.proposal.id for row in queue.listed] == [open_, given]  # type: ignore[union-attr]
        assert see.screen().count("your key") == 1 and "1 to decide" in see.screen()

    drive(mia, size=(80, 24))
    bench.sit(SAM, "sam")

    async def sam(app: PlaybookApp, see: Driver) -> None:
        queue = await to_queue(see)
        # Mia's key is no answer to Sam: the one that waits the longest comes first.
        assert [row.proposal.id for row in queue.listed] == [given, open_]  # type: ignore[union-attr]
        assert see.screen().count("your key") == 2

    drive(sam, size=(80, 24))


def test_of_my_own_the_one_that_asks_me_for_changes_is_on_top_and_says_your_turn(bench: Bench) -> None:
    asked = bench.propose(1, at=LATE)
    acting.request_changes(bench.rep, asked, "Shorter", by=MIA)
    send(bench.rep)
    bench.propose(2)
    bench.sit(REP, "rep-sits")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        queue = await to_queue(see)
        while queue.view != "Mine":
            await see.press("right")
        await see.sees("your turn")
        assert queue.listed[0].proposal.id == asked  # type: ignore[union-attr]
        assert see.screen().count("your turn") == 1
        await to_review(see)
        assert footer(app)[:3] == ["Revise", "Withdraw", "Comment"] and len(footer(app)) == 5
        assert "Approve" not in see.screen().splitlines()[-1]

    drive(steps, size=(80, 24))


def test_what_stands_before_others_is_neither_counted_nor_first_for_me(bench: Bench) -> None:
    before = quarrel(bench)
    open_ = bench.propose(2)
    bench.sit(MIA)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        queue = await to_queue(see)
        assert [row.proposal.id for row in queue.listed] == [open_, before]  # type: ignore[union-attr]
        assert "1 to decide" in see.screen()

    drive(steps, size=(80, 24))


def test_the_arbiter_is_offered_the_ruling_first_and_told_of_it_where_the_key_is_not_theirs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = policy(BOTH).partition("[heads]")[0] + BOTH
    bench = Bench(tmp_path, monkeypatch, {"content/policy.toml": only} | cards(2))
    id = quarrel(bench)
    bench.sit(ADA, "ada")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        assert "your ruling" in see.screen()
        review = await to_review(see)
        assert review.id_shown == id
        assert footer(app)[0] == "Rule" and len(footer(app)) <= 6
        assert "Approve" not in footer(app)
        assert "Not yours to approve, but r rules on it" in " ".join(see.screen().split())

    drive(steps, size=(80, 24))


def test_an_approver_is_offered_the_four_verdicts(bench: Bench) -> None:
    bench.propose(1)
    bench.sit(MIA)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see)
        assert footer(app) == ["Approve", "Changes", "Decline", "Comment", "Help", "Back"]

    drive(steps, size=(80, 24))


@pytest.mark.parametrize("size", [(80, 24), (60, 15)])
def test_what_the_key_does_is_in_sight_however_long_the_why_is(bench: Bench, size: tuple[int, int]) -> None:
    bench.propose(1, why="Buyers asked for it again and again. " * 15)
    bench.sit(MIA)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see)
        await see.press("a")
        await see.until(lambda: isinstance(app.screen, WordsScreen) and app.screen.query("#does"), "the panel")
        await see.sees("Key    Your key counts")

    drive(steps, size=size)


def test_changes_that_were_asked_of_older_words_make_a_sentence(bench: Bench) -> None:
    id = bench.propose(1)
    acting.request_changes(bench.rep, id, "Shorter", by=MIA)
    path = "content/objections/card-1.md"
    acting.revise(bench.rep, id, {path: cards(1)[path].replace("The old answer", "Short").encode()}, by=REP)
    send(bench.rep)
    bench.sit(MIA)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        review = await to_review(see)
        lines = [line.text for line in review.pane.page.lines]
        assert "Mia asked for changes to older words: Shorter" in lines

    drive(steps, size=(80, 24))


def test_the_kept_draft_of_a_revision_says_that_the_proposal_goes_on_with_it(bench: Bench) -> None:
    bench.propose(1)
    bench.sit(REP, "rep-sits")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see, "right", "right")
        await see.press("e")
        await see.until(lambda: type(app.screen).__name__ == "EditScreen" and app.screen.focused, "the editor")
        await see.type("More ")
        await see.press("escape")
        await see.until(lambda: "e on the proposal goes on with it" in toasts(app), "what is kept")

    drive(steps, size=(80, 24))
