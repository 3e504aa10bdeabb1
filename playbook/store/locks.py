"""One writer at a time on a managed repository, and what a killed one left behind is cleared away."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from playbook.errors import Conflict
from playbook.store import registry

if TYPE_CHECKING:
    from playbook.store.managed import Library

# Private indexes of merges and proposals live here, so that a stale one is known for what it is.
TEMPORARY = "playbook-tmp"
# Not named *.lock: those are git's, and are removed when stale.
_LOCK = "playbook-writer"


class LockBusy(Conflict):
    """Another playbook is writing to this library."""


@contextmanager
def writer_lock(
    library: Library, *, seconds: float = 20, cancelled: Callable[[], bool] | None = None
) -> Iterator[None]:
    """Be the only writer of the library's repository; stale lock files and temporary indexes are removed first.

    The kernel drops the lock when its holder dies. Raises LockBusy when it cannot be had in time, LibraryUnreadable
    when the folder cannot be written. Not reentrant: a thread that holds it must not ask for it again.
    """
    entered = False
    try:
        with registry.alone(library.git_dir / _LOCK, cancelled=cancelled, seconds=seconds):
            clear_stale(library)
            entered = True
            yield
    except Conflict as error:
        if entered:
            raise
        raise LockBusy(f"Another playbook is writing to {library.name}; try again in a moment") from error


def clear_stale(library: Library) -> None:
    """Remove what killed writers left: git's *.lock files, half-written objects and temporary indexes.

    Only for the holder of the writer lock; every write of ours to this repository is made under it.
    """
    root = library.git_dir
    stale = [*root.glob("*.lock"), *root.glob("refs/**/*.lock"), *root.glob("logs/**/*.lock")]
    stale += [*root.glob("objects/info/*.lock"), *root.glob("objects/pack/tmp_*"), *root.glob("objects/??/tmp_obj_*")]
    stale += [file for file in root.glob(f"{TEMPORARY}/*") if not _in_use(file.name)]
    for file in stale:
        with suppress(OSError):
            file.unlink()


def _in_use(name: str) -> bool:
    """Whether the process that made a temporary file, `<what>-<pid>-<random>`, is still there: readers take no lock."""
    parts = name.split("-")
    if len(parts) < 3 or not parts[1].isdigit() or os.name != "posix":
        return False
    try:
        os.kill(int(parts[1]), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True
