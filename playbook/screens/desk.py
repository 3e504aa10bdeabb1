"""The desk: what goes on behind the screens: opening the library, following the hub, and telling the app."""

from __future__ import annotations

import contextlib
import gc
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from textual.message import Message

from playbook.errors import Cancelled, PlaybookError
from playbook.screens.growing import Growing

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump

    from playbook.app import PlaybookApp
    from playbook.finding.news import News
    from playbook.finding.session import Session
    from playbook.store.managed import Library

log = logging.getLogger(__name__)

SYNC_EVERY_SECONDS = 300.0
RETRY_SECONDS = (5.0, 15.0, 60.0)  # when the hub did not answer and something waits to go out
FOLLOW_INDEX_SECONDS = 0.25


@dataclass
class SessionReady(Message):
    """The library is open, or has moved to a newer commit."""

    session: Session


@dataclass
class NothingOpened(Message):
    """There is no library yet; `reason` says so."""

    reason: str


@dataclass
class OpeningFailed(Message):
    """The library cannot be read; `reason` is the sentence."""

    reason: str


@dataclass
class Progress(Message):
    """Something long goes on: `done` of `total` (0 when unknown); an empty `what` means that it ended."""

    what: str = ""
    done: int = 0
    total: int = 0


@dataclass
class SyncChanged(Message):
    """How the library stands to its hub, in a word for the header and a sentence for who asks."""

    word: str
    sentence: str
    asked: bool = False


@dataclass
class NewsReady(Message):
    """What is new since the last look."""

    news: News


def spare_the_typist() -> None:
    """Leave what was loaded out of the garbage collector's rounds, and leave the rounds to SearchScreen.tidy.

    A keystroke leaves some two thousand small objects in rings; looking through them as they come costs one to ten
    milliseconds between key and paint.
    """
    gc.freeze()
    gc.disable()


def desk_of(node: MessagePump) -> Desk:
    """The desk of the app a screen or widget belongs to."""
    return cast("PlaybookApp", node.app).desk


