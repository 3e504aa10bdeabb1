"""What the search screen does for the call: its context, typing errors, why a card stands there, and what should."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from piloting import Driver, drive

from playbook.app import PlaybookApp
from playbook.finding import misses
from playbook.paths import state_dir
from playbook.screens.finding.search import SearchScreen
from playbook.screens.growing import Growing
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
        assert search(app).box.value == "#nirvana vs:nobody price"
        await see.press("f3")
        await see.type(" vs:nobody")
        await see.press("f7")
        assert said(app) == "No card names the competitor 'nobody'; known: acme"
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
        assert 'Showing "late delivery" instead of "late delviery"  F10 as typed' in see.screen()
        assert ids(app)
        await see.press("f10")
        await see.until(lambda: search(app).shown.as_typed, "the letters as typed")  # type: ignore[union-attr]
        assert "Showing" not in see.screen()
        assert "Searched as typed  F10 corrects" in see.screen()
        await see.press("f10")
        await see.sees('Showing "late')
        await see.press("f10", "backspace")
        await see.answered("late delviery")
        assert 'Showing "late' in see.screen()
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
        assert '"late delivery"' in line.plain
        assert "F10 as typed" in line.plain
        assert "call: negotiation, cfo" in line.plain
        assert "3 found" in line.plain
    shown.filters = []
    assert ("F7 clears" in chips(shown, width).plain) == (width > 100)
    shown.context = ()
    assert 'Showing "late delivery" instead of "late delviery"  F10 as typed' in chips(shown, width).plain
    assert "3 found" in chips(shown, width).plain
    shown.corrected, shown.context = "", ("negotiation", "cfo")
    assert "call: negotiation, cfo  F7 clears" in chips(shown, width).plain


def test_r04_why_names_the_parts_of_the_chosen_card_until_toggled_off(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("it costs more")
        await see.answered("it costs more")
        await see.press("ctrl+t")
        await see.sees("its title is what you typed +6.0")
        pane = search(app).pane
        first = pane.line_at(0)[0].text
        hit = search(app).shown.hits[0]  # type: ignore[union-attr]
        assert first.startswith(f"score {hit.score:.2f}: its title is what you typed +6.0")
        assert "it has every word you typed +3.0" in see.screen()
        assert all(len(pane.line_at(at)[0].text) <= pane.inner_width for at in range(4))
        assert pane.line_at(2)[0].text
        assert not pane.line_at(3)[0].text  # three lines, for the words to say must have room
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
        await see.type("#negotiation late")
        await see.answered("#negotiation late")
        await see.press("ctrl+g")
        assert said(app) == "'#negotiation late' finds 'They want a discount' first already; nothing was noted"
        await see.press("down", "ctrl+g")
        second = search(app).chosen()
        assert second is not None
        assert said(app).startswith(f"Noted: '#negotiation late' should find {second.title!r}")
        await see.press("ctrl+g")
        assert said(app) == "Taken back: '#negotiation late' is not noted any more"
        await see.press("escape")
        await see.type("@cfo")
        await see.press("f7")
        await see.type("delivery")
        await see.answered("delivery")
        await see.press("down", "ctrl+g")
        assert "in a call about cfo should find" in said(app)
        assert app.desk.session is not None
        noted = misses.noted(app.desk.session)
        assert [(miss.words, miss.context) for miss in noted] == [("delivery", {"persona": "cfo"})]
        await see.press("escape")
        await see.type("xylophone")
        await see.answered("xylophone")
        await see.press("ctrl+g")
        assert "No card is chosen" in said(app)

    drive(steps)


def test_r08_f7_leaves_a_misspelt_value_as_it_was_typed(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("##negotiaton price")
        await see.press("f7")
        assert search(app).box.value == "##negotiaton price"
        assert "There is no stage called 'negotiaton'; known stages: discovery, negotiation" in said(app)
        assert search(app).call.values == {}
        await see.answered("##negotiaton price")
        assert ids(app)

    drive(steps)


def test_r08_what_stands_beside_f7_is_what_it_does(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("#negotiation")
        await see.press("f7")
        await see.sees("call: negotiation  F7 clears")
        await see.type("@cfo price")
        await see.answered("@cfo price")
        assert "call: negotiation  F7 pins the filters" in see.screen()
        await see.press("f7")
        await see.sees("call: negotiation, cfo  F7 clears")

    drive(steps)


def test_r07_a_competitor_that_no_card_names_is_said_with_those_that_are_known(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("vs:nobody price")
        await see.sees("! No card names the competitor 'nobody'; known: acme")
        await see.press("escape")
        await see.type("vs::nobody price")
        await see.sees("! No card names the competitor 'nobody'; known: acme")
        assert ids(app)
        await see.press("escape")
        await see.type("vs::ac price")
        await see.answered("vs::ac price")
        await see.sees("call: ac")
        await see.press("f7")
        assert search(app).call.values == {"competitor": ["ac"]}

    drive(steps)


class Slow:
    """A first answer that comes when it is let."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from playbook.screens.finding import asking

        self.let = threading.Event()
        real = asking.answer

        def late(*arguments: Any, **options: Any) -> Any:
            self.let.wait(10)
            return real(*arguments, **options)

        monkeypatch.setattr(asking, "answer", late)


def test_r01_enter_before_the_answer_opens_the_first_card_when_it_comes(
    opened: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        slow = Slow(monkeypatch)
        await see.until(lambda: app.desk.session is not None, "the library")
        await see.type("it costs more")
        await see.press("enter")
        assert app.screen is search(app)
        slow.let.set()
        await see.until(lambda: type(app.screen).__name__ == "ReadScreen", "the card")
        assert app.screen.card.id == "objections/price"  # type: ignore[attr-defined]
        await see.sees("What does a late delivery cost you?")

    drive(steps)


def test_r01_enter_before_the_answer_is_forgotten_when_one_types_on(
    opened: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        slow = Slow(monkeypatch)
        await see.until(lambda: app.desk.session is not None, "the library")
        await see.type("it costs")
        await see.press("enter")
        await see.type(" more")
        slow.let.set()
        await see.until(lambda: search(app).shown is not None, "an answer")
        await see.answered("it costs more")
        assert app.screen is search(app)

    drive(steps)


def test_r08_f7_before_the_library_is_there_pins_when_it_is(opened: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    from playbook.finding import session as reading

    let = threading.Event()
    real = reading.read
    monkeypatch.setattr(reading, "read", lambda *given, **named: (let.wait(10), real(*given, **named))[1])

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.type("#negotiation price")
        await see.press("f7")
        assert app.desk.session is None
        assert "pinned as soon as it is" in said(app)
        let.set()
        await see.sees("call: negotiation")
        assert search(app).box.value == "price"

    drive(steps)


def test_what_goes_on_behind_is_one_bar_that_grows() -> None:
    growing = Growing()
    told = [("reading", 8, 100), ("reading", 1, 1), ("parsing", 2, 100), ("reading", 0, 1), ("parsing", 100, 100)]
    told += [("indexing", 0, 0), ("indexing", 50, 100), ("writing", 1, 1)]
    steps = [growing.step(*one) for one in told]
    shares = [step.done / step.total for step in steps]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert [step.what for step in steps][4:6] == ["Reading the library", "Indexing it"]
    assert growing.step("Receiving objects", 1, 2) == ("Receiving objects", 1, 2)
