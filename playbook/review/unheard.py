"""What people said that does not count, with why in a line; and whose words a change of the policy would unhear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from playbook.errors import LibraryUnreadable
from playbook.review.events import CONTENT, JUDGING, Event
from playbook.review.proposal import Proposal
from playbook.review.rules.policy import Policy, parse_policy
from playbook.text.safe import display, one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

DID = {
    "approve": "approved it", "request-changes": "asked for changes", "acknowledge": "acknowledged it",
    "decline": "declined it", "park": "parked it", "withdraw": "withdrew it", "reopen": "opened it again",
    "escalate": "asked the heads to decide", "rule": "ruled for it", "override": "forced it", "comment": "commented",
    "close-thread": "closed a comment", "split": "split it", "join": "joined it to another",
}  # fmt: skip
MOST_UNHEARD = 6


def unheard_lines(proposal: Proposal) -> list[str]:
    """Every event that does not count, one sentence each with its day and why; the newest where they are many.

    Whoever said the same again so that it counts is not told of the first time.
    """
    said: list[Event] = []
    again: set[tuple[str, str]] = set()
    for event in reversed(proposal.events):
        key = (event.committer.mail.casefold(), event.word)
        if not event.fault:
            again.add(key)
        elif key not in again:
            said.append(event)
    lines = [_line(event) for event in reversed(said[:MOST_UNHEARD])]
    more = len(said) - len(lines)
    return [f"{more} earlier ones do not count either", *lines] if more else lines


def _line(event: Event) -> str:
    who = one_line(event.by.name or event.by.mail, 40)
    against = event.word == "rule" and event.ruling == "decline"
    did = "ruled against it" if against else DID.get(event.word, "changed its words")
    said = f": {one_line(event.text, 300)}" if event.text.strip() and event.word not in CONTENT else ""
    mend = "; say it again, signed" if event.word in JUDGING and "sign" in event.fault else ""
    return f"{who} {did} on {_day(event.when)}, which does not count: {one_line(display(event.fault), 300)}{mend}{said}"


def _day(when: int) -> str:
    try:
        moment = datetime.fromtimestamp(when).astimezone()
    except (OverflowError, OSError, ValueError):
        return "no day"
    return f"{moment.day} {moment:%b}"


def unheard_by(library: Library, path: str, text: str) -> Iterator[str]:
    """Whose verdicts on open proposals would count no more under a policy of that text, one sentence a person."""
    policy = parse_policy(text.encode("utf-8", "surrogateescape"), path)
    lost: dict[str, list[tuple[str, Event]]] = {}
    if policy.fault or not any(member.keys for member in policy.people.values()):
        return
    for proposal in _still_open(library):
        for event in _lost(library, proposal, policy):
            lost.setdefault(policy.same_person(event.committer.mail), []).append((proposal.id, event))
    for mail, found in lost.items():
        count = len(found)
        names = ", ".join(dict.fromkeys(one_line(id, 80) for id, _ in found))
        yield (
            f"{policy.name_of(mail)} gets keys by this, and said {count} thing{'s' if count > 1 else ''} on open "
            f"proposals without them, to count no more ({one_line(names, 200)}); have it said again, signed"
        )


def _still_open(library: Library) -> list[Proposal]:
    from playbook.review.listing import proposals

    return [one for one in proposals(library) if one.state in ("open", "escalated") and not one.fault]


def _lost(library: Library, proposal: Proposal, policy: Policy) -> list[Event]:
    """What counts of a proposal now and would not be believed to be its maker's under that policy."""
    from playbook.review.rules.rights import rights_at
    from playbook.store import refs

    verdicts = {event.commit for event in proposal.verdicts.values()}
    counting = [
        event
        for event in proposal.events
        if not event.fault and (event.commit in verdicts or event.word in ("escalate", "rule", "override"))
    ]
    if not any(policy.keys_of(event.committer.mail) for event in counting):
        return []
    try:
        rights = replace(rights_at(library, refs.main_commit(library), counting, policy=policy), then=None)
    except LibraryUnreadable:
        return []
    return [event for event in counting if rights.not_theirs(event)]
