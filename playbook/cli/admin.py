"""Looking after the machine's side: index, doctor, completion."""

from __future__ import annotations

from typing import Any

import click

from playbook.cli.options import json_option, library_option, print_json, progress


@click.command("index")
@click.option("--rebuild", is_flag=True, help="Build it from nothing.")
@click.option("--status", is_flag=True, help="Only report.")
@library_option
@json_option
def index_command(rebuild: bool, status: bool, library: str | None, as_json: bool) -> None:
    """Build or report the search index; it may be deleted at any time."""
    from playbook.finding.session import choose
    from playbook.search.indexer import build_now, index_status

    chosen = choose(library, progress())
    found = index_status(chosen) if status else build_now(chosen, progress(), rebuild=rebuild)
    if as_json:
        print_json(
            {
                "engine": found.engine,
                "cards": found.cards,
                "commit": found.commit,
                "build_ms": round(found.build_ms, 1),
                "bytes": found.bytes,
                "running": found.running,
            }
        )
        return
    if found.running:
        click.echo(f"An index is being built: {found.done} of {found.total} cards")
    if found.commit:
        click.echo(
            f"{found.engine}: {found.cards} cards at {found.commit[:12]}, built in {found.build_ms:.0f} ms, {found.bytes} bytes"
        )
    elif not found.running:
        click.echo(
            "There is no index; search scans the library until one is built"
            + (f" ({found.reason})" if found.reason else "")
        )


@click.command("doctor")
@library_option
@json_option
def doctor_command(library: str | None, as_json: bool) -> None:
    """Check git, terminal, clipboard, index, remote and identity: each with its state and its mend."""
    from playbook.finding.doctor import examine
    from playbook.review.own_key import unfit

    findings = examine(library, unfit=unfit)
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{'ok ' if finding.state == 'ok' else '!! '} {finding.what:<10} {finding.says}")
            if finding.mend:
                click.echo(f"               {finding.mend}")
    if any(finding.state == "broken" for finding in findings):
        click.get_current_context().exit(1)


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    bash: playbook completion bash > ~/.local/share/bash-completion/completions/playbook
    zsh:  playbook completion zsh > "${fpath[1]}/_playbook"
    fish: playbook completion fish > ~/.config/fish/completions/playbook.fish
    """
    from click.shell_completion import get_completion_class

    found: Any = get_completion_class(shell)
    root = click.get_current_context().find_root().command
    # Written by hand into a script that other shells will read: no probing of the shell that runs now.
    maker = found(root, {}, "playbook", "_PLAYBOOK_COMPLETE")
    click.echo(maker.source_template % maker.source_vars())
