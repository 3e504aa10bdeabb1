"""What the editor asks: whether to go on with a draft, and why the change is wanted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual import getters, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widgets import Input, Static

from playbook import clock
from playbook.screens.dialog import Dialog
from playbook.text.safe import one_line
from playbook.widgets.box import Box
from playbook.widgets.line import Line, assembled
from playbook.widgets.preview_pane import Preview, PreviewPane

if TYPE_CHECKING:
    from playbook.review.drafts import Draft

DIM = "$foreground 70%"


def began(draft: Draft, timezone: str) -> str:
    """When a draft was saved last, as one says it."""
    when = datetime.fromtimestamp(draft.when, UTC).astimezone(clock.zone(timezone))
    today = clock.today(timezone)
    if when.date() == today:
        return f"today at {when:%H:%M}"
    return f"on {when.day} {when:%b}" + (f" {when.year}" if when.year != today.year else "")


class DraftScreen(Dialog[str | None]):
    """Gives `on` to go on with the draft, `anew` to throw it away (its key asks for a second press), None to leave both
    as they are."""

    BINDINGS = [
        Binding("enter", "dismiss('on')", "Go on"),
        Binding("delete", "anew", "Anew"),
        Binding("escape,q", "dismiss(None)", "Back"),
    ]
    CSS = """
    DraftScreen .dialog { width: 100; height: auto; }
    DraftScreen #difference { height: 8; background: $surface; }
    """
    HINT = "Enter goes on with it, Delete starts anew, Esc leaves it for later"
    SURE = "Delete again throws these words away for good; Enter goes on with them, Esc leaves them for later"
    pane = getters.query_one("#difference", PreviewPane)

    def __init__(self, sentence: str, before: str, after: str) -> None:
        super().__init__()
        self.sentence = sentence
        self.before = before
        self.after = after
        self.warned = False

    def compose(self) -> ComposeResult:
        """What was begun, and what to do with it."""
        with Vertical(classes="dialog"):
            yield Static(self.sentence, classes="title", markup=False)
            yield PreviewPane(id="difference")
            yield Static(Content.styled(self.HINT, DIM), id="hint", markup=False)

    def on_mount(self) -> None:
        """Show what was written."""
        self.pane.focus()
        self.find_difference()

    @work(thread=True, exclusive=True)
    def find_difference(self) -> None:
        """A long text takes a while."""
        from playbook.widgets.changes import inline_lines

        lines = inline_lines(self.before, self.after, max(min(self.app.size.width * 96 // 100, 100) - 8, 20), 0)
        self.app.call_from_thread(self.show_lines, lines)

    def show_lines(self, lines: list[Line]) -> None:
        """Paint them."""
        if self.is_mounted:
            self.pane.show(Preview(lines, 0, len(lines)), ())

    def action_anew(self) -> None:
        """Throw the draft away, once that was asked for twice."""
        if self.warned:
            self.dismiss("anew")
            return
        self.warned = True
        self.query_one("#hint", Static).update(Content.styled(self.SURE, "$text-warning bold"))


class Compared(Message):
    """The change, rendered."""

    def __init__(self, lines: list[Line]) -> None:
        super().__init__()
        self.lines = lines


class WhyScreen(Dialog[str | None]):
    """The change word by word, and a line for why; gives the line, None when its person goes back."""

    BINDINGS = [
        Binding("enter", "send", "Propose", priority=True),
        Binding("escape", "dismiss(None)", "Back"),
        Binding("down", "scroll(1)", "Down"),
        Binding("up", "scroll(-1)", "Up"),
        Binding("pagedown", "page(1)", "Page down"),
        Binding("pageup", "page(-1)", "Page up"),
    ]
    AUTO_FOCUS = "#why"
    CSS = """
    WhyScreen .dialog { width: 110; height: 90%; border: round $accent; }
    WhyScreen #change { height: 1fr; background: $surface; }
    WhyScreen #why { height: 1; border: none; padding: 0 1; background: $primary 25%; }
    WhyScreen .hint { color: $foreground 70%; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    pane = getters.query_one("#change", PreviewPane)
    line = getters.query_one("#why", Input)

    def __init__(self, title: str, before: str, after: str, why: str, does: str) -> None:
        super().__init__()
        self.heading = title
        self.before = before
        self.after = after
        self.begun = why
        self.does = does

    def compose(self) -> ComposeResult:
        """The change over the line."""
        with Vertical(classes="dialog"):
            yield Static(one_line(self.heading, 200), classes="title", markup=False)
            yield PreviewPane(id="change")
            yield Box(
                self.begun,
                id="why",
                placeholder="Why? May stay empty; whoever approves it then says it",
                select_on_focus=False,
            )
            yield Static(
                f"Enter {self.does}, Up and Down scroll, Esc goes back to the text", classes="hint", markup=False
            )

    def on_mount(self) -> None:
        """Find the difference behind the screen."""
        self.line.cursor_blink = False
        self.pane.can_focus = False
        self.call_after_refresh(self.compare)

    def on_resize(self, event: Resize) -> None:
        """Lay it out anew."""
        self.call_after_refresh(self.compare)

    @work(thread=True, exclusive=True)
    def compare(self) -> None:
        """A long text takes a while."""
        from playbook.text.worddiff import summary
        from playbook.widgets.changes import inline_lines

        width = max(self.pane.inner_width, 20)
        head = assembled([(summary(self.before, self.after), DIM)])
        self.post_message(Compared([head, Line(""), *inline_lines(self.before, self.after, width, 1)]))

    def on_compared(self, message: Compared) -> None:
        """Show it."""
        self.pane.show(Preview(message.lines, 0, len(message.lines)), ())

    def action_scroll(self, by: int) -> None:
        """Some lines of the change."""
        self.pane.action_scroll(by)

    def action_page(self, by: int) -> None:
        """A page of the change."""
        self.pane.action_page(by)

    def action_send(self) -> None:
        """Give the line."""
        self.dismiss(self.line.value.strip())
