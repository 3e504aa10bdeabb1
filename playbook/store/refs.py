"""Which commit is main: now, on a day, or behind a name somebody typed."""

from __future__ import annotations

import re
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


def all_refs(library: Library, prefix: str) -> dict[str, str]:
    """Every ref below the prefix (`refs/heads/`) with the object it names; symbolic refs are left out."""
    listed = Git(library.git_dir).run(
        "for-each-ref", "--format=%(objectname) %(refname)%00%(symref)", prefix.rstrip("/")
    )
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
