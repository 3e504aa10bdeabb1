"""What the search screen does for the call: its context, typing errors, why a card stands there, and what should."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from piloting import Driver, drive

from playbook.app import PlaybookApp
from playbook.finding import misses
from playbook.paths import state_dir
from playbook.screens.search import SearchScreen
from playbook.screens.status import chips
from playbook.store.managed import Library


def search(app: PlaybookApp) -> SearchScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, SearchScreen)
    return screen


def ids(app: PlaybookApp) -> list[str]:
    shown = search(app).shown
    return [card.id for card in shown.cards] if shown else []


def said(app: PlaybookApp) -> str:
    return " ".join(toast.message for toast in app._notifications)


def kept_text(folder: Path) -> str:
    return "".join(file.read_text(errors="replace") for file in folder.rglob("*") if file.is_file())


def test_r08_filters_are_pinned_for_the_call_and_go_into_every_question(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("van")
        await see.answered("van")
        before = ids(app)
        await see.press("escape")
        await see.type("#discovery @cfo ")
        await see.press("f7")
        await see.answered("")
        assert search(app).box.value == ""
        assert "call: discovery, cfo" in see.screen()
        assert "F7 clears" in see.screen()
        assert "Pinned for this call: discovery, cfo" in said(app)
        await see.type("van")
        await see.answered("van")
        assert sorted(ids(app)) == sorted(before)
        assert "call: discovery, cfo" in see.screen()
        assert "discovery, cfo" not in kept_text(state_dir())
        await see.press("f7")
        await see.until(lambda: "call:" not in see.screen(), "no call")
        assert "Not pinned any more: discovery, cfo" in said(app)
        await see.press("f7")
        assert said(app) == "Type #stage @persona vs:competitor or product:, then F7 pins them for this call"

    drive(steps, size=(80, 24))


def test_r08_what_fits_the_call_stands_first(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("late delivery")
        await see.answered("late delivery")
        first = ids(app)[0]
        await see.type(" product:core")
        await see.press("f7")
        await see.answered("late delivery")
        await see.until(lambda: ids(app)[0] == "objections/price", "the card for the product first")
        assert first != "objections/price"
        assert first in ids(app)
        shown = search(app).shown
        assert shown is not None
        assert "context_product" in shown.hits[0].explain

    drive(steps)


def test_r08_an_unknown_value_is_said_and_not_pinned(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("#nirvana @cfo vs:nobody price")
        await see.press("f7")
        assert search(app).call.values == {"persona": ["cfo"]}
        assert "There is no stage called 'nirvana'; known stages: discovery, negotiation" in said(app)
        assert search(app).box.value == "vs:nobody #nirvana price "
        await see.press("f3")
        await see.type(" vs:nobody")
        await see.press("f7")
        assert said(app) == "No card here has the competitor 'nobody'"
        assert search(app).call.values == {"persona": ["cfo"]}

    drive(steps)


def test_r08_a_doubled_sign_is_shown_and_f7_keeps_it(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("##negotiation price")
        await see.answered("##negotiation price")
        assert "call: negotiation" in see.screen()
        assert "F7 pins" in see.screen()
        await see.press("f7")
        await see.answered("price")
        await see.sees("F7 clears")
        await see.type(" #discovery")
        await see.press("f7")
        assert search(app).call.values == {"stage": ["discovery"]}

    drive(steps)


def test_r08_f7_in_the_narrow_dialog_pins(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("price")
        await see.press("f2")
        await see.until(lambda: type(app.screen).__name__ == "NarrowScreen", "the list")
        await see.sees("F7 pins it")
        await see.type("persona cfo")
        await see.press("f7")
        await see.sees("call: cfo")
        assert search(app).box.value == "price"

    drive(steps, size=(80, 24))


def test_r08_another_library_is_another_call(opened: Library, tmp_path: Path) -> None:
    from building import LibraryBuilder

    from playbook.finding.session import read
    from playbook.screens.desk import SessionReady
    from playbook.store.managed import open_library

    LibraryBuilder(tmp_path / "other").write("a.md", "# Other\n\nwords\n").commit()
    other = read(open_library(str(tmp_path / "other"), name="other"))

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("#negotiation")
        await see.press("f7")
        await see.sees("call: negotiation")
        search(app).post_message(SessionReady(other))
        await see.until(lambda: "call:" not in see.screen(), "no call")

    drive(steps, wanted="sample")


def test_r05_what_was_corrected_is_said_and_f10_searches_as_typed(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("late delviery ")
        await see.answered("late delviery ")
        shown = search(app).shown
        assert shown is not None
        assert shown.corrected == "late delivery"
        assert 'Showing results for "late delivery" instead of "late delviery"  F10 searches as typed' in see.screen()
        assert ids(app)
        await see.press("f10")
        await see.until(lambda: search(app).shown.as_typed, "the letters as typed")  # type: ignore[union-attr]
        assert "Showing" not in see.screen()
        assert "Searched as typed  F10 corrects" in see.screen()
        await see.press("f10")
        await see.sees("Showing results for")
        await see.press("f10", "backspace")
        await see.answered("late delviery")
        assert "Showing results for" in see.screen()
        await see.press("escape")
        await see.press("f10")
        assert "Nothing was corrected" in said(app)

    drive(steps)


@pytest.mark.parametrize("width", [80, 100, 120])
def test_r05_the_line_fits_with_its_key(width: int) -> None:
    shown: Any = SimpleNamespace(
        filters=[("stage", "negotiation")],
        unknown=[],
        heading="",
        context=("negotiation", "cfo"),
        pinned=True,
        corrected="late delivery",
        as_typed=False,
        question="late delviery",
        total=3,
        cards=[1, 2, 3],
        engine="whoosh",
        took_ms=1.0,
    )
    for commanding in (False, True):
        line = chips(shown, width, commanding=commanding)
        assert line.cell_length <= width
        assert "late delivery" in line.plain
        assert "F10" in line.plain
        assert "call: negotiation, cfo" in line.plain
    shown.filters, shown.context = [], ()
    assert 'Showing "late delivery" instead of "late delviery"  F10' in chips(shown, 80).plain


def test_r04_why_names_the_parts_of_the_chosen_card_until_toggled_off(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("it costs more")
        await see.answered("it costs more")
        await see.press("ctrl+t")
        await see.sees("title_phrase 6.00")
        pane = search(app).pane
        first = pane.line_at(0)[0].text
        hit = search(app).shown.hits[0]  # type: ignore[union-attr]
        assert first.startswith(f"score {hit.score:.2f}  title_phrase 6.00")
        assert "all_terms 3.00" in see.screen()
        assert all(len(pane.line_at(at)[0].text) <= pane.inner_width for at in range(4))
        await see.press("escape")
        await see.sees("score none: no words were asked")
        await see.type("discount")
        await see.answered("discount")
        await see.sees("score ")
        await see.press("escape", "escape", "w")
        await see.until(lambda: "score " not in see.screen(), "the preview alone")

    drive(steps, size=(80, 24))


def test_r04_the_marks_of_the_question_stand_where_they_stood(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("kind costs")
        await see.answered("kind costs")
        pane = search(app).pane
        title = next(at for at in range(pane.line_count()) if "costs more" in pane.line_at(at)[0].text)
        assert pane.spans_at(title, pane.line_at(title)[0].text)
        await see.press("ctrl+t")
        await see.sees("score ")
        assert pane.spans_at(0, pane.line_at(0)[0].text) == ()
        moved = next(at for at in range(pane.line_count()) if "costs more" in pane.line_at(at)[0].text)
        assert moved > title
        assert pane.spans_at(moved, pane.line_at(moved)[0].text)

    drive(steps)


def test_r05_the_card_that_should_have_been_found_is_noted(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.press("ctrl+g")
        assert "Nothing was asked" in said(app)
        await see.type("#negotiation price")
        await see.answered("#negotiation price")
        await see.press("ctrl+g")
        assert said(app).startswith("Noted: 'price' should find 'It costs more'")
        assert app.desk.session is not None
        assert [(miss.words, miss.first) for miss in misses.noted(app.desk.session)] == [("price", "objections/price")]
        await see.press("escape")
        await see.type("xylophone")
        await see.answered("xylophone")
        await see.press("ctrl+g")
        assert "No card is chosen" in said(app)

    drive(steps)
