"""Whose events count: what each may do to a proposal under a policy, and whether it is really they who did it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playbook.errors import LibraryUnreadable
from playbook.review.events import ENDINGS, JUDGING, Event
from playbook.review.rules.policy import ARBITER, HEADS, Policy, policy_at
from playbook.review.steps import line_of
from playbook.store import signatures as signed
from playbook.store.signatures import Signature
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

MERGE, DECLINE = "merge", "decline"


Then = Callable[["Event", Iterable[str]], "Rights | None"]


@dataclass(frozen=True, eq=False)
class Rights:
    """A policy, and by commit the signatures of the events it has to judge.

    `then` gives the rights of an event's own time, told from what it names and what came before it on its branch: what
    ended a proposal, or opened it again, stays heard when its maker might do so then. `unsure` says why signatures cannot
    be checked: then nothing counts that must be signed.
    """

    policy: Policy
    signatures: Mapping[str, Signature] = field(default_factory=dict)
    then: Then | None = None
    unsure: str = ""

    def same_person(self, mail: str) -> str:
        """The mail a person is known by, in small letters."""
        return self.policy.same_person(mail)

    def signature(self, event: Event) -> Signature:
        """How the event is signed."""
        return self.signatures.get(event.commit) or Signature("unsigned")

    def unheard(self, event: Event, proposer: str, before: Callable[[], Iterable[str]] = tuple) -> str:
        """Why the event counts for nothing under the policy; "" when it counts. `proposer` is who began the proposal, and
        `before` gives the commits of main that what came before it stands on, or names."""
        why = self._unheard(event, proposer)
        if why and self.then and stays(event):
            older = self.then(event, before())
            if older is not None and not older.unheard(event, proposer):
                return ""
        return why

    def _unheard(self, event: Event, proposer: str) -> str:
        policy, mail = self.policy, event.committer.mail
        if event.word not in JUDGING or policy.fault or not policy.path:
            return ""
        own = policy.same_person(mail) == policy.same_person(proposer)
        who = one_line(mail, 80)
        if unsigned := self.not_theirs(event):
            return unsigned
        if event.word == "decline" and not policy.may_approve(mail):
            return f"{who} has no approving role in {policy.path}, so cannot decline"
        if event.word == "park" and not (own or policy.may_approve(mail)):
            return f"{who} has no approving role in {policy.path}, so cannot park what is somebody else's"
        if event.word in ("rule", "override") and not event.text.strip():
            return "it gives no reason, so it counts for nothing"
        if event.word == "rule" and not policy.has_role(mail, (HEADS, ARBITER)):
            return f"{who} is neither a head nor the arbiter in {policy.path}, so cannot rule"
        if event.word == "reopen" and not (own or policy.may_approve(mail)):
            return f"{who} has no approving role in {policy.path}, so cannot open what was ended"
        if event.word != "withdraw" and not (own or policy.member(mail) or policy.has_role(mail, (HEADS, ARBITER))):
            return f"{who} is not among the people of {policy.path}"
        return ""

    def not_theirs(self, event: Event) -> str:
        """Why an event is not believed to be its maker's: the policy lists keys for them and none of these signed it."""
        mail = event.committer.mail
        if not self.policy.keys_of(mail):
            return ""
        if self.unsure:
            return self.unsure
        found = self.signature(event)
        if found.of(mail):
            return ""
        who = one_line(mail, 80)
        if found.state == "unsigned":
            return f"{who} has keys in {self.policy.path} and this is not signed with one of them"
        return f"it is signed with another key than those that {self.policy.path} lists for {who}"

    def keyholder(self, mail: str) -> bool:
        """Whether an approval of theirs is a key anywhere."""
        return self.policy.may_approve(mail)

    def decides(self, rulings: Mapping[str, str]) -> str:
        """What rulings (by whose, `merge` or `decline`) come to: the arbiter's alone, or the same one of every head; ""
        while they come to nothing."""
        policy = self.policy
        if policy.arbiter and (found := rulings.get(policy.same_person(policy.arbiter))):
            return found
        said = {rulings.get(head, "") for head in policy.head_mails}
        return said.pop() if len(said) == 1 else ""


def stays(event: Event) -> bool:
    """Whether an event stays heard under a later policy: nothing comes into main by it. Who is heard when they end a
    proposal is heard when they open it again, or a proposal would be what nobody left it as."""
    return event.word in ENDINGS or event.word == "reopen" or (event.word == "rule" and event.ruling == DECLINE)


def must_be_theirs(policy: Policy, event: Event) -> bool:
    """Whether it matters how an event is signed: it decides, or verifies, or its words stand for its maker's assent."""
    if not policy.keys_of(event.committer.mail):
        return False
    return event.word in JUDGING or event.kind == "verify" or any(rule.acknowledge for rule in policy.rules)


def rights_at(library: Library, main: str, events: Iterable[Event], *, policy: Policy | None = None) -> Rights:
    """The rights at a commit of main, with the signatures of those of the events that somebody with keys made."""
    held = policy or policy_at(library, main)
    judging = [event.commit for event in events if must_be_theirs(held, event)]
    unsure, signatures = "", {}
    if judging:
        try:
            signatures = signed.check(library, judging, held.signers)
        except signed.CannotCheck as error:
            unsure = str(error)

    return Rights(held, signatures, then_at(library, main), unsure)


def then_at(library: Library, main: str) -> Then:
    """What `Rights.then` is on that main."""
    return lambda event, before: _then(library, main, event, before)


def _then(library: Library, main: str, event: Event, before: Iterable[str]) -> Rights | None:
    """The rights on the newest main that an event, or anything before it on its branch, names or stands on.

    Nobody can say that they came before what they answer: time only goes on along a branch. Only what was main itself
    is asked, for whatever was merged has commits beside it with any policy that somebody liked to write there.
    """
    line = line_of(library.git_dir, main)
    places = [line[commit] for commit in (event.base, *before) if commit in line]
    if not places or not min(places):
        return None
    moment = next(commit for commit, place in line.items() if place == min(places))
    try:
        older = rights_at(library, moment, [event])
    except LibraryUnreadable:
        return None
    # Under a policy that could not be read nobody had rights, and every word was let stand.
    return None if older.policy.fault else Rights(older.policy, older.signatures, None, older.unsure)
