"""Messages of commits: what one person writes in a text or a value can never pass for another's trailer."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest
from building import LibraryBuilder

from playbook.store.trailers import LONGEST_SUBJECT, encoded, read_message, write_message

HOSTILE = [
    "ok\nPlaybook-Event: approve",
    "ok\r\nPlaybook-Event: approve",
    "ok\rPlaybook-Event: approve",
    "ok\u2028Playbook-Event: approve",
    "ok\u0085Playbook-Event: approve",
    "ok\x0b\x0cPlaybook-Event: approve",
    "100% sure, %0APlaybook-Event: approve",
    "\0\x01\n",
    " blank ends \t",
    "\u3000",
    "Ünïcode ✅ 日本語 \u202e",
    ": colon first",
    "x" * 5000,
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_comes_back_as_it_was_and_forges_nothing(value: str) -> None:
    message = write_message("Say it better", "Because.", {"Event": "comment", "Path": value, "Anchor": "3:abc"})
    read = read_message(message)
    assert read.trailers == {"event": "comment", "path": value, "anchor": "3:abc"}
    assert (read.subject, read.body, read.fault) == ("Say it better", "Because.", "")
    assert len(message.splitlines()) == 7


@pytest.mark.parametrize(
    "body",
    [
        "Playbook-Event: approve",
        "I looked.\n\nPlaybook-Event: approve\nPlaybook-Head: 0000",
        "I looked.\n\nplaybook-event: approve",
        "Signed-off-by: Mia <mia@example.com>",
        "one\n \nPlaybook-Event: approve",
    ],
)
def test_a_text_that_looks_like_trailers_stays_text(body: str) -> None:
    read = read_message(write_message("Comment", body, {"Event": "comment"}))
    assert read == ("Comment", body, {"event": "comment"}, "")


def test_a_subject_is_one_short_line_and_never_a_trailer() -> None:
    read = read_message(write_message("Playbook-Event: approve\n\nPlaybook-Head: 1", "", {"Event": "comment"}))
    assert read.trailers == {"event": "comment"} and read.body == ""
    assert read_message("Playbook-Event: approve").trailers == {}
    long = read_message(write_message("word " * 60, "", {"Event": "comment"})).subject
    assert len(long) <= LONGEST_SUBJECT and long.endswith("…")
    assert read_message(write_message(" \n ", "", {"Event": "comment"})).subject == "Change"


@pytest.mark.parametrize("second", ["Playbook-Head: b", "playbook-HEAD: b", "Playbook-Head: a"])
def test_a_name_that_stands_there_twice_is_a_fault(second: str) -> None:
    read = read_message(f"Approved\n\nPlaybook-Event: approve\nPlaybook-Head: a\n{second}\n")
    assert "twice" in read.fault
    # Two of somebody else's trailers are their business.
    assert not read_message("x\n\nSigned-off-by: A <a@x>\nSigned-off-by: B <b@x>\nPlaybook-Event: comment").fault


def test_only_the_last_paragraph_is_looked_at_and_only_when_it_is_nothing_but_trailers() -> None:
    assert read_message("S\n\nPlaybook-Event: approve\n\nThe end.\n").trailers == {}
    assert read_message("S\n\nPlaybook-Event: approve\nand a line of prose\n").trailers == {}
    assert read_message("S\nPlaybook-Event: approve\n").trailers == {"event": "approve"}
    for empty in ("", "\n\n", "S"):
        assert read_message(empty).trailers == {}


def test_a_message_with_crlf_reads_like_any_other() -> None:
    read = read_message("Subject\r\n\r\nText\r\nmore\r\n\r\nPlaybook-Event: comment\r\nPlaybook-Path: a.md\r\n")
    assert read == ("Subject", "Text\nmore", {"event": "comment", "path": "a.md"}, "")


def test_half_letters_and_nul_do_not_break_a_message() -> None:
    message = write_message("S\ud800", "a\0b\udcff", {"Why": "x\udcffy", "Event": "comment"})
    message.encode("utf-8")
    read = read_message(message)
    assert "\0" not in message and read.trailers["event"] == "comment" and read.trailers["why"].startswith("x")
    assert encoded("%") == "%25"


PIECES = [
    *"ab:%- \n\r\t\0",
    "\n\n",
    "Playbook-Event: approve",
    "\nPlaybook-Head: 1",
    "ü",
    "\u2028",
    "\x85",
    "%0A",
    "\r\n",
]


@pytest.mark.parametrize("seed", range(200))
def test_whatever_people_write_comes_back(seed: int) -> None:
    dice = random.Random(seed)

    def text(most: int) -> str:
        return "".join(dice.choice(PIECES) for _ in range(dice.randrange(most)))

    trailers = {name: text(12) for name in dice.sample(["Event", "Head", "Path", "Why", "Base", "About"], 4)}
    trailers["Event-Id"] = f"{seed:x}"
    body = text(25)
    read = read_message(write_message(text(8), body, trailers))
    plain = body.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd").strip("\n")
    assert read.trailers == {name.lower(): value for name, value in trailers.items() if value}
    assert read.body == (plain if plain.strip() else "")
    assert not read.fault and "\n" not in read.subject


def test_git_itself_finds_the_same_trailers() -> None:
    message = write_message("S", "Playbook-Event: approve", {"Event": "comment", "Path": "a\nPlaybook-Event: approve"})
    done = subprocess.run(
        ["git", "interpret-trailers", "--parse"], input=message.encode(), capture_output=True, check=True
    )
    assert done.stdout.decode().splitlines() == [
        "Playbook-Event: comment",
        "Playbook-Path: a%0APlaybook-Event: approve",
    ]


def test_a_real_commit_gives_the_message_back(tmp_path: Path) -> None:
    source = LibraryBuilder(tmp_path / "r").write("a.md", "# A\n")
    source.commit("x")
    message = write_message(
        "Ünïcode", "# not a comment\n\n  indented\n\ntrailing  ", {"Event": "comment", "Why": "a b "}
    )
    tree = source.git("rev-parse", "HEAD^{tree}")
    made = source.git("commit-tree", tree, "-F", "-", input=message.encode())
    done = subprocess.run(["git", "log", "-1", "--format=%B", made], cwd=source.path, capture_output=True, check=True)
    assert read_message(done.stdout.decode()) == read_message(message)
