"""Says what a person's path or URL is: its hub, whether it has a working tree, and whether it may be asked at all."""

from __future__ import annotations

import os
import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from playbook.errors import LibraryUnreadable, UsageError
from playbook.store.runner import Git, GitFailed, without_credentials
from playbook.text.safe import one_line

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9+.-]*::")
_SCP = re.compile(r"(?:[\w.+-]+@)?(?P<host>[A-Za-z0-9][\w.-]*|\[[0-9A-Fa-f:.]+\]):(?P<path>[^-].*)")
# `user:password@host:path`, with the scheme forgotten.
_BARE_CREDENTIALS = re.compile(r"[\w.+-]+:\S*@(?=[\w.-]+[:/])")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_CONFIG_LIMIT = 1 << 20
_DEEPEST_ORIGIN = 5


@dataclass(frozen=True)
class Source:
    """What a target turned out to be.

    `target` is a URL or an absolute path; `hub` the URL or path that everybody syncs with, "" when there is none;
    `checkout` the working tree's folder; `repository` the local repository to fetch from when there is no hub, or
    when the hub does not answer the first time.
    """

    target: str
    hub: str
    checkout: Path | None = None
    repository: Path | None = None

    @property
    def hub_is_local(self) -> bool:
        """Whether the hub is a path on this machine."""
        return is_path(self.hub)


def is_path(hub: str) -> bool:
    """Whether a resolved hub or target is a path rather than a URL."""
    return bool(hub) and (hub.startswith(os.path.sep) or Path(hub).is_absolute())


def shown(target: str) -> str:
    """A target for eyes: no credentials, nothing a terminal would obey."""
    text = target.strip()
    if _SCHEME.match(text):
        # A password with a space in it is still one.
        text = without_credentials("%20".join(text.split()))
    elif not is_path(text):
        bare = _BARE_CREDENTIALS.match(text)
        text = text[bare.end() :] if bare else without_credentials(text)
    return one_line(text, 200)


def identify(target: str) -> Source:
    """What the target is. Raises UsageError for one that is no path or URL we may ask, LibraryUnreadable for a folder
    that is no repository. Runs nothing in the folder; reads its config as a plain file."""
    text = target.strip()
    if not text:
        raise UsageError(
            "No library was named; give a folder or a URL, as in `playbook open https://host/team/library.git`"
        )
    url = _url(text)
    if url:
        return Source(url, url)
    folder = _path(text)
    if not folder.exists():
        raise UsageError(f"There is no folder {shown(str(folder))}; check the path, or give a URL (https:// or ssh://)")
    return _local(folder)


def _url(text: str) -> str:
    """The URL when the text is one that may be asked, "" when it is a path. Raises UsageError."""
    if text.startswith("-"):
        raise UsageError(
            f"{shown(text)} begins with a dash, so it is no path or URL; write ./{shown(text)} for a folder"
        )
    if _CONTROL.search(text):
        raise UsageError(f"{shown(text)} holds control characters, so it is no path or URL; check what was pasted")
    if _HELPER.match(text):
        raise UsageError(
            f"{shown(text)} would run a program of its own choosing; use an https:// or ssh:// URL, or a path"
        )
    scheme = _SCHEME.match(text)
    if scheme:
        return _checked_url(text, scheme.group(1).lower())
    scp = _SCP.fullmatch(text)
    drive = sys.platform == "win32" and re.match(r"[A-Za-z]:", text)
    return text if scp and not drive and not Path(text).exists() else ""


def _checked_url(text: str, scheme: str) -> str:
    if scheme == "file":
        return ""
    if scheme not in ("https", "ssh"):
        raise UsageError(f"{shown(text)} uses {scheme}://, which is not allowed; use https://, ssh:// or a path")
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise UsageError(
            f"{shown(text)} is no URL that can be read; write it as {scheme}://host/team/library.git"
        ) from None
    if not host or host.startswith("-") or parts.netloc.startswith("-") or parts.path.strip("/") == "":
        raise UsageError(f"{shown(text)} names no host or no repository; write it as {scheme}://host/team/library.git")
    return text.rstrip("/")


def _path(text: str, base: Path | None = None) -> Path:
    if _SCHEME.match(text):
        parts = urlsplit(text)
        if parts.netloc not in ("", "localhost"):
            raise UsageError(
                f"{shown(text)} names another machine; a file:// URL has three slashes, as in file:///srv/hub.git"
            )
        text = unquote(parts.path)
        if "\x00" in text:
            raise UsageError(f"{shown(text)} holds control characters, so it is no path; check what was pasted")
    try:
        given = Path(text).expanduser()
    except RuntimeError:
        given = Path(text)
    try:
        return Path(os.path.realpath((base or Path.cwd()) / given))
    except FileNotFoundError:
        raise UsageError("The folder you stand in is gone; change to another and try again") from None


