"""Why a card stands where it stands: its score and the parts it is the sum of, as lines above the preview."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.widgets.line import NOTHING, Line, assembled

if TYPE_CHECKING:
    from playbook.library.card import Card
    from playbook.screens.answering import Answered

DIM = "$foreground 70%"


def why(card: Card, shown: Answered | None, width: int) -> list[Line]:
    """The card's score, then its parts, those that weigh most first; no line breaks inside a part."""
    hit = next((hit for hit in shown.hits if hit.card.id == card.id), None) if shown is not None else None
    if hit is None or not hit.explain:
        return [assembled([("score none: no words were asked"[: max(width, 1)], DIM)]), NOTHING]
    parts = sorted(hit.explain.items(), key=lambda part: -abs(part[1]))
    pieces = [f"score {hit.score:.2f}", *(f"{name} {value:.2f}" for name, value in parts if round(value, 2))]
    lines = [pieces[0]]
    for piece in pieces[1:]:
        if len(lines[-1]) + 2 + len(piece) <= width:
            lines[-1] += f"  {piece}"
        else:
            lines.append(piece)
    return [*(assembled([(line[: max(width, 1)], DIM)]) for line in lines), NOTHING]
