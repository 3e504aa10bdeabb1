"""The question as it is looked for in lines of folded words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from playbook.search.engine import Lexicon, Term


class Word(NamedTuple):
    """A word of the question as it is looked for: ` word ` or, while it is typed, ` wor`, then what may stand for it, each
    with its worth; and how much the word tells."""

    needles: tuple[tuple[str, float], ...]
    weight: float


class Asked(NamedTuple):
    """The question as it is looked for in lines of folded words; `sought` is the phrase as it stands in a line, `telling`
    the words without those that stand in nearly every card."""

    words: tuple[Word, ...]
    telling: tuple[Word, ...]
    total: float
    phrase: str
    sought: str

    @classmethod
    def of(cls, words: Sequence[Term], prefix: Term, phrase: str, lexicon: Lexicon) -> Asked:
        """`words` are finished, `prefix` is the one being typed (an empty one for none); `phrase` all as typed."""
        rarity_of, common = lexicon.rarity, lexicon.common
        found = [_word(f" {term.word} ", term, rarity_of) for term in words]
        if prefix.word:
            # A beginning tells less the shorter it is: `p` may become anything.
            word = _word(f" {prefix.word}", prefix, rarity_of)
            found.append(word._replace(weight=word.weight * min(len(prefix.word), 4) / 4))
        sought = f" {phrase}" if prefix.word else f" {phrase} "
        telling = tuple(word for word in found if word.weight >= common) or tuple(found)
        return cls(tuple(found), telling, sum(word.weight for word in found) or 1.0, phrase, sought)


def _word(needle: str, term: Term, rarity_of: Callable[[str], float]) -> Word:
    others = tuple((f" {other} ", worth) for other, worth in term.others)
    if not term.word:
        best, worth = max(term.others, key=lambda pair: pair[1])
        return Word(others, min(map(rarity_of, best.split())) * worth)
    return Word(((needle, 1.0), *others), rarity_of(term.word))
