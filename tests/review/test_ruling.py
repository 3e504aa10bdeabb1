"""The way out of a quarrel: before the heads, their ruling, the arbiter's, and what is forced."""

from __future__ import annotations

from pathlib import Path

import pytest
from court import ADA, CARL, SAM, VERA, court
from team import MAX, MIA, PIA, PRICE, PRICE_TEXT, REP, Team, propose, send

from playbook.errors import Conflict, NotPermitted, PlaybookError, RemoteUnreachable, UsageError
from playbook.review import acting, branch
from playbook.review.approve import approve
from playbook.review.listing import find
from playbook.review.queue import queue
from playbook.review.ruling import escalate, override, rule
from playbook.review.syncing import sync_whole
from playbook.review.verify import verify
from playbook.store import refs
from playbook.store.managed import Library
from playbook.store.sync import fetch_only
from playbook.store.trailers import read_message
from playbook.store.writing import Person

BOTH = '[[rules]]\nkeys = 2\nsides = ["sales", "marketing"]\n'


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return court(tmp_path, BOTH)


@pytest.fixture
def library(team: Team) -> Library:
    return team.library("one")


@pytest.fixture
def id(library: Library) -> str:
    made = propose(library)
    send(library)
    return made


def guarded(team: Team, library: Library, before: str) -> None:
    """What came to the hub's main since is what its guard would take."""
    fetch_only(library)
    assert verify(library, before, team.branches()["main"]) == []


def said_on_main(team: Team) -> tuple[str, dict[str, str]]:
    message = read_message(team.at_hub("log", "-1", "--format=%B", "main"))
    return message.body, message.trailers


def test_r33_two_opposite_verdicts_go_to_the_heads_whose_ruling_merges(team: Team, library: Library, id: str) -> None:
    before = team.branches()["main"]
    approve(library, id, "Yes.", by=MIA)
    acting.request_changes(library, id, "No.", by=MAX)
    assert [row.proposal.id for row in queue(library, state="escalated")] == [id]
    first = rule(library, id, "The customer asked for it", by=VERA)
    assert (first.merge, first.state) == ("", "escalated") and "carl@example.com is to rule, too" in first.message
    done = rule(library, id, "Agreed with Vera", by=CARL)
    assert done.state == "merged" and done.merge == team.branches()["main"]
    body, trailers = said_on_main(team)
    assert trailers["lane"] == "ruling" and trailers["approved-by"] == f"{VERA}, {CARL}"
    assert body == "Buyers laugh\n\nAgreed with Vera"
    guarded(team, library, before)


