"""What somebody who had never seen the command line stumbled over: how old an answer is, what is not here yet, whose key
is wanted, and sentences that were not so."""

from __future__ import annotations

from pathlib import Path

import pytest
from crew import Crew
from saying import Say
from team import MIA, POLICY, PRICE, PRICE_TEXT, TIMING, TIMING_TEXT

from playbook.cli import guard

LATER = "2026-11-22T13:05:00+00:00"
OLD = "As of the last sync, 3 hours ago; `playbook sync` brings what is newer"


def later(crew: Crew) -> None:
    """Three hours go by."""
    crew.environment.setenv("PLAYBOOK_NOW", LATER)


READING = [
    ("verify",), ("audit",), ("proposals", "--all"), ("proposal", "show", "ID"), ("proposals", "--unreviewed"),
]  # fmt: skip


@pytest.mark.parametrize("command", READING, ids=lambda given: given[0])
def test_what_reads_without_fetching_says_how_old_its_answer_is(crew: Crew, command: tuple[str, ...]) -> None:
    id = crew.propose("rep")
    words = [id if word == "ID" else word for word in command]
    assert crew("mia", "sync").code == 0
    crew.team.publish(TIMING, TIMING_TEXT + "\nStraight on.\n")
    assert crew("mia", "sync").code == 0
    assert "last sync" not in crew("mia", *words).err
    later(crew)
    said = crew("mia", *words)
    assert said.err.splitlines()[0] == OLD
    assert "last sync" not in said.out
    shown = crew("mia", *words, "--json")
    for one in shown.json if isinstance(shown.json, list) else [shown.json]:
        assert one["synced"] == "2026-11-22T10:00:00+00:00"
    assert crew("mia", "sync").code == 0
    assert "last sync" not in crew("mia", *words).err


def test_a_hub_out_of_reach_is_said_beside_the_age_however_young(crew: Crew) -> None:
    assert crew("mia", "proposals").code == 0
    crew.away()
    assert crew("mia", "sync").code == 5
    said = crew("mia", "verify")
    assert said.err.startswith(
        "As of the last sync, just now: the hub could not be reached since; `playbook sync` tries"
    )
    crew.back()
    assert crew("mia", "sync").code == 0
    assert "last sync" not in crew("mia", "verify").err


@pytest.mark.parametrize("held", [None, b"", b"\xff\xfe\0", b"yesterday\n", b"2026-11-22T10:00:00\n"])
def test_an_age_that_nobody_knows_is_said_to_be_so(crew: Crew, held: bytes | None) -> None:
    id = crew.propose("mia")
    (file,) = crew.home("mia").rglob("synced.txt")
    file.unlink() if held is None else file.write_bytes(held)
    assert "As of the last sync, nobody knows when;" in crew("mia", "proposals").err
    assert crew("mia", "proposal", "show", id, "--json").json["synced"] is None


TALK = [
    ("show",), ("comment", "-m", "Why?"), ("request-changes", "-m", "Shorter"), ("decline", "-m", "No"), ("acknowledge",),
    ("park", "-m", "Until spring"), ("resolve",), ("revise", "-m", "Other words."),
]  # fmt: skip


@pytest.mark.parametrize("words", TALK, ids=lambda given: given[0])
def test_what_a_colleague_has_just_proposed_is_fetched_when_it_is_named(crew: Crew, words: tuple[str, ...]) -> None:
    crew("mia", "sync")
    id = crew.propose("rep")
    said = crew("mia", "proposal", words[0], id[-6:], *words[1:])
    assert said.code == 0, said.err


def test_a_proposal_that_is_nowhere_says_of_when_that_is(crew: Crew) -> None:
    crew("mia", "sync")
    said = crew("mia", "proposal", "show", "20260101-gone-abcdef")
    assert said.code == 1
    assert "There is no proposal '20260101-gone-abcdef'" in said.err and "(the hub was asked just now)" in said.err
    later(crew)
    crew.away()
    for arguments in (("show", "20260101-gone-abcdef"), ("comment", "20260101-gone-abcdef", "-m", "x", "--offline")):
        said = crew("mia", "proposal", *arguments)
        assert said.code == 1
        assert "(as of the last sync, 3 hours ago)" in said.err
        assert len(said.err.strip().splitlines()) == 1


