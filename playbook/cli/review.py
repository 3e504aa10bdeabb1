"""Reviewing on the command line: the queue, and of one proposal what it is and every verdict on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from playbook.cli import giving, letting_go, ruling, settling, straight
from playbook.cli.arriving import say_how_old, synced_json
from playbook.cli.delivery import tell_approved, tell_event
from playbook.cli.options import (
    head_option,
    json_option,
    library_option,
    offline_option,
    open_session,
    print_json,
    progress,
    proposal_argument,
    seen_commit,
)
from playbook.errors import NothingFound, UsageError
from playbook.text.safe import display, one_line

if TYPE_CHECKING:
    from playbook.review.acting import Place
    from playbook.review.branch import Written
    from playbook.review.proposal import Proposal
    from playbook.store.managed import Library

F = TypeVar("F", bound=Callable[..., Any])
NOT_YET = "not sent yet; it goes out with the next sync"
STATES = ("open", "merged", "declined", "withdrawn", "parked", "escalated")


@click.command("proposals")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state; open when nothing is said.")
@click.option("--mine", is_flag=True, help="Only those you began.")
@click.option("--all", "every", is_flag=True, help="In whatever state.")
@click.option("--unreviewed", is_flag=True, help="Instead: what went to main without a proposal since the first merge.")
@library_option
@json_option
def proposals_command(
    state: str | None, mine: bool, every: bool, unreviewed: bool, library: str | None, as_json: bool
) -> None:
    """List what waits for a verdict, the longest waiting first: its age against the agreed time, who, what and why.

    What the hub has by now comes with `playbook sync`.

    \b
      playbook proposals
      playbook proposals --mine --all
    """
    from playbook.finding.session import choose

    if every and state is not None:
        raise UsageError("--all is every state; leave --state out")
    if unreviewed and (every or mine or state is not None):
        raise UsageError("--unreviewed lists commits, not proposals; it goes with no other filter")
    chosen = choose(library, progress())
    if unreviewed:
        straight.list_unreviewed(chosen, as_json)
        return
    from playbook.cli.showing import queue_lines, short_names
    from playbook.review.listing import branches
    from playbook.review.queue import queue, row_json
    from playbook.review.ways_out import remembered
    from playbook.store.writing import acting

    rows = queue(chosen, state="" if every else state or "waiting", mine=acting().mail if mine else "")
    before, waits = ruling.standings(chosen, rows), remembered(chosen)
    say_how_old(chosen)
    if as_json:
        held = synced_json(chosen)
        why = {id: reason or NOT_YET for id, reason in waits.items()}
        print_json(
            [
                row_json(row)
                | ruling.standing_json(before, row.proposal.id)
                | {"waits": why.get(row.proposal.id)}
                | held
                for row in rows
            ]
        )
        return
    names, hours = short_names([*branches(chosen), *(row.proposal.id for row in rows)]), _review_hours(chosen)
    for row in rows:
        for line in (*queue_lines([row], names, hours), *ruling.standing_lines(before.get(row.proposal.id, {}))):
            click.echo(line)
    for id, reason in waits.items() if mine else ():
        click.echo(f"{one_line(names.get(id, id))} waits here: {display(reason or NOT_YET)}")
    if not rows:
        what = "" if every else f" {state or 'open'}"
        click.echo(f"There is no{what} proposal{' of yours' if mine else ''} here", err=True)


def _review_hours(library: Library) -> int:
    from playbook.review.rules.policy import policy_at
    from playbook.store.refs import main_commit

    return policy_at(library, main_commit(library)).review_hours


@click.group("proposal")
def proposal_command() -> None:
    """One proposal: look at it, talk about it, judge it.

    PROPOSAL is its id, the beginning of it, or the six letters at its end that `playbook proposals` shows.

    \b
      playbook proposal show k3q7ab
      playbook proposal approve k3q7ab -m "Shorter, and true"
    """


def _event(name: str, text: str) -> Callable[[F], Any]:
    """What every event's command has: PROPOSAL, -m, --offline, --library, --json."""

    def wrap(command: F) -> Any:
        made: Any = command
        for option in (
            json_option,
            library_option,
            offline_option,
            click.option("-m", "--message", "message", metavar="TEXT", help=f"{text}; - for standard input."),
            proposal_argument,
        ):
            made = option(made)
        return proposal_command.command(name)(made)

    return wrap


def _chosen(library: str | None) -> Library:
    from playbook.finding.session import choose

    return choose(library, progress())


