"""A question about one competitor is never answered first by the line about another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from playbook.library.snapshot import load_snapshot
from playbook.search.engine import Lexicon
from playbook.search.facets import Facets
from playbook.search.index import Searcher, open_searcher
from playbook.search.query import parse_query
from playbook.search.ranking import WEIGHTS
from playbook.search.rivals import Rivals
from playbook.store.managed import Library

TODAY = date(2026, 11, 22)

OURS = {
    "content/objections/already-use-acme.md": "---\ntitle: We already use Acme\naliases: [we have acme already]\n"
    "competitors: [acme]\nverified: 2026-10-01\n---\n## Answer\nWe already use what you use: keep Acme.\n",
    "content/objections/locked-in.md": "---\ntitle: We are locked in\naliases: [we are tied in]\ncompetitors: [acme]\n---\n"
    "## Answer\nSigned with them for three years, then.\n",
    "content/objections/cheap.md": "---\ntitle: The small app is cheaper\ncompetitors: [rutero]\n---\n"
    "## Answer\nOne van, and it is good. We use every van.\n",
    "content/battlecards/acme.md": "---\ntitle: Acme Fleet\naliases: [the tracker people]\n---\n## Say\nThey track.\n",
    "content/battlecards/rutero.md": "---\ntitle: Rutero\naliases: [the fifteen euro app]\n---\n## Say\nThey sort one van's stops.\n",
    "content/handbook/acme-notes.md": "---\ntitle: What we already use of Acme's words\n---\nWe already use none.\n",
    "content/handbook/both.md": "---\ntitle: Acme and Rutero side by side\n---\nWe use both.\n",
    "content/objections/late.md": "---\ntitle: Too late\n---\n## Answer\nThen use a watch.\n",
}


@pytest.fixture
def searcher(open_files: Callable[[dict[str, str]], Library]) -> Searcher:
    return open_searcher(None, load_snapshot(open_files(OURS)))


def order(searcher: Searcher, text: str, **context: list[str]) -> list[str]:
    return [hit.card.id for hit in searcher.search(parse_query(text, context=context), today=TODAY).hits]


@pytest.mark.parametrize(
    "question",
    [
        "we already use rutero",
        "we already use rutero ",
        "We already use Rutero!",
        "we already use the fifteen euro app",
    ],
)
def test_r04_a_named_competitors_cards_stand_above_those_of_another(searcher: Searcher, question: str) -> None:
    found = order(searcher, question)
    theirs = max(found.index(name) for name in ("battlecards/rutero", "objections/cheap") if name in found)
    others = {"objections/already-use-acme", "battlecards/acme", "handbook/acme-notes", "objections/locked-in"}
    assert found[0] == "battlecards/rutero"
    assert all(found.index(name) > theirs for name in others if name in found)


def test_r08_a_pinned_competitor_keeps_anothers_card_from_the_first_place(searcher: Searcher) -> None:
    assert order(searcher, "we already use them ")[0] == "objections/already-use-acme"
    assert "rutero" not in order(searcher, "acme's planning ")[0]
    for pinned in ("rutero", "rut", "Rutero"):
        found = order(searcher, "we already use them ", competitor=[pinned])
        assert found[0] not in {"objections/already-use-acme", "handbook/acme-notes"}
        assert "objections/already-use-acme" in found


def test_r04_explain_shows_what_belonging_to_another_costs(searcher: Searcher) -> None:
    hits = {hit.card.id: hit for hit in searcher.search("we are locked in already use rutero ", today=TODAY).hits}
    assert hits["objections/already-use-acme"].explain["other_competitor"] == -WEIGHTS["other_competitor"]
    # A card that lists a competitor, and is not called after one, may still serve.
    assert hits["objections/locked-in"].explain["other_competitor"] == -WEIGHTS["other_competitor"] / 2
    assert hits["battlecards/rutero"].explain["context_competitor"] == WEIGHTS["context"]
    for name in ("handbook/both", "objections/late"):
        assert "other_competitor" not in hits[name].explain
    hit = hits["objections/already-use-acme"]
    assert hit.score == pytest.approx(sum(hit.explain.values()), abs=0.001)


def test_who_is_named_with_another_is_not_another(searcher: Searcher) -> None:
    hits = searcher.search("is rutero cheaper than acme ", today=TODAY).hits
    assert {hit.card.id for hit in hits} >= {"battlecards/rutero", "battlecards/acme"}
    assert not any("other_competitor" in hit.explain for hit in hits)


@pytest.mark.parametrize("question", ["we already use", "too late", "acme"])
def test_a_question_that_names_nobody_else_is_ranked_as_ever(searcher: Searcher, question: str) -> None:
    hits = searcher.search(f"{question} ", today=TODAY).hits
    named = [hit for hit in hits if "other_competitor" in hit.explain]
    assert named == [hit for hit in named if question == "acme" and "rutero" in (*hit.card.competitors, hit.card.id)]


def test_a_library_without_competitors_has_no_sides(open_files: Callable[[dict[str, str]], Library]) -> None:
    snapshot = load_snapshot(open_files({"acme.md": "# Acme\n\nWe already use it.\n"}))
    assert Rivals(snapshot, Facets(snapshot)).about(["acme"], ["acme"], Lexicon(["acme"], [1], 1)) is None
    assert open_searcher(None, snapshot).search("we already use acme ", today=TODAY).hits
