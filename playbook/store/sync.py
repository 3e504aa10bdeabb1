"""Brings a library up to date with its hub and says what came, what waits, and what it refused to follow."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from playbook.errors import LibraryUnreadable, RemoteUnreachable
from playbook.store import firstfetch, lost, objects, refs, remote
from playbook.store.locks import writer_lock
from playbook.store.managed import Library, unsent
from playbook.store.packing import pack_refs
from playbook.store.remote import Fetched, Offer
from playbook.store.runner import PASS_OVER_BROKEN, Git, GitFailed
from playbook.store.sources import is_path, shown
from playbook.store.synced import note_cut_off, note_synced
from playbook.text.safe import display_path, one_line

State = Literal["synced", "local", "offline", "rewound"]
_HUB = "refs/remotes/hub/"
_MOST_LOOSE = 2000
_LOCK_SECONDS = 20


class Noted(NamedTuple):
    """A branch, and what is to be said of it in a sentence (without a full stop, and without the branch's name)."""

    branch: str
    reason: str


@dataclass(frozen=True)
class SyncReport:
    """What a sync did.

    `state`: `synced`; `local` when there is no hub and the checkout itself was asked; `rewound` when the hub threw
    published commits away, which is never followed; `offline` is for callers that carry on without the hub.
    `ahead` counts commits of the outbox that the hub has not got, `behind` those of the hub's main that were not
    taken, `received` names the files that changed on main (for eyes), `sent` what was pushed.

    `waiting` says of each branch of the outbox that did not go out why, `left_out` of each at the hub that was not taken,
    `deleted` of each proposal whose branch somebody deleted there how it comes back; `too_late` are the sentences for
    what a merge overtook, `overtaken` the proposals. `message` holds all of it, as a line; `sentences` one after the other.
    """

    state: State
    ahead: int = 0
    behind: int = 0
    received: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    message: str = ""
    waiting: list[Noted] = field(default_factory=list)
    left_out: list[Noted] = field(default_factory=list)
    deleted: list[Noted] = field(default_factory=list)
    too_late: list[str] = field(default_factory=list)
    overtaken: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)


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
    try:
        offer = remote.ask(git, "hub", where, timeout=timeout, cancelled=cancelled)
    except RemoteUnreachable:
        note_cut_off(library)
        raise
    gone = branch not in offer.branches and offer.head not in offer.branches
    if (not offer.main or (gone and offer.branches)) and branch != "detached":
        return _rewound(library, f"{shown(where)} has no branch {one_line(branch, 60)} any more", 0)
    mine = refs.all_refs(library, _HUB)
    theirs = {_HUB + name: commit for name, commit in offer.branches.items()}
    fetched = Fetched([], [])
    if branch == "detached" and not offer.branches:
        if offer.head_commit != mine.get(_HUB + "detached"):
            with writer_lock(library, seconds=_LOCK_SECONDS, cancelled=cancelled):
                remote.fetch_detached(git, "hub", where, cancelled=cancelled)
    elif mine != theirs or offer.main != branch:
        with writer_lock(library, seconds=_LOCK_SECONDS, cancelled=cancelled):
            if mine != theirs:
                _make_way(library, theirs)
                fetched = remote.fetch_offer(
                    git, "hub", where, offer, known={name.removeprefix(_HUB): at for name, at in mine.items()},
                    progress=progress, cancelled=cancelled, timeout=max(timeout, 600),
                )  # fmt: skip
                lost.settle(library)
            if offer.main != branch and refs.read_ref(library.git_dir, _HUB + offer.main):
                firstfetch.set_main(git, offer.main)
                _make_way(library, theirs)
            _drop_pulled_main(library, git)
            _pack_loose(library, git)
            pack_refs(git)
    if offer.main in fetched.rewound:
        return _rewound(library, f"{shown(where)} threw away published words", _behind(library, git, offer))
    received = _received(library, before)
    ahead = unsent(library) if refs.all_refs(library, "refs/heads/") else 0
    now = refs.all_refs(library, _HUB + "proposals/")
    talked = sum(1 for name, commit in now.items() if mine.get(name) != commit)
    left_out = _left_out(fetched, offer)
    message = _message(where, received, left_out, talked)
    noted = [Noted(name, why) for why, names in left_out.items() for name in names]
    state: State = "synced" if library.hub else "local"
    note_synced(library)
    return SyncReport(state, ahead, 0, received, [], message, left_out=noted, sentences=[message])


def _make_way(library: Library, theirs: dict[str, str]) -> None:
    """Drop the refs of branches that are not at the hub any more, and files of refs that hold nothing git can read. What
    proposals had is kept. Before the fetch: what was a branch may be a folder by now. What is main here stays until another one is."""
    for ref in refs.broken(library, _HUB):
        with suppress(OSError):
            (library.git_dir / ref).unlink(missing_ok=True)
    main = _HUB + refs.main_branch(library)
    here = refs.all_refs(library, _HUB)
    lost.drop(library, {ref: commit for ref, commit in here.items() if ref not in theirs and ref != main})


def _left_out(fetched: Fetched, offer: Offer) -> dict[str, list[str]]:
    """Why branches of the hub's were not taken, in words that go before their names."""
    found = {
        "left alone, for they were rewound there": fetched.rewound,
        "left out, for the hub cannot read them": fetched.broken,
        "left out, for their names are too long to be kept here": list(offer.too_long),
    }
    return {why: names for why, names in found.items() if names}


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


def _message(where: str, received: list[str], left_out: dict[str, list[str]], talked: int) -> str:
    files = "1 file changed" if len(received) == 1 else f"{len(received)} files changed"
    more = "1 proposal has news" if talked == 1 else f"{talked} proposals have news"
    said = [*([f"{files} since the last sync"] if received else []), *([more] if talked else [])]
    news = ", ".join(said) or "nothing new"
    left = "".join(
        f"; {why}: {one_line(', '.join(one_line(name, 80) for name in names), 200)}" for why, names in left_out.items()
    )
    return f"In step with {shown(where)}: {news}{left}"


def _rewound(library: Library, what: str, behind: int) -> SyncReport:
    ahead = unsent(library) if refs.all_refs(library, "refs/heads/") else 0
    message = (
        f"{what}: its history no longer holds what this library has, so nothing was taken; ask who keeps it. "
        f"To take it as it is: `playbook forget {library.name}`, then `playbook open {shown(library.target)}`"
    )
    return SyncReport("rewound", ahead, behind, [], [], message, sentences=[message])


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
        git.run("repack", "-d", "-l", "-q", timeout=600, env=PASS_OVER_BROKEN)
        git.run("prune-packed", "-q", timeout=600)
