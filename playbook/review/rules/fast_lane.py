"""The fast lane: whether a change is a tiny fix that can turn no meaning: few words, none that count, each where it stood.

Looked at line by line. What is no plain word is a mark: it stays, with its neighbours and the number of words between it
and the next. Nothing moves, and what comes is plain letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from playbook.library.document import parse_document
from playbook.library.frontmatter import split
from playbook.library.plain import words_apart
from playbook.review.rules.fast_words import folded, listed, near, recased, script, strange, why_turned
from playbook.text.alignment import Edit, edits
from playbook.text.blocks import blocks_of, form, normalised
from playbook.text.worddiff import changed_words, word_edits
from playbook.text.words import words_in

LONGEST_TEXT, LONGEST_LINE = 50_000, 5_000
MOST_WORDS = 50  # that go, or come, however many a policy lets
# Letters that give what they stand in a meaning of its own to a reader or a program: links, addresses, code, markup,
# placeholders, tables, [internal].
_MARKUP = frozenset("[]<>{}`|~*_@&\\=^/$")
_PIECES = re.compile(r"[—–]|[^\s—–]+")
_OPENS, _CLOSES = "\"'“”‘’„«»‹›(¿¡", "\"'“”‘’„«»‹›).,;:!?…"
_QUOTES = str.maketrans(dict.fromkeys("“”„«»‹›", '"') | dict.fromkeys("‘’", "'"))
_INNER = frozenset("'’-")
_LEADING = re.compile(r"\s*(?:[>*+-](?=\s)\s*)*")

Made = Literal["word", "still", "mark"]


class _Item(NamedTuple):
    """A piece of a line: a word; a still that stays, such as a full stop or a number; or a mark, which keeps its neighbours."""

    made: Made
    text: str


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
    olds, news = old.body.split("\n"), new.body.split("\n")
    if len(olds) != len(news):
        return "it changes how the text is laid out"
    return _in_lines(olds, news) or _in_blocks(old.body, new.body) or _in_cards(old.body, new.body)


def words_changed(before: str, after: str) -> int:
    """How many words a change changes; at least one, where anything changed at all."""
    return max(changed_words(before, after), int(before != after))


def _in_blocks(before: str, after: str) -> str:
    """Why it is no tiny fix, by the blocks that it changes."""
    olds, news = blocks_of(before), blocks_of(after)
    if [(form(block), block.start, block.end) for block in olds] != [
        (form(block), block.start, block.end) for block in news
    ]:
        return "it changes how the text is laid out"
    for old, new in zip(olds, news, strict=True):
        if old.text == new.text:
            continue
        if old.kind == "heading":
            return "it touches a heading"
        if old.kind in ("table", "code", "html", "rule"):
            return "it touches a link, an address, code or markup"
        if why := _turns(normalised(old), normalised(new)):
            return why
    return ""


def _in_cards(before: str, after: str) -> str:
    """Why it is no tiny fix, by what is read from it: the same sections, links and anchors, as much said and as much not."""
    if _read(before) != _read(after):
        return "it touches a link, an address, code or markup"
    return ""


def _read(body: str) -> list[object]:
    parsed, _ = parse_document(body.encode("utf-8", "replace"))
    sections = [
        (one.level, one.title, one.anchor, one.line, one.internal, bool(one.say), one.say_line, one.say_internal)
        for one in parsed.sections
    ]
    apart = words_apart(body)
    lines = (
        apart.said.count("\n"),
        apart.said_line,
        apart.internal.count("\n"),
        apart.internal_line,
        not apart.internal,
    )
    return [sections, parsed.links, parsed.anchors, parsed.fold_line, lines]


def _in_lines(olds: Sequence[str], news: Sequence[str]) -> str:
    """Why it is no tiny fix, by the lines that it changes, each held against the one in its place."""
    gone, came = Counter[str](), Counter[str]()
    within = Counter[str]()  # what the marks of a paragraph have begun and ended so far
    left = MOST_WORDS
    for at, (old, new) in enumerate(zip(olds, news, strict=True)):
        if not old.strip():
            within.clear()
        if old != new:
            ones, others = _items(old), _items(new)
            if at + 1 == len(olds) or not olds[at + 1].strip():
                ones, others = _without_last_stop(ones, others)
            found = edits(ones, others)
            left -= sum(max(edit.old_end - edit.old_start, edit.new_end - edit.new_start) for edit in found) or 1
            if left < 0:
                return "it changes too many words"
            if _enclosed(old, Counter(within)) != _enclosed(new, Counter(within)):
                return "it touches a link, an address, code or markup"
            if why := _laid_out(old, new) or _marks(ones, others, found):
                return why
            for edit in found:
                if why := _edit(ones, others, edit, gone, came):
                    return why
        _enclosed(old, within)
    return "it moves words" if gone & came else ""


def _laid_out(old: str, new: str) -> str:
    """Why one line for another is no tiny fix, by the spaces in it and what it begins with."""
    spaces = [re.findall(r"\s+", line) for line in (old, new)]
    ends = [(_LEADING.findall(line)[0], line[len(line.rstrip()) :]) for line in (old, new)]
    if ends[0] != ends[1] or not set(spaces[1]) <= {" ", *spaces[0]}:
        return "it changes how the text is laid out"
    return ""


def _marks(ones: Sequence[_Item], others: Sequence[_Item], found: Sequence[Edit]) -> str:
    """Why edits of one line are no tiny fix, by what is no word in it: it stays. In a line with marks each edit puts as many
    words for as many, or takes away one that stands there twice, and none beside a mark.
    """
    if [item for item in ones if item.made != "word"] != [item for item in others if item.made != "word"]:
        return "it touches a link, an address, code, markup or a mark"
    marked = any(item.made == "mark" for item in ones)
    for edit in found:
        old, new = ones[edit.old_start : edit.old_end], others[edit.new_start : edit.new_end]
        if any(item.made != "word" for item in (*old, *new)):
            return "it moves a mark past words"
        around = [*_around(ones, edit.old_start, edit.old_end), *_around(others, edit.new_start, edit.new_end)]
        if any(item.made == "mark" for item in around):
            return "it changes a word beside a mark"
        if marked and len(old) != len(new) and not _doubled(ones, edit):
            return "it moves a mark past words"
    return ""


def _around(items: Sequence[_Item], start: int, end: int) -> list[_Item]:
    return [*items[max(start - 1, 0) : start], *items[end : end + 1]]


def _doubled(ones: Sequence[_Item], edit: Edit) -> bool:
    """Whether one word goes that stands there twice."""
    gone = ones[edit.old_start : edit.old_end]
    return edit.new_start == edit.new_end and len(gone) == 1 and gone[0] in _around(ones, edit.old_start, edit.old_end)


def _items(line: str) -> list[_Item]:
    """The pieces of a line; commas are nothing, and one quotation mark is like another."""
    lead = _LEADING.match(line)
    start = lead.end() if lead else 0
    items = [_Item("still", mark) for mark in line[:start].split()]
    for piece in _PIECES.findall(line[start:]):
        items += _taken_apart(piece)
    return items


def _taken_apart(piece: str) -> Iterator[_Item]:
    if not _MARKUP.isdisjoint(piece):
        yield _Item("mark", piece)
        return
    rest = piece.lstrip(_OPENS)
    core = rest.rstrip(_CLOSES)
    inner = [unicodedata.category(letter)[0] if letter not in _INNER else "-" for letter in core]
    made: Made
    if not core or "L" not in inner:
        made = "still"
    elif set(inner) <= {"L", "M", "-"} and inner[0] == "L" and inner[-1] != "-" and "--" not in "".join(inner):
        made = "word"
    else:
        made = "mark"
    if made != "word":
        # A number keeps the commas within it.
        yield _Item(made, piece if made == "mark" else f"{piece.rstrip(',')}".translate(_QUOTES) or "")
        return
    yield from (_Item("still", letter.translate(_QUOTES)) for letter in piece[: len(piece) - len(rest)])
    yield _Item("word", core)
    yield from (_Item("still", letter.translate(_QUOTES)) for letter in rest[len(core) :] if letter != ",")


def _without_last_stop(ones: list[_Item], others: list[_Item]) -> tuple[list[_Item], list[_Item]]:
    """Both without the full stop that a paragraph ends on, which may come or go after a word."""
    stop = _Item("still", ".")
    cut = [items[:-1] if len(items) > 1 and items[-1] == stop and items[-2].made == "word" else items
           for items in (ones, others)]  # fmt: skip
    return (cut[0], cut[1]) if all(items and items[-1].made == "word" for items in cut) else (ones, others)


def _enclosed(line: str, begun: Counter[str]) -> list[str]:
    """What of a line stands within code, a link's words, a placeholder or HTML, letter by letter; counts on in `begun`."""
    found: list[str] = []
    for piece in re.findall(r"\s*\S+", line):
        if begun["`"] % 2 or any(begun[begin] > begun[end] for begin, end in ("<>", "[]", "{}")):
            found.append(piece)
        if not _MARKUP.isdisjoint(piece):
            begun.update(letter for letter in piece.lstrip(" >") if letter in "`<>[]{}")
    return found


