"""A change as a reader sees it: the text rendered, in one column or two, with what went and what came marked word by word."""

from __future__ import annotations

import bisect
import itertools
import os
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, chop_cells
from textual.content import Span

from playbook.text.blocks import Block
from playbook.text.worddiff import SIGNS, BlockChange, block_changes, fold_line, folded
from playbook.text.words import Effort
from playbook.widgets.line import NOTHING, Line, assembled, joined, piece, styled, wrapped
from playbook.widgets.markdown_lines import DIM
from playbook.widgets.marked_rows import (
    ADDED,
    LONGEST_PARSED,
    REMOVED,
    Renderer,
    Row,
    definitions,
    marked_cells,
    marked_rows,
    some,
    unseen_rows,
)

SIGN_STYLES = {
    "changed": "bold $text-warning",
    "added": "bold $text-success",
    "removed": "bold $text-error",
    "same": "",
}
GUTTER = 2
RULE = " │ "
LEAST = 8  # cells of a column, however narrow the screen
MOST_CHANGED, MOST_LINES = 2_000, 10_000  # blocks and lines laid out; nobody reads more, and what is left out is said
LONGEST_WRAPPED = 2_000  # characters wrapped at a time: wrapping takes time with a line's square
NO_BLOCK = -1


class Changes(NamedTuple):
    """A change laid out: the lines and, for each, the number of its block in `changes` (NO_BLOCK for a fold).

    `rows` are the lines on which a changed block begins, ascending.
    """

    lines: list[Line]
    blocks: list[int]
    rows: list[int]
    changes: list[BlockChange]

    def after(self, row: int) -> int | None:
        """The row of the next changed block below this row."""
        at = bisect.bisect_right(self.rows, row)
        return self.rows[at] if at < len(self.rows) else None

    def before(self, row: int) -> int | None:
        """The row of the next changed block above this row."""
        at = bisect.bisect_left(self.rows, row)
        return self.rows[at - 1] if at else None

    def change_at(self, row: int) -> BlockChange | None:
        """The block under a row; None on a fold and beyond the end."""
        at = self.blocks[row] if 0 <= row < len(self.blocks) else NO_BLOCK
        return self.changes[at] if at != NO_BLOCK else None


def inline_lines(old: str, new: str, width: int, context_blocks: int | None = 1) -> list[Line]:
    """The change in one column; see `inline_changes`."""
    return inline_changes(old, new, width, context_blocks).lines


def side_by_side(old: str, new: str, width: int, context_blocks: int | None = 1) -> list[Line]:
    """The change in two columns; see `side_by_side_changes`."""
    return side_by_side_changes(old, new, width, context_blocks).lines


def inline_changes(old: str, new: str, width: int, context_blocks: int | None = 1, *, by_line: bool = False) -> Changes:
    """The change of a document in one column of `width` cells: words that went struck through, words that came underlined.

    Before each line stands the sign of its block: `~` changed, `+` came, `-` went. Unchanged blocks further from a change than
    `context_blocks` are one line; None shows all. Looks beside colour tell the marks; where there is no colour at all (NO_COLOR)
    `[-what went-]` and `{+what came+}` stand in signs, so that copied text and a screen reader tell them too.
    What is no Markdown is laid out `by_line`, as it is written.
    """
    return _Sheet(old, new, width, sides=False, by_line=by_line).laid_out(context_blocks)


def side_by_side_changes(
    old: str, new: str, width: int, context_blocks: int | None = 1, *, by_line: bool = False
) -> Changes:
    """The same in two columns with a rule between: what was, with the words that went, and what is, with those that came."""
    return _Sheet(old, new, width, sides=True, by_line=by_line).laid_out(context_blocks)


