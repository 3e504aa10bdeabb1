"""Talks to a hub: what it offers, fetching it into refs/remotes/hub/, and its refusals as one sentence each."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from playbook.errors import LibraryUnreadable, PlaybookError, RemoteUnreachable
from playbook.store.runner import PASS_OVER_BROKEN, Git, GitFailed, GitTimedOut
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
# A ref of our own that names nothing; what the hub says of its own begins with "remote: ".
_BROKEN_HERE = re.compile(r"(?m)^fatal: bad object refs/")
# What git says when a ref of the hub's is empty or odd, or names what is not there whole.
_BROKEN_THERE = re.compile(
    r"not our ref|pack-objects died|possible repository corruption|did not send all necessary objects|"
    r"missing necessary objects|[Cc]ould not (?:read|parse) [0-9a-f]{40}|bad (?:tree |commit )?object [0-9a-f]{40}|"
    r"unable to (?:read|parse) (?:tree|commit|object|[0-9a-f]{40})|invalid refspec|couldn't find remote ref"
)
# The longest name under which a branch of the hub's is kept here, and what git and we put behind it while writing.
_LONGEST_REF = "refs/playbook-local/lost/"
_LOCK_SUFFIX = ".lock"


@dataclass(frozen=True)
class Offer:
    """What a repository offers: the branch its HEAD names ("" when it names none), the commit of HEAD, and its
    branches by name; `tracked` holds the branches of its own origin that it knows of, `tracked_head` their HEAD.
    `too_long` are those that no folder here can hold the name of: they are in none of the others."""

    head: str
    head_commit: str
    branches: dict[str, str]
    tracked: dict[str, str]
    tracked_head: str = ""
    too_long: tuple[str, ...] = ()

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
    too_long = tuple(name for name in {**branches, **tracked} if not _fits(git.git_dir, name))
    if head in too_long:
        raise LibraryUnreadable(
            f"The main branch of {shown(where)} has a name of {len(head)} letters, which this disk cannot hold; "
            "have it named shorter there"
        )
    branches = {name: commit for name, commit in branches.items() if name not in too_long}
    tracked = {name: commit for name, commit in tracked.items() if name not in too_long}
    return Offer(head, head_commit, branches, tracked, tracked_head, too_long)


def _fits(git_dir: Path, branch: str) -> bool:
    """Whether a branch of that name can be kept here, as a file of its own in every folder where it may come to be."""
    if len(branch) < 100:
        return True
    longest_part, longest = 255, 4096
    if hasattr(os, "pathconf"):
        longest_part, longest = os.pathconf(git_dir, "PC_NAME_MAX"), os.pathconf(git_dir, "PC_PATH_MAX")
    parts = os.fsencode(branch).split(b"/")
    # Two letters more for each part, for what was deleted at the hub is kept under another name; see store.lost.
    whole = len(os.fsencode(git_dir)) + 1 + len(_LONGEST_REF) + sum(len(part) + 3 for part in parts) + len(_LOCK_SUFFIX)
    return whole < longest and all(len(part) + 2 + len(_LOCK_SUFFIX) <= longest_part for part in parts)


@dataclass(frozen=True)
class Fetched:
    """Which branches a fetch left alone: `rewound` at the hub, or `broken`, for the hub itself cannot read them."""

    rewound: list[str]
    broken: list[str]


def fetch_offer(
    git: Git,
    remote: str,
    where: str,
    offer: Offer,
    *,
    known: Mapping[str, str],
    follow_rewinds: bool = False,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    timeout: float = 3600,
) -> Fetched:
    """Bring every branch of the offer at once. Where one that the hub itself cannot read spoils that, bring main, and of
    the others that are not `known` (by name, as they are here) those that are whole.

    None that is here is dropped. Raises what `fetch` raises.
    """

    def bring(only: list[str] | None) -> list[str]:
        return fetch(
            git, remote, where, only=only, leave=offer.too_long, prune=False, follow_rewinds=follow_rewinds,
            progress=progress, cancelled=cancelled, timeout=timeout,
        )  # fmt: skip

    try:
        return Fetched(bring(None), [])
    except RemoteUnreachable as error:
        if not _is_broken_there(error):
            raise
    rewound = bring([offer.main])
    broken: list[str] = []
    waiting = [[name for name, commit in offer.branches.items() if known.get(name) != commit and name != offer.main]]
    while waiting:
        names = waiting.pop()
        try:
            if names:
                rewound += bring(names)
        except RemoteUnreachable as error:
            if not _is_broken_there(error):
                raise
            if len(names) == 1:
                broken += names
            else:
                waiting += [names[: len(names) // 2], names[len(names) // 2 :]]
    return Fetched(rewound, broken)


def _is_broken_there(error: RemoteUnreachable) -> bool:
    return isinstance(error.__cause__, GitFailed) and bool(_BROKEN_THERE.search(error.__cause__.stderr))


def fetch(
    git: Git,
    remote: str,
    where: str,
    *,
    source: str = "refs/heads/",
    only: Iterable[str] | None = None,
    leave: Iterable[str] = (),
    prune: bool = True,
    follow_rewinds: bool = False,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    timeout: float = 3600,
) -> list[str]:
    """Bring the branches below `source` into refs/remotes/hub/, but for those to `leave`, and with `prune` drop those
    that are gone there; or bring those named in `only`, and drop none.

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
    wanted += [f"^{source}{name}" for name in leave]
    if only is not None:
        wanted = [f"{plus}{source}{name}:refs/remotes/hub/{name}" for name in only]

    def listen(line: str) -> None:
        lines.append(line)
        del lines[:-2000]
        heard(line)

    def run(env: dict[str, str]) -> None:
        git.run(
            "fetch", "--progress", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-gc",
            "--update-shallow", *(["--prune"] if prune and only is None else []), "--stdin", remote,
            input="".join(f"{spec}\n" for spec in wanted).encode("utf-8", "surrogateescape"),
            network=True, timeout=timeout, idle=min(timeout, 120), on_stderr=listen, cancelled=cancelled, env=env,
        )  # fmt: skip

    try:
        try:
            run({})
        except GitFailed as error:
            if not _BROKEN_HERE.search(error.stderr):
                raise
            # Not from the beginning: a hub on this disk would hide its own broken branches with it.
            lines.clear()
            run(PASS_OVER_BROKEN)
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
