"""What a person did last, what is new since, and the doctor."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from building import LibraryBuilder
from sample import objection, sample

from playbook.errors import NothingFound, UsageError
from playbook.finding import doctor
from playbook.finding.memory import change, mark_seen, recall, remember, seen_commit
from playbook.finding.news import news
from playbook.finding.searches import run_searches
from playbook.finding.session import checkout_here, choose, read
from playbook.paths import state_dir
from playbook.store.managed import open_library
from playbook.store.sync import sync


def test_what_is_remembered_comes_back() -> None:
    assert recall() == {}
    remember(tour_done=True)
    remember(theme="nord")
    assert recall() == {"tour_done": True, "theme": "nord"}
    assert {file.name for file in state_dir().iterdir()} <= {"remembered.json", ".remembered.lock"}


def test_an_unreadable_memory_is_set_aside_and_not_lost() -> None:
    remember(tour_done=True)
    file = state_dir() / "remembered.json"
    file.write_text('{"favourites": {"demo": ["objections/price"]}, oops', encoding="utf-8")
    assert recall() == {}
    assert remember(theme="nord")
    assert recall() == {"theme": "nord"}
    assert "objections/price" in (state_dir() / "remembered.unreadable").read_text(encoding="utf-8")
    file.write_text("\ufeff" + '{"theme": "dark"}', encoding="utf-8")
    assert recall() == {"theme": "dark"}, "an editor's mark at the beginning is no damage"


def test_two_who_remember_at_once_lose_nothing() -> None:
    def add(number: int) -> None:
        change(lambda kept: kept | {"noted": [*kept.get("noted", []), number]})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    assert sorted(recall()["noted"]) == list(range(40))


def test_what_could_not_be_kept_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("playbook.finding.memory._write", full)
    assert not remember(theme="nord")
    assert recall() == {}


@pytest.mark.parametrize("text", ["", "[1]", "{", "\0", '"x"'])
def test_a_damaged_memory_is_an_empty_one(text: str) -> None:
    remember(theme="nord")
    (state_dir() / "remembered.json").write_text(text)
    assert recall() == {}
    assert seen_commit("x") == ("", 0)
    remember(theme="dracula")
    assert recall() == {"theme": "dracula"}


@pytest.mark.parametrize(
    "seen", ['{"seen": 3}', '{"seen": {"x": "y"}}', '{"seen": {"x": [1, 2]}}', '{"seen": {"x": ["a"]}}']
)
def test_a_memory_of_another_shape_is_none(seen: str) -> None:
    remember()
    (state_dir() / "remembered.json").write_text(seen)
    assert seen_commit("x") == ("", 0)
    mark_seen("x", "abc", 5)
    assert seen_commit("x") == ("abc", 5)


def test_a_folder_that_cannot_be_written_only_forgets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A file where the folder should be: no one, not even root, can write below it.
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PLAYBOOK_HOME", str(tmp_path / "file" / "home"))
    remember(tour_done=True)
    assert recall() == {}


def test_a_read_only_folder_only_forgets() -> None:
    remember(theme="nord")
    state_dir().chmod(0o500)
    try:
        # Root may write all the same.
        writable = os.access(state_dir(), os.W_OK)
        remember(theme="dracula")
        assert recall() == {"theme": "dracula" if writable else "nord"}
    finally:
        state_dir().chmod(0o700)


def test_news_are_the_cards_that_changed_since_the_last_look(tmp_path: Path) -> None:
    made = sample(tmp_path / "repo")
    made.commit(date="2026-10-20T12:00:00+00:00")
    hub = made.bare(tmp_path / "hub.git")
    library = open_library(str(hub), name="sample")
    session = read(library)
    assert news(session) == (0, ())
    mark_seen("sample", session.snapshot.commit, 1_700_000_000)
    assert news(session) == (1_700_000_000, ())
    made.write("content/objections/price.md", objection("It costs more", answer="Less."))
    made.commit("Shorter", date="2026-11-01T12:00:00+00:00")
    made.write("content/objections/fresh.md", objection("A fresh one"))
    made.remove("content/objections/later.md")
    made.commit("Add one, drop one", date="2026-11-02T12:00:00+00:00")
    made.git("push", "-q", str(hub), "main")
    sync(library)
    found = news(read(library))
    assert found.since == 1_700_000_000
    assert [card.id for card in found.cards] == ["objections/fresh", "objections/price"]
    mark_seen("sample", "0" * 40, 3)
    assert news(read(library)) == (0, ())


def test_of_a_long_page_only_the_sections_that_changed_are_new(tmp_path: Path) -> None:
    parts = [f"## Part {number}\n\n{f'Words of part {number}. ' * 60} With a [link](a.md).\n" for number in range(1, 9)]
    builder = LibraryBuilder(tmp_path / "work").write("content/handbook.md", "# Handbook\n\n" + "\n".join(parts))
    first = builder.commit()
    library = open_library(str(builder.path))
    mark_seen(library.name, first, 1_700_000_000)
    parts[3] = parts[3].replace("a.md", "b.md")
    builder.write("content/handbook.md", "# Handbook\n\n" + "\n".join([*parts, "## Part 9\n\nNew.\n"])).commit()
    sync(library)
    assert [card.title for card in news(read(library)).cards] == ["Part 4", "Part 9"]


def test_a_checkout_is_one_only_with_content(tmp_path: Path) -> None:
    made = LibraryBuilder(tmp_path / "repo").write("docs/a.md", "# A\n")
    assert checkout_here(tmp_path / "repo" / "docs") is None
    made.write("content/a.md", "# A\n")
    assert checkout_here(tmp_path / "repo" / "docs") == tmp_path / "repo"
    assert checkout_here(tmp_path) is None


def test_choosing_without_any_library_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="playbook demo"):
        choose()


def test_a_library_without_searches_says_which_file_is_wanted(tmp_path: Path) -> None:
    made = LibraryBuilder(tmp_path / "repo").write("a.md", "# A\n")
    made.commit()
    with pytest.raises(NothingFound, match=r"no searches\.toml"):
        run_searches(read(open_library(str(tmp_path / "repo"))))


def test_the_doctor_names_git_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    findings = {finding.what: finding for finding in doctor.examine(None)}
    assert findings["git"].state == "broken"
    assert "2.34" in findings["git"].mend
    assert findings["clipboard"].state == "warning"


@pytest.mark.parametrize(("term", "state"), [("dumb", "warning"), ("", "warning"), ("xterm-256color", "ok")])
def test_the_doctor_looks_at_the_terminal(monkeypatch: pytest.MonkeyPatch, term: str, state: str) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    assert doctor._terminal().state == state
