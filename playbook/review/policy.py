"""Who may say yes, from content/policy.toml at one commit: so far, anybody it gives an approving role, never an author."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from playbook.review.proposal import Proposal, acknowledging
from playbook.store.writing import Person
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

FILES = ("content/policy.toml", "policy.toml")
MARKETING = ("marketing", "marketing-head", "product")
REVIEW_HOURS = 48


class Member(msgspec.Struct, frozen=True):
    """One of [people]: a name for eyes, roles, and the other mails of the same person."""

    name: str = ""
    roles: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True):
    """One of [[rules]]; of its fields these are looked at so far."""

    paths: tuple[str, ...] = ("**",)
    approve: tuple[str, ...] = ("marketing",)


class Service(msgspec.Struct, frozen=True):
    """[service]: the hours within which a proposal is to be looked at."""

    review_hours: int = REVIEW_HOURS
    escalate_hours: int = 120


class _File(msgspec.Struct, frozen=True):
    people: dict[str, Member] = {}
    rules: tuple[Rule, ...] = ()
    service: Service = Service()


@dataclass(frozen=True)
class Policy:
    """The rules of one commit. `fault` says why the file cannot be read: then nobody's approval counts."""

    path: str = ""
    people: Mapping[str, Member] = field(default_factory=dict)
    roles: frozenset[str] = frozenset()
    review_hours: int = REVIEW_HOURS
    fault: str = ""

    def member(self, mail: str) -> tuple[str, Member] | None:
        """The person of that mail, by any of their mails, with the mail they are listed under."""
        wanted = mail.casefold()
        for listed, member in self.people.items():
            if wanted == listed.casefold() or wanted in (other.casefold() for other in member.also):
                return listed, member
        return None

    def same_person(self, mail: str) -> str:
        """The mail a person is known by, in small letters, whichever of theirs was given."""
        found = self.member(mail)
        return (found[0] if found else mail).casefold()

    def may_approve(self, mail: str) -> bool:
        """Whether the person's approval is a key at all, whatever they approve."""
        if self.fault:
            return False
        if not self.path:
            return True
        found = self.member(mail)
        return found is not None and not self.roles.isdisjoint(found[1].roles)


def policy_at(library: Library, commit: str) -> Policy:
    """The policy that holds at a commit. Raises LibraryUnreadable when git cannot be asked."""
    from playbook.store import objects

    present = {entry.path: entry for entry in objects.entries_at(library, commit, FILES)}
    entry = next((present[name.encode()] for name in FILES if name.encode() in present), None)
    if entry is None:
        return Policy()
    path = entry.path.decode()
    for _, raw in objects.blobs(library, [entry.oid]):
        return parse_policy(raw, path)
    return Policy(path, fault=f"{path} cannot be read; mend it with a commit to main")


def parse_policy(raw: bytes, path: str) -> Policy:
    """The policy written in those bytes; what is wrong in them is the policy's `fault`."""
    try:
        table: dict[str, Any] = tomllib.loads(raw.decode("utf-8-sig"))
        read = msgspec.convert(table, _File)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        return Policy(path, fault=f"{path}: {one_line(str(error), 200)}; mend it, until then nobody's approval counts")
    named = {role for rule in read.rules for role in rule.approve}
    # `marketing` as a role to approve means that side: its head and product, too.
    roles = frozenset(named | set(MARKETING) if not read.rules or "marketing" in named else named)
    return Policy(path, read.people, roles, read.service.review_hours)


def counts(policy: Policy, proposal: Proposal, by: Person) -> str:
    """Why that person's approval is no key for the proposal; "" when it is one."""
    who = policy.same_person(by.mail)
    if policy.fault:
        return policy.fault
    if not policy.may_approve(by.mail):
        return f"{one_line(by.mail, 80)} has no approving role in {policy.path}; ask somebody who has"
    authors = {policy.same_person(mail) for mail in proposal.authors}
    if who not in authors:
        return ""
    proposer = policy.same_person(proposal.author.mail)
    if who == proposer:
        return "nobody approves their own words; ask somebody else"
    acknowledged = proposal.verdicts.get(acknowledging(proposal.proposer))
    if acknowledged is None:
        return f"{one_line(by.mail, 80)} revised it, so {one_line(proposal.author.mail, 80)} must acknowledge it first"
    return ""


def blocked_by(policy: Policy, proposal: Proposal) -> list[str]:
    """Why the proposal cannot become main yet, each in a few words; [] when it can."""
    why: list[str] = []
    if proposal.fault:
        return [proposal.fault]
    if proposal.state not in ("open", "escalated"):
        return [f"it is {proposal.state}"]
    if not proposal.edited:
        why.append("no edit yet")
    if policy.fault:
        return [*why, policy.fault]
    asked = [event for event in proposal.verdicts.values() if event.word == "request-changes"]
    why += [f"{one_line(event.by.name, 60)} asks for changes" for event in asked]
    keys = [event for event in proposal.verdicts.values() if event.word == "approve"]
    if not any(not counts(policy, proposal, event.by) for event in keys):
        given = [counts(policy, proposal, event.by) for event in keys]
        why.append(given[0] if given else "nobody has approved it yet")
    return why
