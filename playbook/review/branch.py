"""Writing to a proposal's branch: contents and events are commits, and the outbox's ref is moved by compare and swap."""

from __future__ import annotations

import base64
import re
import secrets
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook import clock
from playbook.errors import Conflict, NothingFound, UsageError
from playbook.review import events
from playbook.review.events import OUTBOX, SHARED
from playbook.store import refs
from playbook.store.locks import writer_lock
from playbook.store.writing import Person, acting, move_ref, put_commit, put_tree, tree_id

if TYPE_CHECKING:
    from playbook.store.managed import Library

_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")
LONGEST_TEXT = 20_000


@dataclass(frozen=True)
class Written:
    """What was written: the proposal's id, the commit, and its event id."""

    proposal: str
    commit: str
    event: str

    @property
    def branch(self) -> str:
        """The branch's name at the hub."""
        return events.BRANCHES + self.proposal


def plain(title: str) -> str:
    """The title in small letters without accents."""
    return unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()


def new_id(title: str) -> str:
    """`yyyymmdd-<slug>-<6 base32>`: flat, so that no branch is another's folder."""
    slug = _NOT_IN_SLUG.sub("-", plain(title)).strip("-")[:40].strip("-") or "words"
    random = base64.b32encode(secrets.token_bytes(4)).decode().lower()[:6]
    return f"{clock.now():%Y%m%d}-{slug}-{random}"


def checked_text(text: str, what: str = "text") -> str:
    """The text without blank ends. Raises UsageError when it is too long for a commit message."""
    text = text.strip()
    if len(text) > LONGEST_TEXT:
        raise UsageError(
            f"The {what} has {len(text)} characters; up to {LONGEST_TEXT} are kept, put the rest in a file"
        )
    return text


def begin(
    library: Library,
    changes: Mapping[str, bytes | None],
    *,
    title: str,
    text: str = "",
    why: str = "",
    kind: str = "edit",
    about: str = "",
    onto: str = "",
    by: Person | None = None,
    author: Person | None = None,
    event_id: str = "",
) -> Written:
    """A new proposal that changes these files of main (of commit `onto` where that is given), or none for a note.

    Nothing of a proposal is lost once this returns: it is in the outbox. Raises UsageError, LockBusy, LibraryUnreadable.
    """
    me = by or acting()
    text, why = checked_text(text), checked_text(why, "why")
    with writer_lock(library):
        main = onto or refs.main_commit(library)
        before = tree_id(library, main)
        tree = put_tree(library, main, changes) if changes else before
        if changes and tree == before:
            raise UsageError("These words are the ones that stand there already; nothing to propose")
        id = new_id(title)
        event = event_id or events.new_event_id()
        message = events.message_for(
            "propose", title, text, event_id=event, proposal=id, kind=kind, why=why, about=about
        )
        commit = put_commit(library, tree, (main,), message, by=me, author=author)
        move_ref(library, OUTBOX + id, commit, None)
    return Written(id, commit, event)


def tip_of(library: Library, id: str) -> str:
    """The commit new ones go on: the outbox's where it has one, else the hub's. "" when there is neither."""
    mine, shared = refs.read_ref(library.git_dir, OUTBOX + id), refs.read_ref(library.git_dir, SHARED + id)
    if mine and shared and mine != shared:
        from playbook.store.objects import is_ancestor

        return shared if is_ancestor(library, mine, shared) else mine
    return mine or shared or ""


def add(
    library: Library,
    id: str,
    word: str,
    *,
    subject: str,
    text: str = "",
    tree_of: Callable[[str], str] | None = None,
    parent: str = "",
    main: str = "",
    by: Person | None = None,
    author: Person | None = None,
    **said: str,
) -> Written:
    """One more commit on the proposal: an event, or with `tree_of` (which is given the tip, under the lock) a content.

    `parent` is the tip the caller has seen: when the branch is somewhere else by now, Conflict is raised and nothing
    changes; without it the event goes on whatever tip there is. `main` is a second parent, for a resolution.
    """
    me = by or acting()
    text = checked_text(text)
    event = said.pop("event_id", "") or events.new_event_id()
    with writer_lock(library):
        tip = tip_of(library, id)
        if not tip:
            raise NothingFound(f"The branch of {id} is gone; run `playbook sync`, then look again")
        if parent and parent != tip:
            raise Conflict(f"{id} has changed since you looked; look again, then say it again")
        tree = tree_of(tip) if tree_of else tree_id(library, tip)
        message = events.message_for(word, subject, text, event_id=event, proposal=id, **said)
        commit = put_commit(library, tree, (tip, main) if main else (tip,), message, by=me, author=author)
        move_ref(library, OUTBOX + id, commit, refs.read_ref(library.git_dir, OUTBOX + id))
    return Written(id, commit, event)
