"""The parse cache: one SQLite file in a library's cache folder; losing it, or not having it, is never an error."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")

FILE_NAME = "parsed.sqlite3"
KEPT_SNAPSHOTS = 8
# The cache is swept once it holds this many times the documents of the snapshot that is stored.
_SWEEP_FACTOR = 3
_SWEEP_FLOOR = 2_000
_BUSY_SECONDS = 1.0
# So long nobody asks again once another process kept the file for itself: an opening asks a dozen times.
_REST_SECONDS = 5.0
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
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
# What another process, the disk or its permissions put in the way; every other error means that the file is damaged.
_IN_THE_WAY = _BUSY | frozenset(
    {
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_NOMEM,
    }
)
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
        self._rests_until = 0.0

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
        self._write(lambda db: db.executemany("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?)", batch))

    def add_snapshot(self, row: Row, files: bytes, blobs: Iterable[str]) -> None:
        """Store a snapshot, drop the oldest ones, and sweep out documents that it does not need when they pile up."""
        kept = set(blobs)

        def write(db: sqlite3.Connection) -> None:
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
            if time.monotonic() < self._rests_until:
                return otherwise
            for _ in (1, 2):
                try:
                    return act(self._open())
                except (sqlite3.Error, UnicodeDecodeError) as error:
                    if _code(error) in _IN_THE_WAY:
                        _log.info("The parse cache is not used: %s", error)
                        if _code(error) in _BUSY:
                            self._rests_until = time.monotonic() + _REST_SECONDS
                        return otherwise
                    _log.warning("The parse cache is damaged and is begun anew: %s", error)
                    self._begin_anew()
                except OSError as error:
                    _log.info("The parse cache is not used: %s", error)
                    break
            self._unusable = True
            return otherwise

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            return self._connection
        if self._unusable:
            raise OSError("given up earlier")
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Made first, so that it and the files SQLite puts beside it are readable by their owner alone.
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self._file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            self._connection = self._connected(self._file.as_uri())
        except (OSError, sqlite3.OperationalError) as error:
            if _code(error) in _BUSY:
                # Another process is making the file this very moment: an empty one must not be taken for a damaged one.
                raise
            # On a read-only disk what was cached before can still be read, if it was closed in good order.
            if not self._file.is_file() or self._holds_log():
                raise
            self._connection = sqlite3.connect(
                f"{self._file.as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None, check_same_thread=False
            )
        return self._connection

    def _connected(self, address: str) -> sqlite3.Connection:
        db = sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.executescript(_SCHEMA)
        except BaseException:
            db.close()
            raise
        return db

    def _holds_log(self) -> bool:
        try:
            return self._file.with_name(FILE_NAME + "-wal").stat().st_size > 0
        except OSError:
            return False

    def _begin_anew(self) -> None:
        self.close()
        for suffix in ("", "-wal", "-shm", "-journal"):
            with contextlib.suppress(OSError):
                self._file.with_name(FILE_NAME + suffix).unlink()


def _code(error: Exception) -> int:
    """SQLite's primary result code; -1 when the error has none."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else -1
