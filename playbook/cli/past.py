"""The past of a card on the command line: history and blame."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from playbook.cli.options import card_argument, json_option, library_option, open_session, print_json
from playbook.text.safe import display, one_line


def _when(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


@click.command("history")
@card_argument
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most this many changes.")
@library_option
@json_option
def history_command(name: str, limit: int, library: str | None, as_json: bool) -> None:
    """Who changed a card, when, and why; newest first."""
    from playbook.review.past import past, why_of

    session = open_session(library)
    card = session.snapshot.resolve(name)
    revisions, marked = past(session.library, session.snapshot.commit, card.path, limit)
    if as_json:
        print_json(
            [
                {
                    "commit": one.commit,
                    "when": _when(one.when),
                    "author": one.author,
                    "mail": one.mail,
                    "subject": one.subject,
                    "why": why_of(one.body),
                    "mark": marked.get(one.commit),
                }
                for one in revisions
            ]
        )
        return
    for one in revisions:
        click.echo(f"{_when(one.when)[:10]}  {one_line(one.author)}  {one_line(one.subject)}  ({one.commit[:10]})")
        for line in display(why_of(one.body)).strip().splitlines():
            click.echo(f"            {line}")


@click.command("blame")
@card_argument
@library_option
@json_option
def blame_command(name: str, library: str | None, as_json: bool) -> None:
    """Who wrote each line of the document a card stands in."""
    from playbook.store.history import blame

    session = open_session(library)
    card = session.snapshot.resolve(name)
    lines = blame(session.library, session.snapshot.commit, card.path.encode("utf-8", "surrogateescape"))
    if as_json:
        print_json(
            [
                {
                    "line": one.line,
                    "commit": one.commit,
                    "when": _when(one.when),
                    "author": one.author,
                    "text": one.text,
                }
                for one in lines
            ]
        )
        return
    for one in lines:
        click.echo(f"{one.line:>5}  {_when(one.when)[:10]}  {one_line(one.author, 20):<20}  {display(one.text)}")
