"""The past of a card in words: its revisions, and among them what was forced, ruled on or quickly fixed."""

from __future__ import annotations

from typing import NamedTuple

from playbook.review.marks import marks_at
from playbook.store.history import Revision, history
from playbook.store.managed import Library
from playbook.store.trailers import read_message


class Past(NamedTuple):
    """The revisions, newest first; `marked` says by commit which of them came to main other than by the rules' own way."""

    revisions: list[Revision]
    marked: dict[str, str]


def past(library: Library, commit: str, path: str, limit: int = 50) -> Past:
    """Who changed the file up to that commit of main, when and why. Raises what git cannot read."""
    revisions = history(library, commit, path.encode("utf-8", "surrogateescape"), limit)
    found = marks_at(library, commit).ever.get(path, ())
    rows = list(revisions)
    for mark in found:
        # Above the words it brought to main; a clock alone may be wrong.
        at = next((at for at, one in enumerate(rows) if one.commit in (mark.head, mark.commit)), None)
        if at is None:
            at = next((at for at, one in enumerate(rows) if one.when <= mark.when), None)
        if at is not None and rows[at].commit != mark.commit:
            rows.insert(at, Revision(mark.commit, mark.when, mark.by.name, mark.by.mail, mark.title, mark.why))
    return Past(rows, {mark.commit: mark.how for mark in found})


def why_of(body: str) -> str:
    """What a commit says of its why, without the trailers that are for programs."""
    said = read_message(f"-\n\n{body}")
    return said.trailers.get("why", "") or said.body
