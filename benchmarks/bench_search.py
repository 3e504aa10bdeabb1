"""Typed keystrokes: ranked search in process, beside SQLite FTS5 and naive Whoosh over the same cards."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable

from benchmarks import corpus
from benchmarks.place import library_of
from benchmarks.table import percentile, print_table, spread

BUDGET = {1_000: 5.0, 10_000: 30.0}  # ms, p95
_PATIENCE = 20.0  # seconds for one of the others; naive Whoosh takes seconds for a single letter


def run(*, quick: bool = False) -> None:
    """Print p50, p95, p99 at each size, cold (the first time through) and warm, with ratios of p95."""
    for size in [1_000] if quick else [1_000, 10_000]:
        _run(size)


def _run(size: int) -> None:
    from playbook.library.snapshot import load_snapshot
    from playbook.search.index import open_searcher
    from playbook.search.indexer import build_now

    with library_of(size) as place:
        typed = list(corpus.keystrokes(corpus.questions(place.made, 120)))
        snapshot = load_snapshot(place.library)
        scan = open_searcher(place.library, snapshot, spawn=False)
        build_now(place.library)
        searcher = open_searcher(place.library, snapshot, spawn=False)
        assert searcher.engine == "whoosh"
        timed = {
            "playbook, first time": _time(searcher.search, typed),
            "playbook, again": _time(searcher.search, typed),
            "playbook, no index (scan)": _time(scan.search, typed[:400]),
            "SQLite FTS5, bm25, prefix": _time(_fts5(place.made), typed),
        }
        # Every twentieth keystroke is enough to see what the obvious way costs, and all that patience allows.
        with _naive_whoosh(place.made) as naive:
            timed["naive Whoosh, parsed prefix"] = _time(naive, typed[::20])
    ours = percentile(timed["playbook, first time"], 0.95)
    rows = [
        [name, *spread(values), str(len(values)), f"{percentile(values, 0.95) / ours:.2f}"]
        for name, values in timed.items()
    ]
    budget = f"budget p95 {BUDGET[size]:g} ms" if size in BUDGET else "no budget"
    print_table(
        f"Search, {size} cards, {len(typed)} keystrokes ({budget})",
        ["", "p50 ms", "p95 ms", "p99 ms", "n", "x ours"],
        rows,
    )


def _time(ask: Callable[[str], object], typed: Iterable[str]) -> list[float]:
    """Milliseconds for each keystroke, as many as patience allows."""
    took: list[float] = []
    until = time.perf_counter() + _PATIENCE
    for text in typed:
        started = time.perf_counter()
        ask(text)
        ended = time.perf_counter()
        took.append((ended - started) * 1000)
        if ended > until:
            break
    return took


def _fts5(made: list[corpus.Made]) -> Callable[[str], object]:
    base = sqlite3.connect(":memory:")
    base.execute("create virtual table card using fts5(title, aliases, body, prefix='1 2 3')")
    base.executemany(
        "insert into card values (?, ?, ?)", ((card.title, " ".join(card.aliases), card.body) for card in made)
    )

    def ask(text: str) -> object:
        words = text.split()
        match = " ".join([*(f'"{word}"' for word in words[:-1]), *(f'"{word}"*' for word in words[-1:])])
        if not match:
            return []
        return base.execute(
            "select rowid, bm25(card, 3, 2, 1) as score from card where card match ? order by score limit 50", (match,)
        ).fetchall()

    return ask


class _naive_whoosh:
    """Whoosh as its own documentation shows it: TEXT fields, a parsed query, a prefix on the last word."""

    def __init__(self, made: list[corpus.Made]) -> None:
        self._made = made
        self._folder = tempfile.mkdtemp(prefix="naive-")

    def __enter__(self) -> Callable[[str], object]:
        from whoosh import fields, index, qparser

        schema = fields.Schema(number=fields.STORED, title=fields.TEXT, body=fields.TEXT)
        made = index.create_in(self._folder, schema)
        writer = made.writer(limitmb=512)
        for number, card in enumerate(self._made):
            writer.add_document(number=number, title=card.title, body=card.body)
        writer.commit()
        searcher = made.searcher()
        parser = qparser.MultifieldParser(["title", "body"], schema)

        def ask(text: str) -> object:
            return [hit["number"] for hit in searcher.search(parser.parse(f"{text}*"), limit=50)]

        return ask

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
