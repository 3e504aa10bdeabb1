"""A library that was never read is searched by its raw texts, and its answers are cards like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from playbook.finding.session import Session, first_look, read
from playbook.library.cache import ParseCache
from playbook.library.document import PARSER_VERSION
from playbook.library.snapshot import cached_snapshot
from playbook.search.query import parse_query
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


def test_r12_two_documents_that_claim_one_id_are_both_found(tmp_path: Path) -> None:
    files = {
        "content/a.md": "---\nid: same\ntitle: Aardvark one\n---\nSay aardvark.\n",
        "content/b.md": "---\nid: same\ntitle: Aardvark two\nvisibility: internal\nstatus: retired\n---\nOld aardvark.\n",
    }
    library = open_library(str(commit(tmp_path, files)), name="twins")
    looked = first_look(library, main_commit(library))
    assert {hit.card.path for hit in looked.searcher.search("aardvark").hits} == set(files)
    whole = read(library).snapshot
    found = {card.path: card.visibility for card in whole.cards}
    assert all(found[hit.card.path] == hit.card.visibility for hit in looked.searcher.search("aardvark").hits)


def test_r12_the_raw_texts_serve_on_until_the_index_stands(library: Library, looked: Session) -> None:
    from playbook.finding import session as sessions
    from playbook.search.indexer import build_now

    before = [hit.card.id for hit in looked.searcher.search("too expensive").hits]
    whole = read(library)
    served = sessions.Session(library, whole.snapshot, looked.searcher.over(whole.snapshot))  # type: ignore[union-attr]
    assert not served.partial and served.indexed() is None
    assert [hit.card.id for hit in served.searcher.search("too expensive").hits] == before
    assert sessions.over_raw(whole, looked) is whole, "a small library is scanned word by word"
    build_now(library)
    indexed = served.indexed()
    assert indexed is not None and indexed.searcher.engine not in ("scan", "first look")


def test_r12_accents_and_marks_are_folded_in_linear_time() -> None:
    from playbook.library.firstlook import flat

    assert flat("Café Müller\u2019s DON'T") == "cafe mullers dont"
    # Sorting one run of marks takes the square of its length: this took minutes.
    assert flat("a" + "\u0301\u0327" * 250_000) == "a"


def test_r12_documents_of_the_same_text_share_it(tmp_path: Path) -> None:
    files = {f"content/{at}.md": "The same words.\n" * 100 for at in range(50)}
    library = open_library(str(commit(tmp_path, files)), name="shared")
    looked = first_look(library, main_commit(library))
    assert len({id(text) for text in looked.snapshot.raw.texts}) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("typed", ["warlus rebate", "rebate warlus ", "walurs"])
def test_r05_a_word_that_stands_nowhere_is_taken_for_what_it_was_meant_to_be(looked: Session, typed: str) -> None:
    found = looked.searcher.search(typed)
    assert found.hits[0].card.id == "guide#rebates"
    assert found.corrected == typed.replace("warlus", "walrus").replace("walurs", "walrus").strip()
    assert found.query.text == typed.strip()


def test_r05_what_was_typed_is_kept_where_it_should_be_or_nothing_is_found(looked: Session) -> None:
    assert looked.searcher.search(parse_query("warlus ", correct=False)).hits == ()
    nothing = looked.searcher.search("xqzvbbw ")
    assert (nothing.hits, nothing.corrected) == ((), "")


def test_the_words_of_the_texts_are_only_counted_when_one_stands_nowhere(looked: Session) -> None:
    looked.searcher.search("walrus rebate")
    assert "_lexicon" not in vars(looked.searcher)
    looked.searcher.search("warlus")
    assert "_lexicon" in vars(looked.searcher)
