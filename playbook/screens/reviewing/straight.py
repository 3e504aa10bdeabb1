"""What one does with a commit that went to main without a review: mark it as seen, or propose to take it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.content import Content

from playbook.screens.copying import clear_toasts
from playbook.screens.desk import desk_of
from playbook.screens.doing import Job, doer_of
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from textual.app import App

    from playbook.store.history import Revision

NEEDED = "Taking it back needs a reason"


def turn_seen(app: App[Any], revision: Revision) -> None:
    """Mark the commit as seen by this person, or as not seen again; say which."""
    from playbook.finding.looked_at import looked_at, mark

    session = desk_of(app).session
    if session is None:
        return
    library = session.library.name
    seen = revision.commit not in looked_at(library)
    clear_toasts(app)
    if not mark(library, revision.commit, seen=seen):
        app.notify("This cannot be kept: nothing can be written to disk", severity="error", markup=False)
        return
    said = "Seen, as remembered on this machine" if seen else "To be looked at again"
    app.notify(f"{said}: {one_line(revision.subject, 60)}", markup=False, timeout=3)


def take_back(app: App[Any], revision: Revision) -> None:
    """Ask why, and propose the files as they were before it."""
    session = desk_of(app).session
    if session is None:
        return
    library, commit, title = session.library, revision.commit, one_line(revision.subject, 80)
    kept = f"{library.git_dir} {commit} take-back"

    def act(words: str) -> Any:
        from playbook.finding.looked_at import mark
        from playbook.review.straight import take_back as propose

        made = propose(library, commit, words)
        mark(library.name, commit)
        return made

    def given(words: str | None) -> None:
        if words is None:
            return
        said = f"Proposed to take back: {title}. It waits in the queue until somebody else approves it"
        what = f"Proposing to take back: {title}"
        doer_of(app).do(Job(commit, "take-back", what, lambda: act(words), lambda _: said, kept))

    from playbook.screens.reviewing.verdict import SENDS, WordsScreen

    who = one_line(revision.author or revision.mail, 60)
    about = [
        Content.styled(f"{who} put it straight to main as {commit[:10]}", "$foreground 70%"),
        Content("Its files are proposed as they were before it; somebody else approves that"),
    ]
    app.push_screen(WordsScreen(f"Take back: {title}", about, kept=kept, needed=NEEDED, hint=SENDS), given)
