"""Every proposal of a library: open ones from their branches, merged ones from main; a broken branch is one row."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from playbook.errors import LibraryUnreadable, NothingFound, UsageError
from playbook.review.events import CONTENT, OUTBOX, SHARED, Event, Graph, read_commits, read_graph
from playbook.review.proposal import Proposal, broken, fold, walk
from playbook.store import refs
from playbook.store.merging import merge_base
from playbook.store.runner import Git, GitFailed
from playbook.store.trailers import read_message
from playbook.store.writing import tree_id
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library


@dataclass(frozen=True)
class Merge:
    """A merge on main's first-parent line: what was main, what was taken in, and which proposal it says it was."""

    commit: str
    main: str
    taken: str
    proposal: str
    when: int


class _Ended(NamedTuple):
    """A branch whose proposal is merged: by which merge, where it is now, and what it holds that main has not got."""

    merge: Merge
    tip: str
    unsent: bool
    later: tuple[Event, ...]


@dataclass(frozen=True)
class Tips:
    """A proposal's commits in the outbox and at the hub, "" where there is none."""

    mine: str = ""
    shared: str = ""

    @property
    def all(self) -> tuple[str, ...]:
        """Both, ours first, once."""
        return tuple(dict.fromkeys(tip for tip in (self.mine, self.shared) if tip))


def branches(library: Library) -> dict[str, Tips]:
    """By proposal id the tips of its branch, here and at the hub."""
    found: dict[str, Tips] = {}
    for ref, commit in refs.all_refs(library, SHARED).items():
        found[ref.removeprefix(SHARED)] = Tips(shared=commit)
    for ref, commit in refs.all_refs(library, OUTBOX).items():
        id = ref.removeprefix(OUTBOX)
        found[id] = replace(found.get(id, Tips()), mine=commit)
    return found


def proposals(library: Library, *, merged: bool = False) -> list[Proposal]:
    """Every proposal that is not merged, and with `merged` those that are; the oldest first."""
    main = refs.main_commit(library)
    made, ended = _folded(library, branches(library), main)
    if merged:
        known = {proposal.id for proposal in made}
        taken = {of.merge.commit: (id, of) for id, of in ended.items()}
        merges = [one for one in merges_on_main(library, main) if one.proposal or one.commit in taken]
        for proposal in _merged(library, main, merges):
            if proposal.merge in taken:
                made.append(_with_later(proposal, *taken[proposal.merge]))
            elif proposal.id not in known:
                made.append(proposal)
    return sorted(_with_paths(library, made), key=lambda proposal: (proposal.opened, proposal.id))


def find(library: Library, name: str) -> Proposal:
    """The proposal of that id, or of the only one that begins so. Raises NothingFound, and UsageError for several."""
    main = refs.main_commit(library)
    tips = branches(library)
    merges = {merge.proposal: merge for merge in merges_on_main(library, main) if merge.proposal}
    wanted = name.strip().removeprefix("proposals/")
    ids = [id for id in {*tips, *merges} if id == wanted] or sorted(
        id for id in {*tips, *merges} if wanted and (id.startswith(wanted) or id.endswith(f"-{wanted}"))
    )
    if not ids:
        raise NothingFound(f"There is no proposal {one_line(name, 80)!r}; `playbook proposals` lists them")
    if len(ids) > 1:
        raise UsageError(f"{one_line(name, 80)!r} may be {' or '.join(ids[:5])}; give more of the id")
    id = ids[0]
    if id not in tips:
        return _with_paths(library, [_merged_one(library, merges[id])])[0]
    made, ended = _folded(library, {id: tips[id]}, main)
    made += [_with_later(_merged_one(library, of.merge), id, of) for of in ended.values()]
    return _with_paths(library, made)[0]


def merges_on_main(library: Library, main: str) -> tuple[Merge, ...]:
    """The merges on main's first-parent line, newest first; read once for each commit of main."""
    return _merges(library.git_dir, main)


