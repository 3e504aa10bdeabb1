"""Acts on a card that is published: retire it, delete it, verify it, rename it. Each is planned first, so that what it
would change can be looked at, and said no to when the very same is open already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook.errors import Conflict, UsageError
from playbook.library.document import decode
from playbook.library.editing import with_fields
from playbook.library.frontmatter import parse, split
from playbook.review import renaming
from playbook.review.acting import contents_of
from playbook.review.branch import Written
from playbook.review.change import file_changes
from playbook.review.listing import proposals
from playbook.review.proposing import propose_files, source_at, title_of
from playbook.store.writing import acting
from playbook.text.safe import display_path, one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.library.card import Card
    from playbook.review.proposal import Proposal
    from playbook.store.managed import Library
    from playbook.store.writing import Person


@dataclass(frozen=True)
class Act:
    """An act on a card as it would be proposed. `changes` are the files as they would be (None: it goes), of which `own`
    are the card's; `note` is what its proposer should know of others that are open, "" mostly."""

    session: Session
    card: Card
    kind: str
    title: str
    why: str
    changes: Mapping[str, bytes | None]
    own: tuple[str, ...]
    by: Person | None = None
    note: str = ""

    def propose(self) -> Written:
        """Propose it."""
        return propose_files(
            self.session, self.changes, title=self.title, why=self.why, kind=self.kind, about=self.card.id, by=self.by
        )


def plan_retire(session: Session, card: Card, *, why: str, by: Person | None = None) -> Act:
    """Take a card out of use: it stays, marked retired."""
    _because(why, "Retiring a card")
    before = source_at(session.library, session.snapshot.commit, card.path)
    after = with_fields(before, {"status": "retired"})
    if after == before:
        raise UsageError(f"{one_line(card.title, 80)} is so already; nothing to propose")
    return _planned(session, card, "Retire", "retire", why, {card.path: after.encode()}, by)


def plan_delete(session: Session, card: Card, *, why: str, by: Person | None = None) -> Act:
    """Remove a card's file from the library; its history stays."""
    _because(why, "Deleting a card")
    source_at(session.library, session.snapshot.commit, card.path)
    return _planned(session, card, "Delete", "delete", why, {card.path: None}, by)


def plan_verify(session: Session, card: Card, *, why: str = "", by: Person | None = None) -> Act:
    """Say that a card is right as it stands: today's date and one's own name, and nothing else of it."""
    me = by or acting()
    before = source_at(session.library, session.snapshot.commit, card.path)
    after = with_fields(before, {"verified": session.today().isoformat(), "verified_by": me.mail})
    if after == before:
        raise UsageError(f"{one_line(card.title, 80)} was verified today already, by {me.mail}")
    said = why or "Read and found right as it stands"
    return _planned(session, card, "Verify", "verify", said, {card.path: after.encode()}, me)


def plan_rename(session: Session, card: Card, new: str, *, why: str = "", by: Person | None = None) -> Act:
    """Another path for a card's file; the old one stays one of its names, and links to it lead to the new one."""
    path = renaming.new_path(session, card, new)
    changes = renaming.renamed(session, card, path)
    return _planned(session, card, "Rename", "rename", why or f"Renamed to {path}", changes, by, (card.path, path))


def propose_retire(session: Session, card: Card, *, why: str, by: Person | None = None) -> Written:
    """Propose `plan_retire`."""
    return plan_retire(session, card, why=why, by=by).propose()


def propose_delete(session: Session, card: Card, *, why: str, by: Person | None = None) -> Written:
    """Propose `plan_delete`."""
    return plan_delete(session, card, why=why, by=by).propose()


def propose_verify(session: Session, card: Card, *, why: str = "", by: Person | None = None) -> Written:
    """Propose `plan_verify`."""
    return plan_verify(session, card, why=why, by=by).propose()


def propose_rename(session: Session, card: Card, new: str, *, why: str = "", by: Person | None = None) -> Written:
    """Propose `plan_rename`."""
    return plan_rename(session, card, new, why=why, by=by).propose()


def _planned(
    session: Session,
    card: Card,
    what: str,
    kind: str,
    why: str,
    changes: Mapping[str, bytes | None],
    by: Person | None,
    own: tuple[str, ...] = (),
) -> Act:
    """The act, unless it is open already: a second one would wait for its merge to change nothing. Raises Conflict."""
    library, own = session.library, own or (card.path,)
    notes = []
    for other in proposals(library):
        if other.kind != kind or other.state not in ("open", "escalated") or other.fault or not other.edited:
            continue
        if card.path not in other.paths:
            continue
        if set(own) <= set(other.paths) and _comes_to_the_same(library, kind, own, changes, other):
            raise Conflict(
                f"{one_line(other.id)} proposes the very same already ({one_line(other.title, 80)}); "
                f"`playbook proposal show {one_line(other.id)}` shows it"
            )
        place = next((one.path for one in file_changes(library, other) if one.renamed_from == card.path), "")
        if kind == "rename" and place:
            notes.append(
                f"{one_line(other.id)} is open to rename it to {one_line(display_path(place), 120)}; "
                f"only one of both can become main as it is"
            )
    return Act(session, card, kind, title_of(what, card), why, changes, own, by, "; ".join(notes))


def _comes_to_the_same(
    library: Library, kind: str, own: tuple[str, ...], changes: Mapping[str, bytes | None], other: Proposal
) -> bool:
    theirs = contents_of(library, other.head, list(own))
    return all(_gist(kind, theirs[path]) == _gist(kind, changes[path]) for path in own)


def _gist(kind: str, raw: bytes | None) -> object:
    """What an act of that kind makes of a file, without the words beside it, which may have changed since."""
    if raw is None or kind in ("rename", "delete"):
        return raw is None
    front = parse(split(decode(raw)[0]))[0]
    return front.status if kind == "retire" else (front.verified, front.verified_by)


def _because(why: str, what: str) -> None:
    if not why.strip():
        raise UsageError(f"{what} needs a reason: --why 'in a sentence'")
