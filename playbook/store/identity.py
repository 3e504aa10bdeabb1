"""Who is acting: git's own user.name and user.email."""

from __future__ import annotations

import os

from playbook.store.process import Process
from playbook.store.runner import git_program


def identity() -> tuple[str, str]:
    """(name, mail) as git would sign a commit with them; "" for what it does not know. Raises LibraryUnreadable without git."""
    return (
        os.environ.get("GIT_AUTHOR_NAME") or _setting("user.name"),
        os.environ.get("GIT_AUTHOR_EMAIL") or _setting("user.email"),
    )


def _setting(key: str) -> str:
    # From the file system's root: the settings of a repository that one happens to stand in are not the person's.
    command = [git_program(), "config", "--get", key]
    with Process(command, {"GIT_CEILING_DIRECTORIES": "/"}, None) as running:
        said, _, _ = running.finish(None, 20, None)
    return said.decode("utf-8", "replace").strip()
