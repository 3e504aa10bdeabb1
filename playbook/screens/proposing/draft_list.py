"""What one was writing and has not proposed: go on with one, or throw it away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from playbook.errors import PlaybookError
from playbook.review import drafts
from playbook.review.drafts import About, Draft
from playbook.screens.dialog import Dialog
from playbook.screens.pen import pen_of
from playbook.screens.proposing.edit_dialogs import began
from playbook.text.safe import display, one_line
from playbook.widgets.fitting import fitted
from playbook.widgets.line import Line, wrapped
from playbook.widgets.preview_pane import Preview, PreviewPane

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.review.proposal import Proposal

DIM = "$foreground 70%"
HINT = "Enter goes on with it · Delete throws it away · Esc goes back"
SURE = "Delete again throws these words away for good · Esc goes back"
WRITTEN_SECONDS = 2.0


@dataclass
class Kept(Message):
    """The drafts that wait, the newest first, and for those of a proposal that proposal; or why they cannot be read."""

    drafts: list[Draft]
    proposals: dict[str, Proposal]
    failure: str = ""


class DraftsScreen(Dialog[None]):
    """The drafts, and of the chosen one its words."""

    BINDINGS = [
        Binding("escape,q", "dismiss(None)", "Back"),
        Binding("delete", "forget", "Throw away"),
        Binding("pagedown,space", "page(1)", "Page down"),
        Binding("pageup", "page(-1)", "Page up"),
    ]
    AUTO_FOCUS = "#drafts"
    CSS = """
    DraftsScreen .dialog { width: 110; height: 90%; }
    DraftsScreen #drafts { height: auto; max-height: 8; text-wrap: nowrap; text-overflow: ellipsis; }
    DraftsScreen #words { height: 1fr; background: $surface; }
    DraftsScreen #hint { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    listed = getters.query_one("#drafts", OptionList)
    pane = getters.query_one("#words", PreviewPane)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.kept: list[Draft] = []
        self.proposals: dict[str, Proposal] = {}
        self.warned = ""

    def compose(self) -> ComposeResult:
        """A list over the words of the chosen one."""
        with Vertical(classes="dialog"):
            yield Static("Drafts: what you were writing", classes="title", markup=False)
            yield OptionList(id="drafts", markup=False, compact=True)
            yield PreviewPane(id="words")
            yield Static(Content.styled("Reading …", DIM), id="hint", markup=False)

    def on_mount(self) -> None:
        """Read them behind the screen."""
        self.pane.can_focus = False
        self.read()

    def on_resize(self, event: Resize) -> None:
        """Lay it out anew."""
        self.call_after_refresh(self.show_chosen)

    @work(thread=True, exclusive=True)
    def read(self) -> None:
        """The drafts as they are once the pen has written what was typed."""
        from playbook.review.listing import find

        library = self.session.library
        pen_of(self).finish(WRITTEN_SECONDS)
        found: dict[str, Proposal] = {}
        try:
            kept = drafts.drafts(library)
        except PlaybookError as error:
            self.post_message(Kept([], {}, str(error)))
            return
        for id in {draft.proposal for draft in kept if draft.proposal}:
            try:
                found[id] = find(library, id)
            except PlaybookError:
                continue
        self.post_message(Kept(kept, found))

    def on_kept(self, message: Kept) -> None:
        """List them."""
        self.kept, self.proposals = message.drafts, message.proposals
        timezone = self.session.snapshot.settings.timezone
        options = []
        for draft in self.kept:
            told = self.about(draft)
            when = began(draft, timezone) if draft.when else ""
            options.append(Option(Content.assemble((f"{told.what}  ", DIM), told.title, (f"  {when}", DIM))))
        self.listed.set_options(options)
        self.listed.highlighted = 0 if options else None
        nothing = "No draft waits here: what you begin and do not propose is kept"
        self.say(message.failure or (HINT if self.kept else nothing), "$text-error" if message.failure else DIM)
        self.show_chosen()

    def about(self, draft: Draft) -> About:
        """What a draft is."""
        return drafts.about(draft, self.session.snapshot)

    def say(self, sentence: str, style: str) -> None:
        """The line below."""
        self.query_one("#hint", Static).update(fitted(Content.styled(sentence, style), self.app.size.width))

    def chosen(self) -> Draft | None:
        """The one under the highlight."""
        at = self.listed.highlighted
        return self.kept[at] if at is not None and at < len(self.kept) else None

    @on(OptionList.OptionHighlighted)
    def show_chosen(self) -> None:
        """Its words."""
        draft = self.chosen()
        if draft is not None and self.warned and self.warned != draft.name:
            self.warned = ""
            self.say(HINT, DIM)
        text = display(self.about(draft).words) if draft is not None else ""
        width = max(self.pane.inner_width, 20)
        lines = [line for part in text.split("\n") for line in wrapped(Line(part), width)]
        self.pane.show(Preview(lines, 0, len(lines)), ())

    def action_page(self, by: int) -> None:
        """A page of its words."""
        self.pane.action_page(by)

    def action_forget(self) -> None:
        """Throw it away, once that was asked for twice."""
        draft = self.chosen()
        if draft is None:
            return
        if self.warned != draft.name:
            self.warned = draft.name
            self.say(SURE, "$text-warning bold")
            return
        pen_of(self).forget(self.session.library, draft.name)
        self.read()

    @on(OptionList.OptionSelected)
    def action_open(self) -> None:
        """Go on with it where it was begun."""
        draft = self.chosen()
        if draft is None:
            return
        screen = self.screen_for(draft)
        if screen is None:
            self.say(self.elsewhere(draft), "$text-warning bold")
            return
        app = self.app
        self.dismiss(None)
        app.push_screen(screen)

    def screen_for(self, draft: Draft) -> Screen[Any] | None:
        """Where one goes on with a draft; None where that is not on a screen, or what it is for is gone."""
        session, told = self.session, self.about(draft)
        if draft.kind == "new card":
            from playbook.screens.proposing.newcard import NewCardScreen

            return NewCardScreen(session, "", draft.name)
        if draft.kind in ("words", "note"):
            from playbook.screens.proposing.propose import ProposeScreen

            own = told.card is not None and drafts.name_for(told.card.id, drafts.SENTENCE) == draft.name
            return ProposeScreen(session, told.card) if told.card is not None and own else None
        proposal = self.proposals.get(draft.proposal)
        if draft.kind == "resolve" or (draft.proposal and proposal is None) or (not proposal and told.card is None):
            return None
        from playbook.screens.proposing.edit import EditScreen

        return EditScreen(session, draft.path, proposal=proposal, goes_on=True)

    def elsewhere(self, draft: Draft) -> str:
        """What one does with a draft that no screen goes on with."""
        if draft.kind == "resolve":
            return f"`playbook proposal resolve {one_line(draft.proposal, 60)} --edit` goes on with it"
        if draft.kind == drafts.LET_GO:
            return f"`playbook drafts show {draft.name[:8]}` prints the words, to be said anew where they belong"
        gone = "Its proposal" if draft.proposal else "Its card"
        return f"{gone} is not here any more; `playbook drafts show {draft.name[:8]}` prints the words"
