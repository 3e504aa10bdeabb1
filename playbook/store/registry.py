"""Remembers which libraries are open here: one JSON file, written whole, rebuilt from the libraries when damaged."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from playbook import paths
from playbook.errors import Conflict, LibraryUnreadable

ABOUT = "playbook.json"
_LOCK_SECONDS = 20
_NAME = re.compile(r"[a-z0-9-]{1,80}")


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One open library; `folder` is its folder's name below libraries/, `opened` when it was last opened (epoch)."""

    name: str
    target: str
    folder: str
    hub: str = ""
    checkout: str = ""
    opened: float = 0.0


def libraries_dir() -> Path:
    """Where the managed repositories live; not made here."""
    return paths.data_dir() / "libraries"


def _file() -> Path:
    return paths.data_dir() / "libraries.json"


def entries() -> list[Entry]:
    """Every open library whose folder is there, in the order of their names.

    Each library's own folder says what it is, so one that the registry forgot, or names wrongly, is found all the same.
    """
    root = libraries_dir()
    found: dict[str, Entry] = {}
    for entry in _registered():
        if entry.folder not in found and _is_sound(entry) and os.path.isdir(root / entry.folder):  # noqa: PTH112 (a name too long is no error to it)
            found[entry.folder] = entry
    for folder in _folders():
        about = None if folder.name in found else read_about(folder)
        if about and _is_sound(about):
            found[folder.name] = about
    named: dict[str, Entry] = {}
    for entry in found.values():
        name = unused_name(entry.name, set(named))
        named[name] = msgspec.structs.replace(entry, name=name)
    return [named[name] for name in sorted(named)]


def _registered() -> list[Entry]:
    file = _file()
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # to read a pipe would be to wait for ever
            return []
        return msgspec.json.decode(file.read_bytes(), type=list[Entry])
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    except OSError as error:
        raise LibraryUnreadable(
            f"Cannot read {file}: {error.strerror or error}; check the folder's permissions"
        ) from error


def change(edit: Callable[[list[Entry]], list[Entry]]) -> None:
    """Read, edit and write the registry, alone. Raises LibraryUnreadable when it cannot be written."""
    paths.private(paths.data_dir())
    with alone(paths.data_dir() / "libraries.flock"):
        content = msgspec.json.format(msgspec.json.encode(edit(entries())))
        if _file().is_dir():
            # Whatever is in it is not ours to delete.
            with suppress(OSError):
                _file().rename(_file().with_name(f"libraries.json.{secrets.token_hex(4)}"))
        write_file(_file(), content)


@contextmanager
def alone(file: Path, *, cancelled: Callable[[], bool] | None = None, seconds: float = _LOCK_SECONDS) -> Iterator[None]:
    """Hold an exclusive lock on the file. Raises Conflict when another holds it too long, LibraryUnreadable when the
    file cannot be made, and what `cancelled` asks for as Cancelled."""
    import time

    from filelock import FileLock, Timeout

    from playbook.errors import Cancelled

    lock = FileLock(file, thread_local=False, mode=0o600)
    deadline = time.monotonic() + seconds
    while True:
        if cancelled and cancelled():
            raise Cancelled("Stopped; nothing was changed")
        try:
            lock.acquire(timeout=min(0.2, seconds), poll_interval=0.02)
            break
        except Timeout:
            if time.monotonic() >= deadline:
                raise Conflict(f"Another playbook is busy with {file.parent}; try again in a moment") from None
        except (OSError, NotImplementedError) as error:
            why = getattr(error, "strerror", None) or error
            raise LibraryUnreadable(
                f"Cannot write in {file.parent}: {why}; set PLAYBOOK_HOME to a folder you can write to"
            ) from error
    try:
        yield
    finally:
        lock.release(force=True)


def write_file(file: Path, content: bytes) -> None:
    """Write the file whole or not at all, readable by its owner alone. Raises LibraryUnreadable."""
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(file)
        except OSError as error:
            raise LibraryUnreadable(
                f"Cannot write {file}: {error.strerror or error}; free some space or check permissions"
            ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_about(git_dir: Path, entry: Entry) -> None:
    """Keep the entry in the library's own folder, from which a lost registry is rebuilt."""
    write_file(git_dir / ABOUT, msgspec.json.encode(entry))


def read_about(git_dir: Path) -> Entry | None:
    """What the library's own folder says it is; None when it says nothing readable."""
    with suppress(OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.structs.replace(
            msgspec.json.decode((git_dir / ABOUT).read_bytes(), type=Entry), folder=git_dir.name
        )
    return None


def _folders() -> list[Path]:
    try:
        return sorted(place for place in libraries_dir().iterdir() if place.suffix == ".git" and _is_plain(place.name))
    except OSError:
        return []


def unused_name(wanted: str, taken: set[str]) -> str:
    """The name, or the name with -2, -3 … when it is taken."""
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted}-{number}" in taken:
        number += 1
    return f"{wanted}-{number}"


def _is_sound(entry: Entry) -> bool:
    sayable = bool(_NAME.fullmatch(entry.name)) and bool(entry.target) and "\0" not in entry.target + entry.checkout
    return sayable and _is_plain(entry.folder)


def _is_plain(folder: str) -> bool:
    return bool(folder) and not folder.startswith(".") and Path(folder).name == folder
