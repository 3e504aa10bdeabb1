"""A merge takes all that was said on its proposal, not only up to the approval that suits it."""

from __future__ import annotations

from typing import Any

import pytest
from guards import FILES, ID, PRICE, TIMING, Guarded, to_main, to_proposal

from playbook.review.guard import guarding
from playbook.review.hook import judged
from playbook.store.trailers import write_message

BETTER = FILES[PRICE].replace("pays for itself", "saves a whole van")
OTHER = FILES[PRICE].replace("pays for itself", "costs less than nothing")


def test_r34_a_decline_after_the_approval_is_not_left_out(hub: Guarded) -> None:
    taken = hub.approved({PRICE: BETTER})
    declined = hub.say("decline", taken, by="mia", key="mia", head=hub.parent(taken), text="It is not true")
    hub.takes(to_proposal(declined))
    hub.refuses(f"({ID}) was declined after what this takes of it", to_main(hub.merge(taken)))


def test_r34_newer_words_and_changes_asked_for_are_not_left_out(hub: Guarded) -> None:
    taken = hub.approved({PRICE: BETTER})
    hub.takes(to_proposal(hub.change({PRICE: OTHER}, onto=taken)))
    hub.refuses("leaves out newer words on its branch", to_main(hub.merge(taken)))
    second = hub.approved({PRICE: BETTER}, id="second")
    asked = hub.say(
        "request-changes", second, by="mia", key="mia", id="second", head=hub.parent(second), text="Shorter"
    )
    hub.refuses(
        "mia@example.com asked for changes after what this takes",
        to_proposal(asked, "second"), to_main(hub.merge(second)),
    )  # fmt: skip


def test_r34_a_comment_after_the_approval_hinders_nobody(hub: Guarded) -> None:
    taken = hub.approved({PRICE: BETTER})
    said = hub.say("comment", taken, by="rep", head=hub.parent(taken), text="Thank you")
    hub.takes(to_proposal(said), to_main(hub.merge(taken)))


@pytest.mark.parametrize(
    ("word", "by", "key"), [("decline", "mia", "mia"), ("request-changes", "max", ""), ("withdraw", "rep", "")]
)
def test_r34_a_remark_on_the_old_approval_hides_nothing(hub: Guarded, word: str, by: str, key: str) -> None:
    """A comment of one's own on top of the approval makes another history, and what the hub has still counts."""
    words = hub.change({PRICE: BETTER})
    approved = hub.say("approve", words, by="max")
    hub.takes(to_proposal(hub.say(word, approved, by=by, key=key, head=words, text="No, after all")))
    beside = hub.say("comment", approved, by="rep", head=words, text="Thank you")
    hub.refuses("after what this takes", to_main(hub.merge(beside)))
    renamed = hub.say("approve", words, by="max", id="other")
    hub.refuses("after what this takes", to_main(hub.merge(renamed)))


def test_r34_the_words_of_others_are_not_swallowed(hub: Guarded) -> None:
    hers = hub.commit(hub.tree(hub.main, {TIMING: OTHER}), (hub.main,), "Hers\n\nWhy\n", by="pia")
    hub.takes(to_proposal(hers, "hers"))
    mine = hub.commit(hub.tree(hub.main, {PRICE: BETTER}), (hub.main, hers), "Mine\n\nWhy\n", by="rep")
    approved = hub.say("approve", mine, by="max", id="mine")
    hub.refuses("holds words of proposals/hers", to_proposal(approved, "mine"))
    hub.refuses("takes in words of proposals/hers", to_main(hub.merge(approved, tree=hub.tree_of(mine))))
    # Nor may a copy of hers stand in the way of hers.
    hub.refuses("proposals/copy holds words of proposals/hers", to_proposal(hers, "copy"))
    hub.takes(to_main(hub.merge(hub.say("approve", hers, by="max", id="hers"))))


