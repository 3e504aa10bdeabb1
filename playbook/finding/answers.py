"""The shape in which cards and hits leave for scripts: the JSON of COMMANDS and plain text for people and screen readers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from playbook.finding.badge import badge
from playbook.finding.session import Session
from playbook.library.card import Card, Trust
from playbook.text.safe import display, one_line

if TYPE_CHECKING:
    from playbook.search.index import Results


def trust_json(trust: Trust) -> dict[str, Any]:
    """`{"state", "by", "on", "until"}`, dates ISO or null."""
    return {
        "state": trust.state,
        "by": trust.by,
        "on": trust.on.isoformat() if trust.on else None,
        "until": trust.until.isoformat() if trust.until else None,
    }


def card_json(card: Card, session: Session, trust: Trust) -> dict[str, Any]:
    """What every hit says of its card."""
    return {
        "id": card.id,
        "path": card.path,
        "line": card.line,
        "anchor": card.anchor,
        "kind": card.kind,
        "title": card.title,
        "headings": list(card.headings),
        "say": card.say,
        "stages": list(card.stages),
        "personas": list(card.personas),
        "competitors": list(card.competitors),
        "visibility": "internal" if badge(card, trust).internal else "external",
        "trust": trust_json(trust),
    }


def whole_card_json(card: Card, session: Session, trust: Trust) -> dict[str, Any]:
    """The card with everything that is known of it, and its Markdown."""
    return card_json(card, session, trust) | {
        "library": session.library.name,
        "commit": session.snapshot.commit,
        "page_title": card.page_title,
        "aliases": list(card.aliases),
        "formerly": list(card.formerly),
        "products": list(card.products),
        "segments": list(card.segments),
        "surface": list(card.surface),
        "motion": card.motion,
        "category": card.category,
        "owner": card.owner,
        "status": card.status,
        "must_know": card.must_know,
        "expires": card.expires.isoformat() if card.expires else None,
        "changed": datetime.fromtimestamp(card.changed, UTC).isoformat() if card.changed else None,
        "changed_by": card.changed_by,
        "markdown": session.snapshot.text(card),
    }


def results_json(
    results: Results, session: Session, question: str, *, on: date | None = None, explain: bool = False
) -> dict[str, Any]:
    """One search as COMMANDS describes it; `on` is the day on which trust is judged."""
    hits = []
    for hit in results.hits:
        row = card_json(hit.card, session, session.trust(hit.card, on))
        row["snippet"] = session.snippet(hit.card, results.query).text
        row["score"] = round(hit.score, 3)
        if explain:
            row["explain"] = {name: round(value, 3) for name, value in hit.explain.items()}
        hits.append(row)
    return {
        "query": question,
        "library": session.library.name,
        "commit": session.snapshot.commit,
        "engine": results.engine,
        "took_ms": round(results.took_ms, 2),
        "corrected": None,
        "total": results.total,
        "hits": hits,
    }


def context_line(card: Card) -> str:
    """Kind and where the card belongs, on one line: `objection · price · evaluation, negotiation · cfo`."""
    parts = [card.kind, card.category, ", ".join(card.stages), ", ".join(card.personas)]
    parts += [f"vs {', '.join(card.competitors)}"] if card.competitors else []
    return one_line(" · ".join(part for part in parts if part), 200)


def card_text(card: Card, session: Session, trust: Trust, *, whole: bool, instead: str | None = None) -> str:
    """The card for a plain terminal: title, badge, the words to say (or `instead`), and with `whole` its Markdown."""
    lines = [one_line(card.title)]
    if card.page_title and card.page_title != card.title:
        lines[0] = f"{one_line(card.page_title)} > {lines[0]}"
    lines += [f"  {context_line(card)}", f"  {badge(card, trust).full}", ""]
    if instead or card.say:
        lines += [*indented(instead or card.say, "  | "), ""]
    if whole:
        # The title stands above already.
        body = display(session.snapshot.text(card)).strip()
        lines += [body.removeprefix(f"# {card.title}\n").strip(), ""]
    lines.append(f"  {one_line(card.path)}:{card.line}")
    return "\n".join(lines)


def indented(text: str, prefix: str) -> Iterable[str]:
    """The lines of a text, safe to show, each behind the prefix."""
    return (f"{prefix}{line}".rstrip() for line in display(text).strip().splitlines())
