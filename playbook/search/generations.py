"""The index on disk: generation folders behind one small file `current`, which is what is replaced atomically."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from playbook.paths import make_private
from playbook.search import engines
from playbook.search.index_files import CARDS_FILE, WORDS_FILE, IndexDamaged

if TYPE_CHECKING:
    from playbook.store.managed import Library

_FOLDER = re.compile(r"gen-(\d{1,9})")
_FILE = re.compile(r"[A-Za-z0-9_.]{1,100}")


class Current(msgspec.Struct, frozen=True):
    """What `current` says: the folder, the commit it is of, the format, and each file's size and checksum."""

    folder: str
    commit: str
    format: str
    cards: int
    build_ms: float
    files: dict[str, tuple[int, int]]

    @property
    def engine(self) -> str:
        """The installed engine that reads it; "" when none does."""
        return engines.engine_of(self.format)

    @property
    def bytes(self) -> int:
        """The size of the index."""
        return sum(size for size, _ in self.files.values())


def index_dir(library: Library) -> Path:
    """Where the library's index lives; it may be deleted at any time."""
    return library.cache / "index"


def read_current(place: Path) -> Current | None:
    """What stands in `current`; None when there is none, or it is damaged, or of another format."""
    try:
        found = msgspec.json.decode(_content(place / "current"), type=Current)
    except (OSError, msgspec.MsgspecError):
        return None
    if not _FOLDER.fullmatch(found.folder) or not all(map(_FILE.fullmatch, found.files)):
        return None
    return found if found.engine else None


def _content(file: Path) -> bytes:
    """What is in the file. Raises OSError, also for what is no file: to read a pipe would be to wait for ever."""
    if not file.is_file():
        raise FileNotFoundError(file)
    return file.read_bytes()


def prepare(place: Path) -> None:
    """Make the index's folder, and take away what stands where it or one of its files belongs. Raises OSError.

    All of it is ours and can be built anew, so nothing is lost.
    """
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        place.unlink()
    make_private(place)
    for name in ("current", "progress.json", "lock"):
        if (place / name).is_symlink() or not (place / name).is_file():
            remove(place / name)


def remove(entry: Path) -> None:
    """Remove whatever it is, if it is there. Raises OSError."""
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink(missing_ok=True)


def load(place: Path, current: Current) -> dict[str, bytes]:
    """The files of the generation that its engine wants in memory, after every file was found to be the one that was
    written. Raises IndexDamaged.

    Whoosh keeps a pickle in them, so folders that others may write to are not read at all.
    """
    folder = place / current.folder
    whole = engines.kept_in_memory(current.engine)
    try:
        for where in (place, folder):
            found = where.lstat()
            if not stat.S_ISDIR(found.st_mode) or (
                os.name == "posix" and (found.st_uid != os.geteuid() or found.st_mode & 0o022)
            ):
                raise IndexDamaged("The search index lies in a folder that others can write to; it is built anew")
        files = {}
        for name, (size, checksum) in current.files.items():
            if whole or name in (CARDS_FILE, WORDS_FILE):
                files[name] = (folder / name).read_bytes()
                found_now = len(files[name]), zlib.crc32(files[name])
            else:
                found_now = _size_and_checksum(folder / name)
            if found_now != (size, checksum):
                raise IndexDamaged("The search index is damaged; it is built anew")
    except OSError as error:
        raise IndexDamaged(f"The search index cannot be read ({error.strerror}); it is built anew") from error
    return files


def _size_and_checksum(file: Path) -> tuple[int, int]:
    size = checksum = 0
    with file.open("rb") as opened:
        while piece := opened.read(1 << 20):
            size += len(piece)
            checksum = zlib.crc32(piece, checksum)
    return size, checksum


@contextmanager
def new_folder(place: Path) -> Iterator[Path]:
    """An empty generation folder with the next free number, that nothing points to yet; removed when making it fails."""
    make_private(place)
    place.chmod(0o700)
    numbers = [int(found[1]) for entry in place.iterdir() if (found := _FOLDER.fullmatch(entry.name))]
    folder = place / f"gen-{max(numbers, default=0) + 1}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def copy_folder(source: Path, names: list[str], folder: Path) -> None:
    """The named files in the new folder too: linked where the disk can (Whoosh never writes into an old file)."""
    for name in names:
        try:
            os.link(source / name, folder / name)
        except OSError:
            shutil.copyfile(source / name, folder / name)


def publish(place: Path, folder: Path, commit: str, cards: int, build_ms: float, format_name: str) -> Current:
    """Make the finished folder the current one, once every byte of it is on the disk."""
    files = {}
    for file in sorted(folder.iterdir()):
        if file.is_file() and not file.name.lower().endswith("lock"):
            with file.open("rb") as opened:
                data = opened.read()
                os.fsync(opened.fileno())
            files[file.name] = (len(data), zlib.crc32(data))
    current = Current(folder.name, commit, format_name, cards, round(build_ms, 1), files)
    write_atomically(place / "current", msgspec.json.encode(current))
    return current


def write_current(place: Path, current: Current) -> None:
    """Let `current` say so from now on."""
    write_atomically(place / "current", msgspec.json.encode(current))


def write_atomically(file: Path, data: bytes) -> None:
    """The file has its old content or the new, never something between, whenever this process dies."""
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        with fresh.open("wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        fresh.replace(file)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def remove_others(place: Path, keep: str) -> None:
    """Remove every generation but one, and what killed indexers left. Call with the indexer's lock held."""
    for entry in place.iterdir():
        if (_FOLDER.fullmatch(entry.name) and entry.name != keep) or entry.name.endswith(".new"):
            with suppress(OSError):
                remove(entry)


class Progress(msgspec.Struct, frozen=True):
    """What the indexer last said: its phase (`failed` when it gave up), and its process."""

    phase: str
    done: int
    total: int
    pid: int
    when: float
    commit: str = ""
    reason: str = ""


def read_progress(place: Path) -> Progress | None:
    """What the indexer last wrote, or nothing."""
    try:
        return msgspec.json.decode(_content(place / "progress.json"), type=Progress)
    except (OSError, msgspec.MsgspecError):
        return None


def write_progress(place: Path, progress: Progress) -> None:
    """Tell whoever watches. It is only a report, so it is not forced to the disk."""
    fresh = place / f"progress.json.{os.getpid()}.new"
    fresh.write_text(json.dumps(msgspec.to_builtins(progress)))
    fresh.replace(place / "progress.json")
