"""What people do with a proposal: say, judge, end, reopen, revise, split, join, take back."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook.errors import Conflict, LibraryUnreadable, NotPermitted, UsageError
from playbook.review import branch
from playbook.review.branch import Written
from playbook.review.listing import find, proposals
from playbook.review.proposal import Proposal
from playbook.store import objects, refs
from playbook.store.runner import Git
from playbook.store.writing import Person, acting, put_tree
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library


@dataclass(frozen=True)
class Place:
    """What a comment is about: a file, and of it the block with that hash (see text.blocks) near that line."""

    path: str = ""
    block: str = ""
    line: int = 0

    @property
    def anchor(self) -> str:
        """As the trailer holds it: `line:hash`."""
        return f"{self.line}:{self.block}" if self.block else ""

    @staticmethod
    def of(path: str, anchor: str) -> Place:
        """The place a comment names."""
        line, _, block = anchor.partition(":")
        return Place(path, block, int(line) if line.isascii() and line.isdigit() and len(line) < 9 else 0)


def comment(
    library: Library, id: str, text: str, *, at: Place | None = None, reply_to: str = "", by: Person | None = None
) -> Written:
    """Say something of the whole, of a place in its text, or in answer to a comment. Also after it has ended."""
    if not text.strip():
        raise UsageError("A comment needs words: -m 'what you think'")
    proposal = _there(library, id)
    if reply_to and reply_to not in {event.id for event in proposal.events if event.word == "comment"}:
        raise UsageError(f"There is no comment {one_line(reply_to, 40)!r} on {proposal.id} to answer")
    place = at or Place()
    return branch.add(
        library, proposal.id, "comment", subject=f"Comment on {proposal.title}", text=text, head=proposal.head,
        path=place.path, anchor=place.anchor, reply_to=reply_to, by=by,
    )  # fmt: skip


def close_thread(library: Library, id: str, thread: str, *, by: Person | None = None) -> Written:
    """Say that a comment is dealt with."""
    proposal = _there(library, id)
    if thread not in {one.id for one in proposal.threads}:
        raise UsageError(f"There is no comment {one_line(thread, 40)!r} on {proposal.id}")
    return branch.add(
        library, proposal.id, "close-thread", subject=f"Dealt with on {proposal.title}", reply_to=thread, by=by
    )


def request_changes(library: Library, id: str, text: str, *, seen: str = "", by: Person | None = None) -> Written:
    """Ask its author for something else, in words."""
    if not text.strip():
        raise UsageError("Say what should be different: -m 'in a sentence'")
    proposal = _judgeable(library, id, seen, needs_edit=False)
    return branch.add(
        library, proposal.id, "request-changes", subject=f"Changes asked for: {proposal.title}", text=text,
        head=proposal.head, by=by,
    )  # fmt: skip


def acknowledge(library: Library, id: str, text: str = "", *, seen: str = "", by: Person | None = None) -> Written:
    """Say that one has seen the words as they are now and stands by them."""
    proposal = _judgeable(library, id, seen, needs_edit=True)
    return branch.add(
        library, proposal.id, "acknowledge", subject=f"Acknowledged: {proposal.title}", text=text, head=proposal.head,
        by=by,
    )  # fmt: skip


def decline(library: Library, id: str, reason: str, *, seen: str = "", by: Person | None = None) -> Written:
    """End it with a reason its author can read. Only for those who might approve it."""
    if not reason.strip():
        raise UsageError("Declining needs a reason its author can read: -m 'in a sentence'")
    proposal = _judgeable(library, id, seen, needs_edit=False)
    _may_judge(library, proposal, by or acting(), "decline")
    return _end(library, proposal, "decline", "Declined", reason, by)


def park(library: Library, id: str, reason: str, *, by: Person | None = None) -> Written:
    """Put it aside, with the reason; it comes back when somebody reopens or revises it."""
    if not reason.strip():
        raise UsageError("Parking needs a reason: -m 'until what, in a sentence'")
    return _end(library, _judgeable(library, id, "", needs_edit=False), "park", "Parked", reason, by)


def withdraw(library: Library, id: str, reason: str = "", *, by: Person | None = None) -> Written:
    """Take back one's own proposal."""
    proposal, me = _judgeable(library, id, "", needs_edit=False), by or acting()
    if not _same_person(library, me.mail, proposal.author.mail):
        raise NotPermitted(
            f"Only {one_line(proposal.author.mail, 80)} can withdraw {proposal.id}; decline or park it instead"
        )
    return _end(library, proposal, "withdraw", "Withdrawn", reason, me)


