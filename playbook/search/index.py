"""The one door to search: opens the index that fits the snapshot, else scans it, and gives ranked results."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from playbook.search import engines
from playbook.search.asked import Asked
from playbook.search.engine import CANDIDATES, SHORT_PREFIX, Engine, Plan, Term
from playbook.search.facets import Facets
from playbook.search.generations import index_dir, load, read_current
from playbook.search.index_files import IndexDamaged
from playbook.search.query import Query, parse_query, without_signs
from playbook.search.ranking import TEXTS, Hit, Ranker, sure
from playbook.search.rivals import Rivals
from playbook.search.scan import ScanEngine
from playbook.search.wording import Wording

if TYPE_CHECKING:
    from playbook.library.card import Card
    from playbook.library.snapshot import Snapshot
    from playbook.store.managed import Library

MOST_SCANNED = 2_000  # cards up to which also a scan looks for what stands for the words
STANDS_FOR = 0.8  # what it is worth to hold another form or a synonym of every word
MOST_OF_IT = 0.5  # of what the question's words tell: a title or alias that says so much of it is worth a look
_MOST_TRIES = 6  # questions tried for one with typing errors
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
    absent: tuple[str, ...] = ()
    """One sentence for each competitor, product or folder, asked for or pinned, that no card has."""
    corrected: str = ""
    """The words that were searched for instead, where those typed are known nowhere."""


class Found(NamedTuple):
    """The hits of one question, how many cards were candidates, and the words that were looked for instead."""

    hits: list[Hit]
    total: int
    corrected: tuple[str, ...] = ()


class Searcher:
    """Answers questions over one snapshot, one thread at a time; `refresh` takes up an index finished meanwhile."""

    def __init__(self, library: Library | None, snapshot: Snapshot, *, spawn: bool = True) -> None:
        self.library = library
        self.snapshot = snapshot
        self._spawn = spawn
        self._facets = Facets(snapshot)
        self._rivals = Rivals(snapshot, self._facets)
        self._ranker = Ranker(snapshot)
        self._cards = {card.id: card for card in snapshot.cards}
        self._worded: tuple[Engine, Wording] | None = None
        self._engine: Engine = ScanEngine(snapshot)
        self.refresh()

    @property
    def _wording(self) -> Wording:
        # An engine's words are known once it is first asked; another engine is another Wording.
        if self._worded is None or self._worded[0] is not self._engine:
            literal = self._engine.name == "scan" and len(self._cards) > MOST_SCANNED
            self._worded = (
                self._engine,
                Wording(self.snapshot.settings, self._engine.lexicon(), literal=literal),
            )
        return self._worded[1]

    @property
    def engine(self) -> str:
        """Which engine answers now: `whoosh`, `tantivy` or `scan`."""
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
                self._engine = engines.opened(current.engine, place / current.folder, load(place, current))
            except IndexDamaged:
                continue
            return True
        if self._spawn:
            from playbook.search.indexer import ensure_index

            ensure_index(self.library, self.snapshot.commit)
        return False

    def tells(self, word: str) -> float:
        """How much a word tells in this library."""
        return self._engine.rarity(word)

    def warm(self, stopped: Callable[[], bool]) -> None:
        """Have at hand what the first questions would else wait for, in short steps beside whoever types; any thread."""
        cards = self.snapshot.cards[:TEXTS]
        self._rivals.warm()
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
        barren = [facet for facet in ("stage", "persona") if facet in query.filters and not self._facets.known(facet)]
        if barren:
            signless = without_signs(query.text + " " * (not query.unfinished), barren)
            if signless.rstrip() != query.text:
                kept = {facet: values for facet, values in query.filters.items() if facet not in barren}
                query = parse_query(signless, filters=kept, context=query.context, correct=query.correct)
        unknown = tuple(self._facets.unknown(query.filters)) + tuple(self._facets.unknown(query.context))
        allowed = self._facets.allowed(query.filters)
        # Looking through the folders of every card is only worth it where no card is left.
        named = {facet: values for facet, values in query.filters.items() if not allowed or facet != "folder"}
        absent = (*self._facets.absent(named), *self._facets.absent(query.context))
        hits: list[Hit] = []
        total = 0
        corrected = ""
        if query.words:
            hits, total, words = self._find(query, allowed, today, limit)
            corrected = " ".join(words)
        elif allowed is not None:
            hits, total = self._browse(allowed, today)[:limit], len(allowed)
        took = (time.perf_counter() - started) * 1000
        return Results(query, tuple(hits), total, round(took, 2), self._engine.name, unknown, absent, corrected)

    def _find(self, query: Query, allowed: set[str] | None, today: date, limit: int) -> Found:
        words = tuple(dict.fromkeys(query.finished))
        found = self._every_word(words, query.prefix, allowed)
        for said in self._wording.replaced((*words, query.prefix) if query.prefix else words):
            found = {
                name: (score, STANDS_FOR) for name, (score, _) in self._every_word(said, "", allowed).items()
            } | found
        corrected: tuple[str, ...] = ()
        if not found and query.correct:
            corrected, found = self._corrected(query, allowed)
        asked_words, prefix = (corrected, "") if corrected else (words, query.prefix)
        wording = self._wording
        terms, unfinished = wording.forms(asked_words), self._unfinished(prefix)
        complete = {name: worth for name, (_, worth) in found.items()}
        scores = {name: score for name, (score, _) in found.items()}
        # A single word that is known, however rare, is answered by what holds it, alone.
        if len(found) < FEW and (not found or len(asked_words) + bool(prefix) > 1):
            wide = wording.wide(self._telling((*asked_words, prefix) if prefix else asked_words))
            some = self._engine.candidates(Plan(wide, require_all=False), CANDIDATES, allowed)
            if not some:
                # What tells most is known nowhere; then what stands in many cards is better than nothing.
                wide = wording.forms((*asked_words, prefix) if prefix else asked_words)
                some = self._engine.candidates(Plan(wide, require_all=False), CANDIDATES, allowed)
            scores = {**dict(some), **scores}
            of = {term.word: term for term in wide}
            unsaid = tuple(term for term in wide if not term.word)
            known = self._engine.lexicon().count
            terms = tuple(
                of.get(word, Term(word)) for word in asked_words if of.get(word, Term("")).others or known(word)
            )
            terms += unsaid
            for one, tried in self._joined(query.words):
                more = self._every_word(tried, "", allowed)
                complete = dict.fromkeys(more, STANDS_FOR) | complete
                scores = {name: score for name, (score, _) in more.items()} | scores
                terms += (Term("", ((one, STANDS_FOR),)),)
            unfinished = of.get(prefix, Term(prefix))
        cards = self._cards
        pairs = [(cards[name], score) for name, score in scores.items() if name in cards]
        phrase = " ".join(corrected or query.words)
        asked = Asked.of(terms, unfinished, phrase, self._engine.lexicon())
        context = {
            facet: fitting
            for facet, values in query.context.items()
            if (fitting := self._facets.allowed({facet: values}))
        }
        sides = self._rivals.about(phrase.split(), query.context.get("competitor", ()), self._engine.lexicon())
        rank = partial(self._ranker.rank, asked, today=today, complete=complete, context=context, sides=sides)
        hits = rank(pairs, limit=limit)
        if len(found) >= FEW and len(asked.words) > 1 and hits and not sure(hits[0]):
            told = set(self._telling(asked_words)) if asked_words else ()
            plan = Plan(tuple(term for term in terms if term.word in told), unfinished, require_all=False)
            named = self._named(asked, plan, scores, allowed)
            if named:
                pairs += named
                hits = rank(pairs, limit=limit)
        return Found(hits, len(pairs), corrected)

    def _named(
        self, asked: Asked, plan: Plan, found: Collection[str], allowed: set[str] | None
    ) -> list[tuple[Card, float]]:
        """The cards whose title or aliases say most of the question, though a word of it stands nowhere in them."""
        if self._engine.name == "scan" and len(self._cards) > MOST_SCANNED:
            return []
        some = self._engine.candidates(plan, CANDIDATES, allowed)
        others = [(self._cards[name], score) for name, score in some if name not in found and name in self._cards]
        return [(card, score) for card, score in others if self._ranker.named(card, asked) >= MOST_OF_IT]

    def _telling(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """The words that do not stand in every other card; all of them when there are no others."""
        lexicon = self._engine.lexicon()
        common = lexicon.common
        return tuple(word for word in words if lexicon.rarity(word) >= common) or words

    def _every_word(
        self, words: tuple[str, ...], prefix: str, allowed: set[str] | None
    ) -> dict[str, tuple[float, float]]:
        """The cards that hold every telling word, or what stands for it: the engine's score, and what holding them is
        worth. Words that stand in every other card are not asked of any."""
        engine, wording = self._engine, self._wording
        if words:
            words = self._telling(words)
        plan = Plan(wording.plain(words), Term(prefix))
        found = engine.candidates(plan, CANDIDATES, allowed)
        if not words and 0 < len(prefix) <= 2 and not found:
            found = engine.candidates(Plan((Term(prefix),)), CANDIDATES, allowed)
        exact = {name: (score, 1.0) for name, score in found}
        more = Plan(wording.forms(words), self._unfinished(prefix))
        if len(exact) >= CANDIDATES or more == plan:
            return exact
        formed = engine.candidates(more, CANDIDATES, allowed)
        return {name: (score, STANDS_FOR) for name, score in formed} | exact

    def _unfinished(self, prefix: str) -> Term:
        """The word being typed; once it is a word, its family and synonyms are looked for too."""
        if len(prefix) > SHORT_PREFIX and self._engine.lexicon().count(prefix):
            return self._wording.forms((prefix,))[0]
        return Term(prefix)

    def _joined(self, words: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
        """The words that two neighbours make together (`spread sheet`), each with the question it makes."""
        lexicon = self._engine.lexicon()
        pairs = [(at, words[at] + words[at + 1]) for at in range(len(words) - 1)]
        return [
            (one, (*words[:at], one, *words[at + 2 :]))
            for at, one in pairs
            if len(one) > SHORT_PREFIX and lexicon.count(one)
        ]

    def _corrected(
        self, query: Query, allowed: set[str] | None
    ) -> tuple[tuple[str, ...], dict[str, tuple[float, float]]]:
        """The question with its unknown words as they were meant, if that finds anything."""
        from playbook.search.spelling import meant, near

        lexicon = self._engine.lexicon()
        words = tuple(dict.fromkeys(query.words))
        tries = [tried for _, tried in self._joined(query.words)]
        wide = self._wording.wide(words)
        # What stands for several words together is no error of any of them.
        said = len(wide) > len(words)
        known = [said or bool(lexicon.count(term.word) or term.others) for term in wide[: len(words)]]
        choices = [
            (word,) if right else (meant(word, lexicon) or (word,)) for word, right in zip(words, known, strict=True)
        ]
        if any(choice[0] != word for choice, word in zip(choices, words, strict=True)):
            # The product of many words' meanings has no end: only as many are made as are asked.
            likely = itertools.islice(itertools.product(*choices), _MOST_TRIES)
            tries += [tuple(" ".join(picked).split()) for picked in likely]
        for tried in tries[:_MOST_TRIES]:
            found = self._every_word(tried, "", allowed)
            if found:
                return tried, found
        # Not all at once in any card: a likely meaning still says more than letters nobody knows.
        likeliest = tuple(
            " ".join(
                choice[0] if near(choice[0], word) else word for choice, word in zip(choices, words, strict=True)
            ).split()
        )
        return (likeliest if likeliest != words else ()), {}

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
