"""What a block says, as it is rendered, with the words that went and those that came marked in it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from textual.content import Span

from playbook.text.alignment import edits
from playbook.text.blocks import Block, form, heading_words, table_rows
from playbook.text.safe import display, json_safe, one_line
from playbook.text.worddiff import BlockChange, lines_matched, word_edits
from playbook.text.words import Effort, Word
from playbook.widgets.line import NOTHING, Line, assembled, joined, piece, styled
from playbook.widgets.markdown_lines import CODE, DIM, HEADING, LINK, markdown_lines

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

# Neither look is a colour alone: what went is struck through, what came is bold and underlined.
REMOVED = "strike $text-error"
ADDED = "bold underline $text-success"
LINK_HERE = "$secondary"  # underlined is only what came
WIDE = 1_000_000  # cells: rows are wrapped where they are laid out
LONGEST_PARSED, MOST_BRACKETS = 8_000, 200  # of one block; longer ones are shown as they are written
ALL_PARSED, EACH_PARSED = 200_000, 100  # characters of one change, and how many more a block counts for
MOST_ROWS, ROWS_AROUND = 2_000, 3  # of one block; with more, so many around what changed
MOST_UNSEEN, LONGEST_UNSEEN = 100, 2_000  # addresses and the like of one block, and characters of each
_MARKED = re.compile(r"[*_`\[\]<>&\\!~]|  \n")
_DEFINITION = re.compile(r" {0,3}\[([^\[\]]{1,200})\]:[ \t]*\S")
_LABEL = re.compile(r"\[([^\[\]]{1,200})\]")


class Row(NamedTuple):
    """A row of a block, not wrapped yet: both sides in one, and each side alone (None where it has no such row)."""

    merged: Line
    left: Line | None
    right: Line | None


def definitions(blocks: Sequence[Block]) -> dict[str, str]:
    """The link definitions among the blocks, by label."""
    found: dict[str, str] = {}
    for block in blocks:
        if block.kind in ("paragraph", "quote", "list-item") and block.text.lstrip(" ").startswith("["):
            for line in block.text[:LONGEST_PARSED].split("\n"):
                if label := _DEFINITION.match(line):
                    found.setdefault(_folded(label[1]), line.strip())
    return found


def _folded(label: str) -> str:
    return " ".join(label.casefold().split())


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"maxNesting": 100}).enable("strikethrough")


class Renderer:
    """Renders the blocks of one document; what it costs is bounded, the rest is shown as it is written."""

    def __init__(self, defined: Mapping[str, str]) -> None:
        self._defined = defined
        self._left = ALL_PARSED
        self._known: set[str] = set()

    def rows(self, block: Block) -> list[Line]:
        """What the block says, a line each that is not wrapped yet; nothing for what nobody is shown, such as HTML."""
        text, kind = block.text, block.kind
        if kind == "rule":
            return [Line("─" * 40, [Span(0, 40, DIM)])]
        if kind == "html":
            return []
        if kind == "line":
            return [Line(line) for line in display(text).split("\n")]
        if kind == "front":
            name, mark, value = one_line(text, len(text)).partition(":" if ":" in text else "=")
            return [assembled([(name + mark, DIM), (value, "")])]
        if kind != "code" and not _MARKED.search(text):
            words = heading_words(text) if kind == "heading" else " ".join(map(str.strip, text.split("\n")))
            line = Line(display(words).replace("\n", " "))
            return [styled(line, HEADING) if kind == "heading" else line] if text else []
        if kind != "code" and not self._parsed(text):
            return self.written(block)
        return markdown_lines(self._whole(text) if kind != "code" else text, WIDE)

    def written(self, block: Block) -> list[Line]:
        """The block's lines as somebody wrote them."""
        return [assembled([(line, CODE)]) for line in display(block.text).split("\n") if line.strip()]

    def _parsed(self, text: str) -> bool:
        """Whether the text may be parsed; taken off what there is for all, once for each text."""
        if text in self._known:
            return True
        if len(text) > LONGEST_PARSED or text.count("[") > MOST_BRACKETS or self._left < 0:
            return False
        self._left -= len(text) + EACH_PARSED
        self._known.add(text)
        return True

    def _whole(self, text: str) -> str:
        """The text with the definitions of the links in it."""
        if not self._defined or "[" not in text or _DEFINITION.match(text):
            return text
        labels = {_folded(found) for found in _LABEL.findall(text)}
        used = [self._defined[label] for label in sorted(labels) if label in self._defined]
        return "\n\n".join([text, *used])

    def table(self, block: Block, width: int) -> list[Line]:
        """A table laid out for so many cells."""
        return markdown_lines(self._whole(block.text), width) if self._parsed(block.text) else self.written(block)

    def cells(self, block: Block) -> list[list[Line]]:
        """The cells of a table, row by row."""
        return [[self._cell(cell) for cell in row] for row in table_rows(block.text)]

    def _cell(self, text: str) -> Line:
        if not text or not _MARKED.search(text) or not self._parsed(text):
            return Line(" ".join(display(text).split()))
        # Behind a word nothing begins a list or a heading.
        made = joined(markdown_lines(self._whole(f"x {text}"), WIDE))
        return piece(made, 2, len(made.text))

    def unseen(self, block: Block) -> list[str]:
        """What belongs to the block but is not among the words it shows: addresses, HTML, characters without a shape."""
        text = block.text
        found = [form(block) if block.kind != "line" or text.strip() else "empty line"]
        if block.kind == "code":
            info = text.split("\n", 1)[0].strip().strip("`~").strip()
            found += [f"language {info}"] if info and text.lstrip(" ")[:1] in ("`", "~") else []
        elif block.kind not in ("html", "front", "line") and _MARKED.search(text) and self._parsed(text):
            for token in _parser().parse(self._whole(display(text))):
                for child in token.children or []:
                    if child.type == "link_open":
                        found.append(f"link {child.attrGet('href')}")
                    elif child.type == "image":
                        found.append(f"image {child.attrGet('src')}")
                    elif child.type == "html_inline":
                        found.append(child.content)
                    if child.attrGet("title"):
                        found.append(f"title {child.attrGet('title')}")
        if display(text) != text.replace("\r\n", "\n"):
            found += [f"character U+{ord(letter):04X}" for letter in dict.fromkeys(text) if display(letter) != letter]
        return found


