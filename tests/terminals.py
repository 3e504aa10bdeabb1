"""Real terminals for tests: one inside a private tmux, and a bare pseudo terminal whose bytes are kept."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pyte

PROGRAM = (sys.executable, "-m", "playbook")
PATIENCE = 20.0


class Tmux:
    """The program in a window of a tmux server of its own; a shell stays behind when the program ends."""

    def __init__(self, columns: int = 80, rows: int = 24, *, before: str = "") -> None:
        self.server = f"playbook-test-{uuid.uuid4().hex[:12]}"
        program = " ".join(PROGRAM)
        self.tmux(
            "-f", os.devnull, "new-session", "-d", "-x", str(columns), "-y", str(rows),
            f"{before} {program}; echo ended with $?; exec cat",
        )  # fmt: skip

    def tmux(self, *arguments: str) -> str:
        """One tmux command's output."""
        done = subprocess.run(
            ["tmux", "-L", self.server, *arguments],
            # pytest's readline puts COLUMNS and LINES behind Python's back, and the program would believe them.
            env=dict(os.environ),
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        """Keys by tmux's names: Enter, Escape, C-y, F2."""
        self.tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Letters as they are."""
        self.tmux("send-keys", "-l", "--", text)

    def type_quickly(self, text: str) -> None:
        """Letters one by one, 15 a second: the quickest typists do that."""
        for letter in text:
            began = time.monotonic()
            self.type(letter)
            time.sleep(max(1 / 15 - (time.monotonic() - began), 0))

    def screen(self) -> str:
        """What a person sees."""
        return self.tmux("capture-pane", "-p")

    def sees(self, text: str) -> str:
        """Wait until the text is on the screen, and give the screen."""
        return self.until(lambda shown: text in shown, text)

    def until(self, holds: Callable[[str], bool], what: str = "") -> str:
        """Wait until the screen is as wanted."""
        end = time.monotonic() + PATIENCE
        shown = self.screen()
        while not holds(shown):
            assert time.monotonic() < end, f"never came: {what}\n{shown}"
            time.sleep(0.05)
            shown = self.screen()
        return shown

    def state(self, what: str) -> str:
        """A format variable of the pane, such as alternate_on or cursor_flag."""
        return self.tmux("display-message", "-p", f"#{{{what}}}").strip()

    def close(self) -> None:
        """End the server and all in it; its socket would stay."""
        socket = Path(self.state("socket_path"))
        self.tmux("kill-server")
        socket.unlink(missing_ok=True)


class Pty:
    """The program on a bare pseudo terminal; `got` is every byte it wrote."""

    def __init__(self, *, term: str = "xterm-256color", columns: int = 80, rows: int = 24, **env: str) -> None:
        self.got = b""
        self.display = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.display)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(PROGRAM[0], PROGRAM, {**os.environ, "TERM": term, "COLORTERM": "truecolor", **env})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds: float) -> bool:
        """Take in what comes within that time; False when the program has ended."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.got += data
        # pyte knows no private prefixes such as CSI > 1 u; they paint nothing.
        self._stream.feed(re.sub(rb"\x1b\[[<>=][0-9;]*u|\x1b\[\?[0-9]+\$p", b"", data))
        return bool(data)

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"never came: {what}\n{self.screen()}"
            if not self.read(0.05):
                assert holds(), f"ended without {what}\n{self.text()}"

    def sees(self, text: str) -> None:
        """Wait until the text is on the screen."""
        self.until(lambda: text in self.screen(), text)

    def writes(self, wanted: bytes) -> None:
        """Wait until the bytes were written."""
        self.until(lambda: wanted in self.got, repr(wanted))

    def screen(self) -> str:
        """What a person sees."""
        return "\n".join(self.display.display)

    def text(self) -> str:
        """All that was ever written, without its escapes."""
        escape = r"\x1b(\[[0-9;?<>=:$]*[A-Za-z]|\][^\x07\x1b]*(\x07|\x1b\\)|.)"
        return re.sub(escape, " ", self.got.decode("utf-8", "replace"))

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self.fd, text.encode())

    def end(self) -> int:
        """Wait until the program has ended by itself and give its exit code."""
        end = time.monotonic() + PATIENCE
        while self.read(0.05):
            assert time.monotonic() < end, f"does not end\n{self.text()}"
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)

    def kill(self) -> None:
        """kill -9."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)
