"""A document's source changed in one place and nowhere else: its words to say, or a field at its top."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playbook.errors import UsageError
from playbook.library.fields import (
    with_fields as with_fields,
)  # part of this module's face; kept apart for their length
from playbook.library.frontmatter import split
from playbook.library.names import heading_key
from playbook.library.plain import block_end, block_parser, cut_internal
from playbook.text.safe import display, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

    from playbook.library.card import Card
    from playbook.library.document import ParsedDocument, Section

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
# What begins a heading, a rule, an underline, a quotation, code, HTML or a link's definition where only text is meant.
_MARKS_BLOCK = re.compile(
    r"#{1,6}(?=\s|$)|(?:-+|=+)\s*$|([-*_])(?:[ \t]*\1){2,}[ \t]*$|>|```|~~~|\+\+\+|"
    r"<(?=[/!?]|[A-Za-z][\w-]*(?:[\s/>]|$))|\[(?=[^\]]+\]:)"
)
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)")
_TASK = re.compile(r"\[[ xX]\]\s+")
# A line of a table, or one that is only drawn, as plain.first_words knows them.
_ROW = re.compile(r"[ \t]*(?:\||[-=|:+ \t]{3,}$)")
_DEFINITION = re.compile(r" {0,3}\[[^\]]+\]:\s*\S")


def decode_source(raw: bytes, path: str) -> str:
    """The file's text exactly as it is, to be changed and encoded again. Raises UsageError when it is no UTF-8."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(
            f"{one_line(path, 200)} is not UTF-8, so it cannot be edited here; save it as UTF-8 first"
        ) from None


def with_words(source: str, card: Card, parsed: ParsedDocument, words: str) -> str:
    """The document with the card's words to say replaced: an objection's Answer, else the section or the paragraph they
    come from; a document that has none gets them at the end of the card's text. What is marked internal stays, and so do
    comments and the addresses of links.

    Line ends, front matter and every other line are kept as they are.
    """
    said = _as_paragraphs(words)
    lines = _LINES.findall(source)
    end_of_line = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    plain = [line.rstrip("\r\n") for line in lines]
    tokens = block_parser().parse(_body(source, parsed), {})
    section = _said_section(card, parsed)
    if section is None:
        first = last = _end_of(card, parsed, plain)
        kept: list[str] = []
    else:
        first, last = _own_lines(section, parsed, tokens, len(lines))
        if not _is_named(card, section):
            first, last = _block(section, parsed, tokens, first, last)
        while first < last and not plain[first].strip():
            first += 1
        while last > first and not plain[last - 1].strip():
            last -= 1
        kept = _unsaid(tokens, parsed.body_line - 1, plain, first, last)
    new = [*said, *kept]
    if section is None and first > parsed.body_line - 1 and plain[first - 1].strip():
        new.insert(0, "")
    if last < len(lines) and plain[last].strip() and not (plain[last].startswith("#") and first < last):
        # Or the line below would join these, or make a heading of them.
        new.append("")
    made = [line + end_of_line for line in new]
    if last == len(lines):
        if first and lines[first - 1][-1:] not in "\r\n":
            made.insert(0, end_of_line)
        if lines and lines[-1][-1:] not in "\r\n":
            made[-1] = new[-1]
    return "".join([*lines[:first], *made, *lines[last:]])


def _body(source: str, parsed: ParsedDocument) -> str:
    text = source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    parts = split(text)
    return parts.body if parts.body_line == parsed.body_line else text


def _as_paragraphs(words: str) -> list[str]:
    """The words as lines of Markdown that stay text: what would begin another kind of block is escaped."""
    lines = [line.expandtabs(4).rstrip() for line in display(words).strip().split("\n")]
    if not any(lines):
        raise UsageError("There are no words to propose; say them in one sentence")
    made: list[str] = []
    in_list = False
    for line in lines:
        text = line.lstrip()
        in_list = in_list or bool(_ITEM.match(line))
        # Four spaces would make code of it, but in a list they belong to the item above.
        indent = line[: len(line) - len(text)] if in_list or len(line) - len(text) < 4 else ""
        made.append(f"{indent}\\{text}" if _MARKS_BLOCK.match(text) else indent + text)
    return made


