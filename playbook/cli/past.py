"""The past of a card on the command line: history and blame."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from playbook.cli.options import card_argument, json_option, library_option, open_session, print_json
from playbook.text.safe import display, one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.store.history import Revision


def _when(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _why(body: str) -> str:
    """What a commit says of its why, without the trailers that are for programs."""
    from playbook.store.trailers import read_message

    said = read_message(f"-\n\n{body}")
    return said.trailers.get("why", "") or said.body


@click.command("history")
@card_argument
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="At most this many changes.")
@library_option
@json_option
def history_command(name: str, limit: int, library: str | None, as_json: bool) -> None:
    """Who changed a card, when, and why; newest first."""
    from playbook.store.history import history

    session = open_session(library)
    card = session.snapshot.resolve(name)
    revisions = history(session.library, session.snapshot.commit, card.path.encode("utf-8", "surrogateescape"), limit)
    marked, revisions = _with_marks(session, card.path, revisions)
    if as_json:
        print_json(
            [
                {
                    "commit": one.commit,
                    "when": _when(one.when),
                    "author": one.author,
                    "mail": one.mail,
                    "subject": one.subject,
                    "why": _why(one.body),
                    "mark": marked.get(one.commit),
                }
                for one in revisions
            ]
        )
        return
    for one in revisions:
        click.echo(f"{_when(one.when)[:10]}  {one_line(one.author)}  {one_line(one.subject)}  ({one.commit[:10]})")
        for line in display(_why(one.body)).strip().splitlines():
            click.echo(f"            {line}")


def _with_marks(session: Session, path: str, revisions: list[Revision]) -> tuple[dict[str, str], list[Revision]]:
    """The revisions, and among them, at their moment, the merges that were forced, ruled on, or in the fast lane: by commit
    how."""
    from playbook.review.marks import marks_at
    from playbook.store.history import Revision

    found = marks_at(session.library, session.snapshot.commit).ever.get(path, ())
    rows = list(revisions)
    for mark in found:
        # Above the words it brought to main; a clock alone may be wrong.
        at = next((at for at, one in enumerate(rows) if one.commit in (mark.head, mark.commit)), None)
        if at is None:
            at = next((at for at, one in enumerate(rows) if one.when <= mark.when), None)
        if at is not None and rows[at].commit != mark.commit:
            rows.insert(at, Revision(mark.commit, mark.when, mark.by.name, mark.by.mail, mark.title, mark.why))
    return {mark.commit: mark.how for mark in found}, rows


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
