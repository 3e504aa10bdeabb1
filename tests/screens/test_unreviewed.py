"""What went to main without a review: looked at, marked as seen, taken back; and keys that come before a panel is seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from piloting import Driver, drive
from reviewers import Bench, cards, done, laid_out, to_queue, to_review, toasts
from team import MIA, TIMING, TIMING_TEXT
from textual.events import Key

from playbook.app import PlaybookApp
from playbook.finding.looked_at import looked_at
from playbook.review.approve import approve
from playbook.review.listing import proposals
from playbook.screens.reviewing.review import ReviewScreen
from playbook.screens.reviewing.verdict import WordsScreen
from playbook.store.sync import fetch_only


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    return Bench(tmp_path, monkeypatch, cards(3))


@pytest.fixture
def pushed(bench: Bench) -> str:
    """The commit somebody pushed straight to main, with Mia before the screen."""
    id = bench.propose()
    mine = bench.sit()
    fetch_only(mine)
    approve(mine, id, by=MIA)
    commit = bench.team.publish(TIMING, TIMING_TEXT.replace("When, then?", "Straight in."))
    bench.sit()
    return commit


def test_a_commit_without_a_review_is_marked_as_seen_and_asks_for_nothing_more(bench: Bench, pushed: str) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        queue = await to_queue(see)
        assert "! UNREVIEWED" in see.screen()
        await see.press("left")
        await see.sees("[Unreviewed 1]")
        await see.press("s")
        await see.sees("✓ seen")
        await see.sees("[Unreviewed 0]")
        assert looked_at(bench.mine.name) == {pushed}
        await see.press("right")
        await see.until(lambda: queue.listed == [], "nothing to decide")
        await see.press("left", "s")
        await see.sees("[Unreviewed 1]")
        assert looked_at(bench.mine.name) == set()
        await see.press("enter")
        await see.sees("Straight in.")
        await see.press("s")
        await see.sees("[Unreviewed 0]")

    drive(steps)
    assert looked_at(bench.mine.name) == {pushed}


@pytest.mark.parametrize("inside", [False, True])
def test_r34_a_commit_without_a_review_is_taken_back_by_a_proposal(bench: Bench, pushed: str, inside: bool) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await see.press("left", *(["enter"] if inside else []))
        await see.sees("UNREVIEWED")
        await see.press("u")
        await see.until(lambda: isinstance(app.screen, WordsScreen), "the panel")
        await see.press("enter")
        await see.sees("Taking it back needs a reason")
        await see.type("Nobody looked at it")
        await see.press("enter")
        await done(see)
        assert f"Proposed to take back: Change {TIMING}" in toasts(app)

    drive(steps)
    (made,) = proposals(bench.mine)
    assert (made.kind, made.why, made.paths) == ("revert", "Nobody looked at it", (TIMING,))
    assert looked_at(bench.mine.name) == {pushed}


def test_on_a_proposal_seen_says_what_it_is_for(bench: Bench) -> None:
    bench.propose(1)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        for key in ("s", "u"):
            await see.press(key)
            assert "for commits that went to main without a review" in toasts(app)

    drive(steps)


def test_r22_keys_that_come_before_the_panel_is_seen_are_none_of_its_words(bench: Bench) -> None:
    bench.propose(1)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see)
        # What the terminal had read by then, and the app comes to only once the panel has the focus.
        early = [*(Key(letter, letter) for letter in "jxcz"), Key("enter", None)]
        await see.press("a")
        await see.until(lambda: isinstance(app.screen, WordsScreen), "the panel")
        panel = app.screen
        assert isinstance(panel, WordsScreen)
        await see.until(lambda: panel.words.seen_at < float("inf"), "the panel painted")
        for key in early:
            app.post_message(key)
        await see.pilot.pause(0.1)
        assert app.screen is panel
        assert panel.words.text == ""
        await see.type("Yes")
        assert panel.words.text == "Yes"
        await see.press("escape")
        assert isinstance(app.screen, ReviewScreen)
        await laid_out(see)

    drive(steps)
