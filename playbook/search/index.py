"""The one door to search: opens the index that fits the snapshot, else scans it, and gives ranked results."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from playbook.search.engine import CANDIDATES, Engine, Plan
from playbook.search.facets import Facets
from playbook.search.generations import index_dir, load, read_current
from playbook.search.query import Query, parse_query
from playbook.search.ranking import TEXTS, Hit, Ranker
from playbook.search.scan import ScanEngine
from playbook.search.whoosh_builder import IndexDamaged

if TYPE_CHECKING:
    from playbook.library.snapshot import Snapshot
    from playbook.store.managed import Library

FEW = 5  # when fewer cards hold every word, those that hold some of the words are offered below them
_WARMED = 8  # cards at a time, about a millisecond's work
_TRUST_ORDER = {"verified": 0, "unverified": 1, "expired": 2, "retired": 3}


@dataclass(frozen=True)
class Results:
    """What one search gave: the best hits; how many cards were found, up to the engine's limit; how long it took."""

    query: Query
    hits: tuple[Hit, ...] = ()
    total: int = 0
    took_ms: float = 0.0
    engine: str = ""
    unknown: tuple[str, ...] = ()
    """One sentence for each filter that names nothing known."""


class Searcher:
    """Answers questions over one snapshot, one thread at a time; `refresh` takes up an index finished meanwhile."""

    def __init__(self, library: Library | None, snapshot: Snapshot, *, spawn: bool = True) -> None:
        self.library = library
        self.snapshot = snapshot
        self._spawn = spawn
        self._facets = Facets(snapshot)
        self._ranker = Ranker(snapshot)
        self._cards = {card.id: card for card in snapshot.cards}
        self._stamp = ""
        self._engine: Engine = ScanEngine(snapshot)
        self.refresh()

    @property
    def engine(self) -> str:
        """Which engine answers now: `whoosh` or `scan`."""
        return self._engine.name

    @property
    def facets(self) -> Facets:
        """What can be narrowed by, and by which values."""
        return self._facets

    def refresh(self) -> bool:
        """Take up a finished index of this snapshot's commit, or ask for one; True when the engine changed."""
        if self.library is None or self._engine.name != "scan":
            return False
        place = index_dir(self.library)
        # Between reading `current` and its files the indexer may have replaced both: then the second try finds the new.
        for _ in range(2):
            current = read_current(place)
            if current is None or current.commit != self.snapshot.commit:
                break
            try:
                self._engine = _open_engine(load(place, current))
            except IndexDamaged:
                continue
            return True
        if self._spawn:
            from playbook.search.indexer import ensure_index

            ensure_index(self.library, self.snapshot.commit)
        return False

    def warm(self, stopped: Callable[[], bool]) -> None:
        """Have at hand what the first questions would else wait for, in short steps beside whoever types; any thread."""
        cards = self.snapshot.cards[:TEXTS]
        for at in range(0, len(cards), _WARMED):
            if stopped():
                return
            step = cards[at : at + _WARMED]
            self._ranker.warm(step)
            self.snapshot.hold(step)
            time.sleep(0.002)

    def search(
        self,
        query: Query | str,
        *,
        limit: int = 50,
        today: date | None = None,
        filters: Mapping[str, Sequence[str]] | None = None,
    ) -> Results:
        """The best `limit` cards for the question; with filters and no words, every card that passes them."""
        started = time.perf_counter()
        if isinstance(query, str):
            query = parse_query(query, filters=filters)
        if today is None:
            from playbook import clock

            today = clock.today(self.snapshot.settings.timezone)
        unknown = tuple(self._facets.unknown(query.filters))
        allowed = self._facets.allowed(query.filters)
        hits: list[Hit] = []
        total = 0
        if query.words:
            hits, total = self._find(query, allowed, today, limit)
        elif allowed is not None:
            hits, total = self._browse(allowed, today)[:limit], len(allowed)
        took = (time.perf_counter() - started) * 1000
        return Results(query, tuple(hits), total, round(took, 2), self._engine.name, unknown)

    def _find(self, query: Query, allowed: set[str] | None, today: date, limit: int) -> tuple[list[Hit], int]:
        words = tuple(dict.fromkeys(query.finished))
        engine = self._engine
        found = engine.candidates(Plan(words, query.prefix), CANDIDATES, allowed)
        if not words and 0 < len(query.prefix) <= 2 and not found:
            found = engine.candidates(Plan((query.prefix,)), CANDIDATES, allowed)
        complete = {name for name, _ in found}
        if len(found) < FEW and len(query.words) > 1:
            some = engine.candidates(Plan(words, query.prefix, require_all=False), CANDIDATES, allowed)
            found = [*found, *(pair for pair in some if pair[0] not in complete)]
        cards = self._cards
        pairs = [(cards[name], score) for name, score in found if name in cards]
        hits = self._ranker.rank(query, pairs, today, limit=limit, complete=complete, rarity_of=engine.rarity)
        return hits, len(pairs)

    def _browse(self, allowed: set[str], today: date) -> list[Hit]:
        trust = self._ranker.trust
        hits = [Hit(card, 0.0, {}, trust(card, today)) for card in self.snapshot.cards if card.id in allowed]
        hits.sort(
            key=lambda hit: (
                not hit.card.must_know,
                _TRUST_ORDER[hit.trust.state],
                hit.card.title.casefold(),
                hit.card.path,
                hit.card.line,
            )
        )
        return hits


def open_searcher(library: Library | None, snapshot: Snapshot, *, spawn: bool = True) -> Searcher:
    """A searcher over the snapshot: by its index when there is one, else by scanning, with the indexer started behind.

    `spawn=False` starts no process. Without a library (a folder on disk) the snapshot is scanned.
    """
    return Searcher(library, snapshot, spawn=spawn)


def _open_engine(files: Mapping[str, bytes]) -> Engine:
    from playbook.search.whoosh_engine import WhooshEngine

    return WhooshEngine(files)
