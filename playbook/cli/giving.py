"""What a person gives a command to propose: words, standard input, a file, a folder of files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from playbook.errors import UsageError
from playbook.text.safe import display_path, one_line

MIB = 1024 * 1024
MOST_FILES = 2000
_PASSED_OVER = frozenset({"node_modules", "__pycache__"})


def words(given: str | None, what: str = "-m") -> str:
    """The text of an option, where `-` stands for standard input. Raises UsageError for what a file cannot hold."""
    if given is None:
        return ""
    text = _standard_input(what) if given == "-" else given
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError(f"{what} holds letters that are no UTF-8; check how your terminal writes them") from None
    if "\0" in text:
        raise UsageError(f"{what} holds a NUL, which no text can; take it out")
    return text


def a_file(given: str) -> str:
    """The whole text of a file, or with `-` of standard input. Raises UsageError when it is none."""
    if given == "-":
        return words("-", "--from")
    return _as_text(read(Path(given)), given)


def read(place: Path) -> bytes:
    """A file's bytes, up to 1 MiB. Raises UsageError with what keeps it from being read."""
    shown = display_path(str(place))
    try:
        if not place.is_file():
            wrong = "is a folder" if place.is_dir() else "is no file" if place.exists() else "does not exist"
            raise UsageError(f"{shown} {wrong}; give --from a file")
        with place.open("rb") as file:
            raw = file.read(MIB + 1)
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {error.strerror or error}") from error
    if len(raw) > MIB:
        raise UsageError(f"{shown} has more than 1 MiB, which no document may have; split it")
    return raw


def a_folder(given: str, root: str) -> dict[str, bytes]:
    """The files below a folder by their path in the repository.

    Where the folder holds the library's `root` (content/) its paths are the repository's; where it lies below a folder
    of that name they begin there; else they lie below the root.
    What begins with a dot is passed over. Raises UsageError for a link, for too many files, and when there are none.
    """
    folder = Path(given)
    below = "" if not root or (folder / root).is_dir() else root + _within(folder, root)
    found: dict[str, bytes] = {}
    for file in _files(folder):
        path = below + file.relative_to(folder).as_posix()
        if len(found) == MOST_FILES:
            raise UsageError(f"{display_path(given)} holds more than {MOST_FILES} files; propose fewer at a time")
        raw = read(file)
        if path.lower().endswith((".md", ".markdown", ".mdx", ".toml")):
            _as_text(raw, str(file))
        found[path] = raw
    if not found:
        raise UsageError(f"{display_path(given)} holds no file to propose")
    return found


def _within(folder: Path, root: str) -> str:
    """The folder's own place below a `root` that it lies in, with a slash; "" when it lies in none."""
    parts = Path(os.path.realpath(folder)).parts
    name = root.strip("/")
    if name not in parts:
        return ""
    inner = parts[len(parts) - parts[::-1].index(name) :]
    return "".join(f"{part}/" for part in inner)


def _files(folder: Path) -> Iterator[Path]:
    def failed(error: OSError) -> None:
        raise UsageError(f"{display_path(str(error.filename))} cannot be read: {error.strerror}") from error

    for place, folders, names in os.walk(folder, onerror=failed):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _PASSED_OVER)
        for name in (*folders, *names):
            if (Path(place) / name).is_symlink() and not name.startswith("."):
                raise UsageError(f"{display_path(str(Path(place) / name))} is a link; put the file itself there")
        yield from (Path(place) / name for name in sorted(names) if not name.startswith("."))


def _as_text(raw: bytes, given: str) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{display_path(given)} is not UTF-8; save it as UTF-8 first") from None
    if "\0" in text:
        raise UsageError(f"{display_path(given)} holds a NUL, so it is no text; save it as UTF-8 first")
    return text


def _standard_input(what: str) -> str:
    raw = getattr(sys.stdin, "buffer", None)
    data = raw.read(MIB + 1) if raw is not None else sys.stdin.read().encode("utf-8", "surrogateescape")
    if len(data) > MIB:
        raise UsageError("Standard input has more than 1 MiB; put it in files and give their folder with --from")
    try:
        text: str = data.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"What came on standard input for {what} is not UTF-8") from None
    return text


def place_and_line(given: str) -> tuple[str, int]:
    """`PATH:LINE` taken apart. Raises UsageError."""
    path, _, line = given.rpartition(":")
    if not path or not (line.isascii() and line.isdigit()) or len(line) > 8:
        raise UsageError(f"--on takes PATH:LINE, as in objections/price.md:12; {one_line(given, 80)!r} is not that")
    return path, int(line)
