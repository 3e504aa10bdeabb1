"""The first moments: a library still being read, and keys that come before their answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from piloting import Driver, drive
from sample import sample

from playbook.app import PlaybookApp
from playbook.finding.memory import recall, remember
from playbook.store.managed import Library, open_library


def test_r12_a_large_library_is_searched_while_it_is_being_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    from playbook.search import generations
    from playbook.search.generations import index_dir

    monkeypatch.setenv("PLAYBOOK_NOW", "2026-11-22T10:00:00+00:00")
    made = sample(tmp_path / "repo")
    for at in range(420):
        made.write(f"content/notes/note-{at}.md", f"# Note {at}\n\nNothing about it.\n")
    made.commit("Write many words")
    library = open_library(str(made.bare(tmp_path / "hub.git")), name="large")
    remember(tour_done=True)
    generations.prepare(index_dir(library))

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.sees("being read")
        await see.sees("search works already")
        await see.type("too expensive")
        await see.until(lambda: app.screen.shown.question == "too expensive", "the first answer")  # type: ignore[attr-defined]
        assert app.screen.shown.engine == "first look"  # type: ignore[attr-defined]
        assert app.screen.shown.cards[0].id == "objections/price"  # type: ignore[attr-defined]
        await see.sees("found so far")
        assert "first look" not in see.screen()
        await see.press("f6")
        await see.sees("browse in a moment")
        # A favourite is kept by its card's name, which may still change while the others are being read.
        await see.press("ctrl+s")
        await see.sees("still being read; in a moment")
        assert recall().get("favourites") is None
        await see.until(lambda: not app.desk.session.partial, "the whole library")  # type: ignore[union-attr]
        await see.until(lambda: app.screen.shown.engine != "first look", "its answer")  # type: ignore[attr-defined]
        assert app.screen.shown.question == "too expensive"  # type: ignore[attr-defined]
        assert app.screen.shown.cards[0].id == "objections/price"  # type: ignore[attr-defined]

    # No indexer can do the reading meanwhile: the first look lasts until the app has read for itself.
    with FileLock(index_dir(library) / "lock"):
        drive(steps)


def test_r10_the_words_of_the_question_before_are_never_copied(
    opened: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("too expensive")
        await see.answered("too expensive")
        copied: list[object] = []
        monkeypatch.setattr(app.screen.copy_key, "press", lambda *args: copied.append(args))  # type: ignore[attr-defined]
        monkeypatch.setattr(app.screen, "ask", lambda: None)
        await see.type(" discount")
        await see.press("ctrl+y")
        await see.sees("on its way; press again")
        assert copied == []

    drive(steps)