@proposal_command.command("show")
@proposal_argument
@click.option(
    "--diff", "how", type=click.Choice(["words", "raw"]), default="words", show_default=True,
    help="What changed: word by word, or as a patch in lines.",
)  # fmt: skip
@library_option
@json_option
def show(proposal: str, how: str, library: str | None, as_json: bool) -> None:
    """Show the change, the discussion, the verdicts, and why it can or can't become main.

    \b
      playbook proposal show k3q7ab
      playbook proposal show k3q7ab --diff raw --json

    Of a commit that went to main without a proposal, by its name: who, why, and its change.
    """
    from playbook.cli import showing
    from playbook.library.lint import findings_json
    from playbook.review.change import file_changes, findings
    from playbook.review.listing import find
    from playbook.review.places import proposed_texts
    from playbook.review.queue import row_json, row_of

    session = open_session(library)
    try:
        found = find(session.library, proposal)
    except NothingFound:
        from playbook.review.straight import names_a_commit

        if not names_a_commit(proposal):
            raise
        straight.show_straight(session, proposal, how, as_json)
        return
    row = row_of(session.library, found)
    before = ruling.standings(session.library, [row])
    changes = () if found.fault else file_changes(session.library, found)
    texts = {} if found.fault else proposed_texts(session.library, found)
    # Of what is decided nobody mends the wording any more.
    faults = findings(session, changes) if found.state in ("open", "escalated", "parked") else []
    say_how_old(session.library)
    if as_json:
        print_json(
            row_json(row)
            | ruling.standing_json(before, found.id)
            | showing.refs_of(found)
            | synced_json(session.library)
            | {
                "changes": [showing.change_json(change, how) for change in changes],
                "findings": [findings_json(one) for one in faults],
                "threads": [showing.thread_json(thread, texts) for thread in found.threads],
                "events": [showing.event_json(event) for event in found.events],
            }
        )
        return
    for line in showing.proposal_lines(row, changes, faults, texts, _review_hours(session.library), how):
        click.echo(line)
    for line in ruling.standing_lines(before.get(found.id, {}), "  "):
        click.echo(line)


