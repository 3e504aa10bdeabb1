"""The way out of a quarrel on the command line: escalate, rule, override."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from playbook.cli import giving
from playbook.cli.delivery import tell_approved, tell_event
from playbook.cli.options import (
    head_option,
    json_option,
    library_option,
    offline_option,
    progress,
    proposal_argument,
    seen_commit,
)
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.review.queue import Row
    from playbook.store.managed import Library


def _chosen(library: str | None) -> Library:
    from playbook.finding.session import choose

    return choose(library, progress())


def _reason(what: str) -> Callable[[Any], Any]:
    return click.option("-m", "--message", metavar="TEXT", help=f"{what}; - for standard input.")


@click.command("escalate")
@proposal_argument
@_reason("Why they should decide it")
@offline_option
@library_option
@json_option
def escalate(proposal: str, message: str | None, offline: bool, library: str | None, as_json: bool) -> None:
    """Put it before the heads, and say why.

    Two opposite verdicts, or the agreed time without a decision, do so by themselves.

    \b
      playbook proposal escalate k3q7ab -m "Sales and we read the clause in two ways"
    """
    from playbook.review import ruling

    chosen = _chosen(library)
    written = ruling.escalate(chosen, proposal, giving.words(message))
    tell_event(chosen, written, "Before the heads", offline=offline, as_json=as_json)


@click.command("rule")
@proposal_argument
@click.option("--for", "against", flag_value=False, default=False, type=bool, help="It becomes main; the default.")
@click.option("--against", "against", flag_value=True, type=bool, help="It is declined.")
@_reason("The reason, which stays with it")
@head_option
@library_option
@json_option
def rule(
    proposal: str, against: bool, message: str | None, head: str | None, library: str | None, as_json: bool
) -> None:
    """Rule on what stands before the heads, as a head or the arbiter, and say why.

    The same ruling of every head, or the arbiter's alone, ends it: it becomes main, or it is declined.

    \b
    Exit 0: done, or recorded until the other head rules. 3: not yours to give. 4: the words moved, or it
    does not stand before the heads. 5: the hub is out of reach; the ruling waits and `playbook sync` finishes it.

    \b
      playbook proposal rule k3q7ab -m "The clause is ours to word"
      playbook proposal rule k3q7ab --against -m "Not before legal has read it"
    """
    from playbook.review import ruling
    from playbook.store.refs import main_commit

    chosen, reason = _chosen(library), giving.words(message)
    seen, before = seen_commit(chosen, proposal, head), main_commit(chosen)
    tell_approved(chosen, ruling.rule(chosen, proposal, reason, against, seen=seen), before, as_json=as_json)


@click.command("override")
@proposal_argument
@_reason("The reason, which stays with it")
@head_option
@library_option
@json_option
def override(proposal: str, message: str | None, head: str | None, library: str | None, as_json: bool) -> None:
    """Force it past its rules, where the policy lets you. Who did it, and why, stays on the card and in the audit.

    \b
    Exit 0: merged. 3: not yours to force. 4: the words moved, look again. 5: the hub is out of reach; it waits.

    \b
      playbook proposal override k3q7ab -m "The buyer signs tonight; marketing is on a plane"
    """
    from playbook.review import ruling
    from playbook.store.refs import main_commit

    chosen, reason = _chosen(library), giving.words(message)
    seen, before = seen_commit(chosen, proposal, head), main_commit(chosen)
    tell_approved(chosen, ruling.override(chosen, proposal, reason, seen=seen), before, as_json=as_json)


COMMANDS = (escalate, rule, override)


def standings(library: Library, rows: list[Row]) -> dict[str, dict[str, str]]:
    """By id, of those rows that stand before the heads, why and before whom."""
    from playbook import clock
    from playbook.review.escalation import standing
    from playbook.review.rules.policy import policy_at
    from playbook.store.refs import main_commit

    waiting = [row.proposal for row in rows if row.proposal.state == "escalated"]
    if not waiting:
        return {}
    policy, now = policy_at(library, main_commit(library)), clock.now().timestamp()
    return {one.id: standing(policy, one, now) for one in waiting}


def standing_json(before: dict[str, dict[str, str]], id: str) -> dict[str, Any]:
    """That as one more key, for those that do."""
    return {"escalated": before[id]} if id in before else {}


def standing_lines(standing: dict[str, str], indent: str = " " * 8) -> Iterator[str]:
    """That in words, below a proposal."""
    if standing.get("why"):
        said = one_line(f"Before {standing['before']}: {standing['why']}", 400)
        yield from textwrap.wrap(
            said, 80, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False
        )
