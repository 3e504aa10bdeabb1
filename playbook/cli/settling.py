"""Changing a proposal's words on the command line: revise, resolve, split, join."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from playbook.cli import giving
from playbook.cli.delivery import tell_event
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
    why_option,
)
from playbook.errors import Conflict, UsageError
from playbook.text.safe import display, display_path, one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.review.conflict import Conflicted
    from playbook.review.proposal import Proposal
    from playbook.store.managed import Library
    from playbook.text.threeway import Hunk

# With words behind them, so that a line of Markdown cannot be one: ======= alone makes a heading.
MARKS = ("<<<<<<< main has", "||||||| both began from", "======= the proposal has", ">>>>>>> end")
HUB_MARKS = ("<<<<<<< the hub has", MARKS[1], "======= waits here", MARKS[3])
_LEFT = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7}) ", re.MULTILINE)


@click.command("revise")
@proposal_argument
@click.option("-m", "--message", "words", metavar="WORDS", help="Other words to say; - for standard input.")
@click.option("--from", "source", metavar="FILE", help="The whole new file; or a folder of several files.")
@click.option("--edit", "in_editor", is_flag=True, help="Edit the proposed file in $VISUAL or $EDITOR.")
@click.option("--path", metavar="PATH", help="Which of its files, where it changes several.")
@head_option
@why_option
@offline_option
@library_option
@json_option
def revise(
    proposal: str, words: str | None, source: str | None, in_editor: bool, path: str | None, head: str | None,
    why: str | None, offline: bool, library: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Put other words in place of the proposed ones, or an edit on a note. Verdicts are then asked for anew.

    \b
      playbook proposal revise k3q7ab -m "One late van costs more than a year of this."
      playbook proposal revise k3q7ab --edit
      playbook proposal revise k3q7ab --from price.md --why "Without the figure"
    """
    from playbook.review import acting
    from playbook.review.listing import find

    if sum((words is not None, source is not None, in_editor)) != 1:
        raise UsageError("Say the other words in one way: -m 'words', --from FILE or --edit")
    because = giving.words(why, "--why")
    session = open_session(library)
    found = find(session.library, proposal)
    if found.fault or found.state not in ("open", "escalated", "parked"):
        # The service says why; nobody should write first and hear it then.
        acting.revise(session.library, found.id, {})
    seen = seen_commit(session.library, proposal, head)
    draft = ""
    if in_editor:
        changes, because, draft, begun = _edited(session, found, path or "", because)
        seen = seen or begun
    else:
        changes = _given(session, found, giving.words(words) if words is not None else None, source, path or "")
    written = acting.revise(session.library, found.id, changes, why=because, seen=seen)
    if draft:
        from playbook.review.drafts import drop

        drop(session.library, draft)
    tell_event(session.library, written, "Revised", offline=offline, as_json=as_json)


def _given(
    session: Session, proposal: Proposal, words: str | None, source: str | None, path: str
) -> dict[str, bytes | None]:
    from playbook.review import revising

    if words is not None:
        return revising.words_instead(session, proposal, words, path).changes
    if Path(source or "").is_dir():
        if path:
            raise UsageError("A folder names its files itself; leave --path out")
        return dict(giving.a_folder(source or "", session.snapshot.root))
    text = giving.a_file(source or "")
    if not text.strip():
        raise UsageError(f"{display_path(source or '')} is empty; withdraw the proposal, or propose to delete the card")
    target, before = revising.file_to_revise(session, proposal, path)
    if text == before:
        raise UsageError(f"This is what {one_line(proposal.id)} proposes already; nothing to revise")
    return {target: text.encode()}


def _edited(session: Session, proposal: Proposal, path: str, why: str) -> tuple[dict[str, bytes | None], str, str, str]:
    """The file from the editor, why, the draft's name, and the commit it was begun from."""
    from playbook.cli.editor import edited_draft
    from playbook.review import drafts, revising

    target, before = revising.file_to_revise(session, proposal, path)
    name = drafts.name_for(target, proposal.id)
    draft = drafts.Draft(name, target, before, proposal.head or proposal.tip, proposal.id, "revise", why)
    made = edited_draft(session.library, draft, lambda said: click.echo(said, err=True))
    if not made.text.strip():
        raise UsageError("The file is empty now, so nothing is revised; withdraw the proposal instead")
    return {target: made.text.encode("utf-8", "surrogatepass")}, made.why, name, made.base


def reopen_merged(proposal: str, message: str | None, library: str | None, *, offline: bool, as_json: bool) -> bool:
    """Propose anew what came to a merged proposal's branch after the merge; False where there is no such thing."""
    from playbook.cli.delivery import tell_proposed
    from playbook.finding.session import choose
    from playbook.review import late
    from playbook.review.listing import find

    chosen = choose(library, progress())
    found = find(chosen, proposal)
    if not late.late_words(found):
        return False
    written = late.propose_anew(chosen, found.id, giving.words(message))
    tell_proposed(chosen, written, offline=offline, as_json=as_json)
    return True


