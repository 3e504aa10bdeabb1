"""Another path for a card's file: the file as it will be, and every document whose links lead to it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from playbook.errors import UsageError
from playbook.library.editing import decode_source, with_fields
from playbook.library.links import Move
from playbook.library.names import page_id
from playbook.library.relinking import relinked
from playbook.review.acting import contents_of
from playbook.store.writing import check_new_names
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.library.card import Card


def new_path(session: Session, card: Card, new: str) -> str:
    """The path that a person means by a new name. Raises UsageError for one that is taken or that no disk can hold."""
    snapshot = session.snapshot
    path = new.strip().removeprefix("/")
    path = path if path.startswith(snapshot.root) else snapshot.root + path
    path = path if path.lower().endswith(".md") else f"{path}.md"
    if path == card.path:
        raise UsageError(f"{one_line(path, 200)} is its name already")
    if path in snapshot.files:
        raise UsageError(f"{one_line(path, 200)} is there already; choose another name")
    check_new_names([path], [file for file in snapshot.files if file != card.path])
    return path


def renamed(session: Session, card: Card, path: str) -> dict[str, bytes | None]:
    """The files as they will be: the card's at its new path, with the old one among its names and its own links mended;
    and the documents that link to it."""
    snapshot = session.snapshot
    move = Move(card.path, path, frozenset(snapshot.files), snapshot.root)
    linking = sorted(
        place
        for place, parsed in snapshot.parsed_documents()
        if place != card.path and any(move.retarget(place, link.target) is not None for link in parsed.links)
    )
    given = contents_of(session.library, snapshot.commit, [card.path, *linking])
    own = decode_source(given[card.path] or b"", card.path)
    own = relinked(own, partial(move.retarget, card.path))
    changes: dict[str, bytes | None] = {card.path: None, path: _with_former_name(session, card, own).encode()}
    for place in linking:
        raw = given[place] or b""
        # Bytes that are no UTF-8 go through as they are.
        text = raw.decode("utf-8", "surrogateescape")
        after = relinked(text, partial(move.retarget, place))
        if after != text:
            changes[place] = after.encode("utf-8", "surrogateescape")
    return changes


def _with_former_name(session: Session, card: Card, source: str) -> str:
    snapshot = session.snapshot
    front = snapshot.document(card.path).front
    # An id that the front matter gives is not the path's business; only the path was its former name.
    name = page_id(card.path, snapshot.root) if front.id else snapshot.cards_at(card.path)[0].id
    return with_fields(source, {"formerly": list(dict.fromkeys([*front.formerly, name]))})
