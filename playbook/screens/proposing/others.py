"""The open proposals on a card: read them, and join one instead of proposing the same twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from playbook import clock
from playbook.errors import PlaybookError
from playbook.review.proposal import Proposal
from playbook.screens.dialog import Dialog
from playbook.text.safe import display, one_line
from playbook.widgets.fitting import fitted
from playbook.widgets.line import NOTHING, Line, assembled, wrapped
from playbook.widgets.preview_pane import Preview, PreviewPane

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.review.acting import Place
    from playbook.review.change import FileChange
    from playbook.store.managed import Library

DIM = "$foreground 70%"
MOST = 20


def open_on(library: Library, path: str, ids: tuple[str, ...]) -> tuple[Proposal, ...]:
    """The proposals still to be decided that change the file, or speak of a card by one of these names; oldest first."""
    from playbook.review.listing import proposals

    def speaks(proposal: Proposal) -> bool:
        return path in proposal.paths or any(event.about in ids for event in proposal.contents if event.about)

    waiting = (one for one in proposals(library) if one.state in ("open", "escalated") and not one.fault)
    return tuple(one for one in waiting if speaks(one))[:MOST]


def open_new(library: Library) -> tuple[Proposal, ...]:
    """The proposals of new cards that are still to be decided, oldest first."""
    from playbook.review.listing import proposals

    return tuple(
        one for one in proposals(library) if one.state in ("open", "escalated") and one.kind == "new" and not one.fault
    )


def join(session: Session, proposal: Proposal, words: str, path: str) -> None:
    """Say the words on that proposal, at the words to say where it changes them."""
    from playbook.review import acting

    acting.comment(session.library, proposal.id, words, at=place_of(session, proposal, path))


def place_of(session: Session, proposal: Proposal, path: str) -> Place | None:
    """Where the words to say stand in the file as the proposal has it; None where it does not touch the file."""
    from playbook.library.cards import Place as Lies
    from playbook.library.cards import cards_of
    from playbook.library.document import parse_document
    from playbook.review.acting import Place
    from playbook.review.change import texts_at
    from playbook.review.places import place_on_line

    if path not in proposal.paths:
        return None
    text = texts_at(session.library, proposal.tip, [path]).get(path) or ""
    root = session.snapshot.root if path.startswith(session.snapshot.root) else ""
    parsed, _ = parse_document(text.encode("utf-8", "replace"))
    line = cards_of(Lies(path, root, ""), parsed, session.snapshot.settings)[0].say_line
    return place_on_line(session.library, proposal, path, line) if line else Place(path)


def age(proposal: Proposal) -> str:
    """How long it has waited, in words."""
    hours = max(clock.now().timestamp() - proposal.opened, 0) / 3600
    if hours < 1:
        return "just now"
    if hours < 48:
        return f"{int(hours)} h ago"
    return f"{int(hours / 24)} days ago"


@dataclass
class Read(Message):
    """What the proposals change, by id."""

    changes: dict[str, tuple[FileChange, ...]]


class OthersScreen(Dialog[Proposal | None]):
    """The proposals, and of the chosen one what it says; gives the one to join, None to stay apart. Where `words` is None
    they are there to be read alone."""

    BINDINGS = [
        Binding("escape,q,ctrl+o", "dismiss(None)", "Stay apart"),
        Binding("enter", "join", "Join", priority=True),
        Binding("pagedown,space", "page(1)", "Page down"),
        Binding("pageup", "page(-1)", "Page up"),
    ]
    AUTO_FOCUS = "#proposals"
    CSS = """
    OthersScreen .dialog { width: 110; height: 90%; }
    OthersScreen #proposals { height: auto; max-height: 6; text-wrap: nowrap; text-overflow: ellipsis; }
    OthersScreen #told { height: 1fr; background: $surface; }
    OthersScreen .hint { color: $foreground 70%; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    listed = getters.query_one("#proposals", OptionList)
    pane = getters.query_one("#told", PreviewPane)

    def __init__(self, session: Session, proposals: tuple[Proposal, ...], words: str | None) -> None:
        super().__init__()
        self.session = session
        self.proposals = proposals
        self.words = words
        self.changes: dict[str, tuple[FileChange, ...]] = {}

    def compose(self) -> ComposeResult:
        """A list over what the chosen one says."""
        with Vertical(classes="dialog"):
            yield Static("Open proposals on this card", classes="title", markup=False)
            yield OptionList(id="proposals", markup=False, compact=True)
            yield PreviewPane(id="told")
            joins = "Enter joins it: your words are said there" if self.words else "Type your words first, to join one"
            hint = "Esc goes back to the text" if self.words is None else f"{joins} · Esc stays apart"
            yield Static(hint, classes="hint", markup=False)

    def on_mount(self) -> None:
        """List them, and read what they change."""
        self.pane.can_focus = False
        self.listed.set_options(
            [
                Option(
                    Content.assemble(
                        one_line(one.title, 60),
                        (f"  {one_line(one.author.name or one.author.mail, 30)}, {age(one)}", DIM),
                    ),
                    id=one.id,
                )
                for one in self.proposals
            ]
        )
        self.listed.highlighted = 0
        self.read_changes()

    @work(thread=True, exclusive=True)
    def read_changes(self) -> None:
        """Their files, before and after."""
        from playbook.review.change import file_changes

        found: dict[str, tuple[FileChange, ...]] = {}
        for one in self.proposals:
            try:
                found[one.id] = file_changes(self.session.library, one) if one.edited else ()
            except PlaybookError:
                found[one.id] = ()
        self.post_message(Read(found))

    def on_read(self, message: Read) -> None:
        """Show them."""
        self.changes = message.changes
        self.show_chosen()

    @on(OptionList.OptionHighlighted)
    def show_chosen(self) -> None:
        """What the one under the highlight says, and changes."""
        one = self.chosen()
        if one is not None:
            lines = self.told(one, max(self.pane.inner_width, 20))
            self.pane.show(Preview(lines, 0, len(lines)), ())

    def on_resize(self, event: Resize) -> None:
        """Lay it out anew."""
        self.call_after_refresh(self.show_chosen)

    def told(self, one: Proposal, width: int) -> list[Line]:
        """Its sentence, its change rendered, and what was said of it."""
        from playbook.widgets.changes import inline_lines

        said = display(one.why or (one.contents[0].text if one.contents else "")).strip()
        lines = [line for part in said.split("\n") for line in wrapped(Line(part), width)] if said else []
        if not one.edited:
            lines = [*wrapped(assembled([("A note, which changes no words", DIM)]), width), NOTHING, *lines]
        for change in self.changes.get(one.id, ()):
            lines += [NOTHING, *wrapped(assembled([(one_line(change.path, 200), DIM)]), width)]
            lines += inline_lines(change.before, change.after, width, 0) if change.readable else []
        for thread in one.threads:
            for event in (thread.first, *thread.answers):
                who = one_line(event.author.name or event.author.mail, 40)
                text = f"{who}: {one_line(event.text, 400)}"
                lines += [NOTHING, *wrapped(Line(text), width)]
        return lines

    def chosen(self) -> Proposal | None:
        """The one under the highlight."""
        at = self.listed.highlighted
        return self.proposals[at] if at is not None and at < len(self.proposals) else None

    @on(OptionList.OptionSelected)
    def action_join(self) -> None:
        """Join the chosen one, with the words that were typed."""
        if self.words is None:
            self.dismiss(None)
        elif not self.words:
            self.query_one(".hint", Static).update(
                fitted(Content.styled("Esc goes back: type your words first, then join", "$text-error bold"), 100)
            )
        else:
            self.dismiss(self.chosen())

    def action_page(self, by: int) -> None:
        """A page of what it says."""
        self.pane.action_page(by)
