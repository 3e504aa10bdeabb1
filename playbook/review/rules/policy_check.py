"""Why somebody may or may not say yes to a file: the rule that decides, what it asks for, and who could give it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook.errors import NothingFound, UsageError
from playbook.review.rules.judge import each_their_own
from playbook.review.rules.policy import ANYBODY, FILES, SETTINGS, Policy, Rule, policy_at
from playbook.review.rules.settings_at import settings_at
from playbook.review.rules.touched import kind_at
from playbook.store import objects, refs
from playbook.text.safe import display_path, one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library


@dataclass(frozen=True)
class Check:
    """What the policy says of one person and one file. `counts` says whether their key is one for it; `lines` say all of
    it in sentences, the answer first."""

    person: str
    path: str
    kind: str
    rule: str
    roles: tuple[str, ...]
    sides: tuple[str, ...]
    counts: bool
    fast_lane: bool
    may_override: bool
    lines: tuple[str, ...]


def check(library: Library, person: str, path: str) -> Check:
    """What main's policy says of that person (a mail, or the name of one of its people) and that file of main.

    Raises UsageError for a person it cannot be, and NothingFound for a file that is not there.
    """
    main = refs.main_commit(library)
    policy = policy_at(library, main)
    mail = _mail(policy, person)
    place = _place(library, main, path)
    return explain(policy, mail, place, _kind(library, main, place))


def _mail(policy: Policy, person: str) -> str:
    given = person.strip()
    if "@" in given:
        return given
    named = [mail for mail, member in policy.people.items() if given.casefold() in _names(member.name, mail)]
    if len(named) == 1:
        return named[0]
    if named:
        raise UsageError(f"{one_line(given, 80)!r} may be {_list(policy, named)}; give the mail")
    known = ", ".join(sorted(policy.name_of(mail) for mail in policy.people)) or "nobody"
    raise UsageError(
        f"There is no {one_line(given, 80)!r} in {policy.path or 'this library, which has no policy.toml'}; it names "
        f"{one_line(known, 400)}. Give a mail for anybody else"
    )


def _names(name: str, mail: str) -> set[str]:
    """What somebody may be called: their name, the first word of it, and what stands before the @ of their mail."""
    whole = name.strip().casefold()
    return {whole, whole.partition(" ")[0], mail.partition("@")[0].casefold()} - {""}


def _place(library: Library, main: str, path: str) -> str:
    """The file's path in the repository, which may be given without content/."""
    for place in (path, f"content/{path}"):
        if any(os.fsdecode(entry.path) == place for entry in objects.entries_at(library, main, [place])):
            return place
    raise NothingFound(
        f"There is no file and no card {one_line(display_path(path), 160)!r} on main; `playbook search` finds one"
    )


def _kind(library: Library, main: str, path: str) -> str:
    oids = [entry.oid for entry in objects.entries_at(library, main, [path])]
    text = next((raw.decode("utf-8", "replace") for _, raw in objects.blobs(library, oids)), "")
    return kind_at(path, text, settings_at(library, main))


def explain(policy: Policy, mail: str, path: str, kind: str) -> Check:
    """The answer for a person and a file of that kind, from the policy alone."""
    rule = policy.rule_for(path, kind)
    roles = tuple(sorted(policy.roles_of(mail)))
    sides = tuple(sorted(side for side in policy.sides if policy.has_role(mail, [side])))
    protected = path in FILES and bool(policy.head_mails)
    alone = protected and _enough(policy, rule, policy.head_mails)
    why_not = _why_not(policy, rule, mail, protected, alone)
    lane = policy.fast_lane
    fast = lane.max_words > 0 and kind in lane.kinds and not protected
    believed = not policy.fault and not (rule.signed and not policy.keys_of(mail))
    may_fast = fast and believed and policy.has_role(mail, lane.approve)
    may_override = believed and not protected and policy.has_role(mail, rule.override)
    who = f"{policy.name_of(mail)}'s" if policy.member(mail) else f"{one_line(mail, 80)}'s"
    shown = one_line(display_path(path), 160)
    lines = [
        f"No: {who} key does not count for {shown}: {why_not}" if why_not else f"Yes: {who} key counts for {shown}"
    ]
    lines.append(f"{shown} is of the kind {one_line(kind, 40)}, and {policy.number_of(rule)} decides")
    lines.append(_who_they_are(policy, mail, roles, sides))
    lines += _wanted(policy, rule, policy.head_mails if alone else None)
    if protected or (path in SETTINGS and policy.head_mails):
        what = "" if protected else " its stages and [kinds]"
        lines.append(f"{_only_heads(policy)} may change{what or ' it'}: {_list(policy, policy.head_mails)}")
    if fast:
        ours = "; theirs would be enough" if may_fast else ""
        lines.append(
            f"Fast lane: up to {lane.max_words} words of plain text need one key of {_roles(lane.approve)}: "
            f"{_holders(policy, lane.approve, signed=rule.signed)}{ours}"
        )
    lines.append(
        "Nobody may force it past the heads"
        if protected
        else f"It may be forced by {_roles(rule.override)}, leaving a mark that stays: "
        f"{_holders(policy, rule.override, signed=rule.signed)}"
        if rule.override
        else "Nobody may force it"
    )
    lines.append("Nobody's key counts for their own words")
    return Check(
        policy.same_person(mail), path, kind, policy.number_of(rule), roles, sides, not why_not, may_fast, may_override,
        tuple(lines),
    )  # fmt: skip


