"""The fields at the top of a document: YAML or TOML in, typed values and a finding for each wrong one out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, Literal, NamedTuple

import msgspec

from playbook.library.tomltable import read_toml
from playbook.text.safe import one_line

MAX_BYTES = 16 * 1024
TOO_LARGE = f"The front matter is larger than {MAX_BYTES // 1024} KiB and is left aside; shorten it"
LONGEST_TEXT = 500
MOST_FINDINGS = 20
MAX_DEPTH = 20
_INT64 = range(-(1 << 63), 1 << 63)

STATUSES = ("approved", "draft", "retired")
VISIBILITIES = ("external", "internal")

_TEXTS = frozenset({"id", "title", "kind", "motion", "category", "owner", "verified_by", "status", "visibility"})
_LISTS = frozenset(
    {"aliases", "formerly", "stages", "personas", "competitors", "products", "segments", "surface", "claims"}
)
_DATES = frozenset({"verified", "expires"})
_FIELDS = _TEXTS | _LISTS | _DATES | {"review_every", "must_know"}
_SINGULAR = {
    "alias": "aliases",
    "stage": "stages",
    "persona": "personas",
    "competitor": "competitors",
    "product": "products",
    "segment": "segments",
    "surfaces": "surface",
    "claim": "claims",
}
_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off"})
_DURATION = re.compile(r"(\d{1,5})\s*(d|days?|w|weeks?|m|months?|y|years?)?")
_UNIT_DAYS = {"d": 1, "w": 7, "m": 30, "y": 365}
_CENTURY = 36_500
_NEXT_LINE = re.compile(r"^[ \t]*\S.*$", re.MULTILINE)
_KEY_LINE = re.compile(r"[^\s#\-][^:]*:")


class Finding(msgspec.Struct, frozen=True, array_like=True):
    """Something wrong in a document, before its path is known; `line` counts from 1 in the file."""

    line: int
    rule: str
    message: str
    severity: Literal["error", "warning"] = "error"


class FrontMatter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The known fields as typed values; empty where absent or wrong. Dates in `extra` are ISO strings.

    `lines` says on which line of the file each known field stands.
    """

    id: str = ""
    title: str = ""
    kind: str = ""
    aliases: tuple[str, ...] = ()
    formerly: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    personas: tuple[str, ...] = ()
    competitors: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    surface: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    motion: str = ""
    category: str = ""
    owner: str = ""
    verified: date | None = None
    verified_by: str = ""
    review_days: int = 0
    expires: date | None = None
    status: str = ""
    visibility: str = ""
    must_know: bool = False
    lines: dict[str, int] = {}
    extra: dict[str, Any] = {}


class Split(NamedTuple):
    """A document cut in two: `text` between the fences ("" when none), its language, the line where each begins."""

    language: Literal["", "yaml", "toml"]
    text: str
    line: int
    body: str
    body_line: int
    findings: tuple[Finding, ...]


