"""Approving: a verdict on the words one has seen, and with enough of them the one merge that makes them main."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from playbook.errors import Conflict, LibraryUnreadable, NothingFound, NotPermitted, RemoteUnreachable, UsageError
from playbook.review import branch
from playbook.review.listing import find
from playbook.review.policy import Policy, blocked_by, counts, policy_at
from playbook.review.proposal import Proposal
from playbook.store import merging, objects, outbox, refs
from playbook.store.locks import writer_lock
from playbook.store.push import push
from playbook.store.sync import fetch_only
from playbook.store.trailers import write_message
from playbook.store.writing import Person, acting, move_ref, put_commit
from playbook.text.safe import display_path, one_line

if TYPE_CHECKING:
    from playbook.review.events import Event
    from playbook.store.managed import Library

PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Approved:
    """What an approval came to: `merge` is the commit on main, "" when the key was only recorded, or the host is to
    merge; `message` says what happened in a sentence, `link` where the host's own page is."""

    proposal: str
    event: str
    merge: str
    state: str
    message: str
    link: str = ""


def approve(
    library: Library,
    id: str,
    text: str = "",
    *,
    seen: str = "",
    by: Person | None = None,
    cancelled: Callable[[], bool] | None = None,
    patience: float = PATIENCE_SECONDS,
) -> Approved:
    """Give one's key for the words as they are (`seen`: the head one has looked at), and merge when it was the last.

    Raises NotPermitted for an author or somebody without the role, UsageError without a why, Conflict when the words or
    main moved, and RemoteUnreachable when the hub cannot be reached: the verdict then waits in the outbox.
    """
    me = by or acting()
    out_of_reach: RemoteUnreachable | None = None
    # What its giver can have seen is what was here before anything was fetched.
    looked_at, main_then = seen or _head_here(library, id), refs.main_commit(library)
    try:
        fetch_only(library, cancelled=cancelled)
    except RemoteUnreachable as error:
        out_of_reach = error
    proposal = find(library, id)
    main = refs.main_commit(library)
    policy = policy_at(library, main)
    _check(library, proposal, policy, me, text, looked_at, main)
    if moved := moved_since(library, main_then, main, proposal.paths):
        raise Conflict(f"{one_line(', '.join(moved), 160)} has just changed on main; look at {proposal.id} again")
    mine = proposal.verdicts.get(me.mail.casefold())
    if mine is None or mine.word != "approve" or not stands(library, proposal, mine, main):
        written = branch.add(
            library, proposal.id, "approve", subject=f"Approved: {proposal.title}", text=text, head=proposal.head,
            base=main, why=text if not proposal.why else "", parent=proposal.tip, by=me,
        )  # fmt: skip
        event = written.event
    else:
        event = mine.id
    if out_of_reach is not None:
        raise RemoteUnreachable(
            f"Your approval of {proposal.id} is kept and goes out with the next sync, which finishes the merge: "
            f"{out_of_reach}"
        )
    return finish(library, proposal.id, event, by=me, cancelled=cancelled, patience=patience)


def _head_here(library: Library, id: str) -> str:
    """The head of the proposal as it is known here; "" when it is not."""
    try:
        proposal = find(library, id)
    except NothingFound:
        return ""
    return proposal.head or proposal.tip


def _check(library: Library, proposal: Proposal, policy: Policy, me: Person, text: str, seen: str, main: str) -> None:
    if proposal.fault:
        raise Conflict(f"{proposal.id} cannot be read: {proposal.fault}")
    if proposal.state not in ("open", "escalated"):
        raise Conflict(f"{proposal.id} is {proposal.state} already; `playbook proposal show {proposal.id}` says why")
    if not proposal.edited:
        raise Conflict(f"{proposal.id} is a note and edits nothing yet; add an edit to it first")
    if seen and seen not in (proposal.head, proposal.tip):
        raise Conflict(f"The words of {proposal.id} have changed since you looked; look again")
    why_not = counts(policy, proposal, me)
    if why_not and "must acknowledge" not in why_not:
        raise NotPermitted(f"You cannot approve {proposal.id}: {why_not}")
    if not (proposal.why.strip() or text.strip()):
        raise UsageError("A merge says why: nobody said it yet, so give it with -m 'in a sentence'")
    if odd := _no_plain_file(library, proposal):
        raise Conflict(f"{one_line(odd, 160)} in {proposal.id} is no plain file, so nobody can look at it; decline it")
    clashes = clashing(library, proposal, main)
    if clashes:
        raise Conflict(
            f"{one_line(', '.join(clashes), 160)} changed on main too, in the same words; "
            f"`playbook proposal resolve {proposal.id}` joins them"
        )


