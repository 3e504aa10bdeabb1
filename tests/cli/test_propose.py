"""`playbook propose`: a sentence, a note, whole files, a new card; sent when the hub is there, kept when it is not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from crew import Crew
from team import PRICE, PRICE_TEXT, TIMING, TIMING_TEXT


def proposed(crew: Crew, id: str, path: str = PRICE) -> str:
    """What a file holds on a proposal's branch at the hub."""
    return crew.team.text(path, f"proposals/{id}")


def test_r20_one_sentence_is_a_proposal_that_the_reviewer_sees(crew: Crew) -> None:
    said = crew("rep", "propose", "price", "-m", "One late van costs more.", "--json")
    assert (said.code, said.err) == (0, "")
    made = said.json
    assert set(made) == {
        "proposal", "branch", "commit", "title", "sent", "waits", "merge", "others", "blocked_by", "beside",
    }  # fmt: skip
    assert (made["branch"], made["sent"], made["waits"]) == (f"proposals/{made['proposal']}", True, None)
    assert crew.team.branches()[made["branch"]] == made["commit"]
    assert proposed(crew, made["proposal"]) == PRICE_TEXT.replace("It pays for itself.", "One late van costs more.")
    assert crew.team.text(PRICE) == PRICE_TEXT
    crew("mia", "sync")
    (row,) = crew("mia", "proposals", "--json").json
    assert (row["id"], row["author"], row["why"]) == (
        made["proposal"], "Rep <rep@example.com>", "One late van costs more.",
    )  # fmt: skip


def test_r20_for_eyes_it_is_one_line_the_id_and_whose_word_it_waits_for(crew: Crew) -> None:
    said = crew("rep", "propose", "price", "-m", "One late van costs more.", "--why", "Buyers laugh")
    first, second, wanted = said.out.splitlines()
    assert first == "Proposed: Say it better: Too expensive"
    assert wanted.startswith("  Before it is main: ")
    assert crew.team.branches().keys() == {"main", f"proposals/{second.strip()}"}
    assert crew.row("mia", second.strip())["why"] == "Buyers laugh"


def test_r20_a_note_edits_nothing_and_cannot_be_merged_yet(crew: Crew) -> None:
    made = crew("rep", "propose", "price", "--note", "The figure is old.", "--json").json
    shown = crew.row("mia", made["proposal"])
    assert (shown["kind"], shown["mergeable"], shown["paths"]) == ("note", False, [])
    assert "no edit yet" in shown["blocked_by"]
    assert shown["why"] == "The figure is old."


def test_words_come_from_standard_input_as_well(crew: Crew) -> None:
    made = crew("rep", "propose", "price", "-m", "-", "--json", input="From a pipe.\n\nAnd more.\n").json
    assert "## Answer\nFrom a pipe.\n\nAnd more.\n" in proposed(crew, made["proposal"])


def test_a_whole_file_comes_from_a_file_or_from_standard_input(crew: Crew) -> None:
    text = PRICE_TEXT.replace("Fair.", "Fair, and budget is real.")
    (crew.place / "price.md").write_text(text)
    made = crew("rep", "propose", "price", "--from", "price.md", "--why", "Softer", "--json").json
    assert (made["title"], proposed(crew, made["proposal"])) == ("Edit: Too expensive", text)
    again = crew("rep", "propose", "price", "--from", "-", "--why", "Softer", "--json", input=text.replace("r.", "r!"))
    assert proposed(crew, again.json["proposal"]) == text.replace("r.", "r!")


@pytest.mark.parametrize("below", ["content/", ""])
def test_a_folder_is_several_files_relative_to_content_or_to_the_repository(crew: Crew, below: str) -> None:
    folder = crew.place / "new" / below
    (folder / "objections").mkdir(parents=True)
    (folder / "objections" / "price.md").write_text(PRICE_TEXT.replace("Yes.", "Oldacre."))
    (folder / "objections" / "timing.md").write_text(TIMING_TEXT)
    (folder / "objections" / "fresh.md").write_text("# Fresh\n\nNew.\n")
    (folder / ".hidden").write_text("not this")
    said = crew("rep", "propose", "--from", str(crew.place / "new"), "--why", "Proof everywhere", "--json")
    assert said.code == 0
    assert "objections/fresh.md:1 warning: There are no words to say" in said.err
    shown = crew.row("mia", said.json["proposal"])
    assert shown["paths"] == ["content/objections/fresh.md", PRICE]
    assert "2 files" in said.json["title"]


