"""Whoever says the last thing that was missing: the merge takes it in, and the guard finds it there."""

from __future__ import annotations

from pathlib import Path

import pytest
from team import MAX, MIA, PIA, POLICY, PRICE, REP, Team, build_team, propose, send, session

from playbook.errors import NotPermitted
from playbook.review import acting, approve
from playbook.review.card_acts import propose_verify
from playbook.review.guard.installing import install
from playbook.review.listing import find
from playbook.review.syncing import sync_whole
from playbook.review.verify import verify
from playbook.store import refs
from playbook.store.managed import Library
from playbook.store.writing import Person

RULES = POLICY + '[[rules]]\npaths = ["**"]\napprove = ["marketing"]\nacknowledge = ["sales"]\n'


def team_with(root: Path, rules: str) -> Team:
    return build_team(root, {"content/policy.toml": rules})


def be(monkeypatch: pytest.MonkeyPatch, who: Person) -> None:
    for name in ("review.syncing", "review.approve", "review.branch", "review.card_acts", "store.writing"):
        monkeypatch.setattr(f"playbook.{name}.acting", lambda: who)


def judged_well(library: Library, before: str) -> None:
    assert verify(library, before, refs.main_commit(library)) == []


def test_r32_an_acknowledgement_that_comes_last_is_part_of_what_is_merged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = team_with(tmp_path, RULES).library("one")
    before = refs.main_commit(library)
    id = propose(library, by=PIA)
    assert not approve.approve(library, id, "Yes", by=MIA).merge
    acting.acknowledge(library, id, by=REP)
    be(monkeypatch, REP)
    sync_whole(library)
    assert find(library, id).state == "merged"
    judged_well(library, before)


@pytest.mark.parametrize(("who", "state"), [(MIA, "merged"), (REP, "open")])
def test_r38_a_verification_by_whoever_holds_the_key_is_merged_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: Person, state: str
) -> None:
    library = build_team(tmp_path).library("one")
    before = refs.main_commit(library)
    opened = session(library)
    be(monkeypatch, who)
    id = propose_verify(opened, opened.snapshot.card("objections/price"), by=who).proposal
    sync_whole(library)
    made = find(library, id)
    assert made.state == state
    assert made.paths == (PRICE,)
    judged_well(library, before)


def test_r34_what_the_guard_refuses_is_said_as_its_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    team = build_team(tmp_path)
    library = team.library("one")
    id = propose(library)
    send(library)
    install(str(team.hub), None)
    monkeypatch.setattr("playbook.review.approve.message_of", lambda *_: "Mine\n\nPlaybook-Event: comment\n")
    with pytest.raises(NotPermitted, match=r"The hub.s guard refuses it: .* which is not so"):
        approve.approve(library, id, "Yes", by=MAX)
