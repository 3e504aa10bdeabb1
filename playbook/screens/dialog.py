"""What every dialog over a screen shares."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType

from playbook.screens.copying import clear_toasts


class Dialog(ModalScreen[ScreenResultType]):
    """A dialog; what was said in it goes with it."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close, at once without the toasts, so that one raised by whoever gets the result stays."""
        clear_toasts(self.app)
        return super().dismiss(result)
