"""The head of the review screen: what it is, how long it waits, what keeps it from main, whose keys it has, and why."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from playbook import keys
from playbook.review.keyring import GIVEN, GIVES, Given, Keyring
from playbook.screens.reviewing.queue_rows import DIM, ERROR, GOOD, WARNING, age, day, to_decide, verdicts
from playbook.screens.reviewing.shown import OPEN, Reviewed
from playbook.screens.reviewing.taken_back import how, why
from playbook.text.safe import display_path, one_line
from playbook.widgets.fitting import fitted
from playbook.widgets.line import Line, lines_of, wrapped

MOST_MISSING = 3
WHOLE = 99  # lines of a part of the head that is shown to its end
# The badge of a key: a sign and its words, so that nothing hangs on colour.
SIGNS = {"verified": ("✓", GOOD), "unsigned": ("?", WARNING), "wrong key": ("×", ERROR), "unchecked": ("?", WARNING)}
GAVE = {"approve": "approved", "rule": "ruled for it", "override": "forced it"}
LANES = {"fast": "by the fast lane", "ruling": "by ruling", "override": "FORCED", "verify": "by verifying it"}


def header(reviewed: Reviewed, place: str, width: int, rows: int) -> Content:
    """Title, who and how long, what keeps it from main and whose keys it has, and why: the why up to `rows` lines."""
    proposal, row = reviewed.proposal, reviewed.row
    kind = one_line(proposal.kind, 12)
    right = f"  {kind}  {place} "
    title = fitted(
        Content.styled(f" {one_line(proposal.title, 200) or proposal.id}", "bold"), max(width - len(right), 8)
    )
    first = Content.assemble(title, " " * max(width - len(right) - title.cell_length, 0), (right, DIM))
    word, look = ("× taken back", WARNING) if reviewed.taken else age(row, reviewed.policy.review_hours)
    who = one_line(proposal.author.name or proposal.author.mail, 40)
    parts = [Content.styled(f" {word}", look), Content(f"{who}, {day(proposal.opened)}")]
    parts += [Content("yours")] if reviewed.own else []
    parts += [Content.styled("↑ waits to be sent", WARNING)] if proposal.unsent else []
    parts += [
        Content.styled(said, GOOD if said.endswith("approved") else WARNING)
        for said in verdicts(row)
        # Whose keys it has, stands in a line of its own where there is room.
        if rows == 1 or not (reviewed.keyring.given and said.endswith(" approved"))
    ]
    second = fitted(Content.styled(" · ", DIM).join(parts), width)
    stands = _stands(reviewed, width, 2)
    if rows == 1:
        own = _own(reviewed)
        stands = [fitted(Content.styled(" · ", DIM).join([*own, *stands[:1]]), width)]
    else:
        stands += [line for part in (_given(reviewed.keyring), *_own(reviewed)) for line in _lines(part, width, 2)]
    return Content("\n").join([first, second, *stands, *_why(proposal.why, width, rows)])


def whole_head(reviewed: Reviewed, width: int) -> list[Line]:
    """What keeps it from main, whose keys it has, what one's own would do, and why: all of it to its end."""
    parts = (_given(reviewed.keyring), *_own(reviewed))
    made = [*_stands(reviewed, width, WHOLE), *(line for part in parts for line in _lines(part, width, WHOLE))]
    return [line for one in (*made, *_why(reviewed.proposal.why, width, WHOLE)) for line in lines_of(one)]


def _lines(content: Content, width: int, rows: int) -> list[Content]:
    """The content in at most so many lines, each begun with a space; the last one cut where there is more."""
    if not content.plain.strip():
        return []
    whole = Content.assemble(" ", content)
    lines = wrapped(Line(whole.plain, whole.spans), max(width - 3, 8))
    made = [Content(line.text, list(line.spans)) for line in lines[:rows]]
    if len(lines) > rows:
        made[-1] = Content.assemble(made[-1], f" {lines[rows].text.strip()}")
    return [fitted(Content.assemble("   ", line) if at else line, width) for at, line in enumerate(made)]


def _stands(reviewed: Reviewed, width: int, most: int) -> list[Content]:
    """What keeps it from main, in plain words; each thing that is missing by itself."""
    row, state = reviewed.row, reviewed.proposal.state
    ring = reviewed.keyring
    if state == "merged":
        lane = f", {LANES[ring.lane]}" if ring.lane else ""
        taken = reviewed.taken
        if taken is not None:
            said = how(taken, reviewed.policy, day(taken.changed))
            return _lines(Content.assemble((f"× Merged{lane}, then {said}: ", WARNING), why(taken)), width, most)
        return [Content.styled(f" ✓ Merged into main{lane}", WARNING if ring.lane == "override" else GOOD)]
    if state in ("declined", "withdrawn", "parked"):
        return _lines(_ended(reviewed), width, most)
    before = _lines(_before(ring), width, most) if ring.before else []
    if row.conflict:
        files = display_path(", ".join(path.removeprefix("content/") for path in row.conflict))
        said = f"{'; '.join(row.moved) or f'with main in {one_line(files, 200)}'}; {keys.pressed('resolve')} settles it"
        return [*before, *_lines(Content.assemble(("CONFLICT ", ERROR), said), width, 1 if most != WHOLE else most)]
    if row.mergeable:
        lane = f", {LANES[ring.lane]}" if ring.lane else ""
        return [*before, Content.styled(f" ✓ Nothing keeps it from main{lane}", GOOD)]
    missing = grouped(row.blocked_by)
    count = MOST_MISSING if most != WHOLE else max(len(missing), 1)
    more = f" (and {len(missing) - count} more)" if len(missing) > count else ""
    shown = [*missing[: count - 1], *(f"{one}{more}" for one in missing[count - 1 : count])]
    made: list[Content] = []
    for at, one in enumerate(shown):
        made += _lines(Content.assemble(("Not in main yet: ", DIM) if not at else ("and: ", DIM), one), width, most)
    return [*before, *made]


