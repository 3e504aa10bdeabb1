"""Keeps what a library knows of its hub's branches in one file once they are many: a thousand files take long to read."""

from __future__ import annotations

import os
from contextlib import suppress

from playbook.store.runner import Git, GitFailed

MOST_LOOSE = 100


def pack_refs(git: Git) -> None:
    """Put all refs into packed-refs when many proposals lie in files of their own. Only for the holder of the writer lock,
    or while nobody else knows the repository."""
    try:
        with os.scandir(git.git_dir / "refs" / "remotes" / "hub" / "proposals") as files:
            many = sum(1 for _ in files) > MOST_LOOSE
    except OSError:
        return
    if many:
        with suppress(GitFailed):  # those that name nothing whole stay where they are
            git.run("pack-refs", "--all", timeout=120)
