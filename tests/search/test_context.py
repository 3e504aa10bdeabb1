"""What a call is about puts what fits first and hides nothing; and what the field says counts a little."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from playbook.library.snapshot import Snapshot, load_snapshot
from playbook.search.index import Searcher, open_searcher
from playbook.search.query import parse_query
from playbook.search.ranking import WEIGHTS
from playbook.search.snippets import snippet
from playbook.store.managed import Library

TODAY = date(2026, 11, 22)


def order(searcher: Searcher, text: str, **context: list[str]) -> list[str]:
    return [hit.card.id for hit in searcher.search(parse_query(text, context=context), today=TODAY).hits]


def test_r08_a_pinned_context_changes_the_order_and_hides_nothing(searcher: Searcher) -> None:
    free = order(searcher, "budget price late ")
    pinned = order(searcher, "budget price late ", competitor=["rutero"])
    other = order(searcher, "budget price late ", competitor=["acme"])
    assert set(free) == set(pinned) == set(other)
    assert pinned.index("objections/no-budget") < other.index("objections/no-budget")


def test_r08_explain_shows_what_the_context_did(searcher: Searcher) -> None:
    query = parse_query(
        "too expensive ", context={"stage": ["negotiation"], "persona": ["cfo"], "competitor": ["acme"]}
    )
    hit = searcher.search(query, today=TODAY).hits[0]
    assert hit.card.id == "price-too-high"
    assert {name for name in hit.explain if name.startswith("context_")} == {
        "context_stage",
        "context_persona",
        "context_competitor",
    }
    assert hit.explain["context_stage"] == WEIGHTS["context"]
    assert hit.score == pytest.approx(sum(hit.explain.values()), abs=0.001)


@pytest.mark.parametrize(
    ("typed", "facet", "value"),
    [
        ("price ##negotiation", "stage", "negotiation"),
        ("@@cfo price", "persona", "cfo"),
        ("price vs::acme", "competitor", "acme"),
        ('price product::"the core"', "product", "the core"),
    ],
)
def test_r08_a_doubled_sign_pins_for_one_question(typed: str, facet: str, value: str) -> None:
    query = parse_query(typed)
    assert query.context == {facet: (value,)}
    assert query.filters == {}
    assert query.words == ("price",)


def test_r08_an_unknown_context_says_what_is_known(searcher: Searcher) -> None:
    results = searcher.search(parse_query("price", context={"stage": ["nowhere"]}), today=TODAY)
    assert "negotiation" in results.unknown[0]
    assert results.hits


def test_what_worked_counts_a_little_and_never_more(snapshot: Snapshot) -> None:
    searcher = open_searcher(None, snapshot)
    before = {hit.card.id: hit.score for hit in searcher.search("price ", today=TODAY).hits}
    searcher._ranker.worked = {"price-too-high": 1.0, "objections/current": -9.0}
    after = {hit.card.id: hit.score for hit in searcher.search("price ", today=TODAY).hits}
    assert after["price-too-high"] - before["price-too-high"] == pytest.approx(WEIGHTS["worked"])
    assert after["objections/current"] - before["objections/current"] == pytest.approx(-WEIGHTS["worked"])


@pytest.mark.parametrize(
    "typed",
    [
        *[
            "",
            " ",
            "e",
            "x" * 10_000,
            "price " * 2_000,
            "?!…",
            "#",
            "##",
            "@@",
            "vs::",
            '"too',
            "🚚🚚",
            "עברית מחיר",
            "契",
        ],
        *["* ? ~ ^ ( )", "title:price AND NOT x", "#nowhere", "\x00\x1b[31m", "negotiation"],
    ],
)
def test_odd_questions_are_answered_in_a_moment(searcher: Searcher, typed: str) -> None:
    results = searcher.search(typed, today=TODAY)
    assert results.took_ms < 1000
    assert all(hit.score == hit.score for hit in results.hits)


def test_an_alias_may_equal_a_stage(searcher: Searcher) -> None:
    assert order(searcher, "cfo ")[0] == "personas/cfo"
    assert "stages/negotiation/terms" in order(searcher, "negotiation ")


def test_in_a_library_without_personas_an_at_sign_is_part_of_a_word(
    open_files: Callable[[dict[str, str]], Library],
) -> None:
    library = open_files(
        {"slack.md": "# Slack\n\nUse @channel sparingly, and #general for all.\n", "other.md": "# Other\n"}
    )
    searcher = open_searcher(None, load_snapshot(library))
    for typed in ("slack @channel ", "@channel", "#general ", "slack #general"):
        results = searcher.search(typed, today=TODAY)
        assert [hit.card.path for hit in results.hits] == ["slack.md"], typed
        assert results.unknown == ()
    assert searcher.search(parse_query("slack", filters={"persona": ["cfo"]}), today=TODAY).unknown


@pytest.mark.parametrize("typed", ["ʼ", "ﾞ", "ﾞﾞﾞ ", "price ﾞ ", "ﾞprice", "ﷺ price", "ͺ ", "𝐀 ᴹ"])
def test_letters_that_fold_to_nothing_are_no_words(searcher: Searcher, typed: str) -> None:
    searcher.search(typed, today=TODAY)


def test_an_unknown_word_beside_a_common_one_leaves_the_common_one(
    open_files: Callable[[dict[str, str]], Library],
) -> None:
    files = {f"page-{at}.md": f"# Page {at}\n\nThe price of {at}.\n" for at in range(40)}
    searcher = open_searcher(None, load_snapshot(open_files(files)))
    assert searcher.search("xylophone price ", today=TODAY).total == 40
    assert searcher.search("zzqzzq the price ", today=TODAY).total == 40


def test_a_line_of_misspelt_words_is_answered_in_a_moment(searcher: Searcher) -> None:
    garbled = (
        "pirce budegt contarct latee delivry timelin slps buyre sadi newe olld acem fleett finace hed rsk lead mesures"
    )
    results = searcher.search(garbled, today=TODAY)
    assert results.took_ms < 1000


def test_a_word_longer_than_the_snippet_is_shown_all_the_same() -> None:
    long = "a" * 400
    assert snippet(f"The checksum {long} of it", [long], 40).text.startswith("The checksum")
    assert snippet(f"The checksum {'e3b0' * 16} of it", (), 40, prefix="e3b0").spans


def test_r07_a_competitor_or_product_or_folder_that_no_card_has_is_named_with_the_known_ones(
    searcher: Searcher,
) -> None:
    for typed, sentence in (
        ("price vs:nobody", "No card names the competitor 'nobody'; known: acme, rutero"),
        ("price vs::nobody", "No card names the competitor 'nobody'; known: acme, rutero"),
        ("product:zz", "No card has the product 'zz'; known: core"),
        (
            "in:nowhere price",
            "No card lies in the folder 'nowhere'; known: battlecards, claims, notes, objections, personas, stages",
        ),
    ):
        results = searcher.search(typed, today=TODAY)
        assert results.absent == (sentence,)
        assert results.unknown == ()
    for typed in ("price vs:rut", "price vs::ru", "vs:acme", "in:objections price", "product:co"):
        assert searcher.search(typed, today=TODAY).absent == ()