def test_r33_what_is_stuck_says_so_before_it_is_ruled_on(
    team: Team, library: Library, id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = team.branches()["main"]
    with pytest.raises(Conflict, match="does not stand before the heads"):
        rule(library, id, "Enough", by=ADA)
    monkeypatch.setenv("PLAYBOOK_NOW", "2027-02-01T00:00:00+00:00")
    done = rule(library, id, "Enough of waiting", by=ADA)
    assert done.state == "merged"
    words = [(event.word, event.text) for event in find(library, id).events]
    assert words[1][0] == "escalate" and words[1][1].startswith("Nobody decided it for ")
    assert words[2] == ("rule", "Enough of waiting")
    guarded(team, library, before)


def test_r33_a_ruling_against_ends_it_and_its_reason_stays(team: Team, library: Library, id: str) -> None:
    escalate(library, id, "We read the clause in two ways", by=REP)
    assert find(library, id).state == "escalated"
    done = rule(library, id, "Not before legal has read it", against=True, by=ADA)
    assert (done.state, done.merge) == ("declined", "")
    proposal = find(library, id)
    assert (proposal.state, proposal.ended_because) == ("declined", "Not before legal has read it")
    assert team.branches()[f"proposals/{id}"] == proposal.tip


def test_r33_heads_who_disagree_leave_it_to_the_arbiter(team: Team, library: Library, id: str) -> None:
    before = team.branches()["main"]
    escalate(library, id, "Please decide", by=SAM)
    rule(library, id, "For", by=VERA)
    against = rule(library, id, "Against", against=True, by=CARL)
    assert against.state == "escalated" and "ada@example.com is to rule, too" in against.message
    assert rule(library, id, "For: the words are true", by=ADA).merge
    _, trailers = said_on_main(team)
    # Who ruled against it is not among those who approved it.
    assert trailers["approved-by"] == f"{VERA}, {ADA}"
    guarded(team, library, before)


def test_r33_an_author_who_is_a_head_leaves_it_to_the_arbiter(team: Team, library: Library) -> None:
    id = propose(library, by=VERA)
    escalate(library, id, "Nobody answers", by=VERA)
    with pytest.raises(NotPermitted, match="nobody approves their own words"):
        rule(library, id, "Mine", by=VERA)
    assert "ada@example.com" in rule(library, id, "For", by=CARL).message
    assert rule(library, id, "For", by=ADA).merge


@pytest.mark.parametrize(
    ("do", "says", "error"),
    [
        (lambda at, id: escalate(at, id, " ", by=REP), "Say why", UsageError),
        (lambda at, id: rule(at, id, "", by=ADA), "needs its reason", UsageError),
        (lambda at, id: override(at, id, "\n", by=CARL), "needs its reason", UsageError),
        (lambda at, id: escalate(at, id, "x", by=Person("No", "no@example.com")), "not among the people", NotPermitted),
        (lambda at, id: rule(at, id, "x", by=MIA), "neither a head nor the arbiter", NotPermitted),
        (lambda at, id: override(at, id, "x", by=MIA), "may be forced by heads", NotPermitted),
    ],
)  # fmt: skip
def test_r33_who_may_not_or_gives_no_reason_is_told(
    library: Library, id: str, do: object, says: str, error: type[PlaybookError]
) -> None:
    before = find(library, id).tip
    with pytest.raises(error, match=says):
        do(library, id)  # type: ignore[operator]
    assert find(library, id).tip == before


def test_r37_an_override_merges_past_the_rules_and_leaves_its_mark(team: Team, library: Library, id: str) -> None:
    before = team.branches()["main"]
    acting.request_changes(library, id, "Not yet", by=MAX)
    done = override(library, id, "The buyer signs tonight", by=CARL)
    assert done.state == "merged"
    body, trailers = said_on_main(team)
    assert body == "Buyers laugh\n\nThe buyer signs tonight"
    assert (trailers["lane"], trailers["approved-by"]) == ("override", str(CARL))
    guarded(team, library, before)


def test_r37_nobody_forces_their_own(library: Library) -> None:
    id = propose(library, by=CARL)
    with pytest.raises(NotPermitted, match="nobody approves their own words"):
        override(library, id, "Mine", by=CARL)


def test_r37_an_override_without_a_reason_counts_for_nothing(library: Library, id: str) -> None:
    proposal = find(library, id)
    branch.add(library, id, "override", subject="Forced", head=proposal.head, base=refs.main_commit(library), by=CARL)
    forced = find(library, id)
    assert "gives no reason" in forced.events[-1].fault
    with pytest.raises(PlaybookError):
        rule(library, id, "x", by=PIA)
    assert not queue(library)[0].mergeable


def test_r33_a_ruling_given_without_the_hub_waits_and_sync_finishes_it(team: Team, library: Library, id: str) -> None:
    escalate(library, id, "Please decide", by=REP)
    send(library)
    gone = team.hub.rename(team.hub.with_suffix(".away"))
    with pytest.raises(RemoteUnreachable, match=r"Your ruling of .* is kept"):
        rule(library, id, "Yes", by=ADA)
    gone.rename(team.hub)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("GIT_AUTHOR_EMAIL", ADA.mail)
        environment.setenv("GIT_COMMITTER_EMAIL", ADA.mail)
        report = sync_whole(library)
    assert "main" in report.sent
    assert "One late van costs more." in team.text(PRICE)


def test_r33_what_nothing_joins_is_not_ruled_through(team: Team, library: Library, id: str) -> None:
    escalate(library, id, "Please decide", by=REP)
    team.publish(PRICE, PRICE_TEXT.replace("It pays for itself.", "Other words."))
    fetch_only(library)
    with pytest.raises(Conflict, match="proposal resolve"):
        rule(library, id, "Yes", by=ADA)
    with pytest.raises(Conflict, match="proposal resolve"):
        override(library, id, "Yes", by=CARL)


def test_r30_what_only_the_heads_may_change_is_forced_by_nobody_alone(team: Team, library: Library) -> None:
    text = team.text("content/policy.toml").replace("keys = 2", "keys = 1")
    id = propose(library, path="content/policy.toml", text=text, by=MIA)
    done = override(library, id, "Now", by=CARL)
    assert not done.merge and "needs the key of Vera, a head" in done.message
