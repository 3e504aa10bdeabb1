"""Talks to a hub: what it offers, fetching it into refs/remotes/hub/, and its refusals as one sentence each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from playbook.errors import LibraryUnreadable, PlaybookError, RemoteUnreachable
from playbook.store.runner import Git, GitFailed, GitTimedOut
from playbook.store.sources import is_path, shown
from playbook.text.safe import one_line

Progress = Callable[[str, int, int], None]
Cancelled = Callable[[], bool]

_PROGRESS = re.compile(r"(?:remote: )?(Counting|Compressing|Receiving|Resolving) \w+: +\d+% \((\d+)/(\d+)\)")
_REJECTED = re.compile(r" ! \[rejected\] +(\S+) +-> +\S+ +\(non-fast-forward\)")
_PREFERRED = ("main", "master", "trunk")
_NEVER_MAIN = ("proposals/", "journal/", "HEAD/")
_PASSWORD = re.compile(
    r"could not read (Username|Password)|Authentication failed|terminal prompts disabled|Permission denied \(|"
    r"HTTP (Basic: )?Access denied|error: 40[13]|Invalid username or"
)
_HOST_KEY = re.compile(r"Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED")
_NO_REPOSITORY = re.compile(r"not found|does not appear to be a git repository|not a git repository|no such file", re.I)
_DISK = re.compile(
    r"Read-only file system|No space left|Disk quota|File too large|unable to (create|write)|cannot lock ref|"
    r"insufficient permission|write error|unable to append|failed to write|died of signal"
)
_OWNER = re.compile(r"dubious ownership|unsafe repository")


@dataclass(frozen=True)
class Offer:
    """What a repository offers: the branch its HEAD names ("" when it names none), the commit of HEAD, and its
    branches by name; `tracked` holds the branches of its own origin that it knows of, `tracked_head` their HEAD."""

    head: str
    head_commit: str
    branches: dict[str, str]
    tracked: dict[str, str]
    tracked_head: str = ""

    @property
    def main(self) -> str:
        """The branch that is main: the one HEAD names, else the likeliest; "" when there is none."""
        return likeliest(self.head, self.head_commit, self.branches)


def likeliest(head: str, head_commit: str, branches: dict[str, str]) -> str:
    """The branch that HEAD names; failing that one at HEAD's commit, else main, master, trunk, else the first."""
    if head in branches:
        return head
    # What somebody proposes is never main, whatever becomes of main.
    branches = {name: commit for name, commit in branches.items() if not name.startswith(_NEVER_MAIN)}
    at_head = [name for name, commit in branches.items() if commit == head_commit]
    for names in (at_head, list(branches)):
        for preferred in _PREFERRED:
            if preferred in names:
                return preferred
    return next(iter(sorted(at_head) or sorted(branches)), "")


def ask(git: Git, remote: str, where: str, *, timeout: float = 30, cancelled: Cancelled | None = None) -> Offer:
    """What the configured remote offers now. `where` is its address for error sentences.

    Raises RemoteUnreachable, or LibraryUnreadable for a path of this machine.
    """
    try:
        listed = git.run(
            "ls-remote", "--symref", remote, "HEAD", "refs/heads/*", "refs/remotes/origin/*",
            network=True, timeout=timeout, cancelled=cancelled,
        )  # fmt: skip
    except GitFailed as error:
        raise refusal(error, where, timeout) from error
    head, head_commit, tracked_head = "", "", ""
    branches: dict[str, str] = {}
    tracked: dict[str, str] = {}
    for line in listed.decode("utf-8", "surrogateescape").splitlines():
        value, _, name = line.partition("\t")
        if value.startswith("ref: "):
            if name == "HEAD":
                head = value.removeprefix("ref: refs/heads/")
            elif name == "refs/remotes/origin/HEAD":
                tracked_head = value.removeprefix("ref: refs/remotes/origin/")
        elif name == "HEAD":
            head_commit = value
        elif name.startswith("refs/heads/") and name != "refs/heads/HEAD" and not name.startswith("refs/heads/HEAD/"):
            branches[name.removeprefix("refs/heads/")] = value
        elif name.startswith("refs/remotes/origin/") and name != "refs/remotes/origin/HEAD":
            tracked[name.removeprefix("refs/remotes/origin/")] = value
    return Offer(head, head_commit, branches, tracked, tracked_head)


