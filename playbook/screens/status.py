"""The lines around the answer: the header, the chips, the tour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.content import Content

from playbook import keys
from playbook.text.safe import one_line
from playbook.widgets.fitting import fitted

if TYPE_CHECKING:
    from playbook.screens.desk import Desk
    from playbook.screens.finding.answering import Answered

BAR = 12
LEAST = 6  # cells below which nothing is said of the library
# What letters do with the focus in the list or the preview, by the keys' ids: every one of them, and those that are
# said where there is less room.
COMMANDS = (
    ("list-copy", "copy"),
    ("list-propose", "better words"),
    ("list-edit", "edit"),
    ("list-narrow", "narrow"),
    ("list-browse", "browse"),
    ("list-favourite", "favourite"),
    ("list-explain", "why"),
    ("list-miss", "miss"),
    ("list-queue", "queue"),
    ("list-verify", "verify"),
    ("list-help", "help"),
)
FEW = ("list-copy", "list-propose", "list-edit", "list-narrow", "list-browse", "list-queue")
DIM = "$foreground 70%"
# The keys as delivered.
DELIVERED = {key.id: keys.shown(key.keys) for key in keys.KEYS}


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
        known = f"{len(session.snapshot.cards)} cards" if not session.partial else "being read"
        left.append(Content(known))
        problems = len(session.snapshot.problems)
        if problems:
            left.append(Content.styled(f"{problems} problem{'s' if problems > 1 else ''}", "$text-warning"))
        news = desk.news
        if news is not None and news.cards:
            since = (
                datetime.fromtimestamp(news.since).astimezone().strftime("%-d %b") if news.since else "the last look"
            )
            left.append(Content.styled(f"{len(news.cards)} new since {since}", "$text-accent"))
        if desk.drafts:
            count = f"{desk.drafts} draft{'s' if desk.drafts > 1 else ''}"
            left.append(Content.styled(f"{count} ({keys.pressed('palette')}: drafts)", DIM))
    elif failed:
        left.append(Content.styled("not open", "$text-error"))
    else:
        left.append(Content("opening …"))
    line = Content("  ").join(left)
    behind = desk.progress.what and f"{desk.progress.what} {bar(desk.progress.done, desk.progress.total)}"
    # That nothing goes out is said beside what goes on; all else of the hub can wait until that is done.
    cut_off = desk.sync_word.startswith(("offline", "read-only"))
    right = "  ".join(part for part in (behind, desk.sync_word if cut_off or not behind else "") if part)
    if not right:
        return fitted(line, width)
    room = width - line.cell_length - len(right) - 1
    if room < 1 and behind:
        # On a narrow screen what goes on behind is what one waits for.
        return fitted(Content(f" {right if len(right) < width or not cut_off else desk.sync_word}"), width)
    if room < 1:
        # The hub's word stays whatever the width; of the library less is said.
        if width - len(right) < LEAST:
            return fitted(Content(f" {right}"), width)
        line = fitted(line, max(width - len(right) - 2, 0))
        room = width - line.cell_length - len(right) - 1
    return fitted(Content.assemble(line, " " * max(room, 1), (f"{right} ", DIM)), width)


def chips(
    shown: Answered, width: int, names: Mapping[str, str] = DELIVERED, *, commanding: bool = False, put_by: str = ""
) -> Content:
    """The filters in force, the call's context, what was corrected, the count and the time.

    A filter that fits nothing says so, and so do letters that command; `put_by` is the question that comes back with Esc.
    What does not fit is said shorter, or not at all; the count stays.
    """
    more = f"{len(shown.cards)} of {shown.total}" if shown.total > len(shown.cards) else f"{shown.total}"
    count = f"{more} found{' so far' if shown.engine == 'first look' else ''}"
    rights = [""] if shown.heading else [f"{count} · {shown.took_ms:.0f} ms ", f"{count} "]
    # What is wrong with the question says more than how little it found.
    rights += [""] if shown.unknown else []
    lines = [Content.assemble(" ", Content("  ").join(left)) for left in _chips(shown, names, commanding, put_by)]
    for line in lines:
        for right in rights:
            room = width - line.cell_length - len(right)
            if room >= 0:
                return Content.assemble(line, " " * room, (right, DIM))
    room = width - len(rights[-1]) - 1
    if room < 1 or not rights[-1]:
        return fitted(lines[-1], width)
    return Content.assemble(fitted(lines[-1], room), " ", (rights[-1], DIM))


def _chips(shown: Answered, names: Mapping[str, str], commanding: bool, put_by: str) -> list[list[Content]]:
    """What stands on the left, the longest first."""
    if shown.unknown and not commanding:
        return [[Content.styled(f"! {one_line(shown.unknown[0])}", "$text-warning")]]
    filters = [Content.styled(f" {facet}: {one_line(value, 30)} ", "reverse") for facet, value in shown.filters]
    short = [Content.styled(f" {one_line(value, 30)} ", "reverse") for _, value in shown.filters]
    if shown.heading and not filters:
        filters = short = [Content.styled(shown.heading, DIM)]
    if put_by:
        back = f'{names["back"]} brings back "{one_line(put_by, 40)}"'
        filters, short = [*filters, Content.styled(back, "$text-accent")], [Content.styled(back, "$text-accent")]
    call, bare = _call(shown, names), _call(shown, {})
    said = _corrected(shown, names)
    if not commanding:
        wide = [[*filters, *pinned, *corrected] for corrected in said for pinned in (call, bare)]
        return [*wide, *([*short, *bare, *corrected] for corrected in said)]
    every = ", ".join(f"{names[name]} {does}" for name, does in COMMANDS)
    few = ", ".join(f"{names[name]} {does}" for name, does in COMMANDS if name in FEW)
    hints = [
        Content.styled(hint, "$text-accent")
        for hint in (
            f"{every}; other letters type",
            f"{few}, {names['list-help']} says the rest",
            f"letters command, {names['list-help']} says which",
        )
    ]
    return [*([*bare, *said[0], hint] for hint in hints[:-1]), *([*bare, *corrected, hints[-1]] for corrected in said)]


def _call(shown: Answered, names: Mapping[str, str]) -> list[Content]:
    """The call's context in words; with names also what the key does with it now."""
    if not shown.context:
        return []
    from playbook.screens.finding.call import filters_in

    does = "clears" if not filters_in(shown.question) else "pins the filters" if shown.filters else "pins"
    key = f"  {names['pin-context']} {does}" if names else ""
    return [Content.assemble((f"call: {one_line(', '.join(shown.context), 60)}", "$text-accent bold"), (key, DIM))]


