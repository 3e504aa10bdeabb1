"""A text taken apart for comparing: words, marks, and single letters where a script has no spaces."""

from __future__ import annotations

import bisect
import re
import unicodedata
from typing import NamedTuple

from playbook.text.blocks import WIDE
from playbook.text.tokens import UNSPACED

MOST_FINE, MOST_COARSE = 100_000, 300_000  # characters compared by words and marks, and by what stands between spaces
MOST_FINE_IN_ALL, MOST_PAIRS = 400_000, 4_000  # characters, and texts, of one document
MOST_CLASSES = 20_000  # characters whose class is kept
_WORD = re.compile(r"[A-Za-z0-9]+(?:(?:['_](?=[A-Za-z0-9])|(?<=[0-9])[.,:/-](?=[0-9]))[A-Za-z0-9]+)*|[^\sA-Za-z0-9]")
# The same upon letters that stand for a character each: w a letter, 0 a digit, c one of a script without spaces, m what
# belongs to the character before, z what also joins the next one, r half a flag, a ' or _, n what stands between digits.
_CLASSED = re.compile(
    "[w0][w0mz]*(?:(?:a(?=[w0])|(?<=0)n(?=0))[w0mz]+)*|c[mz]*|rr?[mz]*|[pan]m*(?:z+[pan]m*)*z*|[mz]+",
)
_SAID = re.compile(r"[^\W_]+")
_WIDE = re.compile(WIDE)
# Thai, Lao, Burmese and Khmer have no spaces between words either.
_UNSPACED_RANGES = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF))
# They belong to the letter before though no category says so; those of the second set to the digits after.
_EXTENDING = frozenset("\u0e33\u0eb3\uff9e\uff9f\u200c") | {chr(code) for code in range(0x1F3FB, 0x1F400)}
_PREPENDED = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")


class Word(NamedTuple):
    """A word or a mark, as character offsets [start, end), and what it is compared by: a space before it counts."""

    start: int
    end: int
    key: str


def is_said(word: Word) -> bool:
    """Whether it is a word, not a mark."""
    return any(map(str.isalnum, word.key))


def count_said(text: str) -> int:
    """How many words the text has, marks left aside."""
    return sum(map(is_said, words_in(text))) if len(text) <= MOST_FINE else len(_SAID.findall(text))


class _Classes(dict[int, str]):
    """The letter that stands for each character in `_CLASSED`, found out once."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if character.isspace():
            found = " "
        elif category[0] == "M" or character in _EXTENDING or 0xE0020 <= code <= 0xE007F:
            found = "m"
        elif code == 0x200D:
            found = "z"
        elif 0x1F1E6 <= code <= 0x1F1FF:
            found = "r"
        elif UNSPACED.match(character) or any(first <= code <= last for first, last in _UNSPACED_RANGES):
            found = "c"
        elif category == "Nd":
            found = "0"
        elif character.isalnum() or character in _PREPENDED:
            found = "w"
        else:
            found = "a" if character in "'’ʼ_" else "n" if character in ".,:/-" else "p"
        if len(self) < MOST_CLASSES:
            self[code] = found
        return found


_CLASSES = _Classes()


def words_in(text: str) -> list[Word]:
    """The words and marks of a text.

    Numbers and dates are one word; Chinese, Japanese and Thai are taken letter by letter. What a reader sees as one character
    is never cut.
    """
    plain = text.isascii()
    words: list[Word] = []
    before = 0  # where the last word ended; the first word counts as one with a space
    for found in _WORD.finditer(text) if plain else _CLASSED.finditer(text.translate(_CLASSES)):
        start, end = found.span()
        spaced = start != before or not start
        if spaced and start and not plain and _WIDE.match(text, before - 1) and _WIDE.match(text, start):
            spaced = False
        words.append(Word(start, end, f" {text[start:end]}" if spaced else text[start:end]))
        before = end
    return words


class Effort:
    """How closely the texts of one document are compared: by words and marks as long as that is affordable, then by what
    stands between two spaces, and at last by how they begin and end.
    """

    def __init__(self) -> None:
        self._characters = MOST_FINE_IN_ALL
        self._pairs = MOST_PAIRS

    def words(self, old: str, new: str) -> tuple[list[Word], list[Word]]:
        """The words of two texts that are compared with each other."""
        length = max(len(old), len(new))
        self._characters -= length
        self._pairs -= 1
        if length > MOST_COARSE or self._pairs < 0:
            return _ends(old, new)
        if length > MOST_FINE or self._characters < 0:
            return _coarse(old), _coarse(new)
        return words_in(old), words_in(new)


def _coarse(text: str) -> list[Word]:
    return [Word(*found.span(), f" {found.group()}") for found in re.finditer(r"\S+", text)]


def _ends(old: str, new: str) -> tuple[list[Word], list[Word]]:
    """What both texts begin with, what is in the middle of each, and what both end with, as one word each."""
    least = min(len(old), len(new))
    head = bisect.bisect_left(range(1, least + 1), True, key=lambda length: not new.startswith(old[:length]))
    head = max(old.rfind(" ", 0, head), 0)
    room = range(1, least - head + 1)
    tail = bisect.bisect_left(room, True, key=lambda length: not new.endswith(old[len(old) - length :]))
    space = old.find(" ", len(old) - tail)
    tail = len(old) - space if tail and space >= 0 else 0
    return _whole(old, head, tail), _whole(new, head, tail)


def _whole(text: str, head: int, tail: int) -> list[Word]:
    end = len(text) - tail
    runs = [(start, text[start:stop]) for start, stop in ((0, head), (head, end), (end, len(text)))]
    starts = [(start + len(run) - len(run.lstrip()), run.strip()) for start, run in runs]
    return [Word(start, start + len(run), f" {run}") for start, run in starts if run]
