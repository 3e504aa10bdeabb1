"""Whether two people's changes of one text lie apart, so that they join for certain, without asking git."""

from __future__ import annotations

from itertools import takewhile
from operator import eq


def lie_apart(base: bytes, ours: bytes, theirs: bytes) -> bool:
    """Whether `git merge-file` joins the two for certain. False says nothing: they may join all the same.

    What lies between the first and the last line a side changed is all that its changes can be; only, git may slide a
    change along lines that it holds itself. So a line must stand between the two that neither of them holds.
    """
    if b"\0" in base or b"\0" in ours or b"\0" in theirs:
        return False  # binary to git
    lines, left, right = base.splitlines(True), ours.splitlines(True), theirs.splitlines(True)
    if b"\r" in base + ours + theirs:
        lines, left, right = (_lines(text) for text in (base, ours, theirs))
    (start, end), (other_start, other_end) = _changed(lines, left), _changed(lines, right)
    held = {*lines[start:end], *lines[other_start:other_end]}
    held |= {*left[start : len(left) - len(lines) + end], *right[other_start : len(right) - len(lines) + other_end]}
    between = lines[end:other_start] if end <= other_start else lines[other_end:start]
    return any(line not in held for line in between)


def _lines(text: bytes) -> list[bytes]:
    """Lines as git has them: only a line feed ends one."""
    found = [line + b"\n" for line in text.split(b"\n")]
    found[-1] = found[-1][:-1]
    return found if found[-1] else found[:-1]


def _changed(base: list[bytes], now: list[bytes]) -> tuple[int, int]:
    """The lines of the base, from and to, outside of which nothing changed."""
    most = min(len(base), len(now))
    start = sum(1 for _ in takewhile(bool, map(eq, base, now)))
    after = takewhile(bool, map(eq, reversed(base), reversed(now)))
    return start, len(base) - min(sum(1 for _ in after), most - start)