def test_a_new_card_lies_where_its_kind_lies_with_its_words_where_they_belong(crew: Crew) -> None:
    arguments = ("--title", "We build it\nourselves", "--alias", "in house", "--alias", "our own")
    made = crew("rep", "propose", "--new", "objection", *arguments, "-m", "Who mends it at night?", "--json").json
    text = proposed(crew, made["proposal"], "content/objections/we-build-it-ourselves.md")
    assert "title: We build it ourselves\n" in text
    assert "aliases: [in house, our own]\n" in text
    assert "## Answer\nWho mends it at night?\n" in text
    shown = crew.row("mia", made["proposal"])
    assert (shown["kind"], shown["why"]) == ("new", "Who mends it at night?")


def test_the_words_of_a_new_card_stand_in_it_whatever_its_kind(crew: Crew) -> None:
    made = crew("rep", "propose", "--new", "persona", "--title", "CFO", "-m", "You own the number.", "--json").json
    assert "You own the number." in proposed(crew, made["proposal"], "content/personas/cfo.md")


def test_dry_run_shows_the_words_and_writes_nothing(crew: Crew) -> None:
    crew("rep", "proposals")
    before = crew.refs()
    said = crew("rep", "propose", "price", "-m", "It costs nothing.", "--dry-run")
    assert said.code == 0
    assert f"{PRICE}: changed, " in said.out
    assert "[-" in said.out
    assert "{+" in said.out
    found = crew("rep", "propose", "price", "-m", "It costs nothing.", "--dry-run", "--json").json
    assert (found["proposal"], found["branch"], found["commit"]) == (None, None, None)
    assert found["changes"][0]["path"] == PRICE
    assert crew("rep", "propose", "--new", "page", "--title", "Terms", "--dry-run").code == 0
    assert crew("rep", "propose", "price", "--note", "Old.", "--dry-run").code == 0
    assert crew.refs() == before


REFUSED: list[tuple[list[str], int, str]] = [
    (["propose"], 2, "Say what you propose"),
    (["propose", "price"], 2, "Say what you propose"),
    (["propose", "-m", "words"], 2, "Which card"),
    (["propose", "price", "-m", ""], 2, "no words"),
    (["propose", "price", "-m", " \n "], 2, "no words"),
    (["propose", "price", "-m", "It pays for itself."], 2, "stand there already"),
    (["propose", "price", "-m", "x" * 20_001], 2, "20001 characters"),
    (["propose", "price", "-m", "a\udcff"], 2, "UTF-8"),
    (["propose", "price", "--note", ""], 2, "needs a sentence"),
    (["propose", "price", "-m", "a", "--note", "b"], 2, "do not go together"),
    (["propose", "price", "-m", "a", "--edit"], 2, "do not go together"),
    (["propose", "nothing-like-it", "-m", "a"], 1, "There is no card"),
    (["propose", "price", "--title", "x", "-m", "a"], 2, "--new"),
    (["propose", "--new", "objection"], 2, "needs a title"),
    (["propose", "--new", "poem", "--title", "Ode"], 2, "There is no kind"),
    (["propose", "price", "--new", "objection", "--title", "Ode"], 2, "leave the ID out"),
    (["propose", "--new", "objection", "--title", "Price"], 2, "is there already"),
    (["propose", "price", "--from", "gone.md", "--why", "w"], 2, "does not exist"),
    (["propose", "price", "--from", "latin.md", "--why", "w"], 2, "UTF-8"),
    (["propose", "price", "--from", "nul.md", "--why", "w"], 2, "NUL"),
    (["propose", "price", "--from", "empty.md", "--why", "w"], 2, "is empty"),
    (["propose", "price", "--from", "big.md", "--why", "w"], 2, "1 MiB"),
    (["propose", "price", "--from", "good.md"], 2, "--why"),
    (["propose", "price", "--from", "folder", "--why", "w"], 2, "leave the ID out"),
    (["propose", "--from", "folder", "--why", "w"], 2, "is a link"),
    (["propose", "--from", "bare", "--why", "w"], 2, "no file to propose"),
    (["propose", "--from", "same", "--why", "w"], 2, "stands there already"),
    (["propose", "--from", "odd", "--why", "w"], 2, "no name that every disk can hold"),
    (["propose", "price", "--edit", "--dry-run"], 2, "--dry-run"),
]


