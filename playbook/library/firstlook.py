"""A library that was never read: its raw texts at hand after a second, and of its documents only those asked for read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from playbook.library import reading
from playbook.library.card import Card
from playbook.library.cards import Place
from playbook.library.document import ParsedDocument
from playbook.library.listing import LARGEST, Listing
from playbook.library.snapshot import Head, Snapshot

if TYPE_CHECKING:
    from playbook.store.managed import Library

Progress = Callable[[str, int, int], None]
MOST_CHARACTERS = 100_000_000  # of texts held together; of what comes after that many only the beginnings are
_BEGINNING = 2_000  # bytes
_REPORT_EVERY = 500


def flat(text: str) -> str:
    """The text in lower case without accents and apostrophes, as tokens.fold makes of each word, its spaces kept."""
    if text.isascii():
        return text.lower().replace("'", "")
    # Piece by piece: sorting the marks of one run takes the square of its length.
    return _ODD.sub(_without_marks, text.casefold()).replace("'", "")


_ODD = re.compile(r"[^\x00-\x7f]{1,64}")


def _without_marks(found: re.Match[str]) -> str:
    plain = unicodedata.normalize("NFKD", found.group())
    return "".join(letter for letter in plain if not unicodedata.combining(letter) and letter not in "\u2019\u02bc")


class RawTexts(NamedTuple):
    """Every document's path and whole text, flat; documents of the same content share one text."""

    paths: list[str]
    names: list[str]
    texts: list[str]


class FirstLook(Snapshot):
    """A commit whose documents are read when they are asked for; `cards` are those of the documents read so far.

    Who changed a card last, and problems, are not known yet. May be used from several threads.
    """

    partial = True

    def __init__(self, library: Library, commit: str, progress: Progress | None = None) -> None:
        from playbook.store import objects

        listing = reading.list_commit(library, commit)
        settings, wrong = reading.settings_of(library, listing)
        blob = listing.settings[1] if listing.settings else ""
        head = Head(listing.root, settings, blob, wrong, len(listing.documents), {})
        self._reader = _ReadTexts(library, listing)
        super().__init__(commit, head, (), self._reader)
        self._documents = {found.path: found for found in listing.documents}
        self._listing = listing
        self._made: dict[str, tuple[Card, ...]] = {}
        self._known: dict[str, tuple[Card, ...]] = {}
        self._making = Lock()
        blobs = objects.blobs(library, (found.oid for found in listing.documents), LARGEST)
        self.raw = _raw_texts(blobs, listing, progress)

    def cards_in(self, paths: Iterable[str]) -> list[Card]:
        """The cards of these documents, read now unless they were before; what breaks the reader has none."""
        wanted = list(paths)
        with self._making:
            missing = [self._documents[path] for path in wanted if path not in self._made and path in self._documents]
            parsed = dict(self._reader.parsed(found.oid for found in missing))
            for found in missing:
                document = parsed.get(found.oid)
                place = Place(found.path, found.base, found.oid)
                self._made[found.path] = reading.cards_made(place, document, self.settings) if document else ()
            if missing:
                self._known = {path: cards for path, cards in self._made.items() if cards}
                self.shared_ids = reading.part_twins(self._known, self._listing, [])
                self.cards = tuple(card for cards in self._known.values() for card in cards)
                self._names = None
            return [card for path in wanted for card in self._known.get(path, ())]


class _ReadTexts:
    """Documents read from git when they are first asked for, and kept."""

    def __init__(self, library: Library, listing: Listing) -> None:
        self._library = library
        self._files = listing.files
        self._kept: dict[str, tuple[ParsedDocument, str]] = {}

    def _fetch(self, blobs: Iterable[str]) -> list[str]:
        from playbook.library.parsing import parse
        from playbook.store import objects

        wanted = list(dict.fromkeys(blobs))
        missing = [blob for blob in wanted if blob not in self._kept]
        for blob, raw in objects.blobs(self._library, missing, LARGEST) if missing else ():
            made = parse(raw, blob)
            if made is not None:
                self._kept[blob] = (made.parsed, made.body)
        return [blob for blob in wanted if blob in self._kept]

    def bodies(self, blobs: Iterable[str]) -> Iterator[tuple[str, str]]:
        return ((blob, self._kept[blob][1]) for blob in self._fetch(blobs))

    def parsed(self, blobs: Iterable[str]) -> Iterator[tuple[str, ParsedDocument]]:
        return ((blob, self._kept[blob][0]) for blob in self._fetch(blobs))

    def files(self) -> tuple[str, ...]:
        return self._files


def _raw_texts(blobs: Iterable[tuple[str, bytes]], listing: Listing, progress: Progress | None) -> RawTexts:
    paths: dict[str, list[str]] = {}
    for found in listing.documents:
        paths.setdefault(found.oid, []).append(found.path)
    made = RawTexts([], [], [])
    room = MOST_CHARACTERS
    for blob, raw in blobs:
        text = flat(raw[: MOST_CHARACTERS if room > 0 else _BEGINNING].decode("utf-8", "replace"))
        room -= len(text)
        for path in paths[blob]:
            made.paths.append(path)
            made.names.append(flat(path))
            made.texts.append(text)
        if progress is not None and len(made.paths) % _REPORT_EVERY == 0:
            progress("reading", len(made.paths), len(listing.documents))
    return made
