"""Reads of a library's objects in bulk: one git process for a tree, for all texts, for every file's last change."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO

from playbook.errors import LibraryUnreadable
from playbook.store.history import BlameLine as BlameLine  # part of this module's face; kept apart for their length
from playbook.store.history import Revision as Revision
from playbook.store.history import blame as blame
from playbook.store.history import history as history
from playbook.store.history import seconds
from playbook.store.managed import Library
from playbook.store.refs import is_commit_id
from playbook.store.runner import Git, GitFailed
from playbook.text.safe import one_line

MIB = 1 << 20
# Damaged texts are skipped one by one; past this many the library as a whole is damaged.
_MOST_DAMAGED = 50
_RECENT, _SHORT = 64, 64 << 10  # texts that are kept, and the longest of them
_recent: dict[tuple[Path, str], bytes] = {}
_A_FEW = 8  # texts, whose sizes need not be asked for first
_AT_ONCE = 200  # paths named to one process; a command line has an end
_HEADER = re.compile(rb"([0-9a-f]{40,64}) blob (\d+)\n")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a tree: mode as git writes it (100644, 120000 a link, 160000 a submodule), size in bytes or -1."""

    mode: str
    oid: str
    size: int
    path: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """The last commit that touched a file; `when` in seconds since 1970."""

    commit: str
    when: int
    author: str
    mail: str


def tree(library: Library, commit: str) -> list[Entry]:
    """Every file of the commit, in git's order. Raises LibraryUnreadable."""
    return _entries(Git(library.git_dir).run("ls-tree", "-r", "-z", "-l", "--full-tree", _checked(commit)))


def _entries(listed: bytes) -> list[Entry]:
    entries = []
    for row in listed.split(b"\0"):
        if not row:
            continue
        about, _, path = row.partition(b"\t")
        mode, _, oid, size = about.split()
        entries.append(Entry(mode.decode(), oid.decode(), int(size) if size.isdigit() else -1, path))
    return entries


def entries_at(library: Library, commit: str, paths: Iterable[str]) -> list[Entry]:
    """Those of the paths that are files of the commit (or tree), without listing the rest."""
    named = [path for path in paths if path and "\0" not in path]
    if not named:
        return []
    found: list[Entry] = []
    for at in range(0, len(named), _AT_ONCE):
        found += _entries_at(library.git_dir, _checked(commit), *named[at : at + _AT_ONCE])
    return found


@lru_cache(maxsize=64)
def _entries_at(git_dir: Path, commit: str, *paths: str) -> tuple[Entry, ...]:
    """Commits never change, and a command asks several times for its policy and for the file it is about."""
    return tuple(_entries(Git(git_dir).run("ls-tree", "-z", "-l", "--full-tree", commit, "--", *paths)))


def blobs(library: Library, oids: Iterable[str], limit: int = MIB) -> Iterator[tuple[str, bytes]]:
    """The content of each blob, in order, each once; left out are those over `limit` bytes, missing or damaged ones.

    Raises LibraryUnreadable when the repository as a whole cannot be read.
    """
    wanted = [oid for oid in dict.fromkeys(oids) if is_commit_id(oid)]
    git_dir = library.git_dir
    recent = [(oid, _recent.get((git_dir, oid))) for oid in wanted] if len(wanted) <= _A_FEW else []
    if recent and all(raw is not None and len(raw) <= limit for _, raw in recent):
        yield from ((oid, raw) for oid, raw in recent if raw is not None)
        return
    # Of a few the sizes are seen as they come; where many are too large, to stop at each would be a process each.
    fitting = wanted if len(wanted) <= _A_FEW else [oid for oid, size in _sizes(library, wanted) if size <= limit]
    damaged = 0
    while fitting:
        given = 0
        try:
            with Git(library.git_dir).stream("cat-file", "--batch", feed=_lines(fitting)) as output:
                for oid in fitting:
                    content = _next_blob(output, limit)
                    if content is None:
                        break
                    given += 1
                    if recent:
                        _remember(git_dir, oid, content)
                    yield oid, content
        except GitFailed:
            damaged += 1
            if damaged > _MOST_DAMAGED:
                raise
        if given == len(fitting):
            return
        # git stopped at one it cannot read (or named it missing), or it is too large: go on behind it.
        fitting = fitting[given + 1 :]


def _remember(git_dir: Path, oid: str, content: bytes) -> None:
    """Keep a text that was asked for almost by itself: a command judges the same file several times."""
    if len(content) <= _SHORT:
        _recent[git_dir, oid] = content
        while len(_recent) > _RECENT:
            _recent.pop(next(iter(_recent)), None)


def _sizes(library: Library, oids: list[str]) -> Iterator[tuple[str, int]]:
    if not oids:
        return
    checked = Git(library.git_dir).run(
        "cat-file", "--batch-check", "--buffer", input=b"".join(_lines(oids)), timeout=120
    )
    for line in checked.splitlines():
        oid, _, rest = line.partition(b" ")
        kind, _, size = rest.partition(b" ")
        if kind == b"blob" and size.isdigit():
            yield oid.decode(), int(size)


