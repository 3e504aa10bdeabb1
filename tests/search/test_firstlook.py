"""A library that was never read is searched by its raw texts, and its answers are cards like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from playbook.finding.session import Session, first_look, read
from playbook.library.cache import ParseCache
from playbook.library.document import PARSER_VERSION
from playbook.library.snapshot import cached_snapshot
from playbook.store.managed import Library, open_library
from playbook.store.refs import main_commit

from .conftest import OTHERS, commit

LONG = "# The long guide\n\n" + "".join(
    f"## Chapter {number}\n\n{'Ordinary words of no weight stand here. ' * 6}\n\n" for number in range(40)
)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    files = OTHERS | {"content/guide.md": LONG + "## Rebates\n\nThe walrus rebate is agreed by legal alone.\n"}
    files |= {f"content/notes/note-{at}.md": f"# Note {at}\n\nNothing about it.\n" for at in range(30)}
    return open_library(str(commit(tmp_path, files)), name="raw")


@pytest.fixture
def looked(library: Library) -> Session:
    return first_look(library, main_commit(library))


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("too expensive", "price-too-high"),
        ("why you", "objections/why-you"),
        ("cafe", "notes/café"),
        ("dont hide", "objections/why-you"),
        ("契約更新", "notes/東京"),
        ("walrus", "guide#rebates"),
        ("#discovery @cfo budget", "objections/no-budget"),
        ("@cfo", "price-too-high"),
        ("note 17", "notes/note-17"),
    ],
)
def test_r12_words_are_found_before_anything_was_parsed(looked: Session, question: str, wanted: str) -> None:
    found = looked.searcher.search(question)
    assert found.engine == "first look"
    assert wanted in [hit.card.id for hit in found.hits[:2]]


def test_r12_what_is_found_first_is_the_card_that_reading_gives(looked: Session, library: Library) -> None:
    first = looked.searcher.search("too expensive").hits[0].card
    found = looked.searcher.search("walrus").hits[0].card
    whole = read(library).snapshot
    for card in (first, found):
        read_later = whole.card(card.id)
        assert (card.say, card.kind, card.stages, card.verified, card.visibility) == (
            read_later.say, read_later.kind, read_later.stages, read_later.verified, read_later.visibility,
        )  # fmt: skip
        assert looked.snapshot.text(card) == whole.text(card)
        assert looked.snapshot.document_text(card.path) == whole.document_text(card.path)
        assert looked.snapshot.cards_at(card.path)


def test_r12_a_first_look_reads_few_documents_and_writes_nothing(looked: Session, library: Library) -> None:
    assert looked.snapshot.cards == ()
    looked.searcher.search("walrus")
    assert {card.path for card in looked.snapshot.cards} == {"content/guide.md"}
    assert cached_snapshot(library, main_commit(library)) is None
    assert ParseCache(library.cache, PARSER_VERSION).latest() is None


def test_r12_what_stands_nowhere_is_not_found(looked: Session) -> None:
    assert looked.searcher.search("zeppelin").hits == ()
    assert looked.searcher.search("").hits == ()
    assert looked.searcher.search("in:nowhere price").hits == ()


def test_r16_a_broken_file_does_not_end_a_first_look(tmp_path: Path) -> None:
    files = {"a.md": "# Fine words\n\nwalrus\n", "b.md": "---\n: [\n---\nwalrus \x00\n"}
    library = open_library(str(commit(tmp_path, files)), name="broken")
    looked = first_look(library, main_commit(library))
    assert {hit.card.path for hit in looked.searcher.search("walrus").hits} == {"a.md", "b.md"}
