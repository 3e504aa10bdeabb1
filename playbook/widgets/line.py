"""A line of text with the styles of its ranges: lighter than Content, for hundreds are made while a letter is typed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual.content import Content, Span


class Line(NamedTuple):
    """One line (no newline, no tab once it is wrapped) and its spans, by character."""

    text: str
    spans: Sequence[Span] = ()


NOTHING = Line("")


def assembled(parts: Iterable[tuple[str, str]]) -> Line:
    """One line of several texts, each with its style ("" for none)."""
    texts: list[str] = []
    spans: list[Span] = []
    at = 0
    for text, style in parts:
        texts.append(text)
        if style and text:
            spans.append(Span(at, at + len(text), style))
        at += len(text)
    return Line("".join(texts), spans)


def piece(line: Line, start: int, end: int) -> Line:
    """The characters [start, end) of the line."""
    if not line.spans:
        return Line(line.text[start:end])
    spans = [
        Span(max(from_ - start, 0), min(to, end) - start, style)
        for from_, to, style in line.spans
        if from_ < end and to > start
    ]
    return Line(line.text[start:end], spans)


def joined(lines: Iterable[Line]) -> Line:
    """Several lines one after the other, as one."""
    texts: list[str] = []
    spans: list[Span] = []
    at = 0
    for text, own in lines:
        texts.append(text)
        spans += [Span(start + at, end + at, style) for start, end, style in own]
        at += len(text)
    return Line("".join(texts), spans)


def styled(line: Line, style: str) -> Line:
    """The line with one more style upon all of it."""
    return Line(line.text, [*line.spans, Span(0, len(line.text), style)]) if line.text else line


def lines_of(content: Content) -> list[Line]:
    """The lines of a content, each with its own spans."""
    return _split(Line(content.plain, content.spans))


def wrapped(line: Line, width: int) -> list[Line]:
    """The line broken at spaces so that no piece takes more than `width` cells; a longer word is broken anywhere."""
    if "\t" in line.text:
        line = Line(line.text.replace("\t", " "), line.spans)
    return [broken for one in _split(line) for broken in _broken(one, width)]


def _split(line: Line) -> list[Line]:
    if "\n" not in line.text:
        return [line]
    lines: list[Line] = []
    at = 0
    for text in line.text.split("\n"):
        lines.append(piece(line, at, at + len(text)))
        at += len(text) + 1
    return lines


def _broken(line: Line, width: int) -> list[Line]:
    text = line.text
    plain = text.isascii()
    if (len(text) if plain else cell_len(text)) <= width:
        return [line]
    found: list[Line] = []
    start, length = 0, len(text)
    while start < length:
        end = min(start + width, length)
        if not plain:
            while end > start + 1 and cell_len(text[start:end]) > width:
                end -= 1
        if end < length:
            # A space just behind the width is a good place too.
            # The spaces a line begins with are its indent, no place to break it.
            words = length - len(text[start:].lstrip(" "))
            space = text.rfind(" ", words + 1, end + 1)
            end = space if space > start else end
        found.append(piece(line, start, end))
        start = end
        while start < length and text[start] == " ":
            start += 1
    return found or [NOTHING]
