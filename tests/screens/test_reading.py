"""The reading screen: find, contents, links, parts; and browsing."""

from __future__ import annotations

from pathlib import Path

import pytest
from building import LibraryBuilder
from piloting import Driver, drive
from sample import long_page

from playbook.app import PlaybookApp
from playbook.store.managed import Library, open_library

THREE = """# Three apples

An apple a day. Another APPLE here, and `apple` in code.

| fruit | why |
|---|---|
| apple | red |

```
apple pie
```

- one apple
- no pear

## Last

The last  apple.
"""


def read_screen(app: PlaybookApp) -> bool:
    return type(app.screen).__name__ == "ReadScreen"


def test_r09_find_counts_every_place_and_wraps_round(opened: Library, tmp_path: Path) -> None:
    made = LibraryBuilder(tmp_path / "fruit")
    made.write("fruit.md", THREE)
    made.commit()
    open_library(str(tmp_path / "fruit"), name="fruit")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("apples")
        await see.answered("apples")
        await see.press("enter")
        await see.until(lambda: read_screen(app), "reading")
        await see.sees("An apple a day")
        await see.press("slash")
        await see.type("apple")
        await see.sees("1 of 8")
        await see.press("enter", "n")
        await see.sees("2 of 8")
        for _ in range(7):
            await see.press("n")
        await see.sees("1 of 8")
        await see.press("N")
        await see.sees("8 of 8")
        await see.press("slash")
        await see.type("zebra")
        await see.sees("not found")
        await see.press("escape")
        assert read_screen(app)
        await see.press("escape")
        assert not read_screen(app)

    drive(steps, wanted="fruit")


def test_r09_find_goes_through_all_parts_of_a_long_page(opened: Library, tmp_path: Path) -> None:
    made = LibraryBuilder(tmp_path / "long")
    made.write("guide.md", long_page(60_000))
    made.commit()
    open_library(str(tmp_path / "long"), name="long")
    expected = long_page(60_000).count("## Chapter")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("long guide")
        await see.answered("long guide")
        await see.press("enter")
        await see.until(lambda: read_screen(app), "reading")
        await see.sees("part 1 of")
        await see.press("slash")
        await see.type("chapter")
        await see.sees(f"1 of {expected}")
        await see.press("enter", "N")
        await see.sees(f"{expected} of {expected}")
        await see.sees(f"Chapter {expected}")
        await see.press("n")
        await see.sees("part 1 of")

    drive(steps, size=(80, 24), wanted="long")


def test_a_long_page_is_read_on_by_pages_from_part_to_part(opened: Library, tmp_path: Path) -> None:
    made = LibraryBuilder(tmp_path / "long")
    made.write("guide.md", long_page(40_000))
    made.commit()
    open_library(str(tmp_path / "long"), name="long")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("long guide")
        await see.answered("long guide")
        await see.press("enter")
        await see.sees("part 1 of")
        for _ in range(40):
            await see.press("space")
            if "part 2 of" in see.screen():
                break
        await see.sees("part 2 of")
        for _ in range(40):
            await see.press("pageup")
            if "part 1 of" in see.screen():
                break
        await see.sees("part 1 of")
        await see.press("G")
        await see.until(lambda: f"part {len(app.screen.parts)} of" in see.screen(), "the last part")  # type: ignore[attr-defined]

    drive(steps, size=(80, 24), wanted="long")


