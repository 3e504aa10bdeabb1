"""Acts on a card that is published: verify it as it stands, retire, rename or delete it; each is a proposal like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.content import Content

from playbook.finding.badge import badge
from playbook.screens.desk import desk_of
from playbook.screens.doing import Job, doer_of
from playbook.screens.proposing.changing import ChangingScreen
from playbook.text.safe import display_path, one_line
from playbook.widgets.card_view import STATE_STYLES

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

    from playbook.finding.session import Session
    from playbook.library.card import Card

ACTS = (
    ("verify", "Verify the card", "Say that it is right as it stands; nothing else of it changes"),
    ("retire", "Retire the card", "Propose to take it out of use; it stays, marked retired"),
    ("rename", "Rename the card", "Propose another place for it; all that points at it goes along"),
    ("delete", "Delete the card", "Propose to remove it; its history stays"),
)
# By act: the panel's title, what refuses an empty answer, what its words are for.
ASKED = {
    "verify": ("Verify", "", "Enter says that it is right as it stands; words are not needed, Esc goes back"),
    "retire": ("Retire", "Retiring a card needs a reason", "Why should nobody say it any more? Enter proposes it"),
    "rename": ("Rename", "Renaming needs a new name", "Its new place. Enter proposes it, Esc goes back"),
    "delete": ("Delete", "Deleting a card needs a reason", "Why should it go? Enter proposes it, Esc goes back"),
}


def card_on(screen: Screen[Any]) -> Card | None:
    """The card that is chosen or read on the screen."""
    return screen.card_to_change() if isinstance(screen, ChangingScreen) else None


def propose(app: App[Any], card: Card | None, what: str) -> None:
    """Ask for what the act needs, and propose it behind the screen."""
    session = desk_of(app).session
    if card is None or session is None or session.partial:
        app.notify("No card is chosen", severity="warning", markup=False)
        return
    title, needed, hint = ASKED[what]
    trust, name = session.trust(card), one_line(card.title, 80)
    about = [
        Content.assemble((one_line(card.title, 200), "bold"), ("  " + display_path(card.path), "$foreground 70%")),
        Content.styled(badge(card, trust).full, STATE_STYLES[trust.state]),
    ]
    if card.anchor:
        about.append(Content.styled("This is a section: the act is on the whole page", "$text-warning"))
    kept = f"{session.library.git_dir} {card.path} {what}"
    begin = display_path(card.path.removeprefix(session.snapshot.root)) if what == "rename" else ""

    def given(words: str | None) -> None:
        if words is None:
            return
        said = f"Proposed: {title.lower()} {name}. It waits in the queue until somebody else approves it"
        if what == "verify":
            said = f"{name} is said to be right as it stands; where your own key is enough, that is merged with the next sync"
        job = Job(
            card.path,
            what,
            f"Proposing: {title.lower()} {name}",
            lambda: act(session, card, what, words),
            lambda _: said,
            kept,
        )
        doer_of(app).do(job)

    from playbook.screens.reviewing.verdict import WordsScreen

    panel = WordsScreen(f"{title}: {card.title}", about, kept=kept, needed=needed, begin=begin, hint=hint)
    app.push_screen(panel, given)


def act(session: Session, card: Card, what: str, words: str) -> Any:
    """Make the proposal. Raises what refuses it."""
    from playbook.review import card_acts

    if what == "rename":
        return card_acts.propose_rename(session, card, words)
    made = {"verify": card_acts.propose_verify, "retire": card_acts.propose_retire, "delete": card_acts.propose_delete}
    return made[what](session, card, why=words)
