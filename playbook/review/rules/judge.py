"""The one judge: whether a proposal may become main under a policy, with whose keys, and if not, what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from playbook.review.events import CONTENT, JUDGING, Event
from playbook.review.proposal import Proposal, acknowledging
from playbook.review.rules.policy import Policy, Rule
from playbook.review.rules.rights import MERGE, Rights
from playbook.review.rules.touched import Place, Touched
from playbook.text.safe import display_path, one_line

Lane = Literal["", "fast", "verify", "ruling", "override"]


@dataclass(frozen=True)
class Judgement:
    """Whether a proposal may become main: `blocked_by` names what is missing, each in a sentence without its full stop
    (nothing: it may). `keys` are the events that count as keys, in the order they were given; `lane` the way by which
    it may: the rules' own "", `fast`, `verify`, a `ruling`, or an `override`. `stale` are approvals that count no more,
    because main changed the same files since.
    """

    blocked_by: tuple[str, ...]
    keys: tuple[Event, ...] = ()
    lane: Lane = ""
    stale: tuple[Event, ...] = ()

    @property
    def mergeable(self) -> bool:
        """Whether nothing is missing."""
        return not self.blocked_by

    def newest(self, proposal: Proposal) -> Event:
        """The event that a merge takes in: the newest key, or an acknowledgement that came after it and counts, too."""
        said = [event for event in proposal.verdicts.values() if event.word == "acknowledge"]
        return max((*self.keys, *said), key=proposal.events.index)


def counts(rights: Rights, proposal: Proposal, mail: str) -> str:
    """Why that person's approval is no key for the proposal, whatever its files' rules; "" when it is one."""
    policy = rights.policy
    if policy.fault:
        return policy.fault
    if not mail.strip():
        return "nobody says who approves it; give a mail to git"
    if not policy.may_approve(mail):
        return f"{policy.name_of(mail)} has no approving role in {policy.path}; ask somebody who has"
    return not_own(rights, proposal, mail)


def not_own(rights: Rights, proposal: Proposal, mail: str) -> str:
    """Why somebody is too much its author to judge it: authors never, but a reviser once the proposer acknowledged."""
    policy = rights.policy
    who, proposer = policy.same_person(mail), policy.same_person(proposal.author.mail)
    if who not in {policy.same_person(author) for author in proposal.authors}:
        return ""
    if who == proposer:
        return "nobody approves their own words; ask somebody else"
    if acknowledging(proposer) in proposal.verdicts:
        return ""
    return f"{policy.name_of(mail)} revised it, so {policy.name_of(proposal.author.mail)} must acknowledge it first"


def useless(rights: Rights, touched: Touched, mail: str) -> str:
    """Why nobody waits for that person's approval of what is touched: no rule, head's place or lane asks for it."""
    policy = rights.policy
    rules = {id(rule): (rule, place) for place in touched.places for rule in [policy.rule_for(place.path, place.kind)]}
    asked = [role for rule, _ in rules.values() for role in rule.key_roles]
    if touched.heads and policy.same_person(mail) in policy.head_mails:
        return ""
    if not touched.small and touched.words <= policy.fast_lane.max_words:
        asked += policy.fast_lane.approve
    if not rules or policy.has_role(mail, asked):
        return ""
    rule, place = min(rules.values(), key=lambda found: found[1])
    where = f"{one_line(display_path(place.path), 120)}: {policy.number_of(rule)}"
    return f"it needs a key of {_names(rule.key_roles)}, and {policy.name_of(mail)} is none of these ({where})"


def judge(
    rights: Rights,
    proposal: Proposal,
    touched: Touched,
    *,
    holds: Callable[[Event], bool] = lambda event: True,
    assume: Event | None = None,
) -> Judgement:
    """Judge a proposal under its rights; `holds` says whether main has left alone what an approval judged, and `assume`
    is an approval to be judged as if it were given already."""
    if proposal.fault:
        return Judgement((proposal.fault,))
    if proposal.state not in ("open", "escalated"):
        return Judgement((f"it is {proposal.state}",))
    policy = rights.policy
    why: list[str] = [] if proposal.edited else ["no edit yet"]
    why += touched.faults
    if proposal.edited and not touched.places and not touched.faults:
        why.append("main has these words already, so it changes nothing; decline it, or let its author withdraw it")
    deciding = [event for event in proposal.events if event.word in CONTENT or event.word in JUDGING]
    strangers = {event.proposal for event in deciding if event.proposal} - {proposal.id}
    if strangers:
        others = one_line(", ".join(sorted(strangers)), 120)
        why.append(f"it holds words or verdicts of {others}; propose its own words anew, on main")
    if any("" in (event.author.mail.strip(), event.committer.mail.strip()) for event in proposal.contents):
        why.append("it holds words of nobody: a commit of it names no author that can be read; propose them anew")
    if policy.fault:
        return Judgement((*why, policy.fault))
    given = [event for event in proposal.events if proposal.verdicts.get(policy.same_person(event.by.mail)) is event]
    given += [assume] if assume else []
    approvals = [event for event in given if event.word == "approve"]
    keys = [event for event in approvals if event.by.mail.strip() and not not_own(rights, proposal, event.by.mail)]
    stale = [event for event in keys if not holds(event)]
    keys = [event for event in keys if event not in stale]
    bench = _Bench(rights, proposal, touched, keys, holds)
    forced = _forced(bench)
    if forced is not None:
        return Judgement((*why, *bench.for_heads()), forced.keys, forced.lane)
    asked = [event for event in given if event.word == "request-changes"]
    why += [f"{policy.name_of(event.by.mail)} asks for changes" for event in asked]
    if touched.verified:
        bench.keys = [*bench.own_verification(), *bench.keys]
    missing = list(dict.fromkeys(bench.missing()))
    lane: Lane = "verify" if touched.verified else ""
    if missing and bench.fast():
        missing, lane = [], "fast"
    if missing:
        names = ", ".join(dict.fromkeys(policy.name_of(event.by.mail) for event in stale))
        missing += [f"main changed the same files since {names} approved it; approve it anew"] if names else []
        missing = [*dict.fromkeys(_uncounted(rights, proposal, approvals)), *missing]
    return Judgement((*why, *missing), tuple(bench.keys), lane, tuple(stale))


def _uncounted(rights: Rights, proposal: Proposal, approvals: Iterable[Event]) -> Iterator[str]:
    """Why approvals that were given are no keys: an author's, one of older words, one that nobody need believe."""
    for event in approvals:
        if why := not_own(rights, proposal, event.by.mail):
            yield why
    for event in proposal.outdated.values():
        if event.word == "approve":
            yield f"{rights.policy.name_of(event.by.mail)} approved other words than these, which came later"
    again = {rights.policy.same_person(event.by.mail) for event in approvals}
    for event in proposal.events:
        if rights.policy.same_person(event.by.mail) in again:
            continue  # they gave one that stands
        if event.word == "approve" and event.fault and event.head in ("", proposal.head):
            yield f"the approval of {rights.policy.name_of(event.by.mail)} does not count: {event.fault}"


