"""Makes a managed repository: the first fetch, in a folder of its own that is renamed into place when it is whole."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from playbook.errors import Conflict, LibraryUnreadable, RemoteUnreachable
from playbook.store import registry, remote
from playbook.store.packing import pack_refs
from playbook.store.remote import Cancelled, Offer, Progress
from playbook.store.runner import Git, GitFailed
from playbook.store.sources import Source, shown
from playbook.text.safe import one_line

_ASK_SECONDS = 30
_LEFT = re.compile(r"\.(?:new|gone)-(.+)-[^-]+")


def make(
    git_dir: Path, source: Source, *, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> None:
    """Fetch the source into a new managed repository at `git_dir`, whole or not at all.

    Only for the holder of that folder's lock. Raises LibraryUnreadable, RemoteUnreachable and Cancelled.
    """
    temporary = git_dir.with_name(f".new-{git_dir.name}-{secrets.token_hex(4)}")
    try:
        _fill(temporary, source, progress, cancelled)
        temporary.rename(git_dir)
        _sync_folder(git_dir.parent)
    except OSError as error:
        raise LibraryUnreadable(
            f"Cannot write {git_dir}: {error.strerror or error}; free some space or check permissions"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def sweep(root: Path, folder: str) -> None:
    """Remove what killed first fetches and removals left; only for the holder of this folder's lock.

    What belongs to another folder goes only when nobody is at work on that.
    """
    with suppress(OSError):
        for left in sorted(root.iterdir()):
            found = _LEFT.fullmatch(left.name)
            if not found:
                continue
            if found[1] == folder:
                shutil.rmtree(left, ignore_errors=True)
                continue
            with suppress(Conflict, LibraryUnreadable), registry.alone(root / f".{found[1]}.flock", seconds=0):
                shutil.rmtree(left, ignore_errors=True)


def is_whole(git_dir: Path) -> bool:
    """Whether the folder is a managed repository at all."""
    return (git_dir / "HEAD").is_file() and (git_dir / "objects").is_dir()


def check(git_dir: Path, source: Source) -> None:
    """See that a managed repository is whole; follow a checkout whose origin has changed. Raises LibraryUnreadable."""
    if not is_whole(git_dir):
        raise LibraryUnreadable(
            f"{git_dir} is damaged; run `playbook forget` on it, then open {shown(source.target)} again"
        )
    with suppress(LibraryUnreadable, OSError):
        config = (git_dir / "config").read_bytes()
        wanted = _config(source, wide=b"objectFormat = sha256" in config)
        open_to_others = os.name == "posix" and (git_dir / "config").stat().st_mode & 0o077
        if config != wanted or open_to_others:
            registry.write_file(git_dir / "config", wanted)


def set_main(git: Git, branch: str) -> None:
    """Make refs/remotes/hub/HEAD name that branch of the hub."""
    git.run("symbolic-ref", "refs/remotes/hub/HEAD", f"refs/remotes/hub/{branch}")


def _fill(place: Path, source: Source, progress: Progress | None, cancelled: Cancelled | None) -> None:
    place.mkdir(mode=0o700)
    _init(place, source, wide=False)
    git = Git(place, local_hub=source.hub_is_local or not source.hub)
    seeded = False
    if source.hub and source.repository:
        # The person's clone has most of the objects, and is all there is while its origin is out of reach.
        seeded = _seed(place, source, progress, cancelled)
    where = source.hub or str(source.repository)
    try:
        offer = remote.ask(git, "hub", where, timeout=_ASK_SECONDS, cancelled=cancelled)
        git = _fetch(git, place, source, offer, where, seeded, progress, cancelled)
    except RemoteUnreachable:
        if not seeded:
            raise
    pack_refs(git)
    (place / "playbook-tmp").mkdir(mode=0o700)


def _fetch(
    git: Git, place: Path, source: Source, offer: Offer, where: str, seeded: bool,
    progress: Progress | None, cancelled: Cancelled | None,
) -> Git:  # fmt: skip
    if len(offer.head_commit or next(iter(offer.branches.values()), "")) == 64 and not seeded:
        shutil.rmtree(place)
        place.mkdir(mode=0o700)
        _init(place, source, wide=True)
    if offer.branches:
        if seeded:
            remote.fetch(
                git, "hub", where, leave=offer.too_long, follow_rewinds=True, progress=progress, cancelled=cancelled
            )
        else:
            remote.fetch_offer(
                git, "hub", where, offer, known={}, follow_rewinds=True, progress=progress, cancelled=cancelled
            )
        set_main(git, offer.main)
    elif offer.head_commit:
        remote.fetch_detached(git, "hub", where, cancelled=cancelled)
        set_main(git, "detached")
    else:
        raise LibraryUnreadable(
            f"{shown(source.target)} is an empty repository; commit a document there, then open it again"
        )
    return git


def _seed(place: Path, source: Source, progress: Progress | None, cancelled: Cancelled | None) -> bool:
    """Fetch what a checkout knows of its origin; whether that gave a main branch."""
    git = Git(place, local_hub=True)
    where = str(source.repository)
    try:
        offer = remote.ask(git, "checkout", where, timeout=_ASK_SECONDS, cancelled=cancelled)
        branches, below = (offer.tracked, "refs/remotes/origin/") if offer.tracked else (offer.branches, "refs/heads/")
        main = remote.likeliest(offer.tracked_head or offer.head, offer.head_commit, branches)
        if not main or len(branches[main]) == 64:
            return False
        remote.fetch(
            git, "checkout", where, source=below, leave=offer.too_long, follow_rewinds=True, progress=progress,
            cancelled=cancelled,
        )  # fmt: skip
        set_main(git, main)
    except RemoteUnreachable:
        return False
    return True


def _init(place: Path, source: Source, *, wide: bool) -> None:
    git = Git(place)
    try:
        git.run(
            "init", "--quiet", "--bare", "--template=", f"--object-format={'sha256' if wide else 'sha1'}", str(place)
        )
    except GitFailed as error:
        raise LibraryUnreadable(
            f"Cannot make a repository in {place.parent}: {one_line(error.stderr, 200)}; is the disk full or read-only?"
        ) from error
    # Anew, not over git's own: a URL in it may hold a password, and git's can be read by everybody.
    registry.write_file(place / "config", _config(source, wide=wide))


def _config(source: Source, *, wide: bool) -> bytes:
    lines = ["# Written by playbook; it is written anew when the library is opened.", "[core]"]
    lines += [
        f"\trepositoryformatversion = {int(wide)}",
        "\tbare = true",
        "\tlogAllRefUpdates = false",
        "\tsharedRepository = 0600",
    ]
    if wide:
        lines += ["[extensions]", "\tobjectFormat = sha256"]
    lines += ["[gc]", "\tauto = 0"]
    lines += ['[remote "hub"]', f"\turl = {_quoted(source.hub or str(source.repository))}"]
    lines += ["\tfetch = refs/heads/*:refs/remotes/hub/*"]
    if source.hub and source.repository:
        lines += ['[remote "checkout"]', f"\turl = {_quoted(str(source.repository))}"]
    return "\n".join([*lines, ""]).encode("utf-8", "surrogateescape")


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def _sync_folder(folder: Path) -> None:
    # The new name must outlive a power cut, as its content does (core.fsync=all).
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
