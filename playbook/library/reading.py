"""Reading a whole library into cards: from a commit through the cache, or from a folder; the unchanged is reused."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from playbook.library import folder
from playbook.library.cache import ParseCache
from playbook.library.card import Card, Problem
from playbook.library.cards import Place, cards_of
from playbook.library.document import PARSE_FAULTS, ParsedDocument
from playbook.library.listing import LARGEST, Found, Listing, list_tree
from playbook.library.names import page_id, without_suffix
from playbook.library.parsing import decode_document, parse, parse_all
from playbook.library.settings import Settings, parse_settings
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library
    from playbook.store.objects import Change

Progress = Callable[[str, int, int], None]
_BATCH = 100
_log = logging.getLogger(__name__)
# Rules of the findings that come from a document's own bytes, and so stay while its blob does.
_DOCUMENT_RULES = frozenset({"front-matter", "unreadable"})


class Base(NamedTuple):
    """An earlier snapshot of the same library, whose unchanged cards are taken over."""

    commit: str
    root: str
    settings: Settings
    settings_blob: str
    problems: tuple[Problem, ...]
    shared: dict[str, tuple[str, ...]]
    cards: tuple[Card, ...]


class Outcome(NamedTuple):
    """A library read: what a snapshot is made of."""

    root: str
    settings: Settings
    settings_blob: str
    problems: tuple[Problem, ...]
    documents: int
    shared: dict[str, tuple[str, ...]]
    cards: tuple[Card, ...]
    files: tuple[str, ...]


def parsed_from(cache: ParseCache, blobs: Iterable[str]) -> Iterator[tuple[str, ParsedDocument]]:
    """The parsed documents of these blobs that the cache holds whole, in no order."""
    for blob, raw in cache.parsed(blobs):
        try:
            yield blob, decode_document(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue


def cards_made(place: Place, parsed: ParsedDocument, settings: Settings) -> tuple[Card, ...]:
    """The cards of one file; () when it breaks the making of them."""
    try:
        return cards_of(place, parsed, settings)
    except PARSE_FAULTS:
        _log.warning("No cards can be made of a file: %s", one_line(place.path), exc_info=True)
        return ()


def _broken(path: str) -> Problem:
    sentence = (
        f"{one_line(path, 200)} holds something that cannot be read; the log says what, so mend or remove the file"
    )
    return Problem(path, 1, "unreadable", "error", sentence)


def parse_blobs(
    library: Library, blobs: Iterable[str], cache: ParseCache, broken: set[str] | None = None
) -> Iterator[tuple[str, ParsedDocument, str]]:
    """Read blobs from git, parse and cache them; gives (blob, parsed, body) of those that can be read.

    The ids of those that break the parser are put into `broken`.
    """
    wanted = list(blobs)
    if not wanted:
        return
    from playbook.store import objects

    batch: list[tuple[str, bytes, str]] = []
    for blob, found in parse_all(objects.blobs(library, wanted, LARGEST), len(wanted)):
        if found is None:
            if broken is not None:
                broken.add(blob)
            continue
        batch.append((blob, found.encoded, found.body))
        if len(batch) >= _BATCH:
            cache.add_documents(batch)
            batch = []
        yield blob, found.parsed, found.body
    if batch:
        cache.add_documents(batch)


def list_commit(library: Library, commit: str) -> Listing:
    """The tree of a commit, sorted out."""
    from playbook.store import objects

    return list_tree(objects.tree(library, commit))


def read_commit(
    library: Library, commit: str, cache: ParseCache, base: Base | None, progress: Progress | None
) -> Outcome:
    """Read a commit: one listing, one log, one read of the blobs that no cache knows."""
    from playbook.store import objects

    report = progress or _silent
    report("reading", 0, 1)
    listing = list_commit(library, commit)
    settings, settings_problems = settings_of(library, listing, base)
    base = base if base and (base.root, base.settings) == (listing.root, settings) else None
    known = (base.commit, _known_changes(base)) if base else None
    changes = objects.last_changes(library, commit, known=known)
    report("reading", 1, 1)

    made: dict[str, tuple[Card, ...]] = {}
    problems = [*listing.problems, *settings_problems]
    if base:
        _reuse(base, listing, changes, made, problems)
    waiting: dict[str, list[Found]] = {}
    for found in listing.documents:
        if found.path not in made:
            waiting.setdefault(found.oid, []).append(found)
    total = len(listing.documents)

    def take(blob: str, parsed: ParsedDocument) -> None:
        for found in waiting.pop(blob):
            cards = cards_made(_place(found, changes), parsed, settings)
            if not cards:
                problems.append(_broken(found.path))
                continue
            made[found.path] = cards
            problems.extend(_problems(found.path, parsed))
            if len(made) % _BATCH == 0:
                report("parsing", len(made), total)

    for blob, parsed in parsed_from(cache, list(waiting)):
        take(blob, parsed)
    broken: set[str] = set()
    for blob, parsed, _ in parse_blobs(library, list(waiting), cache, broken):
        take(blob, parsed)
    problems.extend(_broken(found.path) for blob in broken for found in waiting.pop(blob))
    for lost in chain.from_iterable(waiting.values()):
        sentence = f"{lost.path} cannot be read from git; its object is missing or damaged"
        problems.append(Problem(lost.path, 1, "unreadable", "error", sentence))
    report("parsing", total, total)
    return _finished(listing, settings, made, problems)


def read_folder(place: Path) -> tuple[Outcome, dict[str, tuple[ParsedDocument, str]]]:
    """Read a folder on disk; gives the outcome and what was parsed, by blob id."""
    entries = [_FolderEntry(entry.mode, "", entry.size, entry.path) for entry in folder.walk(place)]
    listing = list_tree(entries)
    problems = list(listing.problems)
    settings = Settings()
    if listing.settings:
        raw = folder.read(place, listing.settings[0], LARGEST)
        settings, wrong = parse_settings(raw or b"", listing.settings[0])
        problems.extend(wrong)
    made: dict[str, tuple[Card, ...]] = {}
    read: dict[str, tuple[ParsedDocument, str]] = {}
    for found in listing.documents:
        raw = folder.read(place, found.path, LARGEST)
        if raw is None:
            sentence = f"{found.path} cannot be read; check who may read it"
            problems.append(Problem(found.path, 1, "unreadable", "error", sentence))
            continue
        blob = folder.blob_id(raw)
        whole = parse(raw, found.path)
        cards = cards_made(Place(found.path, found.base, blob), whole.parsed, settings) if whole else ()
        if whole is None or not cards:
            problems.append(_broken(found.path))
            continue
        read[blob] = (whole.parsed, whole.body)
        made[found.path] = cards
        problems.extend(_problems(found.path, whole.parsed))
    return _finished(listing, settings, made, problems), read


class _FolderEntry(NamedTuple):
    mode: str
    oid: str
    size: int
    path: bytes


def _silent(phase: str, done: int, total: int) -> None:
    pass


def settings_of(library: Library, listing: Listing, base: Base | None = None) -> tuple[Settings, tuple[Problem, ...]]:
    """The library's settings and what is wrong in them; those of `base` where the file is the same."""
    if listing.settings is None:
        return Settings(), ()
    path, oid = listing.settings
    if base and (base.settings.path, base.settings_blob) == (path, oid):
        return base.settings, tuple(problem for problem in base.problems if problem.path == path)
    from playbook.store import objects

    for _, raw in objects.blobs(library, [oid], LARGEST):
        return parse_settings(raw, path)
    sentence = f"The settings cannot be read: {path} is missing, damaged or over 1 MiB; every default is used"
    return Settings(path=path), (Problem(path, 1, "settings", "error", sentence),)


