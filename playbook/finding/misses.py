"""Questions that search answered wrongly in the field, noted with one key, ready to become search tests of the library."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from playbook.errors import UsageError
from playbook.finding.memory import recall, remember
from playbook.finding.searches import Context, Expected, asked_as
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.library.card import Card

MOST = 200  # noted for one library; the oldest go first
_LONGEST = 300  # letters of a question
NO_CONTEXT: Mapping[str, Sequence[str]] = {}


def note(
    session: Session,
    words: str,
    card: Card,
    context: Mapping[str, Sequence[str]] = NO_CONTEXT,
    *,
    first: str | None = None,
) -> str:
    """Note that these words, filters as typed, should find this card first; gives the sentence that says so.

    `context` is what was pinned meanwhile: the same words in another call are another note. A card that comes first already
    is not noted; `first` is the id of the card that does, else the question is asked. Raises UsageError when nothing was
    asked.
    """
    miss = _miss(words, card, context)
    if first is None:
        hits = session.searcher.search(asked_as(miss), limit=1, today=session.today()).hits
        first = hits[0].card.id if hits else ""
    if card.id == first:
        return f"{_called(miss)} finds {one_line(card.title, 60)!r} first already; nothing was noted"
    _keep(session, [*(kept for kept in noted(session) if not _same(kept, miss)), miss][-MOST:])
    return f"Noted: {_called(miss)} should find {one_line(card.title, 60)!r}; `playbook searches --misses` prints it"


def turn(session: Session, words: str, card: Card, context: Mapping[str, Sequence[str]], *, first: str) -> str:
    """As note(); a second time for the same card takes the note back."""
    miss = _miss(words, card, context)
    kept = noted(session)
    if miss not in kept:
        return note(session, words, card, context, first=first)
    _keep(session, [other for other in kept if other != miss])
    return f"Taken back: {_called(miss)} is not noted any more"


def noted(session: Session) -> list[Expected]:
    """The misses noted for the session's library, oldest first."""
    kept = recall().get("misses")
    rows = kept.get(session.library.name) if isinstance(kept, dict) else None
    return [
        Expected(words=row["words"], first=row["first"], context=_context(row.get("context")))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and isinstance(row.get("words"), str) and isinstance(row.get("first"), str)
    ]


def clear(session: Session) -> int:
    """Forget them, once they stand in the library; gives how many there were."""
    count = len(noted(session))
    _keep(session, [])
    return count


def as_toml(misses: list[Expected]) -> str:
    """As they stand in content/searches.toml. A JSON string is a TOML string, and so is a list of them."""
    return "\n".join(
        f"[[search]]\nwords = {_quoted(miss.words)}\nfirst = {_quoted(miss.first)}\n"
        + (f"context = {{ {', '.join(_pinned(miss.context))} }}\n" if miss.context else "")
        for miss in misses
    )


def as_json(miss: Expected) -> dict[str, Any]:
    """For scripts, and for the memory: the context only where there is one."""
    row: dict[str, Any] = {"words": miss.words, "first": miss.first}
    return row | {"context": miss.context} if miss.context else row


def _miss(words: str, card: Card, context: Mapping[str, Sequence[str]]) -> Expected:
    from playbook.search.query import words_typed

    asked = one_line(words, _LONGEST)
    if not words_typed(asked):
        raise UsageError("Nothing was asked; type the buyer's words first, then choose the card that answers them")
    return Expected(
        words=asked, first=card.id, context=_context({facet: list(found) for facet, found in context.items()})
    )


def _context(kept: object) -> Context:
    """A facet's single value stands alone, as people write it."""
    from playbook.search.query import FACETS

    found: Context = {}
    for facet, values in kept.items() if isinstance(kept, dict) else ():
        listed = [values] if isinstance(values, str) else values if isinstance(values, list) else []
        named = [value for value in listed if isinstance(value, str)]
        if named and facet in FACETS:
            found[facet] = named[0] if len(named) == 1 else named
    return found


def _same(one: Expected, other: Expected) -> bool:
    return (one.words, one.context) == (other.words, other.context)


def _called(miss: Expected) -> str:
    """The question as a sentence names it."""
    values = [", ".join([value] if isinstance(value, str) else value) for value in miss.context.values()]
    return f"{miss.words!r} in a call about {one_line(', '.join(values), 60)}" if values else repr(miss.words)


def _pinned(context: Context) -> list[str]:
    return [
        f"{facet} = {_quoted(value) if isinstance(value, str) else '[' + ', '.join(map(_quoted, value)) + ']'}"
        for facet, value in context.items()
    ]


def _quoted(text: str) -> str:
    return json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False)


def _keep(session: Session, misses: list[Expected]) -> None:
    kept = recall().get("misses")
    rows = [as_json(miss) for miss in misses]
    remember(misses=(kept if isinstance(kept, dict) else {}) | {session.library.name: rows})
