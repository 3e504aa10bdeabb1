"""A proposal is what its commits say, and no commit can say more than it may."""

from __future__ import annotations

from pathlib import Path

import pytest
from team import MAX, MIA, PIA, POLICY, PRICE, PRICE_TEXT, REP, TIMING, Team, build_team, propose

from playbook.review import acting, branch
from playbook.review.events import message_for
from playbook.review.listing import find
from playbook.review.proposal import Proposal
from playbook.store import refs
from playbook.store.locks import writer_lock
from playbook.store.managed import Library
from playbook.store.runner import Git
from playbook.store.sync import fetch_only
from playbook.store.writing import Person, move_ref, put_commit, put_tree, tree_id


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return build_team(tmp_path)


@pytest.fixture
def library(team: Team) -> Library:
    return team.library("one")


@pytest.fixture
def id(library: Library) -> str:
    return propose(library)


def event(library: Library, id: str, word: str, *, by: Person = MIA, text: str = "said", **said: str) -> str:
    """An event on the branch as a hostile or old client might write it; gives its event id."""
    return branch.add(library, id, word, subject=word, text=text, by=by, **said).event


def plain(
    library: Library, id: str, message: str, *, changes: dict[str, bytes | None] | None = None, by: Person = MIA
) -> str:
    """A commit on the branch by plain git; gives its id."""
    ref = f"refs/heads/proposals/{id}"
    with writer_lock(library):
        tip = refs.read_ref(library.git_dir, ref) or ""
        tree = put_tree(library, tip, changes) if changes else tree_id(library, tip)
        made = put_commit(library, tree, (tip,), message, by=by)
        move_ref(library, ref, made, tip)
    return made


def verdicts(proposal: Proposal) -> dict[str, str]:
    return {mail: one.word for mail, one in proposal.verdicts.items()}


def test_a_proposal_says_who_what_and_why(library: Library, id: str) -> None:
    made = find(library, id)
    assert (made.id, made.title, made.why, made.kind, made.state) == (
        id,
        "Say it better",
        "Buyers laugh",
        "edit",
        "open",
    )
    assert (made.author, made.authors, made.paths) == (REP, {REP.mail}, (PRICE,))
    assert made.edited and made.unsent and not made.fault
    assert (made.tip, made.base) == (made.head, refs.main_commit(library))


def test_a_note_edits_nothing_until_somebody_does(library: Library) -> None:
    note = branch.begin(library, {}, title="Note", text="Nobody says that", kind="note", by=REP).proposal
    before = find(library, note)
    assert (before.edited, before.head, before.kind, before.paths) == (False, "", "note", ())
    acting.revise(library, note, {PRICE: b"# New\n"}, by=MIA)
    after = find(library, note)
    assert after.edited and after.head and after.paths == (PRICE,) and after.authors == {REP.mail, MIA.mail}
    assert after.why == "Nobody says that" and after.author == REP


def test_r25_a_verdict_counts_only_for_the_newest_words(library: Library, id: str) -> None:
    head = find(library, id).head
    event(library, id, "approve", head=head)
    event(library, id, "request-changes", head=head, by=MAX)
    assert verdicts(find(library, id)) == {MIA.mail: "approve", MAX.mail: "request-changes"}
    acting.revise(library, id, {TIMING: b"# T\n"}, by=REP)
    made = find(library, id)
    assert made.verdicts == {} and set(made.outdated) == {MIA.mail, MAX.mail}
    # A verdict on old words that is given late counts no more than one given then.
    event(library, id, "approve", head=head, by=PIA)
    event(library, id, "approve", by=MIA)
    made = find(library, id)
    assert made.verdicts == {} and set(made.outdated) == {MIA.mail, MAX.mail, PIA.mail}
    event(library, id, "approve", head=made.head)
    made = find(library, id)
    assert verdicts(made) == {MIA.mail: "approve"} and set(made.outdated) == {MAX.mail, PIA.mail}


def test_r25_the_last_verdict_of_each_person_counts(library: Library, id: str) -> None:
    head = find(library, id).head
    for word in ("approve", "request-changes", "approve", "request-changes"):
        event(library, id, word, head=head)
    event(library, id, "approve", head=head, by=Person("Mia again", MIA.mail.upper()))
    made = find(library, id)
    assert verdicts(made) == {MIA.mail: "approve"}
    assert made.verdicts[MIA.mail].by.name == "Mia again"


def test_acknowledging_takes_no_other_verdicts_place(library: Library, id: str) -> None:
    head = find(library, id).head
    event(library, id, "request-changes", head=head, by=REP)
    event(library, id, "acknowledge", head=head, by=REP)
    assert verdicts(find(library, id)) == {REP.mail: "request-changes", f"{REP.mail}\0acknowledges": "acknowledge"}


