"""What never becomes main at a guarded hub: each refused with its sentence, and the hub as it was."""

from __future__ import annotations

import pytest
from guards import CLAIM, COVER, FILES, ID, POLICY, PRICE, TIMING, Guarded, policy, public, to_main, to_proposal

from playbook.store.trailers import write_message

BETTER = FILES[PRICE].replace("pays for itself", "saves a whole van")


def test_r34_a_direct_push_to_main(hub: Guarded) -> None:
    made = hub.change({PRICE: BETTER})
    hub.refuses(
        f"was put on main directly; push it as `git push HUB {made[:10]}:refs/heads/proposals/NAME`", to_main(made)
    )


def test_r34_an_authors_own_key(hub: Guarded) -> None:
    own = hub.approved({PRICE: BETTER}, by="max", author="max")
    hub.refuses("nobody approves their own words", to_main(hub.merge(own)))
    # Nor when somebody else's name stands above the words that they put there.
    hidden = hub.commit(hub.tree(hub.main, {PRICE: BETTER}), (hub.main,), "Better\n\nWhy\n", by="max", author="rep")
    hub.refuses("Max revised it, so", to_main(hub.merge(hub.say("approve", hidden, by="max"))))


def test_r34_an_approver_without_the_right(hub: Guarded) -> None:
    taken = hub.approved({PRICE: BETTER}, by="rep", author="pia")
    hub.refuses(
        "nobody of marketing has approved it yet (content/objections/price.md: rule 1", to_main(hub.merge(taken))
    )


def test_r31_an_approver_of_the_wrong_side(hub: Guarded) -> None:
    words = hub.change({COVER: "# Spring\n\nNew.\n"}, by="pia")
    second = hub.say("approve", hub.say("approve", words, by="max"), by="mia", key="mia", head=words)
    hub.refuses("it needs a key from sales (content/air-cover/spring.md: rule 2", to_main(hub.merge(second)))


def test_r34_an_unsigned_key_where_the_rule_asks_for_signatures(hub: Guarded) -> None:
    taken = hub.approved({CLAIM: "# Fast\n\nVery.\n"}, by="max")
    hub.refuses("the approval of Max is not signed with a key the policy lists", to_main(hub.merge(taken)))


def test_r34_a_key_that_nobody_knows(hub: Guarded) -> None:
    taken = hub.say("approve", hub.change({PRICE: BETTER}), by="mia", key="other")
    hub.refuses("nobody of marketing has approved it yet", to_main(hub.merge(taken)))
    hub.refuses("is signed with another key (nobody here has that key)", to_proposal(taken))


def test_r34_another_persons_key(hub: Guarded) -> None:
    taken = hub.say("approve", hub.change({PRICE: BETTER}), by="mia", key="sal")
    hub.refuses("nobody of marketing has approved it yet", to_main(hub.merge(taken)))
    hub.refuses("says it is mia@example.com's and is signed with the key of sal@example.com", to_proposal(taken))


def test_r34_somebody_without_listed_keys_does_not_borrow_one(hub: Guarded) -> None:
    taken = hub.say("approve", hub.change({PRICE: BETTER}), by="max", key="sal")
    hub.refuses("says it is max@example.com's and is signed with the key of sal@example.com", to_proposal(taken))


def test_r34_a_revoked_key(hub: Guarded) -> None:
    """Mia's key was changed on main by both heads; what the old one signed counts no more."""
    before = hub.main
    words = hub.change({PRICE: BETTER})
    old = hub.say("approve", words, by="mia", key="mia")
    rotated = hub.change({POLICY: policy(mia=public("other"))}, by="pia")
    keyed = hub.say("approve", rotated, by="hanna", key="hanna", id="keys")
    keyed = hub.say("approve", keyed, by="sal", key="sal", id="keys", head=rotated)
    hub.takes(to_main(hub.merge(keyed)))
    assert hub.main != before
    hub.refuses("nobody of marketing has approved it yet", to_main(hub.merge(old)))
    hub.refuses("is signed with another key (nobody here has that key)", to_proposal(old))
    new = hub.say("approve", words, by="mia", key="other")
    hub.takes(to_main(hub.merge(new)), to_proposal(new))


def test_r34_an_unsigned_verdict_of_somebody_with_listed_keys(hub: Guarded) -> None:
    taken = hub.say("approve", hub.change({PRICE: BETTER}), by="mia")
    hub.refuses("nobody of marketing has approved it yet", to_main(hub.merge(taken)))
    hub.refuses("is not signed, and content/policy.toml lists keys for mia@example.com", to_proposal(taken))


def test_r34_an_edit_after_the_approval(hub: Guarded) -> None:
    taken = hub.approved({PRICE: BETTER}, by="max")
    later = hub.change({PRICE: BETTER + "\nAnd more.\n"}, onto=taken)
    hub.refuses("nobody of marketing has approved it yet", to_main(hub.merge(later)))


