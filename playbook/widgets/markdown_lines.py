"""Markdown as lines: quick enough to follow every keystroke, where the Markdown widget is not."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from rich.cells import cell_len

from playbook.text.safe import display
from playbook.widgets.line import NOTHING, Line, assembled, joined, styled, wrapped

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MOST_CELLS = 20_000  # of tables; a file made to have more shows them as it is written
_BREAK = re.compile(r"[\n\t]")
HEADING = "bold $primary"
DIM = "$foreground 70%"
CODE = "$accent"
LINK = "underline"


@lru_cache(maxsize=2)
def _parser(tables: bool) -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"maxNesting": 100}).enable("strikethrough")
    return parser.enable("table") if tables else parser


def _cells(markdown: str) -> int:
    """How many cells its tables could have at most: the parser fills every short row up to the longest."""
    bars = [line.count("|") for line in markdown.split("\n") if "|" in line]
    return max(bars, default=0) * len(bars)


def markdown_lines(markdown: str, width: int) -> list[Line]:
    """The Markdown laid out for `width` cells: headings, lists with hanging indent, quotes, padded tables, code."""
    tokens = _parser(_cells(markdown) <= MOST_CELLS).parse(display(markdown))
    lines: list[Line] = []
    _blocks(tokens, max(width, 8), lines)
    return lines


def _blocks(tokens: list[Token], width: int, out: list[Line]) -> None:
    """Lay the tokens out; blank lines part the blocks."""
    # Each open list or quote puts its prefix before the lines within: (first line's, following lines').
    prefixes: list[list[str]] = []
    numbers: list[int | None] = []
    index = 0

    def emit(line: Line, style: str = "") -> None:
        first = "".join(prefix[0] for prefix in prefixes)
        rest = "".join(prefix[1] for prefix in prefixes)
        for prefix in prefixes:
            prefix[0] = prefix[1]
        # However deep a list is, eight cells are for its words.
        most = max(width - 8, 0)
        room = width - min(cell_len(rest), most)
        for at, part in enumerate(wrapped(line, room)):
            made = joined([assembled([((first if at == 0 else rest)[-most:] if most else "", DIM)]), part])
            out.append(styled(made, style) if style else made)

    def gap() -> None:
        if out and out[-1].text.strip():
            out.append(NOTHING)

    while index < len(tokens):
        token = tokens[index]
        kind = token.type
        if kind == "heading_open":
            gap()
            emit(_inline(tokens[index + 1]), HEADING)
            index += 2
        elif kind == "paragraph_open":
            if not token.hidden and not (prefixes and prefixes[-1][0] != prefixes[-1][1]):
                gap()
            emit(_inline(tokens[index + 1]))
            index += 2
        elif kind in {"bullet_list_open", "ordered_list_open"}:
            if not prefixes:
                gap()
            numbers.append(int(1 if (start := token.attrGet("start")) is None else start) if kind[0] == "o" else None)
        elif kind == "list_item_open":
            number = numbers[-1]
            mark = "• " if number is None else f"{number}. "
            if number is not None:
                numbers[-1] = number + 1
            prefixes.append([mark, " " * len(mark)])
        elif kind == "blockquote_open":
            gap()
            prefixes.append(["│ ", "│ "])
        elif kind in {"list_item_close", "blockquote_close"}:
            prefixes.pop()
        elif kind in {"bullet_list_close", "ordered_list_close"}:
            numbers.pop()
        elif kind in {"fence", "code_block"}:
            gap()
            for line in token.content.rstrip("\n").split("\n"):
                emit(assembled([(f"  {line.expandtabs(4)}", CODE)]))
        elif kind == "hr":
            gap()
            out.append(assembled([("─" * min(width, 40), DIM)]))
        elif kind == "table_open":
            gap()
            end = next(at for at in range(index, len(tokens)) if tokens[at].type == "table_close")
            for row in _table(tokens[index:end], max(width - sum(len(prefix[1]) for prefix in prefixes), 8)):
                emit(row)
            index = end
        index += 1


def _inline(token: Token) -> Line:
    """An inline token with its emphasis, code and links as styles; HTML is left out."""
    parts: list[tuple[str, str]] = []
    styles: list[str] = []
    for child in token.children or []:
        kind = child.type
        if kind == "text":
            # Cleaned once more: entities such as &#x202e; only now are the characters they stand for.
            parts.append((display(child.content), " ".join(styles)))
        elif kind == "code_inline":
            parts.append((child.content, CODE))
        elif kind == "softbreak":
            parts.append((" ", ""))
        elif kind == "hardbreak":
            parts.append(("\n", ""))
        elif kind == "image":
            parts.append((display(child.content), DIM))
        elif kind in {"strong_open", "em_open", "s_open", "link_open"}:
            styles.append({"strong": "bold", "em": "italic", "s": "strike", "link": LINK}[kind[:-5]])
        elif kind in {"strong_close", "em_close", "s_close", "link_close"} and styles:
            styles.pop()
    return assembled(parts)


def _table(tokens: list[Token], width: int) -> list[Line]:
    """Rows padded into columns; a table too wide for the pane gives each cell a line of its own."""
    rows: list[list[Line]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows:
            cell = _inline(token)
            rows[-1].append(Line(_BREAK.sub(" ", cell.text), cell.spans))
    columns = max((len(row) for row in rows), default=0)
    widths = [max((cell_len(row[at].text) for row in rows if at < len(row)), default=0) for at in range(columns)]
    lines: list[Line] = []
    if sum(widths) + 2 * columns <= width:
        for number, row in enumerate(rows):
            pads = [Line(" " * (widths[at] - cell_len(cell.text) + 2)) for at, cell in enumerate(row)]
            made = joined(part for pair in zip(row, pads, strict=True) for part in pair)
            lines.append(styled(made, "bold") if number == 0 else made)
        return lines
    heads = rows[0] if rows else []
    if len(rows) == 1:
        return [line for head in heads for line in wrapped(styled(head, "bold"), width)]
    for row in rows[1:]:
        for at, cell in enumerate(row):
            if not cell.text:
                continue
            label = f"{heads[at].text}: " if at < len(heads) and heads[at].text else ""
            lines += wrapped(joined([assembled([(label, "bold")]), cell]), width)
        lines.append(NOTHING)
    return lines
