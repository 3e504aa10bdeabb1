"""The palette, keys of one's own, and what is offered when no library is open."""

from __future__ import annotations

from pathlib import Path

import pytest
from piloting import Driver, drive

from playbook.app import PlaybookApp
from playbook.paths import config_dir, private
from playbook.store.managed import Library


def test_the_palette_offers_what_the_screen_and_the_app_can_do(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        offered = {command.title for command in app.get_system_commands(app.screen)}
        assert {"Copy words", "Open", "Narrow", "Drop filters", "Browse", "Sync", "Open a library", "Quit"} <= offered
        await see.press("enter")
        await see.until(lambda: type(app.screen).__name__ == "ReadScreen", "reading")
        assert {"Find", "Contents", "Links"} <= {command.title for command in app.get_system_commands(app.screen)}
        await see.press("ctrl+p")
        await see.type("browse")
        await see.press("enter")
        await see.until(lambda: type(app.screen).__name__ == "BrowseScreen", "browsing")

    drive(steps)


def test_a_key_of_ones_own_beats_what_the_box_does_with_it(opened: Library) -> None:
    (private(config_dir()) / "keys.toml").write_text('[keys]\ncopy = "ctrl+k"\n')
    sent: list[str] = []

    async def steps(app: PlaybookApp, see: Driver) -> None:
        app.copy_to_clipboard = sent.append  # type: ignore[method-assign]
        await see.opened()
        await see.type("too expensive")
        await see.answered("too expensive")
        await see.press("home", "ctrl+k")
        assert len(sent) == 1
        assert app.screen.query_one("#box").value == "too expensive"  # type: ignore[attr-defined]

    drive(steps)


def test_leaving_the_welcome_says_how_to_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.sees("No library is open yet")
        await see.press("escape")
        await see.sees("F8 opens one")
        await see.press("f8")
        await see.sees("Demonstration")

    drive(steps, size=(80, 24))


def test_a_plain_page_is_read_not_said(opened: Library) -> None:
    sent: list[str] = []

    async def steps(app: PlaybookApp, see: Driver) -> None:
        app.copy_to_clipboard = sent.append  # type: ignore[method-assign]
        await see.opened()
        await see.type("how we price")
        await see.answered("how we price")
        assert "▌" not in see.screen()
        await see.press("ctrl+y")
        await see.sees("no words to say")
        assert sent == []

    drive(steps)


def test_entities_bring_no_direction_marks_back(opened: Library, tmp_path: Path) -> None:
    from building import LibraryBuilder

    from playbook.store.managed import open_library

    made = LibraryBuilder(tmp_path / "bidi")
    made.write("x.md", "# Budget\n\nbudget &#x202e;x &#x2066; &#x200b; and more\n")
    made.commit()
    open_library(str(tmp_path / "bidi"), name="bidi")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("budget")
        await see.answered("budget")
        assert not set("\u202e\u2066\u200b") & set(see.screen())
        await see.press("enter")
        await see.sees("and more")
        assert not set("\u202e\u2066\u200b") & set(see.screen())

    drive(steps, wanted="bidi")
