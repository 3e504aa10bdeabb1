"""What a proposal changes, file by file, as text: before, after, and where a file went that was renamed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook.library.document import decode, parse_document
from playbook.library.names import page_id
from playbook.review.proposal import Proposal
from playbook.store import objects

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.library.card import Problem
    from playbook.library.lint import Linter
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
    return with_renames(made)


def with_renames(changes: Iterable[FileChange]) -> tuple[FileChange, ...]:
    """The changes, each that takes a file away joined to the one that brings it elsewhere."""
    made = list(changes)
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
    every = list(changes)
    wanted = _judged(every)
    linter = _linter(session, every) if wanted else None
    found = [problem for change in wanted for problem in linter.of(change.path, change.after)] if linter else []
    return [*found, *_of_policy(every), *_unheard(session, every)]


def brought_in(session: Session, changes: Iterable[FileChange]) -> tuple[Problem, ...]:
    """The findings of the files as they would be, less those they have today."""
    every = list(changes)
    wanted, policy = _judged(every), (*_of_policy(every, new=True), *_unheard(session, every))
    if not wanted:
        return policy
    linter = _linter(session, every)
    after = [problem for change in wanted for problem in linter.of(change.path, change.after)]
    before = {
        (problem.rule, problem.message)
        for change in wanted
        if after and change.before
        for problem in linter.of(change.path, change.before)
    }
    return (*(problem for problem in after if (problem.rule, problem.message) not in before), *policy)


def _of_policy(changes: Iterable[FileChange], *, new: bool = False) -> Iterator[Problem]:
    """What is wrong in a policy as it would be; with `new` only what is not wrong in it today."""
    from playbook.review.rules.policy import FILES
    from playbook.review.rules.policy_lint import lint_policy

    for change in changes:
        if change.path in FILES and change.after and change.readable:
            before = lint_policy(change.before, change.path) if new and change.before else []
            known = {(problem.rule, problem.message) for problem in before}
            yield from (one for one in lint_policy(change.after, change.path) if (one.rule, one.message) not in known)


def _unheard(session: Session, changes: Iterable[FileChange]) -> Iterator[Problem]:
    """Whose open verdicts would count no more by the keys that a policy would list for them."""
    from playbook.library.card import Problem
    from playbook.review.rules.policy import FILES
    from playbook.review.rules.policy_lint import UNHEARD
    from playbook.review.unheard import unheard_by

    for change in changes:
        if change.path in FILES and change.after and change.readable and change.after != change.before:
            for said in unheard_by(session.library, change.path, change.after):
                yield Problem(change.path, 1, UNHEARD, "warning", said)


def _judged(changes: Iterable[FileChange]) -> list[FileChange]:
    from playbook.library.names import is_markdown

    return [change for change in changes if change.after and change.readable and is_markdown(change.path)]


def _linter(session: Session, changes: list[FileChange]) -> Linter:
    """What judges them in a library that has all of them: a link may lead to a file that only they bring."""
    from playbook.library.lint import Linter

    new = {change.path: change.after for change in _judged(changes)}
    gone = {change.path if not change.after else change.renamed_from for change in changes}
    return Linter(session.snapshot, session.today(), new=new, gone=gone)
