"""Ways out for what waits in the outbox and never goes: made anew as who one is now, or let go of with its words kept."""

from __future__ import annotations

import os
from collections.abc import Container, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from playbook.errors import Conflict, NotPermitted, PlaybookError, UsageError
from playbook.review import drafts, own_key
from playbook.review.branch import Written
from playbook.review.change import texts_at
from playbook.review.events import BRANCHES, CONTENT, JUDGING, OUTBOX, Event, read_graph
from playbook.review.listing import find
from playbook.review.rules.policy import policy_at
from playbook.store import lost, merging, objects, outbox, refs, signing
from playbook.store.locks import writer_lock
from playbook.store.managed import LOCAL_REFS
from playbook.store.registry import write_file
from playbook.store.runner import GitFailed
from playbook.store.writing import Person, acting, move_refs
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.review.proposal import Proposal
    from playbook.store.managed import Library

KEPT = LOCAL_REFS + "let-go/"
"""With the commit's id: what once waited and waits no more, so that nothing of it is ever lost."""
_NOT_TAKEN_OVER = JUDGING - {"withdraw", "park", "reopen", "escalate"}
_REASONS = "waiting.json"
_CALLED = {"request-changes": "request for changes", "close-thread": "dealt with"}


# What waits


def own_events(library: Library, mine: str) -> list[Event]:
    """The commits of an outbox's branch that were never at the hub, as far as was ever seen here, in order."""
    seen = refs.all_refs(library, outbox.HUB, lost.LOST, lost.ENDED)
    return list(read_graph(library, [mine], without=[refs.main_commit(library), *seen.values()]).events.values())


def _waiting(library: Library, id: str) -> tuple[str, str]:
    """The tips here ("" where nothing waits) and at the hub ("" where it has none)."""
    mine, theirs = refs.read_ref(library.git_dir, OUTBOX + id) or "", outbox.theirs_of(library, id) or ""
    arrived = not mine or mine == theirs
    with suppress(GitFailed):  # what cannot be read never arrived
        arrived = arrived or objects.is_ancestor(library, mine, theirs or refs.main_commit(library))
    return ("" if arrived else mine), theirs


def _none_waits(proposal: Proposal) -> Conflict:
    return Conflict(f"Nothing of {one_line(proposal.id)} waits here: what you said of it is at the hub")


def waits_here(library: Library, proposal: Proposal) -> int:
    """How many commits of a proposal were never sent. Raises Conflict where none was."""
    mine, _ = _waiting(library, proposal.id)
    if not mine:
        raise _none_waits(proposal)
    with suppress(GitFailed):
        return len(own_events(library, mine))
    return 1


# Making it anew


def resend(library: Library, id: str, *, by: Person | None = None) -> Written:
    """Make what waits of a proposal anew on what the hub has: the same words and events with their ids, in order, by who
    one is now, and signed as one signs now. What it replaces is kept under a local ref.

    Raises Conflict where nothing waits or somebody else changed the same words, NotPermitted for what is somebody
    else's or could not be signed as the policy asks.
    """
    me = by or acting()
    proposal = find(library, id)
    with writer_lock(library):
        mine, theirs = _waiting(library, proposal.id)
        if not mine:
            raise _none_waits(proposal)
        found = own_events(library, mine)
        if why := _not_mine(library, mine, theirs, found, me):
            raise NotPermitted(f"{why}; `playbook proposal let-go {proposal.id}` lets go of it")
        if any(event.word in JUDGING for event in found):
            own_key.check_own_key(library, me)
        if outbox.apart(library, proposal.id):
            raise Conflict(
                f"Somebody else changed the same words of {proposal.id}; `playbook proposal resolve {proposal.id}` joins "
                "them, then send it anew"
            )
        made, why = outbox.replay(library, mine, theirs, by=me)
        if not made:
            raise Conflict(f"{proposal.id} cannot be made anew: {why}")
        move_refs(library, [(OUTBOX + proposal.id, made, mine), *_keep(library, mine)])
    return Written(proposal.id, made, found[-1].id if found else "")


