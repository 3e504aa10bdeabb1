"""What is wrong in a policy that can be read: rules nobody can meet, people listed twice, names that nothing knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from playbook.library.card import Problem
from playbook.library.tomltable import read_toml
from playbook.review.rules import policy as made
from playbook.review.rules.judge import each_their_own
from playbook.review.rules.policy import ANYBODY, ARBITER, FILES, HEADS, Policy, Rule, parse_policy
from playbook.review.rules.policy_check import holders
from playbook.store.signatures import parse_keys
from playbook.text.safe import one_line

ERRORS = ("policy-unreadable", "policy-unmet", "policy-person", "policy-key")
UNHEARD = "policy-unheard"  # of a change alone: see review.unheard
WARNINGS = ("policy-role", "policy-field", "policy-shadowed", "policy-fast-lane", UNHEARD)
RULES = ERRORS + WARNINGS
MOST_WORDS = 50
_MOST_RULES = 500  # whose order is looked at
_LONGEST_LINE = 2_000  # letters in which a name is looked for
_HEADER = re.compile(r"\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(
    r"\s*((?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|[\w-]+))*)\s*="
)


def lint_policy(text: str, path: str = FILES[0]) -> list[Problem]:
    """Every finding in the text of a policy, by line."""
    policy = parse_policy(text.encode("utf-8", "surrogateescape"), path)
    lines = _Lines(text)
    try:
        tables = read_toml(text.removeprefix("\ufeff"))
    except ValueError:
        tables = {}
    if policy.fault:
        where = re.search(r"at line (\d+)", policy.fault) or re.search(r"rule (\d+) ", policy.fault)
        line = 1
        if where:
            line = int(where[1]) if where[0].startswith("at") else lines.of("rules", int(where[1]) - 1)
        return [Problem(path, line, "policy-unreadable", "error", one_line(policy.fault, 400))]
    found = [*_fields(tables, lines), *_people(policy, lines), *_names(policy, lines), *_rules(policy, lines)]
    return sorted(
        {Problem(path, line, rule, "error" if rule in ERRORS else "warning", said) for line, rule, said in found},
        key=lambda problem: (problem.line, problem.rule, problem.message),
    )


_Found = Iterator[tuple[int, str, str]]


class _Lines:
    """Where things stand in the file, from 1; 1 for what is not found."""

    def __init__(self, text: str) -> None:
        self._at: dict[tuple[object, ...], int] = {}
        self._number: dict[tuple[object, ...], int] = {}
        here: tuple[object, ...] = ()
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > _LONGEST_LINE:
                continue
            if header := _HEADER.fullmatch(line):
                here = self._table(_dotted(header[2]), listed=header[1] == "[[")
                self._at.setdefault(here, number)
            elif (key := _KEY.match(line)) and (names := _dotted(key[1])):
                for upto in range(1, len(names) + 1):
                    self._at.setdefault((*here, *names[:upto]), number)

    def _table(self, names: tuple[str, ...], *, listed: bool) -> tuple[object, ...]:
        if listed:
            self._number[names] = self._number.get(names, -1) + 1
            return (*names, self._number[names])
        self._at.setdefault(names, 1)
        return names

    def of(self, *names: object) -> int:
        """The line of what has these names; of the nearest around it that is found."""
        for upto in range(len(names), 0, -1):
            if names[:upto] in self._at:
                return self._at[names[:upto]]
        return 1


def _dotted(text: str) -> tuple[str, ...]:
    """The names in a dotted key."""
    try:
        table: Any = read_toml(f"{text} = 0")
    except ValueError:
        return ()
    names = []
    while isinstance(table, dict) and table:
        name, table = next(iter(table.items()))
        names.append(name)
    return tuple(names)


def _fields(tables: dict[str, Any], lines: _Lines) -> _Found:
    """Fields that nothing reads: most are a letter away from one that is."""
    yield from _unknown(tables, made.PolicyFile, lines, ())
    people, rules = tables.get("people", {}), tables.get("rules", [])
    for mail, entry in people.items() if isinstance(people, dict) else ():
        yield from _unknown(entry, made.Member, lines, ("people", mail))
    for number, entry in enumerate(rules if isinstance(rules, list) else ()):
        yield from _unknown(entry, Rule, lines, ("rules", number))
    yield from _unknown(tables.get("service"), made.Service, lines, ("service",))
    yield from _unknown(tables.get("fast_lane"), made.FastLane, lines, ("fast_lane",))


def _unknown(table: object, kind: type[msgspec.Struct], lines: _Lines, at: tuple[object, ...]) -> _Found:
    known = [field.encode_name for field in msgspec.structs.fields(kind)]
    for name in table if isinstance(table, dict) else ():
        if name not in known:
            where = f" in [{at[0]}]" if at else ""
            said = f"{one_line(name, 60)!r} is no field{where}; nothing reads it. There are {', '.join(known)}"
            yield lines.of(*at, name), "policy-field", said


def _people(policy: Policy, lines: _Lines) -> _Found:
    """One person twice, heads who are nobody, and keys that are none."""
    owner: dict[str, str] = {}
    for mail, member in policy.people.items():
        for one in dict.fromkeys(name.strip().casefold() for name in (mail, *member.also)):
            if one in owner:
                said = f"{one_line(one, 80)} is {one_line(owner[one], 80)} already; one person stands there once"
                yield lines.of("people", mail), "policy-person", said
            owner.setdefault(one, mail)
        for fault in parse_keys(member.keys)[1]:
            yield lines.of("people", mail, "keys"), "policy-key", f"{one_line(mail, 80)}: {fault}"
    heads = [("heads", side, mail) for side, mail in policy.heads.items()]
    for *at, mail in [*heads, ("arbiter", policy.arbiter)] if policy.arbiter else heads:
        if not policy.member(mail):
            who = f"the head of {one_line(at[1], 40)}" if len(at) > 1 else "the arbiter"
            said = f"{one_line(mail, 80) or 'nobody'}, {who}, is not in [people]; write the mail as it stands there"
            yield lines.of(*at), "policy-person", said
    for side in policy.heads:
        if side not in policy.sides:
            said = f"{one_line(side, 60)!r} has a head and is no side; there are {', '.join(map(_short, policy.sides))}"
            yield lines.of("heads", side), "policy-role", said


def _names(policy: Policy, lines: _Lines) -> _Found:
    """Roles that people have and nothing asks for, and that something asks for and nobody has."""
    asked = {HEADS, ARBITER, ANYBODY, *policy.sides, *(f"{side}-head" for side in policy.heads)}
    asked |= {role for roles in policy.sides.values() for role in roles}
    for rule in policy.rules:
        asked.update((*rule.key_roles, *rule.acknowledge, *rule.override))
    asked.update(policy.fast_lane.approve)
    for mail, member in policy.people.items():
        for role in dict.fromkeys(member.roles):
            if role not in asked:
                said = f"{one_line(mail, 80)} has the role {_short(role)!r}, which no rule, side or head names"
                yield lines.of("people", mail, "roles"), "policy-role", said
    for number, rule in enumerate(policy.rules):
        for name, roles in (("approve", rule.approve), ("order", rule.order), ("acknowledge", rule.acknowledge)):
            spare = [role for role in dict.fromkeys(roles) if role != ANYBODY and not holders(policy, [role])]
            if spare and len(spare) < len(set(roles)) and name != "order":
                said = f"rule {number + 1}: nobody has the role {_short(spare[0])!r} that {name} names"
                yield lines.of("rules", number, name), "policy-role", said
    lane = policy.fast_lane
    if lane.max_words > MOST_WORDS:
        said = (
            f"a fix of {lane.max_words} words is not tiny; the fast lane is for {MOST_WORDS} at most, usually for five"
        )
        yield lines.of("fast_lane", "max_words"), "policy-fast-lane", said
    if lane.max_words > 0 and ANYBODY not in lane.approve and not holders(policy, lane.approve):
        said = f"nobody has {_list(lane.approve)}, so nothing can go by the fast lane"
        yield lines.of("fast_lane", "approve"), "policy-fast-lane", said


def _rules(policy: Policy, lines: _Lines) -> _Found:
    if not policy.rules and not holders(policy, Rule().approve):
        said = "there are no [[rules]], so one key of marketing is wanted, and nobody is on that side"
        yield 1, "policy-unmet", said
    for number, rule in enumerate(policy.rules):
        for name, said in _unmet(policy, rule):
            yield lines.of("rules", number, name), "policy-unmet", f"rule {number + 1} can be met by nobody: {said}"
    for number, rule in enumerate(policy.rules[:_MOST_RULES]):
        later = [at for at, one in enumerate(policy.rules[:_MOST_RULES]) if at > number and _covers(one, rule)]
        if later:
            said = (
                f"rule {number + 1} decides for nothing: rule {later[0] + 1} stands below it and is for all of it, too"
            )
            yield lines.of("rules", number), "policy-shadowed", said


def _unmet(policy: Policy, rule: Rule) -> Iterator[tuple[str, str]]:
    """The fields of a rule that ask for more than there is, each with why."""
    for name, roles in (("sides", rule.sides), ("order", rule.order)):
        lone = [role for role in dict.fromkeys(roles) if role != ANYBODY and not holders(policy, [role])]
        if lone:
            yield name, f"{name} asks for {_short(lone[0])}, and nobody is that"
        elif ANYBODY not in roles and not each_their_own(policy, holders(policy, roles), roles):
            yield name, f"{name} asks for {_list(roles, ' and ')}, and one person would have to be two of these"
    wanted = max(rule.keys, len(rule.sides), len(rule.order))
    people = holders(policy, rule.key_roles)
    if ANYBODY not in rule.key_roles and len(people) < wanted:
        field = "keys" if len(people) else "approve"
        yield (
            field,
            f"it asks for {wanted} key{'s' if wanted > 1 else ''} of {_list(rule.key_roles)}, and {_count(people)}",
        )
    elif rule.signed:
        able = [mail for mail in people if parse_keys(policy.keys_of(mail))[0]]
        if len(able) < wanted:
            said = (
                f"{wanted} key{'s' if wanted > 1 else ''} must be signed, and of those who may sign {_count(able)} keys"
            )
            yield "signed", said.replace("has that", "has").replace("have that", "have")
    if rule.acknowledge and ANYBODY not in rule.acknowledge and not holders(policy, rule.acknowledge):
        yield "acknowledge", f"nobody has {_list(rule.acknowledge)}, who must acknowledge it"


def _count(people: list[str]) -> str:
    return {0: "nobody has that", 1: "only one person has that"}.get(
        len(people), f"only {len(people)} people have that"
    )


def _covers(later: Rule, rule: Rule) -> bool:
    """Whether whatever a rule is for, a later one is for as well."""
    kinds = not later.kinds or (bool(rule.kinds) and set(rule.kinds) <= set(later.kinds))
    return kinds and ("**" in later.paths or set(rule.paths) <= set(later.paths))


def _short(text: str) -> str:
    return one_line(text, 60)


def _list(roles: Iterable[str], sign: str = " or ") -> str:
    return one_line(sign.join(dict.fromkeys(roles)), 160)
