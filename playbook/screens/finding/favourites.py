"""The favourites as the search screen shows them: the person's own with a key each, then the team's."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from playbook.finding import favourites
from playbook.keys import FAVOURITE_KEYS

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.library.card import Card


class Listed(NamedTuple):
    """The person's favourites and the team's, of one session."""

    session: Session
    own: list[Card]
    team: list[Card]

    @property
    def cards(self) -> list[Card]:
        """Both, the person's first."""
        return [*self.own, *self.team]

    @property
    def heading(self) -> str:
        """What stands above them."""
        if self.own:
            return "Your favourites, then the team's" if self.team else "Your favourites"
        return "The team's favourites"

    @property
    def signs(self) -> dict[str, str]:
        """The key of each of the person's own, by card id."""
        return {card.id: sign for card, (sign, _) in zip(self.own, FAVOURITE_KEYS, strict=False)}


class Favourites:
    """The favourites, read when the box is first empty and again when they or the library changed."""

    def __init__(self) -> None:
        self._listed: Listed | None = None

    def of(self, session: Session) -> Listed:
        """Those of the session."""
        listed = self._listed
        if listed is None or listed.session is not session:
            listed = self._listed = Listed(session, favourites.own(session), favourites.team(session))
        return listed

    def toggle(self, session: Session, card: Card) -> tuple[str, bool]:
        """Pin or unpin the card; the sentence that says which, and whether anything changed."""
        before = [found.id for found in favourites.own(session)]
        sentence = favourites.toggle(session, card)
        self._listed = None
        return sentence, [found.id for found in self.of(session).own] != before

    def move(self, session: Session, card: Card, by: int) -> tuple[str, bool]:
        """Move the card among the person's own; the sentence that says where to, and whether it moved."""
        moved = favourites.move(session, card, by)
        self._listed = None
        ids = [found.id for found in self.of(session).own]
        if card.id not in ids:
            return "Only your own favourites have an order; pin this one first", False
        if not moved:
            return f"It is the {'first' if by < 0 else 'last'} favourite already", False
        return f"Favourite {ids.index(card.id) + 1} now", True


class Pressed(NamedTuple):
    """A key as Textual's table of keys holds it."""

    value: str


def read_alt_digits() -> None:
    """Have Alt with a digit come as that where a terminal sends it as Escape and the digit.

    Textual reads those two as the signs of a Mac's Option key, `£` for Alt+3, which must stay what it is when it is typed.
    """
    from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

    for sign, name in FAVOURITE_KEYS:
        ANSI_SEQUENCES_KEYS[f"\x1b{sign}"] = (Pressed(f"alt+{name}"),)  # type: ignore[index]
