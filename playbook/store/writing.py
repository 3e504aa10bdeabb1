"""Writes objects and refs of a managed repository: a tree through a private index, a commit, a ref by compare and swap."""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from playbook import clock
from playbook.errors import Conflict, LibraryUnreadable, UsageError
from playbook.store.locks import TEMPORARY
from playbook.store.managed import Library
from playbook.store.objects import MIB, entries_at
from playbook.store.refs import is_commit_id
from playbook.store.runner import Git, GitFailed
from playbook.text.safe import display_path, one_line

if TYPE_CHECKING:
    from playbook.store.signing import SigningKey

_REGULAR = "100644"
_LONGEST_PATH = 1000
# What Windows keeps for itself, with any ending.
_DEVICE = re.compile(r"(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])")


class RefMoved(Conflict):
    """A ref is no longer what it was when we looked."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts: a name and a mail as git writes them."""

    name: str
    mail: str

    def __str__(self) -> str:
        return f"{self.name} <{self.mail}>"


def acting() -> Person:
    """Who is acting here, from git's own settings. Raises UsageError when git does not know."""
    from playbook.store.identity import identity

    name, mail = identity()
    if not name or not mail:
        raise UsageError(
            "git does not know who you are; run `git config --global user.name 'Your Name'` and the same for user.email"
        )
    return Person(_safe_name(name), _safe_name(mail))


def _safe_name(text: str) -> str:
    return " ".join("".join(letter for letter in text if letter not in "<>" and letter.isprintable()).split())


@contextmanager
def private_index(library: Library) -> Iterator[dict[str, str]]:
    """The environment of a git index of our own, removed at the end; what a killed process left is cleared by the next
    holder of the writer lock."""
    folder = library.git_dir / TEMPORARY
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise LibraryUnreadable(
            f"Cannot write {folder}: {error.strerror or error}; make room or check permissions"
        ) from error
    place = folder / f"index-{os.getpid()}-{secrets.token_hex(6)}"
    try:
        yield {"GIT_INDEX_FILE": str(place)}
    finally:
        with suppress(OSError):
            place.unlink(missing_ok=True)


def tree_id(library: Library, commit: str) -> str:
    """The tree of a commit."""
    return _tree_id(library.git_dir, commit)


@lru_cache(maxsize=256)
def _tree_id(git_dir: Path, commit: str) -> str:
    """Commits never change."""
    return Git(git_dir).run("rev-parse", "--verify", "--end-of-options", f"{commit}^{{tree}}").decode().strip()


def put_blob(git: Git, content: bytes) -> str:
    """Store a text and give its id. Raises UsageError when it is larger than a document may be."""
    if len(content) > MIB:
        raise UsageError(f"A document may have up to 1 MiB; this has {len(content) / MIB:.1f}; split it")
    return git.run("hash-object", "-w", "--no-filters", "--stdin", input=content).decode().strip()


def put_tree(library: Library, start: str, changes: Mapping[str, bytes | None]) -> str:
    """The tree of commit or tree `start` with files changed (None removes one); gives its id. A file that is there keeps
    its mode.

    Raises UsageError for a path that git or another person's disk could not hold, or that collides with one there.
    """
    git = Git(library.git_dir)
    with private_index(library) as env:
        git.run("read-tree", "--end-of-options", start, env=env)
        present = _plain_modes(library, start, changes) or _modes(git, env)
        gone = [path for path, content in changes.items() if content is None]
        made = {path: content for path, content in changes.items() if content is not None}
        check_new_names([path for path in made if path not in present], present.keys() - set(gone))
        # What goes first: a folder may take the place of a file.
        lines = [f"0 {'0' * len(start)}\t{path}\0" for path in gone if path in present]
        for path, content in made.items():
            lines.append(f"{present.get(path, _REGULAR)} {put_blob(git, content)}\t{path}\0")
        fed = "".join(lines).encode("utf-8", "surrogateescape")
        try:
            git.run("update-index", "--add", "--remove", "-z", "--index-info", input=fed, env=env)
        except GitFailed as error:
            raise UsageError(
                f"git cannot hold that file: {one_line(error.stderr, 200)}; give it another name"
            ) from error
        return git.run("write-tree", env=env).decode().strip()


def _plain_modes(library: Library, start: str, changes: Mapping[str, bytes | None]) -> dict[str, str]:
    """The modes of the changed files, where all of them are plain ones that are there: then the others matter to none;
    else nothing."""
    if not is_commit_id(start):
        return {}
    try:
        found = {os.fsdecode(one.path): one.mode for one in entries_at(library, start, changes)}
    except LibraryUnreadable:
        return {}  # a name that no repository has; what is wrong with it is said further on
    whole = found.keys() == changes.keys() and all(mode.startswith("100") for mode in found.values())
    return found if whole else {}


def _modes(git: Git, env: dict[str, str]) -> dict[str, str]:
    """The mode of every file of the index; what is no plain file (a link) would become one when it is written."""
    found = {}
    for row in git.run("ls-files", "-s", "-z", env=env).split(b"\0"):
        about, _, path = row.partition(b"\t")
        if path:
            mode = about[:6].decode()
            found[os.fsdecode(path)] = mode if mode.startswith("100") else _REGULAR
    return found


