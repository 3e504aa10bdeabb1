"""The search screen, driven by keys."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from piloting import Driver, drive
from sample import long_page

from playbook.app import PlaybookApp
from playbook.finding.memory import recall, remember
from playbook.store.managed import Library


def test_r01_the_cursor_is_in_the_box_and_every_key_repaints(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        assert app.focused is not None
        assert app.focused.id == "box"
        await see.opened()
        questions = []
        for at, letter in enumerate("fortune", 1):
            await see.type(letter)
            await see.answered("fortune"[:at])
            questions.append(app.screen.shown.question)  # type: ignore[attr-defined]
        assert questions == ["fortune"[:at] for at in range(1, 8)]
        assert "It costs more" in see.screen()

    drive(steps)


def test_r01_a_keystroke_starts_no_process(opened: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []
    real = subprocess.Popen.__init__

    def counting(self: subprocess.Popen[bytes], *args: object, **kwargs: object) -> None:
        started.append(args)
        real(self, *args, **kwargs)  # type: ignore[arg-type]

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.until(lambda: app.desk.sync_word not in {"", "syncing"}, "the first sync")
        monkeypatch.setattr(subprocess.Popen, "__init__", counting)
        await see.type("too expensive")
        await see.answered("too expensive")
        await see.press("down", "down", "up")
        await see.pilot.pause(0.2)
        monkeypatch.setattr(subprocess.Popen, "__init__", real)
        assert started == []

    drive(steps)


def test_r02_a_phrase_deep_in_a_long_page_opens_at_its_heading(opened: Library, tmp_path: Path) -> None:
    from building import LibraryBuilder

    from playbook.finding.session import read
    from playbook.search.indexer import build_now
    from playbook.store.managed import open_library

    made = LibraryBuilder(tmp_path / "long")
    made.write("guide.md", long_page())
    made.commit()
    library = open_library(str(tmp_path / "long"), name="long")
    read(library)
    build_now(library)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("purple walrus clause")
        await see.answered("purple walrus clause")
        await see.sees("Ask legal for the purple walrus clause")
        await see.press("enter")
        await see.until(lambda: type(app.screen).__name__ == "ReadScreen", "the reading screen")
        await see.sees("Walrus terms")
        await see.sees("Ask legal for the purple walrus clause")

    drive(steps, size=(80, 24), wanted="long")


def test_r03_the_line_to_say_is_on_an_80x24_screen_after_typing(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("too expensive")
        await see.answered("too expensive")
        shown = see.screen()
        assert "Fair, and budget is real." in shown
        assert "What does a late delivery cost you?" in shown
        assert "We cost less than a late delivery." in shown
        assert len(shown.splitlines()) <= 24
        assert all(len(line) <= 80 for line in shown.splitlines())

    drive(steps, size=(80, 24))


def test_r07_the_same_filters_typed_and_by_key_give_the_same_hits(opened: Library) -> None:
    typed: list[str] = []
    chosen: list[str] = []

    async def by_typing(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("@cfo #negotiation vs:acme price")
        await see.answered("@cfo #negotiation vs:acme price")
        typed.extend(card.id for card in app.screen.shown.cards)  # type: ignore[attr-defined]

    async def by_keys(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("price")
        for wanted in ("persona cfo", "stage negotiation", "competitor acme"):
            await see.press("f2")
            await see.until(lambda: type(app.screen).__name__ == "NarrowScreen", "the list")
            await see.type(wanted)
            await see.press("enter")
            await see.until(lambda: type(app.screen).__name__ == "SearchScreen", "search")
        await see.until(lambda: "vs:acme" in app.screen.shown.question, "the filters")  # type: ignore[attr-defined]
        chosen.extend(card.id for card in app.screen.shown.cards)  # type: ignore[attr-defined]
        assert "stage: negotiation" in see.screen()
        await see.press("f3")
        await see.answered("price")

    drive(by_typing)
    drive(by_keys)
    assert typed == chosen == ["objections/price"]


def test_r10_copy_sends_the_words_to_say_and_internal_words_need_a_second_key(opened: Library) -> None:
    sent: list[str] = []

    async def steps(app: PlaybookApp, see: Driver) -> None:
        app.copy_to_clipboard = sent.append  # type: ignore[method-assign]
        await see.opened()
        await see.type("too expensive")
        await see.answered("too expensive")
        await see.press("ctrl+y")
        assert sent == [
            "Fair, and budget is real.\nWhat does a late delivery cost you?\nWe cost less than a late delivery."
        ]
        await see.sees("verified by pricing@example.com until 2027-01-18")
        await see.press("escape")
        await see.type("discount")
        await see.answered("discount")
        await see.press("ctrl+y")
        await see.until(lambda: any("press Ctrl+Y again" in said.message for said in app._notifications), "the warning")
        assert len(sent) == 1
        await see.press("ctrl+y")
        assert len(sent) == 2

    drive(steps)


def test_r10_a_warning_for_one_card_does_not_arm_the_next(opened: Library) -> None:
    sent: list[str] = []

    async def steps(app: PlaybookApp, see: Driver) -> None:
        app.copy_to_clipboard = sent.append  # type: ignore[method-assign]
        await see.opened()
        await see.type("discount")
        await see.answered("discount")
        await see.press("ctrl+y")
        await see.press("escape")
        await see.type("too expensive")
        await see.answered("too expensive")
        await see.press("ctrl+y")
        assert len(sent) == 1
        await see.press("escape")
        await see.type("discount")
        await see.answered("discount")
        await see.press("ctrl+y")
        assert len(sent) == 1

    drive(steps)


def test_r12_the_app_answers_without_an_index_and_takes_up_the_new_one(opened: Library) -> None:
    import shutil

    shutil.rmtree(opened.cache / "index")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("too expensive")
        await see.answered("too expensive")
        assert app.screen.shown.cards[0].id == "objections/price"  # type: ignore[attr-defined]
        assert app.desk.session is not None
        session = app.desk.session
        await see.until(lambda: session.searcher.engine == "whoosh", "the new index")
        await see.until(lambda: app.screen.shown.engine == "whoosh", "an answer from it")  # type: ignore[attr-defined]

    drive(steps)


@pytest.mark.parametrize(
    ("question", "word"),
    [("not now", "expired"), ("pay monthly", "retired"), ("go electric", "unverified"), ("discount", "internal")],
)
def test_r13_the_badge_shows_in_list_and_preview(opened: Library, question: str, word: str) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type(question)
        await see.answered(question)
        lines = see.screen().splitlines()
        assert word in "\n".join(line[:52] for line in lines)
        said = {"expired": "EXPIRED", "retired": "RETIRED", "unverified": "not verified", "internal": "INTERNAL"}[word]
        assert said in "\n".join(line[52:] for line in lines)

    drive(steps)


def test_the_empty_state_says_what_to_do(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("#negotiation xylophone")
        await see.answered("#negotiation xylophone")
        await see.sees("Nothing found")
        assert "F3" in see.screen()

    drive(steps, size=(80, 24))


def test_an_unknown_filter_names_the_known_ones(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("#nirvana price")
        await see.answered("#nirvana price")
        assert "negotiation" in see.screen()

    drive(steps)


def test_the_tour_is_shown_once_and_dismissed_by_any_key(opened: Library) -> None:
    remember(tour_done=False)

    async def first(app: PlaybookApp, see: Driver) -> None:
        await see.sees("Type what the buyer just said")
        await see.opened()
        await see.type("p")
        await see.until(lambda: recall().get("tour_done"), "the tour's end")
        assert "Type what the buyer just said" not in see.screen()

    async def second(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        assert "Type what the buyer just said" not in see.screen()

    drive(first)
    drive(second)


def test_escape_clears_then_leaves_the_box_and_letters_become_commands(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("price")
        await see.press("escape")
        assert app.screen.query_one("#box").value == ""  # type: ignore[attr-defined]
        await see.press("escape")
        assert app.focused is not None
        assert app.focused.id == "results"
        await see.press("question_mark")
        await see.sees("Copy the words to say")
        await see.press("escape", "slash")
        assert app.focused.id == "box"

    drive(steps)


def test_news_since_the_last_look_stand_in_the_header(opened: Library, tmp_path: Path) -> None:
    from building import LibraryBuilder
    from sample import objection

    async def nothing(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        assert "new since" not in see.screen()

    drive(nothing)
    clone = LibraryBuilder(tmp_path / "repo")
    clone.made = True
    clone.write("content/objections/fresh.md", objection("A fresh one"))
    clone.commit("Add one")
    clone.git("push", "-q", str(tmp_path / "hub.git"), "main")

    async def one(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.sees("1 new since")
        await see.press("f6")
        await see.sees("since the last look")
        await see.sees("A fresh one")

    drive(one)


def test_hostile_text_reaches_the_screen_harmless(opened: Library, tmp_path: Path) -> None:
    from building import LibraryBuilder

    from playbook.store.managed import open_library

    made = LibraryBuilder(tmp_path / "bad")
    made.write(
        "bad.md",
        "# Evil [red]title[/] \x1b[31m\x1b]52;c;AAAA\x07 \u202edetrevni\n\n[/bold] [@click=app.quit]press[/] words\n\n"
        "| [/a] | b |\n|---|---|\n| [/x] | [@click=app.bell]y[/] |\n",
    )
    made.commit("[/red] \x1b[2J")
    open_library(str(tmp_path / "bad"), name="bad")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("evil")
        await see.answered("evil")
        await see.sees("Evil [red]title[/]")
        await see.press("enter")
        await see.sees("press[/]")
        shown = see.screen()
        assert "\x1b" not in shown
        assert "\u202e" not in shown

    drive(steps, wanted="bad")


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (200, 60)])
def test_any_size_of_terminal_is_survived(opened: Library, size: tuple[int, int]) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("price")
        await see.answered("price")
        await see.press("enter", "escape", "f6", "escape", "f1", "escape")
        await see.pilot.resize_terminal(80, 24)
        await see.sees("price")

    drive(steps, size=size)


def test_nothing_opened_offers_the_demonstration_and_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.sees("No library is open yet")
        await see.sees("Demonstration")
        await see.type(str(tmp_path / "nowhere"))
        await see.press("enter")
        await see.until(lambda: "nowhere" in see.screen() and "Enter opens" not in see.screen(), "the refusal")

    drive(steps)


@pytest.mark.parametrize("screen", ["search", "read", "browse"])
def test_the_footer_fits_80_columns_with_at_most_six_keys(opened: Library, screen: str) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        if screen == "read":
            await see.press("enter")
            await see.until(lambda: type(app.screen).__name__ == "ReadScreen", "reading")
        if screen == "browse":
            await see.press("f6")
            await see.until(lambda: type(app.screen).__name__ == "BrowseScreen", "browsing")
        await see.pilot.pause(0.3)
        keys = list(app.screen.query("FooterKey"))
        assert 3 <= len(keys) <= 6
        assert all(key.region.right <= 80 for key in keys)
        assert "Help" in see.screen().splitlines()[-1]

    drive(steps, size=(80, 24))


def test_without_colour_the_highlight_is_reversed(opened: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        strips = app.screen._compositor.render_strips()
        turned = [strip.text for strip in strips if any(part.style and part.style.reverse for part in strip)]
        first = app.screen.shown.rows[0].lines[0].text  # type: ignore[attr-defined]
        assert any(first.strip()[:20] in line for line in turned)

    drive(steps)