class _Bench:
    """A proposal before its judge: the keys that were given, and the rules that its files ask for."""

    def __init__(
        self, rights: Rights, proposal: Proposal, touched: Touched, keys: list[Event], holds: Callable[[Event], bool]
    ) -> None:
        self.rights = rights
        self.policy: Policy = rights.policy
        self.proposal = proposal
        self.touched = touched
        self.keys = keys
        self.holds = holds
        self.rules: dict[int, tuple[Rule, Place]] = {}
        for place in sorted(touched.places):
            rule = self.policy.rule_for(place.path, place.kind)
            self.rules.setdefault(id(rule), (rule, place))

    def own_verification(self) -> list[Event]:
        """The content commit of a verification: its maker's own event is their key, for the words they have read."""
        made = next((event for event in self.proposal.contents if event.commit == self.proposal.head), None)
        # What was ended once and opened again is for somebody else to say yes to.
        if any(event.word == "reopen" and not event.fault for event in self.proposal.events):
            return []
        return [made] if made and self.holds(made) and not self.rights.not_theirs(made) else []

    def missing(self) -> Iterator[str]:
        """What the rules still ask for."""
        yield from self.for_heads()
        for rule, place in self.rules.values():
            yield from self._for_rule(rule, place)

    def for_heads(self) -> Iterator[str]:
        """The heads whose key is missing where only both may change what is touched."""
        if not self.touched.heads:
            return
        what = one_line(", ".join(self.touched.heads), 120)
        # What only the heads may change wants their signature where any rule it touches wants one.
        signed = any(rule.signed for rule, _ in self.rules.values())
        agreed = [*self.keys, *(event for event in _rulings(self) if _for_it(event))]
        given = {self.policy.same_person(event.by.mail) for event in agreed if not signed or self._signed(event)}
        for head in self.policy.head_mails:
            if head not in given:
                own = not_own(self.rights, self.proposal, head)
                because = f" ({own})" if own else ""
                yield f"{what} needs the key of {self.policy.name_of(head)}, a head{because}"

    def _for_rule(self, rule: Rule, place: Place) -> Iterator[str]:
        where = f"{one_line(display_path(place.path), 120)}: {self.policy.number_of(rule)}"
        fitting = [event for event in self.keys if self.policy.has_role(event.by.mail, rule.key_roles)]
        unsigned = [event for event in fitting if not self._signed(event)] if rule.signed else []
        lacking = list(self._too_few(rule, [event for event in fitting if event not in unsigned], where))
        for event in unsigned if lacking else ():
            why = self.rights.unsure or "is not signed with a key the policy lists"
            yield f"the approval of {self.policy.name_of(event.by.mail)} {why} ({where})"
        yield from lacking
        if rule.acknowledge and not self._acknowledged(rule.acknowledge):
            yield f"nobody of {_names(rule.acknowledge)} has acknowledged it yet ({where})"

    def _too_few(self, rule: Rule, keys: Sequence[Event], where: str) -> Iterator[str]:
        people = {self.policy.same_person(event.by.mail) for event in keys}
        silent = [side for side in rule.sides if not any(self.policy.has_role(event.by.mail, [side]) for event in keys)]
        yield from (f"it needs a key from {side} ({where})" for side in silent)
        if rule.sides and not silent and not each_their_own(self.policy, people, rule.sides):
            yield f"it needs a key from each of {_names(rule.sides)}, each of somebody else ({where})"
        if rule.order:
            yield from self._in_order(rule.order, keys, where)
        wanted = max(rule.keys, len(rule.sides), len(rule.order))
        if len(people) < wanted and not (rule.sides and wanted == len(rule.sides)):
            who = _names(rule.key_roles)
            if wanted == 1:
                yield f"nobody of {who} has approved it yet ({where})"
            else:
                yield f"it needs {wanted} keys of {who} and has {len(people)} ({where})"

    def _in_order(self, order: Sequence[str], keys: Sequence[Event], where: str) -> Iterator[str]:
        at, signed = 0, set[str]()
        for event in keys:
            who = self.policy.same_person(event.by.mail)
            if at < len(order) and who not in signed and self.policy.has_role(event.by.mail, [order[at]]):
                signed.add(who)
                at += 1
        if at < len(order):
            after = f" after {order[at - 1]}" if at else ""
            yield f"{order[at]} must sign next{after}, in the order {', '.join(order)} ({where})"

    def _acknowledged(self, roles: Sequence[str]) -> bool:
        """Whether somebody of these roles stands by the words as they are: who wrote them last does."""
        heard = [event for event in self.proposal.verdicts.values() if event.word == "acknowledge"]
        newest = [event for event in self.proposal.contents if event.commit == self.proposal.head]
        # An author is only a name; it is they when they put the words there themselves, under their key if they have one.
        wrote = [
            event.author.mail
            for event in newest
            if self.policy.same_person(event.author.mail) == self.policy.same_person(event.committer.mail)
            and not self.rights.not_theirs(event)
        ]
        return any(self.policy.has_role(mail, roles) for mail in [*(event.by.mail for event in heard), *wrote])

    def fast(self) -> bool:
        """Whether the fast lane is open to it: a tiny fix in kinds the policy names, and a key of who may."""
        lane, touched = self.policy.fast_lane, self.touched
        if touched.small or touched.heads or not 0 < touched.words <= lane.max_words:
            return False
        if any(place.kind not in lane.kinds for place in touched.places):
            return False
        signed = any(rule.signed for rule, _ in self.rules.values())
        return any(
            self.policy.has_role(event.by.mail, lane.approve) and (not signed or self._signed(event))
            for event in self.keys
        )

    def _signed(self, event: Event) -> bool:
        return self.rights.signature(event).of(event.committer.mail)


