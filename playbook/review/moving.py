"""Which files main or a proposal moved, so that what was changed at the old path is carried over and never lost."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from playbook.library.document import decode
from playbook.library.frontmatter import parse, split
from playbook.library.names import is_markdown, page_id
from playbook.review.change import texts_at
from playbook.store import merging, objects
from playbook.text.safe import display_path, one_line

if TYPE_CHECKING:
    from playbook.library.frontmatter import FrontMatter
    from playbook.review.proposal import Proposal
    from playbook.store.managed import Library


def names_of(path: str) -> frozenset[str]:
    """What `formerly` may call a card that lay at the path."""
    return frozenset({path, page_id(path, "content/"), page_id(path, "")})


def moves(library: Library, old: str, new: str) -> Mapping[str, str]:
    """By the path they had at commit `old` where the files are at `new` that were renamed in between: a new file says so
    (`formerly`), has the same id, or the same text."""
    return _moves(library, old, new) if old != new else {}


@lru_cache(maxsize=256)
def _moves(library: Library, old: str, new: str) -> Mapping[str, str]:
    """Commits never change, and a queue asks the same of many proposals."""
    changed = [(state, os.fsdecode(raw)) for state, raw in objects.changed_paths(library, old, new)]
    gone = [path for state, path in changed if state == "D"]
    came = [path for state, path in changed if state == "A" and is_markdown(path)]
    if not (gone and came):
        return {}
    before, after = texts_at(library, old, gone), texts_at(library, new, came)
    fronts = {path: _front(text) for path, text in after.items() if text is not None}
    found: dict[str, str] = {}
    for path in gone:
        text = before.get(path)
        id = _front(text).id if text else ""
        for place, front in fronts.items():
            same = names_of(path) & set(front.formerly) or (id and front.id == id) or (text and after[place] == text)
            if same and place not in found.values():
                found[path] = place
                break
    return found


def _front(text: str) -> FrontMatter:
    return parse(split(decode(text.encode("utf-8", "replace"))[0]))[0]


def path_now(path: str, texts: Mapping[str, str]) -> str:
    """Which of these files is the one that was at the path: the one that is there, else the one that says so."""
    if not path or path in texts:
        return path
    return next((now for now, text in texts.items() if names_of(path) & set(_front(text).formerly)), path)


def crossed(library: Library, base: str, main: str, head: str) -> tuple[str, ...]:
    """The files that both main and a proposal took away from their path, and not to the same end: git joins that in
    silence, and one card would become two, or one that was removed would come back."""
    gone = [
        {os.fsdecode(raw) for state, raw in objects.changed_paths(library, base, end) if state == "D"}
        for end in (head, main)
    ]
    both = gone[0] & gone[1]
    if not both:
        return ()
    ours, theirs = moves(library, base, main), moves(library, base, head)
    return tuple(sorted(path for path in both if ours.get(path) != theirs.get(path)))


def moved_apart(library: Library, proposal: Proposal, main: str) -> tuple[str, ...]:
    """The files of a proposal that are `crossed` with main as it is."""
    if proposal.base == main:
        return ()
    base = merging.merge_base(library, main, proposal.head)
    return crossed(library, base, main, proposal.head) if base else ()


def moved_in(library: Library, proposal: Proposal, main: str, paths: tuple[str, ...]) -> dict[str, str]:
    """Of these files of a proposal those that cannot be joined with main because one of both renamed them: each with
    what happened, as a sentence without its end."""
    base = merging.merge_base(library, main, proposal.head)
    ours, theirs = moves(library, base, main), moves(library, base, proposal.head)
    said = {}
    for path in paths:
        was, now = one_line(display_path(path), 120), one_line(display_path(ours.get(path, "")), 120)
        if path in ours:
            said[path] = f"main has renamed {was} to {now}"
        elif path in theirs:
            to = one_line(display_path(theirs[path]), 120)
            said[path] = f"main has changed {was}, which this proposal renames to {to}"
    return said
