"""How old is what a command reads, and one short fetch for a proposal that is not here yet."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from playbook import clock
from playbook.errors import NothingFound, PlaybookError

if TYPE_CHECKING:
    from playbook.store.managed import Library

FRESH_SECONDS = 600  # how old an answer may be without a word of it; the app fetches twice in that time
PATIENCE_SECONDS = 8.0


def synced_json(library: Library) -> dict[str, Any]:
    """When the library was last in step with its hub, as one more key: an ISO time, or null where nobody knows."""
    from playbook.store.synced import last_synced

    at = last_synced(library).at
    return {"synced": at.isoformat() if at else None}


def say_how_old(library: Library) -> None:
    """A line on stderr where what was read may be old: reading waits for no network, so it has to say of when it is."""
    from playbook.store.synced import last_synced

    known = last_synced(library)
    age = _age(library)
    if known.cut_off:
        click.echo(
            f"As of the last sync, {age}: the hub could not be reached since; `playbook sync` tries again", err=True
        )
    elif known.at is None or (clock.now() - known.at).total_seconds() > FRESH_SECONDS:
        click.echo(f"As of the last sync, {age}; `playbook sync` brings what is newer", err=True)


def _age(library: Library) -> str:
    """`3 hours ago`."""
    from playbook.store.synced import last_synced

    at = last_synced(library).at
    if at is None:
        return "nobody knows when"
    seconds = (clock.now() - at).total_seconds()
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length or (unit != "day" and seconds >= length):
            count = int(seconds // length)
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def bring(library: Library, name: str) -> bool:
    """Have the proposal of that name here, if need be by one short fetch; whether the hub was asked for it and answered.

    A hub out of reach is not an error: the command says that there is no such proposal, and since when that is so.
    """
    if _is_here(library, name) or not name.strip():
        return False
    from playbook.cli.delivery import follow_main
    from playbook.store.refs import main_commit
    from playbook.store.sync import fetch_only

    before, end = main_commit(library), time.monotonic() + PATIENCE_SECONDS
    try:
        fetch_only(library, cancelled=lambda: time.monotonic() > end, timeout=PATIENCE_SECONDS)
    except PlaybookError:
        return False
    follow_main(library, before)
    return True


def not_there(library: Library, name: str, error: NothingFound, asked: bool) -> NothingFound:
    """The error of a command, with when that was so, where it says that a proposal is not here."""
    if _is_here(library, name):
        return error
    if asked:
        return NothingFound(f"{error} (the hub was asked just now)")
    return NothingFound(f"{error} (as of the last sync, {_age(library)})")


def _is_here(library: Library, name: str) -> bool:
    """Whether a proposal, or a commit of main, may be meant by the name as it is typed; names alone are looked at."""
    from playbook.review.listing import branches, merges_on_main
    from playbook.review.straight import names_a_commit
    from playbook.store.refs import main_commit, resolve

    wanted = name.strip().removeprefix("proposals/")
    known = set(branches(library))
    if not _means(known, wanted):
        known = {merge.proposal for merge in merges_on_main(library, main_commit(library)) if merge.proposal}
        if not _means(known, wanted):
            with suppress(PlaybookError):
                return names_a_commit(wanted) and bool(resolve(library, wanted.lower()))
            return False
    return True


def _means(ids: set[str], wanted: str) -> bool:
    return any(id.startswith(wanted) or id.endswith(f"-{wanted}") for id in ids)
