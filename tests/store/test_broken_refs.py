"""One bad ref blocks nothing else: broken files of our own, names no disk can hold, names that git keeps for itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from team import MIA, PRICE, Team, build_team, propose, send

from playbook.finding import doctor
from playbook.review.listing import proposals
from playbook.review.syncing import sync_whole
from playbook.store import objects, refs
from playbook.store.locks import LockBusy, writer_lock
from playbook.store.managed import Library, unsent
from playbook.store.outbox import send as send_outbox
from playbook.store.push import push
from playbook.store.runner import Git
from playbook.store.sync import sync
from playbook.store.writing import put_commit, tree_id


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return build_team(tmp_path)


@pytest.fixture
def library(team: Team, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setenv("GIT_AUTHOR_NAME", MIA.name)
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", MIA.mail)
    monkeypatch.setenv("PLAYBOOK_HOME", str(team.root / "home-mia"))
    return team.library("mia")


def packed(team: Team, name: str) -> None:
    """A branch of the hub with a name that no file can have."""
    file = team.hub / "packed-refs"
    rows = file.read_text().splitlines() if file.exists() else []
    rows = [row for row in rows if not row.startswith("#")]
    rows.append(f"{team.branches()['main']} refs/heads/{name}")
    file.write_text("\n".join(sorted(rows, key=lambda row: row.split(" ", 1)[1])) + "\n")


@pytest.mark.parametrize("kind", ["empty", "no id", "gone", "no commit", "no parent", "odd name"])
def test_r29_a_broken_ref_in_the_outbox_keeps_nothing_from_being_fetched_or_sent(
    team: Team, library: Library, kind: str
) -> None:
    git = Git(library.git_dir)
    main = refs.main_commit(library)
    orphan = f"tree {tree_id(library, main)}\nparent {'2' * 40}\nauthor a <a@x> 1 +0000\ncommitter a <a@x> 1 +0000\n\nx"
    text = {
        "empty": lambda: "",
        "no id": lambda: "what is this\n",
        "gone": lambda: "1" * 40 + "\n",
        "no commit": lambda: tree_id(library, main) + "\n",
        "no parent": lambda: git.run(
            "hash-object", "-t", "commit", "-w", "--stdin", "--literally", input=orphan.encode()
        ).decode(),
        "odd name": lambda: main + "\n",
    }[kind]()
    name = "proposals/20260101-bad..x" if kind == "odd name" else "proposals/20260101-bad-aaaaaa"
    file = library.git_dir / "refs" / "heads" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    for _ in range(2):
        new = team.publish("content/new.md", f"# New {len(team.branches())}\n")
        good = propose(library)
        report = sync_whole(library)
        assert (report.state, refs.main_commit(library)) == ("synced", new)
        assert report.sent == [f"proposals/{good}"]
        assert name in dict(report.waiting)
    assert f"{name} waits: " in report.message
    assert unsent(library) <= 1 and good in {one.id for one in proposals(library)}
    if kind != "no parent":
        (finding,) = [one for one in doctor.examine(str(library.name)) if one.what == "branches"]
        assert finding.state == "broken" and name in finding.says and str(file) in finding.mend
        file.unlink()
        assert [one for one in doctor.examine(str(library.name)) if one.what == "branches"] == []
        assert sync_whole(library).waiting == []


def test_a_broken_file_of_what_the_hub_has_is_fetched_anew(team: Team, library: Library) -> None:
    id = propose(library)
    send(library)
    (library.git_dir / "refs" / "remotes" / "hub" / "proposals" / id).write_text("")
    assert sync(library).state == "synced"
    assert refs.all_refs(library, "refs/remotes/hub/proposals/").keys() == {f"refs/remotes/hub/proposals/{id}"}


@pytest.mark.parametrize("name", ["proposals/" + "/".join(["a" * 200] * 20), "proposals/" + "b" * 252, "c" * 249])
def test_r29_a_name_that_no_disk_can_hold_is_left_out_and_told(team: Team, library: Library, name: str) -> None:
    new = team.publish("content/new.md", "# New\n")
    packed(team, name)
    for _ in range(2):
        report = sync(library)
        assert report.state == "synced" and refs.main_commit(library) == new
        assert [one.branch for one in report.left_out] == [name] and "too long" in report.left_out[0].reason
        assert "too long" in report.message and len(report.message) < 600
    first = team.library("somebody-new")
    assert refs.main_commit(first) == new and sync(first).left_out


def test_r29_the_longest_name_that_fits_is_a_branch_like_any_other(team: Team, library: Library) -> None:
    longest = os.pathconf(library.git_dir, "PC_NAME_MAX") - len(".lock") - 2
    name = "proposals/" + "x" * longest
    team.at_hub("update-ref", f"refs/heads/{name}", "main")
    assert sync(library).left_out == [] and refs.read_ref(library.git_dir, f"refs/remotes/hub/{name}")
    team.at_hub("update-ref", "-d", f"refs/heads/{name}")
    assert sync(library).state == "synced"


def test_r29_a_branch_below_head_is_left_alone_and_is_in_nobodys_way(team: Team, library: Library) -> None:
    team.at_hub("update-ref", "refs/heads/HEAD/x", "main")
    new = team.publish("content/new.md", "# New\n")
    report = sync(library)
    assert (report.state, refs.main_commit(library), refs.main_branch(library)) == ("synced", new, "main")
    assert refs.all_refs(library, "refs/remotes/hub/") == {"refs/remotes/hub/main": new}
    assert refs.main_commit(team.library("somebody-new")) == new


def test_r29_a_branch_that_the_hub_cannot_read_keeps_nobody_from_opening_it(team: Team) -> None:
    main = team.branches()["main"]
    team.name("proposals/bad", "2" * 40)
    library = team.library("somebody-new")
    assert refs.main_commit(library) == main
    assert objects.tree(library, refs.main_commit(library))


def test_what_we_know_of_the_hub_moves_under_the_writers_lock_alone(team: Team, library: Library) -> None:
    main = refs.main_commit(library)
    with writer_lock(library):
        commit = put_commit(library, tree_id(library, main), (main,), "x", by=MIA)
        known = refs.all_refs(library, "refs/remotes/hub/")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("playbook.store.push.writer_lock", busy)
            assert push(library, {"proposals/x": commit}).of("proposals/x").state == "sent"
        assert refs.all_refs(library, "refs/remotes/hub/") == known
    assert team.branches()["proposals/x"] == commit
    assert sync(library).state == "synced"
    assert refs.read_ref(library.git_dir, "refs/remotes/hub/proposals/x") == commit


def busy(*_: object, **__: object) -> None:
    raise LockBusy("another is at work")


def test_what_was_sent_never_moves_what_we_know_back(team: Team, library: Library) -> None:
    id = propose(library)
    first = refs.read_ref(library.git_dir, f"refs/heads/proposals/{id}") or ""
    send_outbox(library, refetch=lambda: None)
    newer = team.publish(PRICE, "# Newer\n", f"proposals/{id}")
    sync(library)
    push(library, {f"proposals/{id}": first})
    assert refs.read_ref(library.git_dir, f"refs/remotes/hub/proposals/{id}") == newer
