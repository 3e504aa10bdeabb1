"""Who may say yes, stated once more and plainly: random policies, random histories, and what the rules make of them."""

from __future__ import annotations

import itertools
import json
import os
import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from team import PRICE

from playbook.review.rules.policy import FastLane, Member, Policy, Rule
from playbook.review.rules.touched import Place, Touched

SEED = int(os.environ.get("JUDGE_SEED", "20261122"))
MAIN = "0" * 40
NAMES = ("ann", "bob", "cas", "dan", "eve", "fay")
ROLES = ("sales", "sales-head", "marketing", "marketing-head", "product", "legal")
SIDES = {"sales": ("sales", "sales-head"), "marketing": ("marketing", "marketing-head", "product")}
PLACES = (Place(PRICE, "objection"), Place("content/launches/x.md", "launch"))
CHOICES = (
    *("approve",) * 16, *("request-changes",) * 2, *("acknowledge",) * 4, "revise", "withdraw", "decline", "park",
    "reopen", "reopen", *("escalate",) * 2, *("rule",) * 5, "override",
)  # fmt: skip


def mail(name: str) -> str:
    return f"{name}@example.com"


@dataclass
class Done:
    """One thing somebody did: on the newest words (or on those before), with a good signature or without, and whether
    main has left the files alone since."""

    who: str
    word: str
    signed: bool = False
    stale: bool = False
    holds: bool = True
    ruling: str = "merge"
    reason: bool = True


@dataclass
class Case:
    """A policy, what is touched, and what was done; the first thing is the proposal."""

    policy: Policy
    touched: Touched
    done: list[Done] = field(default_factory=list)


def some(dice: random.Random, values: Iterable[str], least: int, most: int) -> tuple[str, ...]:
    values = list(values)
    return tuple(dice.sample(values, min(dice.randint(least, most), len(values))))


def a_policy(dice: random.Random) -> Policy:
    people = {
        mail(name): Member(name, some(dice, ROLES, 0, 2), (), (f"key of {name}",) if dice.random() < 0.25 else ())
        for name in NAMES[: dice.randint(3, 6)]
    }
    named = list(people)
    rules = tuple(
        Rule(
            paths=("**",) if number == 0 or dice.random() < 0.3 else ("content/launches/**",),
            kinds=() if number == 0 or dice.random() < 0.7 else ("objection",),
            approve=some(dice, (*ROLES, "anybody"), 1, 3),
            keys=dice.choice((1, 1, 1, 2, 2, 3)),
            sides=dice.choice(((), (), ("sales",), ("sales", "marketing"))),
            order=dice.choice(((), (), (), some(dice, (*ROLES, "sales", "marketing"), 1, 3))),
            acknowledge=dice.choice(((), (), some(dice, ROLES, 1, 2))),
            signed=dice.random() < 0.2,
            override=dice.choice(((), ("heads",), ("arbiter",), some(dice, ROLES, 1, 2))),
        )
        for number in range(dice.randint(1, 3))
    )
    heads = {}
    if dice.random() < 0.7:
        heads = dict(zip(SIDES, dice.sample(named, 2), strict=True)) if dice.random() < 0.8 else {"sales": named[0]}
    return Policy(
        "content/policy.toml", people, rules, SIDES, heads, dice.choice(("", dice.choice(named))),
        FastLane(dice.choice((0, 3, 5)), ("objection",), some(dice, ROLES, 1, 2)),
    )  # fmt: skip


def a_case(dice: random.Random) -> Case:
    policy = a_policy(dice)
    small = dice.choice(("", "", "it touches a number"))
    touched = Touched(
        frozenset(some(dice, PLACES, 1, 2)),  # type: ignore[arg-type]
        heads=("content/policy.toml",) if dice.random() < 0.15 else (),
        words=dice.randint(0, 7),
        small=small,
    )
    everybody = [*(name.partition("@")[0] for name in policy.people), "zoe"]
    done = [Done(dice.choice(everybody), "propose")]
    for _ in range(dice.randint(1, 12)):
        done.append(
            Done(
                dice.choice(everybody), dice.choice(CHOICES), dice.random() < 0.6, dice.random() < 0.08,
                dice.random() > 0.06, "decline" if dice.random() < 0.15 else "merge", dice.random() > 0.05,
            )
        )  # fmt: skip
    return Case(policy, touched, done)


