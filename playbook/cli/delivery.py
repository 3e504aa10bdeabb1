"""After something was written: send it if the hub can be reached, and say what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from playbook.cli.options import print_json, progress
from playbook.errors import Conflict, PlaybookError, RemoteUnreachable
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.review.approve import Approved
    from playbook.review.branch import Written
    from playbook.store.managed import Library

PATIENCE_SECONDS = 30.0
KEPT = "kept here, goes out with the next sync"


@dataclass(frozen=True)
class Delivery:
    """Whether the hub has it now; `waits` says why not, in a sentence, and `stopped` that the person wanted no more.

    `too_late` are sentences for whatever a merge overtook, and `overtaken` says that this was among it.
    """

    sent: bool
    waits: str = ""
    stopped: bool = False
    too_late: tuple[str, ...] = ()
    overtaken: bool = False


def deliver(library: Library, id: str, *, offline: bool = False) -> Delivery:
    """Send the outbox, so that the proposal's commits reach the hub. They are safe here already, so nothing that keeps
    them from it is an error."""
    from playbook.review.events import BRANCHES, OUTBOX
    from playbook.review.syncing import sync_whole
    from playbook.store.refs import main_commit, read_ref

    if not library.hub:
        before = main_commit(library)
        sync_whole(library, timeout=PATIENCE_SECONDS)
        follow_main(library, before)
        return Delivery(False, "kept here: this library has no hub")
    if offline:
        return Delivery(False, KEPT)
    before = main_commit(library)
    why, stopped, overtaken = "", False, False
    late: tuple[str, ...] = ()
    try:
        report = sync_whole(library, timeout=PATIENCE_SECONDS, progress=progress())
        why = f"kept here: {dict(report.waiting).get(BRANCHES + id) or report.message}"
        late, overtaken = tuple(report.too_late), id in report.overtaken
    except RemoteUnreachable as error:
        why = f"{KEPT}: {error}"
    except PlaybookError as error:
        why = f"kept here, but it cannot go out: {error}"
    except KeyboardInterrupt:
        why, stopped = f"sending was stopped; {KEPT}", True
    follow_main(library, before)
    if read_ref(library.git_dir, OUTBOX + id) is None:
        why = ""
    return Delivery(not why, one_line(why, 1000), stopped, late, overtaken)


def follow_main(library: Library, before: str) -> None:
    """Have search follow main if it moved."""
    from playbook.search.indexer import ensure_index
    from playbook.store.refs import main_commit

    now = main_commit(library)
    if now != before:
        ensure_index(library, now)


def tell_proposed(library: Library, written: Written, *, offline: bool, as_json: bool, beside: int = 0) -> None:
    """Send a new proposal, and say what it is called, whose word it waits for, what else is open for the same card, and
    whether it went out. `beside` is how many files change only because their links lead to the card."""
    from playbook.cli.showing import short_names
    from playbook.review.listing import find
    from playbook.review.queue import others_of, row_of

    delivery = deliver(library, written.proposal, offline=offline)
    proposal = find(library, written.proposal)
    row = row_of(library, proposal)
    others = row.others if proposal.state == "open" else others_of(library, proposal)
    if as_json:
        print_json(
            {
                "proposal": written.proposal,
                "branch": written.branch,
                "commit": written.commit,
                "title": proposal.title,
                "sent": delivery.sent,
                "waits": delivery.waits or None,
                "merge": proposal.merge or None,
                "others": list(others),
                "blocked_by": [] if proposal.merge else list(row.blocked_by),
                "beside": beside,
            }
        )
    else:
        click.echo(f"Proposed: {one_line(proposal.title, 200)}")
        click.echo(f"  {written.proposal}")
        if proposal.merge:
            click.echo("  Your own key is enough for it: it is merged")
        also = f"{beside} more file{' changes' if beside == 1 else 's change'} with it, whose links lead to the card"
        wanted = f"Before it is main: {'; '.join(row.blocked_by)}" if row.blocked_by and not proposal.merge else ""
        if told := ". ".join(part for part in (also if beside else "", wanted) if part):
            click.echo(f"  {one_line(told, 800)}")
        names = short_names([*others, written.proposal])
        for other in others:
            said = one_line(find(library, other).title, 100)
            click.echo(f"  Open for the same card, too: {names[other]}  {said}")
        if others:
            mine, other = names[written.proposal], names[others[0]]
            click.echo(f"  `playbook proposal join {mine} {other}` makes them one; they may stay apart as well")
    _tell(delivery)


def tell_event(library: Library, written: Written, said: str, *, offline: bool, as_json: bool, **more: object) -> None:
    """Send an event, and say what was done and what state the proposal is in by now."""
    from playbook.review.listing import find

    delivery = deliver(library, written.proposal, offline=offline)
    proposal = find(library, written.proposal)
    if as_json:
        answer: dict[str, Any] = {
            "proposal": written.proposal,
            "event": written.event,
            "state": proposal.state,
            "merge": proposal.merge or None,
            "sent": delivery.sent,
            "waits": delivery.waits or None,
            "too_late": delivery.overtaken,
        }
        print_json(answer | more)
    elif not delivery.overtaken:
        click.echo(f"{said}: {one_line(proposal.title, 200)}")
        click.echo(f"  {one_line(written.proposal)} is {proposal.state}")
    _tell(delivery)


def tell_approved(library: Library, approved: Approved, before: str, *, as_json: bool) -> None:
    """Say what an approval came to; it was sent already."""
    follow_main(library, before)
    if as_json:
        print_json(
            {
                "proposal": approved.proposal,
                "event": approved.event,
                "state": approved.state,
                "merge": approved.merge or None,
                "message": approved.message,
                "link": approved.link or None,
            }
        )
    else:
        click.echo(one_line(approved.message, 1000))


def _tell(delivery: Delivery) -> None:
    if delivery.waits:
        click.echo(delivery.waits[0].upper() + delivery.waits[1:], err=True)
    for sentence in delivery.too_late:
        click.echo(one_line(sentence, 1000), err=True)
    if delivery.overtaken:
        click.get_current_context().exit(Conflict.exit_code)
    if delivery.stopped:
        click.get_current_context().exit(1)
