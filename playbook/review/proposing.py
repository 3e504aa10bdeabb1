"""What can be proposed: better words for a card, a note, whole files, a new card. For retiring one and the like see
`card_acts.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook.errors import NothingFound, UsageError
from playbook.library.editing import decode_source, with_fields, with_words
from playbook.library.kinds import KINDS
from playbook.library.names import name_key
from playbook.review import branch
from playbook.review.branch import Written
from playbook.store import objects
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.library.card import Card
    from playbook.store.managed import Library
    from playbook.store.writing import Person

_FOLDERS = {
    "stage": "stages",
    "objection": "objections",
    "air-cover": "air-cover",
    "launch": "launches",
    "persona": "personas",
    "battlecard": "battlecards",
    "agreement": "agreements",
    "claim": "claims",
    "field-note": "field-notes",
    "field-test": "field-tests",
    "request": "requests",
    "page": "pages",
}
_SHAPES = {
    "objection": ("They say", "Acknowledge", "Ask", "Answer", "Proof", "Next step"),
    "stage": ("Say", "Proof", "Next step"),
    "battlecard": ("If they name them, say", "When we win", "When we lose"),
    "air-cover": ("What they will see", "What to say", "Don't promise"),
    "persona": ("Cares about", "Fears", "Words they use"),
}


@dataclass(frozen=True)
class Edit:
    """One file as it would be: `before` and `after` are its whole text, "" where it is not there."""

    path: str
    before: str
    after: str

    @property
    def changes(self) -> dict[str, bytes | None]:
        """For the branch."""
        return {self.path: self.after.encode("utf-8", "surrogatepass") if self.after else None}


def source_at(library: Library, commit: str, path: str) -> str:
    """The file's text at a commit. Raises NothingFound, and UsageError when it cannot be edited as text."""
    entries = [entry for entry in objects.entries_at(library, commit, [path]) if entry.mode.startswith("100")]
    for _, raw in objects.blobs(library, [entry.oid for entry in entries]):
        return decode_source(raw, path)
    raise NothingFound(f"There is no file {one_line(path, 200)} in the library at {commit[:10]}")


def words_edit(session: Session, card: Card, words: str) -> Edit:
    """The card's file with its words to say replaced by these. Raises UsageError when they are what stands there."""
    before = source_at(session.library, session.snapshot.commit, card.path)
    after = with_words(before, card, session.snapshot.document(card.path), words)
    if after == before:
        raise UsageError("These words are the ones that stand there already; nothing to propose")
    return Edit(card.path, before, after)


def propose_words(session: Session, card: Card, words: str, *, why: str = "", by: Person | None = None) -> Written:
    """Better words for a card, from one sentence."""
    edit = words_edit(session, card, words)
    return branch.begin(
        session.library, edit.changes, title=title_of("Say it better", card), text=words, why=why,
        about=card.id, onto=session.snapshot.commit, by=by,
    )  # fmt: skip


def propose_note(session: Session, card: Card, sentence: str, *, by: Person | None = None) -> Written:
    """What is wrong with a card, with nothing edited: it waits for somebody's edit."""
    if not sentence.strip():
        raise UsageError("A note needs a sentence: what is wrong with these words")
    return branch.begin(
        session.library, {}, title=title_of("Note", card), text=sentence, kind="note", about=card.id,
        onto=session.snapshot.commit, by=by,
    )  # fmt: skip


def propose_files(
    session: Session,
    changes: Mapping[str, bytes | None],
    *,
    title: str,
    why: str,
    kind: str = "edit",
    about: str = "",
    by: Person | None = None,
    author: Person | None = None,
) -> Written:
    """Whole files as they should be (None removes one)."""
    return branch.begin(
        session.library, changes, title=title, why=why, kind=kind, about=about, onto=session.snapshot.commit, by=by,
        author=author,
    )  # fmt: skip


def new_card(session: Session, kind: str, title: str, words: str = "", aliases: tuple[str, ...] = ()) -> Edit:
    """A new file for a card of that kind: its title, its aliases, the sections its kind has, and the words to say where
    they belong. Raises UsageError for an unknown kind and for a title that is taken."""
    key = name_key(kind)
    if key not in KINDS:
        raise UsageError(f"There is no kind {one_line(kind, 40)!r}; there are {', '.join(KINDS)}")
    name = re.sub(r"[^a-z0-9]+", "-", branch.plain(title)).strip("-")[:60].strip("-")
    if not name:
        raise UsageError("A new card needs a title in letters, as a buyer would say it")
    snapshot = session.snapshot
    path = f"{snapshot.root}{_folder_of(session, key)}/{name}.md"
    if any(card.path.casefold() == path.casefold() for card in snapshot.cards):
        raise UsageError(f"{path} is there already; propose better words for it, or choose another title")
    fields: dict[str, str | list[str] | None] = {"title": " ".join(title.split()), "kind": key}
    if aliases:
        fields["aliases"] = [" ".join(alias.split()) for alias in aliases]
    said_under = {"objection": "Answer", "battlecard": "If they name them, say", "air-cover": "What to say"}.get(
        key, "Say"
    )
    sections = _SHAPES.get(key, ())
    if words.strip() and said_under not in sections:
        sections = (said_under, *sections)
    body = f"# {' '.join(title.split())}\n"
    for heading in sections:
        own = words.strip() if heading == said_under and words.strip() else ""
        body += f"\n## {heading}\n{own}\n" if own else f"\n## {heading}\n"
    return Edit(path, "", with_fields(body, fields))


def _folder_of(session: Session, kind: str) -> str:
    """Where the library keeps that kind: the folder most of them lie in, else the one named after it."""
    folders: dict[str, int] = {}
    for card in session.snapshot.cards:
        if card.kind == kind and not card.anchor and card.path.startswith(session.snapshot.root):
            folder = card.path.removeprefix(session.snapshot.root).rpartition("/")[0]
            folders[folder] = folders.get(folder, 0) + 1
    named = _FOLDERS.get(kind, "pages")
    return named if named in folders else max(folders, key=lambda folder: folders[folder], default=named) or named


def title_of(what: str, card: Card) -> str:
    """A proposal's title: what is done, and to which card."""
    return f"{what}: {one_line(card.title, 60)}"
