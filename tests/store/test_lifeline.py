"""When this program ends, by itself or by kill -9, so does the git that it had started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from building import LibraryBuilder

from playbook import errors
from playbook.store import lifeline
from playbook.store.managed import libraries, open_library

pytestmark = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks at processes by /proc")


@contextmanager
def silent_host() -> Iterator[str]:
    """The address of a host that takes connections and never says a word."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        yield f"https://127.0.0.1:{silent.getsockname()[1]}/team/words.git"


def asking(url: str) -> list[int]:
    """The processes of git that ask the address, or work for that one."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                command = (place / "cmdline").read_bytes()
            except OSError:
                continue
            if b"git" in command and url.encode() in command and sys.executable.encode() not in command:
                found.append(int(place.name))
    return found


def until(what: object, seconds: float = 10) -> bool:
    """Wait until the function gives something true."""
    assert callable(what)
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


OPEN = "import sys\nfrom playbook.store.managed import open_library\nopen_library(sys.argv[1])\n"
# The fetch runs in another thread, which the interpreter waits for at its end.
IN_A_THREAD = (
    "import signal, sys, time\n"
    "from concurrent.futures import ThreadPoolExecutor\n"
    "from playbook.store.managed import open_library\n"
    "def stop(*_): sys.exit(7)\n"
    "signal.signal(signal.SIGTERM, stop)\n"
    "pool = ThreadPoolExecutor(1)\n"
    "pool.submit(open_library, sys.argv[1])\n"
    "time.sleep(60)\n"
)


@pytest.mark.parametrize(
    ("script", "number", "ends"),
    [(OPEN, signal.SIGKILL, -9), (OPEN, signal.SIGHUP, -1), (IN_A_THREAD, signal.SIGTERM, 7)],
)
def test_git_ends_with_us(home: Path, script: str, number: int, ends: int) -> None:
    with silent_host() as url:
        ours = subprocess.Popen([sys.executable, "-c", script, url], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            assert until(lambda: asking(url)), "git was not started"
            helper = asking(url)[0]
            group = os.getpgid(helper)
            ours.send_signal(number)
            assert ours.wait(5) == ends
            assert until(lambda: not asking(url), 4), "git is still at work"

            def gone() -> bool:
                try:
                    os.killpg(group, 0)
                except ProcessLookupError:
                    return True
                return False

            assert until(gone, 4), "the group is not empty"
        finally:
            ours.kill()
            ours.communicate()
        assert libraries() == []


def test_whoever_waits_for_git_is_told_that_it_was_stopped() -> None:
    caught: list[BaseException] = []

    def work(url: str) -> None:
        try:
            open_library(url)
        except errors.PlaybookError as error:
            caught.append(error)

    with silent_host() as url:
        worker = threading.Thread(target=work, args=(url,))
        worker.start()
        assert until(lambda: asking(url))
        lifeline.end_all()
        worker.join(5)
        assert not worker.is_alive() and not asking(url)
    assert [type(error) for error in caught] == [errors.Cancelled]


def test_no_watcher_is_left_after_git_has_ended(tmp_path: Path) -> None:
    hub = LibraryBuilder(tmp_path / "team").write("a.md", "# A\n")
    hub.commit()
    open_library(str(hub.bare(tmp_path / "hub.git")))
    assert not lifeline._running

    def watchers() -> list[int]:
        mine = f"--git-dir={tmp_path}".encode()
        found = []
        for place in Path("/proc").iterdir():
            if place.name.isdigit():
                try:
                    if mine in (place / "cmdline").read_bytes():
                        found.append(int(place.name))
                except OSError:
                    continue
        return found

    assert until(lambda: not watchers(), 3)
