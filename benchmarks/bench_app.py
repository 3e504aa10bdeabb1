"""Typing in the app: from the key to the painted results in process, and through a pseudo terminal beside a bare Input."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import events
from textual._compositor import CompositorUpdate
from textual.keys import _character_to_key

import playbook.app
from benchmarks import corpus
from benchmarks.place import Place, library_of
from benchmarks.pseudoterminal import Terminal
from benchmarks.table import percentile, print_table, spread
from playbook.app import PlaybookApp
from playbook.screens.finding.search import SearchScreen
from playbook.screens.status import chips

if TYPE_CHECKING:
    from textual.screen import Screen

BUDGET = {500: 16.0, 5_000: 50.0, 50_000: 50.0}  # ms, p95, in process
WORDS_EACH = {50_000: 40}  # 27 MB of Markdown
KEYS_A_SECOND = 15
_CLEAR = "\x15"  # ctrl+u empties the box
_BARE = """
from textual.app import App
from textual.widgets import Input
class Bare(App):
    def compose(self):
        yield Input(placeholder="What did the buyer just say?", select_on_focus=False)
Bare().run()
"""


def run(*, quick: bool = False) -> None:
    """Print both tables for each size."""
    painted: list[list[str]] = []
    echoed: list[list[str]] = []
    for size in [500] if quick else [500, 5_000, 50_000]:
        with library_of(size, words_each=WORDS_EACH.get(size, 240)) as place:
            from playbook.search.indexer import build_now

            build_now(place.library)
            typed = corpus.questions(place.made, 60)
            place.made.clear()  # or the collector would have this bench's own text to walk through
            gc.collect()
            for columns, rows in ((80, 24), (120, 40)):
                painted += _in_process(place, typed, 150 if quick else 400, (columns, rows))
            echoed += _through_terminal(place, typed, 4.0 if quick else 8.0)
    print_table(
        "Key to painted results in the app, in process, warm library",
        ["", "p50 ms", "p95 ms", "p99 ms", "n", "budget p95", "of it"],
        painted,
    )
    print_table(
        f"Typing {KEYS_A_SECOND} keys a second through a pseudo terminal, 120x40 (no key may be lost)",
        ["", "keys", "lost", "echo p50 ms", "p95 ms", "p99 ms", "x bare"],
        echoed,
    )


@dataclass
class _Waiting:
    """One keystroke under way: what the box will hold, and the answers known before it."""

    question: str
    before: int
    started: float
    echoed: float = 0.0
    painted: float = 0.0
    done: asyncio.Event = field(default_factory=asyncio.Event)


class _Watched(PlaybookApp):
    """The app, telling of every update that it would have written to a terminal."""

    # Textual would look for the styles beside this file.
    CSS_PATH = [Path(playbook.app.__file__).parent / name for name in PlaybookApp.CSS_PATH]
    waiting: _Waiting | None = None

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        super()._display(screen, renderable)
        if isinstance(renderable, CompositorUpdate):
            # Without a terminal Textual stops short of this step, and it is not free.
            renderable.render_segments(self.console)
        if self.waiting is not None:
            self._look(self.waiting, time.perf_counter())

    def _look(self, waiting: _Waiting, now: float) -> None:
        search = self.screen
        if not isinstance(search, SearchScreen) or search.box.value != waiting.question:
            return
        waiting.echoed = waiting.echoed or now
        shown = search.shown
        if shown is None or shown.number <= waiting.before or shown.question != waiting.question:
            return
        text = "\n".join(strip.text for strip in search._compositor.render_strips())
        expected = [chips(shown, self.size.width).plain.strip()]
        if shown.rows and shown.first is not None:
            expected += [_first_line(shown.rows[0].lines[0].text), _first_line(shown.first.lines[0].text)]
        if all(line in text for line in expected):
            waiting.painted = now
            waiting.done.set()
        else:
            # Part of the answer is not there yet; what this look took is not the app's.
            waiting.started += time.perf_counter() - now


def _first_line(text: str) -> str:
    return text.strip()[:30]


def _in_process(place: Place, asked: list[str], keys: int, terminal: tuple[int, int]) -> list[list[str]]:
    echo, paint = asyncio.run(_type_in_process(place, asked, keys, terminal))
    size = len(echo)
    budget = BUDGET[_cards(place)]
    share = percentile(paint, 0.95) / budget
    name = f"{_cards(place)} cards, {terminal[0]}x{terminal[1]}"
    return [
        [f"{name}: results", *spread(paint), str(size), f"{budget:g}", f"{share:.2f}"],
        [f"{name}: the key itself", *spread(echo), str(size), "", ""],
    ]


def _cards(place: Place) -> int:
    from playbook.library.snapshot import load_snapshot

    return len(load_snapshot(place.library).cards)


async def _type_in_process(
    place: Place, asked: list[str], keys: int, terminal: tuple[int, int]
) -> tuple[list[float], list[float]]:
    """Milliseconds from the posting of each key to its echo and to its answer."""
    pace = random.Random(3)
    app = _Watched(place.library.name)
    echo: list[float] = []
    paint: list[float] = []
    async with app.run_test(size=terminal):
        search = app.screen
        assert isinstance(search, SearchScreen)
        await _until(lambda: search.shown is not None and search.shown.engine != "scan")
        await asyncio.sleep(1)
        for question in asked:
            search.box.value = ""
            await asyncio.sleep(0.2)
            for end, letter in enumerate(question, 1):
                waiting = app.waiting = _Waiting(question[:end], search.asked, time.perf_counter())
                key = events.Key(letter if letter.isalnum() else _character_to_key(letter), letter)
                key.set_sender(app)
                assert app._driver is not None
                app._driver.send_message(key)
                await asyncio.wait_for(waiting.done.wait(), 10)
                app.waiting = None
                echo.append((waiting.echoed - waiting.started) * 1000)
                paint.append((waiting.painted - waiting.started) * 1000)
                # Not in step with the screen's own clock, as no typist is.
                await asyncio.sleep(pace.uniform(0.02, 0.06))
            if len(paint) >= keys:
                break
    return echo, paint


async def _until(holds: Callable[[], bool], seconds: float = 60) -> None:
    for _ in range(int(seconds / 0.02)):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise TimeoutError("the app never became ready")


def _through_terminal(place: Place, asked: list[str], seconds: float) -> list[list[str]]:
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("TEXTUAL")},
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
    program = str(Path(sys.executable).parent / "playbook")
    ours, ours_lost = _type([program], env, asked, seconds)
    bare, bare_lost = _type([sys.executable, "-c", _BARE], env, asked, seconds)
    rows = []
    for name, took, lost in (
        (f"{_cards(place)} cards: playbook", ours, ours_lost),
        ("a bare Textual Input", bare, bare_lost),
    ):
        ratio = percentile(took, 0.95) / percentile(bare, 0.95)
        rows.append([name, str(len(took) + lost), str(lost), *spread(took), f"{ratio:.2f}"])
    return rows


def _type(command: list[str], env: dict[str, str], asked: list[str], seconds: float) -> tuple[list[float], int]:
    """Milliseconds from each key to the screen that shows it, and how many keys never showed."""
    terminal = Terminal(command, env)
    try:
        terminal.until(lambda text: "What did the buyer just say?" in text)
        _read_for(terminal, 3.0)
        took: list[float] = []
        lost = 0
        begun = due = time.perf_counter()
        for question in asked:
            terminal.type(_CLEAR)
            due = _wait_until(terminal, due + 1 / KEYS_A_SECOND)
            sent: list[float] = []
            seen = 0
            for letter in question:
                terminal.type(letter)
                sent.append(time.perf_counter())
                due += 1 / KEYS_A_SECOND
                seen = _watch(terminal, question, sent, seen, took, due)
            seen = _watch(terminal, question, sent, seen, took, due + 1.0, all_of_it=True)
            lost += len(question) - seen
            due = max(due, time.perf_counter())
            if time.perf_counter() - begun > seconds:
                break
        return took, lost
    finally:
        terminal.close()


def _watch(
    terminal: Terminal,
    question: str,
    sent: list[float],
    seen: int,
    took: list[float],
    until: float,
    *,
    all_of_it: bool = False,
) -> int:
    """Read the screen until that time (or until all is there), noting when each letter shows; gives how many do."""
    while True:
        text = terminal.text()
        now = time.perf_counter()
        while seen < len(sent) and _shows(text, question[: seen + 1]):
            took.append((now - sent[seen]) * 1000)
            seen += 1
        if now >= until or (all_of_it and seen == len(question)):
            return seen
        terminal.read(until - now)


def _shows(text: str, typed: str) -> bool:
    """Whether the box (its border is `▊` on the left) holds at least what was typed."""
    return any(line.lstrip().removeprefix("▊").strip().startswith(typed.strip()) for line in text.split("\n")[:4])


def _read_for(terminal: Terminal, seconds: float) -> None:
    _wait_until(terminal, time.perf_counter() + seconds)


def _wait_until(terminal: Terminal, moment: float) -> float:
    while (left := moment - time.perf_counter()) > 0:
        terminal.read(left)
    return moment
