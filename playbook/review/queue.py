"""The queue: what waits for whom, how long already, and what keeps each proposal from main."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from playbook import clock
from playbook.errors import PlaybookError, UsageError
from playbook.review.candidate import judgement, touched_by_all
from playbook.review.escalation import is_stuck
from playbook.review.events import CONTENT, ENDINGS
from playbook.review.listing import all_is_wanted, merges_on_main, proposals
from playbook.review.meeting import Met, met_by
from playbook.review.moving import moved_in
from playbook.review.proposal import Proposal
from playbook.review.rules.policy import Policy
from playbook.review.rules.rights import Rights, rights_at
from playbook.review.rules.touched import Touched
from playbook.review.standing_apart import why_apart
from playbook.store import outbox, refs
from playbook.store.history import Revision
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

_PROPOSAL = re.compile(r"\d{8}-.*-[a-z2-7]{6}")
STATES = ("open", "merged", "declined", "withdrawn", "parked", "escalated")
STANDING = {"waiting": ("open", "escalated")}
NOBODY_YET = "nobody has approved it yet"
_FORCED = ("rule", "override")
LONG_HOURS = 96  # from where a time is told in days


@dataclass(frozen=True)
class Row:
    """One proposal as the queue shows it.

    `age_hours` counts from its beginning, `waiting_hours` from when an answer was wanted that nobody has given yet (0
    when somebody has); `conflict` names files that main changed in the same words; `moved` says in
    words which of them were renamed; `others` the other open proposals for the same files. With `apart` the conflict is
    between what its branch has at the hub and what waits here.
    """

    proposal: Proposal
    age_hours: float
    waiting_hours: float
    overdue: bool
    blocked_by: tuple[str, ...]
    conflict: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    apart: bool = False

    @property
    def mergeable(self) -> bool:
        """Whether an approval that counts is there and nothing stands in its way."""
        return not self.blocked_by


def queue(library: Library, *, state: str = "waiting", mine: str = "") -> list[Row]:
    """The proposals in that state ("" for all; `waiting` for the open and the escalated), the longest waiting first; with
    `mine` those of that mail alone.

    Raises UsageError for a state that does not exist.
    """
    if state and state not in (*STATES, *STANDING):
        raise UsageError(f"There is no state {one_line(state, 40)!r}; there are {', '.join(STATES)}")
    with all_is_wanted():
        rows = rows_of(library, proposals(library, merged=state in ("", "merged")))
    wanted = [
        row for row in rows if _stands(row.proposal, state) and (not mine or row.proposal.proposer == mine.casefold())
    ]
    return sorted(wanted, key=lambda row: (-row.waiting_hours, row.proposal.opened, row.proposal.id))


def _stands(proposal: Proposal, state: str) -> bool:
    """Whether it is in that state. One whose branch somebody deleted stays among those that wait: it is nobody's decision."""
    return not state or proposal.state in STANDING.get(state, (state,)) or (state in STANDING and bool(proposal.gone))


def rows_of(library: Library, made: Iterable[Proposal], *, only: str | None = None) -> list[Row]:
    """The rows of these proposals (or of one `only` of them), judged under main's policy as it is now."""
    given = list(made)
    main = refs.main_commit(library)
    rights = rights_at(library, main, (event for proposal in given for event in proposal.events))
    now = clock.now().timestamp()
    every = as_they_stand(rights.policy, given)
    on_path = _by_path(every)
    asked = every if only is None else [one for one in every if one.id == only]
    met = met_by(library, asked, main)
    touches = touched_by_all(library, [one for one in asked if _is_judged(one, rights)], main)
    return [_row(library, one, rights, main, now, on_path, met.get(one.id, Met()), touches) for one in asked]


def as_they_stand(policy: Policy, made: Iterable[Proposal]) -> list[Proposal]:
    """The proposals, those that nobody decided in time put before the heads."""
    now = clock.now().timestamp()
    return [replace(one, state="escalated") if is_stuck(policy, one, now) else one for one in made]


def _by_path(made: Iterable[Proposal]) -> dict[str, list[str]]:
    """By file or card the proposals about it that may yet be decided."""
    found: dict[str, list[str]] = {}
    for proposal in made:
        # One that was split goes on as its parts.
        split = proposal.state == "parked" and any(event.word == "split" for event in proposal.events)
        if proposal.state in ("open", "parked", "escalated") and not split:
            for path in _about(proposal):
                found.setdefault(path, []).append(proposal.id)
    return found


def others_of(library: Library, proposal: Proposal) -> tuple[str, ...]:
    """The other proposals for the same files, without judging any."""
    on_path = _by_path(proposals(library))
    return tuple(sorted({id for path in _about(proposal) for id in on_path.get(path, ())} - {proposal.id}))


def row_of(library: Library, proposal: Proposal) -> Row:
    """The row of one proposal, with the others for the same files, and all that is missing before it is main."""
    beside = [other for other in proposals(library) if other.id != proposal.id]
    row = rows_of(library, [proposal, *beside], only=proposal.id)[0]
    if row.blocked_by[:1] == (NOBODY_YET,):
        main = refs.main_commit(library)
        return replace(row, blocked_by=(*judgement(library, proposal, main).blocked_by, *row.blocked_by[1:]))
    return row