def reopen(library: Library, id: str, text: str = "", *, by: Person | None = None) -> Written:
    """Open it again after it was declined, withdrawn or parked."""
    proposal = _there(library, id)
    if proposal.state not in ("declined", "withdrawn", "parked"):
        raise Conflict(f"{proposal.id} is {proposal.state}; only what was ended can be opened again")
    return branch.add(library, proposal.id, "reopen", subject=f"Opened again: {proposal.title}", text=text, by=by)


def revise(
    library: Library,
    id: str,
    changes: Mapping[str, bytes | None],
    *,
    why: str = "",
    seen: str = "",
    by: Person | None = None,
) -> Written:
    """Other words in place of the proposed ones. Whoever revises is one of its authors from then on."""
    proposal = _judgeable(library, id, seen, needs_edit=False, parked=True)

    def tree(tip: str) -> str:
        return put_tree(library, tip, changes)

    return branch.add(
        library, proposal.id, "revise", subject=f"Revised: {proposal.title}", text=why, tree_of=tree,
        parent=proposal.tip, why=why, by=by,
    )  # fmt: skip


def split(library: Library, id: str, paths: tuple[str, ...], *, by: Person | None = None) -> tuple[Written, Written]:
    """Make of a proposal of several files two: one with these paths, one with the rest; the first is then withdrawn in
    favour of both, and names them. Author and why go with each.

    Raises UsageError when the paths are none of its files, or all of them.
    """
    proposal = _judgeable(library, id, "", needs_edit=True)
    chosen = [path for path in proposal.paths if path in paths or path.removeprefix("content/") in paths]
    rest = [path for path in proposal.paths if path not in chosen]
    if not chosen or not rest:
        files = ", ".join(one_line(path, 80) for path in proposal.paths)
        raise UsageError(f"Name some of its files but not all, with --path: {files}")
    parts = [_part(library, proposal, part, at) for at, part in ((1, chosen), (2, rest))]

    def say(made: Sequence[Written]) -> list[branch.Saying]:
        names, about = (sign.join(part.proposal for part in made) for sign in (" and ", " "))
        subject = f"Split: {proposal.title}"
        return [
            branch.Saying("split", subject, f"Goes on as {names}", about),
            branch.Saying("park", subject, f"Split into {names}"),
        ]

    first, second = branch.divide(library, proposal.id, parts, say, parent=proposal.tip, by=by)
    return first, second


def _part(library: Library, proposal: Proposal, paths: list[str], at: int) -> branch.Part:
    return branch.Part(
        contents_of(library, proposal.head, paths), title=f"{proposal.title} ({at} of 2)", why=proposal.why,
        text=proposal.contents[0].text, kind=proposal.kind, about=proposal.id, onto=proposal.base,
        author=proposal.author,
    )  # fmt: skip


def contents_of(library: Library, commit: str, paths: list[str]) -> dict[str, bytes | None]:
    """What these files hold at a commit; None for those that are not there. Raises LibraryUnreadable for one that is
    there and cannot be read, so that nothing takes it for removed."""
    entries = {entry.path: entry.oid for entry in objects.entries_at(library, commit, paths)}
    texts = dict(objects.blobs(library, entries.values(), limit=64 * objects.MIB))
    made: dict[str, bytes | None] = {}
    for path in paths:
        oid = entries.get(os.fsencode(path))
        if oid and oid not in texts:
            raise LibraryUnreadable(f"{one_line(path, 160)} at {commit[:10]} cannot be read; run `playbook doctor`")
        made[path] = texts[oid] if oid else None
    return made


def join(library: Library, id: str, other: str, *, by: Person | None = None) -> Written:
    """Take the author's own proposal `id` back in favour of `other`, and say so on both: two proposals for one card
    become one. The words of the first are put on the other as a comment, so that none is lost."""
    mine, theirs = _judgeable(library, id, "", needs_edit=False), _judgeable(library, other, "", needs_edit=False)
    me = by or acting()
    if mine.id == theirs.id:
        raise UsageError("A proposal cannot join itself; name the one to join")
    if not _same_person(library, me.mail, mine.author.mail):
        raise NotPermitted(f"Only {one_line(mine.author.mail, 80)} can have {mine.id} join another")
    words = mine.contents[0].text if mine.contents else ""
    branch.add(
        library, theirs.id, "comment", subject=f"Comment on {theirs.title}", head=theirs.head, by=me,
        text=f"{mine.id} joins this one. It says:\n\n{words or mine.title}\n\n{mine.why if mine.why != words else ''}",
    )  # fmt: skip
    branch.add(
        library, mine.id, "join", subject=f"Joined: {theirs.title}", text=f"Joins {theirs.id}", about=theirs.id, by=me
    )
    return branch.add(
        library, mine.id, "withdraw", subject=f"Withdrawn: {mine.title}", text=f"Joined {theirs.id}", by=me
    )


