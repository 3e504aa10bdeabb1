"""Long documents in parts, and every place a text is found in them."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from sample import long_page

from playbook.widgets.pages import PART_CHARACTERS, Place, find_all, leaf_texts, needle, parts_of


def headings(body: str) -> list[int]:
    """The offsets of the headings."""
    return [found.start() for found in re.finditer(r"^#+ ", body, re.MULTILINE)]


def test_a_short_document_is_one_part() -> None:
    assert parts_of("# Short\n\nText.\n", [0]) == [(0, 15)]
    assert parts_of("", []) == [(0, 0)]


@pytest.mark.parametrize("with_headings", [True, False])
def test_r02_a_long_one_is_cut_without_loss_into_parts_that_paint_quickly(with_headings: bool) -> None:
    body = long_page(150_000)
    parts = parts_of(body, headings(body) if with_headings else [])
    assert "".join(body[part.start : part.end] for part in parts) == body
    assert len(parts) > 10
    assert max(part.end - part.start for part in parts) <= PART_CHARACTERS * 2
    if with_headings:
        assert all(body[part.start :].startswith("#") for part in parts)


def test_a_code_block_is_never_cut() -> None:
    code = "```\n" + "line\n\n" * 6000 + "```\n"
    body = "Before.\n\n" + code + "\nAfter.\n\n" + "More words.\n\n" * 2000
    for part in parts_of(body, []):
        assert len(re.findall(r"^```", body[part.start : part.end], re.MULTILINE)) % 2 == 0


def test_the_texts_are_those_that_the_widget_shows() -> None:
    assert leaf_texts("# A *b*\n\npara `c`\nnext\n\n- item\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n```\ncode\n```\n") == [
        "A b",
        "para c next",
        "item",
        "x",
        "y",
        "1",
        "2",
        "code",
    ]


def test_r09_every_place_is_counted_in_reading_order() -> None:
    pattern = needle("Late  delivery")
    assert pattern is not None
    leaves = [["A late delivery", "late\ndelivery, LATE DELIVERY"], [], ["no", "late delivery"]]
    assert find_all(pattern, leaves) == [
        Place(0, 0, 2, 15),
        Place(0, 1, 0, 13),
        Place(0, 1, 15, 28),
        Place(2, 1, 0, 13),
    ]


@pytest.mark.parametrize("typed", ["a.b", "(", "[x]", "*", "\\"])
def test_what_is_typed_is_looked_for_as_it_stands(typed: str) -> None:
    pattern = needle(typed)
    assert pattern is not None
    assert len(find_all(pattern, [[f"before {typed} after", "axb"]])) == 1


def test_nothing_typed_finds_nothing() -> None:
    assert needle("") is None
    assert needle("  \t") is None


@pytest.mark.parametrize("body", ["x" * 300_000, "word " * 60_000, "a\n" * 100_000])
def test_what_has_no_blank_line_is_cut_all_the_same(body: str) -> None:
    parts = parts_of(body, [])
    assert max(part.end - part.start for part in parts) <= 2 * PART_CHARACTERS
    assert parts[0].start == 0
    assert parts[-1].end == len(body)
    assert all(before.end == after.start for before, after in pairwise(parts))
