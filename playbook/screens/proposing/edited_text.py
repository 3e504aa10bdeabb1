"""A file in an editor, how it will look beside it, what lint says below it; and a draft of it that is always kept."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual import getters, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Paste, Resize
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, Static, TextArea

from playbook import clock, keys
from playbook.errors import PlaybookError
from playbook.library.card import Problem
from playbook.review import drafts
from playbook.review.drafts import Draft
from playbook.screens.finding.answering import WIDE
from playbook.screens.finding.asker import Asker
from playbook.screens.pen import Rests, pen_of, then
from playbook.screens.proposing.edit_dialogs import DraftScreen, began
from playbook.screens.proposing.edit_looks import Looks, findings_shown, place_of
from playbook.text.editable import Editable, typed
from playbook.text.safe import display_path, one_line
from playbook.widgets.fitting import fitted
from playbook.widgets.preview_pane import Preview, PreviewPane

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.review.proposal import Proposal

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.3
DIM = "$foreground 70%"


@dataclass
class Opened(Message):
    """The file as it is, the commit it is of, and the draft that was begun of it; `failure` where it cannot be read."""

    text: str = ""
    base: str = ""
    draft: Draft | None = None
    failure: str = ""


@dataclass
class Looked(Message):
    """How the card will look, and which of its lines should be seen."""

    preview: Preview
    line: int


@dataclass
class Linted(Message):
    """What is wrong with that text."""

    problems: list[Problem]
    text: str


@dataclass
class Beside(Message):
    """The open proposals on the same card."""

    others: tuple[Proposal, ...]


class Editor(TextArea):
    """The text; what is pasted into it is safe to show."""

    def _on_paste(self, event: Paste) -> None:  # type: ignore[override]
        # TextArea's own handler comes after this one.
        event.text = typed(event.text)


class TextScreen(Screen[None]):
    """The text of the file at a path: as main has it, or as a proposal would have it."""

    AUTO_FOCUS = "#editor"

    preview = getters.query_one("#preview", PreviewPane)

    def __init__(
        self,
        session: Session,
        path: str,
        text: str | None = None,
        *,
        proposal: Proposal | None = None,
        line: int = 1,
        goes_on: bool = False,
    ) -> None:
        super().__init__()
        self.goes_on = goes_on
        self.session = session
        self.path = path
        self.given = text
        self.proposal = proposal
        self.line = line
        self.draft_name = drafts.name_for(path, proposal.id if proposal else "")
        self.before = text or ""
        self.base = proposal.tip if proposal else session.snapshot.commit
        self.form = Editable.of(self.before)
        self.why = ""
        self.state = "reading"
        self.problems: list[Problem] = []
        self.judged: str | None = None
        """The text that these are the findings of."""
        self.stands_on = 0
        self.goes_to_finding = False
        self.others: tuple[Proposal, ...] = ()
        self.looks = Looks(session, path)
        self.previewer, self.linter = Asker(), Asker()
        # Held here, for when the screen is left its text is still to be kept.
        self.editor = Editor(id="editor", show_line_numbers=True, tab_behavior="indent", read_only=True)
        self.rests = Rests(self, self.keep)
        self.timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Text and preview side by side, findings below."""
        yield Static(id="title", markup=False)
        yield Static(id="others", markup=False)
        with Horizontal(id="sides"):
            yield self.editor
            yield PreviewPane(id="preview")
        yield Static(id="findings", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Read the file, and the draft of it, behind the screen."""
        self.editor.cursor_blink = False
        self.editor.indent_width = 2
        self.preview.display = self.app.size.width >= WIDE
        self.show_title()
        self.read()

    def on_unmount(self) -> None:
        """However it is left, a draft is kept."""
        self.rests.flush()
        self.previewer.close()
        self.linter.close()

    # Beginning

    @work(thread=True, exclusive=True, group="read")
    def read(self) -> None:
        """The file to the letter, and what was begun of it."""
        library = self.session.library
        try:
            text, base = self.given or "", self.base
            try:
                text = self.source_at(base)
            except PlaybookError:
                # A file that is not there yet is what was given, and nothing else is.
                if self.given is None:
                    raise
            known = pen_of(self).knows(library, self.draft_name)
            kept = pen_of(self).draft(library, self.draft_name)
            draft = kept if known else drafts.load(library, self.draft_name)
        except PlaybookError as error:
            self.post_message(Opened(failure=str(error)))
            return
        self.post_message(Opened(text, base, draft))
        self.post_message(Beside(self.open_beside()))

    def open_beside(self) -> tuple[Proposal, ...]:
        """The open proposals on the same card, but the one that is revised."""
        from playbook.screens.proposing.others import open_on

        ids = tuple(name for card in self.session.snapshot.cards_at(self.path) for name in (card.id, *card.formerly))
        try:
            found = open_on(self.session.library, self.path, ids)
        except PlaybookError as error:
            log.warning("what is proposed already cannot be read: %s", error)
            return ()
        return tuple(one for one in found if self.proposal is None or one.id != self.proposal.id)

    def source_at(self, commit: str) -> str:
        """The file at a commit."""
        from playbook.review.proposing import source_at

        return source_at(self.session.library, commit, self.path)

    def on_opened(self, message: Opened) -> None:
        """Show the file; where a draft says something else, ask."""
        if message.failure:
            self.dismiss()
            self.app.notify(message.failure, severity="error", markup=False, timeout=10)
            return
        self.before, self.base = message.text, message.base
        self.put(message.text, self.line)
        draft = message.draft
        if draft is None or draft.text == message.text:
            self.begin()
            return
        if self.goes_on:
            self.go_on(draft, "on")
            return
        when = began(draft, self.session.snapshot.settings.timezone) if draft.when else "a moment ago"
        moved = "" if draft.base in ("", self.base) else "; the words have changed since"
        sentence = f"You began this {when}{moved}"

        def answered(answer: str | None) -> None:
            self.go_on(draft, answer)

        self.app.push_screen(DraftScreen(sentence, message.text, draft.text), answered)

    def go_on(self, draft: Draft, answer: str | None) -> None:
        """With the draft, without it, or not at all."""
        if answer is None:
            self.dismiss()
        elif answer == "anew":
            pen_of(self).forget(self.session.library, self.draft_name)
            self.begin()
        elif draft.base in ("", self.base) or self.proposal is not None:
            # Over a proposal that has moved one sees, before it is sent, what it does to the words there now.
            self.take(draft)
        else:
            self.stand_on(draft)

    @work(thread=True, exclusive=True, group="read")
    def stand_on(self, draft: Draft) -> None:
        """Main moved since: the draft is of the words as they were, and the two are joined when it is merged."""
        try:
            text, base = self.source_at(draft.base), draft.base
        except PlaybookError:
            text, base = self.before, self.base
        if text == self.before:
            base = self.base
        self.app.call_from_thread(self.take, replace(draft, base=base), text)

    def take(self, draft: Draft, before: str | None = None) -> None:
        """Go on with the draft."""
        if before is not None:
            self.before, self.base = before, draft.base
        self.why = draft.why
        self.put(draft.text, self.line)
        self.begin("a draft is kept")

    def put(self, text: str, line: int) -> None:
        """A text into the editor, at a line."""
        self.form = Editable.of(text, self.form.hidden)
        self.editor.load_text(self.form.shown)
        self.editor.move_cursor((max(min(line, self.editor.document.line_count) - 1, 0), 0), center=True)

    def begin(self, state: str = "as it is in the library") -> None:
        """From here on letters count."""
        self.editor.read_only = False
        self.state = state
        self.show_title()
        self.look()

    # While one types

    def source(self) -> str:
        """The file as it would be."""
        return self.form.source(self.editor.text)

    @on(TextArea.Changed)
    def changed(self) -> None:
        """Nothing here waits for git, the preview or lint."""
        if not self.editor.read_only:
            self.rests.key()
            if self.state != "not kept yet":
                self.state = "not kept yet"
                self.show_title()
            self.look_soon()

    @on(TextArea.SelectionChanged)
    def look_soon(self) -> None:
        """Look a moment later, however many keys come until then."""
        if self.timer is None and not self.editor.read_only:
            self.timer = self.set_timer(max(LOOK_SECONDS, self.looks.took * 3), self.look)

    def look(self) -> None:
        """Have the preview made and the text judged."""
        self.timer = None
        text, row, width = self.source(), self.editor.cursor_location[0], max(self.preview.inner_width, 20)
        if self.preview.display:
            self.previewer.ask("preview", lambda: self.tell(Looked(*self.looks.preview(text, row, width))))
        if text != self.looks.judged:
            self.linter.ask("lint", lambda: self.tell(Linted(self.looks.problems(text), text)))

    def tell(self, message: Message) -> None:
        """What a thread found."""
        self.post_message(message)

    def on_looked(self, message: Looked) -> None:
        """Show how it will look, about where one writes."""
        self.preview.show(message.preview, ())
        self.preview.show_from(message.line - self.preview.inner_height // 2)

    def on_linted(self, message: Linted) -> None:
        """Show what is wrong, in the order of the text."""
        lines = self.editor.document.lines
        self.problems = sorted(message.problems, key=lambda one: place_of(one, lines))
        self.judged, self.stands_on = message.text, 0
        self.show_findings()
        if self.goes_to_finding:
            self.goes_to_finding = False
            self.go_to_finding()

    def go_to_finding(self) -> None:
        """The cursor to the next finding."""
        raise NotImplementedError

    def on_beside(self, message: Beside) -> None:
        """Say that others are proposing on the card."""
        self.others = message.others
        self.show_others()

    def keep(self) -> None:
        """Have the draft kept; a text that is as it was needs none."""
        draft, library, pen = self.draft(), self.session.library, pen_of(self)
        if draft.text != self.before:
            pen.keep(library, draft, then(self.app, self.show_kept))
        else:
            pen.forget(library, self.draft_name)
            self.state = "as it is in the library"
            self.show_title()

    def draft(self) -> Draft:
        """The text as it stands, to be kept."""
        proposal = self.proposal.id if self.proposal else ""
        now = int(clock.now().timestamp())
        return Draft(self.draft_name, self.path, self.source(), self.base, proposal=proposal, why=self.why, when=now)

    def show_kept(self, failed: str) -> None:
        """Say on the line on top that it is, or why not."""
        self.state = f"not kept: {one_line(failed, 200)}" if failed else "a draft is kept"
        self.show_title()

    # Showing

    def show_title(self) -> None:
        """What is edited, and whether it is safe."""
        if not self.is_attached:
            return
        what = f" Revise: {one_line(self.proposal.title, 60)}  " if self.proposal else " Edit  "
        style = "$text-error bold" if self.state.startswith("not kept:") else DIM
        title = Content.assemble((what, "bold"), display_path(self.path), (f"   {self.state}", style))
        self.paint("#title", fitted(title, self.app.size.width))

    def show_findings(self) -> None:
        """As many as there is room for."""
        most = 4 if self.app.size.height >= 30 else 2
        # First the one that the cursor was sent to.
        turned = [*self.problems[self.stands_on :], *self.problems[: self.stands_on]]
        shown = findings_shown(turned, most, self.app.size.width, keys.pressed("edit-finding"))
        self.paint("#findings", shown)

    def show_others(self) -> None:
        """One line, where there are any."""
        for line in self.query("#others").results(Static):
            line.display = bool(self.others)
        if self.others:
            count, first = len(self.others), self.others[0]
            what = f" {count} open proposal{'s' if count > 1 else ''} on this card"
            who = one_line(first.author.name or first.author.mail, 30)
            reads = f"; {keys.pressed('edit-others')} reads {'them' if count > 1 else 'it'}"
            said = f': "{one_line(first.title, 50)}" by {who}' if count == 1 else ""
            told = Content.assemble((what, "$text-warning bold"), reads, (said, DIM))
            self.paint("#others", fitted(told, self.app.size.width))

    def paint(self, where: str, content: Content) -> None:
        """Update a line, unless the screen has gone meanwhile."""
        for line in self.query(where).results(Static):
            line.update(content)

    def on_resize(self, event: Resize) -> None:
        """Side by side where there is room; else the text alone."""
        if (event.size.width >= WIDE) != bool(self.preview.display) and not self.has_class("-looking"):
            self.preview.display = event.size.width >= WIDE
        self.show_title()
        self.show_others()
        self.show_findings()
        self.call_after_refresh(self.look_soon)
