"""Drafts: what somebody is writing, saved as they write on refs that never leave this machine."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from playbook.errors import LibraryUnreadable
from playbook.store import refs
from playbook.store.managed import LOCAL_REFS
from playbook.store.runner import Git, GitFailed
from playbook.store.trailers import read_message, write_message
from playbook.store.writing import Person, acting, move_ref, put_blob, put_commit
from playbook.text.safe import display_path, one_line

if TYPE_CHECKING:
    from playbook.library.card import Card
    from playbook.library.snapshot import Snapshot
    from playbook.store.managed import Library

DRAFTS = LOCAL_REFS + "drafts/"
LET_GO = "let go"
"""The kind of a draft that holds what was said on a proposal and never sent, its title in the first line."""
SENTENCE, NEW_CARD = "sentence", "new card"
"""With a card's id, or what was asked, the names of the drafts of words and notes, and of new cards."""
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
    commit = commit_of(library, draft, by)
    Git(library.git_dir).run("update-ref", DRAFTS + draft.name, commit)
    return commit


def commit_of(library: Library, draft: Draft, by: Person | None = None) -> str:
    """The draft as a commit that no ref names yet, for whoever moves several refs at once. Raises what `save` raises."""
    git = Git(library.git_dir)
    blob = put_blob(git, draft.text.encode("utf-8", "surrogatepass"))
    tree = git.run("mktree", input=f"100644 blob {blob}\t{_FILE}\n".encode()).decode().strip()
    trailers = {"Draft": draft.name, "Path": draft.path, "Base": draft.base, "Proposal": draft.proposal,
                "Kind": draft.kind, "Why": draft.why}  # fmt: skip
    me = by or acting()
    return put_commit(library, tree, (), write_message(f"Draft of {draft.path}", "", trailers), by=me, sign=False)


def load(library: Library, name: str) -> Draft | None:
    """The draft of that name; None when there is none, or it cannot be read."""
    commit = refs.read_ref(library.git_dir, DRAFTS + name)
    return _read(Git(library.git_dir), name, commit) if commit else None


def drafts(library: Library) -> list[Draft]:
    """Every draft kept here, the newest first; one that cannot be read is passed over, and stays where it is."""
    git = Git(library.git_dir)
    kept = refs.all_refs(library, DRAFTS).items()
    read = (_read(git, ref.removeprefix(DRAFTS), commit) for ref, commit in kept)
    return sorted((draft for draft in read if draft is not None), key=lambda draft: -draft.when)


def count(library: Library) -> int:
    """How many drafts are kept here."""
    return len(refs.all_refs(library, DRAFTS))


def _read(git: Git, name: str, commit: str) -> Draft | None:
    try:
        about = git.run("log", "-1", "--format=%ct%x00%B", "--no-show-signature", commit, "--").decode(
            "utf-8", "replace"
        )
        text = git.run("cat-file", "blob", f"{commit}:{_FILE}")
    except GitFailed:
        return None
    when, _, message = about.partition("\0")
    said = read_message(message).trailers
    return Draft(
        name, said.get("path", ""), text.decode("utf-8", "surrogatepass"), said.get("base", ""),
        said.get("proposal", ""), said.get("kind", "edit"), said.get("why", ""), int(when) if when.isdigit() else 0,
    )  # fmt: skip


class About(NamedTuple):
    """What a draft is, to whoever chooses among several: what becomes of it, the title of its card (safe to show), the
    card where it is there, and the words typed so far."""

    what: str
    title: str
    card: Card | None
    words: str


def about(draft: Draft, snapshot: Snapshot | None) -> About:
    """What a draft is; without a library that can be read its path stands for its card's title."""
    if draft.kind == "new card":
        kind, _, rest = draft.text.partition("\n")
        title, _, words = rest.partition("\n")
        return About(f"new {one_line(kind, 20)}", one_line(title, 200), None, words)
    if draft.kind == LET_GO:
        title, _, words = draft.text.partition("\n")
        return About(LET_GO, one_line(title, 200), None, words.lstrip("\n"))
    cards = snapshot.cards_at(draft.path) if snapshot is not None else ()
    # Of a page with several cards the words are for the one that the draft's name was made of.
    own = next((card for card in cards if name_for(card.id, SENTENCE) == draft.name), None)
    card = own or (cards[0] if cards else None)
    what = {"words": "better words", "note": "note", "resolve": "settling"}.get(draft.kind, "edit")
    if draft.proposal and what == "edit":
        what = "revision"
    return About(what, one_line(card.title, 200) if card else display_path(draft.path), card, draft.text)


def drop(library: Library, name: str) -> None:
    """Forget a draft: it was proposed, or thrown away by whoever wrote it."""
    before = refs.read_ref(library.git_dir, DRAFTS + name)
    if before:
        move_ref(library, DRAFTS + name, None, before)
