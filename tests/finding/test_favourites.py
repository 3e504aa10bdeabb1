"""Favourites and misses: a person's own, in their order, kept across restarts, for each library."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import pytest
from building import LibraryBuilder

from playbook.errors import UsageError
from playbook.finding import favourites, misses
from playbook.finding.memory import recall, remember
from playbook.finding.searches import Expected, run_searches
from playbook.finding.session import Session, read
from playbook.store.managed import open_library


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A library of fifteen cards, two of which the team has chosen."""
    builder = LibraryBuilder(tmp_path / "work")
    builder.write(
        "content/playbook.toml", '[library]\nfavourites = ["objections/card-3", "objections/card-1", "gone"]\n'
    )
    for number in range(15):
        builder.write(f"content/objections/card-{number}.md", f"# Card {number}\n\n## Answer\nWords {number}.\n")
    builder.commit("Add the cards")
    return read(open_library(str(builder.bare(tmp_path / "hub.git")), name="shelf"))


def ids(session: Session) -> list[str]:
    return [card.id.removeprefix("objections/card-") for card in favourites.own(session)]


def test_r11_favourites_are_pinned_unpinned_and_kept(session: Session) -> None:
    card = session.snapshot.resolve
    assert favourites.own(session) == []
    assert favourites.toggle(session, card("objections/card-2")) == "Pinned as favourite 1"
    assert favourites.toggle(session, card("objections/card-5")) == "Pinned as favourite 2"
    assert ids(session) == ["2", "5"]
    again = read(session.library)  # as after a restart
    assert ids(again) == ["2", "5"]
    assert favourites.toggle(session, card("objections/card-2")) == "No favourite any more: Card 2"
    assert ids(session) == ["5"]


def test_r11_favourites_have_an_order(session: Session) -> None:
    for number in (1, 2, 3):
        favourites.toggle(session, session.snapshot.resolve(f"objections/card-{number}"))
    assert favourites.move(session, session.snapshot.resolve("objections/card-3"), -1)
    assert ids(session) == ["1", "3", "2"]
    assert not favourites.move(session, session.snapshot.resolve("objections/card-1"), -1)
    assert not favourites.move(session, session.snapshot.resolve("objections/card-9"), 1)
    assert ids(session) == ["1", "3", "2"]


def test_r11_there_are_twelve_at_most_one_key_each(session: Session) -> None:
    for number in range(12):
        favourites.toggle(session, session.snapshot.resolve(f"objections/card-{number}"))
    assert "unpin one" in favourites.toggle(session, session.snapshot.resolve("objections/card-13"))
    assert len(ids(session)) == favourites.MOST == 12


def test_r11_the_teams_come_after_the_persons_own(session: Session) -> None:
    assert [card.id for card in favourites.team(session)] == ["objections/card-3", "objections/card-1"]
    favourites.toggle(session, session.snapshot.resolve("objections/card-1"))
    assert [card.id for card in favourites.team(session)] == ["objections/card-3"]


def test_a_favourite_that_is_gone_is_passed_over(session: Session) -> None:
    remember(favourites={"shelf": ["objections/gone", "objections/card-4", 7, "objections/card-5"]})
    assert ids(session) == ["4", "5"]
    assert favourites.move(session, session.snapshot.resolve("objections/card-5"), -1)
    assert ids(session) == ["5", "4"]
    kept = recall()["favourites"]["shelf"]
    assert "objections/gone" in kept


@pytest.mark.parametrize("wrong", [None, 3, "x", {"shelf": 3}, {"shelf": {"a": 1}}, {"shelf": [[1]]}])
def test_a_memory_that_somebody_spoilt_is_an_empty_one(session: Session, wrong: object) -> None:
    remember(favourites=wrong, misses=wrong)
    assert favourites.own(session) == []
    assert misses.noted(session) == []
    assert favourites.toggle(session, session.snapshot.cards[0]).startswith("Pinned")


def test_a_miss_is_noted_once_and_printed_as_it_stands_in_the_library(session: Session) -> None:
    card = session.snapshot.resolve("objections/card-2")
    misses.note(session, 'he said "too\ndear" \\ x', session.snapshot.resolve("objections/card-1"))
    assert "Card 2" in misses.note(session, 'he said "too dear" \\ x', card)
    table = tomllib.loads(misses.as_toml(misses.noted(session)))
    assert table == {"search": [{"words": 'he said "too dear" \\ x', "first": "objections/card-2"}]}
    remember(misses={"shelf": [{"words": "\ud83d x 😀", "first": "😀x"}]})
    assert tomllib.loads(misses.as_toml(misses.noted(session))) == {"search": [{"words": "? x 😀", "first": "😀x"}]}
    assert misses.clear(session) == 1
    assert misses.noted(session) == []
    with pytest.raises(UsageError, match="Nothing was asked"):
        misses.note(session, "  ", card)