def _local(folder: Path, depth: int = 0) -> Source:
    try:
        found = _find_repository(folder)
        if found is None:
            raise LibraryUnreadable(
                f"{shown(str(folder))} is not a git repository; open one made with `git init` or `git clone`, or a URL"
            )
        top, git_dir = found
        common = _common_dir(git_dir)
        settings = read_config(common / "config")
    except OSError as error:
        raise LibraryUnreadable(
            f"{shown(str(folder))} cannot be read: {error.strerror or error}; check its permissions"
        ) from error
    if settings.get("extensions.partialclone") or any(
        key.startswith("remote.") and key.endswith(".promisor") for key in settings
    ):
        raise LibraryUnreadable(f"{shown(str(folder))} is a partial clone; open the URL that it was cloned from")
    if _is_bare(git_dir, settings):
        return Source(str(git_dir), str(git_dir), None, git_dir)
    return Source(str(top), _hub_of(top, settings, depth), top, git_dir)


def _hub_of(top: Path, settings: dict[str, str], depth: int) -> str:
    """The hub of a working tree: its origin, or its origin's hub; "" when it has none that may be asked."""
    origin = settings.get("remote.origin.url", "").strip()
    if not origin or depth >= _DEEPEST_ORIGIN:
        return ""
    try:
        url = _url(origin)
        if url:
            return url
        folder = _path(origin, top)
        return _local(folder, depth + 1).hub if folder.exists() else str(folder)
    except (UsageError, LibraryUnreadable):
        return ""


def _find_repository(folder: Path) -> tuple[Path, Path] | None:
    """The top folder and the git folder of the repository that the folder is in, found without running git."""
    if not folder.is_dir():
        return None
    for place in (folder, *folder.parents):
        if _is_git_dir(place):
            return (place.parent if place.name == ".git" else place), place
        dot_git = place / ".git"
        if dot_git.is_dir() and _is_git_dir(dot_git):
            return place, dot_git
        if dot_git.is_file():
            pointed = _pointed(dot_git, b"gitdir:")
            if pointed and _is_git_dir(pointed):
                return place, pointed
    return None


def _is_git_dir(place: Path) -> bool:
    if not (place / "HEAD").is_file():
        return False
    return ((place / "objects").is_dir() and (place / "refs").is_dir()) or (place / "commondir").is_file()


def _pointed(file: Path, label: bytes) -> Path | None:
    with file.open("rb") as stream:
        line = stream.read(4096).strip()
    if not line.startswith(label):
        return None
    return Path(os.path.realpath(file.parent / os.fsdecode(line[len(label) :].strip())))


def _common_dir(git_dir: Path) -> Path:
    file = git_dir / "commondir"
    return (_pointed(file, b"") or git_dir) if file.is_file() else git_dir


def _is_bare(git_dir: Path, settings: dict[str, str]) -> bool:
    value = settings.get("core.bare", "").strip().lower()
    if value in ("true", "yes", "on", "1"):
        return True
    return git_dir.name != ".git" and value not in ("false", "no", "off", "0") and not (git_dir / "commondir").exists()


def read_config(file: Path) -> dict[str, str]:
    """A git config file as plain values, the first of each name, without its includes. Raises LibraryUnreadable."""
    if not file.exists():
        return {}
    about = file.stat()
    if not stat.S_ISREG(about.st_mode) or about.st_size > _CONFIG_LIMIT:
        raise LibraryUnreadable(f"{shown(str(file))} is no settings file that can be read; open the library by its URL")
    # A git folder that does not exist: nothing of the repository is looked at but this one file.
    nowhere = Git(Path(os.path.sep) / "nonexistent" / "playbook.git")
    try:
        listed = nowhere.run("config", "--file", str(file), "--no-includes", "--null", "--list", timeout=20)
    except GitFailed as error:
        raise LibraryUnreadable(
            f"{shown(str(file))} cannot be read: {one_line(error.stderr, 200)}; mend it, or open the library by its URL"
        ) from error
    settings: dict[str, str] = {}
    for item in listed.decode("utf-8", "surrogateescape").split("\0"):
        key, separator, value = item.partition("\n")
        if key:
            settings.setdefault(key, value if separator else "true")
    return settings
