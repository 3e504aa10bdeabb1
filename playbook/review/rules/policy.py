"""Who may say yes, from content/policy.toml at one commit: people, sides, rules, the heads, the arbiter. Data alone."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from playbook.library.kinds import path_matches
from playbook.library.tomltable import read_toml
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library
    from playbook.store.signatures import Signer

FILES = ("content/policy.toml", "policy.toml")
SETTINGS = ("content/playbook.toml", "playbook.toml")
SIDES: Mapping[str, tuple[str, ...]] = {
    "sales": ("sales", "sales-head"),
    "marketing": ("marketing", "marketing-head", "product"),
}
REVIEW_HOURS = 48
ESCALATE_HOURS = 120
ANYBODY = "anybody"
HEADS, ARBITER = "heads", "arbiter"


class Member(msgspec.Struct, frozen=True):
    """One of [people]: a name for eyes, roles, the other mails of the same person, and SSH public keys."""

    name: str = ""
    roles: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


class Rule(msgspec.Struct, frozen=True):
    """One of [[rules]]: for which paths and kinds (none: all), and what they need before they become main.

    `approve` are the roles whose approval is a key, `keys` how many it takes; `sides` and `order` ask for a key from
    each; of `acknowledge` one must have acknowledged; `signed` keys are SSH signatures; `override` are those who may
    force it. A role that is the name of a side means everybody of that side; `heads` and `arbiter` are roles too.
    """

    paths: tuple[str, ...] = ("**",)
    kinds: tuple[str, ...] = ()
    approve: tuple[str, ...] = ("marketing",)
    keys: int = 1
    sides: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    acknowledge: tuple[str, ...] = ()
    signed: bool = False
    override: tuple[str, ...] = (HEADS,)

    @property
    def key_roles(self) -> tuple[str, ...]:
        """The roles whose approval is a key: those of the sides or of the order where the rule has such, too."""
        return (*self.approve, *self.sides, *self.order)


class FastLane(msgspec.Struct, frozen=True):
    """[fast_lane]: how many words a tiny fix may change, in which kinds, and whose one key is enough for it."""

    max_words: int = 0
    kinds: tuple[str, ...] = ()
    approve: tuple[str, ...] = ("marketing",)


class Service(msgspec.Struct, frozen=True):
    """[service]: the hours within which a proposal is to be looked at, and after which it goes to the heads."""

    review_hours: int = REVIEW_HOURS
    escalate_hours: int = ESCALATE_HOURS


class PolicyFile(msgspec.Struct, frozen=True):
    """The whole of a policy.toml, as it is written."""

    arbiter: str = ""
    people: dict[str, Member] = {}
    sides: dict[str, tuple[str, ...]] = {}
    heads: dict[str, str] = {}
    service: Service = Service()
    rules: tuple[Rule, ...] = ()
    fast_lane: FastLane = FastLane()


@dataclass(frozen=True, eq=False)
class Policy:
    """The rules of one commit; without a `path` there is no policy, and one key from anybody else is enough.

    `fault` says why the file cannot be read: then nobody's approval counts.
    """

    path: str = ""
    people: Mapping[str, Member] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    sides: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: dict(SIDES))
    heads: Mapping[str, str] = field(default_factory=dict)
    arbiter: str = ""
    fast_lane: FastLane = field(default_factory=FastLane)
    service: Service = field(default_factory=Service)
    fault: str = ""

    @property
    def review_hours(self) -> int:
        """The hours within which a proposal is to be looked at."""
        return self.service.review_hours

    @cached_property
    def _listed(self) -> dict[str, str]:
        """By any mail in small letters the mail its person is listed under, in small letters."""
        known: dict[str, str] = {}
        for mail, member in self.people.items():
            for one in (mail, *member.also):
                known.setdefault(one.strip().casefold(), mail.strip().casefold())
        return known

    @cached_property
    def _members(self) -> dict[str, Member]:
        return {mail.strip().casefold(): member for mail, member in self.people.items()}

    def same_person(self, mail: str) -> str:
        """The mail a person is known by, in small letters, whichever of theirs was given."""
        small = mail.strip().casefold()
        return self._listed.get(small, small)

    def member(self, mail: str) -> Member | None:
        """The person of that mail, by any of their mails; None for somebody the policy does not name."""
        return self._members.get(self.same_person(mail))

    def name_of(self, mail: str) -> str:
        """What a person is called, safe for one line: the policy's name for them, else their mail."""
        member = self.member(mail)
        return one_line((member.name if member else "") or mail, 80)

    def roles_of(self, mail: str) -> frozenset[str]:
        """A person's roles, `heads` and `arbiter` among them where they are one."""
        member, who = self.member(mail), self.same_person(mail)
        roles = set(member.roles) if member else set()
        for side, head in self.heads.items():
            if who and who == self.same_person(head):
                roles |= {HEADS, f"{side}-head"}
        if self.arbiter and who == self.same_person(self.arbiter):
            roles.add(ARBITER)
        return frozenset(roles)

    def has_role(self, mail: str, wanted: Iterable[str]) -> bool:
        """Whether a person has one of these roles; the name of a side stands for all of its roles."""
        names = set(wanted)
        if ANYBODY in names:
            return True
        roles = self.roles_of(mail)
        return any(name in roles or not roles.isdisjoint(self.sides.get(name, ())) for name in names)

    def keys_of(self, mail: str) -> tuple[str, ...]:
        """The SSH public keys of a person: where there are any, their verdicts must be signed."""
        member = self.member(mail)
        return member.keys if member else ()

    @cached_property
    def signers(self) -> list[Signer]:
        """Every key the policy lists, with the mails it may speak for. What is no key is a finding of lint's."""
        from playbook.store.signatures import signers_of

        people = [((mail, *member.also), member.keys) for mail, member in self.people.items()]
        return signers_of(people, self.path)[0]

    @property
    def head_mails(self) -> tuple[str, ...]:
        """The heads as one person each, in small letters."""
        return tuple(dict.fromkeys(self.same_person(mail) for mail in self.heads.values() if mail.strip()))

    def rule_for(self, path: str, kind: str) -> Rule:
        """The rule that decides for a file: the last one whose paths and kinds are its own; else one key of marketing's,
        and without a policy one of anybody's."""
        if not self.path:
            return _OPEN
        lower = _folded(path)
        for rule in reversed(self.rules):
            if rule.kinds and kind not in rule.kinds:
                continue
            if any(path_matches(_folded(pattern), lower) for pattern in rule.paths):
                return rule
        return _DEFAULT

    def number_of(self, rule: Rule) -> str:
        """How a rule is called in a sentence: by its place in the file."""
        at = next((number for number, one in enumerate(self.rules, 1) if one is rule), 0)
        return (
            f"rule {at} of {self.path}" if at else f"{self.path} has no rule for it" if self.path else "no policy.toml"
        )

    def may_approve(self, mail: str) -> bool:
        """Whether the person's approval is a key anywhere; who may not judge may still comment."""
        if self.fault:
            return False
        rules = (*self.rules, *(() if self.rules and self.path else (_DEFAULT if self.path else _OPEN,)))
        roles = [role for rule in rules for role in rule.key_roles]
        return self.has_role(mail, [*roles, *self.fast_lane.approve, HEADS, ARBITER])