def halves(hub: Guarded) -> tuple[str, str]:
    """A proposal of two commits that Mia approved as a whole, and an act of verifying whose commit takes in the first one
    without its words: what is left of the proposal is then the second alone."""
    begun = FILES[TIMING].replace("## Answer\n", "## Answer\nThe line at the end is what not to say:\n\n")
    first = hub.change({TIMING: begun}, by="max")
    second = hub.change({TIMING: begun + "\nWe guarantee savings for ever.\n"}, by="max", onto=first)
    whole = hub.say("approve", second, by="mia", key="mia", id="whole", text="Yes, with the warning")
    said = FILES[PRICE].replace("---\n# ", "verified: 2026-11-20\nverified_by: max@example.com\n---\n# ", 1)
    trailers = {"Event": "propose", "Kind": "verify", "Why": "Still true"}
    message = write_message("Verify", "Still true", trailers)
    verifies = hub.commit(hub.tree(hub.main, {PRICE: said}), (hub.main, first), message, by="max")
    return whole, verifies


def test_r34_part_of_what_others_proposed_is_not_swallowed_either(hub: Guarded) -> None:
    whole, verifies = halves(hub)
    hub.takes(to_proposal(whole, "whole"))
    hub.refuses("takes in words of proposals/whole", to_main(hub.merge(verifies, tree=hub.tree_of(verifies), by="max")))


def test_r34_half_of_what_was_approved_is_not_merged_for_the_whole(hub: Guarded) -> None:
    whole, verifies = halves(hub)
    taken = hub.merge(verifies, tree=hub.tree_of(verifies), by="max")
    hub.takes(to_main(taken))
    hub.main = taken
    hub.refuses("main changed the same files since Mia approved it", to_main(hub.merge(whole, by="max")))


def test_r34_a_clock_of_the_future_hides_no_newer_words(hub: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    """The merge says that it is the rep's proposal; its own commit says that it is younger than the rep's words."""
    hub.takes(to_proposal(hub.change({TIMING: OTHER}, by="rep"), "reps"))
    monkeypatch.setenv("GIT_AUTHOR_DATE", "4000000000 +0000")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "4000000000 +0000")
    words = hub.change({PRICE: BETTER})
    other = hub.say("approve", words, by="max", id="reps")
    named = write_message("Merged", "Why", {"Event": "merge", "Proposal": "reps", "Head": words})
    hub.refuses("(reps) leaves out newer words on its branch", to_main(hub.merge(other, message=named)))


def test_r34_half_is_not_swallowed_before_the_rest_is_proposed(hub: Guarded) -> None:
    whole, verifies = halves(hub)
    taken = hub.merge(verifies, tree=hub.tree_of(verifies), by="max")
    hub.takes(to_main(taken))
    hub.main = taken
    second = hub.say("approve", hub.parent(whole), by="mia", key="mia", id="whole", text="Yes, with the warning")
    hub.takes(to_proposal(second, "whole"))
    hub.refuses("main changed the same files since Mia approved it", to_main(hub.merge(second, by="max")))


def test_going_on_from_what_was_merged_is_going_on_from_main(hub: Guarded) -> None:
    first = hub.approved({PRICE: BETTER})
    hub.takes(to_proposal(first), to_main(hub.merge(first)))
    hub.main = hub.at_hub("rev-parse", "main")
    other = hub.approved({PRICE: BETTER.replace("# Too", "# Far too")}, id="other")
    hub.takes(to_main(hub.merge(other)))
    hub.main = hub.at_hub("rev-parse", "main")
    words = hub.change({PRICE: BETTER.replace("ten dollars", "ten days of work")}, onto=first)
    again = hub.say("approve", words, by="max", id="again")
    hub.takes(to_main(hub.merge(again)))


def test_r34_words_taken_back_are_not_merged_under_another_name(hub: Guarded) -> None:
    first = hub.change({PRICE: BETTER}, by="rep", message="Say it better\n\nBuyers laugh\n")
    second = hub.change({PRICE: OTHER}, by="rep", onto=first, message="Not so much\n\nIt was false\n")
    hub.takes(to_proposal(second, "reps"))
    old = hub.say("approve", first, by="max", id="other", head=first)
    hub.refuses("leaves out newer words on its branch", to_main(hub.merge(old, by="max")))


def test_r34_what_changes_nothing_is_no_merge(hub: Guarded) -> None:
    hub.takes(to_main(hub.merge(hub.approved({PRICE: BETTER}))))
    hub.main = hub.at_hub("rev-parse", "main")
    begun = hub.parent(hub.main)
    again = hub.commit(hub.tree(begun, {PRICE: BETTER}), (begun,), "Again\n\nWhy\n", by="rep")
    approved = hub.say("approve", again, by="max", id="again")
    hub.refuses("main has these words already", to_main(hub.merge(approved)))