def _corrected(shown: Answered, names: Mapping[str, str]) -> list[list[Content]]:
    """What was searched instead of what was typed: one wording, of which less stands where there is less room."""
    key = names["as-typed"]
    if shown.as_typed:
        return [[Content.styled(f"Searched as typed  {key} corrects", DIM)]]
    if not shown.corrected:
        return [[]]
    from playbook.search.query import words_typed

    found, typed = one_line(shown.corrected, 60), one_line(words_typed(shown.question), 60)
    return [
        [Content.styled(f"{said}  {key} as typed", "$text-warning")]
        for said in (f'Showing "{found}" instead of "{typed}"', f'Showing "{found}"', f'"{found}"')
    ]


def note(shown: Answered | None, failure: str, *, nothing_open: bool, touring: bool) -> Content | None:
    """What stands in the preview when no card does; None when there is nothing to say."""
    names = DELIVERED
    if nothing_open:
        sentence = f"No library is open. {names['libraries']} opens one: the demonstration, a path or a URL."
        return Content.styled(sentence, "bold")
    if failure:
        return Content.styled(failure, "$text-error")
    reading = shown is not None and shown.engine == "first look"
    if shown is not None and reading and shown.heading:
        return Content.styled(f"{shown.heading}. Type what the buyer said: search works already.", "bold")
    if shown is not None and not shown.cards:
        return nothing_found(shown.filters, names, reading=reading)
    return tour(names) if touring else None


def nothing_found(filters: Sequence[tuple[str, str]], names: Mapping[str, str], *, reading: bool = False) -> Content:
    """The empty state: what happened and what to do."""
    lines = [Content.styled("Nothing found", "bold"), Content("")]
    if reading:
        lines.append(Content("The library is still being read; more may be found in a moment"))
    if filters:
        lines.append(Content(f"{names['clear-filters']}  drops the filters and keeps the words"))
    lines += [
        Content("Try fewer words, or the word the buyer used"),
        Content(f"{names['browse']}  browse by stage and by kind"),
        Content(f"{names['propose']}  propose a new card for these words"),
        Content(f"{names['back']}  clear the box"),
    ]
    return Content("\n").join(lines)


def tour(names: Mapping[str, str]) -> Content:
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
