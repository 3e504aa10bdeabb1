"""A rep changes the words from where they stand: a line, Enter, and the call goes on."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from building import LibraryBuilder
from piloting import Driver, drive
from sample import objection

from playbook.app import PlaybookApp
from playbook.review import acting, drafts, proposing
from playbook.review.change import file_changes
from playbook.review.events import SHARED
from playbook.review.listing import proposals
from playbook.review.proposal import Proposal
from playbook.review.queue import queue
from playbook.screens.finding.search import SearchScreen
from playbook.screens.proposing.newcard import NewCardScreen
from playbook.screens.proposing.propose import ProposeScreen
from playbook.screens.proposing.words_panel import WordsPanel
from playbook.store import refs
from playbook.store.managed import Library, open_library
from playbook.store.runner import Git
from playbook.store.writing import Person

BETTER = "We cost less than one late delivery a month."
PRICE = "content/objections/price.md"
ANN = Person("Ann Other", "ann.other@example.com")


def search(app: PlaybookApp) -> SearchScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, SearchScreen)
    return screen


def panel(app: PlaybookApp) -> ProposeScreen:
    assert isinstance(app.screen, ProposeScreen)
    return app.screen


def standing(app: PlaybookApp) -> tuple[object, ...]:
    """All that a rep sees of the call."""
    screen = search(app)
    card = screen.chosen()
    return (
        screen.box.value,
        screen.box.cursor_position,
        screen.results.highlighted,
        screen.results.top,
        screen.pane.top,
        screen.focused,
        card.id if card else "",
        screen.showing,
    )


def said(app: PlaybookApp) -> str:
    return " ".join(toast.message for toast in app._notifications)


def only(library: Library) -> Proposal:
    (made,) = proposals(library)
    return made


async def opens(app: PlaybookApp, see: Driver, question: str = "too expensive") -> None:
    await see.opened()
    await see.type(question)
    await see.answered(question)


async def settled(app: PlaybookApp, see: Driver, sentence: str) -> None:
    """What was sent is written, and told."""
    await see.until(lambda: sentence in said(app), sentence)
    app.pen.finish()


@pytest.mark.parametrize("size", [(80, 24), (60, 15), (120, 40)])
def test_r20_one_key_a_sentence_and_enter_and_the_call_is_as_it_was(opened: Library, size: tuple[int, int]) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see, "late delivery")
        await see.press("down", "left", "ctrl+down")
        await see.pilot.pause()
        before, card = standing(app), search(app).chosen()
        assert card is not None
        await see.press("f4")
        assert panel(app).card.id == card.id
        await see.type(BETTER)
        await see.press("enter")
        assert app.screen is search(app)
        await settled(app, see, f'Proposed: "{BETTER}"\nMarketing sees it in the queue')
        assert standing(app) == before
        made = only(opened)
        assert (made.kind, made.contents[0].text, made.contents[0].about) == ("edit", BETTER, card.id)
        # The desk sends it behind the screens, so that marketing sees it.
        await see.until(lambda: refs.read_ref(opened.git_dir, SHARED + made.id), "the hub has it")

    drive(steps, size=size)
    (row,) = queue(opened)
    (change,) = file_changes(opened, row.proposal)
    assert change.after == change.before.replace("We cost less than a late delivery.", BETTER)


def test_r20_the_words_and_the_change_stand_over_the_line(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.press("f4")
        shown = app.screen.query_one("#shown")
        await see.until(lambda: panel(app).part.before, "which of the words are replaced")
        assert "We cost less than a late delivery." in str(shown.render())
        await see.type(BETTER)
        rendered = shown.content  # type: ignore[attr-defined]
        lines = rendered.plain.splitlines()
        assert lines[:2] == ["▌ Fair, and budget is real.", "▌ What does a late delivery cost you?"]
        assert lines[2] == "~ We cost less than a one late delivery a month."
        marked = {
            rendered.plain[span.start : span.end].strip() for span in rendered.spans if "strike" in str(span.style)
        }
        came = {
            rendered.plain[span.start : span.end].strip() for span in rendered.spans if "underline" in str(span.style)
        }
        assert (marked, came) == ({"a"}, {"one", "a month"})

    drive(steps, size=(80, 24))


async def in_the_list(see: Driver) -> None:
    search(see.app).results.focus()
    await see.pilot.pause()
    await see.press("p")


async def in_the_pane(see: Driver) -> None:
    search(see.app).pane.focus()
    await see.pilot.pause()
    await see.press("p")


async def reading(see: Driver) -> None:
    await see.press("enter")
    await see.sees("Oldacre, 2026-06.")
    await see.press("p")


async def browsing(see: Driver) -> None:
    await see.press("f6")
    await see.sees("Stages")
    screen = see.app.screen
    await see.press("down")
    await see.sees("It costs more")
    await see.press("right")
    cards = screen.cards  # type: ignore[attr-defined]
    at = next(at for at, card in enumerate(cards) if card.id == "objections/price")
    await see.press(*["down"] * at)
    await see.press("p")


@pytest.mark.parametrize("go", [in_the_list, in_the_pane, reading, browsing])
def test_r20_p_proposes_on_any_card_that_is_seen(opened: Library, go: object) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await go(see)  # type: ignore[operator]
        below = app.screen_stack[-2]
        assert panel(app).card.id == "objections/price"
        # One looks at the panel before typing: what comes sooner is asked about.
        await see.pilot.pause(0.7)
        await see.type(BETTER)
        await see.press("enter")
        assert app.screen is below
        await settled(app, see, "Proposed:")

    drive(steps)
    assert only(opened).paths == (PRICE,)


def test_r20_letters_that_come_with_the_key_are_in_the_line_and_none_in_the_box(opened: Library) -> None:
    from textual.events import Key

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        for key in ["f4", *BETTER, "enter", *" again"]:
            app.post_message(Key("space" if key == " " else key, key if len(key) == 1 else None))
        # What was said of it may be gone by now: letters came after it.
        await see.until(lambda: proposals(opened), "the proposal")
        await see.until(lambda: search(app).box.value == "too expensive again", "the letters after Enter")
        app.pen.finish()

    drive(steps)
    assert only(opened).contents[0].text == BETTER
    # Nor do letters that the line tells of late make a draft of what went out.
    assert drafts.drafts(opened) == []


def test_r20_escape_keeps_what_was_typed_for_the_next_time(opened: Library) -> None:
    async def first(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.press("f4")
        await see.type("Half a sen")
        await see.press("escape")
        assert app.screen is search(app)
        assert "Half a sen" in said(app)
        await see.press("f4")
        await see.type("tence")
        assert panel(app).words.value == "Half a sentence"
        await see.press("escape")

    async def second(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.press("f4")
        await see.until(lambda: panel(app).words.value == "Half a sentence", "the draft of the run before")
        await see.press("enter")
        await settled(app, see, "Proposed:")
        await see.press("f4")
        await see.pilot.pause(0.3)
        assert panel(app).words.value == ""

    drive(first)
    drive(second)
    assert only(opened).contents[0].text == "Half a sentence"
    assert drafts.drafts(opened) == []


def test_r20_what_was_wiped_out_is_forgotten(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.press("f4")
        await see.type("Oh")
        await see.until(lambda: drafts.drafts(opened), "the draft, without leaving")
        await see.press("backspace", "backspace", "escape")
        assert said(app) == ""

    drive(steps)
    assert drafts.drafts(opened) == []


def test_r20_tab_makes_it_a_note_that_changes_no_words(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.press("f4", "tab")
        await see.sees("A note on")
        await see.sees("changes no words")
        await see.press("enter")
        await see.sees("Say what is wrong in a sentence first")
        await see.type("Nobody at Oldacre says this any more")
        await see.press("tab")
        await see.sees("Better words for")
        await see.press("tab", "enter")
        await settled(app, see, "Proposed a note:")

    drive(steps)
    made = only(opened)
    assert (made.kind, made.edited, made.why) == ("note", False, "Nobody at Oldacre says this any more")


def test_r20_why_is_one_key_away_and_never_asked_for(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.press("f4")
        assert not panel(app).why.display
        await see.type(BETTER)
        await see.press("down")
        await see.type("A CFO laughed")
        await see.press("enter")
        await settled(app, see, "Proposed:")

    drive(steps)
    made = only(opened)
    assert (made.contents[0].text, made.why) == (BETTER, "A CFO laughed")


def test_r20_up_takes_over_the_words_that_would_be_replaced(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.press("f4")
        await see.until(lambda: panel(app).part.before, "which of the words are replaced")
        await see.press("up")
        assert panel(app).words.value == "We cost less than a late delivery."
        await see.press("enter")
        await see.sees("These words are the ones that stand there already")
        await see.press("backspace", "exclamation_mark", "enter")
        await settled(app, see, "Proposed:")

    drive(steps)
    assert only(opened).contents[0].text == "We cost less than a late delivery!"


@pytest.mark.parametrize(
    ("question", "card"), [("they want a discount", "objections/discount"), ("pay monthly", "objections/monthly")]
)
def test_r20_internal_and_retired_cards_can_be_said_better_too(opened: Library, question: str, card: str) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see, question)
        await see.press("f4")
        assert panel(app).card.id == card
        await see.type(BETTER)
        await see.press("enter")
        await settled(app, see, "Proposed:")

    drive(steps)
    assert only(opened).paths == (f"content/{card}.md",)


@pytest.mark.parametrize("size", [(80, 24), (60, 15), (120, 40)])
def test_r20_what_nothing_was_found_for_becomes_a_new_card(opened: Library, size: tuple[int, int]) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see, "xylophone tariffs")
        assert search(app).chosen() is None
        await see.press("f4")
        assert isinstance(app.screen, NewCardScreen)
        await see.type("We carry those.")
        await see.press("up", "up", "left", "right", "right", "down", "end")
        await see.type(" now")
        await see.press("enter")
        assert app.screen is search(app)
        await settled(app, see, 'Proposed a new air-cover: "Xylophone tariffs now"')
        assert search(app).box.value == "xylophone tariffs"

    drive(steps, size=size)
    made = only(opened)
    (change,) = file_changes(opened, made)
    assert (made.kind, change.path, change.what) == ("new", "content/air-cover/xylophone-tariffs-now.md", "new")
    assert "aliases: [xylophone tariffs]" in change.after
    assert "## What to say\nWe carry those.\n" in change.after


def test_r20_a_title_that_is_taken_is_said_and_nothing_is_lost(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see, "pricy")
        await see.press("ctrl+n")
        await see.type("We carry those.")
        await see.press("up", "ctrl+u")
        await see.type("Price")
        await see.press("enter")
        await see.sees("content/objections/price.md is there already")
        await see.press("escape")
        await see.press("ctrl+n")
        assert isinstance(app.screen, NewCardScreen)
        assert (app.screen.heads.value, app.screen.words.value) == ("Price", "We carry those.")

    drive(steps)


def test_r27_a_second_proposal_says_so_and_may_join_the_first(opened: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    from playbook.finding.session import read

    session = read(opened)
    card = next(card for card in session.snapshot.cards if card.id == "objections/price")
    first = proposing.propose_words(
        session, card, "We cost less than one lost van.", why="Vans are what they fear", by=ANN
    )
    monkeypatch.setenv("PLAYBOOK_NOW", "2026-11-25T10:00:00+00:00")
    second = proposing.propose_note(session, card, "A CFO did not believe it", by=ANN)
    acting.comment(opened, first.proposal, "Which van?", by=ANN)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.press("f4")
        await see.sees("2 open proposals on this card; Ctrl+O reads them")
        await see.press("ctrl+o")
        await see.sees("Vans are what they fear")
        await see.sees("one lost van.")
        assert "Ann Other: Which van?" in see.screen()
        assert "Say it better: It costs more  Ann Other, 3 days ago" in see.screen()
        await see.press("enter")
        await see.sees("type your words first, then join")
        await see.press("escape")
        await see.type(BETTER)
        await see.press("ctrl+o", "down")
        await see.sees("A note, which changes no words")
        await see.press("up", "enter")
        assert app.screen is search(app)
        await settled(app, see, 'Said on "Say it better: It costs more"')

    drive(steps)
    made = {one.id: one for one in proposals(opened)}
    assert set(made) == {first.proposal, second.proposal}
    *_, joined = made[first.proposal].threads
    assert (joined.first.text, joined.first.path) == (BETTER, PRICE)
    assert joined.first.anchor
    assert drafts.drafts(opened) == []


def test_r27_or_it_stays_apart_and_both_are_listed(opened: Library) -> None:
    from playbook.finding.session import read

    session = read(opened)
    card = next(card for card in session.snapshot.cards if card.id == "objections/price")
    first = proposing.propose_words(session, card, "We cost less than one lost van.", by=ANN)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.press("f4")
        await see.sees("1 open proposal on this card; Ctrl+O reads it")
        await see.type(BETTER)
        await see.press("enter")
        await settled(app, see, "Proposed:")

    drive(steps)
    rows = queue(opened)
    assert len(rows) == 2
    own = next(row for row in rows if row.proposal.id != first.proposal)
    assert own.others == (first.proposal,)


def test_r20_without_an_identity_one_sentence_says_so_and_the_words_are_kept(
    opened: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = tmp_path / "nobody"
    nobody.write_text("")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(nobody))

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.press("f4")
        # At once, so that nothing was kept before Enter.
        panel(app).words.value = BETTER
        await see.press("enter")
        await settled(app, see, "git does not know who you are")
        assert [draft.text for draft in drafts.drafts(opened)] == [BETTER]
        await see.press("f4")
        assert panel(app).words.value == BETTER

    drive(steps)
    assert proposals(opened) == []
    assert [draft.text for draft in drafts.drafts(opened)] == [BETTER]


def test_r20_without_the_hub_it_waits_in_the_outbox_and_says_so(opened: Library, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "hub.git")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.until(lambda: app.desk.sync_word.startswith("offline"), "offline")
        await see.press("f4")
        await see.type(BETTER)
        await see.press("enter")
        await settled(app, see, "It waits here and goes out when the hub can be reached")

    drive(steps)
    assert only(opened).unsent


def test_r20_leaving_at_once_loses_nothing(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.press("f4")
        await see.type(BETTER)
        app.exit()

    drive(steps)
    assert [draft.text for draft in drafts.drafts(opened)] == [BETTER]


def test_r20_no_key_waits_for_git(opened: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    real, on_screen = Git.run, list[str]()

    def run(self: Git, *args: str, **more: object) -> bytes:
        if threading.current_thread() is threading.main_thread():
            on_screen.append(" ".join(args))
        return real(self, *args, **more)  # type: ignore[arg-type]

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        monkeypatch.setattr(Git, "run", run)
        await see.press("f4")
        await see.type(BETTER)
        await see.press("escape", "f4", "enter")
        await settled(app, see, "Proposed:")
        monkeypatch.setattr(Git, "run", real)

    drive(steps)
    assert on_screen == []


def test_r20_what_a_library_says_is_shown_and_not_obeyed(opened: Library, tmp_path: Path) -> None:
    made = LibraryBuilder(tmp_path / "odd")
    made.write("content/playbook.toml", "[library]\nname = 'Odd'\n")
    made.write(
        "content/objections/odd.md",
        objection("Odd [red]budget\x1b[2J", answer="[bold]Budget[/bold] \x1b]0;owned\x07 \u202eback[/]"),
    )
    made.commit()
    odd = open_library(str(tmp_path / "odd"), name="odd")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see, "budget")
        await see.press("f4")
        await see.sees("[bold]Budget[/bold]")
        await see.type("[i]Better[/i]")
        assert "[i]Better[/i]" in see.screen()
        assert not set("\x1b\x07\u202e") & set(see.screen())
        await see.press("enter")
        await settled(app, see, "It waits in the queue here")
        await see.press("f4")
        await see.sees("1 open proposal")
        await see.press("ctrl+o")
        await see.sees("Say it better")
        assert not set("\x1b\x07\u202e") & set(see.screen())

    drive(steps, wanted="odd")
    assert only(odd).contents[0].text == "[i]Better[/i]"


def test_r20_help_and_palette_name_it(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        assert {"Better words", "Edit", "New card"} <= {one.title for one in app.get_system_commands(app.screen)}
        await see.press("f4", "f1")
        await see.sees("Propose what the line says")
        await see.press("f1")
        assert isinstance(app.screen, WordsPanel)

    drive(steps)