def test_approving_what_main_renamed_says_so_and_the_command_that_carries_it_over(crew: Crew) -> None:
    id = crew.propose("rep")
    made = crew("rep", "rename", "objections/price", "objections/cost", "--json").json
    assert crew("mia", "proposal", "approve", made["proposal"]).code == 0
    crew("mia", "sync")
    why = next(one for one in crew.row("mia", id)["blocked_by"] if "renamed" in one)  # type: ignore[attr-defined]
    said = crew("mia", "proposal", "approve", id, "-m", "Right")
    assert said.code == 4
    assert why in said.err and "same words" not in said.err
    command = why.split("`")[1].split()
    assert crew("rep", "sync").code == 0
    assert crew("rep", *command[1:]).code == 0


def test_the_same_card_renamed_and_reworded_on_main_is_not_said_to_join(crew: Crew) -> None:
    id = crew.propose("rep")
    crew.team.publish(PRICE, None)
    text = PRICE_TEXT.replace("It pays for itself.", "It is dear.").replace(
        "kind:", "formerly: [objections/price]\nkind:"
    )
    crew.team.publish("content/objections/cost.md", text)
    blocked = crew.row("mia", id)["blocked_by"]
    assert any("main has renamed" in one and "others on both sides" in one for one in blocked)  # type: ignore[attr-defined]
    assert not any("--theirs" in one for one in blocked)  # type: ignore[attr-defined]


def test_taking_the_same_back_twice_is_refused_and_the_first_is_named(crew: Crew) -> None:
    id = crew.propose("rep")
    assert crew("mia", "proposal", "approve", id, "-m", "Right").code == 0
    assert crew("rep", "sync").code == 0
    first = crew("rep", "revert", id, "--why", "It was wrong", "--json").json["proposal"]
    said = crew("mia", "sync"), crew("mia", "revert", id, "--why", "Really wrong")
    assert said[1].code == 4
    assert f"{first} proposes to take back the very same already" in said[1].err
    assert crew("rep", "proposal", "withdraw", first).code == 0
    assert crew("mia", "sync").code == 0
    assert crew("mia", "revert", id, "--why", "Really wrong").code == 0


def test_taking_a_commit_back_twice_is_refused_too(crew: Crew) -> None:
    id = crew.propose("rep")
    assert crew("mia", "proposal", "approve", id, "-m", "Right").code == 0
    pushed = crew.team.publish(TIMING, TIMING_TEXT + "\nStraight on.\n")
    crew("rep", "sync")
    first = crew("rep", "revert", pushed[:10], "--why", "Nobody looked", "--json").json["proposal"]
    said = crew("rep", "revert", pushed[:10], "--why", "Nobody looked")
    assert (said.code, said.out) == (4, "")
    assert first in said.err


def test_proposing_says_whose_key_is_wanted_as_show_does(crew: Crew) -> None:
    said = crew("rep", "propose", "price", "-m", "Better.")
    assert said.code == 0
    id = said.out.splitlines()[1].strip()
    shown = crew("rep", "proposal", "show", id, "--json").json
    assert f"  Before it is main: {'; '.join(shown['blocked_by'])}" in said.out
    made = crew("rep", "retire", "objections/timing", "--why", "Old", "--json").json
    assert made["blocked_by"] == crew("rep", "proposal", "show", made["proposal"], "--json").json["blocked_by"]


def test_renaming_says_that_other_files_change_with_it(crew: Crew) -> None:
    crew.team.publish(TIMING, TIMING_TEXT + "\n[dear](price.md)\n")
    crew("rep", "sync")
    said = crew("rep", "rename", "objections/price", "objections/cost")
    assert "  1 more file changes with it, whose links lead to the card. Before it is main: " in said.out


def test_verifying_says_what_is_still_wanted_where_ones_own_key_is_not_enough(crew: Crew) -> None:
    rule = '\n[[rules]]\nkinds = ["objection"]\napprove = ["marketing"]\nacknowledge = ["sales"]\n'
    crew.team.publish("content/policy.toml", POLICY + rule)
    crew("mia", "sync")
    said = crew("mia", "verify-card", "price")
    assert said.code == 0
    (line,) = [line for line in said.out.splitlines() if line.startswith("  Before it is main: ")]
    assert "sales" in line and "acknowledge" in line
    assert "merged" not in said.out
    assert MIA.mail  # hers alone would have been enough without the rule


