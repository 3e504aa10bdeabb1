"""Reads the demonstration's files and shifts every date in them, so that the day they were written for is today."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from playbook.errors import LibraryUnreadable
from playbook.library.tomltable import read_toml

_DATE = re.compile(r"(?<![\d-])(20\d\d)-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?(?![\d-])")


@dataclass(frozen=True)
class Content:
    """The demonstration's files by their path in the library, as they are today; `digest` names their wording before
    any shift, `timezone` is the library's."""

    files: dict[str, str]
    timezone: str
    digest: str


def content_dir() -> Path:
    """Where the demonstration's files are: inside an installed package, or beside it in a checkout.

    Raises LibraryUnreadable when they are in neither place.
    """
    here = Path(__file__).parent
    for place in (here / "content", here.parents[1] / "content"):
        if (place / "playbook.toml").is_file():
            return place
    raise LibraryUnreadable("The demonstration's files are not in this installation; install sales-playbook again")


def read_content(folder: Path, today: date) -> Content:
    """Every file of the folder, shifted so that [demo].today of its playbook.toml is today. Raises LibraryUnreadable."""
    try:
        texts = {name: (folder / name).read_text("utf-8") for name in _names(folder)}
        settings = read_toml(texts.get("playbook.toml", ""))
    except (OSError, ValueError) as error:
        raise LibraryUnreadable(
            f"The demonstration in {folder} cannot be read: {error}; install sales-playbook again"
        ) from error
    written_for = settings.get("demo", {}).get("today", today)
    days = (today - written_for).days if isinstance(written_for, date) else 0
    digest = hashlib.sha256()
    for name, text in texts.items():
        digest.update(f"{name}\0{text}\0".encode())
    shifted = {f"content/{name}": shift(text, days) for name, text in texts.items()}
    timezone = settings.get("library", {}).get("timezone", "")
    return Content(shifted, timezone if isinstance(timezone, str) else "", digest.hexdigest())


def shift(text: str, days: int) -> str:
    """The text with every YYYY-MM-DD, and every YYYY-MM, moved by that many days."""

    def moved(found: re.Match[str]) -> str:
        year, month, day = found.groups()
        try:
            when = date(int(year), int(month), int(day or 15)) + timedelta(days=days)
        except (ValueError, OverflowError):
            return found.group()
        return when.isoformat() if day else when.isoformat()[:7]

    return _DATE.sub(moved, text) if days else text


def dates_in(text: str) -> list[date]:
    """Every YYYY-MM-DD of the text."""
    found = []
    for year, month, day in _DATE.findall(text):
        try:
            found.append(date(int(year), int(month), int(day or 1)))
        except ValueError:
            continue
    return found


def _names(folder: Path) -> list[str]:
    """The plain files below the folder, by path with slashes; nothing hidden, no links, nothing an editor left."""
    names = []
    for top, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        for name in files:
            file = Path(top) / name
            if (
                not name.startswith(".")
                and not name.endswith(("~", ".pyc"))
                and file.is_file()
                and not file.is_symlink()
            ):
                names.append(file.relative_to(folder).as_posix())
    return sorted(names)
