"""A change laid out: rendered as everywhere, marked word by word, in one column and in two, whatever the text."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.color import Color
from textual.content import Span
from textual.filter import NoColor
from textual.style import Style

from playbook.library.frontmatter import split
from playbook.text.worddiff import block_changes
from playbook.text.words import Effort
from playbook.widgets.changes import (
    NO_BLOCK,
    Changes,
    inline_changes,
    inline_lines,
    side_by_side,
    side_by_side_changes,
)
from playbook.widgets.line import Line
from playbook.widgets.line_view import Painter
from playbook.widgets.markdown_lines import markdown_lines
from playbook.widgets.marked_rows import ADDED, REMOVED, Renderer, compared

ROOT = Path(__file__).parents[2]
OLD = """---
title: Price
status: draft
---
# Too expensive

We ship in two days across
Spain and Portugal, and the price
is **fair**. See [the page](https://a.example/x).

- first item
- second item

> A quote here.

| Plan | Price |
|------|-------|
| Core | 10 |

```py
x = 1
y = 2
```

One.

Two.

Three.

Four.

## End
"""
NEW = (
    OLD.replace("draft", "approved")
    .replace("two days across\nSpain", "three days\nacross Spain")
    .replace("- first", "- zeroth item\n- first")
    .replace("quote here", "quote there")
    .replace("| 10 |", "| 12 |\n| Max | 90 |")
    .replace("y = 2", "y = 3")
)


def marked(line: Line) -> str:
    """A line with signs for its marks, without the spaces at its end."""
    signs = {REMOVED: ("[-", "-]"), ADDED: ("{+", "+}")}
    at: dict[int, str] = {}
    for start, end, style in line.spans:
        if style in signs:
            at[start] = at.get(start, "") + signs[str(style)][0]
            at[end] = signs[str(style)][1] + at.get(end, "")
    return "".join(at.get(number, "") + letter for number, letter in enumerate(f"{line.text}\0")).rstrip("\0 ")


def shown(changes: Changes) -> list[str]:
    """All lines with their marks."""
    return [marked(line) for line in changes.lines]


def test_r23_a_rewrapped_paragraph_with_one_changed_word_shows_one_changed_word() -> None:
    made = shown(inline_changes(OLD, NEW, 60))
    assert "~ We ship in [-two-] {+three+} days across Spain and Portugal, and" in made
    assert "~ the price is fair. See the page." in made
    assert sum("two" in line or "three" in line for line in made) == 1


def test_r23_one_column_shows_everything_rendered() -> None:
    assert shown(inline_changes(OLD, NEW, 60)) == [
        "  title: Price",
        "~ status: [-draft-] {+approved+}",
        "",
        "  Too expensive",
        "",
        "~ We ship in [-two-] {+three+} days across Spain and Portugal, and",
        "~ the price is fair. See the page.",
        "",
        "+ • {+zeroth item+}",
        "  • first item",
        "  • second item",
        "",
        "~ │ A quote [-here-] {+there+}.",
        "",
        "~ Plan  Price",
        "~ Core  [-10-] {+12+}",
        "~ {+Max+}   {+90+}",
        "",
        "~   x = 1",
        "~   y = [-2-] {+3+}",
        "",
        "  One.",
        "",
        "  … 4 unchanged blocks …",
    ]


def test_r23_two_columns_show_what_was_and_what_is() -> None:
    made = side_by_side_changes(OLD, NEW, 83)
    sides = [tuple(side.strip() for side in line.split(" │ ", 1)) for line in shown(made) if " │ " in line]
    assert ("~ status: [-draft-]", "~ status: {+approved+}") in sides
    assert ("~ We ship in [-two-] days across Spain and", "~ We ship in {+three+} days across Spain and") in sides
    assert ("", "+ • {+zeroth item+}") in sides
    assert ("~ Core  [-10-]", "~ Core  {+12+}") in sides
    assert ("~", "~ {+Max+}   {+90+}") in sides
    assert ("~   y = [-2-]", "~   y = {+3+}") in sides
    for line, block in zip(made.lines, made.blocks, strict=True):
        assert cell_len(line.text) <= 83
        if block != NO_BLOCK and line.text:
            # The rule stands in one column of cells.
            assert line.text[41] == "│"


def test_r23_every_line_knows_its_block_and_every_change_its_row() -> None:
    for made in (inline_changes(OLD, NEW, 60), side_by_side_changes(OLD, NEW, 90)):
        assert len(made.lines) == len(made.blocks)
        assert made.rows == sorted(set(made.rows))
        begun = [made.blocks[row] for row in made.rows]
        assert begun == [at for at, change in enumerate(made.changes) if change.op != "same"]
        for row in made.rows:
            change = made.change_at(row)
            assert change is not None
            assert change.op != "same"
        assert [made.after(row) for row in [-1, *made.rows]] == [*made.rows, None]
        assert made.before(made.rows[0]) is None
        assert made.before(made.rows[2]) == made.rows[1]
        fold = next(at for at, block in enumerate(made.blocks) if block == NO_BLOCK and "…" in made.lines[at].text)
        assert made.change_at(fold) is None is made.change_at(10_000)


def test_r23_far_blocks_are_folded_as_asked() -> None:
    old = "\n\n".join(f"Paragraph {at} stays." for at in range(20)) + "\n"
    new = old.replace("h 9 stays", "h 9 goes")
    assert [line.text for line in inline_lines(old, new, 60) if line.text] == [
        "  … 8 unchanged blocks …",
        "  Paragraph 8 stays.",
        "~ Paragraph 9 stays goes.",
        "  Paragraph 10 stays.",
        "  … 9 unchanged blocks …",
    ]
    assert sum("stays." in line.text for line in inline_lines(old, new, 60, None)) == 19
    assert [line.text for line in inline_lines(old, old, 60)] == ["  … 20 unchanged blocks …"]
    assert inline_lines("", "", 60) == []


def plainly(markdown: str, width: int) -> list[str]:
    """The Markdown as the app shows it elsewhere."""
    lines = [line.text.rstrip() for line in markdown_lines(markdown, width)]
    while lines and not lines[-1]:
        lines.pop()
    return lines


PAGES = sorted([*(ROOT / "content").rglob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])


NESTED = """- one

  more of one

  > said in it
  - inner
    1. deep
- two
***
> # Heading said
>
> - item said
>   goes on
>
> last said

10. ten

    more of ten
11. eleven, see [it][there] and ~~gone~~
    hard\\
    break

[there]: http://a.b
"""


@pytest.mark.parametrize("width", [24, 40, 100])
def test_r23_what_did_not_change_looks_as_it_does_elsewhere(width: int) -> None:
    bodies = [split(page.read_text(encoding="utf-8")).body for page in PAGES]
    for body in [NESTED, *bodies]:
        made = [line.text[2:].rstrip() for line in inline_lines(body, body, width + 2, None)]
        while made and not made[-1]:
            made.pop()
        assert made == plainly(body, width)


STARTS = ["", "", "# ", "- ", "> ", "1. ", "  - ", "```", "| a | b |\n|---|---|\n| c | ", "***", "> - ", "<!--"]
WORDS = [
    "foo",
    "*bar*",
    "`x y`",
    "[link](http://a.b)",
    "~~gone~~",
    "**very bold**",
    "你好吗",
    "e\u0301t\u00e9",
    "<b>",
    "&amp;",
    "a_b_c",
]


def page(draw: random.Random) -> str:
    """A page of anything."""
    return "\n".join(
        draw.choice(STARTS) + " ".join(draw.choice(WORDS) for _ in range(draw.randint(0, 5))) + draw.choice(["", "\n"])
        for _ in range(draw.randint(1, 8))
    )


@pytest.mark.parametrize("seed", range(4))
def test_r23_without_its_marks_each_side_is_the_plain_rendering(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(150):
        olds, news = (Renderer({}) for _ in range(2))
        changes = block_changes(page(draw), page(draw))
        for change in changes:
            if change.op != "changed" or change.old is None or change.new is None:
                continue
            for old, new in zip(olds.rows(change.old), news.rows(change.new), strict=False):
                row = compared(old, new, Effort())
                if row is None:
                    assert old.text.split() == new.text.split()
                    continue
                assert row.left is not None
                assert row.right is not None
                assert (row.left.text, row.right.text) == (old.text.rstrip(), new.text.rstrip())
                for line, left_out in ((old, ADDED), (new, REMOVED)):
                    gone = {at for s in row.merged.spans if s.style == left_out for at in range(s.start, s.end)}
                    text = "".join(letter for at, letter in enumerate(row.merged.text) if at not in gone)
                    assert "".join(text.split()) == "".join(line.text.split())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("width", [10, 33, 80])
def test_r23_any_two_pages_fit_their_width_and_say_all_that_changed(seed: int, width: int) -> None:
    draw = random.Random(seed * 100 + width)
    for _ in range(60):
        old, new = page(draw), page(draw)
        for made in (inline_changes(old, new, width), side_by_side_changes(old, new, width)):
            assert len(made.rows) == sum(change.op != "same" for change in made.changes)
            for line in made.lines:
                assert "\n" not in line.text
                assert all(0 <= span.start <= span.end <= len(line.text) for span in line.spans)
            # Something is marked in each changed block.
            for row in made.rows:
                number = made.blocks[row]
                block = [line for line, at in zip(made.lines, made.blocks, strict=True) if at == number]
                assert any(span.style in (ADDED, REMOVED) for line in block for span in line.spans), (old, new)
        assert all(cell_len(line.text) <= max(width, 10) for line in inline_lines(old, new, width, None))


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        ("See [it](http://a).", "See [it](http://b).", ["~ See it.", "~ ↳ [-link http://a-]  ↳ {+link http://b+}"]),
        (
            "See [it][x].\n\n[x]: http://a",
            "See [it][x].\n\n[x]: http://b",
            ["  See it.", "", "~ [x]: http://[-a-]{+b+}"],
        ),
        (
            "[a](http://x) [b](http://y) c",
            "[a](http://y) [b](http://x) d",
            ["~ a b [-c-] {+d+}", "~ ↳ [-link http://y-]  ↳ {+link http://y+}"],
        ),
        ("# A", "## A", ["~ A", "~ ↳ [-heading 1-]  ↳ {+heading 2+}"]),
        ("- a", "1. a", ["~ 1. a", "~    ↳ [-list item-]  ↳ {+numbered item+}"]),
        ("<!-- a b -->", "<!-- a c -->", ["~ <!-- a [-b-] {+c+} -->"]),
        ("a <i>b</i>", "a <b>b</b>", ["~ a b", "~ ↳ [-<i>-]  ↳ [-</i>-]  ↳ {+<b>+}  ↳ {+</b>+}"]),
        ("a word", "a wo\u200brd", ["~ a word", "~ ↳ {+character U+200B+}"]),
        ("we *do* not", "we do not", ["~ we [-do-] {+do+} not"]),
        ("we *do* not", "we _do_ not", ["~ we do not", "~ ↳ we[- *-]{+ _+}do[-*-]{+_+} not"]),
        ("```py\nx\n```", "```js\nx\n```", ["~   x", "~ ↳ [-language py-]  ↳ {+language js+}"]),
        ("```\nx\n```", "```\n  x\n```", ["~   [-x-]", "~     {+x+}"]),
        ("", "New [it](http://b) <b>.", ["+ {+New it .+}", "+ ↳ {+link http://b+}  ↳ {+<b>+}"]),
        ("Struck ~~out~~ here", "Struck ~~out~~ there", ["~ Struck ~~out~~ [-here-] {+there+}"]),
        ("![a](x.png)", "![a](y.png)", ["~ a", "~ ↳ [-image x.png-]  ↳ {+image y.png+}"]),
    ],
)
def test_r23_what_cannot_be_seen_among_the_words_is_said_below_them(old: str, new: str, seen: list[str]) -> None:
    assert shown(inline_changes(old, new, 80)) == seen


def test_r23_the_marks_are_seen_without_colour() -> None:
    painter = Painter(Style(Color.parse("#000000"), Color.parse("#ffffff")), [NoColor()], Color.parse("#000000"))
    (made,) = inline_lines("We ship ~~in~~ two [days](http://a)", "We ship ~~in~~ three [days](http://a)", 80)
    # The theme's colours, which only a running app knows, are no part of this.
    bare = [" ".join(look for look in str(style).split() if "$" not in look) for _, _, style in made.spans]
    spans = [Span(span.start, span.end, style) for span, style in zip(made.spans, bare, strict=True) if style]
    line = Line(made.text, spans)
    looks = {
        segment.text.strip(): (
            bool(segment.style and segment.style.strike),
            bool(segment.style and segment.style.underline),
        )
        for segment in painter.strip(line, 80)
    }
    assert looks["two"] == (True, False)
    assert looks["three"] == (False, True)
    # What the text itself strikes through or links looks like neither.
    assert {look for text, look in looks.items() if text not in {"two", "three"}} == {(False, False)}


@pytest.mark.parametrize("lay_out", [inline_lines, side_by_side])
def test_r23_nothing_that_a_terminal_obeys_is_in_any_line(lay_out: Callable[[str, str, int], list[Line]]) -> None:
    old = "# a \x1b[31m\n\n- b \u202e c &#x202e; &#27;\n\n| x \x07 | y |\n|-|-|\n| &#10; | \x9b |\n\n"
    old += "```\n\x1b]0;x\x07\n```\n\n<b \x1b>\n"
    new = old.replace("a", "z\u2066").replace("c", "d\u200b").replace("y", "w\x00")
    new = new.replace("0;x", "1;x").replace("<b", "<i")
    made = lay_out(f"---\nt: \x1b\n---\n{old}", f"---\nt: \x1b!\n---\n{new}", 60)
    assert len(made) > 10
    for line in made:
        assert not set(line.text) & {*map(chr, range(32)), "\x7f", "\x9b", "\u202e", "\u2066", "\u200b"}
        assert all("\x1b" not in str(span.style) for span in line.spans)


def test_r23_a_text_cannot_forge_a_mark() -> None:
    text = "\ue000a\ue001 [-b-] {+c+} \0d \ufdd0 e"
    made = inline_lines(text, f"{text} f", 80)
    assert [marked(line) for line in made] == ["~ \ue000a\ue001 [-b-] {+c+} d \ufdd0 e {+f+}"]


# As long as a file may be for the full counts; every day a fifth of that, which still tells quadratic from linear.
LONG = 100_000 if os.environ.get("PLAYBOOK_FULL") == "1" else 20_000
HOSTILE = {
    "one line": ("x" * LONG, "x" * (LONG // 2) + "y" + "x" * (LONG // 2)),
    "repeated words": ("word " * LONG, "words " * (LONG - 7) + "x"),
    "wide": ("今天天气很好" * (LONG // 5), "明天天气不好" * (LONG // 5)),
    "short blocks": ("a\n\n" * LONG, "b\n\n" * LONG),
    "quotes": (">" * (LONG // 2) + "x", ">" * (LONG // 2) + "y"),
    "brackets": ("[" * LONG, "]" * LONG + "["),
    "code": ("```\n" + "some code\n" * LONG, "```\n" + "some cod\n" * LONG),
    "table": ("|a|b|\n|-|-|\n" + "|x|y|\n" * (LONG * 3 // 10), "|a|b|\n|-|-|\n" + "|x|z|\n" * (LONG * 3 // 10)),
    "links": (
        "".join(f"[a{at}](http://x/{at})\n\n" for at in range(LONG // 11)),
        "".join(f"[a{at}](http://y)\n\n" for at in range(LONG // 11)),
    ),
    "control": ("\x1b[31m\x00\u202e " * (LONG // 5), "\ue000\ufeff\ud800 " * (LONG // 5)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_r23_no_text_is_too_hostile_to_lay_out(name: str) -> None:
    old, new = HOSTILE[name]
    for lay_out in (inline_changes, side_by_side_changes):
        began = time.process_time()
        made = lay_out(old, new, 80)
        assert time.process_time() - began < 10
        assert made.rows
        assert len(made.lines) < 20_000
    if len(made.rows) < sum(change.op != "same" for change in made.changes):
        assert "are not shown" in made.lines[-1].text


def test_r23_a_change_deep_in_long_code_is_shown() -> None:
    old = "```\n" + "".join(f"line {at}\n" for at in range(9_000)) + "```\n"
    made = shown(inline_changes(old, old.replace("line 8000\n", "line x\n"), 80))
    assert "~   [-line 8000-]" in made
    assert "~   {+line x+}" in made
    assert len(made) < 20
