"""Words as search sees them: one tokeniser for what is indexed and what is typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+(?:['’ʼ][^\W_]+)*")
_APOSTROPHES = str.maketrans("", "", "'’ʼ")


class Token(NamedTuple):
    """A folded word and where it stands in the text, as character offsets [start, end)."""

    text: str
    start: int
    end: int


def fold(text: str) -> str:
    """Lower case, without accents and apostrophes: `Café` and `cafe`, `don’t` and `dont` are one word."""
    if text.isascii():
        return text.lower().translate(_APOSTROPHES) if "'" in text else text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_APOSTROPHES)


def tokens(text: str) -> Iterator[Token]:
    """Every word of the text in order, folded; no stop words are dropped ("not now" is a whole question)."""
    for found in _WORD.finditer(text):
        yield Token(fold(found.group()), found.start(), found.end())


def words(text: str) -> list[str]:
    """The folded words of the text in order."""
    return [fold(word) for word in _WORD.findall(text)]


def count_words(text: str) -> int:
    """How many words a person would say aloud."""
    return sum(1 for _ in _WORD.finditer(text))
