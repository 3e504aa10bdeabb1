"""The badge: how far a card may be relied on, as a symbol, a word and a sentence; the same wherever the card shows."""

from __future__ import annotations

from typing import NamedTuple

from playbook.library.card import Card, Trust
from playbook.text.safe import one_line

SYMBOLS = {"verified": "✓", "expired": "!", "unverified": "?", "retired": "×"}
CHANGED = "~"  # verified, but the words are not those, or not only those, that were verified


class Badge(NamedTuple):
    """`symbol` and `word` for a list; `sentence` says by whom and until when; `internal` warns before copying."""

    symbol: str
    word: str
    sentence: str
    internal: bool

    @property
    def short(self) -> str:
        """For a row: the symbol with its word."""
        if self.internal:
            return f"{self.symbol} internal" if self.word == "verified" else f"{self.symbol} {self.word}, internal"
        return f"{self.symbol} {self.word}"

    @property
    def full(self) -> str:
        """For a card: the symbol with its sentence."""
        return f"{self.symbol} {self.sentence}" + (" · INTERNAL, not for buyers" if self.internal else "")


def badge(card: Card, trust: Trust) -> Badge:
    """The badge of a card whose trust was judged on some day."""
    by = f" by {one_line(trust.by, 60)}" if trust.by else ""
    if trust.state == "verified":
        until = f" until {trust.until}" if trust.until else ""
        sentence = f"verified{by}{until}"
        if trust.changed_since:
            return Badge(CHANGED, "changed since", f"{sentence}, changed since", _internal(card))
    elif trust.state == "expired":
        since = f" since {trust.until}" if trust.until else ""
        last = f", last verified {trust.on}{by}" if trust.on else ""
        sentence = f"EXPIRED{since}{last}"
    elif trust.state == "retired":
        sentence = "RETIRED, no longer said"
    else:
        sentence = "draft, not verified" if card.status == "draft" else "not verified"
    return Badge(SYMBOLS[trust.state], trust.state, sentence, _internal(card))


def _internal(card: Card) -> bool:
    return card.visibility == "internal" or card.internal_say
