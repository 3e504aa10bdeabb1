"""The outbox: branches with work that the hub has not got. What others added meanwhile is joined, never replaced."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from playbook.store import lost, objects, refs, signing
from playbook.store.locks import writer_lock
from playbook.store.managed import Library
from playbook.store.merging import clashes, merge_base, merge_trees
from playbook.store.push import Pushed, push
from playbook.store.runner import Git, GitFailed
from playbook.store.trailers import PREFIX, read_message
from playbook.store.writing import Person, acting, move_ref, put_commit, tree_id
from playbook.text.safe import one_line

HEADS = "refs/heads/"
PROPOSALS = HEADS + "proposals/"
HUB = "refs/remotes/hub/"
PATIENCE_SECONDS = 60.0
_BEHIND = re.compile(r"non-fast-forward|fetch first")
_FIELDS = "%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%B"


@dataclass
class Sent:
    """What went out (branches), what waits and why (by branch), which of these the hub refused and will refuse again, and
    a link the hub offered."""

    sent: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    link: str = ""


def send(
    library: Library,
    *,
    refetch: Callable[[], None],
    timeout: float = 60,
    cancelled: Callable[[], bool] | None = None,
    patience: float = PATIENCE_SECONDS,
) -> Sent:
    """Send every branch of the outbox; where somebody was first, `refetch`, put ours on top, and try again.

    A branch that nothing joins, or that the hub refuses, waits here with its reason; the others go. Raises
    RemoteUnreachable, NotPermitted, LockBusy, LibraryUnreadable and Cancelled.
    """
    done = Sent()
    if not library.hub:
        return done
    end = time.monotonic() + patience
    pause = 0.05
    stood: dict[str, str | None] = {}
    while True:
        ready = join(library, done, cancelled=cancelled)
        ready = {branch: commit for branch, commit in ready.items() if branch not in done.waiting}
        if not ready:
            return done
        pushed = _push_all(library, ready, timeout, cancelled)
        done.link = pushed.link or done.link
        moved = _take_note(library, ready, pushed, done, cancelled)
        for branch in list(moved):
            theirs = refs.read_ref(library.git_dir, HUB + branch)
            behind = _BEHIND.search(pushed.of(branch).reason)
            if behind and branch in stood and stood[branch] == theirs:
                # Fetching brought nothing, so nobody was first: the hub's branch has left the history we know.
                id = branch.removeprefix("proposals/")
                done.waiting[branch] = (
                    "its branch was rewound at the hub; both are kept, ask who rewound it, or "
                    f"`playbook proposal let-go {id}` lets go of yours"
                )
                moved.remove(branch)
            stood[branch] = theirs
        if not moved:
            return done
        if time.monotonic() > end:
            done.waiting |= dict.fromkeys(moved, "others keep changing it; it goes out with the next sync")
            return done
        time.sleep(pause * (0.5 + random.random()))
        pause = min(pause * 1.7, 2.0)
        refetch()


def _push_all(library: Library, ready: dict[str, str], timeout: float, cancelled: Callable[[], bool] | None) -> Pushed:
    """Push them together, and those that were refused once more, each alone: a hook of the hub's may judge a push as a
    whole, and one damaged branch spoils what is sent with it."""
    made = push(library, ready, timeout=timeout, cancelled=cancelled)
    refused = [branch for branch in ready if made.of(branch).state == "refused"]
    if len(ready) > 1:
        for branch in refused:
            alone = push(library, {branch: ready[branch]}, timeout=timeout, cancelled=cancelled)
            made = Pushed(made.outcomes | alone.outcomes, made.link or alone.link)
    return made


def _take_note(
    library: Library, ready: dict[str, str], pushed: Pushed, done: Sent, cancelled: Callable[[], bool] | None
) -> list[str]:
    moved = []
    for branch, commit in ready.items():
        outcome = pushed.of(branch)
        if outcome.state == "sent":
            done.sent.append(branch)
            with writer_lock(library, cancelled=cancelled):
                theirs = refs.read_ref(library.git_dir, HUB + branch)
                known = theirs == commit or bool(theirs and objects.is_ancestor(library, commit, theirs))
                if known and refs.read_ref(library.git_dir, HEADS + branch) == commit:
                    move_ref(library, HEADS + branch, None, commit)
                if refs.read_ref(library.git_dir, lost.ref_of(branch.removeprefix("proposals/"))):
                    lost.settle(library)
        elif outcome.state == "refused":
            done.waiting[branch] = outcome.reason
            done.refused.add(branch)
        else:
            moved.append(branch)
    return moved


def join(library: Library, done: Sent, *, cancelled: Callable[[], bool] | None = None) -> dict[str, str]:
    """Bring each branch of the outbox on top of the hub's; gives those to be sent. What the hub has already is dropped
    from the outbox; what cannot be joined is noted in `done.waiting`."""
    ready: dict[str, str] = {}
    main = refs.main_commit(library)
    for ref, commit in refs.all_refs(library, PROPOSALS).items():
        branch = ref.removeprefix(HEADS)
        id = branch.removeprefix("proposals/")
        theirs = theirs_of(library, id)
        # Where the hub has dropped the branch after its merge, main has what was merged.
        if theirs == commit or objects.is_ancestor(library, commit, theirs or main):
            with writer_lock(library, cancelled=cancelled):
                if refs.read_ref(library.git_dir, ref) == commit:
                    move_ref(library, ref, None, commit)
        elif not theirs or objects.is_ancestor(library, theirs, commit):
            ready[branch] = commit
        else:
            with writer_lock(library, cancelled=cancelled):
                if refs.read_ref(library.git_dir, ref) != commit:
                    continue
                try:
                    made, why = replay(library, commit, theirs)
                except GitFailed as error:
                    made, why = None, f"its commits cannot be read: {one_line(error.stderr, 160)}"
                    done.refused.add(branch)
                if made is None:
                    done.waiting[branch] = why.replace("proposal resolve`", f"proposal resolve {id}`")
                elif made == theirs:
                    move_ref(library, ref, None, commit)
                else:
                    move_ref(library, ref, made, commit)
                    ready[branch] = made
    return ready


def theirs_of(library: Library, id: str) -> str | None:
    """What the hub's branch of a proposal is, as far as was last seen. Where somebody deleted it there, what it held: that
    goes out again below ours."""
    return refs.read_ref(library.git_dir, HUB + "proposals/" + id) or refs.read_ref(library.git_dir, lost.ref_of(id))


class Apart(NamedTuple):
    """Two tips of one proposal that nothing joins: ours, the hub's, what both began from, and the files."""

    mine: str
    theirs: str
    base: str
    paths: tuple[str, ...]


