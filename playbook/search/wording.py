"""What else the words of a question may stand for: their families, the library's synonyms, and everyday ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from playbook.search.engine import Term
from playbook.search.families import family
from playbook.text import tokens

if TYPE_CHECKING:
    from playbook.library.settings import Settings
    from playbook.search.engine import Lexicon

SYNONYM = 0.85  # what a word from the library's own synonyms is worth beside the word itself
EVERYDAY = 0.75  # what a word of everyday English with a near meaning is worth; asked only where the words find little
_MOST_OTHERS = 12  # of one word; what stands for everything stands for nothing
_LONGEST_PHRASE = 4  # words
_MOST_IN_A_GROUP = 100  # words that stand for each other; each is kept once for every other

Synonyms = Mapping[tuple[str, ...], Sequence[str]]


class Wording:
    """The terms of a question over one library's vocabulary and settings."""

    def __init__(self, settings: Settings, lexicon: Lexicon, *, literal: bool = False) -> None:
        """`literal` takes every word as it is: a large library that is scanned cannot be asked for ten words for one."""
        self._lexicon = lexicon
        self._literal = literal
        self._own = synonyms(settings)

    def plain(self, words: Sequence[str]) -> tuple[Term, ...]:
        """The words as they are."""
        return tuple(map(Term, words))

    def forms(self, words: Sequence[str]) -> tuple[Term, ...]:
        """Each word with its family and the library's synonyms for it."""
        return self.plain(words) if self._literal else tuple(self._term(word, wide=False) for word in words)

    def wide(self, words: Sequence[str]) -> tuple[Term, ...]:
        """Each word with everything that may stand for it; then, as terms without a word of their own, what stands for
        several of them together."""
        if self._literal:
            return self.plain(words)
        found = [self._term(word, wide=True) for word in words]
        for table, worth in ((self._own, SYNONYM), (everyday(), EVERYDAY)):
            found += [
                Term("", self._meaning(other, worth))
                for phrase in _phrases(words)
                for other in table.get(phrase, ())
                if self._known(other)
            ]
        return tuple(found)

    def replaced(self, words: Sequence[str]) -> list[tuple[str, ...]]:
        """The questions that arise when several words together are one of the library's synonyms."""
        words = tuple(words)
        found: list[tuple[str, ...]] = []
        for start in range(len(words)):
            for end in range(start + 2, min(start + _LONGEST_PHRASE, len(words)) + 1):
                for other in self._own.get(words[start:end], ()):
                    if self._known(other):
                        found.append((*words[:start], *other.split(), *words[end:]))
        return found[:4]

    def _meaning(self, other: str, worth: float) -> tuple[tuple[str, float], ...]:
        return ((other, worth), *((form, worth * part) for form, part in family(other, self._lexicon)))

    def _term(self, word: str, *, wide: bool) -> Term:
        others: dict[str, float] = dict(family(word, self._lexicon))
        tables = [(self._own, SYNONYM), (everyday(), EVERYDAY)] if wide else [(self._own, SYNONYM)]
        for table, worth in tables:
            for said in (word, *(form for form, _ in family(word, self._lexicon))):
                for other in table.get((said,), ()):
                    if other != word and self._known(other):
                        others[other] = max(others.get(other, 0.0), worth)
        best = sorted(others.items(), key=lambda pair: -pair[1])[:_MOST_OTHERS]
        return Term(word, tuple(best))

    def _known(self, other: str) -> bool:
        return all(self._lexicon.count(part) for part in other.split())


def _phrases(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [
        tuple(words[start:end])
        for start in range(len(words))
        for end in range(start + 2, min(start + _LONGEST_PHRASE, len(words)) + 1)
    ]


def synonyms(settings: Settings) -> dict[tuple[str, ...], list[str]]:
    """The library's own: what each word or phrase (folded words) may be said as; both ways and one way."""
    found: dict[tuple[str, ...], list[str]] = {}
    for word, others in settings.synonyms.items():
        _both_ways(found, [word, *others])
    for word, others in settings.one_way.items():
        key = tuple(tokens.words(word))
        if key:
            found.setdefault(key, []).extend(name for other in others if (name := " ".join(tokens.words(other))))
    return found


@cache
def everyday() -> dict[tuple[str, ...], list[str]]:
    """Words of everyday and business English with near meanings, as everyday.txt lists them."""
    found: dict[tuple[str, ...], list[str]] = {}
    text = resources.files("playbook.search").joinpath("everyday.txt").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            _both_ways(found, line.split(","))
    return found


def _both_ways(found: dict[tuple[str, ...], list[str]], names: Sequence[str]) -> None:
    folded = list(dict.fromkeys(words for name in names[:_MOST_IN_A_GROUP] if (words := tuple(tokens.words(name)))))
    for words in folded:
        found.setdefault(words, []).extend(" ".join(other) for other in folded if other != words)
