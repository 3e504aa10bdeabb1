"""A parsed document made into its cards: one for a typed document or a short page, one a section for a long page."""

from __future__ import annotations

from typing import NamedTuple

from playbook.library.card import Card
from playbook.library.document import ParsedDocument, Section
from playbook.library.kinds import kind_of, say_of
from playbook.library.names import name_key, page_id, stem, title_from_path
from playbook.library.settings import Settings

SHORT_PAGE_WORDS = 150
MOST_HEADINGS = 50


# Closes every heading at a document's end.
_END = Section(1, "", "", 0, 0, 0, 0, False, "", 0, False)


class Place(NamedTuple):
    """Where a document lies and who changed it last: what its bytes do not say."""

    path: str
    root: str
    blob: str
    changed: int = 0
    changed_by: str = ""


def cards_of(place: Place, parsed: ParsedDocument, settings: Settings) -> tuple[Card, ...]:
    """The cards of one document, at least one."""
    whole = _whole(place, parsed, settings)
    headed = sum(1 for section in parsed.sections if section.level)
    if whole.kind != "page" or headed < 2 or parsed.words < SHORT_PAGE_WORDS:
        return (whole,)
    return _split(whole, parsed)


def _whole(place: Place, parsed: ParsedDocument, settings: Settings) -> Card:
    front = parsed.front
    kind = kind_of(place.path, front.kind, settings, place.root)
    say = say_of(kind, parsed.sections)
    title = front.title or parsed.title or title_from_path(place.path)
    headings = (section.title for section in parsed.sections if section.title and section.title != title)
    return Card(
        id=front.id or page_id(place.path, place.root),
        path=place.path,
        line=parsed.title_line or parsed.body_line,
        kind=kind,
        title=title,
        headings=tuple(dict.fromkeys(headings))[:MOST_HEADINGS],
        aliases=front.aliases,
        formerly=front.formerly,
        stages=_spelt(front.stages, settings.stages) or _own_stage(kind, place, settings),
        personas=front.personas or _own_name(kind, "persona", place),
        competitors=front.competitors or _own_name(kind, "battlecard", place),
        products=front.products,
        segments=_spelt(front.segments, settings.segments),
        surface=front.surface,
        motion=front.motion,
        category=front.category,
        owner=front.owner,
        verified=front.verified,
        verified_by=front.verified_by,
        review_days=front.review_days,
        expires=front.expires,
        status=front.status or "approved",
        visibility=front.visibility or "external",
        must_know=front.must_know,
        say=say.text,
        say_line=say.line,
        internal_say=say.internal,
        say_named=say.named,
        blob=place.blob,
        start=0,
        end=parsed.length,
        changed=place.changed,
        changed_by=place.changed_by,
    )


def _split(whole: Card, parsed: ParsedDocument) -> tuple[Card, ...]:
    """One card a section; headings without a text of their own are the ancestors of others.

    One that is nobody's ancestor belongs to the text of the card above it, so that its words are found.
    """
    from msgspec.structs import replace

    cards: list[Card] = []
    above: list[Section] = []
    empty: dict[str, Section] = {}
    sealed = False
    for section in (*parsed.sections, _END):
        while above and section.level and above[-1].level >= section.level:
            gone = empty.pop(above.pop().anchor, None)
            if gone:
                cards[-1] = replace(cards[-1], end=max(cards[-1].end, gone.end))
        if section is _END:
            break
        if cards and not section.words:
            above.append(section)
            # What is internal stays out of a text that is not, with all that follows it.
            sealed |= section.internal and cards[-1].visibility != "internal"
            if not sealed:
                empty[section.anchor] = section
            continue
        empty.clear()
        sealed = False
        say = say_of("page", (section,))
        first = not cards
        ancestors = () if first else tuple(parent.title for parent in above if parent.title)
        cards.append(
            replace(
                whole,
                id=whole.id if first else f"{whole.id}#{section.anchor}",
                line=section.line,
                anchor="" if first else section.anchor,
                title=whole.title if first else section.title or section.anchor,
                page_title=whole.title,
                headings=ancestors[-MOST_HEADINGS:],
                aliases=whole.aliases if first else (),
                formerly=whole.formerly if first else (),
                must_know=whole.must_know and first,
                visibility="internal" if section.internal else whole.visibility,
                say=say.text,
                say_line=say.line,
                internal_say=say.internal,
                say_named=say.named,
                start=section.start,
                end=section.end,
            )
        )
        if section.level:
            above.append(section)
    return tuple(cards)


def _spelt(names: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    """The names in the settings' own spelling where they are known there."""
    if not names or not known:
        return names
    spelling = {name_key(name): name for name in known}
    return tuple(dict.fromkeys(spelling.get(name_key(name), name) for name in names))


def _own_stage(kind: str, place: Place, settings: Settings) -> tuple[str, ...]:
    """A stage message that names no stage belongs to the one its folder or file is named after."""
    if kind != "stage":
        return ()
    spelling = {name_key(name): name for name in settings.stages}
    parts = [*place.path.split("/")[:-1], stem(place.path)]
    return next(((spelling[name_key(part)],) for part in reversed(parts) if name_key(part) in spelling), ())


def _own_name(kind: str, wanted: str, place: Place) -> tuple[str, ...]:
    """A persona's card is about that persona, a battlecard about that competitor, though no field says so."""
    return (name_key(stem(place.path)),) if kind == wanted else ()
