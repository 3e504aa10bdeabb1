"""Runs git: the one place that starts it, with everything a hostile repository could make it execute switched off."""

from __future__ import annotations

import functools
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from playbook.errors import Cancelled, LibraryUnreadable
from playbook.store.process import Process
from playbook.text.safe import one_line

OLDEST = (2, 34)
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
NETWORK_PROTOCOLS = ("https", "ssh")
_SSH = "ssh -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15"
# The environment in which git passes over refs that name nothing here, where it goes through all of them.
PASS_OVER_BROKEN = {"GIT_REF_PARANOIA": "0"}

_OPTIONS = [
    "--no-pager",
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.attributesFile=/dev/null",
    "-c", f"attr.tree={EMPTY_TREE}",
    "-c", "core.fsync=all",
    "-c", "core.quotePath=false",
    "-c", "gc.auto=0",
    "-c", "maintenance.auto=false",
    "-c", "merge.renames=false",
    "-c", "merge.directoryRenames=false",
    "-c", "submodule.recurse=false",
    "-c", "fetch.recurseSubmodules=false",
    "-c", "fetch.writeCommitGraph=false",
    "-c", "log.showSignature=false",
    "-c", "credential.interactive=false",
    "-c", "http.lowSpeedLimit=100",
    "-c", "http.lowSpeedTime=30",
]  # fmt: skip

# Up to the last @ before the host ends, for a password may hold one; and where a colon comes first, up to the last @ at
# all, for it may hold a slash too. That can take the beginning of a path with it, which is better than showing a secret.
_CREDENTIALS = (re.compile(r"(\w+://)[^/?#\s@:]*:[^\s]*@"), re.compile(r"(\w+://)[^/\s]*@"))


class GitFailed(LibraryUnreadable):
    """A git command ended with a status that was not expected; `verb`, `status` and safe `stderr` say which and why."""

    def __init__(self, verb: str, status: int, stderr: str) -> None:
        self.verb = verb
        self.status = status
        self.stderr = stderr
        why = one_line(stderr, 300) or "it gave no reason"
        super().__init__(f"git {verb} failed (exit {status}): {why}; `playbook doctor` says what is wrong")


class GitTimedOut(GitFailed):
    """A git command did not end in time and was killed with everything it had started."""

    def __init__(self, verb: str, seconds: float, stderr: str) -> None:
        super().__init__(verb, -1, stderr)
        self.args = (f"git {verb} did not finish within {seconds:g} seconds and was stopped; try again",)


def without_credentials(text: str) -> str:
    """The text with the user and password part of every URL taken out."""
    if "://" in text and "@" in text:
        for pattern in _CREDENTIALS:
            text = pattern.sub(r"\1", text)
    return text


@functools.cache
def _find_git(path: str) -> str:
    # A relative entry of PATH would run a `git` lying in an opened repository.
    absolute = os.pathsep.join(folder for folder in path.split(os.pathsep) if Path(folder).is_absolute())
    found = shutil.which("git", path=absolute)
    if not found:
        raise LibraryUnreadable("git is not installed, or not on PATH; install git 2.34 or newer and try again")
    version = git_version(found)
    if version < OLDEST:
        shown = ".".join(map(str, version))
        raise LibraryUnreadable(f"git {shown} at {found} is too old; install git 2.34 or newer and try again")
    return found


@functools.cache
def git_version(program: str) -> tuple[int, ...]:
    """The version of that git program, as numbers; (0,) when it does not say."""
    try:
        with Process([program, "--version"], {}, None) as running:
            said, _, _ = running.finish(None, 20, None)
    except OSError as error:
        raise LibraryUnreadable(f"git at {program} cannot be run: {error.strerror or error}") from error
    found = re.search(rb"(\d+)\.(\d+)(?:\.(\d+))?", said)
    return tuple(int(part) for part in found.groups(default=b"0")) if found else (0,)


def git_program() -> str:
    """The absolute path of git. Raises LibraryUnreadable when there is none, or one older than 2.34."""
    return _find_git(os.environ.get("PATH", os.defpath))


