"""Markdown as lines: laid out for a width, safe, with nothing of the text lost."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

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
