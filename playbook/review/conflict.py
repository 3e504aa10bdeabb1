"""Where main and a proposal changed the same words, or two people those of one proposal: ours, theirs and base by block,
and the commit that settles it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from playbook.errors import Conflict, UsageError
from playbook.library.document import parse_document
from playbook.library.editing import with_fields
from playbook.library.links import CONTENT
from playbook.library.names import page_id
from playbook.review import branch, events
from playbook.review.branch import Written
from playbook.review.change import texts_at
from playbook.review.listing import find
from playbook.review.moving import crossed, moves
from playbook.review.proposal import Proposal
from playbook.store import merging, outbox, refs
from playbook.store.locks import writer_lock
from playbook.store.writing import Person, acting, move_ref, put_tree
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library


@dataclass(frozen=True)
class Conflicted:
    """One file that both changed. `base`, `ours` (main's) and `theirs` (the proposal's) are whole texts, None where the
    file is not there; `now_at` is where main has it since it was renamed, `moves_to` where the proposal renames it to,
    "" where it is not. With `at_hub` both are one proposal's: `ours` what its branch has at the hub, `theirs` what
    waits here."""

    path: str
    base: str | None
    ours: str | None
    theirs: str | None
    now_at: str = ""
    moves_to: str = ""
    at_hub: bool = False

    @property
    def target(self) -> str:
        """The file that the settled text belongs to."""
        return self.moves_to or self.now_at or self.path


def against(library: Library, proposal: Proposal) -> str:
    """The commit that the proposal's words are settled against: where somebody else changed the same words of it at the
    hub, what its branch has there; else main as it is now."""
    both = outbox.apart(library, proposal.id) if proposal.unsent else None
    return both.theirs if both else refs.main_commit(library)


def conflicts(library: Library, proposal: Proposal) -> tuple[Conflicted, ...]:
    """The files in which the proposal and main as it is now cannot be joined by themselves; before that, those in which
    what waits here cannot be joined with what its own branch has at the hub."""
    both = outbox.apart(library, proposal.id) if proposal.unsent else None
    if both:
        found = _conflicts(library, both.base, both.theirs, both.mine)
        return tuple(replace(one, at_hub=True) for one in found)
    main = refs.main_commit(library)
    base = merging.merge_base(library, main, proposal.tip)
    if not base:
        raise Conflict(f"{proposal.id} has no history in common with main; propose it anew")
    return _conflicts(library, base, main, proposal.tip)


def _conflicts(library: Library, base: str, main: str, tip: str) -> tuple[Conflicted, ...]:
    found = merging.clashes(library, base, main, tip)
    ours, theirs = moves(library, base, main), moves(library, base, tip)
    both = {new: old for old, new in ours.items() if theirs.get(old) == new}
    paths = list(dict.fromkeys([clash.path for clash in found] + [*crossed(library, base, main, tip)]))
    named = {place for path in paths for place in (path, ours.get(path), theirs.get(path), both.get(path)) if place}
    before, at_main, at_tip = (texts_at(library, commit, sorted(named)) for commit in (base, main, tip))
    made = []
    for path in paths:
        now_at, moves_to = ours.get(path, ""), theirs.get(path, "")
        # Renamed to the same place by both, it is no new card of either.
        was = before.get(both.get(path, path))
        made.append(
            _with_names(
                Conflicted(path, was, at_main.get(now_at or path), at_tip.get(moves_to or path), now_at, moves_to)
            )
        )
    return tuple(made)


def _with_names(one: Conflicted) -> Conflicted:
    """Where both renamed a card to different places, both texts say so: where main had it stays one of its names."""
    if not (one.now_at and one.moves_to) or one.ours is None or one.theirs is None:
        return one
    former = [*_former(one.theirs), *_former(one.ours), page_id(one.now_at, CONTENT)]
    fields: dict[str, str | list[str] | None] = {"formerly": list(dict.fromkeys(former))}
    try:
        return replace(one, ours=with_fields(one.ours, fields), theirs=with_fields(one.theirs, fields))
    except UsageError:
        return one  # front matter that cannot be written to: whoever settles it sees both as they are


def _former(text: str) -> tuple[str, ...]:
    return parse_document(text.encode("utf-8", "replace"))[0].front.formerly


def resolve(
    library: Library,
    id: str,
    texts: Mapping[str, str | None],
    *,
    seen: str = "",
    main: str = "",
    why: str = "",
    by: Person | None = None,
) -> Written:
    """Settle a proposal's conflicts by a commit on it with the parents [tip, main], to be approved anew: `texts` gives for
    every conflicting file's target the words that stand from now on (None: the file goes). `seen` is the tip and `main`
    the commit that they were settled against: see `against`.

    Where two people changed the same words of the proposal itself, ours are put on top of the hub's, each in its own
    words, and the settled ones follow them. Raises UsageError while a file is not settled, and Conflict when the
    proposal or what it stands against moved meanwhile.
    """
    proposal = find(library, id)
    if proposal.unsent and proposal.state != "merged" and not proposal.fault:
        with writer_lock(library):
            both = outbox.apart(library, proposal.id)
            if both:
                if (seen and seen != both.mine) or (main and main != both.theirs):
                    raise Conflict(f"{proposal.id} has changed since you looked; look again")
                return _settle_own(library, proposal, both, texts, why, by or acting())
    if proposal.state not in ("open", "parked", "escalated") or proposal.fault:
        raise Conflict(f"{proposal.id} is {proposal.fault or proposal.state}; there is nothing to settle")
    if seen and seen != proposal.tip:
        raise Conflict(f"{proposal.id} has changed since you looked; look again")
    if main and main != refs.main_commit(library):
        # What was settled would take back what main was given since.
        raise Conflict(f"main has changed since you looked at {proposal.id}; look again")
    main = main or refs.main_commit(library)
    open_ = conflicts(library, proposal)
    _check_settled(open_, texts)
    base = merging.merge_base(library, main, proposal.tip)
    return branch.add(
        library, proposal.id, "resolve", subject=f"Joined with main: {proposal.title}", text=why,
        tree_of=lambda tip: _settled_tree(library, open_, texts, base, main, tip), parent=proposal.tip, main=main, by=by,
    )  # fmt: skip


def _check_settled(open_: tuple[Conflicted, ...], texts: Mapping[str, str | None]) -> None:
    missing = [one.target for one in open_ if one.target not in texts]
    if missing:
        raise UsageError(f"Not settled yet: {one_line(', '.join(missing), 200)}; give the words for each")


def _settled_tree(
    library: Library, open_: tuple[Conflicted, ...], texts: Mapping[str, str | None], base: str, ours: str, theirs: str
) -> str:
    """Ours with all of theirs that joins by itself, and for the rest what was settled."""
    changes: dict[str, bytes | None] = {}
    for one in open_:
        text = texts[one.target]
        changes |= dict.fromkeys({one.path, one.now_at, one.moves_to} - {"", one.target})
        changes[one.target] = None if text is None else text.encode("utf-8", "surrogatepass")
    held = merging.merge_trees(library, base, ours, theirs, settled=frozenset(one.path for one in open_))
    return put_tree(library, held.tree, changes)


def _settle_own(
    library: Library, proposal: Proposal, both: outbox.Apart, texts: Mapping[str, str | None], why: str, me: Person
) -> Written:
    """Ours on top of what the proposal's own branch has at the hub, settled. Only for the holder of the writer lock."""
    open_ = tuple(replace(one, at_hub=True) for one in _conflicts(library, both.base, both.theirs, both.mine))
    _check_settled(open_, texts)
    event = events.new_event_id()
    message = events.message_for(
        "resolve", f"Joined with what others said: {proposal.title}", branch.checked_text(why), event_id=event,
        proposal=proposal.id,
    )  # fmt: skip
    tree = _settled_tree(library, open_, texts, both.base, both.theirs, both.mine)
    made, failed = outbox.replay(library, both.mine, both.theirs, settled=outbox.Settled(tree, message))
    if not made:
        raise Conflict(f"{proposal.id} cannot be settled: {failed}")
    move_ref(library, events.OUTBOX + proposal.id, made, both.mine)
    return Written(proposal.id, made, event)
