"""What the hub refuses of branches, journals and other refs, of trees no disk should hold, and of other people's names."""

from __future__ import annotations

import os

import pytest
from guards import FILES, ID, PRICE, TIMING, WORDS, Guarded, over_http, to_main, to_proposal

from playbook.store.journal_names import writer_hash

BETTER = FILES[PRICE].replace("pays for itself", "saves a whole van")


def journal(mail: str, device: str = "laptop") -> str:
    return f"{writer_hash(mail)}-{device}"


# Proposals.


def test_r34_the_deletion_of_a_proposal_that_is_not_merged(hub: Guarded) -> None:
    taken = hub.approved({PRICE: BETTER}, by="max")
    hub.takes(to_proposal(taken))
    hub.refuses("proposals/better-price is not merged, so it is not deleted", f":refs/heads/proposals/{ID}")
    # With the merge in the same push it may go.
    hub.takes(to_main(hub.merge(taken)), f":refs/heads/proposals/{ID}")
    assert "proposals" not in hub.refs()


def test_r34_a_proposal_rewritten(hub: Guarded) -> None:
    hub.takes(to_proposal(hub.change({PRICE: BETTER})))
    hub.refuses(
        "proposals/better-price is only added to, never rewritten", "+" + to_proposal(hub.change({TIMING: BETTER}))
    )


def test_r34_an_octopus_in_a_proposal(hub: Guarded) -> None:
    one, two, three = (hub.change({PRICE: WORDS.format(number)}) for number in range(3))
    many = hub.commit(hub.tree_of(one), (one, two, three), "All\n\nWhy not\n")
    hub.refuses("has 3 parents; a proposal merges one thing at a time", to_proposal(many))
    approved = hub.say("approve", many, by="max")
    hub.refuses("has more than two parents", to_main(hub.merge(approved, tree=hub.tree_of(one))))


@pytest.mark.parametrize("name", ["a/b", "x" * 200])
def test_a_proposal_with_no_flat_name(hub: Guarded, name: str) -> None:
    hub.refuses("is no name for a proposal", to_proposal(hub.change({PRICE: BETTER}), name))


def test_a_verdict_slipped_in_by_another_branch_is_judged_when_it_becomes_a_proposals(hub: Guarded) -> None:
    unsigned = hub.say("approve", hub.change({PRICE: BETTER}), by="mia")
    hub.takes(f"{unsigned}:refs/heads/aside")
    hub.refuses("is not signed, and content/policy.toml lists keys", to_proposal(unsigned))


# Names.


REFS = {
    "refs/heads/Main": "refs/heads/Main differs from refs/heads/main only by letter case",
    "refs/heads/Proposals/x": "refs/heads/Proposals/x differs from proposals/ only by letter case",
    "refs/tags/main": "refs/tags/main would be taken for the branch main",
    "refs/playbook/baseline": "refs/playbook/baseline is the hub's own",
    "refs/playbook-local/drafts/x": "refs/playbook-local/drafts/x is the hub's own, or stays on your machine",
    "refs/replace/" + "1" * 40: "is neither a branch nor a tag",
    "refs/notes/commits": "refs/notes/commits is neither a branch nor a tag",
    "refs/playbook/journal/mia": "refs/playbook/journal/mia is no name of a journal",
}


def test_refs_that_nobody_pushes(hub: Guarded) -> None:
    made = hub.change({PRICE: BETTER})
    said = hub.refuses("refs/heads/Main differs", *(f"+{made}:{ref}" for ref in REFS))
    assert [sentence for sentence in REFS.values() if sentence not in said] == []
    assert said.count("remote: ") == len(REFS) + 1
    hub.refuses("refs/playbook/baseline is the hub's own", ":refs/playbook/baseline")


def test_twins_of_branches_in_one_push_and_after_another(hub: Guarded) -> None:
    made = hub.change({PRICE: BETTER})
    hub.refuses("only by letter case", f"{made}:refs/heads/work", f"{made}:refs/heads/Work")
    hub.takes(f"{made}:refs/heads/work", f"{made}:refs/tags/v1")
    hub.refuses("refs/heads/WORK differs from refs/heads/work only by letter case", f"{made}:refs/heads/WORK")


def test_a_tag_that_names_no_commit(hub: Guarded) -> None:
    blob = hub.source.git("rev-parse", f"{hub.main}:{PRICE}")
    hub.refuses("refs/tags/words would name no commit", f"{blob}:refs/tags/words")


# Journals.


