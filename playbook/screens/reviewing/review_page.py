"""A proposal laid out: the page with the change, what lint says, and what people said at its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from playbook import clock, keys
from playbook.finding.answers import context_line
from playbook.finding.badge import badge
from playbook.library.names import is_markdown
from playbook.review.moving import path_now
from playbook.review.rules.rights import DECLINE
from playbook.review.unheard import unheard_lines
from playbook.screens.reviewing.head import whole_head
from playbook.screens.reviewing.queue_rows import DIM, ERROR, GOOD, SAID, WARNING, day, hours
from playbook.screens.reviewing.shown import Reviewed
from playbook.text.safe import display, display_path, one_line
from playbook.text.worddiff import LINES_AROUND
from playbook.widgets.card_view import STATE_STYLES
from playbook.widgets.changes import Changes, inline_changes, side_by_side_changes
from playbook.widgets.fitting import fitted
from playbook.widgets.line import NOTHING, Line, assembled, joined, wrapped
from playbook.widgets.stops import Page, Stop

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.review.change import FileChange
    from playbook.review.events import Event
    from playbook.review.proposal import Thread
    from playbook.text.blocks import Block

BLOCK, THREAD, NOTE = "block ", "thread ", "note"
ACCENT = "$text-accent"
MOST_FOUND = 5
WIDE = 96  # cells from which what is known of the card may take several lines
MOST_FILES = 50  # of one commit
KINDS = {
    "revise": "revised", "resolve": "settled a conflict", "decline": "declined", "park": "parked",
    "escalate": "asked the heads to decide", "rule": "ruled for it", "override": "forced it",
}  # fmt: skip


class Look(NamedTuple):
    """How the page is to be laid out: which file, how wide, in two columns, with all blocks, which threads unfolded,
    and whether all that the head says stands above."""

    file: int = 0
    width: int = 78
    sides: bool = False
    whole: bool = False
    unfolded: frozenset[str] = frozenset()
    headed: bool = False


class LaidOut(NamedTuple):
    """The page, and for each stop that is a block the block of the text before and after."""

    page: Page
    blocks: dict[str, tuple[Block | None, Block | None]]


def lay_out(session: Session, reviewed: Reviewed, look: Look) -> LaidOut:
    """The whole page for one file; made away from the screen's thread."""
    lines: list[Line] = []
    stops: list[Stop] = []
    blocks: dict[str, tuple[Block | None, Block | None]] = {}
    lines += [*whole_head(reviewed, look.width), NOTHING] if look.headed else []
    _introduction(session, reviewed, look, lines)
    threads = list(reviewed.proposal.threads)
    if reviewed.changes:
        change = reviewed.changes[look.file]
        texts = {one.path: one.after for one in reviewed.changes if one.after}
        at = {one.id: path_now(one.first.path, texts) for one in threads}
        here = [one for one in threads if at[one.id] and at[one.id] in (change.path, change.renamed_from)]
        known = {path for one in reviewed.changes for path in (one.path, one.renamed_from)}
        whole = [one for one in threads if at[one.id] not in known or not at[one.id]]
        _change(change, here, look, lines, stops, blocks)
    else:
        whole = threads
        _note(reviewed, look, lines, stops)
    if whole:
        _gap(lines)
        lines.append(assembled([("On the whole", "bold $primary")]))
        for thread in whole:
            _thread(thread, look, lines, stops)
    return LaidOut(Page(lines, stops), blocks)


def _gap(lines: list[Line]) -> None:
    if lines and lines[-1].text.strip():
        lines.append(NOTHING)


def _introduction(session: Session, reviewed: Reviewed, look: Look, lines: list[Line]) -> None:
    """What one should know before reading: the card as it stands in the field, the findings, what was said so far."""
    card = reviewed.cards[look.file] if look.file < len(reviewed.cards) else None
    if card is not None:
        trust = session.trust(card)
        told = assembled([
            ("In the field: ", DIM), (badge(card, trust).full, STATE_STYLES[trust.state]),
            (f" · {context_line(card)}", DIM),
        ])  # fmt: skip
        lines += wrapped(told, look.width) if look.width >= WIDE else [_one_line(told, look.width)]
    if reviewed.changes and _moved(reviewed, look.file):
        since = (
            "main has changed this file since it was proposed; shown is what it would change in main as it is now"
            if reviewed.joined
            else "main has changed this file since it was proposed; shown are the words it began from"
        )
        lines += wrapped(assembled([("! Main moved: ", WARNING), (since, "")]), look.width)
    problems = reviewed.facts.problems
    for problem in problems[:MOST_FOUND]:
        where = f"line {problem.line}: " if problem.line else ""
        word = "! lint error  " if problem.severity == "error" else "! lint warning  "
        style = ERROR if problem.severity == "error" else WARNING
        lines += wrapped(assembled([(word, style), (f"{where}{one_line(problem.message, 300)}", "")]), look.width)
    if len(problems) > MOST_FOUND:
        lines.append(assembled([(f"  … and {len(problems) - MOST_FOUND} more findings", DIM)]))
    for id, title in reviewed.others:
        said = assembled([("! Also proposed for this card: ", WARNING), (f"{one_line(title, 120)}  {id}", "")])
        lines.append(_one_line(said, look.width))
    judged = {*reviewed.proposal.verdicts.values()}
    for event in reviewed.proposal.events:
        if event.text.strip() and not event.fault and event.word in {*SAID, *KINDS} and event.word != "split":
            lines += _said(event, look.width, _since(event, reviewed) if event not in judged else "")
    for line in unheard_lines(reviewed.proposal):
        lines += wrapped(assembled([("! ", WARNING), (line, "")]), look.width)
    _gap(lines)


