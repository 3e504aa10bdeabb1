"""Proposals as text for a terminal of 80 columns and as JSON; everything somebody wrote is made safe first."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from playbook.library.names import is_markdown
from playbook.text.safe import display, display_path, one_line

if TYPE_CHECKING:
    from playbook.library.card import Problem
    from playbook.review.change import FileChange
    from playbook.review.events import Event
    from playbook.review.proposal import Proposal, Thread
    from playbook.review.queue import Row

WIDTH = 80
_RANDOM = re.compile(r".*-([a-z2-7]{6})")
_RULINGS = {
    "escalate": "puts it before the heads", "rule": "rules for it", "rule merge": "rules for it",
    "rule decline": "rules against it", "override": "forces it", "override merge": "forces it",
}  # fmt: skip
_VERDICTS = {"approve": "approves", "request-changes": "asks for changes", "acknowledge": "acknowledges"}


def when(seconds: int) -> str:
    """A moment as ISO 8601 with its offset."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def short_names(ids: Iterable[str]) -> dict[str, str]:
    """What each proposal may be called for short: the last six letters of its id where nothing else ends so."""
    ends: dict[str, list[str]] = {}
    for id in dict.fromkeys(ids):
        found = _RANDOM.fullmatch(id)
        ends.setdefault(found[1] if found else id, []).append(id)
    return {id: one_line(end if len(same) == 1 else id) for end, same in ends.items() for id in same}


def fit(text: str, cells: int) -> str:
    """The text on one line in at most so many cells of a terminal."""
    line = one_line(text, cells)
    while sum(map(_cells, line)) > cells:
        line = line[:-2].rstrip() + "…"
    return line


