"""A text in the person's own editor, kept as a draft each time they save it there."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from playbook.errors import LibraryUnreadable, NothingFound, PlaybookError, UsageError
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.review.drafts import Draft
    from playbook.store.managed import Library

LOOK_EVERY_SECONDS = 0.5
_FALLBACKS = ("sensible-editor", "nano", "vi")
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9._-]+")


def edited(text: str, path: str, keep: Callable[[str], None] = lambda _: None) -> str:
    """The text as it is when the editor ends. `path` gives the file's name and suffix; `keep` gets every text that was
    saved meanwhile, and the last one before this returns or raises.

    Raises UsageError where there is no editor, it fails, or it leaves no UTF-8.
    """
    command = editor_command()
    try:
        folder = Path(tempfile.mkdtemp(prefix="playbook-"))
    except OSError as error:
        raise LibraryUnreadable(f"No temporary file can be made: {error.strerror or error}") from error
    name = _NOT_IN_NAME.sub("-", path.rpartition("/")[2]).lstrip("-.")[-80:] or "text.md"
    file = folder / name
    whole = False
    try:
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        _edit(command, file, text, keep)
        made = _text_in(file)
        whole = True
        return made
    except OSError as error:
        raise UsageError(f"The editor {one_line(command[0], 80)} cannot be run: {error.strerror or error}") from error
    finally:
        # What is no text cannot be a draft; then the file itself stays.
        if whole or _is_text(file):
            shutil.rmtree(folder, ignore_errors=True)


def editor_command() -> list[str]:
    """VISUAL, else EDITOR, else what there is. Raises UsageError."""
    for name in ("VISUAL", "EDITOR"):
        given = os.environ.get(name, "").strip()
        if given:
            try:
                return shlex.split(given)
            except ValueError as error:
                raise UsageError(f"{name} is {one_line(given, 80)!r}, which is no command: {error}") from error
    found = next((program for program in _FALLBACKS if shutil.which(program)), "")
    if not found or not sys.stdin.isatty():
        raise UsageError("No editor is set; put one into VISUAL or EDITOR, or give the whole file with --from")
    return [found]


def _edit(command: list[str], file: Path, text: str, keep: Callable[[str], None]) -> None:
    kept = text

    def look() -> None:
        nonlocal kept
        with suppress(UsageError, OSError):
            now = _text_in(file)
            if now != kept:
                keep(now)
                kept = now

    with _ctrl_c_is_the_editors():
        # A pipe gets the command's answer alone; an editor draws on the terminal.
        running = subprocess.Popen([*command, str(file)], stdout=None if sys.stdout.isatty() else 2)
        try:
            while True:
                try:
                    status = running.wait(LOOK_EVERY_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    look()
        finally:
            look()
    if status:
        saved = "; what was saved is kept, `playbook drafts` lists it" if kept != text else ""
        raise UsageError(f"The editor {one_line(command[0], 80)} ended with status {status}; nothing was done{saved}")


@contextmanager
def _ctrl_c_is_the_editors() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # A handler of ours, not SIG_IGN: that one the editor would inherit.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _text_in(file: Path) -> str:
    try:
        text = file.read_bytes().decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise UsageError(f"What the editor saved is not UTF-8; nothing was done, and it is kept in {file}") from None
    if "\0" in text:
        raise UsageError(f"What the editor saved is no text; nothing was done, and it is kept in {file}")
    return text


def _is_text(file: Path) -> bool:
    try:
        _text_in(file)
    except (UsageError, OSError):
        return not file.exists()
    return True


def edited_draft(library: Library, draft: Draft, say: Callable[[str], None]) -> Draft:
    """What becomes of a text in the editor; a draft that is kept under the same name is gone on with.

    Raises NothingFound when nothing was changed; then no draft is left.
    """
    from dataclasses import replace

    from playbook.review import drafts

    before = drafts.load(library, draft.name)
    begun = draft if before is None else replace(before, kind=draft.kind, why=draft.why or before.why)
    if before is not None:
        say(f"Going on with your draft; `playbook drafts drop {draft.name}` would forget it")

    def keep(text: str) -> None:
        try:
            drafts.save(library, replace(begun, text=text))
        except PlaybookError as error:
            say(f"The draft cannot be kept: {one_line(str(error), 300)}")

    made = replace(begun, text=edited(begun.text, draft.path, keep))
    if made.text == draft.text:
        drafts.drop(library, draft.name)
        raise NothingFound("Nothing was changed, so nothing is proposed")
    return made
