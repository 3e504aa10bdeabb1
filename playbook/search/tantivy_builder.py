"""Writes the Tantivy index: the same words and weights as Whoosh's, in a compiled engine for large libraries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playbook.library.card import Card
from playbook.search.engine import Progress
from playbook.search.index_files import IndexDamaged, State, weighed

# Change it when tantivy's index format, what is written, or how words are folded changes.
FORMAT = "tantivy-7-c"

_HEAP = 96_000_000  # bytes the writer gathers before it writes a segment
_MOST_TIMES = 40  # that one word is written for one card; BM25 hears no difference beyond


class TantivyBuilder:
    """Writes Tantivy's files and ours beside them into one folder."""

    def build(
        self, cards: Iterable[tuple[Card, str]], folder: Path, *, total: int = 0, progress: Progress | None = None
    ) -> None:
        """Index every card into the empty folder. Raises OSError when the disk is full or cannot be written."""
        from tantivy import Index

        state = State.empty()
        with _disk_errors():
            writer = Index(schema(), path=str(folder)).writer(_HEAP, 1)
            for number, (card, text) in enumerate(cards):
                _add(writer, card, text, state)
                if progress and number % 200 == 0:
                    progress("indexing", number, total)
            if progress:
                progress("writing", total, total)
            _commit(writer)
        state.save(folder)

    def update(self, folder: Path, changed: Iterable[tuple[Card, str]], removed: Collection[str]) -> None:
        """Replace the changed cards and drop the removed ones, in one commit. Raises IndexDamaged or OSError."""
        from tantivy import Index

        state = State.of(folder)
        numbers = state.numbers()
        gone = {numbers[name] for name in removed if name in numbers}
        try:
            index = Index.open(str(folder))
        except ValueError as error:
            raise IndexDamaged(f"The search index cannot be read ({error}); it is built anew") from error
        with _disk_errors():
            writer = index.writer(_HEAP, 1)
            for card, text in changed:
                if card.id in numbers:
                    gone.add(numbers[card.id])
                _add(writer, card, text, state)
            for number in gone:
                writer.delete_documents_by_term("number", number)
            _commit(writer)
        state.drop(gone)
        state.save(folder)


def schema() -> Any:
    """`all`: every word, as often as it weighs. `pre`, `tpre`: see index_files.Weighed. Only numbers are kept."""
    from tantivy import SchemaBuilder

    made = SchemaBuilder()
    made.add_unsigned_field("number", stored=False, indexed=True, fast=True)
    for name in ("all", "pre", "tpre"):
        made.add_text_field(name, stored=False, tokenizer_name="whitespace", index_option="freq")
    return made.build()


def _add(writer: Any, card: Card, text: str, state: State) -> None:
    from tantivy import Document

    found = weighed(card, text)
    document = Document()
    document.add_unsigned("number", state.add(card, found.words))
    for name, words in (("all", found.words), ("pre", found.beginnings), ("tpre", found.prominent)):
        document.add_text(name, " ".join(" ".join([word] * min(times, _MOST_TIMES)) for word, times in words.items()))
    writer.add_document(document)


def _commit(writer: Any) -> None:
    writer.commit()
    writer.wait_merging_threads()


@contextmanager
def _disk_errors() -> Iterator[None]:
    """Let a disk that takes no more be an OSError: Tantivy gives every failure of the disk as ValueError."""
    try:
        yield
    except ValueError as error:
        raise OSError(str(error).removeprefix("An IO error occurred: ").strip("'")) from error
