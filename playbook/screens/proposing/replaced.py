"""Which of a card's words to say a proposal would replace: of an objection its answer, else a section or a paragraph."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from playbook.text.safe import display

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.library.card import Card

_STANDS_IN = "qzxstandsinqzx"  # a word that no card says


class Part(NamedTuple):
    """The words to say in three: what stays before, what is replaced, what stays after."""

    before: str
    present: str
    after: str


def whole(card: Card) -> Part:
    """As if all of them were replaced."""
    return Part("", display(card.say).strip(), "")


def replaced_part(session: Session, card: Card) -> Part:
    """What better words would replace: found by putting a word in their place. Reads git.

    Raises UsageError where the file cannot be edited as text, NothingFound where it is gone.
    """
    from playbook.library.cards import Place, cards_of
    from playbook.library.document import parse_document
    from playbook.review.proposing import words_edit

    edit = words_edit(session, card, _STANDS_IN)
    parsed, _ = parse_document(edit.after.encode("utf-8", "replace"))
    root = session.snapshot.root if card.path.startswith(session.snapshot.root) else ""
    made = cards_of(Place(card.path, root, ""), parsed, session.snapshot.settings)
    same = next((one for one in made if one.anchor == card.anchor), made[0])
    before, found, after = same.say.partition(_STANDS_IN)
    if not found or not card.say.startswith(before) or not card.say.endswith(after):
        return whole(card)
    present = card.say[len(before) : len(card.say) - len(after)]
    return Part(display(before).strip(), display(present).strip(), display(after).strip())
