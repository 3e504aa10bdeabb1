"""Pushes branches to the hub, never forced, and says of each what became of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from playbook.errors import NotPermitted, RemoteUnreachable
from playbook.store import objects, refs
from playbook.store.locks import LockBusy, writer_lock
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
# The last line of a guarded hub's refusal (review/hook.py).
GUARD = "playbook's guard refused this push; nothing of it was taken"
# The same from a guarded hub (review/guard/guarding.py), which says so of the whole push.
_MEANWHILE = re.compile(r"(?m)^remote: refs/\S+ has moved meanwhile: fetch first")
_HELD_BACK = re.compile(r"atomic (push|transaction)")
# What the hub says of itself; in the words of a hook the same would mean something else.
_FULL = re.compile(
    r"No space left|Disk quota|write error|File too large|died of signal|couldn't write|unable to (write|append)"
)
_CLOSED = re.compile(
    r"(?i)permission denied|insufficient permission|unable to create temporary object directory|read-only file system"
)
_MAY_NOT_WRITE = re.compile(
    r"(?i)permission (?:to \S+ )?denied(?! \()|denied (?:to|by)|not allowed to push|read.?only|write access|error: 403|"
    r"you are not allowed|access denied|deploy key"
)
_DAMAGED = re.compile(
    r"(?m)^(?:fatal|error): (?:bad (?:tree |commit )?object|unable to (?:read|parse) (?:tree|commit|object|[0-9a-f]{40})|"
    r"revision walk|pack-objects died|[Cc]ould not (?:read|parse) [0-9a-f]{40}|src refspec \S+ does not match)"
)
_LINK = re.compile(r"https://[^\s'\"<>\x00-\x1f\x7f-\x9f]{4,300}")
_REQUEST = re.compile(r"/(?:pull|pulls|pullrequest|pull-requests|merge_requests|compare)(?:[/?]|$)")
_SAID = re.compile(r"remote: ?(.*)")


@dataclass(frozen=True)
class Outcome:
    """What became of one branch: `sent` (or there already); `moved`: somebody else was first, fetch and try again;
    `refused` by the hub, with its `reason`; `held back` because another of the same push was."""

    state: State
    reason: str = ""


@dataclass(frozen=True)
class Pushed:
    """A push's outcomes by branch; `link` is one the hub offered, such as where a pull request is made;
    `guarded` says that the hub's own guard judged it and said no."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    link: str = ""
    guarded: bool = False

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
    """Push each commit to the hub's branch of that name; with `atomic` all or none, and to a hub that cannot do that one
    after the other, up to the first that is not sent.

    What we know of the hub (refs/remotes/hub/) follows what was sent. A branch whose commits are damaged here is
    `refused`. Raises RemoteUnreachable when the hub does not answer or has no room, NotPermitted when it may be read but
    not written, LibraryUnreadable and Cancelled.
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
            *(["--atomic"] if atomic else []), "outgoing", *specs,
            network=True, timeout=timeout, ok=(0, 1), on_stderr=listen, cancelled=cancelled, env=_outgoing(where),
        )  # fmt: skip
    except GitFailed as error:
        said = "\n".join([*heard, error.stderr])
        if atomic and "does not support --atomic" in said:
            return _one_by_one(library, branches, timeout=timeout, cancelled=cancelled)
        if _DAMAGED.search(said):
            return Pushed(dict.fromkeys(branches, Outcome("refused", _damage(said))))
        if _MAY_NOT_WRITE.search(said):
            raise may_not_write(where) from error
        raise refusal(error, where, timeout) from error
    said = "\n".join(heard)
    outcomes = _outcomes(output.decode("utf-8", "replace"), said, branches, where)
    if not outcomes:
        raise RemoteUnreachable(f"{shown(where)} did not take what was sent: {one_line(_because(said), 160)}")
    made = Pushed(outcomes, _link(said), GUARD in said)
    _follow(library, git, branches, made)
    return made


def _one_by_one(
    library: Library, branches: Mapping[str, str], *, timeout: float, cancelled: Callable[[], bool] | None
) -> Pushed:
    made = Pushed(dict.fromkeys(branches, Outcome("held back", "another of the same push was not sent")))
    for branch, commit in branches.items():
        pushed = push(library, {branch: commit}, timeout=timeout, cancelled=cancelled)
        made = Pushed(made.outcomes | pushed.outcomes, pushed.link or made.link, pushed.guarded or made.guarded)
        if pushed.of(branch).state != "sent":
            break
    return made


def may_not_write(where: str) -> NotPermitted:
    """The sentence for a hub that one may only read."""
    return NotPermitted(
        f"{shown(where)} lets you read but not write; ask who keeps it for write access (to push branches); "
        "everything is kept here and goes out with the first sync after that"
    )


def _outcomes(output: str, said: str, branches: Mapping[str, str], where: str) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    for line in output.splitlines():
        row = _ROW.fullmatch(line)
        if not row or row[3] not in branches:
            continue
        flag, branch, summary = row[1], row[3], row[4]
        if flag != "!":
            found[branch] = Outcome("sent")
        elif _HELD_BACK.search(summary):
            found[branch] = Outcome("held back", one_line(summary, 200))
        elif "hook" in summary:
            found[branch] = (
                Outcome("moved", one_line(summary, 200)) if _MEANWHILE.search(said) else _refused(said, summary)
            )
        elif "unpack" in summary or _MOVED.search(summary):
            found[branch] = _not_stored(branch, summary, said, where)
        else:
            found[branch] = _refused(said, summary)
    return found


def _not_stored(branch: str, summary: str, said: str, where: str) -> Outcome:
    """Why the hub has not got it: closed or full, which is no matter of this branch; else somebody was first, or it
    cannot be."""
    if _DAMAGED.search(said):
        return Outcome("refused", _damage(said))
    if _CLOSED.search(said):
        raise may_not_write(where)
    if _FULL.search(said):
        raise RemoteUnreachable(
            f"{shown(where)} could not store what was sent ({one_line(_because(said), 160)}); "
            "everything is kept here, try again when it has room"
        )
    never = f"cannot create 'refs/heads/{branch}'" in said or "non-commit object" in said
    if never or "unpack" in summary:
        return _refused(said, summary)
    return Outcome("moved", one_line(summary, 200))


def _refused(said: str, summary: str) -> Outcome:
    why = _because(said)
    return Outcome("refused", one_line(f"{why} ({summary})" if why else summary, 400))


def _damage(said: str) -> str:
    found = next((line for line in said.splitlines() if _DAMAGED.search(line)), said)
    return f"its commits are damaged here: {one_line(found, 160)}; `playbook doctor` says more"


def _because(said: str) -> str:
    """The hub's own words, without git's chatter."""
    lines = [found[1].strip() for found in map(_SAID.match, said.splitlines()) if found]
    telling = [
        line
        for line in lines
        if line and line != GUARD and not line.startswith(("Resolving", "Counting", "Compressing", "Total"))
    ]
    return " ".join(telling[:6]) or " ".join(
        line for line in said.splitlines() if line.startswith(("fatal:", "error:"))
    )


def _link(said: str) -> str:
    """The link to where a request is made, else the first there is."""
    found = [_LINK.search(line[1]) for line in map(_SAID.match, said.splitlines()) if line]
    links = [link.group().rstrip(".,)") for link in found if link]
    return next((link for link in links if _REQUEST.search(link)), links[0] if links else "")


def _outgoing(where: str) -> dict[str, str]:
    """The hub under a second name, for which git keeps no refs: to move ours takes the writer lock. In the environment,
    for a URL may hold a password and a command line is seen by everybody."""
    return {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "remote.outgoing.url", "GIT_CONFIG_VALUE_0": where}


def _follow(library: Library, git: Git, branches: Mapping[str, str], made: Pushed) -> None:
    """Have refs/remotes/hub/ name what was sent, never something older. Where that fails the next fetch does it, and
    what was sent is sent."""
    sent = {branch: commit for branch, commit in branches.items() if made.of(branch).state == "sent"}
    if not sent:
        return
    with suppress(LockBusy, GitFailed), writer_lock(library):
        for branch, commit in sent.items():
            if not _is_known(library, branch, commit):
                git.run("update-ref", f"refs/remotes/hub/{branch}", commit)


def _is_known(library: Library, branch: str, commit: str) -> bool:
    known = refs.read_ref(library.git_dir, f"refs/remotes/hub/{branch}")
    return known == commit or bool(known and objects.is_ancestor(library, commit, known))
