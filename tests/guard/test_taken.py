"""What a guarded hub takes, over a path and over HTTP, from plain git and from playbook itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from guards import (
    CLAIM,
    COVER,
    FILES,
    POLICY,
    PRICE,
    TIMING,
    Guarded,
    build_guarded,
    over_http,
    policy,
    to_main,
    to_proposal,
)  # fmt: skip

from playbook.review.guard.installing import install

BETTER = FILES[PRICE].replace("pays for itself", "saves a whole van")


@pytest.mark.parametrize("how", ["path", "http"])
def test_one_edit(hub: Guarded, how: str) -> None:
    taken = hub.say("approve", hub.change({PRICE: BETTER}), by="mia", key="mia")
    merge = hub.merge(taken, key="mia")
    if how == "path":
        assert hub.takes(to_proposal(taken), to_main(merge)) == ""
    else:
        hub.at_hub("config", "http.receivepack", "true")
        with over_http(hub.root) as hub.url:
            made = hub.change({PRICE: BETTER})
            hub.refuses("was put on main directly", to_main(made))
            hub.refuses(
                "nobody approves their own words", to_main(hub.merge(hub.approved({PRICE: BETTER}, author="max")))
            )
            hub.takes(to_proposal(taken), to_main(merge))
    assert hub.main == merge


def test_a_launch_over_four_folders(hub: Guarded) -> None:
    files = {
        PRICE: BETTER,
        COVER: "# Spring\n\nNow.\n",
        CLAIM: "# Fast\n\nVery.\n",
        "content/launches/two.md": "# Two\n",
    }
    words = hub.change(files, by="rep")
    first = hub.say("approve", words, by="mia", key="mia")
    second = hub.say("approve", first, by="sal", key="sal", head=words)
    hub.refuses("it needs a key from sales (content/air-cover/spring.md: rule 2", to_main(hub.merge(first)))
    hub.refuses("nobody of product has approved it yet (content/launches/two.md: rule 4", to_main(hub.merge(second)))
    third = hub.say("approve", second, by="pia", head=words)
    hub.takes(to_main(hub.merge(third)), to_proposal(third))


def test_two_proposals_in_one_push(hub: Guarded) -> None:
    one = hub.approved({PRICE: BETTER}, by="max", id="one")
    two = hub.approved({TIMING: BETTER}, by="max", id="two")
    first = hub.merge(one)
    hub.takes(to_proposal(one, "one"), to_proposal(two, "two"), to_main(hub.merge(two, main=first)))


def test_a_policy_by_a_third_person_with_both_heads(hub: Guarded) -> None:
    words = hub.change({POLICY: policy() + "# Said more\n"}, by="pia")
    first = hub.say("approve", words, by="hanna", key="hanna")
    hub.refuses("needs the key of Sal, a head", to_main(hub.merge(first)))
    hub.takes(to_main(hub.merge(hub.say("approve", first, by="sal", key="sal", head=words))))


def test_history_from_before_the_guard(hub: Guarded) -> None:
    """The first words were put on main directly, policy and all: that is the baseline."""
    assert hub.at_hub("rev-parse", "refs/playbook/baseline") == hub.main
    hub.takes(to_main(hub.merge(hub.approved({PRICE: BETTER}, by="max"))))


def test_a_renamed_card_with_its_edit(hub: Guarded) -> None:
    moved = FILES[PRICE].replace("title:", "formerly: [objections/price]\ntitle:").replace("pays for", "saves")
    words = hub.change({PRICE: None, "content/objections/cost.md": moved})
    hub.takes(to_main(hub.merge(hub.say("approve", words, by="max"))))


def test_r36_the_fast_lane_within_its_limits(hub: Guarded) -> None:
    taken = hub.approved({PRICE: FILES[PRICE].replace("recieves", "receives")}, by="sal", key="sal")
    hub.takes(to_main(hub.merge(taken)))


def test_the_clock_and_library_variables_are_not_heard(hub: Guarded, tmp_path: Path) -> None:
    taken = hub.approved({PRICE: BETTER}, by="max")
    lies = {
        "PLAYBOOK_NOW": "never",
        "PLAYBOOK_HOME": "/nowhere/at/all",
        "PLAYBOOK_LIBRARY": "x",
        "PYTHONPATH": "/nowhere",
    }
    hub.takes(to_main(hub.merge(taken)), **lies)
    assert not Path("/nowhere").exists()


# An empty hub.


def empty(root: Path, owner: str | None) -> Guarded:
    made = build_guarded(root)
    made.at_hub("config", "--unset-all", "playbook.owner")
    for ref in ("refs/heads/main", "refs/playbook/baseline"):
        made.at_hub("update-ref", "-d", ref)
    install(str(made.hub), owner)
    return made


def test_the_first_push_of_an_empty_hub_is_an_import(tmp_path: Path) -> None:
    hub = empty(tmp_path / "team", "sal@example.com")
    hub.refuses("this hub has no main yet, which its HEAD names; push main first", f"{hub.main}:refs/heads/trunk")
    by_ann = hub.main
    hub.refuses("which is sal@example.com's to set, and this comes from ann@example.com", to_main(by_ann))
    hub.refuses(
        "which is sal@example.com's to set, and this comes from rep@example.com",
        to_main(by_ann),
        pusher="rep@example.com",
    )
    hub.takes(to_main(by_ann), pusher="Sal@example.com")
    # The next push finds out what was imported.
    hub.takes(to_main(hub.merge(hub.approved({PRICE: BETTER}, by="max"))))
    assert hub.at_hub("rev-parse", "refs/playbook/baseline") == by_ann


def test_an_import_with_a_policy_needs_an_owner(tmp_path: Path) -> None:
    hub = empty(tmp_path / "team", None)
    hub.refuses(
        "nobody is named who may set it; the hub's keeper names one: `playbook hook install HUB.git --owner MAIL`",
        to_main(hub.main),
    )


def test_a_main_that_was_lost_is_not_imported_anew(hub: Guarded) -> None:
    hub.at_hub("update-ref", "-d", "refs/heads/main")
    hub.refuses("this hub had a main and has lost it; its keeper puts it back", to_main(hub.main))


def test_a_policy_that_goes_leaves_the_other_one(hub: Guarded) -> None:
    """A library may have content/policy.toml and policy.toml; once the first is gone the second holds."""
    both = hub.change({"policy.toml": policy()}, by="pia")
    keyed = hub.say("approve", hub.say("approve", both, by="hanna", key="hanna"), by="sal", key="sal", head=both)
    hub.takes(to_main(hub.merge(keyed)))
    gone = hub.change({POLICY: None}, by="pia")
    keyed = hub.say("approve", hub.say("approve", gone, by="hanna", key="hanna"), by="sal", key="sal", head=gone)
    first = hub.merge(keyed)
    words = hub.approved({PRICE: BETTER}, by="rep", author="pia")
    hub.refuses(
        "nobody of marketing has approved it yet (content/objections/price.md: rule 1 of policy.toml)",
        to_main(hub.merge(words, main=first)),
    )
    hub.takes(to_main(hub.merge(hub.approved({PRICE: BETTER}, by="max"), main=first)))


def test_a_policy_is_added_later_by_its_owner_alone(tmp_path: Path) -> None:
    hub = empty(tmp_path / "team", "sal@example.com")
    hub.main = hub.commit(hub.tree(hub.main, {POLICY: None}), (), "Words alone\n", by="rep")
    hub.takes(to_main(hub.main))
    by_rep = hub.approved({POLICY: policy()}, by="max")
    hub.refuses("would be the first policy here, which is sal@example.com's to set", to_main(hub.merge(by_rep)))
    by_sal = hub.approved({POLICY: policy()}, by="max", author="sal")
    hub.takes(to_main(hub.merge(by_sal)))
