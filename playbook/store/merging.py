"""The one way to merge, in the app and in the guard: read-tree in a private index, merge-file where both sides changed."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from playbook.store.locks import TEMPORARY
from playbook.store.managed import Library
from playbook.store.runner import Git, GitFailed
from playbook.store.writing import private_index

_REGULAR = ("100644", "100755")
_MOST_CLASHES = 127  # merge-file's status is how many clashes there are, up to this


class Clash(NamedTuple):
    """A file that both sides changed so that nothing joins them; each id is "" where the file is not there."""

    path: str
    base: str
    ours: str
    theirs: str


class Merged(NamedTuple):
    """What joining two commits gives: the tree, or ("" then) the files that clash."""

    tree: str
    clashes: tuple[Clash, ...] = ()


def merge_base(library: Library, one: str, other: str) -> str:
    """The commit that both come from; of several the first by id, so that everybody finds the same. "" when there is none."""
    found = Git(library.git_dir).run("merge-base", "--all", one, other, ok=(0, 1)).decode().split()
    return min(found) if found else ""


def merge_trees(
    library: Library, base: str, ours: str, theirs: str, *, settled: frozenset[str] = frozenset()
) -> Merged:
    """Join what `theirs` changed since `base` into `ours` (commits or trees). No renames are guessed.

    Files of `settled` that clash are left as `ours` has them, for whoever settles them. Only for the holder of the
    writer lock.
    """
    git = Git(library.git_dir)
    with private_index(library) as env:
        joined, clashing = _joined(library, git, env, base, ours, theirs)
        open_ = tuple(clash for clash in clashing if clash.path not in settled)
        if open_:
            return Merged("", open_)
        lines: list[bytes] = []
        for clash in clashing:
            path, oid = os.fsencode(clash.path), clash.ours
            lines.append(f"0 {'0' * len(oid or clash.theirs)}\t".encode() + path + b"\0")
            if oid:
                lines.append(f"100644 {oid}\t".encode() + path + b"\0")
        for path, (mode, content) in joined.items():
            oid = git.run("hash-object", "-w", "--no-filters", "--stdin", input=content).decode().strip()
            lines.append(f"0 {'0' * len(oid)}\t".encode() + path + b"\0")
            lines.append(f"{mode} {oid}\t".encode() + path + b"\0")
        if lines:
            git.run("update-index", "-z", "--index-info", input=b"".join(lines), env=env)
        return Merged(git.run("write-tree", env=env).decode().strip())


def clashes(library: Library, base: str, ours: str, theirs: str) -> tuple[Clash, ...]:
    """The files in which merge_trees would fail. Writes nothing to the repository, so anybody may ask at any time."""
    with private_index(library) as env:
        return tuple(_joined(library, Git(library.git_dir), env, base, ours, theirs)[1])


def joined_files(library: Library, base: str, ours: str, theirs: str) -> dict[str, bytes] | None:
    """The text of each file that both sides changed, as merge_trees would join it; None where something clashes. Writes
    nothing to the repository, so anybody may ask at any time."""
    with private_index(library) as env:
        joined, clashing = _joined(library, Git(library.git_dir), env, base, ours, theirs)
    return None if clashing else {os.fsdecode(path): content for path, (_, content) in joined.items()}


def _joined(
    library: Library, git: Git, env: dict[str, str], base: str, ours: str, theirs: str
) -> tuple[dict[bytes, tuple[str, bytes]], list[Clash]]:
    """Merges into the index of `env`; gives mode and text of the files that take both sides' changes, and what clashes."""
    git.run("read-tree", "-i", "-m", "--aggressive", base, ours, theirs, env=env)
    joined: dict[bytes, tuple[str, bytes]] = {}
    clashing: list[Clash] = []
    for path, stages in _unmerged(git, env).items():
        made = _join(library, git, stages)
        if made is None:
            oids = [stages.get(stage, ("", ""))[1] for stage in (1, 2, 3)]
            clashing.append(Clash(os.fsdecode(path), *oids))
        else:
            joined[path] = made
    return joined, clashing


def _unmerged(git: Git, env: dict[str, str]) -> dict[bytes, dict[int, tuple[str, str]]]:
    """By path the (mode, id) of each stage: 1 the base, 2 ours, 3 theirs."""
    found: dict[bytes, dict[int, tuple[str, str]]] = {}
    for row in git.run("ls-files", "-u", "-z", env=env).split(b"\0"):
        if row:
            about, _, path = row.partition(b"\t")
            mode, oid, stage = about.decode().split()
            found.setdefault(path, {})[int(stage)] = (mode, oid)
    return found


def _join(library: Library, git: Git, stages: dict[int, tuple[str, str]]) -> tuple[str, bytes] | None:
    """Mode and content of the text that joins three; None when nothing does."""
    if set(stages) != {1, 2, 3} or any(mode not in _REGULAR for mode, _ in stages.values()):
        return None
    ours, base, theirs = (git.run("cat-file", "blob", stages[stage][1]) for stage in (2, 1, 3))
    joined = merge_texts(library, ours, base, theirs)
    if joined is None:
        return None
    changed = next((stages[stage][0] for stage in (2, 3) if stages[stage][0] != stages[1][0]), stages[1][0])
    return changed, joined


def merge_texts(library: Library, ours: bytes, base: bytes, theirs: bytes) -> bytes | None:
    """The text that takes both sides' changes; None where nothing joins them, or they are no text."""
    folder = library.git_dir / TEMPORARY
    folder.mkdir(mode=0o700, exist_ok=True)
    files: list[Path] = []
    try:
        for content in (ours, base, theirs):
            place = folder / f"merge-{os.getpid()}-{secrets.token_hex(6)}"
            place.write_bytes(content)
            files.append(place)
        return Git(library.git_dir).run("merge-file", "-p", *map(str, files))
    except GitFailed as error:
        if 0 < error.status <= _MOST_CLASHES or "binary" in error.stderr:
            return None
        raise
    finally:
        for place in files:
            with suppress(OSError):
                place.unlink()
