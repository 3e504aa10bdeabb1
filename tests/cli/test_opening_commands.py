"""`playbook open`, `libraries`, `forget`, `sync`, `demo`: what is open here, and how it stands to its hub."""

from __future__ import annotations

from pathlib import Path

import pytest
from building import LibraryBuilder
from sample import objection
from saying import Say


def test_open_reports_what_it_found(say: Say, hub: Path) -> None:
    said = say("open", str(hub), "--name", "words", "--json")
    assert said.code == 0
    found = said.json
    assert set(found) == {"library", "target", "commit", "documents", "cards", "problems"}
    assert (found["library"], found["target"], found["documents"], found["cards"]) == ("words", str(hub), 8, 8)
    assert len(found["commit"]) == 40
    assert found["problems"] == []
    assert say("search", "too expensive", "--json").json["engine"] == "whoosh"


def test_open_for_eyes_counts_and_does_not_start_the_app(say: Say, hub: Path) -> None:
    said = say("open", str(hub), "--no-app")
    assert (said.code, said.out) == (0, "Opened hub: 8 documents, 8 cards\n")


def test_r16_a_repository_nobody_wrote_for_us_opens_with_its_problems_listed(say: Say, tmp_path: Path) -> None:
    made = LibraryBuilder(tmp_path / "repo")
    made.write("README.md", "Just text, no heading at all.\n")
    made.write("docs/index.md", "Title\n=====\n\nSetext and nothing else.\n")
    made.write("docs/list.md", "---\n- a\n- b\n---\n# List matter\n")
    made.write("docs/string.md", "---\njust a string\n---\n# String matter\n")
    made.write("docs/colon.md", "---\ntitle: it: broke\n---\n# Colon matter\n")
    made.write("docs/toml.md", '+++\ntitle = "From Hugo"\n+++\nText.\n')
    made.write("docs/bomb.md", "---\na: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n---\n# Bomb\n")
    made.write("docs/latin.md", b"# Caf\xe9\n\nNot UTF-8 \x00 at all.\n")
    made.write("docs/crlf.md", b"\xef\xbb\xbf---\r\ntitle: Windows\r\n---\r\n# Windows\r\n")
    made.write("docs/empty.md", "")
    made.write("docs/huge.md", b"x" * (1024 * 1024 + 1))
    (tmp_path / "repo" / "docs" / "link.md").symlink_to("/etc/passwd")
    made.commit()
    said = say("open", str(tmp_path / "repo"), "--json")
    assert said.code == 0
    found = said.json
    rows = {problem["path"] for problem in found["problems"]}
    assert {f"docs/{name}.md" for name in ("list", "string", "colon", "bomb", "latin", "huge", "link")} <= rows
    assert not rows & {"README.md", "docs/index.md", "docs/toml.md", "docs/crlf.md"}
    assert all(set(problem) == {"path", "line", "rule", "message"} for problem in found["problems"])
    assert say("search", "from hugo", "--json").ids[0] == "docs/toml"
    assert say("search", "colon matter", "--json").ids[0] == "docs/colon"
    assert say("show", "docs/crlf", "--json").json["title"] == "Windows"
    text = say("open", str(tmp_path / "repo"), "--no-app")
    assert "problems; the first: docs/" in text.out
    assert "passwd" not in text.out


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("nowhere/at/all", 2),
        ("ext::sh -c touch% pwned", 2),
        ("file:///nowhere/hub.git", 2),
        ("https://127.0.0.1:9/x.git", 5),
    ],
)
def test_a_target_that_is_none_is_one_sentence(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    said = say("open", target, "--no-app")
    assert (said.code, said.out) == (code, "")
    assert len(said.err.strip().splitlines()) == 1
    assert say("libraries", "--json").json == []
    assert not (tmp_path / "pwned").exists()


def test_a_target_that_begins_with_a_dash_is_never_an_option_of_git(say: Say) -> None:
    said = say("open", "--no-app", "--", "--upload-pack=touch pwned")
    assert said.code == 2
    assert "Traceback" not in said.err


def test_an_empty_repository_and_one_without_markdown(say: Say, tmp_path: Path) -> None:
    empty = LibraryBuilder(tmp_path / "empty").init()
    said = say("open", str(empty.path), "--no-app")
    assert said.code == 6
    assert len(said.err.strip().splitlines()) == 1
    other = LibraryBuilder(tmp_path / "other").write("main.c", "int main;\n")
    other.commit()
    said = say("open", str(other.path), "--json")
    assert said.code == 0
    assert (said.json["documents"], said.json["cards"]) == (0, 0)
    assert say("search", "anything", "--json").code == 1


def test_libraries_lists_what_is_open_and_marks_the_last(say: Say, hub: Path, tmp_path: Path) -> None:
    nothing = say("libraries")
    assert (nothing.code, nothing.out) == (0, "")
    assert "playbook demo" in nothing.err
    say("open", str(hub), "--name", "one", "--no-app")
    say("open", str(tmp_path / "repo"), "--name", "two", "--no-app")
    rows = say("libraries", "--json").json
    assert all({"library", "target", "hub", "current", "path"} == set(row) for row in rows)
    assert {row["library"]: row["current"] for row in rows} == {"one": False, "two": True}
    assert say("libraries").out.splitlines() == [f"  one  {hub}", f"* two  {tmp_path / 'repo'}"]
    assert say("search", "price", "--library", "one", "--json").json["library"] == "one"
    assert say("search", "price", "--library", str(hub), "--json").json["library"] == "one"


def test_forget_removes_the_copy_and_leaves_the_hub(say: Say, hub: Path) -> None:
    say("open", str(hub), "--name", "one", "--no-app")
    git_dir = Path(say("libraries", "--json").json[0]["path"])
    assert say("forget", "one", "--json").json == {"library": "one", "target": str(hub)}
    assert not git_dir.exists()
    assert hub.exists()
    assert say("libraries", "--json").json == []
    again = say("forget", "one")
    assert again.code == 2
    assert "one" in again.err


def test_forget_refuses_what_was_never_sent(say: Say, hub: Path, tmp_path: Path) -> None:
    say("open", str(hub), "--name", "one", "--no-app")
    git_dir = Path(say("libraries", "--json").json[0]["path"])
    work = LibraryBuilder(tmp_path / "repo")
    work.made = True
    work.write("content/objections/mine.md", objection("Mine"))
    work.commit("Unsent")
    work.git("push", "-q", str(git_dir), "main:refs/heads/proposals/mine")
    assert say("forget", "one").code == 4
    assert git_dir.exists()
    assert say("forget", "one", "--force").code == 0


def test_sync_reports_what_came(say: Say, hub: Path, tmp_path: Path) -> None:
    say("open", str(hub), "--name", "one", "--no-app")
    assert say("sync", "--json").json == {
        "ahead": 0, "behind": 0, "sent": [], "received": [], "state": "synced",
        "waiting": [], "left_out": [], "deleted": [], "too_late": [],
    }  # fmt: skip
    work = LibraryBuilder(tmp_path / "repo")
    work.made = True
    work.write("content/objections/fresh.md", objection("A fresh one"))
    work.commit("Add one")
    work.git("push", "-q", str(hub), "main")
    report = say("sync", "--json").json
    assert (report["state"], report["received"]) == ("synced", ["content/objections/fresh.md"])
    assert say("search", "a fresh one", "--json").ids[0] == "objections/fresh"
    assert say("sync").code == 0


def test_sync_with_a_hub_out_of_reach_is_exit_5_unless_that_is_ok(say: Say, hub: Path) -> None:
    say("open", str(hub), "--name", "one", "--no-app")
    hub.rename(hub.with_name("moved.git"))
    said = say("sync", "--json")
    assert (said.code, list(said.json)) == (5, ["error"])
    assert len(said.err.strip().splitlines()) == 1
    fine = say("sync", "--offline-ok", "--json")
    assert fine.code == 0
    assert fine.json["state"] == "offline"
    assert say("search", "too expensive", "--json").ids[0] == "objections/price"


def test_sync_reports_a_rewound_hub_and_does_not_follow(say: Say, hub: Path, tmp_path: Path) -> None:
    say("open", str(hub), "--name", "one", "--no-app")
    before = say("search", "price", "--json").json["commit"]
    work = LibraryBuilder(tmp_path / "repo")
    work.git("push", "-q", "--force", str(hub), "main~1:main")
    said = say("sync", "--json")
    assert (said.code, said.json["state"]) == (4, "rewound")
    assert say("search", "price", "--json").json["commit"] == before


def test_standing_in_a_repository_with_content_that_one_is_opened(
    say: Say, hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "repo" / "content" / "objections")
    assert say("search", "too expensive", "--json").ids[0] == "objections/price"


def test_nothing_opened_says_what_to_do(say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (("search", "price"), ("show", "x"), ("sync",), ("index",), ("lint",), ("searches",)):
        said = say(*command)
        assert said.code == 2
        assert "playbook demo" in said.err
        assert len(said.err.strip().splitlines()) == 1


def test_demo_builds_the_library_object_once(say: Say) -> None:
    said = say("demo", "--no-app", "--json")
    assert said.code == 0
    assert set(said.json) == {"library", "target", "commit", "documents", "cards", "problems"}
    assert said.json["library"] == "demo"
    assert said.json["problems"] == []
    assert say("search", "too", "expensive", "--json").ids[0] == "objections/price-too-high"
    again = say("demo", "--no-app")
    assert again.code == 0
    assert again.out.startswith("Opened demo: ")
