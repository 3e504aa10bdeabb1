"""Where the program logs: a file in the state folder; no traceback reaches a terminal."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from playbook.errors import PlaybookError
from playbook.paths import private, state_dir


def log_file() -> Path:
    """The log, in the state folder."""
    return state_dir() / "playbook.log"


def log_to_file(level: int = logging.INFO) -> None:
    """Send the log to its file; a disk that cannot be written only means that there is no log."""
    # A full disk must not print what logging thinks of it.
    logging.raiseExceptions = False
    root = logging.getLogger("playbook")
    if any(isinstance(handler, RotatingFileHandler) for handler in root.handlers):
        return
    try:
        private(state_dir())
        handler = RotatingFileHandler(log_file(), maxBytes=1_000_000, backupCount=1, encoding="utf-8", delay=True)
    except (OSError, PlaybookError):
        root.addHandler(logging.NullHandler())
        return
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
    root.setLevel(level)
    root.propagate = False


def where() -> str:
    """The log's place for a sentence, also where there is none."""
    try:
        return str(log_file())
    except PlaybookError:
        return "the log"