def days(value: object) -> int | None:
    """A length of time in days: 90, `90d`, `12 weeks`, `3m`, `1y`; None when it is none of these or over a century."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if isinstance(value, int):
        return value if 0 < value <= _CENTURY else None
    found = _DURATION.fullmatch(value.strip().lower())
    if not found:
        return None
    count = int(found[1]) * _UNIT_DAYS[(found[2] or "d")[0]]
    return count if 0 < count <= _CENTURY else None


def split(text: str) -> Split:
    """Cut front matter from the body. `text` has \\n line ends and no BOM."""
    fence = text[:3]
    none = Split("", "", 1, text, 1, ())
    if fence not in ("---", "+++") or text[3 : text.find("\n") if "\n" in text else None].strip():
        return none
    begin = text.find("\n") + 1
    if not begin:
        return none
    if fence == "---" and _opens_with_text(text, begin):
        return none
    closing = re.compile(r"^(?:---|\.\.\.)[ \t]*$" if fence == "---" else r"^\+\+\+[ \t]*$", re.MULTILINE)
    end = closing.search(text, begin)
    if end is None:
        if fence == "+++" or _KEY_LINE.match(text, begin):
            finding = Finding(1, "front-matter", f"The front matter is never closed; end it with a line {fence}")
            return none._replace(findings=(finding,))
        return none
    inside = text[begin : end.start()]
    after = min(end.end() + 1, len(text))
    body_line = text.count("\n", 0, after) + 1
    if len(inside) > MAX_BYTES or len(inside.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return Split("", "", 2, text[after:], body_line, (Finding(1, "front-matter", TOO_LARGE),))
    return Split("yaml" if fence == "---" else "toml", inside, 2, text[after:], body_line, ())


def _opens_with_text(text: str, begin: int) -> bool:
    """Whether a blank line and then no field follow: the `---` is a rule across the page, not a fence."""
    if text[begin : text.find("\n", begin)].strip():
        return False
    first = _NEXT_LINE.search(text, begin)
    return first is not None and not _KEY_LINE.match(first.group()) and not first.group().startswith(("---", "#"))


def parse(parts: Split) -> tuple[FrontMatter, tuple[Finding, ...]]:
    """The fields of a document, and what is wrong with them; a wrong value is left out and the rest stands."""
    findings = list(parts.findings)
    if parts.language == "yaml":
        pairs = _read_yaml(parts.text, parts.line, findings)
    elif parts.language == "toml":
        pairs = _read_toml(parts.text, parts.line, findings)
    else:
        return FrontMatter(), tuple(findings)
    front = _typed(pairs, findings)
    if len(findings) > MOST_FINDINGS + 1:
        more = f"The front matter has {len(findings) - MOST_FINDINGS} more faults; mend those above first"
        findings[MOST_FINDINGS:] = [Finding(findings[MOST_FINDINGS].line, "front-matter", more)]
    return front, tuple(findings)


Pair = tuple[str, Any, int]


def _read_yaml(text: str, line: int, findings: list[Finding]) -> list[Pair]:
    import yaml

    from playbook.library.yamlevents import Refused, read_mapping

    try:
        return read_mapping(text, line)
    except (Refused, yaml.YAMLError):
        return _salvage(text, line, findings)


def _salvage(text: str, line: int, findings: list[Finding]) -> list[Pair]:
    """Read the fields one by one when the whole is no YAML, so that one unquoted colon costs one field."""
    import yaml

    from playbook.library.yamlevents import Refused, read_mapping

    pairs: list[Pair] = []
    chunks: list[tuple[int, list[str]]] = []
    for number, row in enumerate(text.split("\n"), line):
        if _KEY_LINE.match(row) or not chunks:
            chunks.append((number, [row]))
        else:
            chunks[-1][1].append(row)
    for number, rows in chunks:
        if len(findings) >= MOST_FINDINGS:
            findings.append(
                Finding(number, "front-matter", "The front matter has more such faults; it is not read further")
            )
            break
        name = one_line(rows[0].partition(":")[0], 40)
        try:
            pairs.extend(read_mapping("\n".join(rows), number))
        except Refused as refused:
            if all(found.message != refused.sentence for found in findings):
                findings.append(Finding(refused.line, "front-matter", refused.sentence))
        except yaml.YAMLError as error:
            why = one_line(getattr(error, "problem", None) or "it is not YAML", 80)
            sentence = (
                f"The field {name} cannot be read: {why}; put quotes around a value that holds a colon or a quote"
            )
            findings.append(Finding(number, "front-matter", sentence))
    return pairs


def _read_toml(text: str, line: int, findings: list[Finding]) -> list[Pair]:
    try:
        table = read_toml(text)
    except ValueError as error:
        findings.append(Finding(line, "front-matter", f"The front matter is not TOML: {one_line(str(error), 120)}"))
        return []
    numbers: dict[str, int] = {}
    for number, row in enumerate(text.split("\n"), line):
        numbers.setdefault(row.partition("=")[0].strip().strip("'\""), number)
    return [(key, value, numbers.get(key, line)) for key, value in table.items()]


def _typed(pairs: list[Pair], findings: list[Finding]) -> FrontMatter:
    known: dict[str, Any] = {}
    lines: dict[str, int] = {}
    extra: dict[str, Any] = {}
    seen: set[str] = set()
    for name, value, line in pairs:
        plain = re.sub(r"[\s\-]+", "_", name.strip().lstrip("+").strip().casefold())
        field = _SINGULAR.get(plain, plain)
        try:
            kept = _portable(value)
        except _OutOfBounds as error:
            shown = field if field in _FIELDS else one_line(name, 80)
            findings.append(Finding(line, "front-matter", f"The field {shown} {error}; the value is left aside"))
            continue
        if field not in _FIELDS:
            if value is not None:
                extra.setdefault(one_line(name, 80), kept)
            continue
        if plain in seen:
            findings.append(Finding(line, "front-matter", f"The field {field} stands twice; the first one counts"))
            continue
        seen.add(plain)
        lines.setdefault(field, line)
        if value is None:
            continue
        made, wrong = _convert(field, value)
        if wrong:
            findings.append(Finding(line, "front-matter", f"The field {field} {wrong}; the value is left aside"))
        elif field in _LISTS:
            known[field] = tuple(dict.fromkeys((*known.get(field, ()), *made)))
        else:
            known.setdefault(field, made)
    if "review_every" in known:
        known["review_days"] = known.pop("review_every")
    return FrontMatter(**known, lines=lines, extra=extra)


def _convert(field: str, value: Any) -> tuple[Any, str]:
    """The field's value in its own type, or what is wrong with it."""
    if field in _TEXTS:
        return _text_field(field, value)
    if field in _LISTS:
        return _list_field(value)
    if field in _DATES:
        return _date_field(value)
    if field == "review_every":
        made = days(value)
        return made, "" if made else "is no length of time such as 90d"
    if isinstance(value, bool):
        return value, ""
    word = str(value).strip().lower()
    if isinstance(value, str | int) and word in _TRUE | _FALSE | {"0", "1"}:
        return word in _TRUE or word == "1", ""
    return None, "is neither true nor false"