class _Sheet:
    """What is being laid out: the lines so far, and what is left to spend."""

    def __init__(self, old: str, new: str, width: int, *, sides: bool, by_line: bool) -> None:
        self._changes = block_changes(old, new, by_line=by_line)
        self._by_line = by_line
        self._sides = sides
        self._width = max(width, LEAST + GUTTER)
        column = (self._width - len(RULE)) // 2 if sides else self._width
        self._column = max(column, LEAST + GUTTER)
        self._room = self._column - GUTTER
        self._olds = Renderer(definitions([change.old for change in self._changes if change.old]))
        self._news = Renderer(definitions([change.new for change in self._changes if change.new]))
        self._effort = Effort()
        self._colourless = bool(os.environ.get("NO_COLOR"))
        self._made = Changes([], [], [], self._changes)

    def laid_out(self, context_blocks: int | None) -> Changes:
        """All of it."""
        ends = dict(folded(self._changes, context_blocks))
        at = 0
        while at < len(self._changes):
            if at in ends:
                self._fold(fold_line(ends[at] - at, by_line=self._by_line))
                at = ends[at]
                continue
            if len(self._made.rows) >= MOST_CHANGED or len(self._made.lines) >= MOST_LINES:
                left = sum(change.op != "same" for change in self._changes[at:])
                self._fold(f"… {len(self._changes) - at} more blocks, {left} of them changed, are not shown …")
                break
            self._block(at)
            at += 1
        return self._made

    def _fold(self, text: str) -> None:
        if self._made.lines and self._made.lines[-1].text.strip():
            self._put(NOTHING, NO_BLOCK)
        self._put(assembled([(" " * GUTTER, ""), (text, DIM)]), NO_BLOCK)

    def _put(self, line: Line, number: int) -> None:
        self._made.lines.append(line)
        self._made.blocks.append(number)

    def _block(self, number: int) -> None:
        change = self._changes[number]
        block = _block_of(change)
        lines = self._same_lines(change) if change.op == "same" else self._changed_lines(change)
        if not lines:
            return
        made = self._made
        after_fold = bool(made.blocks) and made.blocks[-1] == NO_BLOCK
        above = _block_of(self._changes[number - 1]) if number else None
        if made.lines and made.lines[-1].text.strip(" │") and (after_fold or _parted(block, above)):
            self._put(self._beside(NOTHING, NOTHING) if self._sides and not after_fold else NOTHING, number)
        if change.op != "same":
            made.rows.append(len(made.lines))
        for line in lines:
            self._put(line, number)

    def _same_lines(self, change: BlockChange) -> list[Line]:
        """The lines of a block that did not change, as they are elsewhere."""
        old, new = change.old, change.new
        assert old is not None and new is not None
        right = self._rendered(new, self._news)
        if not self._sides:
            return [joined([Line(" " * GUTTER), line]) for line in right]
        left = right if (old.text, old.lead) == (new.text, new.lead) else self._rendered(old, self._olds)
        return [self._beside(one, other) for one, other in itertools.zip_longest(left, right, fillvalue=NOTHING)]

    def _rendered(self, block: Block, renderer: Renderer) -> list[Line]:
        rows = renderer.table(block, self._table_room(block)) if block.kind == "table" else renderer.rows(block)
        return [line for at, row in enumerate(some(rows)) for line in self._wrapped(row, block, at == 0)]

    def _changed_lines(self, change: BlockChange) -> list[Line]:
        """The lines of a block that changed, came or went, each behind its sign."""
        sign = (SIGNS[change.op], SIGN_STYLES[change.op])
        blank = (" ", "")
        lines: list[Line] = []
        for at, row in enumerate(self._rows(change)):
            if not self._sides:
                part = self._wrapped(row.merged, _block_of(change), at == 0)
                lines += [joined([assembled([sign, blank]), line]) for line in part]
                continue
            left = self._wrapped(row.left, change.old, at == 0) if row.left is not None and change.old else []
            right = self._wrapped(row.right, change.new, at == 0) if row.right is not None and change.new else []
            for one, other in itertools.zip_longest(left, right, fillvalue=NOTHING):
                signs = sign if change.old else blank, sign if change.new else blank
                lines.append(self._beside(one, other, *signs))
        return lines

    def _rows(self, change: BlockChange) -> list[Row]:
        """What a changed block says, marked, and after it what changed without being among its words."""
        block = _block_of(change)
        length = max(len(one.text) for one in (change.old, change.new) if one)
        if block.kind == "table" and length <= LONGEST_PARSED:
            cells = [
                [cell._replace(merged=self._signed(cell.merged, change)) for cell in row]
                for row in marked_cells(change, self._olds, self._news, self._effort)
            ]
            rows = _table_rows(cells, self._table_room(block))
        else:
            rows = marked_rows(change, self._olds, self._news, self._effort)
        marked = any(span.style in (ADDED, REMOVED) for row in rows for span in row.merged.spans)
        rows += unseen_rows(change, self._olds, self._news, marked=marked)
        return (
            [row._replace(merged=self._signed(row.merged, change)) for row in rows] if block.kind != "table" else rows
        )

    def _signed(self, line: Line, change: BlockChange) -> Line:
        """The line, where there is no colour with `[-what went-]` and `{+what came+}` as the command line writes them."""
        runs = sorted((span.start, span.end, span.style) for span in line.spans if span.style in (ADDED, REMOVED))
        if not runs or change.op != "changed" or not self._colourless:
            return line
        made: list[Line] = []
        at = 0
        for start, end, style in runs:
            begin, close = ("[-", "-]") if style == REMOVED else ("{+", "+}")
            run = piece(line, start, end)
            made += [
                piece(line, at, start),
                Line(f"{begin}{run.text}{close}", _moved(run.spans, len(begin), len(close))),
            ]
            at = end
        return joined([*made, piece(line, at, len(line.text))])

    def _table_room(self, block: Block) -> int:
        return max(self._room - sum(cell_len(rest) for _, rest in _prefixes(block)), LEAST)

    def _wrapped(self, row: Line, block: Block, first: bool) -> list[Line]:
        """A row of a block wrapped for its column, behind the marks of the lists and quotations it stands in."""
        if block.kind == "line" and not row.text:
            return [NOTHING]
        if block.kind == "rule":
            return [piece(row, 0, self._room)]
        prefixes = _prefixes(block)
        begin, rest = ("".join(texts) for texts in zip(*prefixes, strict=True)) if prefixes else ("", "")
        # However deep a list is, eight cells are for its words.
        most = max(self._room - LEAST, 0)
        room = self._room - min(cell_len(rest), most)
        lines: list[Line] = []
        for part in _in_parts(row, room):
            for line in wrapped(part, room):
                prefix = begin if first and not lines else rest
                lines.append(joined([assembled([(prefix[-most:] if most else "", DIM)]), line]) if prefix else line)
        return lines

    def _beside(
        self, left: Line, right: Line, sign: tuple[str, str] = (" ", ""), other: tuple[str, str] = (" ", "")
    ) -> Line:
        """Two lines in their columns."""
        gap = " " * max(self._room - cell_len(left.text), 0)
        return joined(
            [assembled([sign, (" ", "")]), left, assembled([(gap, ""), (RULE, DIM), other, (" ", "")]), right]
        )


