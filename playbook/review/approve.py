"""Approving: a verdict on the words one has seen, and with enough of them the one merge that makes them main."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook.errors import Conflict, NothingFound, NotPermitted, RemoteUnreachable, UsageError
from playbook.review import branch
from playbook.review.candidate import clashing, judgement, moved_since, stands, touched_by
from playbook.review.listing import find
from playbook.review.proposal import Proposal
from playbook.review.rules.judge import Judgement, counts, useless
from playbook.review.rules.rights import Rights, rights_at
from playbook.review.standing_apart import why_apart
from playbook.store import merging, outbox, refs
from playbook.store.locks import writer_lock
from playbook.store.push import push
from playbook.store.sync import fetch_only
from playbook.store.trailers import write_message
from playbook.store.writing import Person, acting, move_ref, put_commit
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.review.events import Event
    from playbook.review.rules.touched import Touched
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
    found = look(library, id, seen=seen, cancelled=cancelled)
    proposal, main = found.proposal, found.main
    _check(library, found, me, text)
    check_unmoved(found)
    mine = proposal.verdicts.get(found.rights.same_person(me.mail))
    if mine is None or mine.word != "approve" or not stands(library, proposal, mine, main):
        written = branch.add(
            library, proposal.id, "approve", subject=f"Approved: {proposal.title}", text=text, head=proposal.head,
            base=main, why=text if not proposal.why else "", parent=proposal.tip, by=me,
        )  # fmt: skip
        event = written.event
    else:
        event = mine.id
    check_reached(found, "approval")
    return finish(library, proposal.id, event, by=me, cancelled=cancelled, patience=patience)


@dataclass(frozen=True)
class Looked:
    """A proposal as it is after a fetch, with the main and the rights it is judged by: `seen` is the head that its judge
    has looked at, `moved` those of its files that the fetch brought other words for, `out_of_reach` why there was none."""

    proposal: Proposal
    main: str
    rights: Rights
    seen: str
    moved: tuple[str, ...]
    out_of_reach: RemoteUnreachable | None


def look(library: Library, id: str, *, seen: str = "", cancelled: Callable[[], bool] | None = None) -> Looked:
    """Fetch, and give the proposal as it is by then; a hub that cannot be reached stops nobody from judging."""
    out_of_reach: RemoteUnreachable | None = None
    # What its judge can have seen is what was here before anything was fetched.
    looked_at, main_then = seen or _head_here(library, id), refs.main_commit(library)
    try:
        fetch_only(library, cancelled=cancelled)
    except RemoteUnreachable as error:
        out_of_reach = error
    proposal = find(library, id)
    main = refs.main_commit(library)
    rights = rights_at(library, main, proposal.events)
    moved = tuple(moved_since(library, main_then, main, proposal.paths))
    return Looked(proposal, main, rights, looked_at, moved, out_of_reach)


def check_unmoved(found: Looked) -> None:
    """Raise Conflict when main changed the proposal's files since its judge looked."""
    if found.moved:
        names = one_line(", ".join(found.moved), 160)
        raise Conflict(f"{names} has just changed on main; look at {found.proposal.id} again")


def check_reached(found: Looked, what: str) -> None:
    """Raise RemoteUnreachable when the hub could not be reached: what was said waits in the outbox."""
    if found.out_of_reach is not None:
        raise RemoteUnreachable(
            f"Your {what} of {found.proposal.id} is kept and goes out with the next sync, which finishes the merge: "
            f"{found.out_of_reach}"
        )


def _head_here(library: Library, id: str) -> str:
    """The head of the proposal as it is known here; "" when it is not."""
    try:
        proposal = find(library, id)
    except NothingFound:
        return ""
    return proposal.head or proposal.tip


