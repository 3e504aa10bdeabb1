"""A commit that went straight to main, without a proposal: found by its name, shown, and taken back by a proposal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from playbook.errors import Conflict, NothingFound, UsageError
from playbook.review import acting, branch
from playbook.review.change import FileChange, changes_between
from playbook.review.listing import find, merges_on_main, proposals
from playbook.review.queue import unreviewed
from playbook.store import objects, refs
from playbook.store.runner import Git
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.review.branch import Written
    from playbook.store.history import Revision
    from playbook.store.managed import Library
    from playbook.store.writing import Person

MOST = 100_000
_DIGITS = frozenset("0123456789abcdef")


def names_a_commit(name: str) -> bool:
    """Whether that may be the beginning of a commit's name: seven of its digits or more."""
    given = name.strip().lower()
    return 7 <= len(given) <= 64 and set(given) <= _DIGITS


def find_straight(library: Library, name: str) -> Revision:
    """The unreviewed commit whose name begins so. Raises NothingFound, which says what the commit is instead, and
    UsageError for several."""
    given = name.strip().lower()
    found = [one for one in unreviewed(library, MOST) if names_a_commit(given) and one.commit.startswith(given)]
    if len(found) > 1:
        raise UsageError(f"{one_line(given, 64)} may be {len(found)} commits; give more of its digits")
    if not found:
        raise NothingFound(_what_else(library, given))
    return found[0]


def _what_else(library: Library, given: str) -> str:
    """Why a name is none of an unreviewed commit's."""
    shown = one_line(given, 64)
    lists = "`playbook proposals --unreviewed` lists what went straight to main"
    if not names_a_commit(given):
        return f"There is no commit {shown!r}; {lists}"
    try:
        commit = refs.resolve(library, given)
    except NothingFound:
        return f"There is no proposal and no commit {shown} here; {lists}"
    main = refs.main_commit(library)
    for proposal in proposals(library):
        if any(event.commit == commit for event in proposal.events):
            return f"{shown} belongs to a proposal: `playbook proposal show {one_line(proposal.id)}`"
    if commit != main and not objects.is_ancestor(library, commit, main):
        return f"{shown} is not on main, so nobody reads it there; {lists}"
    line = Git(library.git_dir).run("rev-list", "--first-parent", "--ancestry-path", f"{commit}..{main}").decode()
    # The last of them is the one by which main got the commit; it may be the commit itself that stands on main's line.
    by = {merge.commit: merge for merge in merges_on_main(library, main) if merge.proposal}
    came = next((by[one] for one in (commit, *reversed(line.split())) if one in by), None)
    if came is not None and (came.commit == commit or not objects.is_ancestor(library, commit, came.main)):
        return f"{shown} came to main by a review: `playbook proposal show {one_line(came.proposal)}`"
    return f"{shown} was on main before the first proposal was merged there; {lists}"


def changes_of(library: Library, commit: str) -> tuple[FileChange, ...]:
    """What the commit changed of main, file by file."""
    before = _before(library, commit)
    return changes_between(library, before, commit, _paths(library, before, commit))


def take_back(library: Library, name: str, why: str, *, by: Person | None = None) -> Written:
    """A proposal that takes an unreviewed commit back: its files as they were, where nobody has changed them since.

    Raises Conflict when somebody has, or when it changed nothing.
    """
    if not why.strip():
        raise UsageError("Taking a commit back needs a reason: --why 'in a sentence'")
    revision, main = find_straight(library, name), refs.main_commit(library)
    before = _before(library, revision.commit)
    paths = _paths(library, before, revision.commit)
    if not paths:
        raise Conflict(f"{revision.commit[:10]} changed no file; there is nothing to take back")
    now = acting.contents_of(library, main, paths)
    then = acting.contents_of(library, revision.commit, paths)
    moved = [path for path in paths if now[path] != then[path]]
    if moved:
        raise Conflict(
            f"{one_line(', '.join(moved), 160)} changed since {revision.commit[:10]} went to main; "
            "propose the old words by hand"
        )
    changes = acting.contents_of(library, before, paths)
    acting.check_not_open(library, revision.commit, changes)
    return branch.begin(
        library, changes, why=why, kind="revert", about=revision.commit, onto=main,
        title=f"Take back: {one_line(revision.subject, 100) or revision.commit[:10]}", by=by,
    )  # fmt: skip


def revert(library: Library, name: str, why: str, *, by: Person | None = None) -> Written:
    """Take back a merged proposal, or an unreviewed commit by its name."""
    try:
        find(library, name)
    except NothingFound:
        if names_a_commit(name):
            return take_back(library, name, why, by=by)
        raise
    return acting.revert(library, name, why, by=by)


def _before(library: Library, commit: str) -> str:
    """What main was before the commit."""
    parents = Git(library.git_dir).run("rev-parse", f"{commit}^@").decode().split()
    if not parents:
        raise Conflict(f"{commit[:10]} is the first commit of all; there is nothing before it")
    return parents[0]


def _paths(library: Library, before: str, commit: str) -> list[str]:
    return [os.fsdecode(raw) for _, raw in objects.changed_paths(library, before, commit)]
