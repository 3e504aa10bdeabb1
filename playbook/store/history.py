"""Who changed one file, when and why: its revisions, and who wrote each line."""

from __future__ import annotations

import os
from dataclasses import dataclass

from playbook.errors import LibraryUnreadable, NothingFound
from playbook.store.managed import Library
from playbook.store.refs import is_commit_id
from playbook.store.runner import Git, GitFailed
from playbook.store.trailers import read_message
from playbook.text.safe import display_path, one_line

LATEST = 253_402_214_399  # 30 December 9999, 23:59:59 in Greenwich


@dataclass(frozen=True, slots=True)
class Revision:
    """One commit that changed a file; `when` in seconds since 1970, `body` what the message says below its subject."""

    commit: str
    when: int
    author: str
    mail: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class BlameLine:
    """Who wrote one line of a file; `line` counts from 1."""

    commit: str
    when: int
    author: str
    line: int
    text: str


def history(library: Library, commit: str, path: bytes, limit: int = 50) -> list[Revision]:
    """The newest `limit` commits that changed the file, newest first: also those whose words later ones overrode, and
    where lines of changes met, the settling.

    What a merge into main took in shows as who wrote the words and why, not as who merged them.
    """
    git = Git(library.git_dir)
    output = git.run(
        "log", "-z", "--full-history", "--simplify-merges", "--no-renames", "--no-ext-diff", "--no-textconv",
        "--no-show-signature", "--encoding=UTF-8", "--format=%H%x00%ct%x00%an%x00%ae%x00%s%x00%b",
        _checked(commit), "--", _named(path),
    )  # fmt: skip
    fields = output.decode("utf-8", "replace").split("\0")
    found = [
        Revision(commit, seconds(when), one_line(author, 200), one_line(mail, 200), one_line(subject), body.strip("\n"))
        for commit, when, author, mail, subject, body in zip(*[iter(fields)] * 6, strict=False)
    ]
    # A merge that joined a proposal with others' words is none of its own: what it took in stands here already. Only
    # on main may one say that of itself, where it is checked.
    joins = {one.commit for one in found if read_message(f"-\n\n{one.body}").trailers.get("event") == "merge"}
    if joins:
        line = git.run("rev-list", "--first-parent", "--merges", commit, "--").decode("ascii", "replace").split()
        joins &= set(line)
    return [one for one in found if one.commit not in joins][: max(1, limit)]


def blame(library: Library, commit: str, path: bytes) -> list[BlameLine]:
    """Who wrote each line of the file as it stands in the commit. Raises NothingFound when it is not there."""
    try:
        output = Git(library.git_dir).run(
            "blame", "--porcelain", "--no-textconv", "--encoding=UTF-8", _checked(commit), "--", _named(path)
        )
    except GitFailed as error:
        if "no such path" in error.stderr or "no such file" in error.stderr.lower():
            raise NothingFound(
                f"{display_path(path)} is not in the library at {commit[:10]}; see `playbook history`"
            ) from error
        raise
    known: dict[str, dict[str, str]] = {}
    lines = []
    oid, number = "", 0
    for row in output.split(b"\n"):
        if row.startswith(b"\t"):
            about = known[oid]
            text = row[1:].decode("utf-8", "replace").removesuffix("\r")
            lines.append(
                BlameLine(
                    oid, seconds(about.get("committer-time", "")), one_line(about.get("author", ""), 200), number, text
                )
            )
            continue
        key, _, value = row.decode("utf-8", "replace").partition(" ")
        if is_commit_id(key):
            oid, number = key, int(value.split()[1])
            known.setdefault(oid, {})
        elif oid:
            known[oid].setdefault(key, value)
    return lines


def _checked(commit: str) -> str:
    if not is_commit_id(commit):
        raise LibraryUnreadable(f"{one_line(commit, 80)!r} is no commit id; `playbook history` lists them")
    return commit


def _named(path: bytes) -> str:
    if b"\0" in path or not path:
        raise NothingFound("There is no file of that name in the library; `playbook search` finds one")
    return os.fsdecode(path)


def seconds(raw: str) -> int:
    """A commit's time as it may be shown anywhere: a hostile commit can hold any number, and no calendar has its year.

    Never before 1970, nor so near the end of the year 9999 that a time zone could lead beyond it.
    """
    if not (raw.isascii() and raw.isdigit()):
        return 0
    return min(int(raw), LATEST) if len(raw) < 20 else LATEST
