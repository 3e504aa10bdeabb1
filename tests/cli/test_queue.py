"""`playbook proposals`: what waits, how long already, what is broken; and proposals' names for the shell."""

from __future__ import annotations

import subprocess
import sys

import pytest
from crew import Crew
from team import PRICE, PRICE_TEXT, TIMING


def test_r22_the_queue_shows_age_against_the_agreed_time_author_why_and_what(crew: Crew) -> None:
    first = crew.propose("rep")
    crew("mia", "sync")
    crew.environment.setenv("PLAYBOOK_NOW", "2026-11-25T11:00:00+00:00")
    second = crew.propose("pia", "Fifty.", "timing")
    crew("mia", "sync")
    rows = crew("mia", "proposals", "--json").json
    assert [(row["id"], row["overdue"], row["age_hours"]) for row in rows] == [(first, True, 73.0), (second, False, 0)]
    wanted = {"id", "title", "author", "kind", "paths", "state", "age_hours", "overdue", "verdicts", "conflict"}
    assert all(wanted <= set(row) for row in rows)
    lines = crew("mia", "proposals").out.splitlines()
    assert lines[0].split() == [first[-6:], "edit", "waits", "73", "h", "of", "48", "h", "OVERDUE"]
    assert lines[1].strip() == "Say it better: Too expensive"
    assert lines[2].strip() == "Rep: One late van costs more."
    assert "OVERDUE" not in lines[3]


def test_r22_no_line_of_the_queue_is_wider_than_80_cells_whatever_it_holds(crew: Crew) -> None:
    crew.team.publish(PRICE, PRICE_TEXT.replace("Too expensive", "価格が高すぎる" * 20))
    crew("rep", "proposals")
    crew.be("rep")
    crew("rep", "propose", "price", "-m", "長い" * 200, "--why", "理由" * 100)
    for line in crew("rep", "proposals").out.splitlines():
        assert sum(2 if letter > "\u2e80" else 1 for letter in line) <= 80


def test_r22_states_and_mine_choose_among_them(crew: Crew) -> None:
    one, two = crew.propose("rep", "One."), crew.propose("pia", "Two.", "timing")
    crew("mia", "sync")
    crew("mia", "proposal", "decline", one, "-m", "Not that")
    crew("pia", "sync")

    def ids(*options: str) -> set[str]:
        return {row["id"] for row in crew("pia", "proposals", "--json", *options).json}

    assert (ids(), ids("--state", "declined"), ids("--all")) == ({two}, {one}, {one, two})
    assert (ids("--mine"), ids("--mine", "--state", "declined")) == ({two}, set())
    assert "declined" in crew("pia", "proposals", "--all").out
    nothing = crew("pia", "proposals", "--state", "parked")
    assert (nothing.code, nothing.out) == (0, "")
    assert crew("pia", "proposals", "--state", "lost").code == 2
    assert crew("pia", "proposals", "--all", "--state", "open").code == 2
    assert crew("pia", "proposals", "--unreviewed", "--mine").code == 2


def test_r22_ten_proposals_are_decided_in_a_row(crew: Crew) -> None:
    files = {f"content/objections/o{number}.md": f"# O{number}\n\nWords.\n" for number in range(10)}
    for path, text in files.items():
        crew.team.source.write(path, text)
    crew.team.source.commit("Ten cards")
    crew.team.source.git("push", "-q", "origin", "HEAD:main")
    ids = [crew("rep", "propose", f"o{number}", "-m", "Better.", "--offline", "--json") for number in range(10)]
    assert [said.code for said in ids] == [0] * 10
    assert len(crew("rep", "sync", "--json").json["sent"]) == 10
    crew("mia", "sync")
    for row in crew("mia", "proposals", "--json").json:
        done = crew("mia", "proposal", "approve", row["id"][-6:], "--json")
        assert (done.code, done.json["state"]) == (0, "merged"), done.err
    assert crew("mia", "proposals", "--json").json == []
    assert all(crew.team.text(path).strip().endswith("Better.") for path in files)
    assert len(crew("mia", "proposals", "--state", "merged", "--json").json) == 10


def test_r29_a_broken_branch_is_one_row_with_its_error(crew: Crew) -> None:
    id = crew.propose("rep")
    git = ["git", "--git-dir", str(crew.team.hub)]
    message = "Odd\n\nPlaybook-Event: propose\nPlaybook-Event: approve\n"
    tree = crew.team.at_hub("rev-parse", "main^{tree}")
    env = {"GIT_AUTHOR_NAME": "\u202eEve\x1b[2J", "GIT_COMMITTER_NAME": "E"}
    env |= {"GIT_AUTHOR_EMAIL": "e@x", "GIT_COMMITTER_EMAIL": "e@x"}
    odd = subprocess.run(
        [*git, "commit-tree", "-p", "main", tree], input=message.encode(), env=env, capture_output=True, check=True
    ).stdout.decode().strip()  # fmt: skip
    crew.team.at_hub("update-ref", "refs/heads/proposals/odd\u202e", odd)
    crew.team.at_hub("update-ref", "refs/heads/proposals/same-as-main", "main")
    crew.team.at_hub("update-ref", "refs/heads/proposals/twin\u202e1", odd)
    crew.team.at_hub("update-ref", "refs/heads/proposals/twin\u202e2", odd)
    crew("mia", "sync")
    rows = {row["id"]: row for row in crew("mia", "proposals", "--json").json}
    assert set(rows) == {id, "odd\u202e", "same-as-main", "twin\u202e1", "twin\u202e2"}
    assert rows["same-as-main"]["fault"]
    text = crew("mia", "proposals").out
    assert "UNREADABLE" in text
    assert "Eve" in text
    for name in rows:
        assert crew("mia", "proposal", "show", name).code == 0
    assert crew("mia", "proposal", "show", "same-as-main", "--json").json["mergeable"] is False
    assert crew("mia", "proposal", "show", "twin").code == 2
    assert crew("mia", "proposal", "approve", "same-as-main").code == 4
    assert crew("mia", "proposal", "approve", id).code == 0


def test_what_went_to_main_without_a_proposal_is_listed(crew: Crew) -> None:
    assert crew("mia", "proposals", "--unreviewed", "--json").json == []
    id = crew.propose("rep")
    crew("mia", "proposal", "approve", id)
    crew.team.publish(TIMING, "# By hand\n")
    crew("mia", "sync")
    (row,) = crew("mia", "proposals", "--unreviewed", "--json").json
    assert (row["subject"], row["mail"]) == (f"Change {TIMING}", "ann@example.com")
    assert f"Change {TIMING}" in crew("mia", "proposals", "--unreviewed").out


@pytest.mark.parametrize("command", ["proposal show", "revert", "proposal approve"])
def test_the_shell_completes_proposals_from_their_branches(crew: Crew, command: str) -> None:
    id = crew.propose("rep")
    crew.away()
    for begun in (id[:10], id[-6:-2]):
        words = f"playbook {command} {begun}"
        crew.environment.setenv("_PLAYBOOK_COMPLETE", "bash_complete")
        crew.environment.setenv("COMP_WORDS", words)
        crew.environment.setenv("COMP_CWORD", str(len(words.split()) - 1))
        done = subprocess.run([sys.executable, "-m", "playbook"], capture_output=True, text=True, check=True)
        assert done.stdout == f"plain,{id if id.startswith(begun) else id[-6:]}\n"
