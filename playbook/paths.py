"""Where things are kept: data, cache, state and settings folders; PLAYBOOK_HOME moves them all under one."""

from __future__ import annotations

import os
from pathlib import Path

from playbook.errors import LibraryUnreadable

APP = "playbook"


def _base(kind: str) -> Path:
    home = os.environ.get("PLAYBOOK_HOME")
    if home:
        try:
            return Path(home).expanduser().absolute() / kind
        except (RuntimeError, OSError) as error:
            raise LibraryUnreadable(
                f"PLAYBOOK_HOME is {home[:200]!r}, which names no folder; set it to the whole path of one to work in"
            ) from error
    import platformdirs  # 4 ms, and not needed where PLAYBOOK_HOME is set

    try:
        found = {
            "data": platformdirs.user_data_path,
            "cache": platformdirs.user_cache_path,
            "state": platformdirs.user_state_path,
            "config": platformdirs.user_config_path,
        }[kind](APP, appauthor=False)
    except (RuntimeError, KeyError):
        found = Path("~")
    if not found.is_absolute() or str(found).startswith("~"):
        raise LibraryUnreadable(
            "No home folder is known here (HOME is not set); set PLAYBOOK_HOME to a folder to work in"
        )
    return found


def private(folder: Path) -> Path:
    """Make the folder, and what is missing above it, readable by its owner alone. Raises LibraryUnreadable."""
    try:
        make_private(folder)
    except OSError as error:
        raise LibraryUnreadable(
            f"Cannot make the folder {folder}: {error.strerror or error}; set PLAYBOOK_HOME to a folder you can write to"
        ) from error
    return folder


def make_private(folder: Path) -> None:
    """As `private`, but raises OSError. What is there already keeps its permissions."""
    # mkdir(parents=True) gives its mode to the last folder only.
    for place in reversed([folder, *folder.parents]):
        if not place.is_dir():
            place.mkdir(mode=0o700, exist_ok=True)


def data_dir() -> Path:
    """Libraries live here; losing it loses unsent work."""
    return _base("data")


def cache_dir() -> Path:
    """Parsed cards and indexes; may be deleted at any time."""
    return _base("cache")


def state_dir() -> Path:
    """What this person did last: the library opened, what was seen, the log."""
    return _base("state")


def config_dir() -> Path:
    """What the person wrote: keys.toml."""
    return _base("config")
