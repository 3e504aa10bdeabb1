"""Where main and proposals changed the same words, for any number of proposals from a handful of processes."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from playbook.errors import PlaybookError
from playbook.review.candidate import clashing
from playbook.review.kept import Kept
from playbook.review.listing import changes_of
from playbook.review.moving import moved_apart
from playbook.review.proposal import Proposal
from playbook.store import objects
from playbook.store.differences import Difference
from playbook.store.merging import merge_texts
from playbook.text.apart import lie_apart

if TYPE_CHECKING:
    from playbook.store.managed import Library

_PLAIN = ("100644", "100755")
_Entry = tuple[str, str]  # mode and id; both "" where there is no file
_Three = tuple[str, str, str]  # the ids of three texts: as it was, main's, the proposal's


class Met(NamedTuple):
    """The files that nothing joins with main, and those of them that one of both may have moved; `fault` says why nobody
    can tell."""

    clash: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    fault: PlaybookError | None = None


def met_by(library: Library, made: Iterable[Proposal], main: str) -> dict[str, Met]:
    """What main met in each of the proposals that are open and edit something."""
    asked = [
        one for one in made if one.state in ("open", "escalated") and one.edited and not one.fault and one.base_tree
    ]
    behind = [one for one in asked if one.base != main]
    found: dict[str, Met] = {}
    if not behind:
        return found
    with Kept(library) as kept:
        changed = changes_of(library, kept, {(one.base_tree, one.head_tree) for one in behind})
        now = {os.fsdecode(entry.path): (entry.mode, entry.oid) for entry in objects.tree(library, main)}
        folders = {folder for path in now for folder in _folders(path)}
        texts: dict[str, dict[str, _Three]] = {}
        for one in behind:
            own = changed.get((one.base_tree, one.head_tree))
            if own is None or _is_odd(one, own, now, folders):
                found[one.id] = _asked_alone(library, one, main)
            else:
                found[one.id], texts[one.id] = _met(own, now)
        clean = _joined(library, kept, {three for of in texts.values() for three in of.values()})
    for id, of in texts.items():
        if both := {path for path, three in of.items() if not clean[three]}:
            found[id] = found[id]._replace(clash=tuple(sorted({*found[id].clash, *both}, key=os.fsencode)))
    return found


def _asked_alone(library: Library, one: Proposal, main: str) -> Met:
    try:
        clash = tuple(dict.fromkeys((*clashing(library, one, main), *moved_apart(library, one, main))))
    except PlaybookError as error:
        return Met(fault=error)
    return Met(clash, clash)


def _is_odd(one: Proposal, own: Iterable[Difference], now: Mapping[str, _Entry], folders: Collection[str]) -> bool:
    """Whether its own files and main's do not tell: its history took main in, a file went or came where main has a
    folder (or the other way about), so that it may have moved."""
    if any(len(event.parents) != 1 for event in one.events):
        return True
    for change in own:
        if change.old and not change.new and now.get(change.path) != (change.old_mode, change.old):
            return True
        came = change.new and not change.old
        if came and (change.path in folders or any(folder in now for folder in _folders(change.path))):
            return True
    return False


def _met(own: Iterable[Difference], now: Mapping[str, _Entry]) -> tuple[Met, dict[str, _Three]]:
    """The files that clash whatever they hold, and by path the texts of those that may join."""
    clash: list[str] = []
    texts: dict[str, _Three] = {}
    for change in own:
        was, ours, theirs = (change.old_mode, change.old), now.get(change.path, ("", "")), (change.new_mode, change.new)
        if ours in (was, theirs):
            continue
        if not all(mode in _PLAIN for mode, _ in (was, ours, theirs)):
            clash.append(change.path)
        elif len({was[1], ours[1], theirs[1]}) == 3:
            texts[change.path] = (was[1], ours[1], theirs[1])
    return Met(tuple(clash), tuple(clash)), texts


def _folders(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


def _joined(library: Library, kept: Kept, wanted: Collection[_Three]) -> dict[_Three, bool]:
    """Of each three texts whether merge-file joins them."""
    known = kept.joins(" ".join(three) for three in wanted)
    clean = {three: known[" ".join(three)] for three in wanted if " ".join(three) in known}
    new = [three for three in wanted if three not in clean]
    if new:
        held = dict(objects.blobs(library, (oid for three in new for oid in three), limit=64 * objects.MIB))
        read = {}
        for three in new:
            base, ours, theirs = (held.get(oid) for oid in three)
            if base is None or ours is None or theirs is None:
                clean[three] = False  # damaged: nothing joins them
                continue
            read[three] = lie_apart(base, ours, theirs) or merge_texts(library, ours, base, theirs) is not None
        kept.add_joins({" ".join(three): joins for three, joins in read.items()})
        clean |= read
    return clean
