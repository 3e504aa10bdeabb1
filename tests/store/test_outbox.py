"""The outbox: what two people did at once is all there afterwards, once, and nothing waits for somebody else's trouble."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from team import MAX, MIA, PRICE, PRICE_TEXT, REP, TIMING, Team, build_team, fsck, propose, refetch, send

from playbook import errors
from playbook.review import acting, branch
from playbook.review.listing import find
from playbook.store import outbox, refs
from playbook.store.locks import writer_lock
from playbook.store.managed import Library
from playbook.store.outbox import Sent
from playbook.store.runner import Git
from playbook.store.sync import fetch_only
from playbook.store.writing import Person, put_tree

LONG = "# Long\n" + "".join(f"\nparagraph {number}\n" for number in range(10))


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return build_team(tmp_path, {"content/long.md": LONG})


@pytest.fixture
def one(team: Team) -> Library:
    return team.library("one")


@pytest.fixture
def two(team: Team) -> Library:
    return team.library("two")


@pytest.fixture
def id(one: Library, two: Library) -> str:
    """A proposal that both have."""
    made = propose(one)
    send(one)
    fetch_only(two)
    return made


def outbox_of(library: Library) -> dict[str, str]:
    return refs.all_refs(library, "refs/heads/")


def revise(library: Library, id: str, path: str, text: str, by: Person) -> None:
    acting.revise(library, id, {path: text.encode()}, by=by)


def damaged(library: Library, name: str) -> None:
    """A branch in the outbox whose commit says that it has a tree which is nowhere."""
    raw = f"tree {'1' * 40}\nparent {refs.main_commit(library)}\nauthor a <a@x> 1 +0000\ncommitter a <a@x> 1 +0000\n\nx"
    git = Git(library.git_dir)
    bad = git.run("hash-object", "-t", "commit", "-w", "--stdin", "--literally", input=raw.encode()).decode().strip()
    git.run("update-ref", f"refs/heads/proposals/{name}", bad)


def test_what_was_sent_leaves_the_outbox(team: Team, one: Library) -> None:
    id = propose(one)
    commit = outbox_of(one)[f"refs/heads/proposals/{id}"]
    done = send(one)
    assert (done.sent, done.waiting, outbox_of(one)) == ([f"proposals/{id}"], {}, {})
    assert team.branches()[f"proposals/{id}"] == commit
    assert send(one) == Sent()


def test_r26_what_two_people_say_of_one_proposal_at_once_is_all_kept(
    team: Team, one: Library, two: Library, id: str
) -> None:
    for number in range(3):
        acting.comment(one, id, f"one {number}", by=MIA)
        acting.comment(two, id, f"two {number}", by=MAX)
    assert send(one).sent and send(two).sent
    fetch_only(one)
    proposal = find(one, id)
    said = [event.text for event in proposal.events if event.word == "comment"]
    assert said == ["one 0", "one 1", "one 2", "two 0", "two 1", "two 2"]
    assert {event.by for event in proposal.events[1:]} == {MIA, MAX}
    assert outbox_of(one) == outbox_of(two) == {} and fsck(team.hub) == ""


def test_r26_contents_that_join_are_joined_and_the_words_of_both_stand(
    team: Team, one: Library, two: Library, id: str
) -> None:
    revise(one, id, "content/long.md", LONG.replace("paragraph 1\n", "ONE\n"), MIA)
    revise(two, id, "content/long.md", LONG.replace("paragraph 8\n", "TWO\n"), MAX)
    send(one)
    send(two)
    fetch_only(one)
    proposal = find(one, id)
    assert team.text("content/long.md", proposal.head) == LONG.replace("paragraph 1\n", "ONE\n").replace(
        "paragraph 8\n", "TWO\n"
    )
    assert {event.author for event in proposal.contents} == {REP, MIA, MAX}


def test_r26_contents_that_nothing_joins_wait_with_a_sentence_and_are_not_lost(
    team: Team, one: Library, two: Library, id: str
) -> None:
    revise(one, id, PRICE, PRICE_TEXT.replace("It pays", "One pays"), MIA)
    revise(two, id, PRICE, PRICE_TEXT.replace("It pays", "Two pay"), MAX)
    acting.comment(two, id, "said after it", by=MAX)
    send(one)
    mine = outbox_of(two)
    for _ in range(2):
        done = send(two)
        assert done.sent == [] and PRICE in done.waiting[f"proposals/{id}"]
        assert "both are kept" in done.waiting[f"proposals/{id}"]
        assert outbox_of(two) == mine
    text = Git(two.git_dir).run("cat-file", "blob", f"{mine[f'refs/heads/proposals/{id}']}:{PRICE}").decode()
    assert "Two pay" in text and "One pays" in team.text(PRICE, f"proposals/{id}")


def test_one_deletes_what_the_other_edits_and_both_are_kept(team: Team, one: Library, two: Library, id: str) -> None:
    acting.revise(one, id, {TIMING: None}, by=MIA)
    revise(two, id, TIMING, "# Other\n", MAX)
    send(one)
    assert TIMING in send(two).waiting[f"proposals/{id}"]
    assert outbox_of(two)


def test_an_event_that_had_arrived_after_all_is_made_once(team: Team, one: Library, two: Library, id: str) -> None:
    acting.comment(one, id, "once", by=MIA)
    (ref, mine) = next(iter(outbox_of(one).items()))
    send(one)
    # As after a kill between the push and its answer: the outbox still has it, and others have gone on.
    acting.comment(two, id, "meanwhile", by=MAX)
    send(two)
    Git(one.git_dir).run("update-ref", ref, mine)
    fetch_only(one)
    assert send(one).sent == [] and outbox_of(one) == {}
    said = [event.text for event in find(one, id).events if event.word == "comment"]
    assert sorted(said) == ["meanwhile", "once"]


def test_an_event_made_again_by_another_try_is_known_by_its_id(one: Library, two: Library, id: str) -> None:
    before = refs.read_ref(one.git_dir, f"refs/remotes/hub/proposals/{id}")
    first = acting.comment(one, id, "once", by=MIA)
    second = acting.comment(one, id, "and more", by=MIA)
    acting.comment(two, id, "first", by=MAX)
    send(two)
    send(one)
    # The same two events as they were before they were put on top of the other's.
    Git(one.git_dir).run("update-ref", f"refs/heads/proposals/{id}", second.commit)
    assert before and second.commit != refs.read_ref(one.git_dir, f"refs/remotes/hub/proposals/{id}")
    acting.comment(one, id, "third", by=MIA)
    send(one)
    fetch_only(two)
    events = [event for event in find(two, id).events if event.word == "comment"]
    assert [event.text for event in events] == ["first", "once", "and more", "third"]
    assert [event.id for event in events][1] == first.event


def test_a_verdict_on_ones_own_revision_still_judges_it_after_a_race(one: Library, two: Library, id: str) -> None:
    revise(one, id, TIMING, "# Later\n", MIA)
    acting.request_changes(one, id, "no, not like that", by=MIA)
    acting.comment(two, id, "first", by=MAX)
    send(two)
    send(one)
    fetch_only(two)
    proposal = find(two, id)
    assert proposal.verdicts[MIA.mail].head == proposal.head
    assert "Playbook-Head" not in proposal.verdicts[MIA.mail].text


def test_a_verdict_does_not_follow_to_words_that_somebody_else_changed_too(one: Library, two: Library, id: str) -> None:
    revise(one, id, TIMING, "# Later\n", MIA)
    acting.request_changes(one, id, "no", by=MIA)
    revise(two, id, "content/long.md", LONG + "\nmore\n", MAX)
    send(two)
    send(one)
    fetch_only(two)
    proposal = find(two, id)
    assert proposal.verdicts == {} and proposal.outdated[MIA.mail].word == "request-changes"


@pytest.mark.parametrize("hook", ["update", "pre-receive"])
def test_r29_one_refused_branch_holds_back_no_other(team: Team, one: Library, hook: str) -> None:
    """A pre-receive hook judges a push as a whole, an update hook each branch."""
    good = [propose(one, text=f"# {number}\n") for number in range(2)]
    bad = propose(one, title="Forbidden words")
    last = propose(one, text="# last\n")
    if hook == "update":
        team.hook(hook, 'case $1 in *forbidden*) echo "Not these." >&2; exit 1;; esac\n')
    else:
        team.hook(
            hook, 'while read old new ref; do case $ref in *forbidden*) echo "Not these." >&2; exit 1;; esac; done\n'
        )
    done = send(one)
    assert sorted(done.sent) == sorted(f"proposals/{id}" for id in [*good, last])
    assert "Not these." in done.waiting[f"proposals/{bad}"] and len(done.waiting) == 1
    assert outbox_of(one).keys() == {f"refs/heads/proposals/{bad}"}
    team.hook(hook, "exit 0\n")
    assert send(one).sent == [f"proposals/{bad}"]


def test_r29_a_damaged_branch_of_ours_holds_back_no_other(team: Team, one: Library, two: Library, id: str) -> None:
    damaged(one, "20260101-bad-aaaaaa")
    acting.comment(one, id, "goes out", by=MIA)
    good = propose(one, title="Good")
    acting.comment(two, id, "first", by=MAX)
    send(two)
    done = send(one)
    assert sorted(done.sent) == sorted([f"proposals/{good}", f"proposals/{id}"])
    assert "damaged" in done.waiting["proposals/20260101-bad-aaaaaa"]


def test_r29_a_damaged_branch_that_others_moved_holds_back_no_other(team: Team, one: Library) -> None:
    damaged(one, "20260101-bad-aaaaaa")
    team.publish("content/x.md", "# X\n", "proposals/20260101-bad-aaaaaa")
    fetch_only(one)
    good = propose(one, title="Good")
    done = send(one)
    assert done.sent == [f"proposals/{good}"] and "cannot be read" in done.waiting["proposals/20260101-bad-aaaaaa"]


def test_a_branch_that_can_never_be_at_the_hub_waits_at_once(team: Team, one: Library) -> None:
    team.at_hub("update-ref", "refs/heads/proposals/x", "main")
    made = propose(one)
    git = Git(one.git_dir)
    git.run("update-ref", "refs/heads/proposals/x/y", outbox_of(one)[f"refs/heads/proposals/{made}"])
    done = outbox.send(one, refetch=lambda: pytest.fail("there is nothing to wait for"))
    assert done.sent == [f"proposals/{made}"] and "exists" in done.waiting["proposals/x/y"]


def test_others_who_keep_coming_first_are_waited_for_only_so_long(team: Team, one: Library, id: str) -> None:
    acting.comment(one, id, "patient", by=MIA)
    lock = team.hub / "refs" / "heads" / "proposals" / f"{id}.lock"
    lock.touch()
    done = outbox.send(one, refetch=lambda: fetch_only(one), patience=0)
    assert "next sync" in done.waiting[f"proposals/{id}"] and outbox_of(one)
    tries: list[int] = []

    def again() -> None:
        tries.append(1)
        if len(tries) == 3:
            lock.unlink()
        fetch_only(one)

    assert outbox.send(one, refetch=again).sent == [f"proposals/{id}"] and len(tries) == 3


def test_somebody_who_comes_first_between_fetch_and_push_is_joined(
    team: Team, one: Library, two: Library, id: str
) -> None:
    """The other's push arrives exactly then, twice."""
    acting.comment(one, id, "mine", by=MIA)
    turns = iter(range(2))

    def come_first() -> None:
        fetch_only(one)
        if next(turns, None) is not None:
            fetch_only(two)
            acting.comment(two, id, "first again", by=MAX)
            send(two)

    acting.comment(two, id, "first", by=MAX)
    send(two)
    assert outbox.send(one, refetch=come_first).sent == [f"proposals/{id}"]
    said = [event.text for event in find(one, id).events if event.word == "comment"]
    assert said == ["first", "first again", "first again", "mine"]


