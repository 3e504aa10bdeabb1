"""Where the words of a question stand in a text, for highlighting."""

from __future__ import annotations

from collections.abc import Collection

from playbook.text.tokens import tokens


def spans_of(text: str, words: Collection[str], last_is_prefix: bool = True) -> list[tuple[int, int]]:
    """Character ranges [start, end) of the words; the last word of a question also matches as a beginning."""
    if not words:
        return []
    whole = frozenset(words)
    prefix = list(words)[-1] if last_is_prefix else ""
    return [
        (found.start, found.end)
        for found in tokens(text)
        if found.text in whole or (len(prefix) > 1 and found.text.startswith(prefix))
    ]
