"""What somebody deleted at the hub stays here: the last commit of a proposal's branch that main has not got."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress

from playbook.store import objects, refs
from playbook.store.managed import LOCAL_REFS, Library
from playbook.store.merging import merge_base
from playbook.store.runner import Git, GitFailed
from playbook.store.writing import RefMoved, move_refs

LOST = LOCAL_REFS + "lost/"
ENDED = LOCAL_REFS + "ended/"
_HUB = "refs/remotes/hub/"
_PROPOSALS = _HUB + "proposals/"


def ref_of(id: str) -> str:
    """Where a proposal's last commit is kept. A name may have been a branch once and a folder later: folders begin with
    `d-` here, what lies in them with `t-`, so that none is ever in another's way."""
    *folders, last = id.split("/")
    return LOST + "".join(f"d-{folder}/" for folder in folders) + f"t-{last}"


def id_of(ref: str) -> str:
    """The proposal whose last commit that ref keeps."""
    return "/".join(part[2:] for part in ref.removeprefix(LOST).split("/"))


def drop(library: Library, gone: Mapping[str, str]) -> None:
    """Drop these refs of the hub's, with the commit each names: their branches are not there any more. What proposals
    among them hold that main has not got is kept first. One that cannot be kept stays where it is.

    Only for the holder of the writer lock.
    """
    if not gone:
        return
    merged = _on_main(library, _PROPOSALS)
    moves = {
        ref: _moves(library, ref, commit, keep=ref.startswith(_PROPOSALS) and ref not in merged)
        for ref, commit in gone.items()
    }
    try:
        move_refs(library, (one for of in moves.values() for one in of))
    except (RefMoved, GitFailed):
        for of in moves.values():
            with suppress(RefMoved, GitFailed):
                move_refs(library, of)


def _moves(
    library: Library, ref: str, commit: str, *, keep: bool
) -> list[tuple[str, str | None, str | None]]:  # fmt: skip
    moves: list[tuple[str, str | None, str | None]] = [(ref, None, commit)]
    if keep:
        place = ref_of(ref.removeprefix(_PROPOSALS))
        before = refs.read_ref(library.git_dir, place)
        moves += [(place, commit, before)] if before != commit else []
        if before and before != commit:
            moves += _ended(library, before)
    return moves


def _ended(library: Library, commit: str) -> list[tuple[str, str | None, str | None]]:
    place = ENDED + commit
    return [] if refs.read_ref(library.git_dir, place) else [(place, commit, None)]


def settle(library: Library) -> None:
    """Let go of what was kept and is no loss by now: main has its commits, or the branch is at the hub again.

    Only for the holder of the writer lock.
    """
    kept = refs.all_refs(library, LOST)
    merged = _on_main(library, LOST) if kept else set()
    for ref, commit in kept.items():
        again = refs.read_ref(library.git_dir, _PROPOSALS + id_of(ref))
        if ref in merged or again:
            whole = ref in merged or bool(again and objects.is_ancestor(library, commit, again))
            with suppress(RefMoved):
                move_refs(library, [(ref, None, commit), *([] if whole else _ended(library, commit))])


def shelve(library: Library, ref: str, commit: str) -> None:
    """Take a ref out of sight, and keep its commit under refs/playbook-local/ended/. Only for the holder of the lock."""
    move_refs(library, [(ref, None, commit), *_ended(library, commit)])


def _on_main(library: Library, prefix: str) -> set[str]:
    """The refs below the prefix of which main has every commit."""
    try:
        listed = Git(library.git_dir).run(
            "for-each-ref", f"--merged={refs.main_commit(library)}", "--format=%(refname)", prefix.rstrip("/")
        )
    except GitFailed:
        return set()
    return set(listed.decode("utf-8", "surrogateescape").splitlines())


def words_on_main(library: Library, commit: str) -> bool:
    """Whether every file that the branch changed is on main as the branch has it, as where a host squashed it."""
    main = refs.main_commit(library)
    try:
        base = merge_base(library, main, commit)
        paths = [os.fsdecode(path) for _, path in objects.changed_paths(library, base, commit)] if base else []
        return bool(paths) and _files(library, main, paths) == _files(library, commit, paths)
    except GitFailed:
        return False


def _files(library: Library, commit: str, paths: Iterable[str]) -> set[tuple[str, str, bytes]]:
    return {(entry.mode, entry.oid, entry.path) for entry in objects.entries_at(library, commit, paths)}
