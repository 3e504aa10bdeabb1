"""The piece of text that shows why a card was found."""

from __future__ import annotations

import time

import pytest

from playbook.search.entries import readable
from playbook.search.snippets import snippet

TEXT = (
    "# A title\n\n"
    + "Filler words of no interest stand here.\n" * 40
    + "\n- The **late** [delivery](http://x.example) costs.\n"
)


def test_the_window_with_most_of_the_words_is_shown_and_marked() -> None:
    found = snippet(TEXT, ["late", "delivery"])
    assert "The late delivery costs." in found.text
    assert [found.text[start:end] for start, end in found.spans] == ["late", "delivery"]
    assert "http" not in found.text
    assert TEXT.splitlines()[found.line : found.line + 3] != []
    assert any("late" in line for line in TEXT.splitlines()[found.line : found.line + 3])


def test_an_unfinished_word_is_marked_where_it_begins_a_word() -> None:
    found = snippet("The price is high; pricing is fair.", [], prefix="pric")
    assert [found.text[start:end] for start, end in found.spans] == ["price", "pricing"]


def test_without_a_found_word_the_beginning_is_shown() -> None:
    found = snippet(TEXT, ["nowhere"], width=60)
    assert found.text.startswith("A title")
    assert (found.spans, found.line) == ((), 0)
    assert len(found.text) <= 60


def test_accents_and_apostrophes_keep_their_places() -> None:
    found = snippet("Über uns: the café doesn’t close.", ["cafe", "doesnt"])
    assert [found.text[start:end] for start, end in found.spans] == ["café", "doesn’t"]


def test_escapes_never_reach_the_screen() -> None:
    found = snippet("A \x1b[31mred\x1b[0m \u202eprice\x07.", ["price"])
    assert "\x1b" not in found.text
    assert "\u202e" not in found.text
    assert [found.text[start:end] for start, end in found.spans] == ["price"]


def test_a_giant_line_is_quick_and_short() -> None:
    found = snippet("word " * 200_000 + "late", ["late", "word"])
    assert len(found.text) <= 160
    assert snippet("x" * 5000, ["x"]).text.endswith("…")
    assert snippet("", ["x"]).text == ""


@pytest.mark.parametrize(
    "text",
    ["<!--" * 250_000, "](" * 500_000, "<a" * 500_000, "{claim:" * 140_000, "<!-- a\n\n" * 110_000],
    ids=["comments", "links", "tags", "claims", "paragraphs of comments"],
)
def test_no_text_takes_long_to_be_made_readable(text: str) -> None:
    began = time.process_time()
    readable(text)
    assert time.process_time() - began < 1


def test_what_is_read_is_free_of_targets_tags_and_comments() -> None:
    text = "a [b](c_(d).md) <em class='x'>e</em> <!-- f\ng --> h <!-- i <j> {claim:k} https://l/m n"
    assert readable(text).split() == ["a", "[b", "e", "h", "<!--", "i", "n"]


def test_a_heading_in_a_snippet_ends_with_a_colon_and_keeps_its_own_marks() -> None:
    assert snippet("## About C# ##\n\nIt is a language.", ["about"]).text == "About C#: It is a language."
    assert snippet("# " + "#" * 50_000 + "x", ["x"]).text


def test_one_rare_word_is_worth_more_than_two_that_stand_everywhere() -> None:
    text = "We go with them, and with you.\n\n" + "Filler of no interest. " * 20 + "\nAn onboarding is short.\n"
    telling = {"with": 0.2, "and": 0.2, "onboarding": 3.0}
    assert "with them" in snippet(text, ["with", "and", "onboarding"], 60).text
    found = snippet(text, ["with", "and", "onboarding"], 60, tells=telling.__getitem__)
    assert "onboarding is short" in found.text
