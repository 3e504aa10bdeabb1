"""A sync whole: fetch, send the outbox, and finish the merges that approvals given offline were waiting for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from playbook.errors import Cancelled, PlaybookError
from playbook.review import approve
from playbook.review.events import OUTBOX
from playbook.review.listing import proposals
from playbook.review.policy import blocked_by, policy_at
from playbook.store import outbox, refs
from playbook.store.managed import unsent
from playbook.store.sync import SyncReport, fetch_only, sync
from playbook.store.writing import acting

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

    `sent` names the branches that went out (and main where a merge did); what waits stays in `ahead`, with why in the
    message. Raises what sync raises, and NotPermitted for a hub that may only be read.
    """
    report = sync(library, cancelled=cancelled, timeout=timeout, progress=progress)
    if report.state == "rewound" or not library.hub:
        return report

    def refetch() -> None:
        fetch_only(library, cancelled=cancelled, timeout=timeout)

    sent = outbox.send(library, refetch=refetch, timeout=timeout, cancelled=cancelled)
    merged: list[str] = []
    said: list[str] = [f"{branch} waits: {why}" for branch, why in sent.waiting.items()]
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
    left = unsent(library) if refs.all_refs(library, OUTBOX) else 0
    message = "; ".join([report.message, *said])
    return replace(report, ahead=left, sent=[*sent.sent, *dict.fromkeys(merged)], message=message)


def _ready(library: Library) -> list[tuple[str, str]]:
    """(proposal, event) of each proposal that nothing keeps from main any more and in which this person had a say: an
    approval given offline, or one that only waited for an acknowledgement."""
    try:
        me = acting().mail.casefold()
        main = refs.main_commit(library)
        policy = policy_at(library, main)
        made = proposals(library)
    except PlaybookError:
        return []
    found = []
    for proposal in made:
        if proposal.fault or blocked_by(policy, proposal):
            continue
        given = proposal.verdicts.values()
        keys = [event for event in given if event.word == "approve" and approve.stands(library, proposal, event, main)]
        if keys and any(event.by.mail.casefold() == me for event in given):
            found.append((proposal.id, keys[-1].id))
    return found
