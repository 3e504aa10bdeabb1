"""The program as a person meets it: in a terminal, by keys, resized, killed, twice at once."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sample import long_page, objection, sample
from terminals import PATIENCE, Pty, Tmux

from playbook.errors import Conflict
from playbook.finding.memory import remember
from playbook.finding.session import read
from playbook.search.indexer import IndexStatus, build_now
from playbook.store.managed import Library, open_library

NOW = "2026-11-22T10:00:00+00:00"
READY = "What did the buyer just say?"
PRICE = "We cost less than a late delivery."
Start = Callable[..., Tmux]

needs_tmux = pytest.mark.skipif(
    not shutil.which("tmux") and not os.environ.get("CI"), reason="tmux is not installed, and this is not CI"
)


@pytest.fixture(scope="module")
def terminal_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which the sample is open and indexed, with a long page, and the tour is over."""
    place = tmp_path_factory.mktemp("terminal")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PLAYBOOK_HOME", str(place / "home"))
        environment.setenv("PLAYBOOK_NOW", NOW)
        made = sample(place / "repo").write("content/guide/long.md", long_page(100_000))
        made.commit()
        library = open_library(str(made.bare(place / "hub.git")), name="sample")
        read(library)
        build_now(library)
        remember(tour_done=True)
    return place / "home"


