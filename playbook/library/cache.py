"""The parse cache: one SQLite file in a library's cache folder; losing it, or not having it, is never an error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from playbook.store.cache_file import CacheFile, Connection

FILE_NAME = "parsed.sqlite3"
KEPT_SNAPSHOTS = 8
# The cache is swept once it holds this many times the documents of the snapshot that is stored.
_SWEEP_FACTOR = 3
_SWEEP_FLOOR = 2_000
_CHUNK = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    blob TEXT NOT NULL, version INTEGER NOT NULL, parsed BLOB NOT NULL, body TEXT NOT NULL, PRIMARY KEY (blob, version)
);
CREATE TABLE IF NOT EXISTS snapshots (
    commit_id TEXT NOT NULL, version INTEGER NOT NULL, used INTEGER NOT NULL,
    head BLOB NOT NULL, cards BLOB NOT NULL, files BLOB NOT NULL, PRIMARY KEY (commit_id, version)
);
"""


class Row(NamedTuple):
    """A stored snapshot: its head and cards, encoded (see snapshot.py)."""

    commit: str
    head: bytes
    cards: bytes


class ParseCache:
    """Parsed documents by blob id and snapshots by commit, for one parser version.

    Every read gives nothing, and every write does nothing, when the file cannot be used; a damaged file is deleted and
    begun anew. May be used from several threads, and by several processes at once.
    """

    def __init__(self, folder: Path, version: int) -> None:
        self._version = version
        self._kept = CacheFile(folder / FILE_NAME, lambda db: db.executescript(_SCHEMA))

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        self._kept.close()

    def parsed(self, blobs: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """The parsed documents among these blobs, in no order."""
        return self._documents("parsed", blobs)

    def bodies(self, blobs: Iterable[str]) -> Iterator[tuple[str, str]]:
        """The bodies of the documents among these blobs, in no order."""
        return self._documents("body", blobs)

    def _documents(self, column: str, blobs: Iterable[str]) -> Iterator[tuple[str, Any]]:
        wanted = list(dict.fromkeys(blobs))
        for begin in range(0, len(wanted), _CHUNK):
            chunk = wanted[begin : begin + _CHUNK]
            marks = ",".join("?" * len(chunk))
            query = f"SELECT blob, {column} FROM documents WHERE version = ? AND blob IN ({marks})"
            yield from self._rows(query, (self._version, *chunk))

    def _rows(self, query: str, arguments: tuple[object, ...]) -> list[tuple[Any, ...]]:
        none: list[tuple[Any, ...]] = []
        return self._kept.use(lambda db: db.execute(query, arguments).fetchall(), none)

    def snapshot(self, commit: str) -> Row | None:
        """The stored snapshot of that commit."""
        return self._row("WHERE version = ? AND commit_id = ?", (self._version, commit))

    def latest(self) -> Row | None:
        """The snapshot that was stored last, to build the next one from."""
        # The inner query keeps the sort from carrying the cards of every row along.
        newest = "(SELECT rowid FROM snapshots WHERE version = ? ORDER BY used DESC LIMIT 1)"
        return self._row(f"WHERE rowid = {newest}", (self._version,))

    def _row(self, where: str, arguments: tuple[object, ...]) -> Row | None:
        found = self._rows(f"SELECT commit_id, head, cards FROM snapshots {where}", arguments)
        return Row(*found[0]) if found else None

    def files(self, commit: str) -> bytes | None:
        """The stored snapshot's list of files, encoded."""
        query = "SELECT files FROM snapshots WHERE version = ? AND commit_id = ?"
        found = self._rows(query, (self._version, commit))
        return found[0][0] if found else None

    def add_documents(self, rows: Iterable[tuple[str, bytes, str]]) -> None:
        """Store parsed documents: (blob id, parsed, body)."""
        batch = [(blob, self._version, parsed, body) for blob, parsed, body in rows]
        self._kept.write(lambda db: db.executemany("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)", batch))

    def add_snapshot(self, row: Row, files: bytes, blobs: Iterable[str]) -> None:
        """Store a snapshot, drop the oldest ones, and sweep out documents that it does not need when they pile up."""
        kept = set(blobs)

        def write(db: Connection) -> None:
            used = db.execute("SELECT coalesce(max(used), 0) + 1 FROM snapshots").fetchone()[0]
            values = (row.commit, self._version, used, row.head, row.cards, files)
            db.execute("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?, ?)", values)
            db.execute("DELETE FROM snapshots WHERE used <= ?", (used - KEPT_SNAPSHOTS,))
            db.execute("DELETE FROM documents WHERE version < ?", (self._version,))
            db.execute("DELETE FROM snapshots WHERE version < ?", (self._version,))
            count = db.execute("SELECT count(*) FROM documents").fetchone()[0]
            if count > len(kept) * _SWEEP_FACTOR + _SWEEP_FLOOR:
                db.execute("CREATE TEMP TABLE IF NOT EXISTS kept (blob TEXT PRIMARY KEY)")
                db.execute("DELETE FROM kept")
                db.executemany("INSERT OR IGNORE INTO kept VALUES (?)", ((blob,) for blob in kept))
                db.execute(
                    "DELETE FROM documents WHERE version <> ? OR blob NOT IN (SELECT blob FROM kept)", (self._version,)
                )

        self._kept.write(write)

    def forget_snapshot(self, commit: str) -> None:
        """Drop a stored snapshot that cannot be decoded."""
        self._kept.write(lambda db: db.execute("DELETE FROM snapshots WHERE commit_id = ?", (commit,)))
