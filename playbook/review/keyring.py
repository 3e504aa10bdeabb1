"""How a proposal stands for whoever looks at it: the keys it has and what they are worth, and what the reader may do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from playbook import clock
from playbook.errors import PlaybookError
from playbook.review.candidate import stands, touched_by
from playbook.review.escalation import judges_of, why_escalated
from playbook.review.events import Event
from playbook.review.listing import merges_on_main
from playbook.review.own_key import cannot_sign
from playbook.review.rules.judge import Judgement, Lane, counts, judge, not_own, useless
from playbook.review.rules.policy import ARBITER, HEADS, Policy
from playbook.review.rules.rights import DECLINE, Rights, rights_at
from playbook.store.signatures import Signature
from playbook.text.safe import display_path, one_line

if TYPE_CHECKING:
    from playbook.review.proposal import Proposal
    from playbook.review.rules.touched import Touched
    from playbook.store.managed import Library
    from playbook.store.writing import Person

OPEN = ("open", "escalated")
UNCHECKED = "unchecked"
GIVES, GIVEN, NOTHING_YET = "gives", "given", "nothing yet"
"""What the reader's own key is: one that counts, one that they gave already, one that changes nothing so far."""


@dataclass(frozen=True)
class Given:
    """One key that somebody gave. `word` is the event's; `badge` how it is signed (`verified`, `unsigned`, `wrong key`,
    or `unchecked` where that cannot be told here), "" where the policy lists nobody's keys; `counts` whether it is one."""

    by: str
    word: str
    badge: str
    counts: bool = True
    against: bool = False


@dataclass(frozen=True)
class Keyring:
    """The keys `given`, what is still `missing` (a sentence each, without its full stop), and by which `lane` it goes.

    `may_not` says why the reader's approval would be no key; else `own` what it would come to: `merges` when it would be
    the last one wanted, and `then` what would still be missing. `before` says why it stands before the heads, and
    `judges` who is to decide it. `refused` says of `escalate`, `rule` and `override` why they are not the reader's.
    """

    given: tuple[Given, ...] = ()
    missing: tuple[str, ...] = ()
    lane: Lane = ""
    may_not: str = ""
    own: str = ""
    merges: bool = False
    then: tuple[str, ...] = ()
    before: str = ""
    judges: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


def keyring(library: Library, proposal: Proposal, main: str, rights: Rights, me: Person | None) -> Keyring:
    """How the proposal stands on that main for that person. Never raises: what cannot be read has no keys."""
    try:
        if proposal.fault:
            return Keyring()
        if proposal.state == "merged":
            return _merged(library, proposal, main)
        return _open(library, proposal, main, rights, me) if proposal.state in OPEN else Keyring()
    except PlaybookError:
        return Keyring()


def _open(library: Library, proposal: Proposal, main: str, rights: Rights, me: Person | None) -> Keyring:
    policy, touched = rights.policy, touched_by(library, proposal, main)
    judged = judge(rights, proposal, touched, holds=lambda event: stands(library, proposal, event, main))
    before = why_escalated(policy, proposal, clock.now().timestamp())
    made = Keyring(
        tuple(_given(rights, proposal, touched, judged)), judged.blocked_by, judged.lane, before=before,
        judges=tuple(policy.name_of(mail) for mail in judges_of(policy, proposal)) if before else (),
    )  # fmt: skip
    if me is None:
        return made
    return replace(
        _with_own(library, made, proposal, main, rights, me, touched, judged),
        refused=_refused(rights, proposal, touched, before, me),
    )


def _given(rights: Rights, proposal: Proposal, touched: Touched, judged: Judgement) -> Iterator[Given]:
    """The keys in the order they were given; of each person the newest one of each sort, on the words as they are."""
    policy = rights.policy
    newest: dict[tuple[str, str], Event] = {}
    for event in proposal.events:
        key = (policy.same_person(event.by.mail), event.word)
        if (event.word in ("approve", "rule", "override") and event.head == proposal.head) or event in judged.keys:
            newest.pop(key, None)
            newest[key] = event
    told = proposal.verdicts.values()
    for event in newest.values():
        if event.word == "approve" and not event.fault and event not in told:
            continue  # they think otherwise by now
        valid = event in judged.keys and not (event.word == "approve" and useless(rights, touched, event.by.mail))
        valid = valid or (event.word in ("rule", "override") and not event.fault)
        against = event.word == "rule" and event.ruling == DECLINE
        yield Given(policy.name_of(event.by.mail), event.word, badge_of(rights, event), valid, against)


def badge_of(rights: Rights, event: Event) -> str:
    """How the event is signed, where that says something: "" where the policy lists nobody's keys."""
    policy, mail = rights.policy, event.committer.mail
    if not any(member.keys for member in policy.people.values()):
        return ""
    if rights.unsure and policy.keys_of(mail):
        return UNCHECKED
    found = rights.signature(event)
    return found.state if found.state != "verified" or found.of(mail) else "wrong key"


