"""A conflict laid out: for each place what stood there, what main says now, what is proposed, and what was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from playbook import keys
from playbook.text.safe import display, display_path, one_line
from playbook.widgets.changes import inline_lines
from playbook.widgets.fitting import fitted
from playbook.widgets.line import NOTHING, Line, assembled, joined, wrapped
from playbook.widgets.markdown_lines import markdown_lines
from playbook.widgets.stops import Page, Stop

if TYPE_CHECKING:
    from playbook.screens.reviewing.settling import File, Settlement

PLACE = "place "
DIM, WARNING, GOOD = "$foreground 70%", "bold $text-warning", "bold $text-success"
SIDES = (("ours", "1  On main now"), ("theirs", "2  Proposed"))
HUB_SIDES = (("ours", "1  At the hub now"), ("theirs", "2  Yours, not sent yet"))
TAKEN_OF_HUB = {"ours": "the hub's words", "theirs": "yours", "both": "both, the hub's first", "base": "as it was"}
TAKEN = {"ours": "main's words", "theirs": "the proposed words", "both": "both, main's first", "base": "as it was"}


def head(found: Settlement, width: int, rows: int) -> Content:
    """Which proposal, how much is open, and why it was proposed."""
    names = keys.names()
    title = fitted(Content.styled(f" Settle: {one_line(found.proposal.title, 200)}", "bold"), width)
    if not found.files:
        how = Content.styled(" ✓ Nothing is in conflict any more; Esc goes back", GOOD)
    elif found.open:
        one, two, three, four = (names[id] for id in ("take-main", "take-proposed", "take-both", "edit-conflict"))
        ours, theirs = ("the hub's", "yours") if found.at_hub else ("main's", "proposed")
        how = Content.styled(
            f" ! {found.open} of {found.places} open: {one} {ours}, {two} {theirs}, {three} both, {four} other words",
            WARNING,
        )
    else:
        how = Content.styled(f" ✓ Nothing is open; {names['settle']} settles it, and it is approved anew", GOOD)
    note = wrapped(Line(f" {becomes_author(found)}"), width) if found.files and becomes_author(found) else []
    why = wrapped(assembled([(" Why: ", DIM), (one_line(found.proposal.why, 600) or "nobody said", "italic")]), width)
    return Content("\n").join(
        [
            title,
            fitted(how, width),
            *(Content.styled(line.text, WARNING) for line in note),
            *(Content(line.text, list(line.spans)) for line in why[:rows]),
        ]
    )


def becomes_author(found: Settlement) -> str:
    """What settling it makes of who does, said before they do; "" for its proposer, of whom it makes nothing new."""
    if found.own or found.at_hub:
        return ""
    who = one_line(found.proposal.author.name or found.proposal.author.mail, 40)
    return f"Settling makes you one of its authors: {who} must acknowledge it before your approval counts"


def conflict_page(found: Settlement, width: int) -> Page:
    """Every place of every file, and between them how much joins by itself."""
    lines: list[Line] = []
    stops: list[Stop] = []
    count = 0
    for at, file in enumerate(found.files):
        if lines:
            lines.append(NOTHING)
        lines += _about(file, width)
        joins = sum(hunk.kind in ("ours", "theirs", "both") for hunk in file.hunks)
        if joins:
            many = "changes join" if joins > 1 else "change joins"
            lines.append(assembled([(f"  ✓ {joins} other {many} by itself", DIM)]))
        for number in file.conflicts:
            count += 1
            lines.append(NOTHING)
            start = len(lines)
            _place(file, number, f"Place {count} of {found.places}", width, lines)
            stops.append(Stop(f"{PLACE}{at} {number}", start, len(lines), number in file.open))
        if not file.conflicts:
            start = len(lines)
            lines += _rendered(file.text() or "", width - 2)
            stops.append(Stop(f"{PLACE}{at} -1", start, len(lines)))
    return Page(lines, stops)


def _about(file: File, width: int) -> list[Line]:
    """Which file, and what happened to it on main, in words."""
    one = file.conflicted
    lines = [assembled([(display_path(one.path), "bold $primary")])]
    said = ""
    if one.now_at and one.moves_to:
        to, now = display_path(one.moves_to), display_path(one.now_at)
        said = (
            f"The proposal renames this card to {to}, and main has renamed it to {now} since; settled, it is at {to}."
        )
    elif one.moves_to:
        said = f"The proposal renames this card to {display_path(one.moves_to)}; the settled words go there."
        if one.ours is None:
            said = (
                "Main has deleted this card since, and the proposal renames it. 1 leaves it deleted, 2 brings it back."
            )
        elif not file.conflicts:
            said += " Both texts join by themselves: Enter settles it."
    elif one.now_at and one.theirs is None:
        said = f"Main has moved this card to {display_path(one.now_at)} since, and the proposal deletes it. 1 keeps it."
    elif one.now_at:
        said = f"Main has moved this card to {display_path(one.now_at)} since; the settled words go there."
        if not file.conflicts:
            said += " Both texts join by themselves: Enter settles it."
    elif one.ours is None:
        said = "Main has deleted this card since. 1 leaves it deleted, 2 brings it back with the proposed words."
    elif one.theirs is None:
        said = "The proposal deletes this card, but main changed its words since. 1 keeps it, 2 deletes it."
    elif one.base is None:
        said = "Both made a card in this place."
    elif not file.conflicts:
        said = "Block by block both texts join by themselves: Enter settles it."
    if one.at_hub:
        said = (
            said.replace("Main has", "Somebody has")
            .replace("main has", "somebody has")
            .replace("but main", "but somebody")
        )
        said = said.replace("The proposal deletes", "You delete").replace("the proposal", "what waits here")
        said = said or "Somebody else changed the same words of this proposal while yours waited here."
    return lines + (wrapped(assembled([(f"  {said}", WARNING)]), width) if said else [])


def _place(file: File, number: int, name: str, width: int, lines: list[Line]) -> None:
    hunk = file.hunks[number]
    if file.whole is not None:
        chosen = "✓ the whole file as you wrote it"
    elif number in file.own:
        chosen = "✓ your own words"
    elif number in file.choices:
        side = file.choices[number]
        chosen = "✓ " + ("the file goes" if file.gone and _goes(file, side) else taken_words(file, side))
    else:
        chosen = "! open"
    lines.append(assembled([(f"{name}  ", "bold"), (chosen, WARNING if chosen[0] == "!" else GOOD)]))
    width -= 4
    if hunk.base.strip():
        lines.append(assembled([("  As it was", DIM)]))
        lines += _indented(_rendered(hunk.base, width))
    taken = None if number in file.own or file.whole is not None else file.choices.get(number)
    for one, label in HUB_SIDES if file.conflicted.at_hub else SIDES:
        text = hunk.ours if one == "ours" else hunk.theirs
        mark = "✓ " if taken in (one, "both") else "  "
        lines.append(assembled([(mark, GOOD), (label, "bold $text-accent")]))
        if _goes(file, one):
            lines.append(assembled([("    the card is deleted", DIM)]))
        elif not text.strip():
            lines.append(assembled([("    these words are taken out", DIM)]))
        else:
            lines += _indented(
                inline_lines(hunk.base, text, width, None) if hunk.base.strip() else _rendered(text, width)
            )
    if number in file.own:
        lines.append(assembled([("✓ ", GOOD), ("e  Your own words", "bold $text-accent")]))
        lines += _indented(_rendered(file.own[number], width)) or [assembled([("    nothing", DIM)])]


def taken_words(file: File, side: str) -> str:
    """What was chosen, in words."""
    return (TAKEN_OF_HUB if file.conflicted.at_hub else TAKEN)[side]


def _goes(file: File, side: str) -> bool:
    return (side == "ours" and file.conflicted.ours is None) or (side == "theirs" and file.conflicted.theirs is None)


def _rendered(text: str, width: int) -> list[Line]:
    return markdown_lines(display(text), width)


def _indented(lines: list[Line]) -> list[Line]:
    return [joined([Line("    "), line]) for line in lines]
