"""Proposing on the command line: words, a note, whole files, a new card, from a file, a folder or the editor."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from playbook.cli import giving
from playbook.cli.delivery import tell_proposed
from playbook.cli.options import json_option, library_option, offline_option, open_session, print_json, why_option
from playbook.errors import NothingFound, UsageError
from playbook.text.safe import display_path, one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.review.branch import Written
    from playbook.review.change import FileChange

Changes = dict[str, bytes | None]
Plan = tuple[Changes, Callable[[], "Written"]]
"""The files as they would be, and what proposes them."""


@click.command("propose")
@click.argument("name", metavar="[ID]", required=False)
@click.option("-m", "--message", "words", metavar="WORDS", help="Better words to say; - for standard input.")
@click.option("--note", metavar="SENTENCE", help="Say what is wrong, and edit nothing.")
@click.option(
    "--from", "source", metavar="FILE", help="The whole new file of a card, or of any file there is; or a folder."
)
@click.option("--edit", "in_editor", is_flag=True, help="Edit the file in $VISUAL or $EDITOR.")
@click.option("--new", "kind", metavar="KIND", help="A new card of that kind; wants --title.")
@click.option("--title", metavar="TEXT", help="The new card's title, as a buyer would say it.")
@click.option("--alias", "aliases", multiple=True, metavar="TEXT", help="Other words buyers use for it; may repeat.")
@why_option
@click.option("--dry-run", is_flag=True, help="Show what would change, word by word; write nothing.")
@offline_option
@library_option
@json_option
def propose_command(
    name: str | None,
    words: str | None,
    note: str | None,
    source: str | None,
    in_editor: bool,
    kind: str | None,
    title: str | None,
    aliases: tuple[str, ...],
    why: str | None,
    dry_run: bool,
    offline: bool,
    library: str | None,
    as_json: bool,
) -> None:
    """Propose better words; somebody else approves them.

    One sentence is enough: it replaces the card's words to say (of an objection its Answer). What is proposed is kept
    here at once, and sent when the hub can be reached.

    \b
      playbook propose objections/price -m "One late van costs more than a year of this."
      playbook propose objections/price --note "The figure is from last year."
      playbook propose objections/price --from price.md --why "Shorter, and it can be said aloud"
      playbook propose content/policy.toml --from pol.toml --why "Mia joins marketing"
      playbook propose --from folder/ --why "The new terms, everywhere"
      playbook propose objections/price --edit
      playbook propose --new objection --title "We build it ourselves" -m "Who mends it at night?"
    """
    _one_way(name, words, note, source, in_editor, kind, title, aliases, dry_run)
    said, because = giving.words(words), giving.words(why, "--why")
    session = open_session(library)
    _say_if_retired(session, name)
    if note is not None:
        _note(session, name or "", giving.words(note, "--note"), dry_run, offline=offline, as_json=as_json)
        return
    if in_editor:
        _in_editor(session, name or "", because, offline=offline, as_json=as_json)
        return
    changes, write = _planned(session, name, said, source, kind, title, aliases, because)
    if dry_run:
        show_only(session, changes, as_json)
        return
    written = write()
    if source is not None:
        _say_findings(session, changes)
    tell_proposed(session.library, written, offline=offline, as_json=as_json)


def _say_if_retired(session: Session, name: str | None) -> None:
    """Say of a retired card that it is; it keeps nothing from being proposed."""
    for card in session.snapshot.known([name] if name else []):
        if card.status == "retired":
            click.echo(
                f"The card {one_line(card.id)} is retired: its words are no longer said, whatever they are, until its "
                "status is another (--edit)",
                err=True,
            )


def _one_way(
    name: str | None, words: str | None, note: str | None, source: str | None, in_editor: bool, kind: str | None,
    title: str | None, aliases: tuple[str, ...], dry_run: bool,
) -> None:  # fmt: skip
    """Raise UsageError unless exactly one thing is proposed, of what it takes."""
    given = {"--note": note is not None, "--from": source is not None, "--edit": in_editor, "--new": kind is not None}
    ways = [way for way, there in given.items() if there]
    if words is not None and ways != ["--new"]:
        ways.append("-m")
    if len(ways) > 1:
        raise UsageError(f"{' and '.join(ways)} do not go together; propose one thing at a time")
    if not ways:
        raise UsageError("Say what you propose: -m 'better words', --note, --from, --edit or --new")
    if kind is not None and name is not None:
        raise UsageError("--new makes a card of its own; leave the ID out, or propose words for it with -m")
    if kind is not None and not (title or "").strip():
        raise UsageError("A new card needs a title: --title 'as a buyer would say it'")
    if kind is None and (title is not None or aliases):
        raise UsageError("--title and --alias are for a new card: --new KIND")
    if kind is None and name is None and not (source and Path(source).is_dir()):
        raise UsageError("Which card? Give its ID, as in `playbook propose objections/price -m 'better words'`")
    if in_editor and dry_run:
        raise UsageError("--dry-run is for -m, --note, --from and --new; in the editor you see the words yourself")


def _planned(
    session: Session, name: str | None, words: str, source: str | None, kind: str | None, title: str | None,
    aliases: tuple[str, ...], why: str,
) -> Plan:  # fmt: skip
    """What was asked for. Raises UsageError and NothingFound."""
    from playbook.review import proposing

    if kind is not None:
        named = one_line(title or "", 200)
        changes = proposing.new_card(
            session, kind, named, words, tuple(one_line(alias, 200) for alias in aliases)
        ).changes
        return changes, _files(session, changes, f"New {one_line(kind, 20)}: {named}", why or words, "new")
    if source is not None and not why.strip():
        raise UsageError("Whole files need a reason: --why 'in a sentence'")
    if source is not None and Path(source).is_dir():
        return _planned_folder(session, name, source, why)
    try:
        card = session.snapshot.resolve(name or "")
    except NothingFound:
        other = _other_file(session, name or "") if source is not None else ""
        if source is None or not other:
            raise
        return _planned_file(session, other, source, why)
    if source is None:
        changes = proposing.words_edit(session, card, words).changes
        return changes, lambda: proposing.propose_words(session, card, words, why=why)
    text = giving.a_file(source)
    if not text.strip():
        raise UsageError(f"{display_path(source)} is empty; `playbook delete` takes a card out of the library")
    changes = {card.path: text.encode()}
    return changes, _files(session, changes, proposing.title_of("Edit", card), why, "edit", card.id)


def _other_file(session: Session, name: str) -> str:
    """The path of a file that is no card, such as the policy, named with or without content/; "" for a card's.

    Raises NothingFound for what would be such a file and is not there.
    """
    from playbook.library.names import is_markdown
    from playbook.store import objects

    plain = posixpath.normpath(name.strip())
    if is_markdown(plain) or not posixpath.splitext(plain)[1] or plain.startswith(("..", "/")):
        return ""
    for place in dict.fromkeys((plain, f"{session.snapshot.root}{plain}")):
        entries = objects.entries_at(session.library, session.snapshot.commit, [place])
        if any(os.fsdecode(entry.path) == place for entry in entries):
            return place
    shown = one_line(display_path(plain), 160)
    raise NothingFound(f"There is no file {shown!r} on main; put a new one into a folder and give --from that folder")


def _planned_file(session: Session, path: str, source: str, why: str) -> Plan:
    raw = giving.a_file(source).encode() if source == "-" or path.endswith(".toml") else giving.read(Path(source))
    shown = one_line(display_path(path), 160)
    if not raw.strip():
        raise UsageError(f"{display_path(source)} is empty; give --from the whole new {shown}")
    changes: Changes = {path: raw}
    return changes, _files(session, changes, f"Change {shown}", why, "edit")


def _planned_folder(session: Session, name: str | None, source: str, why: str) -> Plan:
    from playbook.review.acting import contents_of

    if name is not None:
        raise UsageError("A folder names its files itself; leave the ID out, or give --from one file")
    given = giving.a_folder(source, session.snapshot.root)
    there = contents_of(session.library, session.snapshot.commit, list(given))
    changes: Changes = {path: raw for path, raw in given.items() if there[path] != raw}
    if not changes:
        raise UsageError("Every file of the folder is what stands there already; nothing to propose")
    first = display_path(next(iter(changes)).removeprefix(session.snapshot.root))
    title = f"Change {first}" if len(changes) == 1 else f"Change {len(changes)} files: {first} ..."
    return changes, _files(session, changes, title, why, "edit")


def _files(
    session: Session, changes: Changes, title: str, why: str, kind: str, about: str = ""
) -> Callable[[], Written]:
    from playbook.review.proposing import propose_files

    return lambda: propose_files(session, changes, title=title, why=why, kind=kind, about=about)


def _note(session: Session, name: str, sentence: str, dry_run: bool, *, offline: bool, as_json: bool) -> None:
    from playbook.review.proposing import propose_note

    card = session.snapshot.resolve(name)
    if dry_run and sentence.strip():
        show_only(session, {}, as_json)
        return
    written = propose_note(session, card, sentence)
    tell_proposed(session.library, written, offline=offline, as_json=as_json)


def _as_texts(session: Session, changes: Changes) -> list[FileChange]:
    """The files before and after, as text."""
    from playbook.library.document import decode
    from playbook.review.change import FileChange, texts_at, with_renames

    before = texts_at(session.library, session.snapshot.commit, list(changes))
    files = []
    for path, raw in changes.items():
        readable = before.get(path, "") is not None and (raw is None or b"\0" not in raw)
        after = decode(raw)[0] if raw and readable else ""
        files.append(FileChange(path, before.get(path) or "", after, "", readable))
    return list(with_renames(files))


def _say_findings(session: Session, changes: Changes) -> None:
    """What lint finds in the words as proposed and not in those of today; it keeps nothing from being proposed."""
    from playbook.cli.showing import finding_lines
    from playbook.review.change import brought_in

    for line in finding_lines(brought_in(session, _as_texts(session, changes))):
        click.echo(line, err=True)


def show_only(session: Session, changes: Changes, as_json: bool) -> None:
    """What would change, word by word, and what lint says of it."""
    from playbook.cli.showing import change_json, change_lines, finding_lines
    from playbook.library.lint import findings_json
    from playbook.review.change import findings

    files = _as_texts(session, changes)
    found = findings(session, files)
    if as_json:
        print_json(
            {
                "proposal": None,
                "branch": None,
                "commit": None,
                "changes": [change_json(file, "words") for file in files],
                "findings": [findings_json(one) for one in found],
            }
        )
        return
    for file in files:
        for line in change_lines(file, "words"):
            click.echo(line)
    for line in finding_lines(found):
        click.echo(line)
    click.echo("Nothing was written (--dry-run)", err=True)


def _in_editor(session: Session, name: str, why: str, *, offline: bool, as_json: bool) -> None:
    from playbook.cli.editor import edited_draft
    from playbook.review import branch, drafts
    from playbook.review.proposing import source_at, title_of

    library, snapshot = session.library, session.snapshot
    card = snapshot.resolve(name)
    text = source_at(library, snapshot.commit, card.path)
    draft = drafts.Draft(drafts.name_for(card.path), card.path, text, snapshot.commit, why=why)
    made = edited_draft(library, draft, lambda said: click.echo(said, err=True))
    if not made.text.strip():
        raise UsageError("The file is empty now, so nothing is proposed; `playbook delete` takes a card out")
    # On the main it was begun from: what others changed there since is joined, never written over.
    written = branch.begin(
        library, {card.path: made.text.encode("utf-8", "surrogatepass")}, title=title_of("Edit", card), why=made.why,
        about=card.id, onto=made.base or snapshot.commit,
    )  # fmt: skip
    drafts.drop(library, made.name)
    _say_findings(session, {card.path: made.text.encode("utf-8", "surrogatepass")})
    tell_proposed(library, written, offline=offline, as_json=as_json)
