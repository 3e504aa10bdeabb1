"""Questions that search answered wrongly in the field, noted with one key, ready to become search tests of the library."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from playbook.errors import UsageError
from playbook.finding.memory import recall, remember
from playbook.finding.searches import Expected
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.library.card import Card

MOST = 200  # noted for one library; the oldest go first
_LONGEST = 300  # letters of a question


def note(session: Session, words: str, card: Card) -> str:
    """Note that these words should have found this card first; gives the sentence that says so.

    Raises UsageError when nothing was asked.
    """
    asked = one_line(words, _LONGEST)
    if not asked:
        raise UsageError("Nothing was asked; type the buyer's words first, then choose the card that answers them")
    kept = [miss for miss in noted(session) if miss.words != asked]
    _keep(session, [*kept, Expected(words=asked, first=card.id)][-MOST:])
    return f"Noted: {asked!r} should find {one_line(card.title, 60)!r}; `playbook searches --misses` prints it"


def noted(session: Session) -> list[Expected]:
    """The misses noted for the session's library, oldest first."""
    kept = recall().get("misses")
    rows = kept.get(session.library.name) if isinstance(kept, dict) else None
    return [
        Expected(words=row["words"], first=row["first"])
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and isinstance(row.get("words"), str) and isinstance(row.get("first"), str)
    ]


def clear(session: Session) -> int:
    """Forget them, once they stand in the library; gives how many there were."""
    count = len(noted(session))
    _keep(session, [])
    return count


def as_toml(misses: list[Expected]) -> str:
    """As they stand in content/searches.toml. A JSON string is a TOML string."""
    return "\n".join(f"[[search]]\nwords = {_quoted(miss.words)}\nfirst = {_quoted(miss.first)}\n" for miss in misses)


def _quoted(text: str) -> str:
    return json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False)


def _keep(session: Session, misses: list[Expected]) -> None:
    kept = recall().get("misses")
    rows = [{"words": miss.words, "first": miss.first} for miss in misses]
    remember(misses=(kept if isinstance(kept, dict) else {}) | {session.library.name: rows})
