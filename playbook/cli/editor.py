"""A text in the person's own editor, kept as a draft each time they save it there."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from playbook.errors import NothingFound, PlaybookError, UsageError
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.review.drafts import Draft
    from playbook.store.managed import Library


def edited(text: str, path: str, keep: Callable[[str], None] = lambda _: None) -> str:
    """The text as it is when the editor ends. `path` gives the file's name and suffix; `keep` gets every text that was
    saved meanwhile, and the last one before this returns or raises.

    Raises UsageError where there is no editor, it fails, or it leaves no UTF-8; its file is then kept, and named.
    """
    from playbook.review.outside import edited_outside, editor_command

    set_one = any(os.environ.get(name, "").strip() for name in ("VISUAL", "EDITOR"))
    if not set_one and not sys.stdin.isatty():
        raise UsageError("No editor is set; put one into VISUAL or EDITOR, or give the whole file with --from")
    command = editor_command()
    with _ctrl_c_is_the_editors():
        # A pipe gets the command's answer alone; an editor draws on the terminal.
        made = edited_outside(command, text, path, keep, answers=sys.stdout.isatty())
    if made.trouble:
        raise UsageError(f"Nothing was done: {made.trouble}")
    return made.text


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
