"""The index: built, updated, lost, cut short, killed, raced for; search answers through all of it."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec
import pytest
from building import LibraryBuilder
from filelock import FileLock

from playbook.errors import Conflict
from playbook.library.snapshot import Snapshot, load_snapshot
from playbook.search import generations, indexer
from playbook.search.generations import index_dir, read_current
from playbook.search.index import Searcher, open_searcher
from playbook.search.indexer import build_if_free, build_now, ensure_index, index_status
from playbook.store.managed import Library, open_library
from playbook.store.sync import sync

TODAY = date(2026, 11, 22)
INDEXER = [sys.executable, "-P", "-m", "playbook.search.indexer", "--library"]


def first(searcher: Searcher, text: str) -> str:
    return searcher.search(text, today=TODAY).hits[0].card.id


def opened(library: Library) -> Searcher:
    return open_searcher(library, load_snapshot(library), spawn=False)


def wait_for_index(searcher: Searcher, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not searcher.refresh():
        assert time.monotonic() < until, "no index was built"
        time.sleep(0.1)


def test_r12_a_lost_index_is_answered_by_scanning_and_rebuilt_behind(library: Library) -> None:
    snapshot = load_snapshot(library)
    searcher = open_searcher(library, snapshot)
    assert searcher.engine == "scan"
    assert first(searcher, "too expensive") == "price-too-high"
    wait_for_index(searcher)
    assert searcher.engine == "whoosh"
    assert first(searcher, "too expensive") == "price-too-high"

    shutil.rmtree(index_dir(library))
    assert first(searcher, "not now") == "objections/no-budget"  # it needs its files no more
    again = open_searcher(library, snapshot)
    assert again.engine == "scan"
    wait_for_index(again)


def test_r12_an_index_cut_short_at_any_byte_is_never_opened_and_is_rebuilt(library: Library) -> None:
    build_now(library)
    current = read_current(index_dir(library))
    assert current is not None
    folder = index_dir(library) / current.folder
    snapshot = load_snapshot(library)
    for name, (size, _) in current.files.items():
        whole = (folder / name).read_bytes()
        for keep in {0, 1, size // 3, size // 2, size - 1}:
            if 0 <= keep < size:
                (folder / name).write_bytes(whole[:keep])
                searcher = open_searcher(library, snapshot, spawn=False)
                assert searcher.engine == "scan"
        flipped = bytearray(whole)
        flipped[size // 2] ^= 0x55
        (folder / name).write_bytes(flipped)
        assert open_searcher(library, snapshot, spawn=False).engine == "scan"
        (folder / name).write_bytes(whole)
    assert open_searcher(library, snapshot, spawn=False).engine == "whoosh"
    for data in (b"", b"{", b"[]", b'{"folder": "../../etc"}'):
        (index_dir(library) / "current").write_bytes(data)
        assert open_searcher(library, snapshot, spawn=False).engine == "scan"
    assert indexer.run(library) == 0
    assert first(opened(library), "too expensive") == "price-too-high"


def test_a_damaged_index_is_replaced_by_the_indexer(library: Library) -> None:
    build_now(library)
    current = read_current(index_dir(library))
    assert current is not None
    for file in (index_dir(library) / current.folder).iterdir():
        file.write_bytes(file.read_bytes()[:10])
    assert opened(library).engine == "scan"
    assert indexer.run(library) == 0
    assert opened(library).engine == "whoosh"


def test_an_index_in_a_folder_that_others_can_write_to_is_not_opened(library: Library) -> None:
    build_now(library)
    index_dir(library).chmod(0o777)
    assert opened(library).engine == "scan"
    assert indexer.run(library) == 0
    assert opened(library).engine == "whoosh"


def test_an_index_of_another_format_or_commit_is_not_opened(library: Library) -> None:
    build_now(library)
    place = index_dir(library)
    current = read_current(place)
    assert current is not None
    generations.write_current(place, msgspec.structs.replace(current, commit="0" * 40))
    assert opened(library).engine == "scan"
    generations.write_current(place, msgspec.structs.replace(current, format="older"))
    assert opened(library).engine == "scan"


def pull(tmp_path: Path, library: Library, write: dict[str, str], remove: tuple[str, ...] = ()) -> None:
    """Commit in the working tree that the hub was made from, push, and sync the library."""
    builder = LibraryBuilder(tmp_path / "work")
    builder.made = True
    for name, text in write.items():
        builder.write(name, text)
    for name in remove:
        builder.remove(name)
    builder.commit("Change the cards")
    builder.git("push", "-q", str(tmp_path / "hub.git"), "HEAD:main")
    sync(library)


def test_an_update_finds_what_a_new_index_finds(tmp_path: Path, library: Library) -> None:
    build_now(library)
    before = read_current(index_dir(library))
    for round in range(7):  # past the number of segments at which they are merged
        pull(
            tmp_path,
            library,
            {
                "content/objections/price.md": f"---\nid: price-too-high\n---\n# Costly\n\nThe walrus number {round}.\n",
                f"content/objections/new-{round}.md": f"# Arrived\n\nA heron of round {round}, w{round}ord.\n",
            },
            remove=(f"content/objections/new-{round - 1}.md",) if round else ("content/objections/why-you.md",),
        )
        assert indexer.run(library) == 0
        searcher = opened(library)
        assert searcher.engine == "whoosh"
        assert first(searcher, f"walrus {round} ") == "price-too-high"
        assert first(searcher, "heron") == f"objections/new-{round}"
        # What the card said before is gone with it.
        assert "price-too-high" not in [hit.card.id for hit in searcher.search("week stops ", today=TODAY).hits]
        assert searcher.search(f"w{round - 1}ord ", today=TODAY).total == 0
    after = read_current(index_dir(library))
    assert before is not None
    assert after is not None
    assert after.folder != before.folder
    assert sum(name.endswith(".seg") for name in after.files) <= 5
    updated = {
        q: [h.card.id for h in opened(library).search(q, today=TODAY).hits]
        for q in ("price", "acme", "w6ord", "number")
    }
    build_now(library)
    anew = {q: [h.card.id for h in opened(library).search(q, today=TODAY).hits] for q in updated}
    assert {q: sorted(ids) for q, ids in updated.items()} == {q: sorted(ids) for q, ids in anew.items()}
    assert [entry.name for entry in index_dir(library).iterdir() if entry.name.startswith("gen-")] == [
        getattr(read_current(index_dir(library)), "folder", "")
    ]


def test_a_commit_that_changes_no_card_only_moves_the_index_on(tmp_path: Path, library: Library) -> None:
    build_now(library)
    before = read_current(index_dir(library))
    pull(tmp_path, library, {"other.txt": "no card"})
    assert indexer.run(library) == 0
    after = read_current(index_dir(library))
    assert before is not None
    assert after is not None
    assert (before.folder, before.files) == (after.folder, after.files)
    assert opened(library).engine == "whoosh"


def test_searching_an_older_commit_scans_it(tmp_path: Path, library: Library) -> None:
    old = load_snapshot(library).commit
    pull(tmp_path, library, {"content/objections/price.md": "---\nid: price-too-high\n---\n# Costly\n\nA walrus.\n"})
    build_now(library)
    then = open_searcher(library, load_snapshot(library, old))
    assert then.engine == "scan"
    assert first(then, "too expensive") == "price-too-high"
    assert then.search("walrus", today=TODAY).total == 0
    assert first(opened(library), "walrus") == "price-too-high"


def test_an_indexer_killed_at_any_moment_leaves_a_searchable_library(library: Library) -> None:
    for delay in (0.15, 0.25, 0.3, 0.35, 0.4, 0.5):
        process = subprocess.Popen([*INDEXER, library.name])
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert first(opened(library), "too expensive") == "price-too-high"
    assert not index_status(library).running
    assert subprocess.run([*INDEXER, library.name], check=False).returncode == 0
    assert opened(library).engine == "whoosh"
    left = {entry.name for entry in index_dir(library).iterdir() if not entry.name.startswith(("gen-", "lock"))}
    assert left == {"current"}


def test_a_second_indexer_ends_at_once(library: Library) -> None:
    index_dir(library).mkdir(parents=True)
    with FileLock(index_dir(library) / "lock"):
        assert subprocess.run([*INDEXER, library.name], check=False, timeout=30).returncode == 0
        with pytest.raises(Conflict, match="another process"):
            build_now(library)
    assert opened(library).engine == "scan"


def test_opening_does_without_an_index_that_another_builds(library: Library) -> None:
    index_dir(library).mkdir(parents=True)
    with FileLock(index_dir(library) / "lock"):
        generations.write_progress(index_dir(library), generations.Progress("indexing", 3, 9, os.getpid(), time.time()))
        status = build_if_free(library)
        assert (status.engine, status.running, status.done, status.total) == ("scan", True, 3, 9)
    assert build_if_free(library).engine == "whoosh"


@pytest.mark.parametrize("name", ["current", "progress.json", "lock", "gen-1", "current.1.new", ""])
@pytest.mark.parametrize("kind", ["folder", "pipe", "link"])
def test_what_stands_where_the_index_belongs_is_taken_away(library: Library, name: str, kind: str) -> None:
    place = index_dir(library) / name
    place.parent.mkdir(parents=True, exist_ok=True)
    if kind == "folder":
        (place / "more").mkdir(parents=True)
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        place.symlink_to("nowhere")
    status = index_status(library)
    assert (status.engine, status.running) == ("scan", False)
    assert build_if_free(library).engine == "whoosh"
    assert indexer.run(library) == 0
    assert opened(library).engine == "whoosh"
    assert {entry.name for entry in index_dir(library).iterdir()} <= {"current", "lock", "gen-1", "gen-2", "more"}


def test_a_full_disk_while_indexing_here_is_one_sentence(open_files: Callable[[dict[str, str]], Library]) -> None:
    # So little that it is written only as the file is closed, where Whoosh loses the reason.
    load_snapshot(open_files({"a.md": "# A\n"}))
    script = (
        "import resource, sys\n"
        "from playbook.errors import PlaybookError\n"
        "from playbook.search.indexer import build_now\n"
        "from playbook.store.managed import find_library\n"
        "library = find_library(None)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n    build_now(library)\n"
        "except PlaybookError as error:\n    print(error.exit_code, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert done.stdout.startswith("6 Cannot write the search index"), (done.stdout, done.stderr)
    assert "File too large" in done.stdout and "Traceback" not in done.stderr


def test_a_full_disk_while_indexing_costs_costs_nothing_but_the_index(library: Library) -> None:
    load_snapshot(library)

    def small_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    done = subprocess.run([*INDEXER, library.name], check=False, preexec_fn=small_files_only, capture_output=True)
    assert (done.returncode, b"Traceback" in done.stderr) == (6, False)
    assert first(opened(library), "too expensive") == "price-too-high"
    status = index_status(library)
    assert (status.engine, status.running) == ("scan", False)
    assert "File too large" in status.reason
    assert {entry.name for entry in index_dir(library).iterdir()} <= {"lock"} | {
        name for name in ("progress.json",) if (index_dir(library) / name).exists()
    }
    ensure_index(library, load_snapshot(library).commit)
    assert library.git_dir not in indexer._spawned  # not again at once
    assert indexer.run(library) == 0
    assert index_status(library).engine == "whoosh"


def test_progress_is_reported_while_an_indexer_is_alive(library: Library) -> None:
    place = index_dir(library)
    place.mkdir(parents=True)
    generations.write_progress(place, generations.Progress("indexing", 3, 9, os.getpid(), time.time()))
    status = index_status(library)
    assert (status.running, status.done, status.total, status.phase) == (True, 3, 9, "indexing")
    generations.write_progress(place, generations.Progress("indexing", 3, 9, os.getpid(), time.time() - 10_000))
    assert not index_status(library).running
    build_now(library)
    status = index_status(library)
    assert (status.engine, status.running, status.cards) == ("whoosh", False, len(load_snapshot(library).cards))
    assert status.bytes > 0
    assert status.build_ms > 0


class Counting:
    """A snapshot that counts the texts that are read of it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.read = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._snapshot, name)

    def texts(self, cards: object = None) -> object:
        for pair in self._snapshot.texts(cards):  # type: ignore[arg-type]
            self.read += 1
            yield pair


