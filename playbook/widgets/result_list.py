"""The list of results: rows of one or two lines, laid out when they are first looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from playbook.widgets.line import NOTHING, Line, lines_of
from playbook.widgets.line_view import LineView

if TYPE_CHECKING:
    from textual.content import Content
    from textual.events import Click, Leave, MouseMove
    from textual.geometry import Size


class ResultRow:
    """A row of a known number of lines, made when it is needed, once: of fifty a screen shows a third."""

    def __init__(self, make: Callable[[], Content], height: int) -> None:
        self._make = make
        self.height = height

    @cached_property
    def lines(self) -> list[Line]:
        """What the row shows, always as many lines as were promised."""
        made = lines_of(self._make())[: self.height]
        return made + [NOTHING] * (self.height - len(made))


class ResultList(LineView, can_focus=True):
    """Rows of which one is highlighted. On a narrow screen it is as high as its rows, with a rule below."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"result-list--highlighted", "result-list--hovered"}
    ALLOW_SELECT = False
    always_ruled = True
    chosen_grounds = frozenset({"result-list--highlighted"})

    highlighted: reactive[int | None] = reactive(None, repaint=False)
    """Which row is chosen."""

    class Highlighted(Message):
        """Another row is highlighted, or another row's card stands under the highlight."""

    class Chosen(Message):
        """A row was clicked."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows: Sequence[ResultRow] = ()
        self.row_height = 1
        self._hovered: int | None = None

    def set_rows(self, rows: Sequence[ResultRow], highlighted: int | None) -> None:
        """Show other rows (all of one height) from the top, or from where the highlighted one is seen."""
        grown = len(rows) != len(self.rows)
        self.rows = rows
        self.row_height = rows[0].height if rows else 1
        self._hovered = None
        self.top = 0
        self.set_reactive(ResultList.highlighted, highlighted if rows else None)
        self.see_highlighted()
        self.refresh()
        if grown and self.styles.is_auto_height:
            self.refresh(layout=True)
        self.post_message(self.Highlighted())

    def watch_highlighted(self) -> None:
        """Keep it on the screen and say so."""
        self.see_highlighted()
        self.refresh()
        self.post_message(self.Highlighted())

    def on_resize(self) -> None:
        """The list grows to its rows only after they were set."""
        self.see_highlighted()

    def see_highlighted(self) -> None:
        """Scroll no more than needed to see the whole highlighted row."""
        if self.highlighted is None or not self.inner_height:
            return
        first = self.highlighted * self.row_height
        self.top = max(min(self.top, first), first + self.row_height - self.inner_height)

    # What LineView asks

    @property
    def underlined(self) -> bool:
        """Whether the last line is a rule: where the words to say stand below and not beside."""
        return self.screen.has_class("-narrow")

    @property
    def inner_height(self) -> int:
        """The lines of rows that are seen at once."""
        return max(self.size.height - self.underlined, 0)

    def line_count(self) -> int:
        """All rows' lines."""
        return len(self.rows) * self.row_height

    def line_at(self, number: int) -> tuple[Line, str]:
        """A row's line, on the ground that tells whether it is highlighted."""
        at, line = divmod(number, self.row_height)
        ground = ""
        if at == self.highlighted:
            ground = "result-list--highlighted"
        elif at == self._hovered:
            ground = "result-list--hovered"
        return self.rows[at].lines[line], ground

    def below(self) -> Strip:
        """The rule under the rows."""
        return Strip([Segment("─" * self.size.width, self.painter("line-view--rule").style())], self.size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As high as its rows."""
        return self.line_count() + self.underlined

    # Keys and mouse

    def action_move(self, by: int) -> None:
        """To another row; beyond the last comes the first, and before the first the last."""
        if self.rows:
            self.highlighted = ((self.highlighted or 0) + by) % len(self.rows)

    def action_move_page(self, by: int) -> None:
        """By as many rows as are seen, and no further than the ends."""
        self.action_edge(max((self.highlighted or 0) + by * max(self.inner_height // self.row_height, 1), 0))

    def action_edge(self, row: int) -> None:
        """To that row; -1 is the last, and so is one beyond it."""
        if self.rows:
            self.highlighted = min(row, len(self.rows) - 1) if row >= 0 else len(self.rows) - 1

    def _row_under(self, y: int) -> int | None:
        number = self.top + y
        return number // self.row_height if y < self.inner_height and number < self.line_count() else None

    def _hover(self, row: int | None) -> None:
        if row != self._hovered:
            self._hovered = row
            self.refresh()

    def on_mouse_move(self, event: MouseMove) -> None:
        """The row under the mouse is tinted."""
        self._hover(self._row_under(event.y))

    def on_leave(self, event: Leave) -> None:
        """No row is."""
        self._hover(None)

    def on_click(self, event: Click) -> None:
        """On a row: choose it."""
        if event.x < self.size.width - 1 and (row := self._row_under(event.y)) is not None:
            self.highlighted = row
            self.post_message(self.Chosen())
