"""A card as Content: the row in a list and the preview with the words to say on top."""

from __future__ import annotations

from collections.abc import Collection

from textual.content import Content

from playbook.finding.answers import context_line
from playbook.finding.badge import badge
from playbook.library.card import Card, Trust
from playbook.text.safe import display, one_line
from playbook.widgets.highlight import spans_of

STATE_STYLES = {
    "verified": "$text-success",
    "expired": "$text-warning",
    "unverified": "$text-muted",
    "retired": "$text-error",
}
FOUND = "bold underline"


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


def row(card: Card, trust: Trust, words: Collection[str], second: Content | str | None, width: int) -> Content:
    """A result: badge and title, kind at the right end; with `second` a line below."""
    mark = badge(card, trust)
    style = STATE_STYLES[trust.state]
    words_of_state = "" if trust.state == "verified" and not mark.internal else f" {mark.short[2:]}"
    tail = f"{words_of_state}  {card.kind}"
    room = max(width - 2 - len(tail), 12)
    title = highlighted(title_of(card), words, "bold").truncate(room, ellipsis=True)
    line = Content.assemble((f"{mark.symbol} ", style), title, " " * max(room - title.cell_length, 0))
    line = Content.assemble(line, (words_of_state, style), (f"  {card.kind}", "$text-muted"))
    if second is None:
        return line
    under = Content(second) if isinstance(second, str) else second
    return Content.assemble(
        line, "\n  ", under.truncate(max(width - 2, 10), ellipsis=True).stylize_before("$text-muted")
    )


def spoken(card: Card, width: int) -> Content:
    """The words to say behind a bar, wrapped for the width."""
    lines: list[Content] = []
    for paragraph in display(card.say).strip().split("\n"):
        wrapped = Content(paragraph.strip()).wrap(max(width - 2, 10)) if paragraph.strip() else [Content("")]
        lines += [Content.assemble(("▌ ", "$accent"), (line.plain, "bold $text-accent")) for line in wrapped]
    return Content("\n").join(lines)


def preview(card: Card, trust: Trust, markdown: str, words: Collection[str], width: int) -> Content:
    """The first answer, readable without opening: title, badge, the words to say, then the rest."""
    from playbook.widgets.markdown_content import markdown_content

    mark = badge(card, trust)
    parts = [
        highlighted(title_of(card), words, "bold"),
        Content.styled(mark.full, STATE_STYLES[trust.state]),
    ]
    if card.say:
        parts += [Content(""), spoken(card, width)]
    parts += [Content(""), Content.styled(context_line(card), "$text-muted"), Content("")]
    rest = markdown_content(markdown, width)
    for start, end in spans_of(rest.plain, words):
        rest = rest.stylize(FOUND, start, end)
    return Content("\n").join([*parts, rest])