def check_decidable(found: Looked) -> None:
    """Raise Conflict when there is nothing to decide, or when it is not what its judge has looked at."""
    proposal, seen = found.proposal, found.seen
    if proposal.fault:
        raise Conflict(f"{proposal.id} cannot be read: {proposal.fault}")
    if proposal.state not in ("open", "escalated"):
        raise Conflict(f"{proposal.id} is {proposal.state} already; `playbook proposal show {proposal.id}` says why")
    if seen and seen not in (proposal.head, proposal.tip):
        raise Conflict(f"The words of {proposal.id} have changed since you looked; look again")


def check_joins(library: Library, found: Looked) -> Touched:
    """What a merge of the proposal would touch; raises Conflict when there can be none, whoever wants it."""
    proposal, main = found.proposal, found.main
    if not proposal.edited:
        raise Conflict(f"{proposal.id} is a note and edits nothing yet; add an edit to it first")
    touched = touched_by(library, proposal, main)
    if touched.faults:
        raise Conflict(f"{proposal.id} cannot be merged by anybody: {touched.faults[0]}; decline it, or revise it")
    clashes = clashing(library, proposal, main)
    if clashes:
        raise Conflict("; ".join(why_apart(library, proposal, main, clashes)))
    return touched


def _check(library: Library, found: Looked, me: Person, text: str) -> None:
    proposal, rights = found.proposal, found.rights
    check_decidable(found)
    if not proposal.edited:
        raise Conflict(f"{proposal.id} is a note and edits nothing yet; add an edit to it first")
    why_not = counts(rights, proposal, me.mail)
    if why_not and "must acknowledge" not in why_not:
        raise NotPermitted(f"You cannot approve {proposal.id}: {why_not}")
    if not (proposal.why.strip() or text.strip()):
        raise UsageError("A merge says why: nobody said it yet, so give it with -m 'in a sentence'")
    if why_not := useless(rights, check_joins(library, found), me.mail):
        raise NotPermitted(f"You cannot approve {proposal.id}: {why_not}")


def finish(
    library: Library,
    id: str,
    event: str,
    *,
    by: Person | None = None,
    cancelled: Callable[[], bool] | None = None,
    patience: float = PATIENCE_SECONDS,
    what: str = "approval",
) -> Approved:
    """Merge the proposal if nothing keeps it from main any more, else send the verdict alone; tries again while others
    are first, for so many seconds. Doing it twice does it once. `what` is what the event is called in a sentence."""
    me = by or acting()
    end = time.monotonic() + patience
    pause = 0.05
    while True:
        proposal = find(library, id)
        main = refs.main_commit(library)
        if proposal.state == "merged":
            outbox.send(library, refetch=lambda: fetch_only(library, cancelled=cancelled), cancelled=cancelled)
            return Approved(id, event, proposal.merge, "merged", f"{id} is merged")
        approval = _deciding(library, proposal, main, event)
        if isinstance(approval, str):
            return recorded(library, proposal, event, what, approval, cancelled)
        done = _try(library, proposal, *approval, main, event, me, cancelled)
        if done is not None:
            return done
        if time.monotonic() > end:
            raise RemoteUnreachable(
                f"Others keep changing main; the {what} of {id} is kept and the next `playbook sync` finishes it"
            )
        time.sleep(pause * (0.5 + random.random()))
        pause = min(pause * 1.7, 0.6)
        fetch_only(library, cancelled=cancelled)
        _rejoin(library, proposal, cancelled)


def recorded(
    library: Library, proposal: Proposal, event: str, what: str, missing: str, cancelled: Callable[[], bool] | None
) -> Approved:
    """Send an event that merges nothing, or nothing yet. Raises NotPermitted when it counts for nothing."""
    if library.hub:
        sent = outbox.send(library, refetch=lambda: fetch_only(library, cancelled=cancelled), cancelled=cancelled)
        if sent.waiting.get(proposal.branch):
            raise Conflict(f"{proposal.id} waits here: {sent.waiting[proposal.branch]}")
    mine = next((one for one in proposal.events if one.id == event), None)
    if mine and mine.fault:
        raise NotPermitted(f"Your {what} of {proposal.id} is recorded and counts for nothing: {mine.fault}")
    return Approved(proposal.id, event, "", proposal.state, f"Your {what} is recorded; {missing}")


