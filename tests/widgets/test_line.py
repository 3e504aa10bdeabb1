"""Lines: wrapped without losing a letter, cut with their styles, painted in exactly the cells there are."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.color import Color
from textual.content import Content, Span
from textual.style import Style

from playbook.widgets.line import Line, assembled, joined, lines_of, piece, wrapped
from playbook.widgets.line_view import Painter

GROUND = Style(Color.parse("#000000"), Color.parse("#ffffff"))


@pytest.mark.parametrize("width", [1, 2, 7, 20, 80])
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "word",
        "two words",
        "a" * 50,
        "你好" * 9 + " and more",
        "tab\tbed",
        "e\u0301te\u0301 " * 8,
        "a  b   c " * 9,
    ],
)
def test_wrapping_fits_and_loses_no_letter(text: str, width: int) -> None:
    made = wrapped(Line(text), width)
    assert "".join(line.text for line in made).replace(" ", "") == text.replace("\t", " ").replace(" ", "")
    # A letter two cells wide cannot be put into one.
    assert all(cell_len(line.text) <= max(width, 2 if "你" in text else 1) for line in made)


def test_words_are_broken_only_when_they_must() -> None:
    assert [line.text for line in wrapped(Line("one two three"), 7)] == ["one two", "three"]
    assert [line.text for line in wrapped(Line("one\ntwo"), 7)] == ["one", "two"]
    assert [line.text for line in wrapped(Line("abcdefghij"), 4)] == ["abcd", "efgh", "ij"]


def test_styles_go_with_their_letters() -> None:
    line = assembled([("plain ", ""), ("bold words", "bold"), (" end", "")])
    made = wrapped(line, 10)
    assert [(part.text, [part.text[a:b] for a, b, _ in part.spans]) for part in made] == [
        ("plain bold", ["bold"]),
        ("words end", ["words"]),
    ]
    assert piece(line, 6, 10) == Line("bold", [Span(0, 4, "bold")])
    assert joined([Line("x "), piece(line, 6, 10)]) == Line("x bold", [Span(2, 6, "bold")])
    assert [part.spans for part in lines_of(Content.styled("a\nb", "red"))] == [
        [Span(0, 1, "red")],
        [Span(0, 1, "red")],
    ]


@pytest.mark.parametrize("width", [1, 5, 30])
def test_a_strip_takes_exactly_its_cells(width: int) -> None:
    painter = Painter(GROUND, [], Color.parse("#000000"))
    for line in (Line(""), Line("你好你好"), Line("abc", [Span(1, 2, "bold"), Span(0, 99, "underline")])):
        assert painter.strip(line, width).cell_length == width
        assert sum(segment.cell_length for segment in painter.strip(line, width)) == width


def test_styles_lie_upon_each_other() -> None:
    painter = Painter(GROUND, [], Color.parse("#000000"))
    strip = painter.strip(Line("abcd", [Span(0, 3, "bold"), Span(2, 4, "underline")]), 5)
    looks = [(s.text, bool(s.style and s.style.bold), bool(s.style and s.style.underline)) for s in strip]
    assert looks == [("ab", True, False), ("c", True, True), ("d", False, True), (" ", False, False)]
