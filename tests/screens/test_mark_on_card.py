"""A card that somebody forced says so: in the pane beside the list, and above the page that is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from court import CARL, policy
from piloting import Driver, drive
from reviewers import Bench, cards
from team import MIA

from playbook.app import PlaybookApp
from playbook.review.ruling import override
from playbook.store.runner import Git

MARK = "Forced by Carl on 2026-11-22: The buyer signs tonight"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    made = Bench(tmp_path, monkeypatch, cards(3) | {"content/policy.toml": policy("[[rules]]\nkeys = 2\n")})
    override(made.rep, made.propose(2), "The buyer signs tonight", by=CARL)
    made.sit(MIA)
    return made


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
def test_r37_the_mark_stands_on_the_card_and_on_no_other(bench: Bench, size: tuple[int, int]) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("number 2")
        await see.sees(MARK[:40])
        await see.press("enter")
        await see.until(lambda: type(app.screen).__name__ == "ReadScreen", "reading")
        await see.sees(MARK)
        await see.press("escape")
        await see.press("ctrl+u")
        await see.type("number 3")
        await see.answered("number 3")
        await see.pilot.pause()
        assert "Forced by" not in see.screen()
        await see.press("enter")
        await see.until(lambda: type(app.screen).__name__ == "ReadScreen", "reading")
        await see.pilot.pause(0.3)
        assert "Forced by" not in see.screen()

    drive(steps, size=size)


def test_r37_marks_are_read_once_and_no_git_runs_for_a_key(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = Git.run

    def counted(self: Git, *arguments: str, **more: object) -> bytes:
        asked.append(arguments[0])
        return real(self, *arguments, **more)  # type: ignore[arg-type]

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("number 2")
        await see.sees("Forced by Carl")
        await see.pilot.pause(0.3)
        monkeypatch.setattr(Git, "run", counted)
        await see.press("ctrl+u")
        await see.type("old answer")
        await see.answered("old answer")
        await see.pilot.pause(0.1)
        assert asked == []

    drive(steps)


def test_marks_that_come_as_the_list_goes_are_told_to_nobody(bench: Bench) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        search = app.screen
        await search.query_one("#results").remove()
        search.marks_are_here({"content/objections/card-2.md": MARK})  # type: ignore[attr-defined]

    drive(steps)
