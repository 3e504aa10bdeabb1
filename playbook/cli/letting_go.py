"""Ways out for what waits here and never goes, on the command line: made anew, or let go of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from playbook.cli.delivery import tell_event
from playbook.cli.options import json_option, library_option, offline_option, print_json, progress, proposal_argument
from playbook.errors import Cancelled, UsageError
from playbook.text.safe import display, one_line

if TYPE_CHECKING:
    from playbook.review.proposal import Proposal
    from playbook.store.managed import Library


@click.command("resend")
@proposal_argument
@offline_option
@library_option
@json_option
def resend(proposal: str, offline: bool, library: str | None, as_json: bool) -> None:
    """Make anew what waits here and the hub refuses, by who you are now and signed as you sign now.

    For what was said without a key that is listed by now, or under a mail that was wrong: the same words with the same
    ids, in their order, on what the hub has. Exit 3 where some of it is somebody else's, 4 where nothing waits.

    \b
      playbook proposal resend k3q7ab
    """
    from playbook.finding.session import choose
    from playbook.review import ways_out

    chosen = choose(library, progress())
    written = ways_out.resend(chosen, proposal)
    tell_event(chosen, written, "Made anew", offline=offline, as_json=as_json)


@click.command("let-go")
@proposal_argument
@click.option("--yes", is_flag=True, help="Ask nothing.")
@library_option
@json_option
def let_go(proposal: str, yes: bool, library: str | None, as_json: bool) -> None:
    """Let go of what waits here and was never sent: the proposal is then what the hub has, or gone.

    No word is lost: they become drafts (`playbook drafts`), and the commits stay under a local ref. Exit 4 where nothing
    waits.

    \b
      playbook proposal let-go k3q7ab
      playbook proposal let-go k3q7ab --yes --json
    """
    from playbook.finding.session import choose
    from playbook.review import ways_out
    from playbook.review.listing import find

    if as_json and not yes:
        raise UsageError("--json asks nothing; say --yes with it")
    chosen = choose(library, progress())
    found = find(chosen, proposal)
    if not yes:
        _ask(chosen, found)
    gone = ways_out.let_go(chosen, found.id)
    if as_json:
        print_json(
            {
                "proposal": gone.proposal,
                "commits": gone.count,
                "kept": gone.kept,
                "drafts": list(gone.drafts),
                "at_hub": gone.at_hub,
            }
        )
        return
    click.echo(f"Let go of: {one_line(gone.title, 200)}")
    stands = "is what the hub has" if gone.at_hub else "was never at the hub, and is not here any more"
    click.echo(f"  {one_line(gone.proposal)} {stands}")
    for name in gone.drafts:
        click.echo(f"  `playbook drafts show {name[:8]}` prints what was in it")
    click.echo(f"  {display(gone.kept)} keeps its commits")


def _ask(library: Library, found: Proposal) -> None:
    """The one question. Raises Cancelled for a no, UsageError where nobody can answer."""
    from playbook.review.ways_out import waits_here

    count = waits_here(library, found)
    what = "What was never sent" if count < 2 else f"{count} commits that were never sent"
    try:
        sure = click.confirm(f"{what} of {one_line(found.title, 100)!r} becomes a draft. Let go of it?", err=True)
    except click.Abort as error:
        raise UsageError("Nothing was let go of; say --yes where nobody can be asked") from error
    if not sure:
        raise Cancelled("Nothing was let go of; it waits as before")


COMMANDS = (resend, let_go)
