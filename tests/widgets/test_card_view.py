"""A card in a list and in the preview: the badge always, the words to say first, nothing obeyed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import date

import pytest

from playbook.library.card import Card, Trust
from playbook.widgets.card_view import preview, row, title_of, unsaid
from playbook.widgets.highlight import spans_of
from playbook.widgets.line import Line, lines_of

GOOD = Trust("verified", "ann@example.com", date(2026, 11, 1), date(2027, 1, 30))
CARD = Card(
    id="objections/price",
    path="content/objections/price.md",
    kind="objection",
    title="It costs more",
    say="Fair.\nWe cost less than a late delivery.",
    stages=("negotiation",),
)
MARKDOWN = "# It costs more\n\n## Answer\nWe cost less than a late delivery.\n\n## Proof\nOldacre *2026*.\n"


def shown(lines: Iterable[Line]) -> str:
    """What stands in the lines."""
    return "\n".join(line.text for line in lines)


def test_words_are_marked_wherever_they_stand() -> None:
    text = "Cost and costs; Café"
    assert [text[a:b] for a, b in spans_of(text, ("cafe", "cost"))] == ["Cost", "costs", "Café"]
    assert [text[a:b] for a, b in spans_of(text, ("cafe", "cost"), last_is_prefix=False)] == ["Cost", "Café"]
    assert spans_of(text, ()) == []
    # A single letter is a beginning of too much.
    assert spans_of("a cat", ("c",)) == []


def test_r03_the_preview_begins_with_title_badge_and_words_to_say() -> None:
    made = [line.text.rstrip() for line in preview(CARD, GOOD, MARKDOWN, 60).lines]
    assert made[:3] == ["It costs more", "✓ verified by ann@example.com until 2027-01-30", ""]
    assert made[3:5] == ["▌ Fair.", "▌ We cost less than a late delivery."]
    assert "Oldacre 2026." in made
    assert sum("We cost less" in line for line in made) == 1


@pytest.mark.parametrize(
    ("trust", "words"),
    [
        (Trust("expired", "", None, date(2026, 1, 1)), "EXPIRED since 2026-01-01"),
        (Trust("retired"), "RETIRED"),
        (Trust("unverified"), "not verified"),
    ],
)
def test_r13_the_badge_is_in_the_preview_and_in_the_row(trust: Trust, words: str) -> None:
    assert words in shown(preview(CARD, trust, MARKDOWN, 60).lines)
    assert trust.state in row(CARD, trust, (), None, 60).plain


@pytest.mark.parametrize("width", [20, 40, 80])
def test_a_row_fits_its_width(width: int) -> None:
    long = Card(id="x", path="x.md", kind="objection", title="A very long title " * 9)
    for line in row(long, GOOD, ("long",), "and a second line " * 9, width).split("\n"):
        assert line.cell_length <= max(width, 26)


def test_a_section_stands_behind_its_page() -> None:
    assert title_of(Card(id="g#t", path="g.md", anchor="t", title="Terms", page_title="Guide")) == "Terms  ‹ Guide"
    assert title_of(Card(id="g", path="g.md")) == "g.md"


def test_what_is_shown_above_is_not_said_twice() -> None:
    assert "We cost less" not in unsaid(CARD, MARKDOWN)
    assert "## Proof" in unsaid(CARD, MARKDOWN)
    fenced = "```\n## Answer\n```\nAfter."
    assert unsaid(CARD, fenced) == fenced


def test_no_heading_takes_long_to_be_left_out() -> None:
    began = time.process_time()
    hostile = "# " + "#" * 300_000 + "x\n# a" + " " * 300_000 + "b"
    assert unsaid(CARD, hostile) == hostile
    assert time.process_time() - began < 1


def test_a_title_that_ends_on_a_mark_is_shown_once() -> None:
    assert unsaid(Card(id="c", path="c.md", title="About C#"), "# About C#\n\nText.") == "\nText."


def test_markup_and_escapes_in_a_card_are_only_letters() -> None:
    evil = Card(
        id="e", path="e.md", title="[red]x[/] \x1b[31m", say="[@click=app.quit]go[/] \x1b]52;c;AA\x07", say_named=True
    )
    in_pane = preview(evil, GOOD, "[/b] \x1b[2J", 50).lines
    for lines in (in_pane, lines_of(row(evil, GOOD, ("x",), "[/] \x1b", 50))):
        assert "\x07" not in shown(lines)
        assert all("click" not in str(span.style) for line in lines for span in line.spans)
    assert "[@click=app.quit]go[/]" in shown(in_pane)
    assert "\x1b" not in shown(in_pane)


def test_in_a_low_terminal_the_words_come_at_once() -> None:
    lines = [line.text for line in preview(CARD, GOOD, MARKDOWN, 30, terse=True).lines]
    assert lines[0].startswith("✓ verified  ")
    assert lines[0].endswith("…") or lines[0].endswith(CARD.title)
    assert lines[1].startswith("▌ ")
    assert all(len(line) <= 30 for line in lines)
    page = Card(id="p", path="p.md", title="A page", say="Its first paragraph.")
    assert [line.text for line in preview(page, GOOD, "# A page\n\nWords.", 30, terse=True).lines] == [
        "✓ verified  A page",
        "",
        "Words.",
    ]
