"""The copy key: the words to say, as plain text; internal words need it twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playbook import clipboard, keys
from playbook.finding.copying import to_copy
from playbook.screens.desk import desk_of
from playbook.screens.finding.answering import copied_sentence
from playbook.text.tokens import count_words

if TYPE_CHECKING:
    from textual.app import App

    from playbook.library.card import Card


def clear_toasts(app: App[Any]) -> None:
    """Take away what was said of another card or screen; asked for at every key, so it looks first whether there is anything."""
    if app._notifications:
        app.clear_notifications()


class CopyKey:
    """Remembers which card it warned of, so that only the second press on the same card copies internal words.

    `name` is the id of the key that copies on its screen.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.warned = ""

    def press(self, app: App[Any], card: Card | None) -> None:
        """Copy the card's words to say, or say why not."""
        session = desk_of(app).session
        if card is None or session is None:
            app.notify("No card is chosen; there is nothing to copy", severity="warning", markup=False)
            return
        wanted = to_copy(card, session.trust(card))
        clear_toasts(app)
        if not wanted.text:
            app.notify("This card has no words to say; open it to read", severity="warning", markup=False)
            return
        if wanted.ask and self.warned != card.id:
            self.warned = card.id
            app.notify(
                f"{wanted.ask}; press {keys.pressed(self.name)} again to copy them all the same",
                severity="warning",
                markup=False,
            )
            return
        self.warned = ""
        done = clipboard.copy(wanted.text, app.copy_to_clipboard)
        if done is None:
            app.notify("No clipboard could be reached; playbook doctor says why", severity="error", markup=False)
            return
        stale = session.trust(card).state in {"expired", "retired"}
        app.notify(
            copied_sentence(card, session, count_words(wanted.text), done.how, done.sure),
            severity="warning" if stale else "information",
            markup=False,
            timeout=4,
        )