def _not_mine(library: Library, mine: str, theirs: str, found: list[Event], me: Person) -> str:
    """Why a person may not make these anew: some are somebody's whom the policy knows as another, or were at the hub once
    and may be anybody's; "" where they may."""
    line = read_graph(library, [mine], without=[theirs or refs.main_commit(library)]).events
    if len(line) > len(found):
        return "It stands on commits that the hub had once, and those are not made anew as yours"
    policy = policy_at(library, refs.main_commit(library))
    who = policy.same_person(me.mail)
    for event in found:
        mail = event.committer.mail
        # A mail that the policy does not know may be one's own from another machine; but nobody takes over a verdict.
        if policy.same_person(mail) != who and (policy.member(mail) is not None or event.word in _NOT_TAKEN_OVER):
            by = one_line(policy.name_of(mail), 80)
            return f"{one_line(event.subject, 80)!r} was put there by {by}, and is not yours to say anew"
    return ""


def _keep(library: Library, commit: str) -> list[tuple[str, str | None, str | None]]:
    place = KEPT + commit
    return [] if refs.read_ref(library.git_dir, place) else [(place, commit, None)]


# Letting go


@dataclass(frozen=True)
class LetGo:
    """What was let go of: how many commits, under which ref they are kept, the drafts that hold the words, and whether the
    hub has the proposal."""

    proposal: str
    title: str
    count: int
    kept: str
    drafts: tuple[str, ...]
    at_hub: bool


def let_go(library: Library, id: str, *, by: Person | None = None) -> LetGo:
    """Have the branch here be what the hub has. What waited is kept under a local ref, its words as drafts: all in one
    move, so that whoever is stopped half-way has done nothing. Raises Conflict where nothing waits."""
    me = by or acting()
    proposal = find(library, id)
    with writer_lock(library):
        mine, theirs = _waiting(library, proposal.id)
        if not mine:
            raise _none_waits(proposal)
        count, words = 0, list[drafts.Draft]()
        # What cannot be read any more is kept as it is.
        with suppress(GitFailed):
            found = own_events(library, mine)
            count = len(found)
            words += _said(proposal, found, mine, theirs)
            words += _files(library, proposal, mine, theirs)
        moves: list[tuple[str, str | None, str | None]] = []
        for one in words:
            place = drafts.DRAFTS + one.name
            with suppress(UsageError):  # larger than a draft may be; its commit is kept
                moves.append((place, drafts.commit_of(library, one, me), refs.read_ref(library.git_dir, place)))
        move_refs(library, [(OUTBOX + proposal.id, None, mine), *_keep(library, mine), *moves])
    names = tuple(place.removeprefix(drafts.DRAFTS) for place, _, _ in moves)
    return LetGo(proposal.id, proposal.title, count, KEPT + mine, names, bool(theirs))


def _said(proposal: Proposal, found: list[Event], mine: str, theirs: str) -> list[drafts.Draft]:
    """One draft with all that was said in words, below the title."""
    parts = []
    for event in found:
        said = "\n".join(dict.fromkeys(text for text in (event.text.strip(), event.why.strip()) if text))
        if event.subject and event.word in CONTENT and event.subject != proposal.title:
            said = f"{event.subject}\n{said}".strip()
        if said:
            parts.append(f"{_CALLED.get(event.word, event.word)}: {said}")
    text = "\n\n".join([proposal.title, f"(never sent, of proposal {proposal.id})", *parts])
    return [drafts.Draft(drafts.name_for("", f"let go {mine}"), "", f"{text}\n", theirs, kind=drafts.LET_GO)]