@lru_cache(maxsize=8)
def _merges(git_dir: Path, main: str) -> tuple[Merge, ...]:
    output = Git(git_dir).run(
        "log", "-z", "--first-parent", "--merges", "--no-show-signature", "--encoding=UTF-8",
        "--format=%H%x01%P%x01%ct%x01%B", main, "--", timeout=120,
    )  # fmt: skip
    found = []
    for row in output.decode("utf-8", "replace").split("\0"):
        fields = row.split("\x01", 3)
        parents = fields[1].split() if len(fields) == 4 else []
        if len(parents) > 1:
            said = read_message(fields[3]).trailers
            when = int(fields[2]) if fields[2].isdigit() else 0
            found.append(Merge(fields[0], parents[0], parents[1], said.get("proposal", ""), when))
    return tuple(found)


def _folded(library: Library, tips: dict[str, Tips], main: str) -> tuple[list[Proposal], dict[str, _Ended]]:
    """The proposals of these branches that are not merged, and by id what there is of those that are."""
    graph, lost = _graph(library, tips, main)
    merges = merges_on_main(library, main) if tips else ()
    by_taken = {merge.taken: merge for merge in merges}
    by_id = {merge.proposal: merge for merge in merges if merge.proposal}
    made: list[Proposal] = []
    ended: dict[str, _Ended] = {}
    for id, both in tips.items():
        if id in lost:
            made.append(broken(id, both.all[0], lost[id]))
            continue
        try:
            of = _without_arrived(both, graph)
            unsent = bool(of.mine) and of.mine != of.shared
            reached = walk(graph, of.all)
            merge = _merge_of(library, id, of, reached, by_taken, by_id)
            if merge:
                ended[id] = _Ended(merge, of.all[0], unsent, tuple(reached))
            else:
                made.append(_based(library, main, reached, _rooted(fold(id, of.all, graph, unsent=unsent))))
        except (LibraryUnreadable, ValueError, LookupError, RecursionError) as error:
            made.append(broken(id, both.all[0], one_line(str(error), 200)))
    return made, ended


def _without_arrived(tips: Tips, graph: Graph) -> Tips:
    """The tips without ours where the hub (or main) has all of it: it was sent, and the answer did not come."""
    if not (tips.mine and tips.shared) or tips.mine == tips.shared:
        return tips
    arrived = tips.mine not in graph.events or any(event.commit == tips.mine for event in walk(graph, (tips.shared,)))
    return Tips(shared=tips.shared) if arrived else tips


def _merge_of(
    library: Library,
    id: str,
    tips: Tips,
    reached: list[Event],
    by_taken: Mapping[str, Merge],
    by_id: Mapping[str, Merge],
) -> Merge | None:
    """The merge on main that took the proposal in: it took one of its commits and names no other proposal; or it names
    this one, of which the branch then holds nothing more than what was said."""
    stands_on = {parent for event in reached for parent in event.parents} | set(tips.all)
    found = [by_taken[commit] for commit in stands_on if commit in by_taken]
    merge = next((one for one in found if one.proposal == id or (not one.proposal and one.taken in tips.all)), None)
    if merge is None:
        # A host's merge names nobody; what it took must be the proposal's, for a plain pull takes in an old main.
        nameless = [one for one in found if not one.proposal]
        took = {
            event.commit for event in read_commits(library, [one.taken for one in nameless]) if event.proposal == id
        }
        merge = next((one for one in nameless if one.taken in took), None)
    if merge is None and all(event.word not in CONTENT for event in reached):
        merge = by_id.get(id)
    return merge


def _rooted(proposal: Proposal) -> Proposal:
    if proposal.fault or proposal.base:
        return proposal
    return replace(proposal, fault="It has no history in common with main; propose it anew from main as it is")


def _based(library: Library, main: str, reached: list[Event], proposal: Proposal) -> Proposal:
    """With the base that a merge would have, where its history is not one line: what is shown is what is merged."""
    if proposal.fault or not proposal.head or all(len(event.parents) < 2 for event in reached):
        return proposal
    base = merge_base(library, main, proposal.head)
    if not base or base == proposal.base:
        return proposal
    return replace(proposal, base=base, base_tree=tree_id(library, base))