def test_a_miss_keeps_its_filters_and_what_was_pinned(session: Session) -> None:
    card = session.snapshot.resolve("objections/card-2")
    misses.note(session, "#negotiation too dear", card)
    misses.note(session, "#negotiation too dear", card, {"persona": ["cfo"]})
    said = misses.note(session, "#negotiation too dear", card, {"persona": ["cfo"], "stage": ["closing", "renewal"]})
    assert said.startswith("Noted: '#negotiation too dear' in a call about cfo, closing, renewal should find 'Card 2'")
    again = "objections/card-1"
    misses.note(session, "#negotiation too dear", session.snapshot.resolve(again), {"persona": ["cfo"]})
    rows = tomllib.loads(misses.as_toml(misses.noted(session)))["search"]
    assert rows == [
        {"words": "#negotiation too dear", "first": "objections/card-2"},
        {
            "words": "#negotiation too dear",
            "first": "objections/card-2",
            "context": {"persona": "cfo", "stage": ["closing", "renewal"]},
        },
        {"words": "#negotiation too dear", "first": again, "context": {"persona": "cfo"}},
    ]
    assert msgspec.convert(rows, list[Expected]) == misses.noted(session)
    with pytest.raises(UsageError, match="Nothing was asked"):
        misses.note(session, "#negotiation @cfo", card)


def test_what_comes_first_already_is_not_noted(session: Session) -> None:
    said = misses.note(session, "card 2", session.snapshot.resolve("objections/card-2"))
    assert said == "'card 2' finds 'Card 2' first already; nothing was noted"
    assert misses.noted(session) == []


def test_a_miss_is_taken_back_by_the_same_card(session: Session) -> None:
    card, other = (session.snapshot.resolve(f"objections/card-{at}") for at in (2, 3))
    misses.turn(session, "dear", card, {}, first="x")
    assert misses.turn(session, "dear", card, {"stage": ["closing"]}, first="x").startswith("Noted")
    assert misses.turn(session, "dear", other, {}, first="x").startswith("Noted")
    assert [(miss.first, miss.context) for miss in misses.noted(session)] == [
        ("objections/card-2", {"stage": "closing"}),
        ("objections/card-3", {}),
    ]
    assert (
        misses.turn(session, "dear", other, {}, first="objections/card-3") == "Taken back: 'dear' is not noted any more"
    )
    assert len(misses.noted(session)) == 1


@pytest.mark.parametrize("wrong", [3, "x", ["a"], {"stage": 3}, {"stage": [3]}, {"no facet": "x"}, {"stage": []}])
def test_a_spoilt_context_is_none(session: Session, wrong: object) -> None:
    remember(misses={"shelf": [{"words": "dear", "first": "a", "context": wrong}]})
    assert misses.noted(session) == [Expected(words="dear", first="a")]


def test_a_search_test_may_pin_several_values(tmp_path: Path) -> None:
    builder = LibraryBuilder(tmp_path / "work")
    builder.write("content/playbook.toml", '[library]\nstages = ["discovery", "closing"]\n')
    for number in (1, 2):
        stage = "closing" if number == 2 else "discovery"
        builder.write(f"content/objections/dear-{number}.md", f"---\ntitle: Too dear\nstages: [{stage}]\n---\nWords.\n")
    builder.write(
        "content/searches.toml",
        '[[search]]\nwords = "too dear"\nfirst = "dear-2"\ncontext = { stage = ["closing", "nowhere"] }\n',
    )
    builder.commit("Add the cards")
    outcome = run_searches(read(open_library(str(builder.bare(tmp_path / "hub.git")), name="pinned")))
    assert outcome.failures == []


def test_r11_favourites_that_are_gone_cost_no_search_for_near_names(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def near(*_: object) -> str:
        raise AssertionError("nobody reads these names")

    monkeypatch.setattr("playbook.library.lookup.Lookup._sentence", near)
    gone = [f"objections/gone-{number}" for number in range(3_000)]
    remember(favourites={"shelf": ["objections/card-2", *gone]})
    assert ids(session) == ["2"]
    assert [card.id for card in favourites.team(session)] == ["objections/card-3", "objections/card-1"]


def test_r11_a_favourite_that_could_not_be_kept_is_not_called_pinned(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("playbook.finding.favourites.change", lambda edit: False)
    assert "cannot be kept" in favourites.toggle(session, session.snapshot.resolve("objections/card-2"))