def _moved(spans: Sequence[Span], by: int, more: int) -> list[Span]:
    """The spans behind so many letters; those of the whole run, over its marks too."""
    return [
        Span(0, end + by + more, style) if style in (ADDED, REMOVED) else Span(start + by, end + by, style)
        for start, end, style in spans
    ]


def _block_of(change: BlockChange) -> Block:
    block = change.new or change.old
    assert block is not None, "a change has a block"
    return block


def _prefixes(block: Block) -> list[tuple[str, str]]:
    """What stands before the first line of a block, and before its others, for each list and quotation around it."""
    found: list[tuple[str, str]] = []
    for sign, opens, _ in block.lead:
        shown = "│ " if sign == ">" else "• " if sign == "-" else f"{sign} "
        rest = shown if sign == ">" else " " * len(shown)
        found.append((shown if opens else rest, rest))
    return found


def _parted(block: Block, above: Block | None) -> bool:
    """Whether a blank line stands before a block: not between the items of a list."""
    if block.kind not in ("paragraph", "list-item") or not block.lead:
        return block.kind not in ("front", "line")
    if any(mark.sign == ">" and mark.opens for mark in block.lead) or (block.lead[0].opens and block.lead[0].first):
        return True
    return block.kind == "paragraph" and above is not None and block.start > above.end


def _in_parts(row: Line, room: int) -> list[Line]:
    """A very long line in several, cut at spaces; of scripts without spaces, where the column ends."""
    if len(row.text) <= LONGEST_WRAPPED:
        return [row]
    if 2 * cell_len(row.text) > 3 * len(row.text):
        ends = [0, *itertools.accumulate(map(len, chop_cells(row.text, max(room, 2))))]
        return [piece(row, start, end) for start, end in itertools.pairwise(ends)]
    parts: list[Line] = []
    at = 0
    while at < len(row.text):
        end = at + LONGEST_WRAPPED
        if end < len(row.text):
            end = row.text.rfind(" ", at + 1, end) + 1 or end
        parts.append(piece(row, at, end))
        at = end
    return parts


def _table_rows(table: list[list[Row]], room: int) -> list[Row]:
    """The rows of a table laid out for so many cells, of both sides in one and of each side."""
    sides = (
        _columns([[cell.merged for cell in row] for row in table], room),
        _columns(
            [[cell.left or NOTHING for cell in row] if any(cell.left for cell in row) else [] for row in table], room
        ),
        _columns(
            [[cell.right or NOTHING for cell in row] if any(cell.right for cell in row) else [] for row in table], room
        ),
    )
    rows: list[Row] = []
    for merged, left, right in zip(*sides, strict=True):
        for lines in itertools.zip_longest(merged, left, right):
            rows.append(Row(lines[0] or NOTHING, lines[1], lines[2]))
    return rows


def _columns(table: list[list[Line]], room: int) -> list[list[Line]]:
    """The lines of each row: cells padded into columns or, where they are too wide, each on a line of its own."""
    count = max((len(row) for row in table), default=0)
    widths = [max((cell_len(row[at].text) for row in table if at < len(row)), default=0) for at in range(count)]
    made: list[list[Line]] = []
    fits = sum(widths) + 2 * count <= room
    heads = table[0]
    for number, row in enumerate(table):
        lines: list[Line] = []
        if fits and row:
            pads = [Line(" " * (widths[at] - cell_len(cell.text) + 2)) for at, cell in enumerate(row)]
            line = joined(part for pair in zip(row, pads, strict=True) for part in pair)
            lines.append(styled(line, "bold") if number == 0 else line)
        elif not fits and (number or len(table) == 1):
            for at, cell in enumerate(row):
                label = [heads[at], Line(": ")] if number and at < len(heads) and heads[at].text else []
                if cell.text:
                    lines += wrapped(joined([*label, cell]), room)
            lines.append(NOTHING)
        made.append(lines)
    return made
