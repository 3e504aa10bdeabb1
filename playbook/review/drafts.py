"""Drafts: what somebody is writing, saved as they write on refs that never leave this machine."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook.errors import LibraryUnreadable
from playbook.store import refs
from playbook.store.managed import LOCAL_REFS
from playbook.store.runner import Git, GitFailed
from playbook.store.trailers import read_message, write_message
from playbook.store.writing import Person, acting, move_ref, put_blob, put_commit

if TYPE_CHECKING:
    from playbook.store.managed import Library

DRAFTS = LOCAL_REFS + "drafts/"
_FILE = "draft.md"
_TRIES = 4


@dataclass(frozen=True)
class Draft:
    """A text being written. `path` is the file it is for, `proposal` the proposal it revises ("" for a new one), `base`
    the commit it began from. `when` in seconds since 1970."""

    name: str
    path: str
    text: str
    base: str
    proposal: str = ""
    kind: str = "edit"
    why: str = ""
    when: int = 0


def name_for(path: str, proposal: str = "") -> str:
    """The name under which the draft for a file (of a proposal) is kept: one each."""
    return hashlib.sha256(f"{proposal}\0{path}".encode("utf-8", "surrogateescape")).hexdigest()[:20]


def save(library: Library, draft: Draft, *, by: Person | None = None) -> str:
    """Keep the draft, in place of what was kept under its name. Gives its commit.

    No lock is taken: nobody else writes this ref, and whoever types must not wait. When this returns the words survive
    a kill. Raises UsageError for a text over 1 MiB, LibraryUnreadable when the disk is full.
    """
    for _ in range(_TRIES - 1):
        try:
            return _save(library, draft, by)
        except LibraryUnreadable:
            # A writer that clears what killed ones left may have taken a lock file from under us.
            time.sleep(0.02)
    return _save(library, draft, by)


def _save(library: Library, draft: Draft, by: Person | None) -> str:
    git = Git(library.git_dir)
    blob = put_blob(git, draft.text.encode("utf-8", "surrogatepass"))
    tree = git.run("mktree", input=f"100644 blob {blob}\t{_FILE}\n".encode()).decode().strip()
    trailers = {"Draft": draft.name, "Path": draft.path, "Base": draft.base, "Proposal": draft.proposal,
                "Kind": draft.kind, "Why": draft.why}  # fmt: skip
    me = by or acting()
    commit = put_commit(library, tree, (), write_message(f"Draft of {draft.path}", "", trailers), by=me)
    git.run("update-ref", DRAFTS + draft.name, commit)
    return commit


def load(library: Library, name: str) -> Draft | None:
    """The draft of that name; None when there is none, or it cannot be read."""
    return next((draft for draft in drafts(library) if draft.name == name), None)


def drafts(library: Library) -> list[Draft]:
    """Every draft kept here, the newest first; one that cannot be read is passed over, and stays where it is."""
    found = []
    git = Git(library.git_dir)
    for ref, commit in refs.all_refs(library, DRAFTS).items():
        try:
            about = git.run("log", "-1", "--format=%ct%x00%B", "--no-show-signature", commit, "--").decode(
                "utf-8", "replace"
            )
            text = git.run("cat-file", "blob", f"{commit}:{_FILE}")
        except GitFailed:
            continue
        when, _, message = about.partition("\0")
        said = read_message(message).trailers
        found.append(
            Draft(
                ref.removeprefix(DRAFTS), said.get("path", ""), text.decode("utf-8", "surrogatepass"),
                said.get("base", ""), said.get("proposal", ""), said.get("kind", "edit"), said.get("why", ""),
                int(when) if when.isdigit() else 0,
            )
        )  # fmt: skip
    return sorted(found, key=lambda draft: -draft.when)


def drop(library: Library, name: str) -> None:
    """Forget a draft: it was proposed, or thrown away by whoever wrote it."""
    before = refs.read_ref(library.git_dir, DRAFTS + name)
    if before:
        move_ref(library, DRAFTS + name, None, before)
