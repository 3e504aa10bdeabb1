"""A YAML mapping read from parser events: no recursion, no aliases, no tags, and the line of every field."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from typing import Any

import yaml

MAX_DEPTH = 20
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ].*)?")
_CONSTANTS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}


class Refused(Exception):
    """Valid YAML that has no place in front matter; `sentence` says why, `line` where."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line
        self.sentence = sentence


@cache
def _loader() -> Any:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _plain(text: str) -> Any:
    """The value of an unquoted scalar; numbers that do not come back as they were written stay text (1.10, 007)."""
    lowered = text.lower()
    if lowered in _CONSTANTS:
        return _CONSTANTS[lowered]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DATE.fullmatch(text):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text
        return moment if len(text) > 10 else date(moment.year, moment.month, moment.day)
    return text


class _Holder:
    """A list or mapping that is being filled; a mapping waits for `key` and its value in turn."""

    __slots__ = ("key", "line", "lines", "value", "waiting")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.key: Any = None
        self.line = 0
        self.waiting = False
        self.lines: list[tuple[str, Any, int]] = []

    def put(self, item: Any, line: int) -> None:
        if isinstance(self.value, list):
            self.value.append(item)
        elif not self.waiting:
            if isinstance(item, list | dict):
                raise Refused(line, "A field's name is a list or a table; give it a plain name")
            self.key, self.line, self.waiting = item, line, True
        else:
            self.waiting = False
            name = "" if self.key is None else str(self.key)
            self.lines.append((name, item, self.line))
            self.value[name] = item


def read_mapping(text: str, first_line: int) -> list[tuple[str, Any, int]]:
    """The fields in order with the line each stands on, duplicates included; nothing for an empty text.

    Raises yaml.YAMLError when it is no YAML, and Refused for what is not a mapping, anchors and aliases, tags, several
    documents or nesting past MAX_DEPTH.
    """
    stack: list[_Holder] = []
    top: _Holder | None = None
    for event in yaml.parse(text, Loader=_loader()):
        line = first_line + (event.start_mark.line if event.start_mark else 0)
        if isinstance(event, yaml.ScalarEvent):
            _refuse_extras(event, line)
            value = _plain(event.value) if event.implicit[0] and not event.style else event.value
            if not stack:
                if value is None:
                    continue
                raise Refused(line, "The front matter is a text, not fields such as `title: …`")
            stack[-1].put(value, line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            _refuse_extras(event, line)
            is_list = isinstance(event, yaml.SequenceStartEvent)
            if not stack and is_list:
                raise Refused(line, "The front matter is a list, not fields such as `title: …`")
            if len(stack) >= MAX_DEPTH:
                raise Refused(line, f"The front matter is nested deeper than {MAX_DEPTH} levels")
            stack.append(_Holder([] if is_list else {}))
            top = top or stack[0]
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            done = stack.pop()
            if stack:
                stack[-1].put(done.value, line)
        elif isinstance(event, yaml.AliasEvent):
            raise Refused(line, "The front matter uses YAML anchors and aliases, which are not read here")
    return top.lines if top else []


def _refuse_extras(event: Any, line: int) -> None:
    if event.anchor is not None:
        raise Refused(line, "The front matter uses YAML anchors and aliases, which are not read here")
    if event.tag is not None and event.tag != "!":
        raise Refused(line, "The front matter uses YAML tags, which are not read here")
