"""A card as Content: the row in a list and the preview with the words to say on top."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content, Span

from playbook.finding.answers import context_line
from playbook.finding.badge import badge
from playbook.library.card import Card, Trust
from playbook.text.safe import display, one_line
from playbook.widgets.highlight import spans_of

STATE_STYLES = {
    "verified": "$text-success",
    "expired": "$text-warning",
    "unverified": "$foreground 70%",
    "retired": "$text-error",
}
FOUND = "bold underline"
MOST_PREVIEWED = 20_000  # characters; nobody scrolls a preview further, and a hostile megabyte must not hold the screen
DIM = "$foreground 70%"


def highlighted(text: str, words: Collection[str], style: str = "") -> Content:
    """The text with the words of the question marked, by weight as well as by line."""
    content = Content.styled(text, style) if style else Content(text)
    for start, end in spans_of(text, words):
        content = content.stylize(FOUND, start, end)
    return content


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
) -> Content:
    """A result: badge and title, kind at the right end; with `second` a line below, `found` the ranges marked in it.

    Made in one piece, because a list of them is made for every key.
    """
    mark = badge(card, trust)
    style = STATE_STYLES[trust.state]
    # A plain page nobody verifies is the rule in libraries without trust fields: its symbol says enough.
    plain = trust.state == "verified" or (
        trust.state == "unverified" and card.kind == "page" and card.status != "draft"
    )
    state = "" if plain and not mark.internal else f" {mark.short[2:]}"
    room = max(width - 2 - len(f"{state}  {card.kind}"), 12)
    title, cells = _cut(title_of(card), room)
    line = f"{mark.symbol} {title}{' ' * (room - cells)}"
    spans = [Span(0, 2, style), Span(2, 2 + len(title), "bold")]
    spans += [Span(start + 2, end + 2, FOUND) for start, end in spans_of(title, words)]
    at = len(line)
    line += f"{state}  {card.kind}"
    spans += [Span(at, at + len(state), style), Span(at + len(state), len(line), DIM)]
    if second is not None:
        at = len(line) + 3
        under, _ = _cut(second, max(width - 2, 10))
        line += f"\n  {under}"
        spans.append(Span(at, len(line), DIM))
        spans += [Span(start + at, min(end + at, len(line)), FOUND) for start, end in found if start + at < len(line)]
    return Content(line, spans)


def _cut(text: str, room: int) -> tuple[str, int]:
    """The text cut to so many cells, with an ellipsis where it was longer, and how many it takes."""
    head = text[: room + 1]
    if head.isascii():
        return (head, len(head)) if len(head) <= room else (head[: room - 1] + "…", room)
    head = text[: room * 4]
    cells = cell_len(head)
    return (head, cells) if cells <= room else (set_cell_size(head, room - 1) + "…", room)


def spoken(card: Card, width: int) -> Content:
    """The words to say behind a bar, wrapped for the width."""
    lines: list[Content] = []
    for paragraph in display(card.say).strip().split("\n"):
        wrapped = Content(paragraph.strip()).wrap(max(width - 2, 10)) if paragraph.strip() else [Content("")]
        lines += [Content.assemble(("▌ ", "$accent"), (line.plain, "bold $text-accent")) for line in wrapped]
    return Content("\n").join(lines)


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


def preview(card: Card, trust: Trust, markdown: str, words: Collection[str], width: int) -> Content:
    """The first answer, readable without opening: title, badge, the words to say, then the rest."""
    from playbook.widgets.markdown_content import markdown_content

    mark = badge(card, trust)
    # Every line is wrapped here, once: the pane itself need not look for where lines end.
    parts = [
        *highlighted(title_of(card), words, "bold").wrap(width),
        *Content.styled(mark.full, STATE_STYLES[trust.state]).wrap(width),
    ]
    # A plain page has something to read, not something to say.
    if card.say and (card.say_named or card.kind != "page"):
        parts += [Content(""), spoken(card, width)]
    parts += [Content(""), *Content.styled(context_line(card), DIM).wrap(width), Content("")]
    shown = unsaid(card, markdown[:MOST_PREVIEWED])
    if len(markdown) > MOST_PREVIEWED:
        shown += "\n\n… Enter reads on\n"
    rest = markdown_content(shown, width)
    for start, end in spans_of(rest.plain, words):
        rest = rest.stylize(FOUND, start, end)
    return Content("\n").join([*parts, rest])