@pytest.mark.parametrize("place", ["refs/playbook/journal/", "refs/heads/journal/"])
def test_r34_a_journal_written_by_another(hub: Guarded, place: str) -> None:
    tree = hub.tree(hub.main, {"2026-11.jsonl": "{}\n"})
    first = hub.commit(tree, (), "One\n", by="rep")
    ref = place + journal("Rep@example.com")
    hub.takes(f"{first}:{ref}")
    forged = hub.commit(tree, (first,), "Two\n", by="max")
    hub.refuses("is by max@example.com, and the journal", f"{forged}:{ref}")
    if "heads" in place:
        return
    hub.refuses("is only added to, never rewritten or deleted", f"+{hub.commit(tree, (), 'Anew', by='rep')}:{ref}")
    hub.refuses("is only added to, never rewritten or deleted", f":{ref}")
    hub.takes(f"{hub.commit(tree, (first,), 'Two', by='rep')}:{ref}")


def test_r34_a_journal_of_somebody_with_keys_is_signed(hub: Guarded) -> None:
    tree, ref = hub.tree(hub.main, {"2026-11.jsonl": "{}\n"}), "refs/playbook/journal/" + journal("mia@example.com")
    hub.refuses(
        "is not signed, and content/policy.toml lists keys for mia@example.com",
        f"{hub.commit(tree, (), 'One', by='mia')}:{ref}",
    )
    hub.takes(f"{hub.commit(tree, (), 'One', by='mia', key='mia')}:{ref}")


# Who pushes.


@pytest.mark.parametrize("how", ["ssh", "http"])
def test_r34_somebody_elses_name_where_the_hub_knows_the_pusher(hub: Guarded, how: str) -> None:
    approved = hub.approved({PRICE: BETTER}, by="max")
    hub.source.git("config", "--file", str(hub.hub / "config"), "http.receivepack", "true")
    merge = hub.merge(approved, by="rep")
    sentence = "(approve: better words) is committed as max@example.com, and the hub knows you as"
    if how == "ssh":
        hub.refuses(sentence, to_proposal(approved), pusher="rep@example.com")
        hub.refuses(sentence, to_main(merge), pusher="Rep@Example.com")
        hub.refuses(sentence, f"{approved}:refs/heads/aside", pusher="rep@example.com")
        hub.refuses("the hub knows you as 'rep', which is no mail", to_proposal(approved), pusher="rep")
        hub.refuses("the hub knows you as '', which is no mail", to_proposal(approved), pusher="")
        return
    with over_http(hub.root, user="rep@example.com") as hub.url:
        hub.refuses(sentence, to_proposal(approved))
        hub.refuses(sentence, to_main(merge))
        hub.takes(to_proposal(hub.parent(approved)))
    with over_http(hub.root, user="max@example.com") as hub.url:
        hub.takes(to_proposal(approved), to_main(hub.merge(approved, by="max")))


def test_signed_commits_are_their_committers_whoever_pushes(hub: Guarded) -> None:
    signed = hub.say("approve", hub.change({PRICE: BETTER}), by="mia", key="mia")
    hub.takes(to_proposal(hub.parent(signed)), pusher="rep@example.com")
    hub.takes(to_proposal(signed), to_main(hub.merge(signed, by="rep")), pusher="rep@example.com")


# What git itself is told to refuse.


def bad_tree(hub: Guarded, name: str) -> str:
    inner = bytes.fromhex(hub.source.git("hash-object", "-w", "--stdin", input=b"x\n"))
    sub = b"100644 config\0" + inner
    put = ["hash-object", "-t", "tree", "-w", "--literally", "--stdin"]
    oid = hub.source.git(*put, input=sub)
    return hub.source.git(*put, input=b"40000 " + name.encode() + b"\0" + bytes.fromhex(oid))


@pytest.mark.parametrize(("name", "sentence"), [(".git", "hasDotgit"), ("..", "hasDotdot")])
def test_r34_a_tree_that_reaches_out_of_itself(hub: Guarded, name: str, sentence: str) -> None:
    made = hub.commit(bad_tree(hub, name), (hub.main,), "Out\n\nWhy not\n")
    hub.refuses(sentence, to_proposal(made))


def test_r34_a_push_that_is_too_large(hub: Guarded) -> None:
    """The keeper's own limit holds; as installed it is 100 MiB."""
    assert hub.at_hub("config", "receive.maxInputSize") == str(100 << 20)
    hub.at_hub("config", "receive.maxInputSize", "200000")
    huge = hub.change({"content/huge.bin": os.urandom(400_000)})
    hub.refuses("pack exceeds maximum allowed size", to_proposal(huge))


def test_r34_zeros_that_pack_small_never_become_main(hub: Guarded) -> None:
    """Their pack is small enough; as words that nobody can look at they are refused."""
    made = hub.change({"content/huge.md": b"\0" * (32 << 20)})
    hub.refuses(
        "is larger than 1024 KiB, so nobody can look at it", to_main(hub.merge(hub.say("approve", made, by="max")))
    )
