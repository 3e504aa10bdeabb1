"""What is no Markdown is compared line by line, spaces and empty lines included."""

from __future__ import annotations

import pytest

from playbook.text.blocks import MOST_BLOCKS, lines_of
from playbook.text.worddiff import plain_word_diff, summary
from playbook.widgets.changes import inline_changes, side_by_side_changes

OLD = "# a comment\n[one]\nx = 1\n\n[two]\ny = 2\n"


def test_a_line_is_a_block_whatever_it_looks_like() -> None:
    assert plain_word_diff(OLD, OLD.replace("y = 2", "  y = 2\n* z"), None, by_line=True).splitlines() == [
        "  # a comment", "  [one]", "  x = 1", "", "  [two]", "~ [-y = 2-]{+  y = 2+}", "+ {+* z+}",
    ]  # fmt: skip
    assert summary(OLD, OLD.replace("x = 1", "x = 7"), by_line=True) == "1 word added, 1 removed in 1 place"
    assert plain_word_diff(OLD, OLD, by_line=True) == "  … 6 unchanged lines …\n"


def test_an_empty_line_that_came_or_went_is_seen() -> None:
    for lay_out in (inline_changes, side_by_side_changes):
        for old, new in ((OLD, OLD.replace("x = 1\n", "x = 1\n\n")), (OLD.replace("\n\n", "\n"), OLD)):
            made = lay_out(old, new, 60, by_line=True)
            assert made.rows and any("empty line" in line.text for line in made.lines)


def test_lines_stand_as_they_are_written_with_none_between() -> None:
    text = "```\n| a | b |\n    deep  [x](y)\n# no heading\n"
    lines = [line.text for line in inline_changes("", text, 60, by_line=True).lines]
    assert lines == ["+ ```", "+ | a | b |", "+     deep  [x](y)", "+ # no heading"]


@pytest.mark.parametrize("text", ["\n" * (MOST_BLOCKS + 50), "x = 1\n" * (MOST_BLOCKS + 50), "[" * 100_000])
def test_no_file_of_lines_is_too_long(text: str) -> None:
    assert len(lines_of(text)) <= MOST_BLOCKS + 1
    assert inline_changes("", text, 60, by_line=True).lines
    assert plain_word_diff(text, text + "more\n", by_line=True)
