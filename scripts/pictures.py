"""Takes the README's pictures from the running app on the demonstration library: `make pictures`."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "docs" / "screenshots"
DAY = "2026-11-22T10:00:00+00:00"

# name, size, theme, keys; a key of more than one letter is pressed as it is called.
SHOTS: tuple[tuple[str, tuple[int, int], str, tuple[str, ...]], ...] = (
    ("search", (120, 36), "playbook-dark", tuple("too expensive")),
    ("search-80x24", (80, 24), "playbook-dark", tuple("too expensive")),
    ("search-light", (120, 36), "playbook-light", tuple("send me an email")),
    ("start", (120, 36), "playbook-dark", ()),
    ("narrow", (120, 36), "playbook-dark", ("f2", *"cfo")),
    ("call", (100, 30), "playbook-dark", (*"#negotiation vs:acme price", "f7", "ctrl+t")),
    ("nothing", (80, 24), "playbook-dark", tuple("xylophone")),
    ("read", (120, 36), "playbook-light", (*"holding the price", "enter", "slash", *"too expensive", "enter")),
    ("read-80x24", (80, 24), "playbook-dark", (*"too expensive", "enter")),
    ("browse", (120, 36), "playbook-dark", ("f6", *["down"] * 3, "right")),
    ("propose", (100, 32), "playbook-dark", (*"not now", "f4", *"Fine. After the peak, or with next year's budget?")),
    ("edit", (120, 36), "playbook-dark", (*"not now", "escape", "escape", "e")),
    ("queue", (110, 34), "playbook-dark", ("f12",)),
    ("review", (110, 34), "playbook-dark", ("f12", "down", "down", "enter")),
    ("review-80x24", (80, 24), "playbook-light", ("f12", "down", "down", "enter")),
    ("conflict", (110, 34), "playbook-dark", ("f12", "enter", "D")),
    ("keys", (100, 40), "playbook-dark", ("f1",)),
)


async def shoot(only: list[str], extra: Path | None) -> None:
    """Run the app once a picture and save what it shows."""
    from playbook.app import PlaybookApp
    from playbook.demo.hub import build_demo
    from playbook.finding.memory import remember
    from playbook.finding.session import read
    from playbook.search.indexer import build_now

    library = build_demo()
    read(library)
    build_now(library, rebuild=False)
    remember(tour_done=True)
    for name, size, theme, keys in SHOTS:
        if only and name not in only:
            continue
        app = PlaybookApp("demo")
        async with app.run_test(size=size) as pilot:
            app.theme = theme
            await settled(pilot, lambda app=app: app.desk.session is not None)
            for key in keys:
                await pilot.press("space" if key == " " else key)
                if len(key) > 1:
                    await pilot.pause(0.8)
            await pilot.pause(1.0)
            target = (extra or PLACE) / f"{name}.svg"
            target.write_text(plain(app.export_screenshot(title="playbook")), encoding="utf-8")
            print(target)


def plain(svg: str) -> str:
    """The picture without its web fonts (a README's reader fetches nothing) and without numbers that change by the run."""
    svg = re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


async def settled(pilot: object, ready: object, seconds: float = 20.0) -> None:
    """Wait until `ready()`."""
    waited = 0.0
    while not ready() and waited < seconds:  # type: ignore[operator]
        await pilot.pause(0.1)  # type: ignore[attr-defined]
        waited += 0.1


def main() -> None:
    """`pictures.py [--to FOLDER] [NAME ...]`."""
    arguments = sys.argv[1:]
    extra = None
    if "--to" in arguments:
        at = arguments.index("--to")
        extra = Path(arguments[at + 1])
        extra.mkdir(parents=True, exist_ok=True)
        del arguments[at : at + 2]
    PLACE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(PLAYBOOK_HOME=home, PLAYBOOK_NOW=DAY, TEXTUAL_COLOR_SYSTEM="truecolor")
        asyncio.run(shoot(arguments, extra))


if __name__ == "__main__":
    main()
