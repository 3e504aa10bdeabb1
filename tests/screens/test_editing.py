"""The editor: the whole file, how it will look, what lint says, and a draft that nothing loses."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from piloting import Driver, drive
from sample import objection, sample
from terminals import Pty, Tmux
from textual.events import Paste

from playbook import keys
from playbook.app import PlaybookApp
from playbook.finding.memory import remember
from playbook.finding.session import read
from playbook.review import acting, drafts, proposing
from playbook.review.change import file_changes
from playbook.review.drafts import Draft
from playbook.review.listing import find, proposals
from playbook.review.proposal import Proposal
from playbook.screens.proposing.edit import EditScreen
from playbook.screens.proposing.edit_dialogs import DraftScreen, WhyScreen
from playbook.screens.proposing.edit_looks import Looks
from playbook.search.indexer import build_now
from playbook.store.managed import Library, open_library
from playbook.store.runner import Git
from playbook.store.sync import fetch_only
from playbook.store.writing import Person

PRICE = "content/objections/price.md"
ANN = Person("Ann Other", "ann.other@example.com")


def editing(app: PlaybookApp) -> EditScreen:
    assert isinstance(app.screen, EditScreen)
    return app.screen


def said(app: PlaybookApp) -> str:
    return " ".join(toast.message for toast in app._notifications)


def only(library: Library) -> Proposal:
    (made,) = proposals(library)
    return made


def text_of(library: Library, path: str = PRICE) -> str:
    session = read(library)
    return proposing.source_at(library, session.snapshot.commit, path)


async def opens(app: PlaybookApp, see: Driver, question: str = "too expensive") -> None:
    """The editor on the first card found, as `e` in the list opens it."""
    await see.opened()
    await see.type(question)
    await see.answered(question)
    app.screen.set_focus(app.screen_stack[0].results)  # type: ignore[attr-defined]
    await see.pilot.pause()
    await see.press("e")
    await ready(app, see)


async def ready(app: PlaybookApp, see: Driver) -> None:
    await see.until(
        lambda: (
            isinstance(app.screen, DraftScreen)
            or (isinstance(app.screen, EditScreen) and not app.screen.editor.read_only)
        ),
        "the editor",
    )


async def push(app: PlaybookApp, see: Driver, screen: EditScreen) -> None:
    await see.opened()
    app.push_screen(screen)
    await ready(app, see)


@pytest.mark.parametrize("size", [(80, 24), (60, 15), (120, 40)])
def test_r21_the_whole_file_is_edited_seen_and_proposed(opened: Library, size: tuple[int, int]) -> None:
    before = text_of(opened)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.press("ctrl+end")
        await see.type("Start with two vans. ")
        if size[0] < 100:
            await see.press("f6")
            await see.until(lambda: "A pilot. Start with two vans." in see.screen(), "the preview in the text's place")
            await see.press("escape")
            assert editing(app).focused is editing(app).editor
        else:
            await see.sees("A pilot. Start with two vans.")
        await see.press("ctrl+s")
        await see.sees("Start with two vans.")
        assert isinstance(app.screen, WhyScreen)
        await see.type("Two is what they can try")
        await see.press("enter")
        await see.until(lambda: app.screen is app.screen_stack[0], "back at the call")
        await see.until(
            lambda: "Proposed: Edit: It costs more\nMarketing sees it in the queue" in said(app), "what became of it"
        )
        assert app.screen.box.value == "too expensive"  # type: ignore[attr-defined]
        app.pen.finish()

    drive(steps, size=size)
    made = only(opened)
    (change,) = file_changes(opened, made)
    assert change.after == before + "Start with two vans. "
    assert (made.kind, made.why, made.contents[0].about) == ("edit", "Two is what they can try", "objections/price")
    assert drafts.drafts(opened) == []


def test_r21_lint_says_what_is_wrong_as_one_types_and_f3_goes_there(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.sees("Lint finds nothing wrong")
        await see.press("ctrl+end")
        await see.type("[how](nowhere.md)")
        await see.sees("leads to no file")
        line = editing(app).editor.document.line_count
        assert f"line {line}" in see.screen()
        await see.press("ctrl+home", "f3")
        assert editing(app).editor.cursor_location[0] == line - 1

    drive(steps)


def test_r21_no_key_waits_for_preview_lint_or_git(opened: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    go, asked = threading.Event(), list[str]()

    def stuck(self: Looks, *arguments: object) -> None:
        asked.append("")
        go.wait(20)
        raise ValueError("never made")

    monkeypatch.setattr(Looks, "preview", stuck)
    monkeypatch.setattr(Looks, "problems", stuck)
    real, on_screen = Git.run, list[str]()

    def run(self: Git, *args: str, **more: object) -> bytes:
        if threading.current_thread() is threading.main_thread():
            on_screen.append(" ".join(args))
        return real(self, *args, **more)  # type: ignore[arg-type]

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        monkeypatch.setattr(Git, "run", run)
        await see.until(lambda: len(asked) == 2, "both are asked")
        await see.press("ctrl+end")
        await see.type("Typed while nothing answers")
        assert editing(app).editor.text.endswith("Typed while nothing answers")
        await see.sees("a draft is kept")
        await see.press("escape")
        app.pen.finish()
        monkeypatch.setattr(Git, "run", real)
        go.set()

    try:
        drive(steps)
    finally:
        go.set()
    assert on_screen == []


def test_r21_a_draft_is_kept_offered_and_gone_on_with(opened: Library) -> None:
    before = text_of(opened)

    async def first(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.press("ctrl+end")
        await see.type("Half a thought")
        await see.until(lambda: drafts.drafts(opened), "the draft, without leaving")
        await see.press("escape")
        assert "Kept as a draft; e on the card goes on with it" in said(app)

    async def later(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        assert isinstance(app.screen, DraftScreen)
        await see.sees("You began this on 22 Nov")
        await see.sees("Half a thought")
        await see.press("escape")
        assert app.screen is app.screen_stack[0]
        await see.press("e")
        await ready(app, see)
        await see.press("enter")
        await see.until(lambda: not editing(app).editor.read_only, "the draft in the editor")
        assert editing(app).editor.text == before + "Half a thought"

    async def anew(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.press("delete")
        assert isinstance(app.screen, DraftScreen)
        await see.sees("Delete again throws these words away for good")
        assert len(drafts.drafts(opened)) == 1
        await see.press("delete")
        await see.until(lambda: not editing(app).editor.read_only, "the file in the editor")
        assert editing(app).editor.text == before
        await see.press("escape")
        assert said(app) == ""

    drive(first)
    assert [(one.path, one.text) for one in drafts.drafts(opened)] == [(PRICE, before + "Half a thought")]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PLAYBOOK_NOW", "2026-11-24T10:00:00+00:00")
        drive(later)
        assert len(drafts.drafts(opened)) == 1
        drive(anew)
    assert drafts.drafts(opened) == []


def test_r21_leaving_the_app_at_once_loses_nothing(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.press("ctrl+end")
        await see.type("Last words")
        await see.press("ctrl+q")

    drive(steps)
    (kept,) = drafts.drafts(opened)
    assert kept.text.endswith("Last words")


def test_r21_a_text_typed_back_to_what_it_was_needs_no_draft(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.type("x")
        await see.until(lambda: drafts.drafts(opened), "the draft")
        await see.press("backspace")
        await see.until(lambda: not drafts.drafts(opened), "no draft")
        await see.press("ctrl+s")
        assert "Nothing was changed" in said(app)

    drive(steps)


def test_r26_a_draft_of_older_words_takes_nothing_of_mains_back(opened: Library, tmp_path: Path) -> None:
    base = read(opened).snapshot.commit
    name = drafts.name_for(PRICE)
    drafts.save(opened, Draft(name, PRICE, text_of(opened).replace("A pilot.", "Two vans."), base))
    made = sample(tmp_path / "repo")
    made.init().write(PRICE, text_of(opened).replace("Oldacre, 2026-06.", "Newacre, 2026-10.")).commit("Newer proof")
    made.git("push", "-q", str(tmp_path / "hub.git"), "main")
    fetch_only(opened)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.sees("the words have changed since")
        await see.press("enter")
        await see.until(lambda: not editing(app).editor.read_only, "the draft")
        await see.press("ctrl+s")
        await see.sees("Two vans.")
        assert "Newacre" not in see.screen()
        await see.press("enter")
        await see.until(lambda: "Proposed:" in said(app), "proposed")
        app.pen.finish()

    drive(steps)
    proposal = only(opened)
    assert proposal.base == base
    (change,) = file_changes(opened, proposal)
    assert change.after == change.before.replace("A pilot.", "Two vans.")


def revised(library: Library) -> tuple[object, Proposal]:
    session = read(library)
    card = next(card for card in session.snapshot.cards if card.id == "objections/price")
    made = proposing.propose_words(session, card, "We cost less than one lost van.", by=ANN)
    return session, find(library, made.proposal)


def test_r21_on_a_proposal_its_words_are_revised(opened: Library) -> None:
    session, proposal = revised(opened)
    (change,) = file_changes(opened, proposal)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await push(app, see, EditScreen(session, PRICE, change.after, proposal=proposal))  # type: ignore[arg-type]
        assert "Revise: Say it better" in see.screen()
        await see.press("ctrl+end")
        await see.type("And two.")
        await see.press("f2")
        await see.sees("And two.")
        await see.press("enter")
        await see.until(lambda: "Revised: Say it better" in said(app), "revised")
        app.pen.finish()

    drive(steps)
    after = find(opened, proposal.id)
    assert len(after.contents) == 2
    (change,) = file_changes(opened, after)
    assert "lost van." in change.after
    assert change.after.endswith("And two.")


def test_r26_what_somebody_else_revised_meanwhile_is_not_overwritten(opened: Library) -> None:
    session, proposal = revised(opened)
    (change,) = file_changes(opened, proposal)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await push(app, see, EditScreen(session, PRICE, change.after, proposal=proposal))  # type: ignore[arg-type]
        acting.revise(opened, proposal.id, {PRICE: b"# Theirs\n"}, by=ANN)
        await see.press("ctrl+end")
        await see.type("Mine")
        await see.press("ctrl+s")
        await see.until(lambda: isinstance(app.screen, WhyScreen), "why")
        await see.press("enter")
        await see.until(lambda: "have changed since you looked" in said(app), "refused")
        assert editing(app).editor.text.endswith("Mine")
        assert not editing(app).editor.read_only
        app.pen.finish()

    drive(steps)
    (change,) = file_changes(opened, find(opened, proposal.id))
    assert change.after == "# Theirs\n"
    assert [one.text.endswith("Mine") for one in drafts.drafts(opened)] == [True]


def test_r21_only_what_was_typed_is_changed_to_the_letter(opened: Library, tmp_path: Path) -> None:
    from building import LibraryBuilder

    odd = "\ufeff---\r\ntitle: Odd\r\n---\r\n# Odd budget\r\n\r\nA \x1b[2Jform\x0cfeed \u202eand more\r\n"
    made = LibraryBuilder(tmp_path / "odd")
    made.write("content/odd.md", odd).commit()
    library = open_library(str(tmp_path / "odd"), name="odd")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see, "odd budget")
        assert not set("\x1b\x0c\u202e\ufeff") & set(see.screen())
        await see.press("ctrl+end")
        await see.type("New")
        app.post_message(Paste("pa\x1b[2Jsted\u202e"))
        await see.until(lambda: editing(app).editor.text.endswith("Newpa[2Jsted"), "what was pasted, made safe")
        await see.press("ctrl+s")
        await see.until(lambda: isinstance(app.screen, WhyScreen), "why")
        await see.sees("sted")
        assert not set("\x1b\x0c\u202e\ufeff") & set(see.screen())
        await see.press("enter")
        await see.until(lambda: "It waits in the queue here" in said(app), "proposed")
        app.pen.finish()

    drive(steps, wanted="odd")
    proposal = only(library)
    source = proposing.source_at(library, proposal.head, "content/odd.md")
    assert source == odd + "Newpa[2Jsted"


def test_r21_ones_own_checkout_is_never_touched(opened: Library, tmp_path: Path) -> None:
    made = sample(tmp_path / "mine")
    made.commit()
    made.write("content/objections/price.md", objection("It costs more", answer="Half written.")).write(
        "notes.txt", "x"
    )
    made.git("stash", "list")
    before = (made.git("status", "--porcelain"), made.git("for-each-ref"), made.git("rev-parse", "HEAD"))
    own = open_library(str(tmp_path / "mine"), name="mine")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see, "It costs more")
        await see.press("ctrl+end")
        await see.type("More")
        await see.press("ctrl+s")
        await see.until(lambda: isinstance(app.screen, WhyScreen), "why")
        await see.press("enter")
        await see.until(lambda: "Proposed:" in said(app), "proposed")
        await see.press("f4")
        await see.type("Better")
        await see.press("enter")
        await see.until(lambda: '"Better"' in said(app), "proposed too")
        app.pen.finish()

    drive(steps, wanted="mine")
    assert len(proposals(own)) == 2
    assert (made.git("status", "--porcelain"), made.git("for-each-ref"), made.git("rev-parse", "HEAD")) == before


def test_r21_ctrl_y_stays_redo_in_the_editor(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        before = editing(app).editor.text
        await see.press("ctrl+home", "x")
        await see.press("ctrl+z")
        assert editing(app).editor.text == before
        await see.press("ctrl+y")
        assert editing(app).editor.text == "x" + before

    drive(steps)


def test_r21_help_palette_and_a_footer_that_fits(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        last = see.screen().splitlines()[-1]
        assert all(key.label in last for key in keys.keys_of("edit") if key.footer)
        assert {"Propose", "Preview", "Own editor"} <= {one.title for one in app.get_system_commands(app.screen)}
        await see.press("f1")
        await see.sees("See what changed, say why, and propose it")

    drive(steps, size=(80, 24))


def test_r21_where_no_other_program_can_take_the_screen_that_is_said(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.press("ctrl+o")
        await see.until(lambda: "go on here" in said(app), "the sentence")

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("VISUAL", "true")
        drive(steps)


# In a real terminal

needs_tmux = pytest.mark.skipif(
    not shutil.which("tmux") and not os.environ.get("CI"), reason="tmux is not installed, and this is not CI"
)


@pytest.fixture
def in_terminal(opened: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Library:
    """The sample as the last library, no hub to wait for, and a terminal with nothing of the outer one."""
    for name in ("SSH_TTY", "TMUX", "COLORFGBG", "WSL_DISTRO_NAME", "VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(tmp_path)
    remember(last="sample")
    build_now(opened)
    return opened


def go_to_editor(terminal: Pty) -> None:
    terminal.sees("What did the buyer just say?")
    terminal.type("too expensive")
    terminal.sees("We cost less than a late delivery.")
    terminal.type("\x1b")
    time.sleep(0.4)
    terminal.type("\x1b")
    time.sleep(0.5)
    terminal.type("e")


def test_r21_kill_9_while_typing_loses_at_most_three_seconds(in_terminal: Library) -> None:
    first = Pty(columns=120, rows=36)
    go_to_editor(first)
    first.sees("as it is in the library")
    began = time.monotonic()
    typed = 0
    # Never resting, as somebody who is full of it.
    while time.monotonic() - began < 5:
        first.type("abcdefghij"[typed % 10])
        typed += 1
        first.read(0.1)
    at_risk = time.monotonic()
    while time.monotonic() - at_risk < 3:
        first.type("Z")
        first.read(0.1)
    first.kill()
    second = Pty(columns=120, rows=36)
    go_to_editor(second)
    second.sees("You began this today at")
    second.type("\r")
    second.sees("a draft is kept")
    (kept,) = drafts.drafts(in_terminal)
    letters = "".join("abcdefghij"[at % 10] for at in range(typed))
    assert letters in kept.text
    second.type("\x11")
    assert second.end() == 0


@pytest.fixture
def tmux() -> Iterator[list[Tmux]]:
    started: list[Tmux] = []
    yield started
    for one in started:
        one.close()


@needs_tmux
@pytest.mark.parametrize("status", [0, 3])
def test_r21_ones_own_editor_has_the_terminal_and_its_text_comes_back(
    in_terminal: Library, tmp_path: Path, home: Path, tmux: list[Tmux], status: int
) -> None:
    program = tmp_path / "my editor"
    program.write_text(
        f"#!/bin/sh\nprintf 'Written outside.' >> \"$1\"\necho I have the terminal\nsleep 2\nexit {status}\n"
    )
    program.chmod(0o755)
    see = Tmux(100, 30, before=f"VISUAL=\"'{program}'\"")
    tmux.append(see)
    see.sees("What did the buyer just say?")
    see.type("too expensive")
    see.sees("We cost less than a late delivery.")
    see.press("Escape")
    time.sleep(0.4)
    see.press("Escape")
    time.sleep(0.4)
    see.type("e")
    see.sees("as it is in the library")
    see.press("C-o")
    see.sees("I have the terminal")
    # What is saved there is a draft already, while the editor is still open.
    until = time.monotonic() + 10
    while not drafts.drafts(in_terminal) and time.monotonic() < until:
        time.sleep(0.05)
    assert "I have the terminal" in see.screen()
    see.sees("a draft is kept")
    if status:
        see.sees(f"ended with status {status}")
    see.press("C-End")
    see.sees("Written outside.")
    left = list((home / "data" / "drafts").glob("*/*"))
    if status:
        assert [file.read_text().endswith("Written outside.") for file in left] == [True]
        assert (left[0].stat().st_mode & 0o77, left[0].parent.stat().st_mode & 0o77) == (0, 0)
    else:
        assert left == []
    (kept,) = drafts.drafts(in_terminal)
    assert kept.text.endswith("Written outside.")


def test_the_draft_of_a_text_and_that_of_a_sentence_are_two(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await opens(app, see)
        await see.type("x")
        await see.press("escape")
        await see.press("p")
        await see.type("A sentence")
        await see.press("escape")

    drive(steps)
    kept = {draft.kind: draft for draft in drafts.drafts(opened)}
    assert set(kept) == {"edit", "words"}
    assert kept["words"] == replace(kept["words"], text="A sentence", path=PRICE)
