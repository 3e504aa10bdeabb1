"""The steps of main: its first-parent line, read in one log."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from playbook.store import objects
from playbook.store.history import seconds
from playbook.store.runner import Git
from playbook.store.trailers import Message, read_message
from playbook.store.writing import Person
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

_FORMAT = "%H%x00%T%x00%P%x00%ct%x00%cn%x00%ce%x00%B"


@dataclass(frozen=True)
class Step:
    """A commit of main's first-parent line. `when` is its maker's clock in seconds since 1970."""

    commit: str
    tree: str
    parents: tuple[str, ...]
    when: int
    by: Person
    message: Message

    @property
    def main(self) -> str:
        """What was main before it; "" for the first commit."""
        return self.parents[0] if self.parents else ""

    @staticmethod
    def at(commit: str) -> Step:
        """A commit of which nothing else is known."""
        return Step(commit, "", (), 0, Person("", ""), Message("", "", {}))


def first_parents(library: Library, base: str, head: str) -> list[Step]:
    """The steps after `base` (all, without one) up to `head`, the oldest first. Raises LibraryUnreadable."""
    line = [head, f"^{base}"] if base else [head]
    output = Git(library.git_dir).run(
        "log", "-z", "--stdin", "--first-parent", "--reverse", "--topo-order", "--no-show-signature", "--no-patch",
        "--encoding=UTF-8", f"--format={_FORMAT}", input="".join(f"{one}\n" for one in line).encode(), timeout=300,
    )  # fmt: skip
    tokens = output.decode("utf-8", "replace").split("\0")
    steps = []
    for at in range(0, len(tokens) - 6, 7):
        commit, tree, parents, when, name, mail, message = tokens[at : at + 7]
        by = Person(one_line(name, 100), one_line(mail, 200))
        steps.append(Step(commit, tree, tuple(parents.split()), seconds(when), by, read_message(message)))
    return steps


def was_main(library: Library, base: str, seen: str, main: str) -> bool:
    """Whether `base`, which a proposal stands on, was in main already for who saw it as `seen`.

    If not, part of the proposal came to main on another way, and merging it would bring less than was seen.
    """
    if base == seen:
        return True
    places = line_of(library.git_dir, main)
    at, then = places.get(base), places.get(seen)
    if at is not None and then is not None:
        return at >= then
    return objects.is_ancestor(library, base, seen)


@lru_cache(maxsize=4)
def line_of(git_dir: Path, main: str) -> dict[str, int]:
    """The commits that were main, the newest first, each with how many came after it."""
    line = Git(git_dir).run("rev-list", "--first-parent", main, "--", timeout=120).decode().split()
    return {commit: at for at, commit in enumerate(line)}
