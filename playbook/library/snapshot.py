"""A library read at one commit, or from a folder: every card, the settings, and every problem found while reading."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from playbook.errors import NothingFound, UsageError
from playbook.library import reading
from playbook.library.cache import ParseCache, Row
from playbook.library.card import Card, Problem
from playbook.library.document import PARSER_VERSION, ParsedDocument
from playbook.library.lookup import Lookup
from playbook.library.settings import Settings
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

Progress = Callable[[str, int, int], None]
_HELD_CHARACTERS = 4_000_000  # of texts kept at hand; while somebody types, the same cards come again and again


class Head(msgspec.Struct, frozen=True):
    """What a snapshot knows beside its cards; `shared` holds the ids that several documents claim, with their paths."""

    root: str
    settings: Settings
    settings_blob: str
    problems: tuple[Problem, ...]
    documents: int
    shared: dict[str, tuple[str, ...]]


class Texts(Protocol):
    """Where bodies and parsed documents come from, by blob id."""

    def bodies(self, blobs: Iterable[str]) -> Iterator[tuple[str, str]]:
        """The bodies of these blobs, in no order; what cannot be had is left out."""

    def parsed(self, blobs: Iterable[str]) -> Iterator[tuple[str, ParsedDocument]]:
        """The parsed documents of these blobs, in no order; what cannot be had is left out."""

    def files(self) -> tuple[str, ...]:
        """Every path of the tree that can be linked to."""


class Snapshot:
    """A library at one commit ("" for a folder on disk). Immutable; texts are fetched when they are asked for.

    `root` is "content/" when the library lies there, else ""; `documents` counts files, `cards` the units of an answer;
    `problems` are those met while reading (lint finds more). May be used from several threads.
    """

    partial = False
    """Whether there are documents whose cards are not known yet."""

    def __init__(self, commit: str, head: Head, cards: tuple[Card, ...], texts: Texts) -> None:
        self.commit = commit
        self.root = head.root
        self.settings = head.settings
        self.problems = head.problems
        self.documents = head.documents
        self.shared_ids = head.shared
        self.cards = cards
        self._texts = texts
        self._names: Lookup | None = None
        self._files: tuple[str, ...] | None = None
        self._held = _Held()

    @property
    def _lookup(self) -> Lookup:
        if self._names is None:
            self._names = Lookup(self.cards, self.shared_ids)
        return self._names

    @property
    def files(self) -> tuple[str, ...]:
        """Every path of the tree that a link can lead to, documents and others."""
        if self._files is None:
            self._files = self._texts.files()
        return self._files

    def card(self, id: str) -> Card:
        """The card of exactly that id. Raises NothingFound."""
        try:
            return self._lookup.by_id[id]
        except KeyError:
            raise NothingFound(
                f"There is no card {one_line(id, 100)!r} here; look for it with `playbook search`"
            ) from None

    def resolve(self, name: str) -> Card:
        """The card called by an id, a path with or without content/ and .md, a former name, any of them with #heading.

        Raises NothingFound with near names, and UsageError naming the paths when several documents answer to the name.
        """
        return self._lookup.resolve(name, self.document)

    def known(self, names: Iterable[str]) -> list[Card]:
        """The cards of those of the names that are there, each once; for the others nothing is said."""
        found: dict[str, Card] = {}
        for name in names:
            with suppress(NothingFound, UsageError):
                card = self._lookup.resolve(name, self.document, near=False)
                found.setdefault(card.id, card)
        return list(found.values())

    def cards_at(self, path: str) -> tuple[Card, ...]:
        """The cards of one file in the order of its text; () when it is no document."""
        return tuple(self._lookup.at.get(path, ()))

    def cards_in(self, paths: Iterable[str]) -> list[Card]:
        """The cards of several files."""
        return [card for path in paths for card in self.cards_at(path)]

    def some(self, cards: Iterable[Card]) -> Snapshot:
        """A snapshot of these cards alone."""
        head = Head(self.root, self.settings, "", (), self.documents, {})
        return Snapshot(self.commit, head, tuple({card.id: card for card in cards}.values()), self._texts)

    def follow(self, path: str, target: str) -> tuple[Card, str] | None:
        """Where a link written in the document at `path` leads inside the library: the card and the heading's anchor.

        None for what lies outside the library or does not exist.
        """
        from playbook.library.links import destination

        found = destination(path, target, self._lookup.at, self.root)
        if found is None:
            return None
        page, anchor = found
        if not anchor:
            return self._lookup.at[page][0], ""
        try:
            return self._lookup.at_anchor(page, anchor, self.document), anchor
        except NothingFound:
            return self._lookup.at[page][0], ""

    def text(self, card: Card) -> str:
        """The card's own Markdown source without front matter, \\n line ends; "" when it can no longer be read.

        It is what somebody wrote: show it through playbook.text.safe.
        """
        return self._body(card.blob)[card.start : card.end]

    def hold(self, cards: Iterable[Card]) -> None:
        """Read these cards' texts at once, so that `text` has them at hand."""
        missing = [card.blob for card in cards if self._held.get(card.blob) is None]
        for blob, body in self._texts.bodies(missing) if missing else ():
            self._held.keep(blob, body)

    def texts(self, cards: Iterable[Card] | None = None) -> Iterator[tuple[Card, str]]:
        """Many cards (all by default) with their texts in a few reads, grouped by document in no particular order."""
        wanted: dict[str, list[Card]] = {}
        for card in self.cards if cards is None else cards:
            wanted.setdefault(card.blob, []).append(card)
        for blob, body in self._texts.bodies(wanted):
            for card in wanted[blob]:
                yield card, body[card.start : card.end]

    def document_text(self, path: str) -> str:
        """The whole body of the document at that path, front matter stripped. Raises NothingFound."""
        return self._body(self._first_at(path).blob)

    def document(self, path: str) -> ParsedDocument:
        """What parsing the document at that path gave: front matter, sections, fold, links. Raises NothingFound."""
        first = self._first_at(path)
        for _, parsed in self._texts.parsed([first.blob]):
            return parsed
        raise NothingFound(f"The document {path} can no longer be read; run `playbook sync`, then try again")

    def parsed_documents(self) -> Iterator[tuple[str, ParsedDocument]]:
        """Every document's path and parse, in no particular order, a few at a time."""
        paths: dict[str, list[str]] = {}
        for card in self.cards:
            if not card.anchor:
                paths.setdefault(card.blob, []).append(card.path)
        for blob, parsed in self._texts.parsed(paths):
            for path in paths[blob]:
                yield path, parsed

    def front_matter(self, card: Card) -> dict[str, Any]:
        """The fields of the card's document that Card does not hold, as written; dates are ISO strings."""
        return dict(self.document(card.path).front.extra)

    def _first_at(self, path: str) -> Card:
        cards = self._lookup.at.get(path)
        if not cards:
            raise NothingFound(f"There is no document {one_line(path, 200)!r} here; `playbook search` finds cards")
        return cards[0]

    def _body(self, blob: str) -> str:
        held = self._held.get(blob)
        if held is None:
            held = next((body for _, body in self._texts.bodies([blob])), "")
            self._held.keep(blob, held)
        return held


