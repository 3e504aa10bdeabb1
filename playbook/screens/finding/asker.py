"""One thread that answers the newest question only, so that no keystroke waits for the one before."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Asker:
    """Jobs by slot; a job that is still waiting when a newer one comes for its slot is dropped."""

    def __init__(self) -> None:
        self._jobs: dict[str, Callable[[], None]] = {}
        self._changed = threading.Condition()
        self._open = True
        threading.Thread(target=self._work, name="playbook-asker", daemon=True).start()

    def ask(self, slot: str, job: Callable[[], None]) -> None:
        """Have the job done soon, instead of what still waits in its slot."""
        with self._changed:
            self._jobs[slot] = job
            self._changed.notify()

    def close(self) -> None:
        """End the thread after the job it is at."""
        with self._changed:
            self._open = False
            self._jobs.clear()
            self._changed.notify()

    def _work(self) -> None:
        while True:
            with self._changed:
                while self._open and not self._jobs:
                    self._changed.wait()
                if not self._open:
                    return
                slot = next(iter(self._jobs))
                job = self._jobs.pop(slot)
            guarded(slot, job)


def guarded(slot: str, job: Callable[[], None]) -> None:
    """Do the job; one question that fails must not end the answering of the next, nor the app."""
    try:
        job()
    except Exception:
        # The edge of a worker: the log has the rest.
        log.exception("answering %s failed", slot)
