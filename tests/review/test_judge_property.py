"""The one judge against a plain re-statement of the rules: random policies, random histories, and never another answer."""

from __future__ import annotations

import itertools
import json
import os
import random
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from msgspec.structs import replace as replace_struct
from team import PRICE, PRICE_TEXT, build_team

from playbook.review import branch
from playbook.review.approve import message_of
from playbook.review.candidate import judgement, touched_by
from playbook.review.events import Event, Graph
from playbook.review.judge import judge
from playbook.review.listing import find
from playbook.review.policy import FastLane, Member, Policy, Rule, parse_policy
from playbook.review.proposal import fold
from playbook.review.rights import Rights
from playbook.review.touched import Place, Touched
from playbook.review.verify import verdicts
from playbook.store import merging, refs
from playbook.store.locks import writer_lock
from playbook.store.managed import Library
from playbook.store.signatures import Signature
from playbook.store.writing import Person, put_commit, put_tree

SEED = int(os.environ.get("JUDGE_SEED", "20261122"))
HISTORIES = int(os.environ.get("JUDGE_HISTORIES", "4000"))
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
            if one.word == "decline":
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


# The judge's own answer to the same.


def commit_id(number: int) -> str:
    return f"{number + 1:040x}"


def by_judge(case: Case) -> tuple[bool, tuple[str, ...]]:
    events: dict[str, Event] = {}
    signatures: dict[str, Signature] = {}
    falls: set[str] = set()
    head = older = ""
    parent, tree = MAIN, "t"
    for number, one in enumerate(case.done):
        id, person = commit_id(number), Person(one.who, mail(one.who))
        content = one.word in ("propose", "revise")
        tree = f"tree {number}" if content else tree
        events[id] = Event(
            id, tree, (parent,), f"e{number}", one.word, person, person, number, "Title",
            "because" if one.reason else " ", head="" if content else (older or MAIN) if one.stale else head,
            base="" if content else MAIN, ruling=one.ruling if one.word in ("rule", "override") else "", why="why",
        )  # fmt: skip
        if content:
            head, older = id, head
        if one.signed and not content:
            listed = case.policy.people.get(mail(one.who))
            known = Signature("verified", frozenset({mail(one.who)}))
            signatures[id] = known if listed and listed.keys else Signature("wrong key")
        if not one.holds:
            falls.add(id)
        parent = id
    rights = Rights(case.policy, signatures)
    proposal = fold("p", (parent,), Graph(events, {MAIN: "t0"}), heard=rights)
    found = judge(rights, proposal, case.touched, holds=lambda event: event.commit not in falls)
    return found.mergeable, found.blocked_by


def test_r31_the_judge_agrees_with_the_rules_as_they_are_written() -> None:
    merged = 0
    for number in range(HISTORIES):
        seed = f"{SEED}-{number}"
        case = a_case(random.Random(seed))
        expected = may(case)
        mergeable, why = by_judge(case)
        merged += mergeable
        assert mergeable == expected, f"seed {seed}: the rules say {expected}, the judge {mergeable} {why}\n{case}"
        if mergeable:
            # With nobody's word at all there is none.
            assert not by_judge(replace(case, done=case.done[:1]))[0], f"seed {seed}: nobody approved it\n{case}"
    assert HISTORIES // 40 < merged < HISTORIES // 2, f"seed {SEED}: {merged} of {HISTORIES} merge, which proves little"


# The same through real git: what the app says of a proposal, and what the hub's guard says of the merge made of it.

IN_GIT = int(os.environ.get("JUDGE_IN_GIT", "36"))


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


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann's key pair."""
    file = tmp_path_factory.mktemp("key") / "ann"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", str(file)], check=True)
    return file


def identities(place: Path, key: Path) -> dict[bool, str]:
    """Where git's settings are for whoever signs nothing, and for Ann, who does."""
    found = {}
    for signs in (False, True):
        file = place / f"settings-{signs}"
        file.write_text(
            f"[user]\n\tname = ann\n\temail = {mail('ann')}\n"
            + (f"\tsigningkey = {key}\n[gpg]\n\tformat = ssh\n" if signs else "")
        )
        found[signs] = str(file)
    return found


