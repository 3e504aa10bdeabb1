"""Drafts that wait are seen and gone on with, none goes at one press; F3 goes to what is wrong; who proposes already is said."""

from __future__ import annotations

import pytest
from piloting import Driver, drive

from playbook.app import PlaybookApp
from playbook.finding.session import read
from playbook.review import drafts, proposing
from playbook.review.change import file_changes
from playbook.review.drafts import Draft
from playbook.review.listing import find, proposals
from playbook.screens.finding.search import SearchScreen
from playbook.screens.proposing.draft_list import DraftsScreen
from playbook.screens.proposing.edit import EditScreen
from playbook.screens.proposing.newcard import NewCardScreen
from playbook.screens.proposing.others import OthersScreen
from playbook.screens.proposing.propose import ProposeScreen
from playbook.store.managed import Library
from playbook.store.writing import Person

PRICE = "content/objections/price.md"
ANN = Person("Ann Other", "ann.other@example.com")


def said(app: PlaybookApp) -> str:
    return " ".join(toast.message for toast in app._notifications)


def editing(app: PlaybookApp) -> EditScreen:
    assert isinstance(app.screen, EditScreen)
    return app.screen


async def ready(app: PlaybookApp, see: Driver) -> None:
    """The editor, with the file in it."""
    await see.until(lambda: isinstance(app.screen, EditScreen) and not app.screen.editor.read_only, "the editor")


async def opens(app: PlaybookApp, see: Driver) -> None:
    """The editor on the price card."""
    await see.opened()
    await see.type("too expensive")
    await see.answered("too expensive")
    app.screen.set_focus(app.screen_stack[0].results)  # type: ignore[attr-defined]
    await see.pilot.pause()
    await see.press("e")
    await ready(app, see)


def begun(library: Library) -> None:
    """A draft of each kind, the oldest first."""
    session = read(library)
    commit = session.snapshot.commit
    text = proposing.source_at(library, commit, PRICE)
    kept = [
        Draft("e" * 20, "content/gone.md", "Nowhere to go", commit),
        Draft(drafts.name_for("", "new card"), "", "stage\nThe first call\nHello you", commit, kind="new card"),
        Draft(drafts.name_for(PRICE), PRICE, text + "More proof", commit),
        Draft(drafts.name_for("objections/price", drafts.SENTENCE), PRICE, "Half a thought", commit, kind="words"),
    ]
    with pytest.MonkeyPatch.context() as environment:
        for hour, draft in enumerate(kept):
            environment.setenv("PLAYBOOK_NOW", f"2026-11-22T0{hour}:00:00+00:00")
            drafts.save(library, draft)


async def to_drafts(app: PlaybookApp, see: Driver, count: int) -> DraftsScreen:
    """The list, as the palette opens it."""
    await see.until(lambda: isinstance(app.screen, SearchScreen), "the call")
    (run,) = [one.callback for one in app.get_system_commands(app.screen) if one.title == "Drafts"]
    run()
    await see.until(lambda: isinstance(app.screen, DraftsScreen), "the drafts")
    screen = app.screen
    assert isinstance(screen, DraftsScreen)
    await see.until(lambda: len(screen.kept) == count, f"{count} drafts")
    await see.pilot.pause()
    return screen


def test_r21_drafts_that_wait_are_said_on_the_first_screen_and_gone_on_with(opened: Library) -> None:
    begun(opened)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.sees("4 drafts (Ctrl+P: drafts)")
        await to_drafts(app, see, 4)
        await see.sees("better words  It costs more  today at 03:00")
        assert "edit  It costs more" in see.screen()
        assert "new stage  The first call" in see.screen()
        assert "edit  content/gone.md" in see.screen()
        await see.sees("Half a thought")
        await see.press("enter")
        await see.until(lambda: isinstance(app.screen, ProposeScreen), "the panel")
        await see.until(lambda: app.screen.words.value == "Half a thought", "the words")  # type: ignore[attr-defined]
        await see.press("escape")
        await to_drafts(app, see, 4)
        await see.press("down", "enter")
        await ready(app, see)
        assert editing(app).editor.text.endswith("More proof")
        await see.press("escape")
        await to_drafts(app, see, 4)
        await see.press("down", "down", "enter")
        await see.until(lambda: isinstance(app.screen, NewCardScreen), "the new card")
        card = app.screen
        assert isinstance(card, NewCardScreen)
        await see.until(lambda: card.words.value == "Hello you", "its words")
        assert (card.kind.chosen, card.heads.value) == ("stage", "The first call")
        await see.press("escape")
        await to_drafts(app, see, 4)
        await see.press("end", "enter")
        await see.sees("playbook drafts show eeeeeeee")

    drive(steps)
    assert drafts.count(opened) == 4


def test_r21_a_draft_is_thrown_away_by_a_second_press_alone(opened: Library) -> None:
    begun(opened)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await to_drafts(app, see, 4)
        await see.press("delete")
        await see.sees("Delete again throws these words away for good")
        await see.press("down", "delete")
        await see.pilot.pause()
        assert drafts.count(opened) == 4
        await see.press("delete")
        await see.until(lambda: drafts.count(opened) == 3, "one fewer")
        await see.press("escape")
        await see.sees("3 drafts (Ctrl+P: drafts)")

    drive(steps)
    assert drafts.load(opened, drafts.name_for(PRICE)) is None