def plain(line: Line) -> Line:
    """The line with the looks that mean a change here written otherwise: struck words between tildes, links by colour."""
    if not any(isinstance(span.style, str) and re.search("strike|underline", span.style) for span in line.spans):
        return line
    made: list[Line] = []
    at = 0
    for start, end, style in sorted(line.spans, key=lambda span: (span.start, -span.end)):
        looks = str(style).split()
        if start < at or not {"strike", LINK} & set(looks):
            continue
        inner = piece(line, start, end)
        spans = [Span(a, b, " ".join(_here(str(s).split()))) for a, b, s in inner.spans]
        tildes = Line("~~" if "strike" in looks else "")
        made += [piece(line, at, start), tildes, Line(inner.text, spans), tildes]
        at = end
    return joined([*made, piece(line, at, len(line.text))])


def _here(looks: Sequence[str]) -> list[str]:
    return [LINK_HERE if look == LINK else look for look in looks if look != "strike"]


def _keyed(line: Line, words: list[Word]) -> list[Word]:
    """The words of a line, told apart by their looks too."""
    spans = [span for span in line.spans if span.style != HEADING]
    if not spans:
        return words
    looks: list[list[str]] = [[] for _ in words]
    first = 0
    for start, end, style in sorted(spans, key=lambda span: span.start):
        while first < len(words) and words[first].end <= start:
            first += 1
        at = first
        while at < len(words) and words[at].start < end:
            word = words[at]
            looks[at].append(f"{max(start - word.start, 0)} {min(end, word.end) - word.start} {style}")
            at += 1
    return [word._replace(key="\0".join([word.key, *look])) for word, look in zip(words, looks, strict=True)]


def compared(old: Line, new: Line, effort: Effort) -> Row | None:
    """Both lines in one and each alone, with what went and what came marked; None where the words are the same."""
    old_words, new_words = map(_keyed, (old, new), effort.words(old.text, new.text))
    found = word_edits(old.text, old_words, new.text, new_words)
    if not found:
        return None
    merged, left, right = _Marking(), _Marking(), _Marking()
    at = to = 0
    for i, i_end, j, j_end in found:
        left.put(old, old_words[at:i])
        right.put(new, new_words[to:j])
        merged.put(new, new_words[to:j])
        for marking in (left, merged):
            marking.put(old, old_words[i:i_end], REMOVED)
        for marking in (right, merged):
            marking.put(new, new_words[j:j_end], ADDED)
        at, to = i_end, j_end
    left.put(old, old_words[at:])
    right.put(new, new_words[to:])
    merged.put(new, new_words[to:])
    return Row(merged.line(), left.line(), right.line())


class _Marking:
    """A line put together of runs of words."""

    def __init__(self) -> None:
        self._parts: list[Line] = []

    def put(self, line: Line, words: Sequence[Word], style: str = "") -> None:
        """A run of the line's words, with the space that stands before it there."""
        if not words:
            return
        start, end = words[0].start, words[-1].end
        before = start
        while before and line.text[before - 1].isspace():
            before -= 1
        space = piece(line, before, start)
        if self._parts and not before and words[0].key[0] == " ":
            # It begins its own line, but not this one.
            space = Line(" ")
        run = piece(line, start, end)
        self._parts += [space, styled(run, style) if style else run]

    def line(self) -> Line:
        """All of them."""
        return joined(self._parts)


