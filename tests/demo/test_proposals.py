"""The demonstration's proposals: every state there is, and the words of today on main all the same."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from playbook.demo import content
from playbook.demo.hub import build_demo, hub_path
from playbook.demo.stories import STORIES
from playbook.library.snapshot import load_snapshot
from playbook.review.change import file_changes, findings
from playbook.review.conflict import conflicts
from playbook.review.listing import proposals
from playbook.review.policy import blocked_by, policy_at
from playbook.review.queue import queue, unreviewed
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
        {"open": 8, "merged": 2, "declined": 1, "withdrawn": 1, "parked": 1}
    )
    assert {one.kind for one in every} >= {"edit", "note", "new", "retire", "verify"}
    assert all(one.why for one in every if not one.title.startswith("Agency"))
    assert not any(one.fault for one in every)
    assert all(one.ended_because for one in every if one.state in ("declined", "parked"))
    rows = {row.proposal.id.split("-", 1)[1]: row for row in queue(demo)}
    assert rows["price-answer-three-years-w2tj5a"].conflict == ("content/objections/price-too-high.md",)
    assert rows["rutero-ten-vans-c5vz8k"].others
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
    assert not policy.may_approve("tom@farrowline.example")
    revised = next(one for one in proposals(demo) if "spreadsheets-evenings" in one.id)
    assert blocked_by(policy, revised) == ["nobody has approved it yet"]


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
