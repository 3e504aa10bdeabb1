"""Opening libraries on the command line: demo, open, libraries, forget, sync."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from playbook.cli.options import json_option, library_option, print_json, progress

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.store.managed import Library


def _library_json(session: Session) -> dict[str, Any]:
    return {
        "library": session.library.name,
        "target": session.library.shown_target,
        "commit": session.snapshot.commit,
        "documents": session.snapshot.documents,
        "cards": len(session.snapshot.cards),
        "problems": [
            {"path": problem.path, "line": problem.line, "rule": problem.rule, "message": problem.message}
            for problem in session.snapshot.problems
        ],
    }


def _opened(library: Library, *, app: bool, as_json: bool) -> None:
    """Open the app where there is a terminal; else index the library and say what is in it."""
    if app and not as_json and sys.stdin.isatty() and sys.stdout.isatty():
        from playbook.app import run as run_app

        click.get_current_context().exit(run_app(library.name))
    from playbook.finding.session import read
    from playbook.search.indexer import build_if_free
    from playbook.text.safe import one_line

    session = read(library, progress=progress())
    build_if_free(library, progress())
    if as_json:
        print_json(_library_json(session))
        return
    found = session.snapshot
    click.echo(f"Opened {library.name}: {found.documents} documents, {len(found.cards)} cards")
    if found.problems:
        first = found.problems[0]
        place = f"{one_line(first.path)}:{first.line}"
        click.echo(f"{len(found.problems)} problems; the first: {place} {one_line(first.message)}")
        click.echo("`playbook lint` lists them all")


@click.command("demo")
@click.option("--reset", is_flag=True, help="Build the demonstration anew; what was changed in it is lost.")
@click.option("--no-app", is_flag=True, help="Build it, but do not open the app.")
@json_option
def demo_command(reset: bool, no_app: bool, as_json: bool) -> None:
    """Build the demonstration library and open it."""
    from playbook.demo.hub import build_demo

    library = build_demo(progress(), reset=reset, say=lambda sentence: click.echo(sentence, err=True))
    _opened(library, app=not no_app, as_json=as_json)


@click.command("open")
@click.argument("target")
@click.option("--name", help="What to call it here; else taken from the target.")
@click.option("--no-app", is_flag=True, help="Open it, but do not start the app.")
@json_option
def open_command(target: str, name: str | None, no_app: bool, as_json: bool) -> None:
    """Open a library: a path, a file:// URL, or an https or ssh URL of a git repository.

    A managed copy is kept; the repository itself is never written to. Ctrl+C stops a first fetch without a trace.
    """
    from playbook.store.managed import open_library

    library = open_library(target, name=name, progress=progress())
    _opened(library, app=not no_app, as_json=as_json)


@click.command("libraries")
@json_option
def libraries_command(as_json: bool) -> None:
    """List what is open here; the one opened last is marked."""
    from playbook.errors import PlaybookError
    from playbook.store.managed import find_library, libraries
    from playbook.text.safe import one_line

    found = libraries()
    last = ""
    if found:
        try:
            last = find_library(None).name
        except PlaybookError:
            last = ""
    if as_json:
        print_json(
            [
                {
                    "library": one.name,
                    "target": one.shown_target,
                    "hub": one.shown_hub,
                    "current": one.name == last,
                    "path": str(one.git_dir),
                }
                for one in found
            ]
        )
        return
    for one in found:
        click.echo(f"{'*' if one.name == last else ' '} {one.name}  {one_line(one.shown_target)}")
    if not found:
        click.echo("No library is open here; `playbook demo` or `playbook open TARGET` opens one", err=True)


@click.command("forget")
@click.argument("name")
@click.option("--force", is_flag=True, help="Even when something in it was never sent.")
@json_option
def forget_command(name: str, force: bool, as_json: bool) -> None:
    """Remove the managed copy of a library; its hub stays as it is."""
    from playbook.store.managed import forget

    gone = forget(name, force=force)
    if as_json:
        print_json({"library": gone.name, "target": gone.shown_target})
    else:
        click.echo(f"Forgot {gone.name}; its hub is untouched")


@click.command("sync")
@click.option("--offline-ok", is_flag=True, help="A hub out of reach is no error.")
@library_option
@json_option
def sync_command(offline_ok: bool, library: str | None, as_json: bool) -> None:
    """Fetch from the hub, send what waits, finish merges that waited for the hub, and report.

    Exit 3 where the hub lets you read but not write, 4 where it was rewound or something of yours came too late because
    it was merged before, 5 where it cannot be reached.
    """
    from playbook.errors import NotPermitted, RemoteUnreachable
    from playbook.finding.session import choose
    from playbook.review.syncing import sync_whole, waiting
    from playbook.search.indexer import ensure_index
    from playbook.store.managed import unsent
    from playbook.store.refs import main_commit
    from playbook.store.sync import SyncReport
    from playbook.text.safe import display, one_line

    chosen = choose(library)
    try:
        report = sync_whole(chosen, progress=progress())
    except NotPermitted:
        # What came was taken all the same.
        ensure_index(chosen, main_commit(chosen))
        raise
    except RemoteUnreachable as error:
        if not offline_ok:
            raise
        held = waiting(chosen, {}, "the hub is out of reach; it goes out with the next sync")
        report = SyncReport("offline", ahead=unsent(chosen), message=str(error), waiting=held)
    ensure_index(chosen, main_commit(chosen))
    if as_json:
        print_json(
            {
                "ahead": report.ahead,
                "behind": report.behind,
                "sent": list(report.sent),
                "received": list(report.received),
                "state": report.state,
                "waiting": [one._asdict() for one in report.waiting],
                "left_out": [one._asdict() for one in report.left_out],
                "deleted": [one._asdict() for one in report.deleted],
                "too_late": list(report.too_late),
            }
        )
    else:
        for sentence in report.sentences or [report.message]:
            if sentence not in report.too_late:
                click.echo(display(sentence))
        if report.sent:
            click.echo(f"Sent: {display(', '.join(report.sent))}")
        if report.ahead:
            click.echo("1 commit waits here" if report.ahead == 1 else f"{report.ahead} commits wait here", err=True)
    for sentence in report.too_late:
        click.echo(one_line(sentence, 1000), err=True)
    if report.state == "rewound" or report.too_late:
        click.get_current_context().exit(4)
