"""Builds and updates the index in a process of its own: `python -m playbook.search.indexer --library NAME`."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playbook.errors import LibraryUnreadable, PlaybookError
from playbook.search import engine, engines, generations
from playbook.search.generations import Current, index_dir, read_current
from playbook.search.index_files import CARDS_FILE, IndexDamaged, Marks, mark, read

if TYPE_CHECKING:
    from playbook.library.snapshot import Snapshot
    from playbook.store.managed import Library

_RETRY_AFTER = 300  # seconds before an indexer that gave up (a full disk) is tried again
_STALE_AFTER = 900  # seconds without a word after which an indexer's report is not believed
_REBUILD_SHARE = 0.3  # of the cards changed: building anew is as quick, and leaves one segment


@dataclass(frozen=True)
class IndexStatus:
    """The index as it is now: `done` of `total` while an indexer is `running`; `phase` is what it does."""

    engine: str
    cards: int
    commit: str
    build_ms: float
    bytes: int
    running: bool = False
    done: int = 0
    total: int = 0
    phase: str = ""
    reason: str = ""


def index_status(library: Library) -> IndexStatus:
    """What the index covers and whether it is being built; reads two small files."""
    _ended(library)
    place = index_dir(library)
    current = read_current(place)
    progress = generations.read_progress(place)
    running = progress is not None and progress.phase != "failed" and _alive(progress)
    return IndexStatus(
        engine=current.engine if current else "scan",
        cards=current.cards if current else 0,
        commit=current.commit if current else "",
        build_ms=current.build_ms if current else 0.0,
        bytes=current.bytes if current else 0,
        running=running,
        done=progress.done if progress and running else 0,
        total=progress.total if progress and running else 0,
        phase=progress.phase if progress and running else "",
        reason=progress.reason if progress and progress.phase == "failed" else "",
    )


def ensure_index(library: Library, commit: str) -> None:
    """Start the indexer, detached, unless the index is of this commit, one is at work, or one just gave up on it.

    Only main is indexed: for any other commit nothing is started. Never waits and never raises.
    """
    from playbook.store.refs import main_commit

    place = index_dir(library)
    try:
        if main_commit(library) != commit:
            return
    except PlaybookError:
        return
    failed = _ended(library)
    if failed and time.monotonic() - _spawned[library.git_dir][1] < _RETRY_AFTER:
        return
    if failed is None and library.git_dir in _spawned:
        return
    progress = generations.read_progress(place)
    if progress is not None:
        if progress.phase != "failed" and _alive(progress):
            return
        if progress.phase == "failed" and progress.commit == commit and time.time() - progress.when < _RETRY_AFTER:
            return
    spawn(library)


class _Detached(subprocess.Popen[bytes]):
    """A process that is meant to outlive us, so that nobody is warned when it does."""

    def __del__(self) -> None:
        self.poll()


_spawned: dict[Path, tuple[_Detached, float]] = {}  # by repository: the indexer started last, and when


def _ended(library: Library) -> int | None:
    """How the indexer that we started for the library ended; None when there was none, or it is at work.

    Asking also lets the system forget an ended process, which would look alive to everybody else.
    """
    process, _ = _spawned.get(library.git_dir, (None, 0.0))
    return process.poll() if process else None


def spawn(library: Library) -> None:
    """Start an indexer of its own session; a second one ends at once by itself."""
    try:
        # -P: the folder we stand in may hold a `playbook.py` of somebody else's.
        process = _Detached(
            [sys.executable, "-P", "-m", "playbook.search.indexer", "--library", library.name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:
        return  # no process to be had: search goes on scanning
    _spawned[library.git_dir] = (process, time.monotonic())


def build_now(library: Library, progress: engine.Progress | None = None, *, rebuild: bool = True) -> IndexStatus:
    """Bring the index to main in this process, from nothing when `rebuild`. Raises LibraryUnreadable, or Conflict when
    another indexer is at work."""
    from filelock import FileLock, Timeout

    from playbook.errors import Conflict
    from playbook.library.snapshot import load_snapshot

    place = index_dir(library)
    try:
        generations.prepare(place)
        with FileLock(place / "lock", timeout=0):
            try:
                snapshot = load_snapshot(library, progress=progress)
                _bring_up_to_date(place, snapshot, progress, rebuild=rebuild)
            finally:
                (place / "progress.json").unlink(missing_ok=True)
    except Timeout:
        raise Conflict(
            "The index is being built by another process; wait for it to end (playbook index --status)"
        ) from None
    except OSError as error:
        raise LibraryUnreadable(
            f"Cannot write the search index in {place}: {error.strerror or error}; make room, search goes on without it"
        ) from error
    return index_status(library)


def build_if_free(library: Library, progress: engine.Progress | None = None) -> IndexStatus:
    """Bring the index to main in this process, unless another is at it: then say how far that is. Raises
    LibraryUnreadable."""
    from playbook.errors import Conflict

    try:
        return build_now(library, progress, rebuild=False)
    except Conflict:
        return index_status(library)


def _bring_up_to_date(place: Path, snapshot: Snapshot, progress: engine.Progress | None, *, rebuild: bool) -> Current:
    wanted = engines.wanted(snapshot.settings, len(snapshot.cards))
    current = None if rebuild else read_current(place)
    if current is not None and current.engine == wanted:
        try:
            return _update(place, current, snapshot)
        except IndexDamaged:
            pass
    started = time.perf_counter()
    present = read_current(place)
    generations.remove_others(place, present.folder if present else "")
    with generations.new_folder(place) as folder:
        with _disk_errors():
            engines.builder(wanted).build(snapshot.texts(), folder, total=len(snapshot.cards), progress=progress)
        return _publish(place, folder, snapshot, started, wanted)


def _update(place: Path, current: Current, snapshot: Snapshot) -> Current:
    """Index what differs between the index's cards and the snapshot's. Raises IndexDamaged when it takes a new one."""
    started = time.perf_counter()
    files = generations.load(place, current)
    known = read(files[CARDS_FILE], Marks)
    del files
    before = dict(zip(known.ids, known.marks, strict=True))
    before.pop("", None)
    now = {card.id: card for card in snapshot.cards}
    changed = [card for card in snapshot.cards if before.get(card.id) != mark(card)]
    removed = [name for name in before if name not in now]
    dead = len(known.ids) - len(before)
    if len(changed) + len(removed) + dead > max(20, _REBUILD_SHARE * len(now)):
        raise IndexDamaged("Too much changed for an update")
    if not changed and not removed:
        if current.commit == snapshot.commit:
            return current
        fresh = Current(current.folder, snapshot.commit, current.format, current.cards, current.build_ms, current.files)
        generations.write_current(place, fresh)
        return fresh
    generations.remove_others(place, current.folder)
    with generations.new_folder(place) as folder:
        generations.copy_folder(place / current.folder, list(current.files), folder)
        with _disk_errors():
            engines.builder(current.engine).update(folder, snapshot.texts(changed), removed)
        return _publish(place, folder, snapshot, started, current.engine)


@contextmanager
def _disk_errors() -> Iterator[None]:
    """Let a disk that takes no more be an OSError: Whoosh closes its files once more on the way out, and then says
    ValueError of those that are closed."""
    try:
        yield
    except ValueError as error:
        before = error.__context__
        while before is not None and not isinstance(before, OSError):
            before = before.__context__
        if before is None:
            raise
        raise before from error


def _publish(place: Path, folder: Path, snapshot: Snapshot, started: float, name: str) -> Current:
    took = (time.perf_counter() - started) * 1000
    wrote = engines.format_of(name)
    current = generations.publish(place, folder, snapshot.commit, len(snapshot.cards), took, wrote)
    generations.remove_others(place, current.folder)
    return current


def _alive(progress: generations.Progress) -> bool:
    if time.time() - progress.when > _STALE_AFTER or progress.pid <= 0:
        return False
    if os.name != "posix":
        return True  # there, asking after a process ends it
    try:
        os.kill(progress.pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is there, and somebody else's
    return True


class _Reporter:
    """Writes progress.json as often as somebody watching can see, not oftener."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._last = 0.0

    def __call__(self, phase: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last > 0.1 or done == total:
            self._last = now
            self.say(phase, done, total)

    def say(self, phase: str, done: int = 0, total: int = 0, *, commit: str = "", reason: str = "") -> None:
        """Write it; a disk too full for a report must not end the work."""
        report = generations.Progress(phase, done, total, os.getpid(), time.time(), commit, reason)
        with suppress(OSError):
            generations.write_progress(self._place, report)


def run(library: Library) -> int:
    """Bring the index to main, again while main moves; 0 done or another is at work, else the error's exit code."""
    from filelock import FileLock, Timeout

    from playbook.library.snapshot import load_snapshot
    from playbook.store.refs import main_commit

    place = index_dir(library)
    report = _Reporter(place)
    commit = ""
    try:
        generations.prepare(place)
        with FileLock(place / "lock", timeout=0):
            report.say("reading")
            while True:
                commit = main_commit(library)
                _bring_up_to_date(place, load_snapshot(library, progress=report), report, rebuild=False)
                if main_commit(library) == commit:
                    break
            (place / "progress.json").unlink(missing_ok=True)
    except Timeout:
        return 0
    except PlaybookError as error:
        report.say("failed", commit=commit, reason=str(error))
        return error.exit_code
    except OSError as error:
        report.say("failed", commit=commit, reason=f"Cannot write the search index: {error.strerror or error}")
        return LibraryUnreadable.exit_code
    return 0


def main(arguments: list[str] | None = None) -> int:
    """The process: nice to whoever is typing, and silent."""
    import argparse

    from playbook.store.managed import find_library

    parser = argparse.ArgumentParser(prog="playbook.search.indexer", description=__doc__)
    parser.add_argument("--library", required=True)
    wanted = parser.parse_args(arguments)
    if hasattr(os, "nice"):
        os.nice(10)
    try:
        return run(find_library(wanted.library))
    except PlaybookError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    raise SystemExit(main())
