"""The pen: one thread that writes what people type, drafts and proposals alike, so that no key waits for git."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from playbook.errors import PlaybookError
from playbook.screens.finding.asker import guarded

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import App
    from textual.message_pump import MessagePump
    from textual.timer import Timer

    from playbook.app import PlaybookApp
    from playbook.review.drafts import Draft
    from playbook.store.managed import Library

log = logging.getLogger(__name__)

REST_SECONDS = 0.7  # after the last key
MOST_SECONDS = 2.0  # while the keys go on; with the writing itself no more than three seconds are ever lost
LEAVING_SECONDS = 8.0

Done = Callable[[str], None]
"""Told how it went, on the pen's thread: "", or the sentence that says why not."""


def pen_of(node: MessagePump) -> Pen:
    """The pen of the app a screen or widget belongs to."""
    return cast("PlaybookApp", node.app).pen


def then(app: App[Any], tell: Done) -> Done:
    """Told on the app's own thread; not at all when it has ended by then."""

    def told(failed: str) -> None:
        app.call_later(tell, failed)

    return told


class Pen:
    """Writes one thing after the other; what waits under a name is replaced by what comes under the same name.

    It also remembers the drafts of this run, so that none has to be read back before it can be shown.
    """

    def __init__(self) -> None:
        self._jobs: dict[str, Callable[[], None]] = {}
        self._changed = threading.Condition()
        self._busy = False
        self._thread: threading.Thread | None = None
        self._drafts: dict[tuple[Path, str], Draft | None] = {}

    def write(self, name: str, job: Callable[[], None]) -> None:
        """Have it done after what waits already."""
        with self._changed:
            self._jobs.pop(name, None)
            self._jobs[name] = job
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="playbook-pen", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def finish(self, seconds: float = LEAVING_SECONDS) -> bool:
        """Wait until nothing is left to write; False when that takes longer."""
        end = time.monotonic() + seconds
        with self._changed:
            while self._jobs or self._busy:
                if not self._changed.wait(end - time.monotonic()) and time.monotonic() >= end:
                    return False
        return True

    # Drafts

    def keep(self, library: Library, draft: Draft, done: Done | None = None) -> None:
        """Save the draft in place of what was saved under its name."""
        self._drafts[library.git_dir, draft.name] = draft

        def job() -> None:
            answer(lambda: save(library, draft), done)

        self.write(f"{library.git_dir} {draft.name}", job)

    def forget(self, library: Library, name: str) -> None:
        """Drop the draft: its words went out, or whoever wrote them took them away."""
        self._drafts[library.git_dir, name] = None

        def job() -> None:
            from playbook.review import drafts

            answer(lambda: drafts.drop(library, name), None)

        self.write(f"{library.git_dir} {name}", job)

    def knows(self, library: Library, name: str) -> bool:
        """Whether a draft of that name was written, or dropped, in this run."""
        return (library.git_dir, name) in self._drafts

    def draft(self, library: Library, name: str) -> Draft | None:
        """That draft, if it was written in this run."""
        return self._drafts.get((library.git_dir, name))

    def send(self, library: Library, draft: Draft, act: Callable[[], object], done: Done) -> None:
        """Save the draft, act on it, and drop it once that went well; whatever happens, its words are somewhere."""
        self._drafts[library.git_dir, draft.name] = draft

        def job() -> None:
            def both() -> None:
                from playbook.review import drafts

                save(library, draft)
                act()
                self._drafts[library.git_dir, draft.name] = None
                drafts.drop(library, draft.name)

            answer(both, done)

        self.write(f"{library.git_dir} {draft.name}", job)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                while not self._jobs:
                    self._changed.wait()
                name = next(iter(self._jobs))
                job = self._jobs.pop(name)
                self._busy = True
            guarded(f"writing {name}", job)


def save(library: Library, draft: Draft) -> None:
    """Keep the draft under nobody's name: words are kept even where git does not know yet who types."""
    from playbook.review import drafts
    from playbook.store.writing import Person

    drafts.save(library, draft, by=Person("", ""))


def answer(act: Callable[[], object], done: Done | None) -> None:
    """Act, and say how it went."""
    said = ""
    try:
        act()
    except PlaybookError as error:
        said = str(error)
    except Exception:
        # The edge of the pen: the log has the rest.
        log.exception("writing failed")
        said = "It could not be written; the log file has the details (playbook doctor)"
    if said:
        log.warning("not written: %s", said)
    if done is not None:
        done(said)


class Rests:
    """Calls `save` when the keys rest, and now and then while they do not."""

    def __init__(self, node: MessagePump, save: Callable[[], None]) -> None:
        self._node = node
        self._save = save
        self._since: float | None = None
        self._timer: Timer | None = None
        self._ended = False

    def key(self) -> None:
        """A key was pressed."""
        if self._ended:
            return
        now = time.monotonic()
        if self._since is None:
            self._since = now
        if self._timer is not None:
            self._timer.stop()
        wait = min(REST_SECONDS, max(self._since + MOST_SECONDS - now, 0.01))
        self._timer = self._node.set_timer(wait, self.flush)

    def stop(self) -> None:
        """What was typed since the last time is nobody's business any more."""
        self._since = None
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def end(self) -> None:
        """What was typed went out: nothing is kept of it, nor of the letters before it that are told of only now."""
        self.stop()
        self._ended = True

    def flush(self) -> None:
        """Save now what was typed since the last time."""
        if self._since is not None:
            self.stop()
            self._save()
