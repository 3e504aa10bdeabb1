"""Which commit is main: now, on a day, or behind a name somebody typed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from playbook.clock import zone
from playbook.errors import LibraryUnreadable, NothingFound
from playbook.store.managed import Library
from playbook.store.runner import Git, GitFailed
from playbook.text.safe import one_line

HUB_HEAD = "refs/remotes/hub/HEAD"
_HUB = "refs/remotes/hub/"
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF = re.compile(r"refs/(?!.*(?://|/\.|\.\.|@\{|\.lock(?:/|$)))[^\x00-\x20\x7f~^:?*\[\\]+(?<![/.])")
_FILE_LIMIT = 64 << 20
_PASSED_OVER = re.compile(r"warning: ignoring (?:broken ref|ref with broken name) (refs/.+)")


def is_commit_id(text: str) -> bool:
    """Whether the text is a whole object id."""
    return bool(_COMMIT.fullmatch(text))


def main_branch(library: Library) -> str:
    """The name of the branch that is the published library, such as `main`. Raises LibraryUnreadable."""
    text = _read(library.git_dir / HUB_HEAD)
    name = text.removeprefix("ref: ").strip()
    if not text.startswith(f"ref: {_HUB}") or not _REF.fullmatch(name):
        raise LibraryUnreadable(
            f"The library {library.name} has no main branch; run `playbook forget {library.name}`, then open it again"
        )
    return name.removeprefix(_HUB)


def main_commit(library: Library) -> str:
    """The commit of main, 40 hex digits (64 in a SHA-256 repository); no process is started.

    In a library without a hub, approved work that the checkout has not pulled yet counts as main.
    Raises LibraryUnreadable when there is no commit.
    """
    branch = main_branch(library)
    commit = None if library.hub else read_ref(library.git_dir, f"refs/heads/{branch}")
    commit = commit or read_ref(library.git_dir, _HUB + branch)
    if not commit:
        raise LibraryUnreadable(
            f"{library.name} has no commit on {one_line(branch, 80)}; commit a document, then `playbook sync`"
        )
    return commit


def read_ref(git_dir: Path, ref: str) -> str | None:
    """The object that a ref names, from its file or from packed-refs; None when there is no such ref."""
    if not _REF.fullmatch(ref):
        return None
    # Looked for twice: `git pack-refs` may move it between the two places while we look.
    for _ in range(2):
        loose = _read(git_dir / ref).strip()
        if _COMMIT.fullmatch(loose):
            return loose
        wanted = f" {ref}"
        for line in _read(git_dir / "packed-refs").splitlines():
            if line.endswith(wanted) and _COMMIT.fullmatch(line[: -len(wanted)]):
                return line[: -len(wanted)]
    return None


def all_refs(library: Library, *prefixes: str) -> dict[str, str]:
    """Every ref below the prefixes (`refs/heads/`) with the object it names; symbolic refs are left out, and those that
    git itself cannot read (see `broken`). No process is started."""
    found: dict[str, str] = {}
    for prefix in prefixes:
        below = prefix.rstrip("/")
        # Loose ones first: `git pack-refs` writes the one file before it removes theirs.
        loose = dict(_loose_refs(library.git_dir, below))
        start = f"{below}/"
        named = {
            name: commit
            for commit, _, name in (line.partition(" ") for line in _read(library.git_dir / "packed-refs").splitlines())
            if name.startswith(start) and _COMMIT.fullmatch(commit)
        } | loose
        found |= {name: named[name] for name in sorted(named, key=os.fsencode) if named[name].strip("0")}
    return found


def _loose_refs(git_dir: Path, below: str) -> Iterator[tuple[str, str]]:
    """The refs that lie in files of their own; "" for one that is symbolic or broken, whatever packed-refs says of it."""
    for folder, _, files in os.walk(git_dir / below):
        for file in files:
            name = Path(folder, file).relative_to(git_dir).as_posix()
            if _REF.fullmatch(name):
                text = _read(Path(folder, file)).strip()
                if text or Path(folder, file).exists():  # else it was packed or deleted this moment
                    yield name, text if _COMMIT.fullmatch(text) else ""


def broken(library: Library, *prefixes: str) -> dict[str, str]:
    """By name every ref below the prefixes that names no commit that is here, with what is wrong with it in a sentence.

    A disk that lost its last write leaves such a file behind. git then refuses to fetch anything, unless it is told to
    pass them over, as `Git` does.
    """
    git = Git(library.git_dir)
    heard: list[str] = []
    named = _listed(git, prefixes, heard.append)
    found = {row[1]: "its file holds no commit's id" for row in map(_PASSED_OVER.fullmatch, heard) if row}
    if named:
        asked = git.run(
            "cat-file", "--batch-check=%(objecttype)", input="".join(f"{c}\n" for c in named.values()).encode()
        )
        for ref, kind in zip(named, asked.decode("utf-8", "replace").splitlines(), strict=True):
            if kind.endswith("missing"):
                found[ref] = f"the commit it names, {named[ref][:12]}, is not here"
            elif kind != "commit":
                found[ref] = f"it names a {one_line(kind, 20)}, not a commit"
    return found


def _listed(git: Git, prefixes: tuple[str, ...], heard: Callable[[str], None] | None = None) -> dict[str, str]:
    listed = git.run(
        "for-each-ref", "--format=%(objectname) %(refname)%00%(symref)", *(prefix.rstrip("/") for prefix in prefixes),
        on_stderr=heard,
    )  # fmt: skip
    found = {}
    for line in listed.decode("utf-8", "surrogateescape").splitlines():
        row, _, symbolic = line.partition("\0")
        commit, _, name = row.partition(" ")
        if not symbolic:
            found[name] = commit
    return found


def resolve(library: Library, name: str) -> str:
    """The commit that a typed revision names: an id or its beginning, `main`, a branch of the hub, `main~3`.

    Raises NothingFound when it names none; nothing in the name is taken for an option.
    """
    text = name.strip()
    if not text or text.startswith("-") or "\x00" in text or "\n" in text:
        raise NothingFound(f"There is no revision {one_line(name, 80)!r} here; give a commit id or a branch")
    base = re.split(r"[~^]", text, maxsplit=1)[0]
    candidates = [text]
    if _REF.fullmatch(_HUB + base):
        candidates.insert(0, _HUB + text)
    if base == main_branch(library) or base in ("main", "HEAD"):
        candidates.insert(0, main_commit(library) + text[len(base) :])
    git = Git(library.git_dir)
    for candidate in candidates:
        found = git.run("rev-parse", "--verify", "--quiet", "--end-of-options", candidate + "^{commit}", ok=(0, 1, 128))
        commit = found.decode("ascii", "replace").strip()
        if is_commit_id(commit):
            return commit
    raise NothingFound(f"There is no revision {one_line(name, 80)!r} here; give a commit id or a branch")


def commit_as_of(library: Library, day: date, timezone: str) -> str | None:
    """What main held at the end of that day in that time zone: the newest commit on its first-parent line whose
    committer date is before the day's end; None when there was none.

    The whole line is looked at, for committer dates need not fall as one walks back.
    """
    end = datetime.combine(day + timedelta(days=1), time(), zone(timezone)).timestamp()
    try:
        with Git(library.git_dir).stream(
            "rev-list", "--first-parent", "--timestamp", "--end-of-options", main_commit(library)
        ) as lines:
            for line in lines:
                when, _, commit = line.decode("ascii").strip().partition(" ")
                if int(when) < end:
                    return commit
    except GitFailed as error:
        raise LibraryUnreadable(
            f"The history of {library.name} cannot be read: {one_line(error.stderr, 200)}"
        ) from error
    return None


def _read(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(_FILE_LIMIT).decode("utf-8", "surrogateescape")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return ""
    except OSError as error:
        raise LibraryUnreadable(
            f"Cannot read {file}: {error.strerror or error}; check the folder's permissions"
        ) from error
