"""A private repository for a moment that sees another's objects: nothing is written there, and no setting of its is read."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playbook.errors import LibraryUnreadable
from playbook.store.managed import Library
from playbook.text.safe import one_line

# What git needs to take a folder for a repository. The other's commit graph is not believed: it could say what is not so.
_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tcommitGraph = false\n"


@contextmanager
def view(*objects: Path, name: str = "view") -> Iterator[Library]:
    """A library of no hub whose objects are those of the given folders (`.git/objects`); gone when the block is left.

    Merges and trial commits are written into it alone. Raises LibraryUnreadable when no temporary folder can be made.
    """
    try:
        made = tempfile.TemporaryDirectory(prefix="playbook-view-", ignore_cleanup_errors=True)
    except OSError as error:
        raise _no_room(error) from error
    with made as folder:
        git_dir = Path(folder) / "view.git"
        try:
            (git_dir / "objects" / "info").mkdir(parents=True)
            (git_dir / "refs").mkdir()
            (git_dir / "HEAD").write_text("ref: refs/heads/main\n", encoding="ascii")
            (git_dir / "config").write_text(_CONFIG, encoding="ascii")
            lines = b"".join(_quoted(place) + b"\n" for place in objects)
            (git_dir / "objects" / "info" / "alternates").write_bytes(lines)
        except OSError as error:
            raise _no_room(error) from error
        yield Library(name=name, target=folder, hub="", git_dir=git_dir, cache=Path(folder) / "cache")


def objects_of(git_dir: Path) -> Path:
    """The objects of a git directory; of a linked working tree those of the repository it belongs to."""
    try:
        common = (git_dir / "commondir").read_text(encoding="utf-8", errors="surrogateescape").strip()
    except OSError:
        return git_dir / "objects"
    return (git_dir / common).resolve() / "objects"


def git_dir_of(folder: Path) -> Path:
    """The git directory of a checkout or a bare repository. Raises LibraryUnreadable where there is none; runs nothing."""
    place = folder / ".git"
    if place.is_file():
        said = place.read_text(encoding="utf-8", errors="surrogateescape").strip()
        place = (folder / said.removeprefix("gitdir:").strip()).resolve()
    elif not place.is_dir():
        place = folder
    if not ((place / "HEAD").is_file() and objects_of(place).is_dir()):
        raise LibraryUnreadable(f"{one_line(str(folder), 200)} is no git repository; give its folder with --in")
    if (place / "shallow").exists():
        raise LibraryUnreadable(
            f"{one_line(str(folder), 200)} holds only a part of its history; fetch all of it (`git fetch --unshallow`)"
        )
    return place.resolve()


def _quoted(place: Path) -> bytes:
    """A path as one line of `objects/info/alternates`, whatever letters it holds."""
    raw = os.fsencode(place.absolute())
    return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'


def _no_room(error: OSError) -> LibraryUnreadable:
    return LibraryUnreadable(
        f"{tempfile.gettempdir()} cannot be written ({error.strerror or error}); make room there, or set TMPDIR"
    )
