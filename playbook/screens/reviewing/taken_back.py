"""What was merged and is main's no more: which proposal took it back, and how that is told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.review.proposal import Proposal
    from playbook.review.rules.policy import Policy


def taken_back(made: Iterable[Proposal]) -> dict[str, Proposal]:
    """By id of a merged proposal the merged one that took it back, where nobody took that one back again."""
    by: dict[str, list[Proposal]] = {}
    for one in made:
        if one.state == "merged" and one.kind == "revert" and not one.fault:
            about = next((event.about for event in one.contents if event.about), "")
            by.setdefault(about, []).append(one)
    found: dict[str, Proposal] = {}

    def stands(one: Proposal, seen: frozenset[str]) -> bool:
        later = [other for other in by.get(one.id, ()) if other.id not in seen]
        return not any(stands(other, seen | {one.id}) for other in later)

    for id, reverts in by.items():
        standing = [one for one in reverts if stands(one, frozenset({id}))]
        if standing:
            found[id] = max(standing, key=lambda one: one.changed)
    return found


def how(revert: Proposal, policy: Policy, on: str) -> str:
    """By whom it was taken back, and on which day. Safe to show."""
    return f"taken back by {one_line(policy.name_of(revert.author.mail), 40)}, {on}"


def why(revert: Proposal) -> str:
    """Why, in one line. Safe to show."""
    return one_line(revert.why, 300) or "nobody said why"
