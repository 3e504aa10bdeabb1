"""The line above a document that somebody forced, ruled on, or quickly fixed: by whom, when and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual import work
from textual.widgets import Static

from playbook.errors import PlaybookError
from playbook.library.card import Card

if TYPE_CHECKING:
    from playbook.finding.session import Session


def sentences(session: Session) -> Mapping[str, str]:
    """By path the mark of every file that has one. Asks git: never on the screen's thread."""
    from playbook.review.marks import marks_at

    zone = session.snapshot.settings.timezone
    try:
        now = marks_at(session.library, session.snapshot.commit).now
    except PlaybookError:
        return {}
    return {path: mark.sentence(zone) for path, mark in now.items()}


class MarkLine(Static):
    """The mark of a card's file; not there while there is none."""

    DEFAULT_CSS = "MarkLine { height: auto; max-height: 2; display: none; color: $foreground 70%; padding: 0 1; }"

    def __init__(self, session: Session, card: Card) -> None:
        super().__init__(id="mark", markup=False)
        self.session = session
        self.card = card

    def on_mount(self) -> None:
        """Look for it beside everything else."""
        self.look()

    @work(thread=True)
    def look(self) -> None:
        """Ask git, off the screen's thread."""
        said = sentences(self.session).get(self.card.path, "")
        if said:
            self.app.call_from_thread(self.say, said)

    def say(self, said: str) -> None:
        """Show it."""
        self.update(said)
        self.display = True
