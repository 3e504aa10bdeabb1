"""The demonstration: believable, shifted to today, the same every time, and never taken away from somebody."""

from __future__ import annotations

import subprocess
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest

from playbook import errors
from playbook.demo import content, hub
from playbook.demo.commits import PEOPLE, plan_commits
from playbook.demo.hub import build_demo, hub_path
from playbook.store import objects, refs
from playbook.store.managed import Library, libraries
from playbook.store.runner import Git

CARD = """---
title: It costs more
aliases: [too expensive, over budget, a fortune, way too much]
owner: pricing@farrowline.example
verified: 2026-11-09
verified_by: tom@farrowline.example
expires: 2027-01-31
---
# It costs more

## Answer
Let us count it together.

## Proof
14 % fewer kilometres (finance review, 2026-04-09); roadmap 2027-03.

---

## Longer
Read this before the call.
"""
SETTINGS = '[library]\nname = "Small"\ntimezone = "Europe/Lisbon"\n[demo]\ntoday = 2026-11-22\n'


@pytest.fixture
def small(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    (folder / "objections").mkdir(parents=True)
    (folder / "playbook.toml").write_text(SETTINGS)
    (folder / ".DS_Store").write_text("x")
    for number in range(8):
        (folder / "objections" / f"card-{number}.md").write_text(CARD.replace("It costs more", f"Card {number}"))
    return folder


@pytest.fixture(autouse=True)
def day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYBOOK_NOW", "2026-12-24T09:00:00+00:00")


def log(library: Library, form: str) -> list[str]:
    return Git(library.git_dir).run("log", f"--format={form}", refs.main_commit(library)).decode().splitlines()


def text(library: Library, path: str) -> str:
    return Git(library.git_dir).run("cat-file", "blob", f"{refs.main_commit(library)}:{path}").decode()


def test_every_date_is_shifted_so_that_it_happens_today(small: Path) -> None:
    library = build_demo(folder=small)
    assert library.name == "demo"
    card = text(library, "content/objections/card-0.md")
    assert "verified: 2026-12-11" in card and "2026-05-11); roadmap 2027-04." in card and "expires: 2027-03-04" in card
    assert "today = 2026-12-24" in text(library, "content/playbook.toml")
    assert not any(".DS_Store" in entry.path.decode() for entry in objects.tree(library, refs.main_commit(library)))


def test_the_whole_history_is_believable() -> None:
    library = build_demo()
    stamps = [int(stamp) for stamp in reversed(log(library, "%ct"))]
    assert len(stamps) >= 60 and stamps == sorted(stamps)
    assert stamps[-1] <= datetime.fromisoformat("2026-12-24T09:00:00+00:00").timestamp()
    assert (stamps[-1] - stamps[0]) / 86400 > 200
    assert len(set(log(library, "%an"))) >= 8
    assert set(log(library, "%ae")) <= set(PEOPLE)
    subjects = Counter(subject.split()[0] for subject in log(library, "%s"))
    assert subjects["Add"] > 50 and subjects["Complete"] > 20 and subjects["Verify"] > 50
    bodies = Git(library.git_dir).run("log", "-z", "--format=%b", refs.main_commit(library)).decode().split("\0")
    assert all(body.strip() for body in bodies[:-1])
    Git(library.git_dir).run("fsck", "--strict", "--no-dangling")


def test_the_last_state_is_the_content_itself() -> None:
    folder = content.content_dir()
    today = date(2026, 12, 24)
    read = content.read_content(folder, today)
    state: dict[str, str] = {}
    for commit in plan_commits(read, today):
        state |= commit.files
    assert state == read.files
    same_day = content.read_content(folder, date(2026, 11, 22))
    assert {
        f"content/{p.relative_to(folder).as_posix()}": p.read_text() for p in folder.rglob("*.md")
    }.items() <= same_day.files.items()


def test_cards_grow_and_are_verified_on_their_day(small: Path) -> None:
    library = build_demo(folder=small)
    commit = refs.main_commit(library)
    lives = []
    for number in range(8):
        revisions = objects.history(library, commit, f"content/objections/card-{number}.md".encode())
        lives.append([revision.subject.split()[0] for revision in reversed(revisions)])
        assert date.fromtimestamp(revisions[0].when) == date(2026, 12, 11)
        assert (revisions[0].subject, revisions[0].author) == (f"Verify “Card {number}”", "Tom Okafor")
        first = Git(library.git_dir).run(
            "cat-file", "blob", f"{revisions[-1].commit}:content/objections/card-{number}.md"
        )
        assert b"verified" not in first
    assert ["Add", "Complete", "Verify"] in lives
    assert all(life[0] == "Add" and life[-1] == "Verify" for life in lives)


def test_the_same_day_gives_the_same_hub(small: Path, home: Path) -> None:
    first = build_demo(folder=small)
    commit, inode = refs.main_commit(first), hub_path().stat().st_ino
    assert build_demo(folder=small) == first
    assert hub_path().stat().st_ino == inode
    assert refs.main_commit(build_demo(reset=True, folder=small)) == commit
    assert hub_path().stat().st_ino != inode
    assert [library.name for library in libraries()] == ["demo"]


def test_a_later_day_or_other_content_builds_it_anew(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_demo(folder=small)
    monkeypatch.setenv("PLAYBOOK_NOW", "2026-12-25T09:00:00+00:00")
    said: list[str] = []
    assert "verified: 2026-12-12" in text(build_demo(folder=small, say=said.append), "content/objections/card-0.md")
    (small / "objections" / "new.md").write_text("# New\n")
    assert text(build_demo(folder=small, say=said.append), "content/objections/new.md") == "# New\n"
    assert said == []


@pytest.mark.parametrize("where", ["hub", "outbox"])
def test_what_somebody_changed_stays(small: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    library = build_demo(folder=small)
    commit = refs.main_commit(library)
    git_dir = hub_path() if where == "hub" else library.git_dir
    subprocess.run(["git", "--git-dir", str(git_dir), "update-ref", "refs/heads/proposals/x", commit], check=True)
    monkeypatch.setenv("PLAYBOOK_NOW", "2026-12-25T09:00:00+00:00")
    said: list[str] = []
    assert refs.main_commit(build_demo(folder=small, say=said.append)) == commit
    assert len(said) == 1 and "--reset" in said[0]
    assert refs.main_commit(build_demo(folder=small, reset=True)) != commit


def test_a_killed_build_and_a_damaged_hub_are_made_good(small: Path) -> None:
    build_demo(folder=small)
    left = hub_path().with_name(".new-dead")
    left.mkdir()
    (hub_path() / "playbook-demo.json").write_bytes(b"{")
    library = build_demo(folder=small)
    assert not left.exists() and len(log(library, "%h")) > 8


def test_content_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "playbook.toml").write_text("[[[")
    with pytest.raises(errors.LibraryUnreadable, match="cannot be read"):
        build_demo(folder=tmp_path)
    assert not hub_path().exists()


def test_shift_moves_dates_alone() -> None:
    assert content.shift("2026-02-28 x2026-02-28y 12026-02-28 2026-13-01 2026-02-30 v2026-02-28-3", 1) == (
        "2026-03-01 x2026-03-01y 12026-02-28 2026-13-01 2026-02-30 v2026-02-28-3"
    )
    assert content.shift("2027-03", 400) == "2028-04"
    assert hub.NAME == "demo"
