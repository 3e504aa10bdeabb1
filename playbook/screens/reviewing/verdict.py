"""The panels a decision is made in: words to be said with it, or a choice among a few; nothing typed in them is lost."""

from __future__ import annotations

from collections.abc import Sequence

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.message import Message
from textual.widgets import OptionList, Static, TextArea
from textual.widgets.option_list import Option

from playbook.screens.dialog import Dialog
from playbook.screens.doing import doer_of
from playbook.text.safe import one_line

SENDS = "Enter sends, Ctrl+J begins a new line, Esc keeps the words and goes back"


class Words(TextArea):
    """Words of one line or several: Enter sends them."""

    class Sent(Message):
        """Enter was pressed."""

    seen_at = float("inf")
    """When the panel was painted: what was pressed before that was not meant for these words."""

    async def _on_key(self, event: Key) -> None:
        if event.time < self.seen_at:
            event.stop()
            event.prevent_default()
        elif event.key == "enter":
            event.stop()
            event.prevent_default()
            if self.app.focused is self:
                self.post_message(self.Sent())
        elif event.key in {"ctrl+j", "shift+enter"}:
            event.stop()
            event.prevent_default()
            self.insert("\n")
        else:
            await super()._on_key(event)


class WordsScreen(Dialog[str | None]):
    """Asks for words; gives them, or None when its person went back: then they are kept for the next time.

    `kept` is the name they are kept under; `needed` the sentence that refuses an empty answer ("" where one will do);
    `does` what Enter comes to, which stays in sight however much there is to read above.
    """

    BINDINGS = [Binding("escape", "leave", "Back", priority=True)]
    AUTO_FOCUS = "#words"
    CSS = """
    WordsScreen .dialog { height: auto; }
    WordsScreen #about { height: auto; max-height: 12; }
    WordsScreen #about Static { height: auto; }
    WordsScreen #does { height: auto; max-height: 2; }
    WordsScreen #words { height: auto; min-height: 3; max-height: 8; border: tall $accent; padding: 0; }
    WordsScreen #refused { height: auto; color: $text-warning; display: none; }
    WordsScreen .hint { color: $foreground 70%; height: auto; }
    WordsScreen.-short #about { max-height: 5; }
    WordsScreen.-short #words { max-height: 4; }
    WordsScreen.-tiny #words { min-height: 1; max-height: 2; border: none; background: $primary 20%; }
    WordsScreen.-tiny #about { max-height: 3; }
    WordsScreen.-tiny .hint { display: none; }
    """
    words = getters.query_one("#words", Words)

    def __init__(
        self,
        title: str,
        about: Sequence[Content | str] = (),
        *,
        kept: str,
        needed: str = "",
        begin: str = "",
        hint: str = SENDS,
        does: Content | str = "",
    ) -> None:
        super().__init__()
        self.said = title
        self.about = about
        self.kept = kept
        self.needed = needed
        self.begin = begin
        self.hint = hint
        self.does = does

    def compose(self) -> ComposeResult:
        """What it is about over the words."""
        with Vertical(classes="dialog"):
            yield Static(one_line(self.said, 200), classes="title", markup=False)
            if self.about:
                with VerticalScroll(id="about", can_focus=False):
                    for part in self.about:
                        yield Static(part, markup=False)
            if self.does:
                yield Static(self.does, id="does", markup=False)
            yield Words(doer_of(self).typed.get(self.kept, self.begin), id="words", compact=False, soft_wrap=True)
            yield Static(self.needed, id="refused", markup=False)
            yield Static(self.hint, classes="hint", markup=False)

    def on_mount(self) -> None:
        """Go on behind what was typed before."""
        self.words.cursor_blink = False
        self.words.move_cursor(self.words.document.end)
        self.call_after_refresh(self.is_seen)

    def is_seen(self) -> None:
        """From here on letters count; the clock is that of the keys."""
        self.words.seen_at = Message().time

    @on(Words.Sent)
    def send(self) -> None:
        """Give the words, unless they are needed and there are none."""
        text = self.words.text.strip()
        if not text and self.needed:
            self.query_one("#refused").display = True
            return
        self.keep()
        self.dismiss(text)

    def action_leave(self) -> None:
        """Back, with the words kept."""
        self.keep()
        self.dismiss(None)

    def keep(self) -> None:
        """Until they are safe somewhere else."""
        if self.words.text.strip() and self.words.text != self.begin:
            doer_of(self).typed[self.kept] = self.words.text
        else:
            doer_of(self).typed.pop(self.kept, None)


class ChoiceScreen(Dialog[list[int] | None]):
    """Asks for some of a few things (Space marks), or with `one` for one of them; gives their numbers, or None."""

    BINDINGS = [
        Binding("escape,q", "dismiss(None)", "Back"),
        Binding("space", "mark", "Mark"),
        Binding("j", "move(1)", "Down"),
        Binding("k", "move(-1)", "Up"),
    ]
    AUTO_FOCUS = "#choices"
    CSS = """
    ChoiceScreen OptionList { height: auto; max-height: 16; text-wrap: nowrap; text-overflow: ellipsis; }
    ChoiceScreen .hint { color: $foreground 70%; height: auto; }
    """
    choices = getters.query_one("#choices", OptionList)

    def __init__(self, title: str, things: Sequence[str], *, one: bool = False) -> None:
        super().__init__()
        self.said = title
        self.things = things
        self.one = one
        self.marked: set[int] = set()

    def compose(self) -> ComposeResult:
        """A list over a hint."""
        with Vertical(classes="dialog"):
            yield Static(one_line(self.said, 200), classes="title", markup=False)
            yield OptionList(*self.rows(), id="choices", markup=False, compact=True)
            hint = (
                "Enter chooses, Esc goes back"
                if self.one
                else "Space marks, Enter takes the marked ones, Esc goes back"
            )
            yield Static(hint, classes="hint", markup=False)

    def rows(self) -> list[Option]:
        """Each on one line, with its mark."""
        marks = ["" if self.one else f"[{'x' if at in self.marked else ' '}] " for at in range(len(self.things))]
        return [Option(Content(f"{mark}{thing}")) for mark, thing in zip(marks, self.things, strict=True)]

    def action_move(self, by: int) -> None:
        """Up and down as elsewhere."""
        if by > 0:
            self.choices.action_cursor_down()
        else:
            self.choices.action_cursor_up()

    def action_mark(self) -> None:
        """Mark it, or take the mark away."""
        at = self.choices.highlighted
        if at is None or self.one:
            return
        self.marked ^= {at}
        self.choices.set_options(self.rows())
        self.choices.highlighted = at

    @on(OptionList.OptionSelected, "#choices")
    def chosen(self, event: OptionList.OptionSelected) -> None:
        """Give them."""
        if self.one:
            self.dismiss([event.option_index])
        elif self.marked:
            self.dismiss(sorted(self.marked))
