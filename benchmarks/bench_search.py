"""Typed keystrokes: ranked search in process by both engines, beside SQLite FTS5, ripgrep and naive Whoosh."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import corpus
from benchmarks.place import library_of
from benchmarks.table import percentile, print_table, spread

BUDGET = {("whoosh", 1_000): 5.0, ("whoosh", 10_000): 25.0, ("tantivy", 50_000): 10.0}  # ms, p95
WORDS_EACH = {50_000: 40}  # 27 MB of Markdown at 50,000 cards
_PATIENCE = 20.0  # seconds for one of the others; naive Whoosh takes seconds for a single letter
_NAIVE_UP_TO = 10_000  # cards; beyond, the obvious way takes minutes to build alone


def run(*, quick: bool = False) -> None:
    """Print p50, p95, p99 at each size, the first time through and again, by both engines, with ratios of p95."""
    for size in [1_000] if quick else [1_000, 10_000, 50_000]:
        _run(size)


def _run(size: int) -> None:
    from playbook.library.snapshot import load_snapshot
    from playbook.search.engines import installed
    from playbook.search.index import open_searcher
    from playbook.search.indexer import build_now

    with library_of(size, words_each=WORDS_EACH.get(size, 240)) as place:
        typed = list(corpus.keystrokes(corpus.questions(place.made, 120)))
        snapshot = load_snapshot(place.library)
        scan = open_searcher(place.library, snapshot, spawn=False)
        timed: dict[str, list[float]] = {}
        budgets: dict[str, float] = {}
        built = []
        for engine in installed():
            os.environ["PLAYBOOK_ENGINE"] = engine
            status = build_now(place.library)
            built.append(f"{engine} {status.build_ms / 1000:.1f} s, {status.bytes / 1e6:.0f} MB")
            searcher = open_searcher(place.library, snapshot, spawn=False)
            assert searcher.engine == engine
            timed[f"{engine}, first time"] = _time(searcher.search, typed)
            timed[f"{engine}, again"] = _time(searcher.search, typed)
            if (engine, size) in BUDGET:
                budgets[f"{engine}, first time"] = budgets[f"{engine}, again"] = BUDGET[engine, size]
        os.environ.pop("PLAYBOOK_ENGINE")
        timed["no index (scan)"] = _time(scan.search, typed[:: 1 if size < 10_000 else 20])
        timed["SQLite FTS5, bm25, prefix"] = _time(_fts5(place.made), typed)
        with _files(place.made) as grep:
            if grep is not None:
                timed["ripgrep, unranked"] = _time(grep, typed[::20])
        if size <= _NAIVE_UP_TO:
            # Every twentieth keystroke is enough to see what the obvious way costs, and all that patience allows.
            with _naive_whoosh(place.made) as naive:
                timed["naive Whoosh, parsed prefix"] = _time(naive, typed[::20])
    peer = percentile(timed["SQLite FTS5, bm25, prefix"], 0.95)
    rows = [
        [
            name,
            *spread(values),
            str(len(values)),
            f"{percentile(values, 0.95) / peer:.2f}",
            f"{budgets[name]:g}" if name in budgets else "",
        ]
        for name, values in timed.items()
    ]
    print_table(
        f"Search, {size} cards, {len(typed)} keystrokes; built: {', '.join(built)}",
        ["", "p50 ms", "p95 ms", "p99 ms", "n", "x FTS5", "budget p95"],
        rows,
    )


@contextmanager
def _files(made: list[corpus.Made]) -> Iterator[Callable[[str], object] | None]:
    """Ripgrep over the same texts as files; None where it is not installed."""
    program = shutil.which("rg")
    if program is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="ripgrep-") as folder:
        for card in made:
            file = Path(folder) / card.path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(card.markdown, encoding="utf-8")

        def ask(text: str) -> object:
            return subprocess.run([program, "-l", "-i", "-F", "--", text, folder], capture_output=True).stdout

        yield ask


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
