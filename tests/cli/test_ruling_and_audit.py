"""Escalate, rule, override, audit and policy check on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from court import court
from crew import MAILS, Crew
from team import TIMING, build_team

RULES = '[[rules]]\nkeys = 2\nsides = ["sales", "marketing"]\n'


@pytest.fixture
def heads(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> Crew:
    """The crew under a policy with two heads and an arbiter, who sit at machines of their own."""
    for who in ("vera", "carl", "ada", "sam"):
        monkeypatch.setitem(MAILS, who, f"{who}@example.com")
    (crew.place / "court").mkdir()
    crew.team = court(crew.place / "court", RULES)
    return crew


def test_r33_two_opposite_verdicts_are_listed_with_why_and_before_whom(heads: Crew) -> None:
    id = heads.propose("rep")
    for who, act in (("mia", "approve"), ("max", "request-changes")):
        heads(who, "sync")
        assert heads(who, "proposal", act, id, "-m", "Because").code == 0
    heads("carl", "sync")
    (row,) = heads("carl", "proposals", "--state", "escalated", "--json").json
    assert row["escalated"] == {
        "why": "Mia approves it and Max asks for changes", "before": "vera@example.com and carl@example.com",
    }  # fmt: skip
    listed = heads("carl", "proposals", "--state", "escalated").out
    assert "Before vera@example.com and carl@example.com: Mia approves it and Max" in listed
    assert heads("carl", "proposal", "rule", id, "-m", "The buyers asked for it", "--json").json["merge"] is None
    assert heads("carl", "proposal", "show", id, "--json").json["escalated"]["before"] == "vera@example.com"
    heads("vera", "sync")
    done = heads("vera", "proposal", "rule", id, "--for", "-m", "Agreed", "--json").json
    assert (done["state"], done["merge"]) == ("merged", heads.team.branches()["main"])
    shown = heads("vera", "proposal", "show", id).out
    assert "Carl rules for it: The buyers asked for it" in shown and "Vera rules for it: Agreed" in shown
    head, _, _ = heads("vera", "show", "objections/price").out.partition("\n\n")
    assert head.endswith("Ruled by Vera on 2026-11-22: Agreed"), "it stands with the badge, above the words"


def test_r33_a_ruling_against_declines_and_exit_codes_say_why_not(heads: Crew) -> None:
    id = heads.propose("rep")
    heads("mia", "sync")
    assert heads("mia", "proposal", "rule", id, "-m", "x").code == 3
    heads("ada", "sync")
    assert heads("ada", "proposal", "rule", id, "-m", "x").code == 4
    assert heads("rep", "proposal", "escalate", id).code == 2
    answer = heads("rep", "proposal", "escalate", id, "-m", "Nobody answers", "--json").json
    assert (answer["state"], answer["merge"], answer["sent"]) == ("escalated", None, True)
    assert heads("rep", "proposal", "escalate", id, "-m", "Again").code == 4
    heads("ada", "sync")
    heads.away()
    assert heads("ada", "proposal", "rule", id, "--against", "-m", "Legal has it").code == 5
    heads.back()
    assert heads("ada", "sync").code == 0
    row = heads.row("rep", id)
    assert (row["state"], row["ended_because"]) == ("declined", "Legal has it")


def test_r37_what_was_forced_shows_on_the_card_in_its_history_and_in_the_audit(heads: Crew) -> None:
    id = heads.propose("rep")
    heads("carl", "sync")
    assert heads("carl", "proposal", "override", id).code == 2
    said = heads("carl", "proposal", "override", id, "-m", "The buyer signs tonight", "--json").json
    assert said["state"] == "merged"
    mark = "Forced by Carl on 2026-11-22: The buyer signs tonight"
    assert mark in heads("carl", "show", "objections/price").out
    card = heads("carl", "show", "objections/price", "--json").json["mark"]
    assert card == {
        "how": "override", "by": "Carl <carl@example.com>", "on": "2026-11-22", "why": "The buyer signs tonight",
        "merge": said["merge"],
    }  # fmt: skip
    assert heads("carl", "show", "objections/timing", "--json").json["mark"] is None
    past = heads("carl", "history", "objections/price", "--json").json
    assert [(row["mark"], row["author"]) for row in past] == [
        ("override", "Carl"),
        (None, "Rep"),
        (None, "Ann Author"),
    ]
    assert past[1]["why"].strip() == "One late van costs more."
    text = heads("carl", "history", "objections/price").out
    assert "Forced by Carl" in text and "Playbook-" not in text
    heads.team.publish(TIMING, "# Not now\n")
    heads("carl", "sync")
    text = heads("carl", "audit")
    assert text.code == 0 and "WITHOUT A REVIEW" in text.out and "3 steps of main, 1 forced or ruled" in text.err
    assert "Forced by Carl <carl@example.com> (unsigned): The buyer signs tonight" in " ".join(text.out.split())
    pushed, forced, _ = heads("carl", "audit", "--json").json
    assert (pushed["reviewed"], forced["lane"]) == (False, "override")
    assert forced["forced"] == [{"by": "Carl <carl@example.com>", "why": "The buyer signs tonight"}]
    assert heads("carl", "audit", "--since", "2990-01-01", "--json").json == []


def test_r30_a_policy_check_answers_with_its_exit_code(heads: Crew) -> None:
    yes = heads("mia", "policy", "check", "mia@example.com", "objections/price")
    assert yes.code == 0 and yes.out.startswith("Yes: Mia's key counts for content/objections/price.md\n")
    no = heads("mia", "policy", "check", "Ada", "objections/price", "--json")
    assert no.code == 3 and no.json["counts"] is False and no.json["roles"] == ["arbiter"]
    assert "it needs a key of marketing or sales" in no.json["why"][0]
    assert heads("mia", "policy", "check", "carl", "policy.toml").code == 0
    assert heads("mia", "policy", "check", "mia", "no/such").code == 1
    assert heads("mia", "policy", "check", "nobody", "objections/price").code == 2


def test_r37_an_audit_of_a_library_that_never_had_a_policy(crew: Crew, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    crew.team = build_team(tmp_path / "bare", {"content/policy.toml": ""})
    crew.team.publish("content/policy.toml", None)
    (gone, begun) = crew("rep", "audit", "--json").json
    assert (gone["reviewed"], begun["before_policy"]) == (False, True)