def revert(library: Library, id: str, why: str, *, by: Person | None = None) -> Written:
    """A proposal that takes a merged one back: its files as they were, where nobody has changed them since.

    Raises Conflict when somebody has.
    """
    if not why.strip():
        raise UsageError("Taking a merged proposal back needs a reason: --why 'in a sentence'")
    proposal = find(library, id)
    if proposal.state != "merged":
        raise Conflict(f"{proposal.id} is {proposal.state}, not merged; there is nothing to take back")
    main = refs.main_commit(library)
    before = Git(library.git_dir).run("rev-parse", f"{proposal.merge}^1").decode().strip()
    paths = [os.fsdecode(raw) for _, raw in objects.changed_paths(library, before, proposal.merge)]
    now, then = contents_of(library, main, paths), contents_of(library, proposal.merge, paths)
    moved = [path for path in paths if now[path] != then[path]]
    if moved:
        raise Conflict(
            f"{one_line(', '.join(moved), 160)} changed since {proposal.id} was merged; propose the old words by hand"
        )
    changes = contents_of(library, before, paths)
    check_not_open(library, proposal.id, changes)
    return branch.begin(
        library, changes, title=f"Take back: {proposal.title}", why=why, kind="revert",
        about=proposal.id, onto=main, by=by,
    )  # fmt: skip


def check_not_open(library: Library, about: str, changes: Mapping[str, bytes | None]) -> None:
    """Raise Conflict where a proposal that takes the very same back is open already: of two the second would change
    nothing once the first is merged."""
    for other in proposals(library):
        if other.kind != "revert" or other.state not in ("open", "escalated") or other.fault or not other.edited:
            continue
        same = about in {event.about for event in other.contents}
        if same and contents_of(library, other.head, list(changes)) == dict(changes):
            raise Conflict(
                f"{one_line(other.id)} proposes to take back the very same already ({one_line(other.title, 80)}); "
                f"`playbook proposal show {one_line(other.id)}` shows it"
            )


def _end(library: Library, proposal: Proposal, word: str, said: str, reason: str, by: Person | None) -> Written:
    return branch.add(
        library,
        proposal.id,
        word,
        subject=f"{said}: {proposal.title}",
        text=reason,
        head=proposal.head,
        base=refs.main_commit(library),
        by=by,
    )


def _there(library: Library, id: str) -> Proposal:
    proposal = find(library, id)
    if proposal.fault:
        raise Conflict(f"{proposal.id} cannot be read: {proposal.fault}")
    return proposal


def _judgeable(library: Library, id: str, seen: str, *, needs_edit: bool, parked: bool = False) -> Proposal:
    """The proposal, when it is still to be decided and is what its judge has seen."""
    proposal = _there(library, id)
    if proposal.state not in ("open", "escalated") and not (parked and proposal.state == "parked"):
        raise Conflict(f"{proposal.id} is {proposal.state} already; `playbook proposal show {proposal.id}` says why")
    if seen and proposal.head and seen not in (proposal.head, proposal.tip):
        raise Conflict(f"The words of {proposal.id} have changed since you looked; look again")
    if needs_edit and not proposal.edited:
        raise Conflict(f"{proposal.id} is a note and edits nothing yet; add an edit to it first")
    return proposal


def _same_person(library: Library, one: str, other: str) -> bool:
    """Whether two mails are one person's."""
    from playbook.review.rules.policy import policy_at

    policy = policy_at(library, refs.main_commit(library))
    return policy.same_person(one) == policy.same_person(other)


def _may_judge(library: Library, proposal: Proposal, me: Person, verb: str) -> None:
    from playbook.review.rules.policy import policy_at

    policy = policy_at(library, refs.main_commit(library))
    if policy.fault:
        raise NotPermitted(policy.fault)
    if not policy.may_approve(me.mail):
        raise NotPermitted(
            f"{one_line(me.mail, 80)} has no approving role in {policy.path}, so cannot {verb} it; comment instead"
        )
    if policy.same_person(me.mail) == policy.same_person(proposal.author.mail):
        raise NotPermitted(f"You cannot {verb} your own proposal; withdraw it instead")
