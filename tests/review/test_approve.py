"""Approving: never one's own, never unseen, never without a why; and however many do it at once, main takes it once."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from team import MAX, MIA, PIA, POLICY, PRICE, PRICE_TEXT, REP, TIMING, Team, build_team, fsck, propose, send

from playbook.errors import Conflict, NotPermitted, PlaybookError, RemoteUnreachable, UsageError
from playbook.review import acting, branch
from playbook.review.approve import Approved, approve, finish
from playbook.review.listing import find
from playbook.store import refs
from playbook.store.managed import Library
from playbook.store.runner import Git
from playbook.store.sync import fetch_only
from playbook.store.trailers import read_message
from playbook.store.writing import Person


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return build_team(tmp_path, {"content/long.md": "# Long\n" + "".join(f"\nparagraph {n}\n" for n in range(10))})


@pytest.fixture
def library(team: Team) -> Library:
    return team.library("one")


@pytest.fixture
def id(library: Library) -> str:
    """A proposal at the hub."""
    made = propose(library)
    send(library)
    return made


def mains(team: Team) -> list[str]:
    """The subjects of main's first-parent line, the newest first."""
    return team.at_hub("log", "--first-parent", "--format=%s", "main").splitlines()


def outbox_of(library: Library) -> dict[str, str]:
    return refs.all_refs(library, "refs/heads/")


def test_r25_an_approval_merges_and_says_what_why_and_who(team: Team, library: Library, id: str) -> None:
    before = team.branches()["main"]
    done = approve(library, id, "Much better", by=MIA)
    assert done.state == "merged" and done.merge == team.branches()["main"] and done.proposal == id
    assert "One late van costs more." in team.text(PRICE)
    parents = team.at_hub("log", "-1", "--format=%P", "main").split()
    assert parents == [before, team.branches()[f"proposals/{id}"]]
    said = read_message(team.at_hub("log", "-1", "--format=%B", "main"))
    assert (said.subject, said.body) == ("Say it better", "Buyers laugh")
    assert {key: said.trailers[key] for key in ("event", "event-id", "proposal", "approved-by", "author")} == {
        "event": "merge", "event-id": done.event, "proposal": id, "approved-by": str(MIA), "author": str(REP),
    }  # fmt: skip
    approval = find(library, id).events[-1]
    assert (approval.word, approval.base, approval.head) == ("approve", before, said.trailers["head"])
    assert outbox_of(library) == {} and fsck(team.hub) == ""


@pytest.mark.parametrize(
    ("who", "says"),
    [
        (REP, "no approving role"),
        (Person("Stranger", "nobody@example.com"), "no approving role"),
        (Person("Mia", "rep@example.com"), "no approving role"),
    ],
)
def test_r25_who_has_no_role_cannot_approve(library: Library, id: str, who: Person, says: str) -> None:
    with pytest.raises(NotPermitted, match=says):
        approve(library, id, "Yes.", by=who)
    assert len(find(library, id).events) == 1


@pytest.mark.parametrize("mail", [MIA.mail, MIA.mail.upper(), "mia@old.example"])
def test_r25_nobody_approves_their_own_words_under_whatever_mail(library: Library, mail: str) -> None:
    id = propose(library, by=MIA)
    with pytest.raises(NotPermitted, match="nobody approves their own words"):
        approve(library, id, "Yes.", by=Person("M", mail))
    with pytest.raises(NotPermitted, match="your own"):
        acting.decline(library, id, "No.", by=Person("M", mail))
    assert approve(library, id, "Yes.", by=MAX).merge


def test_r25_who_revised_it_counts_once_its_proposer_has_acknowledged(team: Team, library: Library, id: str) -> None:
    acting.revise(library, id, {TIMING: b"# T\n"}, by=MIA)
    done = approve(library, id, "Yes.", by=MIA)
    assert not done.merge and "must acknowledge" in done.message
    acting.acknowledge(library, id, by=REP)
    assert finish(library, id, done.event, by=MIA).merge
    assert team.text(TIMING) == "# T\n"


def test_r25_words_that_changed_since_one_looked_are_not_approved(team: Team, library: Library, id: str) -> None:
    other = team.library("two")
    seen = find(library, id).head
    acting.revise(other, id, {TIMING: b"# Smuggled\n"}, by=REP)
    send(other)
    for act in (approve, acting.request_changes):
        with pytest.raises(Conflict, match="changed since you looked"):
            fetch_only(library)
            act(library, id, "Yes.", seen=seen, by=MIA)
    assert find(library, id).verdicts == {} and len(mains(team)) == 1
    assert approve(library, id, "Yes.", seen=find(library, id).head, by=MIA).merge


