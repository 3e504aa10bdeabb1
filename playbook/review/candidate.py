"""A proposal as main would have it: what joining it changes there, and what the one judge says of that."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from playbook.errors import LibraryUnreadable
from playbook.review.events import Event
from playbook.review.moving import moved_apart
from playbook.review.proposal import Proposal
from playbook.review.rules.judge import Judgement, judge
from playbook.review.rules.naming import wrong_names
from playbook.review.rules.policy import policy_at
from playbook.review.rules.rights import Rights, rights_at
from playbook.review.rules.settings_at import changed_settings, settings_at
from playbook.review.rules.touched import Touched, touched
from playbook.review.steps import stood_there
from playbook.store import merging, objects, refs
from playbook.store.differences import Pair, differences
from playbook.store.writing import tree_id

if TYPE_CHECKING:
    from playbook.store.managed import Library

_log = logging.getLogger(__name__)


def judgement(
    library: Library,
    proposal: Proposal,
    main: str,
    *,
    rights: Rights | None = None,
    result: str = "",
    touches: Touched | None = None,
    assume: Event | None = None,
) -> Judgement:
    """What the judge says of the proposal on that main.

    `result` is the tree that joining them gives and `touches` what that touches, where they are known; `assume` an
    approval to be taken as given.
    """
    held = rights or rights_at(library, main, proposal.events)
    return judge(
        held,
        proposal,
        touches if touches is not None else touched_by(library, proposal, main, result),
        holds=lambda event: stands(library, proposal, event, main),
        assume=assume,
    )


def touched_by(library: Library, proposal: Proposal, main: str, result: str = "") -> Touched:
    """What the proposal touches on that main: by the tree that joining gives, else by its own change."""
    return touched_by_all(library, [proposal], main, result)[proposal.id]


def touched_by_all(library: Library, made: Sequence[Proposal], main: str, result: str = "") -> dict[str, Touched]:
    """By proposal what it touches on that main, all that is new read at once."""
    ours = tree_id(library, main) if result else ""
    cases = {
        one.id: _Case(
            library.git_dir, (ours, result) if result else (one.base_tree, one.head_tree), main, verifying(one)
        )
        for one in made
        if one.edited and not one.fault
    }
    new = [case for case in dict.fromkeys(cases.values()) if case not in _judged]
    for case, found in _read(library, main, new):
        while len(_judged) >= _MOST_JUDGED:
            _judged.pop(next(iter(_judged)), None)
        _judged[case] = found
    read = {case: _judged.get(case, Touched()) for case in cases.values()}
    return {one.id: read[cases[one.id]] if one.id in cases else Touched() for one in made}


class _Case(NamedTuple):
    """All that decides what a change touches: trees and commits never change, and one command asks several times."""

    git_dir: Path
    pair: Pair
    main: str
    verifying: tuple[str, int] | None


_MOST_JUDGED = 20_000
_judged: dict[_Case, Touched] = {}


def _read(library: Library, main: str, cases: list[_Case]) -> Iterator[tuple[_Case, Touched]]:
    if not cases:
        return
    changed = dict(differences(library, [case.pair for case in cases]))
    wanted = {oid for found in changed.values() for one in found for oid in (one.old, one.new) if oid}
    blobs = dict(objects.blobs(library, wanted))
    before, policy = settings_at(library, main), policy_at(library, main)
    for case in cases:
        found = changed.get(case.pair, ())
        after = changed_settings(library, found, before, case.pair[1])
        try:
            one = touched(found, blobs, before, after, verifying=case.verifying, lane=policy.fast_lane)
        except (ValueError, OverflowError, LookupError, RecursionError) as error:
            _log.warning("The change of %s cannot be judged", case.pair, exc_info=True)
            one = Touched(faults=(f"it cannot be judged ({type(error).__name__}); decline it",))
        yield case, replace(one, faults=(*one.faults, *wrong_names(library, main, found, blobs)))


def verifying(proposal: Proposal) -> tuple[str, int] | None:
    """Who verifies by this proposal, and when: its sole maker, where verifying is what it is for."""
    if proposal.kind != "verify" or len(proposal.authors) != 1:
        return None
    newest = next((event for event in proposal.contents if event.commit == proposal.head), None)
    return (newest.author.mail, newest.when) if newest else None


def stands(library: Library, proposal: Proposal, approval: Event, main: str) -> bool:
    """Whether an approval still holds: main changed none of the proposal's paths since its giver looked, and took no
    part of it on another way."""
    if not refs.is_commit_id(approval.base):
        # The words of a verification are their maker's own key, and have no base but what they stand on.
        return approval.commit == proposal.head and not moved_since(library, proposal.base, main, proposal.paths)
    try:
        if moved_since(library, approval.base, main, proposal.paths):
            return False
        return stood_there(library, proposal.base, approval.base, main, proposal.paths)
    except LibraryUnreadable:
        return False  # a base that nobody has


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


def clashing(library: Library, proposal: Proposal, main: str) -> tuple[str, ...]:
    """The files that main and the proposal both changed so that nothing joins them, or both moved elsewhere."""
    if not proposal.edited or proposal.base == main:
        return ()
    if not moved_since(library, proposal.base, main, proposal.paths):
        return ()
    found = merging.clashes(library, merging.merge_base(library, main, proposal.head), main, proposal.head)
    apart = moved_apart(library, proposal, main)
    return tuple(dict.fromkeys((*(clash.path for clash in found), *apart)))
