"""The lines of a Markdown text put together to blocks, as CommonMark and its tables have it, in one pass."""

from __future__ import annotations

import re
from functools import lru_cache

from playbook.text.blocks import DEEPEST, HEADING, Block, Kind, Mark, cells

_QUOTE = re.compile(r" {0,3}> ?")
_ITEM = re.compile(r"( {0,3})(?:([-+*])|([0-9]{1,9})([.)]))(?= |$)")
_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})")
_RULE = re.compile(r" {0,3}(?:(?:- *+){3,}+|(?:_ *+){3,}+|(?:\* *+){3,}+)$")
_UNDERLINE = re.compile(r" {0,3}(?:=++|-++) *$")
_UNDER_HEAD = re.compile(r" {0,3}[|:-][-:| ]*$")
_CELL_UNDER_HEAD = re.compile(r" *:?-+:? *")
_STARTS, _ITEM_STARTS = frozenset("#>-+*_`~<|:=0123456789"), frozenset("-+*0123456789")
_FENCES, _RULES = frozenset("`~"), frozenset("-_*")
_HTML_UNTIL = (
    (re.compile(r" {0,3}<(?:script|pre|style|textarea)(?=[ >]|$)", re.I), re.compile(r"</(?:script|pre|style|textarea)>", re.I)),
    (re.compile(r" {0,3}<!--"), re.compile("-->")),
    (re.compile(r" {0,3}<\?"), re.compile(r"\?>")),
    (re.compile(r" {0,3}<![A-Za-z]"), re.compile(">")),
    (re.compile(r" {0,3}<!\[CDATA\["), re.compile(r"\]\]>")),
)  # fmt: skip
_HTML_BLOCK = re.compile(
    r" {0,3}</?(?:address|article|aside|base(?:font)?|blockquote|body|caption|center|col(?:group)?|dd|details|dialog|dir|div|dl|dt"
    r"|fieldset|figcaption|figure|footer|form|frame(?:set)?|h[1-6r]|head(?:er)?|html|iframe|legend|li(?:nk)?|main|menu(?:item)?"
    r"|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th(?:ead)?|title|tr|track|ul)(?=/?>| |$)",
    re.IGNORECASE,
)
# A whole tag alone on its line; it may not come in the middle of a paragraph.
_HTML_TAG = re.compile(
    r" {0,3}<(?:[A-Za-z][A-Za-z0-9-]*(?: +[A-Za-z_:][\w.:-]*(?: *= *(?:[^ \"'=<>`]+|'[^']*'|\"[^\"]*\"))?)* */?"
    r"|/[A-Za-z][A-Za-z0-9-]* *)>\s*$"
)


@lru_cache(maxsize=32)
def _fence_end(fence: str) -> re.Pattern[str]:
    # A longer row of backticks than anybody writes is taken for one of a hundred.
    return re.compile(rf"^ {{0,3}}{fence[0]}{{{min(len(fence), 100)},}}+ *$")


@lru_cache(maxsize=1_000)
def _mark(sign: str, opens: bool, first: bool) -> Mark:
    return Mark(sign, opens, first)


class _Within:
    """A list item or a quotation that is open."""

    __slots__ = ("family", "first", "fresh", "indent", "line", "number", "pad")

    def __init__(self, family: str, indent: int, number: int, first: bool, line: int) -> None:
        self.family = family  # `>`, or what tells one list from the next
        self.indent = indent
        self.pad = " " * indent
        self.number = number
        self.first = first
        self.line = line
        self.fresh = True