def test_r34_an_approval_that_changes_words_is_an_edit(hub: Guarded) -> None:
    words = hub.change({PRICE: BETTER})
    tree = hub.tree(words, {TIMING: "# Sneaked in\n"})
    message = write_message("approve", "", {"Event": "approve", "Proposal": ID, "Head": words, "Base": hub.main})
    hub.refuses(
        "nobody of marketing has approved it", to_main(hub.merge(hub.commit(tree, (words,), message, by="max")))
    )


def test_r34_an_approval_of_another_proposal(hub: Guarded) -> None:
    words = hub.change({PRICE: BETTER})
    elsewhere = hub.change({PRICE: FILES[PRICE].replace("ten", "nine")})
    replayed = hub.say("approve", words, by="max", id="another", head=elsewhere)
    named = hub.commit(
        hub.tree_of(words),
        (replayed,),
        write_message("x", "", {"Event": "comment", "Proposal": ID, "Head": words}),
        by="rep",
    )
    hub.refuses("nobody of marketing has approved it yet", to_main(hub.merge(named)))


def test_r34_an_approval_from_before_main_changed_the_same_file(hub: Guarded) -> None:
    stale = hub.approved({PRICE: BETTER}, by="max")
    other = hub.approved({PRICE: FILES[PRICE].replace("title: Too expensive", "title: Too dear")}, by="max", id="other")
    hub.takes(to_main(hub.merge(other)))
    hub.refuses("main changed the same files since Max approved it; approve it anew", to_main(hub.merge(stale)))


def test_r34_a_merge_with_words_of_its_own(hub: Guarded) -> None:
    taken = hub.approved({PRICE: BETTER}, by="max")
    doctored = hub.tree(taken, {TIMING: "# Never proposed\n"})
    hub.refuses(
        "holds other words than better-price and main give when they are merged",
        to_main(hub.merge(taken, tree=doctored)),
    )


def test_r34_a_policy_changed_by_its_own_beneficiary(hub: Guarded) -> None:
    mine = policy().replace(
        '"rep@example.com" = { name = "Rep", roles = ["sales"]',
        '"rep@example.com" = { name = "Rep", roles = ["marketing"]',
    )
    assert mine != policy()
    words = hub.change({POLICY: mine}, by="rep")
    hub.refuses("needs the key of Hanna, a head", to_main(hub.merge(hub.say("approve", words, by="max"))))
    # Not even by a merge that would be right under the policy it brings.
    granted = hub.merge(hub.say("approve", words, by="rep"))
    used = hub.say("approve", hub.change({PRICE: BETTER}, onto=granted, by="pia"), by="rep", base=granted)
    hub.refuses("needs the key of Sal, a head", to_main(hub.merge(used, main=granted)))
    # A head does not give the second key for what is their own.
    own = hub.change({POLICY: mine}, by="sal", key="sal")
    keyed = hub.say("approve", own, by="hanna", key="hanna")
    hub.refuses("needs the key of Sal, a head (nobody approves their own words", to_main(hub.merge(keyed)))


def test_r38_a_verification_by_hand(hub: Guarded) -> None:
    marked = FILES[PRICE].replace("title:", "verified: 2026-11-01\nverified_by: max@example.com\ntitle:", 1)
    taken = hub.approved({PRICE: marked}, by="max")
    hub.refuses("is marked as verified by hand; only the act of verifying may", to_main(hub.merge(taken)))


def test_r36_ten_dollars_become_a_hundred_in_the_fast_lane(hub: Guarded) -> None:
    dearer = FILES[PRICE].replace("ten dollars", "hundred dollars")
    taken = hub.approved({PRICE: dearer}, by="sal", key="sal")
    hub.refuses("nobody of marketing has approved it yet", to_main(hub.merge(taken)))


def test_r34_rights_by_way_of_a_renamed_path(hub: Guarded) -> None:
    """Who may change objections moves a claim there, changed."""
    moved = hub.change({CLAIM: None, "content/objections/fast.md": FILES[CLAIM] + "\nFaster.\n"})
    hub.refuses("(content/claims/fast.md: rule 3", to_main(hub.merge(hub.say("approve", moved, by="max"))))


def test_r34_rights_by_way_of_a_case_twin(hub: Guarded) -> None:
    taken = hub.approved({"content/Claims/fast.md": "# Mine\n"}, by="max")
    said = hub.refuses("content/Claims/fast.md", to_main(hub.merge(taken)))
    assert "twin" in said