def test_links_are_followed_inside_and_shown_whole_outside(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        asked: list[str] = []
        sent: list[str] = []
        app.open_url = lambda url, **_: asked.append(url)  # type: ignore[method-assign]
        app.copy_to_clipboard = sent.append  # type: ignore[method-assign]
        await see.opened()
        await see.type("how we price")
        await see.answered("how we price")
        await see.press("enter")
        await see.sees("We price by the van")
        await see.press("l")
        await see.sees("https://example.com/prices")
        await see.press("enter")
        await see.sees("It costs more")
        await see.press("escape", "l", "down", "enter")
        await see.sees("leads outside the library")
        assert asked == []
        await see.press("c")
        assert sent == ["https://example.com/prices"]
        await see.press("l", "down", "enter")
        await see.sees("leads outside the library")
        await see.press("enter")
        assert asked == ["https://example.com/prices"]

    drive(steps)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", "vscode://run"])
def test_only_web_and_mail_addresses_are_ever_opened(opened: Library, address: str) -> None:
    from playbook.screens.finding.links import OutsideScreen

    async def steps(app: PlaybookApp, see: Driver) -> None:
        asked: list[str] = []
        app.open_url = lambda url, **_: asked.append(url)  # type: ignore[method-assign]
        await see.opened()
        app.push_screen(OutsideScreen(address))
        await see.sees("leads outside the library")
        await see.press("enter", "o")
        assert asked == []

    drive(steps)


def test_the_contents_lead_to_a_heading(opened: Library, tmp_path: Path) -> None:
    made = LibraryBuilder(tmp_path / "fruit")
    made.write("fruit.md", THREE + "\n## Far down\n\n" + "Words.\n\n" * 60 + "## The end of it\n\nHere.\n")
    made.commit()
    open_library(str(tmp_path / "fruit"), name="fruit")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("apples")
        await see.answered("apples")
        await see.press("enter")
        await see.sees("An apple a day")
        await see.press("t")
        await see.sees("The end of it")
        await see.press("end", "enter")
        await see.sees("Here.")

    drive(steps, size=(80, 24), wanted="fruit")


def test_browsing_goes_from_stage_to_card_and_back(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.press("f6")
        await see.sees("discovery")
        shown = see.screen()
        assert shown.index("discovery") < shown.index("negotiation")
        await see.press("down")
        await see.until(lambda: "Acme" in see.screen(), "the stage's cards")
        await see.press("right", "enter")
        await see.until(lambda: read_screen(app), "reading")
        await see.press("escape")
        await see.sees("Browse")
        await see.press("escape")
        assert type(app.screen).__name__ == "SearchScreen"

    drive(steps)


SECTIONED = "# The guide\n\nHow it is done.\n" + "".join(
    f"\n## Step {number}\n\n" + f"Ordinary words about step {number}. " * 30 + f"\n\nThe end-{number} of it.\n"
    for number in range(1, 9)
)


def headed(see: Driver) -> str:
    return see.screen().splitlines()[0]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
def test_the_header_follows_contents_find_scrolling_and_links(
    opened: Library, tmp_path: Path, size: tuple[int, int]
) -> None:
    made = LibraryBuilder(tmp_path / "guide")
    made.write("guide.md", SECTIONED + "\nSee [the second](#step-2).\n")
    made.commit()
    open_library(str(tmp_path / "guide"), name="guide")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("the guide")
        await see.answered("the guide")
        await see.press("enter")
        await see.sees("How it is done.")
        assert headed(see).strip() == "The guide"
        await see.press("t")
        await see.pilot.pause()
        contents = app.screen.contents  # type: ignore[attr-defined]
        assert contents.highlighted == 0
        await see.press("down", "down", "down", "enter")
        await see.until(lambda: headed(see).strip() == "The guide  › Step 3", "the heading chosen")
        assert app.screen.card.id == "guide#step-3"  # type: ignore[attr-defined]
        await see.press("slash")
        await see.type("end-6")
        await see.until(lambda: headed(see).strip() == "The guide  › Step 6", "the heading of what was found")
        await see.press("enter", "escape", "t")
        await see.until(lambda: contents.highlighted == 6, "the current heading in the contents")
        await see.press("t", "g")
        await see.until(lambda: headed(see).strip() == "The guide", "the top")
        for _ in range(40):
            await see.press("j")
        await see.until(lambda: "› Step" in headed(see), "a heading scrolled to")
        await see.press("l", "enter")
        await see.until(lambda: headed(see).strip() == "The guide  › Step 2", "the heading a link led to")

    drive(steps, size=size, wanted="guide")


def test_the_header_follows_into_another_part(opened: Library, tmp_path: Path) -> None:
    made = LibraryBuilder(tmp_path / "long")
    made.write("guide.md", long_page(40_000))
    made.commit()
    open_library(str(tmp_path / "long"), name="long")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("long guide")
        await see.answered("long guide")
        await see.press("enter")
        await see.sees("part 1 of")
        await see.press("slash")
        await see.type("topic 14 ")
        await see.until(lambda: "› Chapter 14" in headed(see), "the part with the words")
        await see.press("escape", "G")
        last = long_page(40_000).count("## Chapter")
        await see.until(lambda: f"› Chapter {last}" in headed(see), "the last heading")

    drive(steps, size=(80, 24), wanted="long")


def test_find_closes_contents_that_cover_the_page_and_escape_goes_one_step(opened: Library, tmp_path: Path) -> None:
    made = LibraryBuilder(tmp_path / "guide")
    made.write("guide.md", SECTIONED)
    made.commit()
    open_library(str(tmp_path / "guide"), name="guide")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("the guide")
        await see.answered("the guide")
        await see.press("enter")
        await see.sees("How it is done.")
        contents = app.screen.contents  # type: ignore[attr-defined]
        await see.press("t")
        assert contents.display
        await see.press("slash")
        assert not contents.display
        await see.type("end-4")
        await see.sees("The end-4 of it.")
        await see.press("enter", "t")
        assert contents.display
        await see.press("n")
        assert not contents.display
        await see.press("t", "escape")
        assert contents.display
        assert not app.screen.find_box.display  # type: ignore[attr-defined]
        await see.press("escape")
        assert not contents.display
        assert read_screen(app)
        await see.press("escape")
        assert not read_screen(app)

    drive(steps, size=(80, 24), wanted="guide")


@pytest.mark.parametrize("size", [(50, 20), (80, 24)])
def test_the_lines_on_top_end_on_a_whole_word(opened: Library, size: tuple[int, int]) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("too expensive")
        await see.answered("too expensive")
        await see.press("enter")
        await see.until(lambda: read_screen(app), "reading")
        badge = "✓ verified by pricing@example.com until 2027-01-18"
        whole = f" {badge}   objection · negotiation · cfo · vs acme"
        line = see.screen().splitlines()[1]
        assert line.endswith(" …")
        assert whole.startswith(line.removesuffix(" …"))
        assert not whole.removeprefix(line.removesuffix(" …"))[0].isalnum()

    drive(steps, size=size)


def test_a_toast_raised_as_a_dialog_closes_stays(opened: Library) -> None:
    from playbook.screens.finding.links import OutsideScreen

    async def steps(app: PlaybookApp, see: Driver) -> None:
        app.copy_to_clipboard = lambda text: None  # type: ignore[method-assign]
        await see.opened()
        app.push_screen(OutsideScreen("https://example.com"))
        await see.sees("leads outside the library")
        await see.press("c")
        await see.sees("Address copied")

    drive(steps)
