"""A panel over the call screen with a line to type words in: what is typed is kept, sent behind the screens, and told of."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key, Resize
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, Static

from playbook import keys
from playbook.errors import PlaybookError, UsageError
from playbook.review import drafts
from playbook.review.drafts import Draft
from playbook.review.proposal import Proposal
from playbook.screens.desk import Desk, desk_of
from playbook.screens.dialog import Dialog
from playbook.screens.pen import Rests, pen_of, then
from playbook.text.safe import display, one_line
from playbook.widgets.fitting import fitted

if TYPE_CHECKING:
    from textual.app import App

    from playbook.finding.session import Session

log = logging.getLogger(__name__)

DIM = "$foreground 70%"
SEEN_SECONDS = 0.6  # what is typed so soon after a letter that opened the panel was not meant for it, perhaps
FEW_WORDS, MANY_WORDS = 3, 8  # fewer than so many in place of so many are hardly an answer


@dataclass
class Found(Message):
    """What was read behind the panel: a draft from an earlier run, or the open proposals on the card."""

    draft: Draft | None = None
    others: tuple[Proposal, ...] | None = None


class WordsBox(Input):
    """A line in which what is bound to a key happens before the next key comes, as quickly as they come."""

    async def on_key(self, event: Key) -> None:
        """Letters are the line's own."""
        if isinstance(self.screen, WordsPanel):
            self.screen.notice(event)
        if self.app.focused is not self:
            self.app.post_message(Key(event.key, event.character))
        elif event.is_printable or not await pressed_on(self.screen, event):
            return
        event.stop()
        event.prevent_default()


async def pressed_on(screen: Screen[Any], event: Key) -> bool:
    """Do what the panel has bound to the key, at once; False when that is nothing."""
    action = screen.bound.get(event.key, "") if isinstance(screen, WordsPanel) else ""
    if action:
        await screen.app.run_action(action, screen)
    return bool(action)


def bound_keys() -> dict[str, str]:
    """By key what it does in the panel: the person's own keys where keys.toml has some."""
    try:
        own = keys.remapped()
    except UsageError:
        own = {}
    rows = (row for row in keys.keys_of("propose") if not row.action.startswith("app."))
    return {key: row.action for row in rows for key in own.get(row.id, row.keys).split(",")}


