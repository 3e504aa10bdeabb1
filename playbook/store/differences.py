"""What differs between trees, for any number of pairs in one git process."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from playbook.store.managed import Library
from playbook.store.runner import Git


class Difference(NamedTuple):
    """A file that two trees hold differently; of one that is not there mode and id are ""."""

    path: str
    old_mode: str
    old: str
    new_mode: str
    new: str


Pair = tuple[str, str]


def differences(library: Library, pairs: Iterable[Pair]) -> Iterator[tuple[Pair, tuple[Difference, ...]]]:
    """For each pair of trees (40 hex digits; never commits) that differ what differs, in git's order; renames not guessed.

    Raises GitFailed when one of them cannot be read.
    """
    wanted = list(dict.fromkeys(pairs))
    if not wanted:
        return
    fed = "".join(f"{old} {new}\n" for old, new in wanted).encode()
    output = Git(library.git_dir).run(
        "diff-tree", "--stdin", "-r", "-z", "--no-renames", "--no-ext-diff", "--raw", "--no-abbrev", input=fed,
        timeout=120,
    )  # fmt: skip
    heads = {f"{old} {new}".encode(): (old, new) for old, new in wanted}
    pair: Pair | None = None
    found: list[Difference] = []
    tokens = iter(output.split(b"\0"))
    # What changed and its path come in turns, so that no path can pass for the line that names the next pair. Of lines
    # one below the other all but the last name pairs without a change.
    for about, path in zip(tokens, tokens, strict=False):
        *named, said = about.split(b"\n")
        if named:
            if pair:
                yield pair, tuple(found)
            pair, found = heads.get(named[-1]), []
        old_mode, new_mode, old, new, _ = said.removeprefix(b":").decode().split()
        found.append(Difference(os.fsdecode(path), _there(old_mode), _oid(old), _there(new_mode), _oid(new)))
    if pair:
        yield pair, tuple(found)


def _there(mode: str) -> str:
    return "" if mode == "000000" else mode


def _oid(oid: str) -> str:
    return oid if oid.strip("0") else ""
