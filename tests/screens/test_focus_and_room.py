"""Where letters go, what a small terminal shows, and how long what was said stays on the screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from building import LibraryBuilder
from piloting import Driver, drive
from sample import objection

from playbook.app import PlaybookApp
from playbook.paths import config_dir, private
from playbook.screens.finding.answering import layout_for
from playbook.screens.keys import all_keys
from playbook.store.managed import Library, open_library


def on_screen(app: PlaybookApp, name: str) -> bool:
    return type(app.screen).__name__ == name


def toasts(app: PlaybookApp) -> int:
    return len(app._notifications)


def said(app: PlaybookApp) -> str:
    return " ".join(toast.message for toast in app._notifications)


@pytest.mark.parametrize("focus", ["results", "pane"])
def test_a_sentence_typed_beside_the_box_goes_into_it(opened: Library, focus: str) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        app.screen.query_one(f"#{focus}").focus()
        await see.pilot.pause()
        assert "c copy, p better words, e edit, f narrow, b browse, r queue, ? says the rest" in see.screen()
        await see.type("quite too expensive")
        await see.answered("quite too expensive")
        assert app.focused is not None
        assert app.focused.id == "box"
        assert "says the rest" not in see.screen()
        app.screen.query_one(f"#{focus}").focus()
        await see.pilot.pause()
        await see.press("Q")
        await see.answered("quite too expensiveQ")

    drive(steps)


def test_commands_stay_commands_beside_the_box_also_when_they_are_ones_own(opened: Library) -> None:
    (private(config_dir()) / "keys.toml").write_text('[keys]\nlist-browse = "o"\n')

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        app.screen.query_one("#pane").focus()
        await see.pilot.pause()
        assert "o browse" in see.screen()
        await see.press("f")
        await see.until(lambda: on_screen(app, "NarrowScreen"), "narrowing")
        await see.press("escape", "o")
        await see.until(lambda: on_screen(app, "BrowseScreen"), "browsing")
        await see.press("escape", "b")
        await see.answered("b")

    drive(steps)


def test_what_is_pasted_beside_the_box_goes_into_it(opened: Library) -> None:
    from textual.events import Paste

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        app.screen.query_one("#results").focus()
        await see.pilot.pause()
        app.post_message(Paste("too expensive\nand more"))
        await see.answered("too expensive")

    drive(steps)


@pytest.mark.parametrize(
    ("height", "rows"), [(30, 8), (24, 8), (23, 5), (18, 5), (17, 3), (12, 3), (11, 2), (9, 2), (8, 1), (5, 1)]
)
def test_the_list_is_as_high_as_the_terminal_allows(opened: Library, height: int, rows: int) -> None:
    assert layout_for(80, height).rows == rows
    assert layout_for(80, height).terse == (height < 18)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("is:objection")
        await see.answered("is:objection")
        listed = len(app.screen.shown.rows)  # type: ignore[attr-defined]
        results = app.screen.query_one("#results")
        await see.until(lambda: results.size.height == min(rows, listed) + 1, f"{rows} rows and the rule")
        assert listed >= 5

    if height in {24, 18, 12, 9, 5}:
        drive(steps, size=(80, height))


@pytest.mark.parametrize("size", [(60, 15), (40, 10), (80, 12), (40, 8)])
def test_r03_title_and_words_to_say_are_on_a_small_screen(opened: Library, size: tuple[int, int]) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("too expensive")
        await see.answered("too expensive")
        await see.sees("▌ Fair, and budget is real.")
        assert "✓ verified  It costs more" in see.screen()
        if size[1] >= 10:
            assert "▌ We cost less than a late delivery." in see.screen()

    drive(steps, size=size)


def test_the_list_takes_its_room_when_the_terminal_changes(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("is:objection")
        await see.answered("is:objection")
        results = app.screen.query_one("#results")
        await see.pilot.resize_terminal(60, 15)
        await see.until(lambda: results.size.height == 4, "three rows and the rule")
        await see.pilot.resize_terminal(120, 36)
        await see.until(lambda: results.size.height > 25, "all the height beside the preview")

    drive(steps)


def test_what_was_said_of_a_card_goes_with_it(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        app.copy_to_clipboard = lambda text: None  # type: ignore[method-assign]
        await see.opened()
        await see.type("discount")
        await see.answered("discount")
        await see.press("ctrl+y")
        assert "press Ctrl+Y again" in said(app)
        await see.type("s")
        assert toasts(app) == 0
        await see.press("escape")
        await see.type("e")
        await see.answered("e")
        await see.press("ctrl+y")
        assert toasts(app) == 1
        await see.press("down")
        await see.until(lambda: toasts(app) == 0, "the toast's end with another card")
        await see.press("ctrl+y", "enter")
        await see.until(lambda: on_screen(app, "ReadScreen") and toasts(app) == 0, "reading without the toast")
        await see.press("c")
        await see.until(lambda: toasts(app) == 1, "copied while reading")
        await see.press("escape")
        await see.until(lambda: on_screen(app, "SearchScreen") and toasts(app) == 0, "search without the toast")
        await see.press("f6")
        await see.until(lambda: on_screen(app, "BrowseScreen"), "browsing")
        await see.sees("discovery")
        await see.press("right", "c")
        await see.until(lambda: toasts(app) == 1, "copied while browsing")
        await see.press("escape")
        assert toasts(app) == 0

    drive(steps)


def test_a_second_press_is_asked_for_by_the_persons_own_key(opened: Library) -> None:
    (private(config_dir()) / "keys.toml").write_text('[keys]\ncopy = "ctrl+k"\n')

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("discount")
        await see.answered("discount")
        await see.press("ctrl+k")
        assert "press Ctrl+K again" in said(app)

    drive(steps)


@pytest.mark.parametrize(("key", "focus"), [("f2", "box"), ("f2", "results"), ("f", "pane")])
@pytest.mark.parametrize("leave", ["enter", "escape"])
def test_after_narrowing_the_focus_is_where_it_was(opened: Library, key: str, focus: str, leave: str) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        app.screen.query_one(f"#{focus}").focus()
        await see.press(key)
        await see.until(lambda: on_screen(app, "NarrowScreen"), "narrowing")
        await see.press(leave)
        await see.until(lambda: on_screen(app, "SearchScreen"), "search")
        await see.pilot.pause()
        assert app.focused is not None
        assert app.focused.id == focus

    drive(steps)


@pytest.mark.parametrize("size", [(80, 24), (60, 24), (60, 15), (120, 40)])
def test_the_narrow_dialog_keeps_its_line_and_wraps_no_row(
    opened: Library, tmp_path: Path, size: tuple[int, int]
) -> None:
    made = LibraryBuilder(tmp_path / "wide")
    for number in range(12):
        made.write(f"content/objections/{number}.md", objection(f"Card {number}", f"competitors: [rival-{number}]\n"))
    long = "a-competitor-with-a-name-that-nobody-could-ever-put-on-one-line-of-a-small-terminal"
    made.write("content/objections/long.md", objection("Long", f"competitors: [{long}]\n"))
    made.commit()
    open_library(str(tmp_path / "wide"), name="wide")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.press("f2")
        await see.sees("Enter puts it in or takes it out, F7 pins it")
        await see.sees("╰")
        await see.type("competitor")
        await see.until(lambda: "[ ] " in see.screen() and "[ ] kind" not in see.screen(), "fewer values")
        await see.until(lambda: len(app.screen.shown) == 13, "the competitors")  # type: ignore[attr-defined]
        await see.pilot.pause(0.1)
        assert "…" in see.screen()
        assert "Enter puts it in or takes it out, F7 pins it" in see.screen()
        listed = [line.partition("[ ] ")[2] for line in see.screen().splitlines() if "[ ] " in line]
        assert all(line.startswith("competitor ") and " 1 card" in line for line in listed)
        assert len({line.index("1 card") for line in listed}) == 1

    drive(steps, size=size, wanted="wide")


@pytest.mark.parametrize("size", [(80, 24), (60, 15), (120, 36)])
def test_no_row_wraps_while_browsing(opened: Library, tmp_path: Path, size: tuple[int, int]) -> None:
    made = LibraryBuilder(tmp_path / "wide")
    long = "a-persona-with-a-name-that-nobody-could-ever-put-on-one-line"
    for number in range(11):
        made.write(
            f"content/objections/{number}.md",
            objection(
                f"A card of which the title is far longer than any list is wide, {number}", f"personas: [{long}]\n"
            ),
        )
    made.commit()
    open_library(str(tmp_path / "wide"), name="wide")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.press("f6")
        await see.sees("Personas")
        groups, cards = app.screen.query_one("#groups"), app.screen.query_one("#cards")
        for shown in (groups, cards):
            assert shown.virtual_size.height == shown.option_count  # type: ignore[attr-defined]
        await see.until(lambda: any("a-pers" in line and "… 11" in line for line in see.screen().splitlines()), "cut")
        assert "objection" in see.screen().splitlines()[2]
        await see.press("right", "down", "down")
        await see.pilot.resize_terminal(70, 20)
        await see.pilot.pause(0.2)
        assert cards.highlighted == 2  # type: ignore[attr-defined]
        assert groups.virtual_size.height == groups.option_count  # type: ignore[attr-defined]

    drive(steps, size=size, wanted="wide")


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_help_hangs_its_lines_and_lists_no_key_twice(width: int) -> None:
    lines = all_keys([], width).plain.split("\n")
    room = min(84, width * 96 // 100) - 5
    assert all(len(line.rstrip()) <= room for line in lines[:-1])
    assert sum("Show every key" in line and line.startswith("  F1 ") for line in lines) == 1
    assert sum(line.startswith("  Ctrl+Q ") for line in lines) == 1
    assert ("name in keys.toml" in lines[0]) == (width >= 100)
    assert any("next-result" in line for line in lines) == (width >= 100)
    rows = [line for line in lines if line.startswith("  ") and line.strip()]
    assert {len(line) - len(line.lstrip()) for line in rows} <= {2, 19}
    if width >= 100:
        at = lines[0].index("name in keys.toml")
        assert all(not line[at - 2 : at].strip() for line in rows)
        assert next(line for line in rows if "Scroll the preview down" in line)[at:] == "preview-down"


def test_the_open_library_is_marked_among_the_others(opened: Library, tmp_path: Path) -> None:
    made = LibraryBuilder(tmp_path / "other")
    made.write("a.md", "# A\n\nWords.\n")
    made.commit()
    open_library(str(tmp_path / "other"), name="other")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.press("f8")
        await see.sees("* sample (open)")
        line = next(line for line in see.screen().splitlines() if "other" in line and "(open)" not in line)
        assert "* " not in line
        choices = app.screen.query_one("Choices")
        assert app.screen.known[choices.highlighted].name == "sample"  # type: ignore[attr-defined]

    drive(steps, size=(60, 20), wanted="sample")


def test_an_error_cut_on_the_screen_ends_with_an_ellipsis(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("#nirvana price")
        await see.answered("#nirvana price")
        line = next(line for line in see.screen().splitlines() if line.startswith(" ! "))
        assert line.endswith("…")
        assert len(line) <= 40

    drive(steps, size=(40, 20))