class WordsPanel(Dialog[None]):
    """A line to type the words to say in, and one below it for why; what is typed is kept, whatever happens."""

    CSS_PATH = "words_panel.tcss"
    BINDINGS = keys.bindings("propose")
    AUTO_FOCUS = "#words"
    they_propose = "on this card"

    def __init__(self, session: Session, draft_name: str, path: str) -> None:
        super().__init__()
        self.session = session
        self.draft_name = draft_name
        self.path = path
        self.others: tuple[Proposal, ...] = ()
        self.said = ""
        self.letter_at = 0.0
        """When the letter was pressed that opened the panel; 0 where it was no letter."""
        self.unseen = False
        """Whether something was typed before one can have seen the panel."""
        self.asked = ""
        """The words of which it was asked whether they are meant."""
        self.key_names = keys.names()
        self.bound = bound_keys()
        # Held here, for when the screen is left its text is still to be kept.
        self.words = WordsBox(id="words", select_on_focus=False)
        self.why = WordsBox(id="why", placeholder="Why? It may stay empty", select_on_focus=False)
        self.rests = Rests(self, self.keep)

    def fields(self) -> ComposeResult:
        """What stands above the line."""
        yield Static(id="shown", markup=False)

    def compose(self) -> ComposeResult:
        """Title, what is there, the lines, and what the keys do."""
        with Vertical(id="panel"):
            yield Static(id="title", markup=False)
            yield from self.fields()
            yield self.words
            yield self.why
            yield Static(id="others", markup=False)
            yield Static(id="hint", markup=False)

    def on_mount(self) -> None:
        """Go on with what was typed before."""
        for box in self.query(WordsBox):
            box.cursor_blink = False
        self.why.display = False
        pen = pen_of(self)
        known = pen.knows(self.session.library, self.draft_name)
        if known and (kept := pen.draft(self.session.library, self.draft_name)) is not None:
            self.go_on(kept)
        self.show()
        self.look_behind(read=not known)

    def on_unmount(self) -> None:
        """However it is left, what was typed is kept."""
        self.rests.flush()

    @work(thread=True, exclusive=True, group="behind")
    def look_behind(self, *, read: bool) -> None:
        """A draft that an earlier run left, and the proposals that are open on the same words."""
        library = self.session.library
        try:
            if read and (draft := drafts.load(library, self.draft_name)) is not None:
                self.post_message(Found(draft=draft))
            self.read_more()
            self.post_message(Found(others=self.open_beside()))
        except PlaybookError as error:
            log.warning("what is proposed already cannot be read: %s", error)

    def read_more(self) -> None:
        """What else is wanted of git, on the worker's thread."""

    def open_beside(self) -> tuple[Proposal, ...]:
        """The open proposals that one may want to join instead, on the worker's thread."""
        from playbook.screens.proposing.others import open_on

        return open_on(self.session.library, self.path, self.known_as())

    def known_as(self) -> tuple[str, ...]:
        """The names by which a proposal may speak of the card."""
        return ()

    def on_found(self, message: Found) -> None:
        """Show it."""
        if message.draft is not None:
            self.go_on(message.draft)
        if message.others is not None:
            self.they_are_open(message.others)
        self.show()

    def they_are_open(self, others: tuple[Proposal, ...]) -> None:
        """The open proposals are known now."""
        self.others = others

    def go_on(self, draft: Draft) -> None:
        """Put back what was typed; what has been typed since stays behind it."""
        self.words.value = " ".join(text for text in (display(draft.text), self.words.value) if text)
        self.why.value = self.why.value or display(draft.why)
        self.why.display = bool(self.why.value)
        self.words.cursor_position = len(self.words.value)

    def draft(self) -> Draft:
        """What is typed, to be kept."""
        return Draft(
            self.draft_name,
            self.path,
            self.words.value.strip(),
            self.session.snapshot.commit,
            kind="words",
            why=self.why.value.strip(),
        )

    def kept_words(self, draft: Draft) -> str:
        """The words to say of such a draft."""
        return draft.text

    def keep(self) -> None:
        """Have it kept; what was wiped out is forgotten."""
        draft, library = self.draft(), self.session.library
        if draft.text or draft.why:
            pen_of(self).keep(library, draft, then(self.app, self.kept))
        elif pen_of(self).draft(library, self.draft_name) is not None:
            pen_of(self).forget(library, self.draft_name)

    def kept(self, failed: str) -> None:
        """Only what goes wrong is said."""
        if failed and self.is_mounted:
            self.say(f"Not kept yet: {failed}")

    # Showing

    @property
    def room(self) -> int:
        """The cells of a line in the panel."""
        return max(self.app.size.width - 4, 16)

    @property
    def most_lines(self) -> int:
        """The lines that what is there may take, so that the call screen stays in sight."""
        return min(max(self.app.size.height // 4, 2), 8)

    def on_resize(self, event: Resize) -> None:
        """Lay it out anew."""
        self.show()

    @on(Input.Changed)
    def typed(self) -> None:
        """Show the change, and keep it soon."""
        # The letters before an Enter may be told of after it: what was asked then still stands.
        if self.words.value.strip() != self.asked:
            self.said = self.asked = ""
        self.rests.key()
        self.show()

    def show(self) -> None:
        """Paint what depends on what is typed."""
        if not self.query("#hint"):
            return
        self.put("#title", self.heading())
        count = len(self.others)
        self.query_one("#others").display = bool(count)
        reads = f"{count} open proposal{'s' if count > 1 else ''} {self.they_propose}"
        key = self.key_names["propose-others"]
        self.put(
            "#others", Content.assemble((reads, "$text-warning bold"), f"; {key} reads {'them' if count > 1 else 'it'}")
        )
        self.put(
            "#hint", Content.styled(self.said, "$text-error bold") if self.said else Content.styled(self.hint(), DIM)
        )

    def put(self, where: str, content: Content) -> None:
        """Update one line of the panel, cut to its width."""
        self.query_one(where, Static).update(fitted(content, self.room))

    def heading(self) -> Content:
        """What is being proposed."""
        raise NotImplementedError

    def hint(self) -> str:
        """What the keys do."""
        raise NotImplementedError

    def say(self, sentence: str) -> None:
        """Something is wrong: said where the keys stand, until the next letter."""
        self.said = one_line(sentence, 300)
        self.show()

    # Keys

    def lines(self) -> list[Widget]:
        """What has the focus in turn, from above."""
        return [self.words, self.why]

    async def on_key(self, event: Key) -> None:
        """A key that came before the line had the focus belongs to it all the same, and one that came after, to the call."""
        self.notice(event)
        if not self.is_current:
            self.app.post_message(Key(event.key, event.character))
        elif event.is_printable and event.character:
            self.words.insert_text_at_cursor(event.character)
        elif self.focused is not None or not await pressed_on(self, event):
            return
        event.stop()

    def notice(self, event: Key) -> None:
        """Letters of a question that was typed on, after one of them opened the panel."""
        soon = event.time - self.letter_at < SEEN_SECONDS
        self.unseen = self.unseen or (soon and (event.is_printable or self.bound.get(event.key) == "send"))

    def asks_again(self, words: str, would: str, *, few: bool = False) -> bool:
        """Ask once whether these words are meant, where they are few or were typed before the panel was seen."""
        if self.asked == words or not (few or self.unseen):
            return False
        self.asked, self.unseen = words, False
        rest = f'" would {would}; {self.key_names["propose-send"]} again proposes it'
        self.say(f'"{one_line(words, max(self.room - len(rest) - 1, 8))}{rest}')
        return True

    def action_line(self, by: int) -> None:
        """Another line; the one for why opens when one goes to it."""
        order = self.lines()
        at = (order.index(self.focused) if self.focused in order else order.index(self.words)) + by
        if 0 <= at < len(order):
            order[at].display = True
            self.set_focus(order[at])

    def action_turn(self) -> None:
        """The next line; after the last the first again."""
        order = self.lines()
        at = order.index(self.focused) if self.focused in order else 0
        order[(at + 1) % len(order)].display = True
        self.set_focus(order[(at + 1) % len(order)])

    def action_others(self) -> None:
        """Read the open proposals on the card."""
        if not self.others:
            self.say("No other proposal is open on this card")
            return
        from playbook.screens.proposing.others import OthersScreen

        self.app.push_screen(OthersScreen(self.session, self.others, self.words.value.strip()), self.joined)

    def joined(self, chosen: Proposal | None) -> None:
        """Say the words on the one that was chosen, instead of proposing them apart."""
        if chosen is None:
            return
        from playbook.screens.proposing.others import join

        session, draft, path = self.session, self.draft(), self.path
        words = "\n\n".join(text for text in (self.kept_words(draft), draft.why) if text)
        said = f'Said on "{one_line(chosen.title, 50)}": its author and marketing see it'
        self.send(lambda: join(session, chosen, words, path), said)

    def action_send(self) -> None:
        """Propose what is typed."""
        raise NotImplementedError

    def send(self, act: Callable[[], object], sentence: str) -> None:
        """Back to the call at once; the pen writes, and says how it went."""
        self.rests.end()
        app = self.app
        outgoing = sentence + waits(self.session, desk_of(self))

        def done(failed: str) -> None:
            told(app, outgoing, failed)

        pen_of(self).send(self.session.library, self.draft(), act, then(app, done))
        self.dismiss(None)

    def action_back(self) -> None:
        """Leave it; what was typed waits for the next time."""
        self.rests.flush()
        draft, app = self.draft(), self.app
        self.dismiss(None)
        if draft.text:
            app.notify(
                f'Kept: "{one_line(self.kept_words(draft), 50)}"; {self.key_names["propose"]} on this card goes on with it',
                markup=False,
                timeout=3,
            )


def waits(session: Session, desk: Desk, turn: str = "Marketing sees it in the queue once it is sent") -> str:
    """What happens next with something proposed: whose `turn` it is; whether the hub is there shows when it is sent."""
    if not session.library.hub:
        return "\nIt waits in the queue here"
    if desk.cut_off and desk.sync_word.startswith("read-only"):
        return "\nIt waits here until the hub takes it"
    if desk.cut_off:
        return "\nIt waits here and goes out when the hub can be reached"
    return f"\n{turn}"


def told(app: App[Any], sentence: str, failed: str) -> None:
    """Say how it went, on whatever screen one is by now; what was written is sent."""
    if failed:
        sentence = f"Not proposed: {failed}\nYour words are kept; {keys.pressed('propose')} on the card shows them"
        app.notify(sentence, severity="error", markup=False, timeout=12)
    else:
        desk_of(app).changed()
        app.notify(sentence, markup=False, timeout=5)