def test_r39_a_hub_out_of_reach_keeps_everything_and_the_next_sync_sends_it(team: Team, one: Library) -> None:
    id = propose(one)
    acting.comment(one, id, "offline", by=MIA)
    before = outbox_of(one)
    team.hub.rename(team.root / "gone.git")
    with pytest.raises(errors.RemoteUnreachable):
        send(one)
    assert outbox_of(one) == before
    (team.root / "gone.git").rename(team.hub)
    assert send(one).sent == [f"proposals/{id}"]


def test_work_on_a_branch_that_the_hub_dropped_is_sent_again_and_merged_work_is_not(
    team: Team, one: Library, two: Library, id: str
) -> None:
    merged = refs.read_ref(one.git_dir, f"refs/remotes/hub/proposals/{id}") or ""
    Git(one.git_dir).run("update-ref", f"refs/heads/proposals/{id}", merged)
    acting.comment(two, id, "after the end", by=MAX)
    team.source.git("fetch", "-q", "origin")
    team.source.git("checkout", "-q", "main")
    team.source.git("-c", "user.name=M", "-c", "user.email=m@x", "merge", "-q", "--no-ff", "-m", "Merge", merged)
    team.source.git("push", "-q", "origin", "main", f":refs/heads/proposals/{id}")
    fetch_only(one)
    fetch_only(two)
    # Ours holds nothing that main has not got; theirs a comment.
    assert send(one) == Sent() and outbox_of(one) == {}
    assert send(two).sent == [f"proposals/{id}"]
    assert "after the end" in team.at_hub("log", "--format=%b", f"main..proposals/{id}")


def test_a_message_of_control_characters_hides_no_commit(one: Library, two: Library, id: str) -> None:
    acting.comment(one, id, "\x01\n\x01\n", by=MIA)
    with writer_lock(one):
        tree = put_tree(one, refs.main_commit(one), {TIMING: b"# T\n"})
    branch.add(one, id, "revise", subject="\x01", tree_of=lambda _: tree, by=MIA)
    acting.comment(two, id, "first", by=MAX)
    send(two)
    send(one)
    fetch_only(two)
    proposal = find(two, id)
    assert [event.word for event in proposal.events] == ["propose", "comment", "comment", "revise"]


def test_a_library_without_a_hub_sends_nothing(tmp_path: Path, team: Team) -> None:
    folder = tmp_path / "alone"
    alone = build_team(folder)
    alone.source.git("remote", "remove", "origin")
    library = team.library("alone", str(alone.source.path))
    propose(library)
    nothing: Callable[[], None] = lambda: pytest.fail("there is no hub")  # noqa: E731
    assert outbox.send(library, refetch=nothing) == Sent() and outbox_of(library)
    assert refetch(library)
