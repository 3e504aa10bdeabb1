"""What one was writing and has not proposed, on the command line: list, show, forget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from playbook.cli.options import json_option, library_option, print_json
from playbook.errors import NothingFound, PlaybookError, UsageError
from playbook.text.safe import display, display_path, one_line

if TYPE_CHECKING:
    from playbook.library.snapshot import Snapshot
    from playbook.review.drafts import Draft
    from playbook.store.managed import Library


@click.group("drafts", invoke_without_command=True)
@library_option
@json_option
@click.pass_context
def drafts_command(ctx: click.Context, library: str | None, as_json: bool) -> None:
    """List what you were writing and have not proposed; drafts never leave this machine.

    \b
      playbook drafts
      playbook drafts show 4f2a
      playbook drafts drop 4f2a
    """
    if ctx.invoked_subcommand is not None:
        if library is not None or as_json:
            raise UsageError("--library and --json stand at the end, as in `playbook drafts show NAME --json`")
        return
    from playbook.finding.session import choose
    from playbook.review.drafts import drafts

    chosen = choose(library)
    found = drafts(chosen)
    snapshot = _snapshot(chosen) if found else None
    if as_json:
        print_json([_draft_json(draft, snapshot) for draft in found])
        return
    for draft in found:
        for line in _draft_lines(draft, snapshot):
            click.echo(line)
    if not found:
        click.echo("There are no drafts here", err=True)


def _snapshot(library: Library) -> Snapshot | None:
    """The library's cards, for their titles; drafts are listed all the same where it cannot be read."""
    from playbook.finding.session import read

    try:
        return read(library).snapshot
    except PlaybookError:
        return None


def _draft_lines(draft: Draft, snapshot: Snapshot | None) -> list[str]:
    """What it is and of which card; below, where that lies and how the words begin."""
    from playbook.cli.showing import WIDTH, fit, when
    from playbook.review.drafts import about

    what, title, _, words = about(draft, snapshot)
    begun = when(draft.when)[:16].replace("T", " ")
    of = f"  of {one_line(draft.proposal)}" if draft.proposal else ""
    lines = [f"{one_line(draft.name, 8):<8}  {begun}  {fit(f'{what}: {title}', WIDTH - 28)}"]
    if draft.path:
        lines.append(f"{'':<10}{display_path(draft.path)}{of}")
    if draft.kind in ("words", "note", "new card", "let go") and words.strip():
        lines.append(" " * 10 + fit(words, WIDTH - 10))
    return lines


def _draft_json(draft: Draft, snapshot: Snapshot | None) -> dict[str, Any]:
    from playbook.cli.showing import when
    from playbook.review.drafts import about

    told = about(draft, snapshot)
    return {
        "name": draft.name,
        "path": draft.path,
        "proposal": draft.proposal or None,
        "kind": draft.kind,
        "what": told.what,
        "title": told.title,
        "why": draft.why,
        "when": when(draft.when),
    }


def _draft(library: str | None, name: str) -> tuple[Library, Draft]:
    """The library and its draft of that name, of the only one that begins so, or for that path."""
    from playbook.finding.session import choose
    from playbook.review.drafts import drafts

    chosen = choose(library)
    wanted = name.strip()
    kept = drafts(chosen) if wanted else []
    found = [draft for draft in kept if wanted in (draft.name, draft.path)] or [
        draft for draft in kept if draft.name.startswith(wanted)
    ]
    if not found:
        raise NothingFound(f"There is no draft {one_line(name, 80)!r}; `playbook drafts` lists them")
    if len(found) > 1:
        raise UsageError(f"{one_line(name, 80)!r} may be {len(found)} drafts; give more of the name")
    return chosen, found[0]


@drafts_command.command("show")
@click.argument("name", metavar="NAME")
@library_option
@json_option
def drafts_show(name: str, library: str | None, as_json: bool) -> None:
    """Print a draft."""
    chosen, draft = _draft(library, name)
    if as_json:
        print_json(_draft_json(draft, _snapshot(chosen)) | {"base": draft.base, "text": draft.text})
    else:
        click.echo(display(draft.text), nl=not draft.text.endswith("\n"))


@drafts_command.command("drop")
@click.argument("name", metavar="NAME")
@library_option
@json_option
def drafts_drop(name: str, library: str | None, as_json: bool) -> None:
    """Forget a draft for good."""
    from playbook.review.drafts import drop

    chosen, draft = _draft(library, name)
    drop(chosen, draft.name)
    if as_json:
        print_json({"name": draft.name, "path": draft.path})
    else:
        from playbook.review.drafts import about

        click.echo(f"Forgot the draft of {about(draft, None).title}")
