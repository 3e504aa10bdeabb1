"""A card as Content: the row in a list and the preview with the words to say on top."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from textual.content import Content, Span

from playbook.finding.answers import context_line
from playbook.finding.badge import badge
from playbook.library.card import Card, Trust
from playbook.text.safe import display, one_line
from playbook.widgets.fitting import cut
from playbook.widgets.highlight import FOUND, spans_of
from playbook.widgets.line import NOTHING, Line, assembled, wrapped
from playbook.widgets.preview_pane import Preview

STATE_STYLES = {
    "verified": "$text-success",
    "expired": "$text-warning",
    "unverified": "$foreground 70%",
    "retired": "$text-error",
}
CHANGED_STYLE = "$text-warning"  # verified, and changed since
MOST_PREVIEWED = 20_000  # characters; nobody scrolls a preview further, and a hostile megabyte must not hold the screen
DIM = "$foreground 70%"


def style_of(trust: Trust) -> str:
    """The colour of a badge, which never says more than its sign and words."""
    return CHANGED_STYLE if trust.state == "verified" and trust.changed_since else STATE_STYLES[trust.state]


def title_of(card: Card) -> str:
    """The card's title on one line, behind its page's where it is a section."""
    title = one_line(card.title, 200) or one_line(card.path, 200)
    if card.page_title and card.page_title != card.title:
        return f"{title}  ‹ {one_line(card.page_title, 80)}"
    return title


def row(
    card: Card,
    trust: Trust,
    words: Collection[str],
    second: str | None,
    width: int,
    found: Sequence[tuple[int, int]] = (),
    sign: str = "",
) -> Content:
    """A result: badge and title, kind at the right end; with `second` a line below, `found` the ranges marked in it.
    `sign` is the key that shows the card, where it has one.

    Made in one piece, because a list of them is made for every key.
    """
    mark = badge(card, trust)
    style = style_of(trust)
    # A plain page nobody verifies is the rule in libraries without trust fields: its symbol says enough.
    plain = mark.word == "verified" or (trust.state == "unverified" and card.kind == "page" and card.status != "draft")
    state = "" if plain and not mark.internal else f" {mark.short[2:]}"
    kind = f"  [{sign}] {card.kind}" if sign else f"  {card.kind}"
    room = max(width - 2 - len(state) - len(kind), 12)
    title, cells = cut(title_of(card), room)
    line = f"{mark.symbol} {title}{' ' * (room - cells)}"
    spans = [Span(0, 2, style), Span(2, 2 + len(title), "bold")]
    spans += [Span(start + 2, end + 2, FOUND) for start, end in spans_of(title, words)]
    at = len(line)
    line += f"{state}{kind}"
    spans += [Span(at, at + len(state), style), Span(at + len(state), len(line), DIM)]
    if second is not None:
        at = len(line) + 3
        under, _ = cut(second, max(width - 2, 10))
        line += f"\n  {under}"
        spans.append(Span(at, len(line), DIM))
        spans += [Span(start + at, min(end + at, len(line)), FOUND) for start, end in found if start + at < len(line)]
    return Content(line, spans)


def spoken(say: str, width: int) -> list[Line]:
    """The words to say behind a bar, wrapped for the width."""
    paragraphs = [Line(paragraph.strip()) for paragraph in display(say).strip().split("\n")]
    return [
        assembled([("▌ ", "$accent"), (line.text, "bold $text-accent")])
        for paragraph in paragraphs
        for line in wrapped(paragraph, max(width - 2, 10))
    ]


def unsaid(card: Card, markdown: str) -> str:
    """The card's Markdown without what the preview shows already: its title and the sections of the words to say."""
    from playbook.library.document import SAY_HEADINGS
    from playbook.library.names import heading_key
    from playbook.library.plain import heading_text

    kept: list[str] = []
    skipping = fenced = False
    for line in markdown.splitlines():
        fenced ^= line.startswith(("```", "~~~"))
        heading = None if fenced else heading_text(line)
        if heading is not None:
            skipping = bool(card.say) and card.kind != "page" and heading_key(heading) in SAY_HEADINGS
            if heading == card.title:
                # The title goes alone; its text stays.
                continue
        if not skipping:
            kept.append(line)
    return "\n".join(kept)


def preview(card: Card, trust: Trust, markdown: str, width: int, *, terse: bool = False, marked: str = "") -> Preview:
    """The first answer, readable without opening: title, badge, the words to say, then the rest.

    `terse` is for a terminal of few rows: badge and title share one line, and the words to say stand right below.
    `marked` says that somebody forced it, or ruled on it.
    """
    from playbook.widgets.markdown_lines import markdown_lines

    def styled(text: str, style: str) -> list[Line]:
        return wrapped(assembled([(text, style)]), width)

    # A plain page has something to read, not something to say.
    said = spoken(card.say, width) if card.say and (card.say_named or card.kind != "page") else []
    mark = badge(card, trust)
    full = [*styled(mark.full, style_of(trust)), *(styled(marked, DIM) if marked else [])]
    if terse:
        title, _ = cut(title_of(card), max(width - len(mark.short) - 2, 8))
        head = [assembled([(mark.short, style_of(trust)), (f"  {title}", "bold")])]
        above = [*head, *said, NOTHING, *full, *styled(context_line(card), DIM), NOTHING]
        if not said:
            above = [*head, NOTHING]
    else:
        head = styled(title_of(card), "bold")
        above = [*head, *full]
        if said:
            above += [NOTHING, *said]
        above += [NOTHING, *styled(context_line(card), DIM), NOTHING]
    shown = unsaid(card, markdown[:MOST_PREVIEWED])
    if len(markdown) > MOST_PREVIEWED:
        shown += "\n\n… Enter reads on\n"
    return Preview([*above, *markdown_lines(shown, width)], len(head), len(above))