def _edit(ones: Sequence[_Item], others: Sequence[_Item], edit: Edit, gone: Counter[str], came: Counter[str]) -> str:
    """Why words that go or come at one place are no tiny fix; notes them."""
    olds = [item.text for item in ones[edit.old_start : edit.old_end]]
    news = [item.text for item in others[edit.new_start : edit.new_end]]
    if _doubled(ones, edit):
        gone.update(map(folded, olds))
        return why_turned(olds, news)
    paired = list(zip(olds, news, strict=True)) if len(olds) == len(news) else []
    if any(recased(old, new) for old, new in paired):
        return "it touches a name"
    same = [new for old, new in paired if old.casefold() == new.casefold()]
    beside = [] if olds else [item.text for item in ones if item.made == "word"]
    scripts = {script(word) for word in (*olds, *beside)}
    if any(strange(new, olds, scripts) for new in news if new not in same or not script(new)):
        return "it brings a word that is not plainly written"
    if not all(script(unicodedata.normalize("NFC", old)) for old in olds):
        return "it touches a word that is not plainly written"
    if any(script(old) not in ("LATIN", "") and not any(near(old, new) for new in news) for old in olds):
        return "it touches a word of a script that is not known here"
    if why := why_turned(olds, news):
        return why
    if any(_is_name(items, at) and not any(near(items[at].text, word) or word in same for word in instead)
           for items, start, end, instead in ((ones, *edit[:2], news), (others, *edit[2:], olds))
           for at in range(start, end)):  # fmt: skip
        return "it touches a name"
    gone.update(folded(old) for old, new in paired or [(old, "") for old in olds] if folded(old) != folded(new))
    came.update(folded(new) for old, new in paired or [("", new) for new in news] if folded(old) != folded(new))
    return ""


