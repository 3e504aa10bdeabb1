"""Where the words of a question stand in a text: what the tokeniser would find, without making a token of every word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache

from playbook.text.tokens import Token, fold, tokens

_LETTER = r"[^\W_]"


def places(text: str, words: Collection[str], prefix: str = "") -> Iterator[Token]:
    """The tokens of `text` that are one of the folded `words` or begin with `prefix`, in order."""
    if not words and not prefix:
        return iter(())
    flat = _flat(text)
    if flat is None:
        wanted = frozenset(words)
        return (found for found in tokens(text) if found.text in wanted or (prefix and found.text.startswith(prefix)))
    # Most questions so ask for one pattern, whether the word being typed is among the words or not.
    whole = frozenset(word for word in words if not (prefix and word.startswith(prefix)))
    return (
        Token(fold(text[found.start() : found.end()]), found.start(), found.end())
        for found in _pattern(whole, prefix, "'" in flat).finditer(flat)
    )


@lru_cache(maxsize=64)
def _pattern(words: frozenset[str], prefix: str, apostrophes: bool) -> re.Pattern[str]:
    """A whole word, or a beginning with the rest of its word; apostrophes may stand between any two of their letters."""
    between = "'?" if apostrophes else ""
    choices = [between.join(map(re.escape, word)) for word in sorted(words, key=len, reverse=True) if word]
    ends = [f"(?:{'|'.join(choices)})(?!{between}{_LETTER})"] if choices else []
    if prefix:
        ends.append(f"{between.join(map(re.escape, prefix))}(?:{between}{_LETTER})*")
    before = f"(?<!{_LETTER})(?<!{_LETTER}')" if apostrophes else f"(?<!{_LETTER})"
    return re.compile(f"{before}(?:{'|'.join(ends)})")


def _flat(text: str) -> str | None:
    """The text folded letter for letter, so that every place stays where it was; None where that cannot be done."""
    if text.isascii():
        return text.lower()
    table: dict[int, str] = {}
    for letter in set(text):
        if not letter.isascii():
            one = _folded(letter)
            if one is None:
                return None
            table[ord(letter)] = one
    return text.translate(table).lower()


@lru_cache(maxsize=4096)
def _folded(letter: str) -> str | None:
    """The one letter that the tokeniser makes of it; itself where it is no part of a word; None where it makes several."""
    if letter in "’ʼ":
        return "'"
    if not letter.isalnum():
        return letter
    parts = [part for part in unicodedata.normalize("NFKD", letter.casefold()) if not unicodedata.combining(part)]
    # Upper case that is made lower later must stay one letter too.
    return parts[0] if len(parts) == 1 and parts[0].isalnum() and len(parts[0].lower()) == 1 else None
