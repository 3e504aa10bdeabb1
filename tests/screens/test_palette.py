"""The palette: names first, then what a command does and what else people call it."""

from __future__ import annotations

from pathlib import Path

import pytest
from piloting import Driver, drive
from reviewers import Bench, cards, to_queue, to_review
from textual.command import CommandList

from playbook.app import PlaybookApp
from playbook.screens.palette import CALLED


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch, cards(2))


async def found(app: PlaybookApp, see: Driver, query: str) -> list[str]:
    """What the palette lists for a question, best first."""
    await see.press("ctrl+p")
    await see.until(lambda: app.screen.query(CommandList), "the palette")
    await see.type(query)
    await see.until(lambda: app.screen.query_one(CommandList).option_count, "hits")
    await see.pilot.pause(0.3)
    options = app.screen.query_one(CommandList).options
    names = [str(option.prompt).split("\n")[0] for option in options]
    await see.press("escape")
    if app.screen.query(CommandList):
        await see.press("escape")
    return names


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("approve", "Review queue"),
        ("merge", "Review queue"),
        ("overdue", "Review queue"),
        ("review queue", "Review queue"),
        ("hub now", "Sync"),
    ],
)
def test_the_call_screens_palette_finds_by_other_words(bench: Bench, query: str, first: str) -> None:
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        assert (await found(app, see, query))[0].startswith(first)
        assert any(name.startswith("Better words") for name in await found(app, see, "draft"))

    drive(steps)


def test_a_name_stands_before_what_another_command_says_of_itself(bench: Bench) -> None:
    bench.propose(1)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see)
        merge = await found(app, see, "merge")
        assert merge[0].startswith(("Approve", "Review queue", "Settle"))
        assert any(name.startswith("Approve") for name in merge[:3])
        reason = await found(app, see, "park")
        assert reason[0].startswith("Park")
        offered = {command.title for command in app.get_system_commands(app.screen)}
        assert {"Approve", "Decline", "Settle", "Take back"} <= offered & set(CALLED)

    drive(steps)
