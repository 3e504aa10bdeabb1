"""Questions and the cards that must answer them, by each engine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from playbook.library.snapshot import Snapshot, load_snapshot
from playbook.search.facets import Facets
from playbook.search.index import Searcher, open_searcher
from playbook.search.indexer import build_now
from playbook.search.query import parse_query
from playbook.store.managed import Library

TODAY = date(2026, 11, 22)


def found(searcher: Searcher, text: str, **filters: list[str]) -> list[str]:
    return [hit.card.id for hit in searcher.search(text, today=TODAY, filters=filters).hits]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("too expensive", "price-too-high"),
        ("it costs more", "price-too-high"),
        ("not now", "objections/no-budget"),
        ("why you", "objections/why-you"),
        ("why you?", "objections/why-you"),
        ("no budget", "objections/no-budget"),
        ("acme", "battlecards/acme"),
        ("cfo", "personas/cfo"),
        ("cafe", "notes/café"),
        ("CAFÉ", "notes/café"),
        ("dont hide", "objections/why-you"),
        ("don’t hide", "objections/why-you"),
        ("were near", "objections/why-you"),
        ("new contract", "objections/current"),
        ("timeline slips", "notes/café"),
    ],
)
def test_r04_each_question_has_its_first_card(searcher: Searcher, question: str, first: str) -> None:
    hits = searcher.search(question, today=TODAY).hits
    assert hits[0].card.id == first
    assert hits[0].score == pytest.approx(sum(hits[0].explain.values()), abs=0.001)


def test_r04_explain_names_what_made_a_card_first(searcher: Searcher) -> None:
    best = searcher.search("too expensive ", today=TODAY).hits[0]
    assert max(best.explain, key=lambda part: best.explain[part]) == "alias_phrase"
    assert best.explain["all_terms"] > 0


def test_r06_a_buyers_own_words_reach_the_card_by_its_aliases(searcher: Searcher) -> None:
    assert found(searcher, "you cost a fortune")[0] == "price-too-high"
    assert found(searcher, "honestly your thing is too expensive for us")[0] == "price-too-high"


def test_cards_with_every_word_come_before_those_with_some(searcher: Searcher) -> None:
    hits = searcher.search("late deliveries budget ", today=TODAY).hits
    assert hits[0].card.id == "objections/no-budget"
    assert "price-too-high" in [hit.card.id for hit in hits[1:]]  # it says delivery and budget, not deliveries


@pytest.mark.parametrize("typed", ["e", "ex", "exp", "expe", "too exp", "too expen", "expensive", "t", "to", "too e"])
def test_r01_every_beginning_of_the_words_finds_the_card(searcher: Searcher, typed: str) -> None:
    assert "price-too-high" in found(searcher, typed)


def test_a_finished_word_is_no_beginning(searcher: Searcher) -> None:
    assert found(searcher, "expens") == ["price-too-high"]
    assert found(searcher, "expens ") == []


@pytest.mark.parametrize(
    "typed", ["*", "?", "NOT", '"too', "[b]", "AND OR", "a:b", "in:", "#", "@", "vs:", "😀", "(((", "  "]
)
def test_nothing_typed_is_a_query_language(searcher: Searcher, typed: str) -> None:
    everything = len(searcher.snapshot.cards)
    assert searcher.search(typed, today=TODAY).total < everything


def test_ten_thousand_letters_are_cut_and_answered(searcher: Searcher) -> None:
    results = searcher.search("too expensive " * 800, today=TODAY)
    assert results.hits[0].card.id == "price-too-high"
    assert len(results.query.words) <= 24
    assert searcher.search("x" * 10_000, today=TODAY).hits == ()


@pytest.mark.parametrize(
    ("typed", "options", "expected"),
    [
        ("@cfo #negotiation vs:acme price", {"persona": ["cfo"], "stage": ["negotiation"], "competitor": ["acme"]}, 1),
        ("is:persona", {"kind": ["persona"]}, 2),
        ("is:objections price", {"kind": ["objections"]}, 5),
        ("in:objections", {"folder": ["content/objections/"]}, 6),
        ("in:obj", {"folder": ["obj"]}, 6),
        ("#negotiation", {"stage": ["Negotiation"]}, 2),
        ("#neg", {"stage": ["neg"]}, 2),
        ('@"chief financial officer"', {"persona": ["chief financial officer"]}, 3),
        ("motion:acquire", {"motion": ["acquire"]}, 1),
        ("segment:mid-market", {"segment": ["Mid Market"]}, 1),
        ("surface:call", {"surface": ["call"]}, 1),
        ("product:core", {"product": ["core"]}, 1),
        ("vs:acme", {"competitor": ["ACME"]}, 2),
        ("vs:nobody price", {"competitor": ["nobody"]}, 0),
        ("in:nowhere", {"folder": ["nowhere"]}, 0),
    ],
)
def test_r07_typed_filters_and_options_give_the_same_cards(
    searcher: Searcher, typed: str, options: dict[str, list[str]], expected: int
) -> None:
    words = " ".join(word for word in typed.split() if word == "price")
    by_typing = found(searcher, typed)
    assert by_typing == found(searcher, words, **options)
    assert len(by_typing) == expected


def test_r07_two_values_of_one_facet_widen_and_two_facets_narrow(searcher: Searcher) -> None:
    assert set(found(searcher, "#discovery #evaluation @cfo")) == {"objections/no-budget", "price-too-high"}


def test_r07_an_unknown_value_is_named_with_the_known_ones(snapshot: Snapshot) -> None:
    query = parse_query("price #nowhere is:poem", filters={"persona": ["nobody"]})
    sentences = Facets(snapshot).unknown(query.filters)
    assert len(sentences) == 3
    assert "There is no persona called 'nobody'; known personas: cfo, it-lead" in sentences
    known = parse_query("#neg @cfo is:objection vs:nobody in:nowhere segment:mid motion:up surface:call")
    assert Facets(snapshot).unknown(known.filters) == []


def test_half_a_filter_neither_raises_nor_empties_the_list(searcher: Searcher) -> None:
    for typed in ("price #", "price @", "price vs:", "price is:", "price #n", "price @c"):
        assert found(searcher, typed)


def test_an_empty_facet_returns_nothing_rather_than_everything(searcher: Searcher) -> None:
    assert searcher.search("price vs:nobody", today=TODAY).total == 0


def test_filters_without_words_browse_verified_before_unverified_before_expired(searcher: Searcher) -> None:
    order = [hit.trust.state for hit in searcher.search("is:objection", today=TODAY).hits]
    assert order == ["verified", "verified", "unverified", "unverified", "expired", "retired"]
    assert searcher.search("", today=TODAY).hits == ()


def test_r13_expired_and_retired_cards_sink_and_stay_findable(searcher: Searcher) -> None:
    states = {hit.card.id: hit for hit in searcher.search("price of the contract", today=TODAY).hits}
    assert list(states)[:3] == ["objections/current", "objections/expired", "objections/gone"]
    assert states["objections/expired"].trust.state == "expired"
    assert states["objections/expired"].explain["trust"] < 0
    before = searcher.search("price of the old contract", today=date(2024, 3, 1)).hits[0]
    assert (before.card.id, before.trust.state) == ("objections/expired", "verified")


@pytest.mark.parametrize("engine", ["whoosh", "scan"])
def test_r02_a_phrase_deep_in_a_long_page_opens_at_its_heading(
    open_files: Callable[[dict[str, str]], Library], engine: str
) -> None:
    filler = "Vans leave the depot before dawn and return when the last crate is signed for.\n" * 12
    page = "# The handbook\n\n" + "".join(
        f"## Part {number}\n\n{filler}" + ("The heron stands in cold water.\n\n" if number == 137 else "\n")
        for number in range(160)
    )
    assert len(page) > 150_000
    library = open_files(
        {"docs/handbook.md": page, "docs/other.md": "# Birds\n\nA heron is a bird. Cold water runs.\n"}
    )
    if engine == "whoosh":
        build_now(library)
    searcher = open_searcher(library, load_snapshot(library), spawn=False)
    assert searcher.engine == engine
    best = searcher.search("heron stands in cold water", today=TODAY).hits[0].card
    assert (best.path, best.title, best.anchor) == ("docs/handbook.md", "Part 137", "part-137")


def test_a_section_knows_its_pages_title(open_files: Callable[[dict[str, str]], Library]) -> None:
    filler = "Some words about it, and more of them, so that this page is long enough.\n" * 8
    library = open_files(
        {
            "a/alpha.md": f"# Alpha engine\n\n{filler}\n## Install\n\n{filler}\n## Remove\n\n{filler}",
            "b/beta.md": f"# Beta engine\n\n{filler}\n## Install\n\n{filler}\n## Remove\n\n{filler}",
        }
    )
    searcher = open_searcher(library, load_snapshot(library), spawn=False)
    assert searcher.search("install beta", today=TODAY).hits[0].card.id == "b/beta#install"


def test_a_heading_without_text_is_found_by_its_words(open_files: Callable[[dict[str, str]], Library]) -> None:
    filler = "Some words about it, and more of them, so that this page is long enough.\n" * 8
    page = f"# Alpha engine\n\n{filler}\n## Install\n\n{filler}\n## Okapi crossing\n\n## Remove\n\n{filler}"
    library = open_files({"a/alpha.md": page, "b/beta.md": "# Beta\n\nOther words.\n"})
    build_now(library)
    hits = open_searcher(library, load_snapshot(library), spawn=False).search("okapi crossing", today=TODAY).hits
    assert [hit.card.id for hit in hits] == ["a/alpha#install"]


def test_r04_a_title_or_alias_that_says_most_of_the_question_is_among_the_hits(
    open_files: Callable[[dict[str, str]], Library],
) -> None:
    scattered = (
        "Tried it.\n\n"
        + "Plain words. " * 20
        + "Something else, like a van.\n\n"
        + "More words. " * 20
        + "This was before.\n"
    )
    files = {f"notes/page-{at}.md": f"# Page {at}\n\n{scattered}" for at in range(6)}
    files |= {f"notes/other-{at}.md": f"# Other {at}\n\nNothing of it.\n" for at in range(12)}
    files["objections/tried.md"] = "---\ntitle: We tried this before\n---\n## Answer\nThen you know.\n"
    files["objections/down.md"] = (
        "---\ntitle: The line is down\naliases: [what when it is offline]\n---\n## Answer\nIt plans on.\n"
    )
    searcher = open_searcher(None, load_snapshot(open_files(files)))
    found = [hit.card.path for hit in searcher.search("tried something like this before ", today=TODAY).hits]
    assert found[0] == "objections/tried.md"
    assert len(found) == 7
    # Where a card is called what was asked, those that hold every word are enough.
    named = [hit.card.path for hit in searcher.search("we tried this before ", today=TODAY).hits]
    assert named[0] == "objections/tried.md"
