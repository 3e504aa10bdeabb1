"""`playbook show`, `copy`, `history`, `blame`: one card, by any of its names, on any day."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from building import LibraryBuilder
from sample import objection
from saying import Say


def test_show_says_the_words_first_then_the_rest(shared: Path, say: Say) -> None:
    said = say("show", "objections/price")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "It costs more"
    assert "✓ verified by pricing@example.com until 2027-01-18" in lines[2]
    assert said.out.index("  | We cost less") < said.out.index("## They say")
    assert "A pilot." in said.out


def test_show_plain_is_the_words_to_say_and_nothing_else(shared: Path, say: Say) -> None:
    assert say("show", "objections/price", "--plain").out == (
        "Fair, and budget is real.\nWhat does a late delivery cost you?\nWe cost less than a late delivery.\n"
    )


def test_show_json_is_the_whole_card(shared: Path, say: Say) -> None:
    card = say("show", "objections/price", "--json").json
    assert card["aliases"] == ["too expensive", "you cost a fortune"]
    assert card["motion"] == "acquire"
    assert (card["products"], card["segments"], card["surface"]) == (["core"], ["small"], ["call"])
    assert card["trust"]["state"] == "verified"
    assert card["markdown"].startswith("# It costs more")
    assert card["changed"].startswith("2026-10-20T12:00:00")
    assert card["changed_by"] == "Ann Author"


@pytest.mark.parametrize(
    "name",
    [
        "objections/price",
        "objections/price.md",
        "content/objections/price",
        "content/objections/price.md",
        "price",
        "content/objections/price.md#proof",
    ],
)
def test_a_card_answers_to_each_of_its_names(shared: Path, say: Say, name: str) -> None:
    assert say("show", name, "--json").json["path"] == "content/objections/price.md"


def test_an_anchor_names_a_section_of_a_long_page(say: Say, tmp_path: Path) -> None:
    made = LibraryBuilder(tmp_path / "repo")
    made.write("guide.md", f"# Guide\n\nIntro.\n\n## Terms\n\n{'words ' * 200}\n\n## Terms\n\nThe second terms.\n")
    made.write("card.md", "---\nid: c-1\nkind: objection\nformerly: [old/name]\n---\n# Card\n\n## Answer\nYes.\n")
    made.write("a/twin.md", "# Twin\n")
    made.write("b/twin.md", "# Twin\n")
    made.commit()
    assert say("open", str(tmp_path / "repo"), "--no-app").code == 0
    assert say("show", "guide#terms-2", "--json").json["anchor"] == "terms-2"
    assert "The second terms." in say("show", "guide.md#terms-2").out
    assert {say("show", name, "--json").json["id"] for name in ("c-1", "card.md", "card", "old/name")} == {"c-1"}
    ambiguous = say("show", "twin")
    assert ambiguous.code == 2
    assert "a/twin.md" in ambiguous.err
    assert "b/twin.md" in ambiguous.err


@pytest.mark.parametrize("command", ["show", "copy", "history", "blame"])
def test_an_unknown_name_is_exit_1_with_near_names(shared: Path, say: Say, command: str) -> None:
    said = say(command, "objections/prise")
    assert said.code == 1
    assert "objections/price" in said.err
    assert said.out == ""


def test_plain_and_copy_of_a_card_without_words_are_exit_1(say: Say, tmp_path: Path) -> None:
    made = LibraryBuilder(tmp_path / "repo").write("content/personas/cfo.md", "# CFO\n\n![](cfo.png)\n")
    made.commit()
    say("open", str(tmp_path / "repo"), "--no-app")
    assert say("show", "personas/cfo", "--json").json["say"] == ""
    for command in (("show", "personas/cfo", "--plain"), ("copy", "personas/cfo")):
        said = say(*command)
        assert (said.code, said.out) == (1, "")
        assert "no words to say" in said.err


@pytest.mark.parametrize(("day", "words"), [("2026-03-01", "The first words."), ("2026-03-02", "The second words.")])
def test_r15_show_as_of_equals_what_main_held(shared: Path, say: Say, day: str, words: str) -> None:
    card = say("show", "objections/price", "--as-of", day, "--json").json
    git_dir = say("libraries", "--json").json[0]["path"]
    held = subprocess.run(
        ["git", "--git-dir", git_dir, "show", f"{card['commit']}:content/objections/price.md"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    before = subprocess.run(
        [
            "git",
            "--git-dir",
            git_dir,
            "log",
            "--first-parent",
            "-1",
            "--format=%H",
            f"--before={day}T23:59:59Z",
            "--all",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert card["commit"] == before
    assert held.endswith(card["markdown"].lstrip("\n"))
    assert words in held
    assert words in say("show", "objections/price", "--as-of", day).out


def test_r15_trust_is_judged_on_that_day(shared: Path, say: Say) -> None:
    assert say("show", "objections/later", "--as-of", "2026-10-20", "--json").json["trust"]["state"] == "expired"
    # The settings of that day had no review interval, so what was verified then held for good.
    assert say("show", "objections/price", "--as-of", "2026-03-02", "--json").json["trust"] == {
        "state": "verified",
        "by": "",
        "on": "2026-02-20",
        "until": None,
        "changed_since": "2026-03-02",
    }


def test_r13_show_carries_the_badge(shared: Path, say: Say) -> None:
    assert "! EXPIRED since 2026-04-01" in say("show", "objections/later").out
    assert "× RETIRED" in say("show", "objections/monthly").out
    assert "INTERNAL, not for buyers" in say("show", "objections/discount").out
    assert say("show", "objections/discount", "--json").json["visibility"] == "internal"


def test_r13_copy_says_how_and_how_far_to_rely_on_it(
    shared: Path, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "wl-copy").write_text(f'#!/bin/sh\nexec /bin/cat > "{tmp_path}/clipboard"\n')
    (tools / "wl-copy").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    said_without = say("copy", "objections/price")
    assert said_without.code == 6
    assert "--plain" in said_without.err
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    said = say("copy", "objections/price")
    assert said.code == 0
    assert "Copied 19 words with wl-copy; ✓ verified by pricing@example.com" in said.err
    copied = (tmp_path / "clipboard").read_text()
    assert copied == say("show", "objections/price", "--plain").out.strip()
    assert say("copy", "objections/price", "--json").json == {
        "id": "objections/price",
        "text": copied,
        "how": "wl-copy",
        "sure": True,
        "badge": "✓ verified by pricing@example.com until 2027-01-18",
    }
    (tmp_path / "clipboard").unlink()
    refused = say("copy", "objections/discount")
    assert refused.code == 3
    assert "internal" in refused.err
    assert not (tmp_path / "clipboard").exists()
    assert say("copy", "objections/discount", "--internal").code == 0
    assert (tmp_path / "clipboard").read_text()


def test_history_says_who_when_and_why_newest_first(shared: Path, say: Say) -> None:
    revisions = say("history", "objections/price", "--json").json
    assert [one["subject"] for one in revisions] == ["Write the library", "Say it shorter", "Begin"]
    assert revisions[1]["why"].strip() == "Nobody said it aloud."
    assert revisions[2]["author"] == "Bea First"
    assert revisions[2]["mail"] == "bea@example.com"
    assert revisions[2]["when"] == "2026-03-01T23:59:30+00:00"
    text = say("history", "objections/price").out
    assert text.splitlines()[0].startswith("2026-10-20  Ann Author  Write the library")
    assert "            Nobody said it aloud." in text
    assert len(say("history", "objections/price", "--limit", "1", "--json").json) == 1


def test_blame_says_who_wrote_each_line(shared: Path, say: Say) -> None:
    lines = say("blame", "objections/price", "--json").json
    source = say("show", "objections/price", "--json").json["markdown"].strip().splitlines()
    assert [line["line"] for line in lines] == list(range(1, len(lines) + 1))
    assert [line["text"] for line in lines][-len(source) :] == source
    assert {line["author"] for line in lines} == {"Bea First", "Ann Author"}
    assert {"line", "commit", "when", "author", "text"} == set(lines[0])
    assert "Ann Author" in say("blame", "objections/price").out


def test_hostile_text_leaves_no_escape_on_stdout(say: Say, tmp_path: Path) -> None:
    made = LibraryBuilder(tmp_path / "repo")
    evil = "\x1b]52;c;QUFB\x07\x1b[2J\u202e"
    made.write("content/objections/evil.md", objection(f"Evil {evil}", answer=f"Say {evil} it"))
    made.commit(f"Why {evil}", author=f"Eve {evil}x <eve@example.com>")
    assert say("open", str(tmp_path / "repo"), "--no-app").code == 0
    for command in (
        ("search", "evil"),
        ("show", "evil"),
        ("show", "evil", "--plain"),
        ("history", "evil"),
        ("blame", "evil"),
        ("lint",),
        ("search", "evil", "--json"),
    ):
        said = say(*command)
        assert "\x1b" not in said.out + said.err, command
        if "--json" not in command:
            assert "\u202e" not in said.out + said.err, command
