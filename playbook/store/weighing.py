"""How much two trees differ by, found out with bounds: a tree of a few bytes can name more files than any disk holds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import IO

from playbook.errors import LibraryUnreadable
from playbook.store.differences import Pair
from playbook.store.managed import Library
from playbook.store.runner import Git

# A launch changes some dozens of files, and a library moved whole two for each of its documents.
MOST_FILES = 10_000
MOST_BYTES = 64 << 20
TOO_MANY = f"it changes more than {MOST_FILES:,} files, which nobody can look at; propose it in parts"
TOO_MUCH = f"it changes more than {MOST_BYTES >> 20} MiB of texts, which nobody can look at; propose it in parts"
TOO_DEEP = "it has folders in folders in folders without end; give every file a shorter path"
_DEEPEST = 100
_LARGEST_TREE = 8 << 20  # bytes of one folder's list
_LARGEST_TEXT = 1 << 20  # what is larger is never read
_MOST_READ = 512 << 20
_FOLDER, _MODULE = b"40000", b"160000"
_HEADER = re.compile(rb"[0-9a-f]+ tree (\d{1,15})\n")
_Entry = tuple[bytes, str]
_Entries = dict[bytes, _Entry]


def too_much(library: Library, pairs: Iterable[Pair]) -> str:
    """Why these pairs of trees ("" for an empty one) together differ by more than one may look at; "" when they do not.

    Folders are read level by level, and no further once it is too much. Raises LibraryUnreadable.
    """
    level: list[Pair] = [pair for pair in dict.fromkeys(pairs) if pair[0] != pair[1]]
    seen, blobs = 0, set[str]()
    for _ in range(_DEEPEST):
        if not level:
            return TOO_MUCH if _bytes(library, blobs) > MOST_BYTES else ""
        deeper: list[Pair] = []
        for one, other in _differing(library, level):
            # Folders count as well, for there may be more of them than files.
            seen += 1
            if seen > MOST_FILES:
                return TOO_MANY
            folders = [oid if mode == _FOLDER else "" for mode, oid in (one, other)]
            if any(folders):
                deeper.append((folders[0], folders[1]))
            blobs |= {oid for mode, oid in (one, other) if oid and mode not in (_FOLDER, _MODULE)}
        level = deeper
    return TOO_DEEP


def _differing(library: Library, level: list[Pair]) -> Iterator[tuple[_Entry, _Entry]]:
    """What each pair of folders holds differently, (mode, id) before and after."""
    wanted = [oid for pair in level for oid in pair if oid]
    last: tuple[str, _Entries] = ("", {})
    read = 0
    with Git(library.git_dir).stream("cat-file", "--batch", feed=(f"{oid}\n".encode() for oid in wanted)) as output:
        for pair in level:
            lists: list[_Entries] = []
            for oid in pair:
                if oid:
                    raw = _next_tree(output)
                    read += len(raw)
                    # What one step of main leaves the next one begins with.
                    last = last if last[0] == oid else (oid, dict(_entries(raw)))
                lists.append(last[1] if oid else {})
            if read > _MOST_READ:
                raise LibraryUnreadable("its folders are too large to be compared; propose it in parts")
            yield from _apart(lists[0], lists[1])


def _apart(old: _Entries, new: _Entries) -> Iterator[tuple[_Entry, _Entry]]:
    nothing = (b"", "")
    for name, one in old.items():
        if (other := new.get(name, nothing)) != one:
            yield one, other
    for name, other in new.items():
        if name not in old:
            yield nothing, other


def _next_tree(output: IO[bytes]) -> bytes:
    said = _HEADER.fullmatch(output.readline(200))
    if said is None or int(said[1]) > _LARGEST_TREE:
        raise LibraryUnreadable("one of its folders is missing, or too large to be compared; propose it in parts")
    return output.read(int(said[1]) + 1)[:-1]


def _entries(raw: bytes) -> Iterator[tuple[bytes, _Entry]]:
    at = 0
    while at < len(raw):
        space, end = raw.index(b" ", at), raw.index(b"\0", at)
        yield raw[space + 1 : end], (raw[at:space].lstrip(b"0"), raw[end + 1 : end + 21].hex())
        at = end + 21


def _bytes(library: Library, oids: set[str]) -> int:
    """What the texts among these come to, each once."""
    if not oids:
        return 0
    fed = "".join(f"{oid}\n" for oid in sorted(oids)).encode()
    said = Git(library.git_dir).run("cat-file", "--batch-check=%(objectsize)", "--buffer", input=fed, timeout=120)
    return sum(size for row in said.split(b"\n") if row.isdigit() and (size := int(row)) <= _LARGEST_TEXT)
