"""The marks that stay: which files stand as they do because somebody forced, ruled on, or quickly fixed them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from playbook import clock
from playbook.review.events import Event, read_commits
from playbook.review.listing import merges_on_main
from playbook.store import refs
from playbook.store.history import seconds
from playbook.store.runner import Git
from playbook.store.trailers import read_message
from playbook.store.writing import Person
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

How = Literal["fast", "ruling", "override"]
_SAID: Mapping[How, str] = {"override": "Forced by", "ruling": "Ruled by", "fast": "Fast lane: a tiny fix, approved by"}
_BY_WORD: Mapping[str, How] = {"rule": "ruling", "override": "override"}
_LANES: Mapping[str, How] = {"fast": "fast", "ruling": "ruling", "override": "override"}


@dataclass(frozen=True)
class Mark:
    """How a merge came to main other than by the rules' own way: by whom, when (seconds since 1970), and why; `head` is
    the content commit that was judged."""

    commit: str
    how: How
    by: Person
    when: int
    why: str
    head: str = ""

    @property
    def title(self) -> str:
        """How, and by whom. Safe to show."""
        return f"{_SAID[self.how]} {one_line(self.by.name or self.by.mail, 80)}"

    def sentence(self, timezone: str = "") -> str:
        """One quiet line: `Forced by Daniel Brandt on 2026-11-20: reason`. Safe to show."""
        said = f": {one_line(self.why, 300)}" if self.why.strip() else ""
        return f"{self.title} on {_day(self.when, timezone)}{said}"


def mark_json(mark: Mark, timezone: str = "") -> dict[str, str]:
    """A mark as scripts read it."""
    return {
        "how": mark.how,
        "by": str(mark.by),
        "on": _day(mark.when, timezone).isoformat(),
        "why": mark.why,
        "merge": mark.commit,
    }


def _day(when: int, timezone: str) -> date:
    return datetime.fromtimestamp(when, clock.zone(timezone)).date()


class Marks(NamedTuple):
    """By path the mark of every file whose newest step on main has one (`now`), and every mark a file ever got, the newest
    first (`ever`)."""

    now: Mapping[str, Mark]
    ever: Mapping[str, tuple[Mark, ...]]


def marks_at(library: Library, commit: str = "") -> Marks:
    """The marks on main, or on it as it was at a commit. Read once for each; whoever must not wait asks elsewhere."""
    return _marks_at(library.git_dir, library, commit or refs.main_commit(library))


def mark_of(library: Library, path: str, commit: str = "") -> Mark | None:
    """The mark of the newest merge that touched the file, when it has one."""
    return marks_at(library, commit).now.get(path)


@lru_cache(maxsize=8)
def _merge_marks(git_dir: Path, library: Library, main: str) -> Mapping[str, Mark]:
    """One look at the messages on main; what stands in them is believed as far as the merge or its key bears it out."""
    output = Git(git_dir).run(
        "log", "-z", "--no-show-signature", "--no-patch", "--encoding=UTF-8", "--extended-regexp",
        "--grep=^Playbook-Lane: (fast|ruling|override)$", "--grep=^Playbook-Event: (rule|override)$",
        "--format=%H%x00%ct%x00%B", main, "--", timeout=120,
    )  # fmt: skip
    merges = {merge.commit: merge for merge in merges_on_main(library, main)}
    taken = {merge.taken: merge for merge in merges.values()}
    lanes: dict[str, How] = {}
    for commit, _, text in _rows(output):
        trailers = read_message(text).trailers
        if commit in merges and trailers.get("lane") in _LANES:
            lanes[commit] = _LANES[trailers["lane"]]
        elif commit in taken and trailers.get("event") in _BY_WORD:
            # A host's merge says nothing of itself.
            lanes.setdefault(taken[commit].commit, _BY_WORD[trailers["event"]])
    keys = {event.commit: event for event in read_commits(library, [merges[merge].taken for merge in lanes])}
    return {
        merge: _mark(merge, how, keys[merges[merge].taken], merges[merge].when)
        for merge, how in lanes.items()
        if merges[merge].taken in keys
    }


def _mark(merge: str, how: How, key: Event, when: int) -> Mark:
    return Mark(merge, how, key.committer, when, "" if how == "fast" else key.text, key.head)


@lru_cache(maxsize=8)
def _marks_at(git_dir: Path, library: Library, main: str) -> Marks:
    made = _merge_marks(git_dir, library, main)
    now: dict[str, Mark] = {}
    ever: dict[str, tuple[Mark, ...]] = {}
    if not made:
        return Marks(now, ever)
    seen: set[str] = set()
    oldest = next(one.main for one in reversed(merges_on_main(library, main)) if one.commit in made)
    for commit, paths in _steps(git_dir, main, oldest):
        mark = made.get(commit)
        for path in paths:
            if mark:
                ever[path] = (*ever.get(path, ()), mark)
                if path not in seen:
                    now[path] = mark
            seen.add(path)
    return Marks(now, ever)


def _steps(git_dir: Path, main: str, before: str) -> Iterator[tuple[str, list[str]]]:
    """Of main's steps since a commit, the newest first, the files that each changed."""
    output = Git(git_dir).run(
        "log", "-z", "--first-parent", "--diff-merges=first-parent", "--name-only", "--no-renames", "--no-ext-diff",
        "--no-textconv", "--no-show-signature", "--format=%x01%H", main, f"^{before}", "--", timeout=120,
    )  # fmt: skip
    for block in output.split(b"\x01")[1:]:
        commit, _, names = block.partition(b"\0")
        yield commit.decode(), [os.fsdecode(name.lstrip(b"\n")) for name in names.split(b"\0") if name.strip(b"\n")]


def _rows(output: bytes) -> Iterator[tuple[str, int, str]]:
    tokens = output.decode("utf-8", "replace").split("\0")
    for at in range(0, len(tokens) - 2, 3):
        yield tokens[at], seconds(tokens[at + 1]), tokens[at + 2]
