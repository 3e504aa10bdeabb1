"""Where main and a proposal changed the same words: ours, theirs and base by block, and the commit that settles it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook.errors import Conflict, UsageError
from playbook.library.document import parse_document
from playbook.library.names import is_markdown, page_id
from playbook.review import branch
from playbook.review.branch import Written
from playbook.review.change import texts_at
from playbook.review.listing import find
from playbook.review.proposal import Proposal
from playbook.store import merging, objects, refs
from playbook.store.writing import Person, put_tree
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library


@dataclass(frozen=True)
class Conflicted:
    """One file that both changed. `base`, `ours` (main's) and `theirs` (the proposal's) are whole texts, None where the
    file is not there; `now_at` is where main has it since it was renamed, "" when it was not."""

    path: str
    base: str | None
    ours: str | None
    theirs: str | None
    now_at: str = ""

    @property
    def target(self) -> str:
        """The file that the settled text belongs to."""
        return self.now_at or self.path


def conflicts(library: Library, proposal: Proposal) -> tuple[Conflicted, ...]:
    """The files in which the proposal and main as it is now cannot be joined by themselves."""
    main = refs.main_commit(library)
    base = merging.merge_base(library, main, proposal.tip)
    if not base:
        raise Conflict(f"{proposal.id} has no history in common with main; propose it anew")
    found = merging.clashes(library, base, main, proposal.tip)
    paths = [clash.path for clash in found]
    before, ours, theirs = (texts_at(library, commit, paths) for commit in (base, main, proposal.tip))
    made = []
    for clash in found:
        moved = (
            "" if clash.ours or not clash.base else _moved_to(library, base, main, clash.path, before.get(clash.path))
        )
        now = texts_at(library, main, [moved]).get(moved) if moved else ours.get(clash.path)
        made.append(Conflicted(clash.path, before.get(clash.path), now, theirs.get(clash.path), moved))
    return tuple(made)


def _moved_to(library: Library, base: str, main: str, path: str, before: str | None) -> str:
    """Where main has the card now that was at the path: a new file that says so (`formerly`), or has its id."""
    id = parse_document((before or "").encode("utf-8", "replace"))[0].front.id
    added = [
        raw.decode("utf-8", "surrogateescape")
        for state, raw in objects.changed_paths(library, base, main)
        if state == "A"
    ]
    names = {page_id(path, "content/"), page_id(path, ""), path}
    for new, text in texts_at(library, main, [one for one in added if is_markdown(one)]).items():
        front = parse_document((text or "").encode("utf-8", "replace"))[0].front
        if names & set(front.formerly) or (id and front.id == id):
            return new
    return ""


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
    the commit of main that they were settled against.

    Raises UsageError while a file is not settled, and Conflict when the proposal or main moved meanwhile.
    """
    proposal = find(library, id)
    if proposal.state not in ("open", "parked", "escalated") or proposal.fault:
        raise Conflict(f"{proposal.id} is {proposal.fault or proposal.state}; there is nothing to settle")
    if seen and seen != proposal.tip:
        raise Conflict(f"{proposal.id} has changed since you looked; look again")
    if main and main != refs.main_commit(library):
        # What was settled would take back what main was given since.
        raise Conflict(f"main has changed since you looked at {proposal.id}; look again")
    main = main or refs.main_commit(library)
    open_ = conflicts(library, proposal)
    missing = [one.target for one in open_ if one.target not in texts]
    if missing:
        raise UsageError(f"Not settled yet: {one_line(', '.join(missing), 200)}; give the words for each")
    base = merging.merge_base(library, main, proposal.tip)

    def tree(tip: str) -> str:
        # Main with all that joins by itself, and for the rest what was settled.
        changes: dict[str, bytes | None] = {}
        for one in open_:
            text = texts[one.target]
            changes[one.target] = None if text is None else text.encode("utf-8", "surrogatepass")
            if one.now_at:
                changes[one.path] = None
        held = merging.merge_trees(library, base, main, tip, settled=frozenset(one.path for one in open_))
        return put_tree(library, held.tree, changes)

    return branch.add(
        library, proposal.id, "resolve", subject=f"Joined with main: {proposal.title}", text=why, tree_of=tree,
        parent=proposal.tip, main=main, by=by,
    )  # fmt: skip