def fetch(
    git: Git,
    remote: str,
    where: str,
    *,
    source: str = "refs/heads/",
    only: Iterable[str] | None = None,
    follow_rewinds: bool = False,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    timeout: float = 3600,
) -> list[str]:
    """Bring the branches below `source` into refs/remotes/hub/ and drop those that are gone there; or bring those named
    in `only`, and drop none.

    Gives the branches that were rewound and therefore left alone (none with `follow_rewinds`, for a first fetch).
    Raises RemoteUnreachable, LibraryUnreadable and Cancelled.
    """
    plus = "+" if follow_rewinds else ""

    def heard(line: str) -> None:
        found = _PROGRESS.match(line)
        if found and progress:
            progress(found.group(1), int(found.group(2)), int(found.group(3)))

    lines: list[str] = []
    wanted = [f"{plus}{source}*:refs/remotes/hub/*", f"^{source}HEAD", f"^{source}HEAD/*"]
    if only is not None:
        wanted = [f"{plus}{source}{name}:refs/remotes/hub/{name}" for name in only]

    def listen(line: str) -> None:
        lines.append(line)
        del lines[:-2000]
        heard(line)

    try:
        git.run(
            "fetch", "--progress", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-gc",
            "--update-shallow", *(["--prune"] if only is None else []), "--stdin", remote,
            input="".join(f"{spec}\n" for spec in wanted).encode("utf-8", "surrogateescape"),
            network=True, timeout=timeout, idle=min(timeout, 120), on_stderr=listen, cancelled=cancelled,
        )  # fmt: skip
    except GitFailed as error:
        rewound = [found.group(1) for found in map(_REJECTED.match, lines) if found]
        if error.status == 1 and rewound and not _DISK.search(error.stderr):
            return rewound
        raise refusal(error, where, timeout) from error
    return []


def fetch_detached(git: Git, remote: str, where: str, *, cancelled: Cancelled | None = None) -> None:
    """Bring the HEAD of a repository that has no branch at all into refs/remotes/hub/detached."""
    try:
        git.run(
            "fetch", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-gc",
            "--update-shallow", remote, "+HEAD:refs/remotes/hub/detached",
            network=True, timeout=3600, idle=120, on_stderr=lambda _: None, cancelled=cancelled,
        )  # fmt: skip
    except GitFailed as error:
        raise refusal(error, where, 3600) from error


def refusal(error: GitFailed, where: str, timeout: float) -> PlaybookError:
    """What a failed call to a hub means, as the sentence a person reads."""
    local = is_path(where)
    name = shown(where)
    said = error.stderr
    if isinstance(error, GitTimedOut):
        return RemoteUnreachable(
            f"{name} did not answer within {timeout:g} seconds; check the network and run `playbook sync`"
        )
    if _OWNER.search(said):
        return LibraryUnreadable(
            f"{name} belongs to another user, so git will not read it; ask them to share it through a hub, or copy it"
        )
    if _PASSWORD.search(said):
        return RemoteUnreachable(
            f"{name} wants a password or key that git has not got; sign in once with `git ls-remote {name}`, then retry"
        )
    if _HOST_KEY.search(said):
        return RemoteUnreachable(f"{name} is not a host that ssh knows; connect to it once with ssh, then try again")
    if _DISK.search(said):
        return LibraryUnreadable(
            f"The library's folder cannot be written: {_reason(said)}; free some space or check permissions"
        )
    if local:
        return RemoteUnreachable(
            f"{name} does not answer as a git repository: {_reason(said)}; check that the folder is there"
        )
    if _NO_REPOSITORY.search(said):
        return RemoteUnreachable(
            f"{name} answers, but there is no repository for you: {_reason(said)}; check the address"
        )
    return RemoteUnreachable(f"{name} does not answer: {_reason(said)}; check the network and the address")


def _reason(said: str) -> str:
    lines = [line for line in said.splitlines() if line.startswith(("fatal: ", "error: "))] or said.splitlines()
    first = lines[0].removeprefix("fatal: ").removeprefix("error: ") if lines else "no reason given"
    return one_line(first, 160).rstrip(".")
