"""No word of anybody's is lost: branches that are deleted at the hub, and what a merge overtook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from team import MAX, MIA, PIA, PRICE, PRICE_TEXT, REP, TIMING, Team, build_team, propose, send

from playbook.errors import Conflict
from playbook.review import acting, branch, late
from playbook.review.approve import approve
from playbook.review.listing import find, proposals
from playbook.review.queue import queue
from playbook.review.syncing import sync_whole
from playbook.store import lost, refs
from playbook.store.managed import Library, forget
from playbook.store.sync import SyncReport, fetch_only

WORDS = "One late van costs more."


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return build_team(tmp_path)


@pytest.fixture
def library(team: Team) -> Library:
    return team.library("mia")


@pytest.fixture(autouse=True)
def sits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mia sits here, where nobody else is said to act."""
    monkeypatch.setenv("GIT_AUTHOR_NAME", MIA.name)
    monkeypatch.setenv("GIT_AUTHOR_EMAIL", MIA.mail)


def shared(library: Library, **said: str) -> str:
    """A proposal that the hub has."""
    id = propose(library, **said)
    send(library)
    return id


def delete(team: Team, id: str) -> None:
    team.at_hub("update-ref", "-d", f"refs/heads/proposals/{id}")


def synced(library: Library) -> SyncReport:
    return sync_whole(library)


def test_a_branch_deleted_at_the_hub_stays_in_sight_and_says_how_it_comes_back(team: Team, library: Library) -> None:
    id, other = shared(library), shared(library, path=TIMING, text="# Not now\n\nWhy?\n")
    acting.comment(library, id, "Says who?", by=MAX)
    send(library)
    tip = team.branches()[f"proposals/{id}"]
    delete(team, id)
    for _ in range(2):
        report = synced(library)
        assert [(one.branch, "reopen" in one.reason) for one in report.deleted] == [(f"proposals/{id}", True)]
        assert "deleted at the hub" in report.message and report.waiting == []
    row = next(row for row in queue(library) if row.proposal.id == id)
    assert row.proposal.tip == tip and row.proposal.paths == (PRICE,) and not row.mergeable
    assert [thread.first.text for thread in row.proposal.threads] == ["Says who?"]
    assert row.blocked_by[0] == row.proposal.gone == row.proposal.ended_because
    assert {row.proposal.id for row in queue(library)} == {id, other}
    with pytest.raises(Conflict, match="reopen"):
        acting.comment(library, id, "More", by=MIA)
    with pytest.raises(Conflict):
        approve(library, id, "yes", by=MIA)
    acting.reopen(library, id, by=MIA)
    report = synced(library)
    assert (report.sent, report.deleted) == ([f"proposals/{id}"], [])
    assert team.at_hub("merge-base", tip, f"proposals/{id}") == tip
    assert (find(library, id).state, find(library, id).gone) == ("open", "")
    assert refs.all_refs(library, lost.LOST) == {}


def test_an_approval_that_stood_merges_nothing_whose_branch_was_deleted(team: Team, library: Library) -> None:
    id = shared(library)
    proposal = find(library, id)
    branch.add(library, id, "approve", subject="Approved", head=proposal.head, base=refs.main_commit(library), by=MIA)
    delete(team, id)
    main = team.branches()["main"]
    # What is unsent goes out again, with what was there; only then may it be decided.
    synced(library)
    delete(team, id)
    main = team.branches()["main"]
    synced(library)
    assert team.branches() == {"main": main}


@pytest.mark.parametrize("how", ["merged", "said after the merge", "squashed on the host"])
def test_a_merged_proposals_branch_may_go_without_a_word(team: Team, library: Library, how: str) -> None:
    id = shared(library)
    if how == "squashed on the host":
        team.publish(PRICE, team.text(PRICE, f"proposals/{id}"))
    else:
        approve(team.library("max"), id, "yes", by=MAX)
        fetch_only(library)
    if how == "said after the merge":
        acting.comment(library, id, "Thanks", by=MIA)
        send(library)
    delete(team, id)
    for _ in range(2):
        report = synced(library)
        assert (report.deleted, report.too_late) == ([], [])
    assert [one for one in proposals(library) if one.id == id] == []
    if how == "said after the merge":
        assert [event.text for event in find(library, id).later] == ["Thanks"]


