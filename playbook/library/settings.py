"""The library's own settings, content/playbook.toml: typed values, and a problem for each wrong one."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec

from playbook.library.card import Problem
from playbook.library.document import PARSE_FAULTS, decode
from playbook.library.frontmatter import days
from playbook.library.tomltable import read_toml
from playbook.text.safe import one_line

FILE_NAME = "playbook.toml"
MOST_PROBLEMS = 50
_log = logging.getLogger(__name__)


class DemoSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """`today` is the day the demonstration's dates were written against."""

    today: date | None = None


TANTIVY_FROM = 3_000  # cards: there Whoosh's slowest keystrokes are three times Tantivy's, and both are fast


class SearchSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """The shares of searches.toml that must come first, and among the first three; and from how many cards on the compiled
    engine is used where it is installed."""

    first: float = 0.8
    first_three: float = 0.95
    tantivy_from: int = TANTIVY_FROM


class Settings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a library says about itself. Everything has a default; `path` is the file's, empty when there is none.

    `kinds` maps folder patterns to kinds, `review_every` kinds to days, `banned` words to what to say instead.
    `synonyms` hold both ways, `one_way` from the key to its values alone.
    """

    path: str = ""
    name: str = ""
    timezone: str = ""
    stages: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    favourites: tuple[str, ...] = ()
    kinds: dict[str, str] = {}
    review_every: dict[str, int] = {}
    synonyms: dict[str, tuple[str, ...]] = {}
    one_way: dict[str, tuple[str, ...]] = {}
    banned: dict[str, str] = {}
    demo: DemoSettings = DemoSettings()
    search: SearchSettings = SearchSettings()


class _Reader:
    """Takes values out of the parsed TOML, noting each that is of the wrong type with its line."""

    def __init__(self, table: dict[str, Any], text: str, path: str) -> None:
        self.table = table
        self.path = path
        self.problems: list[Problem] = []
        self._headers: dict[str, int] = {}
        self._keys: dict[tuple[str, str], int] = {}
        self._number_lines(text)

    def _number_lines(self, text: str) -> None:
        """Note on which line each table and each key of it begins."""
        inside = ""
        for number, row in enumerate(text.split("\n"), 1):
            line = row.strip()
            if line.startswith("[") and "=" not in line.partition("#")[0]:
                inside = line.lstrip("[").partition("]")[0].strip()
                self._headers[inside] = number
            elif "=" in line:
                quoted = line[0] in "\"'" and line.find(line[0], 1)
                name = line[1:quoted] if quoted and quoted > 0 else line.partition("=")[0].strip()
                self._keys.setdefault((inside, name), number)

    def line(self, section: str, key: str) -> int:
        """The line on which the key of a section stands, the section's own when it cannot be told, else 1."""
        names = ((section, key), ("", f"{section}.{key}"), ("", key))
        known = (self._keys.get(name) for name in names)
        return next((number for number in known if number), self._headers.get(section, 1))

    def wrong(self, section: str, key: str, expected: str) -> None:
        """Note a wrong value."""
        self.problem(section, key, f"is not {expected}; the default is used")

    def problem(self, section: str, key: str, why: str) -> None:
        """Note what is wrong with a value, as the end of a sentence that begins with its name."""
        sentence = f"{one_line(f'{section}.{key}' if key else section, 80)} {why}"
        self.problems.append(Problem(self.path, self.line(section, key), "settings", "error", sentence))

    def some_problems(self) -> tuple[Problem, ...]:
        """The problems noted, by line; past MOST_PROBLEMS one that says how many more there are."""
        found = sorted(self.problems, key=lambda problem: problem.line)
        if len(found) > MOST_PROBLEMS + 1:
            more = f"{len(found) - MOST_PROBLEMS} more values are wrong; mend those above first"
            found[MOST_PROBLEMS:] = [Problem(self.path, found[MOST_PROBLEMS].line, "settings", "error", more)]
        return tuple(found)

    def section(self, name: str) -> dict[str, Any]:
        """A table of the file; an empty one when absent or of another type."""
        table = self.table
        for part in name.split("."):
            found = table.get(part, {})
            if not isinstance(found, dict):
                self.wrong(name, "", "a table")
                return {}
            table = found
        return table

    def text(self, section: str, key: str) -> str:
        """A text, "" by default."""
        value = self.section(section).get(key, "")
        if isinstance(value, str):
            return one_line(value, 200)
        self.wrong(section, key, "a text")
        return ""

    def texts(self, section: str, key: str) -> tuple[str, ...]:
        """A list of texts, () by default; one text is a list of one."""
        found = _texts(self.section(section).get(key, ()))
        if found is None:
            self.wrong(section, key, "a list of texts")
        return found or ()

    def mapping(self, section: str, read: Callable[[Any], Any], expected: str) -> dict[str, Any]:
        """A table whose values `read` turns into its own type; None from it marks a wrong one."""
        made: dict[str, Any] = {}
        for key, value in self.section(section).items():
            found = read(value)
            if found is None:
                self.wrong(section, key, expected)
            else:
                made[key] = found
        return made

    def count(self, section: str, key: str, default: int) -> int:
        """A whole number from 0 up."""
        value = self.section(section).get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        self.wrong(section, key, "a whole number")
        return default

    def share(self, section: str, key: str, default: float) -> float:
        """A number from 0 to 1."""
        value = self.section(section).get(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
            return float(value)
        self.wrong(section, key, "a number from 0 to 1")
        return default


def _texts(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return (one_line(value, 200),)
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return tuple(dict.fromkeys(one_line(item, 200) for item in value if item.strip()))
    return None


def _text(value: Any) -> str | None:
    return one_line(value, 200) if isinstance(value, str) else None


def parse_settings(raw: bytes, path: str) -> tuple[Settings, tuple[Problem, ...]]:
    """Read a playbook.toml. Every wrong value is a problem and its default stands; unknown keys are let be."""
    try:
        return _parsed(raw, path)
    except PARSE_FAULTS as error:
        # No file may keep a library from opening.
        _log.warning("The settings %s cannot be read", one_line(path), exc_info=True)
        sentence = f"The settings cannot be read ({type(error).__name__}); every default is used until that is mended"
        return Settings(path=path), (Problem(path, 1, "settings", "error", sentence),)


def _parsed(raw: bytes, path: str) -> tuple[Settings, tuple[Problem, ...]]:
    text, findings = decode(raw)
    try:
        table = read_toml(text)
    except ValueError as error:
        at = re.search(r"at line (\d{1,9})", str(error))
        sentence = f"The settings are not TOML: {one_line(str(error), 120)}; every default is used until that is mended"
        return Settings(path=path), (Problem(path, int(at[1]) if at else 1, "settings", "error", sentence),)
    reader = _Reader(table, text, path)
    reader.problems.extend(Problem(path, f.line, "settings", f.severity, f.message) for f in findings)
    synonyms = dict(reader.section("synonyms"))
    one_way_table = synonyms.pop("one_way", {})
    if isinstance(one_way_table, dict):
        one_way = reader.mapping("synonyms.one_way", _texts, "a list of texts")
    else:
        one_way = {}
        reader.wrong("synonyms", "one_way", "a table")
    both_ways: dict[str, tuple[str, ...]] = {}
    for word, value in synonyms.items():
        found = _texts(value)
        if found is None:
            reader.wrong("synonyms", word, "a list of texts")
        else:
            both_ways[word] = found
    settings = Settings(
        path=path,
        name=reader.text("library", "name"),
        timezone=_timezone(reader),
        stages=reader.texts("library", "stages"),
        segments=reader.texts("library", "segments"),
        channels=reader.texts("library", "channels"),
        favourites=reader.texts("library", "favourites"),
        kinds=_kinds(reader),
        review_every=reader.mapping("review_every", days, "a length of time such as 90d"),
        synonyms=both_ways,
        one_way=one_way,
        banned=reader.mapping("terms.banned", _text, "a text: what to say instead"),
        demo=DemoSettings(_day(reader, "demo", "today")),
        search=SearchSettings(
            reader.share("search.tests_must", "first", 0.8),
            reader.share("search.tests_must", "first_three", 0.95),
            reader.count("search", "tantivy_from", TANTIVY_FROM),
        ),
    )
    return settings, reader.some_problems()


def _timezone(reader: _Reader) -> str:
    from zoneinfo import ZoneInfo

    name = reader.text("library", "timezone")
    try:
        if name:
            ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        reader.wrong("library", "timezone", "a time zone such as Europe/Lisbon")
        return ""
    return name


def _day(reader: _Reader, section: str, key: str) -> date | None:
    value = reader.section(section).get(key)
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(str(value)).date()
    except ValueError:
        reader.wrong(section, key, "a date such as 2026-11-22")
        return None


def _kinds(reader: _Reader) -> dict[str, str]:
    from playbook.library.kinds import KINDS, LONGEST_PATTERN, MOST_PATTERNS, kind_named

    def read(value: object) -> str | None:
        return kind_named(value) if isinstance(value, str) else None

    found = reader.mapping("kinds", read, f"one of {', '.join(KINDS)}")
    kept = {pattern: kind for pattern, kind in found.items() if len(pattern) <= LONGEST_PATTERN}
    for pattern in found.keys() - kept.keys():
        reader.problem("kinds", pattern, f"is longer than {LONGEST_PATTERN} letters and is left aside")
    if len(kept) > MOST_PATTERNS:
        reader.problem("kinds", "", f"holds more than {MOST_PATTERNS} patterns; the others are left aside")
    return dict(list(kept.items())[:MOST_PATTERNS])
