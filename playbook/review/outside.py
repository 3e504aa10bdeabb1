"""A text in the person's own editor: every text that is saved there is handed on, and no text is lost with the editor."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from playbook.errors import LibraryUnreadable, UsageError
from playbook.paths import data_dir, private
from playbook.text.safe import one_line

LOOK_EVERY_SECONDS = 0.5
FALLBACKS = ("sensible-editor", "nano", "vi")
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9._-]+")


class Outside(NamedTuple):
    """`text` as the editor left it; `trouble` says what went wrong and where the file is kept, "" when nothing did."""

    text: str
    trouble: str


def editor_command() -> list[str]:
    """VISUAL, else EDITOR, else what there is. Raises UsageError."""
    for name in ("VISUAL", "EDITOR"):
        given = os.environ.get(name, "").strip()
        if given:
            try:
                return shlex.split(given)
            except ValueError as error:
                raise UsageError(f"{name} is {one_line(given, 80)!r}, which is no command: {error}") from error
    found = next((program for program in FALLBACKS if shutil.which(program)), "")
    if not found:
        raise UsageError("No editor is set; put one into VISUAL or EDITOR, as in `export EDITOR=nano`")
    return [found]


def edited_outside(
    command: list[str], text: str, path: str, keep: Callable[[str], None], *, answers: bool = True
) -> Outside:
    """Have the text edited and wait for it. `path` gives the file's name; `keep` gets every text that is saved meanwhile.
    Where standard output is not the editor's to write on, `answers` is False: what it says goes to standard error.

    Where the editor fails, or leaves what is no text, the last good text comes back and its file stays.
    Raises LibraryUnreadable where no file can be made.
    """
    folder = private(data_dir() / "drafts" / f"{time.time_ns():x}")
    name = _NOT_IN_NAME.sub("-", path.rpartition("/")[2]).lstrip("-.")[-80:] or "text.md"
    file = folder / name
    try:
        file.touch(mode=0o600)
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
    except OSError as error:
        raise LibraryUnreadable(f"Cannot write {file}: {error.strerror or error}; make room or check it") from error
    last, status, trouble = text, 0, ""
    try:
        running = subprocess.Popen([*command, str(file)], stdout=None if answers else 2)
        while True:
            try:
                status = running.wait(LOOK_EVERY_SECONDS)
                break
            except subprocess.TimeoutExpired:
                last = _look(file, last, keep)
    except OSError as error:
        trouble = f"The editor {one_line(command[0], 80)} cannot be run: {error.strerror or error}"
    last = _look(file, last, keep)
    if status and not trouble:
        trouble = f"The editor {one_line(command[0], 80)} ended with status {status}"
    if not trouble and _text_in(file) is None:
        trouble = "What the editor saved is no UTF-8 text"
    if trouble and file.exists():
        return Outside(last, f"{trouble}; its file is kept in {file}")
    shutil.rmtree(folder, ignore_errors=True)
    return Outside(last, trouble)


def _look(file: Path, last: str, keep: Callable[[str], None]) -> str:
    now = _text_in(file)
    if now is None or now == last:
        return last
    keep(now)
    return now


def _text_in(file: Path) -> str | None:
    """What the file holds; None when it is gone or no text. An editor may be half-way through writing it."""
    try:
        text = file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    return None if "\0" in text else text
