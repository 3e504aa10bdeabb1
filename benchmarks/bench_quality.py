"""How often the right page comes first, on public handbooks as they are: our questions, beside SQLite FTS5.

PLAYBOOK_BENCH_HANDBOOKS names a folder with a clone of each repository in benchmarks/questions/*.json, under the set's name
(gitlab, mattermost ...), at the commit the set names. Sets without a clone are passed over.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.table import percentile, print_table

if TYPE_CHECKING:
    from playbook.finding.session import Session

SETS = Path(__file__).parent / "questions"
KINDS = ("ordinary", "typo", "half", "paraphrase")  # `half`: the situation, sharing a word or two with the text at most


def run(*, quick: bool = False) -> None:
    """Print success@1 and success@3 by set and kind of question."""
    folder = os.environ.get("PLAYBOOK_BENCH_HANDBOOKS", "")
    sets = [file for file in sorted(SETS.glob("*.json")) if folder and (Path(folder) / file.stem).is_dir()]
    if not sets:
        print("\nquality: name a folder of clones in PLAYBOOK_BENCH_HANDBOOKS (see benchmarks/bench_quality.py)")
        return
    rows: list[list[str]] = []
    ours, theirs = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    with tempfile.TemporaryDirectory(prefix="playbook-quality-") as home:
        os.environ["PLAYBOOK_HOME"] = home
        for file in sets[:1] if quick else sets:
            questions = json.loads(file.read_text(encoding="utf-8"))["questions"]
            session = _opened(str(Path(folder) / file.stem), file.stem)
            took: list[float] = []
            found, peer = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
            _judge(questions, lambda words, session=session, took=took: _ask(session, words, took), found)  # type: ignore[misc]
            _judge(questions, _fts5(session), peer)
            rows += _rows(f"{file.stem} ({len(session.snapshot.cards)} cards)", found, peer, took)
            ours += found
            theirs += peer
    rows += _rows("all", ours, theirs, [])
    print_table(
        "Right page first, and among the first three",
        ["", "n", "first", "in three", "FTS5 first", "FTS5 in three", "p95 ms"],
        rows,
    )


def _opened(place: str, name: str) -> Session:
    from playbook.finding.session import read
    from playbook.search.indexer import build_now
    from playbook.store.managed import open_library

    library = open_library(place, name=name)
    build_now(library)
    return read(library)


def _ask(session: Session, words: str, took: list[float]) -> list[str]:
    from playbook.search.query import parse_query

    results = session.searcher.search(parse_query(f"{words} "), limit=3)
    took.append(results.took_ms)
    return [hit.card.path for hit in results.hits]


def _judge(
    questions: list[dict[str, Any]], ask: Callable[[str], Sequence[str]], counted: Counter[tuple[str, int]]
) -> None:
    for question in questions:
        found = ask(question["words"])
        kind = question["kind"]
        counted[kind, 0] += 1
        counted[kind, 1] += bool(found) and found[0] in question["paths"]
        counted[kind, 3] += any(path in question["paths"] for path in found[:3])


def _rows(
    name: str, ours: Counter[tuple[str, int]], theirs: Counter[tuple[str, int]], took: list[float]
) -> list[list[str]]:
    return [
        [
            f"{name}: {kind}",
            str(count),
            *(f"{counted[kind, at] / count:.2f}" for counted in (ours, theirs) for at in (1, 3)),
            f"{percentile(took, 0.95):.1f}" if took else "",
        ]
        for kind in KINDS
        if (count := ours[kind, 0])
    ]


def _fts5(session: Session) -> Callable[[str], list[str]]:
    """Porter stems, bm25, one row a section: what the obvious search gives."""
    base = sqlite3.connect(":memory:")
    base.execute("create virtual table card using fts5(path unindexed, title, body, tokenize='porter unicode61')")
    base.executemany(
        "insert into card values (?, ?, ?)",
        ((card.path, f"{card.page_title} {card.title}", text) for card, text in session.snapshot.texts()),
    )

    def ask(words: str) -> list[str]:
        match = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", words))
        query = "select path from card where card match ? order by bm25(card, 0, 5, 1) limit 3"
        return [row[0] for row in base.execute(query, (match,))]

    return ask
