"""Search in a library that was never read: raw texts say which documents may hold the answer, and only those are read."""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from playbook.library.firstlook import RawTexts
from playbook.search.engine import Lexicon, rarity
from playbook.search.facets import Facets
from playbook.search.index import Results, Searcher
from playbook.search.query import Query, parse_query
from playbook.search.spelling import SHORTEST, meant

if TYPE_CHECKING:
    from collections.abc import Callable

    from playbook.library.snapshot import Snapshot

MOST_DOCUMENTS = 60  # read for one question
MOST_CHARACTERS = 300_000  # of them together: about a tenth of a second's parsing
HEAD = 400  # characters in which a document usually says its title and aliases
MOST_SECONDS = 0.7  # spent, once, on the words of the texts when somebody types one that stands nowhere
_KEPT_WORDS = 64
_SPACED = bytes(code if chr(code).isalnum() and code < 128 else 32 for code in range(256))


class FirstSearcher:
    """Answers like Searcher over the documents whose raw text holds the question's words; one thread at a time."""

    engine = "first look"

    def __init__(self, snapshot: Snapshot, raw: RawTexts) -> None:
        """The raw texts may be those of an earlier look; the cards are the snapshot's."""
        self.snapshot = snapshot
        self._paths, self._names, self._texts = raw
        self._holding: dict[str, list[int]] = {}

    def over(self, snapshot: Snapshot) -> FirstSearcher:
        """The same raw texts, and the cards of another snapshot of the same commit."""
        return FirstSearcher(snapshot, RawTexts(self._paths, self._names, self._texts))

    @property
    def facets(self) -> Facets:
        """What is known to narrow by so far."""
        return Facets(self.snapshot)

    def refresh(self) -> bool:
        """There is no index to take up yet."""
        return False

    def tells(self, word: str) -> float:
        """How much a word tells in this library."""
        return rarity(len(self._with(word)), len(self._texts))

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
        asked = self._meant(query)
        cards = self.snapshot.cards_in(self._likely(asked))
        found = Searcher(None, self.snapshot.some(cards), spawn=False).search(asked, limit=limit, today=today)
        corrected = found.corrected or ("" if asked is query or not found.hits else " ".join(asked.words))
        took = (time.perf_counter() - started) * 1000
        # That a competitor or a product is nowhere is not known before everything was read.
        return replace(
            found, query=query, engine=self.engine, took_ms=round(took, 2), corrected=corrected, absent=(), unknown=()
        )

    def _meant(self, query: Query) -> Query:
        """The question with the words that stand nowhere, not even as parts of others, as they were likely meant."""
        if not query.correct or all(len(word) < SHORTEST or self._with(word) for word in query.words):
            return query
        words = tuple(
            word if self._with(word) else next(iter(meant(word, self._lexicon)), word) for word in query.words
        )
        if words == query.words:
            return query
        unfinished = query.unfinished and words[-1] == query.words[-1]
        return replace(query, words=tuple(" ".join(words).split()), unfinished=unfinished)

    @cached_property
    def _lexicon(self) -> Lexicon:
        """The words of the raw texts, of as many as can be looked through while somebody waits."""
        counts: Counter[bytes] = Counter()
        until = time.perf_counter() + MOST_SECONDS
        for text in self._texts:
            counts.update(set(text.encode("ascii", "replace").translate(_SPACED).split()))
            if time.perf_counter() > until:
                break
        words = sorted(counts)
        return Lexicon([word.decode() for word in words], [counts[word] for word in words], len(self._texts))

    def _likely(self, query: Query) -> list[str]:
        """The documents that hold the most telling of the words, best first."""
        named = [word for values in query.filters.values() for value in values for word in value.casefold().split()]
        scores: dict[int, float] = {}
        for word in dict.fromkeys((*query.words, *named)):
            holding = self._with(word)
            worth = rarity(len(holding), len(self._texts))
            for at in holding:
                early = word in self._names[at] or self._texts[at].find(word, 0, HEAD) >= 0
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
            pairs = zip(self._texts, self._names, strict=True)
            found = [at for at, (text, name) in enumerate(pairs) if word in text or word in name]
            self._holding[word] = found
        return found