def _said_section(card: Card, parsed: ParsedDocument) -> Section | None:
    own = [section for section in parsed.sections if card.start <= section.start < max(card.end, card.start + 1)]
    if card.kind == "objection":
        answer = next((section for section in own if heading_key(section.title) == "answer"), None)
        if answer is not None:
            return answer
    return next((section for section in own if section.say and section.say_line == card.say_line), None)


def _is_named(card: Card, section: Section) -> bool:
    return card.say_named or heading_key(section.title) == "answer"


def _own_lines(section: Section, parsed: ParsedDocument, tokens: Sequence[Token], end: int) -> tuple[int, int]:
    """The lines [first, last) of the section's own text, without its heading and above the fold."""
    above = parsed.body_line - 1
    first = section.line - 1
    if section.level:
        heading = next(
            (
                one
                for one in tokens
                if one.type == "heading_open" and one.level == 0 and one.map and one.map[0] + above == first
            ),
            None,
        )
        first = heading.map[1] + above if heading and heading.map else first + 1
    after = [other.line - 1 for other in parsed.sections if other.line > section.line]
    last = min(after, default=end)
    if parsed.fold_line and first < parsed.fold_line <= last:
        last = parsed.fold_line - 1
    return first, last


def _block(section: Section, parsed: ParsedDocument, tokens: Sequence[Token], first: int, last: int) -> tuple[int, int]:
    """The lines of the paragraph, list or quotation that the section's words come from."""
    above = parsed.body_line - 1
    at = section.say_line - 1
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.map and token.map[0] + above <= at < token.map[1] + above:
            stop = token.map[1]
            if token.type == "paragraph_open":
                # A table that the parser did not take for one stays.
                rows = tokens[index + 1].content.split("\n")
                stop = token.map[0] + next((number for number, row in enumerate(rows) if _ROW.match(row)), len(rows))
            return token.map[0] + above, min(stop + above, last)
        index = block_end(tokens, index)
    return at, last


def _unsaid(tokens: Sequence[Token], above: int, plain: list[str], first: int, last: int) -> list[str]:
    """What nobody says of these lines, each piece with a blank line before: what is internal, comments, definitions."""
    pieces = [(start + above, stop + above) for start, stop in _internal_lines(tokens)]
    pieces += [
        (token.map[0] + above, token.map[1] + above) for token in tokens if token.type == "html_block" and token.map
    ]
    covered = {line for token in tokens if token.type == "inline" and token.map for line in range(*token.map)}
    pieces += [(at, at + 1) for at in range(first, last) if at - above not in covered and _DEFINITION.match(plain[at])]
    kept: list[str] = []
    done = first
    for start, stop in sorted(pieces):
        start, stop = max(start, done), min(stop, last)
        while start < stop and not plain[stop - 1].strip():
            stop -= 1
        if start < stop:
            if start > done or not kept:
                kept.append("")
            kept += plain[start:stop]
            done = stop
    return kept


def _internal_lines(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """The lines of the body that are internal: from the mark to its paragraph's end, and the whole of a list's item, a
    table or code that holds it."""
    opened: list[Token] = []
    for index, token in enumerate(tokens):
        if token.type in ("list_item_open", "table_open"):
            opened.append(token)
        elif token.type in ("list_item_close", "table_close"):
            opened.pop()
        if token.type not in ("inline", "fence", "code_block") or not token.map:
            continue
        item = index > 1 and tokens[index - 1].type == "paragraph_open" and tokens[index - 2].type == "list_item_open"
        source = _TASK.sub("", token.content, count=1) if item and _TASK.match(token.content) else token.content
        outside, inside = cut_internal(source)
        if not inside and outside == source:
            continue
        around = opened[-1].map if opened else None
        if around and (opened[-1].type == "table_open" or (item and not outside)):
            yield around[0], around[1]
        elif token.type == "inline":
            yield token.map[0] + outside.count("\n") + bool(outside), token.map[1]
        else:
            yield token.map[0], token.map[1]


def _end_of(card: Card, parsed: ParsedDocument, plain: list[str]) -> int:
    """The line after the card's last one that is not blank; above the fold where the card begins above it."""
    after = [section.line - 1 for section in parsed.sections if section.start >= card.end]
    last = min(after, default=len(plain))
    if parsed.fold_line and card.start < parsed.fold and parsed.fold_line <= last:
        last = parsed.fold_line - 1
    while last > parsed.body_line - 1 and not plain[last - 1].strip():
        last -= 1
    return last
