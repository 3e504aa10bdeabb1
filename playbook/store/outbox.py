"""The outbox: branches with work that the hub has not got. What others added meanwhile is joined, never replaced."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from playbook.store import objects, refs
from playbook.store.locks import writer_lock
from playbook.store.managed import Library
from playbook.store.merging import merge_trees
from playbook.store.push import Pushed, push
from playbook.store.runner import Git
from playbook.store.trailers import read_message
from playbook.store.writing import Person, move_ref, put_commit, tree_id
from playbook.text.safe import one_line

HEADS = "refs/heads/"
PROPOSALS = HEADS + "proposals/"
HUB = "refs/remotes/hub/"
PATIENCE_SECONDS = 60.0
_FIELDS = "%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%B%x00%x01"


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
    while True:
        ready = join(library, done, cancelled=cancelled)
        ready = {branch: commit for branch, commit in ready.items() if branch not in done.waiting}
        if not ready:
            return done
        pushed = push(library, ready, timeout=timeout, cancelled=cancelled)
        done.link = pushed.link or done.link
        moved = _take_note(library, ready, pushed, done, cancelled)
        if not moved:
            return done
        if time.monotonic() > end:
            done.waiting |= dict.fromkeys(moved, "others keep changing it; it goes out with the next sync")
            return done
        time.sleep(pause * (0.5 + random.random()))
        pause = min(pause * 1.7, 2.0)
        refetch()


def _take_note(
    library: Library, ready: dict[str, str], pushed: Pushed, done: Sent, cancelled: Callable[[], bool] | None
) -> list[str]:
    moved = []
    for branch, commit in ready.items():
        outcome = pushed.of(branch)
        if outcome.state == "sent":
            done.sent.append(branch)
            with writer_lock(library, cancelled=cancelled):
                if refs.read_ref(library.git_dir, HEADS + branch) == commit:
                    move_ref(library, HEADS + branch, None, commit)
        elif outcome.state == "refused":
            done.waiting[branch] = outcome.reason
        else:
            moved.append(branch)
    return moved


def join(library: Library, done: Sent, *, cancelled: Callable[[], bool] | None = None) -> dict[str, str]:
    """Bring each branch of the outbox on top of the hub's; gives those to be sent. What the hub has already is dropped
    from the outbox; what cannot be joined is noted in `done.waiting`."""
    ready: dict[str, str] = {}
    mine = refs.all_refs(library, PROPOSALS)
    for ref, commit in mine.items():
        branch = ref.removeprefix(HEADS)
        theirs = refs.read_ref(library.git_dir, HUB + branch)
        if theirs == commit or (theirs and objects.is_ancestor(library, commit, theirs)):
            with writer_lock(library, cancelled=cancelled):
                if refs.read_ref(library.git_dir, ref) == commit:
                    move_ref(library, ref, None, commit)
        elif not theirs or objects.is_ancestor(library, theirs, commit):
            ready[branch] = commit
        else:
            with writer_lock(library, cancelled=cancelled):
                if refs.read_ref(library.git_dir, ref) != commit:
                    continue
                made, why = replay(library, commit, theirs)
                if made is None:
                    done.waiting[branch] = why
                elif made == theirs:
                    move_ref(library, ref, None, commit)
                else:
                    move_ref(library, ref, made, commit)
                    ready[branch] = made
    return ready


def replay(library: Library, mine: str, theirs: str) -> tuple[str | None, str]:
    """The commits that only `mine` has, made again on top of `theirs`: events as they are, contents merged.

    What `theirs` already holds (by event id: an earlier try arrived after all) is left out. None, with a sentence, when
    both changed the same words. Only for the holder of the writer lock.
    """
    git = Git(library.git_dir)
    arrived = {_event_id(row) for row in _commits(git, theirs, mine)} - {""}
    tip = theirs
    for row in _commits(git, mine, theirs):
        commit, tree, parents, name, mail, when, committer, committer_mail, message = row
        if _event_id(row) in arrived:
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
            library, joined, (tip, *others), message, by=Person(committer, committer_mail),
            author=Person(name, mail), written=int(when) if when.isdigit() else None,
        )  # fmt: skip
    return tip, ""


def _commits(git: Git, of: str, without: str) -> list[list[str]]:
    output = git.run(
        "log", "--topo-order", "--reverse", "--no-show-signature", "--encoding=UTF-8", f"--format={_FIELDS}",
        of, f"^{without}", "--first-parent", "--",
    )  # fmt: skip
    rows = [row.split("\0", 8) for row in output.decode("utf-8", "replace").split("\0\x01\n")]
    return [row for row in rows if len(row) == 9]


def _event_id(row: list[str]) -> str:
    return read_message(row[8]).trailers.get("event-id", "")
