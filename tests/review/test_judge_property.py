"""The one judge against a plain re-statement of the rules: random policies, random histories, and never another answer."""

from __future__ import annotations

import os
import random
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from judging import MAIN, NAMES, SEED, Case, Done, a_case, as_toml, mail, may
from msgspec.structs import replace as replace_struct
from team import PRICE, PRICE_TEXT, build_team

from playbook.review import branch
from playbook.review.approve import message_of
from playbook.review.candidate import judgement, touched_by
from playbook.review.events import Event, Graph
from playbook.review.listing import find
from playbook.review.proposal import fold
from playbook.review.rules.judge import judge
from playbook.review.rules.policy import Policy, parse_policy
from playbook.review.rules.rights import Rights
from playbook.review.verify import verdicts
from playbook.store import merging, refs
from playbook.store.locks import writer_lock
from playbook.store.managed import Library
from playbook.store.signatures import Signature
from playbook.store.writing import Person, put_commit, put_tree

FULL = os.environ.get("PLAYBOOK_FULL") == "1"
HISTORIES = int(os.environ.get("JUDGE_HISTORIES", "4000"))
IN_GIT = int(os.environ.get("JUDGE_IN_GIT", "36" if FULL else "20"))


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
            proposal="p",
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
    # What the app itself would not write, an older one may have.
    monkeypatch.setattr("playbook.review.branch.check_own_key", lambda *_: None)
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
    assert IN_GIT < 12 or merged >= IN_GIT // 12, f"seed {SEED}: {merged} of {IN_GIT} merge, which proves little"


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
