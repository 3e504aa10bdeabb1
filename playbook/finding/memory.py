"""What this person did last: the tour, the theme, and the commit each library was last looked at."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

from playbook.errors import PlaybookError
from playbook.paths import private, state_dir

LATEST = 253_402_300_799  # the last second of the year 9999; later ones no calendar holds

log = logging.getLogger(__name__)


def _file() -> Path:
    return state_dir() / "remembered.json"


def recall() -> dict[str, Any]:
    """Everything remembered; empty when there is nothing, or nothing readable."""
    try:
        found = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, PlaybookError):
        return {}
    return found if isinstance(found, dict) else {}


def remember(**values: Any) -> None:
    """Keep the values; a disk that cannot be written only means that they are asked for again."""
    try:
        folder = private(state_dir())
        kept = recall() | values
        handle, name = tempfile.mkstemp(dir=folder, prefix=".remembered-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as out:
                json.dump(kept, out, indent=1)
            Path(name).replace(_file())
        finally:
            Path(name).unlink(missing_ok=True)
    except (OSError, PlaybookError) as error:
        log.info("nothing could be remembered: %s", error)


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
    seen = recall().get("seen")
    remember(seen=(seen if isinstance(seen, dict) else {}) | {library: [commit, when]})
