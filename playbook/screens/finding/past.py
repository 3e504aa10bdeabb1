"""What was: who changed a card, when and why; and everything that became main, as `playbook history` and `audit` tell it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual import getters, work
from textual.app import ComposeResult
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer, Static

from playbook import keys
from playbook.errors import PlaybookError
from playbook.screens.desk import desk_of
from playbook.screens.proposing.acts import card_on
from playbook.text.safe import display, one_line
from playbook.widgets.fitting import fitted
from playbook.widgets.line import NOTHING, Line, assembled, wrapped
from playbook.widgets.stops import Page, Stop, StopPane

if TYPE_CHECKING:
    from textual.app import App

    from playbook.finding.session import Session
    from playbook.library.card import Card
    from playbook.review.audit import Entry

log = logging.getLogger(__name__)
DIM, WARNING = "$foreground 70%", "bold $text-warning"
INDENT = "   "
MOST_STEPS = 500  # of main that are laid out; the command tells all

Told = tuple[str, str, list[str]]
"""A step: its first line, the look of that, and what is said of it below."""


class PastScreen(Screen[None]):
    """A list of steps, newest first, that is read behind the screen."""

    CSS = """
    PastScreen #head { height: 1; background: $panel; text-wrap: nowrap; text-overflow: ellipsis; }
    PastScreen #page { height: 1fr; }
    """
    BINDINGS = keys.bindings("past")
    AUTO_FOCUS = "#page"
    pane = getters.query_one("#page", StopPane)

    def __init__(self, heading: str, find: Callable[[], list[Told]], nothing: str) -> None:
        super().__init__()
        self.heading = heading
        self.find = find
        self.nothing = nothing
        self.steps: list[Told] | None = None

    def compose(self) -> ComposeResult:
        """A head over the steps."""
        yield Static(id="head", markup=False)
        yield StopPane(id="page")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Read behind the screen."""
        self.read()

    def on_resize(self, event: Resize) -> None:
        """For the room there is."""
        self.call_after_refresh(self.show)

    @work(thread=True, exclusive=True)
    def read(self) -> None:
        """What git knows of it; by then the screen may be gone."""
        try:
            found = self.find()
        except PlaybookError as error:
            found = [(one_line(str(error), 400), WARNING, [])]
        except Exception:
            log.exception("reading what was")
            found = [("It cannot be shown; the log file has the details (playbook doctor)", WARNING, [])]
        self.call_later(self.steps_are_here, found)

    def steps_are_here(self, found: list[Told]) -> None:
        """Show them."""
        self.steps = found
        if self.is_mounted:
            self.show()

    def show(self) -> None:
        """Lay it out for the width there is."""
        count = "reading …" if self.steps is None else f"{len(self.steps)} step{'' if len(self.steps) == 1 else 's'}"
        head = Content.assemble((f" {self.heading}", "bold"), (f"  {count}", DIM))
        self.query_one("#head", Static).update(fitted(head, self.app.size.width))
        width = self.pane.page_width
        if self.steps is None or not self.pane.size.width:
            return
        lines: list[Line] = []
        stops: list[Stop] = []
        for at, (first, look, more) in enumerate(self.steps):
            begun = len(lines)
            lines += wrapped(assembled([(first, look)]), width)
            for text in more:
                parts = wrapped(Line(text), max(width - len(INDENT), 10))
                lines += [Line(f"{INDENT}{part.text}") for part in parts]
            stops.append(Stop(str(at), begun, len(lines), True))
            lines.append(NOTHING)
        self.pane.show(Page(lines or [Line(self.nothing)], stops), top=not self.pane.page.lines)

    def action_step(self, by: int) -> None:
        """The step below or above."""
        self.pane.action_step(by)

    def action_page(self, by: int) -> None:
        """A page."""
        self.pane.action_page(by)

    def action_edge(self, at: int) -> None:
        """To the top, or with -1 to the end."""
        self.pane.action_edge(at)

    def action_back(self) -> None:
        """Where one came from."""
        self.app.pop_screen()


def show_history(app: App[int]) -> None:
    """Who changed the card on the screen."""
    session, card = desk_of(app).session, card_on(app.screen)
    if session is None or session.partial or card is None:
        app.notify("No card is chosen; choose the one whose past you want to read", severity="warning", markup=False)
        return
    name = one_line(card.title, 80)
    nothing = "Git knows no step of it"
    app.push_screen(PastScreen(f"History of {name}", partial(history_of, session, card), nothing))


def show_audit(app: App[int]) -> None:
    """Everything that became main."""
    session = desk_of(app).session
    if session is None or session.partial:
        app.notify("The library is still being read; the audit is there in a moment", markup=False)
        return
    app.push_screen(PastScreen("Audit: what became main", partial(audit_of, session), "Nothing came to main yet"))


def history_of(session: Session, card: Card) -> list[Told]:
    """The steps of a card. Raises what git cannot read."""
    from playbook.review.past import past, why_of

    found = past(session.library, session.snapshot.commit, card.path)
    return [
        (
            f"{day(one.when)}  {one_line(one.author or one.mail, 60)}: {one_line(one.subject, 200)}",
            WARNING if one.commit in found.marked else "bold",
            [*_said(why_of(one.body)), one.commit[:10]],
        )
        for one in found.revisions
    ]


def audit_of(session: Session) -> list[Told]:
    """The steps of main; those from before there were rules are told by their number. Raises what git cannot read."""
    from playbook.review.audit import audit, taken_as_it_was

    found = audit(session.library)
    older = taken_as_it_was(session.library, found)
    told = [_step(one) for one in found if one.commit not in older]
    if len(told) > MOST_STEPS:
        told = [*told[:MOST_STEPS], (f"… {len(told) - MOST_STEPS} more; `playbook audit` lists them", DIM, [])]
    if older:
        said = f"{len(older)} older step{'s' if len(older) != 1 else ''} without a review, from before the policy or the guard"
        told.append((said, DIM, ["`playbook audit --all` lists them"]))
    return told


def _step(entry: Entry) -> Told:
    from playbook.review.audit import NAMES, told

    how = NAMES[entry.lane] if entry.reviewed else "WITHOUT A REVIEW"
    look = "bold" if entry.reviewed and not entry.forced and not entry.faults else WARNING
    title, *more = told(entry)
    return f"{day(entry.when)}  {how}: {title}", look, [*more, entry.commit[:10]]


def _said(text: str) -> Iterable[str]:
    return [line for line in display(text).strip().split("\n") if line.strip()]


def day(when: int) -> str:
    """The day as the queue writes it."""
    from playbook.screens.reviewing.queue_rows import day as written

    return written(when)