def _with_later(merged: Proposal, id: str, of: _Ended) -> Proposal:
    """A merged proposal with what was said on its branch after the merge, which changes nothing."""
    known = {event.commit for event in merged.events}
    later = tuple(event for event in of.later if event.commit not in known)
    return replace(merged, id=id, tip=of.tip, unsent=of.unsent, events=(*merged.events, *later))


def _graph(library: Library, tips: dict[str, Tips], main: str) -> tuple[Graph, dict[str, str]]:
    """All proposals' commits in one log; where one branch breaks it, each by itself."""
    try:
        return read_graph(library, (tip for of in tips.values() for tip in of.all), without=[main]), {}
    except GitFailed:
        pass
    events: dict[str, Event] = {}
    grounds: dict[str, str] = {}
    lost: dict[str, str] = {}
    for id, of in tips.items():
        try:
            alone = read_graph(library, of.all, without=[main])
        except GitFailed as error:
            lost[id] = one_line(error.stderr, 200) or "git cannot read its commits"
            continue
        events |= alone.events
        grounds |= alone.grounds
    return Graph(events, grounds), lost


def _merged_one(library: Library, merge: Merge) -> Proposal:
    graph = read_graph(library, [merge.taken], without=[merge.main])
    return fold(merge.proposal or merge.commit[:12], (merge.taken,), graph, merge=merge.commit)


def _merged(library: Library, main: str, merges: list[Merge]) -> list[Proposal]:
    """What these merges took in, from one log of all of main."""
    if len(merges) < 2:
        return [_merged_one(library, merge) for merge in merges]
    line = set(Git(library.git_dir).run("rev-list", "--first-parent", main, "--").decode().split())
    whole = read_graph(library, [main]).events
    beside = Graph({commit: event for commit, event in whole.items() if commit not in line}, {})
    made = []
    for merge in merges:
        own = walk(beside, (merge.taken,))
        stands_on = {parent for event in own for parent in event.parents} & line
        grounds = {parent: whole[parent].tree for parent in stands_on if parent in whole}
        graph = Graph({event.commit: event for event in own}, grounds)
        made.append(fold(merge.proposal or merge.commit[:12], (merge.taken,), graph, merge=merge.commit))
    return made


def _with_paths(library: Library, made: list[Proposal]) -> list[Proposal]:
    """The proposals with the files they change, from one diff of all."""
    pairs = {(one.base_tree, one.head_tree) for one in made if one.edited and one.base_tree}
    changed: dict[tuple[str, str], tuple[str, ...]] = {}
    try:
        changed = dict(changes_of_trees(library, pairs))
    except GitFailed:
        for pair in pairs:
            with suppress(GitFailed):
                changed |= changes_of_trees(library, [pair])
    whole = []
    for one in made:
        pair = (one.base_tree, one.head_tree)
        fault = "" if pair in changed or pair not in pairs else "Its files cannot be read; its author can push it anew"
        whole.append(replace(one, paths=changed.get(pair, ()), fault=one.fault or fault))
    return whole


def changes_of_trees(
    library: Library, pairs: Iterable[tuple[str, str]]
) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    """For each pair of trees the paths that differ, renames not guessed."""
    wanted = list(pairs)
    if not wanted:
        return
    fed = "".join(f"{old} {new}\n" for old, new in wanted).encode()
    output = Git(library.git_dir).run(
        "diff-tree", "--stdin", "-r", "-z", "--no-renames", "--no-ext-diff", "--raw", input=fed, timeout=120
    )
    heads = {f"{old} {new}".encode(): (old, new) for old, new in wanted}
    pair: tuple[str, str] | None = None
    paths: list[str] = []
    tokens = iter(output.split(b"\0"))
    # What changed and its path come in turns, so that no path can pass for the line that names the next pair. Of lines
    # one below the other all but the last name pairs without a change, or with a tree that cannot be read.
    for about, path in zip(tokens, tokens, strict=False):
        *named, _ = about.split(b"\n")
        if named:
            if pair:
                yield pair, tuple(paths)
            pair, paths = heads.get(named[-1]), []
        paths.append(os.fsdecode(path))
    if pair:
        yield pair, tuple(paths)
