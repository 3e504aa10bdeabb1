"""The review screen: one proposal word by word, what people said of it at its place, and every verdict with one key."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual import getters, work
from textual.app import ComposeResult
from textual.content import Content
from textual.events import Key, Resize
from textual.widgets import Footer, Static

from playbook import keys
from playbook.errors import PlaybookError
from playbook.screens.copying import clear_toasts
from playbook.screens.desk import desk_of
from playbook.screens.doing import Done, FollowingScreen, doer_of
from playbook.screens.reviewing.head import file_line, header
from playbook.screens.reviewing.queue_rows import DIM, day
from playbook.screens.reviewing.review_page import THREAD, LaidOut, Look, lay_out
from playbook.screens.reviewing.ruling import RulingScreen
from playbook.screens.reviewing.shown import Kept, Reviewed, read_proposal
from playbook.text.safe import display, one_line
from playbook.widgets.fitting import fitted
from playbook.widgets.line import NOTHING, Line, wrapped
from playbook.widgets.stops import Page, StopPane

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.store.history import Revision

log = logging.getLogger(__name__)

VERDICTS = (
    "approve", "request-changes", "decline", "comment", "comment-whole", "acknowledge", "withdraw", "park", "reopen",
    "review-edit", "resolve", "escalate", "rule", "override",
)  # fmt: skip
SIDES = 120  # cells from which both texts stand side by side


class ReviewScreen(RulingScreen):
    """Goes from proposal to proposal without going back to the queue."""

    CSS_PATH = "review.tcss"
    where = "review"
    BINDINGS = keys.bindings(where)
    AUTO_FOCUS = "#page"
    TITLE = "Review"

    pane = getters.query_one("#page", StopPane)

    def __init__(
        self, id: str, order: Sequence[str] = (), undecided: Sequence[str] = (), kept: Kept | None = None
    ) -> None:
        super().__init__()
        self.id_shown = id
        self.order = [*order] or [id]
        self.undecided = [one for one in undecided if one in self.order]
        self.decides = bool(self.undecided)
        self.wanted = set(undecided)
        self.kept = kept or Kept()
        self.file = 0
        self.sides: bool | None = None
        self.whole = False
        self.unfolded: frozenset[str] = frozenset()
        self.headed = False
        """Whether all that the head has to say stands above the page, to its end."""
        self.laid: LaidOut | None = None
        self.asked = 0
        self.shown = ""
        """The proposal and file that the page on the screen is of."""

    def compose(self) -> ComposeResult:
        """Head, file, page, and a line for what goes on."""
        yield Static(id="head", markup=False)
        yield Static(id="file", markup=False)
        yield StopPane(id="page")
        yield Static(id="status", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Read the proposal behind the screen."""
        self.query_one("#head", Static).update(Content.styled(" Reading the proposal …", DIM))
        self.show_status()
        self.read()

    def on_resize(self, event: Resize) -> None:
        """Everything is laid out for the room there is."""
        self.show_head()
        self.call_after_refresh(self.lay_out)

    def on_screen_suspend(self) -> None:
        """Another screen opens: what was said here is not said of it."""
        clear_toasts(self.app)

    def on_screen_resume(self) -> None:
        """An edit or a resolution was made meanwhile, perhaps."""
        if self.reviewed is not None:
            self.read()
        self.show_status()

    # Reading and laying out, away from the screen's thread

    def read(self) -> None:
        """Have the proposal read."""
        session = desk_of(self).session
        if session is not None:
            self.read_proposal(session, self.id_shown)

    @work(thread=True, exclusive=True, group="proposal")
    def read_proposal(self, session: Session, id: str) -> None:
        """The proposal with its texts; by then the screen may be gone, and with it its app."""
        try:
            reviewed = read_proposal(session, id, self.kept, self.wanted)
        except PlaybookError as error:
            self.call_later(self.cannot_read, id, str(error))
            return
        except Exception:
            # One proposal that breaks us must not take the others away.
            log.exception("reading %s", id)
            self.call_later(self.cannot_read, id, f"{id} cannot be shown; the log file has the details")
            return
        self.call_later(self.proposal_is_here, id, reviewed)

    def cannot_read(self, id: str, sentence: str) -> None:
        """Say so in its place."""
        if id == self.id_shown:
            self.reviewed = None
            self.query_one("#head", Static).update(Content.styled(f" {one_line(sentence, 400)}", "$text-error"))
            self.pane.show(Page(), top=True)

    def proposal_is_here(self, id: str, reviewed: Reviewed) -> None:
        """Show it, unless one has gone on."""
        if id != self.id_shown or not self.is_mounted:
            return
        self.reviewed = reviewed
        self.file = min(self.file, max(len(reviewed.changes) - 1, 0))
        # Others decide too, and what was sent back comes again: who waits is known anew with each reading.
        self.undecided = [one for one in self.order if one in reviewed.undecided]
        self.show_head()
        self.show_status()
        self.refresh_bindings()
        self.lay_out()

    def lay_out(self) -> None:
        """Have the page laid out for the width there is."""
        session = desk_of(self).session
        if self.reviewed is None or session is None or not self.pane.size.width:
            return
        self.asked += 1
        look = Look(self.file, self.pane.page_width, self.two_columns, self.whole, self.unfolded, self.headed)
        self.make_page(self.asked, session, self.reviewed, look)

    @work(thread=True, exclusive=True, group="page")
    def make_page(self, asked: int, session: Session, reviewed: Reviewed, look: Look) -> None:
        """Lay it out."""
        try:
            laid = lay_out(session, reviewed, look)
        except Exception:
            log.exception("laying out %s", reviewed.proposal.id)
            note = "The change cannot be laid out; the log file has the details (playbook doctor)"
            laid = LaidOut(Page(wrapped(Line(note), look.width)), {})
        self.call_later(self.page_is_here, asked, f"{reviewed.proposal.id} {look.file}", laid)

    def page_is_here(self, asked: int, of: str, laid: LaidOut) -> None:
        """Show the newest page asked for; the cursor stays on what it stood on."""
        if asked != self.asked or not self.is_mounted:
            return
        self.laid = laid
        self.pane.show(laid.page, self.go_to_stop, top=of != self.shown)
        if self.headed and of != self.shown:
            self.pane.show_from(0)
        self.shown, self.go_to_stop = of, ""

    @property
    def two_columns(self) -> bool:
        """As chosen, else where there is room for both."""
        return self.app.size.width >= SIDES if self.sides is None else self.sides

    def show_head(self) -> None:
        """Everything about the proposal that is always seen."""
        if self.reviewed is None:
            return
        width, height = self.app.size
        at = self.order.index(self.id_shown) + 1 if self.id_shown in self.order else 1
        rows = 1 if height < 20 else 2 if height < 30 else 3
        place = f"{at} of {len(self.order)}" if len(self.order) > 1 else ""
        if place and self.decides:
            place += f", {len(self.undecided)} to decide"
        self.query_one("#head", Static).update(header(self.reviewed, place, width, rows))
        file = self.query_one("#file", Static)
        file.update(file_line(self.reviewed, self.file, width))
        file.display = bool(self.reviewed.changes)

    def show_status(self) -> None:
        """What goes on, or what was said of this proposal last."""
        status = self.query_one("#status", Static)
        refused, line = self.refused.get(self.id_shown, ""), doer_of(self).line()
        status.update(
            Content.styled(f" {line}", "$text-accent")
            if line
            else Content.styled(f" ! {one_line(refused, 500)}", "$text-warning")
        )
        status.display = bool(line or refused)

    def library_moved(self) -> None:
        """Somebody may have changed it."""
        self.read()

    def job_done(self, done: Done) -> None:
        """What was decided here, or on the proposal before, is done or refused."""
        super().job_done(done)
        self.show_status()

    # Keys

    def go_to(self, id: str) -> None:
        """Another proposal."""
        self.id_shown, self.reviewed, self.file, self.whole = id, None, 0, False
        self.asked += 1
        self.show_status()
        self.read()

    def action_proposal(self, by: int) -> None:
        """The one before or after it in the queue."""
        clear_toasts(self.app)
        at = self.order.index(self.id_shown) + by if self.id_shown in self.order else 0
        if 0 <= at < len(self.order):
            self.go_to(self.order[at])
        else:
            others = len([id for id in self.undecided if id != self.id_shown])
            rest = f"; {others} to decide {'stand' if others > 1 else 'stands'} {'above' if by > 0 else 'below'}"
            self.say(f"This is the {'last' if by > 0 else 'first'} proposal of the list{rest if others else ''}")

    def action_file(self, by: int) -> None:
        """The file before or after it."""
        count = len(self.reviewed.changes) if self.reviewed else 0
        if count < 2:
            self.say("It changes one file only" if count else "It changes no file")
            return
        self.file = (self.file + by) % count
        self.show_head()
        self.lay_out()

    def action_step(self, by: int) -> None:
        """The next block or comment."""
        self.pane.action_step(by)

    def action_change(self, by: int) -> None:
        """The next change; beyond the last of a file, the first of the next file."""
        before = self.pane.at
        self.pane.action_change(by)
        if self.pane.at == before and self.reviewed and 0 <= self.file + by < len(self.reviewed.changes):
            self.action_file(by)
        elif self.pane.at == before:
            self.say(f"There is no {'further' if by > 0 else 'earlier'} change")

    def action_page(self, by: int) -> None:
        """A page."""
        self.pane.action_page(by)

    def action_edge(self, at: int) -> None:
        """To the top, or with -1 to the end."""
        self.pane.action_edge(at)

    def action_head(self) -> None:
        """Every reason of the head to its end, above the page; and away again."""
        self.headed, self.shown = not self.headed, ""
        self.lay_out()

    def action_columns(self) -> None:
        """In one column or side by side."""
        self.sides = not self.two_columns
        self.lay_out()

    def action_whole(self) -> None:
        """With or without what did not change."""
        self.whole = not self.whole
        self.lay_out()

    def action_unfold(self) -> None:
        """A comment that is answered or closed, with all that was said; and folded again."""
        thread = self.thread_here()
        if thread is not None:
            self.unfolded ^= {thread.id}
            self.go_to_stop = f"{THREAD}{thread.id}"
            self.lay_out()

    def action_back(self) -> None:
        """Back to the queue."""
        clear_toasts(self.app)
        self.app.pop_screen()


