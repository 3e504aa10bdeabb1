"""Texts made to fit a line."""

from __future__ import annotations

import pytest
from textual.content import Content

from playbook.widgets.fitting import column, cut, fitted


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("verified by pricing", 19, "verified by pricing"),
        ("verified by pricing", 18, "verified by …"),
        ("verified by pricing", 13, "verified by …"),
        ("verified · stage", 12, "verified …"),
        ("procurementdepartment", 10, "procurem …"),
        ("価格が高すぎると言われたら", 9, "価格が …"),
    ],
)
def test_a_line_ends_on_a_whole_word_with_an_ellipsis(text: str, width: int, shown: str) -> None:
    made = fitted(Content(text), width)
    assert made.plain == shown
    assert made.cell_length <= width


def test_a_fitted_line_keeps_its_styles() -> None:
    made = fitted(Content.assemble(("bold words", "bold"), " and plain ones"), 14)
    assert [(span.start, span.end) for span in made.spans] == [(0, 10)]


def test_a_column_is_exactly_as_wide_as_asked() -> None:
    assert column("ab", 4) == "ab  "
    assert column("abcdef", 4) == "abc…"
    assert cut("価格が", 5) == ("価格…", 5)