@dataclass
class Desk:
    """Threads that may wait for git, the disk and the network, so that no screen ever does."""

    app: App[int]
    wanted: str | None
    session: Session | None = None
    progress: Progress = field(default_factory=Progress)
    sync_word: str = ""
    news: News | None = None
    drafts: int = 0
    """How many texts wait here that were begun and not proposed."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _wake: threading.Event = field(default_factory=threading.Event)
    _asked: bool = False
    _outgoing: bool = False
    """Whether somebody was told that what they wrote goes out now."""
    _growing: Growing = field(default_factory=Growing)
    _failed: int = 0
    """How often in a row the hub was not reached."""

    def start(self, library: Library | None = None) -> None:
        """Open the wanted library (or the given one) in the background and follow it from then on."""
        self._stop.set()
        self._wake.set()
        self._stop, self._wake = threading.Event(), threading.Event()
        threading.Thread(
            target=self._edge, args=(self._stop, self._wake, library), name="playbook-desk", daemon=True
        ).start()

    def stop(self) -> None:
        """End the background; what the person has seen is remembered."""
        self._stop.set()
        self._wake.set()
        if self.session is not None:
            from playbook.finding.memory import mark_seen

            mark_seen(self.session.library.name, self.session.snapshot.commit, int(time.time()))

    def changed(self, *, told: bool = False) -> None:
        """Something was written to the outbox: send it, and read what it changed, without a word unless it fails; nor then
        where its person was told that it waits."""
        self._outgoing = self._outgoing or not (told or self.cut_off)
        self._wake.set()

    @property
    def cut_off(self) -> bool:
        """Whether the hub was out of reach, or took nothing, when it was asked last."""
        return self._failed > 0

    def sync_now(self) -> None:
        """Fetch at once and say how it went."""
        self._asked = True
        self._wake.set()

    def _tell(self, stop: threading.Event, message: Message) -> None:
        if not stop.is_set():
            self.app.screen_stack[0].post_message(message)

    def _edge(self, stop: threading.Event, wake: threading.Event, library: Library | None) -> None:
        """The edge of the worker: every error becomes a message, and the log gets the rest."""
        try:
            self._run(stop, wake, library)
        except Cancelled:
            return
        except PlaybookError as error:
            from playbook.store.managed import NoLibrary

            missing = isinstance(error, NoLibrary)
            self._tell(stop, NothingOpened(str(error)) if missing else OpeningFailed(str(error)))
        except Exception:
            log.exception("opening the library failed")
            self._tell(
                stop, OpeningFailed("Opening the library failed; the log file has the details (playbook doctor)")
            )

    def _run(self, stop: threading.Event, wake: threading.Event, library: Library | None) -> None:
        from playbook.finding import session as reading

        report = self._reporter(stop)
        if library is None:
            library = reading.choose(self.wanted, progress=report)
        session = self._read(stop, library, report)
        self._tell(stop, SessionReady(session))
        self._tell(stop, Progress())
        session.searcher.warm(stop.is_set)
        self._find_news(stop, session)
        session = self._follow_index(stop, session)
        while not stop.is_set():
            # Before, so that what is written while this goes on is sent right after it.
            wake.clear()
            if not stop.is_set():
                session = self._sync(stop, session)
                wake.wait(self._pause())

    def _pause(self) -> float:
        """How long until the next sync: the hub is asked again sooner while it is out of reach."""
        if not self._failed:
            return SYNC_EVERY_SECONDS
        return RETRY_SECONDS[self._failed - 1] if self._failed <= len(RETRY_SECONDS) else SYNC_EVERY_SECONDS

    def _reporter(self, stop: threading.Event) -> Callable[[str, int, int], None]:
        last = 0.0
        growing = self._growing = Growing()

        def report(what: str, done: int, total: int) -> None:
            nonlocal last
            if stop.is_set():
                raise Cancelled("stopped")
            # Ten a second is all an eye follows; the last one always goes out.
            if time.monotonic() - last > 0.1 or done == total:
                last = time.monotonic()
                self._tell(stop, Progress(*growing.step(what, done, total)))

        return report

    def _read(self, stop: threading.Event, library: Library, report: Callable[[str, int, int], None]) -> Session:
        """The library as cached; a large one that is not is parsed by the indexer's process, so that typing stays smooth,
        and searched by its raw texts until then."""
        from playbook.finding import session as reading
        from playbook.library.snapshot import cached_snapshot
        from playbook.search.indexer import ensure_index, index_status
        from playbook.store.objects import tree
        from playbook.store.refs import main_commit

        commit = main_commit(library)
        if cached_snapshot(library, commit) is None and len(tree(library, commit)) > 400:
            ensure_index(library, commit)
            looked = reading.first_look(library, commit, progress=report)
            self._tell(stop, SessionReady(looked))
            waited = time.monotonic()
            while cached_snapshot(library, commit) is None and time.monotonic() - waited < 120:
                status = index_status(library)
                if not status.running and time.monotonic() - waited > 3:
                    break
                report(status.phase or "reading", status.done, status.total)
                stop.wait(FOLLOW_INDEX_SECONDS)
            return reading.over_raw(reading.read(library, progress=report), looked)
        return reading.read(library, progress=report)

    def _follow_index(self, stop: threading.Event, session: Session) -> Session:
        """Have the index built behind the reader and go over to it when it stands."""
        from playbook.search.indexer import ensure_index, index_status

        if session.searcher.engine not in ("scan", "first look"):
            return session
        ensure_index(session.library, session.snapshot.commit)
        waited = time.monotonic()
        while not stop.is_set():
            if indexed := session.indexed():
                session = indexed
                self._tell(stop, Progress())
                self._tell(stop, SessionReady(session))
                break
            status = index_status(session.library)
            if not status.running and time.monotonic() - waited > 3:
                break
            if status.running:
                step = self._growing.step(status.phase or "indexing", status.done, status.total)
                self._tell(stop, Progress(*step))
            stop.wait(FOLLOW_INDEX_SECONDS)
        self._tell(stop, Progress())
        return session

    def _find_news(self, stop: threading.Event, session: Session) -> None:
        from playbook.finding.memory import mark_seen, seen_commit
        from playbook.finding.news import news

        if not seen_commit(session.library.name)[0]:
            mark_seen(session.library.name, session.snapshot.commit, int(time.time()))
        self._tell(stop, NewsReady(news(session)))

    def _offline_word(self, library: Library, error: PlaybookError) -> str:
        """`offline`, or `read-only` where the hub takes nothing from us, with how many commits wait."""
        from playbook.errors import NotPermitted
        from playbook.store.managed import unsent

        word = "read-only" if isinstance(error, NotPermitted) else "offline"
        waiting = 0
        with contextlib.suppress(PlaybookError):
            waiting = unsent(library)
        return f"{word}, {waiting} waiting" if waiting else word

    def _sync(self, stop: threading.Event, session: Session) -> Session:
        """Fetch; when main moved, read it and go over to it."""
        from playbook.finding import session as reading
        from playbook.review.arrived import arrived
        from playbook.review.syncing import sync_whole
        from playbook.store.refs import main_commit

        asked, self._asked = self._asked, False
        outgoing, self._outgoing = self._outgoing, False
        self._tell(stop, SyncChanged("syncing", "Fetching from the hub", False))
        try:
            before = main_commit(session.library)
            report = sync_whole(session.library, cancelled=stop.is_set)
            self._failed = 0
            word, sentence = str(report.state), report.message or f"{len(report.received)} files came from the hub"
            sentence = ". ".join([*(arrived(session.library, before) if asked else ()), sentence])
            if report.state == "synced":
                word = (
                    f"behind {report.behind}"
                    if report.behind
                    else f"ahead {report.ahead}"
                    if report.ahead
                    else "synced"
                )
        except PlaybookError as error:
            self._failed += 1
            word, sentence = self._offline_word(session.library, error), str(error)
            if outgoing and not asked and "waiting" in word:
                until = " and goes out when the hub can be reached" if word.startswith("offline") else ""
                asked, sentence = True, f"What you wrote waits here{until}: {sentence}"
        self._tell(stop, SyncChanged(word, sentence, asked))
        if stop.is_set():
            return session
        with contextlib.suppress(PlaybookError):
            if main_commit(session.library) != session.snapshot.commit:
                fresh = reading.read(session.library, progress=self._reporter(stop))
                if fresh.searcher.engine == "scan" and reading.slow_to_scan(fresh):
                    # Scanning it takes seconds, bringing the index up to date about one: the old words answer until then.
                    fresh = self._follow_index(stop, fresh)
                session = fresh
                self._tell(stop, SessionReady(session))
                self._find_news(stop, session)
                return self._follow_index(stop, session)
        if session.searcher.engine in ("scan", "first look"):
            session = self._follow_index(stop, session)
        return session
