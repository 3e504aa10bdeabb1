"""Whether the words are in order, on the command line: lint and searches."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from playbook.cli.options import json_option, library_option, open_session, print_json, print_json_line
from playbook.errors import UsageError
from playbook.text.safe import display, one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session


@click.command("lint")
@click.argument("path", required=False)
@click.option("--rule", help="Only this rule's findings.")
@library_option
@json_option
def lint_command(path: str | None, rule: str | None, library: str | None, as_json: bool) -> None:
    """Check a folder or a file on disk, or the library: file, line, rule and message of each finding.

    Exit 1 when a finding is an error; warnings alone are exit 0.
    """
    from playbook import clock
    from playbook.library.lint import RULES, findings_json, lint
    from playbook.library.snapshot import load_folder
    from playbook.review.rules import policy_lint

    if rule is not None and rule not in (*RULES, *policy_lint.RULES):
        raise UsageError(f"There is no rule {rule!r}; the rules are {', '.join(sorted((*RULES, *policy_lint.RULES)))}")
    if path is not None:
        if not Path(path).exists():
            raise UsageError(
                f"{one_line(path)} does not exist; give a folder or a file, or nothing to check the library"
            )
        folder, within = _library_around(Path(os.path.normpath(Path(path).absolute())))
        snapshot = load_folder(folder)
        policies = _policies_in(folder)
    else:
        session = open_session(library)
        snapshot, within, policies = session.snapshot, "", _policies_of(session)
    today: date = clock.today(snapshot.settings.timezone)
    findings = [
        finding
        for finding in (
            *(lint(snapshot, today, rule=rule) if rule in (None, *RULES) else ()),
            *(found for path, text in policies.items() for found in policy_lint.lint_policy(text, path)),
        )
        if (not within or finding.path == within or finding.path.startswith(f"{within}/"))
        and rule in (None, finding.rule)
    ]
    errors = sum(1 for finding in findings if finding.severity == "error")
    for finding in findings:
        if as_json:
            print_json_line(findings_json(finding))
        else:
            place = finding.path if path is None else _seen_from_here(folder / finding.path, Path(path))
            said = without_place(finding.message, finding.path, finding.line)
            click.echo(f"{one_line(place)}:{finding.line}: {finding.severity}: {one_line(said)} [{finding.rule}]")
    if not as_json:
        counted = f"{_some(errors, 'error')}, {_some(len(findings) - errors, 'warning')}"
        click.echo(f"{_some(snapshot.documents, 'document')}: {counted}", err=True)
    if errors:
        click.get_current_context().exit(1)


def _policies_in(folder: Path) -> dict[str, str]:
    """The policy of a library on disk, by its path."""
    from playbook.review.rules.policy import FILES
    from playbook.store.objects import MIB

    found = [(name, folder / name) for name in FILES]
    return {
        name: file.read_text(encoding="utf-8-sig", errors="surrogateescape")
        for name, file in found
        if file.is_file() and not file.is_symlink() and file.stat().st_size <= MIB
    }


def _policies_of(session: Session) -> dict[str, str]:
    """The policy of a library at the commit that is read, by its path."""
    from playbook.review.rules.policy import FILES
    from playbook.store import objects

    entries = {
        os.fsdecode(one.path): one.oid for one in objects.entries_at(session.library, session.snapshot.commit, FILES)
    }
    raws = dict(objects.blobs(session.library, entries.values()))
    return {
        path: raws[oid].decode("utf-8", "surrogateescape").removeprefix("\ufeff")
        for path, oid in entries.items()
        if oid in raws
    }


def _seen_from_here(file: Path, given: Path) -> str:
    """The file's path as an editor started here would open it; outside the current folder absolute when it was given so."""
    here = Path.cwd()
    if file.is_relative_to(here):
        return str(file.relative_to(here))
    return str(file) if given.is_absolute() else os.path.relpath(file, here)


def without_place(message: str, path: str, line: int) -> str:
    """The message without the file and line it begins with, which stand before it already."""
    for begin in (f"{path}:{line}: ", f"{path}:{line} ", f"{path}: ", f"{path} "):
        if message.startswith(begin):
            return message.removeprefix(begin)
    return message


def _some(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _library_around(path: Path) -> tuple[Path, str]:
    """The folder to read so that a file or a part of a library is judged as what it is, and where in it the path lies."""
    start = path if path.is_dir() else path.parent
    for folder in (start, *start.parents):
        if (folder / "playbook.toml").is_file() or (folder / "content" / "playbook.toml").is_file():
            break
        if (folder / ".git").exists():
            folder = start
            break
    else:
        folder = start
    return folder, "" if folder == path else path.relative_to(folder).as_posix()


@click.command("searches")
@click.option("--explain", is_flag=True, help="Show the parts of the score of what came instead.")
@click.option("--misses", is_flag=True, help="Print what was noted in the app, as it stands in searches.toml.")
@click.option("--note", nargs=2, metavar="WORDS ID", help="Note that the words should find this card first.")
@click.option("--clear-misses", is_flag=True, help="Forget what was noted, once it stands in the library.")
@library_option
@json_option
def searches_command(
    explain: bool, misses: bool, note: tuple[str, str] | None, clear_misses: bool, library: str | None, as_json: bool
) -> None:
    """Run content/searches.toml: the questions and the cards that must answer them; exit 1 below the library's threshold."""
    from playbook.finding.searches import run_searches

    session = open_session(library)
    if note or misses or clear_misses:
        _misses(session, note, clear_misses, as_json)
        return
    outcome = run_searches(session)
    if as_json:
        print_json(
            {
                "n": outcome.asked,
                "first": outcome.share_first,
                "first_three": outcome.share_first_three,
                "failures": [failure.as_json(explain=explain) for failure in outcome.failures],
            }
        )
    else:
        for failure in outcome.failures:
            got = ", ".join(failure.got) or "nothing"
            click.echo(one_line(f"{failure.words!r} wants {', '.join(failure.wanted)}, got {got}"))
            if explain:
                for line in failure.explained:
                    click.echo(f"    {one_line(line)}")
        click.echo(
            f"{outcome.asked} searches: success@1 {outcome.share_first:.3f}, success@3 {outcome.share_first_three:.3f} "
            f"(wanted {outcome.want_first:.2f} and {outcome.want_first_three:.2f})"
        )
    if not outcome.good:
        click.get_current_context().exit(1)


def _misses(session: Session, note: tuple[str, str] | None, clear: bool, as_json: bool) -> None:
    """What was noted in the field: note one more, print them, or forget them."""
    from playbook.finding import misses
    from playbook.finding.searches import FILE

    if note:
        click.echo(one_line(misses.note(session, note[0], session.snapshot.resolve(note[1]))), err=as_json)
        return
    if clear:
        click.echo(f"Forgotten: {_some(misses.clear(session), 'question')}", err=as_json)
        return
    noted = misses.noted(session)
    if as_json:
        print_json([misses.as_json(miss) for miss in noted])
    else:
        click.echo(display(misses.as_toml(noted)), nl=False)
        click.echo(f"{len(noted)} noted; add them to content/{FILE}, then --clear-misses", err=True)
