"""Search in a library that was never read: raw texts say which documents may hold the answer, and only those are read."""

from __future__ import annotations

import heapq
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from playbook.search.engine import rarity
from playbook.search.facets import Facets
from playbook.search.index import Results, Searcher
from playbook.search.query import Query, parse_query

if TYPE_CHECKING:
    from collections.abc import Callable

    from playbook.library.firstlook import FirstLook

MOST_DOCUMENTS = 60  # read for one question
MOST_CHARACTERS = 300_000  # of them together: about a tenth of a second's parsing
HEAD = 400  # characters in which a document says its path, and usually its title and aliases
_KEPT_WORDS = 64


class FirstSearcher:
    """Answers like Searcher over the documents whose raw text holds the question's words; one thread at a time."""

    engine = "first look"

    def __init__(self, snapshot: FirstLook) -> None:
        self.snapshot = snapshot
        self._paths = list(snapshot.raw)
        self._texts = list(snapshot.raw.values())
        self._holding: dict[str, list[int]] = {}

    @property
    def facets(self) -> Facets:
        """What is known to narrow by so far."""
        return Facets(self.snapshot)

    def refresh(self) -> bool:
        """There is no index to take up yet."""
        return False

    def warm(self, stopped: Callable[[], bool]) -> None:
        """Everything is at hand."""

    def search(
        self,
        query: Query | str,
        *,
        limit: int = 50,
        today: date | None = None,
        filters: Mapping[str, Sequence[str]] | None = None,
    ) -> Results:
        """See Searcher.search."""
        started = time.perf_counter()
        if isinstance(query, str):
            query = parse_query(query, filters=filters)
        cards = self.snapshot.read(self._likely(query))
        found = Searcher(None, self.snapshot.some(cards), spawn=False).search(query, limit=limit, today=today)
        took = (time.perf_counter() - started) * 1000
        return replace(found, engine=self.engine, took_ms=round(took, 2))

    def _likely(self, query: Query) -> list[str]:
        """The documents that hold the most telling of the words, best first."""
        named = [word for values in query.filters.values() for value in values for word in value.casefold().split()]
        scores: dict[int, float] = {}
        for word in dict.fromkeys((*query.words, *named)):
            holding = self._with(word)
            worth = rarity(len(holding), len(self._texts))
            for at in holding:
                early = self._texts[at].find(word, 0, HEAD) >= 0
                scores[at] = scores.get(at, 0.0) + worth * (1.5 if early else 1.0)
        best = heapq.nlargest(MOST_DOCUMENTS, scores, key=lambda at: (scores[at], -len(self._texts[at])))
        room = MOST_CHARACTERS
        likely: list[str] = []
        for at in best:
            room -= len(self._texts[at])
            if room < 0 and likely:
                break
            likely.append(self._paths[at])
        return likely

    def _with(self, word: str) -> list[int]:
        """The numbers of the texts in which the letters stand."""
        found = self._holding.get(word)
        if found is None:
            if len(self._holding) >= _KEPT_WORDS:
                self._holding.clear()
            found = [at for at, text in enumerate(self._texts) if word in text]
            self._holding[word] = found
        return found
