"""What was read of proposals before, in one SQLite file of the library's cache folder; losing it is never an error.

Commits and trees never change, so what was read of them is kept as it was read. What is folded from it is not: that is
main's policy's to say.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from playbook import __version__
from playbook.review.events import EVENTS, Event, Graph
from playbook.store.differences import Difference, Pair

if TYPE_CHECKING:
    from playbook.store.managed import Library

T = TypeVar("T")

FILE_NAME = "proposals.sqlite3"
_FORMAT = 1
_BUSY_SECONDS = 1.0
_CHUNK = 500
_MOST = 4  # times what a listing needs may lie in the file before it is swept
_FLOOR = 2_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS graphs (tips TEXT PRIMARY KEY, main TEXT NOT NULL, graph BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS changes (trees TEXT PRIMARY KEY, changed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS joins (texts TEXT PRIMARY KEY, clean INTEGER NOT NULL);
"""
_log = logging.getLogger(__name__)


class _Graph(msgspec.Struct, frozen=True, array_like=True, gc=False):
    events: tuple[Event, ...]
    grounds: dict[str, str]


class Under(NamedTuple):
    """What tips reach that a commit of main has not got."""

    main: str
    graph: Graph


class _Changed(NamedTuple):
    """A difference; its path in bytes, for it need not be text."""

    path: bytes
    old_mode: str
    old: str
    new_mode: str
    new: str


_graphs = msgspec.msgpack.Decoder(_Graph)
_changes = msgspec.msgpack.Decoder(tuple[_Changed, ...])
_encode = msgspec.msgpack.Encoder().encode


