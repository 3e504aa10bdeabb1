"""The review queue: what waits for whom and how long, one's own proposals and what became of them, and what ended."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual import getters, on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.events import Resize
from textual.widgets import Footer, Static
from textual.worker import get_current_worker

from playbook import keys
from playbook.errors import PlaybookError
from playbook.screens.copying import clear_toasts
from playbook.screens.desk import desk_of
from playbook.screens.doing import Done, FollowingScreen, doer_of
from playbook.screens.reviewing.queue_list import Rows
from playbook.screens.reviewing.queue_rows import EMPTY, HEIGHT, commit_row, proposal_row
from playbook.screens.reviewing.shown import (
    DECIDE,
    ENDED,
    HEADS,
    MINE,
    OVER,
    UNREVIEWED,
    VIEWS,
    Facts,
    Kept,
    Queued,
    read_queue,
    with_wanted,
)
from playbook.store.history import Revision
from playbook.text.safe import one_line
from playbook.widgets.fitting import fitted
from playbook.widgets.result_list import ResultList, ResultRow

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.review.queue import Row


log = logging.getLogger(__name__)
SHOWN_SECONDS = 0.3  # between two showings of what was found out meanwhile
MOST_LOOKED_INTO = 100


class QueueScreen(FollowingScreen):
    """One list in a few views; Enter reviews."""

    CSS_PATH = "queue.tcss"
    where = "queue"
    BINDINGS = keys.bindings(where)
    AUTO_FOCUS = "#rows"
    TITLE = "Review queue"

    rows = getters.query_one("#rows", Rows)

    def __init__(self) -> None:
        super().__init__()
        self.queued: Queued | None = None
        self.view = DECIDE
        self.listed: list[Row | Revision] = []
        self.facts: dict[str, Facts] = {}
        self.kept = Kept()
        self.stood: dict[str, str] = {}
        self.whole = False
        self.stale = False

    def compose(self) -> ComposeResult:
        """A title, the views, the rows."""
        yield Static(id="title", markup=False)
        yield Static(id="views", markup=False)
        yield Rows(id="rows")
        yield Static(id="none", markup=False)
        yield Static(id="status", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Read the queue behind the screen."""
        self.show_title()
        self.read()

    def on_screen_suspend(self) -> None:
        """Another screen opens: what was said here is not said of it."""
        clear_toasts(self.app)

    def on_screen_resume(self) -> None:
        """What was decided meanwhile shows."""
        if self.stale:
            self.read()
        self.show_title()

    def on_resize(self, event: Resize) -> None:
        """The rows are laid out for the width there is."""
        self.show_title()
        self.call_after_refresh(self.fill)

    # Reading

    def library_moved(self) -> None:
        """Read again; under another screen once this one is looked at."""
        if self.is_current:
            self.read()
        else:
            self.stale = True

    def job_done(self, done: Done) -> None:
        """Something was decided."""
        self.library_moved()
        self.show_title()

    def read(self) -> None:
        """Have the queue read."""
        session = desk_of(self).session
        if session is not None:
            self.stale = False
            self.read_queue(session)

    @work(thread=True, exclusive=True, group="queue")
    def read_queue(self, session: Session) -> None:
        """The open ones first, then with what ended; last what their files hold. By then the screen may be gone."""
        try:
            if not self.whole:
                self.call_later(self.queue_is_here, read_queue(session.library, ended=False), False)
            queued = with_wanted(session.library, read_queue(session.library, ended=True))
        except PlaybookError as error:
            self.call_later(self.show_failure, str(error))
            return
        self.call_later(self.queue_is_here, queued, True)
        self.find_facts(session, [row for row in queued.rows if row.proposal.state not in OVER])

    def look_into_ended(self) -> None:
        """What the ones on the screen changed that ended; of all of them nobody asks."""
        session, queued = desk_of(self).session, self.queued
        if session is not None and queued is not None:
            rows = [row for row in queued.view(self.view) if not isinstance(row, Revision)]
            self.find_facts_of_ended(session, rows[:MOST_LOOKED_INTO])

    @work(thread=True, exclusive=True, group="ended")
    def find_facts_of_ended(self, session: Session, rows: list[Row]) -> None:
        """Find them out behind the screen."""
        self.find_facts(session, rows)

    def find_facts(self, session: Session, rows: list[Row]) -> None:
        """Find out what the files of these hold, and show it as it comes; on a thread."""
        shown = time.monotonic()
        for row in rows:
            key = row.proposal.tip
            if key in self.facts or get_current_worker().is_cancelled:
                continue
            try:
                self.facts[key] = self.kept.facts(session, row.proposal)
            except PlaybookError as error:
                self.facts[key] = Facts(one_line(str(error), 80))
            except Exception:
                # One proposal that breaks us must not take the queue away.
                log.exception("the files of %s", row.proposal.id)
                self.facts[key] = Facts("its change cannot be shown")
            if time.monotonic() - shown > SHOWN_SECONDS:
                self.call_later(self.fill)
                shown = time.monotonic()
        self.call_later(self.fill)

    def queue_is_here(self, queued: Queued, whole: bool) -> None:
        """Show it, standing where one stood."""
        if whole and not self.whole and not self.rows.highlighted:
            # Whose key is wanted comes with the second reading; who stood on top stands on top of that.
            self.stood.pop(self.view, None)
        self.queued, self.whole = queued, self.whole or whole
        self.fill()
        if whole and self.view in (MINE, ENDED):
            self.look_into_ended()

    def show_failure(self, sentence: str) -> None:
        """The queue cannot be read."""
        status = self.query_one("#status", Static)
        status.update(Content.styled(f" {sentence}", "$text-error"))
        status.display = True

    # Showing

    def show_title(self) -> None:
        """How much there is to decide, and how much of it is late; below, the views."""
        width, session = self.app.size.width, desk_of(self).session
        parts = [Content.styled(" Review queue", "bold"), Content(one_line(session.name, 40) if session else "")]
        if self.queued is not None:
            waiting = [row for row in self.queued.rows if self.queued.to_decide(row)]
            late = sum(row.overdue for row in waiting)
            parts.append(Content(f"{len(waiting)} to decide"))
            parts += [Content.styled(f"{late} OVERDUE", "bold $text-error")] if late else []
        else:
            parts.append(Content.styled("reading …", "$foreground 70%"))
        self.query_one("#title", Static).update(fitted(Content("  ").join(parts), width))
        self.query_one("#views", Static).update(fitted(self.tabs(width), width))
        status, line = self.query_one("#status", Static), doer_of(self).line()
        status.update(fitted(Content(f" {line}"), width))
        status.display = bool(line)

    @property
    def views(self) -> tuple[str, ...]:
        """The views there are."""
        return self.queued.views if self.queued else tuple(view for view in VIEWS if view != HEADS)

    def tabs(self, width: int) -> Content:
        """The views with how much stands in each; by short names where the line is too narrow."""
        made = Content("")
        for names in ({}, {HEADS: "Heads"}):
            tabs = []
            for view in self.views:
                said, chosen = f"{names.get(view, view)}{self.count(view)}", view == self.view
                tabs.append(Content.styled(f"[{said}]" if chosen else f" {said} ", "bold reverse" if chosen else ""))
            made = Content("").join([Content(" "), *tabs])
            if made.cell_length <= width:
                break
        return made

    def count(self, view: str) -> str:
        """How much of a view asks for something."""
        queued = self.queued
        if queued is None or (view in (MINE, ENDED) and not self.whole):
            return ""
        if view == DECIDE:
            return f" {sum(queued.to_decide(row) for row in queued.rows)}"
        return f" {len(queued.unseen if view == UNREVIEWED else queued.view(view))}"

    def fill(self) -> None:
        """List the view's rows; each is laid out when it is first looked at."""
        # The list that is not shown has no size; the last column and the one before it are its bar's.
        queued, width = self.queued, max(self.size.width - 2, 1)
        self.show_title()
        if queued is None or not self.size.width:
            return
        self.listed = queued.view(self.view)
        rows = [
            ResultRow(
                lambda one=one: (
                    commit_row(one, width, seen=one.commit in queued.seen)  # type: ignore[misc]
                    if isinstance(one, Revision)
                    else proposal_row(one, self.facts.get(one.proposal.tip), queued, width)
                ),
                HEIGHT,
            )
            for one in self.listed
        ]
        names, stood = [name_of(one) for one in self.listed], self.stood.get(self.view, "")
        at = names.index(stood) if stood in names else min(self.rows.highlighted or 0, max(len(names) - 1, 0))
        top = self.rows.top
        waits = [not isinstance(one, Revision) and queued.to_decide(one) for one in self.listed]
        self.rows.parted = waits.index(False) if self.view == DECIDE and not all(waits) else None
        self.rows.set_rows(rows, at if rows else None)
        self.rows.top = top
        self.rows.see_highlighted()
        self.rows.display = bool(rows)
        none = self.query_one("#none", Static)
        none.display = not rows
        late = self.view in (MINE, ENDED) and not self.whole
        none.update("Reading …" if late else EMPTY[self.view].format(sync=keys.pressed("sync")))
        if rows and self.focused is None:
            self.rows.focus()

    @on(ResultList.Highlighted)
    def stand(self) -> None:
        """Remember where one stands in each view."""
        row = self.chosen_row()
        if row is not None:
            self.stood[self.view] = name_of(row)

    def chosen_row(self) -> Row | Revision | None:
        """What one stands on."""
        at = self.rows.highlighted
        return self.listed[at] if at is not None and at < len(self.listed) else None

    @property
    def palette_commands(self) -> list[tuple[str, str, object]]:
        """Its keys, and where something of the row was never sent, the ways out."""
        row, commands = self.chosen_row(), super().palette_commands
        if row is None or isinstance(row, Revision) or not row.proposal.unsent:
            return commands
        from playbook.screens.reviewing.letting_go import let_go, resend

        anew = "Make what waits here and the hub refuses anew, as who you are now"
        return [
            *commands,
            ("Send anew", anew, partial(resend, self.app, row.proposal)),
            ("Let go", "Let go of what waits here; its words become drafts", partial(let_go, self.app, row.proposal)),
        ]

    # Keys

    @on(ResultList.Chosen)
    def action_open(self) -> None:
        """Review it; of a commit without a review read what it changed."""
        row, session = self.chosen_row(), desk_of(self).session
        if row is None or session is None or self.queued is None:
            return
        from playbook.screens.reviewing.review import CommitScreen, ReviewScreen

        if isinstance(row, Revision):
            self.app.push_screen(CommitScreen(session, row))
            return
        order = [one.proposal.id for one in self.listed if not isinstance(one, Revision)]
        undecided = [one.proposal.id for one in self.queued.rows if self.queued.to_decide(one)]
        self.app.push_screen(ReviewScreen(row.proposal.id, order, undecided, self.kept))

    def straight(self) -> Revision | None:
        """The commit without a review that one stands on; where it is a proposal, say what this is for."""
        row = self.chosen_row()
        if isinstance(row, Revision):
            return row
        clear_toasts(self.app)
        self.app.notify("This is for commits that went to main without a review", severity="warning", markup=False)
        return None

    def action_seen(self) -> None:
        """The commit without a review was looked at; once more, and it was not."""
        from playbook.finding.looked_at import looked_at
        from playbook.screens.reviewing.straight import turn_seen

        revision, session = self.straight(), desk_of(self).session
        if revision is None or session is None or self.queued is None:
            return
        turn_seen(self.app, revision)
        self.queued = replace(self.queued, seen=looked_at(session.library.name))
        self.stood.pop(self.view, None)
        self.fill()

    def action_take_back(self) -> None:
        """Propose the files as they were before the commit."""
        from playbook.screens.reviewing.straight import take_back

        revision = self.straight()
        if revision is not None:
            take_back(self.app, revision)

    def action_view(self, by: int) -> None:
        """Another view."""
        clear_toasts(self.app)
        views = self.views
        at = views.index(self.view) if self.view in views else 0
        self.view = views[(at + by) % len(views)]
        self.rows.highlighted = None
        self.rows.top = 0
        self.fill()
        if self.view in (MINE, ENDED):
            self.look_into_ended()

    def action_move(self, by: int) -> None:
        """Another row."""
        clear_toasts(self.app)
        self.rows.action_move(by)

    def action_page(self, by: int) -> None:
        """A page of rows."""
        self.rows.action_move_page(by)

    def action_edge(self, row: int) -> None:
        """The first row, or with -1 the last."""
        self.rows.action_edge(row)

    def action_back(self) -> None:
        """Where one came from."""
        clear_toasts(self.app)
        self.app.pop_screen()


def name_of(row: Row | Revision) -> str:
    """What a row is known by from one reading to the next."""
    return row.commit if isinstance(row, Revision) else row.proposal.id
