"""Typing errors: what a word that the library does not know was meant to be, among the words it knows."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playbook.search.engine import Lexicon

SHORTEST = 4  # letters; a shorter word is as near to a dozen others
_TWO_SLIPS = 8  # letters from which on two slips are forgiven
_SHORTEST_PART = 2  # letters of each part of two words written as one
_ENDINGS = ("s", "es", "d", "ed", "ing", "er", "ers", "ly")
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_MOST_KEPT = 1_024  # words whose meanings are at hand
_MOST = 3  # meanings tried for one word


def meant(word: str, lexicon: Lexicon) -> tuple[str, ...]:
    """What the unknown word may stand for, likeliest first: a known word, or two with a space between; often nothing.

    A word of everyday English is no slip, whatever the library lacks. Slips are letters swapped with their neighbour,
    missing, doubled or wrong: one in words of SHORTEST letters on, two in long ones. Among equally near words the one in
    most cards comes first.
    """
    found = lexicon.meanings.get(word)
    if found is None:
        if len(lexicon.meanings) >= _MOST_KEPT:
            lexicon.meanings.clear()
        found = lexicon.meanings[word] = _meant(word, lexicon)
    return found


def _meant(word: str, lexicon: Lexicon) -> tuple[str, ...]:
    if len(word) < SHORTEST or not word.isalpha() or english(word):
        return ()
    near = _near(word, lexicon)
    parts = _parts(word, lexicon)
    # One slip is likelier than a forgotten space, and that is likelier than two slips.
    one = [found for slips, found in near if slips == 1]
    two = [found for slips, found in near if slips == 2]
    return tuple([*one, *parts, *two][:_MOST])


def english(word: str) -> bool:
    """Whether it is a word of everyday English, or one of its forms."""
    known = _english()
    if word in known:
        return True
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= SHORTEST - 1:
            if stem in known or f"{stem}e" in known or (stem[-1] == stem[-2] and stem[:-1] in known):
                return True
            if stem[-1] == "i" and f"{stem[:-1]}y" in known:
                return True
    return False


@cache
def _english() -> frozenset[str]:
    from playbook.search.wording import everyday

    text = resources.files("playbook.search").joinpath("english.txt").read_text(encoding="utf-8")
    listed = [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
    return frozenset((*listed, *(word for phrase in everyday() for word in phrase)))


def _side_by_side(one: str, other: str) -> bool:
    """Whether the letters' keys touch: of two rows the lower one is shifted by half a key."""
    found = sorted((at, row.find(letter)) for letter in (one, other) for at, row in enumerate(_KEYS) if letter in row)
    if len(found) != 2:
        return False
    (upper, first), (lower, second) = found
    return abs(first - second) == 1 if upper == lower else lower - upper == 1 and second - first in (-1, 0)


def near(found: str, word: str) -> bool:
    """Whether only one slip lies between them, or a forgotten space."""
    from rapidfuzz.distance import OSA

    return found.replace(" ", "") == word or OSA.distance(found, word) <= 1


def _near(word: str, lexicon: Lexicon) -> list[tuple[int, str]]:
    # Compiled, for a library of 50,000 cards knows 200,000 words; imported when somebody first slips.
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    most = 2 if len(word) >= _TWO_SLIPS else 1
    found = process.extract(word, lexicon.words, scorer=OSA.distance, score_cutoff=most, limit=50)
    rows = []
    for name, slips, at in found:
        # The first letter is seldom wrong, and a word that stands in one card may be a slip itself.
        likely = lexicon.counts[at] * (1.0 if name[0] == word[0] else 0.2)
        if len(word) == SHORTEST and sorted(name) != sorted(word):
            continue  # of so short a word only swapped letters are sure enough
        if slips and name[1:] == word[1:] and len(word) < _TWO_SLIPS and not _side_by_side(name[0], word[0]):
            continue  # another first letter makes another word, unless the finger only missed its key
        if slips and len(name) > _SHORTEST_PART and not name.isdigit():
            rows.append((int(slips), -likely, name))
    return [(slips, name) for slips, _, name in sorted(rows)]


def _parts(word: str, lexicon: Lexicon) -> list[str]:
    """Two known words written as one; the pair whose rarer word is in most cards first."""
    found = []
    for at in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
        first, second = lexicon.count(word[:at]), lexicon.count(word[at:])
        # Two letters may be anything; only words as common as `it` and `on` are believed.
        few = 1 if min(at, len(word) - at) > _SHORTEST_PART else 3
        if min(first, second) >= few:
            found.append((-min(first, second), f"{word[:at]} {word[at:]}"))
    return [pair for _, pair in sorted(found)[:1]]
