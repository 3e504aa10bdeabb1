"""What became main and how: the audit, the mark on the card, and why somebody may or may not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from court import ADA, CARL, PEOPLE, court, policy
from team import MAX, MIA, PRICE, PRICE_TEXT, REP, TIMING, TIMING_TEXT, Team, build_team, propose, send

from playbook.errors import NothingFound, UsageError
from playbook.review.approve import approve
from playbook.review.audit import audit, entry_json
from playbook.review.marks import mark_of, marks_at
from playbook.review.rules.policy import parse_policy
from playbook.review.rules.policy_check import check, explain
from playbook.review.ruling import escalate, override, rule
from playbook.store.managed import Library
from playbook.store.sync import fetch_only

FAST = '[fast_lane]\nmax_words = 5\nkinds = ["objection"]\napprove = ["marketing"]\n'
TWO = "[[rules]]\nkeys = 2\n"


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return court(tmp_path, TWO, FAST)


@pytest.fixture
def library(team: Team) -> Library:
    return team.library("one")


def other(library: Library, old: str, new: str, *, path: str = TIMING, text: str = TIMING_TEXT, **said: str) -> str:
    id = propose(library, path=path, text=text.replace(old, new), **said)
    send(library)
    return id


def test_r37_the_audit_says_of_every_step_who_why_whose_keys_and_what_was_forced(team: Team, library: Library) -> None:
    forced = other(library, "When, then?", "Which quarter has the budget then?", title="Ask for the quarter")
    override(library, forced, "The buyer signs tonight", by=CARL)
    tiny = other(library, "Fair.", "Fair point.", path=PRICE, text=PRICE_TEXT, title="Tiny")
    approve(library, tiny, by=MIA)
    ruled = propose(library, title="Ruled")
    escalate(library, ruled, "Please decide", by=REP)
    rule(library, ruled, "True and short", by=ADA)
    team.publish(TIMING, TIMING_TEXT)
    fetch_only(library)
    pushed, third, second, first, begun = audit(library)
    assert [entry.lane for entry in (third, second, first)] == ["ruling", "fast", "override"]
    assert (first.author, first.why, first.proposal) == (str(REP), "Buyers laugh", forced)
    assert [(key.by, key.event, key.text, key.signature) for key in first.forced] == [
        (CARL, "override", "The buyer signs tonight", "unsigned")
    ]
    assert [key.by for key in second.keys] == [MIA] and not second.forced
    assert [(key.by, key.text) for key in third.forced] == [(ADA, "True and short")]
    assert all(not entry.faults and not entry.before_policy for entry in (third, second, first))
    assert (pushed.reviewed, pushed.title, begun.reviewed, begun.before_policy) == (
        False, f"Change {TIMING}", False, True,
    )  # fmt: skip
    assert set(entry_json(first)) == {
        "commit", "when", "by", "title", "why", "reviewed", "before_policy", "proposal", "author", "lane", "keys",
        "forced", "faults",
    }  # fmt: skip
    assert audit(library, date(2990, 1, 1)) == [] and len(audit(library, date(2000, 1, 1))) == 5


def test_r37_the_mark_stays_on_the_card_until_its_words_are_others(team: Team, library: Library) -> None:
    forced = other(library, "When, then?", "Which quarter has the budget then?")
    merge = override(library, forced, "The buyer signs tonight", by=CARL).merge
    mark = mark_of(library, TIMING)
    assert mark is not None and (mark.how, mark.by, mark.commit) == ("override", CARL, merge)
    assert mark.sentence("UTC").startswith("Forced by Carl on 20") and mark.sentence().endswith(
        ": The buyer signs tonight"
    )
    assert mark_of(library, PRICE) is None
    again = other(library, "When, then?", "Which quarter has its budget then?")
    approve(library, again, by=MIA)
    now = mark_of(library, TIMING)
    assert now is not None and now.title == "Fast lane: a tiny fix, approved by Mia"
    team.publish(TIMING, TIMING_TEXT.replace("When", "Whenever"))
    fetch_only(library)
    assert mark_of(library, TIMING) is None
    # In its history both stay.
    assert [one.how for one in marks_at(library).ever[TIMING]] == ["fast", "override"]


def test_r37_an_override_that_a_host_merged_has_its_mark_all_the_same(team: Team, library: Library) -> None:
    forced = propose(library)
    before = team.branches()["main"]
    override(library, forced, "Now", by=CARL)
    tip = team.branches()[f"proposals/{forced}"]
    tree = team.at_hub("rev-parse", "main^{tree}")
    made = team.at_hub(
        "-c", "user.name=Host", "-c", "user.email=host@example.com", "commit-tree", tree, "-p", before, "-p", tip,
        "-m", "Merge pull request #3",
    )  # fmt: skip
    team.at_hub("update-ref", "refs/heads/main", made)
    fresh = team.library("two")
    mark = mark_of(fresh, PRICE)
    assert mark is not None and (mark.how, mark.by, mark.commit) == ("override", CARL, made)
    assert audit(fresh)[0].forced[0].by == CARL


def test_r30_a_policy_check_says_which_rule_who_and_what_else() -> None:
    rules = (
        '[[rules]]\n[[rules]]\npaths = ["content/launches/**"]\nkeys = 2\nsides = ["sales", "marketing"]\n'
        'order = ["sales", "marketing"]\nacknowledge = ["sales"]\nsigned = true\n'
    )
    made = parse_policy(policy(rules, FAST).encode(), "content/policy.toml")
    plain = explain(made, MIA.mail, PRICE, "objection")
    assert plain.counts and plain.fast_lane and not plain.may_override
    assert (plain.roles, plain.sides, plain.rule) == (("marketing",), ("marketing",), "rule 1 of content/policy.toml")
    text = "\n".join(plain.lines)
    assert text.startswith(f"Yes: Mia's key counts for {PRICE}")
    assert "It needs 1 key, of marketing: Mia, Max" in text
    assert "Fast lane: up to 5 words" in text and "It may be forced by heads" in text and "Carl, Vera" in text
    launch = explain(made, MIA.mail, "content/launches/x.md", "launch")
    text = "\n".join(launch.lines)
    assert not launch.counts and "it must be signed, and content/policy.toml lists no key of mia@example.com" in text
    for said in (
        "It needs 2 keys, of as many people", "One of them from the side of sales: nobody, "
        "since the policy lists no key of Rep, Sam, Vera",
        "In this order: sales, then marketing", "must have acknowledged the words: Rep, Sam, Vera",
        "Keys must be SSH signatures",
    ):  # fmt: skip
        assert said in text
    rep = explain(made, REP.mail, PRICE, "objection")
    assert not rep.counts and "it needs a key of marketing" in rep.lines[0]
    stranger = explain(made, "x@example.com", PRICE, "objection")
    assert "x@example.com is not among its people" in stranger.lines[0]
    protected = explain(made, CARL.mail, "content/policy.toml", "page")
    assert protected.counts and "Only both heads together may change it: Vera, Carl" in protected.lines
    broken = explain(parse_policy(b"people = 3", "content/policy.toml"), MIA.mail, PRICE, "objection")
    assert not broken.counts and "nobody's approval counts" in broken.lines[0]


def test_r30_a_policy_check_names_people_and_files_as_one_would(team: Team, library: Library, tmp_path: Path) -> None:
    assert check(library, "mia", "objections/price.md").person == MIA.mail
    assert check(library, "Mia", PRICE).kind == "objection"
    assert check(library, "policy.toml@nowhere", "policy.toml").path == "content/policy.toml"
    with pytest.raises(UsageError, match=r"There is no 'Nobody' in content/policy\.toml; it names Ada, Carl"):
        check(library, "Nobody", PRICE)
    with pytest.raises(NothingFound, match=r"no file and no card 'content/nothing\.md'"):
        check(library, "mia", "content/nothing.md")
    open_ = build_team(tmp_path / "open", {"content/policy.toml": "# nothing\n"})
    assert not check(open_.library("b"), "x@example.com", PRICE).counts
    assert MAX.mail in PEOPLE
