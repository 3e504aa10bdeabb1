"""The search screen: type what the buyer said, read the line to say."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Key, Paste, Resize
from textual.widgets import Footer, Static

from playbook import keys
from playbook.errors import UsageError
from playbook.screens import desk
from playbook.screens.copying import CopyKey, clear_toasts
from playbook.screens.desk import desk_of
from playbook.screens.finding import call
from playbook.screens.finding.asking import AskingScreen, Pane, QuestionBox, Results
from playbook.screens.finding.favourites import read_alt_digits
from playbook.screens.status import header
from playbook.text.safe import one_line
from playbook.widgets.result_list import ResultList

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.library.card import Card
    from playbook.screens.finding.narrow import Narrowed

RESTED_SECONDS = 0.4
A_LITTLE, MUCH = 5_000, 50_000  # objects made and not dropped since the last collection


class SearchScreen(AskingScreen):
    """The first screen and the main one."""

    AUTO_FOCUS = "#box"
    BINDINGS = keys.bindings("search")
    TITLE = "Search"

    def __init__(self) -> None:
        super().__init__()
        read_alt_digits()
        self.copy_key = CopyKey("copy")

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
        before = desk_of(self).session
        if before is not None and before.library.name != message.session.library.name:
            self.call.clear()
        desk_of(self).session = message.session
        self.failure = ""
        self.nothing_open = False
        self.previews.kept.clear()
        self.show_header()
        self.ask()
        if self.pinning and not message.session.partial:
            self.action_pin_context()
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

    def show_header(self) -> None:
        """The line on top: library, cards, news, the hub, and what goes on behind."""
        self.query_one("#header", Static).update(
            header(desk_of(self), self.app.size.width, self.failure or self.nothing_open), layout=False
        )

    # Keys

    def on_key(self, event: Key) -> None:
        """A letter that is no command belongs to a question, wherever the focus is; so does one that came with it."""
        # What the box takes never comes up here, so with the focus there it was pressed while the focus was moving.
        command = self.focused is not self.box and event.key in self.active_bindings
        if event.is_printable and event.character and not command and self.app.screen is self:
            event.stop().prevent_default()
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
        """Another screen opens: what was said here is not said of it, and what was to open next is not wanted any more."""
        clear_toasts(self.app)
        self.opening = ""

    @on(ResultList.Chosen)
    def action_open(self) -> None:
        """Read the whole of the chosen card; while its answer is still to come, of the first that comes."""
        if self.box.value and self.behind:
            self.opening = self.box.value
        else:
            self.read(self.chosen())

    def read(self, card: Card | None) -> None:
        """Read the whole of the card."""
        session = desk_of(self).session
        if card is not None and session is not None:
            from playbook.screens.finding.read import ReadScreen

            self.app.push_screen(ReadScreen(session, card, self.shown.words if self.shown else ()))

    def action_copy(self) -> None:
        """Copy the words to say; never those of the question before."""
        if self.behind:
            self.say("The answer to these words is on its way; press again", warning=True)
        else:
            self.copy_key.press(self.app, self.chosen())

    def action_narrow(self) -> None:
        """Choose filters from a list; they are typed into the box for you."""
        session = desk_of(self).session
        if session is not None and session.partial:
            self.say("The library is still being read; narrow in a moment, or type the filters", warning=True)
        elif session is not None:
            from playbook.screens.finding.narrow import NarrowScreen

            self.app.push_screen(NarrowScreen(session, self.box.value), self.narrowed)

    def narrowed(self, chosen: Narrowed | None) -> None:
        """Take over what was chosen; the focus stays where it was."""
        if chosen is None:
            return
        if chosen.pinned is not None:
            facet, value = chosen.pinned
            self.pin({facet: [value]})
        else:
            self.put(chosen.question)

    def put(self, question: str) -> None:
        """Another question in the box."""
        self.box.value = question
        self.box.cursor_position = len(question)

    def action_clear_filters(self) -> None:
        """Keep the words and drop the filters."""
        from playbook.screens.finding.narrow import without_filters

        self.put(without_filters(self.box.value))

    def action_pin_context(self) -> None:
        """Pin the filters of the question for this call; without any, the call is over."""
        found, session = call.filters_in(self.box.value), desk_of(self).session
        self.pinning = bool(found) and (session is None or session.partial)
        if self.pinning:
            self.say("The library is still being read; the filters are pinned as soon as it is")
        elif found:
            self.pin(found)
        elif self.call.values:
            said = str(self.call)
            self.call.clear()
            self.ask()
            self.say(f"Not pinned any more: {one_line(said, 60)}")
        else:
            self.say(call.HOW.format(key=self.key_names["pin-context"]), warning=True)

    def pin(self, found: dict[str, list[str]]) -> None:
        """Pin the values for this call and ask the question without them; what names nothing stays as it was typed."""
        session = desk_of(self).session
        if session is None:
            return
        wrong, question = self.call.pin(session, found, self.box.value)
        if question == self.box.value:
            self.ask()
        else:
            self.put(question)
        if wrong:
            self.say(wrong, warning=True)
        else:
            self.say(f"Pinned for this call: {one_line(str(self.call), 60)}")

    def action_as_typed(self) -> None:
        """Search for the letters as they were typed, or with errors forgiven again."""
        if self.shown is not None and (self.shown.corrected or not self.correcting):
            self.correcting = not self.correcting
            self.ask()
        else:
            self.say("Nothing was corrected; these are the words as typed")

    def action_explain(self) -> None:
        """Show or hide why the chosen card stands where it does, for every card from now on."""
        self.explaining = not self.explaining
        self.paint_again()

    def action_miss(self) -> None:
        """Note that the words should have found the chosen card first; a second time takes the note back."""
        from playbook.finding import misses

        card, session = self.chosen(), self.whole()
        if session is None:
            return
        if card is None:
            self.say("No card is chosen; choose the one that answers the words", warning=True)
            return
        try:
            first = self.shown.cards[0].id if self.shown is not None else ""
            self.say(misses.turn(session, self.box.value, card, self.call.values, first=first))
        except UsageError as error:
            self.say(str(error), warning=True)

    def card_to_change(self) -> Card | None:
        """The chosen card."""
        return self.chosen()

    def question_asked(self) -> str:
        """What stands in the box, without filters."""
        from playbook.screens.finding.narrow import without_filters

        return without_filters(self.box.value).strip()

    def action_favourite(self) -> None:
        """Make the chosen card a favourite, or no favourite any more."""
        self.with_favourites(self.favourites.toggle)

    def action_move_favourite(self, by: int) -> None:
        """The chosen favourite up or down among the person's own."""
        self.with_favourites(lambda session, card: self.favourites.move(session, card, by))

    def with_favourites(self, change: Callable[[Session, Card], tuple[str, bool]]) -> None:
        """Change the favourites by the chosen card, show them anew where they stand, and say what was done."""
        card, session = self.chosen(), self.whole()
        if session is None:
            return
        if card is None:
            self.say("No card is chosen", warning=True)
            return
        sentence, changed = change(session, card)
        if changed and self.shown is not None and self.shown.heading:
            self.follow = card.id
            self.ask()
        self.say(sentence, warning=not changed)

    def action_show_favourite(self, number: int, anywhere: bool) -> None:
        """Show the favourite of that number. In the list a digit belongs to a question that has begun, or begins one where
        there is no such favourite."""
        session = self.whole()
        if session is None:
            return
        own = self.favourites.of(session).own
        if not anywhere and (self.box.value or number > len(own)):
            self.to_question(keys.FAVOURITE_KEYS[number - 1][0])
        elif number > len(own):
            key = self.key_names["favourite"]
            self.say(f"There is no favourite {number} yet; {key} pins the chosen card", warning=True)
        else:
            self.end_tour()
            self.follow = own[number - 1].id
            if self.box.value:
                self.put_by = self.box.value
                self.box.value = ""
            else:
                self.ask()

    def whole(self) -> Session | None:
        """The session once every card is known; what is kept by a card's name must not rest on a part of them."""
        session = desk_of(self).session
        if session is not None and session.partial:
            self.say("The library is still being read; in a moment", warning=True)
            return None
        return session

    def say(self, sentence: str, *, warning: bool = False) -> None:
        """A toast, in place of those that stand there."""
        clear_toasts(self.app)
        self.app.notify(sentence, severity="warning" if warning else "information", markup=False)

    def action_back(self) -> None:
        """Clear the box; when it is empty leave it for the list; from the list return. What a favourite took the place of
        comes back."""
        if self.put_by:
            self.box.focus()
            self.put(self.put_by)
        elif self.focused is not self.box:
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
            ("Pin call", "Pin the filters for this call, or unpin them", self.action_pin_context),
            ("As typed", "Search as typed, without correcting", self.action_as_typed),
            ("Favourite", "Make the card your favourite, or no favourite", self.action_favourite),
            ("Favourite up", "Move the favourite up", lambda: self.action_move_favourite(-1)),
            ("Favourite down", "Move the favourite down", lambda: self.action_move_favourite(1)),
            ("Why", "Show or hide why the card stands where it does", self.action_explain),
            ("Should be this", "Note that the words should find this card first", self.action_miss),
            *self.changing_commands,
        ]
