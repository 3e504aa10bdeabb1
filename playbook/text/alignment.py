"""Two sequences side by side: the fewest edits from one to the other where that is affordable, coarser ones where it is not."""

from __future__ import annotations

import bisect
import itertools
import re
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from playbook.text.tokens import UNSPACED

MOST_CELLS = 16_000_000  # compared exactly at a time, about 50 ms
MOST_WIDE = 16_000  # the bits of one row
ALL_CELLS = 128_000_000  # in one comparison
DEEPEST = 8
ALIKE = 0.35  # of their words in common, so that one may have become the other
MOST_ALIKE, ALL_ALIKE = 10_000, 150_000  # pairs whose likeness is found out: at a time, and in one comparison
LONGEST_ALIKE = 5_000  # characters of each
_WORD = re.compile(r"\w+")


class Edit(NamedTuple):
    """Of the old sequence [old_start, old_end) goes, of the new one [new_start, new_end) comes."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def edits(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Edit]:
    """What is to be done to the old sequence to make it the new one, in order; no two edits touch.

    Short sequences give the fewest edits there are. Long ones are first cut at what stands once in both (patience), and what
    is still too long then counts as one edit.
    """
    numbers: dict[Hashable, int] = {}
    comparison = _Comparison(
        [numbers.setdefault(item, len(numbers)) for item in old],
        [numbers.setdefault(item, len(numbers)) for item in new],
    )
    comparison.compare(0, len(old), 0, len(new), DEEPEST)
    return comparison.found


def rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of the pairs, which ascend in the first number, that ascends in the second too."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for at, (_, value) in enumerate(pairs):
        length = bisect.bisect_left(ends, value)
        before.append(last[length - 1] if length else -1)
        if length == len(ends):
            ends.append(value)
            last.append(at)
        else:
            ends[length], last[length] = value, at
    found: list[tuple[int, int]] = []
    at = last[-1] if last else -1
    while at >= 0:
        found.append(pairs[at])
        at = before[at]
    return found[::-1]


class _Comparison:
    """Two sequences of numbers, and the edits found so far."""

    def __init__(self, old: list[int], new: list[int]) -> None:
        self._old = old
        self._new = new
        self._cells = ALL_CELLS
        self.found: list[Edit] = []

    def compare(self, a: int, b: int, c: int, d: int, depth: int) -> None:
        """Find the edits from old[a:b] to new[c:d]."""
        old, new = self._old, self._new
        while a < b and c < d and old[a] == new[c]:
            a, c = a + 1, c + 1
        while a < b and c < d and old[b - 1] == new[d - 1]:
            b, d = b - 1, d - 1
        if a == b or c == d:
            self._put(a, b, c, d)
            return
        cells = (b - a) * (d - c)
        if cells <= min(MOST_CELLS, self._cells) and max(b - a, d - c) <= MOST_WIDE:
            self._cells -= cells
            self._exact(a, b, c, d)
            return
        for i, j in self._anchors(a, b, c, d) if depth else ():
            self.compare(a, i, c, j, depth - 1)
            a, c = i + 1, j + 1
            cells = 0
        if cells:
            self._put(a, b, c, d)
        else:
            self.compare(a, b, c, d, depth - 1)

    def _put(self, a: int, b: int, c: int, d: int) -> None:
        if a == b and c == d:
            return
        if self.found and self.found[-1].old_end == a and self.found[-1].new_end == c:
            last = self.found.pop()
            a, c = last.old_start, last.new_start
        self.found.append(Edit(a, b, c, d))

    def _anchors(self, a: int, b: int, c: int, d: int) -> list[tuple[int, int]]:
        """What stands exactly once in both parts, in an order that both share."""
        once_old = {item for item, count in Counter(self._old[a:b]).items() if count == 1}
        counts = Counter(self._new[c:d])
        places = {item: at for at in range(c, d) if counts[item := self._new[at]] == 1}
        return rising(
            [(at, places[item]) for at in range(a, b) if (item := self._old[at]) in once_old and item in places]
        )

    def _exact(self, a: int, b: int, c: int, d: int) -> None:
        """The longest common subsequence, a whole row of its table at a time as the bits of one number.

        Hyyrö, "Bit-parallel LCS-length computation revisited" (2004); a bit is 0 where the length grows.
        """
        turned = d - c > b - a
        wide, tall = (self._new[c:d], self._old[a:b]) if turned else (self._old[a:b], self._new[c:d])
        masks = dict.fromkeys(tall, 0)
        for at, item in enumerate(wide):
            if item in masks:
                masks[item] |= 1 << at
        full = (1 << len(wide)) - 1
        row = full
        rows: list[int] = []
        for item in tall:
            if mask := masks[item]:
                grown = row & mask
                row = ((row + grown) | (row - grown)) & full
            rows.append(row)
        pairs: list[tuple[int, int]] = []
        x, y = len(wide), len(tall)
        while x and y:
            if rows[y - 1] >> (x - 1) & 1:
                x -= 1
                continue
            y -= 1
            if not y or rows[y - 1] >> (x - 1) & 1:
                x -= 1
                pairs.append((y, x) if turned else (x, y))
        at, to = a, c
        for i, j in reversed(pairs):
            self._put(at, a + i, to, c + j)
            at, to = a + i + 1, c + j + 1
        self._put(at, b, to, d)


class Item(NamedTuple):
    """One of a row of texts to be matched: those of one key are the same; those of one family may have become each other.

    Of a family without words there is only one, or it does not matter which.
    """

    key: str
    family: str
    words: str


def matched(old: Sequence[Item], new: Sequence[Item]) -> list[tuple[int, int]]:
    """Which old item became which new one, by number and in order; the rest went or came.

    What is the same is matched first, then, between that, what is most alike.
    """
    pairs: list[tuple[int, int]] = []
    likeness = _Likeness(old, new)
    at = to = 0
    for edit in [*edits([item.key for item in old], [item.key for item in new]), None]:
        i, j = (edit.old_start, edit.new_start) if edit else (len(old), len(new))
        pairs += zip(range(at, i), range(to, j), strict=True)
        if edit:
            likeness.match(range(i, edit.old_end), range(j, edit.new_end), pairs, DEEPEST)
            at, to = edit.old_end, edit.new_end
    return pairs


class _Likeness:
    """How alike old and new items are, found out for as many as is affordable."""

    def __init__(self, old: Sequence[Item], new: Sequence[Item]) -> None:
        self._old = old
        self._new = new
        self._bags: dict[str, frozenset[str]] = {}
        self._cells = ALL_ALIKE

    def _bag(self, words: str) -> frozenset[str]:
        """A text's words; of scripts without spaces, each two letters."""
        found = self._bags.get(words)
        if found is None:
            head = words[:LONGEST_ALIKE]
            if head.isascii() or not UNSPACED.search(head):
                found = frozenset(_WORD.findall(head))
            else:
                found = frozenset(map("".join, itertools.pairwise(head)))
            self._bags[words] = found
        return found

    def _alike(self, old: Item, new: Item) -> float:
        """From 0 to 1; 0 where neither can have become the other."""
        if old.family != new.family:
            return 0
        if not old.words and not new.words:
            return 1
        one, other = self._bag(old.words), self._bag(new.words)
        found = 2 * len(one & other) / (len(one) + len(other) or 1)
        return found if found >= ALIKE else 0

    def match(self, olds: range, news: range, pairs: list[tuple[int, int]], depth: int) -> None:
        """Put the pairs of old and new items that are most alike."""
        if not olds or not news:
            return
        if len(olds) == len(news) == 1:
            if self._old[olds[0]].family == self._new[news[0]].family:
                pairs.append((olds[0], news[0]))
            return
        cells = len(olds) * len(news)
        if cells <= min(MOST_ALIKE, self._cells):
            self._cells -= cells
            self._best(olds, news, pairs)
            return
        if not depth:
            return
        begin, to = olds.start, news.start
        anchors = self._anchors(olds, news)
        for i, j in anchors:
            self.match(range(begin, i), range(to, j), pairs, depth - 1)
            pairs.append((i, j))
            begin, to = i + 1, j + 1
        if anchors:
            self.match(range(begin, olds.stop), range(to, news.stop), pairs, depth - 1)

    def _best(self, olds: range, news: range, pairs: list[tuple[int, int]]) -> None:
        """The pairs, in order, that are together the most alike."""
        table = [[0.0] * (len(news) + 1) for _ in range(len(olds) + 1)]
        for i in range(len(olds) - 1, -1, -1):
            row, below, item = table[i], table[i + 1], self._old[olds[i]]
            for j in range(len(news) - 1, -1, -1):
                alike = self._alike(item, self._new[news[j]])
                row[j] = max(below[j], row[j + 1], alike + below[j + 1] if alike else 0)
        i = j = 0
        while i < len(olds) and j < len(news):
            alike = self._alike(self._old[olds[i]], self._new[news[j]])
            if alike and table[i][j] == alike + table[i + 1][j + 1]:
                pairs.append((olds[i], news[j]))
                i, j = i + 1, j + 1
            elif table[i][j] == table[i + 1][j]:
                i += 1
            else:
                j += 1

    def _anchors(self, olds: range, news: range) -> list[tuple[int, int]]:
        """Pairs that share words which no other item has, in an order that both sides share."""
        places = self._only_in(self._new, news)
        votes = Counter((i, places[word]) for word, i in self._only_in(self._old, olds).items() if word in places)
        best: dict[int, int] = {}
        for (i, j), _ in votes.most_common():
            if i not in best and self._alike(self._old[i], self._new[j]):
                best[i] = j
        return rising(sorted(best.items()))

    def _only_in(self, items: Sequence[Item], numbers: range) -> dict[str, int]:
        """The words that only one of these items has, and which."""
        places: dict[str, int] = {}
        for number in numbers:
            for word in self._bag(items[number].words):
                places[word] = -1 if word in places else number
        return {word: number for word, number in places.items() if number >= 0}
