"""Acts on cards (`retire`, `delete`, `rename`, `verify-card`, `revert`), the editor, and drafts that outlive it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from crew import Crew
from team import PRICE, PRICE_TEXT, TIMING, TIMING_TEXT


def editor(crew: Crew, script: str) -> None:
    """Set EDITOR to a Python script in which `file` is the text's file and `text` what it holds."""
    place = crew.place / "editor.py"
    begin = "import pathlib, sys, time\nfile = pathlib.Path(sys.argv[1])\ntext = file.read_text()\n"
    place.write_text(begin + script)
    crew.environment.setenv("EDITOR", f"{sys.executable} {place}")


@pytest.mark.parametrize(
    ("arguments", "kind", "changed"),
    [
        (("retire", "price", "--why", "We have one now"), "retire", "status: retired\n"),
        (("verify-card", "price"), "verify", "verified: 2026-11-22\nverified_by: rep@example.com\n"),
    ],
)
def test_r38_an_act_changes_its_own_fields_and_nothing_else(
    crew: Crew, arguments: tuple[str, ...], kind: str, changed: str
) -> None:
    said = crew("rep", *arguments, "--json")
    assert (said.code, said.err) == (0, "")
    made = said.json
    expected = PRICE_TEXT.replace("owner: mia@example.com\n", f"owner: mia@example.com\n{changed}")
    assert crew.team.text(PRICE, made["branch"]) == expected
    assert crew.row("mia", made["proposal"])["kind"] == kind


def test_r28_a_rename_keeps_what_the_card_was_called(crew: Crew) -> None:
    made = crew("rep", "rename", "price", "objections/too-expensive", "--json").json
    assert "formerly: [objections/price]" in crew.team.text("content/objections/too-expensive.md", made["branch"])
    shown = crew.row("mia", made["proposal"])
    (change,) = shown["changes"]  # type: ignore[misc]
    assert (change["what"], change["renamed_from"]) == ("renamed", PRICE)
    assert crew("mia", "proposal", "approve", made["proposal"]).code == 0
    assert crew("mia", "show", "objections/price", "--json").json["path"] == "content/objections/too-expensive.md"


def test_delete_takes_the_file_away_on_the_branch_alone(crew: Crew) -> None:
    made = crew("rep", "delete", "price", "--why", "Copied by mistake", "--json").json
    tree = crew.team.at_hub("ls-tree", "-r", "--name-only", made["branch"]).splitlines()
    assert PRICE not in tree
    assert TIMING in tree
    assert crew.team.text(PRICE) == PRICE_TEXT


def test_r35_revert_takes_a_merged_proposal_back_with_its_why(crew: Crew) -> None:
    id = crew.propose("rep")
    assert crew("mia", "proposal", "approve", id).code == 0
    assert "One late van" in crew.team.text(PRICE)
    crew("rep", "sync")
    assert crew("rep", "revert", id).code == 2
    made = crew("rep", "revert", id[-6:], "--why", "Two buyers took it as a promise", "--json").json
    assert crew("mia", "proposal", "approve", made["proposal"]).code == 0
    assert crew.team.text(PRICE) == PRICE_TEXT
    assert "Two buyers took it as a promise" in crew.team.at_hub("log", "-1", "--format=%B", "main")


REFUSED: list[tuple[list[str], int, str]] = [
    (["retire", "price"], 2, "needs a reason"),
    (["retire", "price", "--why", " "], 2, "needs a reason"),
    (["delete", "price"], 2, "needs a reason"),
    (["delete", "guide#chapter-1", "--why", "w"], 2, "only a whole file can be deleted"),
    (["retire", "guide#chapter-1", "--why", "w"], 2, "only a whole file can be retired"),
    (["rename", "price", "objections/price"], 2, "is its name already"),
    (["rename", "price", "objections/timing.md"], 2, "is there already"),
    (["rename", "price", "objections/TIMING.md"], 2, "twin"),
    (["rename", "price", "../../etc/passwd"], 2, "no name that every disk can hold"),
    (["rename", "price", ""], 2, "no name that every disk can hold"),
    (["rename", "price", "a\x1b[2Jb"], 2, "no name that every disk can hold"),
    (["rename", "gone", "new"], 1, "There is no card"),
    (["revert", "20260101-gone-abcdef", "--why", "w"], 1, "There is no proposal"),
    (["revert", "OPEN", "--why", "w"], 4, "not merged"),
    (["drafts", "show", "nothing"], 1, "There is no draft"),
    (["drafts", "drop", "nothing"], 1, "There is no draft"),
]