class _Held:
    """The texts that were asked for last, of up to so many characters together; any thread may ask."""

    def __init__(self) -> None:
        self._bodies: OrderedDict[str, str] = OrderedDict()
        self._characters = 0
        self._lock = Lock()

    def get(self, blob: str) -> str | None:
        with self._lock:
            if blob in self._bodies:
                self._bodies.move_to_end(blob)
            return self._bodies.get(blob)

    def keep(self, blob: str, body: str) -> None:
        with self._lock:
            self._characters += len(body) - len(self._bodies.pop(blob, ""))
            self._bodies[blob] = body
            while self._characters > _HELD_CHARACTERS and len(self._bodies) > 1:
                self._characters -= len(self._bodies.popitem(last=False)[1])


class _StoredTexts:
    """Texts from the cache, and from git what the cache has not."""

    def __init__(self, library: Library, commit: str, cache: ParseCache) -> None:
        self._library = library
        self._commit = commit
        self._cache = cache

    def bodies(self, blobs: Iterable[str]) -> Iterator[tuple[str, str]]:
        missing = dict.fromkeys(blobs)
        for blob, body in self._cache.bodies(list(missing)):
            missing.pop(blob, None)
            yield blob, body
        for blob, _, body in reading.parse_blobs(self._library, missing, self._cache):
            yield blob, body

    def parsed(self, blobs: Iterable[str]) -> Iterator[tuple[str, ParsedDocument]]:
        missing = dict.fromkeys(blobs)
        for blob, parsed in reading.parsed_from(self._cache, list(missing)):
            missing.pop(blob, None)
            yield blob, parsed
        for blob, parsed, _ in reading.parse_blobs(self._library, missing, self._cache):
            yield blob, parsed

    def files(self) -> tuple[str, ...]:
        raw = self._cache.files(self._commit)
        if raw is not None:
            try:
                return msgspec.msgpack.decode(raw, type=tuple[str, ...])
            except (msgspec.DecodeError, UnicodeDecodeError):
                self._cache.forget_snapshot(self._commit)
        return reading.list_commit(self._library, self._commit).files


