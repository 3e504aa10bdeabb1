"""One of many who propose, comment and approve at once; a program of its own, started by test_race.

`racer.py HUB FOLDER ME PEOPLE COUNT`: PLAYBOOK_HOME is its own or one it shares. What it has been told is done, it notes
in the folder: `sent-<who>-<number>` with the proposal's id, `said-<who>-<number>` with a comment, `merged-<who>-<number>`.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from playbook.errors import Conflict, NothingFound, PlaybookError, RemoteUnreachable
from playbook.review import acting, approve, branch
from playbook.store import outbox, refs
from playbook.store.managed import Library, open_library
from playbook.store.sync import fetch_only
from playbook.store.writing import Person

Result = TypeVar("Result")
SHARED = "content/shared.md"
LONGEST_SECONDS = 900


class Racer:
    """One person at one playbook, and how often somebody else was first."""

    def __init__(self, hub: str, folder: Path, me: int, people: int, count: int) -> None:
        self.library: Library = open_library(hub)
        self.folder, self.me, self.people, self.count = folder, me, people, count
        self.person = Person(f"P{me}", f"p{me}@example.com")
        self.retries: dict[str, int] = {}
        self.end = time.monotonic() + LONGEST_SECONDS
        self.watch_merges()

    def watch_merges(self) -> None:
        """Count the merges that were made again because somebody else's came first."""
        once = approve._try

        def counted(*args: object) -> object:
            made = once(*args)  # type: ignore[arg-type]
            if made is None:
                self.retries["merge"] = self.retries.get("merge", 0) + 1
            return made

        approve._try = counted  # type: ignore[assignment]

    def again(self, act: Callable[[], Result]) -> Result:
        """Do it until it is done, as a person would who is told to look again."""
        while True:
            try:
                return act()
            except (Conflict, RemoteUnreachable, NothingFound) as error:
                if time.monotonic() > self.end or "merged already" in str(error):
                    raise
                why = type(error).__name__
                self.retries[why] = self.retries.get(why, 0) + 1
                time.sleep(0.05)
                self.fetch()

    def fetch(self) -> None:
        """Take what is new; another who writes just now is waited for next time."""
        try:
            fetch_only(self.library)
        except (Conflict, RemoteUnreachable):
            time.sleep(0.1)

    def note(self, what: str, number: int, text: str) -> None:
        """Write down that it is done, whole or not at all."""
        file = self.folder / f"{what}-{self.me}-{number}"
        file.with_suffix(".part").write_text(text)
        file.with_suffix(".part").rename(file)

    def wait_for(self, who: int, number: int) -> str:
        """The id of somebody's proposal, once it is sent."""
        file = self.folder / f"sent-{who}-{number}"
        while not file.exists():
            if time.monotonic() > self.end:
                raise TimeoutError(file.name)
            time.sleep(0.05)
        return file.read_text()

    def send(self, name: str) -> None:
        """Send the outbox until that branch is out."""
        while True:
            done = self.again(lambda: outbox.send(self.library, refetch=self.fetch))
            if not refs.read_ref(self.library.git_dir, f"refs/heads/{name}"):
                return
            self.retries["waiting"] = self.retries.get("waiting", 0) + 1
            assert time.monotonic() < self.end, done

    def run(self) -> None:
        """Propose, comment on another's, approve a third one's."""
        for number in range(self.count):
            self.propose(number)
        for number in range(self.count):
            whose = (self.me + 1) % self.people
            id = self.wait_for(whose, number)
            text = f"P{self.me} says of P{whose}'s {number}: fine"
            self.fetch()
            made = self.again(lambda id=id, text=text: acting.comment(self.library, id, text, by=self.person))  # type: ignore[misc]
            self.send(made.branch)
            self.note("said", number, text)
            whose = (self.me + 2) % self.people
            id = self.wait_for(whose, number)
            done = self.again(lambda id=id: approve.approve(self.library, id, "Yes.", by=self.person))  # type: ignore[misc]
            assert done.merge, done
            self.note("merged", number, id)

    def propose(self, number: int) -> None:
        """The first changes a paragraph of one file that all change; the others are a file each."""
        text = f"# {self.me} {number}\n\nWords of P{self.me}, number {number}.\n"
        path = f"content/race/{self.me}-{number}.md"
        if number == 0:
            main = refs.main_commit(self.library)
            before = acting.contents_of(self.library, main, [SHARED])[SHARED] or b""
            path, text = SHARED, before.decode().replace(f"paragraph {self.me}\n", f"paragraph of P{self.me}\n")
        made = self.again(
            lambda: branch.begin(
                self.library, {path: text.encode()}, title=f"P{self.me} {number}", why="Race", by=self.person
            )
        )
        self.send(made.branch)
        self.note("sent", number, made.proposal)


if __name__ == "__main__":
    racer = Racer(sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:6]))
    try:
        racer.run()
    except PlaybookError as error:
        sys.exit(f"P{racer.me}: {type(error).__name__}: {error}")
    print(json.dumps(racer.retries))
