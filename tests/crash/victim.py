"""Does what people do until it is killed, again and again; a program of its own, started by test_kill.

`victim.py HUB FOLDER SEED POINTS`. It loads everything once, then for each point forks a child that works on the one
managed library and appends to `told` what it was told is done; the child is killed with -9 at a random moment, now and
then with all that it had started. One last child is left alone: it must finish everything by itself. What was found
lying about after the kills is printed as JSON.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from playbook.errors import Conflict, PlaybookError
from playbook.library.snapshot import load_snapshot
from playbook.review import acting, approve, branch
from playbook.review.listing import proposals
from playbook.review.syncing import sync_whole
from playbook.search.index import open_searcher
from playbook.search.indexer import build_now
from playbook.store import lifeline, outbox, refs
from playbook.store.managed import Library, open_library
from playbook.store.sync import fetch_only
from playbook.store.writing import Person

REP = Person("Rep", "rep@example.com")
MIA = Person("Mia", "mia@example.com")
LONGEST_LIFE = 1.2
ACTS = ("propose", "propose", "send", "comment", "comment", "approve", "approve", "sync", "index")


class Victim:
    """One life: what it does and what it has been told."""

    def __init__(self, hub: str, folder: Path, life: int, dice: random.Random) -> None:
        self.told = os.open(folder / "told", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.life, self.dice = life, dice
        self.library: Library = open_library(hub)
        self.done = 0

    def tell(self, *what: str) -> None:
        """Note that something was acknowledged, in one write."""
        os.write(self.told, (json.dumps(what) + "\n").encode())
        self.done += 1

    def live(self) -> None:
        """Act until the end comes."""
        self.sync()
        while True:
            getattr(self, self.dice.choice(ACTS))()

    def propose(self) -> None:
        """A new file, so that no two clash."""
        text = f"# Life {self.life}\n\nWords {self.done} of life {self.life}.\n"
        path = f"content/lives/{self.life}-{self.done}.md"
        made = branch.begin(self.library, {path: text.encode()}, title=f"Life {self.life}", why="Why not", by=REP)
        self.tell("proposed", made.proposal, path, text)

    def send(self) -> None:
        """What waits goes out."""
        sent = outbox.send(self.library, refetch=lambda: fetch_only(self.library))
        for name in sent.sent:
            self.tell("sent", name)

    def open_ones(self) -> list[str]:
        """The proposals that are still to be decided."""
        return [one.id for one in proposals(self.library) if one.state == "open" and not one.fault]

    def comment(self) -> None:
        """A word on any of them."""
        ids = self.open_ones()
        if ids:
            text = f"Comment {self.done} of life {self.life}"
            made = acting.comment(self.library, self.dice.choice(ids), text, by=MIA)
            self.tell("said", made.proposal, text)

    def approve(self, id: str = "") -> None:
        """A key for the newest or any; who was killed while merging simply does it again."""
        ids = self.open_ones()
        if not ids:
            return
        id = id or self.dice.choice(ids)
        self.tell("tried", id)
        try:
            done = approve.approve(self.library, id, "Yes.", by=MIA)
        except Conflict as error:
            if "merged already" not in str(error):
                raise
            return
        self.tell("approved", id, done.merge)

    def sync(self) -> None:
        """All that a sync does, and what waited for it."""
        report = sync_whole(self.library)
        self.tell("synced", report.state)

    def index(self) -> None:
        """The cards and the index, built here."""
        build_now(self.library, rebuild=self.dice.random() < 0.5)
        found = open_searcher(self.library, load_snapshot(self.library, refs.main_commit(self.library)))
        self.tell("indexed", found.engine)

    def finish(self) -> None:
        """The last life: everything that waits goes out, everything that somebody tried to approve is merged."""
        for pause in (0.0, 1.0, 3.0):
            # What the last one that was killed had started may still hold the hub for a moment.
            time.sleep(pause)
            report = sync_whole(self.library)
            left = refs.all_refs(self.library, "refs/heads/")
            if not left:
                break
        assert not left, f"something waits for ever: {list(left)} {report.message}"
        for id in self.open_ones():
            self.approve(id)
        self.index()
        assert not self.open_ones()


def started_by(victim: int) -> list[int]:
    """All processes that the victim has started, and those that these have."""
    parents: dict[int, list[int]] = {}
    for place in Path("/proc").iterdir() if Path("/proc/self/stat").exists() else ():
        if place.name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
                parents.setdefault(parent, []).append(int(place.name))
    found: list[int] = []
    waiting = [victim]
    while waiting:
        below = parents.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def lying_about(library: Library) -> dict[str, int]:
    """What a killed one has left in the managed repository."""
    root = library.git_dir
    return {
        "locks": _count(root, "*.lock") + _count(root, "refs/**/*.lock"),
        "temporary": sum(_count(root, one) for one in ("playbook-tmp/*", "objects/??/tmp_obj_*", "objects/pack/tmp_*")),
    }


def _count(root: Path, pattern: str) -> int:
    """How many there are; a folder may go while we look, for what a killed one started may live a moment longer."""
    try:
        return len(list(root.glob(pattern)))
    except OSError:
        return 0


def one_life(hub: str, folder: Path, life: int, seed: str, seconds: float | None) -> int:
    """Fork one, kill it after so many seconds (or let it finish), and give its status."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            victim = Victim(hub, folder, life, random.Random(seed))
            victim.live() if seconds is not None else victim.finish()
            status = 0
        except (PlaybookError, AssertionError) as error:
            (folder / f"failed-{life}").write_text(f"{type(error).__name__}: {error}")
        except BaseException:
            import traceback

            (folder / f"failed-{life}").write_text(traceback.format_exc())
        finally:
            lifeline.end_all()
            os._exit(status)
    if seconds is not None:
        time.sleep(seconds)
        everything = started_by(child) if life % 2 else []
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        for process in everything:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def main(hub: str, folder: Path, seed: str, points: int) -> int:
    """Kill so many, then let one finish."""
    library = open_library(hub)
    dice = random.Random(seed)
    found = {"kills": 0, "lives with locks": 0, "locks": 0, "temporary": 0}
    for life in range(points):
        status = one_life(hub, folder, life, f"{seed}-{life}", dice.uniform(0.02, LONGEST_LIFE))
        found["kills"] += os.WIFSIGNALED(status)
        left = lying_about(library)
        found["lives with locks"] += bool(left["locks"])
        found["locks"] += left["locks"]
        found["temporary"] += left["temporary"]
    status = one_life(hub, folder, points, f"{seed}-last", None)
    print(json.dumps(found))
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
