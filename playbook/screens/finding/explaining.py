"""Why a card stands where it stands: its score and the reasons for it, as lines above the preview."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.search.reasons import reasons
from playbook.widgets.line import NOTHING, Line, assembled

if TYPE_CHECKING:
    from playbook.library.card import Card
    from playbook.screens.finding.answering import Answered, Layout

DIM = "$foreground 70%"
MOST, MOST_LOW = 8, 3  # lines of reasons; of a low terminal's preview they must leave the words to say the most


def why(card: Card, shown: Answered | None, layout: Layout) -> list[Line]:
    """The card's score, then the reasons for it, those that weigh most first; no line breaks inside a reason."""
    width = max(layout.preview, 1)
    hit = next((hit for hit in shown.hits if hit.card.id == card.id), None) if shown is not None else None
    if hit is None or not hit.explain:
        return [assembled([("score none: no words were asked"[:width], DIM)]), NOTHING]
    pieces = [f"{reason.words} {reason.value:+.1f}" for reason in reasons(hit.explain)]
    lines = [f"score {hit.score:.2f}: {pieces[0]}"]
    most = MOST if layout.two_lines and not layout.terse else MOST_LOW
    for piece in pieces[1:]:
        if len(lines[-1]) + 2 + len(piece) <= width:
            lines[-1] += f"; {piece}"
        elif len(lines) < most:
            lines.append(piece)
        else:
            break
    return [*(assembled([(line[:width], DIM)]) for line in lines), NOTHING]
