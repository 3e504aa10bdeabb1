"""What is new since this person last looked."""

from __future__ import annotations

from typing import NamedTuple

from playbook.errors import PlaybookError
from playbook.finding.memory import seen_commit
from playbook.finding.session import Session
from playbook.library.card import Card


class News(NamedTuple):
    """The cards added or changed since `since` (epoch seconds); empty with since 0 at the first look."""

    since: int
    cards: tuple[Card, ...]


def news(session: Session) -> News:
    """The cards whose files changed between the commit last looked at and this one, newest change first."""
    from playbook.store.objects import changed_paths

    commit, when = seen_commit(session.library.name)
    if not commit or commit == session.snapshot.commit:
        return News(when, ())
    try:
        changed = changed_paths(session.library, commit, session.snapshot.commit)
    except PlaybookError:
        # The hub was rewound or the library was opened anew: there is nothing to compare with.
        return News(0, ())
    paths = {path.decode("utf-8", "surrogateescape") for status, path in changed if status != "D"}
    found = [card for card in session.snapshot.cards if card.path in paths]
    return News(when, tuple(sorted(found, key=lambda card: (-card.changed, card.path, card.line))))
