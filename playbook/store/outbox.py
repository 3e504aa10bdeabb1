"""The outbox: branches with work that the hub has not got. What others added meanwhile is joined, never replaced."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from playbook.store import lost, objects, refs, signing
from playbook.store.locks import writer_lock
from playbook.store.managed import Library
from playbook.store.merging import merge_trees
from playbook.store.push import Pushed, push
from playbook.store.runner import Git, GitFailed
from playbook.store.trailers import PREFIX, read_message
from playbook.store.writing import Person, move_ref, put_commit, tree_id
from playbook.text.safe import one_line

HEADS = "refs/heads/"
PROPOSALS = HEADS + "proposals/"
HUB = "refs/remotes/hub/"
PATIENCE_SECONDS = 60.0
_BEHIND = re.compile(r"non-fast-forward|fetch first")
_FIELDS = "%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%B"


@dataclass
class Sent:
    """What went out (branches), what waits and why (by branch), and a link the hub offered."""

    sent: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
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
                done.waiting[branch] = "its branch was rewound at the hub; both are kept, ask who rewound it"
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
        theirs = refs.read_ref(library.git_dir, HUB + branch)
        # Where somebody deleted the branch at the hub, what it held there goes out again below ours.
        theirs = theirs or refs.read_ref(library.git_dir, lost.ref_of(branch.removeprefix("proposals/")))
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
                if made is None:
                    done.waiting[branch] = why
                elif made == theirs:
                    move_ref(library, ref, None, commit)
                else:
                    move_ref(library, ref, made, commit)
                    ready[branch] = made
    return ready


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


def replay(library: Library, mine: str, theirs: str) -> tuple[str | None, str]:
    """The commits that only `mine` has, made again on top of `theirs`: events as they are, contents merged.

    What `theirs` already holds (by event id: an earlier try arrived after all) is left out. A verdict on one of the
    contents made again judges that one, where its words are still the same. None, with a sentence, when both changed
    the same words. Only for the holder of the writer lock.
    """
    git = Git(library.git_dir)
    arrived = {_event_id(row): row[0] for row in _commits(git, theirs, mine)}
    again: dict[str, str] = {}
    tip = theirs
    rows = _commits(git, mine, theirs, "--first-parent")
    # What bears the person's mail but not their signature may be anybody's: made again it stays unsigned.
    own = signing.own(library, [row[0] for row in rows])
    for row in rows:
        commit, tree, parents, name, mail, when, committer, committer_mail, message = row
        event = _event_id(row)
        if event in arrived:
            if tree == tree_id(library, arrived[event]):
                again[commit] = arrived[event]
            continue
        first, *others = parents.split()
        if tree == tree_id(library, first):
            joined = tree_id(library, tip)
        else:
            merged = merge_trees(library, first, tip, commit)
            if not merged.tree:
                paths = ", ".join(clash.path for clash in merged.clashes)
                return None, (
                    f"somebody else changed the same words on it ({one_line(paths, 120)}); both are kept, and "
                    "`playbook proposal resolve` joins them"
                )
            joined = merged.tree
        tip = put_commit(
            library, joined, (tip, *others), _judging(message, again), by=Person(committer, committer_mail),
            author=Person(name, mail), written=int(when) if when.isdigit() else None, sign=commit in own,
        )  # fmt: skip
        if joined == tree:
            again[commit] = tip
    return tip, ""


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
