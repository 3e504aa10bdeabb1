"""The queue: what waits for whom, how long already, and what keeps each proposal from main."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playbook import clock
from playbook.errors import PlaybookError, UsageError
from playbook.review.approve import clashing, moved_since
from playbook.review.listing import merges_on_main, proposals
from playbook.review.policy import Policy, blocked_by, policy_at
from playbook.review.proposal import Proposal
from playbook.store import refs
from playbook.store.history import Revision
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

_PROPOSAL = re.compile(r"\d{8}-.*-[a-z2-7]{6}")
STATES = ("open", "merged", "declined", "withdrawn", "parked", "escalated")


@dataclass(frozen=True)
class Row:
    """One proposal as the queue shows it.

    `age_hours` counts from its beginning, `waiting_hours` from the newest words nobody has judged (0 when somebody
    has); `conflict` names files that main changed in the same words; `others` the other open proposals for the same
    files.
    """

    proposal: Proposal
    age_hours: float
    waiting_hours: float
    overdue: bool
    blocked_by: tuple[str, ...]
    conflict: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @property
    def mergeable(self) -> bool:
        """Whether an approval that counts is there and nothing stands in its way."""
        return not self.blocked_by


def queue(library: Library, *, state: str = "open", mine: str = "") -> list[Row]:
    """The proposals in that state ("" for all), the longest waiting first; with `mine` those of that mail alone.

    Raises UsageError for a state that does not exist.
    """
    if state and state not in STATES:
        raise UsageError(f"There is no state {one_line(state, 40)!r}; there are {', '.join(STATES)}")
    every = proposals(library, merged=state in ("", "merged"))
    rows = rows_of(library, every)
    wanted = [
        row
        for row in rows
        if (not state or row.proposal.state == state) and (not mine or row.proposal.proposer == mine.casefold())
    ]
    return sorted(wanted, key=lambda row: (-row.waiting_hours, row.proposal.opened, row.proposal.id))


def rows_of(library: Library, made: Iterable[Proposal]) -> list[Row]:
    """The rows of these proposals, judged under main's policy as it is now."""
    every = list(made)
    main = refs.main_commit(library)
    policy = policy_at(library, main)
    now = clock.now().timestamp()
    on_path: dict[str, list[str]] = {}
    for proposal in every:
        # One that was split goes on as its parts.
        split = proposal.state == "parked" and any(event.word == "split" for event in proposal.events)
        if proposal.state in ("open", "parked", "escalated") and not split:
            for path in _about(proposal):
                on_path.setdefault(path, []).append(proposal.id)
    return [_row(library, proposal, policy, main, now, on_path) for proposal in every]


def row_of(library: Library, proposal: Proposal) -> Row:
    """The row of one proposal, with the others for the same files."""
    beside = [other for other in proposals(library) if other.id != proposal.id]
    return rows_of(library, [proposal, *beside])[0]


def _row(
    library: Library, proposal: Proposal, policy: Policy, main: str, now: float, on_path: dict[str, list[str]]
) -> Row:
    waits_since = _waits_since(proposal)
    waiting = max(now - waits_since, 0) / 3600 if waits_since else 0.0
    open_ = proposal.state in ("open", "escalated") and not proposal.fault
    conflict: tuple[str, ...] = ()
    why = blocked_by(policy, proposal)
    if open_ and proposal.edited:
        try:
            conflict = clashing(library, proposal, main)
            keys = [event for event in proposal.verdicts.values() if event.word == "approve"]
            if not why and all(moved_since(library, event.base, main, proposal.paths) for event in keys):
                why.append("main changed the same files since it was approved; approve it anew")
        except PlaybookError as error:
            why.append(str(error))
    if conflict:
        why.append(f"main changed the same words in {one_line(', '.join(conflict), 120)}")
    others = {id for path in _about(proposal) for id in on_path.get(path, ())} - {proposal.id}
    return Row(
        proposal=proposal,
        age_hours=max(now - proposal.opened, 0) / 3600 if proposal.opened else 0.0,
        waiting_hours=waiting if open_ else 0.0,
        overdue=open_ and waiting > policy.review_hours,
        blocked_by=tuple(dict.fromkeys(why)),
        conflict=conflict,
        others=tuple(sorted(others)) if open_ else (),
    )


def _about(proposal: Proposal) -> set[str]:
    """The files it changes and the card it speaks of: all that a note has."""
    about = next((event.about for event in proposal.contents if event.about), "")
    # Of a part of a split one, and of what takes a merged one back, it is a proposal.
    return {*proposal.paths, "" if _PROPOSAL.fullmatch(about) else about} - {""}


def _waits_since(proposal: Proposal) -> int:
    """When its newest words came, or it was opened again; 0 when somebody has judged them since."""
    if proposal.fault or any(event.word in ("approve", "request-changes") for event in proposal.verdicts.values()):
        return 0
    came = [event.when for event in proposal.events if event.word in ("propose", "revise", "resolve", "reopen")]
    return max(came, default=proposal.opened)


def row_json(row: Row) -> dict[str, Any]:
    """One row as COMMANDS.md shapes it."""
    proposal = row.proposal
    return {
        "id": proposal.id,
        "title": proposal.title,
        "author": str(proposal.author),
        "kind": proposal.kind,
        "paths": list(proposal.paths),
        "state": proposal.state,
        "age_hours": round(row.age_hours, 1),
        "overdue": row.overdue,
        "verdicts": [
            {"by": str(event.by), "verdict": event.word, "text": event.text} for event in proposal.verdicts.values()
        ],
        "conflict": bool(row.conflict),
        "why": proposal.why,
        "mergeable": row.mergeable,
        "blocked_by": list(row.blocked_by),
        "others": list(row.others),
        "unsent": proposal.unsent,
        "fault": proposal.fault,
    }


def unreviewed(library: Library, limit: int = 50) -> list[Revision]:
    """Commits that went to main without a proposal since the first one was merged there, newest first."""
    from playbook.store.runner import Git

    main = refs.main_commit(library)
    merges = [merge for merge in merges_on_main(library, main) if merge.proposal]
    if not merges:
        return []
    reviewed = {merge.commit for merge in merges}
    output = Git(library.git_dir).run(
        "log", "-z", "--first-parent", f"--max-count={limit + len(reviewed)}", "--no-show-signature",
        "--encoding=UTF-8", "--format=%H%x01%ct%x01%an%x01%ae%x01%s%x01%b", main, f"^{merges[-1].commit}", "--",
    )  # fmt: skip
    found = []
    for row in output.decode("utf-8", "replace").split("\0"):
        fields = row.split("\x01", 5)
        if len(fields) == 6 and fields[0] not in reviewed:
            when = int(fields[1]) if fields[1].isdigit() else 0
            found.append(Revision(fields[0], when, fields[2], fields[3], fields[4], fields[5].strip("\n")))
    return found[:limit]
