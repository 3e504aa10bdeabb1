"""What leaves for scripts and plain terminals: a long page's sections, and places that can be read aloud."""

from __future__ import annotations

from pathlib import Path

from building import LibraryBuilder
from sample import long_page

from playbook.finding.answers import card_text, found_place, sections_of, whole_card_json
from playbook.finding.session import Session, read
from playbook.search.query import parse_query
from playbook.store.managed import open_library

PRICES = (
    "# Prices\n\n| tier | price |\n|---|---|\n| basic | 5 euros |\n\n"
    "```\nbasic --force\n```\n\nThe basic tier is enough for most.\n"
)


def opened(place: Path) -> Session:
    """A library with a long page, a short one with a table, and nothing else."""
    made = LibraryBuilder(place / "pages")
    made.write("guide.md", long_page(20_000))
    made.write("prices.md", PRICES)
    made.commit()
    return read(open_library(str(place / "pages"), name="pages"))


def test_a_long_page_lists_its_sections_and_a_section_does_not(tmp_path: Path) -> None:
    session = opened(tmp_path)
    page = session.snapshot.resolve("guide")
    sections = sections_of(page, session)
    assert [section.id for section in sections[:2]] == ["guide#chapter-1", "guide#chapter-2"]
    text = card_text(page, session, session.trust(page), whole=True)
    assert f"The page goes on in {len(sections)} sections; `playbook show 'guide#chapter-1'` reads the first:" in text
    assert "    guide#chapter-2   Chapter 2" in text
    assert text.index("How everything is done.") < text.index("guide#chapter-1")
    found = whole_card_json(page, session, session.trust(page))["sections"]
    assert found[0] == {"id": "guide#chapter-1", "title": "Chapter 1"}
    assert len(found) == len(sections)
    one = session.snapshot.resolve("guide#chapter-1")
    assert whole_card_json(one, session, session.trust(one))["sections"] == []
    assert "goes on" not in card_text(one, session, session.trust(one), whole=True)
    short = session.snapshot.resolve("prices")
    assert sections_of(short, session) == ()


def test_the_place_found_is_words_and_neither_a_table_nor_code(tmp_path: Path) -> None:
    session = opened(tmp_path)
    card = session.snapshot.resolve("prices")
    said = found_place(card, session, parse_query("basic "), 200).text
    assert "--" not in said
    assert "|" not in said
    assert "basic · 5 euros." in said
    assert "The basic tier is enough" in said
    assert card.say == "The basic tier is enough for most."
