"""Words that nobody meant for the panel: a question that was typed on, or a word in place of a whole answer."""

from __future__ import annotations

import pytest
from piloting import Driver, drive
from textual.events import Key

from playbook.app import PlaybookApp
from playbook.review.listing import proposals
from playbook.screens.finding.search import SearchScreen
from playbook.screens.proposing.propose import ProposeScreen
from playbook.store.managed import Library

ANSWER = "We cost far less than a late delivery does in any month of the year"


def panel(app: PlaybookApp) -> ProposeScreen:
    assert isinstance(app.screen, ProposeScreen)
    return app.screen


def hint(app: PlaybookApp) -> str:
    return app.screen.query_one("#hint").content.plain  # type: ignore[attr-defined, no-any-return]


async def in_the_list(app: PlaybookApp, see: Driver) -> None:
    await see.opened()
    await see.type("too expensive")
    await see.answered("too expensive")
    screen = app.screen
    assert isinstance(screen, SearchScreen)
    screen.results.focus()
    await see.pilot.pause()


async def price(app: PlaybookApp, see: Driver) -> None:
    """A question that is typed beside the box, its letters as quick as they can come, and Enter."""
    for key in "price":
        app.post_message(Key(key, key))
    await see.until(lambda: isinstance(app.screen, ProposeScreen) and app.screen.words.value.endswith("rice"), "rice")
    await see.press("enter")


async def proposed(app: PlaybookApp, see: Driver) -> None:
    await see.until(lambda: isinstance(app.screen, SearchScreen), "back at the call")
    await see.until(lambda: any("Proposed:" in toast.message for toast in app._notifications), "it is proposed")
    app.pen.finish()


def test_a_question_typed_on_after_p_loses_no_letter_and_is_asked_about_before_it_is_proposed(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await in_the_list(app, see)
        await price(app, see)
        await see.until(lambda: "again proposes" in hint(app), "it asks")
        assert panel(app).words.value == "rice"
        assert app.screen_stack[0].box.value == "too expensive"  # type: ignore[attr-defined]
        await see.pilot.pause(0.2)
        count = len(panel(app).part.present.split())
        assert hint(app) == f'"rice" would replace {count} words; Enter again proposes it'
        assert not list(proposals(opened))
        await see.press("enter")
        await proposed(app, see)

    drive(steps, size=(80, 24))
    (made,) = proposals(opened)
    assert made.contents[0].text == "rice"


def test_what_lands_behind_an_old_draft_is_asked_about_however_long_they_are_together(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await in_the_list(app, see)
        await see.press("f4")
        await see.type(ANSWER)
        await see.press("escape")
        app.pen.finish()
        await price(app, see)
        await see.until(lambda: "again proposes" in hint(app), "it asks")
        assert panel(app).words.value == f"{ANSWER}rice"
        # Other words are meant: one has seen the panel by now, for longer than letters typed blindly take.
        await see.pilot.pause(0.8)
        await see.press(*["backspace"] * 4, "enter")
        await proposed(app, see)

    drive(steps, size=(80, 24))
    (made,) = proposals(opened)
    assert made.contents[0].text == ANSWER


@pytest.mark.parametrize(("words", "asks"), [("too dear", True), ("It pays back soon", False)])
def test_one_or_two_words_in_place_of_an_answer_are_asked_about(opened: Library, words: str, asks: bool) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await in_the_list(app, see)
        await see.press("f4")
        await see.until(lambda: panel(app).part.before, "which of the words are replaced")
        panel(app).part = panel(app).part._replace(present="One two three four five six seven eight.")
        await see.type(words)
        await see.press("enter")
        if asks:
            assert hint(app) == f'"{words}" would replace 8 words; Enter again proposes it'
            await see.press("enter")
        await proposed(app, see)

    drive(steps, size=(80, 24))


def test_words_typed_once_the_panel_is_seen_are_proposed_at_once(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await in_the_list(app, see)
        await see.press("p")
        await see.pilot.pause(0.7)
        await see.type("It pays back soon")
        await see.press("enter")
        await proposed(app, see)

    drive(steps, size=(80, 24))
