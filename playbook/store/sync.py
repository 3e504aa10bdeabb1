"""Brings a library up to date with its hub and says what came, what waits, and what it refused to follow."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from playbook.errors import LibraryUnreadable, RemoteUnreachable
from playbook.store import firstfetch, objects, refs, remote
from playbook.store.locks import writer_lock
from playbook.store.managed import Library, unsent
from playbook.store.remote import Cancelled, Offer, Progress
from playbook.store.runner import Git, GitFailed
from playbook.store.sources import is_path, shown
from playbook.text.safe import display_path, one_line

State = Literal["synced", "local", "offline", "rewound"]
_HUB = "refs/remotes/hub/"
_MOST_LOOSE = 2000
_LOCK_SECONDS = 20
# What git says when a ref of the hub's is empty or odd, or names what is not there whole.
_BROKEN_THERE = re.compile(
    r"not our ref|pack-objects died|possible repository corruption|did not send all necessary objects|"
    r"missing necessary objects|[Cc]ould not (?:read|parse) [0-9a-f]{40}|bad (?:tree |commit )?object [0-9a-f]{40}|"
    r"unable to (?:read|parse) (?:tree|commit|object|[0-9a-f]{40})|invalid refspec|couldn't find remote ref"
)


@dataclass(frozen=True)
class SyncReport:
    """What a sync did.

    `state`: `synced`; `local` when there is no hub and the checkout itself was asked; `rewound` when the hub threw
    published commits away, which is never followed; `offline` is for callers that carry on without the hub.
    `ahead` counts commits of the outbox that the hub has not got, `behind` those of the hub's main that were not
    taken, `received` names the files that changed on main (for eyes), `sent` what was pushed.
    """

    state: State
    ahead: int = 0
    behind: int = 0
    received: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    message: str = ""


def sync(
    library: Library,
    *,
    cancelled: Callable[[], bool] | None = None,
    timeout: float = 60,
    progress: Callable[[str, int, int], None] | None = None,
) -> SyncReport:
    """Fetch what is new from the hub (or, where there is none, from the checkout).

    Asks first, without a lock, and takes the writer lock only when there is something to fetch. Raises
    RemoteUnreachable when the hub does not answer within `timeout` seconds or refuses us, LockBusy, LibraryUnreadable
    and Cancelled; the library is then as it was.
    """
    where = library.source
    git = Git(library.git_dir, local_hub=is_path(where))
    before, branch = refs.main_commit(library), refs.main_branch(library)
    offer = remote.ask(git, "hub", where, timeout=timeout, cancelled=cancelled)
    gone = branch not in offer.branches and offer.head not in offer.branches
    if (not offer.main or (gone and offer.branches)) and branch != "detached":
        return _rewound(library, f"{shown(where)} has no branch {one_line(branch, 60)} any more", 0)
    mine = refs.all_refs(library, _HUB)
    theirs = {_HUB + name: commit for name, commit in offer.branches.items()}
    rewound: list[str] = []
    broken: list[str] = []
    if branch == "detached" and not offer.branches:
        if offer.head_commit != mine.get(_HUB + "detached"):
            with writer_lock(library, seconds=_LOCK_SECONDS, cancelled=cancelled):
                remote.fetch_detached(git, "hub", where, cancelled=cancelled)
    elif mine != theirs or offer.main != branch:
        with writer_lock(library, seconds=_LOCK_SECONDS, cancelled=cancelled):
            if mine != theirs:
                rewound, broken = _fetch(git, where, offer, mine, progress, cancelled, max(timeout, 600))
            if offer.main != branch and refs.read_ref(library.git_dir, _HUB + offer.main):
                firstfetch.set_main(git, offer.main)
            _drop_pulled_main(library, git)
            _pack_loose(library, git)
    if offer.main in rewound:
        return _rewound(library, f"{shown(where)} threw away published words", _behind(library, git, offer))
    received = _received(library, before)
    ahead = unsent(library) if refs.all_refs(library, "refs/heads/") else 0
    now = refs.all_refs(library, _HUB + "proposals/")
    talked = sum(1 for name, commit in now.items() if mine.get(name) != commit)
    message = _message(where, received, rewound, broken, talked)
    return SyncReport("synced" if library.hub else "local", ahead, 0, received, [], message)


def _fetch(
    git: Git, where: str, offer: Offer, mine: dict[str, str], progress: Progress | None, cancelled: Cancelled | None,
    timeout: float,
) -> tuple[list[str], list[str]]:  # fmt: skip
    """Fetch all branches at once. Where one that the hub itself cannot read spoils that, fetch main, and of the others
    those that are whole; gives the names of the rewound, and of the broken."""
    try:
        return remote.fetch(git, "hub", where, progress=progress, cancelled=cancelled, timeout=timeout), []
    except RemoteUnreachable as error:
        if not _is_broken_there(error):
            raise
    rewound = remote.fetch(git, "hub", where, only=[offer.main], cancelled=cancelled, timeout=timeout)
    broken: list[str] = []
    waiting = [
        [name for name, commit in offer.branches.items() if mine.get(_HUB + name) != commit and name != offer.main]
    ]
    while waiting:
        names = waiting.pop()
        try:
            if names:
                rewound += remote.fetch(git, "hub", where, only=names, cancelled=cancelled, timeout=timeout)
        except RemoteUnreachable as error:
            if not _is_broken_there(error):
                raise
            if len(names) == 1:
                broken += names
            else:
                waiting += [names[: len(names) // 2], names[len(names) // 2 :]]
    for ref, commit in mine.items():
        if ref.removeprefix(_HUB) not in offer.branches and refs.read_ref(git.git_dir, ref) == commit:
            git.run("update-ref", "-d", ref, commit)
    return rewound, broken


def _is_broken_there(error: RemoteUnreachable) -> bool:
    return isinstance(error.__cause__, GitFailed) and bool(_BROKEN_THERE.search(error.__cause__.stderr))


def fetch_only(library: Library, *, cancelled: Callable[[], bool] | None = None, timeout: float = 60) -> None:
    """Take what the hub has, as `sync` does, without a report. A hub that was rewound is an error here: nothing may be
    built on it. Raises what `sync` raises, and RemoteUnreachable for a rewound hub."""
    report = sync(library, cancelled=cancelled, timeout=timeout)
    if report.state == "rewound":
        raise RemoteUnreachable(report.message)


def _received(library: Library, before: str) -> list[str]:
    after = refs.main_commit(library)
    if after == before:
        return []
    return [display_path(path) for _, path in objects.changed_paths(library, before, after)]


def _message(where: str, received: list[str], rewound: list[str], broken: list[str], talked: int) -> str:
    files = "1 file changed" if len(received) == 1 else f"{len(received)} files changed"
    more = "1 proposal has news" if talked == 1 else f"{talked} proposals have news"
    said = [*([f"{files} since the last sync"] if received else []), *([more] if talked else [])]
    news = ", ".join(said) or "nothing new"
    left = f"; left alone, for they were rewound there: {one_line(', '.join(rewound), 200)}" if rewound else ""
    if broken:
        left += f"; left out, for the hub cannot read them: {one_line(', '.join(broken), 200)}"
    return f"In step with {shown(where)}: {news}{left}"


def _rewound(library: Library, what: str, behind: int) -> SyncReport:
    ahead = unsent(library) if refs.all_refs(library, "refs/heads/") else 0
    message = (
        f"{what}: its history no longer holds what this library has, so nothing was taken; ask who keeps it. "
        f"To take it as it is: `playbook forget {library.name}`, then `playbook open {shown(library.target)}`"
    )
    return SyncReport("rewound", ahead, behind, [], [], message)


def _behind(library: Library, git: Git, offer: Offer) -> int:
    theirs = offer.branches[offer.main]
    try:
        return int(git.run("rev-list", "--count", theirs, "--not", refs.main_commit(library), "--"))
    except GitFailed:
        # What was refused need not have been brought here.
        return 0


def _drop_pulled_main(library: Library, git: Git) -> None:
    """Without a hub, approved work waits in refs/heads/<main> until the checkout has pulled it; then it is done."""
    branch = refs.main_branch(library)
    waiting = None if library.hub else refs.read_ref(library.git_dir, f"refs/heads/{branch}")
    published = refs.read_ref(library.git_dir, _HUB + branch)
    if waiting and published and objects.is_ancestor(library, waiting, published):
        git.run("update-ref", "-d", f"refs/heads/{branch}", waiting)


def _pack_loose(library: Library, git: Git) -> None:
    """Pack loose objects once there are many; a repository of thousands of single files is slow to read."""
    sample = library.git_dir / "objects" / "17"
    try:
        loose = 256 * sum(1 for _ in sample.iterdir()) if sample.is_dir() else 0
    except OSError as error:
        raise LibraryUnreadable(f"Cannot read {sample}: {error.strerror or error}; check permissions") from error
    if loose > _MOST_LOOSE:
        git.run("repack", "-d", "-l", "-q", timeout=600)
        git.run("prune-packed", "-q", timeout=600)