@_event("comment", "What you think")
@click.option("--on", "place", metavar="PATH:LINE", help="The line of the proposed text that it is about.")
@click.option("--quote", metavar="TEXT", help="Words of the proposed text that it is about.")
@click.option("--reply-to", metavar="COMMENT", help="The comment it answers, by its id or the beginning of it.")
def comment(
    proposal: str, message: str | None, place: str | None, quote: str | None, reply_to: str | None, offline: bool,
    library: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Say something of the whole, of a place in its words, or in answer to a comment.

    A place is remembered by its words, so it is found again wherever they go.

    \b
      playbook proposal comment k3q7ab -m "Says who?" --quote "costs more than a year"
      playbook proposal comment k3q7ab -m "The pricing team" --reply-to 4f2a91c0
    """
    from playbook.review import acting

    chosen = _chosen(library)
    text = giving.words(message)
    if not text.strip():
        raise UsageError("A comment needs words: -m 'what you think'")
    at, answers = None, ""
    if place or quote or reply_to:
        from playbook.review.listing import find

        found = find(chosen, proposal)
        at, answers = _place(chosen, found, place, quote), _comment(found, reply_to or "")
    written = acting.comment(chosen, proposal, text, at=at, reply_to=answers)
    tell_event(chosen, written, "Commented", offline=offline, as_json=as_json)


def _place(library: Library, proposal: Proposal, place: str | None, quote: str | None) -> Place | None:
    from playbook.review import places

    if place and quote:
        raise UsageError("--on and --quote both name the place; give one of them")
    if quote:
        return places.place_of_quote(library, proposal, giving.words(quote, "--quote"))
    return places.place_on_line(library, proposal, *giving.place_and_line(place)) if place else None


def _comment(proposal: Proposal, given: str) -> str:
    """The whole id of the comment that a person names by its beginning."""
    if not given:
        return ""
    said = [event.id for event in proposal.events if event.word == "comment"]
    found = [id for id in said if id == given] or [id for id in dict.fromkeys(said) if id.startswith(given)]
    if not found:
        raise NothingFound(f"There is no comment {one_line(given, 40)!r} on {one_line(proposal.id)}")
    if len(found) > 1:
        raise UsageError(f"{one_line(given, 40)!r} may be {len(found)} comments; give more of its id")
    return found[0]


@proposal_command.command("close-thread")
@proposal_argument
@click.argument("comment", metavar="COMMENT")
@offline_option
@library_option
@json_option
def close_thread(proposal: str, comment: str, offline: bool, library: str | None, as_json: bool) -> None:
    """Say that a comment is dealt with.

    \b
      playbook proposal close-thread k3q7ab 4f2a91c0
    """
    from playbook.review import acting
    from playbook.review.listing import find

    chosen = _chosen(library)
    thread = _comment(find(chosen, proposal), comment)
    written = acting.close_thread(chosen, proposal, thread)
    tell_event(chosen, written, "Dealt with", offline=offline, as_json=as_json)


@proposal_command.command("approve")
@proposal_argument
@click.option("-m", "--message", metavar="TEXT", help="Why, where nobody said it yet; - for standard input.")
@head_option
@library_option
@json_option
def approve(proposal: str, message: str | None, head: str | None, library: str | None, as_json: bool) -> None:
    """Give your key for the words as they are; the last key that is wanted merges them and pushes.

    \b
    Exit 0: merged, or the key is recorded. 3: not yours to give. 4: the words moved, look again.
    5: the hub is out of reach; the verdict waits and `playbook sync` finishes it.

    \b
      playbook proposal approve k3q7ab
      playbook proposal approve k3q7ab --head 1f00c2d9 -m "Shorter, and true"
    """
    from playbook.review.approve import approve as give
    from playbook.store.refs import main_commit

    chosen = _chosen(library)
    seen, before = seen_commit(chosen, proposal, head), main_commit(chosen)
    tell_approved(chosen, give(chosen, proposal, giving.words(message), seen=seen), before, as_json=as_json)


def _say(
    said: str, do: Callable[[Any], Callable[..., Written]], proposal: str, message: str | None, library: str | None,
    *, offline: bool, as_json: bool, head: str | None = None,
) -> None:  # fmt: skip
    """One event of those that take a text and perhaps the head that was seen."""
    from playbook.review import acting

    chosen = _chosen(library)
    seen = {"seen": seen_commit(chosen, proposal, head)} if head else {}
    written = do(acting)(chosen, proposal, giving.words(message), **seen)
    tell_event(chosen, written, said, offline=offline, as_json=as_json)


@_event("request-changes", "What should be different")
@head_option
def request_changes(proposal: str, message: str | None, library: str | None, **more: Any) -> None:
    """Ask its author for other words, and say which.

    \b
      playbook proposal request-changes k3q7ab -m "Leave the figure out"
    """
    _say("Asked for changes", lambda acting: acting.request_changes, proposal, message, library, **more)


@_event("acknowledge", "What you want to say with it")
@head_option
def acknowledge(proposal: str, message: str | None, library: str | None, **more: Any) -> None:
    """Say that you have seen the words as they are now and stand by them, such as after somebody revised yours.

    \b
      playbook proposal acknowledge k3q7ab
    """
    _say("Acknowledged", lambda acting: acting.acknowledge, proposal, message, library, **more)


@_event("decline", "The reason, which its author reads")
@head_option
def decline(proposal: str, message: str | None, library: str | None, **more: Any) -> None:
    """End it, with a reason its author can read.

    \b
      playbook proposal decline k3q7ab -m "Legal will not have it; see the claims page"
    """
    _say("Declined", lambda acting: acting.decline, proposal, message, library, **more)


@_event("withdraw", "The reason, if there is one")
def withdraw(proposal: str, message: str | None, library: str | None, **more: Any) -> None:
    """Take back a proposal of your own.

    \b
      playbook proposal withdraw k3q7ab
    """
    _say("Withdrawn", lambda acting: acting.withdraw, proposal, message, library, **more)


@_event("park", "Until what")
def park(proposal: str, message: str | None, library: str | None, **more: Any) -> None:
    """Put it aside, with a reason; reopening or revising brings it back.

    \b
      playbook proposal park k3q7ab -m "Until the new prices are out"
    """
    _say("Parked", lambda acting: acting.park, proposal, message, library, **more)


@_event("reopen", "Why")
def reopen(proposal: str, message: str | None, library: str | None, **more: Any) -> None:
    """Open it again after it was declined, withdrawn or parked, or its branch was deleted at the hub.

    Of one that was merged, the words that came to its branch after that: they make a proposal of their own.

    \b
      playbook proposal reopen k3q7ab -m "The prices are out"
    """
    if settling.reopen_merged(proposal, message, library, **more):
        return
    _say("Opened again", lambda acting: acting.reopen, proposal, message, library, **more)


for _command in (
    *ruling.COMMANDS,
    *letting_go.COMMANDS,
    settling.revise,
    settling.resolve,
    settling.split,
    settling.join,
    straight.seen,
):
    proposal_command.add_command(_command)
