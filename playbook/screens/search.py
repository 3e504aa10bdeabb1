"""The search screen: type what the buyer said, read the line to say."""

from __future__ import annotations

import gc
import time
from typing import TYPE_CHECKING

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Key, Paste, Resize
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from playbook import keys
from playbook.finding.memory import recall, remember
from playbook.library.card import Card
from playbook.screens import desk
from playbook.screens.answering import WIDE, Answered, Layout, Previewed, Previews, answer, layout_for
from playbook.screens.asker import Asker, guarded
from playbook.screens.copying import CopyKey, clear_toasts
from playbook.screens.desk import desk_of
from playbook.screens.status import chips, header, note
from playbook.widgets.preview_pane import Preview, PreviewPane
from playbook.widgets.result_list import ResultList

if TYPE_CHECKING:
    from playbook.finding.session import Session

RESTED_SECONDS = 0.4
A_LITTLE, MUCH = 5_000, 50_000  # objects made and not dropped since the last collection
QUICK_MS = 12.0  # an answer made faster than this is made at once, between the key and the paint


class QuestionBox(Input):
    """The box; the first key of all also dismisses the tour."""

    BINDINGS = keys.bindings("box")

    def on_key(self, event: Key) -> None:
        """Let the screen know that somebody is at the keys."""
        if isinstance(self.screen, SearchScreen):
            self.screen.end_tour()

    def watch_value(self) -> None:
        """Every keystroke is a question; asked here, before the letter is painted, both come in one paint."""
        if self.is_attached and isinstance(self.screen, SearchScreen):
            self.screen.question_changed()


class Results(ResultList):
    """The hits; with the focus here letters are commands."""

    BINDINGS = [*keys.bindings("list"), *keys.bindings("results")]


class Pane(PreviewPane):
    """The words to say; with the focus here the arrows scroll and letters are commands."""

    BINDINGS = [*keys.bindings("list"), *keys.bindings("pane")]


