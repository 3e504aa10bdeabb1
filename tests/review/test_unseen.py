"""What is approved is what was looked at: histories made by hand, words and mains that moved, and a hub without a main."""

from __future__ import annotations

from pathlib import Path

import pytest
from team import MAX, MIA, PRICE, PRICE_TEXT, REP, TIMING, Team, build_team, fsck, propose, send

from playbook.errors import Conflict
from playbook.review import acting, branch
from playbook.review.approve import approve
from playbook.review.listing import find, proposals
from playbook.review.syncing import sync_whole
from playbook.store import refs
from playbook.store.managed import Library
from playbook.store.sync import fetch_only, sync


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return build_team(tmp_path, {"content/long.md": "# Long\n" + "".join(f"\nparagraph {n}\n" for n in range(10))})


@pytest.fixture
def library(team: Team) -> Library:
    return team.library("one")


def test_r26_a_merge_with_its_parents_swapped_shows_all_that_it_takes_back(team: Team, library: Library) -> None:
    old = team.at_hub("rev-parse", "main")
    new = team.publish(TIMING, "# Not now\n\n## Answer\nNewer words on main.\n")
    tree = _tree_with(team, f"100644 {team.put('blob', PRICE_TEXT.replace('Yes.', 'Sure.').encode())}\t{PRICE}", old)
    tricked = team.at_hub(
        "-c", "user.name=Eve", "-c", "user.email=eve@example.com", "commit-tree", "-p", new, "-p", old, "-m", "Small",
        "-m", "why", tree,
    )  # fmt: skip
    team.name("proposals/nice", tricked)
    fetch_only(library)
    proposal = find(library, "nice")
    assert TIMING in proposal.paths, "what a merge would take back is shown"
    assert proposal.base == new


def test_r26_words_that_came_with_the_approval_itself_are_not_approved(team: Team, library: Library) -> None:
    id = propose(library)
    send(library)
    other = team.library("two")
    fetch_only(other)
    revised = PRICE_TEXT.replace("It pays for itself.", "Words that nobody saw.").encode()
    acting.revise(other, id, {PRICE: revised}, why="better", by=MAX)
    send(other)
    with pytest.raises(Conflict, match="changed since you looked"):
        approve(library, id, "yes", by=MIA)
    assert find(library, id).state == "open"


def test_r26_main_that_moved_with_the_approval_itself_is_looked_at_first(team: Team, library: Library) -> None:
    id = propose(library)
    send(library)
    team.publish(PRICE, PRICE_TEXT.replace("Yes.", "NEVER LOOKED AT: 900 %."))
    with pytest.raises(Conflict, match="look at"):
        approve(library, id, "yes", by=MIA)
    assert approve(library, id, "now I have", by=MIA).merge


def test_r26_a_pull_that_swaps_main_leaves_open_proposals_open(team: Team, library: Library) -> None:
    id = propose(library)
    send(library)
    old = team.at_hub("rev-parse", "main")
    tree = team.at_hub("rev-parse", f"{old}^{{tree}}")
    person = ("-c", "user.name=Dave", "-c", "user.email=dave@example.com", "commit-tree")
    own = team.at_hub(*person, "-p", f"{old}^" if _has_parent(team, old) else old, "-m", "Own", tree)
    foxtrot = team.at_hub(*person, "-p", own, "-p", old, "-m", "Merge branch 'main'", tree)
    team.at_hub("update-ref", "refs/heads/main", foxtrot)
    fetch_only(library)
    assert find(library, id).state == "open"
    assert [one.id for one in proposals(library)] == [id]


def _has_parent(team: Team, commit: str) -> bool:
    return len(team.at_hub("rev-list", "--parents", "-n", "1", commit).split()) > 1


def test_r39_a_hub_that_lost_its_main_is_reported_and_no_proposal_becomes_main(team: Team, library: Library) -> None:
    send_first = propose(library)
    send(library)
    main = refs.main_commit(library)
    team.at_hub("update-ref", "-d", "refs/heads/main")
    report = sync(library)
    assert report.state == "rewound" and "main" in report.message
    assert refs.main_commit(library) == main
    assert refs.main_branch(library) == "main"
    assert set(team.branches()) == {f"proposals/{send_first}"}


def test_r39_a_rewound_branch_holds_up_no_other(team: Team, library: Library) -> None:
    first, second = propose(library), propose(library, path=TIMING, text="# Not now\n\nOther words.\n")
    send(library)
    fetch_only(library)
    acting.comment(library, first, "Mine, on what was there", by=MIA)
    main = team.at_hub("rev-parse", "main")
    tree = team.at_hub("rev-parse", f"proposals/{first}^{{tree}}")
    amended = team.at_hub(
        "-c", "user.name=Bob", "-c", "user.email=bob@example.com", "commit-tree", "-p", main, "-m", "Amended", tree
    )
    team.at_hub("update-ref", f"refs/heads/proposals/{first}", amended)
    acting.comment(library, second, "And this goes out", by=MIA)
    report = sync_whole(library)
    assert "rewound" in report.message
    assert find(library, second).tip == team.branches()[f"proposals/{second}"]
    assert [thread.first.text for thread in find(library, first).threads] == ["Mine, on what was there"]


def test_r25_a_base_that_nobody_has_counts_for_nothing_and_bars_nothing(team: Team, library: Library) -> None:
    id = propose(library)
    proposal = find(library, id)
    branch.add(library, id, "approve", subject="Approved", head=proposal.head, base="zzz", by=MAX, parent=proposal.tip)
    assert approve(library, id, "yes", by=MIA).merge
    assert fsck(team.hub) == ""


def test_r32_an_acknowledgement_finishes_what_only_waited_for_it(team: Team, library: Library) -> None:
    id = propose(library, by=REP)
    send(library)
    revised = PRICE_TEXT.replace("It pays for itself.", "Mia's wording.").encode()
    acting.revise(library, id, {PRICE: revised}, why="shorter", by=MIA)
    assert not approve(library, id, "yes", by=MIA).merge
    acting.acknowledge(library, id, by=MAX)
    assert find(library, id).state == "open", "only the proposer's acknowledgement counts"


@pytest.mark.parametrize("mode", ["120000", "160000"])
def test_r29_what_is_no_plain_file_cannot_be_approved(team: Team, library: Library, mode: str) -> None:
    main = team.at_hub("rev-parse", "main")
    oid = team.put("blob", b"/etc/passwd") if mode == "120000" else main
    tree = _tree_with(team, f"{mode} {oid}\tcontent/objections/link.md")
    person = ("-c", "user.name=Eve", "-c", "user.email=eve@example.com", "commit-tree")
    team.name("proposals/link", team.at_hub(*person, "-p", main, "-m", "Link", "-m", "why", tree))
    fetch_only(library)
    with pytest.raises(Conflict, match="only plain files"):
        approve(library, "link", "yes", by=MIA)


def _tree_with(team: Team, row: str, start: str = "main") -> str:
    import os
    import subprocess

    index = team.root / "index"
    env = {**os.environ, "GIT_INDEX_FILE": str(index)}
    git = ["git", "--git-dir", str(team.hub)]
    subprocess.run([*git, "read-tree", start], env=env, check=True)
    subprocess.run([*git, "update-index", "--add", "--index-info"], input=f"{row}\n".encode(), env=env, check=True)
    return subprocess.run([*git, "write-tree"], env=env, check=True, capture_output=True).stdout.decode().strip()
