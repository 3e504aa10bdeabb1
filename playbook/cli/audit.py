"""Who may say yes, and who did, on the command line: policy check, audit."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import click

from playbook.cli.arriving import say_how_old, synced_json
from playbook.cli.options import Day, json_option, library_option, open_session, print_json, progress
from playbook.errors import NothingFound, NotPermitted
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.review.audit import Entry

WIDTH = 80


@click.command("audit")
@click.option("--since", type=Day(), metavar="DATE", help="Only what came to main on that day or later.")
@click.option("--all", "whole", is_flag=True, help="List what came before the policy, too; --json always does.")
@library_option
@json_option
def audit_command(since: date | None, whole: bool, library: str | None, as_json: bool) -> None:
    """Everything that became main, newest first: who proposed it, why, whose keys, how they are signed, and what was
    forced; what went there without a review is listed as such. What came there before the policy (or before the hub was
    guarded) is one line with its number.

    \b
      playbook audit --since 2026-11-01
      playbook audit --all
      playbook audit --json
    """
    from playbook.finding.session import choose
    from playbook.review.audit import audit, entry_json, taken_as_it_was
    from playbook.review.rules.settings_at import settings_at
    from playbook.store.refs import main_commit

    chosen = choose(library, progress())
    found = audit(chosen, since, settings_at(chosen, main_commit(chosen)).timezone)
    say_how_old(chosen)
    if as_json:
        held = synced_json(chosen)
        print_json([entry_json(entry) | held for entry in found])
        return
    folded = frozenset[str]() if whole else taken_as_it_was(chosen, found)
    for entry in found:
        for line in () if entry.commit in folded else _lines(entry):
            click.echo(line)
    if folded:
        click.echo(
            f"{len(folded)} older step{'s' if len(folded) != 1 else ''} without a review, from before the policy or the "
            "guard; --all lists them"
        )
    forced, unseen = sum(1 for entry in found if entry.forced), sum(1 for entry in found if not entry.reviewed)
    if not found:
        click.echo("Nothing came to main since then", err=True)
    else:
        click.echo(
            f"{len(found)} step{'s' if len(found) != 1 else ''} of main, {forced} forced or ruled, {unseen} without a review",
            err=True,
        )


def _lines(entry: Entry) -> Iterator[str]:
    from playbook.cli.showing import when
    from playbook.review.audit import NAMES, told

    how = NAMES[entry.lane] if entry.reviewed else "WITHOUT A REVIEW"
    before = ", before the policy" if entry.before_policy else ""
    yield f"{when(entry.when)[:10]}  {entry.commit[:10]}  {how}{before}"
    for line in told(entry):
        yield from _wrapped(line)


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        one_line(text, 600), WIDTH, initial_indent=" " * 12, subsequent_indent=" " * 14, break_on_hyphens=False
    )


@click.group("policy")
def policy_command() -> None:
    """Who may say yes, by content/policy.toml on main.

    \b
      playbook policy check marta@example.com objections/price-too-high
    """


@policy_command.command("check")
@click.argument("person", metavar="PERSON")
@click.argument("path", metavar="PATH")
@library_option
@json_option
def check(person: str, path: str, library: str | None, as_json: bool) -> None:
    """Say in plain words whether somebody's key counts for a file, and what else it needs before it becomes main.

    PERSON is a mail, or the name of one of the policy's people; PATH a file, or a card's id. Exit 0: their key counts.
    3: it does not.

    \b
      playbook policy check marta objections/price-too-high
      playbook policy check tom@example.com content/policy.toml
    """
    from playbook.review.rules import policy_check

    session = open_session(library)
    try:
        file = session.snapshot.resolve(path).path
    except NothingFound:
        file = path
    found = policy_check.check(session.library, person, file)
    if as_json:
        print_json(
            {
                "person": found.person,
                "path": found.path,
                "kind": found.kind,
                "rule": found.rule,
                "roles": list(found.roles),
                "sides": list(found.sides),
                "counts": found.counts,
                "fast_lane": found.fast_lane,
                "may_override": found.may_override,
                "why": list(found.lines),
            }
        )
    else:
        for line in found.lines:
            click.echo(one_line(line, 1000))
    if not found.counts:
        click.get_current_context().exit(NotPermitted.exit_code)
