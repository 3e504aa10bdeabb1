"""Writes the Whoosh index: words arrive folded and grouped, and only numbers are kept with them."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from playbook.library.card import Card
from playbook.search.engine import Progress
from playbook.search.index_files import State, weighed

# Change it when whoosh, what is written, or how words are folded changes: indexes of another format are built anew.
FORMAT = "whoosh-2.7.5-d"

INDEX_NAME = "MAIN"
_MERGE_PAST = 4  # segments; twenty cost three times the time of one


class WhooshBuilder:
    """Writes Whoosh's files and ours beside them into one folder."""

    def build(
        self, cards: Iterable[tuple[Card, str]], folder: Path, *, total: int = 0, progress: Progress | None = None
    ) -> None:
        """Index every card into the empty folder. Raises OSError when the disk is full or cannot be written."""
        from whoosh.index import create_in

        state = State.empty()
        with closing(create_in(str(folder), _schema(), indexname=INDEX_NAME)) as index, _writer(index) as writer:
            for number, (card, text) in enumerate(cards):
                _add(writer, card, text, state)
                if progress and number % 50 == 0:
                    progress("indexing", number, total)
            if progress:
                progress("writing", total, total)
            writer.commit(mergetype=_keep_segments)
        state.save(folder)

    def update(self, folder: Path, changed: Iterable[tuple[Card, str]], removed: Collection[str]) -> None:
        """Replace the changed cards and drop the removed ones, in one commit. Raises IndexDamaged or OSError."""
        state = State.of(folder)
        numbers = state.numbers()
        gone = {numbers[name] for name in removed if name in numbers}
        with closing(_open(folder)) as index, _writer(index) as writer:
            for card, text in changed:
                if card.id in numbers:
                    gone.add(numbers[card.id])
                _add(writer, card, text, state)
            for docnum, number in enumerate(_numbers(index)):
                if number in gone:
                    writer.delete_document(docnum)
            writer.commit(mergetype=_merge_small)
        state.drop(gone)
        state.save(folder)


def _schema() -> Any:
    from whoosh import columns, fields

    # `all`: every word. `pre`: the first one to three letters of every word. `tpre`: the same of title and aliases.
    # No analyzer is ever asked (Whoosh's own would drop stop words and split apostrophes), and no length is kept.
    return fields.Schema(
        all=fields.ID(), pre=fields.ID(), tpre=fields.ID(), number=fields.COLUMN(columns.NumericColumn("I"))
    )


class _Postings:
    """Stands in for Whoosh's pool of postings: grouped by word from the start, so that nothing is sorted or spilled.

    A fifth of the memory, and with 10,000 cards a third of the time.
    """

    def __init__(self) -> None:
        self._fields: dict[str, dict[bytes, tuple[array[int], array[float]]]] = {}

    def add(self, item: tuple[str, bytes, int, float, bytes]) -> None:
        """One posting: field, word, document, weight; the value is always empty."""
        field, word, docnum, weight, _ = item
        terms = self._fields.setdefault(field, {})
        found = terms.get(word)
        if found is None:
            found = terms[word] = (array("I"), array("f"))
        found[0].append(docnum)
        found[1].append(weight)

    def iter_postings(self) -> Iterator[tuple[str, bytes, int, float, bytes]]:
        """Every posting in the order Whoosh writes them: field, word, document."""
        for field in sorted(self._fields):
            terms = self._fields.pop(field)
            for word in sorted(terms):
                docnums, weights = terms.pop(word)
                for docnum, weight in zip(docnums, weights, strict=True):
                    yield (field, word, docnum, weight, b"")

    def cleanup(self) -> None:
        """Nothing was left on the disk."""
        self._fields.clear()


@contextmanager
def _writer(index: Any) -> Iterator[Any]:
    """A writer that is cancelled when something raises: otherwise Whoosh would keep its lock."""
    from whoosh.codec.whoosh3 import W3Codec

    # Large blocks: nothing here skips through postings, and of a thousand small ones each would carry its own header.
    # No length statistics: they would be looked up once for every posting.
    codec = W3Codec(blocklimit=4096)
    codec.length_stats = False
    writer = index.writer(codec=codec)
    writer.pool = _Postings()
    try:
        yield writer
    finally:
        if not writer.is_closed:
            writer.cancel()


def _add(writer: Any, card: Card, text: str, state: State) -> None:
    """Whoosh's add_document without its analysis: it would make a token object and a value of every word."""
    weights, beginnings, prominent = weighed(card, text)
    number = state.add(card, weights)
    docnum, schema = writer.docnum, writer.schema
    add = writer.pool.add
    writer.perdocwriter.start_doc(docnum)
    for field, words in (("all", weights), ("pre", beginnings), ("tpre", prominent)):
        for word, count in words.items():
            add((field, word.encode("utf-8", "replace"), docnum, count, b""))
    writer.perdocwriter.add_column_value("number", schema["number"].column_type, number)
    writer.perdocwriter.finish_doc()
    writer.docnum += 1
    writer._added = True


def _keep_segments(writer: Any, segments: list[Any]) -> list[Any]:
    return segments


def _merge_small(writer: Any, segments: list[Any]) -> list[Any]:
    """Keep the segments until there are too many; then fold all but the largest into the one being written."""
    if len(segments) < _MERGE_PAST:
        return [segment for segment in segments if segment.doc_count()]
    from whoosh.reading import SegmentReader

    largest = max(segments, key=lambda segment: segment.doc_count_all())
    for segment in segments:
        if segment is not largest and segment.doc_count():
            with closing(SegmentReader(writer.storage, writer.schema, segment)) as reader:
                writer.add_reader(reader)
    return [largest]


def _open(folder: Path) -> Any:
    from whoosh.index import open_dir

    return open_dir(str(folder), indexname=INDEX_NAME)


def _numbers(index: Any) -> list[int]:
    with closing(index.reader()) as reader:
        return numbers(reader)


def numbers(reader: Any) -> list[int]:
    """The number of the card (see Marks) of each document, deleted ones included, in Whoosh's order."""
    found: list[int] = []
    for leaf, _ in reader.leaf_readers():
        if leaf.doc_count_all():  # Whoosh's reader of nothing has no columns
            found.extend(leaf.column_reader("number").load())
    return found
