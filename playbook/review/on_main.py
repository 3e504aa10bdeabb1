"""What a proposal would change on main as main is now: joined with what main was given since, as a merge would join them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook.library.document import decode
from playbook.review.candidate import moved_since
from playbook.review.change import FileChange, file_changes, texts_at, with_renames
from playbook.review.proposal import Proposal
from playbook.store import merging, objects

if TYPE_CHECKING:
    from playbook.store.managed import Library

STANDING = ("open", "escalated", "parked")


@dataclass(frozen=True)
class OnMain:
    """The change of a proposal. `moved` are those of its files that main changed under it; with `joined` the change is
    against main as it is now, else (nothing joins them, or nothing has to) against the main it began from."""

    changes: tuple[FileChange, ...]
    moved: tuple[str, ...] = ()
    joined: bool = False


def on_main(library: Library, proposal: Proposal, main: str) -> OnMain:
    """The proposal's change against that commit of main. Takes no lock, as reading never does."""
    if proposal.state not in STANDING or not proposal.edited or not proposal.base:
        return OnMain(file_changes(library, proposal))
    moved = tuple(moved_since(library, proposal.base, main, proposal.paths))
    base = merging.merge_base(library, main, proposal.head) if moved else ""
    if not base:
        return OnMain(file_changes(library, proposal), moved)
    joined = merging.joined_files(library, base, main, proposal.head)
    if joined is None:
        return OnMain(file_changes(library, proposal), moved)
    paths = list(proposal.paths)
    was, now, proposed = (_oids(library, commit, paths) for commit in (base, main, proposal.head))
    at_main, after = texts_at(library, main, paths), texts_at(library, proposal.head, paths)
    for path in paths:
        if path in joined:
            after[path] = decode(joined[path])[0]
        elif proposed.get(path) == was.get(path) != now.get(path):
            # Only main changed it.
            after.pop(path, None)
            if path in at_main:
                after[path] = at_main[path]
    made = [_change(path, at_main, after) for path in paths]
    return OnMain(with_renames(made), moved, joined=True)


def _change(path: str, before: dict[str, str | None], after: dict[str, str | None]) -> FileChange:
    readable = None not in (before.get(path, ""), after.get(path, ""))
    return FileChange(path, before.get(path) or "", after.get(path) or "", readable=readable)


def _oids(library: Library, commit: str, paths: list[str]) -> dict[str, str]:
    return {os.fsdecode(entry.path): entry.oid for entry in objects.entries_at(library, commit, paths)}
