"""Histories in odd shapes, and files in odd places, by which somebody once got words into main."""

from __future__ import annotations

import pytest
from guards import FILES, ID, POLICY, PRICE, TIMING, WORDS, Guarded, policy, to_main, to_proposal

from playbook.store.trailers import write_message

BETTER = FILES[PRICE].replace("pays for itself", "saves a whole van")
EVIL = FILES[PRICE].replace("pays for itself", "is a present")
SETTINGS = "content/playbook.toml"


def comment(hub: Guarded, tree: str, *parents: str, id: str = ID) -> str:
    said = write_message("Hm", "Look", {"Event": "comment", "Event-Id": "c1", "Proposal": id})
    return hub.commit(tree, parents, said)


@pytest.mark.parametrize("path", [PRICE, POLICY])
def test_r34_a_comment_that_joins_other_words_to_approved_ones(hub: Guarded, path: str) -> None:
    approved = hub.approved({PRICE: BETTER})
    evil = hub.change({path: EVIL if path == PRICE else policy().replace('"sales"]', '"marketing"]')})
    joined = comment(hub, hub.tree_of(evil), evil, approved)
    hub.refuses("approved other words than these", to_main(hub.merge(joined, tree=hub.tree_of(evil))))


def test_r34_a_comment_that_moves_what_a_proposal_stands_on(hub: Guarded) -> None:
    before = hub.main
    words = hub.change({TIMING: BETTER}, onto=before)
    hub.takes(to_main(hub.merge(hub.approved({PRICE: BETTER}, id="first"))))
    approved = hub.say("approve", words, by="max", base=hub.main)
    moved = comment(hub, hub.tree_of(words), approved, hub.main)
    hub.refuses("approved other words than these", to_main(hub.merge(moved, tree=hub.tree_of(words))))


def test_r34_another_proposals_name_on_the_merge(hub: Guarded) -> None:
    words = hub.change({PRICE: BETTER})
    asked = hub.say("request-changes", words, by="mia", key="mia", head=words, text="No")
    message = write_message("Approved", "Yes", {"Event": "approve", "Event-Id": "a1", "Head": words, "Base": hub.main})
    approved = hub.commit(hub.tree_of(words), (asked,), message, by="max")
    said = write_message("Take it in", "Why", {"Event": "merge", "Proposal": "other", "Head": words})
    hub.refuses("it holds words or verdicts of", to_main(hub.merge(approved, message=said)))
    hub.refuses("It belongs to another proposal, none", to_main(hub.merge(approved)))


def test_r34_settings_or_a_policy_that_shadow_others(hub: Guarded) -> None:
    """What stands beside the file that holds, or in a folder of its name, is the heads' to decide, or nobody's."""
    for files, sentence in (
        ({"playbook.toml": "", SETTINGS: None}, "a head"),
        ({"content/policy.toml/x.md": WORDS.format("X"), POLICY: None}, "lies in a folder called like a file"),
        ({"policy.toml/x.md": WORDS.format("X")}, "lies in a folder called like a file"),
        ({"content/Policy.toml": "", POLICY: None}, "would be a twin of a file that the library is run by"),
    ):
        hub.refuses(sentence, to_main(hub.merge(hub.approved(files))))


def test_r34_the_name_of_the_owner_is_not_the_owner(hub: Guarded) -> None:
    hub.at_hub("config", "playbook.owner", "sal@example.com")
    hub.at_hub("update-ref", "-d", "refs/playbook/baseline")
    bare = hub.commit(hub.tree(hub.main, {POLICY: None}), (), "No policy yet\n")
    hub.source.git("push", "-q", "--no-verify", str(hub.hub), f"{bare}:refs/heads/away")
    hub.at_hub("update-ref", "refs/heads/main", bare)
    hub.main = bare
    words = hub.commit(hub.tree(bare, {POLICY: policy()}), (bare,), "Rules\n\nWhy\n", by="max", author="sal")
    hub.refuses("which is sal@example.com's to set", to_main(hub.merge(hub.say("approve", words, by="rep"))))


@pytest.mark.parametrize("ref", ["refs/heads/proposals", "refs/heads/Journal"])
def test_r34_a_branch_where_the_proposals_have_their_folder(hub: Guarded, ref: str) -> None:
    hub.refuses("would stand where every proposal or journal has its folder", f"{hub.main}:{ref}")


@pytest.mark.parametrize("ref", ["refs/heads/refs/heads/main", "refs/tags/refs/heads/main"])
def test_r34_a_ref_that_git_takes_for_another(hub: Guarded, ref: str) -> None:
    hub.refuses("would be taken for another ref by every git that pushes", f"{hub.main}:{ref}")


def test_r29_a_policy_with_a_number_that_nobody_can_read(hub: Guarded) -> None:
    hub.refuses(
        "nobody's approval would count under it", to_main(hub.merge(hub.approved({POLICY: f"x = {'9' * 6000}\n"})))
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("within ten dollars", "within dez dollars"),
        ("recieves praise", "may receive praise"),
        ("pays", "~~pays~~"),
        ("It pays", "It always pays"),
        ("praise", "praise <!--"),
    ],
)
def test_r36_what_turns_the_sense_is_not_for_the_fast_lane(hub: Guarded, old: str, new: str) -> None:
    taken = hub.approved({PRICE: FILES[PRICE].replace(old, new)}, by="sal", key="sal")
    hub.refuses("nobody of marketing has approved it yet", to_main(hub.merge(taken)))


def test_r36_a_long_line_is_judged_at_once(hub: Guarded) -> None:
    long = FILES[PRICE] + "x" * 60_000 + "\n"
    hub.takes(to_proposal(hub.approved({PRICE: long}, by="max", id="long"), "long"), to_main(hub.merge(
        hub.approved({PRICE: long}, by="max", id="longer"))))  # fmt: skip
    taken = hub.approved({PRICE: long.replace("recieves", "receives")}, by="sal", key="sal", id="again")
    hub.refuses("nobody of marketing has approved it yet", to_main(hub.merge(taken)))