def _folded(path: str) -> str:
    """What a path and its twins share on a disk that cannot tell them apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


_OPEN = Rule(approve=(ANYBODY,), override=())
_DEFAULT = Rule()


@lru_cache(maxsize=64)
def policy_at(library: Library, commit: str) -> Policy:
    """The policy that holds at a commit, read once for each. Raises LibraryUnreadable when git cannot be asked."""
    from playbook.store import objects

    # A folder, or a link, of that name is no policy.
    found = objects.entries_at(library, commit, FILES)
    present = {entry.path: entry for entry in found if entry.mode.startswith("100")}
    entry = next((present[name.encode()] for name in FILES if name.encode() in present), None)
    if entry is None:
        return Policy()
    path = entry.path.decode()
    for _, raw in objects.blobs(library, [entry.oid]):
        return parse_policy(raw, path)
    return Policy(path, fault=f"{path} cannot be read; mend it with a commit to main")


@lru_cache(maxsize=64)
def parse_policy(raw: bytes, path: str) -> Policy:
    """The policy written in those bytes; what is wrong in them is the policy's `fault`."""
    try:
        table: dict[str, Any] = read_toml(raw.decode("utf-8-sig"))
        read = msgspec.convert(table, PolicyFile)
    except (ValueError, msgspec.ValidationError, RecursionError) as error:
        return Policy(path, fault=f"{path}: {one_line(str(error), 200)}; mend it, until then nobody's approval counts")
    sides = {**SIDES, **read.sides}
    return Policy(
        path, read.people, read.rules, sides, read.heads, read.arbiter, read.fast_lane, read.service,
        fault=_nonsense(path, read, sides),
    )  # fmt: skip


def _nonsense(path: str, read: PolicyFile, sides: Mapping[str, object]) -> str:
    """What is well written and still cannot hold."""
    for number, rule in enumerate(read.rules, 1):
        unknown = [side for side in rule.sides if side not in sides]
        if unknown:
            return f"{path}: rule {number} asks for a key of {one_line(unknown[0], 40)!r}, which is no side; name it in [sides]"
        if not 1 <= rule.keys <= 20:
            return f"{path}: rule {number} asks for {rule.keys} keys; it takes from 1 to 20"
    for number, rule in enumerate(read.rules, 1):
        if not rule.paths:
            return f"{path}: rule {number} has no paths, so it is for nothing; give it some, or remove it"
    return ""