def test_r35_a_change_without_a_why_is_refused_and_the_approver_may_say_it(team: Team, library: Library) -> None:
    id = propose(library, why="")
    for empty in ("", " \n "):
        with pytest.raises(UsageError, match="says why"):
            approve(library, id, empty, by=MIA)
    assert approve(library, id, "They asked for it", by=MIA).merge
    assert read_message(team.at_hub("log", "-1", "--format=%B", "main")).body == "They asked for it"


def test_r35_every_merge_on_main_says_why(team: Team, library: Library, id: str) -> None:
    acting.revise(library, id, {TIMING: b"# T\n"}, why="Now with timing", by=REP)
    approve(library, id, "", by=MIA)
    assert read_message(team.at_hub("log", "-1", "--format=%B", "main")).body == "Now with timing"


@pytest.mark.parametrize("word", ["decline", "withdraw", "park"])
def test_r25_what_is_ended_is_not_approved(library: Library, id: str, word: str) -> None:
    branch.add(library, id, word, subject=word, text="x", by=MAX if word == "decline" else REP)
    with pytest.raises(Conflict, match=f"{id} is "):
        approve(library, id, "Yes.", by=MIA)


def test_a_note_and_a_broken_branch_are_not_approved(library: Library) -> None:
    note = branch.begin(library, {}, title="Note", text="x", kind="note", by=REP).proposal
    with pytest.raises(Conflict, match="edits nothing yet"):
        approve(library, note, "Yes.", by=MIA)
    Git(library.git_dir).run("update-ref", "refs/heads/proposals/empty", refs.main_commit(library))
    with pytest.raises(Conflict, match="cannot be read"):
        approve(library, "empty", "Yes.", by=MIA)


def test_r25_changes_asked_for_keep_it_from_main_until_they_are_taken_back(library: Library, id: str) -> None:
    acting.request_changes(library, id, "No figures, please", by=MAX)
    done = approve(library, id, "Yes.", by=MIA)
    assert not done.merge and "Max asks for changes" in done.message and done.state == "escalated"
    assert approve(library, id, "Yes after all.", by=MAX).merge


def test_r26_main_that_moved_elsewhere_is_merged_with(team: Team, library: Library, id: str) -> None:
    team.publish(TIMING, "# Newer\n")
    assert approve(library, id, "Yes.", by=MIA).merge
    assert team.text(TIMING) == "# Newer\n" and "One late van" in team.text(PRICE)


def test_r26_main_that_changed_the_same_words_is_a_conflict_and_nothing_is_overwritten(
    team: Team, library: Library, id: str
) -> None:
    team.publish(PRICE, PRICE_TEXT.replace("It pays for itself.", "Somebody else's."))
    with pytest.raises(Conflict, match=f"main changed the same words in {PRICE}; `playbook proposal resolve"):
        approve(library, id, "Yes.", by=MIA)
    assert "Somebody else's." in team.text(PRICE) and find(library, id).verdicts == {}


def test_r26_main_that_changed_the_same_file_elsewhere_joins(team: Team, library: Library, id: str) -> None:
    team.publish(PRICE, PRICE_TEXT.replace("Yes.\n", "Numbers.\n"))
    fetch_only(library)
    assert approve(library, id, "Yes.", by=MIA).merge
    assert "Numbers." in team.text(PRICE) and "One late van" in team.text(PRICE)


def test_r26_an_approval_does_not_hold_for_a_main_that_changed_its_file_since(
    team: Team, library: Library, id: str
) -> None:
    """Approved, kept from main by somebody else's wish; then main changed the file: to be looked at again."""
    acting.request_changes(library, id, "Wait", by=MAX)
    event = approve(library, id, "Yes.", by=MIA).event
    team.publish(PRICE, PRICE_TEXT.replace("Yes.\n", "Numbers.\n"))
    fetch_only(library)
    # Max takes it back, and says of no main that he has seen it.
    branch.add(library, id, "approve", subject="x", head=find(library, id).head, by=MAX)
    with pytest.raises(Conflict, match="main changed the words"):
        finish(library, id, event, by=MIA)
    assert approve(library, id, "Yes, still.", by=MIA).merge
    assert "Numbers." in team.text(PRICE)


