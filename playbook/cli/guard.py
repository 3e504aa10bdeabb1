"""What the hub enforces, on the command line: verify, the hub's hook, and files for a host."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from playbook.cli.arriving import say_how_old, synced_json
from playbook.cli.options import json_option, library_option, print_json
from playbook.text.safe import display, one_line

if TYPE_CHECKING:
    from playbook.review.judged import Judged
    from playbook.review.verify import Fault

STRAIGHT = "direct"  # the rule of commits that were put on main without a proposal
MANY = 6  # from how many on they are told together
FIRST = 3


@click.command("verify")
@click.argument("span", metavar="[BASE..HEAD]", required=False)
@click.option("--in", "folder", metavar="DIR", help="Judge the checkout or bare repository there, as it is.")
@click.option("--all", "every", is_flag=True, help="A line for every fault in a terminal too, however alike they are.")
@library_option
@json_option
def verify_command(span: str | None, folder: str | None, every: bool, library: str | None, as_json: bool) -> None:
    """May these commits become main? One line a fault, and exit 1 where there is one.

    BASE and HEAD are commits, `main`, `proposals/NAME` or HEAD. Without them all of main is judged since the hub's guard
    was installed, else since there is a policy. A proposal is judged as it would be once merged.

    A library is judged as of its last sync, and stderr says when that was, where it is some minutes ago. On a terminal many
    commits that were put straight on main are told together; --all, --json and a pipe have each.
    """
    from playbook.errors import UsageError
    from playbook.finding.session import choose
    from playbook.review.judged import judge_range

    if folder is not None and library is not None:
        raise UsageError("--in judges a folder as it is, --library one that is open here; give one of them")
    chosen = None if folder is not None else choose(library)
    found = judge_range(span, library=chosen, folder=folder)
    held: dict[str, Any] = {}
    if chosen is not None:
        say_how_old(chosen)
        held = synced_json(chosen)
    if as_json:
        print_json([fault.as_json() | held for fault in found.faults])
    else:
        for line in _lines(found.faults, whole=every or not _at_a_terminal()):
            click.echo(line)
        if not found.faults:
            click.echo(_all_well(found))
    if found.faults:
        click.get_current_context().exit(1)


def _at_a_terminal() -> bool:
    return sys.stdout.isatty()


def _lines(faults: Sequence[Fault], *, whole: bool) -> Iterator[str]:
    """A line a fault. Unless they are wanted `whole`, many that are alike only in having gone straight to main are told
    as what they are: a history from before anybody guarded it."""
    straight = [fault for fault in faults if fault.rule == STRAIGHT]
    named = set(straight[:FIRST]) if len(straight) > MANY and not whole else set(straight)
    for fault in faults:
        if fault.rule != STRAIGHT or fault in named:
            yield f"{fault.commit[:10]} {one_line(display(fault.message), 1000)} [{fault.rule}]"
    if len(named) < len(straight):
        first, last = straight[0].commit[:10], straight[-1].commit[:10]
        yield (
            f"{len(straight)} commits in all went straight to main, from {first} to {last}, the first {FIRST} of them above. "
            "Where that is the history from before anybody reviewed, nothing need be pushed anew: a hub's guard takes main "
            "as it is for its baseline (`playbook hook install HUB.git`), and `playbook verify BASE..HEAD` judges what came "
            f"since. --all lists each [{STRAIGHT}]"
        )


def _all_well(found: Judged) -> str:
    if found.proposal:
        return f"{found.head[:10]} may be merged into {found.base[:10]}"
    if not found.steps:
        return f"There is nothing to judge after {found.base[:10]}; give BASE..HEAD to judge what came before"
    steps = "1 step" if found.steps == 1 else f"{found.steps} steps"
    since = f"after {found.base[:10]}" if found.base else "from the first"
    return f"{steps} of main {since} up to {found.head[:10]}: each as its policy asks"


@click.group("hook")
def hook_command() -> None:
    """The guard of a hub on this machine."""


@hook_command.command("install")
@click.argument("hub", metavar="HUB.git")
@click.option("--owner", metavar="MAIL", help="Who may set the first policy.")
@json_option
def hook_install(hub: str, owner: str | None, as_json: bool) -> None:
    """Have the bare repository at HUB.git judge every push before it takes it.

    What is on its main now is the baseline, taken as it is. Doing it again does no harm, and is the mend after Python or
    playbook moved. Exit 3 where somebody else's hook is in the place.
    """
    from playbook.review.guard.installing import install

    made = install(hub, owner)
    if as_json:
        print_json(
            {
                "hub": made.hub,
                "hook": made.hook,
                "main": made.main,
                "owner": made.owner,
                "baseline": made.baseline,
                "guarded": list(made.guarded),
                "unguarded": list(made.unguarded),
            }
        )
        return
    click.echo(f"{one_line(made.hub)} is guarded by {one_line(made.hook)}")
    for sentence in made.guarded:
        click.echo(display(sentence))
    if made.owner:
        click.echo(f"{one_line(made.owner)} may set the first policy.")
    for sentence in made.unguarded:
        click.echo(display(sentence))


@click.command("host-files")
@click.argument("host", type=click.Choice(["github", "gitlab"]))
@click.option("-o", "--output", metavar="DIR", help="Write the files below this folder, a checkout's root.")
@library_option
@json_option
def host_files_command(host: str, output: str | None, library: str | None, as_json: bool) -> None:
    """Make what a git host needs to enforce the policy: code owners, a required check, a list of settings.

    Without -o the files are printed. They are words to propose like any others: put them into a branch, not on main.
    """
    from playbook.finding.session import choose
    from playbook.review.guard.host_files import checklist, files_for, write
    from playbook.review.rules.policy import policy_at
    from playbook.store.refs import main_branch, main_commit

    chosen = choose(library)
    policy = policy_at(chosen, main_commit(chosen))
    main = main_branch(chosen)
    files = files_for(host, policy, main)
    if output is not None:
        write(Path(output), files)
    if as_json:
        print_json({"host": host, "files": files, "checklist": checklist(host, main), "written": output is not None})
        return
    for name, text in files.items():
        click.echo(f"Wrote {one_line(str(Path(output) / name))}" if output is not None else f"--- {name}\n{text}")
    click.echo("Then, in the host's settings:")
    for number, sentence in enumerate(checklist(host, main), 1):
        click.echo(f"{number:2}. {display(sentence)}")
