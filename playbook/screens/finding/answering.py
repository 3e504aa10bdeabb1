"""What the search screen shows for a question, made off the screen's own thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from textual.content import Content
from textual.message import Message

from playbook.finding.answers import found_place
from playbook.finding.badge import badge
from playbook.library.card import Card
from playbook.screens.finding.favourites import Favourites
from playbook.text.safe import one_line
from playbook.widgets.card_view import preview, row
from playbook.widgets.preview_pane import Preview
from playbook.widgets.result_list import ResultRow

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.search.ranking import Hit

MOST_ROWS = 50
WIDE = 100  # columns from which the preview stands beside the list
LOW = 18  # rows below which the preview has no room for anything before the words to say
# Results above the words to say, by the rows of a narrow terminal: the words must be on the screen in any.
NARROW_ROWS = ((24, 8), (18, 5), (12, 3), (9, 2), (0, 1))


@dataclass(frozen=True)
class Layout:
    """How much room there is, in cells: for a row, for the preview, and rows on screen; `two_lines` where rows have two.

    `terse` where the terminal is so low that the preview begins with the words to say at once.
    """

    row: int
    preview: int
    rows: int
    two_lines: bool
    terse: bool = False


def layout_for(width: int, height: int) -> Layout:
    """The room in a terminal of that size, known before the first layout."""
    wide = width >= WIDE
    side = width * 44 // 100
    rows = max((height - 5) // 2, 4) if wide else next(rows for least, rows in NARROW_ROWS if height >= least)
    return Layout(
        row=max((side if wide else width) - 2, 10),
        preview=max((width - side if wide else width) - 4, 10),
        rows=rows,
        two_lines=wide,
        terse=height < LOW,
    )


@dataclass
class Answered(Message):
    """The answer to question `number`: cards, their rows, the first preview, and what to say of the search itself."""

    number: int
    question: str
    words: tuple[str, ...]
    cards: list[Card]
    rows: list[ResultRow]
    total: int
    took_ms: float
    engine: str
    filters: list[tuple[str, str]]
    unknown: list[str]
    first: Preview | None = None
    heading: str = ""
    hits: tuple[Hit, ...] = ()
    corrected: str = ""
    as_typed: bool = False
    """Whether it was searched without forgiving typing errors."""
    context: tuple[str, ...] = ()
    """What the call is about, pinned or typed with doubled signs."""


@dataclass
class Previewed(Message):
    """The preview of one card."""

    card_id: str
    made: Preview


@dataclass
class Previews:
    """The last previews made, so that going up and down a list costs nothing."""

    kept: dict[tuple[str, str, int, bool, str], Preview] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)
    """By path what is said of a file that was forced or ruled on, as far as it was read by now."""
    lock: Lock = field(default_factory=Lock)

    def of(self, session: Session, card: Card, layout: Layout) -> Preview:
        """The preview of the card for that room, made or kept."""
        marked = self.marks.get(card.path, "")
        key = (card.id, card.blob, layout.preview, layout.terse, marked)
        made = self.kept.get(key)
        if made is None:
            trust, text = session.trust(card), session.snapshot.text(card)
            made = preview(card, trust, text, layout.preview, terse=layout.terse, marked=marked)
            # The screen and the thread that answers may both be here.
            with self.lock:
                if len(self.kept) >= 64:
                    self.kept.pop(next(iter(self.kept)))
                self.kept[key] = made
        return made


def answer(
    session: Session,
    number: int,
    question: str,
    layout: Layout,
    previews: Previews,
    favourites: Favourites,
    *,
    context: Mapping[str, Sequence[str]] | None = None,
    correct: bool = True,
) -> Answered:
    """Search, and lay out what will be on the screen."""
    from playbook.search.query import parse_query

    query = parse_query(question, context=context, correct=correct)
    day = session.today()
    results = session.searcher.search(query, limit=MOST_ROWS, today=day)
    cards = [hit.card for hit in results.hits]
    heading, signs = "", dict[str, str]()
    if not query.words and not query.filters:
        listed = favourites.of(session)
        cards, heading, signs = listed.cards, listed.heading, listed.signs
        if session.partial:
            cards, heading = [], "The library is still being read"
        elif not cards:
            cards, heading = latest(session), "Changed last"
    # A single letter is found in every line: then the words to say tell more.
    telling = layout.two_lines and len("".join(query.words)) > 1
    found = {hit.card.id for hit in results.hits[: layout.rows]} if telling else set()

    def made(card: Card) -> ResultRow:
        def make() -> Content:
            second: str | None = None
            spans: tuple[tuple[int, int], ...] = ()
            if card.id in found:
                snippet = found_place(card, session, query, max(layout.row - 2, 40))
                second, spans = snippet.text, snippet.spans
            if layout.two_lines and not spans:
                # Found by title or alias alone: the words to say tell more than where its text begins.
                second = one_line(card.say, layout.row * 2)
            return row(card, session.trust(card, day), query.words, second, layout.row, spans, signs.get(card.id, ""))

        return ResultRow(make, 2 if layout.two_lines else 1)

    rows = [made(card) for card in cards]
    session.snapshot.hold(cards[: layout.rows])
    for shown in rows[: layout.rows]:
        # What will be on the screen is laid out here, so that the screen's own thread need not.
        _ = shown.lines
    first = previews.of(session, cards[0], layout) if cards else None
    return Answered(
        number=number,
        question=question,
        words=query.words,
        cards=cards,
        rows=rows,
        total=results.total,
        took_ms=results.took_ms,
        engine=results.engine,
        filters=[(facet, value) for facet, values in query.filters.items() for value in values],
        unknown=[*results.unknown, *results.absent],
        first=first,
        heading=heading,
        hits=results.hits,
        corrected=results.corrected,
        as_typed=not correct,
        context=tuple(value for values in query.context.values() for value in values),
    )


def latest(session: Session) -> list[Card]:
    """One card a file, the files changed last first."""
    whole = (card for card in session.snapshot.cards if not card.anchor)
    return sorted(whole, key=lambda card: (-card.changed, card.path))[:MOST_ROWS]


def copied_sentence(card: Card, session: Session, words: int, how: str, sure: bool) -> str:
    """What a copy says of itself: how many words, by which way, and how far they may be relied on."""
    mark = badge(card, session.trust(card))
    begin = f"Copied {words} words with {how}" if sure else f"Sent {words} words to {how}"
    return f"{begin}\n{mark.full}"
