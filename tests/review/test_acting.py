"""What people do with proposals besides approving: nothing they say or write is lost by any of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from team import MAX, MIA, PIA, PRICE, PRICE_TEXT, REP, TIMING, TIMING_TEXT, Team, build_team, propose, send

from playbook.errors import Conflict, LibraryUnreadable, NothingFound, NotPermitted, UsageError
from playbook.review import acting, branch
from playbook.review.approve import approve
from playbook.review.listing import find, proposals
from playbook.store import objects, refs
from playbook.store.managed import Library
from playbook.store.runner import Git
from playbook.store.sync import fetch_only
from playbook.store.writing import Person


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return build_team(tmp_path)


@pytest.fixture
def library(team: Team) -> Library:
    return team.library("one")


@pytest.fixture
def id(library: Library) -> str:
    return propose(library)


def text(library: Library, commit: str, path: str) -> bytes | None:
    return acting.contents_of(library, commit, [path])[path]


def several(library: Library, *, why: str = "All at once") -> str:
    """A proposal that changes one file, adds one and removes one."""
    changes: dict[str, bytes | None] = {PRICE: b"# P\r\n", "content/new.md": b"\xef\xbb\xbf# New", TIMING: None}
    return branch.begin(library, changes, title="Spring cleaning", text="Three things", why=why, by=REP).proposal


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda library, id: acting.comment(library, id, " \n", by=MIA), "needs words"),
        (lambda library, id: acting.request_changes(library, id, "", by=MIA), "what should be different"),
        (lambda library, id: acting.decline(library, id, " ", by=MIA), "needs a reason"),
        (lambda library, id: acting.park(library, id, "\t", by=MIA), "needs a reason"),
        (lambda library, id: acting.revert(library, id, "", by=MIA), "needs a reason"),
        (lambda library, id: acting.comment(library, id, "x" * 20_001, by=MIA), "up to 20000"),
        (lambda library, id: acting.comment(library, id, "x", reply_to="nothing", by=MIA), "no comment 'nothing'"),
        (lambda library, id: acting.close_thread(library, id, "nothing", by=MIA), "no comment 'nothing'"),
        (lambda library, id: acting.join(library, id, id, by=REP), "cannot join itself"),
        (lambda library, id: acting.split(library, id, (PRICE,), by=REP), "some of its files"),
        (
            lambda library, id: acting.revise(library, id, {"content/objections/PRICE.md/x": b""}, by=REP),
            "twin|folder|file",
        ),
    ],
)
def test_r25_what_cannot_be_is_refused_and_nothing_is_written(
    library: Library, id: str, act: object, says: str
) -> None:
    before = refs.all_refs(library, "refs/heads/")
    assert callable(act)
    with pytest.raises(UsageError, match=says):
        act(library, id)
    assert refs.all_refs(library, "refs/heads/") == before


def test_r25_decline_is_for_those_who_might_approve_and_its_reason_is_read(library: Library, id: str) -> None:
    for who in (REP, Person("S", "stranger@example.com")):
        with pytest.raises(NotPermitted, match="cannot decline"):
            acting.decline(library, id, "No.", by=who)
    acting.decline(library, id, "We said this in May", by=MIA)
    made = find(library, id)
    assert (made.state, made.ended_because) == ("declined", "We said this in May")
    for act in (acting.park, acting.decline, acting.request_changes):
        with pytest.raises(Conflict, match="is declined already"):
            act(library, id, "x", by=MAX)
    acting.comment(library, id, "A pity", by=REP)
    acting.reopen(library, id, "New figures", by=REP)
    assert find(library, id).state == "open"
    with pytest.raises(Conflict, match="is open"):
        acting.reopen(library, id, by=REP)


def test_r25_withdraw_is_for_its_author(library: Library, id: str) -> None:
    with pytest.raises(NotPermitted, match=REP.mail):
        acting.withdraw(library, id, "x", by=MIA)
    acting.withdraw(library, id, by=Person("Rep", REP.mail.upper()))
    assert find(library, id).state == "withdrawn"


def test_r25_what_is_parked_comes_back_with_new_words(library: Library, id: str) -> None:
    acting.park(library, id, "until the fair", by=MIA)
    assert find(library, id).state == "parked"
    acting.revise(library, id, {PRICE: b"# P\n"}, by=REP)
    assert find(library, id).state == "open"


def test_words_that_changed_since_one_looked_are_not_judged(library: Library, id: str) -> None:
    seen = find(library, id).head
    acting.revise(library, id, {PRICE: b"# Other\n"}, by=REP)
    for act in (acting.request_changes, acting.decline, acting.acknowledge):
        with pytest.raises(Conflict, match="changed since you looked"):
            act(library, id, "x", seen=seen, by=MIA)
    with pytest.raises(Conflict, match="changed since you looked"):
        acting.revise(library, id, {PRICE: b"# Mine\n"}, seen=seen, by=MIA)


def test_r26_two_who_revise_at_once_do_not_overwrite_each_other(team: Team, library: Library, id: str) -> None:
    send(library)
    other = team.library("two")
    acting.revise(library, id, {PRICE: b"# Mine\n"}, by=REP)
    acting.revise(other, id, {TIMING: b"# Theirs\n"}, by=MIA)
    send(library)
    send(other)
    fetch_only(library)
    head = find(library, id).head
    assert (text(library, head, PRICE), text(library, head, TIMING)) == (b"# Mine\n", b"# Theirs\n")


def test_r25_a_proposal_of_several_files_is_split_without_loss(library: Library) -> None:
    id = several(library)
    whole = find(library, id)
    first, second = acting.split(library, id, (PRICE, "new.md"), by=MIA)
    one, two, old = find(library, first.proposal), find(library, second.proposal), find(library, id)
    assert one.paths == (PRICE, "content/new.md") or set(one.paths) == {PRICE, "content/new.md"}
    assert two.paths == (TIMING,)
    for part in (one, two):
        assert (part.author, part.why, part.kind, part.base) == (REP, "All at once", "edit", whole.base)
        assert part.title.startswith("Spring cleaning (") and part.contents[0].text == "Three things"
        assert part.contents[0].about == id and REP.mail in part.authors
    for path in whole.paths:
        part = one if path in one.paths else two
        assert text(library, part.head, path) == text(library, whole.head, path)
        other = two if part is one else one
        assert text(library, other.head, path) == text(library, whole.base, path)
    assert old.state == "parked" and first.proposal in old.ended_because and second.proposal in old.ended_because
    assert text(library, one.head, "content/new.md") == b"\xef\xbb\xbf# New" and text(library, two.head, TIMING) is None


@pytest.mark.parametrize("paths", [(), (PRICE, TIMING, "new.md"), ("nowhere.md",)])
def test_r25_a_split_names_some_and_not_all(library: Library, paths: tuple[str, ...]) -> None:
    id = several(library)
    with pytest.raises(UsageError, match="Name some of its files but not all"):
        acting.split(library, id, paths, by=MIA)
    assert len(proposals(library)) == 1 and find(library, id).state == "open"


def test_r27_one_that_joins_another_is_withdrawn_and_its_words_go_along(library: Library, id: str) -> None:
    other = propose(library, by=PIA, title="Say it best", text=PRICE_TEXT.replace("It pays", "We pay"))
    with pytest.raises(NotPermitted, match=REP.mail):
        acting.join(library, id, other, by=MIA)
    acting.join(library, id, other, by=REP)
    mine, theirs = find(library, id), find(library, other)
    assert mine.state == "withdrawn" and other in mine.ended_because
    assert "Buyers laugh" in theirs.threads[0].first.text and id in theirs.threads[0].first.text
    assert [event.about for event in mine.events if event.word == "join"] == [other]
    with pytest.raises(Conflict):
        acting.join(library, id, other, by=REP)


def test_revert_takes_back_what_was_merged_and_nothing_else(team: Team, library: Library) -> None:
    id = several(library)
    send(library)
    approve(library, id, "Yes.", by=MIA)
    team.publish("content/later.md", "# Later\n")
    fetch_only(library)
    made = acting.revert(library, id, "It was wrong", by=REP)
    back = find(library, made.proposal)
    assert (back.kind, back.why, back.contents[0].about) == ("revert", "It was wrong", id)
    assert set(back.paths) == {PRICE, TIMING, "content/new.md"}
    approve(library, made.proposal, "Yes.", by=MIA)
    assert (team.text(PRICE), team.text(TIMING), team.text("content/later.md")) == (
        PRICE_TEXT,
        TIMING_TEXT,
        "# Later\n",
    )
    assert text(library, refs.main_commit(library), "content/new.md") is None
    # And what was taken back can be taken back.
    again = acting.revert(library, made.proposal, "It was right", by=REP)
    approve(library, again.proposal, "Yes.", by=MIA)
    assert team.text(PRICE) == "# P\r\n"


def test_r26_revert_never_takes_somebody_elses_later_words_along(team: Team, library: Library, id: str) -> None:
    with pytest.raises(Conflict, match="not merged"):
        acting.revert(library, id, "x", by=REP)
    send(library)
    approve(library, id, "Yes.", by=MIA)
    team.publish(PRICE, "# Somebody else's\n")
    fetch_only(library)
    with pytest.raises(Conflict, match=f"{PRICE} changed since"):
        acting.revert(library, id, "x", by=REP)
    assert proposals(library) == []


def test_what_cannot_be_read_is_not_taken_for_removed(library: Library, id: str) -> None:
    head = find(library, id).head
    (entry,) = objects.entries_at(library, head, [PRICE])
    (library.git_dir / "objects" / entry.oid[:2] / entry.oid[2:]).unlink()
    with pytest.raises(LibraryUnreadable, match=f"{PRICE} at {head[:10]} cannot be read"):
        acting.contents_of(library, head, [PRICE])
    assert acting.contents_of(library, head, ["content/nowhere.md"]) == {"content/nowhere.md": None}


def test_a_broken_proposal_cannot_be_acted_on_and_says_why(library: Library) -> None:
    Git(library.git_dir).run("update-ref", "refs/heads/proposals/empty", refs.main_commit(library))
    for act in (
        lambda: acting.comment(library, "empty", "x", by=MIA),
        lambda: acting.reopen(library, "empty", by=MIA),
        lambda: acting.revise(library, "empty", {PRICE: b"x"}, by=MIA),
    ):
        with pytest.raises(Conflict, match="cannot be read: "):
            act()
    with pytest.raises(NothingFound):
        acting.comment(library, "nothing", "x", by=MIA)


def test_r24_a_comment_is_kept_after_the_end_and_after_the_merge(team: Team, library: Library, id: str) -> None:
    send(library)
    approve(library, id, "Yes.", by=MIA)
    acting.comment(library, id, "It works!", by=REP)
    send(library)
    assert find(team.library("two"), id).events[-1].text == "It works!"
