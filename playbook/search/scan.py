"""Search without an index: every card's folded words in memory, looked through by substring; slower, never wrong."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING

from playbook.search.engine import CANDIDATES, TITLE_PREFIX, Lexicon, Plan, Term, rarity
from playbook.search.entries import entry

if TYPE_CHECKING:
    from playbook.library.snapshot import Snapshot


def _score(parts: tuple[str, ...], weight: float, head: str, body: str) -> float:
    score = 0.0
    for part in parts:
        if part in head:
            score = max(score, weight * 2)
        elif part in body:
            score = max(score, weight * (1 + min(body.count(part), 8) / 16))
        else:
            return 0.0
    return score


class ScanEngine:
    """Answers from the snapshot itself; the texts are read when the first question comes."""

    name = "scan"

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._ids: list[str] = []
        self._heads: list[str] = []
        self._bodies: list[str] = []
        self._counts: dict[str, int] = {}
        self._lexicon: Lexicon | None = None

    def candidates(
        self, plan: Plan, limit: int = CANDIDATES, allowed: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """See Engine.candidates; the score is the rarity of the words found, more of those in title or alias."""
        if not plan.words and not plan.prefix.word:
            return []
        self._read()
        titles_only = plan.alone and len(plan.prefix.word) <= TITLE_PREFIX
        looked = [self._needles(f" {term.word} ", term, titles_only) for term in dict.fromkeys(plan.words)]
        if plan.prefix.word:
            looked.append(self._needles(f" {plan.prefix.word}", plan.prefix, titles_only))
        within = set(allowed) if allowed is not None else None
        found: list[tuple[float, int]] = []
        for at, head in enumerate(self._heads):
            if within is not None and self._ids[at] not in within:
                continue
            body = "" if titles_only else self._bodies[at]
            total = 0.0
            for needles in looked:
                score = max((_score(parts, weight, head, body) for parts, weight in needles), default=0.0)
                if not score and plan.require_all:
                    total = 0.0
                    break
                total += score
            if total:
                found.append((total, -at))
        return [(self._ids[-at], score) for score, at in heapq.nlargest(limit, found)]

    def _needles(self, needle: str, term: Term, titles_only: bool) -> list[tuple[tuple[str, ...], float]]:
        """What is looked for in the lines: the word, then what may stand for it, each with its weight."""
        found: list[tuple[tuple[str, ...], float]] = [((needle,), self._weigh(needle, titles_only))]
        for other, worth in term.others:
            parts = tuple(f" {word} " for word in other.split())
            found.append((parts, worth * min(self._weigh(part, titles_only) for part in parts)))
        return found

    def rarity(self, word: str) -> float:
        """See Engine.rarity."""
        self._read()
        return rarity(self._count(f" {word} "), len(self._ids))

    def lexicon(self) -> Lexicon:
        """See Engine.lexicon; made when first asked for, from every text."""
        if self._lexicon is None:
            self._read()
            counts: Counter[str] = Counter()
            for head, body in zip(self._heads, self._bodies, strict=True):
                counts.update(set(head.split()) | set(body.split()))
            words = sorted(counts)
            self._lexicon = Lexicon(words, [counts[word] for word in words], len(self._ids))
        return self._lexicon

    def _weigh(self, needle: str, titles_only: bool) -> float:
        return 1.0 if titles_only else rarity(self._count(needle), len(self._ids))

    def _count(self, needle: str) -> int:
        count = self._counts.get(needle)
        if count is None:
            if len(self._counts) > 4096:
                self._counts.clear()
            count = sum(needle in body or needle in head for head, body in zip(self._heads, self._bodies, strict=True))
            self._counts[needle] = count
        return count

    def _read(self) -> None:
        if self._ids:
            return
        ids, heads, bodies = [], [], []
        for card, text in self._snapshot.texts():
            found = entry(card, text)
            ids.append(card.id)
            heads.append(f" {' '.join(found.title)} | {' '.join(found.aliases)} ")
            bodies.append(f" {' '.join(found.headings)} {' '.join(found.page)} {' '.join(found.body)} ")
        self._ids, self._heads, self._bodies = ids, heads, bodies
