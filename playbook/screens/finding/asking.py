"""Asking at every key, and painting the answer: the half of the search screen that no key of its own does."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING

from textual import getters, on
from textual.events import Key
from textual.widgets import Static

from playbook import keys
from playbook.finding.memory import recall, remember
from playbook.library.card import Card
from playbook.screens.copying import clear_toasts
from playbook.screens.desk import desk_of
from playbook.screens.finding.answering import WIDE, Answered, Layout, Previewed, Previews, answer, layout_for
from playbook.screens.finding.asker import Asker, guarded
from playbook.screens.finding.call import CallContext
from playbook.screens.finding.explaining import why
from playbook.screens.finding.favourites import Favourites
from playbook.screens.proposing.changing import ChangingScreen
from playbook.screens.status import chips, note
from playbook.widgets.box import Box
from playbook.widgets.preview_pane import Preview, PreviewPane
from playbook.widgets.result_list import ResultList

if TYPE_CHECKING:
    from playbook.finding.session import Session

QUICK_MS = 12.0  # an answer made faster than this is made at once, between the key and the paint


class QuestionBox(Box):
    """The box; the first key of all also dismisses the tour."""

    BINDINGS = keys.bindings("box")

    def on_key(self, event: Key) -> None:
        """Let the screen know that somebody is at the keys."""
        if isinstance(self.screen, AskingScreen):
            self.screen.end_tour()

    def enter(self) -> bool:
        """Open the card, unless a person gave that to another key."""
        screen = self.screen
        if not isinstance(screen, AskingScreen) or screen.key_names["open"] != keys.shown("enter"):
            return False
        screen.action_open()
        return True

    def watch_value(self) -> None:
        """Every keystroke is a question; asked here, before the letter is painted, both come in one paint."""
        if self.is_attached and isinstance(self.screen, AskingScreen):
            self.screen.question_changed()


class Results(ResultList):
    """The hits; with the focus here letters are commands."""

    BINDINGS = [*keys.bindings("list"), *keys.bindings("results")]


class Pane(PreviewPane):
    """The words to say; with the focus here the arrows scroll and letters are commands."""

    BINDINGS = [*keys.bindings("list"), *keys.bindings("pane")]


class AskingScreen(ChangingScreen):
    """A box, a list and a pane: what is typed is asked, and what is found is shown."""

    box = getters.query_one("#box", QuestionBox)
    results = getters.query_one("#results", Results)
    pane = getters.query_one("#pane", Pane)

    def __init__(self) -> None:
        super().__init__()
        self.asker = Asker()
        self.previews = Previews()
        self.favourites = Favourites()
        self.call = CallContext()
        self.marked_at = ""
        """The commit whose marks were read, or are being read."""
        self.asked = 0
        self.answered = 0
        self.answer_ms = QUICK_MS
        self.shown: Answered | None = None
        self.showing = ""
        self.follow = ""
        """The card that is to be highlighted in the next answer."""
        self.opening = ""
        """The question of which Enter wants the first card, once it is answered."""
        self.pinning = False
        """Whether F7 was pressed before there was a library to pin for."""
        self.put_by = ""
        """The question that a favourite took the place of; Esc brings it back."""
        self.correcting = True
        self.explaining = False
        self.toured = bool(recall().get("tour_done"))
        self.touring = not self.toured
        self.failure = ""
        self.nothing_open = False
        self.typed_at = 0.0

    @cached_property
    def key_names(self) -> dict[str, str]:
        """The keys as people write them, by id; read once, for they stand above every answer."""
        return keys.names()

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
        context, correct = self.call.values, self.correcting

        def made() -> Answered:
            return self.timed_answer(session, number, question, layout, context, correct)

        if self.answer_ms < QUICK_MS and self.answered == number - 1:
            # Answered within a frame: then the letter and its answer are painted together, once.
            with self.app.batch_update():
                guarded("question", lambda: self.on_answered(made()))
            return

        def job() -> None:
            self.post_message(made())

        self.asker.ask("question", job)

    def timed_answer(
        self,
        session: Session,
        number: int,
        question: str,
        layout: Layout,
        context: dict[str, list[str]],
        correct: bool,
    ) -> Answered:
        """The answer, and a running mean of how long answers take here."""
        # The thread's own time: what it waits for others says nothing of how long an answer takes.
        started = time.thread_time()
        made = answer(
            session, number, question, layout, self.previews, self.favourites, context=context, correct=correct
        )
        self.answer_ms += ((time.thread_time() - started) * 1000 - self.answer_ms) * 0.3
        return made

    def action_open(self) -> None:
        """Read the whole of the chosen card."""
        raise NotImplementedError

    def read(self, card: Card | None) -> None:
        """Read the whole of the card."""
        raise NotImplementedError

    def question_changed(self) -> None:
        """Every keystroke is a question, and what was said of the last one is over."""
        self.typed_at = time.monotonic()
        self.correcting = True
        self.opening = ""
        if self.box.value:
            self.put_by = ""
        clear_toasts(self.app)
        self.ask()

    def on_answered(self, message: Answered) -> None:
        """Paint the answer unless a newer one stands already."""
        self.answered = max(self.answered, message.number)
        if self.shown is not None and message.number < self.shown.number:
            return
        # Who has moved in the list keeps their place when the library moves; who has not sees the best answer.
        moved = bool(self.results.highlighted) and self.shown is not None and self.shown.question == message.question
        kept = self.follow or (self.showing if moved else "")
        if message.number == self.asked:
            self.follow = ""
        self.shown = message
        self.show_chips()
        at = next((at for at, card in enumerate(message.cards) if card.id == kept), 0)
        self.results.set_rows(message.rows, at)
        self.set_class(not message.rows, "-nothing")
        if at == 0 and message.first is not None:
            self.paint_preview(message.cards[0], message.first)
        elif self.explaining and at and message.cards[at].id == self.showing:
            # The same card may stand here for other reasons.
            self.paint_again()
        elif not message.rows:
            self.showing = ""
            self.show_note()
        self.read_marks()
        if self.opening and message.question == self.opening:
            self.opening = ""
            self.read(message.cards[0] if message.cards else None)

    def read_marks(self) -> None:
        """Once for each commit, beside the keys and after the first answer: which cards somebody forced or ruled on."""
        session = desk_of(self).session
        if session is None or session.partial or session.snapshot.commit == self.marked_at:
            return
        self.marked_at = session.snapshot.commit
        app = self.app

        def job() -> None:
            from playbook.screens.finding.marked import sentences

            # Told of on the screen's own thread; when it has gone by then, nobody is told.
            app.call_later(self.marks_are_here, sentences(session))

        self.run_worker(job, thread=True, group="marks", exclusive=True)

    def marks_are_here(self, marks: dict[str, str]) -> None:
        """The chosen card may have one."""
        self.previews.marks = marks
        # The list goes before its screen does.
        card = self.chosen() if self.query(ResultList) else None
        if card is not None and card.path in marks:
            self.paint_again()

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
        above = why(card, self.shown, self.layout_now()) if self.explaining else ()
        self.pane.show(made, self.shown.words if self.shown else (), above)

    def paint_again(self) -> None:
        """The preview of the chosen card, with or without why it stands there."""
        card, session = self.chosen(), desk_of(self).session
        if card is not None and session is not None:
            self.paint_preview(card, self.previews.of(session, card, self.layout_now()))

    @property
    def behind(self) -> bool:
        """Whether what is shown answers other words than those in the box."""
        return self.shown is None or self.shown.question != self.box.value

    def chosen(self) -> Card | None:
        """The card under the highlight."""
        at = self.results.highlighted
        if self.shown is None or at is None or at >= len(self.shown.cards):
            return None
        return self.shown.cards[at]

    # What is shown around the answer

    def show_chips(self) -> None:
        """The filters in force, count and time."""
        if self.shown is not None:
            commanding = self.focused in (self.results, self.pane)
            self.query_one("#chips", Static).update(
                chips(self.shown, self.app.size.width, self.key_names, commanding=commanding, put_by=self.put_by),
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
        if not self.toured:
            self.toured = True
            remember(tour_done=True)
        self.touring = False
