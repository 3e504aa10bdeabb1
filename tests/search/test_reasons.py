"""The parts of a score, said so that a rep understands them."""

from __future__ import annotations

import pytest

from playbook.search.ranking import WEIGHTS
from playbook.search.reasons import reasons, said


def test_r04_every_part_has_words_of_its_own() -> None:
    names = set(WEIGHTS) - {"some_words", "context"} | {"context_stage", "context_motion"}
    for name in names:
        for value in (WEIGHTS.get(name, 1.0), 0.1, -0.5):
            assert "_" not in said(name, value)
            assert said(name, value) != name


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("alias_phrase", 5.5, "its other name is exactly what you typed"),
        ("alias_phrase", 4.2, "its other name is nearly what you typed"),
        ("title_phrase", 6.0, "its title is what you typed"),
        ("title_phrase", 2.0, "what you typed stands in its title"),
        ("all_terms", 3.0, "it has every word you typed"),
        ("all_terms", 2.4, "it has every word you typed, or one that means the same"),
        ("trust", -3.0, "its words may not be said any more"),
        ("context_motion", 2.5, "it fits the motion of this call"),
    ],
)
def test_r04_how_much_of_it_decides_the_words(name: str, value: float, words: str) -> None:
    assert said(name, value) == words


def test_r04_the_heaviest_reason_comes_first_and_trifles_not_at_all() -> None:
    found = reasons({"kind": 1.0, "other_competitor": -8.0, "body": 2.5, "depth": -0.04})
    assert [reason.name for reason in found] == ["other_competitor", "body", "kind"]
