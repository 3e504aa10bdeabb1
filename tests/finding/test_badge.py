"""R13: one badge, the same wherever a card shows; and the copy that must ask first."""

from __future__ import annotations

from datetime import date

import pytest

from playbook.finding.badge import badge
from playbook.finding.copying import to_copy
from playbook.library.card import Card, Trust

CARD = Card(id="a", path="a.md", title="A", say="Say \x1b[31mthis.", say_named=True)


@pytest.mark.parametrize(
    ("trust", "card", "short", "full"),
    [
        (
            Trust("verified", "ann@example.com", date(2026, 10, 1), date(2026, 12, 30)),
            CARD,
            "✓ verified",
            "✓ verified by ann@example.com until 2026-12-30",
        ),
        (Trust("verified"), CARD, "✓ verified", "✓ verified"),
        (
            Trust("expired", "ann@example.com", date(2026, 1, 1), date(2026, 4, 1)),
            CARD,
            "! expired",
            "! EXPIRED since 2026-04-01, last verified 2026-01-01 by ann@example.com",
        ),
        (Trust("expired"), CARD, "! expired", "! EXPIRED"),
        (Trust("retired"), CARD, "× retired", "× RETIRED, no longer said"),
        (Trust("unverified"), CARD, "? unverified", "? not verified"),
        (Trust("unverified"), Card(id="d", path="d.md", status="draft"), "? unverified", "? draft, not verified"),
        (
            Trust("verified"),
            Card(id="i", path="i.md", visibility="internal"),
            "✓ internal",
            "✓ verified · INTERNAL, not for buyers",
        ),
        (
            Trust("expired"),
            Card(id="i", path="i.md", internal_say=True),
            "! expired, internal",
            "! EXPIRED · INTERNAL, not for buyers",
        ),
    ],
)
def test_r13_each_state_has_its_symbol_its_word_and_its_sentence(
    trust: Trust, card: Card, short: str, full: str
) -> None:
    made = badge(card, trust)
    assert (made.short, made.full) == (short, full)


def test_who_verified_is_text_from_a_library() -> None:
    assert "\x1b" not in badge(CARD, Trust("verified", "ann\x1b[31m\nx")).full


def test_r10_what_is_copied_is_plain_text_with_its_badge() -> None:
    made = to_copy(CARD, Trust("expired"))
    assert (made.text, made.ask) == ("Say [31mthis.", "")
    assert made.badge.startswith("! EXPIRED")


def test_r10_what_should_not_be_said_asks_first() -> None:
    assert "retired" in to_copy(CARD, Trust("retired")).ask
    page = Card(id="p", path="p.md", say="A first paragraph.")
    assert "first paragraph" in to_copy(page, Trust("unverified")).ask
    said = Card(id="p", path="p.md", say="A line.", say_named=True)
    assert to_copy(said, Trust("unverified")).ask == ""


def test_r10_internal_words_ask_first() -> None:
    for card in (
        Card(id="i", path="i.md", visibility="internal", say="x"),
        Card(id="i", path="i.md", internal_say=True, say="x"),
    ):
        assert "internal" in to_copy(card, Trust("verified")).ask