def _moved(reviewed: Reviewed, at: int) -> bool:
    """Whether main changed that file under the proposal."""
    change = reviewed.changes[at]
    return bool({change.path, change.renamed_from} & {*reviewed.moved})


def _one_line(line: Line, width: int) -> Line:
    cut = fitted(Content(line.text, list(line.spans)), width)
    return Line(cut.plain, cut.spans)


def _since(event: Event, reviewed: Reviewed) -> str:
    """Why a verdict holds no more: it was on older words, or whoever gave it thought better of it; "" of what is none."""
    proposal, policy = reviewed.proposal, reviewed.policy
    if event.word not in SAID:
        return ""
    if event.head != proposal.head:
        return "older words"
    who = policy.same_person(event.by.mail)
    newest = next(
        (one for one in proposal.verdicts.values() if one.word != "acknowledge" and policy.same_person(one.by.mail) == who),
        None,
    )  # fmt: skip
    if newest is None or event.word == "acknowledge":
        return "before it was opened again"
    return f"and {SAID[newest.word]} since" if newest.word != event.word else "and says so again below"


def _said(event: Event, width: int, since: str) -> list[Line]:
    against = event.word == "rule" and event.ruling == DECLINE
    word = "ruled against it" if against else SAID.get(event.word) or KINDS[event.word]
    who = one_line(event.by.name or event.by.mail, 40)
    if since and word == SAID["request-changes"]:
        word = "asked for changes to" if since == "older words" else "asked for changes"
    of = f" {since}" if since else ""
    style = DIM if since else GOOD if event.word == "approve" else WARNING
    return wrapped(assembled([(f"{who} {word}{of}: ", style), (one_line(event.text, 2_000), "")]), width)


def _change(
    change: FileChange,
    threads: Sequence[Thread],
    look: Look,
    lines: list[Line],
    stops: list[Stop],
    blocks: dict[str, tuple[Block | None, Block | None]],
) -> None:
    """The change block by block, each with what people said of it below."""
    if not change.readable:
        lines.append(assembled([("This file is no text that can be shown", WARNING)]))
        return
    laid = _changes(change, look, context=None if look.whole else 1)
    placed, gone = _places(laid, threads)
    hidden = [at for at in placed if at not in laid.blocks]
    if hidden:
        # What somebody spoke of is not to be folded away.
        laid = _changes(change, look, context=None)
    at = 0
    while at < len(laid.lines):
        block = laid.blocks[at]
        end = at + 1
        while end < len(laid.lines) and laid.blocks[end] == block:
            end += 1
        part = laid.lines[at:end]
        if block < 0:
            lines += part
        else:
            # The line that parts a block from the one above is not the block's own.
            apart = next((number for number, line in enumerate(part) if line.text.strip(" │")), 0)
            lines += part[:apart]
            made = laid.changes[block]
            name = f"{BLOCK}{look.file} {block}"
            blocks[name] = (made.old, made.new)
            stops.append(Stop(name, len(lines), len(lines) + len(part) - apart, made.op != "same"))
            lines += part[apart:]
            for thread in placed.get(block, ()):
                _thread(thread, look, lines, stops)
        at = end
    if change.before == change.after and not laid.rows:
        said = "Only its place changes; every word stays" if change.renamed_from else "Main has these words already"
        lines.append(assembled([(said, DIM)]))
    if gone:
        _gap(lines)
        lines.append(assembled([("Outdated: the words they were about are gone", "bold $text-warning")]))
        for thread in gone:
            _thread(thread, look, lines, stops, outdated=True)


def _changes(change: FileChange, look: Look, context: int | None) -> Changes:
    laid_out = side_by_side_changes if look.sides else inline_changes
    by_line = not is_markdown(change.path)
    around = LINES_AROUND if by_line and context is not None else context
    return laid_out(change.before, change.after, look.width, around, by_line=by_line)


