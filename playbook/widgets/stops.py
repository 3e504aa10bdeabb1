"""A page of lines with a cursor that goes from one thing on it to the next: a block, a comment, a conflict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.message import Message

from playbook.widgets.line import Line, assembled, joined
from playbook.widgets.line_view import LineView

MARK, NO_MARK = assembled([("▌ ", "bold $accent")]), Line("  ")
GUTTER = 2


class Stop(NamedTuple):
    """A thing on the page: the lines [first, last), and the name it is known by from one layout to the next."""

    name: str
    first: int
    last: int
    changed: bool = False


class Page(NamedTuple):
    """Lines laid out for one width, and the things on them in order."""

    lines: Sequence[Line] = ()
    stops: Sequence[Stop] = ()

    def named(self, name: str) -> int | None:
        """The number of the stop of that name."""
        return next((at for at, stop in enumerate(self.stops) if stop.name == name), None)


class StopPane(LineView, can_focus=True):
    """Shows a page; the cursor is a bar before the lines of what it stands on."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"stop-pane--here"}
    chosen_grounds = frozenset({"stop-pane--here"})

    class Moved(Message):
        """The cursor stands on something else."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.page = Page()
        self.at: int | None = None

    def show(self, page: Page, name: str = "", *, top: bool = False) -> None:
        """Show a page with the cursor on what it stood on, else on the stop of that name, else on the first that changed;
        with `top` from its beginning."""
        stood = "" if self.at is None else self.page.stops[self.at].name
        self.page = page
        at = page.named(name) if name else page.named(stood) if not top else None
        if at is None and page.stops:
            at = next((number for number, stop in enumerate(page.stops) if stop.changed), 0)
        self.at = at
        if top:
            self.top = 0
        self.see()
        self.refresh()
        self.post_message(self.Moved())

    @property
    def page_width(self) -> int:
        """The cells a line of the page has."""
        return max(self.inner_width - GUTTER, 1)

    @property
    def here(self) -> Stop | None:
        """What the cursor stands on."""
        return self.page.stops[self.at] if self.at is not None and self.at < len(self.page.stops) else None

    def line_count(self) -> int:
        """All lines."""
        return len(self.page.lines)

    def line_at(self, number: int) -> tuple[Line, str]:
        """A line behind its mark, on the cursor's ground where it stands there."""
        stop = self.here
        here = stop is not None and stop.first <= number < stop.last
        return joined([MARK if here else NO_MARK, self.page.lines[number]]), "stop-pane--here" if here else ""

    def on_resize(self) -> None:
        """The page was laid out for other sizes; the cursor stays in sight."""
        self.see()

    def see(self) -> None:
        """Scroll no more than needed to see what the cursor stands on; its beginning where it is higher than the pane."""
        stop, height = self.here, self.inner_height
        if stop is None or not height:
            return
        # The first thing on a page stands under what introduces it, where that leaves room for its beginning.
        first = 0 if self.at == 0 and min(stop.last, stop.first + 4) <= height else stop.first
        self.top = min(max(self.top, stop.last - height), first)

    def go(self, at: int) -> None:
        """Put the cursor on the stop of that number, as far as there are any."""
        if not self.page.stops:
            return
        self.at = max(0, min(at, len(self.page.stops) - 1))
        self.see()
        self.refresh()
        self.post_message(self.Moved())

    def go_to(self, name: str) -> None:
        """Put the cursor on the stop of that name."""
        at = self.page.named(name)
        if at is not None:
            self.go(at)

    def action_step(self, by: int) -> None:
        """To the next stop or the one before; within one that is higher than the pane, and beyond the ends, scroll."""
        stop = self.here
        before = self.top
        if stop is None:
            self.scroll_lines(by)
        elif by > 0 and stop.last > self.top + self.inner_height:
            self.scroll_lines(max(self.inner_height // 2, 1))
        elif by < 0 and stop.first < self.top:
            self.scroll_lines(-max(self.inner_height // 2, 1))
        elif self.at is not None and 0 <= self.at + by < len(self.page.stops):
            self.go(self.at + by)
        else:
            self.scroll_lines(by * 3)
        if self.top != before:
            self.refresh()

    def action_change(self, by: int) -> None:
        """To the next or the last changed stop."""
        changed = [at for at, stop in enumerate(self.page.stops) if stop.changed]
        here = self.at if self.at is not None else -1
        found = [at for at in changed if (at > here if by > 0 else at < here)]
        if found:
            self.go(found[0] if by > 0 else found[-1])

    def action_page(self, by: int) -> None:
        """A window's height, less a line to go on from; the cursor comes along."""
        self.scroll_lines(by * max(self.inner_height - 1, 1))
        seen = [
            at
            for at, stop in enumerate(self.page.stops)
            if stop.last > self.top and stop.first < self.top + self.inner_height
        ]
        if seen and self.at not in seen:
            self.at = seen[0] if by > 0 else seen[-1]
            self.refresh()
            self.post_message(self.Moved())

    def action_edge(self, at: int) -> None:
        """To the beginning, or with -1 to the end."""
        self.go(0 if at >= 0 else len(self.page.stops) - 1)
        self.show_from(0 if at >= 0 else self.line_count())
