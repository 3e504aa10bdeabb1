"""Where the words of a question stand in a text, for highlighting."""

from __future__ import annotations

from collections.abc import Collection

from playbook.search.places import places

FOUND = "bold underline"  # by weight as well as by line, for colour is never the only sign


def spans_of(text: str, words: Collection[str], last_is_prefix: bool = True) -> list[tuple[int, int]]:
    """Character ranges [start, end) of the words; the last word of a question also matches as a beginning."""
    if not words:
        return []
    # A single letter begins too many words to be worth marking.
    prefix = list(words)[-1] if last_is_prefix else ""
    return [(found.start, found.end) for found in places(text, words, prefix if len(prefix) > 1 else "")]
