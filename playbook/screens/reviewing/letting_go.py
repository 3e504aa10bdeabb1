"""Ways out, from the queue's palette, for what waits here and the hub refuses: made anew, or let go of and kept as drafts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playbook.screens.desk import desk_of
from playbook.screens.doing import Job, doer_of
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from textual.app import App

    from playbook.review.proposal import Proposal

SURE = ("Let go of it: its words become drafts", "Leave it as it is")


def resend(app: App[Any], proposal: Proposal) -> None:
    """Make what waits of it anew, by who one is now."""
    session = desk_of(app).session
    if session is None:
        return
    library, id, title = session.library, proposal.id, one_line(proposal.title, 80)

    def act() -> Any:
        from playbook.review.ways_out import resend as make

        return make(library, id)

    said = f"Made anew as who you are now: {title}. It goes out with the next sync"
    doer_of(app).do(Job(id, "resend", f"Making anew: {title}", act, lambda _: said))


def let_go(app: App[Any], proposal: Proposal) -> None:
    """Let go of what waits of it, once that was asked."""
    session = desk_of(app).session
    if session is None:
        return
    library, id, title = session.library, proposal.id, one_line(proposal.title, 80)

    def act() -> Any:
        from playbook.review.ways_out import let_go as drop

        return drop(library, id)

    def given(chosen: list[int] | None) -> None:
        if chosen == [0]:
            said = f"Let go of: {title}. Its words are among your drafts"
            doer_of(app).do(Job(id, "let-go", f"Letting go of: {title}", act, lambda _: said))

    from playbook.screens.reviewing.verdict import ChoiceScreen

    app.push_screen(ChoiceScreen(f"What was never sent of: {title}", SURE, one=True), given)
