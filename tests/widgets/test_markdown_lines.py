"""Markdown as lines: laid out for a width, safe, with nothing of the text lost."""

from __future__ import annotations

import time

import pytest
from rich.cells import cell_len
from textual.color import Color
from textual.style import Style

from playbook.widgets.line import Line
from playbook.widgets.line_view import Painter
from playbook.widgets.markdown_lines import markdown_lines

PAGE = """# Title

A paragraph with **bold**, *italic*, `code`, ~~gone~~ and [a link](https://example.com).

- one long item that has to be wrapped because it is long
- two
  1. inner
  2. other

> quoted words

| a | b |
|---|---|
| 1 | two |

```
code   stays
```

---

End <b>here</b>.
"""


def lines(markdown: str, width: int = 60) -> list[str]:
    """The lines as a reader sees them."""
    return [line.text for line in markdown_lines(markdown, width)]


def test_every_block_has_its_form() -> None:
    made = [line.rstrip() for line in lines(PAGE)]
    assert made[0] == "Title"
    assert "A paragraph with bold, italic, code, gone and a link." in made
    assert "• two" in made
    assert "  1. inner" in made
    assert "  2. other" in made
    assert "│ quoted words" in made
    assert "a  b" in made
    assert "1  two" in made
    assert "  code   stays" in made
    assert "─" * 40 in made
    assert made[-1] == "End here."


def test_a_wrapped_item_hangs_under_its_own_text() -> None:
    made = [line.rstrip() for line in lines("- one long item that has to be wrapped\n", 20)]
    assert made[0].startswith("• one")
    assert len(made) > 1
    assert all(line.startswith("  ") and line[2] != " " for line in made[1:])


@pytest.mark.parametrize("width", [8, 20, 40, 80])
def test_no_line_is_wider_than_the_pane(width: int) -> None:
    text = PAGE.replace("```\ncode   stays\n```", "") + "你好" * 40
    assert max(cell_len(line) for line in lines(text, width)) <= max(width, 40)


def test_a_table_too_wide_gives_each_cell_a_line() -> None:
    made = lines("| Field | What it says |\n|---|---|\n| plan | " + "many words " * 8 + "|\n", 30)
    assert "Field: plan" in [line.rstrip() for line in made]
    assert any(line.startswith("What it says: many words") for line in made)


@pytest.mark.parametrize("markdown", ["", "\n\n", "|", "> - # x", "1.", "- - - - deep", "[x]: y", "<div>", "```\nopen"])
def test_odd_markdown_is_laid_out_all_the_same(markdown: str) -> None:
    assert all("\n" not in line for line in lines(markdown, 40))


def test_escapes_and_markup_are_only_letters() -> None:
    made = markdown_lines("[red]x[/] \x1b[31m [@click=app.quit]go[/] \u202e", 60)
    shown = "\n".join(line.text for line in made)
    assert "[red]x[/]" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert all("click" not in str(span.style) for line in made for span in line.spans)


def test_a_line_of_5000_letters_is_wrapped() -> None:
    assert len(lines("word " * 1000, 80)) > 60
    assert len(lines("x" * 5000, 80)) > 60


@pytest.mark.parametrize("width", [16, 40, 100])
@pytest.mark.parametrize(
    "markdown",
    [
        "| a | b |\n|---|---|\n| x&#10;&#10;y\tz | `q\tr` |\n",
        "| a | b |\n|---|---|\n| x" + "&#10;" * 60 + "INJECTED | z |\n",
        "&#9;&#10;&#13;text `code\there`\n",
        "- a\tb\n  - &#10;c\n",
    ],
)
def test_no_line_holds_what_a_terminal_obeys(markdown: str, width: int) -> None:
    painter = Painter(Style(Color.parse("#000000"), Color.parse("#ffffff")), [], Color.parse("#000000"))
    for line in markdown_lines(markdown, width):
        assert not any(letter < " " for letter in painter.strip(Line(line.text), width).text), line


def test_a_table_of_thousands_of_empty_cells_is_laid_out_at_once() -> None:
    began = time.process_time()
    made = lines(("|a" * 50 + "|\n" + "|-" * 50 + "|\n" + "|\n" * 9000)[:20_000], 64)
    assert time.process_time() - began < 1
    assert len(made) < 12_000


def test_a_table_keeps_to_its_quote_and_one_of_a_head_alone_is_shown() -> None:
    assert lines("> | a | b |\n> |---|---|\n> | 1 | 2 |\n", 40)[:2] == ["│ a  b  ", "│ 1  2  "]
    assert [line.strip() for line in lines("| " + "a" * 50 + " | b |\n|--|--|\n", 30)] == ["a" * 30, "a" * 20, "b"]


def test_a_list_may_begin_at_nought_and_code_keeps_its_indent() -> None:
    assert lines("0. zero\n1. one\n", 40) == ["0. zero", "1. one"]
    assert lines("```\nhttps://" + "x" * 60 + "\n```\n", 40)[0].startswith("  https://")


def test_deep_lists_keep_room_for_their_words() -> None:
    deep = "".join("  " * depth + f"- item {depth} word\n" for depth in range(30))
    made = lines(deep, 16)
    assert max(map(cell_len, made)) <= 16
    assert "item 12" in " ".join(line.strip(" •") for line in made)
    assert "words" in "".join(lines("> " * 30 + "- " * 20 + "words", 40))