def test_r01_a_keystroke_over_many_cards_reads_thirty_texts_at_most(
    open_files: Callable[[dict[str, str]], Library],
) -> None:
    library = open_files(
        {
            f"content/objections/c{number}.md": f"# Price {number}\n\nThe price of part {number}.\n"
            for number in range(400)
        }
    )
    build_now(library)
    counting = Counting(load_snapshot(library))
    searcher = open_searcher(library, counting, spawn=False)  # type: ignore[arg-type]
    assert searcher.engine == "whoosh"
    for typed in ("p", "pr", "pri", "pric", "price", "price ", "price o"):
        before = counting.read
        results = searcher.search(typed, today=TODAY)
        assert len(results.hits) == 50
        assert results.total == 200
        assert counting.read - before <= 30


def test_the_index_needs_no_library_of_ours_to_be_unpickled(library: Library) -> None:
    build_now(library)
    current = read_current(index_dir(library))
    assert current is not None
    for name in current.files:
        assert b"playbook" not in (index_dir(library) / current.folder / name).read_bytes().replace(
            b"playbook.toml", b""
        )


def test_a_folder_without_a_library_is_scanned(tmp_path: Path) -> None:
    from playbook.library.snapshot import load_folder

    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "a.md").write_text("# Heron\n\nStands in water.\n")
    searcher = open_searcher(None, load_folder(tmp_path / "words"))
    assert searcher.search("water", today=TODAY).hits[0].card.title == "Heron"


def test_an_empty_library_has_an_empty_index(tmp_path: Path) -> None:
    builder = LibraryBuilder(tmp_path / "empty").write("notes.txt", "no Markdown")
    builder.commit()
    library = open_library(str(builder.bare(tmp_path / "empty.git")))
    build_now(library)
    searcher = opened(library)
    assert searcher.search("anything", today=TODAY).hits == ()
    assert searcher.search("is:objection", today=TODAY).hits == ()