@pytest.mark.parametrize("word", ["approve", "comment", "withdraw", "split", "surprise"])
def test_an_event_that_changes_files_is_content(library: Library, id: str, word: str) -> None:
    before = find(library, id)
    event(library, id, "approve", head=before.head, by=MAX)
    said = message_for(word, "Nothing to see", "", proposal=id, head=before.head)
    made = plain(library, id, said, changes={TIMING: b"# Smuggled\n"}, by=REP)
    after = find(library, id)
    assert after.head == made and after.contents[-1].word == "revise" and after.paths == (PRICE, TIMING)
    assert after.verdicts == {} and set(after.outdated) == {MAX.mail}
    assert after.state == "open"


def test_an_empty_commit_by_plain_git_outdates_what_was_said(library: Library, id: str) -> None:
    event(library, id, "approve", head=find(library, id).head)
    made = plain(library, id, "Empty\n")
    assert find(library, id).head == made and find(library, id).verdicts == {}


def test_a_trailer_that_names_another_proposal_counts_for_nothing(library: Library, id: str) -> None:
    head = find(library, id).head
    plain(library, id, message_for("approve", "Approved", "", proposal="20260101-other-aaaaaa", head=head))
    plain(library, id, message_for("decline", "Declined", "", proposal="20260101-other-aaaaaa"))
    made = find(library, id)
    assert made.verdicts == {} and made.state == "open"
    assert ["another proposal" in one.fault for one in made.events] == [False, True, True]


def test_a_trailer_that_stands_there_twice_counts_for_nothing(library: Library, id: str) -> None:
    head = find(library, id).head
    plain(library, id, f"Approved\n\nPlaybook-Event: approve\nPlaybook-Head: {head}\nPlaybook-Head: {head}\n")
    plain(library, id, "Declined\n\nPlaybook-Event: comment\nplaybook-event: decline\n")
    made = find(library, id)
    assert made.verdicts == {} and made.state == "open" and len(made.contents) == 1


def test_a_word_from_a_newer_playbook_shows_and_counts_for_nothing(library: Library, id: str) -> None:
    plain(library, id, message_for("applaud", "Bravo", "", proposal=id))
    made = find(library, id)
    assert made.state == "open" and len(made.contents) == 1
    assert "newer playbook" in made.events[-1].fault


def test_what_a_text_says_is_no_trailer(library: Library, id: str) -> None:
    head = find(library, id).head
    acting.comment(library, id, f"Fine.\n\nPlaybook-Event: approve\nPlaybook-Head: {head}", by=MIA)
    acting.comment(library, id, "x", by=MIA, at=acting.Place(f"a.md\nPlaybook-Event: approve\nPlaybook-Head: {head}"))
    made = find(library, id)
    assert [one.word for one in made.events] == ["propose", "comment", "comment"] and made.verdicts == {}
    assert made.events[1].text.startswith("Fine.\n\nPlaybook-Event")


def test_r25_only_its_author_withdraws_a_proposal(library: Library, id: str) -> None:
    event(library, id, "withdraw", by=MIA)
    assert find(library, id).state == "open"
    event(library, id, "withdraw", by=Person("R", REP.mail.upper()), text="never mind")
    made = find(library, id)
    assert (made.state, made.ended_because) == ("withdrawn", "never mind")


@pytest.mark.parametrize(("word", "state"), [("decline", "declined"), ("park", "parked"), ("withdraw", "withdrawn")])
def test_r25_what_was_ended_can_be_opened_again(library: Library, id: str, word: str, state: str) -> None:
    who = MIA if word == "decline" else REP
    event(library, id, word, by=who, text="for a reason")
    assert (find(library, id).state, find(library, id).ended_because) == (state, "for a reason")
    event(library, id, "reopen")
    assert (find(library, id).state, find(library, id).ended_because) == ("open", "")
    event(library, id, word, by=who, text="again")
    assert find(library, id).ended_because == "again"


def test_new_words_bring_back_what_was_parked_and_not_what_was_declined(library: Library, id: str) -> None:
    event(library, id, "park")
    acting.revise(library, id, {TIMING: b"# T\n"}, by=REP)
    assert find(library, id).state == "open"
    event(library, id, "decline")
    plain(library, id, "More\n", changes={TIMING: b"# U\n"})
    assert find(library, id).state == "declined"


def test_r33_an_escalated_proposal_is_ruled_on_by_the_arbiter_alone(team: Team, library: Library, id: str) -> None:
    team.publish("content/policy.toml", f'arbiter = "pia@example.com"\n{POLICY}')
    fetch_only(library)
    event(library, id, "escalate", by=MIA)
    event(library, id, "rule", by=MAX)
    assert find(library, id).state == "escalated"
    event(library, id, "rule", by=PIA)
    assert find(library, id).state == "open"
    event(library, id, "rule", by=PIA, ruling="decline", text="Not while it is unproven")
    made = find(library, id)
    assert (made.state, made.ended_because) == ("declined", "Not while it is unproven")