class Kept:
    """The file, open for one listing; close it when done. It gives nothing where it cannot be used."""

    def __init__(self, library: Library) -> None:
        self._file = library.cache / FILE_NAME
        self._db: sqlite3.Connection | None = None
        self._unusable = False

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, *_: object) -> None:
        if self._db is not None:
            with contextlib.suppress(sqlite3.Error):
                self._db.close()
            self._db = None

    def graphs(self, wanted: Iterable[str]) -> dict[str, Under]:
        """By tips what they reach, each with the commit that was main then."""
        keys = list(wanted)

        def read(db: sqlite3.Connection) -> dict[str, Under]:
            made = {}
            for tips, main, raw in _rows(db, "SELECT tips, main, graph FROM graphs", "tips", keys):
                found = _graphs.decode(raw)
                made[tips] = Under(main, Graph({event.commit: event for event in found.events}, found.grounds))
            return made

        nothing: dict[str, Under] = {}
        return self._use(read, nothing)

    def add_graphs(self, main: str, found: Mapping[str, Graph], same: Iterable[str] = ()) -> None:
        """Keep what these tips reach that `main` has not got; of those named in `same` that it is what it was."""
        rows = [(tips, main, _encode(_Graph(tuple(one.events.values()), one.grounds))) for tips, one in found.items()]
        moved = [(main, tips) for tips in same]

        def write(db: sqlite3.Connection) -> None:
            db.executemany("INSERT OR REPLACE INTO graphs VALUES (?, ?, ?)", rows)
            db.executemany("UPDATE graphs SET main = ? WHERE tips = ?", moved)

        if rows or moved:
            self._write(write)

    def sweep(self, tips: Iterable[str], pairs: Iterable[Pair]) -> None:
        """Drop what a listing of everything had no use for, once that is most of the file."""
        wanted: dict[str, tuple[set[str] | set[Pair], str]] = {
            "graphs": (set(tips), "tips"), "changes": (set(pairs), "trees"), "joins": (set[str](), "texts"),
        }  # fmt: skip

        def full(db: sqlite3.Connection) -> list[str]:
            held = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in wanted}
            return [table for table, (used, _) in wanted.items() if held[table] > _MOST * len(used) + _FLOOR]

        def write(db: sqlite3.Connection) -> None:
            for table in over:
                used, name = wanted[table]
                needed = {one if isinstance(one, str) else _key(one) for one in used}
                gone = [(key,) for (key,) in db.execute(f"SELECT {name} FROM {table}") if key not in needed]
                db.executemany(f"DELETE FROM {table} WHERE {name} = ?", gone)

        nothing: list[str] = []
        if over := self._use(full, nothing):
            self._write(write)

    def changes(self, pairs: Iterable[Pair]) -> dict[Pair, tuple[Difference, ...]]:
        """What differs between these pairs of trees, where it is known."""
        keys = {_key(pair): pair for pair in pairs}

        def read(db: sqlite3.Connection) -> dict[Pair, tuple[Difference, ...]]:
            found = _rows(db, "SELECT trees, changed FROM changes", "trees", list(keys))
            return {
                keys[key]: tuple(Difference(os.fsdecode(one.path), *one[1:]) for one in _changes.decode(raw))
                for key, raw in found
            }

        return self._use(read, {})

    def add_changes(self, found: Mapping[Pair, tuple[Difference, ...]]) -> None:
        """Keep what differs between these pairs of trees."""
        rows = [
            (_key(pair), _encode([(os.fsencode(one.path), *one[1:]) for one in changed]))
            for pair, changed in found.items()
        ]
        if rows:
            self._write(lambda db: db.executemany("INSERT OR REPLACE INTO changes VALUES (?, ?)", rows))

    def joins(self, texts: Iterable[str]) -> dict[str, bool]:
        """Of these `base ours theirs` whether merge-file joins them, where that is known."""
        keys = list(texts)
        return self._use(
            lambda db: {key: bool(clean) for key, clean in _rows(db, "SELECT texts, clean FROM joins", "texts", keys)},
            {},
        )

    def add_joins(self, found: Mapping[str, bool]) -> None:
        """Keep whether these join."""
        rows = [(texts, int(clean)) for texts, clean in found.items()]
        if rows:
            self._write(lambda db: db.executemany("INSERT OR REPLACE INTO joins VALUES (?, ?)", rows))

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
        """Run `act` on the open file; a damaged one is deleted and begun anew with the next use."""
        if self._unusable:
            return otherwise
        try:
            return act(self._open())
        except (sqlite3.Error, OSError, msgspec.MsgspecError, UnicodeError) as error:
            if _is_damage(error):
                _log.warning("What was kept of proposals is damaged and is begun anew: %s", error)
                self.__exit__()
                for suffix in ("", "-wal", "-shm", "-journal"):
                    with contextlib.suppress(OSError):
                        self._file.with_name(FILE_NAME + suffix).unlink()
            else:
                _log.info("What was kept of proposals is not used: %s", error)
        self._unusable = True
        return otherwise

    def _open(self) -> sqlite3.Connection:
        if self._db is not None:
            return self._db
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made first, so that it and the files SQLite puts beside it are readable by their owner alone.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self._file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        db = sqlite3.connect(self._file, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA synchronous = NORMAL")
            if not _is_ours(db):
                _begin(db)
        except BaseException:
            db.close()
            raise
        self._db = db
        return db


def _is_damage(error: Exception) -> bool:
    """Whether a new file would mend it: it does not when somebody else is writing, or the disk is full or closed."""
    if isinstance(error, sqlite3.OperationalError):
        return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_ERROR  # not the tables we make
    return not isinstance(error, OSError | UnicodeEncodeError)


def _is_ours(db: sqlite3.Connection) -> bool:
    """Whether the file was written by a playbook that reads commits as this one does."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'joins'").fetchone():
        return False
    found = db.execute("SELECT value FROM about WHERE name = 'version'").fetchone()
    return bool(found and found[0] == _version())


def _begin(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    for table in ("about", "graphs", "changes", "joins"):
        db.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in _SCHEMA.strip().split(";\n"):
        db.execute(statement)
    db.execute("INSERT INTO about VALUES ('version', ?)", (_version(),))
    db.execute("COMMIT")


@cache
def _version() -> str:
    """Another one for every way of reading a commit: this playbook, the words it knows, and what an event holds."""
    said = [str(_FORMAT), __version__, *sorted(EVENTS), *(field.name for field in fields(Event))]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _rows(db: sqlite3.Connection, query: str, name: str, keys: list[str]) -> Iterable[tuple[Any, ...]]:
    if len(keys) > _CHUNK:
        wanted = set(keys)
        yield from (row for row in db.execute(query) if row[0] in wanted)
    elif keys:
        yield from db.execute(f"{query} WHERE {name} IN ({','.join('?' * len(keys))})", keys)


def _key(pair: Pair) -> str:
    return f"{pair[0]} {pair[1]}"