def _files(library: Library, proposal: Proposal, mine: str, theirs: str) -> list[drafts.Draft]:
    """A draft for each file whose words wait, to be gone on with where such a file is edited. Where a draft is there already
    it stays, and these words stand beside it."""
    base = merging.merge_base(library, theirs or refs.main_commit(library), mine)
    if not base:
        return []
    changed = [os.fsdecode(path) for state, path in objects.changed_paths(library, base, mine) if state != "D"]
    made = []
    for path, text in texts_at(library, mine, changed).items():
        if text is None:
            continue  # too large for a draft, or no text: its commit is kept
        revises = proposal.id if theirs and proposal.state != "merged" else ""
        name = drafts.name_for(path, revises)
        if refs.read_ref(library.git_dir, drafts.DRAFTS + name):
            name = drafts.name_for(path, f"let go {mine}")
        kind = "revise" if revises else "edit"
        made.append(drafts.Draft(name, path, text, theirs if revises else base, revises, kind, proposal.why))
    return made


# Which of them helps


def way_out(library: Library, id: str) -> str:
    """What helps with a proposal of which something waits that the hub will not have, as the end of a sentence."""
    letting = f"`playbook proposal let-go {id}` lets go of it and keeps its words as drafts"
    try:
        me = acting()
        mine, theirs = _waiting(library, id)
        found = own_events(library, mine) if mine else []
        if not found or _not_mine(library, mine, theirs, found, me):
            return letting
        unfit = own_key.unfit(library, me.mail) if any(event.word in JUDGING for event in found) else ""
        if unfit:
            return f"{unfit}; then `playbook proposal resend {id}` makes it anew, signed; or {letting}"
        if _would_differ(library, found, me):
            who = one_line(me.mail, 80)
            return f"`playbook proposal resend {id}` makes it anew as {who}, signed as you sign now; or {letting}"
    except PlaybookError:
        return letting
    return letting


def _would_differ(library: Library, found: list[Event], me: Person) -> bool:
    """Whether made anew they would be another's in the hub's eyes: of another mail, or signed."""
    if any(event.committer.mail != me.mail for event in found):
        return True
    key = signing.signing_key()
    if key is None or key.fault:
        return False
    return len(signing.own(library, [event.commit for event in found])) < len(found)


def why_they_wait(library: Library, reasons: Mapping[str, str], refused: Container[str]) -> dict[str, str]:
    """By branch why it waits; for what the hub refused (and will refuse the next time) with what helps."""
    said = {}
    for branch, why in reasons.items():
        helps = f"; {way_out(library, branch.removeprefix(BRANCHES))}" if branch in refused else ""
        said[branch] = why + helps
    return said


# Remembered from one sync to the next


class Reason(msgspec.Struct):
    """Why the commit waits."""

    commit: str
    why: str


def remember(library: Library, reasons: Mapping[str, str]) -> None:
    """Note why each branch waits, for whoever asks before the next sync. Where that cannot be written, nobody is told."""
    tips = refs.all_refs(library, OUTBOX)
    noted = {
        name: Reason(tips[outbox.HEADS + name], why) for name, why in reasons.items() if outbox.HEADS + name in tips
    }
    place = library.git_dir / _REASONS
    with suppress(PlaybookError, OSError):
        if noted:
            write_file(place, msgspec.json.encode(noted))
        else:
            place.unlink(missing_ok=True)


def remembered(library: Library) -> dict[str, str]:
    """By proposal why what waits of it here did so at the last sync; "" where that is not known, or more was said since."""
    noted: dict[str, Reason] = {}
    with suppress(OSError, msgspec.DecodeError):
        noted = msgspec.json.decode((library.git_dir / _REASONS).read_bytes(), type=dict[str, Reason])
    found = {}
    for ref, commit in refs.all_refs(library, OUTBOX).items():
        reason = noted.get(ref.removeprefix(outbox.HEADS))
        found[ref.removeprefix(OUTBOX)] = reason.why if reason and reason.commit == commit else ""
    return found
