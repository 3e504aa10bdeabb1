"""The conflict screen: what main and a proposal changed in the same words, settled place by place in the app."""

from __future__ import annotations

from pathlib import Path

import pytest
from piloting import Driver, drive
from reviewers import Bench, done, laid_out, to_queue, to_review, toasts
from team import MAX, PRICE, PRICE_TEXT, REP, send, session

from playbook import keys
from playbook.app import PlaybookApp
from playbook.review.approve import approve
from playbook.review.listing import find
from playbook.screens.doing import MOVING
from playbook.screens.reviewing.conflict import BlockScreen, ConflictScreen
from playbook.screens.reviewing.review import ReviewScreen
from playbook.store.sync import fetch_only

MAINS = PRICE_TEXT.replace("It pays for itself.", "It is cheap.").replace("Fair.", "I see.")
PROPOSED = PRICE_TEXT.replace("It pays for itself.", "One late van costs more.").replace("Yes.", "Oldacre, 2026.")


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


async def to_conflict(see: Driver) -> ConflictScreen:
    """From the search screen to the first conflict."""
    await to_queue(see)
    await to_review(see)
    await see.press("D")
    await see.until(lambda: isinstance(see.app.screen, ConflictScreen) and see.app.screen.settlement, "the conflict")
    screen = see.app.screen
    assert isinstance(screen, ConflictScreen)
    await see.until(lambda: screen.pane.page.stops, "the places")
    await see.pilot.pause()
    return screen


async def settled(see: Driver) -> ReviewScreen:
    """Settle, and wait for the proposal."""
    await see.press("enter")
    await done(see)
    await see.until(lambda: isinstance(see.app.screen, ReviewScreen), "back at the proposal")
    await see.until(lambda: not see.app.screen.reviewed.row.conflict, "no conflict")  # type: ignore[attr-defined]
    return await laid_out(see)


def test_r26_two_editors_race_and_both_changes_are_kept(bench: Bench) -> None:
    id = bench.propose(text=PROPOSED)
    bench.team.publish(PRICE, MAINS)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        screen = await to_conflict(see)
        shown = see.screen()
        for said in (
            "1 of 1 open",
            "As it was",
            "It pays for itself.",
            "On main now",
            "Proposed",
            "2 other changes join",
        ):
            assert said in shown, (said, shown)
        await see.press("enter")
        assert "1 of 1 still open" in toasts(app)
        await see.press("3")
        await see.sees("✓ both, main's first")
        assert screen.settlement is not None
        assert screen.settlement.open == 0
        await settled(see)
        # Who settled it is one of its authors by now: somebody else approves.
        send(bench.mine)
        max_ = bench.team.library("max")
        fetch_only(max_)
        approve(max_, id, by=MAX)
        text = bench.team.text(PRICE)
        for words in ("I see.", "It is cheap.", "One late van costs more.", "Oldacre, 2026."):
            assert words in text, (words, text)
        assert find(max_, id).state == "merged"

    drive(steps, size=(80, 30))


@pytest.mark.parametrize(
    ("key", "there", "gone"), [("1", "It is cheap.", "One late"), ("2", "One late", "It is cheap.")]
)
def test_r26_one_side_is_taken_for_one_place_and_the_rest_joins(bench: Bench, key: str, there: str, gone: str) -> None:
    id = bench.propose(text=PROPOSED)
    bench.team.publish(PRICE, MAINS)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_conflict(see)
        await see.press(key)
        await settled(see)
        from playbook.review.change import texts_at

        text = texts_at(bench.mine, find(bench.mine, id).head, [PRICE])[PRICE] or ""
        assert there in text
        assert gone not in text
        assert "I see." in text
        assert "Oldacre, 2026." in text

    drive(steps, size=(60, 15))


def test_r26_a_place_is_written_by_hand_and_what_was_typed_survives_escape(bench: Bench) -> None:
    id = bench.propose(text=PROPOSED)
    bench.team.publish(PRICE, MAINS)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_conflict(see)
        await see.press("e")
        await see.until(lambda: isinstance(app.screen, BlockScreen) and app.screen.query("#words"), "the words")
        assert "One late van costs more." in app.screen.words.text  # type: ignore[attr-defined]
        await see.press("ctrl+a")
        await see.type("Cheap and less than a late van.")
        await see.press("escape", "e")
        await see.until(lambda: isinstance(app.screen, BlockScreen) and app.screen.query("#words"), "the words")
        assert "Cheap and less" in app.screen.words.text  # type: ignore[attr-defined]
        await see.press("ctrl+s")
        await see.sees("✓ your own words")
        # What was chosen is there after going back.
        await see.press("escape")
        await laid_out(see)
        await see.press("D")
        await see.sees("✓ your own words")
        await settled(see)
        from playbook.review.change import texts_at

        text = texts_at(bench.mine, find(bench.mine, id).head, [PRICE])[PRICE] or ""
        assert "Cheap and less than a late van." in text
        assert "I see." in text

    drive(steps)


def test_r26_main_that_moves_on_meanwhile_is_never_taken_back(bench: Bench) -> None:
    bench.propose(text=PROPOSED)
    bench.team.publish(PRICE, MAINS)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        screen = await to_conflict(see)
        await see.press("2")
        bench.team.publish(PRICE, MAINS.replace("It is cheap.", "It is very cheap."))
        fetch_only(bench.mine)
        await see.press("enter")
        await done(see)
        assert "main has changed since you looked" in screen.refused
        assert "main has changed since you looked" not in toasts(app)
        await see.sees("very cheap")
        assert screen.settlement is not None
        assert screen.settlement.open == 1

    drive(steps)


