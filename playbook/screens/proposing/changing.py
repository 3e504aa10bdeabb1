"""What one does to the words from any screen that shows a card: propose better ones, edit the file, write a new card, go on."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from textual import on, work
from textual.events import Key
from textual.screen import Screen

from playbook.errors import PlaybookError
from playbook.screens.copying import clear_toasts
from playbook.screens.desk import SessionReady, desk_of
from playbook.screens.pen import pen_of

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.library.card import Card
    from playbook.screens.proposing.words_panel import WordsPanel

log = logging.getLogger(__name__)
WRITTEN_SECONDS = 2.0  # what the pen is writing is waited for so long before drafts are counted


class ChangingScreen(Screen[None]):
    """A screen on which a card is chosen."""

    letter_at = 0.0
    """When a letter was last pressed that may be a command."""

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

    # Drafts that wait

    def on_screen_resume(self) -> None:
        """Something was written on the screen above, perhaps."""
        self.look_for_drafts()

    @on(SessionReady)
    def look_for_drafts(self) -> None:
        """Say on the line on top how many drafts wait."""
        if desk_of(self).session is not None:
            self.count_drafts()

    @work(thread=True, exclusive=True, group="drafts")
    def count_drafts(self) -> None:
        """Ask git, once the pen has written what was typed."""
        from playbook.review import drafts

        session = desk_of(self).session
        pen_of(self).finish(WRITTEN_SECONDS)
        if session is None:
            return
        try:
            count = drafts.count(session.library)
        except PlaybookError as error:
            log.warning("drafts cannot be counted: %s", error)
            return
        self.call_later(self.drafts_counted, count)

    def drafts_counted(self, count: int) -> None:
        """Show it."""
        if desk_of(self).drafts != count:
            desk_of(self).drafts = count
            self.show_header()

    def show_header(self) -> None:
        """The line on top, on the screen that has one."""

    def action_drafts(self) -> None:
        """What one was writing: go on with it, or throw it away."""
        session = self.changing_session()
        if session is not None:
            from playbook.screens.proposing.draft_list import DraftsScreen

            self.app.push_screen(DraftsScreen(session))

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

            self.open_panel(ProposeScreen(session, card))
        elif self.question_asked():
            self.action_new_card()
        else:
            self.warn("No card is chosen; choose the one whose words are wrong")

    def action_new_card(self) -> None:
        """A new card, begun with what was asked."""
        session = self.changing_session()
        if session is not None:
            from playbook.screens.proposing.newcard import NewCardScreen

            self.open_panel(NewCardScreen(session, self.question_asked()))

    def open_panel(self, panel: WordsPanel) -> None:
        """Open it; it is to know of a letter that did so, for more letters of a question may come behind that."""
        panel.letter_at, self.letter_at = self.letter_at, 0.0
        self.app.push_screen(panel)

    def on_key(self, event: Key) -> None:
        """The letter that opens a panel does so at once, and those that came with it are the panel's."""
        if not event.is_printable:
            return
        if self.app.screen is not self:
            self.app.post_message(Key(event.key, event.character))
            event.stop().prevent_default()
            return
        self.letter_at = event.time
        bound = self.active_bindings.get(event.key)
        if bound is not None and bound.binding.action.removeprefix("screen.") == "propose":
            event.stop().prevent_default()
            self.action_propose()

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
            ("Drafts", "Go on with what you were writing, or throw it away", self.action_drafts),
        ]
