"""The queue's list: three lines a row, and one line that parts what waits for the reader from all else."""

from __future__ import annotations

from playbook.widgets.line import Line, assembled
from playbook.widgets.result_list import ResultList

PARTS = "── the rest does not wait for your decision ──"


class Rows(ResultList):
    """The rows; no rule stands under them, for nothing does. Before the row `parted` stands a line that no key stops at."""

    parted: int | None = None

    @property
    def underlined(self) -> bool:
        """Never."""
        return False

    def _above(self, row: int) -> bool:
        """Whether the line that parts stands above that row."""
        return self.parted is not None and row >= self.parted

    def line_count(self) -> int:
        """All rows' lines, and the one that parts them."""
        return super().line_count() + self._above(len(self.rows) - 1)

    def line_at(self, number: int) -> tuple[Line, str]:
        """A row's line, or the one that parts them."""
        at = None if self.parted is None else self.parted * self.row_height
        if at is None or number < at:
            return super().line_at(number)
        if number == at:
            return assembled([(PARTS, "$foreground 70%")]), ""
        return super().line_at(number - 1)

    def see_highlighted(self) -> None:
        """Scroll no more than needed to see the whole highlighted row, with the line above it where it stands there."""
        if self.highlighted is None or not self.inner_height:
            return
        own = self.highlighted * self.row_height
        first = own + (self._above(self.highlighted) and self.highlighted != self.parted)
        last = own + self.row_height + self._above(self.highlighted)
        self.top = max(min(self.top, first), last - self.inner_height)

    def _row_under(self, y: int) -> int | None:
        number = self.top + y
        if self.parted is not None and number >= self.parted * self.row_height:
            if number == self.parted * self.row_height:
                return None
            number -= 1
        inside = y < self.inner_height and number < len(self.rows) * self.row_height
        return number // self.row_height if inside else None
