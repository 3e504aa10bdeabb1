"""The shape in which cards and hits leave for scripts: the JSON of COMMANDS and plain text for people and screen readers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from playbook.finding.badge import badge
from playbook.finding.session import Session
from playbook.library.card import Card, Trust
from playbook.library.plain import sentences_of
from playbook.text.safe import display, one_line

if TYPE_CHECKING:
    from playbook.search.index import Results
    from playbook.search.query import Query
    from playbook.search.snippets import Snippet


LONGEST_ID = 72  # cells for the ids of a page's sections; a longer one pushes its title on


def trust_json(trust: Trust) -> dict[str, Any]:
    """`{"state", "by", "on", "until", "changed_since"}`, dates ISO or null."""
    return {
        "state": trust.state,
        "by": trust.by,
        "on": trust.on.isoformat() if trust.on else None,
        "until": trust.until.isoformat() if trust.until else None,
        "changed_since": trust.changed_since.isoformat() if trust.changed_since else None,
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
    """The card with everything that is known of it, its Markdown, and the sections that go on where it is a page's beginning."""
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
        "sections": [{"id": section.id, "title": section.title} for section in sections_of(card, session)],
    }


def results_json(
    results: Results, session: Session, question: str, *, on: date | None = None, explain: bool = False
) -> dict[str, Any]:
    """One search as COMMANDS describes it; `on` is the day on which trust is judged."""
    hits = []
    for hit in results.hits:
        row = card_json(hit.card, session, session.trust(hit.card, on))
        row["snippet"] = found_place(hit.card, session, results.query).text
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
        "corrected": results.corrected or None,
        "total": results.total,
        "hits": hits,
    }


def found_place(card: Card, session: Session, query: Query, width: int = 160) -> Snippet:
    """The place of the card that shows best why it was found, as words: without a table's bars and without code."""
    from playbook.search.snippets import snippet

    text, tells = sentences_of(session.snapshot.text(card)), session.searcher.tells
    said = snippet(text, query.finished, width, prefix=query.prefix, tells=tells)
    return said if said.text else session.snippet(card, query, width)


def sections_of(card: Card, session: Session) -> tuple[Card, ...]:
    """The other cards of a long page, in the page's order, for the card that is its beginning; of any other card none."""
    cards = session.snapshot.cards_at(card.path)
    return tuple(cards[1:]) if card.id == cards[0].id else ()


def context_line(card: Card) -> str:
    """Kind and where the card belongs, on one line: `objection · price · evaluation, negotiation · cfo`."""
    parts = [card.kind, card.category, ", ".join(card.stages), ", ".join(card.personas)]
    parts += [f"vs {', '.join(card.competitors)}"] if card.competitors else []
    return one_line(" · ".join(part for part in parts if part), 200)


def card_text(
    card: Card, session: Session, trust: Trust, *, whole: bool, instead: str | None = None, marked: str = ""
) -> str:
    """The card for a plain terminal: title, badge, the words to say (or `instead`), and with `whole` its Markdown.
    `marked` says below the badge that somebody forced it, ruled on it, or quickly fixed it."""
    lines = [one_line(card.title)]
    if card.page_title and card.page_title != card.title:
        lines[0] = f"{one_line(card.page_title)} > {lines[0]}"
    lines += [f"  {context_line(card)}", f"  {badge(card, trust).full}", *([f"  {marked}"] if marked else []), ""]
    if instead or card.say:
        lines += [*indented(instead or card.say, "  | "), ""]
    if whole:
        # The title stands above already.
        body = display(session.snapshot.text(card)).strip()
        lines += [body.removeprefix(f"# {card.title}\n").strip(), ""]
        sections = sections_of(card, session)
        if sections:
            count = f"{len(sections)} sections" if len(sections) > 1 else "one section"
            lines.append(
                f"  The page goes on in {count}; `playbook show '{one_line(sections[0].id)}'` reads the first:"
            )
            wide = min(max(len(section.id) for section in sections), LONGEST_ID)
            lines += [f"    {one_line(section.id):<{wide}}  {one_line(section.title)}" for section in sections]
            lines.append("")
    lines.append(f"  {one_line(card.path)}:{card.line}")
    return "\n".join(lines)


def indented(text: str, prefix: str) -> Iterable[str]:
    """The lines of a text, safe to show, each behind the prefix."""
    return (f"{prefix}{line}".rstrip() for line in display(text).strip().splitlines())
