"""The parse cache: one SQLite file in a library's cache folder; losing it, or not having it, is never an error."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

FILE_NAME = "parsed.sqlite3"
KEPT_SNAPSHOTS = 8
# The cache is swept once it holds this many times the documents of the snapshot that is stored.
_SWEEP_FACTOR = 3
_SWEEP_FLOOR = 2_000
_BUSY_SECONDS = 3.0
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
_log = logging.getLogger(__name__)


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
        self._file = folder / FILE_NAME
        self._version = version
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._unusable = False

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.close()
                self._connection = None

    def __del__(self) -> None:
        self.close()

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
        return self._use(lambda db: db.execute(query, arguments).fetchall(), none)

    def snapshot(self, commit: str) -> Row | None:
        """The stored snapshot of that commit."""
        return self._row("WHERE version = ? AND commit_id = ?", (self._version, commit))

    def latest(self) -> Row | None:
        """The snapshot that was stored last, to build the next one from."""
        return self._row("WHERE version = ? ORDER BY used DESC LIMIT 1", (self._version,))

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
        self._write(lambda db: db.executemany("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)", batch))

    def add_snapshot(self, row: Row, files: bytes, blobs: Iterable[str]) -> None:
        """Store a snapshot, drop the oldest ones, and sweep out documents that it does not need when they pile up."""
        kept = set(blobs)

        def write(db: sqlite3.Connection) -> None:
            used = db.execute("SELECT coalesce(max(used), 0) + 1 FROM snapshots").fetchone()[0]
            values = (row.commit, self._version, used, row.head, row.cards, files)
            db.execute("INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?, ?)", values)
            db.execute("DELETE FROM snapshots WHERE used <= ?", (used - KEPT_SNAPSHOTS,))
            count = db.execute("SELECT count(*) FROM documents").fetchone()[0]
            if count > len(kept) * _SWEEP_FACTOR + _SWEEP_FLOOR:
                db.execute("CREATE TEMP TABLE IF NOT EXISTS kept (blob TEXT PRIMARY KEY)")
                db.execute("DELETE FROM kept")
                db.executemany("INSERT OR IGNORE INTO kept VALUES (?)", ((blob,) for blob in kept))
                db.execute(
                    "DELETE FROM documents WHERE version <> ? OR blob NOT IN (SELECT blob FROM kept)", (self._version,)
                )

        self._write(write)

    def forget_snapshot(self, commit: str) -> None:
        """Drop a stored snapshot that cannot be decoded."""
        self._write(lambda db: db.execute("DELETE FROM snapshots WHERE commit_id = ?", (commit,)))

    def _write(self, act: Callable[[sqlite3.Connection], object]) -> None:
        def inside(db: sqlite3.Connection) -> None:
            db.execute("BEGIN IMMEDIATE")
            try:
                act(db)
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

        self._use(inside, None)

    def _use(self, act: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Run `act` on the open file; a damaged file is begun anew once, anything else in the way gives `otherwise`."""
        with self._lock:
            for attempt in (1, 2):
                try:
                    return act(self._open())
                except sqlite3.OperationalError as error:
                    _log.info("The parse cache is not used: %s", error)
                    return otherwise
                except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
                    _log.warning("The parse cache is damaged and is begun anew: %s", error)
                    self._begin_anew()
                    if attempt == 2:
                        self._unusable = True
                except OSError as error:
                    _log.info("The parse cache is not used: %s", error)
                    self._unusable = True
                    return otherwise
            return otherwise

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            return self._connection
        if self._unusable:
            raise sqlite3.OperationalError("given up earlier")
        # Made first, so that it and the files SQLite puts beside it are readable by their owner alone.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self._file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        db = sqlite3.connect(self._file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.executescript(_SCHEMA)
        except BaseException:
            db.close()
            raise
        self._connection = db
        return db

    def _begin_anew(self) -> None:
        self.close()
        for suffix in ("", "-wal", "-shm", "-journal"):
            with contextlib.suppress(OSError):
                self._file.with_name(FILE_NAME + suffix).unlink()