def check_new_names(new: Iterable[str], present: Iterable[str], *, dots: bool = False) -> None:
    """That new files' names are such as every disk can hold, and no twins of what is there or of each other. Names that
    begin with a dot are for those who know what they do by plain git: only with `dots`."""
    files: dict[str, str] = {}
    folders: dict[str, set[str]] = {}

    def remember(path: str) -> None:
        files[_twin_key(path)] = path
        for folder in _folders(path):
            folders.setdefault(_twin_key(folder), set()).add(folder)

    named = list(new)
    if not named:
        return
    for path in present:
        remember(path)
    for path in named:
        _check_name(path, dots)
        key = _twin_key(path)
        if key in files:
            raise UsageError(f"{path} would be a twin of {display_path(files[key])}; give it another name")
        if key in folders:
            raise UsageError(f"{path} is a folder here; give the file another name")
        for folder in _folders(path):
            if _twin_key(folder) in files:
                raise UsageError(f"{display_path(files[_twin_key(folder)])} is a file, so nothing can lie below it")
            spelled = folders.get(_twin_key(folder), {folder})
            if folder not in spelled:
                raise UsageError(f"{folder} would be a twin of the folder {display_path(min(spelled))}; put it there")
        remember(path)


def _check_name(path: str, dots: bool) -> None:
    shown = display_path(path)
    parts = path.split("/")
    odd = (
        shown != path
        or any(part.lower() in ("", ".", "..", ".git") or part.startswith(("-", " ")) for part in parts)
        or any(part != part.rstrip(" .") or (part.startswith(".") and not dots) for part in parts)
        or any(letter in path for letter in '\\:*?"<>|\0')
        or any(part.lower().startswith("git~") or _DEVICE.fullmatch(part.partition(".")[0]) for part in parts)
        or any(len(part.encode()) > 200 for part in parts)
        or len(path.encode()) > _LONGEST_PATH
    )
    if odd:
        raise UsageError(f"{shown} is no name that every disk can hold; use letters, digits, dots and dashes")


def _folders(path: str) -> Iterator[str]:
    """Every folder that the path lies in, the outermost first."""
    at = path.find("/")
    while at > 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _twin_key(path: str) -> str:
    """What two names have in common that a disk may take for one."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def put_commit(
    library: Library,
    tree: str,
    parents: tuple[str, ...],
    message: str,
    *,
    by: Person,
    author: Person | None = None,
    written: int | None = None,
    committed: int | None = None,
    sign: bool | None = None,
) -> str:
    """Store a commit made by `by` now (or then: `committed`, seconds since 1970); `author` and `written` when the words
    are somebody else's or older. Gives its id; no ref names it yet.

    It is signed when `by` is who is acting here and git's settings name an SSH key for them; `sign` says it outright.
    Raises NotPermitted, and nothing is written, when that key does not sign.
    """
    key = _signing_key(by, sign)
    now = int(clock.now().timestamp()) if committed is None else committed
    wrote = author or by
    env = {
        "GIT_AUTHOR_NAME": wrote.name or "Nobody",
        "GIT_AUTHOR_EMAIL": wrote.mail or "nobody@localhost",
        "GIT_AUTHOR_DATE": f"@{now if written is None else written} +0000",
        "GIT_COMMITTER_NAME": by.name or "Nobody",
        "GIT_COMMITTER_EMAIL": by.mail or "nobody@localhost",
        "GIT_COMMITTER_DATE": f"@{now} +0000",
    }
    arguments = [argument for parent in parents for argument in ("-p", parent)]
    if key:
        arguments.append("-S")
        env |= key.settings()
    try:
        made = Git(library.git_dir).run(
            "-c", "i18n.commitEncoding=UTF-8", "commit-tree", *arguments, "-F", "-", tree,
            input=message.encode("utf-8", "replace"), env=env, timeout=key.seconds if key else 60,
        )  # fmt: skip
    except GitFailed as error:
        if key:
            raise key.refusal(error) from error
        raise
    return made.decode().strip()


def _signing_key(by: Person, sign: bool | None) -> SigningKey | None:
    """The key to sign with. Nobody but the person acting is ever signed for unasked."""
    if sign is False:
        return None
    from playbook.store.identity import identity
    from playbook.store.signing import HOW_TO, cannot_sign, signing_key

    key = signing_key()
    if key is None and sign:
        raise UsageError(f"There is no key to sign with; say which: {HOW_TO}")
    if key is None or (sign is None and by != Person(*map(_safe_name, identity()))):
        return None
    if key.fault:
        raise cannot_sign(key, key.fault)
    return key


def move_ref(library: Library, ref: str, new: str | None, old: str | None) -> None:
    """Have the ref name `new` if it still names `old` (None: is not there; `new` None removes it). Raises RefMoved."""
    # An empty old value says that the ref must not be there yet.
    command = ["update-ref", "-d", ref, *([old] if old else [])] if new is None else ["update-ref", ref, new, old or ""]
    try:
        Git(library.git_dir).run(*command)
    except GitFailed as error:
        _refuse_moved(ref, error)
        raise


def move_refs(library: Library, moves: Iterable[tuple[str, str | None, str | None]]) -> None:
    """Move several refs, each as `move_ref` does with (ref, new, old): all of them or none. Raises RefMoved."""
    lines = ["start\0"]
    named = []
    for ref, new, old in moves:
        named.append(ref)
        if new is None:
            lines.append(f"delete {ref}\0{old or ''}\0")
        else:
            lines.append(f"update {ref}\0{new}\0{old}\0" if old else f"create {ref}\0{new}\0")
    fed = "".join([*lines, "commit\0"]).encode("utf-8", "surrogateescape")
    try:
        Git(library.git_dir).run("update-ref", "--stdin", "-z", input=fed)
    except GitFailed as error:
        _refuse_moved(", ".join(named), error)
        raise


def _refuse_moved(ref: str, error: GitFailed) -> None:
    said = error.stderr
    if "but expected" in said or "already exists" in said or "unable to resolve" in said or "is missing" in said:
        raise RefMoved(f"{one_line(ref, 120)} was changed by somebody else meanwhile; look again") from error
