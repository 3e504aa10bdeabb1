"""A sync whole: fetch, send the outbox, and finish the merges that approvals given offline were waiting for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from playbook.errors import Cancelled, PlaybookError
from playbook.review import approve, late, ways_out
from playbook.review.candidate import judgement
from playbook.review.events import JUDGING, OUTBOX
from playbook.review.listing import proposals
from playbook.review.rules.policy import policy_at
from playbook.store import outbox, refs
from playbook.store.managed import unsent
from playbook.store.sync import Noted, SyncReport, fetch_only, sync
from playbook.store.writing import acting
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

Progress = Callable[[str, int, int], None]


def sync_whole(
    library: Library,
    *,
    cancelled: Callable[[], bool] | None = None,
    timeout: float = 60,
    progress: Progress | None = None,
) -> SyncReport:
    """See store.sync.sync; then what waits in the outbox goes out, and merges that only waited for the hub are made.

    `sent` names the branches that went out (and main where a merge did), `waiting` those that did not. Raises what sync
    raises, and NotPermitted for a hub that may only be read.
    """
    report = sync(library, cancelled=cancelled, timeout=timeout, progress=progress)
    if report.state == "rewound":
        return replace(report, waiting=waiting(library, {}, "nothing is sent to a hub that was rewound"))
    if not library.hub:
        merged, said = _merge_ready(library, cancelled)
        return _said(replace(report, sent=[*dict.fromkeys(merged)]), *said, deleted=late.deleted(library))

    def refetch() -> None:
        fetch_only(library, cancelled=cancelled, timeout=timeout)

    before = outbox.unsent_events(library)
    sent = outbox.send(library, refetch=refetch, timeout=timeout, cancelled=cancelled)
    overtaken = late.overtaken(library, before)
    reasons = ways_out.why_they_wait(library, sent.waiting, sent.refused)
    ways_out.remember(library, reasons)
    merged, said = _merge_ready(library, cancelled)
    left = unsent(library) if refs.all_refs(library, OUTBOX) else 0
    whole = replace(
        report, ahead=left, sent=[*sent.sent, *dict.fromkeys(merged)], waiting=waiting(library, reasons),
        too_late=[one.sentence for one in overtaken], overtaken=[one.proposal for one in overtaken],
    )  # fmt: skip
    return _said(whole, *said, deleted=late.deleted(library))


def _merge_ready(library: Library, cancelled: Callable[[], bool] | None) -> tuple[list[str], list[str]]:
    """Finish the merges that wait for nothing more: main's name for each that was made, and what became of all."""
    merged: list[str] = []
    said: list[str] = []
    for id, event in _ready(library):
        try:
            done = approve.finish(library, id, event, cancelled=cancelled)
            if done.merge:
                merged.append(refs.main_branch(library))
            said.append(done.message)
        except Cancelled:
            raise
        except PlaybookError as error:
            said.append(str(error))
    return merged, said


def waiting(library: Library, known: dict[str, str], otherwise: str = "") -> list[Noted]:
    """Every branch of the outbox that waits, with why: as far as it is `known`, else because of what holds up all."""
    unreadable = outbox.unreadable(library)
    rest = [ref.removeprefix(outbox.HEADS) for ref in refs.all_refs(library, OUTBOX)] if otherwise else []
    return [Noted(name, why) for name, why in sorted((dict.fromkeys(rest, otherwise) | known | unreadable).items())]


def _said(report: SyncReport, *said: str, deleted: list[Noted]) -> SyncReport:
    """The report with all that it holds in words."""
    sentences = [
        *report.sentences,
        *(f"{one_line(branch, 200)} waits: {why}" for branch, why in report.waiting),
        *report.too_late,
        *said,
        *(f"{one_line(branch, 200)}: {why}" for branch, why in deleted),
    ]
    return replace(report, deleted=deleted, sentences=sentences, message="; ".join(sentences))


def _ready(library: Library) -> list[tuple[str, str]]:
    """(proposal, event) of each proposal that nothing keeps from main any more and in which this person had a say: an
    approval given offline, one that only waited for an acknowledgement, a verification by somebody whose key is enough."""
    try:
        mail = acting().mail
        main = refs.main_commit(library)
        policy = policy_at(library, main)
        made = proposals(library)
        me = policy.same_person(mail)
    except PlaybookError:
        return []
    ready: list[tuple[str, str]] = []
    for proposal in made:
        mine = [
            event
            for event in proposal.events
            if (event.word in JUDGING or event.kind == "verify") and policy.same_person(event.by.mail) == me
        ]
        if proposal.fault or not mine:
            continue
        found = judgement(library, proposal, main)
        if found.mergeable:
            ready.append((proposal.id, found.newest(proposal).id))
    return ready
