"""The lines around the answer: the header, the chips, the tour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.content import Content

from playbook import keys
from playbook.text.safe import one_line
from playbook.widgets.fitting import fitted

if TYPE_CHECKING:
    from playbook.screens.answering import Answered
    from playbook.screens.desk import Desk

BAR = 12
# What letters do with the focus in the list or the preview, by the keys' ids.
COMMANDS = (("list-copy", "copy"), ("list-narrow", "narrow"), ("list-browse", "browse"), ("list-help", "help"))


def bar(done: int, total: int) -> str:
    """A progress bar of twelve cells with its percentage, for any terminal."""
    if total <= 0:
        return "…"
    part = min(max(done / total, 0.0), 1.0)
    full = round(part * BAR)
    return f"[{'#' * full}{'.' * (BAR - full)}] {part:4.0%}"


def header(desk: Desk, width: int, failed: object = "") -> Content:
    """Library, cards, news on the left; the hub and what goes on behind on the right."""
    session = desk.session
    left = [Content.styled(" playbook", "bold $primary")]
    if session is not None:
        left.append(Content.styled(one_line(session.name, 40), "bold"))
        left.append(Content(f"{len(session.snapshot.cards)} cards"))
        problems = len(session.snapshot.problems)
        if problems:
            left.append(Content.styled(f"{problems} problem{'s' if problems > 1 else ''}", "$text-warning"))
        news = desk.news
        if news is not None and news.cards:
            since = (
                datetime.fromtimestamp(news.since).astimezone().strftime("%-d %b") if news.since else "the last look"
            )
            left.append(Content.styled(f"{len(news.cards)} new since {since}", "$text-accent"))
    elif failed:
        left.append(Content.styled("not open", "$text-error"))
    else:
        left.append(Content("opening …"))
    right = ""
    if desk.progress.what:
        right = f"{desk.progress.what} {bar(desk.progress.done, desk.progress.total)} "
    elif desk.sync_word:
        right = f"{desk.sync_word} "
    line = Content("  ").join(left)
    room = width - line.cell_length - len(right)
    if room < 1:
        # On a narrow screen what goes on behind is what one waits for.
        return fitted(line if not desk.progress.what else Content(f" {right.rstrip()}"), width)
    return Content.assemble(line, " " * room, (right, "$foreground 70%"))


def chips(shown: Answered, width: int, *, commanding: bool = False) -> Content:
    """The filters in force, the count and the time; a filter that fits nothing says so, and so do letters that command."""
    left: list[Content] = [
        Content.styled(f" {facet}: {one_line(value, 30)} ", "reverse") for facet, value in shown.filters
    ]
    if shown.unknown:
        left = [Content.styled(f"! {one_line(shown.unknown[0])}", "$text-warning")]
    elif shown.heading and not left:
        left = [Content.styled(shown.heading, "$foreground 70%")]
    if commanding:
        commands = [f"{keys.pressed(name)} {does}" for name, does in COMMANDS]
        left = [Content.styled(f"{', '.join(commands)}; other letters type", "$text-accent")]
    more = f"{len(shown.cards)} of {shown.total}" if shown.total > len(shown.cards) else f"{shown.total}"
    slow = " · scanning" if shown.engine == "scan" else ""
    right = f"{more} found · {shown.took_ms:.0f} ms{slow} " if not shown.heading else ""
    line = Content.assemble(" ", Content(" ").join(left))
    room = width - line.cell_length - len(right)
    if room < 1:
        return fitted(line, width)
    return Content.assemble(line, " " * room, (right, "$foreground 70%"))


def note(shown: Answered | None, failure: str, *, nothing_open: bool, touring: bool) -> Content | None:
    """What stands in the preview when no card does; None when there is nothing to say."""
    names = {key.id: keys.shown(key.keys) for key in keys.KEYS}
    if nothing_open:
        sentence = f"No library is open. {names['libraries']} opens one: the demonstration, a path or a URL."
        return Content.styled(sentence, "bold")
    if failure:
        return Content.styled(failure, "$text-error")
    if shown is not None and not shown.cards:
        return nothing_found(shown.filters, names)
    return tour(names) if touring else None


def nothing_found(filters: Sequence[tuple[str, str]], names: dict[str, str]) -> Content:
    """The empty state: what happened and what to do."""
    lines = [Content.styled("Nothing found", "bold"), Content("")]
    if filters:
        lines.append(Content(f"{names['clear-filters']}  drops the filters and keeps the words"))
    lines += [
        Content("Try fewer words, or the word the buyer used"),
        Content(f"{names['browse']}  browse by stage and by kind"),
        Content(f"{names['back']}  clear the box"),
    ]
    return Content("\n").join(lines)


def tour(names: dict[str, str]) -> Content:
    """Three lines on the first start; any key dismisses them for good."""
    return Content("\n").join(
        [
            Content.styled("Type what the buyer just said; the line to say stands here.", "bold"),
            Content(
                f"{names['copy']} copies it, {names['open']} reads the whole card, {names['narrow']} narrows by stage or persona."
            ),
            Content(
                f"{names['help-search']} shows every key, {names['palette']} does anything by its name. Any key begins."
            ),
        ]
    )