def _known_changes(base: Base) -> dict[bytes, Change]:
    from playbook.store.objects import Change

    return {card.path.encode(): Change("", card.changed, card.changed_by, "") for card in base.cards if not card.anchor}


def _reuse(
    base: Base,
    listing: Listing,
    changes: dict[bytes, Change],
    made: dict[str, tuple[Card, ...]],
    problems: list[Problem],
) -> None:
    """Take over the cards of documents whose bytes are the same and whose id nobody else claims."""
    shared = {path for paths in base.shared.values() for path in paths}
    old: dict[str, list[Card]] = {}
    for card in base.cards:
        old.setdefault(card.path, []).append(card)
    for found in listing.documents:
        cards = old.get(found.path)
        if not cards or cards[0].blob != found.oid or found.path in shared:
            continue
        place = _place(found, changes)
        if cards[0].changed != place.changed or cards[0].changed_by != place.changed_by:
            cards = [
                msgspec.structs.replace(card, changed=place.changed, changed_by=place.changed_by) for card in cards
            ]
        made[found.path] = tuple(cards)
    problems.extend(found for found in base.problems if found.path in made and found.rule in _DOCUMENT_RULES)


def _place(found: Found, changes: dict[bytes, Change]) -> Place:
    change = changes.get(found.path.encode())
    if change is None:
        return Place(found.path, found.base, found.oid)
    return Place(found.path, found.base, found.oid, change.when, _author(change.author))


@lru_cache(maxsize=1024)
def _author(name: str) -> str:
    return one_line(name, 100)


def _problems(path: str, parsed: ParsedDocument) -> Iterator[Problem]:
    return (Problem(path, found.line, found.rule, found.severity, found.message) for found in parsed.findings)


def _finished(
    listing: Listing, settings: Settings, made: dict[str, tuple[Card, ...]], problems: list[Problem]
) -> Outcome:
    in_order = {found.path: made[found.path] for found in listing.documents if found.path in made}
    shared = part_twins(in_order, listing, problems)
    cards = tuple(card for several in in_order.values() for card in several)
    problems.sort(key=lambda problem: (problem.path, problem.line, problem.rule))
    settings_blob = listing.settings[1] if listing.settings else ""
    return Outcome(listing.root, settings, settings_blob, tuple(problems), len(in_order), shared, cards, listing.files)


def part_twins(
    made: dict[str, tuple[Card, ...]], listing: Listing, problems: list[Problem]
) -> dict[str, tuple[str, ...]]:
    """Give each document an id of its own: of several that claim one, the first keeps it and the others get their path.

    Gives the claimed ids with the paths that claim them, and notes a problem for each that lost.
    """
    claims: dict[str, list[str]] = {}
    for path, cards in made.items():
        claims.setdefault(cards[0].id, []).append(path)
    shared = {id: tuple(paths) for id, paths in claims.items() if len(paths) > 1}
    bases = {found.path: found.base for found in listing.documents} if shared else {}
    taken = set(claims)
    for id, paths in shared.items():
        # Whoever is called so by its path alone gives way to whoever says so in its front matter.
        by_field = [path for path in paths if page_id(path, bases[path]) != id]
        winner = (by_field or list(paths))[0]
        for path in paths:
            if path == winner:
                continue
            own = next(name for name in (without_suffix(path), path, f"{path}~") if name not in taken)
            taken.add(own)
            made[path] = tuple(
                msgspec.structs.replace(card, id=f"{own}#{card.anchor}" if card.anchor else own) for card in made[path]
            )
            sentence = f"The id {one_line(id, 100)} is also that of {winner}; give one of them another `id`"
            problems.append(Problem(path, 1, "duplicate-id", "error", sentence))
    return shared
