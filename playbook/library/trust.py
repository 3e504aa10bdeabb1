"""Whether the words of a card may be relied on, on a given day."""

from __future__ import annotations

from datetime import date, timedelta

from playbook.library.card import Card, Trust, TrustState
from playbook.library.settings import Settings


def trust(card: Card, settings: Settings, today: date) -> Trust:
    """The card's standing on that day: verified, expired, unverified or retired, by whom, since and until when.

    Verified words hold for the card's own review interval, else its kind's in the settings, else for ever; never past
    `expires`. A draft, and a verification dated after tomorrow (no clock is that far ahead), are unverified.
    """
    until = _until(card, settings)
    state: TrustState
    if card.status == "retired":
        state = "retired"
    elif card.expires is not None and card.expires < today:
        state = "expired"
    elif card.verified is None or card.status == "draft" or (card.verified - today).days > 1:
        state = "unverified"
    elif until is not None and until < today:
        state = "expired"
    else:
        state = "verified"
    return Trust(state, card.verified_by, card.verified, until)


def _until(card: Card, settings: Settings) -> date | None:
    interval = card.review_days or settings.review_every.get(card.kind, 0)
    if card.verified is None or not interval:
        return card.expires
    try:
        due = card.verified + timedelta(days=interval)
    except OverflowError:
        return card.expires
    return min(due, card.expires) if card.expires else due