class SearchScreen(Screen[None]):
    """The first screen and the main one."""

    AUTO_FOCUS = "#box"
    BINDINGS = keys.bindings("search")
    TITLE = "Search"

    box = getters.query_one("#box", QuestionBox)
    results = getters.query_one("#results", Results)
    pane = getters.query_one("#pane", Pane)

    def __init__(self) -> None:
        super().__init__()
        self.asker = Asker()
        self.previews = Previews()
        self.copy_key = CopyKey("copy")
        self.asked = 0
        self.answered = 0
        self.answer_ms = QUICK_MS
        self.shown: Answered | None = None
        self.showing = ""
        self.touring = not recall().get("tour_done")
        self.failure = ""
        self.nothing_open = False
        self.typed_at = 0.0

    def compose(self) -> ComposeResult:
        """Only what the first paint needs: no Markdown widget, no table, no editor."""
        yield Static(id="header", markup=False)
        yield QuestionBox(placeholder="What did the buyer just say?", id="box", select_on_focus=False)
        yield Static(id="chips", markup=False)
        with Horizontal(id="body"):
            yield Results(id="results")
            yield Pane(id="pane")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Say where we are until the library is there."""
        self.box.cursor_blink = False
        self.fit()
        self.show_header()
        self.show_note()
        self.set_interval(0.25, self.tidy)

    def tidy(self) -> None:
        """Collect what typing left behind once the keys have rested, or when somebody who never rests has left much."""
        left = gc.get_count()[0]
        rested = time.monotonic() - self.typed_at > RESTED_SECONDS
        if left > (A_LITTLE if rested else MUCH):
            gc.collect()

    def on_unmount(self) -> None:
        """The thread that answers ends with the screen, and the collector is the process's own again."""
        self.asker.close()
        gc.enable()

    # What the desk says

    @on(desk.SessionReady)
    def library_is_open(self, message: desk.SessionReady) -> None:
        """A library, or a newer commit of it: ask the standing question again."""
        desk_of(self).session = message.session
        self.failure = ""
        self.nothing_open = False
        self.previews.kept.clear()
        self.show_header()
        self.ask()
        self.call_after_refresh(desk.spare_the_typist)

    def on_nothing_opened(self) -> None:
        """There is no library yet: offer the demonstration."""
        self.nothing_open = True
        self.show_header()
        self.show_note()
        from playbook.screens.welcome import WelcomeScreen

        self.app.push_screen(WelcomeScreen(first=True))

    def on_opening_failed(self, message: desk.OpeningFailed) -> None:
        """The library cannot be read: say so where the answer would stand."""
        self.failure = message.reason
        self.show_header()
        self.show_note()

    def on_progress(self, message: desk.Progress) -> None:
        """Something long goes on behind."""
        desk_of(self).progress = message
        self.show_header()

    def on_sync_changed(self, message: desk.SyncChanged) -> None:
        """How the library stands to its hub; only who asked is told more than a word."""
        desk_of(self).sync_word = message.word
        self.show_header()
        if message.asked:
            self.app.notify(message.sentence, markup=False)

    def on_news_ready(self, message: desk.NewsReady) -> None:
        """How much is new since the last look."""
        desk_of(self).news = message.news
        self.show_header()

    # Asking

    def layout_now(self) -> Layout:
        """The room there is, from the terminal's size, so that it is known before the first layout."""
        return layout_for(*self.app.size)

    def fit(self) -> None:
        """On a narrow screen the list leaves the words to say their room: so many rows, and the rule below them."""
        self.results.styles.max_height = None if self.app.size.width >= WIDE else self.layout_now().rows + 1

    def ask(self) -> None:
        """Put the question in the box to the library; an older one that still waits is dropped."""
        session = desk_of(self).session
        if session is None:
            return
        self.asked += 1
        number, question, layout = self.asked, self.box.value, self.layout_now()
        if self.answer_ms < QUICK_MS and self.answered == number - 1:
            # Answered within a frame: then the letter and its answer are painted together, once.
            with self.app.batch_update():
                guarded("question", lambda: self.on_answered(self.timed_answer(session, number, question, layout)))
            return

        def job() -> None:
            self.post_message(self.timed_answer(session, number, question, layout))

        self.asker.ask("question", job)

    def timed_answer(self, session: Session, number: int, question: str, layout: Layout) -> Answered:
        """The answer, and a running mean of how long answers take here."""
        # The thread's own time: what it waits for others says nothing of how long an answer takes.
        started = time.thread_time()
        made = answer(session, number, question, layout, self.previews)
        self.answer_ms += ((time.thread_time() - started) * 1000 - self.answer_ms) * 0.3
        return made

    def question_changed(self) -> None:
        """Every keystroke is a question, and what was said of the last one is over."""
        self.typed_at = time.monotonic()
        clear_toasts(self.app)
        self.ask()

    def on_answered(self, message: Answered) -> None:
        """Paint the answer unless a newer one stands already."""
        self.answered = max(self.answered, message.number)
        if self.shown is not None and message.number < self.shown.number:
            return
        # Who has moved in the list keeps their place when the library moves; who has not sees the best answer.
        moved = bool(self.results.highlighted) and self.shown is not None and self.shown.question == message.question
        kept = self.showing if moved else ""
        self.shown = message
        self.show_chips()
        at = next((at for at, card in enumerate(message.cards) if card.id == kept), 0)
        self.results.set_rows(message.rows, at)
        self.set_class(not message.rows, "-nothing")
        if at == 0 and message.first is not None:
            self.paint_preview(message.cards[0], message.first)
        elif not message.rows:
            self.showing = ""
            self.show_note()

    @on(ResultList.Highlighted)
    def follow_highlight(self) -> None:
        """The preview follows the list, but is not painted twice for one card."""
        card = self.chosen()
        if card is None or card.id == self.showing:
            return
        clear_toasts(self.app)
        session, layout = desk_of(self).session, self.layout_now()
        if session is None:
            return

        def job() -> None:
            self.post_message(Previewed(card.id, self.previews.of(session, card, layout)))

        self.asker.ask("preview", job)

    def on_previewed(self, message: Previewed) -> None:
        """Show a preview when its card is still the chosen one."""
        card = self.chosen()
        if card is not None and card.id == message.card_id:
            self.paint_preview(card, message.made)

    def paint_preview(self, card: Card, made: Preview) -> None:
        """Put a card's preview on the screen, from its top."""
        self.touring = False
        self.showing = card.id
        self.pane.show(made, self.shown.words if self.shown else ())

    def chosen(self) -> Card | None:
        """The card under the highlight."""
        at = self.results.highlighted
        if self.shown is None or at is None or at >= len(self.shown.cards):
            return None
        return self.shown.cards[at]

    # What is shown around the answer

    def show_header(self) -> None:
        """The line on top: library, cards, news, the hub, and what goes on behind."""
        self.query_one("#header", Static).update(
            header(desk_of(self), self.app.size.width, self.failure or self.nothing_open), layout=False
        )

    def show_chips(self) -> None:
        """The filters in force, count and time."""
        if self.shown is not None:
            self.query_one("#chips", Static).update(
                chips(self.shown, self.app.size.width, commanding=self.focused in (self.results, self.pane)),
                layout=False,
            )

    def on_descendant_focus(self) -> None:
        """Whether letters type or command shows above the list."""
        self.show_chips()

    def show_note(self) -> None:
        """What stands in the preview when no card does."""
        said = note(self.shown, self.failure, nothing_open=self.nothing_open, touring=self.touring)
        if said is not None:
            self.pane.note(said)

    def end_tour(self) -> None:
        """The tour is over, for good."""
        if not recall().get("tour_done"):
            remember(tour_done=True)
        self.touring = False

    # Keys

    def on_key(self, event: Key) -> None:
        """A letter that is no command belongs to a question, wherever the focus is; so does one that came with it."""
        # What the box takes never comes up here, so with the focus there it was pressed while the focus was moving.
        command = self.focused is not self.box and event.key in self.active_bindings
        if event.is_printable and event.character and not command:
            event.stop()
            self.to_question(event.character)

    def on_paste(self, event: Paste) -> None:
        """What is pasted beside the box goes into it, as far as its first line."""
        event.stop()
        self.to_question("".join(event.text.splitlines()[:1]))

    def to_question(self, text: str) -> None:
        """Go on with the question in the box."""
        self.end_tour()
        self.set_focus(self.box)
        self.box.cursor_position = len(self.box.value)
        self.box.insert_text_at_cursor(text)

    def on_screen_suspend(self) -> None:
        """Another screen opens: what was said here is not said of it."""
        clear_toasts(self.app)

    @on(ResultList.Chosen)
    def action_open(self) -> None:
        """Read the whole of the chosen card."""
        card, session = self.chosen(), desk_of(self).session
        if card is not None and session is not None:
            from playbook.screens.read import ReadScreen

            self.app.push_screen(ReadScreen(session, card, self.shown.words if self.shown else ()))

    def action_copy(self) -> None:
        """Copy the words to say."""
        self.copy_key.press(self.app, self.chosen())

    def action_narrow(self) -> None:
        """Choose filters from a list; they are typed into the box for you."""
        session = desk_of(self).session
        if session is not None:
            from playbook.screens.narrow import NarrowScreen

            self.app.push_screen(NarrowScreen(session, self.box.value), self.narrowed)

    def narrowed(self, question: str | None) -> None:
        """Take over the question with its new filters; the focus stays where it was."""
        if question is not None:
            self.box.value = question
            self.box.cursor_position = len(question)

    def action_clear_filters(self) -> None:
        """Keep the words and drop the filters."""
        from playbook.screens.narrow import without_filters

        self.narrowed(without_filters(self.box.value))

    def action_back(self) -> None:
        """Clear the box; when it is empty leave it for the list; from the list return."""
        if self.focused is not self.box:
            self.box.focus()
        elif self.box.value:
            self.box.value = ""
        else:
            self.results.focus()

    def action_to_box(self) -> None:
        """Back to typing."""
        self.box.focus()

    def action_next_result(self) -> None:
        """One down, without leaving the box."""
        self.results.action_move(1)

    def action_previous_result(self) -> None:
        """One up, without leaving the box."""
        self.results.action_move(-1)

    def action_page(self, by: int) -> None:
        """A page of results."""
        self.results.action_move_page(by)

    def action_scroll_preview(self, by: int) -> None:
        """Scroll the preview without leaving the box."""
        self.pane.scroll_lines(3 * by)

    def on_resize(self, event: Resize) -> None:
        """Rows and preview are laid out for the room they stand in."""
        self.fit()
        self.show_header()
        if self.shown is not None:
            self.showing = ""
            self.ask()

    @property
    def palette_commands(self) -> list[tuple[str, str, object]]:
        """What the palette offers here beyond the app's own."""
        return [
            ("Copy words", "Copy the words to say of the chosen card", self.action_copy),
            ("Open", "Read the whole card or page", self.action_open),
            ("Narrow", "Narrow by kind, stage, persona, competitor ...", self.action_narrow),
            ("Drop filters", "Keep the words, drop every filter", self.action_clear_filters),
        ]
