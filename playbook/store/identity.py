"""Who is acting, and how they sign: git's own settings, of the person and of the machine, never of a library."""

from __future__ import annotations

import os
from pathlib import Path

from playbook.store.process import Process
from playbook.store.runner import git_program

_NAMES = r"^(user\.(name|email|signingkey)|gpg\.format|gpg\.ssh\.(program|defaultkeycommand))$"
_last: tuple[tuple[object, ...], dict[str, str]] | None = None


def identity() -> tuple[str, str]:
    """(name, mail) as git would sign a commit with them; "" for what it does not know. Raises LibraryUnreadable without git."""
    said = settings()
    return (
        os.environ.get("GIT_AUTHOR_NAME") or said.get("user.name", ""),
        os.environ.get("GIT_AUTHOR_EMAIL") or said.get("user.email", ""),
    )


def settings() -> dict[str, str]:
    """What git's own settings say of the person and of signing, by name in small letters.

    Asked once for as long as the files they begin in stay as they are; a file that those include may change unseen.
    """
    global _last
    stamp = _stamp()
    if _last is None or _last[0] != stamp:
        # No repository at all: the settings of one that one happens to stand in are not the person's.
        command = [git_program(), f"--git-dir={os.devnull}", "config", "--includes", "-z", "--get-regexp", _NAMES]
        with Process(command, {"GIT_CEILING_DIRECTORIES": "/"}, None) as running:
            said, _, _ = running.finish(None, 20, None)
        rows = (row.partition("\n") for row in said.decode("utf-8", "replace").split("\0") if row)
        _last = (stamp, {name: value.strip() for name, _, value in rows})
    return _last[1]


def _stamp() -> tuple[object, ...]:
    home = os.environ.get("HOME", "")
    own = os.environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    named = os.environ.get("GIT_CONFIG_GLOBAL")
    places = [f"{home}/.gitconfig", f"{own}/git/config"] if named is None else [named]
    stamp: list[object] = []
    for place in [*places, os.environ.get("GIT_CONFIG_SYSTEM", "/etc/gitconfig")]:
        stamp.append(place)
        try:
            about = Path(place).stat()
        except OSError:
            continue
        stamp += [about.st_mtime_ns, about.st_size, about.st_ino]
    return tuple(stamp)
