"""A widget of lines that are ready to paint: what a keystroke changes on a big terminal is seventy of them.

Textual's own list and Static wrap, pad and style each line anew for every paint, about 0.15 ms a line, and lay out the
screen when a text changes its height; here a line is turned into segments once, and the scroll bar is the last column.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.content import Span
from textual.geometry import Region
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from playbook.widgets.line import Line

if TYPE_CHECKING:
    from rich.style import Style as RichStyle
    from textual.color import Color
    from textual.events import Click, MouseScrollDown, MouseScrollUp
    from textual.filter import LineFilter
    from textual.selection import Selection

WHEEL_LINES = 3
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # the last guard: nothing that a terminal obeys gets past it
MOST_STRIPS = 1_000  # kept at a time
FEW_COLOURS = ("standard", "windows")
RULE, THUMB = "│", "┃"


class Painter:
    """Turns lines into strips on one ground; what a combination of styles looks like is found out once."""

    def __init__(self, ground: Style, filters: Sequence[LineFilter], background: Color) -> None:
        self.ground = ground
        self._filters = filters
        self._background = background
        self._styles: dict[tuple[str | Style, ...], RichStyle] = {}

    def style(self, names: tuple[str | Style, ...] = ()) -> RichStyle:
        """The ground with the styles upon it, after the app's filters (NO_COLOR is one)."""
        found = self._styles.get(names)
        if found is None:
            made = self.ground
            for name in names:
                made += Style.parse(name) if isinstance(name, str) else name
            segments = [Segment(" ", made.rich_style)]
            for line_filter in self._filters:
                segments = line_filter.apply(segments, self._background)
            found = self._styles[names] = segments[0].style or made.rich_style
        return found

    def strip(self, line: Line, width: int) -> Strip:
        """The line in exactly `width` cells."""
        text, spans = _CONTROL.sub(" ", line.text), line.spans
        segments: list[Segment] = []
        length = len(text)
        if len(spans) == 1 and text and spans[0].start <= 0 and spans[0].end >= length:
            segments.append(Segment(text, self.style((spans[0].style,))))
        elif spans and text:
            cuts = sorted(
                {0, length, *(min(span.start, length) for span in spans), *(min(span.end, length) for span in spans)}
            )
            for start, end in itertools.pairwise(cuts):
                names = tuple(span.style for span in spans if span.start <= start and span.end >= end)
                segments.append(Segment(text[start:end], self.style(names)))
        elif text:
            segments.append(Segment(text, self.style()))
        cells = len(text) if text.isascii() else cell_len(text)
        if cells < width:
            segments.append(Segment(" " * (width - cells), self.style()))
        elif cells > width:
            return Strip(segments, cells).crop(0, width)
        return Strip(segments, width)


