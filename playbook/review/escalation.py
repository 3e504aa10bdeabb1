"""What stands before the heads and the arbiter: a quarrel, or what nobody decided within the agreed time."""

from __future__ import annotations

from playbook.review.events import CONTENT
from playbook.review.proposal import Proposal
from playbook.review.rules.policy import Policy


def stuck_since(proposal: Proposal) -> int:
    """Since when (seconds since 1970) its decision is owed: its newest words, or its being opened again; 0 while its
    author is asked for others, or when it has ended. Settling what main changed too decides nothing, so the time goes on,
    unless somebody had asked for other words: then these are the answer."""
    if proposal.fault or proposal.state not in ("open", "escalated"):
        return 0
    if any(event.word == "request-changes" for event in proposal.verdicts.values()):
        return 0
    since = 0
    asking: set[str] = set()
    for event in proposal.events:
        if event.fault:
            continue
        if event.word == "request-changes":
            asking.add(event.by.mail)
        elif event.word == "approve":
            asking.discard(event.by.mail)
        elif event.word == "reopen" or (event.word in CONTENT and (event.word != "resolve" or asking)):
            since = max(since, event.when)
            asking.clear()
    return since or proposal.opened


def is_stuck(policy: Policy, proposal: Proposal, now: float) -> bool:
    """Whether the agreed time to escalate has passed without a decision; there must be somebody to decide it."""
    since = stuck_since(proposal)
    judges = bool(policy.arbiter or policy.head_mails)
    return judges and bool(since) and now - since > policy.service.escalate_hours * 3600


def why_escalated(policy: Policy, proposal: Proposal, now: float) -> str:
    """Why it stands before the heads, in a sentence without its full stop; "" when it does not."""
    asked = next((event for event in reversed(proposal.events) if event.word == "escalate" and not event.fault), None)
    words = {event.word: event for event in proposal.verdicts.values()}
    if proposal.state == "escalated" and asked:
        return f"{policy.name_of(asked.by.mail)} asked the heads to decide"
    if proposal.state == "escalated" and {"approve", "request-changes"} <= words.keys():
        for_it, against = (policy.name_of(words[word].by.mail) for word in ("approve", "request-changes"))
        return f"{for_it} approves it and {against} asks for changes"
    if is_stuck(policy, proposal, now):
        return f"nobody decided it for {int((now - stuck_since(proposal)) / 86400)} days"
    return "it stands before the heads" if proposal.state == "escalated" else ""


def before_whom(policy: Policy, proposal: Proposal) -> str:
    """Who is to decide now, by their mails: see `judges_of`."""
    return " and ".join(judges_of(policy, proposal))


def judges_of(policy: Policy, proposal: Proposal) -> tuple[str, ...]:
    """Who is to decide now: the heads; and where they disagree, are its authors, or are none, the arbiter."""
    rulings = {
        policy.same_person(event.by.mail): event.ruling or "merge"
        for event in proposal.events
        if event.word == "rule" and not event.fault and event.head == proposal.head
    }
    said = [rulings[head] for head in policy.head_mails if head in rulings]
    # Nobody rules on their own words, so where a head wrote them the heads can come to nothing.
    authors = {policy.same_person(mail) for mail in proposal.authors}
    if policy.arbiter and (authors.intersection(policy.head_mails) or not policy.head_mails or len(set(said)) > 1):
        return (policy.arbiter,)
    waiting = tuple(head for head in policy.head_mails if head not in rulings)
    return waiting or ((policy.arbiter,) if policy.arbiter else ())


def standing(policy: Policy, proposal: Proposal, now: float) -> dict[str, str]:
    """Why it stands before the heads, and before whom now, as scripts read it; both "" when it does not."""
    why = why_escalated(policy, proposal, now)
    return {"why": why, "before": before_whom(policy, proposal) if why else ""}