def _merged(library: Library, proposal: Proposal, main: str) -> Keyring:
    """The keys with which it became main, as the policy of that moment has it."""
    from playbook.review.verify import verdicts

    before = next((one.main for one in merges_on_main(library, main) if one.commit == proposal.merge), "")
    for verdict in verdicts(library, before, proposal.merge) if before else ():
        if verdict.judgement is not None:
            keys = verdict.judgement.keys
            rights = rights_at(library, before, keys, policy=verdict.policy)
            given = [Given(verdict.policy.name_of(one.by.mail), one.word, badge_of(rights, one)) for one in keys]
            return Keyring(tuple(given), (), verdict.judgement.lane)
    return Keyring()


def _with_own(
    library: Library, made: Keyring, proposal: Proposal, main: str, rights: Rights, me: Person,
    touched: Touched, judged: Judgement,
) -> Keyring:  # fmt: skip
    """With what the reader's own key would come to."""
    who = rights.same_person(me.mail)
    if any(event.word == "approve" and rights.same_person(event.by.mail) == who for event in judged.keys):
        return replace(made, own=GIVEN)
    why = counts(rights, proposal, me.mail)
    waits = "must acknowledge" in why
    why = "" if waits else why
    if not why and proposal.edited and not touched.faults:
        why = useless(rights, touched, me.mail) or _cannot_sign(rights.policy, touched, me)
    if why or not proposal.edited or touched.faults:
        return replace(made, may_not=why)
    mine = Event(
        "", proposal.head_tree, (proposal.tip,), "", "approve", me, me, int(clock.now().timestamp()), "", "",
        head=proposal.head, base=main,
    )  # fmt: skip
    as_signed = {"": Signature("verified", frozenset({me.mail.casefold()}))} if rights.policy.keys_of(me.mail) else {}
    as_if = judge(
        replace(rights, signatures={**rights.signatures, **as_signed}), _unsaid_by(who, rights, proposal), touched,
        holds=lambda event: stands(library, proposal, event, main), assume=mine,
    )  # fmt: skip
    changes = set(judged.blocked_by) != set(as_if.blocked_by)
    # A key before its turn is not counted once its turn has come.
    waits = waits or any("must sign next" in one and one in judged.blocked_by for one in as_if.blocked_by)
    own = GIVES if changes and not waits else NOTHING_YET
    return replace(made, own=own, merges=as_if.mergeable, then=as_if.blocked_by, lane=as_if.lane or made.lane)


def _unsaid_by(who: str, rights: Rights, proposal: Proposal) -> Proposal:
    """The proposal without what that person said of it so far: a new approval takes its place."""

    def others(said: Mapping[str, Event]) -> dict[str, Event]:
        return {
            key: one for key, one in said.items() if one.word == "acknowledge" or rights.same_person(one.by.mail) != who
        }

    return replace(
        proposal, verdicts=others(proposal.verdicts), outdated=others(proposal.outdated),
        events=tuple(
            one for one in proposal.events
            if not (one.fault and one.word == "approve" and rights.same_person(one.by.mail) == who)
        ),
    )  # fmt: skip


def _cannot_sign(policy: Policy, touched: Touched, me: Person) -> str:
    """Why an approval written here would not be signed as it must be; "" when it would, as far as can be told."""
    listed = policy.keys_of(me.mail)
    if not listed:
        for place in sorted(touched.places):
            if policy.rule_for(place.path, place.kind).signed:
                rule = policy.number_of(policy.rule_for(place.path, place.kind))
                where = one_line(display_path(place.path), 120)
                return f"it must be signed ({where}: {rule}), and {policy.path} lists no key of yours"
        return ""
    return cannot_sign(policy, me.mail)


def _refused(rights: Rights, proposal: Proposal, touched: Touched, before: str, me: Person) -> dict[str, str]:
    """Why the ways out of a quarrel are not this person's, each in a sentence; those that are have none."""
    policy, who = rights.policy, one_line(me.mail, 80)
    own = not_own(rights, proposal, me.mail)
    refused: dict[str, str] = {}
    nobody = "no heads and no arbiter are named in the policy, so nobody can rule here"
    judges = bool(policy.head_mails or policy.arbiter)
    if policy.fault or not judges:
        refused["escalate"] = refused["rule"] = policy.fault or nobody
    else:
        if proposal.state == "escalated":
            refused["escalate"] = "it stands before the heads already"
        elif not policy.member(me.mail) and rights.same_person(proposal.author.mail) != rights.same_person(me.mail):
            refused["escalate"] = f"{who} is not among the people of {policy.path}"
        if not policy.has_role(me.mail, (HEADS, ARBITER)):
            refused["rule"] = f"{who} is neither a head nor the arbiter in {policy.path}"
        elif own or not before:
            refused["rule"] = own or "it does not stand before the heads"
    if why := policy.fault or _may_not_force(policy, touched, me.mail) or own:
        refused["override"] = why
    return refused


def _may_not_force(policy: Policy, touched: Touched, mail: str) -> str:
    if touched.faults:
        return touched.faults[0]
    for place in sorted(touched.places):
        rule = policy.rule_for(place.path, place.kind)
        if not policy.has_role(mail, rule.override):
            may = one_line(" or ".join(rule.override) or "nobody", 80)
            where = one_line(display_path(place.path), 120)
            return f"{where} may be forced by {may} ({policy.number_of(rule)}), and {one_line(mail, 80)} is none"
    return "" if touched.places else "it changes nothing, so there is nothing to force"
