"""A line to type in that keeps no key for itself once something else has the keyboard."""

from __future__ import annotations

from textual.events import Key
from textual.widgets import Input


class Box(Input):
    """Keys come here faster than screens and focus change: what was pressed after Enter is handed to who has them now.

    The app forwards a key to the widget with the focus at that moment, and a second key is there before Enter has had
    its way; an Input would take it as a letter.
    """

    def enter(self) -> bool:
        """What Enter does, at once and before the next key; True when it was done here."""
        return False

    def on_key(self, event: Key) -> None:
        """Act on Enter, and pass on what is no longer ours."""
        if self.app.focused is not self:
            self.app.post_message(Key(event.key, event.character))
        elif event.key != "enter" or not self.enter():
            return
        event.stop()
        event.prevent_default()
