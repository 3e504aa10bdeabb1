"""Runs a program in a pseudo terminal and reads its screen, as a person would see it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence

import pyte


class Terminal:
    """A program on a screen of `columns` by `rows`."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], columns: int = 120, rows: int = 40) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), dict(env))
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds: float) -> bool:
        """Take in what the program writes within that time; False when it has ended."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        # pyte knows no private prefixes such as CSI > 1 u; they paint nothing.
        self._stream.feed(data.replace(b"\x1b[>1u", b"").replace(b"\x1b[<u", b"").replace(b"\x1b[?2026$p", b""))
        return bool(data)

    def until(self, shown: Callable[[str], bool], seconds: float = 30) -> float:
        """Milliseconds from the start until the screen's text satisfies `shown`. Raises TimeoutError."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            if shown(self.text()):
                return (time.perf_counter() - self.started) * 1000
            if not self.read(0.05):
                break
        raise TimeoutError(self.text())

    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(self.screen.display)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self.fd, text.encode())

    def close(self) -> None:
        """End the program."""
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            return
        finally:
            os.close(self.fd)
