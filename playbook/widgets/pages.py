"""Long documents in parts, and the plain text of what the Markdown widget shows of each."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from playbook.text.safe import display

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

# The Markdown widget mounts a widget a block: 10 KB paint in about a tenth of a second, 150 KB in several.
PART_CHARACTERS = 10_000
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})", re.MULTILINE)
_BLANK = re.compile(r"\n[ \t]*\n")


class Part(NamedTuple):
    """A stretch of a document's body, as character offsets [start, end)."""

    start: int
    end: int


class Place(NamedTuple):
    """Where something was found: the part, the number of the text within it, and the range in that text."""

    part: int
    leaf: int
    start: int
    end: int


def parts_of(body: str, headings: Sequence[int]) -> list[Part]:
    """The body cut at headings (their offsets, ascending) into parts of about PART_CHARACTERS, else at blank lines."""
    if len(body) <= PART_CHARACTERS * 3 // 2:
        return [Part(0, len(body))]
    cuts = sorted({0, *(at for at in headings if 0 < at < len(body)), len(body)})
    parts: list[Part] = []
    start = 0
    for before, after in itertools.pairwise(cuts):
        if after - start > PART_CHARACTERS and before > start:
            parts.append(Part(start, before))
            start = before
        while after - start > PART_CHARACTERS * 2:
            cut = _cut_at_blank(body, start, after)
            if cut >= after:
                break
            parts.append(Part(start, cut))
            start = cut
    parts.append(Part(start, len(body)))
    return parts


def _cut_at_blank(body: str, start: int, end: int) -> int:
    """The last blank line outside a code fence within one part's length of `start`, else the first one after it."""
    fences = [found.start() for found in _FENCE.finditer(body, start, end)]
    best = 0
    for blank in _BLANK.finditer(body, start + 1, end):
        if sum(1 for at in fences if at < blank.start()) % 2:
            continue
        if blank.start() - start > PART_CHARACTERS and best:
            return best
        best = blank.end()
        if blank.start() - start > PART_CHARACTERS:
            return best
    if best:
        return best
    # No blank line at all: a line end, a space, or anywhere, for one endless line must not be mounted whole.
    limit = min(end, start + PART_CHARACTERS * 2)
    return max(body.rfind("\n", start + 1, limit), body.rfind(" ", start + 1, limit)) + 1 or limit


def reading_parser() -> MarkdownIt:
    """The parser of the reading screen; entities such as &#x202e; are cleaned once they are the characters they stand for."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("gfm-like")
    parser.core.ruler.push("safe", _clean)
    return parser


def _clean(state: StateCore) -> None:
    for token in state.tokens:
        for child in token.children or []:
            child.content = display(child.content)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return reading_parser()


def leaf_texts(markdown: str) -> list[str]:
    """The plain text of every heading, paragraph, table cell and code block, in the order in which the Markdown widget shows them."""
    texts: list[str] = []
    for token in _parser().parse(markdown):
        if token.type == "inline":
            texts.append(_plain(token))
        elif token.type in {"fence", "code_block"}:
            texts.append(token.content.rstrip())
    return texts


def _plain(token: Token) -> str:
    parts: list[str] = []
    for child in token.children or []:
        if child.type == "text":
            parts.append(re.sub(r"\s+", " ", child.content))
        elif child.type == "code_inline":
            parts.append(child.content)
        elif child.type == "softbreak":
            parts.append(" ")
        elif child.type == "hardbreak":
            parts.append("\n")
        elif child.type == "image":
            parts.append("🖼  " + "".join(grandchild.content for grandchild in child.children or []))
    return "".join(parts)


def needle(text: str) -> re.Pattern[str] | None:
    """What was typed as a pattern: any case, any white space between words; None when there is nothing to look for."""
    words = text.split()
    return re.compile(r"\s+".join(re.escape(word) for word in words), re.IGNORECASE) if words else None


def find_all(pattern: re.Pattern[str], leaves: Sequence[Sequence[str]]) -> list[Place]:
    """Every place of the pattern in the leaves of all parts, in reading order."""
    return [
        Place(part, leaf, found.start(), found.end())
        for part, texts in enumerate(leaves)
        for leaf, text in enumerate(texts)
        for found in pattern.finditer(text)
    ]