def _only_heads(policy: Policy) -> str:
    return "Only both heads together" if len(policy.head_mails) > 1 else "Only the head"


def _enough(policy: Policy, rule: Rule, mails: Iterable[str]) -> bool:
    """Whether these people's keys are all that the rule asks for."""
    fitting = [mail for mail in mails if policy.has_role(mail, rule.key_roles)]
    each = all(each_their_own(policy, fitting, roles) for roles in (rule.sides, rule.order) if roles)
    return each and len(fitting) >= max(rule.keys, len(rule.sides), len(rule.order))


def _why_not(policy: Policy, rule: Rule, mail: str, protected: bool, alone: bool) -> str:
    """Why their approval is no key for it; "" when it is one."""
    if policy.fault:
        return policy.fault
    who = one_line(mail, 80)
    head = protected and policy.same_person(mail) in policy.head_mails
    if alone and not head:
        return f"{_only_heads(policy).lower()} may change it: {_list(policy, policy.head_mails)}"
    if not head and not policy.has_role(mail, rule.key_roles):
        known = "" if policy.member(mail) or policy.roles_of(mail) else f", and {who} is not among its people"
        return f"it needs a key of {_roles(rule.key_roles)}{known}"
    if rule.signed and not policy.keys_of(mail):
        return f"it must be signed, and {policy.path} lists no key of {who}"
    return ""


def _who_they_are(policy: Policy, mail: str, roles: Iterable[str], sides: Iterable[str]) -> str:
    name, has, on = policy.name_of(mail), ", ".join(roles), " and ".join(sides)
    if not has:
        return f"{name} has no role{' in ' + policy.path if policy.path else ''}"
    keys = "; their verdicts must be signed" if policy.keys_of(mail) else ""
    return one_line(f"{name} has the role {has}{', on the side of ' + on if on else ', on no side'}{keys}", 400)


def _wanted(policy: Policy, rule: Rule, among: Collection[str] | None) -> list[str]:
    """What the rule asks for, and who could give it: of these people, where only theirs are wanted."""

    def could(*roles: str) -> str:
        return _holders(policy, roles, signed=rule.signed, among=among)

    said = []
    wanted = max(rule.keys, len(rule.sides), len(rule.order))
    keys = "1 key" if wanted == 1 else f"{wanted} keys, of as many people"
    said.append(f"It needs {keys}, of {_roles(rule.key_roles)}: {could(*rule.key_roles)}")
    said += [f"One of them from the side of {one_line(side, 40)}: {could(side)}" for side in rule.sides]
    if rule.order:
        said.append(f"In this order: {one_line(', then '.join(rule.order), 200)}")
        said += [f"As {one_line(role, 40)} could sign: {could(role)}" for role in dict.fromkeys(rule.order)]
    if rule.acknowledge:
        said.append(
            f"Somebody of {_roles(rule.acknowledge)} must have acknowledged the words: "
            f"{_holders(policy, rule.acknowledge)}"
        )
    if rule.signed:
        said.append("Keys must be SSH signatures, by a key that the policy lists")
    return said


def _roles(roles: Iterable[str]) -> str:
    return one_line(" or ".join(dict.fromkeys(roles)), 160) or "nobody"


def holders(policy: Policy, roles: Iterable[str]) -> list[str]:
    """The mails of the people who have one of these roles, heads and arbiter among them, in small letters."""
    wanted = list(roles)
    every = [*policy.people, *policy.heads.values(), *([policy.arbiter] if policy.arbiter else [])]
    known = dict.fromkeys(policy.same_person(mail) for mail in every if mail.strip())
    return [mail for mail in known if policy.has_role(mail, wanted)]


def _holders(
    policy: Policy, roles: Iterable[str], *, signed: bool = False, among: Collection[str] | None = None
) -> str:
    """Those of these roles whose word would count: with a key in the policy where it must be signed."""
    wanted = list(roles)
    if ANYBODY in wanted and not signed and among is None:
        return "anybody but its author"
    found = [mail for mail in holders(policy, wanted) if among is None or mail in among]
    able = [mail for mail in found if not signed or policy.keys_of(mail)]
    if found and not able:
        return f"nobody, since the policy lists no key of {_list(policy, found)}"
    return _list(policy, able) or f"nobody has {'these roles' if len(wanted) > 1 else 'that role'}"


def _list(policy: Policy, mails: Iterable[str]) -> str:
    return one_line(", ".join(policy.name_of(mail) for mail in mails), 400)
