"""What was said before somebody's keys were listed: what ended stays ended, nothing is backdated, and the rest is told."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from team import MAX, MIA, POLICY, PRICE, PRICE_TEXT, REP, TIMING, TIMING_TEXT, Team, build_team, propose, send, session

from playbook.review import acting, branch
from playbook.review.approve import approve
from playbook.review.change import FileChange, brought_in, findings
from playbook.review.listing import find
from playbook.review.unheard import MOST_UNHEARD, unheard_lines
from playbook.store import refs
from playbook.store.managed import Library
from playbook.store.sync import fetch_only

P = "content/policy.toml"


@pytest.fixture
def team(tmp_path: Path) -> Team:
    (tmp_path / "team").mkdir()
    return build_team(tmp_path / "team")


@pytest.fixture
def library(team: Team) -> Library:
    return team.library("one")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("key") / "mia"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "mia", "-f", str(place)], check=True)
    return place.with_suffix(".pub").read_text().strip()


def with_key(key: str) -> str:
    """The policy with a key of Mia's."""
    return POLICY.replace('name = "Mia",', f'name = "Mia", keys = ["{key}"],')


def publish(team: Team, library: Library, text: str) -> str:
    """Have main hold that policy; gives the commit."""
    send(library)
    made = team.publish(P, text)
    fetch_only(library)
    return made


def say(library: Library, id: str, word: str, **said: str) -> None:
    """An unsigned event of Mia's as by hand."""
    named = {"head": find(library, id).head} | said
    branch.add(library, id, word, subject=f"{word} it", text="Until spring", by=MIA, **named)


@pytest.mark.parametrize("word", ["park", "decline"])
@pytest.mark.parametrize("based", [True, False])
def test_what_ended_a_proposal_stays_heard_when_its_makers_key_is_listed(
    team: Team, library: Library, key: str, word: str, based: bool
) -> None:
    id = propose(library)
    if based:
        {"park": acting.park, "decline": acting.decline}[word](library, id, "Until spring", by=MIA)
    else:
        say(library, id, word)
    ended = find(library, id).state
    publish(team, library, with_key(key))
    found = find(library, id)
    assert (found.state, found.ended_because) == (ended, "Until spring")
    assert unheard_lines(found) == []


def test_what_was_opened_again_stays_open(team: Team, library: Library, key: str) -> None:
    id = propose(library)
    acting.park(library, id, "Until spring", by=MIA)
    acting.reopen(library, id, by=MIA)
    publish(team, library, with_key(key))
    assert find(library, id).state == "open"


def test_nobody_parks_in_her_name_what_was_begun_after_her_key_was_listed(
    team: Team, library: Library, key: str
) -> None:
    old = refs.main_commit(library)
    publish(team, library, with_key(key))
    id = propose(library)
    say(library, id, "park", base=old)
    say(library, id, "decline")
    assert find(library, id).state == "open"


def test_what_follows_a_newer_word_is_no_older(team: Team, library: Library, key: str) -> None:
    old, id = refs.main_commit(library), propose(library)
    publish(team, library, with_key(key))
    new = refs.main_commit(library)
    branch.add(library, id, "request-changes", subject="x", text="No", head=find(library, id).head, base=new, by=MAX)
    say(library, id, "park", base=old)
    assert find(library, id).state == "open"


def test_a_policy_that_was_never_mains_gives_nobody_rights(team: Team, library: Library) -> None:
    mine = propose(library, by=MAX)
    grab = POLICY.replace('name = "Rep", roles = ["sales"]', 'name = "Rep", roles = ["marketing"]')
    id = propose(library, by=REP, path=P, text=grab)
    beside = find(library, id).head
    acting.revise(library, id, {P: (POLICY + "# Read me\n").encode()}, by=REP)
    assert approve(library, id, "Yes", by=MIA).merge
    branch.add(library, mine, "decline", subject="x", text="No", head=find(library, mine).head, base=beside, by=REP)
    assert find(library, mine).state == "open"


def test_a_policy_that_could_not_be_read_gave_nobody_rights(team: Team, library: Library) -> None:
    id = propose(library, by=MAX)
    broken = publish(team, library, "people = 3\n")
    publish(team, library, POLICY)
    branch.add(library, id, "decline", subject="x", text="No", head=find(library, id).head, base=broken, by=REP)
    assert find(library, id).state == "open"


def test_every_event_that_does_not_count_is_told_with_why(team: Team, library: Library, key: str) -> None:
    id = propose(library)
    acting.request_changes(library, id, "Shorter", by=MIA)
    publish(team, library, with_key(key))
    (line,) = unheard_lines(find(library, id))
    assert line.startswith("Mia asked for changes on ") and line.endswith("; say it again, signed: Shorter")
    assert "which does not count: mia@example.com has keys in content/policy.toml and this is not signed" in line
    for _ in range(MOST_UNHEARD + 1):
        branch.add(library, id, "park", subject="x", text="\x1b[31mNo", base=refs.main_commit(library), by=MIA)
    lines = unheard_lines(find(library, id))
    assert len(lines) == MOST_UNHEARD + 1 and lines[0] == "2 earlier ones do not count either"
    assert "\x1b" not in "".join(lines)


def test_a_policy_that_would_unhear_open_verdicts_warns_of_it_before_it_is_main(
    team: Team, library: Library, key: str
) -> None:
    one, two = propose(library), propose(library, path=TIMING, text=TIMING_TEXT.replace("When", "Till when"))
    three = propose(library, text=PRICE_TEXT.replace("Fair.", "Quite fair."), path=PRICE)
    acting.request_changes(library, one, "Shorter", by=MIA)
    acting.acknowledge(library, two, by=MIA)
    acting.request_changes(library, two, "Shorter", by=MAX)
    acting.park(library, three, "Until spring", by=MIA)
    here, change = session(library), FileChange(P, POLICY, with_key(key))
    for found in (findings(here, [change]), brought_in(here, [change])):
        (warning,) = [problem for problem in found if problem.rule == "policy-unheard"]
        assert warning.severity == "warning"
        assert warning.message.startswith("Mia gets keys by this, and said 2 things on open proposals")
        assert one in warning.message and two in warning.message and three not in warning.message
    assert not [one for one in findings(here, [FileChange(P, POLICY, POLICY + "# x\n")]) if "unheard" in one.rule]
