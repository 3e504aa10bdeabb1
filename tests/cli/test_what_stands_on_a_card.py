"""What a card says of itself: words that came after its verification, its mark, its whole past, that it is retired."""

from __future__ import annotations

from pathlib import Path

import pytest
from building import LibraryBuilder
from crew import Crew
from team import PRICE, PRICE_TEXT, TIMING, TIMING_TEXT

from playbook.finding.answers import card_text
from playbook.finding.session import Session, read
from playbook.store.managed import open_library
from playbook.widgets.card_view import CHANGED_STYLE, preview, row, style_of

VERIFIED = "---\ntitle: Price\nkind: objection\nverified: 2026-03-01\nverified_by: ann\n---\n# Price\n\n## Answer\n{}\n"


def dated(place: Path, *changes: tuple[str, str], timezone: str = "") -> Session:
    """A library in which these words of one card, verified on the first of March, were committed at these moments."""
    made = LibraryBuilder(place / "dated")
    made.write("content/playbook.toml", f'[library]\ntimezone = "{timezone}"\n' if timezone else "")
    for words, moment in changes:
        made.write("content/price.md", VERIFIED.format(words)).commit(words, date=moment)
    return read(open_library(str(place / "dated"), name="dated"))


@pytest.mark.parametrize(
    ("moment", "timezone", "changed"),
    [
        ("2026-03-01T23:00:00+00:00", "", False),
        ("2026-03-02T01:00:00+00:00", "", True),
        ("2026-03-01T23:30:00+00:00", "Europe/Berlin", True),
        ("2026-03-02T03:00:00+00:00", "America/New_York", False),
    ],
)
def test_r13_words_of_a_later_day_than_the_verification_are_not_vouched_for(
    tmp_path: Path, moment: str, timezone: str, changed: bool
) -> None:
    session = dated(tmp_path, ("One.", "2026-02-01T09:00:00+00:00"), ("Two.", moment), timezone=timezone)
    card = session.snapshot.resolve("price")
    trust = session.trust(card)
    assert (trust.state, bool(trust.changed_since)) == ("verified", changed)
    head = "\n".join(line.text for line in preview(card, trust, "", 80).lines)
    listed = row(card, trust, (), None, 60).plain
    if changed:
        assert "~ verified by ann, changed since" in head
        assert listed.startswith("~ ") and "changed since" in listed
        assert style_of(trust) == CHANGED_STYLE
    else:
        assert "✓ verified by ann\n" in head
        assert listed.startswith("✓ ") and "changed since" not in listed


def test_r13_what_the_first_commit_brought_was_verified_before_it_came(tmp_path: Path) -> None:
    session = dated(tmp_path, ("One.", "2026-05-01T09:00:00+00:00"))
    assert session.trust(session.snapshot.resolve("price")).changed_since is None


def test_r13_words_merged_after_the_verification_are_said_to_be_wherever_the_card_shows(crew: Crew) -> None:
    verified = PRICE_TEXT.replace("owner:", "verified: 2026-01-01\nverified_by: mia@example.com\nowner:")
    crew.team.publish(PRICE, verified)
    crew("mia", "sync")
    id = crew.propose("rep")
    crew("mia", "sync")
    assert crew("mia", "proposal", "approve", id).code == 0
    assert "~ verified by mia@example.com, changed since" in crew("mia", "show", "price").out
    trust = crew("mia", "show", "price", "--json").json["trust"]
    assert trust["state"] == "verified" and trust["changed_since"] > "2026-01-01"
    assert "changed since" in crew("mia", "show", "price", "--plain").err
    assert "~ verified by mia@example.com, changed since" in crew("mia", "search", "too", "expensive").out
    (hit,) = crew("mia", "search", "too", "expensive", "--json").json["hits"][:1]
    assert (hit["trust"]["state"], hit["trust"]["changed_since"]) == ("verified", trust["changed_since"])


def test_a_merged_change_that_a_settling_overrode_stays_in_the_history_and_so_does_the_settling(crew: Crew) -> None:
    first, second = crew.propose("rep", "Said first."), crew.propose("pia", "Said otherwise.")
    crew("mia", "sync")
    assert crew("mia", "proposal", "approve", first).code == 0
    assert crew("pia", "sync").code == 0
    settled = crew("pia", "proposal", "resolve", second, "--theirs", "-m", "It is the shorter one")
    assert settled.code == 0, settled.err
    crew("mia", "sync")
    assert crew("mia", "proposal", "approve", second).code == 0
    assert "Said otherwise." in crew.team.text(PRICE)
    past = crew("mia", "history", "price", "--json").json
    told = [(one["author"], one["why"].strip()) for one in past]
    assert ("Rep", "Said first.") in told
    assert ("Pia", "Said otherwise.") in told
    assert told[0] == ("Pia", "It is the shorter one")
    assert len({one["commit"] for one in past}) == len(past) == 4
    blamed = {line["text"]: line["author"] for line in crew("mia", "blame", "price", "--json").json}
    assert blamed["Said otherwise."] == "Pia"


def test_a_merge_that_joined_two_proposals_is_no_change_of_its_own(crew: Crew) -> None:
    one = crew.propose("rep", "Said first.")
    (crew.place / "price.md").write_text(PRICE_TEXT.replace("Yes.", "Proof, too."))
    crew("pia", "propose", "price", "--from", str(crew.place / "price.md"), "--why", "Proof")
    crew("mia", "sync")
    for id in [one, *(other["id"] for other in crew("mia", "proposals", "--json").json if other["id"] != one)]:
        assert crew("mia", "proposal", "approve", id).code == 0
    assert "Said first." in crew.team.text(PRICE) and "Proof, too." in crew.team.text(PRICE)
    past = crew("mia", "history", "price", "--json").json
    assert sorted(change["author"] for change in past) == ["Ann Author", "Pia", "Rep"]
    assert len(crew("mia", "history", "price", "--limit", "2", "--json").json) == 2


def test_only_a_merge_on_main_may_say_that_it_is_one(tmp_path: Path) -> None:
    from playbook.store import refs
    from playbook.store.history import history

    made = LibraryBuilder(tmp_path / "team").write("a.md", "a\n")
    made.commit("One")
    made.git("checkout", "-qb", "side")
    made.write("a.md", "b\n").commit("Two\n\nPlaybook-Event: merge")
    made.git("checkout", "-q", "main")
    made.git("merge", "-q", "--no-ff", "-m", "Taken in\n\nPlaybook-Event: merge", "side")
    library = open_library(str(made.path))
    assert [one.subject for one in history(library, refs.main_commit(library), b"a.md")] == ["Two", "One"]


@pytest.mark.parametrize("how", [("-m", "Better words."), ("--note", "It is wrong.")])
def test_better_words_for_a_retired_card_are_taken_with_a_remark(crew: Crew, how: tuple[str, str]) -> None:
    crew.team.publish(TIMING, TIMING_TEXT.replace("kind:", "status: retired\nkind:"))
    said = crew("rep", "propose", "timing", *how, "--json")
    assert (said.code, bool(said.json["sent"])) == (0, True)
    assert "The card objections/timing is retired" in said.err and said.err.count("\n") == 1
    assert crew("rep", "propose", "price", *how).err == ""


def test_the_mark_stands_under_the_badge(tmp_path: Path) -> None:
    session = dated(tmp_path, ("One.", "2026-02-01T09:00:00+00:00"))
    card = session.snapshot.resolve("price")
    text = card_text(card, session, session.trust(card), whole=True, marked="Forced by Carl")
    assert text.splitlines()[2:5] == ["  ✓ verified by ann", "  Forced by Carl", ""]
