"""Whose events count: what each may do to a proposal under a policy, and whether it is really they who did it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playbook.errors import LibraryUnreadable
from playbook.review.events import ENDINGS, JUDGING, Event
from playbook.review.policy import ARBITER, HEADS, Policy, policy_at
from playbook.store import signatures as signed
from playbook.store.signatures import Signature
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

MERGE, DECLINE = "merge", "decline"


@dataclass(frozen=True, eq=False)
class Rights:
    """A policy, and by commit the signatures of the events it has to judge.

    `then` gives the rights at an older commit of main: what ended a proposal is heard, too, when its maker might do so
    then. `unsure` says why signatures cannot be checked: then nothing counts that must be signed.
    """

    policy: Policy
    signatures: Mapping[str, Signature] = field(default_factory=dict)
    then: Callable[[Event], Rights | None] | None = None
    unsure: str = ""

    def same_person(self, mail: str) -> str:
        """The mail a person is known by, in small letters."""
        return self.policy.same_person(mail)

    def signature(self, event: Event) -> Signature:
        """How the event is signed."""
        return self.signatures.get(event.commit) or Signature("unsigned")

    def unheard(self, event: Event, proposer: str) -> str:
        """Why the event counts for nothing under the policy; "" when it counts. `proposer` is who began the proposal."""
        why = self._unheard(event, proposer)
        if why and event.word in ENDINGS and self.then:
            older = self.then(event)
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


def then_at(library: Library, main: str) -> Callable[[Event], Rights | None]:
    """What `Rights.then` is on that main."""
    return lambda event: _then(library, main, event)


def _then(library: Library, main: str, event: Event) -> Rights | None:
    """The rights on the main that an event names as its base, when that is one."""
    from playbook.store import objects, refs

    if not refs.is_commit_id(event.base) or event.base == main:
        return None
    try:
        if not objects.is_ancestor(library, event.base, main):
            return None
        older = rights_at(library, event.base, [event])
    except LibraryUnreadable:
        return None
    return Rights(older.policy, older.signatures, None, older.unsure)