class Splitter:
    """Takes line after line and puts the blocks; what a line begins and goes on with is as CommonMark has it."""

    def __init__(self, blocks: list[Block]) -> None:
        self._blocks = blocks
        self._stack: list[_Within] = []
        self._kind: Kind | None = None  # of the open block
        self._lines: list[str] = []
        self._start = 0
        self._end = 0
        self._lead: tuple[Mark, ...] = ()
        self._until: re.Pattern[str] | None = None  # the end of a fence or of HTML; None where a blank line ends it

    def feed(self, number: int, line: str) -> None:
        """One more line."""
        if line.endswith("\r"):
            line = line[:-1]
        kind, stack = self._kind, self._stack
        if not stack and kind in (None, "paragraph"):
            # Most lines of most texts.
            if not line:
                self._close()
                return
            if line[0].isalpha():
                if kind is None:
                    self._open("paragraph", number)
                self._lines.append(line)
                self._end = number + 1
                return
        if "\t" in line:
            line = line.expandtabs(4)
        at, matched = self._matched(line)
        rest = line[at:]
        blank = not rest or rest.isspace()
        if kind in ("code", "html") and matched == len(stack) and self._goes_on(number, rest, blank):
            return
        if blank:
            self._blank(number, matched)
            return
        if self._kind in ("code", "html"):
            self._close()
        if self._kind == "paragraph" and matched == len(stack) and self._under_head(number, rest):
            return
        rest, began = self._containers(number, rest, matched)
        if not began and matched < len(stack):
            if self._kind == "paragraph" and not self._interrupts(rest):
                # A lazy line; underlining is not for the lazy.
                self._add(number, f"    {rest}" if _UNDERLINE.match(rest) else rest)
                return
            self._close()
            self._leave(matched)
        if rest and not rest.isspace():
            self._leaf(number, rest)

    def finish(self) -> None:
        """No more lines."""
        self._close()
        self._leave(0)

    def _matched(self, line: str) -> tuple[int, int]:
        """How far the line goes on with what is open: the character after its marks, and how many they are."""
        at = matched = 0
        for within in self._stack:
            if within.family == ">":
                found = _QUOTE.match(line, at)
                if found is None:
                    break
                at = found.end()
            elif line.startswith(within.pad, at):
                at += within.indent
            elif line[at:].strip():
                break
            matched += 1
        return at, matched

    def _goes_on(self, number: int, rest: str, blank: bool) -> bool:
        """Whether the line belongs to the code or HTML that is open, and if so, take it."""
        if self._until is not None:
            self._add(number, rest)
            if self._until.search(rest):
                self._close()
            return True
        if self._kind == "html":
            if not blank:
                self._add(number, rest)
            return not blank
        if blank or rest.startswith("    "):
            # Indented code; blank lines at its end are not its own.
            self._lines.append(rest)
            self._end = self._end if blank else number + 1
            return True
        return False

    def _blank(self, number: int, matched: int) -> None:
        self._close()
        self._leave(matched)
        if self._stack and (last := self._stack[-1]).fresh and last.family != ">" and last.line < number:
            # An item of nothing but its mark ends with the first blank line.
            self._leave(len(self._stack) - 1)

    def _containers(self, number: int, rest: str, matched: int) -> tuple[str, bool]:
        """Open the lists and quotations that the rest of the line begins; what is left of it, and whether there was one."""
        stack = self._stack
        began = False
        while rest and len(stack if began else stack[:matched]) < DEEPEST:
            first = rest[:4].lstrip(" ")[:1]
            quote = _QUOTE.match(rest) if first == ">" else None
            item = _ITEM.match(rest) if first in _ITEM_STARTS else None
            if not quote and (item is None or (first in "-*" and _RULE.match(rest))):
                break
            if item is not None and not began and matched == len(stack) and self._kind == "paragraph":
                if _UNDERLINE.match(rest):
                    break
                if not rest[item.end() :].strip() or (item[3] and int(item[3]) != 1):
                    # No list comes in the middle of a paragraph without a word, or with another number.
                    break
            before = stack[matched] if not began and matched < len(stack) else None
            if not began:
                self._close()
                self._leave(matched)
                began = True
            if quote:
                stack.append(_Within(">", 0, 0, False, number))
                rest = rest[quote.end() :]
                continue
            assert item is not None
            rest = self._item(number, rest, item, before)
        return rest, began

    def _item(self, number: int, rest: str, item: re.Match[str], before: _Within | None) -> str:
        family = item[2] or item[4]
        words = rest[item.end() :]
        spaces = len(words) - len(words.lstrip(" "))
        blank = spaces == len(words)
        spaces = 1 if blank or spaces > 4 else spaces
        goes_on = before is not None and before.family == family
        count = before.number + 1 if before is not None and goes_on else int(item[3] or 0)
        self._stack.append(_Within(family, item.end() + spaces, count, not goes_on, number))
        return "" if blank else words[spaces:]

    def _interrupts(self, rest: str) -> bool:
        """Whether the line begins a block even in the middle of a paragraph."""
        return self._begins(rest, True) is not None

    def _begins(self, rest: str, within_paragraph: bool) -> Kind | None:
        """The kind of block that the line begins, where it need not be a paragraph; what ends it is noted."""
        first = rest[:4].lstrip(" ")[:1]
        if first == "#" and HEADING.match(rest):
            return "heading"
        if first in _FENCES and (fence := _FENCE.match(rest)):
            self._until = _fence_end(fence[1])
            return "code"
        if first in _RULES and _RULE.match(rest):
            return "rule"
        return "html" if first == "<" and self._html(rest, within_paragraph) else None

    def _html(self, rest: str, within_paragraph: bool) -> bool:
        """Whether the line begins HTML; what ends it is noted."""
        for begins, ends in _HTML_UNTIL:
            if begins.match(rest):
                self._until = ends
                return True
        self._until = None
        return bool(_HTML_BLOCK.match(rest) or (not within_paragraph and len(rest) < 2_000 and _HTML_TAG.match(rest)))

    def _leaf(self, number: int, rest: str) -> None:
        """The line, its marks off, in the block it belongs to."""
        kind = self._kind
        indented = rest.startswith("    ")
        first = rest.lstrip(" ")[0]
        if kind == "paragraph":
            if indented or first not in _STARTS:
                self._add(number, rest)
                return
            if _UNDERLINE.match(rest):
                self._add(number, rest)
                self._kind = "heading"
                self._close()
                return
        elif kind is None and indented:
            self._put("code", number, rest)
            self._until = None
            return
        if kind == "table" and (indented or self._interrupts(rest)):
            self._close()
            kind = None
            if indented:
                self._leaf(number, rest)
                return
        if first in _STARTS and self._starts(number, rest, kind == "paragraph"):
            return
        if kind is None:
            self._open("paragraph", number)
        self._add(number, rest)

    def _starts(self, number: int, rest: str, within_paragraph: bool) -> bool:
        """Open the heading, fence, rule or HTML that the line begins, if it does."""
        kind = self._begins(rest, within_paragraph)
        if kind is None:
            return False
        until = self._until
        self._put(kind, number, rest)
        if kind in ("heading", "rule") or (kind == "html" and until is not None and until.search(rest)):
            self._close()
        else:
            self._until = until
        return True

    def _under_head(self, number: int, rest: str) -> bool:
        """Whether the line makes the paragraph's last line a table's head, and if so, do it."""
        head = self._lines[-1]
        if (
            "|" not in head
            or "-" not in rest
            or rest[:4].lstrip(" ")[:1] not in "|:-"
            or head.startswith("    ")
            or not _UNDER_HEAD.match(rest)
        ):
            return False
        under = cells(rest)
        if not all(map(_CELL_UNDER_HEAD.fullmatch, under)) or len(cells(head)) != len(under):
            return False
        line = self._end - 1
        if len(self._lines) > 1:
            self._lines.pop()
            self._end = line
            self._put("table", line, head)
        self._kind = "table"
        self._add(number, rest)
        return True

    def _put(self, kind: Kind, number: int, rest: str) -> None:
        self._close()
        self._open(kind, number)
        self._add(number, rest)

    def _open(self, kind: Kind, number: int) -> None:
        self._lead = self._marks()
        self._kind, self._start, self._lines = kind, number, []

    def _add(self, number: int, rest: str) -> None:
        self._lines.append(rest)
        self._end = number + 1

    def _marks(self) -> tuple[Mark, ...]:
        """What the next block stands in; an item is opened once."""
        marks = []
        for within in self._stack:
            sign = f"{within.number}." if within.family in (".", ")") else ">" if within.family == ">" else "-"
            marks.append(_mark(sign, within.fresh, within.fresh and within.first))
            within.fresh = False
        return tuple(marks)

    def _close(self) -> None:
        """Put the open block."""
        if self._kind is not None:
            kind, lead = self._kind, self._lead
            if kind == "paragraph" and lead:
                kind = "quote" if lead[-1].sign == ">" else "list-item" if lead[-1].opens else kind
            text = "\n".join(self._lines[: self._end - self._start])
            self._blocks.append(Block(kind, text, self._start, self._end, lead))
            self._kind, self._until = None, None

    def _leave(self, matched: int) -> None:
        """Close the lists and quotations from that one on; an item without a word is a block too."""
        stack = self._stack
        if matched < len(stack):
            last = stack[-1]
            if last.fresh and last.family != ">":
                self._blocks.append(Block("list-item", "", last.line, last.line + 1, self._marks()))
            del stack[matched:]
