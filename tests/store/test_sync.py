"""Sync and locks: what comes is taken, what was rewound is not, a dead writer leaves nothing in the way."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from building import LibraryBuilder

from playbook import errors
from playbook.store import objects, refs
from playbook.store.locks import LockBusy, writer_lock
from playbook.store.managed import Library, open_library
from playbook.store.runner import Git
from playbook.store.sync import sync


@pytest.fixture
def team(tmp_path: Path) -> LibraryBuilder:
    source = LibraryBuilder(tmp_path / "team").write("a.md", "# A\n")
    source.commit("One")
    source.bare(tmp_path / "hub.git")
    source.git("remote", "add", "origin", str(tmp_path / "hub.git"))
    source.git("fetch", "-q", "origin")
    return source


@pytest.fixture
def library(team: LibraryBuilder, tmp_path: Path) -> Library:
    return open_library(str(tmp_path / "hub.git"))


def outbox(library: Library, ref: str, parent: str) -> str:
    """A commit of the same tree on a ref of the outbox."""
    env = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@x", "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@x"}
    git = Git(library.git_dir)
    made = git.run("commit-tree", "-p", parent, "-m", "x", f"{parent}^{{tree}}", env=env).decode().strip()
    git.run("update-ref", ref, made)
    return made


def test_nothing_new_then_two_files(team: LibraryBuilder, library: Library) -> None:
    assert (sync(library).state, sync(library).received) == ("synced", [])
    new = team.write("a.md", "# A\n\nmore\n").write("b\x1b.md", "# B\n").commit("Two")
    team.git("push", "-q", "origin", "main", "main:proposals/x")
    report = sync(library)
    assert report.received == ["a.md", "b?.md"] and report.behind == 0
    assert "2 files changed" in report.message
    assert refs.main_commit(library) == new
    team.git("push", "-q", "origin", ":proposals/x")
    sync(library)
    assert refs.all_refs(library, "refs/remotes/hub/") == {"refs/remotes/hub/main": new}


def test_a_rewound_hub_is_reported_and_never_followed(team: LibraryBuilder, library: Library) -> None:
    team.write("a.md", "two\n").commit("Two")
    team.git("push", "-q", "origin", "main")
    sync(library)
    kept = refs.main_commit(library)
    team.git("reset", "-q", "--hard", "HEAD~1")
    team.write("a.md", "other\n").commit("Other")
    team.git("push", "-qf", "origin", "main", "main:side")
    for _ in range(2):
        report = sync(library)
        assert (report.state, report.behind) == ("rewound", 1)
        assert "playbook forget" in report.message
        assert refs.main_commit(library) == kept
    assert "refs/remotes/hub/side" in refs.all_refs(library, "refs/remotes/hub/")


def test_a_hub_that_lost_every_branch_takes_nothing_away(library: Library, tmp_path: Path) -> None:
    kept = refs.main_commit(library)
    (tmp_path / "hub.git").rename(tmp_path / "old.git")
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "hub.git")], check=True)
    assert sync(library).state == "rewound"
    assert refs.main_commit(library) == kept


def test_a_hub_that_renames_its_main_branch_is_followed(team: LibraryBuilder, library: Library, tmp_path: Path) -> None:
    subprocess.run(["git", "--git-dir", str(tmp_path / "hub.git"), "branch", "-m", "main", "published"], check=True)
    report = sync(library)
    assert (report.state, refs.main_branch(library)) == ("synced", "published")
    assert refs.all_refs(library, "refs/remotes/hub/").keys() == {"refs/remotes/hub/published"}


def test_a_hub_out_of_reach_is_exit_5_and_changes_nothing(library: Library, tmp_path: Path) -> None:
    kept = refs.main_commit(library)
    (tmp_path / "hub.git").rename(tmp_path / "old.git")
    with pytest.raises(errors.RemoteUnreachable) as caught:
        sync(library)
    assert caught.value.exit_code == 5 and "\n" not in str(caught.value)
    assert refs.main_commit(library) == kept


def test_ahead_counts_what_the_hub_has_not_got(library: Library) -> None:
    main = refs.main_commit(library)
    outbox(library, "refs/heads/proposals/x", outbox(library, "refs/heads/proposals/x", main))
    assert sync(library).ahead == 2


def test_a_library_without_a_hub_follows_its_checkout(tmp_path: Path) -> None:
    source = LibraryBuilder(tmp_path / "words").write("a.md", "# A\n")
    source.commit()
    library = open_library(str(source.path))
    new = source.write("a.md", "# B\n").commit()
    report = sync(library)
    assert (report.state, report.received, refs.main_commit(library)) == ("local", ["a.md"], new)
    approved = outbox(library, "refs/heads/main", new)
    assert refs.main_commit(library) == approved
    assert sync(library).ahead == 1
    source.git("pull", "-q", str(library.git_dir), "main")
    assert sync(library).ahead == 0
    assert refs.main_commit(library) == approved and refs.all_refs(library, "refs/heads/") == {}
    assert source.git("status", "--porcelain") == ""


def test_sync_can_be_stopped(team: LibraryBuilder, library: Library) -> None:
    with pytest.raises(errors.Cancelled):
        sync(library, cancelled=lambda: True)


def test_the_lock_is_exclusive_and_dies_with_its_holder(team: LibraryBuilder, library: Library) -> None:
    script = (
        "import sys, time\nfrom playbook.store.managed import find_library\nfrom playbook.store.locks import writer_lock\n"
        "with writer_lock(find_library()):\n    print('held', flush=True)\n    time.sleep(60)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert child.stdout and child.stdout.readline() == b"held\n"
    with pytest.raises(LockBusy) as caught, writer_lock(library, seconds=0.3):
        pass
    assert caught.value.exit_code == 4
    team.write("b.md", "b\n").commit()
    team.git("push", "-q", "origin", "main")
    child.kill()
    child.wait()
    child.stdout.close()
    assert sync(library).received == ["b.md"]
    with pytest.raises(errors.Conflict, match="mine"), writer_lock(library):
        raise errors.Conflict("mine")


def test_stale_locks_and_temporary_files_are_cleared(team: LibraryBuilder, library: Library) -> None:
    root = library.git_dir
    stale = [root / "packed-refs.lock", root / "HEAD.lock", root / "shallow.lock", root / "refs/remotes/hub/main.lock"]
    stale += [root / "refs/remotes/hub/HEAD.lock", root / "playbook-tmp" / "index-1", root / "objects/pack/tmp_pack_x"]
    for file in stale:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")
    team.write("b.md", "b\n").commit()
    team.git("push", "-q", "origin", "main")
    assert sync(library).received == ["b.md"]
    assert [file for file in stale if file.exists()] == []


def test_a_sync_killed_at_any_moment_can_be_repeated(team: LibraryBuilder, library: Library) -> None:
    script = (
        "from playbook.store.managed import find_library\nfrom playbook.store.sync import sync\nsync(find_library())\n"
    )
    for number, delay in enumerate((0.1, 0.14, 0.18, 0.22, 0.26)):
        new = team.write(f"n{number}.md", "n\n" * 2000).commit()
        team.git("push", "-q", "origin", "main")
        child = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
        time.sleep(delay)
        child.kill()
        child.wait()
        sync(library)
        assert refs.main_commit(library) == new
    Git(library.git_dir).run("fsck", "--strict", "--no-dangling")
    assert len(objects.tree(library, refs.main_commit(library))) == 6


def test_many_loose_objects_are_packed(team: LibraryBuilder, library: Library) -> None:
    git = Git(library.git_dir)
    names = b""
    for number in range(2600):
        names += b"blob\ndata %d\n%d\n" % (len(str(number)), number)
    git.run("-c", "fastimport.unpackLimit=100000", "fast-import", "--quiet", input=names)
    loose = library.git_dir / "objects" / "17"
    before = len(list(loose.iterdir()))
    team.write("b.md", "b\n").commit()
    team.git("push", "-q", "origin", "main")
    assert sync(library).received == ["b.md"]
    Git(library.git_dir).run("fsck", "--no-dangling")
    assert before >= 8