def _no_plain_file(library: Library, proposal: Proposal) -> str:
    """A path that the proposal would make a link, a submodule, or a name that no disk should hold; "" when there is none."""
    entries = objects.entries_at(library, proposal.head_tree, proposal.paths)
    before = {entry.path for entry in objects.entries_at(library, proposal.base_tree, proposal.paths)}
    for entry in entries:
        path = os.fsdecode(entry.path)
        if not entry.mode.startswith("100") or (entry.path not in before and display_path(entry.path) != path):
            return path
    return ""


def clashing(library: Library, proposal: Proposal, main: str) -> tuple[str, ...]:
    """The files that main and the proposal both changed so that nothing joins them."""
    if not proposal.edited or proposal.base == main:
        return ()
    if not moved_since(library, proposal.base, main, proposal.paths):
        return ()
    found = merging.clashes(library, merging.merge_base(library, main, proposal.head), main, proposal.head)
    return tuple(clash.path for clash in found)


def moved_since(library: Library, old: str, new: str, paths: tuple[str, ...]) -> list[str]:
    """Those of the paths that differ between two commits of main."""
    if old == new or not old:
        return []
    changed = _changed_between(library, old, new)
    return [path for path in paths if path in changed]


@lru_cache(maxsize=512)
def _changed_between(library: Library, old: str, new: str) -> frozenset[str]:
    """Commits never change, and a queue asks the same of many proposals."""
    return frozenset(os.fsdecode(raw) for _, raw in objects.changed_paths(library, old, new))


def stands(library: Library, proposal: Proposal, approval: Event, main: str) -> bool:
    """Whether an approval still holds: main changed none of the proposal's paths since its giver looked."""
    if not refs.is_commit_id(approval.base):
        return False
    try:
        return not moved_since(library, approval.base, main, proposal.paths)
    except LibraryUnreadable:
        return False  # a base that nobody has


def finish(
    library: Library,
    id: str,
    event: str,
    *,
    by: Person | None = None,
    cancelled: Callable[[], bool] | None = None,
    patience: float = PATIENCE_SECONDS,
) -> Approved:
    """Merge the proposal if nothing keeps it from main any more, else send the verdict alone; tries again while others
    are first, for so many seconds. Doing it twice does it once."""
    me = by or acting()
    end = time.monotonic() + patience
    pause = 0.05
    while True:
        proposal = find(library, id)
        main = refs.main_commit(library)
        if proposal.state == "merged":
            outbox.send(library, refetch=lambda: fetch_only(library, cancelled=cancelled), cancelled=cancelled)
            return Approved(id, event, proposal.merge, "merged", f"{id} is merged")
        approval = _approval(library, proposal, policy_at(library, main), main)
        if isinstance(approval, str):
            sent = outbox.send(library, refetch=lambda: fetch_only(library, cancelled=cancelled), cancelled=cancelled)
            if sent.waiting.get(proposal.branch):
                raise Conflict(f"{id} waits here: {sent.waiting[proposal.branch]}")
            return Approved(id, event, "", proposal.state, f"Your approval is recorded; {approval}")
        done = _try(library, proposal, approval, main, event, me, cancelled)
        if done is not None:
            return done
        if time.monotonic() > end:
            raise RemoteUnreachable(
                f"Others keep changing main; the approval of {id} is kept and the next `playbook sync` finishes it"
            )
        time.sleep(pause * (0.5 + random.random()))
        pause = min(pause * 1.7, 0.6)
        fetch_only(library, cancelled=cancelled)
        _rejoin(library, proposal, cancelled)


