"""Nothing opened yet, or another library wanted: the demonstration, one of those opened here, a path, or a URL."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from playbook.errors import Cancelled, PlaybookError
from playbook.screens.desk import desk_of
from playbook.screens.dialog import Dialog
from playbook.screens.status import bar
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

log = logging.getLogger(__name__)


class Choices(OptionList, can_focus=False):
    """Moved by the arrows while the box keeps the focus, so that what is typed always goes somewhere."""


class WelcomeScreen(Dialog[None]):
    """A list over a box; opening shows its progress and Escape stops it without leaving anything half-made."""

    BINDINGS = [
        Binding("escape", "stop", "Back"),
        Binding("down", "move(1)", "Down", show=False),
        Binding("up", "move(-1)", "Up", show=False),
    ]
    AUTO_FOCUS = "#target"
    CSS = """
    WelcomeScreen OptionList {
        height: auto; max-height: 10; margin-bottom: 1; text-wrap: nowrap; text-overflow: ellipsis;
    }
    WelcomeScreen #target { height: 3; border: tall $accent; }
    WelcomeScreen #said { height: auto; }
    """
    choices = getters.query_one(OptionList)

    def __init__(self, *, first: bool) -> None:
        super().__init__()
        self.first = first
        self.known: list[Library] = []
        self.stopping: threading.Event | None = None

    def compose(self) -> ComposeResult:
        """What can be opened at once, and a box for anything else."""
        with Vertical(classes="dialog"):
            yield Static("No library is open yet" if self.first else "Libraries", classes="title", markup=False)
            yield Choices(markup=False, compact=True)
            yield Input(placeholder="or type a path or URL of a git repository of Markdown", id="target")
            yield Static(id="said", markup=False)

    def on_mount(self) -> None:
        """List what was opened here before."""
        from playbook.store.managed import libraries

        self.query_one("#target", Input).cursor_blink = False
        try:
            self.known = libraries()
        except PlaybookError as error:
            self.say(Content.styled(str(error), "$text-error"))
        session = desk_of(self).session
        opened = session.library.name if session is not None else ""
        options = [
            Option(
                Content.assemble(
                    "* " if library.name == opened else "  ",
                    (library.name, "bold"),
                    (" (open)" if library.name == opened else "", "$text-accent"),
                    f"  {one_line(library.shown_target, 90)}",
                )
            )
            for library in self.known
        ]
        if not any(library.name == "demo" for library in self.known):
            options.append(
                Option(
                    Content.assemble(("  Demonstration", "bold"), "  a made-up company's library, to try everything on")
                )
            )
        self.choices.set_options(options)
        self.choices.highlighted = next((at for at, library in enumerate(self.known) if library.name == opened), 0)
        self.say(Content.styled("Enter opens what is marked, or what you typed; Esc goes back", "$foreground 70%"))

    def say(self, content: Content) -> None:
        """One line under the box."""
        self.query_one("#said", Static).update(content)

    def action_move(self, by: int) -> None:
        """Move in the list while the box has the focus."""
        count = self.choices.option_count
        if count:
            self.choices.highlighted = ((self.choices.highlighted or 0) + by) % count

    @on(Input.Submitted, "#target")
    @on(OptionList.OptionSelected)
    def chosen(self) -> None:
        """Open what was typed, else what is marked."""
        if self.stopping is not None:
            return
        target = self.query_one("#target", Input).value.strip()
        at = self.choices.highlighted or 0
        if target:
            self.open_target(target, None)
        elif at < len(self.known):
            self.open_target("", self.known[at])
        else:
            self.open_target("", None)

    @work(thread=True, exclusive=True)
    def open_target(self, target: str, library: Library | None) -> None:
        """Open a path or URL, a library known here, or (neither) the demonstration."""
        stopping = self.stopping = threading.Event()
        where = one_line(target, 60) or (library.name if library else "the demonstration")
        self.app.call_from_thread(self.say, Content(f"Opening {where} …   Esc stops"))

        def progress(what: str, done: int, total: int) -> None:
            if stopping.is_set():
                raise Cancelled("stopped")
            self.app.call_from_thread(self.say, Content(f"{what} {bar(done, total)}   Esc stops"))

        try:
            if library is not None:
                from playbook.store.managed import mark_opened

                mark_opened(library)
            elif target:
                from playbook.store.managed import open_library

                library = open_library(target, progress=progress, cancelled=stopping.is_set)
            else:
                from playbook.demo.hub import build_demo

                library = build_demo(progress)
        except Cancelled:
            self.app.call_from_thread(self.say, Content("Stopped; nothing was left behind"))
        except PlaybookError as error:
            self.app.call_from_thread(self.say, Content.styled(str(error), "$text-error"))
        except Exception:
            # The edge of the worker: the person gets a sentence, the log the rest.
            log.exception("opening %r failed", target)
            self.app.call_from_thread(
                self.say, Content.styled("That failed; the log file has the details", "$text-error")
            )
        else:
            self.app.call_from_thread(self.opened, library)
        finally:
            self.stopping = None

    def opened(self, library: Library) -> None:
        """Go to search in the library."""
        desk_of(self).stop()
        desk_of(self).session = None
        desk_of(self).start(library)
        self.dismiss()

    def action_stop(self) -> None:
        """Stop what is being opened, else go back."""
        if self.stopping is not None:
            self.stopping.set()
        else:
            self.dismiss()