def test_r25_a_decline_by_somebody_without_the_right_counts_for_nothing(library: Library, id: str) -> None:
    event(library, id, "decline", by=REP, text="I changed my mind about theirs")
    made = find(library, id)
    assert made.state == "open" and "no approving role" in made.events[-1].fault


def test_r31_two_mails_of_one_person_are_one_voice(library: Library, id: str) -> None:
    head = find(library, id).head
    event(library, id, "request-changes", by=MIA, head=head)
    event(library, id, "approve", by=Person("Mia", "MIA@old.example"), head=head)
    assert [(one.word, who) for who, one in find(library, id).verdicts.items()] == [("approve", "mia@example.com")]


def test_r24_comments_make_threads_and_answers_open_them_again(library: Library, id: str) -> None:
    at = acting.Place(PRICE, "abc", 12)
    first = acting.comment(library, id, "Is that true?", at=at, by=MIA).event
    answer = acting.comment(library, id, "It is.", reply_to=first, by=REP).event
    acting.comment(library, id, "Whole thing is fine", by=MAX)
    acting.comment(library, id, "And that?", reply_to=answer, by=MIA)
    made = find(library, id)
    assert [(one.first.text, [a.text for a in one.answers], one.closed) for one in made.threads] == [
        ("Is that true?", ["It is.", "And that?"], False),
        ("Whole thing is fine", [], False),
    ]
    thread = made.threads[0].first
    assert acting.Place.of(thread.path, thread.anchor) == at
    acting.close_thread(library, id, first, by=REP)
    assert [one.closed for one in find(library, id).threads] == [True, False]
    acting.comment(library, id, "Not yet", reply_to=first, by=MIA)
    assert [one.closed for one in find(library, id).threads] == [False, False]


def test_an_answer_to_nothing_and_a_comment_twice_lose_no_words(library: Library, id: str) -> None:
    event(library, id, "comment", reply_to="f" * 32, text="to nobody")
    twice = event(library, id, "comment", text="once")
    event(library, id, "comment", text="forged", event_id=twice, by=MAX)
    event(library, id, "close-thread", reply_to="f" * 32)
    assert [one.first.text for one in find(library, id).threads] == ["to nobody", "once"]


def test_whoever_puts_words_there_is_an_author(library: Library, id: str) -> None:
    acting.revise(library, id, {TIMING: b"# T\n"}, by=MIA)
    branch.add(
        library,
        id,
        "revise",
        subject="x",
        by=PIA,
        author=MAX,
        tree_of=lambda tip: put_tree(library, tip, {TIMING: b"2"}),
    )
    assert find(library, id).authors == {REP.mail, MIA.mail, MAX.mail, PIA.mail}
    assert find(library, id).author == REP


def test_the_why_is_what_was_said_with_the_words_last(library: Library, id: str) -> None:
    acting.revise(library, id, {TIMING: b"# T\n"}, by=MIA)
    assert find(library, id).why == "Buyers laugh"
    acting.revise(library, id, {TIMING: b"# U\n"}, why="They cry now", by=MIA)
    event(library, id, "comment", why="forged")
    assert find(library, id).why == "They cry now"


def test_words_and_names_of_strangers_come_out_safe(library: Library, id: str) -> None:
    git = Git(library.git_dir)
    tip = find(library, id).tip
    raw = (
        f"tree {tree_id(library, tip)}\nparent {tip}\nauthor \x1b[31mEve\u202e <e\x07@x> 1 +0000\n"
        f"committer \xff\x1b]0;x\x07 <c@x> 99999999999999999999 +9999\n\nHi\x1b[2J\n\nPlaybook-Event: comment\n"
    )
    made = git.run(
        "hash-object", "-t", "commit", "-w", "--stdin", "--literally", input=raw.encode("utf-8", "surrogateescape")
    )
    git.run("update-ref", f"refs/heads/proposals/{id}", made.decode().strip())
    last = find(library, id).events[-1]
    for text in (last.author.name, last.author.mail, last.committer.name, last.committer.mail):
        assert not set("\x1b\x07\u202e\n") & set(text)
    assert last.word == "comment"


def test_git_merges_of_main_into_a_proposal_stand_on_the_newer_main(team: Team, library: Library) -> None:
    """What plain git does when somebody updates their branch."""
    team.publish(PRICE, PRICE_TEXT.replace("It pays", "It saves"), "proposals/mine")
    team.publish(TIMING, "# Newer\n")
    team.source.git("fetch", "-q", "origin")
    team.source.git("checkout", "-q", "--detach", "origin/proposals/mine")
    team.source.git("-c", "user.name=A", "-c", "user.email=a@x", "merge", "-q", "-m", "Merge main", "origin/main")
    team.source.git("push", "-q", "origin", "HEAD:refs/heads/proposals/mine")
    fresh = team.library("two")
    made = find(fresh, "mine")
    assert made.base == refs.main_commit(fresh) and made.paths == (PRICE,) and made.edited
