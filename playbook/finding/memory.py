"""What this person did last: the tour, the theme, and the commit each library was last looked at."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playbook.errors import PlaybookError
from playbook.paths import private, state_dir

LARGEST = 4 << 20  # bytes; nobody remembers more
_PATIENCE_SECONDS = 2.0
LATEST = 253_402_300_799  # the last second of the year 9999; later ones no calendar holds

log = logging.getLogger(__name__)


def _file() -> Path:
    return state_dir() / "remembered.json"


def recall() -> dict[str, Any]:
    """Everything remembered; empty when there is nothing, or nothing readable."""
    try:
        file = _file()
        if file.stat().st_size > LARGEST:
            return {}
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError, PlaybookError):
        return {}
    return found if isinstance(found, dict) else {}


def remember(**values: Any) -> bool:
    """Keep the values in place of those of the same names; see `change`."""
    return change(lambda kept: kept | values)


def change(edit: Callable[[dict[str, Any]], dict[str, Any]]) -> bool:
    """Have `edit` make of what is remembered what will be, while no other playbook does the same. A file that cannot be
    read is set aside first, never overwritten. False when the disk takes nothing."""
    from filelock import FileLock, Timeout

    try:
        folder = private(state_dir())
        with FileLock(folder / ".remembered.lock", timeout=_PATIENCE_SECONDS):
            kept = recall()
            if not kept and _file().exists() and _file().stat().st_size > len("{}") + 1:
                _file().replace(_file().with_suffix(".unreadable"))
            _write(folder, edit(kept))
    except (OSError, Timeout, PlaybookError) as error:
        log.info("nothing could be remembered: %s", error)
        return False
    return True


def _write(folder: Path, kept: dict[str, Any]) -> None:
    handle, name = tempfile.mkstemp(dir=folder, prefix=".remembered-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(kept, out, indent=1)
        Path(name).replace(_file())
    finally:
        Path(name).unlink(missing_ok=True)


def seen_commit(library: str) -> tuple[str, int]:
    """The commit at which that library was last looked at, and when (epoch seconds); ("", 0) for never."""
    seen = recall().get("seen")
    entry = seen.get(library) if isinstance(seen, dict) else None
    if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str) and isinstance(entry[1], int):
        if not 0 <= entry[1] <= LATEST:
            return entry[0], 0
        return entry[0], entry[1]
    return "", 0


def mark_seen(library: str, commit: str, when: int) -> None:
    """Remember that the person has looked at the library as it is at that commit."""

    def edit(kept: dict[str, Any]) -> dict[str, Any]:
        seen = kept.get("seen")
        return kept | {"seen": (seen if isinstance(seen, dict) else {}) | {library: [commit, when]}}

    change(edit)
