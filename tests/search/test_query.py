"""What is typed, taken apart."""

from __future__ import annotations

import pytest

from playbook.search.query import MAX_WORDS, parse_query


def test_words_are_folded_and_the_last_one_is_unfinished_until_a_space() -> None:
    query = parse_query("Don’t CAFÉ pri")
    assert (query.words, query.finished, query.prefix) == (("dont", "cafe", "pri"), ("dont", "cafe"), "pri")
    assert parse_query("price ").prefix == ""
    assert parse_query("price #negotiation").prefix == ""


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("#stage", {"stage": ("stage",)}),
        ("@CFO price", {"persona": ("CFO",)}),
        ("vs:acme VS:rutero", {"competitor": ("acme", "rutero")}),
        ('in:"field notes" x', {"folder": ("field notes",)}),
        (
            "is:objection product:core motion:acquire segment:small surface:call",
            {
                "kind": ("objection",),
                "product": ("core",),
                "motion": ("acquire",),
                "segment": ("small",),
                "surface": ("call",),
            },
        ),
        (
            "kind:page stage:closing persona:cfo competitor:acme folder:a/b",
            {
                "kind": ("page",),
                "stage": ("closing",),
                "persona": ("cfo",),
                "competitor": ("acme",),
                "folder": ("a/b",),
            },
        ),
        ("mail@example.com c# 5:30 https://x.example", {}),
        ("# @ vs: is:", {}),
    ],
)
def test_filters_are_taken_out_of_the_words(text: str, filters: dict[str, tuple[str, ...]]) -> None:
    assert dict(parse_query(text).filters) == filters


def test_filters_given_as_options_join_the_typed_ones() -> None:
    query = parse_query(
        "#closing price", filters={"stage": ["closing", "discovery"], "in": ["a"], "vs": "acme", "kind": [""]}
    )
    assert dict(query.filters) == {"stage": ("closing", "discovery"), "folder": ("a",), "competitor": ("acme",)}


def test_long_input_is_cut_between_words() -> None:
    query = parse_query("word " * 2000)
    assert len(query.words) == MAX_WORDS
    assert query.prefix == ""
    assert parse_query("#" * 10_000).words == ()
    assert len(parse_query("a" * 10_000).words[0]) <= 600
