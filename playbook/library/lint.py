"""What is wrong in a library, file by file: the same findings in the app, in the shell and in the host's check."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Literal, NamedTuple

from playbook.errors import UsageError
from playbook.library.card import Card, Problem
from playbook.library.cards import Place, cards_of
from playbook.library.document import ParsedDocument, parse_document
from playbook.library.kinds import (
    CATEGORIES,
    KINDS,
    MOTIONS,
    SAY_SECTIONS,
    SURFACES,
    document_say,
    kind_named,
    wants_words_to_say,
)
from playbook.library.links import candidates, is_outside, split_target
from playbook.library.names import heading_key, name_key, persona_names, slug
from playbook.library.snapshot import Snapshot
from playbook.library.trust import trust
from playbook.text.safe import one_line
from playbook.text.tokens import count_words

MOST_SAY_WORDS = 40
MOST_WORDS_ABOVE_FOLD = 120

ERRORS = (
    "unreadable",
    "front-matter",
    "settings",
    "duplicate-id",
    "unknown-kind",
    "unknown-stage",
    "unknown-persona",
    "unknown-motion",
    "unknown-segment",
    "unknown-surface",
    "unknown-category",
    "broken-link",
)
WARNINGS = (
    "title-missing",
    "expired",
    "retired",
    "unverified",
    "say-missing",
    "say-in-heading",
    "say-too-long",
    "fold-too-long",
    "rule-as-heading",
    "odd-path",
)
RULES = ERRORS + WARNINGS


class _Known(NamedTuple):
    """The values a field may take, by name_key, and how to list them; an empty `keys` knows nothing, so all is well."""

    rule: str
    keys: frozenset[str]
    shown: tuple[str, ...]


class _Library(NamedTuple):
    """What every document is judged against. `ours` is whether anybody wrote settings for this program."""

    snapshot: Snapshot
    today: date
    ours: bool
    known: dict[str, _Known]
    files: frozenset[str]
    folders: frozenset[str]
    anchors: dict[str, frozenset[str]]


def lint(snapshot: Snapshot, today: date, *, rule: str | None = None) -> list[Problem]:
    """Every finding of a snapshot, of one rule alone when it is named; sorted by path and line.

    Raises UsageError for a rule that does not exist.
    """
    if rule is not None and rule not in RULES:
        raise UsageError(f"There is no lint rule {one_line(rule, 40)!r}; the rules are {', '.join(RULES)}")
    found = [problem for problem in _findings(snapshot, today) if rule in (None, problem.rule)]
    return sorted(set(found), key=lambda problem: (problem.path, problem.line, problem.rule, problem.message))


def findings_json(problem: Problem) -> dict[str, Any]:
    """One finding as COMMANDS.md shapes it."""
    return {
        "path": problem.path,
        "line": problem.line,
        "rule": problem.rule,
        "severity": problem.severity,
        "message": problem.message,
    }


def _findings(snapshot: Snapshot, today: date) -> Iterator[Problem]:
    yield from snapshot.problems
    documents: list[tuple[str, ParsedDocument]] = list(snapshot.parsed_documents())
    library = _library(snapshot, today, documents, snapshot.files)
    for path, parsed in documents:
        yield from _of_document(library, snapshot.cards_at(path)[0], parsed)


def _of_document(library: _Library, card: Card, parsed: ParsedDocument) -> Iterator[Problem]:
    yield from _unknown_values(library, card, parsed)
    yield from _broken_links(library, card.path, parsed)
    yield from _wording(library, card, parsed)
    yield from _standing(library, card, parsed)


class Linter:
    """Judges single documents, as they are or as somebody would have them, against one snapshot of the library.

    `new` are documents that are there besides, or are others by then, by path; `gone` are files that are there no more.
    """

    def __init__(
        self, snapshot: Snapshot, today: date, *, new: Mapping[str, str] | None = None, gone: Iterable[str] = ()
    ) -> None:
        self.snapshot = snapshot
        documents = dict(snapshot.parsed_documents())
        documents |= {path: parse_document(text.encode("utf-8", "replace"))[0] for path, text in (new or {}).items()}
        files = {*snapshot.files, *(new or {})} - {*gone}
        self._library = _library(snapshot, today, documents.items(), files)

    def of(self, path: str, text: str) -> list[Problem]:
        """The findings of a document with that text at that path, by line."""
        parsed, _ = parse_document(text.encode("utf-8", "replace"))
        base = self.snapshot.root if path.startswith(self.snapshot.root) else ""
        cards = cards_of(Place(path, base, ""), parsed, self.snapshot.settings)
        found = [Problem(path, one.line, one.rule, one.severity, one.message) for one in parsed.findings]
        found += _of_document(self._library, cards[0], parsed)
        return sorted(set(found), key=lambda problem: (problem.line, problem.rule, problem.message))


def _library(
    snapshot: Snapshot, today: date, documents: Iterable[tuple[str, ParsedDocument]], files: Collection[str]
) -> _Library:
    settings = snapshot.settings
    ours = bool(settings.path)
    personas = persona_names(snapshot)
    known: dict[str, _Known] = {}
    if ours:
        known = {
            "stages": _names("unknown-stage", settings.stages),
            "segments": _names("unknown-segment", settings.segments),
            "personas": _Known("unknown-persona", frozenset(personas), tuple(sorted(set(personas.values())))),
            "motion": _names("unknown-motion", MOTIONS),
            "surface": _names("unknown-surface", SURFACES),
            "category": _names("unknown-category", CATEGORIES),
        }
    folders: set[str] = {""}
    for file in files:
        at = file.rfind("/")
        while at > 0 and file[:at] not in folders:
            folders.add(file[:at])
            at = file.rfind("/", 0, at)
    anchors = {path: _anchors(parsed) for path, parsed in documents}
    return _Library(snapshot, today, ours, known, frozenset(files), frozenset(folders), anchors)


def _names(rule: str, names: tuple[str, ...]) -> _Known:
    return _Known(rule, frozenset(map(name_key, names)), names)


def _anchors(parsed: ParsedDocument) -> frozenset[str]:
    """Every anchor a link may name, as we number repeated headings, as git hosts do, and those written in HTML."""
    made = {section.anchor for section in parsed.sections if section.level} | set(parsed.anchors)
    seen: dict[str, int] = {}
    for section in parsed.sections:
        plain = slug(section.title)
        count = seen.get(plain, 0)
        seen[plain] = count + 1
        made.add(f"{plain}-{count}" if count else plain)
    return frozenset(made)


def _unknown_values(library: _Library, card: Card, parsed: ParsedDocument) -> Iterator[Problem]:
    front = parsed.front
    if library.ours and front.kind and not kind_named(front.kind):
        yield _unknown(card.path, parsed, "kind", "unknown-kind", front.kind, KINDS)
    for field, known in library.known.items():
        value: str | tuple[str, ...] = getattr(front, field)
        for name in (value,) if isinstance(value, str) else value:
            if name and known.keys and name_key(name) not in known.keys:
                yield _unknown(card.path, parsed, field, known.rule, name, known.shown)


def _unknown(path: str, parsed: ParsedDocument, field: str, rule: str, value: str, known: tuple[str, ...]) -> Problem:
    some = ", ".join(known[:20])
    sentence = f"The field {field} names {one_line(value, 60)!r}, which is not one of {some}"
    return Problem(path, parsed.front.lines.get(field, 1), rule, "error", sentence)


def _broken_links(library: _Library, path: str, parsed: ParsedDocument) -> Iterator[Problem]:
    severity: Literal["error", "warning"] = "error" if library.ours else "warning"
    for link in parsed.links:
        why = _broken(library, path, link.target)
        if why:
            sentence = f"The link {one_line(link.target, 120)} {why}"
            yield Problem(path, link.line, "broken-link", severity, sentence)


def _broken(library: _Library, path: str, target: str) -> str:
    """What is wrong with a link, as the end of a sentence; "" when it leads somewhere or is none of our business."""
    if is_outside(target):
        return ""
    found = split_target(path, target)
    if found is None:
        return "leads out of the library; link to a file in it"
    place, anchor = found
    page = next((name for name in candidates(place, target, library.snapshot.root) if name in library.files), None)
    if page is None:
        # An address from the site's top is made by a web generator, whose map we do not have.
        known_top = target.startswith("/") and not library.ours
        return "" if place in library.folders or known_top else "leads to no file; mend its path"
    if anchor and page in library.anchors and not _has_anchor(library.anchors[page], anchor):
        return f"leads to no heading of {page}; mend what follows the #"
    return ""


def _has_anchor(anchors: frozenset[str], anchor: str) -> bool:
    # A browser's "top", line numbers and text fragments need no heading.
    return anchor in anchors or anchor.lower() in anchors or anchor == "top" or anchor.startswith((":~:", "L"))


def _wording(library: _Library, card: Card, parsed: ParsedDocument) -> Iterator[Problem]:
    path = card.path
    if not parsed.front.title and not parsed.title:
        yield _warning(path, 1, "title-missing", f"{path} has no title; give it one in `title` or as its first heading")
    if card.kind == "page":
        return
    if wants_words_to_say(card.kind):
        yield from _words_in_headings(card, parsed)
        say = document_say(card.kind, parsed)
        if not say.named:
            headings = _wanted_headings(card.kind)
            yield _warning(path, card.line, "say-missing", f"There are no words to say; write them under {headings}")
        elif count_words(say.text) > MOST_SAY_WORDS:
            count = count_words(say.text)
            sentence = f"The words to say are {count} words; 15 seconds hold {MOST_SAY_WORDS}, so shorten them"
            yield _warning(path, say.line, "say-too-long", sentence)
    if parsed.fold_words > MOST_WORDS_ABOVE_FOLD:
        sentence = (
            f"{parsed.fold_words} words stand above the fold; put a line --- before what need not be read in the call, "
            f"so that at most {MOST_WORDS_ABOVE_FOLD} do"
        )
        yield _warning(path, parsed.body_line, "fold-too-long", sentence)


def _words_in_headings(card: Card, parsed: ParsedDocument) -> Iterator[Problem]:
    """Words to say that stand on the line of their own heading, where nothing takes them for words to say."""
    headings = [(section, heading_key(section.title)) for section in parsed.sections if section.level > 1]
    there, known = {key for _, key in headings}, SAY_SECTIONS[card.kind]
    # Of an objection each of them is said; of other kinds one is enough.
    missing = [key for key in known if key not in there] if card.kind == "objection" or not there & {*known} else []
    for wanted in missing:
        for section, key in headings:
            if key.startswith(f"{wanted} "):
                shown = " ".join(section.title.split()[: len(wanted.split())]).rstrip(":,-–— ")
                sentence = (
                    f"{one_line(section.title, 60)!r} is a heading, so its words are not said; "
                    f"leave {one_line(shown, 40)!r} alone on its line and put the words below it"
                )
                yield _warning(card.path, section.line, "say-in-heading", sentence)


_HEADINGS: dict[str, str] = {
    "objection": "Acknowledge, Ask and Answer",
    "stage": "Say",
    "battlecard": "If they name them, say",
    "air-cover": "What to say",
    "launch": "Talk track: 15 seconds",
}


def _wanted_headings(kind: str) -> str:
    return _HEADINGS[kind]


def _standing(library: _Library, card: Card, parsed: ParsedDocument) -> Iterator[Problem]:
    standing = trust(card, library.snapshot.settings, library.today)
    lines = parsed.front.lines
    if standing.state == "retired":
        yield _warning(card.path, lines.get("status", 1), "retired", f"{card.path} is retired; nobody should say it")
    elif standing.state == "expired":
        line = lines.get("expires" if standing.until == card.expires else "verified", 1)
        since = f" on {standing.until}" if standing.until else ""
        yield _warning(card.path, line, "expired", f"{card.path} expired{since}; verify it, or retire it")
    elif standing.state == "unverified" and (card.kind != "page" or card.verified or card.status == "draft"):
        yield _warning(card.path, lines.get("verified", 1), "unverified", _unverified(card))


def _unverified(card: Card) -> str:
    if card.status == "draft":
        return f"{card.path} is a draft; verify it once it may be said"
    if card.verified:
        return f"{card.path} says it was verified on {card.verified}, which lies ahead"
    return f"{card.path} has not been verified by anybody"


def _warning(path: str, line: int, rule: str, message: str) -> Problem:
    return Problem(path, line, rule, "warning", message)
