"""What every engine keeps beside its own files: the cards by number, the words of the library, and how words weigh."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from playbook.errors import PlaybookError
from playbook.library.card import Card
from playbook.search.engine import SHORT_PREFIX
from playbook.search.entries import entry

CARDS_FILE = "cards.msgpack"
WORDS_FILE = "words.msgpack"
LONGEST = 80  # letters; what is longer is data, not a word

# How often a word counts for standing in this place; the text itself counts once for each time.
_TITLE, _ALIAS, _HEADING, _PAGE = 3, 2, 1, 1


class IndexDamaged(PlaybookError):
    """The files are not what was written; search does without them and they are built anew."""


class Marks(msgspec.Struct, frozen=True):
    """What the index holds, by number: each card's id, the mark of the text that was indexed, and its weighted length.

    The numbers of cards that were replaced or removed have an empty id.
    """

    ids: list[str]
    marks: list[str]
    lengths: list[int]


class Vocabulary(msgspec.Struct, frozen=True):
    """The lexicon as it is kept beside the index."""

    words: list[str]
    counts: list[int]
    cards: int


def mark(card: Card) -> str:
    """What changes when the indexed words of a card change: its blob, its place in it, and its path."""
    return f"{card.blob}:{card.start}:{card.end}:{card.path}"


class Weighed(NamedTuple):
    """The words of a card with their weights; the first one to three letters of each; and the same of title and aliases."""

    words: dict[str, int]
    beginnings: dict[str, int]
    prominent: dict[str, int]


def weighed(card: Card, text: str) -> Weighed:
    """What an index holds of the card; `text` is its own Markdown."""
    found = entry(card, text)
    weights: dict[str, int] = {}
    for word in found.body:
        weights[word] = weights.get(word, 0) + 1
    for place, weight in (
        (found.title, _TITLE),
        (found.aliases, _ALIAS),
        (found.headings, _HEADING),
        (found.page, _PAGE),
    ):
        for word in place:
            weights[word] = weights.get(word, 0) + weight
    weights = {word: weight for word, weight in weights.items() if len(word) <= LONGEST}
    beginnings: dict[str, int] = {}
    for word in weights:
        for length in range(1, SHORT_PREFIX + 1):
            beginnings[word[:length]] = 1
    prominent: dict[str, int] = {}
    for place, weight in ((found.aliases, _ALIAS), (found.title, _TITLE)):
        for word in place:
            for length in range(1, SHORT_PREFIX + 1):
                prominent[word[:length]] = weight
    return Weighed(weights, beginnings | prominent, prominent)


class State:
    """Both files, while an index is being made."""

    def __init__(self, marks: Marks, counts: dict[str, int], words: list[str] | None = None) -> None:
        self.marks = marks
        self.counts = counts
        self._sorted = words or []

    @classmethod
    def empty(cls) -> State:
        """Of an index of nothing."""
        return cls(Marks([], [], []), {})

    @classmethod
    def of(cls, folder: Path) -> State:
        """As a folder holds it. Raises IndexDamaged."""
        vocabulary = read(folder / WORDS_FILE, Vocabulary)
        counts = dict(zip(vocabulary.words, vocabulary.counts, strict=True))
        return cls(read(folder / CARDS_FILE, Marks), counts, vocabulary.words)

    def add(self, card: Card, words: dict[str, int]) -> int:
        """Note a card that is indexed; gives its number."""
        self.marks.ids.append(card.id)
        self.marks.marks.append(mark(card))
        self.marks.lengths.append(sum(words.values()))
        for word in words:
            self.counts[word] = self.counts.get(word, 0) + 1
        return len(self.marks.ids) - 1

    def numbers(self) -> dict[str, int]:
        """The number under which each card's present text is indexed."""
        return {name: number for number, name in enumerate(self.marks.ids) if name}

    def drop(self, numbers: set[int]) -> None:
        """These are replaced or gone."""
        for number in numbers:
            self.marks.ids[number] = self.marks.marks[number] = ""

    def save(self, folder: Path) -> None:
        """Write both files into the folder."""
        words = self._sorted if len(self._sorted) == len(self.counts) else sorted(self.counts)
        present = sum(1 for name in self.marks.ids if name)
        _write(folder / WORDS_FILE, Vocabulary(words, [self.counts[word] for word in words], present))
        _write(folder / CARDS_FILE, self.marks)


T = TypeVar("T")


def read(source: Path | bytes, kind: type[T]) -> T:
    """What `_write` wrote. Raises IndexDamaged."""
    try:
        return msgspec.msgpack.decode(source if isinstance(source, bytes) else source.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError) as error:
        raise IndexDamaged(f"The search index cannot be read ({error}); it is built anew") from error


def _write(file: Path, value: msgspec.Struct) -> None:
    # A new file in place of the old one: in a copied generation the old one may be a hard link.
    fresh = file.with_name(file.name + ".new")
    fresh.write_bytes(msgspec.msgpack.encode(value))
    fresh.replace(file)