def apart(library: Library, id: str) -> Apart | None:
    """Where we and somebody else changed the same words of one proposal, and the hub has theirs; else None."""
    mine, theirs = refs.read_ref(library.git_dir, PROPOSALS + id), theirs_of(library, id)
    if not mine or not theirs or objects.is_ancestor(library, mine, theirs):
        return None
    base = merge_base(library, theirs, mine)
    if not base or base == theirs:
        return None
    found = clashes(library, base, theirs, mine)
    return Apart(mine, theirs, base, tuple(clash.path for clash in found)) if found else None


def unsent_events(library: Library) -> dict[str, list[str]]:
    """By branch of the outbox the ids of the commits that the hub has not got, as far as was last seen; of a branch that
    cannot be read none."""
    found: dict[str, list[str]] = {}
    main = refs.main_commit(library)
    for ref, commit in refs.all_refs(library, PROPOSALS).items():
        branch = ref.removeprefix(HEADS)
        try:
            rows = _commits(Git(library.git_dir), commit, refs.read_ref(library.git_dir, HUB + branch) or main)
        except GitFailed:
            rows = []
        found[branch] = [_event_id(row) for row in rows]
    return found


def unreadable(library: Library) -> dict[str, str]:
    """The branches of the outbox whose ref names nothing that is here, with why: they wait, and hold up no other."""
    return {
        ref.removeprefix(HEADS): f"{what}; `playbook doctor` says how to mend it"
        for ref, what in refs.broken(library, HEADS).items()
    }


class Settled(NamedTuple):
    """How words that both changed are settled: the tree that comes of it, and the message of the commit that says so; ""
    where both join as wholes, and the last content says it."""

    tree: str
    message: str = ""


