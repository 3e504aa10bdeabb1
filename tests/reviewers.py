"""Who sits before the screen in tests of the marketer's side: a home and an identity of their own, on the team's hub."""

from __future__ import annotations

from pathlib import Path

import pytest
from piloting import Driver
from team import MIA, REP, Team, build_team, propose, send

from playbook.app import PlaybookApp
from playbook.finding.memory import remember
from playbook.finding.session import read
from playbook.screens.reviewing.queue import QueueScreen
from playbook.screens.reviewing.review import ReviewScreen
from playbook.screens.reviewing.shown import OVER
from playbook.search.indexer import build_now
from playbook.store.managed import Library
from playbook.store.sync import fetch_only
from playbook.store.writing import Person

NOW = "2026-11-22T10:00:00+00:00"
EARLIER = "2026-11-21T22:00:00+00:00"
LATE = "2026-11-18T10:00:00+00:00"


def cards(count: int) -> dict[str, str]:
    """So many objections, each with a sentence of its own to propose other words for."""
    return {
        f"content/objections/card-{number}.md": (
            f"---\ntitle: Card number {number}\nkind: objection\n---\n# Card number {number}\n\n"
            f"## Acknowledge\nFair point {number}.\n\n## Answer\nThe old answer {number} stands here.\n\n## Proof\nYes.\n"
        )
        for number in range(1, count + 1)
    }


class Bench:
    """A team, the rep's library, and the library of whoever sits before the screen."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str] | None = None) -> None:
        self.monkeypatch = monkeypatch
        self.at(NOW)
        self.team: Team = build_team(root, files)
        self.rep = self.team.library("rep")
        self.mine: Library = self.rep

    def at(self, moment: str) -> None:
        """It is that time now."""
        self.monkeypatch.setenv("PLAYBOOK_NOW", moment)

    def propose(self, number: int = 0, *, by: Person = REP, at: str = EARLIER, sent: bool = True, **said: str) -> str:
        """Other words for a card (the price card where no number is given), at the hub; gives the proposal's id."""
        self.at(at)
        fetch_only(self.rep)
        if number:
            path = f"content/objections/card-{number}.md"
            said = {
                "path": path,
                "text": cards(number)[path].replace("The old answer", "A better answer"),
                "title": f"Better words {number}",
                "why": f"Buyers asked {number} times",
            } | said
        id = propose(self.rep, by=by, **said)
        if sent:
            send(self.rep)
        self.at(NOW)
        return id

    def sit(self, who: Person = MIA, name: str = "mia") -> Library:
        """Have that person before the screen, with all that the hub has."""
        self.mine = self.team.library(name)
        self.monkeypatch.setenv("PLAYBOOK_HOME", str(self.team.root / f"home-{name}"))
        self.monkeypatch.setenv("GIT_AUTHOR_NAME", who.name)
        self.monkeypatch.setenv("GIT_AUTHOR_EMAIL", who.mail)
        fetch_only(self.mine)
        read(self.mine)
        build_now(self.mine)
        remember(tour_done=True)
        return self.mine

    def main_log(self) -> str:
        """Every message on the hub's main."""
        return self.team.at_hub("log", "--first-parent", "--format=%B", "main")

    def events(self, id: str) -> list[str]:
        """What was done on a proposal as the hub has it, oldest first."""
        said = self.team.at_hub("log", "--reverse", "--format=%B", f"main..proposals/{id}")
        return [line.partition(": ")[2] for line in said.splitlines() if line.startswith("Playbook-Event: ")]


async def to_queue(see: Driver) -> QueueScreen:
    """From the search screen to the queue, with everything read."""
    await see.opened()
    await see.press("f12")
    await see.until(lambda: isinstance(see.app.screen, QueueScreen), "the queue")
    screen = see.app.screen
    assert isinstance(screen, QueueScreen)
    await see.until(
        lambda: (
            screen.whole
            and all(row.proposal.tip in screen.facts for row in screen.queued.rows if row.proposal.state not in OVER)
        ),
        "all of it",
    )  # type: ignore[union-attr]
    await see.pilot.pause()
    return screen


async def to_review(see: Driver, *keys: str) -> ReviewScreen:
    """From the queue, after some keys, to the proposal one stands on."""
    await see.press(*keys, "enter")
    await see.until(lambda: isinstance(see.app.screen, ReviewScreen), "the review")
    return await laid_out(see)


async def laid_out(see: Driver) -> ReviewScreen:
    """Wait until the proposal on the screen is laid out."""
    screen = see.app.screen
    assert isinstance(screen, ReviewScreen)
    await see.until(
        lambda: (
            screen.reviewed is not None
            and screen.laid is not None
            and screen.shown.partition(" ")[0] == screen.id_shown
        ),
        "the proposal laid out",
    )
    await see.pilot.pause()
    return screen


async def shows(see: Driver, id: str) -> ReviewScreen:
    """Wait until that proposal is on the screen."""
    screen = see.app.screen
    assert isinstance(screen, ReviewScreen)
    await see.until(lambda: screen.id_shown == id, f"the proposal {id}")
    return await laid_out(see)


async def done(see: Driver) -> None:
    """Wait until everything decided so far is done."""
    await see.until(lambda: not see.app.doer.doing, "what was decided", seconds=30)
    await see.pilot.pause()


def toasts(app: PlaybookApp) -> str:
    """What the toasts say."""
    return " | ".join(toast.message for toast in app._notifications)
