"""Words as search sees them: one tokeniser for what is indexed and what is typed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+(?:['’ʼ][^\W_]+)*")
# Han, Hiragana and Katakana: the scripts without spaces between words that handbooks are written in.
_SCRIPTS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003134f"
UNSPACED = re.compile(f"[{_SCRIPTS}]")
_WORD_OR_UNSPACED = re.compile(rf"[{_SCRIPTS}]+|(?:(?![{_SCRIPTS}])[^\W_])+(?:['’ʼ](?:(?![{_SCRIPTS}])[^\W_])+)*")
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
    # Some letters fold to a space or to several words (U+FDFA); a word is one piece.
    return "".join("".join(c for c in decomposed if not unicodedata.combining(c)).translate(_APOSTROPHES).split())


def tokens(text: str) -> Iterator[Token]:
    """Every word of the text in order, folded; no stop words are dropped ("not now" is a whole question).

    Chinese and Japanese are written without spaces: each two neighbouring letters are a word, so that any part is found.
    """
    if not UNSPACED.search(text):
        for found in _WORD.finditer(text):
            if folded := fold(found.group()):
                yield Token(folded, found.start(), found.end())
        return
    for found in _WORD_OR_UNSPACED.finditer(text):
        start, end = found.span()
        unspaced = end - start >= 3 and UNSPACED.match(text, start)
        pieces = [(at, at + 2) for at in range(start, end - 1)] if unspaced else [(start, end)]
        for first, last in pieces:
            # Marks such as U+FF9E fold to nothing.
            if folded := fold(text[first:last]):
                yield Token(folded, first, last)


def words(text: str) -> list[str]:
    """The folded words of the text in order."""
    if text.isascii() or not UNSPACED.search(text):
        return [folded for word in _WORD.findall(text) if (folded := fold(word))]
    return [found.text for found in tokens(text)]


def count_words(text: str) -> int:
    """How many words a person would say aloud."""
    return sum(1 for _ in _WORD.finditer(text))
