"""Which engine a library gets, and what happens when it is not there any more."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from playbook.errors import PlaybookError, UsageError
from playbook.library.settings import SearchSettings, Settings
from playbook.library.snapshot import load_snapshot
from playbook.search import engines
from playbook.search.generations import index_dir, read_current
from playbook.search.index import open_searcher
from playbook.search.indexer import build_now, index_status
from playbook.search.indexer import run as index_now
from playbook.store.managed import Library

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    """What is available is found out once a process; a test that hides an engine must not leave that behind."""
    engines.available.cache_clear()
    yield
    engines.available.cache_clear()


def test_r05_the_engine_follows_the_size_and_the_librarys_own_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLAYBOOK_ENGINE", raising=False)
    assert engines.wanted(Settings(), 100) == "whoosh"
    assert engines.wanted(Settings(), 50_000) == "tantivy"
    assert engines.wanted(Settings(search=SearchSettings(tantivy_from=50)), 100) == "tantivy"
    monkeypatch.setenv("PLAYBOOK_ENGINE", "whoosh")
    assert engines.wanted(Settings(), 50_000) == "whoosh"
    monkeypatch.setenv("PLAYBOOK_ENGINE", "lucene")
    with pytest.raises(UsageError, match="installed here"):
        engines.wanted(Settings(), 1)


def test_without_tantivy_its_index_is_scanned_and_built_anew(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYBOOK_ENGINE", "tantivy")
    build_now(library)
    assert index_status(library).engine == "tantivy"
    monkeypatch.delenv("PLAYBOOK_ENGINE")
    monkeypatch.setitem(sys.modules, "tantivy", None)
    engines.available.cache_clear()
    assert engines.installed() == ("whoosh",)
    searcher = open_searcher(library, load_snapshot(library), spawn=False)
    assert searcher.engine == "scan"
    assert searcher.search("too expensive ", today=TODAY).hits[0].card.id == "price-too-high"
    assert index_now(library) == 0
    assert open_searcher(library, load_snapshot(library), spawn=False).engine == "whoosh"


@pytest.mark.parametrize("engine", ["whoosh", "tantivy"])
def test_a_damaged_file_of_either_index_is_noticed(
    library: Library, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBOOK_ENGINE", engine)
    build_now(library)
    current = read_current(index_dir(library))
    assert current is not None
    folder = index_dir(library) / current.folder
    for name in current.files:
        whole = (folder / name).read_bytes()
        for cut in {0, len(whole) // 2, max(len(whole) - 1, 0)}:
            (folder / name).write_bytes(whole[:cut])
            searcher = open_searcher(library, load_snapshot(library), spawn=False)
            assert (searcher.engine == "scan") == (cut < len(whole)), name
        (folder / name).write_bytes(whole)
    assert open_searcher(library, load_snapshot(library), spawn=False).engine == engine


def test_a_disk_that_takes_no_more_is_told_for_tantivy_too(
    library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from playbook.search import tantivy_builder

    def full(writer: object) -> None:
        raise ValueError("An IO error occurred: 'No space left on device'")

    monkeypatch.setenv("PLAYBOOK_ENGINE", "tantivy")
    monkeypatch.setattr(tantivy_builder, "_commit", full)
    with pytest.raises(PlaybookError, match=r"Cannot write the search index.*No space left"):
        build_now(library)
    assert read_current(index_dir(library)) is None


def test_an_update_of_a_tantivy_index_finds_what_a_new_one_finds(
    library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from building import LibraryBuilder

    monkeypatch.setenv("PLAYBOOK_ENGINE", "tantivy")
    builder = LibraryBuilder(tmp_path / "grown")
    for number in range(30):
        builder.write(f"card-{number}.md", f"# Card {number}\n\nAbout walrus {number}.\n")
    builder.commit("Add the cards")
    from playbook.store.managed import open_library
    from playbook.store.sync import sync

    grown = open_library(str(builder.bare(tmp_path / "grown.git")), name="grown")
    build_now(grown)
    for number in range(4):
        builder.write(f"card-{number}.md", f"# Card {number}\n\nAbout heron {number}.\n")
        builder.commit(f"Change {number}")
        builder.git("push", "-q", str(tmp_path / "grown.git"), "main")
        sync(grown)
        assert index_now(grown) == 0
    searcher = open_searcher(grown, load_snapshot(grown), spawn=False)
    assert searcher.engine == "tantivy"
    assert {hit.card.path for hit in searcher.search("heron ", today=TODAY).hits} == {f"card-{n}.md" for n in range(4)}
    assert searcher.search("walrus ", today=TODAY).total == 26
