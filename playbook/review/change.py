"""What a proposal changes, file by file, as text: before, after, and where a file went that was renamed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook.library.document import decode, parse_document
from playbook.library.names import page_id
from playbook.review.proposal import Proposal
from playbook.store import objects

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.library.card import Problem
    from playbook.store.managed import Library


@dataclass(frozen=True)
class FileChange:
    """One file: its texts before and after ("" where it is not there), and its former path where it was renamed.

    The texts are somebody's: show them through playbook.text.safe. `readable` is False for what is no text.
    """

    path: str
    before: str
    after: str
    renamed_from: str = ""
    readable: bool = True

    @property
    def what(self) -> str:
        """`new`, `deleted`, `renamed` or `changed`."""
        if self.renamed_from:
            return "renamed"
        if not self.before:
            return "new"
        return "changed" if self.after else "deleted"


def file_changes(library: Library, proposal: Proposal) -> tuple[FileChange, ...]:
    """What the proposal changes, against the main it stands on; its renames joined to one."""
    return changes_between(library, proposal.base_tree, proposal.head_tree, proposal.paths)


def changes_between(library: Library, old: str, new: str, paths: Iterable[str]) -> tuple[FileChange, ...]:
    """How these files differ between two trees (or commits)."""
    named = list(paths)
    before, after = texts_at(library, old, named), texts_at(library, new, named)
    made = [
        FileChange(
            path,
            before.get(path) or "",
            after.get(path) or "",
            "",
            None not in (before.get(path, ""), after.get(path, "")),
        )
        for path in named
    ]
    gone = {change.path: change for change in made if change.before and not change.after}
    joined: list[FileChange] = []
    taken: set[str] = set()
    for change in made:
        former = _former(change, gone) if not change.before and change.after else ""
        if former and former not in taken:
            taken.add(former)
            joined.append(FileChange(change.path, gone[former].before, change.after, former))
        else:
            joined.append(change)
    return tuple(change for change in joined if change.path not in taken)


def texts_at(library: Library, tree: str, paths: list[str]) -> dict[str, str | None]:
    """The texts of those of the paths that are files of the tree; None for one that is too large or no plain file."""
    entries = objects.entries_at(library, tree, paths)
    contents = dict(objects.blobs(library, [entry.oid for entry in entries if entry.mode.startswith("100")]))
    return {
        os.fsdecode(entry.path): decode(contents[entry.oid])[0] if entry.oid in contents else None for entry in entries
    }


def _former(change: FileChange, gone: dict[str, FileChange]) -> str:
    """The path the new file had before: by its `formerly`, else by the same id or the same text."""
    if not gone:
        return ""
    front = parse_document(change.after.encode("utf-8", "replace"))[0].front
    for path, old in gone.items():
        names = {page_id(path, "content/"), page_id(path, ""), path}
        same_id = front.id and front.id == parse_document(old.before.encode("utf-8", "replace"))[0].front.id
        if names & set(front.formerly) or same_id or old.before == change.after:
            return path
    return ""


def findings(session: Session, changes: Iterable[FileChange]) -> list[Problem]:
    """What lint says of the files as they would be."""
    from playbook.library.lint import Linter
    from playbook.library.names import is_markdown

    wanted = [change for change in changes if change.after and change.readable and is_markdown(change.path)]
    if not wanted:
        return []
    linter = Linter(session.snapshot, session.today())
    return [problem for change in wanted for problem in linter.of(change.path, change.after)]
