"""The pane that shows a card, or a note where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from textual.content import Content, Span

from playbook.widgets.highlight import FOUND, spans_of
from playbook.widgets.line import Line, lines_of, wrapped
from playbook.widgets.line_view import LineView


class Preview(NamedTuple):
    """A card laid out for one width: its lines, of which the first `head` and those from `rest` on show what was found."""

    lines: Sequence[Line]
    head: int
    rest: int


class PreviewPane(LineView, can_focus=True):
    """Lines to read; the arrows scroll while it has the focus."""

    indent = 2

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._preview = Preview((), 0, 0)
        self._above = 0
        self._words: tuple[str, ...] = ()
        self._note: Content | None = None
        self._noted_width = 0

    def show(self, preview: Preview, words: tuple[str, ...], above: Sequence[Line] = ()) -> None:
        """A card, from its top, with the words of the question marked; before it lines in which nothing is."""
        if above:
            more = len(above)
            preview = Preview([*above, *preview.lines], preview.head + more, preview.rest + more)
        self._preview, self._words, self._note, self._above = preview, words, None, len(above)
        self.top = 0
        self.refresh()

    def note(self, content: Content) -> None:
        """A few sentences instead of a card, wrapped for whatever width there is."""
        self._note, self._words, self.top, self._above = content, (), 0, 0
        self._noted_width = 0
        self.refresh()

    @property
    def _lines(self) -> Sequence[Line]:
        if self._note is not None and self._noted_width != self.inner_width:
            self._noted_width = self.inner_width
            lines = [line for part in lines_of(self._note) for line in wrapped(part, self.inner_width)]
            self._preview = Preview(lines, 0, len(lines))
        return self._preview.lines

    def line_count(self) -> int:
        """All lines."""
        return len(self._lines)

    def line_at(self, number: int) -> tuple[Line, str]:
        """One of them; all stand on the widget's own ground."""
        return self._lines[number], ""

    def spans_at(self, number: int, text: str) -> Iterable[Span]:
        """The question's words, except in the words to say: those are to be read, not looked through."""
        if self._words and number >= self._above and (number < self._preview.head or number >= self._preview.rest):
            return [Span(start, end, FOUND) for start, end in spans_of(text, self._words)]
        return ()

    def action_scroll(self, by: int) -> None:
        """Some lines down or up."""
        self.scroll_lines(by)

    def action_page(self, by: int) -> None:
        """A window's height, less one line to go on from."""
        self.scroll_lines(by * max(self.inner_height - 1, 1))

    def action_edge(self, line: int) -> None:
        """To the top, or with -1 to the end."""
        self.show_from(line if line >= 0 else self.line_count())