def test_r28_a_card_that_main_renamed_is_explained_and_settled_with_one_key(bench: Bench) -> None:
    from playbook.review.acting import comment
    from playbook.review.card_acts import propose_rename
    from playbook.review.places import place_of_quote

    id = bench.propose(text=PROPOSED)
    bench.sit()
    comment(bench.mine, id, "Which van?", at=place_of_quote(bench.mine, find(bench.mine, id), "One late van"), by=MAX)
    now = session(bench.mine)
    moved = propose_rename(now, now.snapshot.cards_at(PRICE)[0], "objections/cost", why="Clearer", by=REP)
    approve(bench.mine, moved.proposal)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see)
        assert "main has renamed content/objections/price.md" in see.screen()
        await see.press("D")
        await see.sees("Nothing is open")
        assert "Main has moved this card to content/objections/cost.md" in see.screen()
        await settled(see)
        assert "Which van?" in see.screen()
        assert "On the whole" not in see.screen()
        from playbook.review.change import texts_at

        text = texts_at(bench.mine, find(bench.mine, id).head, ["content/objections/cost.md", PRICE])
        assert "One late van" in (text["content/objections/cost.md"] or "")
        assert PRICE not in text

    drive(steps)


@pytest.mark.parametrize(("key", "kept"), [("1", False), ("2", True)])
def test_r26_a_card_that_main_deleted_stays_or_goes(bench: Bench, key: str, kept: bool) -> None:
    id = bench.propose(text=PROPOSED)
    bench.team.publish(PRICE, None)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_conflict(see)
        assert "Main has deleted this card" in see.screen()
        await see.press("3")
        assert "stays or it goes" in toasts(app)
        await see.press(key)
        await settled(see)
        from playbook.review.change import texts_at

        assert (PRICE in texts_at(bench.mine, find(bench.mine, id).head, [PRICE])) is kept

    drive(steps, size=(80, 24))


def test_r26_the_whole_file_is_settled_in_an_editor_of_ones_own(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import nullcontext

    from playbook.review import outside

    bench.propose(text=PROPOSED)
    bench.team.publish(PRICE, MAINS)
    bench.sit()
    seen: list[str] = []
    answers = [lambda text: text, lambda text: "# Mine\n"]

    def edited(command: list[str], text: str, path: str, keep: object) -> outside.Outside:
        seen.append(text)
        return outside.Outside(answers[len(seen) - 1](text), "")

    monkeypatch.setenv("EDITOR", "none-such")
    monkeypatch.setattr(outside, "edited_outside", edited)
    monkeypatch.setattr(PlaybookApp, "suspend", lambda app: nullcontext())

    async def steps(app: PlaybookApp, see: Driver) -> None:
        screen = await to_conflict(see)
        await see.press("ctrl+o")
        assert "<<<<<<< main\nIt is cheap.\n" in seen[0]
        assert "=======\nOne late van costs more.\n>>>>>>> proposed\n" in seen[0]
        assert "There are marks left" in toasts(app)
        assert screen.settlement is not None
        assert screen.settlement.open == 1
        await see.press("ctrl+o")
        await see.sees("the whole file as you wrote it")
        assert screen.settlement.texts() == {PRICE: "# Mine\n"}

    drive(steps)


def test_the_marked_text_holds_every_word_of_both(bench: Bench) -> None:
    from playbook.review.conflict import Conflicted
    from playbook.screens.reviewing.settling import File
    from playbook.text.threeway import three_way

    file = File(Conflicted(PRICE, PRICE_TEXT, MAINS, PROPOSED), tuple(three_way(PRICE_TEXT, MAINS, PROPOSED)))
    marked = file.marked()
    for words in ("I see.", "It is cheap.", "It pays for itself.", "One late van costs more.", "Oldacre, 2026."):
        assert words in marked
    file.take(file.conflicts[0], "theirs")
    assert "<<<<" not in file.marked()
    assert file.marked() == file.text()


def test_footers_help_and_palette_of_the_marketers_screens_come_from_the_one_table(bench: Bench) -> None:
    bench.propose(text=PROPOSED)
    bench.team.publish(PRICE, MAINS)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        for where, title, key in (
            ("queue", "In the review queue", "enter"),
            ("review", "Reviewing a proposal", "D"),
            ("conflict", "Settling a conflict", ""),
        ):
            await see.until(lambda where=where: getattr(app.screen, "where", "") == where, where)  # type: ignore[misc]
            await see.pilot.pause(0.3)
            footer = see.screen().split("\n")[-1]
            for row in keys.keys_of(where):
                assert not row.footer or row.label in footer, (row.label, footer)
            offered = {command.title for command in app.get_system_commands(app.screen)}
            # To the heads, ruling and forcing are offered to those alone whose they are.
            assert {row.label for row in keys.keys_of(where)} - MOVING - {"To the heads", "Rule", "Force"} <= offered
            await see.press("question_mark")
            await see.sees(title)
            # The keys of the screen one comes from stand first.
            assert title in "\n".join(see.screen().split("\n")[:4])
            await see.press("escape", *([key] if key else []))

    drive(steps, size=(80, 24))
