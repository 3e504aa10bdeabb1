"""A row of the result list that is laid out when it is first looked at: of fifty results a screen shows a third."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.content import Content
from textual.strip import Strip
from textual.visual import Visual

if TYPE_CHECKING:
    from textual.css.styles import RulesMap
    from textual.style import Style
    from textual.visual import RenderOptions


class ResultRow(Visual):
    """Content of a known number of lines, made when it is needed, once."""

    def __init__(self, make: Callable[[], Content], lines: int) -> None:
        self._make = make
        self._lines = lines

    @cached_property
    def content(self) -> Content:
        """What the row shows."""
        return self._make()

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """Always as many lines as were promised, also for the moment in which the terminal's width has just changed."""
        # Content's own way wraps, and notes every letter's place for selecting with the mouse, which no list needs: it
        # takes five times as long, and a screen of rows is painted for every key.
        strips = [
            Strip(
                [
                    Segment(text.rstrip("\n"), (style + part).rich_style)
                    for text, part in line.render(style, end="", parse_style=options.get_style)
                ]
            ).crop(0, width)
            for line in self.content.split("\n", allow_blank=True)[: self._lines]
        ]
        return strips + [Strip.blank(width, style.rich_style)] * (self._lines - len(strips))

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """As wide as the list."""
        return container_width

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Known without looking."""
        return self._lines
