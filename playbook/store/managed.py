"""The managed repositories: opens a path or URL as a library, knows which are open here, forgets one."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from playbook import paths
from playbook.errors import Conflict, LibraryUnreadable, UsageError
from playbook.store import firstfetch, registry
from playbook.store.registry import Entry
from playbook.store.runner import PASS_OVER_BROKEN, Git, GitFailed
from playbook.store.sources import Source, identify, shown
from playbook.store.synced import note_synced

LOCAL_REFS = "refs/playbook-local/"  # what is kept here and never sent
_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")


class NoLibrary(UsageError):
    """Nothing was ever opened here."""


@dataclass(frozen=True)
class Library:
    """An open library.

    `target` is what the person gave, absolute when it is a path; `hub` the URL or path that everybody syncs with, ""
    when there is none (then it is fetched from `checkout` itself); `git_dir` the managed bare repository; `cache` its
    own folder for what may be lost; `checkout` the person's working tree, which is never written to.
    """

    name: str
    target: str
    hub: str
    git_dir: Path
    cache: Path
    checkout: Path | None = None

    @property
    def source(self) -> str:
        """The URL or path that this library is fetched from."""
        return self.hub or str(self.checkout or self.target)

    @property
    def shown_target(self) -> str:
        """The target for eyes: without user and password, on one line; never to be opened."""
        return shown(self.target)

    @property
    def shown_hub(self) -> str:
        """The hub for eyes, as `shown_target`; "" when there is none."""
        return shown(self.hub)


def open_library(
    target: str,
    *,
    name: str | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Library:
    """Open a path or URL: make its managed repository, or reuse it, and remember it as the one opened last.

    One that is open already is not fetched again; `sync` does that. `progress` gets (phase, done, total) from another
    thread. A first fetch works in a folder of its own that is renamed into place, so that neither an error nor a
    cancel nor a kill leaves half a library. Raises UsageError, LibraryUnreadable, RemoteUnreachable, Conflict when
    another playbook is opening the same for too long, and Cancelled.
    """
    source = identify(target)
    wanted = _checked_name(name) if name is not None else ""
    folder = _folder_name(source.target)
    try:
        return _open(source, folder, wanted, progress, cancelled)
    except LibraryUnreadable:
        # A disk that cannot be written any more: what was opened before can still be read.
        known = next((entry for entry in registry.entries() if entry.folder == folder), None)
        if known is None or not firstfetch.is_whole(registry.libraries_dir() / folder):
            raise
        return _library(known)


def _open(
    source: Source,
    folder: str,
    wanted: str,
    progress: Callable[[str, int, int], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Library:
    root = paths.private(registry.libraries_dir())
    git_dir = root / folder
    with registry.alone(root / f".{folder}.flock", cancelled=cancelled, seconds=3600):
        firstfetch.sweep(root, folder)
        known = git_dir.is_dir()
        if known:
            firstfetch.check(git_dir, source)
        else:
            firstfetch.make(git_dir, source, progress=progress, cancelled=cancelled)
        library = _register(source, folder, wanted)
        if not known:
            note_synced(library)
        return library


def libraries() -> list[Library]:
    """Every library open here, by name."""
    return [_library(entry) for entry in registry.entries()]


def find_library(wanted: str | None = None) -> Library:
    """The library of that name, path or URL; without one that of PLAYBOOK_LIBRARY, else the one opened last.

    Raises NoLibrary when nothing was ever opened, UsageError when no open library is meant.
    """
    entries = registry.entries()
    asked = wanted or os.environ.get("PLAYBOOK_LIBRARY") or ""
    if not asked:
        if not entries:
            raise NoLibrary(
                "No library is open yet; run `playbook open <folder or URL>`, or `playbook demo` to try one"
            )
        return _library(max(entries, key=lambda entry: entry.opened))
    for entry in entries:
        if entry.name == asked:
            return _library(entry)
    for entry in entries:
        if asked.rstrip("/") in (entry.target, entry.hub):
            return _library(entry)
    with suppress(UsageError, LibraryUnreadable):
        found = identify(asked).target
        for entry in entries:
            if entry.target == found:
                return _library(entry)
    if not entries:
        raise NoLibrary(f"No library is open yet, and {_not_open(asked)}")
    known = ", ".join(entry.name for entry in entries)
    raise UsageError(f"No open library is called {shown(asked)}; open here: {known}; {_not_open(asked)}")


def _not_open(asked: str) -> str:
    """What to do about a library that is not open here: one can only work on what was opened once."""
    try:
        target = identify(asked).target
    except (UsageError, LibraryUnreadable):
        return f"{shown(asked)} is no repository to open either: `playbook open` takes its folder or its URL"
    return f"{shown(asked)} was never opened: run `playbook open {shown(target)}` first"


def mark_opened(library: Library) -> None:
    """Remember the library as the one opened last; a disk that cannot be written changes nothing."""
    moment = time.time()

    def edit(entries: list[Entry]) -> list[Entry]:
        folder = library.git_dir.name
        return [msgspec.structs.replace(e, opened=moment) if e.folder == folder else e for e in entries]

    with suppress(LibraryUnreadable, Conflict):
        registry.change(edit)


def forget(name: str, *, force: bool = False) -> Library:
    """Remove the library's managed repository and cache; what it was opened from is not touched.

    Raises UsageError when there is none of that name, and Conflict when it holds work that the hub has not got and
    `force` is not set.
    """
    entry = next((entry for entry in registry.entries() if entry.name == name), None)
    if entry is None:
        known = ", ".join(entry.name for entry in registry.entries()) or "none"
        raise UsageError(f"No open library is called {shown(name)}; open here: {known}")
    library = _library(entry)
    if not force:
        _refuse_unsent(library)
    root = registry.libraries_dir()
    with registry.alone(root / f".{entry.folder}.flock"):
        registry.change(lambda entries: [e for e in entries if e.folder != entry.folder])
        # Renamed first: a kill while deleting leaves no half library that would still open.
        gone = root / f".gone-{entry.folder}-{os.getpid()}"
        try:
            library.git_dir.rename(gone)
        except OSError as error:
            raise LibraryUnreadable(
                f"Cannot remove {library.git_dir}: {error.strerror or error}; check permissions"
            ) from error
        shutil.rmtree(gone, ignore_errors=True)
        shutil.rmtree(library.cache, ignore_errors=True)
    return library


def unsent(library: Library) -> int:
    """How many commits of the outbox (refs/heads/) the hub has not got, as far as was last seen."""
    git = Git(library.git_dir)
    try:
        return _unsent(git, "--glob=refs/heads/*")
    except GitFailed:
        return sum(
            _unsent_of(git, oid) for oid in git.run("for-each-ref", "--format=%(objectname)", "refs/heads").split()
        )


def _unsent(git: Git, what: str) -> int:
    counted = git.run("rev-list", "--count", what, "--not", "--glob=refs/remotes/hub/*", "--", env=PASS_OVER_BROKEN)
    return int(counted)


def _unsent_of(git: Git, oid: bytes) -> int:
    """Of a branch that cannot be read, 1: nobody knows how many."""
    try:
        return _unsent(git, oid.decode())
    except GitFailed:
        return 1


def _refuse_unsent(library: Library) -> None:
    try:
        waiting = unsent(library)
    except GitFailed as error:
        if not any(file.is_file() for file in (library.git_dir / "refs" / "heads").rglob("*")):
            return
        raise Conflict(
            f"{library.name} is damaged and may hold unsent work; forget it all the same with --force"
        ) from error
    if waiting:
        many = "1 commit" if waiting == 1 else f"{waiting} commits"
        raise Conflict(
            f"{library.name} holds {many} that the hub has not got; run `playbook sync`, or forget it with --force"
        )
    listed = Git(library.git_dir).run("for-each-ref", "--format=%(objectname)", f"{LOCAL_REFS}lost")
    if deleted := len(listed.split()):
        many = "1 proposal" if deleted == 1 else f"{deleted} proposals"
        raise Conflict(
            f"{library.name} holds the last there is of {many} whose branch was deleted at the hub; `playbook proposals` "
            "lists them, or forget it with --force"
        )
    listed = Git(library.git_dir).run("for-each-ref", "--format=%(objectname)", f"{LOCAL_REFS}drafts")
    if drafts := len(listed.split()):
        many = "1 draft" if drafts == 1 else f"{drafts} drafts"
        raise Conflict(f"{library.name} holds {many} of yours; `playbook drafts` lists them, or forget it with --force")


def _register(source: Source, folder: str, wanted: str) -> Library:
    made: list[Entry] = []

    def edit(entries: list[Entry]) -> list[Entry]:
        others = [entry for entry in entries if entry.folder != folder]
        before = next((entry for entry in entries if entry.folder == folder), None)
        stem = wanted or (before.name if before else default_name(source.target))
        name = registry.unused_name(stem, {entry.name for entry in others})
        checkout = str(source.checkout or "")
        made.append(Entry(name, source.target, folder, source.hub, checkout, time.time()))
        return [*others, made[-1]]

    git_dir = registry.libraries_dir() / folder
    registry.change(edit)
    registry.write_about(git_dir, made[-1])
    library = _library(made[-1])
    with suppress(LibraryUnreadable):
        paths.private(library.cache)
    return library


def _library(entry: Entry) -> Library:
    return Library(
        name=entry.name,
        target=entry.target,
        hub=entry.hub,
        git_dir=registry.libraries_dir() / entry.folder,
        cache=paths.cache_dir() / "libraries" / entry.folder.removesuffix(".git"),
        checkout=Path(entry.checkout) if entry.checkout else None,
    )


def _folder_name(target: str) -> str:
    digest = hashlib.sha256(target.encode("utf-8", "surrogateescape")).hexdigest()[:10]
    return f"{default_name(target)}-{digest}.git"


def default_name(target: str) -> str:
    """The name a library has when none is given: the last part of its path or URL, in small plain letters."""
    last = re.split(r"[/\\:]", target.rstrip("/").removesuffix("/.git").removesuffix(".git"))[-1]
    return _NOT_IN_SLUG.sub("-", last.lower()).strip("-")[:40].strip("-") or "library"


def _checked_name(name: str) -> str:
    plain = _NOT_IN_SLUG.sub("-", name.lower()).strip("-")
    if not plain or plain != name or len(name) > 60:
        raise UsageError(
            f"{shown(name)!r} is no name for a library; use small letters, digits and dashes, as in sales-emea"
        )
    return name