def test_what_cannot_be_proposed_is_one_sentence_and_changes_nothing(crew: Crew) -> None:
    place = crew.place
    (place / "good.md").write_text("# Good\n")
    (place / "latin.md").write_bytes(b"# Caf\xe9\n")
    (place / "nul.md").write_bytes(b"# A\0\n")
    (place / "empty.md").write_text(" \n")
    (place / "big.md").write_text("x" * (1 << 20) + "y")
    for name in ("folder", "bare", "same/objections", "odd"):
        (place / name).mkdir(parents=True)
    (place / "folder" / "a.md").symlink_to("/etc/passwd")
    (place / "same" / "objections" / "price.md").write_text(PRICE_TEXT)
    (place / "odd" / "a:b.md").write_text("# Odd\n")
    crew("rep", "proposals")
    before = crew.refs()
    for arguments, code, why in REFUSED:
        said = crew("rep", *arguments)
        assert (said.code, said.out) == (code, ""), arguments
        assert why in said.err, arguments
        assert len(said.err.strip().splitlines()) == 1, arguments
        assert crew.refs() == before, arguments


def test_nobody_proposes_without_a_name(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    crew("rep", "proposals")
    before = crew.refs()
    (crew.place / "gitconfig-rep").write_text("")
    monkeypatch.setattr(crew, "be", lambda who: None)
    said = crew("rep", "propose", "price", "-m", "Anything.")
    assert said.code == 2
    assert "user.name" in said.err
    assert crew.refs() == before


def test_offline_keeps_it_here_and_the_next_sync_sends_it(crew: Crew) -> None:
    said = crew("rep", "propose", "price", "-m", "Later.", "--offline", "--json")
    assert said.code == 0
    assert said.err == "Kept here, goes out with the next sync\n"
    made = said.json
    assert (made["sent"], made["waits"]) == (False, "kept here, goes out with the next sync")
    assert crew.team.branches().keys() == {"main"}
    report = crew("rep", "sync", "--json").json
    assert (report["sent"], report["ahead"], report["state"]) == ([made["branch"]], 0, "synced")
    assert crew.team.branches()[made["branch"]] == made["commit"]


def test_r39_a_hub_out_of_reach_is_no_failure(crew: Crew) -> None:
    crew("rep", "proposals")
    crew.away()
    said = crew("rep", "propose", "price", "-m", "Later.")
    assert said.code == 0
    assert said.err.startswith("Kept here, goes out with the next sync: ")
    assert len(said.err.strip().splitlines()) == 1
    assert "not sent" in crew("rep", "proposals").out
    assert crew("rep", "sync").code == 5
    offline = crew("rep", "sync", "--offline-ok", "--json")
    assert (offline.code, offline.json["state"], offline.json["ahead"]) == (0, "offline", 1)
    crew.back()
    assert len(crew("rep", "sync", "--json").json["sent"]) == 1
    assert len(crew.team.branches()) == 2


def test_a_hub_that_takes_nothing_keeps_the_work_here(crew: Crew) -> None:
    crew("rep", "proposals")
    crew.read_only()
    said = crew("rep", "propose", "price", "-m", "Later.", "--json")
    assert (said.code, said.json["sent"]) == (0, False)
    assert "lets you read but not write" in said.json["waits"]
    assert said.err.startswith("Kept here, but it cannot go out: ")
    synced = crew("rep", "sync")
    assert (synced.code, synced.out) == (3, "")
    assert "lets you read but not write" in synced.err
    assert len(crew("rep", "proposals", "--json").json) == 1
    crew.open_again()
    assert len(crew("rep", "sync", "--json").json["sent"]) == 1


def test_ctrl_c_while_it_is_sent_keeps_it_here(crew: Crew) -> None:
    crew("rep", "proposals")
    reached = crew.place / "reached"
    crew.team.hook("pre-receive", f"touch {reached}\nsleep 30\n")
    running = subprocess.Popen(
        [sys.executable, "-m", "playbook", "propose", "price", "-m", "Later.", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not reached.exists() and running.poll() is None:
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    out, said = running.communicate(timeout=60)
    assert (running.returncode, json.loads(out)["sent"]) == (1, False)
    assert said.strip() == "Sending was stopped; kept here, goes out with the next sync"
    crew.open_again()
    assert len(crew("rep", "sync", "--json").json["sent"]) == 1


def test_what_the_hub_refuses_waits_with_the_hubs_own_words(crew: Crew) -> None:
    crew("rep", "proposals")
    crew.team.hook("pre-receive", "printf 'Ask \\033[31mlegal\\033[0m first\\n' >&2\nexit 1\n")
    said = crew("rep", "propose", "price", "-m", "Later.")
    assert said.code == 0
    assert said.err.startswith("Kept here: Ask")
    assert "legal" in said.err
    assert crew("rep", "sync", "--json").json["ahead"] == 1


def test_r27_a_second_proposal_for_a_card_says_so(crew: Crew) -> None:
    first = crew.propose("rep")
    noted = crew("rep", "propose", "price", "--note", "The figure is old.", "--json").json
    assert noted["others"] == [first]
    crew("pia", "sync")
    said = crew("pia", "propose", "price", "-m", "Third.")
    assert said.out.count("Open for the same card, too") == 2
    assert "playbook proposal join" in said.out
    other = crew("pia", "propose", "timing", "-m", "Fourth.", "--json").json
    assert other["others"] == []


def test_r26_two_people_propose_at_once_and_both_are_kept(crew: Crew) -> None:
    crew("pia", "proposals")
    one, two = crew.propose("rep", "One."), crew.propose("pia", "Two.")
    crew("mia", "sync")
    assert {row["id"] for row in crew("mia", "proposals", "--json").json} == {one, two}


def test_a_library_without_a_hub_keeps_it_and_says_so(crew: Crew, tmp_path: Path) -> None:
    crew("rep", "proposals")
    checkout = tmp_path / "checkout"
    subprocess.run(["git", "clone", "-q", str(crew.team.hub), str(checkout)], check=True)
    subprocess.run(["git", "-C", str(checkout), "remote", "remove", "origin"], check=True)
    before = crew.refs()
    assert crew("rep", "open", str(checkout), "--name", "alone", "--no-app").code == 0
    said = crew("rep", "propose", "price", "-m", "Mine.", "--library", "alone", "--json")
    assert (said.code, said.json["sent"]) == (0, False)
    assert "no hub" in said.err
    assert before.items() <= crew.refs().items()
    status = subprocess.run(["git", "-C", str(checkout), "status", "-s"], capture_output=True, check=True)
    assert status.stdout == b""


def test_hostile_words_are_shown_safely_and_kept_as_they_can_be_shown(crew: Crew) -> None:
    words = "Red \x1b[31mletters\x1b[0m and \u202eback\u202c.\n\nPlaybook-Event: approve"
    made = crew("rep", "propose", "price", "-m", "-", "--json", input=words).json
    assert "Red [31mletters[0m and back.\n\nPlaybook-Event: approve" in proposed(crew, made["proposal"])
    shown = crew.row("mia", made["proposal"])
    assert shown["why"] == words
    assert [event["event"] for event in shown["events"]] == ["propose"]  # type: ignore[attr-defined]
    for command in (["proposals"], ["proposal", "show", made["proposal"]]):
        said = crew("mia", *command)
        assert (said.code, "\x1b" in said.out, "\u202e" in said.out) == (0, False, False)
    assert "\u202e" not in crew("mia", "proposal", "show", made["proposal"], "--diff", "raw").out
    assert TIMING not in str(shown["paths"])