@dataclass(frozen=True)
class _Forced:
    lane: Lane
    keys: tuple[Event, ...]


def _forced(bench: _Bench) -> _Forced | None:
    """A ruling or an override for the words as they are, by those who may; nobody rules on their own."""
    rulings = _rulings(bench)
    said = {bench.policy.same_person(event.by.mail): event.ruling or MERGE for event in rulings}
    signed = any(rule.signed for rule, _ in bench.rules.values())
    agreed = tuple(filter(_for_it, rulings))
    if bench.rights.decides(said) == MERGE and (not signed or all(map(bench._signed, agreed))):
        return _Forced("ruling", agreed)
    for event in _of(bench, "override"):
        may = all(bench.policy.has_role(event.by.mail, rule.override) for rule, _ in bench.rules.values())
        if may and bench.rules and bench.holds(event) and (not signed or bench._signed(event)):
            return _Forced("override", (event,))
    return None


def _rulings(bench: _Bench) -> list[Event]:
    """The rulings on the words as they are, given after the proposal went to the heads, that main has left alone."""
    found: list[Event] = []
    escalated = bench.proposal.state == "escalated"
    for event in bench.proposal.events:
        if event.word == "reopen" and not event.fault:
            found, escalated = [], bench.proposal.state == "escalated"
        escalated = escalated or (event.word == "escalate" and not event.fault)
        if event.word == "rule" and escalated:
            found.append(event)
    mine = _of(bench, "rule")
    return [event for event in found if event in mine and bench.holds(event)]