def replay(
    library: Library, mine: str, theirs: str, *, by: Person | None = None, settled: Settled | None = None
) -> tuple[str | None, str]:
    """The commits that only `mine` has, made again on top of `theirs` ("" where the hub has none): events as they are,
    contents merged.

    What `theirs` already holds (by event id: an earlier try arrived after all) is left out. A verdict on one of the
    contents made again judges that one, where its words are still the same. None, with a sentence, when both changed
    the same words and they are not `settled`; where they are, each content of ours keeps its own words for those files,
    and the settled ones follow the last of them. With `by` that person makes them anew, and signs as they sign now.
    Only for the holder of the writer lock.
    """
    git = Git(library.git_dir)
    arrived = {_event_id(row): row[0] for row in _commits(git, theirs, mine)} if theirs else {}
    again: dict[str, str] = {}
    rows = []
    for row in _commits(git, mine, theirs or refs.main_commit(library), "--first-parent"):
        event = _event_id(row)
        if event not in arrived:
            rows.append(row)
        elif row[1] == tree_id(library, arrived[event]):
            again[row[0]] = arrived[event]
    if not rows:
        return theirs or None, "" if theirs else "it holds nothing that main has not got"
    tip = theirs or rows[0][2].split()[0]
    last = next((row[0] for row in reversed(rows) if _changes(library, row)), "")
    # What bears the person's mail but not their signature may be anybody's: made again it stays unsigned.
    own = frozenset() if by else signing.own(library, [row[0] for row in rows])
    for row in rows:
        commit, tree, parents, name, mail, when, committer, committer_mail, message = row
        first, *others = parents.split()
        joined = tree_id(library, tip)
        if _changes(library, row):
            merged = merge_trees(library, first, tip, commit)
            if not merged.tree:
                settled = settled or _joined_whole(library, mine, theirs)
                if settled is None:
                    paths = ", ".join(clash.path for clash in merged.clashes)
                    return None, (
                        f"somebody else changed the same words on it ({one_line(paths, 120)}); both are kept, and "
                        "`playbook proposal resolve` joins them"
                    )
                ours = frozenset(clash.path for clash in merged.clashes)
                merged = merge_trees(library, first, commit, tip, settled=ours)
            joined = settled.tree if settled and commit == last and not settled.message else merged.tree
        author = Person(name, mail)
        tip = put_commit(
            library, joined, (tip, *others), _judging(message, again), by=by or Person(committer, committer_mail),
            author=by if by and mail == committer_mail else author, written=int(when) if when.isdigit() else None,
            sign=None if by else commit in own,
        )  # fmt: skip
        if joined == tree:
            again[commit] = tip
        if settled and settled.message and commit == last:
            tip = put_commit(library, settled.tree, (tip,), settled.message, by=by or acting())
            if settled.tree == tree:
                again[commit] = tip
    return tip, ""


def _changes(library: Library, row: list[str]) -> bool:
    return row[1] != tree_id(library, row[2].split()[0])


def _joined_whole(library: Library, mine: str, theirs: str) -> Settled | None:
    """Where one of our contents clashes that a later one of ours took back, both tips may join all the same."""
    base = merge_base(library, theirs, mine)
    tree = merge_trees(library, base, theirs, mine).tree if base else ""
    return Settled(tree) if tree else None


def _judging(message: str, again: dict[str, str]) -> str:
    """The message with the id of a content that was made again in the place of its old one; only its trailers change."""
    above, blank, trailers = message.rpartition("\n\n")
    for old, new in again.items():
        trailers = trailers.replace(f"{PREFIX}Head: {old}\n", f"{PREFIX}Head: {new}\n")
    return above + blank + trailers


def _commits(git: Git, of: str, without: str, *options: str) -> list[list[str]]:
    # Ended by NUL, as all fields are: no message can hold one, so none can pass for the end of its commit.
    output = git.run(
        "log", "-z", "--topo-order", "--reverse", *options, "--no-show-signature", "--encoding=UTF-8",
        f"--format={_FIELDS}", of, f"^{without}", "--",
    )  # fmt: skip
    fields = output.decode("utf-8", "replace").split("\0")
    return [fields[at : at + 9] for at in range(0, len(fields) - 8, 9)]


def _event_id(row: list[str]) -> str:
    # A commit by plain git has none; no other has its own id.
    return read_message(row[8]).trailers.get("event-id", "") or row[0]
