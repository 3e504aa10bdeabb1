"""`playbook verify BASE..proposals/NAME`: may it be merged into that base, whatever shape its branch has."""

from __future__ import annotations

import pytest
from guards import FILES, PRICE, TIMING, Guarded, to_main, to_proposal

from playbook.review.judged import Judged, judge_range
from playbook.store.managed import Library, open_library

BETTER = FILES[PRICE].replace("pays for itself", "saves a whole van")


@pytest.fixture
def hub(hub: Guarded) -> Guarded:
    """The hub without its guard, so that branches may have any shape."""
    (hub.hub / "hooks" / "pre-receive").unlink()
    hub.at_hub("config", "receive.denyNonFastForwards", "false")
    return hub


def judged(hub: Guarded, library: Library, span: str) -> Judged:
    """What is found of it in the library, and the same in the hub's own folder."""
    found = judge_range(span, library=library)
    there = judge_range(span, folder=str(hub.hub))
    assert (there.proposal, there.steps, {fault.rule for fault in there.faults}) == (
        found.proposal, found.steps, {fault.rule for fault in found.faults},
    )  # fmt: skip
    return found


def test_a_branch_of_merges_that_stands_on_an_older_main_is_judged_as_it_would_be(hub: Guarded) -> None:
    first = hub.main
    words = hub.change({PRICE: BETTER})
    merges = hub.commit(hub.tree_of(words), (first, words), "Merge branch\n", by="rep")
    approved = hub.say("approve", merges, by="max", id="approved")
    again = hub.commit(hub.tree_of(words), (first, approved), "Merge branch\n", by="rep")
    hub.takes(to_proposal(merges), to_proposal(again, "again"))
    hub.takes(to_main(hub.merge(hub.approved({TIMING: BETTER}, by="max", id="other"))))
    library = open_library(str(hub.hub))
    for span in (
        "main..proposals/better-price",
        "proposals/better-price",
        f"{hub.main}..{merges}",
        "main..proposals/again",
    ):
        found = judged(hub, library, span)
        assert found.proposal, span
        assert {fault.rule for fault in found.faults} == {"approval"}, span
        said = " ".join(fault.message for fault in found.faults)
        assert "nobody of marketing has approved it yet" in said or "approved other words than these" in said


def test_a_proposal_on_an_older_main_with_its_approval_may_be_merged(hub: Guarded) -> None:
    hub.takes(to_proposal(hub.approved({PRICE: BETTER}, by="max")))
    hub.takes(to_main(hub.merge(hub.approved({TIMING: BETTER}, by="max", id="other"))))
    found = judged(hub, open_library(str(hub.hub)), "main..proposals/better-price")
    assert (found.proposal, found.faults) == (True, ())


def test_a_proposal_that_main_has_got_is_nothing_to_judge(hub: Guarded) -> None:
    taken = hub.approved({PRICE: BETTER}, by="max")
    hub.takes(to_proposal(taken))
    hub.takes(to_main(hub.merge(taken)))
    found = judged(hub, open_library(str(hub.hub)), "main..proposals/better-price")
    assert (found.steps, found.faults) == (0, ())


def test_a_main_that_was_rewound_stays_one_though_a_proposal_names_the_same_commit(hub: Guarded) -> None:
    first = hub.main
    one = hub.merge(hub.approved({PRICE: BETTER}, by="max"))
    hub.takes(to_main(one))
    newest = hub.merge(hub.approved({TIMING: BETTER}, by="max", id="other"))
    hub.takes(to_main(newest))
    aside = hub.merge(hub.approved({TIMING: BETTER}, by="max", id="aside"), main=first)
    for back in (one, aside):
        hub.takes(f"+{to_main(back)}", f"+{to_proposal(back, 'disguise')}")
        for span in (f"{newest}..{back}", f"{newest}..proposals/disguise"):
            found = judge_range(span, folder=str(hub.hub))
            assert [fault.rule for fault in found.faults] in (["rewind"], ["parents"]), span
