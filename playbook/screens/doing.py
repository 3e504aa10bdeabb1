"""What was decided is done behind the screens, one thing after the other: a verdict waits for the disk and the hub, people do not."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual.message import Message
from textual.screen import Screen

from playbook import keys
from playbook.errors import PlaybookError, RemoteUnreachable
from playbook.screens.desk import desk_of

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump

log = logging.getLogger(__name__)
MOVING = frozenset({"Down", "Up", "Page down", "Page up", "Top", "End", "First", "Last", "Help", "Back"})
Result = TypeVar("Result")


@dataclass(frozen=True)
class Job:
    """One act. `about` is the proposal's (or card's) id, `word` what is done to it, `what` the line shown meanwhile; `said`
    makes the sentence of what came of it; `kept` names the words typed for it, which are forgotten once they are safe."""

    about: str
    word: str
    what: str
    act: Callable[[], Any]
    said: Callable[[Any], str]
    kept: str = ""


@dataclass
class Done(Message):
    """A job ended: `sentence` says how; `failed` when it was refused, `waits` when it is kept here for the hub."""

    job: Job
    result: Any
    sentence: str
    failed: bool = False
    waits: bool = False


class FollowingScreen(Screen[None]):
    """A screen that is told when the library moved, and when a job ended; `where` names its keys in the table.

    Its threads speak to it by `call_later`, which waits for nobody: a screen or an app that is gone by then hears nothing.
    """

    where: ClassVar[str] = ""

    @property
    def palette_commands(self) -> list[tuple[str, str, object]]:
        """What the palette offers here: all its keys but those that only move."""
        offered = {key.action: key for key in reversed(keys.keys_of(self.where)) if key.label not in MOVING}
        return [(key.label, key.help, partial(self.run_action, key.action)) for key in reversed(offered.values())]

    def library_moved(self) -> None:
        """Something was fetched, sent or merged: look again."""

    def job_done(self, done: Done) -> None:
        """What was decided is done, or refused."""

    def keeps(self, done: Done) -> bool:
        """Whether the screen has a place of its own in which what came of it stands: then no toast says it, too."""
        return False


class Doer:
    """A thread that does the jobs in their order; it begins with the first one."""

    def __init__(self, app: App[Any]) -> None:
        self.app = app
        self.doing: list[Job] = []
        self.settling: dict[str, object] = {}
        """Conflicts that are being settled, by proposal: choices survive going back."""
        self.typed: dict[str, str] = {}
        """Words that are not safe yet, by what they were typed for: nothing typed is lost."""
        self._waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    @property
    def stopped(self) -> Callable[[], bool]:
        """Whether the app is being left."""
        return self._stop.is_set

    def line(self) -> str:
        """What goes on, for a line of a screen; "" when nothing does."""
        if not self.doing:
            return ""
        more = f" (and {len(self.doing) - 1} more)" if len(self.doing) > 1 else ""
        return f"{self.doing[0].what} …{more}"

    def do(self, job: Job) -> None:
        """Have it done; the screens are told by Done."""
        self.doing.append(job)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="playbook-doer", daemon=True)
            self._thread.start()
        self._waiting.put(job)

    def close(self) -> None:
        """The app is left: what goes on is stopped; verdicts that were written wait in the outbox."""
        self._stop.set()
        self._waiting.put(None)

    def _run(self) -> None:
        while (job := self._waiting.get()) is not None and not self._stop.is_set():
            self.app.call_later(self._ended, self._done(job))

    def _done(self, job: Job) -> Done:
        """The edge of the worker: every error becomes a sentence, and the log gets the rest."""
        try:
            result = job.act()
            return Done(job, result, job.said(result))
        except RemoteUnreachable as error:
            return Done(job, None, str(error), failed=True, waits=True)
        except PlaybookError as error:
            return Done(job, None, str(error), failed=True)
        except Exception:
            log.exception("%s failed", job.word)
            return Done(job, None, "That failed; the log file has the details (playbook doctor)", failed=True)

    def _ended(self, done: Done) -> None:
        self.doing.remove(done.job)
        if not done.failed or done.waits:
            self.typed.pop(done.job.kept, None)
            desk_of(self.app).changed(told=done.waits)
        severity = "warning" if done.failed else "information"
        above = self.app.screen
        if not (isinstance(above, FollowingScreen) and above.keeps(done)):
            self.app.notify(done.sentence, severity=severity, markup=False, timeout=10 if done.failed else 5)  # type: ignore[arg-type]
        for screen in self.app.screen_stack:
            if isinstance(screen, FollowingScreen):
                screen.job_done(done)


def doer_of(node: MessagePump) -> Doer:
    """The doer of the app a screen or widget belongs to."""
    return node.app.doer  # type: ignore[attr-defined,no-any-return]