class CommitScreen(FollowingScreen):
    """A commit that went to main without a review: who, when, what it says, and what it changed."""

    CSS_PATH = "review.tcss"
    where = "commit"
    BINDINGS = keys.bindings(where)
    AUTO_FOCUS = "#page"

    pane = getters.query_one("#page", StopPane)

    def __init__(self, session: Session, revision: Revision) -> None:
        super().__init__()
        self.session = session
        self.revision = revision
        self.asked = 0

    def compose(self) -> ComposeResult:
        """A head over the change."""
        yield Static(id="head", markup=False)
        yield StopPane(id="page")
        yield Footer(show_command_palette=False, compact=True)

    def on_resize(self, event: Resize) -> None:
        """For the room there is."""
        revision, width = self.revision, self.app.size.width
        who = one_line(revision.author or revision.mail, 60)
        from playbook.finding.looked_at import looked_at

        seen = revision.commit in looked_at(self.session.library.name)
        lines = [
            Content.styled(f" {one_line(revision.subject, 200)}", "bold"),
            Content.styled(
                f" {'✓ seen' if seen else '! UNREVIEWED'} · {who}, {day(revision.when)} · {revision.commit[:10]}",
                "$text-warning",
            ),
        ]
        self.query_one("#head", Static).update(Content("\n").join(fitted(line, width) for line in lines))
        self.call_after_refresh(lambda: self.read(self.pane.page_width))

    @work(thread=True, exclusive=True, group="commit")
    def read(self, width: int) -> None:
        """What it changed, file by file."""
        from playbook.screens.reviewing.review_page import commit_page

        try:
            page = commit_page(self.session, self.revision.commit, width, self.app.size.width >= SIDES)
        except PlaybookError as error:
            page = Page(wrapped(Line(str(error)), width))
        body = [line for part in display(self.revision.body).strip().split("\n") for line in wrapped(Line(part), width)]
        above = [*body, NOTHING] if self.revision.body.strip() else []
        more = len(above)
        stops = [stop._replace(first=stop.first + more, last=stop.last + more) for stop in page.stops]
        self.call_later(self.pane.show, Page([*above, *page.lines], stops))

    def on_key(self, event: Key) -> None:
        """A key of the review that does nothing here is not met with silence."""
        verdicts = {keys.pressed(name) for name in VERDICTS}
        if event.character in verdicts and event.key not in self.active_bindings:
            names = keys.names()
            said = f"{names['commit-seen']} marks it as seen, {names['commit-take-back']} proposes to take it back"
            clear_toasts(self.app)
            self.app.notify(f"It is on main already: {said}", severity="warning", markup=False)

    def action_seen(self) -> None:
        """It was looked at; back to the queue, which then asks for it no more."""
        from playbook.screens.reviewing.straight import turn_seen

        turn_seen(self.app, self.revision)
        self.app.pop_screen()
        for screen in self.app.screen_stack:
            if isinstance(screen, FollowingScreen):
                screen.library_moved()

    def action_take_back(self) -> None:
        """Propose the files as they were before it."""
        from playbook.screens.reviewing.straight import take_back

        take_back(self.app, self.revision)

    def action_step(self, by: int) -> None:
        """The next block."""
        self.pane.action_step(by)

    def action_change(self, by: int) -> None:
        """The next change."""
        self.pane.action_change(by)

    def action_page(self, by: int) -> None:
        """A page."""
        self.pane.action_page(by)

    def action_edge(self, at: int) -> None:
        """To the top, or with -1 to the end."""
        self.pane.action_edge(at)

    def action_back(self) -> None:
        """Back to the queue."""
        self.app.pop_screen()