def grouped(sentences: Iterable[str]) -> list[str]:
    """What is missing, a line for each rule that asks for it: its place is told once."""
    by_place: dict[str, list[str]] = {}
    for sentence in sentences:
        said, where = _parted(sentence)
        by_place.setdefault(where or said, []).append(said)
    return ["; ".join(said) + (f" {where}" if said != [where] else "") for where, said in by_place.items()]


def _parted(sentence: str) -> tuple[str, str]:
    """What is missing, and in brackets where and by which rule; every file of a library stands in content/."""
    said, bracket, where = one_line(sentence, 300).rpartition(" (")
    if not bracket or not where.endswith(")") or ": " not in where:
        return one_line(sentence, 300), ""
    return said, f"({where.removeprefix('content/')}"


def _before(ring: Keyring) -> Content:
    """Why it stands before the heads, and who is to decide."""
    said = to_decide(ring.judges, one_line(ring.before, 200))
    rules = [(f"; {keys.pressed('rule')} rules on it", "bold")] if "rule" not in ring.refused else []
    return Content.assemble(("Heads: ", DIM), said, *rules)


def _ended(reviewed: Reviewed) -> Content:
    """How it ended, who ended it, and why."""
    proposal = reviewed.proposal
    because = one_line(proposal.ended_because, 300) or "nobody said why"
    ended = next((one for one in reversed(proposal.events) if one.text == proposal.ended_because), None)
    if ended and ended.word == "rule":
        return Content.assemble((f"Ruled against by {reviewed.policy.name_of(ended.by.mail)}: ", WARNING), because)
    return Content.assemble((f"{proposal.state.capitalize()}: ", WARNING), because)


def _given(ring: Keyring) -> Content:
    """Whose keys it has, each with its badge in a sign and words."""
    if not ring.given:
        return Content("")
    said = Content.styled(", ", DIM).join([_one_key(one) for one in ring.given])
    return Content.assemble(("Keys: ", DIM), said)


def _one_key(one: Given) -> Content:
    did = "ruled against it" if one.against else GAVE.get(one.word, "verified it")
    useless = "" if one.counts else ", which does not count"
    if not one.badge:
        look = GOOD if one.counts and not one.against and one.word != "override" else WARNING
        return Content.styled(f"{'✓' if one.counts and not one.against else '×'} {one.by} {did}{useless}", look)
    sign, look = SIGNS[one.badge]
    return Content.assemble(f"{one.by} {did} ", (f"[{sign} {one.badge}]", look), (useless, WARNING))


def _own(reviewed: Reviewed) -> list[Content]:
    """What the reader's own key would come to, or why it would be none; nothing where there is none to give."""
    ring, proposal = reviewed.keyring, reviewed.proposal
    if proposal.state not in OPEN or proposal.fault or reviewed.row.conflict:
        return []
    said = own_key(ring)
    if not said:
        return []
    return [Content.styled(said, DIM if ring.may_not or ring.own != GIVES else GOOD)]


def own_key(ring: Keyring) -> str:
    """What the reader's key would come to, in a sentence without its full stop; "" where there is nothing to say."""
    if ring.may_not and ring.before and "rule" not in ring.refused:
        return f"Not yours to approve, but {keys.pressed('rule')} rules on it: {ring.may_not}"
    if ring.may_not:
        return f"Not yours to approve: {ring.may_not}"
    if ring.own == GIVEN:
        return "Your key is given"
    if not ring.own:
        return ""
    if ring.merges:
        return "Your key merges it, by the fast lane" if ring.lane == "fast" else "Your key merges it"
    # Where and by which rule stands above, with all that is missing now.
    still = "; ".join(dict.fromkeys(_parted(one)[0] for one in ring.then))
    return f"Your key counts; then still: {still}" if ring.own == GIVES else f"Your key changes nothing yet: {still}"


def _why(why: str, width: int, rows: int) -> list[Content]:
    if not why.strip():
        return [Content.styled(" Why: nobody said yet", WARNING)]
    return _lines(
        Content.assemble(("Why: ", DIM), (one_line(why, 600 if rows != WHOLE else 5_000), "italic")), width, rows
    )


def file_line(reviewed: Reviewed, at: int, width: int) -> Content:
    """Which of its files is on the screen."""
    if not reviewed.changes:
        return Content("")
    change = reviewed.changes[at]
    name = display_path(change.path)
    was = f" (was {display_path(change.renamed_from)})" if change.renamed_from else ""
    count = len(reviewed.changes)
    first = f" File {at + 1} of {count}: " if count > 1 else " "
    following = reviewed.changes[(at + 1) % count]
    rest = f"  ] {display_path(following.path).rpartition('/')[2]}" if count > 1 else ""
    return fitted(Content.assemble((first, DIM), (name, "bold"), f"{was}, {change.what}", (rest, DIM)), width)
