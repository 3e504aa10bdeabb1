"""Acts on cards and drafts on the command line: retire, delete, rename, verify-card, revert, drafts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from playbook.cli import giving
from playbook.cli.delivery import tell_proposed
from playbook.cli.options import (
    card_argument,
    json_option,
    library_option,
    offline_option,
    open_session,
    print_json,
    progress,
    proposal_argument,
    why_option,
)
from playbook.errors import NothingFound, UsageError
from playbook.text.safe import display, display_path, one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.library.card import Card
    from playbook.review.branch import Written
    from playbook.review.drafts import Draft


def _act(
    name: str, library: str | None, offline: bool, as_json: bool, do: Callable[[Session, Card], Written], *,
    whole: str = "",
) -> None:  # fmt: skip
    """Propose something of one card; with `whole` (the verb) only of a whole file."""
    session = open_session(library)
    card = session.snapshot.resolve(name)
    if whole and card.anchor:
        raise UsageError(
            f"{one_line(card.id, 200)} is a section of a page, and only a whole file can be {whole}; "
            f"propose an edit of {one_line(card.path, 200)} instead"
        )
    tell_proposed(session.library, do(session, card), offline=offline, as_json=as_json)


@click.command("retire")
@card_argument
@why_option
@offline_option
@library_option
@json_option
def retire_command(name: str, why: str | None, offline: bool, library: str | None, as_json: bool) -> None:
    """Propose that a card is used no more; it stays, marked retired.

    \b
      playbook retire objections/no-app --why "We have had one since March"
    """
    from playbook.review.proposing import propose_retire

    because = giving.words(why, "--why")
    _act(name, library, offline, as_json, lambda s, card: propose_retire(s, card, why=because), whole="retired")


@click.command("delete")
@card_argument
@why_option
@offline_option
@library_option
@json_option
def delete_command(name: str, why: str | None, offline: bool, library: str | None, as_json: bool) -> None:
    """Propose that a card's file goes; its history stays. Mostly `playbook retire` is what is meant.

    \b
      playbook delete pages/old-prices --why "It was copied here by mistake"
    """
    from playbook.review.proposing import propose_delete

    because = giving.words(why, "--why")
    _act(name, library, offline, as_json, lambda s, card: propose_delete(s, card, why=because), whole="deleted")


@click.command("rename")
@card_argument
@click.argument("new", metavar="NEW")
@why_option
@offline_option
@library_option
@json_option
def rename_command(name: str, new: str, why: str | None, offline: bool, library: str | None, as_json: bool) -> None:
    """Propose another path for a card's file. The old path stays one of its names; links to the file in other cards are yours to mend.

    \b
      playbook rename objections/price objections/too-expensive
    """
    from playbook.review.proposing import propose_rename

    because = giving.words(why, "--why")
    _act(name, library, offline, as_json, lambda s, card: propose_rename(s, card, new, why=because))


@click.command("verify-card")
@card_argument
@why_option
@offline_option
@library_option
@json_option
def verify_card_command(name: str, why: str | None, offline: bool, library: str | None, as_json: bool) -> None:
    """Say that a card was read and is right as it stands: today's date and your name, and nothing else of it.

    \b
      playbook verify-card objections/price
    """
    from playbook.review.proposing import propose_verify

    because = giving.words(why, "--why")
    _act(name, library, offline, as_json, lambda s, card: propose_verify(s, card, why=because))


@click.command("revert")
@proposal_argument
@why_option
@offline_option
@library_option
@json_option
def revert_command(proposal: str, why: str | None, offline: bool, library: str | None, as_json: bool) -> None:
    """Propose to take a merged proposal back: its files as they were, where nobody has changed them since.

    \b
      playbook revert k3q7ab --why "Two buyers took it as a promise"
    """
    from playbook.finding.session import choose
    from playbook.review.acting import revert

    chosen = choose(library, progress())
    written = revert(chosen, proposal, giving.words(why, "--why"))
    tell_proposed(chosen, written, offline=offline, as_json=as_json)


@click.group("drafts", invoke_without_command=True)
@library_option
@json_option
@click.pass_context
def drafts_command(ctx: click.Context, library: str | None, as_json: bool) -> None:
    """List what you were writing and have not proposed; drafts never leave this machine.

    \b
      playbook drafts
      playbook drafts show 4f2a
      playbook drafts drop 4f2a
    """
    if ctx.invoked_subcommand is not None:
        if library is not None or as_json:
            raise UsageError("--library and --json stand at the end, as in `playbook drafts show NAME --json`")
        return
    from playbook.finding.session import choose
    from playbook.review.drafts import drafts

    found = drafts(choose(library))
    if as_json:
        print_json([_draft_json(draft) for draft in found])
        return
    for draft in found:
        of = f"  of {one_line(draft.proposal)}" if draft.proposal else ""
        when = _draft_json(draft)["when"][:16].replace("T", " ")
        click.echo(f"{one_line(draft.name, 8)}  {when}  {display_path(draft.path)}{of}")
    if not found:
        click.echo("There are no drafts here", err=True)


def _draft_json(draft: Draft) -> dict[str, Any]:
    from playbook.cli.showing import when

    return {
        "name": draft.name,
        "path": draft.path,
        "proposal": draft.proposal or None,
        "kind": draft.kind,
        "why": draft.why,
        "when": when(draft.when),
    }


def _draft(library: str | None, name: str) -> tuple[Any, Draft]:
    """The library and its draft of that name, of the only one that begins so, or for that path."""
    from playbook.finding.session import choose
    from playbook.review.drafts import drafts

    chosen = choose(library)
    wanted = name.strip()
    found = [draft for draft in drafts(chosen) if wanted and wanted in (draft.name, draft.path)] or [
        draft for draft in drafts(chosen) if wanted and draft.name.startswith(wanted)
    ]
    if not found:
        raise NothingFound(f"There is no draft {one_line(name, 80)!r}; `playbook drafts` lists them")
    if len(found) > 1:
        raise UsageError(f"{one_line(name, 80)!r} may be {len(found)} drafts; give more of the name")
    return chosen, found[0]


@drafts_command.command("show")
@click.argument("name", metavar="NAME")
@library_option
@json_option
def drafts_show(name: str, library: str | None, as_json: bool) -> None:
    """Print a draft."""
    _, draft = _draft(library, name)
    if as_json:
        print_json(_draft_json(draft) | {"base": draft.base, "text": draft.text})
    else:
        click.echo(display(draft.text), nl=not draft.text.endswith("\n"))


@drafts_command.command("drop")
@click.argument("name", metavar="NAME")
@library_option
@json_option
def drafts_drop(name: str, library: str | None, as_json: bool) -> None:
    """Forget a draft for good."""
    from playbook.review.drafts import drop

    chosen, draft = _draft(library, name)
    drop(chosen, draft.name)
    if as_json:
        print_json({"name": draft.name, "path": draft.path})
    else:
        click.echo(f"Forgot the draft of {display_path(draft.path)}")
