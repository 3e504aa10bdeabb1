"""The list of proposals: every one is there, a broken one as a row, a merged one where main says so."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from team import MIA, PIA, PRICE, PRICE_TEXT, REP, TIMING, Team, build_team, propose, send

from playbook.errors import NothingFound, UsageError
from playbook.review import acting, approve
from playbook.review.listing import find, merges_on_main, proposals
from playbook.store import process, refs
from playbook.store.differences import differences
from playbook.store.managed import Library
from playbook.store.runner import Git
from playbook.store.sync import fetch_only, sync


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return build_team(tmp_path)


@pytest.fixture
def library(team: Team) -> Library:
    return team.library("one")


def words(number: int) -> str:
    return PRICE_TEXT.replace("It pays for itself.", f"Number {number}.")


def many(team: Team, count: int) -> list[str]:
    """Branches at the hub by plain git, one commit each, made by one process."""
    main = team.branches()["main"]
    fed = []
    for number in range(count):
        text = words(number)
        message = f"Words {number}\n\nBecause.\n"
        fed.append(
            f"commit refs/heads/proposals/p{number:03}\ncommitter Rep <rep@example.com> {1_700_000_000 + number} +0000\n"
            f"data {len(message)}\n{message}from {main}\nM 100644 inline {PRICE}\ndata {len(text.encode())}\n{text}\n"
        )
    file = team.root / "fed"
    file.write_text("".join(fed))
    with file.open("rb") as stream:
        subprocess.run(["git", "--git-dir", str(team.hub), "fast-import", "--quiet"], stdin=stream, check=True)
    return [f"p{number:03}" for number in range(count)]


def commit_object(tree: str, parent: str, message: str = "x") -> bytes:
    parents = f"parent {parent}\n" if parent else ""
    who = "E <e@x> 1700000000 +0000"
    return f"tree {tree}\n{parents}author {who}\ncommitter {who}\n\n{message}\n".encode()


def test_r49_a_branch_with_ordinary_commits_is_a_proposal(team: Team, library: Library) -> None:
    team.publish(PRICE, PRICE_TEXT.replace("It pays", "It saves"), "proposals/price-saves")
    team.publish(TIMING, "# Later\n", "proposals/price-saves")
    fetch_only(library)
    (made,) = proposals(library)
    assert (made.id, made.title, made.state, made.fault) == ("price-saves", f"Change {PRICE}", "open", "")
    assert made.paths == (PRICE, TIMING) and made.author.mail == "ann@example.com" and not made.unsent
    done = approve.approve(library, "price-saves", "They do.", by=MIA)
    assert done.merge and "It saves" in team.text(PRICE)
    assert find(library, "price-saves").state == "merged"


def test_r22_the_oldest_comes_first_and_a_name_may_be_short(team: Team, library: Library) -> None:
    ids = many(team, 12)
    fetch_only(library)
    mine = propose(library)
    assert [one.id for one in proposals(library)] == [*ids, mine]
    assert find(library, "p003").id == find(library, " proposals/p003 ").id == "p003"
    assert find(library, mine[:20]).id == find(library, mine.rpartition("-")[2]).id == mine
    with pytest.raises(UsageError, match="p000 or p001"):
        find(library, "p00")
    for nothing in ("zzz", "", "-", "003"):
        with pytest.raises(NothingFound):
            find(library, nothing)


def test_r29_a_bad_branch_among_fifty_is_one_row(team: Team, library: Library) -> None:
    ids = many(team, 50)
    main = team.branches()["main"]
    tree = team.at_hub("rev-parse", "main^{tree}")
    root = team.put("commit", commit_object(tree, ""))
    team.name("proposals/no-common-history", root)
    team.name("proposals/empty", main)
    weird = ["-rf", "$(touch)", "a;b", "ünï-\u202e-cödé", "x" * 150, "HEAD", "a'b\"c", "@", "p000.x", "%0A"]
    for name in weird:
        team.name(f"proposals/{name}", team.put("commit", commit_object(tree, main, f"weird {name}")))
    team.name(b"proposals/bytes-\xff", team.put("commit", commit_object(tree, main, "bytes")))
    fetch_only(library)
    assert sorted(refs.all_refs(library, "refs/remotes/hub/proposals/")) == sorted(
        f"refs/remotes/hub/proposals/{name}"
        for name in [*ids, *weird, "no-common-history", "empty", os.fsdecode(b"bytes-\xff")]
    )
    rows = {one.id: one for one in proposals(library)}
    assert {id for id in ids if not rows[id].fault and rows[id].paths == (PRICE,)} == set(ids)
    assert len(rows) == 50 + len(weird) + 3
    assert "no history in common" in rows["no-common-history"].fault
    assert "nothing that main has not got" in rows["empty"].fault
    assert all(not rows[name].fault for name in weird)
    for name in ("no-common-history", "empty"):
        assert find(library, name).fault == rows[name].fault


@pytest.mark.parametrize("kind", ["tree", "blob-as-branch", "tag", "gone", "tree-as-commit"])
def test_r29_a_branch_that_is_no_branch_is_one_row(team: Team, library: Library, kind: str) -> None:
    """What a damaged disk or a hostile hub may leave in the managed repository itself."""
    ids = many(team, 3)
    fetch_only(library)
    git = Git(library.git_dir)
    main = refs.main_commit(library)

    def put(what: str, raw: bytes) -> str:
        return git.run("hash-object", "-t", what, "-w", "--literally", "--stdin", input=raw).decode().strip()

    bad = {
        "tree": lambda: put("commit", commit_object("1" * 40, main)),
        "blob-as-branch": lambda: put("blob", b"no commit"),
        "tag": lambda: put("tag", f"object {main}\ntype commit\ntag x\ntagger E <e@x> 1 +0000\n\nx\n".encode()),
        "gone": lambda: "2" * 40,
        "tree-as-commit": lambda: put("commit", commit_object(main, main)),
    }[kind]()
    for place in ("remotes/hub/proposals/bad", "heads/proposals/bad-mine"):
        file = library.git_dir / "refs" / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{bad}\n")
    rows = {one.id: one for one in proposals(library)}
    assert set(rows) == {*ids, "bad", "bad-mine"}
    assert rows["bad"].fault and rows["bad-mine"].fault
    assert all(not rows[id].fault and rows[id].paths for id in ids)
    assert find(library, "bad-mine").fault and find(library, ids[0]).paths == (PRICE,)
    acting.comment(library, ids[0], "goes on", by=MIA)
    assert f"proposals/{ids[0]}" in send(library).sent


@pytest.mark.parametrize("kind", ["empty", "gone", "no-tree", "no-text", "no-parent", "odd-name"])
def test_r29_a_branch_that_the_hub_itself_cannot_read_keeps_nobody_from_the_rest(
    team: Team, library: Library, kind: str
) -> None:
    many(team, 5)
    fetch_only(library)
    team.at_hub("update-ref", "-d", "refs/heads/proposals/p004")
    new = team.publish("content/new.md", "# New\n")
    main, tree = team.branches()["main"], team.at_hub("rev-parse", "main^{tree}")
    for name in ("a-good", "z-good"):
        team.name(f"proposals/{name}", team.put("commit", commit_object(tree, main, name)))
    bad = {
        "empty": lambda: "",
        "gone": lambda: "2" * 40,
        "no-tree": lambda: team.put("commit", commit_object("1" * 40, main)),
        "no-text": lambda: team.put("commit", commit_object(team.put("tree", b"100644 x.md\0" + b"\x11" * 20), main)),
        "no-parent": lambda: team.put("commit", commit_object(tree, "3" * 40)),
        "odd-name": lambda: main,
    }[kind]()
    team.name("proposals/bad name" if kind == "odd-name" else "proposals/bad", bad)
    for _ in range(2):
        report = sync(library)
        assert report.state == "synced" and "the hub cannot read them: proposals/bad" in report.message
    assert refs.main_commit(library) == new
    rows = {one.id: one for one in proposals(library)}
    assert set(rows) == {"p000", "p001", "p002", "p003", "p004", "a-good", "z-good"}
    assert [id for id, one in rows.items() if one.gone] == ["p004"]


def test_r29_a_name_that_was_a_branch_and_is_a_folder_now(team: Team, library: Library) -> None:
    many(team, 1)
    fetch_only(library)
    acting.comment(library, "p000", "mine", by=MIA)
    commit = team.branches()["proposals/p000"]
    team.at_hub("update-ref", "-d", "refs/heads/proposals/p000")
    team.at_hub("update-ref", "refs/heads/proposals/p000/below", commit)
    fetch_only(library)
    rows = {one.id: one for one in proposals(library)}
    assert set(rows) == {"p000", "p000/below"} and rows["p000"].unsent
    assert "exists" in send(library).waiting["proposals/p000"]


def test_a_proposal_is_merged_when_main_took_one_of_its_commits(team: Team, library: Library) -> None:
    id = propose(library)
    send(library)
    done = approve.approve(library, id, "Yes.", by=MIA)
    other = team.library("two")
    assert proposals(other) == []
    (made,) = proposals(other, merged=True)
    assert (made.id, made.state, made.merge, made.paths) == (id, "merged", done.merge, (PRICE,))
    assert [one.word for one in made.events] == ["propose", "approve"] and made.why == "Buyers laugh"
    assert find(other, id) == made


def test_a_merged_proposal_is_known_after_its_branch_is_gone(team: Team, library: Library) -> None:
    for number in range(3):
        id = propose(library, path=f"content/{number}.md", text="# New\n", title=f"New {number}")
        send(library)
        approve.approve(library, id, "Yes.", by=MIA)
        team.at_hub("update-ref", "-d", f"refs/heads/proposals/{id}")
    fetch_only(library)
    assert [one.title for one in proposals(library, merged=True)] == ["New 0", "New 1", "New 2"]
    made = find(library, id)
    assert (made.state, made.paths, made.author) == ("merged", ("content/2.md",), REP)


def test_what_is_said_after_the_merge_shows_and_changes_nothing(team: Team, library: Library) -> None:
    id = propose(library)
    send(library)
    approve.approve(library, id, "Yes.", by=MIA)
    acting.comment(library, id, "Well done", by=REP)
    send(library)
    for at in (library, team.library("two")):
        made = find(at, id)
        assert made.state == "merged" and made.events[-1].text == "Well done" and made.paths == (PRICE,)
        assert proposals(at) == [] and proposals(at, merged=True) == [made]


def test_a_merge_by_plain_git_or_a_host_counts_too(team: Team, library: Library) -> None:
    many(team, 2)
    source = team.source
    source.git("fetch", "-q", "origin")
    source.git("checkout", "-q", "main")
    who = ("-c", "user.name=Host", "-c", "user.email=host@x")
    source.git(
        *who, "merge", "-q", "--no-ff", "-m", "Merge pull request #3 from t/proposals/p000", "origin/proposals/p000"
    )
    source.git("push", "-q", "origin", "main")
    fetch_only(library)
    assert [one.id for one in proposals(library)] == ["p001"]
    assert {one.id: one.state for one in proposals(library, merged=True)} == {"p000": "merged", "p001": "open"}
    assert find(library, "p000").merge == source.git("rev-parse", "main")


def test_a_proposal_that_stands_on_a_merged_one_is_its_own(team: Team, library: Library) -> None:
    """Somebody began theirs from a proposal that became main since."""
    id = propose(library)
    send(library)
    approve.approve(library, id, "Yes.", by=MIA)
    tip = team.branches()[f"proposals/{id}"]
    team.source.git("fetch", "-q", "origin")
    team.source.git("checkout", "-q", "--detach", tip)
    made = team.source.write(TIMING, "# On top\n").commit("On top")
    team.source.git("push", "-q", "origin", f"{made}:refs/heads/proposals/on-top")
    fetch_only(library)
    (row,) = proposals(library)
    assert (row.id, row.state, row.paths, row.fault) == ("on-top", "open", (TIMING,), "")


def test_a_name_that_is_used_again_is_a_new_proposal(team: Team, library: Library) -> None:
    team.publish(PRICE, PRICE_TEXT.replace("It pays", "It saves"), "proposals/price")
    fetch_only(library)
    approve.approve(library, "price", "Yes.", by=MIA)
    team.at_hub("update-ref", "-d", "refs/heads/proposals/price")
    team.publish(TIMING, "# Later\n", "proposals/price")
    fetch_only(library)
    (row,) = proposals(library)
    assert (row.id, row.state, row.paths) == ("price", "open", (TIMING,))


def test_a_branch_whose_last_events_did_not_arrive_is_merged_all_the_same(team: Team, library: Library) -> None:
    """main was taken by the hub and the branch was not, as where pushes cannot be atomic."""
    id = propose(library)
    send(library)
    before = team.branches()[f"proposals/{id}"]
    approve.approve(library, id, "Yes.", by=MIA)
    team.at_hub("update-ref", f"refs/heads/proposals/{id}", before)
    other = team.library("two")
    assert proposals(other) == [] and find(other, id).state == "merged"
    acting.comment(other, id, "late", by=REP)
    assert find(other, id).state == "merged" and find(other, id).events[-1].text == "late"


def test_what_was_sent_before_a_kill_is_not_unsent(team: Team, library: Library) -> None:
    id = propose(library)
    ref = f"refs/heads/proposals/{id}"
    mine = refs.read_ref(library.git_dir, ref) or ""
    send(library)
    other = team.library("two")
    acting.comment(other, id, "theirs", by=MIA)
    send(other)
    fetch_only(library)
    Git(library.git_dir).run("update-ref", ref, mine)
    made = find(library, id)
    assert not made.unsent and [one.word for one in made.events] == ["propose", "comment"]
    assert approve.approve(library, id, "Yes.", by=PIA).merge


def test_both_ends_of_a_branch_that_went_apart_are_read(team: Team, library: Library) -> None:
    id = propose(library)
    send(library)
    other = team.library("two")
    acting.comment(other, id, "theirs", by=MIA)
    send(other)
    acting.comment(library, id, "mine", by=REP)
    fetch_only(library)
    made = find(library, id)
    assert made.unsent and {one.text for one in made.events if one.word == "comment"} == {"mine", "theirs"}


def test_a_thousand_merged_proposals_cost_no_process_each(
    team: Team, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [propose(library, path=f"content/{number}.md", text="# N\n", title=f"N {number}") for number in range(6)]
    send(library)
    for id in ids:
        approve.approve(library, id, "Yes.", by=MIA)
    many(team, 20)
    fetch_only(library)
    started: list[str] = []
    real = process.Process.__enter__

    def counted(self: process.Process) -> process.Process:
        started.append(" ".join(self.command[-8:]))
        return real(self)

    monkeypatch.setattr(process.Process, "__enter__", counted)
    assert len(proposals(library)) == 20
    assert len(started) <= 9, started  # three of them read the policy, once for each main
    started.clear()
    assert len(proposals(library, merged=True)) == 26
    assert len(started) <= 9, started


def test_paths_of_all_proposals_come_from_one_diff_whatever_they_are_called(team: Team, library: Library) -> None:
    git = Git(library.git_dir)
    before = git.run("rev-parse", f"{refs.main_commit(library)}^{{tree}}").decode().strip()
    blob = git.run("hash-object", "-w", "--stdin", input=b"x").decode().strip()
    rows = git.run("ls-tree", "-z", before)
    # A file whose name looks like the line with which git begins the next pair.
    odd = f"{before} {before}\n:000000"
    after = git.run("mktree", "-z", input=rows + f"100644 blob {blob}\t{odd}\0".encode()).decode().strip()
    third = git.run("mktree", "-z", input=rows + f"100644 blob {blob}\tplain.md\0".encode()).decode().strip()
    pairs = [(before, after), (before, before), (before, third)]
    found = {pair: tuple(one.path for one in changed) for pair, changed in differences(library, pairs)}
    assert found.get((before, after)) == (odd,) and found.get((before, third)) == ("plain.md",)
    assert not found.get((before, before))


def test_merges_are_read_once_for_each_main(team: Team, library: Library) -> None:
    main = refs.main_commit(library)
    assert merges_on_main(library, main) is merges_on_main(library, main) == ()