def _places(laid: Changes, threads: Sequence[Thread]) -> tuple[dict[int, list[Thread]], list[Thread]]:
    """By number of block the threads on it, and those whose block is gone."""
    from playbook.review.acting import Place
    from playbook.text.blocks import block_hash, find_block

    news = {change.new: at for at, change in enumerate(laid.changes) if change.new}
    olds = {change.old: at for at, change in enumerate(laid.changes) if change.old and not change.new}
    hashes = {block_hash(block) for block in (*news, *olds)} if threads else set()
    placed: dict[int, list[Thread]] = {}
    gone: list[Thread] = []
    for thread in threads:
        place = Place.of(thread.first.path, thread.first.anchor)
        found = None
        if place.block in hashes:
            found = next(
                (side[block] for side in (news, olds) if (block := find_block(list(side), place.block, place.line))),
                None,
            )
        if found is None:
            gone.append(thread)
        else:
            placed.setdefault(found, []).append(thread)
    return placed, gone


def _note(reviewed: Reviewed, look: Look, lines: list[Line], stops: list[Stop]) -> None:
    """What a proposal says that changes no file."""
    from playbook.widgets.markdown_lines import markdown_lines

    proposal = reviewed.proposal
    if proposal.fault:
        lines += wrapped(
            assembled([("× This branch cannot be read: ", ERROR), (one_line(proposal.fault, 600), "")]), look.width
        )
        lines += [NOTHING, assembled([("All other proposals go on; `playbook doctor` tells more", DIM)])]
        return
    text = proposal.contents[0].text if proposal.contents else ""
    start = len(lines)
    lines += markdown_lines(display(text), look.width) or [assembled([("No words were said", DIM)])]
    stops.append(Stop(NOTE, start, len(lines), True))
    names = keys.names()
    told = f"{names['review-edit']} writes the edit, {names['decline']} declines, {names['comment']} comments"
    lines += [NOTHING, assembled([(f"A note: nothing is edited yet. {told}", DIM)])]


def _thread(thread: Thread, look: Look, lines: list[Line], stops: list[Stop], *, outdated: bool = False) -> None:
    """A comment with its answers, indented; one line where it is closed or answered, unless it was unfolded."""
    start = len(lines)
    inner = max(look.width - 6, 10)
    many = len(thread.answers)
    folds = (thread.closed or many) and thread.id not in look.unfolded
    mark = ("✓ closed " if thread.closed else "") + ("outdated " if outdated else "")
    if folds:
        told = f"  {many} answer{'s' if many > 1 else ''}" if many else ""
        whole = Content.assemble(
            ("  ▸ ", ACCENT), (mark, WARNING if outdated else GOOD), (_who(thread.first), "bold"),
            f": {one_line(thread.first.text, 400)}",
        )  # fmt: skip
        short = fitted(whole, max(look.width - len(told), 10))
        lines.append(joined([Line(short.plain, short.spans), assembled([(told, DIM)])]))
    else:
        for number, event in enumerate((thread.first, *thread.answers)):
            first = [(mark, WARNING if outdated else GOOD)] if not number else [("↳ ", ACCENT)]
            head = assembled([*first, (_who(event), "bold"), (f", {_ago(event.when)}", DIM)])
            lines.append(joined([assembled([("  │ ", ACCENT), ("  " if number else "", "")]), head]))
            for paragraph in display(event.text).strip().split("\n"):
                for line in wrapped(Line(paragraph), inner) or [NOTHING]:
                    lines.append(joined([assembled([("  │ ", ACCENT), ("    " if number else "", "")]), line]))
    stops.append(Stop(f"{THREAD}{thread.id}", start, len(lines)))


def _who(event: Event) -> str:
    return one_line(event.by.name or event.by.mail, 40)


def _ago(when: int) -> str:
    past = (clock.now().timestamp() - when) / 3600
    return f"{hours(past)} ago" if past < 24 * 60 else day(when)


def commit_page(session: Session, commit: str, width: int, sides: bool) -> Page:
    """What one commit of main changed, file by file. Raises what git cannot read."""
    from playbook.review.change import changes_between
    from playbook.store import objects
    from playbook.store.runner import Git

    parents = Git(session.library.git_dir).run("rev-parse", f"{commit}^@").decode().split()
    lines: list[Line] = []
    stops: list[Stop] = []
    if not parents:
        return Page([Line("It is the first commit of all")])
    paths = [
        raw.decode("utf-8", "surrogateescape") for _, raw in objects.changed_paths(session.library, parents[0], commit)
    ]
    for at, change in enumerate(changes_between(session.library, parents[0], commit, paths[:MOST_FILES])):
        _gap(lines)
        lines.append(assembled([(display_path(change.path), "bold $primary"), (f"  {change.what}", DIM)]))
        _change(change, (), Look(at, width, sides), lines, stops, {})
    if len(paths) > MOST_FILES:
        lines += [NOTHING, assembled([(f"… and {len(paths) - MOST_FILES} more files", DIM)])]
    return Page(lines, stops)
