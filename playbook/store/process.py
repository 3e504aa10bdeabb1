"""One git process: started in a clean environment, fed and read without deadlock, dead when it is left."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from playbook.errors import Cancelled, LibraryUnreadable
from playbook.store import lifeline

# What may stay of the caller's GIT_* environment. Everything else can redirect git (GIT_DIR, GIT_INDEX_FILE),
# make it write files (GIT_TRACE) or make it run programs (GIT_EXTERNAL_DIFF, GIT_CONFIG_COUNT, GIT_EXEC_PATH).
_KEPT = {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_ASKPASS"}
_KEPT_STARTS = ("GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_SSH", "GIT_SSL_")
_OURS = {"GIT_PYTHON_REFRESH"}
_HOOK_NAMES = ("GIT_DIR", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH")

# What git gave us if we were started by one of its hooks; pushed objects are invisible without it.
hook_environment: dict[str, str] = {}

_STDERR_KEPT = 65536


def clean_environment() -> None:
    """Take every GIT_* variable that is not kept out of this process's own environment.

    GitPython copies os.environ for each call and offers no way to leave a name out, so the process itself is cleaned.
    """
    for name in [n for n in os.environ if n.startswith("GIT_")]:
        if name in _KEPT or name in _OURS or name.startswith(_KEPT_STARTS):
            continue
        value = os.environ.pop(name)
        if name in _HOOK_NAMES:
            hook_environment.setdefault(name, value)


class Process:
    """One git process in a process group of its own, dead when the `with` block is left.

    `stopped` says why it was killed before its end: late, idle or cancelled; else it is empty. A `watched` one ends
    soon after us even when we are killed: for what may wait on a network, since all else ends by itself.
    """

    def __init__(self, command: list[str], env: dict[str, str], cwd: Path | None, *, watched: bool = False) -> None:
        self.command = command
        self.env = env
        self.cwd = cwd
        self.watched = watched
        self.stopped = ""
        self.errors = b""
        self._threads: list[threading.Thread] = []
        self._timer: threading.Timer | None = None
        self._heard = 0.0
        self._lifeline: lifeline.Lifeline | None = None

    def __enter__(self) -> Process:
        if lifeline.is_ending():
            raise Cancelled("Stopped; nothing was changed")
        clean_environment()
        os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
        try:
            from git import Git as Runner  # 70 ms, so only once git is needed
            from git.exc import GitCommandNotFound
        except (ImportError, OSError) as error:
            # GitPython starts git while it is imported, and says ImportError when no more files can be opened.
            raise _not_started(error.__cause__ or error) from error

        # GitPython expands `~` and `$` in a string but not in a Path.
        where = self.cwd if self.cwd and self.cwd.is_dir() else Path(os.path.sep)
        try:
            self._lifeline = lifeline.lifeline() if self.watched else None
            self.process: Any = Runner(where).execute(
                self._lifeline.around(self.command) if self._lifeline else self.command,
                istream=subprocess.PIPE,
                as_process=True,
                env=self.env,
                start_new_session=sys.platform != "win32",
                pass_fds=(self._lifeline.far,) if self._lifeline else (),
            )
            lifeline.begin(self)
        except GitCommandNotFound as error:
            raise LibraryUnreadable(f"git at {self.command[0]} cannot be run; install git 2.34 or newer") from error
        except ValueError as error:
            raise LibraryUnreadable("a name with a NUL character in it cannot be asked of git") from error
        except OSError as error:
            raise _not_started(error) from error
        finally:
            if self._lifeline:
                self._lifeline.started() if lifeline.knows(self) else self._lifeline.done()
        return self

    def __exit__(self, *_: object) -> None:
        if self._timer:
            self._timer.cancel()
        if self.process.poll() is None:
            self.kill()
        lifeline.over(self)
        if self._lifeline:
            self._lifeline.done()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is self.process.stderr:
                for thread in self._threads:
                    thread.join(5)
            with suppress(OSError, ValueError):
                stream.close()

    def ask_to_end(self) -> None:
        """Ask git and all it started to end, and do not wait; whoever waits for it finds it cancelled."""
        if self.process.poll() is None:
            self.stopped = self.stopped or "cancelled"
            with suppress(ProcessLookupError, PermissionError):
                if sys.platform == "win32":
                    self.process.terminate()
                else:
                    os.killpg(self.process.pid, signal.SIGTERM)

    def kill(self) -> None:
        """End git and all it started: politely first, so that it removes its lock files."""
        if sys.platform == "win32":
            self.process.kill()
        else:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGTERM)
            deadline = time.monotonic() + 1
            while self.process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self.process.proc.wait(5)

    def wait(self) -> int:
        """The status of git, once its output has ended; negative when it was killed."""
        status: int = self.process.proc.wait()
        return status

    def finish(
        self,
        input: bytes | None,
        timeout: float,
        cancelled: Callable[[], bool] | None,
        on_stderr: Callable[[str], None] | None = None,
        idle: float | None = None,
    ) -> tuple[bytes, bytes, int]:
        """Let git run to its end: output, errors, status. `stopped` says why it was killed: late, idle or cancelled."""
        if not (on_stderr or cancelled or idle):
            try:
                output, errors = self.process.communicate(input, timeout)
            except subprocess.TimeoutExpired:
                self.stopped = "late"
                self.kill()
                return b"", b"", -1
            return output, errors, self.process.returncode
        chunks: list[bytes] = []
        reader = threading.Thread(target=self._collect, args=(chunks,), daemon=True)
        self._begin([input] if input else [], on_stderr)
        self._threads.append(reader)
        reader.start()
        end = time.monotonic() + timeout
        while reader.is_alive() or self.process.poll() is None:
            reader.join(0.05)
            if not reader.is_alive() and self.process.poll() is None:
                time.sleep(0.001)
            moment = time.monotonic()
            if cancelled and cancelled():
                self.stopped = "cancelled"
            elif moment > end:
                self.stopped = "late"
            elif idle and moment - self._heard > idle:
                self.stopped = "idle"
            if self.stopped:
                self.kill()
                break
        for thread in self._threads:
            thread.join(5)
        return b"".join(chunks), self.errors, self.process.returncode if self.process.returncode is not None else -1

    def open(self, feed: Iterable[bytes], timeout: float) -> IO[bytes]:
        """Start feeding and give the output stream; after `timeout` seconds the process is killed."""
        self._begin(feed, None)
        self._timer = threading.Timer(timeout, self._late)
        self._timer.daemon = True
        self._timer.start()
        stream: IO[bytes] = self.process.stdout
        return stream

    def _late(self) -> None:
        self.stopped = "late"
        self.kill()

    def _begin(self, feed: Iterable[bytes], on_stderr: Callable[[str], None] | None) -> None:
        self._heard = time.monotonic()
        self._threads = [
            threading.Thread(target=self._feed, args=(feed,), daemon=True),
            threading.Thread(target=self._listen, args=(on_stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _feed(self, feed: Iterable[bytes]) -> None:
        # A process that ended early (or was killed) closes its end; that is its answer, not an error here.
        with suppress(OSError, ValueError):
            for piece in feed:
                self.process.stdin.write(piece)
        with suppress(OSError, ValueError):
            self.process.stdin.close()

    def _collect(self, chunks: list[bytes]) -> None:
        with suppress(OSError, ValueError):
            while piece := self.process.stdout.read1(65536):
                chunks.append(piece)

    def _listen(self, on_stderr: Callable[[str], None] | None) -> None:
        line = b""
        with suppress(OSError, ValueError):
            while piece := self.process.stderr.read1(4096):
                self._heard = time.monotonic()
                self.errors = (self.errors + piece)[-_STDERR_KEPT:]
                *lines, line = re.split(rb"[\r\n]", (line + piece)[-_STDERR_KEPT:])
                for found in lines:
                    if on_stderr and found:
                        on_stderr(found.decode("utf-8", "replace"))
            if on_stderr and line:
                on_stderr(line.decode("utf-8", "replace"))


def _not_started(error: BaseException) -> LibraryUnreadable:
    why = getattr(error, "strerror", None) or error
    return LibraryUnreadable(
        f"git cannot be started: {why}; close other programs, or raise the limit (ulimit -n), and try again"
    )
