"""The way out of a quarrel: to put a proposal before the heads, to rule on it, and to force it. Each says why, for good."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from playbook import clock
from playbook.errors import Conflict, NotPermitted, UsageError
from playbook.review import approve, branch
from playbook.review.approve import PATIENCE_SECONDS, Approved, Looked
from playbook.review.branch import Written
from playbook.review.escalation import before_whom, is_stuck, why_escalated
from playbook.review.listing import find
from playbook.review.rules.judge import not_own
from playbook.review.rules.policy import ARBITER, HEADS, Policy, policy_at
from playbook.review.rules.rights import DECLINE, MERGE
from playbook.store import refs
from playbook.store.writing import Person, acting
from playbook.text.safe import display_path, one_line

if TYPE_CHECKING:
    from playbook.review.proposal import Proposal
    from playbook.review.rules.touched import Touched
    from playbook.store.managed import Library


def escalate(library: Library, id: str, text: str, *, by: Person | None = None) -> Written:
    """Put a proposal before the heads, and say why. For its proposer, and for anybody of the policy's people."""
    if not text.strip():
        raise UsageError("Say why the heads should decide it: -m 'in a sentence'")
    me, proposal = by or acting(), find(library, id)
    if proposal.fault:
        raise Conflict(f"{proposal.id} cannot be read: {proposal.fault}")
    if proposal.state == "escalated":
        raise Conflict(f"{proposal.id} stands before the heads already; `playbook proposal rule` ends it")
    if proposal.state != "open":
        raise Conflict(f"{proposal.id} is {proposal.state} already; `playbook proposal show {proposal.id}` says why")
    policy = policy_at(library, refs.main_commit(library))
    _check_policy(policy)
    if not policy.member(me.mail) and policy.same_person(me.mail) != policy.same_person(proposal.author.mail):
        raise NotPermitted(
            f"{one_line(me.mail, 80)} is not among the people of {policy.path}, so cannot put it before the heads; ask "
            f"its author, {one_line(proposal.author.mail, 80)}"
        )
    return branch.add(
        library, proposal.id, "escalate", subject=f"Before the heads: {proposal.title}", text=text,
        head=proposal.head, base=refs.main_commit(library), by=me,
    )  # fmt: skip


def rule(
    library: Library,
    id: str,
    reason: str,
    against: bool = False,
    *,
    seen: str = "",
    by: Person | None = None,
    cancelled: Callable[[], bool] | None = None,
    patience: float = PATIENCE_SECONDS,
) -> Approved:
    """Rule on a proposal that stands before the heads, as a head or the arbiter. What they come to (see
    `rights.Rights.decides`) merges it, or ends it; until then the ruling is recorded.

    Raises what `approve.approve` does.
    """
    if not reason.strip():
        raise UsageError("A ruling needs its reason, which stays with it: -m 'in a sentence'")
    me = by or acting()
    found = approve.look(library, id, seen=seen, cancelled=cancelled)
    proposal, policy = found.proposal, found.rights.policy
    approve.check_decidable(found)
    _check_policy(policy)
    if not policy.has_role(me.mail, (HEADS, ARBITER)):
        raise NotPermitted(
            f"You cannot rule on {proposal.id}: {one_line(me.mail, 80)} is neither a head nor the arbiter in {policy.path}"
        )
    _check_not_own(found, me, "rule on")
    now = clock.now().timestamp()
    why = why_escalated(policy, proposal, now)
    if not why:
        raise Conflict(
            f"{proposal.id} does not stand before the heads; `playbook proposal escalate {proposal.id} -m 'why'` puts it "
            "there"
        )
    parent = proposal.tip
    if not against:
        _check_signed(policy, approve.check_joins(library, found), me, "ruling")
        approve.check_unmoved(found)
    if proposal.state == "open" and is_stuck(policy, proposal, now):
        # The guard at the hub has no clock: that it was stuck has to be said.
        parent = branch.add(
            library, proposal.id, "escalate", subject=f"Before the heads: {proposal.title}", text=_sentence(why),
            head=proposal.head, base=found.main, parent=parent, by=me,
        ).commit  # fmt: skip
    said = "Ruled against" if against else "Ruled for"
    written = branch.add(
        library, proposal.id, "rule", subject=f"{said}: {proposal.title}", text=reason, head=proposal.head,
        base=found.main, parent=parent, ruling=DECLINE if against else MERGE, by=me,
    )  # fmt: skip
    return _done(library, found, written, "ruling", me, cancelled, patience)


