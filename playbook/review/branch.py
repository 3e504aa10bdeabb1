"""Writing to a proposal's branch: contents and events are commits, and the outbox's ref is moved by compare and swap."""

from __future__ import annotations

import base64
import re
import secrets
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook import clock
from playbook.errors import Conflict, NothingFound, UsageError
from playbook.review import events
from playbook.review.events import OUTBOX, SHARED
from playbook.review.own_key import check_own_key
from playbook.store import lost, refs
from playbook.store.locks import writer_lock
from playbook.store.writing import Person, acting, move_ref, move_refs, put_commit, put_tree, tree_id

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
    part = Part(changes, title, text, why, kind, about, onto, author, event_id)
    me = by or acting()
    with writer_lock(library):
        written = _begun(library, part, me)
        move_ref(library, OUTBOX + written.proposal, written.commit, None)
    return written


@dataclass(frozen=True)
class Part:
    """A proposal to begin: see `begin`."""

    changes: Mapping[str, bytes | None]
    title: str
    text: str = ""
    why: str = ""
    kind: str = "edit"
    about: str = ""
    onto: str = ""
    author: Person | None = None
    event_id: str = ""


@dataclass(frozen=True)
class Saying:
    """An event to say of a proposal: see `add`."""

    word: str
    subject: str
    text: str
    about: str = ""


def divide(
    library: Library,
    id: str,
    parts: Sequence[Part],
    say: Callable[[Sequence[Written]], Sequence[Saying]],
    *,
    parent: str,
    by: Person | None = None,
) -> tuple[Written, ...]:
    """Begin these proposals and say of the one they come from what `say` makes of them: all of it in one move, so that
    whoever is stopped half-way has done nothing and can do it again. `parent` is as for `add`."""
    me = by or acting()
    with writer_lock(library):
        tip = tip_of(library, id)
        _check_there(library, id, "split", tip)
        _check_seen(id, parent, tip)
        begun = tuple(_begun(library, part, me) for part in parts)
        for saying in say(begun):
            message = events.message_for(
                saying.word, saying.subject, checked_text(saying.text), event_id=events.new_event_id(), proposal=id,
                about=saying.about,
            )  # fmt: skip
            tip = put_commit(library, tree_id(library, tip), (tip,), message, by=me)
        before = refs.read_ref(library.git_dir, OUTBOX + id)
        move_refs(library, [(OUTBOX + id, tip, before), *((OUTBOX + one.proposal, one.commit, None) for one in begun)])
    return begun


def _begun(library: Library, part: Part, me: Person) -> Written:
    """The commit of a new proposal, which no ref names yet. Only for the holder of the writer lock."""
    text, why = checked_text(part.text), checked_text(part.why, "why")
    main = part.onto or refs.main_commit(library)
    before = tree_id(library, main)
    tree = put_tree(library, main, part.changes) if part.changes else before
    if part.changes and tree == before:
        raise UsageError("These words are the ones that stand there already; nothing to propose")
    id = new_id(part.title)
    event = part.event_id or events.new_event_id()
    message = events.message_for(
        "propose", part.title, text, event_id=event, proposal=id, kind=part.kind, why=why, about=part.about
    )
    commit = put_commit(library, tree, (main,), message, by=me, author=part.author)
    return Written(id, commit, event)


def tip_of(library: Library, id: str) -> str:
    """The commit new ones go on: the outbox's where it has one, else the hub's, else what the hub had before somebody
    deleted it there. "" when there is none."""
    mine, shared = refs.read_ref(library.git_dir, OUTBOX + id), refs.read_ref(library.git_dir, SHARED + id)
    if mine and shared and mine != shared:
        from playbook.store.objects import is_ancestor

        return shared if is_ancestor(library, mine, shared) else mine
    return mine or shared or refs.read_ref(library.git_dir, lost.ref_of(id)) or ""


def _check_there(library: Library, id: str, word: str, tip: str) -> None:
    """That the proposal has a branch to write on; what was deleted at the hub comes back by no mere remark."""
    if not tip:
        raise NothingFound(f"The branch of {id} is gone; run `playbook sync`, then look again")
    deleted = not any(refs.read_ref(library.git_dir, place + id) for place in (OUTBOX, SHARED))
    if deleted and word != "reopen" and word not in events.CONTENT:
        raise Conflict(
            f"The branch of {id} was deleted at the hub; where it is not merged, `playbook proposal reopen {id}` brings "
            "it back, then say it again"
        )


def _check_seen(id: str, parent: str, tip: str) -> None:
    if parent and parent != tip:
        raise Conflict(f"{id} has changed since you looked; look again, then say it again")


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
    if word in events.JUDGING:
        check_own_key(library, me)
    text = checked_text(text)
    event = said.pop("event_id", "") or events.new_event_id()
    with writer_lock(library):
        tip = tip_of(library, id)
        _check_there(library, id, word, tip)
        _check_seen(id, parent, tip)
        tree = tree_of(tip) if tree_of else tree_id(library, tip)
        message = events.message_for(word, subject, text, event_id=event, proposal=id, **said)
        commit = put_commit(library, tree, (tip, main) if main else (tip,), message, by=me, author=author)
        move_ref(library, OUTBOX + id, commit, refs.read_ref(library.git_dir, OUTBOX + id))
    return Written(id, commit, event)
