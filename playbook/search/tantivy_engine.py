"""The engine for large libraries: Tantivy finds and scores by BM25; needs the extra `[tantivy]`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from playbook.search.engine import CANDIDATES, SHORT_PREFIX, TITLE_PREFIX, Lexicon, Plan, Term
from playbook.search.index_files import CARDS_FILE, WORDS_FILE, IndexDamaged, Marks, Vocabulary, read

_SMALL = 3_000  # cards of a filter up to which Tantivy is given their numbers; beyond, its hits are looked through
_DEEPER = 8  # times as many hits are asked for when too few of them pass a large filter


class TantivyEngine:
    """One state of the index, answering until it is dropped, also when its folder is removed meanwhile."""

    name = "tantivy"

    def __init__(self, folder: Path, files: Mapping[str, bytes]) -> None:
        """`folder` holds an index already checked to be what was written; `files` its cards and words. Raises IndexDamaged."""
        from tantivy import Index

        marks = read(files[CARDS_FILE], Marks)
        vocabulary = read(files[WORDS_FILE], Vocabulary)
        try:
            index = Index.open(str(folder))
            self._schema = index.schema
            self._searcher: Any = index.searcher()
        except (ValueError, OSError) as error:
            raise IndexDamaged(f"The search index cannot be read ({error}); it is built anew") from error
        self._lexicon = Lexicon(vocabulary.words, vocabulary.counts, vocabulary.cards)
        self._ids = marks.ids

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self._ids) if name}

    def candidates(
        self, plan: Plan, limit: int = CANDIDATES, allowed: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """See Engine.candidates."""
        from tantivy import Occur, Query

        asked = self._asked(plan)
        if not asked or (allowed is not None and not allowed):
            return []
        occur = Occur.Must if plan.require_all else Occur.Should
        parts = [(occur, part) for part in asked]
        if allowed is not None and len(allowed) <= _SMALL:
            numbers = [self._numbers[name] for name in allowed if name in self._numbers]
            within = Query.const_score_query(Query.term_set_query(self._schema, "number", numbers), 0.0)
            parts = [(Occur.Must, Query.boolean_query(parts)), (Occur.Must, within)]
            allowed = None
        query = Query.boolean_query(parts)
        wanted = limit
        while True:
            hits = self._searcher.search(query, wanted, count=False).hits
            numbers = self._searcher.fast_field_values("number", [address for _, address in hits])
            found = [(self._ids[number], score) for (score, _), number in zip(hits, numbers, strict=True)]
            if allowed is not None:
                within_all = allowed if isinstance(allowed, (set, frozenset, dict)) else set(allowed)
                found = [pair for pair in found if pair[0] in within_all]
            if allowed is None or len(found) >= limit or len(hits) < wanted:
                # Tantivy breaks ties by its own order, which differs from build to build.
                return sorted((pair for pair in found if pair[0]), key=lambda pair: (-pair[1], pair[0]))[:limit]
            wanted *= _DEEPER

    def rarity(self, word: str) -> float:
        """See Engine.rarity."""
        return self._lexicon.rarity(word)

    def lexicon(self) -> Lexicon:
        """See Engine.lexicon."""
        return self._lexicon

    def _asked(self, plan: Plan) -> list[Any]:
        asked = [self._term(term) for term in dict.fromkeys(plan.words)]
        # As in the other engine: one or two letters beside whole words would only add noise to cards with none of them.
        short = len(plan.prefix.word) <= TITLE_PREFIX
        if plan.prefix.word and (plan.require_all or plan.alone or not short):
            asked.append(self._any([*self._prefix(plan.prefix.word, alone=plan.alone), *self._others(plan.prefix)]))
        return asked

    def _term(self, term: Term) -> Any:
        return self._any([*([self._word("all", term.word)] if term.word else []), *self._others(term)])

    def _others(self, term: Term) -> list[Any]:
        from tantivy import Occur, Query

        found = []
        for other, worth in term.others:
            words = [self._word("all", word) for word in other.split()]
            query = words[0] if len(words) == 1 else Query.boolean_query([(Occur.Must, word) for word in words])
            found.append(Query.boost_query(query, worth))
        return found

    def _prefix(self, prefix: str, *, alone: bool) -> list[Any]:
        if len(prefix) <= SHORT_PREFIX:
            return [self._word("tpre" if alone and len(prefix) <= TITLE_PREFIX else "pre", prefix)]
        return [self._word("all", word) for word in self._lexicon.expand(prefix)]

    def _word(self, field: str, word: str) -> Any:
        from tantivy import Query

        return Query.term_query(self._schema, field, word, index_option="freq")

    def _any(self, queries: list[Any]) -> Any:
        from tantivy import Query

        if not queries:
            return Query.empty_query()
        return queries[0] if len(queries) == 1 else Query.disjunction_max_query(queries)
