"""What is new since this person last looked."""

from __future__ import annotations

import os
from collections import Counter
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
    found = _without_sections_as_they_were(session, commit, found)
    return News(when, tuple(sorted(found, key=lambda card: (-card.changed, card.path, card.line))))


def _without_sections_as_they_were(session: Session, commit: str, cards: list[Card]) -> list[Card]:
    """Of a long page, a card a section, only the sections that read otherwise than they did in that commit."""
    from playbook.library.document import decode
    from playbook.store.objects import blobs, entries_at

    count = Counter(card.path for card in cards)
    long = [path for path, sections in count.items() if sections > 1]
    entries = entries_at(session.library, commit, long)
    texts = dict(blobs(session.library, {entry.oid for entry in entries}))
    before = {
        os.fsdecode(entry.path): " ".join(decode(texts[entry.oid])[0].split())
        for entry in entries
        if entry.oid in texts
    }

    def as_it_was(card: Card) -> bool:
        text = " ".join(session.snapshot.text(card).split())
        return bool(text) and text in before.get(card.path, "")

    return [card for card in cards if not as_it_was(card)]
