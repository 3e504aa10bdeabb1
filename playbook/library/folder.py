"""A folder on disk read as git would see it: regular files, their blob ids, no link followed out of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from playbook.errors import LibraryUnreadable, UsageError


class FolderEntry(NamedTuple):
    """One entry of the folder: `mode` as git writes it, `path` relative with slashes, `size` in bytes."""

    mode: str
    path: bytes
    size: int


def walk(folder: Path) -> Iterator[FolderEntry]:
    """Every entry below the folder but those of `.git`, sorted; links are named, not followed.

    Raises UsageError when there is no such folder and LibraryUnreadable when it cannot be read.
    """
    if not folder.is_dir():
        what = "is a file; name the folder it lies in" if folder.exists() else "does not exist"
        raise UsageError(f"The folder {folder} {what}")
    try:
        top = sorted(os.scandir(os.fsencode(folder)), key=lambda entry: entry.name)
    except OSError as error:
        raise LibraryUnreadable(f"The folder {folder} cannot be read: {error.strerror or error}") from error
    waiting = [(b"", entry) for entry in reversed(top)]
    while waiting:
        prefix, entry = waiting.pop()
        path = prefix + entry.name
        try:
            found = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        if stat.S_ISLNK(found.st_mode):
            yield FolderEntry("120000", path, found.st_size)
        elif stat.S_ISDIR(found.st_mode):
            if entry.name != b".git":
                below = _entries(entry.path)
                waiting.extend((path + b"/", child) for child in reversed(below))
        elif stat.S_ISREG(found.st_mode):
            yield FolderEntry("100644", path, found.st_size)
        else:
            yield FolderEntry("000000", path, 0)


def _entries(folder: bytes) -> list[os.DirEntry[bytes]]:
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []


def read(folder: Path, path: str, limit: int) -> bytes | None:
    """The file's bytes; None when it is gone, not readable, grown past the limit or no longer a plain file."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        handle = os.open(folder / path, flags)
        with os.fdopen(handle, "rb") as stream:
            raw = stream.read(limit + 1) if stat.S_ISREG(os.fstat(handle).st_mode) else None
    except OSError:
        return None
    return raw if raw is not None and len(raw) <= limit else None


def blob_id(raw: bytes) -> str:
    """The id git gives these bytes."""
    import hashlib  # 5 ms, for folders on disk alone

    return hashlib.sha1(b"blob %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()
