"""A card as Content: the row in a list and the preview with the words to say on top."""

from __future__ import annotations

import re
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
    "unverified": "$foreground 70%",
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
    # A plain page nobody verifies is the rule in libraries without trust fields: its symbol says enough.
    plain = trust.state == "verified" or (trust.state == "unverified" and card.kind == "page" and card.status != "draft")
    words_of_state = "" if plain and not mark.internal else f" {mark.short[2:]}"
    tail = f"{words_of_state}  {card.kind}"
    room = max(width - 2 - len(tail), 12)
    title = highlighted(title_of(card), words, "bold").truncate(room, ellipsis=True)
    line = Content.assemble((f"{mark.symbol} ", style), title, " " * max(room - title.cell_length, 0))
    line = Content.assemble(line, (words_of_state, style), (f"  {card.kind}", "$foreground 70%"))
    if second is None:
        return line
    under = Content(second) if isinstance(second, str) else second
    return Content.assemble(
        line, "\n  ", under.truncate(max(width - 2, 10), ellipsis=True).stylize_before("$foreground 70%")
    )


def spoken(card: Card, width: int) -> Content:
    """The words to say behind a bar, wrapped for the width."""
    lines: list[Content] = []
    for paragraph in display(card.say).strip().split("\n"):
        wrapped = Content(paragraph.strip()).wrap(max(width - 2, 10)) if paragraph.strip() else [Content("")]
        lines += [Content.assemble(("▌ ", "$accent"), (line.plain, "bold $text-accent")) for line in wrapped]
    return Content("\n").join(lines)


_HEADING = re.compile(r"^#{1,6}[ \t]+(.*?)[ \t#]*$")


def unsaid(card: Card, markdown: str) -> str:
    """The card's Markdown without what the preview shows already: its title and the sections of the words to say."""
    from playbook.library.document import SAY_HEADINGS
    from playbook.library.names import heading_key

    kept: list[str] = []
    skipping = fenced = False
    for line in markdown.splitlines():
        fenced ^= line.startswith(("```", "~~~"))
        heading = None if fenced else _HEADING.match(line)
        if heading:
            skipping = bool(card.say) and card.kind != "page" and heading_key(heading[1]) in SAY_HEADINGS
            if heading[1].strip() == card.title:
                # The title goes alone; its text stays.
                continue
        if not skipping:
            kept.append(line)
    return "\n".join(kept)


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
    parts += [Content(""), Content.styled(context_line(card), "$foreground 70%"), Content("")]
    rest = markdown_content(unsaid(card, markdown), width)
    for start, end in spans_of(rest.plain, words):
        rest = rest.stylize(FOUND, start, end)
    return Content("\n").join([*parts, rest])
