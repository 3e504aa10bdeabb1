"""A document's links written anew, and every other byte of it left as it is."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from playbook.library.document import LINK, without_code
from playbook.library.frontmatter import split
from playbook.library.plain import block_parser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

Retarget = Callable[[str], "str | None"]
"""What a link's target becomes; None when it stays."""

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_CELLS = ("td_open", "th_open")
# A link's definition: its label, and on the same line or the next one where it leads.
_DEFINITION = re.compile(
    r"\[(?:[^\[\]\\]|\\.)++\]:[ \t]*+(?:(?:\r\n|\r|\n)[ \t>]*+)?(?:<([^<>\r\n]*)>|([^\s<]\S*))", re.DOTALL
)


def relinked(source: str, retarget: Retarget) -> str:
    """The document with the targets of its links, images and definitions as `retarget` gives them.

    `source` is the whole file as it is written. A link is what lint takes for one; code is left alone.
    """
    text = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    parts = split(text)
    lines = _LINES.findall(source)
    starts = [0, *accumulate(map(len, lines))]
    above = parts.body_line - 1
    env: dict[str, dict[str, dict[str, object]]] = {}
    tokens = block_parser().parse(parts.body, env)
    places = [*_written(tokens, lines[above:], starts[above:], retarget)]
    for reference in env.get("references", {}).values():
        places += _defined(source, reference, starts[above:], retarget)
    pieces: list[str] = []
    done = 0
    for start, end, new in sorted(places):
        if start >= done:
            pieces += [source[done:start], new]
            done = end
    return "".join([*pieces, source[done:]])


def _written(
    tokens: Sequence[Token], lines: Sequence[str], starts: Sequence[int], retarget: Retarget
) -> Iterator[tuple[int, int, str]]:
    """Where links and images have targets that become others: from and to in the source, and the other target."""
    row = _Row(-1, "")
    for index, token in enumerate(tokens):
        if token.type != "inline" or not token.map or token.map[0] >= len(lines):
            continue
        first = token.map[0]
        cell = tokens[index - 1].type in _CELLS
        if cell and "](" in lines[first]:
            row = row if row.number == first else _Row(first, lines[first])
            row.step(token.content)
        if "](" not in token.content:
            continue
        text = without_code(token.content) if "`" in token.content else token.content
        begins = [0, *(at + 1 for at, letter in enumerate(text) if letter == "\n")]
        found: dict[int, int] = {}
        for link in LINK.finditer(text):
            group = 1 if link[1] else 2
            new = retarget(link[group])
            if new is None or new == link[group]:
                continue
            at = bisect.bisect_right(begins, link.start(group)) - 1
            number, column = first + at, link.start(group) - begins[at]
            if cell:
                place = row.place(column)
            elif number >= len(lines):
                continue
            else:
                if at not in found:
                    end = begins[at + 1] - 1 if at + 1 < len(begins) else None
                    found[at] = _begin(lines[number], token.content[begins[at] : end])
                place = found[at] + column
            if place >= 0 and lines[number].startswith(link[group], place):
                start = starts[number] + place
                yield start, start + len(link[group]), new


def _begin(line: str, own: str) -> int:
    """Where a block's own line begins in the file's line; far below 0 when it cannot be found."""
    # Tabs before it may have been made spaces.
    plain = own.lstrip()
    at = line.replace("\0", "\ufffd").rfind(plain)
    return at - (len(own) - len(plain)) if at >= 0 else -len(own) - 1


class _Row:
    """A table's row: its cells are text in which `\\|` stands as `|`."""

    def __init__(self, number: int, line: str) -> None:
        self.number = number
        kept = [at for at, letter in enumerate(line) if letter != "\\" or line[at + 1 : at + 2] != "|"]
        self._at = kept
        self._plain = "".join(line[at] for at in kept).replace("\0", "\ufffd")
        self._from = self._next = 0

    def step(self, content: str) -> None:
        """Go on to the cell that holds this."""
        self._from = self._plain.find(content, self._next)
        self._next = self._from + len(content) if self._from >= 0 else self._next

    def place(self, column: int) -> int:
        """Where that column of the cell stands in the line; -1 when the cell was not found."""
        return self._at[self._from + column] if self._from >= 0 else -1


def _defined(
    source: str, reference: dict[str, object], starts: Sequence[int], retarget: Retarget
) -> Iterator[tuple[int, int, str]]:
    """The same of a link's definition."""
    from markdown_it.common.utils import unescapeAll

    lines, href = reference["map"], str(reference["href"])
    if not isinstance(lines, list) or lines[0] >= len(starts):
        return
    end = starts[min(lines[1], len(starts) - 1)]
    found = _DEFINITION.search(source, starts[lines[0]], end)
    if found is None:
        return
    group = 1 if found[1] is not None else 2
    plain = unescapeAll(found[group])
    if block_parser().normalizeLink(plain) != href:
        return
    new = retarget(found[group] if plain == found[group] else href)
    if new is not None and new != found[group]:
        yield found.start(group), found.end(group), new
