"""The fast lane: whether a change is a tiny fix that can turn no meaning: few words, and none of those that count."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from playbook.library.document import parse_document
from playbook.library.frontmatter import split
from playbook.text.blocks import blocks_of, form, normalised
from playbook.text.worddiff import changed_words, word_edits
from playbook.text.words import words_in

LONGEST_TEXT, LONGEST_LINE = 50_000, 5_000
# Letters that give what they stand in a meaning of its own to a reader or a program: links, addresses, code, markup,
# placeholders, tables, [internal].
_MARKUP = frozenset("[]<>{}`|~*_@&\\=^")
_APOSTROPHES = re.compile("[\u2018\u2019\u02bc\u02b9\uff07\u00b4`]")
_OPPOSITES = ("un", "in", "im", "ir", "il", "non", "dis", "mis", "anti", "de", "ab")


@lru_cache(maxsize=1)
def _words() -> dict[str, frozenset[str]]:
    """The words that turn a sentence, by what they are, from the file beside this one."""
    made: dict[str, frozenset[str]] = {}
    section = ""
    for line in Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif not line.startswith("#"):
            made[section] = made.get(section, frozenset()) | frozenset(line.split())
    return made


def not_small(before: str, after: str) -> str:
    """Why a changed text is no tiny fix, in a few words; "" when it is one. How many words it changes is not asked here."""
    if (
        max(len(before), len(after)) > LONGEST_TEXT
        or max(map(len, [*before.split("\n"), *after.split("\n")])) > LONGEST_LINE
    ):
        return "the file is too long"
    old, new = split(before), split(after)
    if before[: len(before) - len(old.body)] != after[: len(after) - len(new.body)]:
        return "it touches the front matter"
    if {letter for letter in set(after) - set(before) if unicodedata.category(letter) in ("Cf", "Cc", "Co", "Cn")}:
        return "it brings letters that nobody can see"
    if _fixed(old.body) != _fixed(new.body):
        return "it touches a link, an address, code or markup"
    blocks = [(form(block), normalised(block)) for block in blocks_of(old.body)]
    others = [(form(block), normalised(block)) for block in blocks_of(new.body)]
    if [kind for kind, _ in blocks] != [kind for kind, _ in others]:
        return "it changes how the text is laid out"
    for (kind, one), (_, other) in zip(blocks, others, strict=True):
        if one != other:
            why = "it touches a heading" if "heading" in kind else _turns(one, other)
            if why:
                return why
    return ""


def words_changed(before: str, after: str) -> int:
    """How many words a change changes; at least one, where anything changed at all."""
    return max(changed_words(before, after), int(before != after))


def _fixed(body: str) -> list[object]:
    parsed, _ = parse_document(body.encode("utf-8", "replace"))
    marked = [word for word in body.split() if not _MARKUP.isdisjoint(word) or "://" in word or word.startswith("www.")]
    return [marked, [link.target for link in parsed.links]]


def _turns(before: str, after: str) -> str:
    """Why the change of one block may turn what it says."""
    olds, news = words_in(before), words_in(after)
    for edit in word_edits(before, olds, after, news, fewest=True):
        gone = [word.key.strip().casefold() for word in olds[edit.old_start : edit.old_end]]
        came = [word.key.strip().casefold() for word in news[edit.new_start : edit.new_end]]
        around = [word.key.strip().casefold() for word in olds[max(edit.old_start - 1, 0) : edit.old_end + 1]]
        around += [word.key.strip().casefold() for word in news[max(edit.new_start - 1, 0) : edit.new_end + 1]]
        if any(map(_is_number, [*gone, *came])) or any(map(_has_digit, around)):
            return "it touches a number"
        if any(map(_is_currency, around)):
            return "it touches an amount of money"
        if any(map(_is_negation, [*gone, *came])) or _negates(gone, came):
            return "it touches a negation"
        if not _words()["turning"].isdisjoint([*gone, *came]):
            return "it touches a word that turns the sense"
    return ""


def _has_digit(word: str) -> bool:
    return any(unicodedata.numeric(letter, None) is not None for letter in word)


def _is_number(word: str) -> bool:
    return _has_digit(word) or not _words()["numbers"].isdisjoint(re.split(r"[-–]", word))


def _is_currency(word: str) -> bool:
    return word in _words()["currency"] or any(
        unicodedata.category(letter) == "Sc" or letter in "%‰" for letter in word
    )


def _is_negation(word: str) -> bool:
    plain = _APOSTROPHES.sub("'", word)
    return plain in _words()["negations"] or plain.endswith("n't") or plain in ("t", "nt")


def _negates(gone: Iterable[str], came: Iterable[str]) -> bool:
    """Whether a word became its own opposite: likely and unlikely, useful and useless, harm and harmless."""
    pairs = [pair for one in set(gone) for other in set(came) for pair in ((one, other), (other, one))]
    return any(
        longer in {prefix + shorter for prefix in _OPPOSITES}
        or longer == f"{shorter}less"
        or (longer.endswith("less") and shorter == f"{longer[:-4]}ful")
        for longer, shorter in pairs
        if shorter
    )
