"""The default engine: Whoosh holds the postings; they are read once into memory, and scored here by BM25."""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import Any

from playbook.search.engine import CANDIDATES, SHORT_PREFIX, TITLE_PREFIX, Lexicon, Plan, Term, rarity
from playbook.search.index_files import CARDS_FILE, WORDS_FILE, IndexDamaged, Marks, Vocabulary, read
from playbook.search.whoosh_builder import INDEX_NAME, numbers

_K1, _B = 1.2, 0.6  # BM25; less length normalisation than usual, because short cards are not better cards
_EXPANDED = 0.8  # what a longer word counts for when its beginning was typed
_POSTINGS = 300_000  # numbers kept, of the words asked for last: about 20 MB


class WhooshEngine:
    """One state of the index, answering until it is dropped; it holds no file open and needs none again.

    Whoosh's own searching takes 2 to 5 times as long as this, which keeps a word's postings once they are read: while
    somebody types, each question is nearly the one before.
    """

    name = "whoosh"

    def __init__(self, files: Mapping[str, bytes]) -> None:
        """`files` are the index's files by name, already checked to be the ones that were written. Raises IndexDamaged.

        From memory, because Whoosh maps its files: one cut short while it is mapped would end the process.
        """
        from whoosh.filedb.filestore import RamStorage

        marks = read(files[CARDS_FILE], Marks)
        vocabulary = read(files[WORDS_FILE], Vocabulary)
        storage = RamStorage()
        storage.files.update({name: data for name, data in files.items() if name not in (CARDS_FILE, WORDS_FILE)})
        try:
            self._reader: Any = storage.open_index(indexname=INDEX_NAME).reader()
        except Exception as error:  # Whoosh raises whatever its parts raise
            raise IndexDamaged(f"The search index cannot be read ({type(error).__name__}); it is built anew") from error
        self._lexicon = Lexicon(vocabulary.words, vocabulary.counts, vocabulary.cards)
        order = numbers(self._reader)
        try:
            self._ids = [marks.ids[number] for number in order]
            lengths = [marks.lengths[number] for number in order]
        except IndexError as error:
            raise IndexDamaged("The search index and its list of cards differ; it is built anew") from error
        mean = sum(lengths) / len(lengths) if lengths else 1.0
        self._norms = [_K1 * (1 - _B + _B * length / mean) for length in lengths]
        self._postings: OrderedDict[tuple[str, str], dict[int, float]] = OrderedDict()
        self._held = 0

    def candidates(
        self, plan: Plan, limit: int = CANDIDATES, allowed: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """See Engine.candidates."""
        if allowed is not None and not allowed:
            return []
        found = self._all(plan) if plan.require_all else self._some(plan)
        ids = self._ids
        if allowed is not None:
            within = allowed if isinstance(allowed, (set, frozenset, dict)) else set(allowed)
            found = {docnum: score for docnum, score in found.items() if ids[docnum] in within}
        best = heapq.nlargest(limit, found.items(), key=_score) if len(found) > limit else list(found.items())
        return [(ids[docnum], score) for docnum, score in sorted(best, key=lambda pair: (-pair[1], pair[0]))]

    def rarity(self, word: str) -> float:
        """See Engine.rarity."""
        return self._lexicon.rarity(word)

    def lexicon(self) -> Lexicon:
        """See Engine.lexicon."""
        return self._lexicon

    def _all(self, plan: Plan) -> dict[int, float]:
        lists = []
        for term in dict.fromkeys(plan.words):
            found = self._term(term)
            if not found:
                return {}
            lists.append(found)
        if plan.prefix.word:
            lists.append(self._unfinished(plan))
        lists.sort(key=len)
        found = lists[0] if lists else {}
        for other in lists[1:]:
            if not found:
                break
            found = {docnum: score + other[docnum] for docnum, score in found.items() if docnum in other}
        return found

    def _some(self, plan: Plan) -> dict[int, float]:
        lists = [self._term(term) for term in dict.fromkeys(plan.words)]
        # One or two letters beside whole words would only add noise to cards that hold none of them.
        if plan.prefix.word and (len(plan.prefix.word) > TITLE_PREFIX or plan.alone):
            lists.append(self._unfinished(plan))
        lists.sort(key=len, reverse=True)
        found = dict(lists[0]) if lists else {}
        for other in lists[1:]:
            for docnum, score in other.items():
                found[docnum] = found.get(docnum, 0.0) + score
        return found

    def _unfinished(self, plan: Plan) -> dict[int, float]:
        return self._joined("unfinished", self._prefix(plan.prefix.word, alone=plan.alone), plan.prefix)

    def _term(self, term: Term) -> dict[int, float]:
        return self._joined("finished", self._word(term.word), term)

    def _joined(self, how: str, found: dict[int, float], term: Term) -> dict[int, float]:
        """With the documents that hold something that may stand for the word, for what that is worth."""
        if not term.others:
            return found
        key = (how, repr(term))
        kept = self._postings.get(key)
        if kept is not None:
            return kept
        joined = dict(found)
        for other, worth in term.others:
            for docnum, score in self._phrase(other).items():
                if score * worth > joined.get(docnum, 0.0):
                    joined[docnum] = score * worth
        self._keep(key, joined)
        return joined

    def _phrase(self, words: str) -> dict[int, float]:
        """The documents that hold all of the words, scored by the one that tells least."""
        lists = sorted((self._word(word) for word in words.split()), key=len)
        found = lists[0] if lists else {}
        for other in lists[1:]:
            found = {docnum: min(score, other[docnum]) for docnum, score in found.items() if docnum in other}
        return found

    def _prefix(self, prefix: str, *, alone: bool) -> dict[int, float]:
        if len(prefix) <= SHORT_PREFIX:
            return self._read("tpre" if alone and len(prefix) <= TITLE_PREFIX else "pre", prefix)
        expanded = self._lexicon.expand(prefix)
        lists = sorted((self._word(word) for word in expanded), key=len, reverse=True)
        if len(lists) == 1:
            return lists[0]
        found: dict[int, float] = {}
        for postings in lists:
            for docnum, score in postings.items():
                if score > found.get(docnum, 0.0):
                    found[docnum] = score
        return found

    def _word(self, word: str) -> dict[int, float]:
        return self._read("all", word)

    def _read(self, field: str, word: str) -> dict[int, float]:
        """The score of every document with the word, for that word."""
        key = (field, word)
        found = self._postings.get(key)
        if found is not None:
            self._postings.move_to_end(key)
            return found
        found = {}
        norms = self._norms
        for leaf, offset in self._reader.leaf_readers():
            if key in leaf:
                matcher = leaf.postings(field, word)
                while matcher.is_active():
                    docnum = matcher.id() + offset
                    weight = matcher.weight()
                    found[docnum] = weight / (weight + norms[docnum])
                    matcher.next()
        tells = rarity(len(found), self._lexicon.cards) * (_K1 + 1)
        for docnum in found:
            found[docnum] *= tells
        self._keep(key, found)
        return found

    def _keep(self, key: tuple[str, str], found: dict[int, float]) -> None:
        self._postings[key] = found
        self._held += len(found)
        while self._held > _POSTINGS and len(self._postings) > 1:
            _, dropped = self._postings.popitem(last=False)
            self._held -= len(dropped)


def _score(pair: tuple[int, float]) -> float:
    return pair[1]