class LineView(Widget):
    """Lines that scroll, with a bar of their own in the last column; subclasses say what each line is.

    `indent` cells are left free on the left, and one before the bar. Neither CSS border nor padding is painted.
    """

    DEFAULT_CSS = """
    LineView { width: 1fr; height: 1fr; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"line-view--rule", "line-view--thumb"}

    indent: ClassVar[int] = 0
    always_ruled: ClassVar[bool] = False
    chosen_grounds: ClassVar[frozenset[str]] = frozenset()
    """Component classes whose ground alone tells something: with 16 colours two grounds may look the same."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.top = 0
        self._painters: dict[str, Painter] = {}
        self._strips: dict[tuple[str, tuple[Span, ...], str, str], Strip] = {}
        self._look: object = None

    # What subclasses say

    def line_count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def line_at(self, number: int) -> tuple[Line, str]:
        """The line and the component class of its ground ("" for the widget's own)."""
        raise NotImplementedError

    def spans_at(self, number: int, text: str) -> Iterable[Span]:
        """Ranges marked in the line beyond its own."""
        return ()

    # Painting

    @property
    def inner_width(self) -> int:
        """The cells a line has."""
        return max(self.size.width - self.indent - 2, 1)

    @property
    def inner_height(self) -> int:
        """The lines that are seen at once."""
        return self.size.height

    def painter(self, component: str = "") -> Painter:
        """Of the widget's own ground, or of a component class upon it."""
        found = self._painters.get(component)
        if found is None:
            ground = self.visual_style
            if component:
                # Textual leaves the reversing out, which is how a highlight shows without colour.
                reverse = self.get_component_styles(component).text_style.reverse
                if component in self.chosen_grounds and self.app.console.color_system in FEW_COLOURS:
                    reverse = True
                ground = self.get_visual_style(component) + Style(reverse=reverse)
            found = self._painters[component] = Painter(ground, self.get_line_filters(), self.background_colors[1])
        return found

    def render_lines(self, crop: Region) -> list[Strip]:
        """The strips of the region, without what Textual does for borders, padding and hatches: there are none."""
        look = (self.visual_style, self.size, self.app.theme, self.has_focus)
        if look != self._look or len(self._strips) > MOST_STRIPS:
            self._look = look
            self._painters.clear()
            self._strips.clear()
        count, height = self.line_count(), self.inner_height
        self.top = max(0, min(self.top, count - height))
        first, last = self._thumb(count, height)
        # With the focus the rule is there in any case: its colour is what tells where the focus is.
        rule = RULE if self.always_ruled or self.has_focus or count > height else " "
        strips = [
            self._painted(self.top + y, count, THUMB if first <= y < last else rule) if y < height else self.below()
            for y in crop.line_range
        ]
        if crop.column_span != (0, self.size.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def below(self) -> Strip:
        """What stands under the inner height."""
        return Strip.blank(self.size.width, self.painter().style())

    def _painted(self, number: int, count: int, bar: str) -> Strip:
        if number < count:
            (text, own), component = self.line_at(number)
            spans = (*own, *self.spans_at(number, text), *self._selected(number, text))
        else:
            text, spans, component = "", (), ""
        # Most lines of a new answer were on the screen a letter ago.
        key = (text, spans, component, bar)
        found = self._strips.get(key)
        if found is None:
            painter = self.painter(component)
            body = painter.strip(Line(text, spans), self.inner_width)
            left = [Segment(" " * self.indent, painter.style())] if self.indent else []
            edge = self.painter("line-view--thumb" if bar == THUMB else "line-view--rule").style()
            right = [Segment(" ", painter.style()), Segment(bar, edge)]
            made = Strip([*left, *body, *right])
            found = self._strips[key] = made.crop(0, self.size.width) if made.cell_length > self.size.width else made
        return found

    def _selected(self, number: int, text: str) -> list[Span]:
        """What the mouse has selected of the line."""
        selection = self.text_selection
        span = selection.get_span(number) if selection is not None else None
        if span is None:
            return []
        start, end = span
        return [Span(start, len(text) if end == -1 else end, self.screen.get_visual_style("screen--selection"))]

    def render_line(self, y: int) -> Strip:
        """One line with the place of its letters noted, which is what the mouse looks at when it selects."""
        number = self.top + y
        if number >= self.line_count():
            return Strip.blank(self.size.width)
        body = self.painter().strip(self.line_at(number)[0], self.inner_width).apply_offsets(0, number)
        return Strip([Segment(" " * self.indent), *body, Segment("  ")], self.size.width)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """What was selected with the mouse."""
        return selection.extract("\n".join(self.line_at(at)[0].text for at in range(self.line_count()))), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Paint it."""
        self.refresh()

    # Scrolling

    def _thumb(self, count: int, height: int) -> tuple[int, int]:
        """The rows [first, last) of the last column in which the thumb stands; none where everything is seen."""
        if count <= height:
            return 0, 0
        size = max(1, height * height // count)
        first = round((height - size) * self.top / (count - height))
        return first, first + size

    def scroll_lines(self, by: int) -> None:
        """Move the window over the lines."""
        self.show_from(self.top + by)

    def show_from(self, number: int) -> None:
        """Put the window with that line on top, as far as there are lines."""
        top = max(0, min(number, self.line_count() - self.inner_height))
        if top != self.top:
            self.top = top
            self.refresh()

    def _on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        event.stop()
        self.scroll_lines(WHEEL_LINES)

    def _on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        event.stop()
        self.scroll_lines(-WHEEL_LINES)

    def on_click(self, event: Click) -> None:
        """On the bar: to that part of the text."""
        if event.x == self.size.width - 1 and self.line_count() > self.inner_height:
            event.stop()
            self.show_from((self.line_count() - self.inner_height) * event.y // max(self.inner_height - 1, 1))
