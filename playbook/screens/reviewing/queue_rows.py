"""A proposal as a row of the queue: how long it waits, what and why, and what stands in its way; each sign with its word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.content import Content

from playbook import clock
from playbook.review.queue import in_time
from playbook.screens.reviewing.shown import OPEN, Facts, Queued
from playbook.screens.reviewing.taken_back import how, why
from playbook.text.safe import one_line
from playbook.widgets.fitting import column, cut, fitted

if TYPE_CHECKING:
    from playbook.review.proposal import Proposal
    from playbook.review.queue import Row
    from playbook.review.rules.policy import Policy
    from playbook.store.history import Revision

DIM = "$foreground 70%"
WARNING, ERROR, GOOD = "bold $text-warning", "bold $text-error", "bold $text-success"
HEIGHT = 3
STATE = 15  # cells of the first column
SAID = {"approve": "approved", "request-changes": "asks for changes", "acknowledge": "acknowledged"}


def hours(number: float) -> str:
    """A time that people read: hours up to two days, then days."""
    if number < 1:
        return "under 1 h"
    return f"{number:.0f} h" if number < 48 else f"{number / 24:.0f} d"


def day(when: int) -> str:
    """The day of a moment in seconds since 1970, here."""
    try:
        return f"{datetime.fromtimestamp(when).astimezone():%-d %b %Y}"
    except (OverflowError, OSError, ValueError):
        return "no day"


def age(row: Row, agreed: int) -> tuple[str, str]:
    """How long the proposal waits against what was agreed, and its look."""
    proposal = row.proposal
    if proposal.fault:
        return "× BROKEN", ERROR
    if proposal.state == "escalated":
        return "! BEFORE HEADS", ERROR
    if proposal.state not in OPEN:
        return {"merged": "✓ merged", "declined": "× declined"}.get(proposal.state, f"- {proposal.state}"), DIM
    if row.overdue:
        return f"! OVERDUE {hours(row.waiting_hours)}", ERROR
    if not row.waiting_hours:
        return "answered", DIM
    return in_time(row.waiting_hours, agreed), ""


def verdicts(row: Row) -> list[str]:
    """Who said what of the words as they are."""
    return [
        f"{one_line(event.by.name or event.by.mail, 40)} {SAID[event.word]}"
        for event in row.proposal.verdicts.values()
        if event.word in SAID
    ]


def signs(row: Row, facts: Facts | None) -> list[tuple[str, str]]:
    """What stands in the way or is out of the ordinary, each with its look."""
    proposal = row.proposal
    found: list[tuple[str, str]] = []
    if row.conflict:
        found.append(("CONFLICT", ERROR))
    if facts and facts.problems:
        count, what = (facts.errors, "error") if facts.errors else (len(facts.problems), "warning")
        found.append((f"{count} lint {what}{'s' if count > 1 else ''}", WARNING))
    if row.others:
        found.append((f"{len(row.others)} more on this card", WARNING))
    if proposal.unsent:
        found.append(("↑ waits to be sent", WARNING))
    found += [(said, GOOD if said.endswith("approved") else WARNING) for said in verdicts(row)]
    comments = sum(1 + len(thread.answers) for thread in proposal.threads)
    if comments:
        found.append((f"{comments} comment{'s' if comments > 1 else ''}", "$text-accent"))
    return found


def before_the_heads(policy: Policy, proposal: Proposal) -> str:
    """Who is to decide it, and why; safe for one line."""
    from playbook.review.escalation import judges_of, why_escalated

    judges = [policy.name_of(mail) for mail in judges_of(policy, proposal)]
    return to_decide(judges, one_line(why_escalated(policy, proposal, clock.now().timestamp()), 300))


def to_decide(judges: Sequence[str], because: str) -> str:
    """Who is to decide, and why it has come to that."""
    who = f"{' and '.join(judges) or 'nobody'} {'are' if len(judges) > 1 else 'is'} to decide"
    return f"{who}: {because}" if because else who


def reason(row: Row, policy: Policy) -> Content:
    """Why it is wanted; of an ended one who ended it and why; of one before the heads who is to decide, and why they."""
    proposal = row.proposal
    if proposal.state in ("declined", "parked", "withdrawn"):
        ended = next((one for one in reversed(proposal.events) if one.text == proposal.ended_because), None)
        said = one_line(proposal.ended_because, 300) or "nobody said why"
        who = f"{one_line(ended.by.name, 40)}: " if ended and proposal.ended_because else ""
        state = "ruled against" if ended and ended.word == "rule" else proposal.state
        return Content.assemble((f"{state} because  ", DIM), f"{who}{said}")
    if proposal.state == "escalated":
        return Content.assemble(("heads  ", DIM), before_the_heads(policy, proposal))
    said = one_line(proposal.why, 300)
    return Content.assemble(("why  ", DIM), said or ("nobody said why yet", WARNING))


def proposal_row(row: Row, facts: Facts | None, queued: Queued, width: int) -> Content:
    """Three lines: title; who, what changed and its signs; why."""
    proposal = row.proposal
    taken = queued.taken.get(proposal.id)
    word, look = ("× taken back", WARNING) if taken else age(row, queued.policy.review_hours)
    kind = "" if proposal.fault else f"  {one_line(proposal.kind, 12)}"
    head = column(word, max(STATE, len(word) + 1))
    room = max(width - len(head) - len(kind), 10)
    title = column(one_line(proposal.title, 200) or proposal.id, room)
    first = Content.assemble((head, look), (title, "bold"), (kind, DIM))
    if proposal.fault:
        second = Content.styled(f"  {one_line(proposal.fault, 300)}", WARNING)
        return Content("\n").join([first, fitted(second, width), Content.styled("  All the others go on", DIM)])
    turn = queued.turn(row)
    parts: list[Content] = [Content.styled(turn, WARNING)] if turn else []
    parts += [Content.styled(one_line(proposal.author.name or proposal.author.mail, 30), DIM)]
    summary = facts.summary if facts else "reading what it changes …"
    parts += [Content.styled(text, style) for text, style in signs(row, facts)] if width < 100 else []
    parts += [Content.styled(summary, DIM)] if summary else []
    parts += [Content.styled(text, style) for text, style in signs(row, facts)] if width >= 100 else []
    second = Content.assemble("  ", Content.styled(" · ", DIM).join(parts))
    third = reason(row, queued.policy)
    if taken:
        third = Content.assemble((f"{how(taken, queued.policy, day(taken.changed))}  ", DIM), why(taken))
    return Content("\n").join([first, fitted(second, width), fitted(Content.assemble("  ", third), width)])


def commit_row(revision: Revision, width: int, *, seen: bool = False) -> Content:
    """A commit that went to main without a review; one that its reader has seen asks for nothing any more."""
    head = column("✓ seen" if seen else "! UNREVIEWED", STATE)
    title, _ = cut(one_line(revision.subject, 200) or revision.commit[:12], max(width - STATE, 10))
    who = one_line(revision.author or revision.mail, 60)
    second = Content.styled(f"  {who} · went straight to main on {day(revision.when)} · {revision.commit[:10]}", DIM)
    third = Content.styled(f"  {one_line(revision.body, 300) or 'no why was given'}", DIM)
    return Content("\n").join(
        [
            Content.assemble((head, DIM if seen else WARNING), (title, DIM if seen else "bold")),
            fitted(second, width),
            fitted(third, width),
        ]
    )


EMPTY = {
    "To decide": "Nothing waits for you. What others propose comes here with the next sync ({sync} fetches now).",
    "Before the heads": "Nothing stands before the heads. What two approvers judge the opposite way, or nobody decides in "
    "the agreed time, or somebody puts before them, comes here.",
    "Mine": "You have proposed nothing yet. What you propose stands here, with what became of it and why.",
    "Parked": "Nothing is parked. A proposal put aside stands here with its reason until somebody opens it again.",
    "Ended": "Nothing was merged, declined or withdrawn yet.",
    "Unreviewed": "No commit went to main without a review since the first proposal was merged.",
}
