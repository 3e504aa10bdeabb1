"""Where the words of a question stand in a text: what the tokeniser would find, without making a token of every word."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Collection, Iterator
from functools import lru_cache

from playbook.text.tokens import UNSPACED, Token, tokens

_REST = re.compile(r"[^\W_]+")
_INNER = re.compile(r"(?<=[^\W_])'(?=[^\W_])")
_KEPT = 8_000  # characters of a text that is kept folded: while a word is typed the same cards come again


def places(text: str, words: Collection[str], prefix: str = "") -> Iterator[Token]:
    """The tokens of `text` that are one of the folded `words` or begin with `prefix`, in order."""
    if not words and not prefix:
        return iter(())
    ready = _ready(text) if len(text) <= _KEPT else _ready.__wrapped__(text)
    if ready is None:
        wanted = frozenset(words)
        return (found for found in tokens(text) if found.text in wanted or (prefix and found.text.startswith(prefix)))
    flat, gone = ready
    found = [
        (at, at + len(word), word)
        for word in dict.fromkeys(words)
        # No token holds a sign, whatever a sign in the question was folded to.
        if word.isalnum() and not (prefix and word.startswith(prefix))
        for at in _beginnings(flat, word)
        if not flat[at + len(word) : at + len(word) + 1].isalnum()
    ]
    if prefix.isalnum():
        for at in _beginnings(flat, prefix):
            end = _REST.match(flat, at).end()  # type: ignore[union-attr]
            found.append((at, end, flat[at:end]))
    found.sort()
    if not gone:
        return (Token(word, start, end) for start, end, word in found)
    return (
        Token(word, start + bisect_right(gone, start), end + bisect_right(gone, end - 1)) for start, end, word in found
    )


def _beginnings(flat: str, word: str) -> Iterator[int]:
    """Where words of the text begin with these letters. Looking so takes a tenth of what a pattern takes."""
    at = flat.find(word)
    while at >= 0:
        if not at or not flat[at - 1].isalnum():
            yield at
        at = flat.find(word, at + 1)


@lru_cache(maxsize=512)
def _ready(text: str) -> tuple[str, tuple[int, ...]] | None:
    """The text folded, without the apostrophes inside words, and before which of its letters one was taken out."""
    flat = _flat(text)
    if flat is None or "'" not in flat:
        return None if flat is None else (flat, ())
    pieces = _INNER.split(flat)
    gone: list[int] = []
    at = 0
    for piece in pieces[:-1]:
        at += len(piece)
        gone.append(at)
    return "".join(pieces), tuple(gone)


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
    if letter == "’":
        return "'"
    if UNSPACED.match(letter) or letter == "ʼ":
        return None
    if not letter.isalnum():
        return letter
    parts = [part for part in unicodedata.normalize("NFKD", letter.casefold()) if not unicodedata.combining(part)]
    # What a later lower() would change (Cherokee folds to capitals) is not what the tokeniser makes of it.
    return parts[0] if len(parts) == 1 and parts[0].isalnum() and parts[0].lower() == parts[0] else None
