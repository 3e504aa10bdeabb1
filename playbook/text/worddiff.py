"""A change word by word: which words went and which came, however the lines are wrapped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from playbook.text.alignment import Edit, Item, edits, matched
from playbook.text.blocks import (
    LONGEST_TABLE,
    Block,
    blocks_of,
    form,
    heading_level,
    lines_of,
    normalised,
    table_rows,
    unwrapped,
)
from playbook.text.safe import json_safe
from playbook.text.words import Effort, Word, count_said, is_said

FEW_WORDS, FEW_LETTERS = 3, 24  # what stays between two edits and is shorter than both of them is no more than chance
LINES_AROUND = 3  # of what is compared by line, shown above and below what changed
SHARED = 0.3  # of the shorter text: with less in common, one run went and one came
MOST_SHIFTED = 200

_ENDS = frozenset(".!?…。！？:")
_MARKS = frozenset(",;)–—，、；")

Op = Literal["same", "added", "removed"]
Change = Literal["same", "changed", "added", "removed"]


class Piece(NamedTuple):
    """Part of a text that stayed, came or went."""

    op: Op
    text: str


class BlockChange(NamedTuple):
    """What became of a block; `pieces` are its words, on one line."""

    op: Change
    old: Block | None
    new: Block | None
    pieces: tuple[Piece, ...]


def word_edits(
    old: str, old_words: Sequence[Word], new: str, new_words: Sequence[Word], *, fewest: bool = False
) -> list[Edit]:
    """The edits, by number of word, from one text to the other, put together so that a reader sees what was meant.

    With `fewest` they stay as few words as can be, for counting.
    """
    found = edits([word.key for word in old_words], [word.key for word in new_words])
    if fewest or not found:
        return found
    return _gathered(_shifted(found, old, old_words, new, new_words), old_words, new_words)


def _shifted(found: list[Edit], old: str, old_words: Sequence[Word], new: str, new_words: Sequence[Word]) -> list[Edit]:
    """Words that only came, or only went, moved to where a sentence begins, if they are the same words there."""
    made: list[Edit] = []
    for at, edit in enumerate(found):
        came = edit.old_start == edit.old_end
        if not came and edit.new_start != edit.new_end:
            made.append(edit)
            continue
        text, words = (new, new_words) if came else (old, old_words)
        start, end = (edit.new_start, edit.new_end) if came else (edit.old_start, edit.old_end)
        low, high = 0, len(words)
        if made:
            low = made[-1].new_end if came else made[-1].old_end
        if at + 1 < len(found):
            high = found[at + 1].new_start if came else found[at + 1].old_start
        left = right = 0
        while left < MOST_SHIFTED and start - left > low and words[start - left - 1].key == words[end - left - 1].key:
            left += 1
        while right < MOST_SHIFTED and end + right < high and words[start + right].key == words[end + right].key:
            right += 1
        by = max(range(-left, right + 1), key=lambda by: (_good_start(text, words, start + by), by))
        made.append(Edit(*(number + by for number in edit)))
    return made


def _good_start(text: str, words: Sequence[Word], at: int) -> int:
    """How well a run of words begins there."""
    if not at or at == len(words):
        return 3 if not at else 2
    last = text[words[at - 1].end - 1]
    return 3 if last in _ENDS else 2 if last in _MARKS else int(words[at].key[0] == " ")


def _gathered(found: list[Edit], old_words: Sequence[Word], new_words: Sequence[Word]) -> list[Edit]:
    """Edits with next to nothing between them as one; a text of which next to nothing stayed as one edit."""

    def letters(words: Sequence[Word], start: int, end: int) -> int:
        return sum(word.end - word.start for word in words[start:end])

    def size(edit: Edit) -> int:
        return max(letters(old_words, *edit[:2]), letters(new_words, *edit[2:]))

    made: list[tuple[Edit, int]] = []
    for edit in found:
        own = size(edit)
        while made:
            last, last_size = made[-1]
            between = range(last.old_end, edit.old_start)
            if len(between) > 4 * FEW_WORDS or sum(is_said(old_words[at]) for at in between) > FEW_WORDS:
                break
            kept = letters(old_words, last.old_end, edit.old_start)
            if kept > min(own, last_size, FEW_LETTERS):
                break
            made.pop()
            edit = Edit(last.old_start, edit.old_end, last.new_start, edit.new_end)
            own = own + kept + last_size
        made.append((edit, own))
    result = [edit for edit, _ in made]
    if len(result) > 2:
        whole, other = letters(old_words, 0, len(old_words)), letters(new_words, 0, len(new_words))
        kept = whole - sum(letters(old_words, *edit[:2]) for edit in result)
        if kept < SHARED * min(whole, other):
            return [Edit(result[0].old_start, result[-1].old_end, result[0].new_start, result[-1].new_end)]
    return result


def word_changes(old: str, new: str) -> list[Piece]:
    """What became of a text, in order and on one line: the words that stayed, and at each change those that went before those
    that came. Where lines are wrapped makes no difference.
    """
    return _pieces(unwrapped(old), unwrapped(new), Effort())


def _pieces(old: str, new: str, effort: Effort) -> list[Piece]:
    if old == new:
        return [Piece("same", new)] if new else []
    old_words, new_words = effort.words(old, new)
    pieces: list[Piece] = []

    def put(op: Op, text: str, words: Sequence[Word], start: int, end: int) -> None:
        if start < end:
            space = " " if pieces and words[start].key[0] == " " else ""
            pieces.append(Piece(op, space + text[words[start].start : words[end - 1].end]))

    at = 0
    for edit in word_edits(old, old_words, new, new_words):
        put("same", new, new_words, at, edit.new_start)
        put("removed", old, old_words, edit.old_start, edit.old_end)
        put("added", new, new_words, edit.new_start, edit.new_end)
        at = edit.new_end
    put("same", new, new_words, at, len(new_words))
    return pieces


def block_changes(old_text: str, new_text: str, *, by_line: bool = False) -> list[BlockChange]:
    """What became of each block of a document, front matter first, in the order of the new text.

    A block that only was wrapped otherwise is the same; one that moved went at one place and came at another. What is no
    Markdown is compared `by_line`: each line is a block.
    """
    effort = Effort()
    made: list[BlockChange] = []
    for op, old, new in _blocks_matched(old_text, new_text, by_line=by_line):
        before, after = said(old) if old else "", said(new) if new else ""
        if op == "changed":
            pieces = _pieces(before, after, effort)
        elif op == "removed":
            pieces = [Piece("removed", before)] if before else []
        else:
            pieces = [Piece(op, after)] if after else []
        made.append(BlockChange(op, old, new, tuple(pieces)))
    return made


def said(block: Block) -> str:
    """A block's words on one line; a heading's with the marks of its level."""
    return f"{'#' * heading_level(block.text)} {normalised(block)}" if block.kind == "heading" else normalised(block)


def item_of(block: Block) -> Item:
    """A block as it is matched: how its lines are wrapped is nothing to its key, the spaces in code are."""
    words = normalised(block)
    key = f"{form(block)}\n{block.text if block.kind in ('code', 'line') else words}"
    if block.kind == "front":
        return Item(key, f"front {re.split('[:=]', block.text, maxsplit=1)[0].strip()}", "")
    family = block.kind if block.kind in ("table", "code", "html", "rule", "line") else "words"
    return Item(key, family, "" if block.kind == "rule" else words)


def lines_matched(old: Sequence[str], new: Sequence[str]) -> list[tuple[int | None, int | None]]:
    """Lines side by side, such as those of code or the rows of a table; None where one came or went."""
    pairs = matched([Item(line, "", line) for line in old], [Item(line, "", line) for line in new])
    return list(_with_the_rest(pairs, len(old), len(new)))


def _with_the_rest(
    pairs: Sequence[tuple[int, int]], old: int, new: int
) -> Iterator[tuple[int, None] | tuple[None, int] | tuple[int, int]]:
    """The pairs and, in their places, the numbers that are in none."""
    at = to = 0
    for i, j in pairs:
        yield from ((number, None) for number in range(at, i))
        yield from ((None, number) for number in range(to, j))
        yield i, j
        at, to = i + 1, j + 1
    yield from ((number, None) for number in range(at, old))
    yield from ((None, number) for number in range(to, new))


def _blocks_matched(
    old_text: str, new_text: str, *, by_line: bool = False
) -> Iterator[tuple[Change, Block | None, Block | None]]:
    olds, news = (lines_of(text) if by_line else blocks_of(text, front=True) for text in (old_text, new_text))
    old_items, new_items = [item_of(block) for block in olds], [item_of(block) for block in news]
    for i, j in _with_the_rest(matched(old_items, new_items), len(olds), len(news)):
        old, new = None if i is None else olds[i], None if j is None else news[j]
        if i is None or j is None:
            yield "removed" if j is None else "added", old, new
        else:
            yield "same" if old_items[i].key == new_items[j].key else "changed", old, new


def changed_words(old: str, new: str) -> int:
    """How many words of a document are not what they were, counted in the author's favour.

    A word put for another is one, and so is a mark, or a block that is something else now though its words stayed.
    """
    count = 0
    effort = Effort()
    for op, before, after in _blocks_matched(old, new):
        if op == "same":
            continue
        one, other = said(before) if before else "", said(after) if after else ""
        olds, news = effort.words(one, other)
        found = word_edits(one, olds, other, news, fewest=True)
        count += sum(max(_count(one, olds[e[0] : e[1]]), _count(other, news[e[2] : e[3]]), 1) for e in found) or 1
    return count


def _count(text: str, words: Sequence[Word]) -> int:
    return count_said(text[words[0].start : words[-1].end]) if words else 0


def summary(old: str, new: str, *, by_line: bool = False) -> str:
    """The change in a few words: `3 words added, 2 removed in 2 places`."""
    added = removed = places = 0
    for change in block_changes(old, new, by_line=by_line):
        if change.op == "same":
            continue
        ops = [piece.op for piece in change.pieces]
        places += sum(op != "same" and (not at or ops[at - 1] == "same") for at, op in enumerate(ops)) or 1
        for piece in change.pieces:
            if piece.op != "same":
                count = count_said(piece.text)
                added += count if piece.op == "added" else 0
                removed += count if piece.op == "removed" else 0
    if not places:
        return "nothing changed" if old == new else "only spaces and line breaks changed"
    where = f"in {places} place{'s' if places > 1 else ''}"
    if not added and not removed:
        return f"no word changed, but marks or form {where}"
    first = f"{added} word{'s' if added > 1 else ''} added" if added else ""
    second = f"{removed} removed" if added else f"{removed} word{'s' if removed > 1 else ''} removed"
    return f"{', '.join(filter(None, (first, second if removed else '')))} {where}"


def folded(changes: Sequence[BlockChange], context_blocks: int | None) -> list[tuple[int, int]]:
    """The runs [start, end) of unchanged blocks that stand further than so many blocks from any change."""
    if context_blocks is None:
        return []
    runs: list[tuple[int, int]] = []
    last = -1
    for at in [*(at for at, change in enumerate(changes) if change.op != "same"), len(changes)]:
        start = last + 1 + (context_blocks if last >= 0 else 0)
        end = at - (context_blocks if at < len(changes) else 0)
        if start < end:
            runs.append((start, end))
        last = at
    return runs


def fold_line(count: int, *, by_line: bool = False) -> str:
    """What stands for so many unchanged blocks."""
    return f"… {count} unchanged {'line' if by_line else 'block'}{'s' if count > 1 else ''} …"


def plain_word_diff(old: str, new: str, context_blocks: int | None = 1, *, by_line: bool = False) -> str:
    """The change for a terminal or a mail: a line a block, `[-removed-]{+added+}` within, the sign of each block before it.

    Unchanged blocks further from a change than `context_blocks` are counted; None shows all. What a terminal would obey, and
    what shows nothing, is written as its number.
    """
    changes = block_changes(old, new, by_line=by_line)
    ends = dict(folded(changes, context_blocks))
    lines: list[str] = []
    skipped = 0
    for at, change in enumerate(changes):
        if at in ends:
            lines.append(f"  {fold_line(ends[at] - at, by_line=by_line)}")
            skipped = ends[at]
        if at >= skipped:
            lines += _plain_lines(change)
    return "".join(f"{json_safe(line)}\n" for line in lines)


SIGNS = {"same": " ", "changed": "~", "added": "+", "removed": "-"}


def _plain_lines(change: BlockChange) -> Iterator[str]:
    sign = SIGNS[change.op]
    old, new = change.old, change.new
    rows = _written_rows(old), _written_rows(new)
    if rows[0] or rows[1]:
        for i, j in lines_matched(*rows):
            one, other = rows[0][i] if i is not None else "", rows[1][j] if j is not None else ""
            if one == other:
                yield f"{sign} {one}".rstrip()
            elif i is None or j is None or one.split() == other.split():
                yield f"{sign} {_marked('removed', one)}{_marked('added', other)}"
            else:
                indent = other[: len(other) - len(other.lstrip())]
                yield f"{sign} {indent}{_inline(word_changes(one, other))}"
        return
    leads = [_lead(block) if block else None for block in (old, new)]
    lead = leads[1] if leads[1] is not None else leads[0] or ""
    if old and new and form(old) != form(new) and leads[0] != leads[1]:
        lead = f"{_marked('removed', (leads[0] or '').strip())}{_marked('added', (leads[1] or '').strip())} "
    yield f"{sign} {lead}{_inline(change.pieces)}".rstrip()


def _written_rows(block: Block | None) -> list[str]:
    """The rows of code, of a table, of a line; of other blocks none."""
    if block is not None and block.kind == "table" and len(block.text) <= LONGEST_TABLE:
        return [f"| {' | '.join(row)} |" for row in table_rows(block.text)]
    return block.text.split("\n") if block is not None and block.kind in ("code", "line") else []


def _lead(block: Block) -> str:
    """The marks of the lists and quotations a block stands in, as they would be written."""
    return "".join(
        f"{mark.sign} " if mark.opens or mark.sign == ">" else " " * (len(mark.sign) + 1) for mark in block.lead
    )


def _inline(pieces: Sequence[Piece]) -> str:
    made: list[str] = []
    for at, (op, text) in enumerate(pieces):
        words = text.lstrip(" ")
        # The space before what was put for something else is the same space.
        replaced = op == "added" and at and pieces[at - 1].op == "removed"
        if op == "same":
            made.append(text)
        else:
            made.append(("" if replaced or words == text else " ") + _marked(op, words))
    return "".join(made)


def _marked(op: str, text: str) -> str:
    if not text:
        return ""
    return f"[-{text}-]" if op == "removed" else f"{{+{text}+}}"