def _for_it(ruling: Event) -> bool:
    return (ruling.ruling or MERGE) == MERGE


def _of(bench: _Bench, word: str) -> list[Event]:
    """The events of that word on the words as they are that count, each person's last since it was opened again, none by
    its authors."""
    last: dict[str, Event] = {}
    for event in bench.proposal.events:
        if event.word == "reopen" and not event.fault:
            last = {}
        if event.word == word and not event.fault and event.head == bench.proposal.head:
            last[bench.policy.same_person(event.by.mail)] = event
    return [event for event in last.values() if not not_own(bench.rights, bench.proposal, event.by.mail)]


def each_their_own(policy: Policy, people: Iterable[str], sides: Sequence[str]) -> bool:
    """Whether every side can be given a person of its own: nobody stands for two."""
    standing: dict[str, int] = {}
    known = sorted(people)

    def place(side: int, tried: set[str]) -> bool:
        for person in known:
            if person in tried or not policy.has_role(person, [sides[side]]):
                continue
            tried.add(person)
            if person not in standing or place(standing[person], tried):
                standing[person] = side
                return True
        return False

    return all(place(side, set()) for side in range(len(sides)))


def _names(roles: Iterable[str]) -> str:
    return one_line(" or ".join(dict.fromkeys(roles)), 120)