def test_what_an_act_may_not_do_is_one_sentence_and_changes_nothing(crew: Crew) -> None:
    chapters = "".join(f"\n## Chapter {number}\n\n{'Some words to read. ' * 60}\n" for number in (1, 2))
    crew.team.publish("content/guide.md", f"# Guide\n{chapters}")
    id = crew.propose("rep", "Open.")
    before = crew.refs()
    for arguments, code, why in REFUSED:
        said = crew("rep", *[id if part == "OPEN" else part for part in arguments])
        assert (said.code, said.out) == (code, ""), arguments
        assert why in said.err, arguments
        assert len(said.err.strip().splitlines()) == 1, arguments
        assert crew.refs() == before, arguments


def test_verifying_twice_on_one_day_says_so(crew: Crew) -> None:
    made = crew("mia", "verify-card", "price", "--json").json
    # Who may approve it has said with the act itself that it is right.
    assert made["merge"] == crew.team.branches()["main"]
    said = crew("mia", "verify-card", "price")
    assert said.code == 2
    assert "verified today already" in said.err


def test_r21_the_editor_gets_the_file_by_its_name_and_what_it_saves_is_proposed(crew: Crew) -> None:
    editor(crew, "assert file.name == 'price.md', file\nfile.write_text(text.replace('Fair.', 'Fair enough.'))\n")
    said = crew("rep", "propose", "price", "--edit", "--why", "Softer", "--json")
    assert (said.code, said.err) == (0, "")
    assert crew.team.text(PRICE, said.json["branch"]) == PRICE_TEXT.replace("Fair.", "Fair enough.")
    assert crew.row("mia", said.json["proposal"])["why"] == "Softer"
    assert crew("rep", "drafts", "--json").json == []


def test_r21_an_unchanged_file_proposes_nothing(crew: Crew) -> None:
    crew("rep", "proposals")
    before = crew.refs()
    editor(crew, "file.write_text(text)\n")
    said = crew("rep", "propose", "price", "--edit")
    assert (said.code, said.out) == (1, "")
    assert "Nothing was changed" in said.err
    assert crew.refs() == before


def test_r21_what_was_saved_is_kept_when_the_editor_fails_and_gone_on_with(crew: Crew) -> None:
    editor(crew, "file.write_text(text.replace('Fair.', 'Half a thought'))\nsys.exit(3)\n")
    said = crew("rep", "propose", "price", "--edit", "--why", "Softer")
    assert said.code == 2
    assert "status 3" in said.err
    (draft,) = crew("rep", "drafts", "--json").json
    assert (draft["path"], draft["proposal"], draft["why"]) == (PRICE, None, "Softer")
    assert PRICE in crew("rep", "drafts").out
    assert "Half a thought" in crew("rep", "drafts", "show", draft["name"][:8]).out
    assert "Half a thought" in crew("rep", "drafts", "show", PRICE, "--json").json["text"]
    editor(crew, "file.write_text(text.replace('Half a thought', 'A whole one.'))\n")
    again = crew("rep", "propose", "price", "--edit", "--json")
    assert again.code == 0
    assert "Going on with your draft" in again.err
    assert "A whole one." in crew.team.text(PRICE, again.json["branch"])
    assert crew.row("mia", again.json["proposal"])["why"] == "Softer"
    assert crew("rep", "drafts", "--json").json == []