def write_down(
    library: Library, case: Case, older_main: str, settings: dict[bool, str], environment: pytest.MonkeyPatch
) -> str:
    """Do in git what the case says; gives the proposal's id."""
    texts = [
        PRICE_TEXT.replace("It pays for itself.", f"Answer number {word}.") for word in ("one", "two", "three", "four")
    ]
    main, first = refs.main_commit(library), case.done[0].who
    environment.setenv("GIT_CONFIG_GLOBAL", settings[False])
    id = branch.begin(
        library, {PRICE: texts[0].encode()}, title="Title", why="why", by=Person(first, mail(first)), onto=main
    ).proposal
    head, older, revised = branch.tip_of(library, id), main, 0
    for one in case.done[1:]:
        by = Person(one.who, mail(one.who))
        # The words of those with a key are unsigned here: whoever wrote them has yet to stand by them.
        environment.setenv("GIT_CONFIG_GLOBAL", settings[one.signed and one.word != "revise"])
        if one.word == "revise":
            revised += 1
            text = texts[revised % len(texts)].encode()
            older, head = head, branch.add(
                library, id, "revise", subject="Revised", by=by,
                tree_of=lambda tip, text=text: put_tree(library, tip, {PRICE: text}),  # type: ignore[misc]
            ).commit  # fmt: skip
            continue
        branch.add(
            library, id, one.word, subject=one.word, text="because" if one.reason else "", by=by,
            head=older if one.stale else head, base=main if one.holds else older_main,
            ruling=one.ruling if one.word in ("rule", "override") else "",
        )  # fmt: skip
    return id


def test_r31_the_app_and_the_guard_never_disagree(tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    merged, settings = 0, identities(tmp_path, key)
    public = key.with_suffix(".pub").read_text().strip()
    for number in range(IN_GIT):
        seed = f"{SEED}-git-{number}"
        dice = random.Random(seed)
        case = a_case(dice)
        # Histories in which nobody approves are judged a thousandfold above.
        case.done += [Done(name, "approve", name == "ann") for name in dice.sample(NAMES[:5], dice.randint(0, 4))]
        people = {
            who: replace_struct(one, keys=(public,) if one.keys and one.name == "ann" else ())
            for who, one in case.policy.people.items()
        }
        text = as_toml(replace(case.policy, people=people))
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", settings[False])
        team = build_team(tmp_path / f"team-{number}", {"content/policy.toml": text, PRICE: PRICE_TEXT + "\nOlder.\n"})
        older_main = team.branches()["main"]
        team.publish(PRICE, PRICE_TEXT)
        library = team.library("one")
        id = write_down(library, case, older_main, settings, monkeypatch)
        agree(library, id, case, parse_policy(text.encode(), "content/policy.toml"), seed)
        merged += judgement(library, find(library, id), refs.main_commit(library)).mergeable
    assert IN_GIT < 12 or merged >= 3, f"seed {SEED}: {merged} of {IN_GIT} merge, which proves little"


def agree(library: Library, id: str, case: Case, policy: Policy, seed: str) -> None:
    proposal, main = find(library, id), refs.main_commit(library)
    with writer_lock(library):
        tree = merging.merge_trees(library, merging.merge_base(library, main, proposal.head), main, proposal.head).tree
    found = judgement(library, proposal, main, result=tree)
    assert tree and not proposal.fault
    deciding = max(found.keys, key=proposal.events.index, default=proposal.events[-1])
    message = message_of(proposal, deciding, found)
    commit = put_commit(library, tree, (main, proposal.tip), message, by=Person("Hub", "hub@example.com"), sign=False)
    (verdict,) = verdicts(library, main, commit)
    said = [fault.message for fault in verdict.faults]
    assert (said == []) == found.mergeable, f"seed {seed}: the app says {found}, the guard {said}\n{case}"
    assert verdict.judgement is not None
    assert (verdict.judgement.blocked_by, verdict.judgement.lane) == (found.blocked_by, found.lane), f"seed {seed}"
    expected = may(replace(case, policy=policy, touched=touched_by(library, proposal, main, tree)))
    assert found.mergeable == expected, f"seed {seed}: the rules say {expected}, both judges {found}\n{case}"
