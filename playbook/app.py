"""The Textual app: its screens, themes and keys, and nothing heavy before the first paint."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import textual.screen
from textual.app import App, SystemCommand
from textual.screen import Screen
from textual.theme import Theme

from playbook import keys, logfile, theme
from playbook.errors import PlaybookError
from playbook.finding.memory import recall, remember
from playbook.screens.desk import Desk, SessionReady, SyncChanged
from playbook.screens.doing import Doer, FollowingScreen
from playbook.screens.finding.search import SearchScreen
from playbook.screens.palette import Commands
from playbook.screens.pen import Pen
from playbook.screens.proposing import acts

if TYPE_CHECKING:
    from collections.abc import Iterable

log = logging.getLogger(__name__)

# Textual paints at the ticks of a clock of 60 a second, and after a slow paint it lets up to two ticks go by: an answer
# that is ready would wait for 33 ms; and a wait of any length is rounded up to a millisecond. So it does not wait at
# all. The clock only runs while there is something to paint.
if "TEXTUAL_FPS" not in os.environ:
    textual.screen.UPDATE_PERIOD = 1e-6  # type: ignore[misc]


class PlaybookApp(App[int]):
    """One library, opened to answer a buyer."""

    # The first screen is not pushed but stands there, so its styles are loaded with the app's.
    CSS_PATH = ["app.tcss", "screens/finding/search.tcss"]
    TITLE = "playbook"
    BINDINGS = keys.bindings("app")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (12, "-short"), (30, "-tall")]
    COMMAND_PALETTE_BINDING = "ctrl+p"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS = {Commands}

    def __init__(self, wanted: str | None = None) -> None:
        super().__init__()
        # A rep on a call wants the answer, not a movement; TEXTUAL_ANIMATIONS=full brings it back.
        self.animation_level = "none"
        self.desk = Desk(self, wanted)
        self.doer = Doer(self)
        self.pen = Pen()
        for ours in (theme.DARK, theme.LIGHT):
            self.register_theme(ours)
        self.theme = theme.fitting(recall().get("theme"), set(self.available_themes))

    def get_default_screen(self) -> Screen[Any]:
        return SearchScreen()

    def on_mount(self) -> None:
        """Remap the keys; the library is opened after the first paint."""
        try:
            self.set_keymap(keys.remapped())
        except PlaybookError as error:
            self.notify(str(error), severity="warning", markup=False, timeout=10)
        self.theme_changed_signal.subscribe(self, self.theme_chosen)
        self.leave_on_signals()
        self.call_after_refresh(self.desk.start)

    def leave_on_signals(self) -> None:
        """A closed terminal or a request to end leaves as Ctrl+Q does: the screen restored, what was seen remembered."""
        if self.is_headless:
            return
        for name in ("SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                with suppress(NotImplementedError, RuntimeError, ValueError):
                    asyncio.get_running_loop().add_signal_handler(getattr(signal, name), self.exit)

    def _handle_exception(self, error: Exception) -> None:
        # Textual would print a traceback into the terminal; a person gets a sentence, the log the rest.
        log.error("the app failed", exc_info=error)
        if self.is_headless:
            super()._handle_exception(error)
        else:
            self.exit(6, 6, f"playbook: something went wrong inside; {logfile.where()} has the details")

    def theme_chosen(self, chosen: Theme) -> None:
        """Begin with it next time."""
        remember(theme=chosen.name)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Everything the app does, by name."""
        for command in getattr(screen, "palette_commands", ()):
            yield SystemCommand(*command)
        yield SystemCommand("Browse", "Browse by stage, kind and persona, and what is new", self.action_browse)
        yield SystemCommand("Review queue", "What waits for a decision, and what became of yours", self.action_queue)
        if acts.card_on(screen) is not None:
            for what, title, text in acts.ACTS:
                yield SystemCommand(title, text, partial(self.action_act, what))
            yield SystemCommand("History of the card", "Who changed it, when and why", self.action_history)
        yield SystemCommand("Audit", "Everything that became main: by whom, why, with whose keys", self.action_audit)
        yield SystemCommand("Sync", "Fetch from the hub now", self.action_sync)
        yield SystemCommand(
            "Open a library", "Open another library: the demonstration, a path or a URL", self.action_libraries
        )
        yield SystemCommand("Help: keys", "Show every key", self.action_keys)
        yield SystemCommand("Light or dark", "Switch between our light and dark themes", self.action_next_theme)
        yield SystemCommand("Theme", "Choose among all themes", self.search_themes)
        yield SystemCommand("Quit", "Leave", self.action_quit)

    def action_browse(self) -> None:
        """Browse the library by group."""
        from playbook.screens.finding.browse import BrowseScreen

        if isinstance(self.screen, BrowseScreen):
            return
        if self.desk.session is None or self.desk.session.partial:
            self.notify("The library is still being read; browse in a moment", markup=False)
            return
        self.push_screen(BrowseScreen(self.desk.session))

    def action_queue(self) -> None:
        """The review queue."""
        from playbook.screens.reviewing.queue import QueueScreen

        if self.desk.session is None or self.desk.session.partial:
            self.notify("The library is still being read; the queue is there in a moment", markup=False)
        elif not isinstance(self.screen, QueueScreen):
            self.push_screen(QueueScreen())

    def action_history(self) -> None:
        """Who changed the card on the screen, when and why."""
        from playbook.screens.finding.past import show_history

        show_history(self)

    def action_audit(self) -> None:
        """Everything that became main."""
        from playbook.screens.finding.past import show_audit

        show_audit(self)

    def action_act(self, what: str) -> None:
        """Propose that the card on the screen be verified, retired, renamed or deleted."""
        acts.propose(self, acts.card_on(self.screen), what)

    def on_session_ready(self, message: SessionReady) -> None:
        """The library moved: the screens above the first hear of it too."""
        self.tell_screens()

    def on_sync_changed(self, message: SyncChanged) -> None:
        """What was fetched or sent may have changed a proposal."""
        if message.word != "syncing":
            self.tell_screens()

    def tell_screens(self) -> None:
        """Have every screen that shows proposals look again."""
        for screen in self.screen_stack:
            if isinstance(screen, FollowingScreen):
                screen.library_moved()

    def action_keys(self) -> None:
        """Show every key."""
        from playbook.screens.keys import KeysScreen

        if not isinstance(self.screen, KeysScreen):
            self.push_screen(KeysScreen())

    def action_libraries(self) -> None:
        """Choose among the libraries opened here, or open another."""
        from playbook.screens.welcome import WelcomeScreen

        if not isinstance(self.screen, WelcomeScreen):
            self.push_screen(WelcomeScreen(first=False))

    def action_sync(self) -> None:
        """Fetch now."""
        self.desk.sync_now()

    def action_next_theme(self) -> None:
        """Dark to light and back."""
        self.theme = theme.LIGHT.name if self.current_theme.dark else theme.DARK.name

    def on_unmount(self) -> None:
        """What is on the screen has been seen; the background stops, and git with it."""
        from playbook.store.lifeline import end_all

        self.pen.finish()
        self.doer.close()
        self.desk.stop()
        end_all()


def run(wanted: str | None = None) -> int:
    """Run the app on a library (the last one when None) and give the exit code."""
    logfile.log_to_file()
    app = PlaybookApp(wanted)
    return app.run() or app.return_code or 0