@pytest.mark.parametrize("command", [("search", "price"), ("show", "objections/price"), ("proposals",), ("audit",)])
def test_a_library_named_before_the_command_is_the_one_it_works_on(crew: Crew, command: tuple[str, ...]) -> None:
    crew("mia", "sync")
    other = crew.team.source.bare(crew.place / "other.git")
    assert crew("mia", "open", str(other), "--name", "other", "--no-app").code == 0
    assert crew("mia", "index", "--library", "team").code == crew("mia", "index", "--library", "other").code == 0
    said = crew("mia", "--library", "team", *command, "--json")
    assert said.code == 0, said.err
    if command[0] == "search":
        assert said.json["library"] == "team"
    else:
        assert said.out == crew("mia", *command, "--library", "team", "--json").out
    refused = crew("mia", "--library", "nowhere", *command)
    assert refused.code == 2 and "No open library is called nowhere" in refused.err


def test_a_library_before_the_command_gives_way_to_one_after_it_and_reaches_groups(crew: Crew) -> None:
    id = crew.propose("rep")
    assert crew("rep", "--library", "team", "proposal", "show", id).code == 0
    assert crew("rep", "--library", "nowhere", "proposal", "show", id).code == 2
    assert crew("rep", "--library", "nowhere", "proposal", "show", id, "--library", "team").code == 0
    for command in (["libraries"], ["hook", "install", "x.git"]):
        said = crew("rep", "--library", "team", *command)
        assert said.code == 2 and "takes no --library; leave it out" in said.err


def test_a_library_that_was_never_opened_is_said_how_to_open(crew: Crew, tmp_path: Path) -> None:
    crew.be("max")
    hub = str(crew.team.hub)
    said = crew.say("search", "price", "--library", hub)
    assert said.code == 2
    assert f"No library is open yet, and {hub} was never opened: run `playbook open {hub}` first" in said.err
    said = crew.say("search", "price", "--library", "nowhere")
    assert said.code == 2
    assert "nowhere is no repository to open either: `playbook open` takes its folder or its URL" in said.err


NOT_THERE = [
    ("show", "nope"), ("copy", "nope"), ("history", "nope"), ("blame", "nope"), ("search", "x", "--kind", "nope"),
    ("verify", "nope..nope"), ("forget", "nope"), ("policy", "check", "nobody", "nope"), ("search",), ("doctor", "--nope"),
    ("host-files", "nope"), ("open", "nope"), ("audit", "--since", "nope"),
]  # fmt: skip


@pytest.mark.parametrize("command", NOT_THERE, ids=" ".join)
def test_with_json_every_refusal_is_a_document(crew: Crew, command: tuple[str, ...]) -> None:
    said = crew("mia", *command, "--json")
    assert said.code
    assert said.json["error"]["code"] == said.code
    assert said.json["error"]["message"].split(";")[0][:40] in said.err


def test_lint_that_cannot_look_says_so_in_a_line(crew: Crew) -> None:
    said = crew("mia", "lint", "nowhere", "--json")
    assert said.code == 2
    (line,) = said.lines
    assert line["error"]["code"] == 2


def test_a_history_of_before_the_guard_is_told_together_on_a_terminal(
    crew: Crew, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [crew.team.publish(TIMING, f"{TIMING_TEXT}\nLine {number}.\n") for number in range(9)]
    crew("mia", "sync")
    said = crew("mia", "verify")
    assert said.code == 1
    assert len(said.out.splitlines()) == 9  # a line a fault, as scripts have it
    monkeypatch.setattr(guard, "_at_a_terminal", lambda: True)
    told = crew("mia", "verify")
    assert told.code == 1
    lines = told.out.splitlines()
    assert [line[:10] for line in lines[:3]] == [commit[:10] for commit in made[:3]]
    assert len(lines) == 4
    assert lines[3].startswith(f"9 commits in all went straight to main, from {made[0][:10]} to {made[8][:10]}")
    assert "playbook hook install" in lines[3]
    assert len(crew("mia", "verify", "--all").out.splitlines()) == 9
    assert len(crew("mia", "verify", "--json").json) == 9
