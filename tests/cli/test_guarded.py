"""Honest work at a guarded hub: all that people do with `playbook` is let in."""

from __future__ import annotations

from crew import Crew
from team import PRICE, TIMING

from playbook.review.guard.installing import install


def test_r34_what_people_do_all_day_is_let_in_by_the_guard(crew: Crew) -> None:
    install(str(crew.team.hub), "mia@example.com")
    first, second = crew.propose("rep", "Said first."), crew.propose("pia", "Said otherwise.")
    crew("mia", "sync")
    assert crew("mia", "proposal", "comment", first, "-m", "Is that so?").code == 0
    assert crew("rep", "sync").code == 0 and crew("rep", "proposal", "comment", first, "-m", "It is").code == 0
    crew("mia", "sync")
    assert crew("mia", "proposal", "approve", first).code == 0
    # The other changed the same words: it is settled, its proposer stands by that, and another key merges it.
    crew("mia", "sync")
    assert crew("mia", "proposal", "approve", second).code == 4
    assert crew("mia", "proposal", "resolve", second, "--theirs", "-m", "The shorter one").code == 0
    assert crew("pia", "sync").code == 0 and crew("pia", "proposal", "acknowledge", second).code == 0
    crew("max", "sync")
    assert crew("max", "proposal", "approve", second).code == 0
    assert "Said otherwise." in crew.team.text(PRICE)
    # Declined, opened again, asked to change, revised, approved.
    third = crew.propose("rep", "When would be better?", "objections/timing")
    crew("mia", "sync")
    assert crew("mia", "proposal", "decline", third, "-m", "Not so").code == 0
    assert crew("rep", "sync").code == 0 and crew("rep", "proposal", "reopen", third, "-m", "Still").code == 0
    assert crew("rep", "proposal", "revise", third, "-m", "When, if not now?").code == 0
    crew("mia", "sync")
    assert crew("mia", "proposal", "approve", third).code == 0
    assert "When, if not now?" in crew.team.text(TIMING)
    # An act of each kind, and taking one back.
    assert crew("mia", "verify-card", "timing", "--json").json["merge"]
    renamed = crew("rep", "rename", "price", "objections/cost", "--json").json["proposal"]
    crew("mia", "sync")
    assert crew("mia", "proposal", "approve", renamed).code == 0
    crew("rep", "sync")
    back = crew("rep", "revert", renamed, "--why", "The old name is known", "--json").json["proposal"]
    crew("mia", "sync")
    assert crew("mia", "proposal", "approve", back).code == 0
    main = crew.team.branches()["main"]
    base = crew.team.at_hub("rev-parse", "refs/playbook/baseline")
    assert crew("mia", "verify", f"{base}..{main}").code == 0