def test_r25_without_a_policy_anybody_but_the_author_may_and_a_broken_policy_stops_all(tmp_path: Path) -> None:
    open_to_all = build_team(tmp_path / "open", {"content/policy.toml": ""})
    library = open_to_all.library("open")
    open_to_all.publish("content/policy.toml", None)
    id = propose(library)
    with pytest.raises(NotPermitted, match="their own words"):
        approve(library, id, "Yes.", by=REP)
    assert approve(library, id, "Yes.", by=Person("Any", "any@example.com")).merge
    open_to_all.publish("content/policy.toml", POLICY + "\n[broken")
    other = propose(library, path=TIMING)
    fetch_only(library)
    with pytest.raises(NotPermitted, match="nobody's approval counts"):
        approve(library, other, "Yes.", by=MIA)


def test_a_proposal_cannot_give_its_own_approver_a_role(library: Library) -> None:
    id = propose(
        library, path="content/policy.toml", text=POLICY.replace('roles = ["sales"]', 'roles = ["marketing"]'), by=PIA
    )
    with pytest.raises(NotPermitted, match="no approving role"):
        approve(library, id, "Yes.", by=REP)


def test_base_of_an_approval_is_the_main_its_giver_saw(team: Team, library: Library, id: str) -> None:
    new = team.publish(TIMING, "# Newer\n")
    done = approve(library, id, "Yes.", by=MIA)
    approval = next(event for event in find(library, id).events if event.id == done.event)
    assert approval.base == new


