"""Which entries of a tree are documents, where the library begins in it, and which entries cannot be used."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple, Protocol

from playbook.library.card import Problem
from playbook.library.names import is_markdown
from playbook.library.settings import FILE_NAME
from playbook.text.safe import display_path

CONTENT = "content/"
LARGEST = 1 << 20
_LEFT_OUT = frozenset({"node_modules"})
_REGULAR = frozenset({"100644", "100755", "100664"})
_ODD = re.compile(r"\\|(?:^|/)(?:\.{0,2})(?:/|$)")


class TreeEntry(Protocol):
    """What is needed of a file in a tree; `size` is in bytes, -1 when unknown."""

    @property
    def mode(self) -> str: ...
    @property
    def oid(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def path(self) -> bytes: ...


class Found(NamedTuple):
    """A document of the library; `base` is what its id and kind leave out of its path: the root, or content/."""

    path: str
    oid: str
    base: str


class Listing(NamedTuple):
    """A tree sorted out; `files` are all paths that can be linked to, `settings` the settings file's path and oid."""

    root: str
    documents: tuple[Found, ...]
    files: tuple[str, ...]
    settings: tuple[str, str] | None
    problems: tuple[Problem, ...]


def list_tree(entries: Iterable[TreeEntry]) -> Listing:
    """Sort out a tree. What cannot be a document (links, submodules, giants, hostile paths) is one problem each.

    Folders whose name begins with a dot, and node_modules, are not the library's words and are passed over.
    """
    problems: list[Problem] = []
    files: list[str] = []
    markdown: dict[str, str] = {}
    giants: list[tuple[str, int]] = []
    settings: dict[str, str] = {}
    for entry in entries:
        path = _text(entry.path)
        if path is not None and _passed_over(path):
            files.append(path)
            continue
        why = "" if path and entry.mode in _REGULAR and _is_ordinary(path) else _unusable(entry.mode, path)
        if path is None or why:
            if entry.mode in ("120000", "160000", "000000") or is_markdown(entry.path.decode("utf-8", "replace")):
                problems.append(_unreadable(display_path(entry.path), why))
            continue
        files.append(path)
        if is_markdown(path):
            if entry.size > LARGEST:
                giants.append((path, entry.size))
            else:
                markdown[path] = entry.oid
        elif path in (FILE_NAME, CONTENT + FILE_NAME):
            settings[path] = entry.oid
    ours = CONTENT + FILE_NAME in settings
    root = CONTENT if ours or (markdown and all(path.startswith(CONTENT) for path in markdown)) else ""
    chosen = next(((path, settings[path]) for path in (CONTENT + FILE_NAME, FILE_NAME) if path in settings), None)
    documents = tuple(
        Found(path, oid, _base(path, root, markdown)) for path, oid in markdown.items() if path.startswith(root)
    )
    for path, size in giants:
        if path.startswith(root):
            problems.append(_unreadable(path, f"is {size / LARGEST:.0f} MiB; documents up to 1 MiB are read"))
    problems.extend(_odd_paths(documents))
    return Listing(root, documents, tuple(files), chosen, tuple(problems))


def _text(path: bytes) -> str | None:
    try:
        return path.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _is_ordinary(path: str) -> bool:
    """Whether the path plainly holds nothing odd: a quick answer for nearly all of them."""
    return path.isascii() and path.isprintable() and not _ODD.search(path)


def _passed_over(path: str) -> bool:
    if "." not in path[: path.rfind("/") + 1] and "node_modules/" not in path:
        return False
    return any((part[:1] == "." and part not in (".", "..")) or part in _LEFT_OUT for part in path.split("/")[:-1])


def _unusable(mode: str, path: str | None) -> str:
    """Why the entry cannot be a document, as the end of a sentence; "" when it can."""
    if path is None:
        return "has a name that is not UTF-8; rename it"
    if display_path(path) != path:
        return "has control or direction-changing characters in its name; rename it"
    if any(part in ("", ".", "..") for part in path.split("/")) or "\\" in path:
        return "has a path that leads elsewhere; rename it"
    return {
        "120000": "is a symbolic link, which is not followed; put the file itself there",
        "160000": "is a submodule, which is not opened; open that repository by itself",
        "000000": "is not a regular file",
    }.get(mode, "")


def _unreadable(path: str, why: str) -> Problem:
    return Problem(path, 1, "unreadable", "error", f"{path} {why}")


def _base(path: str, root: str, markdown: dict[str, str]) -> str:
    if root or not path.startswith(CONTENT) or path.removeprefix(CONTENT) in markdown:
        return root
    return CONTENT


def _odd_paths(documents: tuple[Found, ...]) -> list[Problem]:
    """Names that are read well here and will make trouble elsewhere."""
    problems: list[Problem] = []
    seen: dict[str, str] = {}
    for found in documents:
        path = found.path
        if path.startswith("-") or "/-" in path:
            sentence = f"{path} begins with a hyphen, which commands take for an option; rename it"
            problems.append(Problem(path, 1, "odd-path", "warning", sentence))
        key = path.lower() if path.isascii() else unicodedata.normalize("NFC", path).casefold()
        twin = seen.setdefault(key, path)
        if twin != path:
            sentence = f"{path} and {twin} differ in case or accents' encoding alone; some disks hold only one of them"
            problems.append(Problem(path, 1, "odd-path", "warning", sentence))
    return problems
