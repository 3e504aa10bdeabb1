"""A library open for reading: its snapshot, its searcher, and how both follow the hub."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from playbook import clock
from playbook.errors import NothingFound, UsageError

if TYPE_CHECKING:
    from playbook.library.card import Card, Trust
    from playbook.library.snapshot import Snapshot
    from playbook.search.firstlook import FirstSearcher
    from playbook.search.index import Searcher
    from playbook.search.query import Query
    from playbook.search.snippets import Snippet
    from playbook.store.managed import Library

LARGE = 2_000  # cards from which scanning takes longer than anybody waits for a letter
LONG = 20_000_000  # characters of texts from which it does

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Session:
    """One library at one commit; a new one is made when the library moves, so nothing changes under a reader."""

    library: Library
    snapshot: Snapshot
    searcher: Searcher | FirstSearcher

    @property
    def name(self) -> str:
        """The library's own name, else the one it was opened under."""
        return self.snapshot.settings.name or self.library.name

    @property
    def partial(self) -> bool:
        """Whether the library is still being read: words are found, but lists of all that there is would not be whole."""
        return self.snapshot.partial

    def indexed(self) -> Session | None:
        """The session with the index that stands by now, itself where it took it up; None while there is none."""
        from playbook.search.firstlook import FirstSearcher
        from playbook.search.generations import index_dir, read_current
        from playbook.search.index import Searcher

        if not isinstance(self.searcher, FirstSearcher):
            return self if self.searcher.refresh() else None
        current = read_current(index_dir(self.library))
        if current is None or current.commit != self.snapshot.commit:
            return None
        searcher = Searcher(self.library, self.snapshot, spawn=False)
        return Session(self.library, self.snapshot, searcher) if searcher.engine != "scan" else None

    def today(self) -> date:
        """The calendar day in the library's time zone."""
        return clock.today(self.snapshot.settings.timezone)

    def trust(self, card: Card, on: date | None = None) -> Trust:
        """How far the card may be relied on, today or on a day."""
        from playbook.library.trust import trust

        judged = trust(card, self.snapshot.settings, on or self.today())
        since = self._changed_since(card) if judged.state in ("verified", "expired") else None
        return structs.replace(judged, changed_since=since) if since else judged

    def _changed_since(self, card: Card) -> date | None:
        """The day of the file's last change, where that is a later day than the one of its verification: on the day itself
        it is the verification."""
        if card.verified is None or not card.changed:
            return None
        changed = datetime.fromtimestamp(card.changed, clock.zone(self.snapshot.settings.timezone)).date()
        if changed <= card.verified:
            return None
        from playbook.store.objects import began

        # What the first commit brought was verified before it came here.
        return changed if card.changed != began(self.library.git_dir, self.snapshot.commit) else None

    def snippet(self, card: Card, query: Query, width: int = 160) -> Snippet:
        """The line of the card that shows best why it was found."""
        from playbook.search.snippets import snippet

        tells = self.searcher.tells
        return snippet(self.snapshot.text(card), query.finished, width, prefix=query.prefix, tells=tells)


def checkout_here(start: Path | None = None) -> Path | None:
    """The working tree at or above the folder that holds a content/ folder: what `playbook` opens when nothing was opened yet."""
    folder = (start or Path.cwd()).absolute()
    for place in (folder, *folder.parents):
        if (place / ".git").exists():
            return place if (place / "content").is_dir() else None
    return None


def choose(wanted: str | None = None, progress: Progress | None = None) -> Library:
    """The library to work on: the one named, else the one opened last, else the repository one stands in.

    Raises UsageError with what to do when there is none.
    """
    from playbook.store.managed import NoLibrary, find_library, open_library

    try:
        return find_library(wanted)
    except NoLibrary:
        here = checkout_here()
        if wanted or os.environ.get("PLAYBOOK_LIBRARY") or here is None:
            raise
        return open_library(str(here), progress=progress)


def read(library: Library, *, progress: Progress | None = None) -> Session:
    """The library at its main's newest commit, from the cache when that is warm."""
    from playbook.library.snapshot import load_snapshot
    from playbook.search.index import open_searcher
    from playbook.store.refs import main_commit

    commit = main_commit(library)
    snapshot = load_snapshot(library, commit, progress=progress)
    return Session(library, snapshot, open_searcher(library, snapshot))


def first_look(library: Library, commit: str, *, progress: Progress | None = None) -> Session:
    """A library that no cache holds, to be searched while it is being read."""
    from playbook.library.firstlook import FirstLook
    from playbook.search.firstlook import FirstSearcher

    snapshot = FirstLook(library, commit, progress)
    return Session(library, snapshot, FirstSearcher(snapshot, snapshot.raw))


def slow_to_scan(session: Session) -> bool:
    """Whether looking through every card without an index takes seconds."""
    cards = session.snapshot.cards
    return len(cards) > LARGE or sum(card.end - card.start for card in cards) > LONG


def over_raw(whole: Session, looked: Session) -> Session:
    """The library as it is read by now, still searched by the raw texts of the first look: scanning it word by word would
    take seconds."""
    from playbook.search.firstlook import FirstSearcher

    if not isinstance(looked.searcher, FirstSearcher) or whole.searcher.engine != "scan" or not slow_to_scan(whole):
        return whole
    return Session(whole.library, whole.snapshot, looked.searcher.over(whole.snapshot))


def read_as_of(library: Library, day: date) -> Session:
    """The library as main held it at the end of that day. Raises UsageError for a day to come, NothingFound before the first."""
    from playbook.library.snapshot import load_snapshot
    from playbook.search.index import open_searcher
    from playbook.store.refs import commit_as_of, main_commit

    head = load_snapshot(library, main_commit(library))
    timezone = head.settings.timezone
    if day > clock.today(timezone):
        raise UsageError(f"{day} has not come yet; give a day up to today for --as-of")
    commit = commit_as_of(library, day, timezone)
    if commit is None:
        raise NothingFound(f"The library {library.name} held nothing yet on {day}; it begins later")
    snapshot = head if commit == head.commit else load_snapshot(library, commit)
    return Session(library, snapshot, open_searcher(library, snapshot))
