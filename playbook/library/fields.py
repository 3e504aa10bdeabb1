"""A field at the top of a document set or removed, line by line, and every other line kept."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from playbook.errors import UsageError
from playbook.library.frontmatter import FrontMatter, Split, parse, split
from playbook.library.tomltable import read_toml

Value = str | list[str] | None

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9@._+/ -]*[A-Za-z0-9@._+/-])?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATES = frozenset({"verified", "expires"})
_KEY = re.compile(r"[\"']?([A-Za-z][\w \-]*)[\"']?[ \t]*:(?=\s|$)")
_TOML_KEY = re.compile(r"[\"']?([A-Za-z][\w \-]*)[\"']?[ \t]*=")
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'")
_COMMENT = re.compile(r"[ \t]+#[^\r\n]*")


def with_fields(source: str, fields: Mapping[str, Value]) -> str:
    """The document with these fields at its top set, or removed where the value is None; all others stay as written.

    Raises UsageError when the front matter cannot be changed line by line.
    """
    mark = "\ufeff" if source.startswith("\ufeff") else ""
    text = source.removeprefix("\ufeff")
    parts = _split(text)
    end_of_line = "\r\n" if "\r\n" in text else "\n"
    if parts.findings and not parts.language:
        raise UsageError(f"{parts.findings[0].message}; mend that first")
    if not parts.language:
        added = [f"{name}: {_yaml(name, value)}" for name, value in fields.items() if value is not None]
        made = (end_of_line.join(["---", *added, "---", ""]) if added else "") + text
    else:
        lines = _LINES.findall(text)
        stop = 1 + parts.text.count("\n")
        head, rest = lines[1:stop], lines[stop:]
        for name, value in fields.items():
            _set(head, name, value, parts.language == "toml", end_of_line)
        made = "".join([lines[0], *head, *rest])
    _check(parts, _split(made), fields)
    return mark + made


def _split(text: str) -> Split:
    return split(text.replace("\r\n", "\n").replace("\r", "\n"))


def _set(head: list[str], name: str, value: Value, toml: bool, end_of_line: str) -> None:
    """Set one field in the lines between the fences."""
    first, last = _toml_field(head, name) if toml else _yaml_field(head, name)
    comment = _comment(head[first:last])
    made: list[str] = []
    if value is not None:
        made = [f"{name} = {_toml(name, value)}" if toml else f"{name}: {_yaml(name, value)}"]
        made[0] += comment + end_of_line
    if toml and first == len(head):
        # A key after a table's header would belong to that table.
        first = last = _first_table(head)
    head[first:last] = made


def _comment(lines: list[str]) -> str:
    """The comment behind a value that stands on one line, where nothing in it is quoted."""
    if len(lines) != 1 or '"' in lines[0] or "'" in lines[0]:
        return ""
    found = _COMMENT.search(lines[0])
    return found.group().rstrip() if found else ""


def _is_called(key: str, name: str) -> bool:
    return re.sub(r"[\s\-]+", "_", key.strip().casefold()) == name


def _yaml_field(head: list[str], name: str) -> tuple[int, int]:
    """The lines [first, last) of a field with what belongs to it; both the end when it is not there."""
    keys = ((at, _KEY.match(line)) for at, line in enumerate(head))
    first = next((at for at, key in keys if key and _is_called(key[1], name)), len(head))
    if first == len(head):
        return first, first
    last = first + 1
    opened = _opened(head[first])
    for at in range(first + 1, len(head)):
        line = head[at]
        belongs = opened > 0 or line[:1] in (" ", "\t") or re.match(r"-(?=\s)", line)
        if belongs and line.strip():
            last = at + 1
            opened += _opened(line)
        elif line.strip() and not line.startswith("#"):
            break
    return first, last


def _opened(line: str) -> int:
    """How many brackets the line opens and does not close."""
    bare = _QUOTED.sub("", line)
    bare = _COMMENT.sub("", bare)
    return bare.count("[") + bare.count("{") - bare.count("]") - bare.count("}")


def _toml_field(head: list[str], name: str) -> tuple[int, int]:
    """As `_yaml_field`; above the first table only."""
    end = _first_table(head)
    first = 0
    while first < end:
        key = _TOML_KEY.match(head[first])
        last = _whole_toml(head, first, end)
        if key and _is_called(key[1], name):
            return first, last
        first = last
    return len(head), len(head)


def _whole_toml(head: list[str], first: int, end: int) -> int:
    """Where what begins on a line ends: at the first line up to which it is whole."""
    for last in range(first + 1, end + 1):
        try:
            read_toml("".join(head[first:last]))
        except ValueError:
            continue
        return last
    return end


def _first_table(head: list[str]) -> int:
    """The line of the first table's header: one at which all above it is whole."""
    for at, line in enumerate(head):
        if line.lstrip().startswith("["):
            try:
                read_toml("".join(head[:at]))
            except ValueError:
                continue
            return at
    return len(head)


def _yaml(name: str, value: Value) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_yaml("", item) for item in value) + "]"
    value = value or ""
    if name in _DATES and _DATE.fullmatch(value):
        return value
    return value if _is_plain(value) else _quoted(value)


def _is_plain(value: str) -> bool:
    """Whether YAML reads the bare value as this very text."""
    import yaml

    if not _PLAIN_VALUE.fullmatch(value):
        return False
    try:
        return bool(yaml.safe_load(value) == value)
    except (yaml.YAMLError, ValueError):
        return False


def _toml(name: str, value: Value) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_quoted(item) for item in value) + "]"
    value = value or ""
    return value if name in _DATES and _DATE.fullmatch(value) else _quoted(value)


def _quoted(value: str) -> str:
    """The value in double quotes as YAML and TOML both read it: letters as they are, what does not show escaped."""
    text = value.encode("utf-8", "replace").decode("utf-8")
    return '"' + "".join(_escaped(letter) for letter in text) + '"'


def _escaped(letter: str) -> str:
    if letter.isprintable():
        return json.dumps(letter, ensure_ascii=False)[1:-1]
    return f"\\u{ord(letter):04x}" if ord(letter) <= 0xFFFF else f"\\U{ord(letter):08x}"


def _check(before: Split, after: Split, fields: Mapping[str, Value]) -> None:
    """That these fields read as they were given and nothing else reads differently now: some front matter cannot be
    changed line by line."""
    old, new = parse(before)[0], parse(after)[0]
    alone = [f"{name}: {_yaml(name, value)}\n" for name, value in fields.items() if value is not None]
    given = parse(_split("".join(["---\n", *alone, "---\n"])))[0]
    known = [name for name in FrontMatter.__struct_fields__ if name not in ("lines", "extra")]
    right = all(getattr(new, name) == getattr(given if name in fields else old, name) for name in known)
    extra = {key: value for key, value in old.extra.items() if key not in fields} | given.extra
    if not right or new.extra != extra or before.body != after.body:
        raise UsageError("The front matter cannot be changed line by line; write it one field a line, or edit the file")