@click.command("split")
@proposal_argument
@click.option("--path", "paths", multiple=True, metavar="PATH", help="A file of the first part; may repeat.")
@offline_option
@library_option
@json_option
def split(proposal: str, paths: tuple[str, ...], offline: bool, library: str | None, as_json: bool) -> None:
    """Make two proposals of one with several files: those named, and the rest. Author and why go with each.

    \b
      playbook proposal split k3q7ab --path objections/price.md
    """
    from playbook.finding.session import choose
    from playbook.review import acting
    from playbook.review.listing import find

    chosen = choose(library, progress())
    id = find(chosen, proposal).id
    parts = [part.proposal for part in acting.split(chosen, id, paths)]
    last = find(chosen, id).events[-1]
    from playbook.review.branch import Written

    said = f"Split into {parts[0]} and {parts[1]}"
    tell_event(chosen, Written(id, last.commit, last.id), said, offline=offline, as_json=as_json, parts=parts)


@click.command("join")
@proposal_argument
@click.argument("other", metavar="OTHER")
@offline_option
@library_option
@json_option
def join(proposal: str, other: str, offline: bool, library: str | None, as_json: bool) -> None:
    """Withdraw a proposal of your own in favour of another for the same card; its words go there as a comment.

    \b
      playbook proposal join k3q7ab m2x5cd
    """
    from playbook.finding.session import choose
    from playbook.review import acting

    chosen = choose(library, progress())
    written = acting.join(chosen, proposal, other)
    tell_event(chosen, written, "Joined", offline=offline, as_json=as_json)