def override(
    library: Library,
    id: str,
    reason: str,
    *,
    seen: str = "",
    by: Person | None = None,
    cancelled: Callable[[], bool] | None = None,
    patience: float = PATIENCE_SECONDS,
) -> Approved:
    """Force a proposal past its rules; who did and why stays on the card, in its history and in the audit.

    For those whom every rule it touches names under `override`, never for its authors. Raises what `approve.approve` does.
    """
    if not reason.strip():
        raise UsageError("Forcing a proposal needs its reason, which stays with it: -m 'in a sentence'")
    me = by or acting()
    found = approve.look(library, id, seen=seen, cancelled=cancelled)
    proposal, policy = found.proposal, found.rights.policy
    approve.check_decidable(found)
    if policy.fault:
        raise NotPermitted(policy.fault)
    touched = approve.check_joins(library, found)
    for place in sorted(touched.places):
        asked = policy.rule_for(place.path, place.kind)
        if not policy.has_role(me.mail, asked.override):
            may = " or ".join(asked.override) or "nobody"
            raise NotPermitted(
                f"You cannot force {proposal.id}: {one_line(display_path(place.path), 120)} may be forced by "
                f"{one_line(may, 80)} ({policy.number_of(asked)}), and {one_line(me.mail, 80)} is none of these"
            )
    if not touched.places:
        raise Conflict(f"{proposal.id} changes nothing that main has not got; there is nothing to force")
    _check_not_own(found, me, "force")
    _check_signed(policy, touched, me, "override")
    approve.check_unmoved(found)
    written = branch.add(
        library, proposal.id, "override", subject=f"Forced: {proposal.title}", text=reason, head=proposal.head,
        base=found.main, parent=proposal.tip, ruling=MERGE, by=me,
    )  # fmt: skip
    return _done(library, found, written, "override", me, cancelled, patience)


def _done(
    library: Library,
    found: Looked,
    written: Written,
    what: str,
    me: Person,
    cancelled: Callable[[], bool] | None,
    patience: float,
) -> Approved:
    """Merge, end or only record, by what the rulings come to."""
    approve.check_reached(found, what)
    proposal = find(library, written.proposal)
    if proposal.state == "declined":
        return approve.recorded(library, proposal, written.event, what, "it is declined", cancelled)
    if what == "ruling" and not _come_to(found, proposal):
        waits = f"{one_line(before_whom(found.rights.policy, proposal), 160)} is to rule, too"
        return approve.recorded(library, proposal, written.event, what, waits, cancelled)
    return approve.finish(library, proposal.id, written.event, by=me, cancelled=cancelled, patience=patience, what=what)


def _come_to(found: Looked, proposal: Proposal) -> str:
    """What the rulings on the words as they are come to, so far."""
    same = found.rights.same_person
    rulings = [event for event in proposal.events if event.word == "rule" and not event.fault]
    return found.rights.decides(
        {same(event.by.mail): event.ruling or MERGE for event in rulings if event.head == proposal.head}
    )


def _check_policy(policy: Policy) -> None:
    if policy.fault:
        raise NotPermitted(policy.fault)
    if not policy.head_mails and not policy.arbiter:
        raise NotPermitted(
            f"{policy.path or 'There is no policy.toml, so it'} names neither heads nor an arbiter; nobody can rule here "
            "until [heads] in content/policy.toml does"
        )


def _check_not_own(found: Looked, me: Person, verb: str) -> None:
    if why := not_own(found.rights, found.proposal, me.mail):
        raise NotPermitted(f"You cannot {verb} {found.proposal.id}: {why}")


def _check_signed(policy: Policy, touched: Touched, me: Person, what: str) -> None:
    """Raise NotPermitted where a signature is wanted and the policy lists no key of theirs to make it with."""
    for place in sorted(touched.places):
        asked = policy.rule_for(place.path, place.kind)
        if asked.signed and not policy.keys_of(me.mail):
            raise NotPermitted(
                f"Your {what} must be signed for {one_line(display_path(place.path), 120)} ({policy.number_of(asked)}), "
                f"and {policy.path} lists no key of {one_line(me.mail, 80)}; have it added there first"
            )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