def test_r34_rights_by_way_of_a_link(hub: Guarded) -> None:
    taken = hub.say("approve", hub.change({"content/objections/link.md": "../claims/fast.md"}, mode="120000"), by="max")
    hub.refuses("content/objections/link.md is a link; only plain files may be merged", to_main(hub.merge(taken)))


def test_r34_trailers_in_the_body(hub: Guarded) -> None:
    words = hub.change({PRICE: BETTER})
    said = f"Approved\n\nPlaybook-Event: approve\nPlaybook-Head: {words}\nPlaybook-Base: {hub.main}\n\nSo it says.\n"
    hub.refuses(
        "nobody of marketing has approved", to_main(hub.merge(hub.commit(hub.tree_of(words), (words,), said, by="max")))
    )


def test_r34_duplicate_trailers(hub: Guarded) -> None:
    words = hub.change({PRICE: BETTER})
    said = (
        f"Fine\n\nPlaybook-Event: comment\nPlaybook-Event: approve\nPlaybook-Head: {words}\nPlaybook-Base: {hub.main}\n"
    )
    twice = hub.commit(hub.tree_of(words), (words,), said, by="max")
    hub.refuses("The trailer Playbook-Event stands there twice", to_proposal(twice))
    hub.refuses("nobody of marketing has approved it yet", to_main(hub.merge(twice)))


@pytest.mark.parametrize("trailer", ["Playbook-Head: {other}", "Playbook-Event: override", "Playbook-Lane: fast"])
def test_r34_forged_trailers_on_the_merge(hub: Guarded, trailer: str) -> None:
    taken = hub.approved({PRICE: BETTER}, by="max")
    said = {"Event": "merge", "Proposal": ID, "Head": hub.parent(taken)}
    name, _, value = trailer.format(other=hub.main).partition(": ")
    message = write_message("Take it in", "Buyers laugh", said | {name.removeprefix("Playbook-"): value})
    hub.refuses("which is not so; make the merge with `playbook`", to_main(hub.merge(taken, message=message)))


def test_r34_an_override_by_nobody_who_may(hub: Guarded) -> None:
    words = hub.change({PRICE: BETTER}, by="pia")
    hub.refuses(
        "nobody of marketing has approved it yet", to_main(hub.merge(hub.say("override", words, by="rep", text="Now")))
    )


def test_r35_a_merge_without_a_why(hub: Guarded) -> None:
    words = hub.change({PRICE: BETTER}, message="Say it better\n")
    taken = hub.say("approve", words, by="max")
    hub.refuses("does not say why", to_main(hub.merge(taken, message="Take it in\n")))


def test_r34_a_merge_with_its_parents_swapped(hub: Guarded) -> None:
    taken = hub.approved({PRICE: BETTER}, by="max")
    swapped = hub.commit(hub.tree_of(taken), (taken, hub.main), "Take it in\n\nBuyers laugh\n", by="mia")
    hub.refuses("a merge into main has main as its first parent and the approval as its second", to_main(swapped))
    old = hub.main
    hub.takes(to_main(hub.merge(hub.approved({TIMING: BETTER}, by="max", id="other"))))
    tree = hub.source.git("merge-tree", "--write-tree", hub.main, taken)
    swapped = hub.commit(tree, (taken, hub.main), "Take it in\n\nBuyers laugh\n", by="mia")
    assert old != hub.main
    hub.refuses(f"does not follow main {hub.main[:10]} as its first parent", to_main(swapped))


def test_r34_a_rewind_of_main(hub: Guarded) -> None:
    first = hub.main
    hub.takes(to_main(hub.merge(hub.approved({PRICE: BETTER}, by="max"))))
    hub.refuses("main is never rewound", "+" + to_main(first))


def test_r34_another_history_for_main(hub: Guarded) -> None:
    hub.refuses("does not hold main", "+" + to_main(hub.commit(hub.tree_of(hub.main), (), "Anew\n")))


def test_r34_the_deletion_of_main(hub: Guarded) -> None:
    hub.refuses("main is the published library and is never deleted", ":refs/heads/main")


def test_r34_an_octopus_on_main(hub: Guarded) -> None:
    one, two = hub.approved({PRICE: BETTER}), hub.approved({TIMING: BETTER}, id="other")
    tree = hub.tree(hub.main, {PRICE: BETTER, TIMING: BETTER})
    hub.refuses("merges 2 branches at once", to_main(hub.commit(tree, (hub.main, one, two), "Both\n\nWhy not\n")))


def test_one_wrong_merge_keeps_the_right_ones_of_its_push_out(hub: Guarded) -> None:
    right = hub.merge(hub.approved({PRICE: BETTER}, by="max"))
    wrong = hub.change({TIMING: "# Never proposed\n"}, onto=right)
    hub.refuses(f"{wrong[:10]} (Say it better) was put on main directly", to_main(wrong))
