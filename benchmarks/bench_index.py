"""Building the index, bringing it up to date after a pull, opening it, and the memory that takes."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time

from benchmarks import corpus
from benchmarks.place import library_of
from benchmarks.table import print_table

BUILD_BUDGET = {1_000: 6.0}  # seconds
UPDATE_BUDGET = 200.0  # ms
MEMORY_BUDGET = 200  # MB, with 5,000 cards

_MEMORY = """
import sys
from playbook.store.managed import find_library
from playbook.library.snapshot import load_snapshot
from playbook.search.index import open_searcher
library = find_library(sys.argv[1])
searcher = open_searcher(library, load_snapshot(library), spawn=False)
for text in sys.stdin.read().split("\\n"):
    searcher.search(text)
try:
    # Linux's getrusage would tell the peak of the process that started this one.
    print(int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) // 1024)
except OSError:
    import resource
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1048576)
"""


def run(*, quick: bool = False) -> None:
    """Print a row for each size, with SQLite FTS5's build over the same cards beside it."""
    rows = [_row(size) for size in ([1_000] if quick else [1_000, 5_000, 10_000])]
    print_table(
        f"Index (budgets: build of 1,000 {BUILD_BUDGET[1_000]:g} s; update {UPDATE_BUDGET:g} ms; 5,000 in {MEMORY_BUDGET} MB)",
        ["cards", "build s", "x FTS5", "MB", "update of 10 ms", "whole run ms", "open ms", "process MB"],
        rows,
    )


def _row(size: int) -> list[str]:
    from playbook.library.snapshot import load_snapshot
    from playbook.search.index import open_searcher
    from playbook.search.indexer import build_now, index_status
    from playbook.store.sync import sync

    with library_of(size) as place:
        load_snapshot(place.library)
        started = time.perf_counter()
        built = build_now(place.library)
        build = time.perf_counter() - started
        fts5 = _fts5(place.made)

        changed = [
            corpus.Made(card.path, card.title, card.aliases, card.body, f"{card.markdown}\nOne more line.\n")
            for card in place.made[:: max(1, size // 10)][:10]
        ]
        corpus.write_repository(place.hub, changed, message="Change ten cards")
        sync(place.library)
        started = time.perf_counter()
        done = build_now(place.library, rebuild=False)
        whole = (time.perf_counter() - started) * 1000
        assert done.commit == index_status(place.library).commit

        snapshot = load_snapshot(place.library)
        started = time.perf_counter()
        assert open_searcher(place.library, snapshot, spawn=False).engine != "scan"
        opened = (time.perf_counter() - started) * 1000
        memory = subprocess.run(
            [sys.executable, "-c", _MEMORY, place.library.name],
            input="\n".join(corpus.keystrokes(corpus.questions(place.made, 30))),
            capture_output=True,
            text=True,
            check=True,
            env=dict(os.environ),
        ).stdout.strip()
    return [
        str(size), f"{build:.2f}", f"{build / fts5:.1f}", f"{built.bytes / 1e6:.1f}", f"{done.build_ms:.0f}",
        f"{whole:.0f}", f"{opened:.0f}", memory,
    ]  # fmt: skip


def _fts5(made: list[corpus.Made]) -> float:
    started = time.perf_counter()
    base = sqlite3.connect(":memory:")
    base.execute("create virtual table card using fts5(title, aliases, body, prefix='1 2 3')")
    base.executemany("insert into card values (?, ?, ?)", ((c.title, " ".join(c.aliases), c.body) for c in made))
    base.commit()
    return time.perf_counter() - started