def test_what_was_declined_stays_declined_and_is_not_told(team: Team, library: Library) -> None:
    id = shared(library)
    acting.decline(library, id, "Not true", by=MIA)
    send(library)
    delete(team, id)
    assert synced(library).deleted == []
    assert (find(library, id).state, find(library, id).ended_because) == ("declined", "Not true")


def test_what_others_said_comes_back_below_what_was_not_sent_yet(team: Team, library: Library) -> None:
    id = shared(library)
    two = team.library("max")
    acting.comment(two, id, "From Max", by=MAX)
    send(two)
    fetch_only(library)
    acting.comment(library, id, "From Mia", by=MIA)
    delete(team, id)
    report = synced(library)
    assert report.sent == [f"proposals/{id}"] and report.deleted == []
    assert [event.text for event in find(library, id).events[1:]] == ["From Max", "From Mia"]


def test_names_that_are_each_others_folders_are_all_kept(team: Team, library: Library) -> None:
    id = shared(library)
    commit = team.branches()[f"proposals/{id}"]
    delete(team, id)
    for name in ("a", "a/b", "a/b/c", "d-a"):
        team.at_hub("update-ref", f"refs/heads/proposals/{name}", commit)
        fetch_only(library)
        team.at_hub("update-ref", "-d", f"refs/heads/proposals/{name}")
    synced(library)
    kept = {lost.id_of(ref) for ref in refs.all_refs(library, lost.LOST)}
    assert kept == {id, "a", "a/b", "a/b/c", "d-a"}
    assert all(lost.id_of(lost.ref_of(name)) == name for name in kept)


