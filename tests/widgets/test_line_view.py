"""The list and the pane by themselves: keys, mouse, bar, selection, and what shows without colour."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App, ComposeResult
from textual.content import Content
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection

from playbook.widgets.line import Line
from playbook.widgets.line_view import RULE, THUMB
from playbook.widgets.preview_pane import Preview, PreviewPane
from playbook.widgets.result_list import ResultList, ResultRow


class Shelf(App[None]):
    """A list and a pane, five lines each."""

    CSS = """
    ResultList { height: 5; } PreviewPane { height: 5; }
    ResultList > .result-list--highlighted { background: red; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[int | None] = []

    def compose(self) -> ComposeResult:
        yield ResultList()
        yield PreviewPane()

    def on_result_list_chosen(self) -> None:
        self.chosen.append(self.query_one(ResultList).highlighted)

    @property
    def text(self) -> list[str]:
        """What is on the screen."""
        return [strip.text.rstrip() for strip in self.screen._compositor.render_strips()]


def rows(count: int, height: int = 2) -> list[ResultRow]:
    return [ResultRow(lambda at=at: Content(f"row {at}\nmore"), height) for at in range(count)]  # type: ignore[misc]


def shelf(steps: Callable[[Shelf, ResultList, PreviewPane, Pilot[Any]], Awaitable[None]]) -> None:
    async def run() -> None:
        app = Shelf()
        async with app.run_test(size=(30, 12)) as pilot:
            await steps(app, app.query_one(ResultList), app.query_one(PreviewPane), pilot)

    asyncio.run(run())


def test_the_list_follows_its_highlight_and_goes_round() -> None:
    async def steps(app: Shelf, results: ResultList, pane: PreviewPane, pilot: Pilot[Any]) -> None:
        results.set_rows(rows(6), 0)
        await pilot.pause()
        assert app.text[0].startswith("row 0")
        results.action_move(-1)
        assert results.highlighted == 5
        await pilot.pause()
        assert [line.split("  ")[0] for line in app.text[:5]] == ["more", "row 4", "more", "row 5", "more"]
        results.action_move(1)
        assert results.highlighted == 0
        results.action_move_page(1)
        assert results.highlighted == 2
        results.action_move_page(9)
        assert results.highlighted == 5
        results.action_move_page(-9)
        assert results.highlighted == 0
        results.action_edge(-1)
        assert results.highlighted == 5
        results.set_rows([], None)
        results.action_move(1)
        results.action_edge(-1)
        assert results.highlighted is None
        await pilot.pause()
        assert app.text[0].strip(f" {RULE}") == ""

    shelf(steps)


def test_a_row_is_made_when_it_is_first_seen() -> None:
    async def steps(app: Shelf, results: ResultList, pane: PreviewPane, pilot: Pilot[Any]) -> None:
        made: list[int] = []

        def row(at: int) -> ResultRow:
            def make() -> Content:
                made.append(at)
                return Content("only one line")

            return ResultRow(make, 2)

        results.set_rows([row(at) for at in range(50)], 0)
        await pilot.pause()
        assert made == [0, 1, 2]

    shelf(steps)


def test_the_mouse_chooses_scrolls_and_grips_the_bar() -> None:
    async def steps(app: Shelf, results: ResultList, pane: PreviewPane, pilot: Pilot[Any]) -> None:
        results.set_rows(rows(20), 0)
        await pilot.click(ResultList, offset=(3, 3))
        assert results.highlighted == 1
        assert app.chosen == [1]
        await pilot.pause()
        assert app.text[0][-1] == THUMB
        assert app.text[4][-1] == RULE
        await pilot.click(ResultList, offset=(29, 4))
        await pilot.pause()
        assert results.top == 35
        assert app.text[4][-1] == THUMB
        assert results.highlighted == 1
        results._on_mouse_scroll_up(Event())  # type: ignore[arg-type]
        assert results.top == 32
        await pilot.hover(ResultList, offset=(3, 1))
        assert results._hovered == 16
        await pilot.hover(PreviewPane, offset=(3, 1))
        assert results._hovered is None

    shelf(steps)


class Event:
    """As much of a mouse event as scrolling needs."""

    def stop(self) -> None:
        """Nothing else would take it."""


def test_the_pane_scrolls_within_its_text_and_begins_anew_with_another() -> None:
    async def steps(app: Shelf, results: ResultList, pane: PreviewPane, pilot: Pilot[Any]) -> None:
        pane.show(Preview([Line(f"line {at}") for at in range(12)], 1, 6), ("line",))
        pane.action_page(1)
        assert pane.top == 4
        pane.action_edge(-1)
        assert pane.top == 7
        pane.action_scroll(5)
        assert pane.top == 7
        await pilot.pause()
        assert app.text[5].strip().startswith("line 7")
        pane.note(Content("A note that is longer than the pane is wide, so it is wrapped."))
        await pilot.pause()
        assert app.text[5].strip() == "A note that is longer than"
        assert pane.top == 0

    shelf(steps)


def test_the_words_of_the_question_are_marked_but_not_in_the_words_to_say() -> None:
    async def steps(app: Shelf, results: ResultList, pane: PreviewPane, pilot: Pilot[Any]) -> None:
        pane.show(Preview([Line("late"), Line("late"), Line("late")], 1, 2), ("late",))
        await pilot.pause()
        marked = [
            any(segment.style and segment.style.underline for segment in strip)
            for strip in app.screen._compositor.render_strips()[5:8]
        ]
        assert marked == [True, False, True]

    shelf(steps)


def test_what_the_mouse_selects_is_the_text_itself() -> None:
    async def steps(app: Shelf, results: ResultList, pane: PreviewPane, pilot: Pilot[Any]) -> None:
        pane.show(Preview([Line("first line"), Line("second line")], 0, 2), ())
        await pilot.pause()
        await pilot.mouse_down(PreviewPane, offset=(8, 0))
        await pilot.hover(PreviewPane, offset=(7, 1))
        await pilot.mouse_up(PreviewPane, offset=(7, 1))
        await pilot.pause()
        assert app.screen.get_selected_text() == "line\nsecond"
        app.screen.selections = {pane: Selection(Offset(0, 0), Offset(5, 0))}
        await pilot.pause()
        ground = pane.visual_style.rich_style.bgcolor
        shown = [(s.text, s.style.bgcolor != ground) for s in app.screen._compositor.render_strips()[5] if s.style]
        assert ("first", True) in shown
        assert (" line", False) in shown

    shelf(steps)


def test_the_focus_shows_on_a_pane_that_has_nothing_to_scroll() -> None:
    async def steps(app: Shelf, results: ResultList, pane: PreviewPane, pilot: Pilot[Any]) -> None:
        results.set_rows(rows(1), 0)
        pane.show(Preview([Line("all of it")], 1, 1), ())
        results.focus()
        await pilot.pause()
        assert app.text[5] == "  all of it"
        pane.focus()
        await pilot.pause()
        assert [line[-1:] for line in app.text[5:10]] == [RULE] * 5
        results.focus()
        await pilot.pause()
        assert app.text[5] == "  all of it"

    shelf(steps)
