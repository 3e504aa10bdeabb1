"""Acts on cards on the command line: retire, delete, rename, verify-card, revert."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from playbook.cli import giving
from playbook.cli.delivery import tell_proposed
from playbook.cli.options import (
    card_argument,
    json_option,
    library_option,
    offline_option,
    open_session,
    progress,
    proposal_argument,
    why_option,
)
from playbook.errors import UsageError
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.library.card import Card
    from playbook.review.card_acts import Act

_dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would change, word by word; write nothing.")


def _act(
    name: str, library: str | None, dry_run: bool, offline: bool, as_json: bool, plan: Callable[[Session, Card], Act],
    *, whole: str = "",
) -> None:  # fmt: skip
    """Propose something of one card, or show what that would change; with `whole` (the verb) only of a whole file."""
    session = open_session(library)
    card = session.snapshot.resolve(name)
    if whole and card.anchor:
        raise UsageError(
            f"{one_line(card.id, 200)} is a section of a page, and only a whole file can be {whole}; "
            f"propose an edit of {one_line(card.path, 200)} instead"
        )
    act = plan(session, card)
    if act.note:
        click.echo(act.note, err=True)
    if dry_run:
        from playbook.cli.propose import show_only

        show_only(session, dict(act.changes), as_json)
        return
    beside = len(act.changes.keys() - set(act.own))
    tell_proposed(session.library, act.propose(), offline=offline, as_json=as_json, beside=beside)


@click.command("retire")
@card_argument
@why_option
@_dry_run_option
@offline_option
@library_option
@json_option
def retire_command(
    name: str, why: str | None, dry_run: bool, offline: bool, library: str | None, as_json: bool
) -> None:
    """Propose that a card is used no more; it stays, marked retired.

    \b
      playbook retire objections/no-app --why "We have had one since March"
    """
    from playbook.review.card_acts import plan_retire

    because = giving.words(why, "--why")
    _act(name, library, dry_run, offline, as_json, lambda s, card: plan_retire(s, card, why=because), whole="retired")


@click.command("delete")
@card_argument
@why_option
@_dry_run_option
@offline_option
@library_option
@json_option
def delete_command(
    name: str, why: str | None, dry_run: bool, offline: bool, library: str | None, as_json: bool
) -> None:
    """Propose that a card's file goes; its history stays. Mostly `playbook retire` is what is meant.

    \b
      playbook delete pages/old-prices --why "It was copied here by mistake"
    """
    from playbook.review.card_acts import plan_delete

    because = giving.words(why, "--why")
    _act(name, library, dry_run, offline, as_json, lambda s, card: plan_delete(s, card, why=because), whole="deleted")


@click.command("rename")
@card_argument
@click.argument("new", metavar="NEW")
@why_option
@_dry_run_option
@offline_option
@library_option
@json_option
def rename_command(
    name: str, new: str, why: str | None, dry_run: bool, offline: bool, library: str | None, as_json: bool
) -> None:
    """Propose another path for a card's file. The old path stays one of its names, and links to it in other
    files lead to the new one.

    \b
      playbook rename objections/price objections/too-expensive
    """
    from playbook.review.card_acts import plan_rename

    because = giving.words(why, "--why")
    _act(name, library, dry_run, offline, as_json, lambda s, card: plan_rename(s, card, new, why=because))


@click.command("verify-card")
@card_argument
@why_option
@_dry_run_option
@offline_option
@library_option
@json_option
def verify_card_command(
    name: str, why: str | None, dry_run: bool, offline: bool, library: str | None, as_json: bool
) -> None:
    """Say that a card was read and is right as it stands: today's date and your name, and nothing else of it.

    \b
      playbook verify-card objections/price
    """
    from playbook.review.card_acts import plan_verify

    because = giving.words(why, "--why")
    _act(name, library, dry_run, offline, as_json, lambda s, card: plan_verify(s, card, why=because))


@click.command("revert")
@proposal_argument
@why_option
@offline_option
@library_option
@json_option
def revert_command(proposal: str, why: str | None, offline: bool, library: str | None, as_json: bool) -> None:
    """Propose to take a merged proposal back: its files as they were, where nobody has changed them since.

    A commit that went to main without a proposal is taken back likewise, by its name.

    \b
      playbook revert k3q7ab --why "Two buyers took it as a promise"
      playbook revert 4f2a91c0d3 --why "Nobody looked at it"
    """
    from playbook.finding.session import choose
    from playbook.review.straight import revert

    chosen = choose(library, progress())
    written = revert(chosen, proposal, giving.words(why, "--why"))
    tell_proposed(chosen, written, offline=offline, as_json=as_json)