def test_r21_a_draft_is_kept_when_the_propose_fails(crew: Crew) -> None:
    crew("rep", "proposals")
    editor(crew, "file.write_text('x' * (1 << 20) + text)\n")
    said = crew("rep", "propose", "price", "--edit")
    assert said.code == 2
    assert "1 MiB" in said.err
    editor(crew, "file.write_text(text.replace('Fair.', 'Kept.'))\n")
    said = crew("rep", "propose", "price", "--edit", "--why", "w" * 20_001)
    assert said.code == 2
    assert "Kept." in crew("rep", "drafts", "show", PRICE).out
    dropped = crew("rep", "drafts", "drop", PRICE, "--json")
    assert dropped.json["path"] == PRICE
    assert crew("rep", "drafts", "--json").json == []


def test_r26_a_draft_begun_before_others_changed_the_file_takes_nothing_back(crew: Crew) -> None:
    crew("rep", "proposals")
    editor(crew, "file.write_text(text.replace('Fair.', 'Mine.'))\nsys.exit(1)\n")
    assert crew("rep", "propose", "price", "--edit").code == 2
    crew.team.publish(PRICE, PRICE_TEXT.replace("Yes.", "Theirs."))
    crew("rep", "sync")
    editor(crew, "")
    id = crew("rep", "propose", "price", "--edit", "--why", "Mine", "--json").json["proposal"]
    assert crew("mia", "proposal", "approve", id).code == 0
    assert crew.team.text(PRICE) == PRICE_TEXT.replace("Fair.", "Mine.").replace("Yes.", "Theirs.")


def test_r21_a_draft_survives_kill_9_while_the_editor_is_open(crew: Crew) -> None:
    crew("rep", "proposals")
    editor(crew, "file.write_text(text.replace('Fair.', 'Almost lost.'))\ntime.sleep(600)\n")
    running = subprocess.Popen(
        [sys.executable, "-m", "playbook", "propose", "price", "--edit"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        for _ in range(600):
            if crew("rep", "drafts", "--json").json:
                break
            time.sleep(0.1)
    finally:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    assert "Almost lost." in crew("rep", "drafts", "show", PRICE).out


def test_no_editor_and_one_that_is_none_are_one_sentence(crew: Crew) -> None:
    crew("rep", "proposals")
    before = crew.refs()
    for name in ("VISUAL", "EDITOR"):
        crew.environment.delenv(name, raising=False)
    for value, why in (("", "No editor is set"), ("/nowhere/at-all", "cannot be run"), ("'", "no command")):
        crew.environment.setenv("EDITOR", value)
        said = crew("rep", "propose", "price", "--edit")
        assert (said.code, said.out) == (2, "")
        assert why in said.err
        assert len(said.err.strip().splitlines()) == 1
    assert crew.refs() == before


def test_what_the_editor_leaves_that_is_no_text_is_kept_where_it_says(crew: Crew) -> None:
    editor(crew, "file.write_bytes(b'\\xff\\xfe')\n")
    said = crew("rep", "propose", "price", "--edit")
    assert said.code == 2
    place = Path(said.err.rsplit("kept in ", 1)[1].strip())
    assert place.read_bytes() == b"\xff\xfe"
    place.unlink()
    place.parent.rmdir()


def test_a_hostile_draft_is_shown_safely(crew: Crew) -> None:
    editor(crew, "file.write_text('\\x1b[2J\\u202e' + text)\nsys.exit(1)\n")
    crew("rep", "propose", "price", "--edit", "--why", "\x1b]0;title\x07")
    assert "\x1b" not in crew("rep", "drafts", "show", PRICE).out
    assert crew("rep", "drafts", "show", PRICE, "--json").json["text"].startswith("\x1b[2J\u202e")


def test_only_the_named_card_is_touched(crew: Crew) -> None:
    made = crew("rep", "retire", "timing", "--why", "w", "--json").json
    assert crew.team.text(PRICE, made["branch"]) == PRICE_TEXT
    assert crew.team.text(TIMING, made["branch"]) != TIMING_TEXT
