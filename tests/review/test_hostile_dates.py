"""Dates that no calendar has: one row that says so, and everything else works."""

from __future__ import annotations

from pathlib import Path

import pytest
from team import MAX, PRICE, PRICE_TEXT, REP, build_team, propose

from playbook.review import branch
from playbook.review.listing import find
from playbook.review.queue import queue
from playbook.store import refs
from playbook.store.locks import writer_lock
from playbook.store.writing import move_ref, put_commit, put_tree


@pytest.mark.parametrize("when", [253_402_300_000, 0, 67_767_976_233_532_799])
def test_r29_a_verification_of_the_year_9999_stops_nobody(tmp_path: Path, when: int) -> None:
    library = build_team(tmp_path).library("one")
    good = propose(library)
    text = PRICE_TEXT.replace("owner:", f"verified: 9999-01-01\nverified_by: {REP.mail}\nowner:")
    main = refs.main_commit(library)
    with writer_lock(library):
        tree = put_tree(library, main, {PRICE: text.encode()})
        said = "Verify\n\nPlaybook-Event: propose\nPlaybook-Event-Id: v\nPlaybook-Kind: verify\n"
        made = put_commit(library, tree, (main,), said, by=REP, committed=when, written=1_700_000_000)
        move_ref(library, "refs/heads/proposals/odd", made, None)
    branch.add(library, "odd", "approve", subject="Yes", head=made, base=main, by=MAX)
    assert {row.proposal.id for row in queue(library)} == {good, "odd"}
    assert not find(library, "odd").fault