class Git:
    """Git on one managed repository.

    `local_hub` allows the file protocol in network calls: the person named a path. A Git may be used by one thread at
    a time; make one per thread, they cost nothing.
    """

    def __init__(self, git_dir: Path, *, local_hub: bool = False) -> None:
        self.git_dir = git_dir
        self.local_hub = local_hub

    def run(
        self,
        *args: str,
        input: bytes | None = None,
        timeout: float = 60,
        ok: tuple[int, ...] = (0,),
        network: bool = False,
        on_stderr: Callable[[str], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        env: dict[str, str] | None = None,
        idle: float | None = None,
    ) -> bytes:
        """Run one git command and give its output.

        `network` reads the user's own git settings (credentials, proxies) and allows https and ssh; everything else
        reads no settings but the managed repository's. `on_stderr` gets each line as it comes, from another thread;
        `idle` is the time-out in seconds since git last said something there. `env` adds variables (a private index).
        Raises GitFailed for a status not in `ok`, GitTimedOut, and Cancelled when `cancelled()` turns true; on the
        last two git and all it started is dead when this returns.
        """
        verb = args[0]
        if cancelled and cancelled():
            raise Cancelled(f"git {verb} was stopped; nothing was changed")
        with self._start(args, network, env) as running:
            output, errors, status = running.finish(input, timeout, cancelled, on_stderr, idle)
        said = without_credentials(errors.decode("utf-8", "replace"))
        if running.stopped == "cancelled":
            raise Cancelled(f"git {verb} was stopped; nothing was changed")
        if running.stopped:
            raise GitTimedOut(verb, timeout if running.stopped == "late" else idle or timeout, said)
        if status not in ok:
            raise GitFailed(verb, status, said or _killed_by(status))
        return output

    @contextmanager
    def stream(self, *args: str, feed: Iterable[bytes] = (), timeout: float = 300) -> Iterator[IO[bytes]]:
        """Start git, feed it from another thread, and give its output as a stream to read while it runs.

        The process is dead when the block is left. Raises GitFailed when git ended badly and the block ran to its end,
        and GitTimedOut after `timeout` seconds.
        """
        with self._start(args, False, None) as running:
            output = running.open(feed, timeout)
            yield output
            rest = output.read(1)
            status = running.wait() if not rest else 0
        said = without_credentials(running.errors.decode("utf-8", "replace"))
        if running.stopped:
            raise GitTimedOut(args[0], timeout, said)
        if status != 0:
            raise GitFailed(args[0], status, said or _killed_by(status))

    def _start(self, args: tuple[str, ...], network: bool, env: dict[str, str] | None) -> Process:
        program = git_program()
        protocols = ((*NETWORK_PROTOCOLS, "file") if self.local_hub else NETWORK_PROTOCOLS) if network else ()
        options = [*_OPTIONS, "-c", "protocol.allow=never"]
        for protocol in protocols:
            options += ["-c", f"protocol.{protocol}.allow=always"]
        variables = _environment(network, protocols)
        if network:
            variables |= self._ssh(program)
        variables |= env or {}
        command = [program, f"--git-dir={self.git_dir}", *options, *args]
        return Process(command, variables, self.git_dir, watched=network)

    def _ssh(self, program: str) -> dict[str, str]:
        # Without a terminal ssh must fail, not ask; what the person set for ssh themselves goes before.
        if os.environ.get("GIT_SSH_COMMAND") or os.environ.get("GIT_SSH"):
            return {}
        command = [program, f"--git-dir={self.git_dir}", "config", "--get", "core.sshCommand"]
        if self.local_hub:  # a path: nothing will ask for ssh, so nothing need be asked of the person's settings
            return {"GIT_SSH_COMMAND": _SSH}
        with Process(command, _environment(True, ()), self.git_dir) as running:
            own, _, _ = running.finish(None, 20, None)
        if own.strip():
            return {}
        return {"GIT_SSH_COMMAND": _SSH}


def _killed_by(status: int) -> str:
    """Why a process said nothing: a signal (one too many written bytes is SIGXFSZ), in git's own words for it."""
    return f"fatal: git died of signal {-status} ({signal.strsignal(-status)})" if status < -1 else ""


def _environment(network: bool, protocols: tuple[str, ...]) -> dict[str, str]:
    variables = {
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_PROTOCOL_FROM_USER": "0",
        # Goes on to the programs git starts, where `-c protocol.allow` does not; "none" names no protocol.
        "GIT_ALLOW_PROTOCOL": ":".join(protocols) or "none",
        # Empty: never a window that asks for a password. GIT_ASKPASS, the person's own choice, stays.
        "SSH_ASKPASS": "",
        "SSH_ASKPASS_REQUIRE": "never",
        "GCM_INTERACTIVE": "never",
    }
    if not network:
        variables |= {
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
        }
    return variables
