"""What a script reads of a refusal, what `drafts` says of each, and what whoever proposes a whole file hears of lint."""

from __future__ import annotations

from pathlib import Path

import pytest
from crew import Crew
from team import PRICE, PRICE_TEXT

from playbook.finding.session import read
from playbook.review import drafts
from playbook.review.drafts import Draft
from playbook.store.managed import find_library


def conflicting(crew: Crew) -> str:
    """A proposal whose words main has changed meanwhile."""
    id = crew.propose("rep", "The proposal has this.")
    crew.team.publish(PRICE, PRICE_TEXT.replace("It pays for itself.", "Main has this."))
    crew("mia", "sync")
    return id


REFUSED = [
    (["propose", "gone", "-m", "Better"], 1, "There is no card"),
    (["propose", "price"], 2, "Say what you propose"),
    (["propose", "price", "--nonsense"], 2, "nonsense"),
    (["proposals", "--all", "--state", "open"], 2, "leave --state out"),
    (["proposal", "show", "20260101-gone-abcdef"], 1, "There is no proposal"),
    (["proposal", "approve", "OPEN"], 3, "no approving role"),
    (["retire", "price"], 2, "needs a reason"),
    (["revert", "OPEN", "--why", "w"], 4, "not merged"),
    (["drafts", "show", "nothing"], 1, "There is no draft"),
]


@pytest.mark.parametrize(("arguments", "code", "why"), REFUSED, ids=lambda part: str(part)[:40])
def test_with_json_a_refusal_is_one_document_too(crew: Crew, arguments: list[str], code: int, why: str) -> None:
    id = crew.propose("rep", "Open.") if "OPEN" in arguments else ""
    said = crew("rep", *[id if part == "OPEN" else part for part in arguments], "--json")
    assert said.code == code
    assert said.json["error"]["code"] == code
    assert why in said.json["error"]["message"]
    assert why in said.err


def test_without_json_stdout_stays_empty(crew: Crew) -> None:
    assert crew("rep", "propose", "gone", "-m", "--json is a word here").out == ""
    said = crew("rep", "show", "gone")
    assert (said.code, said.out) == (1, "")


def test_resolve_without_an_option_shows_what_is_open_and_ends_with_4(crew: Crew) -> None:
    id = conflicting(crew)
    said = crew("mia", "proposal", "resolve", id)
    assert said.code == 4
    assert "| Main has this." in said.out
    assert said.err.startswith("Nothing is settled yet: say whose words stand with --ours or --theirs")
    listed = crew("mia", "proposal", "resolve", id, "--json")
    assert (listed.code, len(listed.json["conflicts"])) == (4, 1)
    other = crew.propose("rep", "Meet in autumn.", "objections/timing")
    clean = crew("rep", "proposal", "resolve", other)
    assert (clean.code, clean.out) == (0, "")
    assert "there is nothing to settle" in clean.err


@pytest.mark.parametrize("verb", [["approve"], ["decline", "-m", "No"], ["resolve", "--ours"]])
def test_a_head_that_is_no_commit_of_the_proposal_is_said_so(crew: Crew, verb: list[str]) -> None:
    id = conflicting(crew)
    head = str(crew.row("mia", id)["head"])
    said = crew("mia", "proposal", verb[0], id, *verb[1:], "--head", "0000000")
    assert (said.code, said.out) == (4, "")
    assert f"--head 0000000 is no commit of {id}; its words are at {head[:12]} now" in said.err


def test_r21_whole_files_are_proposed_with_what_lint_says_of_them_beside(crew: Crew) -> None:
    crew("rep", "proposals")
    Path("price.md").write_text(PRICE_TEXT.replace("## Answer\nIt", "## Answer It").replace("Yes.", "[how](gone.md)"))
    said = crew("rep", "propose", "price", "--from", "price.md", "--why", "Shorter", "--json")
    assert said.code == 0
    assert said.json["sent"]
    lines = said.err.strip().splitlines()
    assert [line.rsplit("[", 1)[1] for line in lines] == ["say-in-heading]", "broken-link]"]
    assert all(f"{PRICE}:" in line for line in lines)
    Path("fine.md").write_text(PRICE_TEXT.replace("Fair.", "Fair enough."))
    # What was wrong before (nobody verified it) is no news.
    assert crew("rep", "propose", "price", "--from", "fine.md", "--why", "Softer").err == ""


def test_r21_drafts_say_what_they_are_and_of_which_card(crew: Crew) -> None:
    crew("rep", "proposals")
    crew.be("rep")
    library = find_library("team")
    commit = read(library).snapshot.commit
    words = drafts.name_for("objections/price", drafts.SENTENCE)
    drafts.save(library, Draft(words, PRICE, "Half a thought", commit, kind="words"))
    drafts.save(library, Draft("b" * 20, "", "objection\nWe build it\nWho mends it?", commit, kind="new card"))
    drafts.save(library, Draft("c" * 20, PRICE, PRICE_TEXT + "x", commit, kind="note"))
    drafts.save(library, Draft("d" * 20, "content/gone.md", "x", commit))
    told = {one["what"]: one["title"] for one in crew("rep", "drafts", "--json").json}
    assert told == {
        "better words": "Too expensive", "new objection": "We build it", "note": "Too expensive",
        "edit": "content/gone.md",
    }  # fmt: skip
    shown = crew("rep", "drafts").out
    assert "better words: Too expensive" in shown
    assert "new objection: We build it" in shown
    assert "Half a thought" in shown
    assert "Who mends it?" in shown
    assert "Forgot the draft of We build it" in crew("rep", "drafts", "drop", "bbbb").out


def test_r21_one_draft_is_read_without_the_others(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    crew("rep", "proposals")
    crew.be("rep")
    library = find_library("team")
    for number in range(5):
        drafts.save(library, Draft(f"{number}" * 20, PRICE, f"Text {number}", ""))
    ran: list[str] = []
    real = drafts.Git.run

    def run(self: drafts.Git, *arguments: str, **more: object) -> bytes:
        ran.append(arguments[0])
        return real(self, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(drafts.Git, "run", run)
    kept = drafts.load(library, "3" * 20)
    assert kept is not None
    assert (kept.text, kept.path, kept.name) == ("Text 3", PRICE, "3" * 20)
    assert ran == ["log", "cat-file"]
    assert drafts.load(library, "9" * 20) is None
    assert drafts.count(library) == 5
