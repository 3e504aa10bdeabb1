"""The demonstration's proposals: every state there is, and the words of today on main all the same."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import pytest

from playbook import clock
from playbook.cli.showing import short_names
from playbook.demo import content
from playbook.demo.hub import build_demo, hub_path
from playbook.demo.stories import STORIES
from playbook.library.snapshot import load_snapshot
from playbook.review.audit import audit
from playbook.review.candidate import judgement
from playbook.review.change import file_changes, findings
from playbook.review.conflict import conflicts
from playbook.review.escalation import standing
from playbook.review.listing import proposals
from playbook.review.marks import mark_of
from playbook.review.queue import queue, unreviewed
from playbook.review.rules.policy import policy_at
from playbook.review.rules.policy_lint import lint_policy
from playbook.store import refs
from playbook.store.managed import Library
from playbook.store.runner import Git
from playbook.text.blocks import block_hash, blocks_of


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setenv("PLAYBOOK_NOW", "2026-11-22T09:00:00+00:00")
    return build_demo()


def test_r22_the_demonstration_has_a_dozen_proposals_in_every_state(demo: Library) -> None:
    every = proposals(demo, merged=True)
    assert len(every) == len(STORIES) >= 12
    assert Counter(one.state for one in every) >= Counter(
        {"open": 8, "merged": 4, "declined": 1, "withdrawn": 1, "parked": 1, "escalated": 1}
    )
    assert {one.kind for one in every} >= {"edit", "note", "new", "retire", "verify"}
    assert all(one.why for one in every if not one.title.startswith("Agency"))
    assert not any(one.fault for one in every)
    assert all(re.fullmatch(r"\d{8}-[a-z-]+-[a-z2-7]{6}", one.id) for one in every)
    assert all(len(name) == 6 for name in short_names(one.id for one in every).values())
    assert all(one.ended_because for one in every if one.state in ("declined", "parked"))
    rows = {row.proposal.id.split("-", 1)[1]: row for row in queue(demo)}
    assert rows["price-answer-three-years-w2tj5a"].conflict == ("content/objections/price-too-high.md",)
    assert rows["rutero-ten-vans-c5vz3k"].others
    assert any(row.overdue for row in rows.values()) and not all(row.overdue for row in rows.values())
    assert [revision.author for revision in unreviewed(demo)] == ["Tom Okafor"]


def test_r24_comments_stand_on_text_that_is_there(demo: Library) -> None:
    anchored = 0
    for one in proposals(demo, merged=True):
        blocks = [block for change in file_changes(demo, one) for block in blocks_of(change.after, front=True)]
        hashes = {block_hash(block) for block in blocks}
        for thread in one.threads:
            if thread.first.anchor:
                anchored += 1
                assert thread.first.anchor.partition(":")[2] in hashes, (one.id, thread.first.text)
    assert anchored >= 2


def test_the_words_on_main_are_todays(demo: Library) -> None:
    read = content.read_content(content.content_dir(), date(2026, 11, 22))
    git = Git(hub_path())
    for path, text in read.files.items():
        if path != "content/policy.toml":
            assert git.run("cat-file", "blob", f"main:{path}").decode() == text, path


def test_r30_who_looks_at_it_may_approve_but_not_their_own(demo: Library) -> None:
    policy = policy_at(demo, refs.main_commit(demo))
    assert policy.may_approve("tess@example.com") and policy.may_approve("ines@farrowline.example")
    # A rep's key is one of the two that a battlecard needs, and none for an objection.
    tom, objection = "tom@farrowline.example", "content/objections/price-too-high.md"
    assert policy.may_approve(tom) and not policy.has_role(tom, policy.rule_for(objection, "objection").key_roles)
    revised = next(one for one in proposals(demo) if "spreadsheets-evenings" in one.id)
    said = judgement(demo, revised, refs.main_commit(demo)).blocked_by
    assert [why.partition(" (")[0] for why in said] == ["it needs a key from sales", "it needs a key from marketing"]


def test_r33_one_stands_before_the_heads_and_says_why(demo: Library) -> None:
    policy, now = policy_at(demo, refs.main_commit(demo)), clock.now().timestamp()
    waiting = {
        row.proposal.id.split("-", 1)[1]: standing(policy, row.proposal, now) for row in queue(demo, state="escalated")
    }
    contested = waiting["need-a-discount-shorter-p3jc2n"]
    assert contested["why"] == "Pricing desk approves it and Inês Duarte asks for changes"
    assert contested["before"] == "daniel@farrowline.example and ines@farrowline.example"


def test_r37_what_was_forced_and_what_was_quick_shows_in_the_audit_and_on_the_card(demo: Library) -> None:
    found = [entry for entry in audit(demo) if entry.reviewed]
    assert [entry.lane for entry in found] == ["override", "fast", "", ""]
    assert not any(entry.faults or entry.before_policy for entry in found)
    assert "A wholesaler decides tonight" in found[0].forced[0].text
    mark = mark_of(demo, "content/battlecards/rutero.md")
    assert mark is not None and mark.sentence().startswith("Forced by Daniel Brandt on 2026-11-21: A wholesaler")
    fast = mark_of(demo, "content/stages/discovery/message.md")
    assert fast is not None and fast.title == "Fast lane: a tiny fix, approved by Marta Reis"


def test_r30_its_policy_has_no_findings(demo: Library) -> None:
    text = content.read_content(content.content_dir(), date(2026, 11, 22)).files["content/policy.toml"]
    assert lint_policy(text) == []
    changed = Git(hub_path()).run("cat-file", "blob", "main:content/policy.toml").decode()
    assert "try the marketer's side" in changed and lint_policy(changed) == []


def test_r91_what_is_proposed_brings_no_lint_error_but_can_be_settled(demo: Library) -> None:
    from playbook.finding.session import Session
    from playbook.search.index import open_searcher

    snapshot = load_snapshot(demo)
    session = Session(demo, snapshot, open_searcher(demo, snapshot, spawn=False))
    for one in proposals(demo):
        errors = [found for found in findings(session, file_changes(demo, one)) if found.severity == "error"]
        assert errors == [], one.id
    clash = next(one for one in proposals(demo) if "three-years" in one.id)
    (only,) = conflicts(demo, clash)
    assert "Put three years" in (only.theirs or "") and "under two euros" in (only.ours or "")
