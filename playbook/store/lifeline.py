"""Ends the git processes that are still at work when this program ends, however it ends."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from contextlib import suppress
from typing import Protocol

_SHELL = "/bin/sh"
# A shell of git's own process group waits at our pipe and then lets git take its own place. It reads `done` when git
# has ended as it should, and the pipe's end when we died: then it ends the group that it is in itself. So no process
# id is ever kept that could be another's by then, and what git started (git-remote-https, ssh) ends with it.
_WATCH = """
pipe=$1
shift
(
    exec <"/dev/fd/$pipe" || exit
    trap '' TERM HUP
    read -r said && exit
    kill -TERM 0
    sleep 1
    kill -KILL 0
) >/dev/null 2>&1 &
exec "$@"
"""


class _Running(Protocol):
    def ask_to_end(self) -> None:
        """Send the polite signal and come back at once."""

    def kill(self) -> None:
        """End it and all it started."""


_running: set[_Running] = set()
_ending = False
_listening = False


class Lifeline:
    """A pipe between us and the watcher of one git process.

    Not PR_SET_PDEATHSIG: it is set between fork and exec, where Python must run nothing while it has threads (3.12
    warns of it); it fires when the thread that started git ends, not the program; and it does not reach what git
    started. A pipe is closed by the kernel whenever we end, kill -9 too, on every system of the Unix kind.
    """

    def __init__(self) -> None:
        self.far, self._near = os.pipe()

    def around(self, command: list[str]) -> list[str]:
        """The command that starts the watcher, then the given one in the same process."""
        return [_SHELL, "-c", _WATCH, "playbook-git", str(self.far), *command]

    def started(self) -> None:
        """The other end is the watcher's now."""
        if self.far >= 0:
            os.close(self.far)
            self.far = -1

    def done(self) -> None:
        """git has ended: the watcher may go."""
        self.started()
        if self._near >= 0:
            with suppress(OSError):  # nobody is there any more
                os.write(self._near, b"done\n")
            os.close(self._near)
            self._near = -1


def lifeline() -> Lifeline | None:
    """A new lifeline; None on a system that has no shell for it. Raises OSError when no more files can be opened."""
    return Lifeline() if sys.platform != "win32" and os.access(_SHELL, os.X_OK) else None


def begin(process: _Running) -> None:
    """Have the process ended when this program ends."""
    global _listening
    if not _listening:
        _listening = True
        atexit.register(_end)
        # atexit comes only after all threads have been waited for, and one of them may be waiting for git. Where Python
        # has a place before that (concurrent.futures uses it in the same way), it is taken too.
        before_threads = getattr(threading, "_register_atexit", None)
        if before_threads:
            with suppress(RuntimeError):  # the program is ending already
                before_threads(_end)
    _running.add(process)


def knows(process: _Running) -> bool:
    """Whether the process has begun and is not over."""
    return process in _running


def over(process: _Running) -> None:
    """The process has ended."""
    _running.discard(process)


def is_ending() -> bool:
    """Whether the program is on its way out, so that nothing new is begun."""
    return _ending


def end_all() -> None:
    """End every git process that is at work now, with all it started; takes no lock, so a signal's handler may call it.

    Whoever waits for one of them gets Cancelled.
    """
    for process in list(_running):
        process.ask_to_end()
    for process in list(_running):
        process.kill()


def _end() -> None:
    global _ending
    _ending = True
    end_all()