def test_r34_words_whose_author_nobody_can_read(hub: Guarded) -> None:
    raw = f"tree {hub.tree(hub.main, {PRICE: BETTER})}\nparent {hub.main}\n".encode()
    who = "Mia <mia@example.com>".encode("cp037")
    raw += b"author " + who + b" 1700000000 +0000\ncommitter " + who + b" 1700000000 +0000\n"
    raw += b"encoding IBM037\n\nBetter\n\nWhy\n"
    words = hub.source.git("hash-object", "-w", "--literally", "-t", "commit", "--stdin", input=raw)
    approved = hub.say("approve", words, by="mia", key="mia")
    before = hub.refs()
    assert hub.push(to_main(hub.merge(approved))).code != 0
    assert hub.refs() == before


def test_r34_what_was_ended_and_opened_again_is_approved_anew(hub: Guarded) -> None:
    words = hub.change({PRICE: BETTER})
    approved = hub.say("approve", words, by="max")
    for end, by, key, more in (("withdraw", "rep", "", {}), ("rule", "zoe", "zoe", {"Ruling": "decline"})):
        before = hub.say("escalate", approved, by="max", head=words, text="Look") if end == "rule" else approved
        ended = hub.say(end, before, by=by, key=key, head=words, text="Not true", **more)
        opened = hub.say("reopen", ended, by="rep", head=words)
        hub.refuses("approved other words than these", to_main(hub.merge(opened)))


def test_r34_settings_that_go_leave_the_others(hub: Guarded) -> None:
    """One push: the heads take content/playbook.toml away, and the next step is judged by the root's."""
    rules = FILES["content/playbook.toml"]
    hub.takes(to_main(_by_heads(hub, {"playbook.toml": rules}, "root")))
    first = _by_heads(hub, {"content/playbook.toml": None}, "gone")
    claim = hub.change({"content/claims/fast.md": "---\ntitle: Fast\n---\n# Fast\n\nVery.\n"}, onto=first)
    second = hub.say("approve", claim, by="max", id="claim", base=first)
    hub.refuses("is not signed with a key the policy lists", to_main(hub.merge(second, main=first)))


def _by_heads(hub: Guarded, files: dict[str, str | None], id: str) -> str:
    words = hub.change(files, by="pia")
    keyed = hub.say("approve", words, by="hanna", key="hanna", id=id)
    return hub.merge(hub.say("approve", keyed, by="sal", key="sal", id=id, head=words))


def test_r34_nobody_stands_in_the_way_of_another_proposal(hub: Guarded) -> None:
    words = hub.change({PRICE: BETTER})
    hub.takes(to_proposal(hub.say("comment", words, by="rep", head=words, text="Mine")))
    tip = hub.at_hub("rev-parse", f"proposals/{ID}")
    strange = hub.say("comment", tip, by="max", id="zzz", head=words, text="Yours")
    hub.refuses("is about zzz; put it on that branch", to_proposal(strange))
    side = hub.change({TIMING: OTHER}, by="max")
    joined = hub.commit(hub.tree_of(tip), (side, tip), "Join\n\nWhy\n", by="rep")
    hub.refuses("joins two histories of its own", to_proposal(joined))
    hub.refuses("holds words of proposals/", to_proposal(joined), to_proposal(side, "zzz"))
    taken = hub.say("approve", tip, by="max", head=words)
    hub.takes(to_proposal(taken), to_main(hub.merge(taken)))


def test_r34_a_decline_that_comes_in_while_the_merge_is_judged_is_heard(
    hub: Guarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = hub.approved({PRICE: BETTER})
    hub.takes(to_proposal(taken))
    declined = hub.say("decline", taken, by="mia", key="mia", head=hub.parent(taken), text="It is not true")
    merge = hub.merge(taken)
    hub.takes(f"{declined}:refs/heads/beside", f"{merge}:refs/heads/judged")
    judge = guarding.refusals

    def slowly(*args: Any) -> list[str]:
        said = judge(*args)
        hub.at_hub("update-ref", f"refs/heads/proposals/{ID}", declined)
        return said

    monkeypatch.setattr(guarding, "refusals", slowly)
    said = judged({"GIT_DIR": str(hub.hub)}, [f"{hub.main} {merge} refs/heads/main"])
    assert [sentence for sentence in said if "was declined after what this takes of it" in sentence]
