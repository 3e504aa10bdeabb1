"""What was read of proposals before, in one SQLite file of the library's cache folder; losing it is never an error.

Commits and trees never change, so what was read of them is kept as it was read. What is folded from it is not: that is
main's policy's to say.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from playbook import __version__
from playbook.review.events import EVENTS, Event, Graph
from playbook.store.cache_file import CacheFile, Connection
from playbook.store.differences import Difference, Pair

if TYPE_CHECKING:
    from playbook.store.managed import Library

FILE_NAME = "proposals.sqlite3"
_FORMAT = 1
_CHUNK = 500
_MOST = 4  # times what a listing needs may lie in the file before it is swept
_FLOOR = 2_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS graphs (tips TEXT PRIMARY KEY, main TEXT NOT NULL, graph BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS changes (trees TEXT PRIMARY KEY, changed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS joins (texts TEXT PRIMARY KEY, clean INTEGER NOT NULL);
"""


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
        self._file = CacheFile(library.cache / FILE_NAME, _begin, (msgspec.MsgspecError,))

    def __enter__(self) -> Kept:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def graphs(self, wanted: Iterable[str]) -> dict[str, Under]:
        """By tips what they reach, each with the commit that was main then."""
        keys = list(wanted)

        def read(db: Connection) -> dict[str, Under]:
            made = {}
            for tips, main, raw in _rows(db, "SELECT tips, main, graph FROM graphs", "tips", keys):
                found = _graphs.decode(raw)
                made[tips] = Under(main, Graph({event.commit: event for event in found.events}, found.grounds))
            return made

        nothing: dict[str, Under] = {}
        return self._file.use(read, nothing)

    def add_graphs(self, main: str, found: Mapping[str, Graph], same: Iterable[str] = ()) -> None:
        """Keep what these tips reach that `main` has not got; of those named in `same` that it is what it was."""
        rows = [(tips, main, _encode(_Graph(tuple(one.events.values()), one.grounds))) for tips, one in found.items()]
        moved = [(main, tips) for tips in same]

        def write(db: Connection) -> None:
            db.executemany("INSERT OR REPLACE INTO graphs VALUES (?, ?, ?)", rows)
            db.executemany("UPDATE graphs SET main = ? WHERE tips = ?", moved)

        if rows or moved:
            self._file.write(write)

    def sweep(self, tips: Iterable[str], pairs: Iterable[Pair]) -> None:
        """Drop what a listing of everything had no use for, once that is most of the file."""
        wanted: dict[str, tuple[set[str] | set[Pair], str]] = {
            "graphs": (set(tips), "tips"), "changes": (set(pairs), "trees"), "joins": (set[str](), "texts"),
        }  # fmt: skip

        def full(db: Connection) -> list[str]:
            held = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in wanted}
            return [table for table, (used, _) in wanted.items() if held[table] > _MOST * len(used) + _FLOOR]

        def write(db: Connection) -> None:
            for table in over:
                used, name = wanted[table]
                needed = {one if isinstance(one, str) else _key(one) for one in used}
                gone = [(key,) for (key,) in db.execute(f"SELECT {name} FROM {table}") if key not in needed]
                db.executemany(f"DELETE FROM {table} WHERE {name} = ?", gone)

        nothing: list[str] = []
        if over := self._file.use(full, nothing):
            self._file.write(write)

    def changes(self, pairs: Iterable[Pair]) -> dict[Pair, tuple[Difference, ...]]:
        """What differs between these pairs of trees, where it is known."""
        keys = {_key(pair): pair for pair in pairs}

        def read(db: Connection) -> dict[Pair, tuple[Difference, ...]]:
            found = _rows(db, "SELECT trees, changed FROM changes", "trees", list(keys))
            return {
                keys[key]: tuple(Difference(os.fsdecode(one.path), *one[1:]) for one in _changes.decode(raw))
                for key, raw in found
            }

        return self._file.use(read, {})

    def add_changes(self, found: Mapping[Pair, tuple[Difference, ...]]) -> None:
        """Keep what differs between these pairs of trees."""
        rows = [
            (_key(pair), _encode([(os.fsencode(one.path), *one[1:]) for one in changed]))
            for pair, changed in found.items()
        ]
        if rows:
            self._file.write(lambda db: db.executemany("INSERT OR REPLACE INTO changes VALUES (?, ?)", rows))

    def joins(self, texts: Iterable[str]) -> dict[str, bool]:
        """Of these `base ours theirs` whether merge-file joins them, where that is known."""
        keys = list(texts)
        return self._file.use(
            lambda db: {key: bool(clean) for key, clean in _rows(db, "SELECT texts, clean FROM joins", "texts", keys)},
            {},
        )

    def add_joins(self, found: Mapping[str, bool]) -> None:
        """Keep whether these join."""
        rows = [(texts, int(clean)) for texts, clean in found.items()]
        if rows:
            self._file.write(lambda db: db.executemany("INSERT OR REPLACE INTO joins VALUES (?, ?)", rows))


def _is_ours(db: Connection) -> bool:
    """Whether the file was written by a playbook that reads commits as this one does."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'joins'").fetchone():
        return False
    found = db.execute("SELECT value FROM about WHERE name = 'version'").fetchone()
    return bool(found and found[0] == _version())


def _begin(db: Connection) -> None:
    if _is_ours(db):
        return
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


def _rows(db: Connection, query: str, name: str, keys: list[str]) -> Iterable[tuple[Any, ...]]:
    if len(keys) > _CHUNK:
        wanted = set(keys)
        yield from (row for row in db.execute(query) if row[0] in wanted)
    elif keys:
        yield from db.execute(f"{query} WHERE {name} IN ({','.join('?' * len(keys))})", keys)


def _key(pair: Pair) -> str:
    return f"{pair[0]} {pair[1]}"
