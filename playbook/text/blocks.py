"""Markdown cut into its blocks, line by line: what a change is shown by, what a comment is anchored to, what a merge joins."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from playbook.text.tokens import UNSPACED

Kind = Literal["heading", "paragraph", "list-item", "quote", "table", "code", "rule", "html", "front", "line"]

DEEPEST = 12  # lists and quotations within each other; what is deeper is text
MOST_BLOCKS = 25_000  # of one text; what a file made to have more goes on with is one block
LONGEST_TABLE = 50_000  # characters whose cells are told apart
# What stands between wide letters is only where a line was wrapped: these scripts have no spaces between words.
WIDE = UNSPACED.pattern[:-1] + "\u3001-\u303f\uff01-\uff65]"
_WRAPPED_WIDE = re.compile(rf"(?<={WIDE}) (?={WIDE})")

HEADING = re.compile(r" {0,3}(#{1,6})(?: |$)")
_BAR = re.compile(r"(?<!\\)\|")
_FRONT_END = {"---": re.compile(r"(?:---|\.\.\.)[ \t]*$"), "+++": re.compile(r"\+\+\+[ \t]*$")}
_FIELD = re.compile(r"[^\s#\-\]})][^:=]*[:=]|\[|#")
_KEY = re.compile(r"[^\s#\-][^:]*:")


class Mark(NamedTuple):
    """A list item or a quotation that a block stands in."""

    sign: str
    """`>`, `-`, or the number as a reader sees it: `3.`"""
    opens: bool
    """The item or quotation begins with this block."""
    first: bool
    """And, of an item, its list with it."""


class Block(NamedTuple):
    """A piece of a text, of source lines [start, end) counted from 0.

    `text` is the piece without the marks of the lists and quotations it stands in, which are `lead`, outermost first.
    Each field of the front matter is a block of its own.
    """

    kind: Kind
    text: str
    start: int
    end: int
    lead: tuple[Mark, ...] = ()


def blocks_of(text: str, *, front: bool = False) -> list[Block]:
    """The blocks of a Markdown text in order; with `front`, a text's front matter comes first, a block a field.

    The time taken grows with the text's length alone, whatever the text.
    """
    from playbook.text.splitting import Splitter

    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    blocks: list[Block] = []
    begin = _front_fields(lines, blocks) if front else 0
    splitter = Splitter(blocks)
    for number in range(begin, len(lines)):
        if len(blocks) >= MOST_BLOCKS:
            splitter.finish()
            blocks.append(Block("paragraph", "\n".join(lines[number:]), number, len(lines)))
            return blocks
        splitter.feed(number, lines[number])
    splitter.finish()
    return blocks


def lines_of(text: str) -> list[Block]:
    """The lines of a text that is not Markdown, such as settings: a block each, and what is past the most as one."""
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    blocks = [Block("line", line, number, number + 1) for number, line in enumerate(lines[:MOST_BLOCKS])]
    if len(lines) > MOST_BLOCKS:
        blocks.append(Block("line", "\n".join(lines[MOST_BLOCKS:]), MOST_BLOCKS, len(lines)))
    return blocks


def form(block: Block) -> str:
    """What a block is, for a reader: `heading 2`, `list item`, `quotation › numbered item`."""
    parts = [_FORMS.get(mark.sign, "numbered item") for mark in block.lead]
    if block.lead and (mark := block.lead[-1]).opens and mark.first and mark.sign not in {"-", ">", "1."}:
        parts[-1] += f" from {mark.sign[:-1]}"
    if block.kind == "heading":
        parts.append(f"heading {heading_level(block.text)}")
    elif block.kind not in ("list-item", "quote") or not parts:
        within = bool(parts) and block.kind == "paragraph"
        parts.append("further paragraph" if within else "field" if block.kind == "front" else block.kind)
    return " › ".join(parts)


_FORMS = {">": "quotation", "-": "list item"}


def normalised(block: Block) -> str:
    """A block's words as they are however the lines are wrapped, the item numbered and the table's columns padded."""
    text = block.text
    if block.kind == "heading":
        text = heading_words(text)
    elif block.kind == "table" and len(text) <= LONGEST_TABLE:
        text = " ".join(f"| {' | '.join(row)} |" for row in table_rows(text))
    return unwrapped(text)


def unwrapped(text: str) -> str:
    """The text on one line: white space joined, and none between letters of scripts that are written without."""
    text = " ".join(text.split())
    return text if text.isascii() else _WRAPPED_WIDE.sub("", text)


def block_hash(block: Block) -> str:
    """Twelve hex digits that stay while the block's words stay: through re-wrapping, another level, another number."""
    # A file may hold what is no character; it has a hash all the same.
    return hashlib.sha256(normalised(block).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def find_block(blocks: Sequence[Block], wanted: str, near: int) -> Block | None:
    """Of the blocks with this hash the one whose first line is nearest to line `near`; None where there is none."""
    same = [block for block in blocks if block_hash(block) == wanted]
    return min(same, key=lambda block: abs(block.start - near), default=None)


def heading_words(text: str) -> str:
    """What a heading says, without its marks."""
    marks = HEADING.match(text)
    if marks is None:
        return text.rpartition("\n")[0].strip()
    words = text[marks.end() :].strip()
    bare = words.rstrip("#")
    return bare.rstrip() if not bare or bare[-1] == " " else words


def heading_level(text: str) -> int:
    """From 1 to 6."""
    marks = HEADING.match(text)
    return len(marks[1]) if marks else 1 if text.rstrip().endswith("=") else 2


def table_rows(text: str) -> list[list[str]]:
    """The cells of a table, row by row, without the line under its head."""
    rows = text.split("\n")
    return [cells(row) for at, row in enumerate(rows) if at != 1]


def cells(row: str) -> list[str]:
    """The cells of one row of a table, each without the spaces around it."""
    row = row.strip().removeprefix("|")
    if row.endswith("|") and not row.endswith("\\|"):
        row = row[:-1]
    return [cell.strip().replace("\\|", "|") for cell in _BAR.split(row)]


def _front_fields(lines: list[str], blocks: list[Block]) -> int:
    """Put a block for each field of the front matter; the number of the line after it, 0 where there is none."""
    fence = lines[0].rstrip() if lines else ""
    if fence not in _FRONT_END:
        return 0
    close = _FRONT_END[fence]
    end = next((number for number in range(1, len(lines)) if close.match(lines[number].rstrip("\r"))), 0)
    if not end:
        return 0
    if fence == "---" and not lines[1].strip():
        # A rule across the page, then text: no fence.
        first = next((line for line in lines[1 : end + 1] if line.strip()), "")
        if not _KEY.match(first) and not first.startswith(("---", "#")):
            return 0
    start = 1
    while start < end:
        stop = start + 1
        while stop < end and (len(blocks) >= MOST_BLOCKS or not _FIELD.match(lines[stop])):
            stop += 1
        last = stop
        while last > start and not lines[last - 1].strip():
            last -= 1
        if last > start:
            blocks.append(Block("front", "\n".join(line.rstrip("\r") for line in lines[start:last]), start, last))
        start = stop
    return end + 1