def test_r21_the_sign_comes_and_goes_with_the_drafts(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        assert "draft" not in see.screen().splitlines()[0]
        await see.type("too expensive")
        await see.answered("too expensive")
        await see.press("f4")
        await see.type("Half")
        await see.press("escape")
        await see.sees("1 draft (Ctrl+P: drafts)")
        await see.press("f4")
        await see.type(" and whole")
        await see.press("enter")
        await see.until(lambda: "draft" not in see.screen().splitlines()[0], "no sign")

    drive(steps)


def test_r21_f3_puts_the_cursor_on_what_is_wrong_however_soon_it_is_pressed(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.sees("Lint finds nothing wrong")
        editor = editing(app).editor
        await see.press("ctrl+end")
        await see.type("See [how](nowhere.md) and [why](nothing.md)")
        # Nobody has judged these letters yet.
        await see.press("f3")
        last = editor.document.line_count - 1
        text = editor.document.get_line(last)
        await see.until(lambda: editor.cursor_location == (last, text.index("nowhere.md")), "the first")
        await see.press("f3")
        assert editor.cursor_location == (last, text.index("nothing.md"))
        assert f"line {last + 1}  The link nothing.md" in see.screen().split("Lint")[-1]
        await see.press("f3")
        assert editor.cursor_location == (last, text.index("nowhere.md"))

    drive(steps)


def test_r21_f3_leaves_the_preview_that_covers_the_text(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.press("ctrl+end")
        await see.type("[how](nowhere.md)")
        await see.sees("leads to no file")
        await see.press("ctrl+home", "f6", "f3")
        await see.until(lambda: app.focused is editing(app).editor, "the text")
        assert editing(app).editor.cursor_location[0] == editing(app).editor.document.line_count - 1
        assert "[how](nowhere.md)" in see.screen()

    drive(steps, size=(80, 24))


def test_r27_the_editor_says_that_somebody_proposes_on_the_card_already(opened: Library) -> None:
    session = read(opened)
    card = session.snapshot.card("objections/price")
    made = proposing.propose_words(session, card, "We cost less than one lost van.", by=ANN)
    (change,) = file_changes(opened, find(opened, made.proposal))

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.sees('1 open proposal on this card; F7 reads it: "Say it better: It costs more" by Ann Other')
        await see.press("f7")
        await see.until(lambda: isinstance(app.screen, OthersScreen), "it")
        await see.sees("one lost van")
        await see.press("enter")
        assert isinstance(app.screen, EditScreen)
        await see.press("escape")
        # Who revises it need not hear of it.
        app.push_screen(EditScreen(session, PRICE, change.after, proposal=find(opened, made.proposal)))
        await ready(app, see)
        await see.sees("Lint finds nothing wrong")
        await see.pilot.pause(0.2)
        assert "open proposal" not in see.screen()

    drive(steps)


@pytest.mark.parametrize("typed", ["", "another kind"])
def test_r27_a_new_card_that_somebody_proposes_already_is_said_and_can_be_joined(opened: Library, typed: str) -> None:
    session = read(opened)
    edit = proposing.new_card(session, "objection", "Xylophone tariffs", "We carry those.")
    made = proposing.propose_files(
        session, edit.changes, title="New objection: Xylophone tariffs", why="Asked twice", kind="new", by=ANN
    )

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("xylophone tariffs")
        await see.answered("xylophone tariffs")
        await see.press("f4")
        await see.type("We do.")
        await see.sees("1 open proposal of this new card; Ctrl+O reads it")
        if typed:
            # By its title too, wherever it would stand; not while it is another.
            await see.press("up", "end", "x")
            await see.until(lambda: "open proposal" not in see.screen(), "another title")
            await see.press("backspace", "up", "right")
            await see.sees("1 open proposal of this new card")
            await see.press("down", "down")
        await see.press("enter")
        await see.sees("Ann Other proposes this card already: Ctrl+O opens it, Enter again proposes yours too")
        await see.press("ctrl+o")
        await see.sees("Asked twice")
        await see.press("enter")
        await see.until(lambda: 'Said on "New objection: Xylophone tariffs"' in said(app), "joined")
        app.pen.finish()

    drive(steps)
    (only,) = proposals(opened)
    assert only.id == made.proposal
    assert [thread.first.text for thread in only.threads] == ["We do."]
    assert drafts.count(opened) == 0


def test_r27_a_second_enter_proposes_the_new_card_all_the_same(opened: Library) -> None:
    session = read(opened)
    edit = proposing.new_card(session, "objection", "Xylophone tariffs", "We carry those.")
    proposing.propose_files(
        session, edit.changes, title="New objection: Xylophone tariffs", why="w", kind="new", by=ANN
    )

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("xylophone tariffs")
        await see.answered("xylophone tariffs")
        await see.press("f4")
        await see.type("We do.")
        await see.sees("1 open proposal of this new card")
        await see.press("enter")
        await see.sees("Enter again proposes yours too")
        await see.press("enter")
        await see.until(lambda: "Proposed a new objection" in said(app), "proposed")
        app.pen.finish()

    drive(steps)
    assert len(proposals(opened)) == 2
