"""A document's source changed in one place and nowhere else: its words to say, or a field at its top."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from playbook.errors import UsageError
from playbook.library.frontmatter import split
from playbook.library.names import heading_key
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.library.card import Card
    from playbook.library.document import ParsedDocument, Section

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_MARKS_BLOCK = re.compile(r"^(#{1,6}(?=\s|$)|-{3,}\s*$|={2,}\s*$|>|```|~~~|\+\+\+)")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9@][A-Za-z0-9@._+/ -]*")
_NOT_PLAIN = re.compile(r"(?i:true|false|yes|no|on|off|null|y|n|[\d._+-]+)")


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
    come from; a document that has none gets them at the end of the card's text. What is marked internal stays.

    Line ends, front matter and every other line are kept as they are.
    """
    said = _as_paragraphs(words)
    lines = _LINES.findall(source)
    end_of_line = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    section = _said_section(card, parsed)
    if section is not None:
        first, last = _own_lines(section, parsed, lines)
        if not (heading_key(section.title) and _is_named(card, section)):
            first, last = _paragraph(lines, section.say_line - 1, last)
            new = [*said, ""] if last < len(lines) and lines[last].strip() else said
        else:
            kept = _internal_blocks(lines[first:last])
            # A blank line below the heading where there was one.
            above = [""] if first < last and not lines[first].strip() else []
            new = [*above, *said, *kept, ""]
    else:
        first = last = _end_of(card, parsed, lines)
        new = ["", *said, ""]
    made = [line + end_of_line for line in new]
    if last == len(lines):
        while made and not made[-1].strip():
            made.pop()
        if first and lines[first - 1][-1:] not in "\r\n":
            made.insert(0, end_of_line)
    return "".join([*lines[:first], *made, *lines[last:]])


def _as_paragraphs(words: str) -> list[str]:
    """The words as lines of Markdown that stay text: what would begin a heading, a rule, a quote or code is escaped."""
    lines = [line.rstrip() for line in words.strip().replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    if not any(lines):
        raise UsageError("There are no words to propose; say them in one sentence")
    return [_MARKS_BLOCK.sub(lambda found: "\\" + found.group(), line) for line in lines]


def _said_section(card: Card, parsed: ParsedDocument) -> Section | None:
    own = [section for section in parsed.sections if card.start <= section.start < max(card.end, card.start + 1)]
    if card.kind == "objection":
        answer = next((section for section in own if heading_key(section.title) == "answer"), None)
        if answer is not None:
            return answer
    return next((section for section in own if section.say and section.say_line == card.say_line), None)


def _is_named(card: Card, section: Section) -> bool:
    return card.say_named or heading_key(section.title) == "answer"


def _own_lines(section: Section, parsed: ParsedDocument, lines: list[str]) -> tuple[int, int]:
    """The lines [first, last) of the section's own text, without its heading and above the fold."""
    first = section.line - 1
    if section.level:
        underlined = not lines[first].lstrip().startswith("#")
        first += 2 if underlined else 1
    after = [other.line - 1 for other in parsed.sections if other.line > section.line]
    last = min(after, default=len(lines))
    if parsed.fold_line and first < parsed.fold_line <= last:
        last = parsed.fold_line - 1
    return first, last


def _paragraph(lines: list[str], at: int, last: int) -> tuple[int, int]:
    """The lines of the paragraph that begins at a line."""
    end = at
    while end < last and lines[end].strip():
        end += 1
    return at, end


def _internal_blocks(lines: list[str]) -> list[str]:
    """The blocks that are marked internal, each with a blank line before."""
    kept: list[str] = []
    block: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line.rstrip("\r\n"))
            continue
        if block and block[0].lstrip(" -*+").casefold().startswith("[internal]"):
            kept += ["", *block]
        block = []
    return kept


def _end_of(card: Card, parsed: ParsedDocument, lines: list[str]) -> int:
    after = [section.line - 1 for section in parsed.sections if section.start >= card.end]
    last = min(after, default=len(lines))
    return parsed.fold_line - 1 if parsed.fold_line and parsed.fold_line <= last else last


def with_fields(source: str, fields: Mapping[str, str | list[str] | None]) -> str:
    """The document with these fields at its top set, or removed where the value is None; all others stay as written.

    Raises UsageError when the front matter cannot be changed line by line.
    """
    mark = "\ufeff" if source.startswith("\ufeff") else ""
    text = source.removeprefix("\ufeff")
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    parts = split(plain)
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    if parts.findings and not parts.language:
        raise UsageError(f"{parts.findings[0].message}; mend that first")
    if not parts.language:
        added = [f"{name}: {_yaml(value)}" for name, value in fields.items() if value is not None]
        return mark + (end_of_line.join(["---", *added, "---", ""]) if added else "") + text
    lines = _LINES.findall(text)
    stop = next(
        at for at in range(1, len(lines)) if at + 1 == parts.body_line - 1 or lines[at].strip() in ("---", "...", "+++")
    )
    head, rest = lines[1:stop], lines[stop:]
    write = _yaml if parts.language == "yaml" else _toml
    between = ": " if parts.language == "yaml" else " = "
    for name, value in fields.items():
        first, last = _field(head, name, parts.language)
        made = [] if value is None else [f"{name}{between}{write(value)}{end_of_line}"]
        if parts.language == "toml" and first == len(head):
            # In TOML a key after a table's header would belong to that table.
            first = last = next((at for at, line in enumerate(head) if line.lstrip().startswith("[")), len(head))
        head[first:last] = made
    return mark + "".join([lines[0], *head, *rest])


def _field(head: list[str], name: str, language: str) -> tuple[int, int]:
    """The lines [first, last) of a field with what belongs to it; both the end when it is not there."""
    sign = ":" if language == "yaml" else r"\s*="
    opening = re.compile(rf"[\"']?{re.escape(name)}[\"']?{sign}", re.IGNORECASE)
    first = next((at for at, line in enumerate(head) if opening.match(line)), len(head))
    last = first + 1
    if first == len(head):
        return first, first
    if language == "yaml":
        while last < len(head) and (
            head[last][:1] in (" ", "\t") or head[last].startswith("- ") or not head[last].strip()
        ):
            last += 1
    else:
        opened = head[first].count("[") - head[first].count("]")
        while opened > 0 and last < len(head):
            opened += head[last].count("[") - head[last].count("]")
            last += 1
    while last > first + 1 and not head[last - 1].strip():
        last -= 1
    return first, last


def _yaml(value: str | list[str]) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_yaml(item) for item in value) + "]"
    plain = _PLAIN_VALUE.fullmatch(value) and value == value.strip() and not _NOT_PLAIN.fullmatch(value)
    return value if plain else json.dumps(value, ensure_ascii=False)


def _toml(value: str | list[str]) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return value if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else json.dumps(value, ensure_ascii=False)