@click.command("resolve")
@proposal_argument
@click.option("--ours", "side", flag_value="ours", help="Where both changed the same words, main's stand.")
@click.option("--theirs", "side", flag_value="theirs", help="Where both changed the same words, the proposal's stand.")
@click.option("--edit", "in_editor", is_flag=True, help="Settle it in $VISUAL or $EDITOR, with both sides marked.")
@click.option("--from", "source", metavar="FILE", help="The settled file; or a folder of several.")
@click.option("-m", "--message", metavar="TEXT", help="Why it is settled so; - for standard input.")
@head_option
@offline_option
@library_option
@json_option
def resolve(
    proposal: str, side: str | None, in_editor: bool, source: str | None, message: str | None, head: str | None,
    offline: bool, library: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Settle where main changed the same words. Without an option: show where that is, block by block, and end with 4
    while anything is to be settled. Where somebody else changed the same words of the proposal itself while yours
    waited, that comes first: --ours are those at the hub, --theirs those that wait here.

    What only one side changed is joined by itself. Whoever approved looks again afterwards.

    \b
      playbook proposal resolve k3q7ab
      playbook proposal resolve k3q7ab --theirs
      playbook proposal resolve k3q7ab --edit
    """
    from playbook.review import conflict, drafts
    from playbook.review.listing import find

    if sum((side is not None, in_editor, source is not None)) > 1:
        raise UsageError("Settle it in one way: --ours, --theirs, --edit or --from FILE")
    why = giving.words(message)
    session = open_session(library)
    chosen = session.library
    found = find(chosen, proposal)
    if found.fault:
        raise Conflict(f"{one_line(found.id)} cannot be read: {found.fault}")
    seen, main = seen_commit(chosen, proposal, head), conflict.against(chosen, found)
    open_ = conflict.conflicts(chosen, found) if (found.edited or found.unsent) and found.state != "merged" else ()
    if side is None and not in_editor and source is None:
        _list(found, open_, as_json)
        click.get_current_context().exit(Conflict.exit_code if open_ else 0)
    if not open_:
        raise Conflict(f"Nothing of {one_line(found.id)} stands against main; there is nothing to settle")
    if side is not None:
        texts = {one.target: _one_side(one, side) for one in open_}
    elif in_editor:
        texts = {one.target: _by_hand(chosen, found, one, main) for one in open_}
    else:
        texts = _from(session, open_, source or "")
    written = conflict.resolve(
        chosen, found.id, texts, seen=found.tip if seen in ("", found.head) else seen, main=main, why=why
    )
    for one in open_:
        drafts.drop(chosen, _draft_name(found, one, main))
    tell_event(chosen, written, "Settled", offline=offline, as_json=as_json)


def _hunks(one: Conflicted) -> list[Hunk]:
    from playbook.text.threeway import Hunk, three_way

    if one.ours is None or one.theirs is None:
        return [Hunk("conflict", one.base or "", one.ours or "", one.theirs or "")]
    return three_way(one.base or "", one.ours, one.theirs)


def _one_side(one: Conflicted, side: str) -> str | None:
    """The file with that side's words wherever both changed the same; None where that side has no such file."""
    from playbook.text.threeway import joined

    if one.ours is None or one.theirs is None:
        return one.ours if side == "ours" else one.theirs
    hunks = _hunks(one)
    chosen: Any = {number: side for number, hunk in enumerate(hunks) if hunk.kind == "conflict"}
    return joined(hunks, chosen)


def _draft_name(proposal: Proposal, one: Conflicted, main: str) -> str:
    """Another draft for each main and tip: its text holds what both said."""
    from playbook.review.drafts import name_for

    return name_for(one.target, f"{proposal.id} {proposal.tip} {main}")


def _by_hand(library: Library, proposal: Proposal, one: Conflicted, main: str) -> str | None:
    """The file as it comes from the editor; None when it was left empty where one side has it no more."""
    from playbook.cli.editor import edited_draft
    from playbook.errors import NothingFound
    from playbook.review import drafts

    marked = "".join(_marked(hunk, one.at_hub) for hunk in _hunks(one))
    name = _draft_name(proposal, one, main)
    draft = drafts.Draft(name, one.target, marked, main, proposal.id, "resolve")
    try:
        text = edited_draft(library, draft, lambda said: click.echo(said, err=True)).text
    except NothingFound:
        text = marked
    return _settled(one, text, "nothing was done, and what you wrote is kept as a draft")


def _marked(hunk: Hunk, at_hub: bool) -> str:
    """A stretch of the file, with both sides between marks where both changed it."""
    if hunk.kind != "conflict":
        return hunk.theirs if hunk.kind == "theirs" else hunk.ours
    marks = HUB_MARKS if at_hub else MARKS
    parts = [f"{mark}\n{_ended(text)}" for mark, text in zip(marks, (hunk.ours, hunk.base, hunk.theirs), strict=False)]
    return f"\n{''.join(parts)}{MARKS[3]}\n"


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def _settled(one: Conflicted, text: str, otherwise: str) -> str | None:
    """The settled text. Raises Conflict while marks are left in it."""
    left = _LEFT.search(text)
    if left:
        line = text.count("\n", 0, left.start()) + 1
        raise Conflict(f"{display_path(one.target)}:{line} still has a conflict's mark; {otherwise}")
    if text.strip():
        return text
    if one.ours is None or one.theirs is None:
        return None
    raise UsageError(f"{display_path(one.target)} is empty, and both sides have it; give the words that stand")


def _from(session: Session, open_: tuple[Conflicted, ...], source: str) -> dict[str, str | None]:
    if Path(source).is_dir():
        given = giving.a_folder(source, session.snapshot.root)
        wanted = {one.target: one for one in open_}
        extra = [path for path in given if path not in wanted]
        if extra:
            raise UsageError(f"{display_path(extra[0])} is none of the files to settle: {_names(open_)}")
        return {path: _settled(wanted[path], raw.decode(), "nothing was done") for path, raw in given.items()}
    if len(open_) > 1:
        raise UsageError(f"{len(open_)} files are to be settled: {_names(open_)}; give --from a folder with them")
    return {open_[0].target: _settled(open_[0], giving.a_file(source), "nothing was done")}


def _names(open_: tuple[Conflicted, ...]) -> str:
    return ", ".join(display_path(one.target) for one in open_)


def _list(proposal: Proposal, open_: tuple[Conflicted, ...], as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "proposal": proposal.id,
                "tip": proposal.tip,
                "with": "hub" if any(one.at_hub for one in open_) else "main",
                "conflicts": [
                    {
                        "path": one.path,
                        "target": one.target,
                        "ours_gone": one.ours is None,
                        "theirs_gone": one.theirs is None,
                        "blocks": [
                            {"base": hunk.base, "ours": hunk.ours, "theirs": hunk.theirs}
                            for hunk in _hunks(one)
                            if hunk.kind == "conflict"
                        ],
                    }
                    for one in open_
                ],
            }
        )
        return
    for one in open_:
        moved = (
            f" ({'at the hub' if one.at_hub else 'on main'} it is {display_path(one.now_at)} now)" if one.now_at else ""
        )
        moved += f" (the proposal renames it to {display_path(one.moves_to)})" if one.moves_to else ""
        click.echo(f"{display_path(one.path)}{moved}")
        hunks = _hunks(one)
        if all(hunk.kind != "conflict" for hunk in hunks):
            click.echo(
                f"  both sides' words join by themselves; --theirs carries them over to {display_path(one.target)}"
            )
        for hunk in hunks:
            if hunk.kind == "conflict":
                _side("both began from", one.base, hunk.base)
                _side("ours, the hub has" if one.at_hub else "ours, main has", one.ours, hunk.ours)
                _side("theirs, waits here" if one.at_hub else "theirs, the proposal has", one.theirs, hunk.theirs)
                click.echo()
    if not open_:
        click.echo(f"Nothing of {one_line(proposal.id)} stands against main; there is nothing to settle", err=True)
    else:
        said = "Nothing is settled yet: say whose words stand with --ours or --theirs, or write them with --edit or --from FILE"
        click.echo(said, err=True)


def _side(what: str, whole: str | None, text: str) -> None:
    click.echo(f"  {what}:" + ("  (no such file)" if whole is None else ""))
    for line in display(text).strip("\n").splitlines():
        click.echo(f"    | {line}".rstrip())