@pytest.fixture(autouse=True)
def machine(terminal_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No display, no ssh, no colours asked for; the sample's home and day."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "SSH_TTY", "TMUX", "COLORFGBG", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PLAYBOOK_HOME", str(terminal_home))
    monkeypatch.setenv("PLAYBOOK_NOW", NOW)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def start() -> Iterator[Start]:
    """Start the program in tmux; every server is ended afterwards."""
    started: list[Tmux] = []

    def begin(columns: int = 80, rows: int = 24, *, before: str = "") -> Tmux:
        started.append(Tmux(columns, rows, before=before))
        return started[-1]

    yield begin
    for one in started:
        one.close()


def ended(terminal: Tmux) -> None:
    """The program has left with 0, and the terminal is as it was."""
    terminal.sees("ended with 0")
    assert terminal.state("alternate_on") == "0"
    assert terminal.state("cursor_flag") == "1"
    assert terminal.state("mouse_any_flag") == "0"


@needs_tmux
def test_r03_a_new_users_first_call(start: Start) -> None:
    see = start(80, 24)
    see.sees(READY)
    assert see.state("alternate_on") == "1"
    see.type("too expensive")
    shown = see.sees(PRICE)
    assert "It costs more" in shown
    assert "What does a late delivery cost you?" in shown
    see.press("C-y")
    see.sees("with tmux")
    see.press("Enter")
    see.sees("Oldacre, 2026-06.")
    see.type_quickly("/pilot")
    see.sees("1 of 1")
    see.press("Enter")
    see.press("Escape")
    time.sleep(0.3)
    see.press("Escape")
    see.until(lambda text: "too expensive" in text and "Narrow" in text, "the search screen")
    see.press("F2")
    time.sleep(0.3)
    see.type("persona cfo")
    see.press("Enter")
    see.sees("persona: cfo")
    see.press("C-q")
    ended(see)


@needs_tmux
def test_r09_find_counts_and_wraps_round_in_a_long_page(start: Start) -> None:
    see = start(80, 24)
    see.sees(READY)
    see.type("purple walrus clause")
    see.sees("Ask legal for the purple walrus clause")
    see.press("Enter")
    see.sees("part 10 of 12")
    see.type_quickly("/topic 40")
    see.sees("1 of 40")
    see.press("Enter")
    see.type("N")
    see.sees("40 of 40")
    see.type("n")
    see.sees("1 of 40")
    see.press("C-q")
    ended(see)


@needs_tmux
def test_resizing_while_it_runs(start: Start) -> None:
    see = start(120, 36)
    see.sees(READY)
    see.type("too expensive")
    see.sees(PRICE)
    for columns, rows in ((60, 15), (20, 5), (200, 50), (80, 24)):
        see.tmux("resize-window", "-x", str(columns), "-y", str(rows))
        time.sleep(0.15)
    see.sees(PRICE)
    see.press("C-q")
    ended(see)


@needs_tmux
def test_a_terminal_of_20_by_5(start: Start) -> None:
    see = start(20, 5)
    time.sleep(0.5)
    see.until(lambda text: text.strip() != "", "anything")
    see.type("price")
    see.sees("price")
    see.press("C-q")
    ended(see)


@needs_tmux
def test_r01_no_key_is_lost_at_15_a_second(start: Start) -> None:
    see = start(80, 24)
    see.sees(READY)
    sentence = "what does a late delivery cost you today"
    see.type_quickly(sentence)
    see.sees(sentence)
    see.press("C-q")
    ended(see)


@needs_tmux
def test_r09_keys_that_come_with_enter_go_where_enter_leads(start: Start) -> None:
    see = start(80, 24)
    see.sees(READY)
    see.type("purple walrus clause")
    see.sees("Ask legal for the purple walrus clause")
    see.press("Enter", "/")
    see.sees("Find in this document")
    see.press("t", "o", "p", "i", "c", "Space", "4", "0", "Enter", "N")
    see.sees("40 of 40")


@needs_tmux
def test_two_apps_at_once_on_one_library(start: Start) -> None:
    one, other = start(80, 24), start(100, 30)
    for see in (one, other):
        see.sees(READY)
    for see in (one, other):
        see.type("too expensive")
    for see in (one, other):
        see.sees(PRICE)
        see.press("C-q")
    for see in (one, other):
        ended(see)


def test_r10_copying_sends_osc_52_to_the_terminal() -> None:
    see = Pty()
    see.sees(READY)
    see.type("too expensive")
    see.sees("late delivery.")
    time.sleep(0.2)
    see.type("\x19")
    see.writes(b"\x1b]52;c;")
    see.sees("OSC 52")
    code = re.search(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)", see.got)
    assert code is not None
    assert base64.b64decode(code[1]).decode() == (
        f"Fair, and budget is real.\nWhat does a late delivery cost you?\n{PRICE}"
    )
    see.type("\x11")
    assert see.end() == 0
    # The alternate screen is left and the cursor shown again.
    assert see.got.rindex(b"\x1b[?1049l") > see.got.rindex(b"\x1b[?1049h")
    assert see.got.rindex(b"\x1b[?25h") > see.got.rindex(b"\x1b[?25l")


def test_no_color_paints_greys_alone() -> None:
    see = Pty(NO_COLOR="1")
    see.sees(READY)
    see.type("not now")
    see.sees("EXPIRED")
    see.type("\x11")
    assert see.end() == 0
    painted = set(re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", see.got))
    assert painted
    assert {colour for colour in painted if len(set(colour)) > 1} == set()


def test_with_colours_the_states_are_coloured() -> None:
    see = Pty()
    see.sees(READY)
    see.type("\x11")
    assert see.end() == 0
    painted = set(re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", see.got))
    assert any(len(set(colour)) > 1 for colour in painted)


def test_a_dumb_terminal_is_survived() -> None:
    see = Pty(term="dumb")
    see.sees(READY)
    see.type("\x11")
    assert see.end() == 0
    assert "Traceback" not in see.text()


@pytest.mark.parametrize("stop", ["\x03\x11", "\x11"])
def test_keys_pressed_before_the_first_paint_are_no_harm(stop: str) -> None:
    see = Pty()
    see.type("price")
    see.sees("Narrow")
    see.type(stop)
    assert see.end() == 0


def _built_at_last(library: Library) -> IndexStatus:
    """The index, once the indexer that the app began by itself has had its time."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return build_now(library)
        except Conflict:
            assert time.monotonic() < end
            time.sleep(0.2)


def test_killed_at_any_moment_of_the_start_the_next_start_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBOOK_HOME", str(tmp_path / "fresh"))
    made = sample(tmp_path / "repo")
    for number in range(120):
        made.write(f"content/objections/more-{number}.md", objection(f"Reason {number} to wait"))
    made.commit()
    library = open_library(str(made.bare(tmp_path / "hub.git")), name="sample")
    remember(tour_done=True)
    # The first start reads and indexes the library; the moments lie before, within and after that.
    for moment in (0.1, 0.3, 0.5, 0.7, 0.9):
        killed = Pty()
        end = time.monotonic() + moment
        while time.monotonic() < end:
            killed.read(0.02)
        killed.kill()
    # The indexer is a process of its own; it too may die at any moment.
    for moment in (0.15, 0.3, 0.5):
        indexer = subprocess.Popen([sys.executable, "-m", "playbook.search.indexer", "--library", "sample"])
        time.sleep(moment)
        indexer.kill()
        indexer.wait()
    see = Pty()
    see.sees(READY)
    see.type("too expensive")
    see.sees("late delivery.")
    see.type("\x11")
    assert see.end() == 0
    assert "Traceback" not in see.text()
    status = _built_at_last(library)
    assert status.cards == read(library).snapshot.documents
    log = tmp_path / "fresh" / "state" / "playbook.log"
    assert not log.exists() or "Traceback" not in log.read_text()
