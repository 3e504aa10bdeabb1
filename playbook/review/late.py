"""What came too late: what somebody said of a proposal that was merged, or whose branch was deleted, before it got there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook.errors import Conflict, PlaybookError, UsageError
from playbook.review import branch
from playbook.review.acting import contents_of
from playbook.review.branch import Written
from playbook.review.events import BRANCHES, CONTENT, OUTBOX, Event
from playbook.review.listing import find, some
from playbook.review.proposal import Proposal
from playbook.store import lost, objects, outbox, refs
from playbook.store.locks import writer_lock
from playbook.store.merging import merge_trees
from playbook.store.sync import Noted
from playbook.store.writing import Person

if TYPE_CHECKING:
    from playbook.store.managed import Library

# What somebody would not have said had they known; a comment, a key or an acknowledgement is as good after the merge.
_CALLED = {
    "propose": "proposal",
    "revise": "revision",
    "resolve": "settling of the conflict",
    "withdraw": "withdrawal",
    "decline": "decline",
    "park": "parking of it",
    "request-changes": "request for changes",
}


@dataclass(frozen=True)
class Overtaken:
    """A proposal that was merged before this person's own events got there."""

    proposal: str
    events: tuple[Event, ...]

    @property
    def sentence(self) -> str:
        """What came too late, what stands, where it is kept and what can be done."""
        said = " and ".join(dict.fromkeys(f"your {_CALLED[event.word]}" for event in self.events))
        way = (
            f"`playbook proposal reopen {self.proposal}` proposes your words anew"
            if any(event.word in CONTENT for event in self.events)
            else f"`playbook revert {self.proposal} --why W` proposes to take the merged words back"
        )
        return (
            f"{self.proposal} was merged before {said} got there, so main has the words as they were approved; what you "
            f"said is kept on {BRANCHES}{self.proposal}, and {way}"
        )


def overtaken(library: Library, before: Mapping[str, list[str]]) -> list[Overtaken]:
    """Of what waited in the outbox `before` (see outbox.unsent_events) what a merge overtook."""
    ids = [name.removeprefix(BRANCHES) for name, events in before.items() if events]
    found = []
    try:
        made = some(library, ids) if ids else {}
    except PlaybookError:
        return []
    for id, proposal in made.items():
        mine = set(before[BRANCHES + id])
        late = tuple(event for event in proposal.later if event.id in mine and event.word in _CALLED)
        if late:
            found.append(Overtaken(id, late))
    return found


def deleted(library: Library) -> list[Noted]:
    """The proposals whose branch somebody deleted at the hub before anything was decided, and how each comes back.

    One of which main has every word by now, as where a host squashed it, was merged in its way: it is let go of.
    """
    kept = refs.all_refs(library, lost.LOST)
    if not kept:
        return []
    found = []
    made = some(library, map(lost.id_of, kept))
    for ref, commit in kept.items():
        proposal = made.get(lost.id_of(ref))
        if proposal is None or not proposal.gone:
            continue
        if proposal.edited and lost.words_on_main(library, commit):
            with writer_lock(library):
                lost.shelve(library, ref, commit)
        else:
            found.append(Noted(proposal.branch, proposal.gone[0].lower() + proposal.gone[1:]))
    return found


def late_words(proposal: Proposal) -> tuple[Event, ...]:
    """The contents that came to a proposal's branch after its merge."""
    return tuple(event for event in proposal.later if event.word in CONTENT and not event.fault and event.parents)


def propose_anew(library: Library, id: str, text: str = "", *, by: Person | None = None) -> Written:
    """A proposal of its own for the words that came to a merged one too late: on the words that were merged, or, where
    these are the same ones, on what both began from, to be settled like any other conflict.

    Raises Conflict when there are none, UsageError when main has them by now.
    """
    proposal = find(library, id)
    late = late_words(proposal)
    if not late:
        raise Conflict(
            f"{proposal.id} is {proposal.state}, and no words came after it; there is nothing to propose anew"
        )
    newest = late[-1]
    with writer_lock(library):
        joined = merge_trees(library, late[0].parents[0], proposal.merge, newest.commit).tree
    onto, tree = (proposal.merge, joined) if joined else (proposal.base, newest.tree)
    paths = [path.decode("utf-8", "surrogateescape") for _, path in objects.changed_paths(library, onto, tree)]
    if not paths:
        raise UsageError(f"main has the words that came to {proposal.id} after its merge; nothing to propose")
    made = branch.begin(
        library, contents_of(library, tree, paths), title=proposal.title, text=text or newest.text,
        why=newest.why or text or proposal.why, about=proposal.id, onto=onto, by=by, author=newest.author,
    )  # fmt: skip
    _shelve_stuck(library, proposal)
    return made


def _shelve_stuck(library: Library, proposal: Proposal) -> None:
    """What nothing joins to the merged branch need not wait in the outbox any longer: its words go out as a proposal."""
    noted = outbox.Sent()
    outbox.join(library, noted)
    if proposal.branch in noted.waiting:
        with writer_lock(library):
            tip = refs.read_ref(library.git_dir, OUTBOX + proposal.id)
            if tip:
                lost.shelve(library, OUTBOX + proposal.id, tip)
