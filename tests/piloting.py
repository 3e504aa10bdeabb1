"""Drives the real app without a terminal: press keys, wait for what must come, read the screen as text."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from textual.pilot import Pilot

from playbook.app import PlaybookApp

Steps = Callable[[PlaybookApp, "Driver"], Awaitable[None]]


class Driver:
    """Keys and eyes."""

    def __init__(self, app: PlaybookApp, pilot: Pilot[Any]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        """Press keys by their names."""
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Type text into what has the focus."""
        await self.pilot.press(*("space" if letter == " " else letter for letter in text))

    def screen(self) -> str:
        """What the screen shows, as lines of text."""
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())

    async def until(self, holds: Callable[[], object], what: str = "", seconds: float = 15.0) -> None:
        """Wait until something holds; the screen is in the message when it never does."""
        waited = 0.0
        while not holds():
            if waited > seconds:
                raise AssertionError(f"never came: {what}\n{self.screen()}")
            await self.pilot.pause(0.02)
            waited += 0.02

    async def sees(self, text: str) -> None:
        """Wait until the text is on the screen."""
        await self.until(lambda: text in self.screen(), text)

    async def opened(self) -> None:
        """Wait until the library is open and its first answer painted."""
        await self.until(lambda: self.app.desk.session is not None, "the library")
        await self.until(lambda: getattr(self.app.screen_stack[0], "shown", None) is not None, "the first answer")
        await self.pilot.pause()

    async def answered(self, question: str) -> None:
        """Wait until the search screen shows the answer to exactly this question."""
        await self.until(lambda: self.app.screen_stack[0].shown.question == question, f"the answer to {question!r}")  # type: ignore[attr-defined]
        await self.pilot.pause()


def drive(steps: Steps, *, size: tuple[int, int] = (120, 36), wanted: str | None = None) -> PlaybookApp:
    """Run the app and take the steps."""
    app = PlaybookApp(wanted)

    async def run() -> None:
        async with app.run_test(size=size, notifications=True) as pilot:
            await steps(app, Driver(app, pilot))

    asyncio.run(run())
    return app
