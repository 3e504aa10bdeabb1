"""In the app, what waits here and never goes: two tips of a proposal are settled with D, and the palette lets go."""

from __future__ import annotations

from pathlib import Path

import pytest
from piloting import Driver, drive
from reviewers import Bench, done, to_queue, to_review
from team import MAX, PRICE, PRICE_TEXT, REP, send
from textual.command import CommandList

from playbook.app import PlaybookApp
from playbook.review import acting, drafts
from playbook.screens.reviewing.conflict import ConflictScreen
from playbook.screens.reviewing.review import ReviewScreen
from playbook.screens.reviewing.verdict import ChoiceScreen
from playbook.store import outbox, refs
from playbook.store.managed import Library
from playbook.store.sync import fetch_only

BUS, TWO = (PRICE_TEXT.replace("It pays for itself.", f"It saves {what}.") for what in ("a bus", "two vans"))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


def two_tips(bench: Bench) -> tuple[str, Library]:
    """A proposal that Max revised at the hub, and the rep, who sits before the screen, here."""
    id = bench.propose()
    mine = bench.sit(REP, "rep")
    other = bench.team.library("max")
    fetch_only(other)
    acting.revise(other, id, {PRICE: BUS.encode()}, by=MAX)
    send(other)
    acting.revise(mine, id, {PRICE: TWO.encode()}, by=REP)
    fetch_only(mine)
    return id, mine


def test_two_tips_of_a_proposal_are_settled_on_the_conflict_screen(bench: Bench) -> None:
    id, mine = two_tips(bench)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see, "right")
        assert "somebody else changed the same words of it at the hub" in see.screen()
        await see.press("D")
        await see.until(lambda: isinstance(app.screen, ConflictScreen) and app.screen.settlement, "the conflict")
        screen = app.screen
        assert isinstance(screen, ConflictScreen)
        await see.until(lambda: screen.pane.page.stops, "the places")
        await see.pilot.pause()
        shown = see.screen()
        assert "1  At the hub now" in shown and "2  Yours, not sent yet" in shown and "the hub's" in shown
        await see.press("2", "enter")
        await done(see)
        await see.until(lambda: isinstance(app.screen, ReviewScreen), "back at the proposal")

    drive(steps)
    send(mine)
    assert outbox.apart(mine, id) is None
    assert "two vans" in bench.team.text(PRICE, f"proposals/{id}")
    assert "a bus" in bench.team.at_hub("log", "-p", f"main..proposals/{id}")


def test_the_palette_lets_go_of_what_waits(bench: Bench) -> None:
    id, mine = two_tips(bench)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        queue = await to_queue(see)
        await see.press("right")
        await see.until(lambda: queue.chosen_row() is not None, "a row")
        await see.press("ctrl+p")
        await see.until(lambda: app.screen.query(CommandList), "the palette")
        await see.type("Let go")
        await see.until(lambda: app.screen.query_one(CommandList).option_count, "hits")
        await see.pilot.pause(0.3)
        await see.press("enter")
        if app.screen.query(CommandList):
            await see.press("enter")
        await see.until(lambda: isinstance(app.screen, ChoiceScreen), "the question")
        await see.press("enter")
        await done(see)

    drive(steps)
    assert refs.read_ref(mine.git_dir, f"{outbox.PROPOSALS}{id}") is None
    assert any("two vans" in draft.text for draft in drafts.drafts(mine))
