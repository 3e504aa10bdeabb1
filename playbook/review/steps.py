"""The steps of main: its first-parent line, read in one log."""

from __future__ import annotations

import os
from collections.abc import Collection
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


def stood_there(library: Library, base: str, seen: str, main: str, paths: Collection[str]) -> bool:
    """Whether who saw `seen` as main saw the whole of a proposal that stands on `base`: it was main then already, or its
    files were the same.

    If not, part of the proposal came to main on another way, and merging it would bring less, or more, than was seen.
    """
    if base == seen:
        return True
    line = line_of(library.git_dir, main)
    if base in line and seen in line and line[base] >= line[seen]:
        return True
    if base not in line and _taken_whole(library, base, seen, main):
        return True
    changed = {os.fsdecode(raw) for _, raw in objects.changed_paths(library, base, seen)}
    return changed.isdisjoint(paths)


def _taken_whole(library: Library, base: str, seen: str, main: str) -> bool:
    """Whether a merge, at `seen` or before, took the words of `base` as they are: going on from there is going on from main."""
    line, found = line_of(library.git_dir, main), _merges(library.git_dir, main)
    takes = [taken for commit, taken in found if seen in line and line[commit] >= line[seen]]
    trees = objects.trees_of(library, [base, *takes])
    same = [taken for taken in takes if base in trees and trees.get(taken) == trees[base]]
    return any(objects.is_ancestor(library, base, taken) for taken in same)


@lru_cache(maxsize=4)
def _merges(git_dir: Path, main: str) -> list[tuple[str, str]]:
    """The merges on main's line, each with what it took in."""
    said = Git(git_dir).run("rev-list", "--first-parent", "--merges", "--parents", main, "--", timeout=120).decode()
    return [(row[0], row[2]) for row in map(str.split, said.splitlines()) if len(row) == 3]


@lru_cache(maxsize=4)
def line_of(git_dir: Path, main: str) -> dict[str, int]:
    """The commits that were main, the newest first, each with how many came after it."""
    line = Git(git_dir).run("rev-list", "--first-parent", main, "--", timeout=120).decode().split()
    return {commit: at for at, commit in enumerate(line)}
