"""Words are folded alike in what is indexed and in what is typed."""

from __future__ import annotations

import pytest

from playbook.text.tokens import count_words, fold, tokens, words


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Café", "cafe"),
        ("don’t", "dont"),
        ("don't", "DONT"),
        ("STRASSE", "straße"),
        ("ﬁt", "fit"),
        ("Ångström", "angstrom"),
    ],
)
def test_two_ways_to_write_a_word_are_one_word(written: str, typed: str) -> None:
    assert words(written) == words(typed)


def test_no_word_is_too_small_to_count() -> None:
    assert words("Why you? Not now, A/B 24-7!") == ["why", "you", "not", "now", "a", "b", "24", "7"]
    assert words(" … _ -- ") == []


def test_tokens_know_where_they_stand() -> None:
    text = "Say: “Don’t wait”, naïvely."
    for found in tokens(text):
        assert fold(text[found.start : found.end]) == found.text
    assert [found.text for found in tokens(text)] == words(text)


def test_words_said_aloud_are_counted() -> None:
    assert count_words("We don't stop at 9 – ever.") == 6
    assert count_words("") == 0