def _rejoin(library: Library, proposal: Proposal, cancelled: Callable[[], bool] | None) -> None:
    """Bring our events on top of what others added to the branch meanwhile."""
    noted = outbox.Sent()
    outbox.join(library, noted, cancelled=cancelled)
    if proposal.branch in noted.waiting:
        raise Conflict(f"{proposal.id} waits here: {noted.waiting[proposal.branch]}")


def _deciding(library: Library, proposal: Proposal, main: str, event: str) -> tuple[Event, Judgement, str] | str:
    """The newest key, the judgement and the merged tree; or why there can be no merge yet."""
    tree = proposal.head_tree
    # Where it stands on main as it is, joining the two gives its own tree.
    if proposal.base != main:
        with writer_lock(library):
            merged = merging.merge_trees(library, merging.merge_base(library, main, proposal.head), main, proposal.head)
        if not merged.tree:
            clashes = dict.fromkeys(clash.path for clash in merged.clashes)
            raise Conflict("; ".join(why_apart(library, proposal, main, clashes)))
        tree = merged.tree
    found = judgement(library, proposal, main, result=tree)
    if not found.mergeable:
        if any(stale.id == event for stale in found.stale):
            raise Conflict(
                f"main changed the words of {proposal.id} since it was approved; look again and approve it anew"
            )
        return "; ".join(found.blocked_by)
    return found.newest(proposal), found, tree


def _try(
    library: Library,
    proposal: Proposal,
    approval: Event,
    found: Judgement,
    tree: str,
    main: str,
    event: str,
    me: Person,
    cancelled: Callable[[], bool] | None,
) -> Approved | None:
    """One merge and its push; None when somebody was first."""
    with writer_lock(library, cancelled=cancelled):
        commit = put_commit(library, tree, (main, approval.commit), message_of(proposal, approval, found), by=me)
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
    if outcome.state == "refused" and pushed.guarded:
        raise NotPermitted(f"The hub's guard refuses it: {outcome.reason}")
    if outcome.state == "refused":
        sent = outbox.send(library, refetch=lambda: fetch_only(library, cancelled=cancelled), cancelled=cancelled)
        if proposal.branch in sent.waiting:
            raise NotPermitted(f"The hub refuses it: {sent.waiting[proposal.branch]}")
        link = sent.link or pushed.link
        where = f": {link}" if link else " on its own page"
        said = f"approved, merge on the host{where} (the hub does not take merges from here: {outcome.reason})"
        return Approved(proposal.id, event, "", "approved, merge on the host", said, link)
    return None


def message_of(proposal: Proposal, approval: Event, found: Judgement) -> str:
    """What the merge says of itself: why, whose keys, and the mark of a way other than the rules' own."""
    why = proposal.why or next((event.text for event in reversed(found.keys) if event.text.strip()), "")
    forced = approval.text if found.lane in ("ruling", "override") else ""
    return write_message(
        proposal.title,
        "\n\n".join(dict.fromkeys(part for part in (why, forced) if part)),
        {
            "Event": "merge",
            "Event-Id": approval.id,
            "Proposal": proposal.id,
            "Head": proposal.head,
            "Kind": proposal.kind,
            "Author": str(proposal.author),
            "Approved-By": ", ".join(dict.fromkeys(str(event.by) for event in found.keys)),
            "Lane": found.lane,
        },
    )


def _local_message(library: Library, proposal: Proposal) -> str:
    name = refs.main_branch(library)
    return (
        f"{proposal.id} is merged into {name} here; take it into your checkout with "
        f"`git -C {one_line(str(library.checkout or library.target), 200)} pull {library.git_dir} {name}`"
    )
