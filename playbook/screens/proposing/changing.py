"""What one does to the words from any screen that shows a card: propose better ones, edit the file, write a new card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from playbook.screens.copying import clear_toasts
from playbook.screens.desk import desk_of

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.library.card import Card


class ChangingScreen(Screen[None]):
    """A screen on which a card is chosen."""

    def card_to_change(self) -> Card | None:
        """The card that the keys are about."""
        raise NotImplementedError

    def question_asked(self) -> str:
        """The words that were asked, without filters; "" where nothing was."""
        return ""

    def changing_session(self) -> Session | None:
        """The library to change, once all of it is read."""
        session = desk_of(self).session
        if session is None or session.partial:
            self.warn("The library is still being read; its words can be changed in a moment")
            return None
        return session

    def warn(self, sentence: str) -> None:
        """A toast, in place of those that stand there."""
        clear_toasts(self.app)
        self.app.notify(sentence, severity="warning", markup=False)

    def action_propose(self) -> None:
        """Better words for the card; where a question found none, a new one."""
        session, card = self.changing_session(), self.card_to_change()
        if session is None:
            return
        if card is not None:
            from playbook.screens.proposing.propose import ProposeScreen

            self.app.push_screen(ProposeScreen(session, card))
        elif self.question_asked():
            self.action_new_card()
        else:
            self.warn("No card is chosen; choose the one whose words are wrong")

    def action_new_card(self) -> None:
        """A new card, begun with what was asked."""
        session = self.changing_session()
        if session is not None:
            from playbook.screens.proposing.newcard import NewCardScreen

            self.app.push_screen(NewCardScreen(session, self.question_asked()))

    def action_edit(self) -> None:
        """The whole file of the card in the editor."""
        session, card = self.changing_session(), self.card_to_change()
        if session is None:
            return
        if card is None:
            self.warn("No card is chosen; choose the one to edit")
            return
        from playbook.screens.proposing.edit import EditScreen

        self.app.push_screen(EditScreen(session, card.path, line=card.say_line or card.line))

    @property
    def changing_commands(self) -> list[tuple[str, str, object]]:
        """What the palette offers for it."""
        return [
            ("Better words", "Propose better words for the card, or leave a note on it", self.action_propose),
            ("Edit", "Edit the card's whole file", self.action_edit),
            ("New card", "Propose a new card", self.action_new_card),
        ]