class _FolderTexts:
    """Texts of a folder, kept as they were read."""

    def __init__(self, read: dict[str, tuple[ParsedDocument, str]], files: tuple[str, ...]) -> None:
        self._read = read
        self._files = files

    def bodies(self, blobs: Iterable[str]) -> Iterator[tuple[str, str]]:
        return ((blob, self._read[blob][1]) for blob in blobs if blob in self._read)

    def parsed(self, blobs: Iterable[str]) -> Iterator[tuple[str, ParsedDocument]]:
        return ((blob, self._read[blob][0]) for blob in blobs if blob in self._read)

    def files(self) -> tuple[str, ...]:
        return self._files


_decode_cards = msgspec.msgpack.Decoder(tuple[Card, ...]).decode
_decode_head = msgspec.msgpack.Decoder(Head).decode
_encode = msgspec.msgpack.Encoder().encode


def load_snapshot(library: Library, commit: str | None = None, *, progress: Progress | None = None) -> Snapshot:
    """The library at a commit (main's by default), from the cache or read and put there.

    `progress` is called with a phase ("reading", then "parsing"), how much is done, and of how much. Raises
    LibraryUnreadable when the repository cannot be read; whatever is wrong inside it is a problem instead.
    """
    if commit is None:
        from playbook.store import refs

        commit = refs.main_commit(library)
    cache = ParseCache(library.cache, PARSER_VERSION)
    stored = _decoded(cache, cache.snapshot(commit))
    if stored:
        return Snapshot(commit, *stored, _StoredTexts(library, commit, cache))
    before = cache.latest()
    old = _decoded(cache, before)
    base = None
    if before and old:
        base = _base(before.commit, *old)
    outcome = reading.read_commit(library, commit, cache, base, progress)
    head = _head(outcome)
    row = Row(commit, _encode(head), _encode(outcome.cards))
    cache.add_snapshot(row, _encode(outcome.files), {card.blob for card in outcome.cards})
    return Snapshot(commit, head, outcome.cards, _StoredTexts(library, commit, cache))


def cached_snapshot(library: Library, commit: str) -> Snapshot | None:
    """The snapshot of that commit when the cache holds it; nothing is parsed and git is not asked."""
    cache = ParseCache(library.cache, PARSER_VERSION)
    stored = _decoded(cache, cache.snapshot(commit))
    return Snapshot(commit, *stored, _StoredTexts(library, commit, cache)) if stored else None


def load_folder(path: Path) -> Snapshot:
    """A folder on disk read as a library, for lint: as it is now, committed or not; no link in it is followed.

    Raises UsageError when there is no such folder and LibraryUnreadable when it cannot be read.
    """
    outcome, read = reading.read_folder(path)
    head = _head(outcome)
    return Snapshot("", head, outcome.cards, _FolderTexts(read, outcome.files))


def _head(outcome: reading.Outcome) -> Head:
    return Head(
        outcome.root,
        outcome.settings,
        outcome.settings_blob,
        outcome.problems,
        outcome.documents,
        outcome.shared,
    )


def _base(commit: str, head: Head, cards: tuple[Card, ...]) -> reading.Base:
    return reading.Base(commit, head.root, head.settings, head.settings_blob, head.problems, head.shared, cards)


def _decoded(cache: ParseCache, row: Row | None) -> tuple[Head, tuple[Card, ...]] | None:
    if row is None:
        return None
    try:
        return _decode_head(row.head), _decode_cards(row.cards)
    except (msgspec.DecodeError, UnicodeDecodeError):
        cache.forget_snapshot(row.commit)
        return None
