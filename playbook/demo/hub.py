"""Builds the demonstration's hub, a bare repository with months of history, and opens it as a library."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path

import msgspec

from playbook import clock, paths
from playbook.demo.commits import Commit, plan_commits
from playbook.demo.content import Content, content_dir, read_content
from playbook.demo.proposals import Act, acts
from playbook.errors import LibraryUnreadable, PlaybookError
from playbook.store import registry
from playbook.store.managed import Library, forget, libraries, open_library
from playbook.store.runner import Git
from playbook.store.writing import Person, acting

NAME = "demo"
_BUILT = "playbook-demo.json"
# Raise it when the history is made differently, so that an older demonstration is built anew.
_VERSION = 4


class _Built(msgspec.Struct, frozen=True):
    """What a hub was built from, kept in the hub itself; `refs` are those that it held then."""

    version: int
    day: date
    digest: str
    refs: dict[str, str]


def hub_path() -> Path:
    """Where the demonstration's hub is, or will be."""
    return paths.data_dir() / "demo" / "hub.git"


def build_demo(
    progress: Callable[[str, int, int], None] | None = None,
    reset: bool = False,
    *,
    say: Callable[[str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    folder: Path | None = None,
) -> Library:
    """The demonstration as an open library named `demo`, its dates shifted so that it happens today.

    A second call on the same day gives the same library. On a later day it is built anew, unless somebody changed
    something in it: then it stays as it is and `say` gets a sentence about it. `reset` builds it anew in any case.
    `folder` stands in for the content that the package carries. Raises LibraryUnreadable, Conflict and Cancelled.
    """
    place = folder or content_dir()
    day = read_content_day(place)
    content = read_content(place, day)
    root = paths.private(paths.data_dir() / "demo")
    hub = hub_path()
    with registry.alone(root / "demo.flock", cancelled=cancelled):
        for left in [*root.glob(".new-*"), *root.glob(".gone-*")]:
            shutil.rmtree(left, ignore_errors=True)
        built = _read_built(hub)
        fresh = built is not None and (built.version, built.day, built.digest) == (_VERSION, day, content.digest)
        changed = built is not None and not fresh and not reset and _changed(hub, built)
        if changed and built is not None and say:
            say(
                f"The demonstration keeps your changes and stays on {built.day.isoformat()}; "
                "`playbook demo --reset` starts it afresh"
            )
        if reset or not (fresh or changed):
            _forget_old(hub)
            _replace(hub, content, day, progress)
    opened = next((library for library in libraries() if library.target == os.path.realpath(hub)), None)
    return open_library(str(hub), name=None if opened else NAME, progress=progress, cancelled=cancelled)


def read_content_day(folder: Path) -> date:
    """Today, in the time zone that the folder's playbook.toml names."""
    return clock.today(read_content(folder, clock.today()).timezone)


def _forget_old(hub: Path) -> None:
    target = os.path.realpath(hub)
    for library in libraries():
        if library.target == target:
            forget(library.name, force=True)


def _changed(hub: Path, built: _Built) -> bool:
    """Whether anybody changed the hub since it was built, or wrote something in its library that is not sent yet."""
    if _refs(hub) != built.refs:
        return True
    target = os.path.realpath(hub)
    mine = [library for library in libraries() if library.target == target]
    return any(not name.startswith("refs/remotes/hub/") for library in mine for name in _refs(library.git_dir))


def _refs(git_dir: Path) -> dict[str, str]:
    listed = Git(git_dir).run("for-each-ref", "--format=%(refname) %(objectname)").decode("utf-8", "surrogateescape")
    return dict(line.rsplit(" ", 1) for line in listed.splitlines())


def _read_built(hub: Path) -> _Built | None:
    try:
        return msgspec.json.decode((hub / _BUILT).read_bytes(), type=_Built)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _replace(hub: Path, content: Content, day: date, progress: Callable[[str, int, int], None] | None) -> None:
    """Build the hub beside its place and put it there; what was there goes."""
    commits = plan_commits(content, day)
    new = hub.with_name(f".new-{secrets.token_hex(4)}")
    gone = hub.with_name(f".gone-{secrets.token_hex(4)}")
    try:
        new.mkdir(mode=0o700)
        _import(new, commits, acts(new, content, clock.now(), _visitor()), progress)
        registry.write_file(new / _BUILT, msgspec.json.encode(_Built(_VERSION, day, content.digest, _refs(new))))
        if hub.exists():
            hub.rename(gone)
        new.rename(hub)
    except OSError as error:
        raise LibraryUnreadable(
            f"The demonstration cannot be built in {hub.parent}: {error.strerror or error}; is the disk full?"
        ) from error
    finally:
        shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(gone, ignore_errors=True)


def _visitor() -> Person | None:
    """Who looks at the demonstration, when git knows."""
    try:
        return acting()
    except PlaybookError:
        return None


def _import(
    git_dir: Path, commits: list[Commit], stories: list[Act], progress: Callable[[str, int, int], None] | None
) -> None:
    """The commits of main, and between them, each at its moment, what the stories do."""
    git = Git(git_dir)
    git.run("init", "--quiet", "--bare", "--template=", "--object-format=sha1", str(git_dir))
    (git_dir / "HEAD").write_text("ref: refs/heads/main\n")
    if progress:
        progress("Building", 0, len(commits))
    done = 0
    for story in stories:
        upto = sum(1 for commit in commits if commit.when <= story.when)
        _add(git, commits[done:upto], onto=done > 0)
        done = max(done, upto)
        story.do()
        if progress:
            progress("Building", done, len(commits))
    _add(git, commits[done:], onto=done > 0)
    if progress:
        progress("Building", len(commits), len(commits))
    # One pack, however git chose to store what it read: the first fetch is then a copy.
    with suppress(PlaybookError):
        git.run("repack", "-a", "-d", "-q", timeout=120)


def _add(git: Git, commits: list[Commit], *, onto: bool) -> None:
    if commits:
        stream = b"".join(_stream(commits, onto=onto))
        git.run("fast-import", "--quiet", "--done", "--date-format=raw", input=stream, timeout=120)


def _stream(commits: Iterable[Commit], *, onto: bool) -> Iterable[bytes]:
    yield b"feature done\n"
    begin = b"from refs/heads/main^0\n" if onto else b""
    for commit in commits:
        stamp = f"{commit.author} <{commit.mail}> {int(commit.when.timestamp())} {commit.when:%z}"
        yield b"commit refs/heads/main\n" + f"author {stamp}\ncommitter {stamp}\n".encode()
        yield _data(commit.message) + begin
        begin = b""
        for path, text in sorted(commit.files.items()):
            quoted = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            yield f'M 100644 inline "{quoted}"\n'.encode() + _data(text)
        yield b"\n"
    yield b"done\n"


def _data(text: str) -> bytes:
    raw = text.encode()
    return b"data %d\n%s\n" % (len(raw), raw)