@lru_cache(maxsize=8)
def began(git_dir: Path, commit: str) -> int:
    """When the history of a commit began: its first commit's clock, in seconds since 1970; 0 when git cannot say."""
    try:
        said = Git(git_dir).run("log", "--max-parents=0", "--format=%ct", _checked(commit), "--", timeout=60)
    except GitFailed:
        return 0
    return min((seconds(when) for when in said.decode().split()), default=0)


def trees_of(library: Library, commits: Iterable[str]) -> dict[str, str]:
    """By commit its tree; without those that are not here, or are no commits."""
    wanted = list(dict.fromkeys(commits))
    if not wanted:
        return {}
    fed = b"".join(f"{_checked(commit)}^{{tree}}\n".encode() for commit in wanted)
    checked = Git(library.git_dir).run("cat-file", "--batch-check", "--buffer", input=fed, timeout=120)
    said = (line.split(b" ") for line in checked.splitlines())
    trees = ("" if len(one) != 3 or one[1] != b"tree" else one[0].decode() for one in said)
    return {commit: tree for commit, tree in zip(wanted, trees, strict=True) if tree}


def _lines(oids: Iterable[str]) -> Iterator[bytes]:
    return (f"{oid}\n".encode() for oid in oids)


def _next_blob(output: IO[bytes], limit: int) -> bytes | None:
    header = _HEADER.fullmatch(output.readline(4096))
    size = int(header.group(2)) if header else limit + 1
    if size > limit:
        return None
    content = output.read(size + 1)
    return content[:size] if len(content) == size + 1 else None


def last_changes(
    library: Library, commit: str, *, known: tuple[str, dict[bytes, Change]] | None = None
) -> dict[bytes, Change]:
    """The last change of every file that ever was in the history of the commit, from one log.

    With `known` (a commit and what this gave for it) only what came since is read, where that commit is an ancestor.
    """
    git = Git(library.git_dir)
    span = [_checked(commit)]
    changes: dict[bytes, Change] = {}
    if known:
        old = _checked(known[0])
        if old == commit:
            return dict(known[1])
        if _is_ancestor(git, old, commit):
            span.append(f"^{old}")
            changes = dict(known[1])
    seen: set[bytes] = set()
    mark = secrets.token_hex(12)
    output = git.run(
        "log", "-z", "--topo-order", "-c", "--name-only", "--no-renames", "--no-ext-diff", "--no-textconv",
        "--no-show-signature", "--encoding=UTF-8", f"--format=%x00{mark}%x00%H%x00%P%x00%ct%x00%an%x00%ae", *span, "--",
        timeout=300,
    )  # fmt: skip
    for change, files in _log_entries(output, mark.encode()):
        for path in files:
            if path not in seen:
                seen.add(path)
                changes[path] = change
    return changes


def _log_entries(output: bytes, mark: bytes) -> Iterator[tuple[Change, list[bytes]]]:
    # How many empty tokens git puts between entries differs by kind of commit, so each begins with a mark that no path
    # can foresee: mark, id, parents, time, name, mail, paths. The first path stands behind a newline, not in a merge.
    tokens = output.split(b"\0")
    starts = [place for place, token in enumerate(tokens) if token == mark]
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        commit, parents, when, author, mail = tokens[start + 1 : start + 6]
        files = [token for token in tokens[start + 6 : end] if token]
        if files and b" " not in parents:
            files[0] = files[0].removeprefix(b"\n")
        yield Change(commit.decode(), seconds(_text(when)), _text(author), _text(mail)), files


def changed_paths(library: Library, old: str, new: str) -> list[tuple[str, bytes]]:
    """What differs between two commits: (A, M, D or T; path), without guessed renames."""
    output = Git(library.git_dir).run(
        "diff-tree", "-r", "-z", "--no-renames", "--no-ext-diff", "--name-status", _checked(old), _checked(new)
    )
    tokens = output.split(b"\0")
    return [(tokens[i].decode(), tokens[i + 1]) for i in range(0, len(tokens) - 1, 2)]


def is_ancestor(library: Library, old: str, new: str) -> bool:
    """Whether the old commit is in the history of the new one; False when either is not here."""
    return _is_ancestor(Git(library.git_dir), _checked(old), _checked(new))


def _is_ancestor(git: Git, old: str, new: str) -> bool:
    try:
        return _asked_ancestor(git.git_dir, old, new)
    except GitFailed:
        return False


@lru_cache(maxsize=256)
def _asked_ancestor(git_dir: Path, old: str, new: str) -> bool:
    """Where both are here, it stays as it is. Raises GitFailed where one is not."""
    # It says nothing but its status, and 1 is the one for no.
    try:
        Git(git_dir).run("merge-base", "--is-ancestor", old, new)
    except GitFailed as error:
        if error.status != 1:
            raise
        return False
    return True


def _checked(commit: str) -> str:
    if not is_commit_id(commit):
        raise LibraryUnreadable(f"{one_line(commit, 80)!r} is no commit id; `playbook history` lists them")
    return commit


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