def marked_rows(change: BlockChange, olds: Renderer, news: Renderer, effort: Effort) -> list[Row]:
    """The rows of a block that changed, came or went, marked; a table's are `marked_cells`."""
    kind = change.new.kind if change.new else change.old.kind if change.old else ""
    before = _shown(change.old, olds)
    after = _shown(change.new, news)
    if change.old is None or change.new is None:
        return [_alone(line, change.new is not None) for line in some(before + after)]
    if max(len(before), len(after)) > MOST_ROWS:
        return _many_rows(before, after)
    if len(before) == len(after) == 1:
        pairs: list[tuple[int | None, int | None]] = [(0, 0)]
    else:
        pairs = lines_matched([line.text for line in before], [line.text for line in after])
    rows: list[Row] = []
    for i, j in pairs:
        if i is None or j is None:
            rows.append(_alone(after[j], True) if j is not None else _alone(before[i or 0], False))
            continue
        old, new = before[i], after[j]
        row = compared(old, new, effort) if old != new else None
        if row is None and kind in ("code", "line") and old.text != new.text:
            rows += [_alone(old, False), _alone(new, True)]
        else:
            rows.append(row or Row(new, old, new))
    return rows


def some(rows: list[Line]) -> list[Line]:
    """The rows, but no more than anybody reads."""
    return rows if len(rows) <= MOST_ROWS else [*rows[:MOST_ROWS], _left_out(len(rows) - MOST_ROWS)]


def _left_out(count: int) -> Line:
    return assembled([(f"… {count} more line{'s' if count > 1 else ''} of this block …", DIM)])


def _many_rows(before: list[Line], after: list[Line]) -> list[Row]:
    """The rows from the first that changed to the last, not compared any further."""
    least = min(len(before), len(after))
    head = next((at for at in range(least) if before[at] != after[at]), least)
    tail = next((at for at in range(least - head) if before[-1 - at] != after[-1 - at]), least - head)
    first, last = max(head - ROWS_AROUND, 0), max(tail - ROWS_AROUND, 0)
    start = [_left_out(first)] if first else []
    end = [_left_out(last)] if last else []
    return [
        *(Row(line, line, line) for line in start + after[first:head]),
        *(_alone(line, False) for line in some(before[head : len(before) - tail])),
        *(_alone(line, True) for line in some(after[head : len(after) - tail])),
        *(Row(line, line, line) for line in after[len(after) - tail : len(after) - last] + end),
    ]


def _shown(block: Block | None, renderer: Renderer) -> list[Line]:
    """The rows of a block in a change, in which even what nobody is shown elsewhere has some."""
    if block is None:
        return []
    return [plain(line) for line in renderer.rows(block) or renderer.written(block)] or [NOTHING]


def _alone(line: Line, came: bool) -> Row:
    start = len(line.text) - len(line.text.lstrip())
    made = joined([piece(line, 0, start), styled(piece(line, start, len(line.text)), ADDED if came else REMOVED)])
    return Row(made, None, made) if came else Row(made, made, None)


def marked_cells(change: BlockChange, olds: Renderer, news: Renderer, effort: Effort) -> list[list[Row]]:
    """The cells of a table that changed, came or went, row by row, marked."""
    before = [[plain(cell) for cell in row] for row in olds.cells(change.old)] if change.old else []
    after = [[plain(cell) for cell in row] for row in news.cells(change.new)] if change.new else []
    if not before or not after:
        return [[_alone(cell, bool(after)) for cell in row] for row in before or after]
    pairs = lines_matched(*([" ".join(cell.text for cell in row) for row in rows] for rows in (before, after)))
    table: list[list[Row]] = []
    for i, j in pairs:
        old, new = before[i] if i is not None else [], after[j] if j is not None else []
        row: list[Row] = []
        for one, other in itertools.zip_longest(old, new):
            if one is None or other is None:
                row.append(_alone(one or other or NOTHING, one is None))
            else:
                row.append((compared(one, other, effort) if one != other else None) or Row(other, one, other))
        table.append(row)
    return table


def unseen_rows(change: BlockChange, olds: Renderer, news: Renderer, *, marked: bool) -> list[Row]:
    """A row for what changed without being seen among the words, if anything did; `marked` says that something else shows."""
    old, new = change.old, change.new
    before, after = olds.unseen(old) if old else [], news.unseen(new) if new else []
    if marked and (old is None or new is None):
        # What a block with words is can be seen.
        before, after = before[1:], after[1:]
    found = edits(before, after)
    left = [(item, REMOVED) for edit in found for item in before[edit.old_start : edit.old_end]]
    right = [(item, ADDED) for edit in found for item in after[edit.new_start : edit.new_end]]
    if found:
        return [Row(_listed(left + right), _listed(left) if left else None, _listed(right) if right else None)]
    if marked or change.op != "changed":
        return []
    # The same to look at, but not the same text.
    parts = [(json_safe(text), {"removed": REMOVED, "added": ADDED, "same": CODE}[op]) for op, text in change.pieces]
    line = assembled([("↳ ", DIM), *parts])
    return [Row(line, None, line)]


def _listed(items: Sequence[tuple[str, str]]) -> Line:
    parts: list[tuple[str, str]] = []
    for item, style in items[:MOST_UNSEEN]:
        parts += [("  " if parts else "", ""), ("↳ ", DIM), (one_line(display(item), LONGEST_UNSEEN), style)]
    if len(items) > MOST_UNSEEN:
        parts.append((f"  … {len(items) - MOST_UNSEEN} more", DIM))
    return assembled(parts)
