"""What went straight to main, on the command line: the list of it, one commit with its change, and that it was seen."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import click

from playbook.cli.arriving import say_how_old, synced_json
from playbook.cli.options import json_option, library_option, print_json, progress
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.store.history import Revision
    from playbook.store.managed import Library


def list_unreviewed(library: Library, as_json: bool) -> None:
    """What went to main without a proposal, newest first; what this person has seen is marked."""
    from playbook.cli.showing import when
    from playbook.finding.looked_at import looked_at
    from playbook.review.queue import unreviewed

    found, seen = unreviewed(library), looked_at(library.name)
    say_how_old(library)
    if as_json:
        held = synced_json(library)
        print_json([_json(one, one.commit in seen) | held for one in found])
        return
    for one in found:
        mark = "  (seen)" if one.commit in seen else ""
        click.echo(
            f"{when(one.when)[:10]}  {one.commit[:10]}  {one_line(one.author, 40)}  {one_line(one.subject)}{mark}"
        )
    if not found:
        click.echo("Nothing went to main without a proposal since the first was merged", err=True)


def _json(revision: Revision, seen: bool) -> dict[str, Any]:
    from playbook.cli.showing import when

    return {
        "commit": revision.commit,
        "when": when(revision.when),
        "author": revision.author,
        "mail": revision.mail,
        "subject": revision.subject,
        "why": revision.body,
        "seen": seen,
    }


def show_straight(session: Session, name: str, how: str, as_json: bool) -> None:
    """One unreviewed commit: who, when, why, and what it changed. Raises NothingFound where it is none."""
    from playbook.cli import showing
    from playbook.finding.looked_at import looked_at
    from playbook.review.straight import changes_of, find_straight

    revision = find_straight(session.library, name)
    changes = changes_of(session.library, revision.commit)
    seen = revision.commit in looked_at(session.library.name)
    say_how_old(session.library)
    if as_json:
        shown = [showing.change_json(change, how) for change in changes]
        held = synced_json(session.library)
        print_json(_json(revision, seen) | {"state": "unreviewed", "changes": shown} | held)
        return
    who = one_line(f"{revision.author} <{revision.mail}>", 200)
    click.echo(one_line(revision.subject, 200) or revision.commit[:10])
    click.echo(f"  {revision.commit[:10]}  (unreviewed{', seen' if seen else ''})")
    click.echo(f"  {who}, {showing.when(revision.when)[:16].replace('T', ' ')}")
    why = f"Why: {one_line(revision.body, 1000) or 'nobody said it'}"
    for line in textwrap.wrap(why, showing.WIDTH, initial_indent="  ", subsequent_indent="    "):
        click.echo(line)
    for change in changes:
        click.echo()
        for line in showing.change_lines(change, how):
            click.echo(line)
    click.echo()
    short = revision.commit[:10]
    click.echo(f"  It went straight to main. `playbook revert {short} --why W` proposes to take it back,")
    click.echo(f"  `playbook proposal seen {short}` takes it out of your way")


@click.command("seen")
@click.argument("commit", metavar="COMMIT")
@click.option("--undo", is_flag=True, help="It is to be looked at again.")
@library_option
@json_option
def seen(commit: str, undo: bool, library: str | None, as_json: bool) -> None:
    """Remember, on this machine, that you have seen a commit that went to main without a review.

    \b
      playbook proposals --unreviewed
      playbook proposal seen 4f2a91c0d3
    """
    from playbook.errors import LibraryUnreadable
    from playbook.finding.looked_at import mark
    from playbook.finding.session import choose
    from playbook.review.straight import find_straight

    chosen = choose(library, progress())
    found = find_straight(chosen, commit)
    if not mark(chosen.name, found.commit, seen=not undo):
        raise LibraryUnreadable("This cannot be remembered: nothing can be written to the state folder")
    if as_json:
        print_json({"commit": found.commit, "seen": not undo})
    else:
        click.echo(f"{'Not seen' if undo else 'Seen'}: {found.commit[:10]} {one_line(found.subject, 200)}")
