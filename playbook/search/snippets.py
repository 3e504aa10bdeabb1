"""The piece of a card's text that shows best why it was found, with the found words' places in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from playbook.library.plain import heading_text
from playbook.search.entries import readable
from playbook.search.places import places
from playbook.text import safe, tokens

_MARKS = re.compile(
    r"^[ \t]*(?:#{1,6}|>+|[-*+]|\d{1,3}[.)])[ \t]+|\*\*|__|`+|(?<!\w)[*_](?=\w)|(?<=[\w.,;:!?)])[*_](?!\w)|!?\[|\]",
    re.MULTILINE,
)
_HEADING = re.compile(r"^[ \t]*+#{1,6}[ \t].*$", re.MULTILINE)
_LOOSE = re.compile(r" ([,.;:!?](?:\s|$))")  # what a link leaves before its punctuation
_RULE = re.compile(r"^[ \t]*(?:-[ \t]*){3,}$", re.MULTILINE)
_READ = 60_000  # characters of one card that are looked through
_ENOUGH = 400  # found words; a longer list changes no window


@dataclass(frozen=True)
class Snippet:
    """One line of text, the spans [start, end) of found words in it, and its line, counted from 0 at the card's start."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()
    line: int = 0


def snippet(
    text: str,
    words: Sequence[str],
    width: int = 160,
    *,
    prefix: str = "",
    tells: Callable[[str], float] = lambda word: 1.0,
) -> Snippet:
    """The window of about `width` characters of the Markdown `text` that holds most of the folded `words`, safe to show.

    `prefix` is the word still being typed: words that begin so are found too. `tells` says how much a word tells: one rare
    word is worth more than two that stand everywhere.
    """
    source = text[:_READ]
    hits = list(islice(places(source, words, prefix), _ENOUGH))
    start = _best(hits, width, prefix, tells)
    if start:
        # Begin where a line or a sentence begins when one does just before the first found word.
        floor = max(0, start - width // 3)
        begun = max(source.rfind("\n", floor, start), source.rfind(". ", floor, start) + 1)
        start = begun + 1 if begun > 0 else source.rfind(" ", floor, start) + 1 if floor else 0
    piece = _plain(source[start : start + width * 3])
    shown = piece
    if len(piece) > width:
        whole = piece[: width - 1].rsplit(" ", 1)[0]
        # Between words, unless one endless word would leave next to nothing.
        shown = (whole if len(whole) > width // 2 else piece[: width - 1]) + "…"
    spans = tuple((token.start, token.end) for token in places(shown, words, prefix))
    return Snippet(shown, spans, source.count("\n", 0, hits[0].start if hits and not start else start))


def _plain(piece: str) -> str:
    # On one line a heading needs another end than its line's, and a rule is nothing.
    piece = _RULE.sub("", _HEADING.sub(_ended, piece))
    line = safe.one_line(_MARKS.sub("", readable(piece)).replace("|", " "), len(piece) + 1)
    return _LOOSE.sub(r"\1", line)


def _ended(line: re.Match[str]) -> str:
    text = heading_text(line.group().lstrip())
    return f"{text}:" if text else line.group()


def _best(hits: list[tokens.Token], width: int, prefix: str, tells: Callable[[str], float]) -> int:
    """Where the window whose distinct words tell most, then with most words, starts."""
    told = {word: tells(word) for word in {hit.text for hit in hits}}
    best, best_at, first = (0.0, 0), 0, 0
    for last, token in enumerate(hits):
        while first < last and token.end - hits[first].start > width:
            first += 1
        window = hits[first : last + 1]
        distinct = {prefix if prefix and hit.text.startswith(prefix) else hit.text: told[hit.text] for hit in window}
        found = (round(sum(distinct.values()), 6), len(window))
        if found > best:
            best, best_at = found, hits[first].start
    return best_at