def _row(
    library: Library, proposal: Proposal, rights: Rights, main: str, now: float, on_path: dict[str, list[str]],
    met: Met, touches: dict[str, Touched],
) -> Row:  # fmt: skip
    policy = rights.policy
    waits_since = _waits_since(proposal, policy)
    waiting = max(now - waits_since, 0) / 3600 if waits_since else 0.0
    open_ = proposal.state in ("open", "escalated") and not proposal.fault
    conflict: tuple[str, ...] = ()
    moved: dict[str, str] = {}
    why: list[str] = []
    if open_ and proposal.edited:
        try:
            if met.fault:
                raise met.fault
            conflict = met.clash
            moved = moved_in(library, proposal, main, met.moved) if met.moved else {}
            why += why_apart(library, proposal, main, dict.fromkeys((*moved, *conflict)), moved)
        except PlaybookError as error:
            why.append(str(error))
    try:
        why = [*_blocked(library, proposal, rights, main, touches), *why]
    except PlaybookError as error:
        why.append(str(error))
    if proposal.gone:
        why.insert(0, proposal.gone)
    both = _apart(library, proposal)
    if both:
        files = one_line(", ".join(both.paths), 120)
        said = f"somebody else changed the same words of it at the hub in {files}"
        why.insert(0, f"{said}; `playbook proposal resolve {proposal.id}` joins them")
        conflict, moved = both.paths, {"": said}
    others = {id for path in _about(proposal) for id in on_path.get(path, ())} - {proposal.id}
    return Row(
        proposal=proposal,
        age_hours=max(now - proposal.opened, 0) / 3600 if proposal.opened else 0.0,
        waiting_hours=waiting if open_ else 0.0,
        overdue=open_ and waiting > policy.review_hours,
        blocked_by=tuple(dict.fromkeys(why)),
        conflict=conflict,
        moved=tuple(moved.values()),
        others=tuple(sorted(others)) if open_ else (),
        apart=both is not None,
    )


def _apart(library: Library, proposal: Proposal) -> outbox.Apart | None:
    """Where somebody else changed the same words of it while ours waited here."""
    if not proposal.unsent or proposal.fault or proposal.state == "merged":
        return None
    with suppress(PlaybookError):
        return outbox.apart(library, proposal.id)
    return None


def _is_judged(proposal: Proposal, rights: Rights) -> bool:
    """Whether somebody may have given a key. What nobody has judged need not be looked into: a queue has many of these."""
    given = proposal.verdicts or proposal.kind == "verify" or any(event.word in _FORCED for event in proposal.events)
    still = proposal.state in ("open", "escalated") and not proposal.fault and proposal.edited
    return still and (bool(given) or bool(rights.policy.fault))


def _blocked(
    library: Library, proposal: Proposal, rights: Rights, main: str, touches: dict[str, Touched]
) -> tuple[str, ...]:
    """Why it cannot become main."""
    if (
        proposal.state in ("open", "escalated")
        and not proposal.fault
        and proposal.edited
        and proposal.id not in touches
    ):
        return (NOBODY_YET,)
    touched = touches.get(proposal.id, Touched())
    return judgement(library, proposal, main, rights=rights, touches=touched).blocked_by


def _about(proposal: Proposal) -> set[str]:
    """The files it changes and the card it speaks of: all that a note has."""
    about = next((event.about for event in proposal.contents if event.about), "")
    # Of a part of a split one, and of what takes a merged one back, it is a proposal.
    return {*proposal.paths, "" if _PROPOSAL.fullmatch(about) else about} - {""}


def _waits_since(proposal: Proposal, policy: Policy) -> int:
    """Since when it waits for an answer; 0 while nobody is owed one.

    The clock of the agreed time runs from the proposal's beginning until somebody other than its proposer asked
    for other words, ended it, or, having revised it, asked its proposer. An approval that did not merge it is no answer:
    another key is owed then. It runs anew from the next thing that
    wants an answer: its proposer's other words or reply, somebody's revision, its being opened again.
    """
    if proposal.fault:
        return 0
    mine = policy.same_person(proposal.proposer)
    since, head, reviser, asked = max(proposal.opened, 1), "", "", False
    for event in proposal.events:
        if event.fault:
            continue
        who = policy.same_person(event.by.mail)
        if event.word in CONTENT:
            # Other words while an answer is owed make nobody wait for less long.
            since = since or event.when
            head, reviser, asked = event.commit, who if who != mine else "", False
        elif event.word == "reopen":
            since = since or event.when
        elif event.word in ENDINGS:
            since = 0 if event.word != "withdraw" or who == mine else since
        elif who == mine:
            if asked and event.word in ("acknowledge", "comment", "request-changes"):
                since, asked = event.when, False
        elif event.word in ("rule", "override"):
            since, asked = 0, False
        elif event.word == "request-changes":
            # Where nothing is edited yet a verdict has no head to name.
            if event.head in (head, ""):
                since, asked = 0, False
        elif event.word == "comment" and event.head == head and who == reviser and since:
            since, asked = 0, True
    return since


def in_time(waiting: float, agreed: float) -> str:
    """How long it waits of the time agreed on, both in one unit: `34 h of 48 h`, or `3 d of 5 d` where that is long."""
    if agreed % 24 or max(waiting, agreed) < LONG_HOURS:
        return f"{'under 1' if waiting < 1 else int(waiting)} h of {agreed:.0f} h"
    return f"{'under 1' if waiting < 24 else int(waiting / 24)} d of {agreed / 24:.0f} d"


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
        "gone": proposal.gone,
        "later": len(proposal.later),
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
