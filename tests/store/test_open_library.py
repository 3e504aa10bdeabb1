"""Opening, finding and forgetting libraries, with real repositories."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from building import LibraryBuilder

from playbook import errors
from playbook.store import managed, objects, refs, registry
from playbook.store.managed import find_library, forget, libraries, open_library


def built(path: Path, branch: str = "main") -> LibraryBuilder:
    library = LibraryBuilder(path, branch)
    library.write("content/objections/price.md", "# Too expensive\n\n## Answer\nLet us count.\n").commit(
        "Add the price card"
    )
    return library


def paths_of(library: managed.Library) -> list[bytes]:
    return [entry.path for entry in objects.tree(library, refs.main_commit(library))]


@pytest.mark.parametrize("branch", ["main", "master", "words/published"])
def test_opens_whatever_branch_head_names(tmp_path: Path, branch: str) -> None:
    source = built(tmp_path / "team", branch)
    hub = source.bare(tmp_path / "hub.git")
    library = open_library(str(hub))
    assert refs.main_branch(library) == branch
    assert refs.main_commit(library) == source.git("rev-parse", "HEAD")
    assert paths_of(library) == [b"content/objections/price.md"]
    assert library.hub == str(hub) and library.checkout is None
    assert stat.S_IMODE(library.git_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE(library.cache.stat().st_mode) == 0o700


def test_opens_a_file_url_and_a_folder_inside_a_working_tree_as_the_same_library(tmp_path: Path) -> None:
    built(tmp_path / "team")
    by_url = open_library(f"file://{tmp_path}/team")
    by_subfolder = open_library(str(tmp_path / "team" / "content"))
    assert by_url == by_subfolder
    assert by_url.hub == "" and by_url.checkout == tmp_path / "team"
    assert len(libraries()) == 1


def test_the_hub_of_a_working_tree_is_its_origin(tmp_path: Path) -> None:
    hub = built(tmp_path / "team").bare(tmp_path / "hub.git")
    subprocess.run(["git", "clone", "-q", str(hub), str(tmp_path / "clone")], check=True)
    library = open_library(str(tmp_path / "clone"))
    assert library.hub == str(hub)
    assert library.checkout == tmp_path / "clone"


def test_a_clone_whose_origin_is_out_of_reach_opens_with_what_it_has(tmp_path: Path) -> None:
    hub = built(tmp_path / "team").bare(tmp_path / "hub.git")
    subprocess.run(["git", "clone", "-q", str(hub), str(tmp_path / "clone")], check=True)
    hub.rename(tmp_path / "gone.git")
    library = open_library(str(tmp_path / "clone"))
    assert paths_of(library) == [b"content/objections/price.md"]


def test_a_shallow_clone_and_a_detached_one_open(tmp_path: Path) -> None:
    source = built(tmp_path / "team")
    source.write("more.md", "# More\n").commit("More")
    source.git("tag", "v1")
    clone = ["git", "clone", "-q", "--depth", "1", "-c", "advice.detachedHead=false"]
    subprocess.run([*clone, f"file://{tmp_path}/team", str(tmp_path / "shallow")], check=True)
    subprocess.run([*clone, "--branch", "v1", f"file://{tmp_path}/team", str(tmp_path / "detached")], check=True)
    subprocess.run(["git", "-C", str(tmp_path / "detached"), "remote", "remove", "origin"], check=True)
    for name in ("shallow", "detached"):
        library = open_library(str(tmp_path / name))
        assert b"more.md" in paths_of(library)
        assert objects.last_changes(library, refs.main_commit(library))[b"more.md"].author == "Ann Author"


def test_a_worktree_and_a_sha256_repository_open(tmp_path: Path) -> None:
    source = built(tmp_path / "team")
    source.git("worktree", "add", "-q", str(tmp_path / "side"), "-b", "side")
    assert b"content/objections/price.md" in paths_of(open_library(str(tmp_path / "side")))
    subprocess.run(["git", "init", "-q", "--object-format=sha256", str(tmp_path / "wide")], check=True)
    wide = LibraryBuilder(tmp_path / "wide")
    wide.made = True
    wide.write("a.md", "# A\n").commit()
    library = open_library(str(tmp_path / "wide"))
    assert len(refs.main_commit(library)) == 64
    assert paths_of(library) == [b"a.md"]
    assert open_library(str(tmp_path / "wide")) == library


def test_a_second_target_of_the_same_name_gets_a_number(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        built(tmp_path / folder / "words")
    assert [open_library(str(tmp_path / f / "words")).name for f in ("one", "two", "one")] == [
        "words",
        "words-2",
        "words",
    ]
    renamed = open_library(str(tmp_path / "two" / "words"), name="emea")
    assert renamed.name == "emea"
    assert [library.name for library in libraries()] == ["emea", "words"]
    with pytest.raises(errors.UsageError, match="no name for a library"):
        open_library(str(tmp_path / "two" / "words"), name="../x")


def test_find_by_name_path_url_environment_and_last_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(managed.NoLibrary, match="playbook open"):
        find_library()
    for folder in ("one", "two"):
        built(tmp_path / folder)
    one, two = open_library(str(tmp_path / "one")), open_library(str(tmp_path / "two"))
    assert find_library() == two
    managed.mark_opened(one)
    assert find_library() == one
    assert find_library("two") == find_library(str(tmp_path / "two")) == find_library(f"file://{tmp_path}/two/") == two
    monkeypatch.setenv("PLAYBOOK_LIBRARY", "two")
    assert find_library() == two
    with pytest.raises(errors.UsageError, match="one, two"):
        find_library("three")


def test_forget_removes_the_clone_and_refuses_with_unsent_work(tmp_path: Path) -> None:
    source = built(tmp_path / "team")
    library = open_library(str(tmp_path / "team"))
    commit = refs.main_commit(library)
    managed.Git(library.git_dir).run("update-ref", "refs/heads/proposals/x", commit)
    forget(library.name)
    assert not library.git_dir.exists() and not library.cache.exists() and libraries() == []
    library = open_library(str(tmp_path / "team"))
    env = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@x", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@x"}
    made = managed.Git(library.git_dir).run("commit-tree", "-p", commit, "-m", "x", f"{commit}^{{tree}}", env=env)
    managed.Git(library.git_dir).run("update-ref", "refs/heads/proposals/x", made.decode().strip())
    with pytest.raises(errors.Conflict, match="1 commit that the hub has not got"):
        forget(library.name)
    assert forget(library.name, force=True) == library
    with pytest.raises(errors.UsageError, match="open here: none"):
        forget(library.name)
    assert source.git("status", "--porcelain") == ""


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b"\xff\xfe", None])
def test_a_damaged_registry_is_rebuilt_from_the_libraries(tmp_path: Path, home: Path, damage: bytes | None) -> None:
    built(tmp_path / "team")
    library = open_library(str(tmp_path / "team"), name="words")
    file = home / "data" / "libraries.json"
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage)
    assert find_library("words") == library
    assert open_library(str(tmp_path / "team")).name == "words"


def test_a_registry_cannot_point_outside_the_libraries_folder(tmp_path: Path, home: Path) -> None:
    built(tmp_path / "team")
    open_library(str(tmp_path / "team"))
    (home / "data" / "libraries.json").write_text('[{"name":"x","target":"/x","folder":"../../.."}]')
    assert [one.name for one in libraries()] == ["team"]


def test_two_at_once_make_one_library(tmp_path: Path) -> None:
    built(tmp_path / "team")
    found: list[managed.Library] = []
    threads = [threading.Thread(target=lambda: found.append(open_library(str(tmp_path / "team")))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 4 and len(set(found)) == 1
    assert [p.name for p in registry.libraries_dir().iterdir() if p.is_dir()] == [found[0].git_dir.name]


def test_cancel_and_error_leave_nothing_half_made(tmp_path: Path) -> None:
    built(tmp_path / "team")
    with pytest.raises(errors.Cancelled):
        open_library(str(tmp_path / "team"), cancelled=lambda: True)
    subprocess.run(["git", "init", "-q", str(tmp_path / "empty")], check=True)
    with pytest.raises(errors.LibraryUnreadable, match="empty repository"):
        open_library(str(tmp_path / "empty"))
    assert libraries() == []
    assert [p for p in registry.libraries_dir().iterdir() if p.is_dir()] == []


def test_killed_during_the_first_fetch_leaves_nothing_and_the_next_open_works(tmp_path: Path) -> None:
    source = built(tmp_path / "team")
    for number in range(300):
        source.write(f"pages/{number}.md", f"# Page {number}\n" + os.urandom(2000).hex())
    source.commit("Many pages")
    script = "import sys\nfrom playbook.store.managed import open_library\nopen_library(sys.argv[1])\n"
    half = 0
    for delay in (0.12, 0.16, 0.2, 0.25, 0.3):
        child = subprocess.Popen([sys.executable, "-c", script, str(tmp_path / "team")], stderr=subprocess.DEVNULL)
        time.sleep(delay)
        child.kill()
        child.wait()
        half += len(list(registry.libraries_dir().glob(".new-*")))
        for library in libraries():
            assert len(paths_of(library)) == 301
    library = open_library(str(tmp_path / "team"))
    assert len(paths_of(library)) == 301
    assert [p.name for p in registry.libraries_dir().iterdir() if p.is_dir()] == [library.git_dir.name]


def test_progress_is_told(tmp_path: Path) -> None:
    hub = built(tmp_path / "team").bare(tmp_path / "hub.git")
    told: list[tuple[str, int, int]] = []
    open_library(str(hub), progress=lambda phase, done, total: told.append((phase, done, total)))
    assert any(done == total > 0 for _, done, total in told)


def test_what_was_opened_before_opens_from_a_disk_that_cannot_be_written(tmp_path: Path) -> None:
    built(tmp_path / "team")
    library = open_library(str(tmp_path / "team"))
    lock = registry.libraries_dir() / f".{library.git_dir.name}.flock"
    lock.unlink()
    lock.mkdir()  # stands in for a read-only disk, which root could write to all the same
    assert open_library(str(tmp_path / "team")) == library
    built(tmp_path / "other")
    (registry.libraries_dir() / f".{managed._folder_name(str(tmp_path / 'other'))}.flock").mkdir()
    with pytest.raises(errors.LibraryUnreadable, match="Cannot write in"):
        open_library(str(tmp_path / "other"))