def test_a_library_is_not_forgotten_with_the_last_there_is_of_a_proposal(
    team: Team, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = shared(library)
    delete(team, id)
    synced(library)
    monkeypatch.setenv("PLAYBOOK_HOME", str(team.root / "home-mia"))
    with pytest.raises(Conflict, match="deleted at the hub"):
        forget(library.name)
    acting.reopen(library, id, by=MIA)
    synced(library)
    forget(library.name)


def withdrawn(library: Library, id: str) -> None:
    acting.withdraw(library, id, "A mistake", by=REP)


def revised(library: Library, id: str) -> None:
    acting.revise(library, id, {TIMING: b"# Not now\n\nWhat changes by spring?\n"}, why="Later", by=REP)


def revised_the_same(library: Library, id: str) -> None:
    text = PRICE_TEXT.replace("It pays for itself.", "Two late vans.").encode()
    acting.revise(library, id, {PRICE: text}, why="Two", by=REP)


@pytest.mark.parametrize(
    ("act", "says", "way"),
    [
        (withdrawn, "your withdrawal", "playbook revert"),
        (revised, "your revision", "proposal reopen"),
        (revised_the_same, "your revision", "proposal reopen"),
    ],
)
def test_what_a_merge_overtook_is_told_once_in_a_sentence_and_kept(
    team: Team, act: Callable[[Library, str], None], says: str, way: str
) -> None:
    rep = team.library("rep")
    id = shared(rep)
    act(rep, id)
    mine = refs.read_ref(rep.git_dir, f"refs/heads/proposals/{id}")
    approve(team.library("mia"), id, "yes", by=MIA)
    report = synced(rep)
    (sentence,) = report.too_late
    assert says in sentence and way in sentence and f"proposals/{id}" in sentence and report.overtaken == [id]
    assert sentence in report.message
    assert synced(rep).too_late == []
    proposal = find(rep, id)
    assert proposal.state == "merged" and len(proposal.later) == 1
    assert WORDS in team.text(PRICE) and mine


def test_a_comment_and_a_key_are_as_good_after_the_merge(team: Team) -> None:
    rep = team.library("rep")
    id = shared(rep)
    acting.comment(rep, id, "Before you do: see page 4", by=REP)
    approve(team.library("mia"), id, "yes", by=MIA)
    assert synced(rep).too_late == []
    assert [event.text for event in find(rep, id).later] == ["Before you do: see page 4"]


@pytest.mark.parametrize("act", [revised, revised_the_same])
def test_words_that_came_too_late_are_proposed_anew(team: Team, act: Callable[[Library, str], None]) -> None:
    rep, mia = team.library("rep"), team.library("mia")
    id = shared(rep)
    act(rep, id)
    approve(mia, id, "yes", by=MIA)
    # Others go on meanwhile; nothing of that is taken back.
    team.publish("content/objections/third.md", "# Third\n")
    synced(rep)
    made = late.propose_anew(rep, id, by=REP)
    report = synced(rep)
    assert f"proposals/{made.proposal}" in report.sent and report.waiting == []
    row = next(row for row in queue(rep) if row.proposal.id == made.proposal)
    assert row.proposal.paths == ((TIMING,) if act is revised else (PRICE,))
    assert (row.proposal.author, row.conflict) == (REP, ())
    fetch_only(mia)
    assert approve(mia, made.proposal, "yes", by=MIA).merge
    assert ("by spring" in team.text(TIMING)) if act is revised else ("Two late vans." in team.text(PRICE))
    assert (WORDS in team.text(PRICE)) is (act is revised) and team.text("content/objections/third.md")
    with pytest.raises(Conflict, match="nothing to propose anew"):
        late.propose_anew(rep, made.proposal, by=REP)


def test_words_that_nothing_joins_to_what_was_merged_are_proposed_anew_to_be_settled(team: Team) -> None:
    rep, two = team.library("rep"), team.library("max")
    id = shared(rep)
    revised_the_same(rep, id)
    fetch_only(two)
    acting.revise(two, id, {PRICE: PRICE_TEXT.replace("It pays for itself.", "Three.").encode()}, why="3", by=PIA)
    send(two)
    acting.acknowledge(two, id, by=REP)
    approve(two, id, "yes", by=MAX)
    report = synced(rep)
    assert report.overtaken == [id] and [one.branch for one in report.waiting] == [f"proposals/{id}"]
    made = late.propose_anew(rep, id, by=REP)
    report = synced(rep)
    assert (report.sent, report.waiting, report.too_late) == ([f"proposals/{made.proposal}"], [], [])
    row = next(row for row in queue(rep) if row.proposal.id == made.proposal)
    assert (row.proposal.paths, row.conflict) == ((PRICE,), (PRICE,))


@pytest.mark.parametrize("at", range(1, 5))
def test_a_split_that_is_stopped_half_way_has_done_nothing(
    team: Team, library: Library, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    changes = {PRICE: PRICE_TEXT.replace("Yes.", "Ask.").encode(), TIMING: b"# Later\n"}
    id = branch.begin(library, changes, title="Both", why="Both", by=REP).proposal
    before = refs.all_refs(library, "refs/heads/")
    really, count = branch.put_commit, [0]

    def stop(*args: object, **said: object) -> str:
        count[0] += 1
        if count[0] == at:
            raise KeyboardInterrupt
        return really(*args, **said)  # type: ignore[arg-type]

    monkeypatch.setattr(branch, "put_commit", stop)
    with pytest.raises(KeyboardInterrupt):
        acting.split(library, id, (PRICE,), by=MIA)
    assert refs.all_refs(library, "refs/heads/") == before
    monkeypatch.undo()
    first, second = acting.split(library, id, (PRICE,), by=MIA)
    assert {one.id for one in proposals(library) if one.state == "open"} == {first.proposal, second.proposal}
    assert find(library, id).state == "parked"
