"""What a copy takes along, and when it must ask first."""

from __future__ import annotations

from typing import NamedTuple

from playbook.finding.badge import badge
from playbook.library.card import Card, Trust
from playbook.text.safe import display


class Copy(NamedTuple):
    """`text` is the words to say as plain text ("" when the card has none); `ask` is why a second key is needed, or ""."""

    text: str
    badge: str
    ask: str


def to_copy(card: Card, trust: Trust) -> Copy:
    """The words to say of a card, with its badge, and the warning that internal words need."""
    mark = badge(card, trust)
    ask = ""
    if mark.internal:
        ask = "These words are internal, not for buyers"
    elif trust.state == "retired":
        ask = "This card is retired, its words are no longer said"
    elif card.kind == "page" and not card.say_named:
        ask = "This page has no words to say; its first paragraph may not be meant for buyers"
    return Copy(display(card.say).strip(), mark.full, ask)
