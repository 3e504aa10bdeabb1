"""One SQLite file of what may be lost: it is begun anew when it is damaged, and left alone when it is in use."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
Connection = sqlite3.Connection

_BUSY_SECONDS = 1.0
# So long nobody asks again once another process kept the file for itself: an opening asks a dozen times.
_REST_SECONDS = 5.0
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


class CacheFile:
    """A SQLite file that costs time alone when it is lost.

    Every use gives its `otherwise`, and every write does nothing, when the file cannot be used; a damaged one is deleted
    and begun anew. `begin` makes what tables are missing each time it is opened; `damage` are the errors of a decoder that
    mean the same as those of SQLite. May be used from several threads, and by several processes at once.
    """

    def __init__(
        self, file: Path, begin: Callable[[Connection], object], damage: tuple[type[Exception], ...] = ()
    ) -> None:
        self._file = file
        self._begin = begin
        self._damage: tuple[type[Exception], ...] = (sqlite3.Error, UnicodeDecodeError, *damage)
        self._lock = threading.RLock()
        self._connection: Connection | None = None
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

    def write(self, act: Callable[[Connection], object]) -> None:
        """Run `act` in one transaction, or not at all."""

        def inside(db: Connection) -> None:
            db.execute("BEGIN IMMEDIATE")
            try:
                act(db)
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

        self.use(inside, None)

    def use(self, act: Callable[[Connection], T], otherwise: T) -> T:
        """Run `act` on the open file; a damaged file is begun anew once, anything else in the way gives `otherwise`."""
        with self._lock:
            if time.monotonic() < self._rests_until:
                return otherwise
            for _ in (1, 2):
                try:
                    return act(self._open())
                except self._damage as error:
                    if _code(error) in _IN_THE_WAY:
                        _log.info("%s is not used: %s", self._file.name, error)
                        if _code(error) in _BUSY:
                            self._rests_until = time.monotonic() + _REST_SECONDS
                        return otherwise
                    _log.warning("%s is damaged and is begun anew: %s", self._file.name, error)
                    self._begin_anew()
                except (OSError, UnicodeEncodeError) as error:
                    _log.info("%s is not used: %s", self._file.name, error)
                    break
            self._unusable = True
            return otherwise

    def _open(self) -> Connection:
        if self._connection is not None:
            return self._connection
        if self._unusable:
            raise OSError("given up earlier")
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Made first, so that it and the files SQLite puts beside it are readable by their owner alone.
            with contextlib.suppress(FileExistsError):
                os.close(os.open(self._file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            self._connection = self._connected(self._file.as_uri(), "PRAGMA journal_mode = WAL")
        except (OSError, sqlite3.OperationalError) as error:
            if _code(error) in _BUSY:
                # Another process is making the file this very moment: an empty one must not be taken for a damaged one.
                raise
            # On a read-only disk what was cached before can still be read, if it was closed in good order.
            if not self._file.is_file() or self._holds_log():
                raise
            self._connection = self._connected(f"{self._file.as_uri()}?mode=ro&immutable=1")
        return self._connection

    def _connected(self, address: str, *first: str) -> Connection:
        db = sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            for statement in (*first, "PRAGMA synchronous = NORMAL"):
                db.execute(statement)
            self._begin(db)
        except BaseException:
            db.close()
            raise
        return db

    def _holds_log(self) -> bool:
        try:
            return self._file.with_name(self._file.name + "-wal").stat().st_size > 0
        except OSError:
            return False

    def _begin_anew(self) -> None:
        self.close()
        for suffix in ("", "-wal", "-shm", "-journal"):
            with contextlib.suppress(OSError):
                self._file.with_name(self._file.name + suffix).unlink()


def _code(error: Exception) -> int:
    """SQLite's primary result code; -1 when the error has none."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else -1
