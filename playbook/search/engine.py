"""What every engine offers: build, update and candidates; how the candidates are ordered is not its business."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from playbook.library.card import Card

Progress = Callable[[str, int, int], None]
"""Called with the phase, how much is done, and how much there is (0: not known)."""

CANDIDATES = 200
COMMON = (
    0.37  # of the rarest word's weight: in 200 cards a word in every fifth is common, in 30,000 one in every fiftieth
)
EXPANSIONS = (
    6  # a longer unfinished word stands for its six most frequent continuations; more cost time and change little
)
SHORT_PREFIX = 3  # prefixes up to this length are indexed themselves
TITLE_PREFIX = 2  # alone and up to this length, a prefix is looked for in titles and aliases only


class Term(NamedTuple):
    """A folded word that is looked for, and what may stand for it: other words, or several with spaces between of which
    all must be there, each with its worth (below 1)."""

    word: str
    others: tuple[tuple[str, float], ...] = ()


NO_TERM = Term("")


@dataclass(frozen=True)
class Plan:
    """What to look for: finished `words`, the unfinished `prefix` (an empty word for none), and whether every one of
    them must be there."""

    words: tuple[Term, ...]
    prefix: Term = NO_TERM
    require_all: bool = True

    @property
    def alone(self) -> bool:
        """Whether the word being typed is all there is."""
        return bool(self.prefix.word) and not self.words


def terms(*words: str) -> tuple[Term, ...]:
    """The words as they are, with nothing that may stand for them."""
    return tuple(Term(word) for word in words)


class Lexicon:
    """The library's vocabulary: sorted words and in how many cards each stands. Deleted cards may still be counted."""

    def __init__(self, words: list[str], counts: list[int], cards: int) -> None:
        self.words = words
        self.counts = counts
        self.cards = cards
        # Found out once for these words, and gone with them.
        self.families: dict[str, tuple[tuple[str, float], ...]] = {}
        self.meanings: dict[str, tuple[str, ...]] = {}

    def count(self, word: str) -> int:
        """In how many cards the word stands."""
        at = bisect_left(self.words, word)
        return self.counts[at] if at < len(self.words) and self.words[at] == word else 0

    def expand(self, prefix: str, limit: int = EXPANSIONS) -> list[str]:
        """The most frequent words that begin so, and the prefix itself first when it is a word."""
        first = bisect_left(self.words, prefix)
        last = bisect_left(self.words, prefix + "\U0010ffff", first)
        longer = range(first + 1 if first < last and self.words[first] == prefix else first, last)
        best = sorted(longer, key=self.counts.__getitem__, reverse=True)[:limit]
        return [*([prefix] if longer.start != first else []), *(self.words[at] for at in best)]

    @property
    def common(self) -> float:
        """How much a word tells at most that need not be there: a third of what the rarest tells."""
        return COMMON * rarity(0, self.cards)

    def rarity(self, word: str) -> float:
        """How much a word tells, from about 0.2 (in every card) upward: log(1 + cards / cards with it)."""
        return rarity(self.count(word), self.cards)


def rarity(count: int, cards: int) -> float:
    """Inverse document frequency, damped so that a word of every card still tells a little."""
    return math.log(1.2 + max(cards, 1) / (count + 1))


class Engine(Protocol):
    """Answers with candidates for one state of a library."""

    name: str

    def candidates(
        self, plan: Plan, limit: int = CANDIDATES, allowed: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """The ids and engine scores (greater is better, best first) of at most `limit` cards, of `allowed` only."""
        ...

    def rarity(self, word: str) -> float:
        """How much the word tells in this library."""
        ...

    def lexicon(self) -> Lexicon:
        """The words of the library."""
        ...


class Builder(Protocol):
    """Writes an engine's files into a folder of their own."""

    def build(
        self, cards: Iterable[tuple[Card, str]], folder: Path, *, total: int = 0, progress: Progress | None = None
    ) -> None:
        """Index every card with its text into the empty folder."""
        ...

    def update(self, folder: Path, changed: Iterable[tuple[Card, str]], removed: Collection[str]) -> None:
        """Bring the index in the folder up to date: changed or new cards with their text, and ids that are gone."""
        ...
