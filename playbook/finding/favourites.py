"""A person's own favourites: the objections that come every day, in their order, one key each; kept on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playbook.finding.memory import change, recall
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.library.card import Card

MOST = 12  # one key each: 1 to 9, 0, - and =
MOST_LISTED = 60  # names looked at, those of cards that are gone among them
NOT_KEPT = "This cannot be kept: nothing can be written to disk"


def own(session: Session) -> list[Card]:
    """The person's favourites in their order; cards that are gone are passed over, and come back when they do."""
    return _cards(session, _ids(session))


def team(session: Session) -> list[Card]:
    """The cards that playbook.toml lists, in its order, without the person's own."""
    mine = {card.id for card in own(session)}
    return [card for card in _cards(session, session.snapshot.settings.favourites) if card.id not in mine]


def toggle(session: Session, card: Card) -> str:
    """Pin the card behind the others, or unpin it; gives the sentence that says which."""
    ids = _ids(session)
    if card.id in ids:
        kept = _keep(session, [name for name in ids if name != card.id])
        return f"No favourite any more: {one_line(card.title, 60)}" if kept else NOT_KEPT
    known = {found.id for found in own(session)}
    if len(known) >= MOST:
        return f"There are {MOST} favourites already; unpin one first"
    return f"Pinned as favourite {len(known) + 1}" if _keep(session, [*ids, card.id]) else NOT_KEPT


def move(session: Session, card: Card, by: int) -> bool:
    """Move the favourite up (-1) or down (1) among those that are there; False when it cannot go further."""
    present = [found.id for found in own(session)]
    if card.id not in present:
        return False
    at = present.index(card.id)
    to = at + by
    if not 0 <= to < len(present):
        return False
    present[at], present[to] = present[to], present[at]
    # Cards that are gone for now keep their place at the end.
    _keep(session, [*present, *(name for name in _ids(session) if name not in present)])
    return True


def _cards(session: Session, names: object) -> list[Card]:
    listed = [name for name in names if isinstance(name, str)] if isinstance(names, list | tuple) else []
    return session.snapshot.known(listed[:MOST_LISTED])


def _ids(session: Session) -> list[str]:
    kept = recall().get("favourites")
    names = kept.get(session.library.name) if isinstance(kept, dict) else None
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _keep(session: Session, ids: list[str]) -> bool:
    def edit(remembered: dict[str, Any]) -> dict[str, Any]:
        kept = remembered.get("favourites")
        return remembered | {"favourites": (kept if isinstance(kept, dict) else {}) | {session.library.name: ids}}

    return change(edit)