def _is_name(items: Sequence[_Item], at: int) -> bool:
    """Whether a word within a sentence begins with a capital."""
    begins = not at or (items[at - 1].made == "still" and items[at - 1].text not in ("(", "'"))
    return not begins and items[at].text[:1].isupper()


def _turns(before: str, after: str) -> str:
    """Why the change of one block may turn what it says, by the words that go and come and what stands around them."""
    olds, news = words_in(before), words_in(after)
    for edit in word_edits(before, olds, after, news, fewest=True):
        gone = [word.key.strip() for word in olds[edit.old_start : edit.old_end]]
        came = [word.key.strip() for word in news[edit.new_start : edit.new_end]]
        around = [word.key.strip().casefold() for word in olds[max(edit.old_start - 1, 0) : edit.old_end + 1]]
        around += [word.key.strip().casefold() for word in news[max(edit.new_start - 1, 0) : edit.new_end + 1]]
        if any(unicodedata.numeric(letter, None) is not None for word in around for letter in word):
            return "it touches a number"
        if any(map(_is_currency, around)):
            return "it touches an amount of money"
        if why := why_turned(gone, came):
            return why
    return ""


def _is_currency(word: str) -> bool:
    return folded(word) in listed()["currency"] or any(
        unicodedata.category(letter) == "Sc" or letter in "%‰" for letter in word
    )
