"""Options and output that every command shares."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from playbook.text.safe import json_safe

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.store.managed import Library

F = TypeVar("F", bound=Callable[..., Any])


class Day(click.ParamType[date]):
    """A calendar day, ISO."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """2026-03-01, or a time of that day."""
        if isinstance(value, date):
            return value
        try:
            return datetime.fromisoformat(str(value)).date()
        except ValueError:
            self.fail(f"{value!r} is no date; write it as 2026-03-01", param, ctx)


def complete_library(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The names of the libraries opened here, for the shell."""
    from playbook.errors import PlaybookError
    from playbook.store.managed import libraries

    try:
        return [library.name for library in libraries() if library.name.startswith(incomplete)]
    except PlaybookError:
        return []


def complete_card(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The ids of the cards of the library, for the shell; only what is cached, for a Tab must not wait."""
    from playbook.errors import PlaybookError
    from playbook.library.snapshot import cached_snapshot
    from playbook.store.managed import find_library
    from playbook.store.refs import main_commit

    try:
        library = find_library(ctx.params.get("library"))
        snapshot = cached_snapshot(library, main_commit(library))
    except PlaybookError:
        return []
    if snapshot is None:
        return []
    # By its last part too: `price-` is what a person knows of objections/price-too-high.
    return [
        card.id if card.id.startswith(incomplete) else card.id.rpartition("/")[2]
        for card in snapshot.cards
        if card.id.startswith(incomplete) or (not card.anchor and card.id.rpartition("/")[2].startswith(incomplete))
    ][:200]


def complete_proposal(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The ids of proposals, for the shell: their branches' names alone, for a Tab must not wait."""
    from playbook.errors import PlaybookError
    from playbook.review.listing import branches
    from playbook.store.managed import find_library
    from playbook.text.safe import one_line

    try:
        ids = sorted(branches(find_library(ctx.params.get("library"))), reverse=True)
    except PlaybookError:
        return []
    # By its end too, which is what the queue calls it.
    found = [id if id.startswith(incomplete) else id.rpartition("-")[2] for id in ids if _begins(id, incomplete)]
    return [name for name in found if name == one_line(name)][:200]


def _begins(id: str, incomplete: str) -> bool:
    return id.startswith(incomplete) or id.rpartition("-")[2].startswith(incomplete)


def library_option(command: F) -> F:
    """`--library NAME|PATH|URL`."""
    return click.option(
        "--library",
        metavar="NAME|PATH|URL",
        help="The library to work on, one that is open here; else PLAYBOOK_LIBRARY, else the one opened last.",
        shell_complete=complete_library,
    )(command)


def json_option(command: F) -> F:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")(command)


def as_of_option(command: F) -> F:
    """`--as-of DATE`."""
    return click.option("--as-of", type=Day(), metavar="DATE", help="What main held at the end of that day.")(command)


def card_argument(command: F) -> F:
    """`ID`: a card by id, path, former name, or path#heading."""
    return click.argument("name", metavar="ID", shell_complete=complete_card)(command)


def proposal_argument(command: F) -> F:
    """`PROPOSAL`: a proposal by id, or the beginning or the last six letters of it.

    One that is not here is asked for at the hub once, before the command says that there is none: a colleague may have
    proposed it a moment ago. With --offline nobody is asked.
    """

    @wraps(command)
    def brought(*given: Any, **options: Any) -> Any:
        from playbook.cli.arriving import bring, not_there
        from playbook.errors import NothingFound
        from playbook.finding.session import choose

        name = str(options.get("proposal") or "")
        chosen = choose(options.get("library"), progress())
        asked = not options.get("offline") and bring(chosen, name)
        try:
            return command(*given, **options)
        except NothingFound as error:
            raise not_there(chosen, name, error, asked) from error

    made: Any = brought
    return click.argument("proposal", metavar="PROPOSAL", shell_complete=complete_proposal)(made)  # type: ignore[no-any-return]


def offline_option(command: F) -> F:
    """`--offline`."""
    return click.option("--offline", is_flag=True, help="Keep it here; do not try to send it.")(command)


def head_option(command: F) -> F:
    """`--head COMMIT`."""
    return click.option(
        "--head", metavar="COMMIT", help="The words you have seen (`head` of show --json); refused if they moved."
    )(command)


def seen_commit(library: Library, name: str, head: str | None) -> str:
    """The whole commit that a typed beginning of one means, when it is one of the proposal's."""
    from playbook.errors import Conflict, UsageError
    from playbook.review.listing import find
    from playbook.text.safe import one_line

    given = (head or "").strip().lower()
    if not given:
        return ""
    if len(given) < 7 or not set(given) <= set("0123456789abcdef"):
        raise UsageError("--head takes a commit, at least seven digits of it, as `proposal show --json` gives it")
    proposal = find(library, name)
    seen = next((one for one in (proposal.head, proposal.tip) if one.startswith(given)), "")
    known = seen or proposal.fault or any(event.commit.startswith(given) for event in proposal.events)
    # A whole one may be of words that are still to be fetched.
    if not known and len(given) < 40:
        raise Conflict(
            f"--head {given[:12]} is no commit of {one_line(proposal.id)}; its words are at {proposal.head[:12]} now: "
            f"look at them with `playbook proposal show {one_line(proposal.id)}`, then give that"
        )
    return seen or given


def why_option(command: F) -> F:
    """`--why TEXT`."""
    return click.option("--why", metavar="TEXT", help="Why, in a sentence; it stays with the words. - for stdin.")(
        command
    )


def open_session(library: str | None, as_of: date | None = None) -> Session:
    """The library a command works on, open for reading, with its progress on a terminal's stderr."""
    from playbook.finding import session

    found = session.choose(library, progress())
    return session.read_as_of(found, as_of) if as_of else session.read(found, progress=progress())


def day_of(session: Session, as_of: date | None) -> date:
    """The day on which trust is judged."""
    return as_of or session.today()


def progress() -> Callable[[str, int, int], None] | None:
    """A line on stderr that is rewritten, where stderr is a terminal; None elsewhere."""
    if not sys.stderr.isatty():
        return None
    import time

    last = [0.0]
    begun = time.monotonic()

    def show(what: str, done: int, total: int) -> None:
        moment = time.monotonic()
        # What is over within a moment is not worth a line.
        if moment - begun < 0.3 or (moment - last[0] < 0.1 and done != total):
            return
        last[0] = moment
        share = f" {done * 100 // total} %" if total else ""
        sys.stderr.write(f"\r\x1b[K{what}{share}")
        if total and done >= total:
            sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    return show


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json_safe(json.dumps(value, ensure_ascii=False, indent=2)))


def print_json_line(value: Any) -> None:
    """One JSON line on stdout."""
    click.echo(json_safe(json.dumps(value, ensure_ascii=False)))