def _rejoin(library: Library, proposal: Proposal, cancelled: Callable[[], bool] | None) -> None:
    """Bring our events on top of what others added to the branch meanwhile."""
    noted = outbox.Sent()
    outbox.join(library, noted, cancelled=cancelled)
    if proposal.branch in noted.waiting:
        raise Conflict(f"{proposal.id} waits here: {noted.waiting[proposal.branch]}")


def _approval(library: Library, proposal: Proposal, policy: Policy, main: str) -> Event | str:
    """The newest approval that counts and holds, or why there can be no merge yet."""
    why_not = blocked_by(policy, proposal)
    if why_not:
        return "; ".join(why_not)
    holding = [
        event
        for event in proposal.events
        if event in proposal.verdicts.values()
        and event.word == "approve"
        and not counts(policy, proposal, event.by)
        and stands(library, proposal, event, main)
    ]
    if not holding:
        raise Conflict(f"main changed the words of {proposal.id} since it was approved; look again and approve it anew")
    return holding[-1]


def _try(
    library: Library,
    proposal: Proposal,
    approval: Event,
    main: str,
    event: str,
    me: Person,
    cancelled: Callable[[], bool] | None,
) -> Approved | None:
    """One merge and its push; None when somebody was first."""
    with writer_lock(library, cancelled=cancelled):
        merged = merging.merge_trees(library, merging.merge_base(library, main, proposal.head), main, proposal.head)
        if not merged.tree:
            raise Conflict(
                f"{one_line(', '.join(clash.path for clash in merged.clashes), 160)} changed on main too, in the same "
                f"words; `playbook proposal resolve {proposal.id}` joins them"
            )
        commit = put_commit(library, merged.tree, (main, approval.commit), _message(proposal, approval), by=me)
        if not library.hub:
            if refs.main_commit(library) != main:
                return None
            name = f"refs/heads/{refs.main_branch(library)}"
            move_ref(library, name, commit, refs.read_ref(library.git_dir, name))
            return Approved(proposal.id, event, commit, "merged", _local_message(library, proposal))
    name = refs.main_branch(library)
    tip = branch.tip_of(library, proposal.id)
    pushed = push(library, {proposal.branch: tip, name: commit}, atomic=True, cancelled=cancelled)
    outcome, own = pushed.of(name), pushed.of(proposal.branch)
    if outcome.state == "sent":
        outbox.join(library, outbox.Sent(), cancelled=cancelled)
        return Approved(proposal.id, event, commit, "merged", f"{proposal.id} is merged into {name}")
    if outcome.state == "held back" and own.state == "refused":
        raise NotPermitted(f"The hub refuses it: {own.reason}")
    if outcome.state == "refused":
        sent = outbox.send(library, refetch=lambda: fetch_only(library, cancelled=cancelled), cancelled=cancelled)
        if proposal.branch in sent.waiting:
            raise NotPermitted(f"The hub refuses it: {sent.waiting[proposal.branch]}")
        link = sent.link or pushed.link
        where = f": {link}" if link else " on its own page"
        said = f"approved, merge on the host{where} (the hub does not take merges from here: {outcome.reason})"
        return Approved(proposal.id, event, "", "approved, merge on the host", said, link)
    return None


def _message(proposal: Proposal, approval: Event) -> str:
    why = proposal.why or approval.text or approval.why
    return write_message(
        proposal.title,
        why,
        {
            "Event": "merge",
            "Event-Id": approval.id,
            "Proposal": proposal.id,
            "Head": proposal.head,
            "Kind": proposal.kind,
            "Author": str(proposal.author),
            "Approved-By": str(approval.by),
        },
    )


def _local_message(library: Library, proposal: Proposal) -> str:
    name = refs.main_branch(library)
    return (
        f"{proposal.id} is merged into {name} here; take it into your checkout with "
        f"`git -C {one_line(str(library.checkout or library.target), 200)} pull {library.git_dir} {name}`"
    )