def _text_field(field: str, value: Any) -> tuple[Any, str]:
    text = _scalar(value)
    if text is None:
        return None, f"holds {_named(value)} where a text belongs" + ("; quote it" if isinstance(value, date) else "")
    if field in ("status", "visibility"):
        choices = STATUSES if field == "status" else VISIBILITIES
        if text.casefold() not in choices:
            return None, f"is {one_line(text, 40)!r}, not one of {', '.join(choices)}"
        return text.casefold(), ""
    return text, ""


def _list_field(value: Any) -> tuple[Any, str]:
    if isinstance(value, list):
        texts = [_scalar(item) for item in value if item is not None]
        if any(text is None for text in texts):
            return None, "holds something that is no text in its list"
        return [text for text in texts if text], ""
    text = _scalar(value)
    if text is None:
        return None, f"holds {_named(value)} where a list of texts belongs"
    return [part for part in (part.strip() for part in text.split(",")) if part], ""


def _date_field(value: Any) -> tuple[Any, str]:
    if isinstance(value, datetime):
        return value.date(), ""
    if isinstance(value, date):
        return value, ""
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value.strip()).date(), ""
        except ValueError:
            return None, f"is {one_line(value, 40)!r}, not a date such as 2026-10-01"
    return None, f"holds {_named(value)}, not a date such as 2026-10-01"


def _scalar(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return one_line(str(value), LONGEST_TEXT)
    return None


def _named(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return "a date" if isinstance(value, date) else "a time" if isinstance(value, time) else "a value of another type"


class _OutOfBounds(Exception):
    """A value that no JSON or cache can hold; its text is the end of a sentence about the field."""


def _portable(value: Any, depth: int = 0) -> Any:
    """The value of a field as JSON can hold it, dates as ISO strings; raises _OutOfBounds."""
    if isinstance(value, dict | list):
        if depth >= MAX_DEPTH:
            raise _OutOfBounds(f"is nested deeper than {MAX_DEPTH} levels")
        if isinstance(value, list):
            return [_portable(item, depth + 1) for item in value]
        return {_whole(str(key)): _portable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, int) and value not in _INT64:
        raise _OutOfBounds("holds a number beyond 64 bits")
    if isinstance(value, bool | int | float) or value is None:
        return value
    return _whole(str(value))


def _whole(text: str) -> str:
    """The text without halves of characters, which nothing can store."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