# The rules once more, as FORMAT.md and DESIGN.md say them, with nothing of the judge's own.


def roles(policy: Policy, who: str) -> set[str]:
    listed = policy.people.get(mail(who))
    found = set(listed.roles) if listed else set()
    for side, head in policy.heads.items():
        if head == mail(who):
            found |= {"heads", f"{side}-head"}
    return found | ({"arbiter"} if policy.arbiter == mail(who) else set())


def is_one(policy: Policy, who: str, wanted: Iterable[str]) -> bool:
    has = roles(policy, who)
    return any(role == "anybody" or role in has or has & set(policy.sides.get(role, ())) for role in wanted)


def asks(rule: Rule) -> tuple[str, ...]:
    return (*rule.approve, *rule.sides, *rule.order)


def approver(policy: Policy, who: str) -> bool:
    anywhere = [role for rule in policy.rules for role in asks(rule)]
    return is_one(policy, who, (*anywhere, *policy.fast_lane.approve, "heads", "arbiter"))


def counts_at_all(case: Case, proposer: str, one: Done) -> bool:
    policy, listed = case.policy, case.policy.people.get(mail(one.who))
    if listed and listed.keys and not one.signed:
        return False
    if one.word == "decline" and not approver(policy, one.who):
        return False
    if one.word == "reopen" and one.who != proposer and not approver(policy, one.who):
        return False
    if one.word == "park" and one.who != proposer and not approver(policy, one.who):
        return False
    if one.word in ("rule", "override") and not one.reason:
        return False
    if one.word == "rule" and not is_one(policy, one.who, ("heads", "arbiter")):
        return False
    if one.word == "withdraw":
        return one.who == proposer
    return one.who == proposer or listed is not None or is_one(policy, one.who, ("heads", "arbiter"))


def heads_say(policy: Policy, said: dict[str, str]) -> str:
    by_arbiter = next((word for who, word in said.items() if policy.arbiter == mail(who)), "")
    heads = set(policy.heads.values())
    theirs = {said.get(head.partition("@")[0], "") for head in heads}
    return by_arbiter or (theirs.pop() if len(theirs) == 1 else "")


def signed_well(case: Case, one: Done) -> bool:
    listed = case.policy.people.get(mail(one.who))
    return one.signed and bool(listed and listed.keys)


