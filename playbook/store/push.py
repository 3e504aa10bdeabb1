"""Pushes branches to the hub, never forced, and says of each what became of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from playbook.errors import NotPermitted, RemoteUnreachable
from playbook.store import refs
from playbook.store.managed import Library
from playbook.store.remote import refusal
from playbook.store.runner import Git, GitFailed
from playbook.store.sources import is_path, shown
from playbook.text.safe import one_line

State = Literal["sent", "moved", "refused", "held back"]

_ROW = re.compile(r"([ +\-*!=])\t([^\t]*):refs/heads/([^\t]+)\t(.*)")
_MOVED = re.compile(
    r"non-fast-forward|fetch first|stale info|cannot lock ref|failed to update ref|incorrect old value|"
    r"reference already exists|is at .* but expected|already exists"
)
_HELD_BACK = re.compile(r"atomic (push|transaction)")
_FULL = re.compile(r"No space left|Disk quota|unpacker error|unpack failed|write error|died of signal|File too large")
_MAY_NOT_WRITE = re.compile(
    r"(?i)insufficient permission|permission (?:to \S+ )?denied|denied to|not allowed to push|read.?only|"
    r"write access|error: 403|you are not allowed|access denied|unable to create temporary object directory|deploy key"
)
_LINK = re.compile(r"https://[^\s'\"<>]{4,300}")
_SAID = re.compile(r"remote: ?(.*)")


@dataclass(frozen=True)
class Outcome:
    """What became of one branch: `sent` (or there already); `moved`: somebody else was first, fetch and try again;
    `refused` by the hub, with its `reason`; `held back` because another of the same push was."""

    state: State
    reason: str = ""


@dataclass(frozen=True)
class Pushed:
    """A push's outcomes by branch; `link` is one the hub offered, such as where a pull request is made."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    link: str = ""

    def of(self, branch: str) -> Outcome:
        """The outcome of one branch."""
        return self.outcomes.get(branch, Outcome("refused", "the hub did not say what became of it"))


def push(
    library: Library,
    branches: Mapping[str, str],
    *,
    atomic: bool = False,
    timeout: float = 60,
    cancelled: Callable[[], bool] | None = None,
) -> Pushed:
    """Push each commit to the hub's branch of that name; with `atomic` all or none.

    What we know of the hub (refs/remotes/hub/) follows what was sent. Raises RemoteUnreachable when the hub does not
    answer or has no room, NotPermitted when it may be read but not written, LibraryUnreadable and Cancelled.
    """
    where = library.source
    git = Git(library.git_dir, local_hub=is_path(where))
    heard: list[str] = []

    def listen(line: str) -> None:
        heard.append(line)
        del heard[:-500]

    specs = [f"{commit}:refs/heads/{branch}" for branch, commit in branches.items()]
    try:
        output = git.run(
            "push", "--porcelain", "--no-verify", "--no-recurse-submodules", "--no-signed", "--no-follow-tags",
            *(["--atomic"] if atomic else []), "hub", *specs,
            network=True, timeout=timeout, ok=(0, 1), on_stderr=listen, cancelled=cancelled,
        )  # fmt: skip
    except GitFailed as error:
        said = "\n".join([*heard, error.stderr])
        if _MAY_NOT_WRITE.search(said):
            raise may_not_write(where) from error
        if atomic and "does not support --atomic" in said:
            return push(library, branches, timeout=timeout, cancelled=cancelled)
        raise refusal(error, where, timeout) from error
    said = "\n".join(heard)
    made = Pushed(_outcomes(output.decode("utf-8", "replace"), said, branches), _link(said))
    problem = " ".join(outcome.reason for outcome in made.outcomes.values())
    if _MAY_NOT_WRITE.search(problem) or (_FULL.search(problem) and _MAY_NOT_WRITE.search(said)):
        raise may_not_write(where)
    if _FULL.search(problem):
        raise RemoteUnreachable(
            f"{shown(where)} could not store what was sent ({one_line(_because(said), 160)}); "
            "everything is kept here, try again when it has room"
        )
    if not made.outcomes:
        raise RemoteUnreachable(f"{shown(where)} did not take what was sent: {one_line(_because(said), 160)}")
    _follow(library, git, branches, made)
    return made


def may_not_write(where: str) -> NotPermitted:
    """The sentence for a hub that one may only read."""
    return NotPermitted(
        f"{shown(where)} lets you read but not write; ask who keeps it for write access (to push branches); "
        "everything is kept here and goes out with the first sync after that"
    )


def _outcomes(output: str, said: str, branches: Mapping[str, str]) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    for line in output.splitlines():
        row = _ROW.fullmatch(line)
        if not row or row[3] not in branches:
            continue
        flag, summary = row[1], row[4]
        if flag != "!":
            found[row[3]] = Outcome("sent")
        elif _HELD_BACK.search(summary):
            found[row[3]] = Outcome("held back", one_line(summary, 200))
        elif _MOVED.search(summary) and "hook" not in summary:
            found[row[3]] = Outcome("moved", one_line(summary, 200))
        else:
            why = _because(said)
            found[row[3]] = Outcome("refused", one_line(f"{why} ({summary})" if why else summary, 400))
    return found


def _because(said: str) -> str:
    """The hub's own words, without git's chatter."""
    lines = [found[1].strip() for found in map(_SAID.match, said.splitlines()) if found]
    telling = [
        line for line in lines if line and not line.startswith(("Resolving", "Counting", "Compressing", "Total"))
    ]
    return " ".join(telling[:6]) or " ".join(
        line for line in said.splitlines() if line.startswith(("fatal:", "error:"))
    )


def _link(said: str) -> str:
    for found in map(_SAID.match, said.splitlines()):
        link = _LINK.search(found[1]) if found else None
        if link:
            return link.group().rstrip(".,)")
    return ""


def _follow(library: Library, git: Git, branches: Mapping[str, str], made: Pushed) -> None:
    """git moves refs/remotes/hub/ itself for a remote of that name; see that it did, for all of ours rests on it."""
    for branch, commit in branches.items():
        ref = f"refs/remotes/hub/{branch}"
        if made.of(branch).state == "sent" and refs.read_ref(library.git_dir, ref) != commit:
            git.run("update-ref", ref, commit)
