"""What others or a crash did to our own folders: it is put right, or it is one sentence."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from building import LibraryBuilder

from playbook import errors, paths
from playbook.store import registry
from playbook.store.managed import Library, find_library, forget, libraries, mark_opened, open_library


@pytest.fixture
def team(tmp_path: Path) -> Library:
    """An open library."""
    LibraryBuilder(tmp_path / "team").write("a.md", "# A\n").commit()
    return open_library(str(tmp_path / "team"))


@pytest.mark.parametrize(
    "content",
    [
        "[]",
        "{}",
        '[{"name": "team"}]',
        '[{"name": "x", "target": "/x", "folder": "../../.."}]',
        '[{"name": "x", "target": "/x", "folder": "none.git"}]',
        '[{"name": "x", "target": "/x", "folder": "' + "n" * 300 + '.git"}]',
        '[{"name": "x", "target": "/x", "folder": "a\\u0000b.git"}]',
        '[{"name": "x", "target": "/x", "folder": "y", "more": ' + "[" * 5000 + "]" * 5000 + "}]",
    ],
)
def test_what_the_registry_lost_is_found_in_the_libraries_own_folders(team: Library, home: Path, content: str) -> None:
    (home / "data" / "libraries.json").write_text(content)
    assert libraries() == [team]
    assert find_library(None) == team
    mark_opened(team)
    assert '"team"' in (home / "data" / "libraries.json").read_text()
    forget("team")
    assert libraries() == []


def test_an_entry_with_a_bad_name_is_taken_from_its_own_folder(team: Library, home: Path) -> None:
    folder = team.git_dir.name
    entry = f'{{"name": "\\u001b[2J", "target": "/x", "folder": "{folder}"}}'
    (home / "data" / "libraries.json").write_text(f"[{entry}, {entry}]")
    assert libraries() == [team]


@pytest.mark.parametrize("kind", ["folder", "full folder", "pipe"])
def test_a_registry_that_is_no_file_is_written_anew(team: Library, home: Path, tmp_path: Path, kind: str) -> None:
    file = home / "data" / "libraries.json"
    file.unlink()
    if kind == "pipe":
        os.mkfifo(file)
    else:
        file.mkdir()
    if kind == "full folder":
        (file / "mine").write_text("x")
    assert libraries() == [team]
    assert open_library(str(tmp_path / "team")) == team
    assert file.is_file() and libraries() == [team]
    if kind == "full folder":
        assert [place.read_text() for place in (home / "data").glob("libraries.json.*/mine")] == ["x"]


def test_leftovers_of_other_targets_go_when_nobody_works_on_them(team: Library, tmp_path: Path) -> None:
    root = registry.libraries_dir()
    for name in (".new-one-123.git-abcd", ".gone-two-456.git-77", ".new-busy-789.git-abcd"):
        (root / name / "objects").mkdir(parents=True)
    with registry.alone(root / ".busy-789.git.flock"):
        open_library(str(tmp_path / "team"))
        assert [place.name for place in root.iterdir() if place.name.startswith((".new", ".gone"))] == [
            ".new-busy-789.git-abcd"
        ]
    open_library(str(tmp_path / "team"))
    assert not (root / ".new-busy-789.git-abcd").exists()


def test_every_folder_that_is_made_is_private(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        paths.private(tmp_path / "a" / "b" / "c")
    finally:
        os.umask(before)
    for name in ("a", "a/b", "a/b/c"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o700


def test_a_home_of_nobody_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PLAYBOOK_HOME", "~nouser-at-all/x")
    with pytest.raises(errors.LibraryUnreadable, match="PLAYBOOK_HOME is '~nouser-at-all/x'"):
        paths.data_dir()
    with pytest.raises(errors.LibraryUnreadable, match="PLAYBOOK_HOME"):
        libraries()
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.setenv("PLAYBOOK_HOME", "here")
    with pytest.raises(errors.LibraryUnreadable, match="PLAYBOOK_HOME"):
        paths.data_dir()
    monkeypatch.setenv("PLAYBOOK_HOME", str(tmp_path / "home"))
    with pytest.raises(errors.UsageError, match="stand in is gone"):
        open_library("team")


LIMITED = (
    "import resource, sys\n"
    "which, most, target = sys.argv[1:]\n"
    "from playbook.errors import PlaybookError\n"
    "from playbook.store.managed import open_library\n"
    "resource.setrlimit(getattr(resource, which), (int(most), int(most)))\n"
    "try:\n    open_library(target)\n"
    "except PlaybookError as error:\n    print(error.exit_code, error)\n"
)


def limited(which: str, most: int, target: Path) -> str:
    """What opening says under a limit of the system."""
    command = [sys.executable, "-c", LIMITED, which, str(most), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


@pytest.mark.parametrize("most", [5, 8])
def test_too_few_files_are_one_sentence(team: Library, tmp_path: Path, most: int) -> None:
    said = limited("RLIMIT_NOFILE", most, tmp_path / "team")
    assert said.startswith("6 ") and "Too many open files" in said


def test_a_git_killed_by_a_signal_says_which(team: Library, tmp_path: Path, home: Path) -> None:
    LibraryBuilder(tmp_path / "other").write("a.md", "# A\n").commit()
    said = limited("RLIMIT_FSIZE", 0, tmp_path / "other")
    assert said.startswith("6 ") and "File size limit exceeded" in said
    assert [place.name for place in (home / "data" / "libraries").iterdir() if place.is_dir()] == [team.git_dir.name]