def _cells(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def hours(count: float) -> str:
    """`3 h`, or `4 days` where it is long."""
    return f"{count:.0f} h" if count < 72 else f"{count / 24:.0f} days"


def queue_lines(rows: list[Row], names: dict[str, str], review_hours: int) -> Iterator[str]:
    """The queue: a line with what is urgent, a line with what it is, a line with who and why."""
    from playbook.review.queue import in_time

    for row in rows:
        proposal = row.proposal
        if proposal.state != "open":
            stands = f"{proposal.state}, {hours(row.age_hours)} old"
        elif row.waiting_hours:
            stands = f"waits {in_time(row.waiting_hours, review_hours)}"
        else:
            stands = f"answered, {hours(row.age_hours)} old"
        name = names[proposal.id]
        marks = [
            mark
            for mark, holds in (
                ("OVERDUE", row.overdue),
                ("CONFLICT", bool(row.conflict)),
                ("UNREADABLE", bool(proposal.fault)),
                ("DELETED AT THE HUB", bool(proposal.gone)),
                (_later(proposal), bool(proposal.later)),
                ("not sent", proposal.unsent),
                (f"{len(row.others)} more for this card", bool(row.others)),
            )
            if holds
        ]
        yield f"{name:<7} {one_line(proposal.kind, 8):<8} {stands:<23} {'  '.join(marks)}".rstrip()
        if proposal.fault:
            yield "        " + fit(proposal.fault, WIDTH - 8)
            continue
        yield "        " + fit(proposal.title, WIDTH - 8)
        yield "        " + fit(f"{proposal.author.name}: {proposal.why or '(nobody said why yet)'}", WIDTH - 8)
        if proposal.gone:
            yield "        " + fit(f"`playbook proposal reopen {name}` brings it back", WIDTH - 8)


def _later(proposal: Proposal) -> str:
    """What came to a merged proposal's branch afterwards, counted."""
    count = len(proposal.later)
    return f"{count} later event{'' if count == 1 else 's'} after the merge"


def event_json(event: Event) -> dict[str, Any]:
    """One event as scripts read it."""
    return {
        "id": event.id,
        "event": event.word,
        "by": str(event.by),
        "when": when(event.when),
        "text": event.text,
        "why": event.why,
        "head": event.head,
        "commit": event.commit,
        "fault": event.fault,
    }


def thread_json(thread: Thread, texts: dict[str, str]) -> dict[str, Any]:
    """A comment with its answers; `line` is where its words stand by now, null where they have changed or go."""
    at = thread.first
    path, line, outdated = _stands(at, texts)
    return event_json(at) | {
        "path": path or None,
        "line": line or None,
        "outdated": outdated,
        "closed": thread.closed,
        "answers": [event_json(answer) for answer in thread.answers],
    }


def _stands(comment: Event, texts: dict[str, str]) -> tuple[str, int, bool]:
    """The file and the line at which what a comment is anchored to stands by now, and whether its words are others by
    now."""
    from playbook.review.acting import Place
    from playbook.review.moving import path_now
    from playbook.review.places import line_now

    path = path_now(comment.path, texts)
    if not comment.anchor:
        return path, 0, False
    line = line_now(texts.get(path, ""), Place.of(path, comment.anchor))
    return path, line, not line


def change_json(change: FileChange, how: str) -> dict[str, Any]:
    """One file's change with its difference, `words` or `raw`."""
    return {
        "path": change.path,
        "what": change.what,
        "renamed_from": change.renamed_from or None,
        "summary": _summary(change),
        "diff": difference(change, how) if change.readable else None,
    }


def difference(change: FileChange, how: str) -> str:
    """What changed in a file, word by word, or as a patch in lines."""
    if how == "words":
        from playbook.text.worddiff import LINES_AROUND, plain_word_diff

        if is_markdown(change.path):
            return plain_word_diff(change.before, change.after)
        return plain_word_diff(change.before, change.after, LINES_AROUND, by_line=True)
    import difflib

    old = display_path(f"a/{change.renamed_from or change.path}") if change.before else "/dev/null"
    new = display_path(f"b/{change.path}") if change.after else "/dev/null"
    lines = difflib.unified_diff(change.before.splitlines(True), change.after.splitlines(True), old, new)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _summary(change: FileChange) -> str:
    from playbook.text.worddiff import summary

    if not change.readable:
        return "no text, so it cannot be shown"
    return summary(change.before, change.after, by_line=not is_markdown(change.path))


def change_lines(change: FileChange, how: str) -> Iterator[str]:
    """A file's change for eyes."""
    from_ = f" from {display_path(change.renamed_from)}" if change.renamed_from else ""
    yield f"  {display_path(change.path)}: {change.what}{from_}, {_summary(change)}"
    if change.readable:
        for line in display(difference(change, how)).splitlines():
            yield f"    {line}".rstrip()


def finding_lines(findings: Iterable[Problem]) -> Iterator[str]:
    """What lint says of the files as they would be."""
    from playbook.cli.quality import without_place

    for one in findings:
        place = f"{display_path(one.path)}:{one.line}"
        said = without_place(one.message, one.path, one.line)
        yield f"  {place} {one.severity}: {one_line(said)} [{one_line(one.rule)}]"


def proposal_lines(
    row: Row, changes: tuple[FileChange, ...], findings: list[Problem], texts: dict[str, str], review_hours: int,
    how: str,
) -> Iterator[str]:  # fmt: skip
    """A whole proposal: what, who, why, the change, what is said of it, and what keeps it from main."""
    from playbook.review.queue import in_time

    proposal = row.proposal
    yield one_line(proposal.title, 200) or one_line(proposal.id)
    yield f"  {one_line(proposal.id)}  ({one_line(proposal.kind, 20)}, {proposal.state})"
    if proposal.fault:
        yield f"  It cannot be read: {one_line(proposal.fault)}"
        return
    waits = f", waits {in_time(row.waiting_hours, review_hours)}" if row.waiting_hours else ""
    late = "  OVERDUE" if row.overdue else ""
    yield f"  {one_line(str(proposal.author), 200)}, {when(proposal.opened)[:16].replace('T', ' ')}{waits}{late}"
    if proposal.unsent:
        yield "  Not sent yet; it goes out with the next sync"
    yield from _wrapped(f"Why: {proposal.why or 'nobody said it yet'}")
    if proposal.ended_because:
        yield from _wrapped(f"Because: {proposal.ended_because}")
    if proposal.merge:
        yield f"  Merged as {proposal.merge[:12]}"
    if proposal.later:
        from playbook.review.late import late_words

        way = f"; `playbook proposal reopen {one_line(proposal.id)}` proposes their words anew"
        yield from _wrapped(_later(proposal) + (way if late_words(proposal) else ""))
    for change in changes:
        yield ""
        yield from change_lines(change, how)
    if findings:
        yield ""
        yield "  Lint:"
        yield from (f"  {line}" for line in finding_lines(findings))
    yield from _discussion(proposal, texts)
    yield ""
    yield from _verdicts(proposal)
    if row.mergeable:
        yield "  Nothing keeps it from main"
    elif proposal.state != "merged":
        for why in row.blocked_by:
            yield from _wrapped(f"Keeps it from main: {why}")
    for other in row.others:
        yield f"  Open for the same card, too: {one_line(other)}"


def _discussion(proposal: Proposal, texts: dict[str, str]) -> Iterator[str]:
    for thread in proposal.threads:
        path, line, outdated = _stands(thread.first, texts)
        where = f" on {display_path(path)}" if path else ""
        where += f":{line}" if line else ""
        marks = " (outdated: the words are others by now)" if outdated else ""
        marks += " (dealt with)" if thread.closed else ""
        yield ""
        yield f"  {_name_of(thread.first)}{where}{marks}  [{one_line(thread.id, 8)}]"
        yield from _wrapped(thread.first.text, "    ")
        for answer in thread.answers:
            yield f"    {_name_of(answer)} answers  [{one_line(answer.id, 8)}]"
            yield from _wrapped(answer.text, "      ")


def _verdicts(proposal: Proposal) -> Iterator[str]:
    from playbook.review.unheard import unheard_lines

    for events, note in ((proposal.verdicts, ""), (proposal.outdated, " (of earlier words, so it counts no more)")):
        for event in events.values():
            said = f": {event.text}" if event.text.strip() else ""
            yield from _wrapped(f"{_name_of(event)} {_VERDICTS.get(event.word, event.word)}{note}{said}")
    for event in proposal.events:
        if event.word in ("escalate", "rule", "override") and not event.fault:
            did = _RULINGS.get(f"{event.word} {event.ruling}".strip(), event.word)
            yield from _wrapped(f"{_name_of(event)} {did}: {event.text}")
    for line in unheard_lines(proposal):
        yield from _wrapped(line)


def _name_of(event: Event) -> str:
    return one_line(event.by.name or event.by.mail, 80)


def _wrapped(text: str, indent: str = "  ") -> Iterator[str]:
    for line in display(text).strip().splitlines():
        yield from textwrap.wrap(
            line, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False
        ) or [""]


def refs_of(proposal: Proposal) -> dict[str, Any]:
    """The commits and moments that a script may want of a proposal."""
    return {
        "branch": proposal.branch,
        "tip": proposal.tip,
        "head": proposal.head or None,
        "base": proposal.base or None,
        "merge": proposal.merge or None,
        "opened": when(proposal.opened) if proposal.opened else None,
        "ended_because": proposal.ended_because or None,
    }
