"""Search without an index: every card's folded words in memory, looked through by substring; slower, never wrong."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING

from playbook.search.engine import CANDIDATES, TITLE_PREFIX, Lexicon, Plan, rarity
from playbook.search.entries import entry

if TYPE_CHECKING:
    from playbook.library.snapshot import Snapshot


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
        words = list(dict.fromkeys(plan.words))
        if not words and not plan.prefix:
            return []
        self._read()
        titles_only = not words and 0 < len(plan.prefix) <= TITLE_PREFIX
        needles = [f" {word} " for word in words] + ([f" {plan.prefix}"] if plan.prefix else [])
        within = set(allowed) if allowed is not None else None
        found: list[tuple[float, int]] = []
        weights = [self._weigh(needle, titles_only) for needle in needles]
        for at, head in enumerate(self._heads):
            body = "" if titles_only else self._bodies[at]
            score = 0.0
            for needle, weight in zip(needles, weights, strict=True):
                if needle in head:
                    score += weight * 2
                elif needle in body:
                    score += weight * (1 + min(body.count(needle), 8) / 16)
                elif plan.require_all:
                    score = 0.0
                    break
            if score and (within is None or self._ids[at] in within):
                found.append((score, -at))
        return [(self._ids[-at], score) for score, at in heapq.nlargest(limit, found)]

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
