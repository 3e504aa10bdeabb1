"""Finding words by pattern gives what making tokens of every word gives."""

from __future__ import annotations

import random

import pytest

from playbook.search.places import places
from playbook.text.tokens import tokens

TEXT = "Don't say the café’s price_is 'too' high: prices, Über-pricing, x2 2x; straße ﬁne naïve ʼtis o'clock'"
TEXT += " ''a İstanbul e\u0301a ½ x² ①"


@pytest.mark.parametrize(
    "words", [["dont"], ["price", "high"], ["too", "cafes"], ["x2"], ["ti", "clock", "oclock"], []]
)
@pytest.mark.parametrize("prefix", ["", "p", "pri", "oc", "caf", "st", "u"])
def test_places_are_those_of_the_tokens(words: list[str], prefix: str) -> None:
    draw = random.Random(5)
    for text in [TEXT, TEXT.replace("ß", "s").replace("ﬁ", "fi").replace("½", "").replace("İ", "I"), "price"] + [
        "".join(draw.choices("priceé’' x_2-ÄSt", k=60)) for _ in range(200)
    ]:
        expected = [
            (found.start, found.end)
            for found in tokens(text)
            if found.text in words or (prefix and found.text.startswith(prefix))
        ]
        assert [(found.start, found.end) for found in places(text, words, prefix)] == expected
