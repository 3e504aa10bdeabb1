"""What is lost at the hub or overtaken by a merge, as a person hears of it who types commands."""

from __future__ import annotations

from crew import Crew

WORDS = "One late van costs more."


def test_the_command_that_came_too_late_is_a_conflict_and_says_so(crew: Crew) -> None:
    id = crew.propose("rep")
    crew("mia", "sync")
    assert crew("mia", "proposal", "approve", id, "-m", "yes").code == 0
    said = crew("rep", "proposal", "withdraw", id, "-m", "Never mind", "--json")
    assert (said.code, said.json["state"], said.json["too_late"]) == (4, "merged", True)
    assert "your withdrawal" in said.err and len(said.err.strip().splitlines()) == 1
    row = crew.row("rep", id)
    assert row["later"] == 1
    assert "1 later event after the merge" in crew("rep", "proposals", "--state", "merged").out


def test_an_offline_revision_that_was_overtaken_is_told_by_the_sync_and_proposed_anew(crew: Crew) -> None:
    id = crew.propose("rep")
    assert crew("rep", "proposal", "revise", id, "-m", "Two late vans.", "--offline").code == 0
    crew("mia", "sync")
    assert crew("mia", "proposal", "approve", id, "-m", "yes").code == 0
    said = crew("rep", "sync", "--json")
    assert said.code == 4 and len(said.json["too_late"]) == 1 and "your revision" in said.err
    assert crew("rep", "sync").code == 0
    anew = crew("rep", "proposal", "reopen", id, "--json")
    assert (anew.code, anew.json["sent"], anew.json["proposal"] != id) == (0, True, True)
    assert crew.row("mia", anew.json["proposal"])["author"] == "Rep <rep@example.com>"


def test_a_deleted_branch_is_a_row_in_the_queue_and_one_command_brings_it_back(crew: Crew) -> None:
    id = crew.propose("rep")
    crew("mia", "sync")
    crew.team.at_hub("update-ref", "-d", f"refs/heads/proposals/{id}")
    said = crew("mia", "sync", "--json")
    assert (said.code, [one["branch"] for one in said.json["deleted"]]) == (0, [f"proposals/{id}"])
    listed = crew("mia", "proposals").out
    assert "DELETED AT THE HUB" in listed and f"`playbook proposal reopen {id[-6:]}`" in listed
    assert all(len(line) <= 80 for line in listed.splitlines())
    shown = crew("mia", "proposal", "show", id).out
    assert WORDS in shown and "deleted at the hub" in shown
    back = crew("mia", "proposal", "reopen", id[-6:], "--json")
    assert (back.code, back.json["state"], back.json["sent"]) == (0, "open", True)
    assert f"proposals/{id}" in crew.team.branches()


def test_sync_says_what_waits_and_why(crew: Crew) -> None:
    crew.team.hook("update", 'case $1 in refs/heads/proposals/*) echo "Closed on Fridays."; exit 1;; esac\n')
    id = crew("rep", "propose", "objections/price", "-m", WORDS, "--offline", "--json").json["proposal"]
    said = crew("rep", "sync", "--json")
    ((branch_, reason),) = [(one["branch"], one["reason"]) for one in said.json["waiting"]]
    assert branch_ == f"proposals/{id}" and "Closed on Fridays." in reason
    assert f"proposals/{id} waits: " in crew("rep", "sync").out
    crew.away()
    waits = crew("rep", "sync", "--offline-ok", "--json").json["waiting"]
    assert [(one["branch"], "out of reach" in one["reason"]) for one in waits] == [(f"proposals/{id}", True)]
