"""Three texts side by side by blocks: what each of two people changed in a third, and where they meet."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from playbook.text.alignment import Edit, matched
from playbook.text.blocks import Block, blocks_of
from playbook.text.worddiff import item_of

Side = Literal["base", "ours", "theirs", "both"]
MOST_TOUCHING = 200  # hunks without an unchanged letter between them, looked at one by one
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class Hunk(NamedTuple):
    """A stretch of the three texts, to the letter.

    `ours` and `theirs` are changed on that side alone, `both` alike on both; `conflict` is where both changed the same blocks,
    each in another way.
    """

    kind: Literal["same", "ours", "theirs", "both", "conflict"]
    base: str
    ours: str
    theirs: str


class _Cut(NamedTuple):
    """A text in chunks that together are the text: a block each, and what stands between two."""

    chunks: list[str]
    blocks: list[Block]
    places: list[int]
    """The number of each block's chunk."""


def three_way(base: str, ours: str, theirs: str) -> list[Hunk]:
    """Both changes of a text, hunk by hunk.

    All hunks' `base` joined are the base, to the letter, and so with `ours` and `theirs`.
    """
    cuts = middle, left, right = _cut(base), _cut(ours), _cut(theirs)
    hunks: list[Hunk] = []
    at = [0, 0, 0]

    def put(ends: Sequence[int]) -> None:
        hunks.append(_hunk(*("".join(cut.chunks[start:end]) for cut, start, end in zip(cuts, at, ends, strict=True))))
        at[:] = ends

    for start, end, of_ours, of_theirs in _groups(_edits(middle, left), _edits(middle, right)):
        if start > at[0]:
            put([number + start - at[0] for number in at])
        ends = [end]
        for own, now in ((of_ours, at[1]), (of_theirs, at[2])):
            grown = sum(edit.new_end - edit.new_start - edit.old_end + edit.old_start for edit in own)
            ends.append(now + end - start + grown)
        put(ends)
    if at[0] < len(middle.chunks):
        put([len(cut.chunks) for cut in cuts])
    return _apart(hunks)


def joined(hunks: Sequence[Hunk], choices: Mapping[int, Side]) -> str:
    """One text of the hunks: each hunk's side as chosen by its number, else the side that changed it.

    "both" gives ours and then theirs, as blocks of their own. Raises ValueError for a conflict that nobody chose a side of.
    """
    made: list[str] = []
    for number, hunk in enumerate(hunks):
        side = choices.get(number)
        if side is None:
            if hunk.kind == "conflict":
                raise ValueError(f"Nothing is chosen for the conflict in hunk {number}")
            side = "theirs" if hunk.kind == "theirs" else "ours"
        made.append(_both(hunk.ours, hunk.theirs) if side == "both" else getattr(hunk, side))
    return "".join(made)


def _both(ours: str, theirs: str) -> str:
    """One text and then another, with the line ends between them that keep their blocks apart."""
    if not ours or not theirs or ours == theirs:
        return ours or theirs
    count = len(blocks_of(ours)) + len(blocks_of(theirs))
    end = "" if ours.endswith("\n") or theirs.startswith(("\n", "\r\n")) else "\n"
    for space in (end, end + "\n", "\n\n"):
        if len(blocks_of(ours + space + theirs)) >= count:
            return ours + space + theirs
    return ours + "\n\n" + theirs


def _cut(text: str) -> _Cut:
    """The text in chunks; the end of a block's last line belongs to what comes after it."""
    offsets = [0, *itertools.accumulate(len(line) for line in _LINE.findall(text))]
    blocks = blocks_of(text, front=True)
    chunks: list[str] = []
    places: list[int] = []
    done = 0
    for block in blocks:
        start, end = offsets[block.start], offsets[block.end]
        end -= text.endswith("\r\n", 0, end) + text.endswith("\n", 0, end)
        if start > done:
            chunks.append(text[done:start])
        places.append(len(chunks))
        chunks.append(text[start:end])
        done = end
    if done < len(text):
        chunks.append(text[done:])
    return _Cut(chunks, blocks, places)


def _edits(base: _Cut, side: _Cut) -> list[Edit]:
    """What one side changed, by number of chunk, in order; edits may touch where one block follows another."""
    found: list[Edit] = []
    at = to = 0
    ends = [(len(base.chunks), len(side.chunks))]
    became = matched([item_of(block) for block in base.blocks], [item_of(block) for block in side.blocks])
    pairs = [(base.places[i], side.places[j]) for i, j in became]
    for i, j in pairs + ends:
        a, b, c, d = at, i, to, j
        while a < b and c < d and base.chunks[a] == side.chunks[c]:
            a, c = a + 1, c + 1
        while a < b and c < d and base.chunks[b - 1] == side.chunks[d - 1]:
            b, d = b - 1, d - 1
        if a < b or c < d:
            found.append(Edit(a, b, c, d))
        if i < len(base.chunks) and base.chunks[i] != side.chunks[j]:
            found.append(Edit(i, i + 1, j, j + 1))
        at, to = i + 1, j + 1
    return found


def _groups(ours: list[Edit], theirs: list[Edit]) -> list[tuple[int, int, list[Edit], list[Edit]]]:
    """The edits in order, those together that meet: [start, end) of the base, and the edits of each side."""
    groups: list[tuple[int, int, list[Edit], list[Edit]]] = []
    for edit, own in sorted([*((edit, 0) for edit in ours), *((edit, 1) for edit in theirs)]):
        start, end = edit.old_start, edit.old_end
        if groups:
            first, last, *sides = groups[-1]
            # They share a block, or one comes inside the other, or both put something in at one place.
            if start < last or (start == end == last == first and sides[1 - own]):
                sides[own].append(edit)
                groups[-1] = (first, max(last, end), sides[0], sides[1])
                continue
        groups.append((start, end, [edit] if own == 0 else [], [edit] if own else []))
    return groups


def _apart(hunks: list[Hunk]) -> list[Hunk]:
    """The hunks, but those that touch put together where joining them could make one line of two."""
    made: list[Hunk] = []
    for same, run in itertools.groupby(enumerate(hunks), key=lambda numbered: numbered[1].kind == "same"):
        numbers = [number for number, _ in run]
        first, last = numbers[0], numbers[-1] + 1
        touching = hunks[first:last]
        if not same and len(touching) > 1 and _glued(hunks[max(first - 1, 0) : last + 1]):
            touching = [_hunk(*("".join(texts) for texts in list(zip(*touching, strict=True))[1:]))]
        made += touching
    return made


def _glued(hunks: Sequence[Hunk]) -> bool:
    """Whether two of the hunks can come to stand side by side with no end of a line between them."""
    if len(hunks) > MOST_TOUCHING:
        return True
    for at, before in enumerate(hunks):
        if all(not text or text.endswith("\n") for text in before[1:]):
            continue
        for after in hunks[at + 1 :]:
            # Next to what nobody changed, and within one person's change, they stand side by side already.
            written = after is hunks[at + 1] and (
                "same" in (before.kind, after.kind) or before.kind == after.kind != "conflict"
            )
            if not written and not all(not text or text.startswith(("\n", "\r\n")) for text in after[1:]):
                return True
            if all(after[1:]):
                break
    return False


def _hunk(base: str, ours: str, theirs: str) -> Hunk:
    if ours == theirs:
        return Hunk("same" if ours == base else "both", base, ours, theirs)
    return Hunk("ours" if theirs == base else "theirs" if ours == base else "conflict", base, ours, theirs)