def may(case: Case) -> bool:
    """Whether the proposal may become main, read off what was done, from the first to the last."""
    policy, proposer = case.policy, case.done[0].who
    authors, acknowledged, verdicts_ = {proposer}, set[str](), dict[str, Done]()
    rulings, overrides, ended = list[Done](), list[Done](), ""
    asked = before_heads = False
    against: dict[str, str] = {}
    writer = proposer
    for one in case.done[1:]:
        if one.word == "revise":
            authors.add(one.who)
            writer = one.who
            acknowledged, verdicts_, rulings, overrides, against = set(), {}, [], [], {}
            ended = "" if ended == "parked" else ended
            continue
        if not counts_at_all(case, proposer, one):
            continue
        if one.word in ("withdraw", "decline", "park"):
            ended = {"withdraw": "withdrawn", "decline": "declined", "park": "parked"}[one.word]
            if one.word != "park":
                acknowledged, verdicts_ = set(), {}
        elif one.word == "reopen":
            ended, against, rulings, overrides, before_heads, asked = "", {}, [], [], False, False
        elif one.word == "escalate":
            asked, before_heads = True, before_heads or not ended
        elif one.stale:
            continue
        elif one.word == "acknowledge":
            acknowledged.add(one.who)
        elif one.word in ("approve", "request-changes"):
            verdicts_.pop(one.who, None)
            verdicts_[one.who] = one
        elif one.word == "override":
            overrides.append(one)
        elif one.word == "rule":
            rulings.append(replace(one, reason=asked))
            if not ended:
                against[one.who] = one.ruling
                decided = heads_say(policy, against)
                if decided:
                    before_heads = False
                    ended = "declined" if decided == "decline" else ""
                if ended:
                    acknowledged, verdicts_ = set(), {}
    if ended:
        return False

    def own(who: str) -> bool:
        return who in authors and (who == proposer or proposer not in acknowledged)

    words = {one.word for one in verdicts_.values() if approver(policy, one.who)}
    contested = {"approve", "request-changes"} <= words
    needed = [policy.rule_for(place.path, place.kind) for place in sorted(case.touched.places)]
    must_sign = any(rule.signed for rule in needed)
    keys = [one for one in verdicts_.values() if one.word == "approve" and one.holds and not own(one.who)]
    last: dict[str, Done] = {}
    for one in rulings:
        # What went to the heads only by a quarrel is before them as long as the quarrel lasts.
        if one.reason or before_heads or contested:
            last[one.who] = one
    rulings_now = {one.who: one for one in rulings}
    standing = {who: one for who, one in last.items() if one is rulings_now[who] and one.holds and not own(who)}
    for_it = [one for one in standing.values() if one.ruling == "merge"]
    agreed = {one.who for one in (*keys, *for_it) if not must_sign or signed_well(case, one)}
    if case.touched.heads and not {head.partition("@")[0] for head in policy.heads.values()} <= agreed:
        return False
    decided = heads_say(policy, {who: one.ruling for who, one in standing.items()})
    if decided == "merge" and (not must_sign or all(signed_well(case, one) for one in for_it)):
        return True
    newest = {one.who: one for one in overrides}
    for one in newest.values():
        allowed = one.holds and not own(one.who) and (not must_sign or signed_well(case, one))
        if allowed and all(is_one(policy, one.who, rule.override) for rule in needed):
            return True
    if any(one.word == "request-changes" for one in verdicts_.values()):
        return False
    writer_listed = policy.people.get(mail(writer))
    stands_by = acknowledged | ({writer} if not (writer_listed and writer_listed.keys) else set())
    if all(met(case, rule, keys, stands_by) for rule in needed):
        return True
    lane = policy.fast_lane
    tiny = not case.touched.small and 0 < case.touched.words <= lane.max_words and not case.touched.heads
    return (
        tiny
        and all(place.kind in lane.kinds for place in case.touched.places)
        and any(is_one(policy, one.who, lane.approve) and (not must_sign or signed_well(case, one)) for one in keys)
    )


def met(case: Case, rule: Rule, keys: list[Done], stands_by: set[str]) -> bool:
    policy = case.policy
    fitting = [one.who for one in keys if is_one(policy, one.who, asks(rule))]
    if rule.signed:
        fitting = [one.who for one in keys if one.who in fitting and signed_well(case, one)]
    if len(fitting) < max(rule.keys, len(rule.sides), len(rule.order)):
        return False
    if not any(
        all(is_one(policy, who, [side]) for who, side in zip(chosen, rule.sides, strict=True))
        for chosen in itertools.permutations(fitting, len(rule.sides))
    ):
        return False
    if not any(
        all(is_one(policy, who, [role]) for who, role in zip(chosen, rule.order, strict=True))
        for chosen in itertools.combinations(fitting, len(rule.order))
    ):
        return False
    return not rule.acknowledge or any(is_one(policy, who, rule.acknowledge) for who in stands_by)


def as_toml(policy: Policy) -> str:
    def value(of: object) -> str:
        return json.dumps(list(of) if isinstance(of, tuple) else of)

    lines = [f"arbiter = {value(policy.arbiter)}", "[people]"]
    lines += [
        f"{value(who)} = {{ name = {value(one.name)}, roles = {value(one.roles)}, keys = {value(one.keys)} }}"
        for who, one in policy.people.items()
    ]
    lines += ["[heads]", *(f"{side} = {value(head)}" for side, head in policy.heads.items())]
    for rule in policy.rules:
        lines += ["[[rules]]", *(f"{name} = {value(getattr(rule, name))}" for name in rule.__struct_fields__)]
    lane = policy.fast_lane
    lines += ["[fast_lane]", *(f"{name} = {value(getattr(lane, name))}" for name in lane.__struct_fields__)]
    return "\n".join(lines) + "\n"