def test_r26_two_who_approve_at_once_merge_it_once(team: Team, library: Library, id: str) -> None:
    homes = [team.library(name) for name in ("two", "three", "four")]
    done: list[Approved] = []
    wrong: list[BaseException] = []

    def one(at: Library, who: Person) -> None:
        try:
            done.append(approve(at, id, "Yes.", by=who))
        except PlaybookError as error:
            wrong.append(error)

    threads = [threading.Thread(target=one, args=pair) for pair in zip(homes, (MIA, MAX, PIA), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mains(team) == ["Say it better", "The first words"]
    # Who came too late to say anything is told so; everybody else's word is there.
    assert all(isinstance(error, Conflict) and "merged already" in str(error) for error in wrong), wrong
    assert {one.merge for one in done} == {team.branches()["main"]} and len(done) + len(wrong) == 3
    fetch_only(library)
    events = {event.id for event in find(library, id).events}
    assert {one.event for one in done} <= events


def test_r26_approvals_of_different_proposals_at_once_all_reach_main(team: Team, library: Library) -> None:
    ids = [propose(library, path=f"content/n{number}.md", text="# N\n", title=f"N {number}") for number in range(4)]
    send(library)
    homes = [team.library(f"h{number}") for number in range(4)]
    done: list[Approved] = []
    threads = [
        threading.Thread(target=lambda at=at, id=id: done.append(approve(at, id, "Yes.", by=MIA)))
        for at, id in zip(homes, ids, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(mains(team)) == sorted(["The first words", *(f"N {number}" for number in range(4))])
    assert {one.state for one in done} == {"merged"} and len(done) == 4


def test_finishing_twice_merges_once(team: Team, library: Library, id: str) -> None:
    done = approve(library, id, "Yes.", by=MIA)
    for _ in range(2):
        again = finish(library, id, done.event, by=MIA)
        assert (again.state, again.merge) == ("merged", done.merge)
    with pytest.raises(Conflict, match="merged already"):
        approve(library, id, "Yes.", by=MIA)
    assert len(mains(team)) == 2


@pytest.mark.parametrize("hook", ["update", "pre-receive"])
def test_r39_a_hub_that_protects_main_takes_the_approval_and_gives_its_link(
    team: Team, library: Library, id: str, hook: str
) -> None:
    words = "echo 'You are not allowed to push to main: https://host.example/rules' >&2; exit 1"
    if hook == "update":
        team.hook(hook, f'[ "$1" != refs/heads/main ] || {{ {words}; }}\n')
    else:
        team.hook(hook, f'while read old new ref; do [ "$ref" != refs/heads/main ] || {{ {words}; }}; done\n')
    team.hook("post-receive", "echo 'https://host.example/t/w/merge_requests/new?b=x'\n")
    done = approve(library, id, "Yes.", by=MIA)
    assert (done.state, done.merge) == ("approved, merge on the host", "")
    assert done.link == "https://host.example/t/w/merge_requests/new?b=x" and done.link in done.message
    assert "not allowed" in done.message and len(mains(team)) == 1
    assert outbox_of(library) == {} and find(team.library("two"), id).verdicts[MIA.mail].id == done.event
    # A second try says the same and adds nothing.
    again = approve(library, id, "Yes.", by=MIA)
    assert again.state == done.state and again.event == done.event


def test_a_hub_that_refuses_the_branch_says_why_at_once(team: Team, library: Library, id: str) -> None:
    team.hook("update", 'case $1 in refs/heads/proposals/*) echo "No proposals here." >&2; exit 1;; esac\n')
    with pytest.raises(NotPermitted, match="No proposals here"):
        approve(library, id, "Yes.", by=MIA)
    assert len(mains(team)) == 1 and outbox_of(library)
    team.hook("update", "exit 0\n")
    assert approve(library, id, "Yes.", by=MIA).merge


def test_a_hub_without_atomic_pushes_merges_all_the_same(team: Team, library: Library, id: str) -> None:
    team.at_hub("config", "receive.advertiseAtomic", "false")
    done = approve(library, id, "Yes.", by=MIA)
    assert done.merge == team.branches()["main"] and find(library, id).state == "merged"


def test_r39_an_approval_given_offline_waits_and_the_next_sync_merges_it(team: Team, library: Library, id: str) -> None:
    gone = team.hub.rename(team.root / "gone.git")
    with pytest.raises(RemoteUnreachable, match="kept and goes out with the next sync") as waits:
        approve(library, id, "Yes.", by=MIA)
    assert waits.value.exit_code == 5
    made = find(library, id)
    event = made.verdicts[MIA.mail].id
    assert made.unsent and made.state == "open"
    with pytest.raises(RemoteUnreachable):
        approve(library, id, "Yes.", by=MIA)
    assert find(library, id).verdicts[MIA.mail].id == event
    gone.rename(team.hub)
    other = team.library("two")
    acting.comment(other, id, "meanwhile", by=MAX)
    send(other)
    team.publish(TIMING, "# Newer\n")
    fetch_only(library)
    send(library)
    assert finish(library, id, event, by=MIA).merge and len(mains(team)) == 3
    fetch_only(other)
    assert [one.word for one in find(other, id).events] == ["propose", "comment", "approve"]


def test_r39_an_offline_approval_of_words_that_changed_meanwhile_counts_no_more(
    team: Team, library: Library, id: str
) -> None:
    gone = team.hub.rename(team.root / "gone.git")
    with pytest.raises(RemoteUnreachable):
        approve(library, id, "Yes.", by=MIA)
    gone.rename(team.hub)
    other = team.library("two")
    acting.revise(other, id, {TIMING: b"# Smuggled\n"}, by=REP)
    send(other)
    fetch_only(library)
    send(library)
    event = find(library, id).outdated[MIA.mail].id
    done = finish(library, id, event, by=MIA)
    assert not done.merge and len(mains(team)) == 1


def test_r39_a_line_cut_after_the_hub_has_merged_is_merged_once(team: Team, library: Library, id: str) -> None:
    team.hook("reference-transaction", '[ "$1" != committed ] || kill -9 $PPID\n')
    with pytest.raises(RemoteUnreachable):
        approve(library, id, "Yes.", by=MIA)
    team.hook("reference-transaction", "exit 0\n")
    assert len(mains(team)) == 2
    event = find(library, id).verdicts[MIA.mail].id
    fetch_only(library)
    assert finish(library, id, event, by=MIA).state == "merged"
    with pytest.raises(Conflict, match="merged already"):
        approve(library, id, "Yes.", by=MIA)
    assert len(mains(team)) == 2 and outbox_of(library) == {}


def test_others_who_keep_changing_main_are_waited_for_only_so_long(team: Team, library: Library, id: str) -> None:
    (team.hub / "refs" / "heads" / "main.lock").touch()
    with pytest.raises(RemoteUnreachable, match="kept"):
        approve(library, id, "Yes.", by=MIA, patience=0.2)
    (team.hub / "refs" / "heads" / "main.lock").unlink()
    assert approve(library, id, "Yes.", by=MIA).merge
    assert [event.word for event in find(library, id).events] == ["propose", "approve"]
