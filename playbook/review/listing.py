"""Every proposal of a library: open ones from their branches, merged ones from main; a broken branch is one row."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from playbook.errors import LibraryUnreadable, NothingFound, UsageError
from playbook.review.events import CONTENT, OUTBOX, SHARED, Event, Graph, read_commits, read_graph
from playbook.review.graphs import graphs_of
from playbook.review.kept import Kept
from playbook.review.proposal import Proposal, broken, fold, walk
from playbook.review.rules.rights import rights_at
from playbook.store import lost, refs
from playbook.store.differences import Difference, Pair, differences
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
    """A proposal's commits in the outbox and at the hub, "" where there is none; `lost` is what the hub had before
    somebody deleted the branch there, where that is all there is."""

    mine: str = ""
    shared: str = ""
    lost: str = ""

    @property
    def all(self) -> tuple[str, ...]:
        """All of them, ours first, once."""
        return tuple(dict.fromkeys(tip for tip in (self.mine, self.shared, self.lost) if tip))


def branches(library: Library) -> dict[str, Tips]:
    """By proposal id the tips of its branch, here and at the hub; where somebody deleted it there, what it was."""
    found: dict[str, Tips] = {}
    mine: dict[str, str] = {}
    deleted: dict[str, Tips] = {}
    # In the order in which a branch goes out: what leaves the outbox while we look is at the hub by then.
    for ref, commit in refs.all_refs(library, OUTBOX, SHARED, lost.LOST).items():
        if ref.startswith(SHARED):
            found[ref.removeprefix(SHARED)] = Tips(shared=commit)
        elif ref.startswith(OUTBOX):
            mine[ref.removeprefix(OUTBOX)] = commit
        else:
            deleted[lost.id_of(ref)] = Tips(lost=commit)
    for id, commit in mine.items():
        found[id] = replace(found.get(id, Tips()), mine=commit)
    return deleted | found


def proposals(library: Library, *, merged: bool = False) -> list[Proposal]:
    """Every proposal that is not merged, and with `merged` those that are; the oldest first."""
    with all_is_wanted(), Kept(library) as kept:
        return _proposals(library, kept, merged=merged)


@contextmanager
def all_is_wanted() -> Iterator[None]:
    """No collecting of what nobody wants any more while a great many things are made that everybody wants: that would
    walk through all of them again and again."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            if not gc.get_freeze_count():
                # All of it is old at once, or the first thing that is made next would have it walked through after all.
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def _proposals(library: Library, kept: Kept, *, merged: bool) -> list[Proposal]:
    main = refs.main_commit(library)
    tips = branches(library)
    made, ended = _folded(library, kept, tips, main)
    if merged:
        known = {proposal.id for proposal in made}
        taken = {of.merge.commit: (id, of) for id, of in ended.items()}
        merges = [one for one in merges_on_main(library, main) if one.proposal or one.commit in taken]
        for proposal in _merged(library, main, merges):
            if proposal.merge in taken:
                made.append(_with_later(proposal, *taken[proposal.merge]))
            elif proposal.id not in known:
                made.append(proposal)
    kept.sweep((" ".join(both.all) for both in tips.values()), {(one.base_tree, one.head_tree) for one in made})
    return sorted(_with_paths(library, kept, made), key=lambda proposal: (proposal.opened, proposal.id))


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
        with Kept(library) as kept:
            return _with_paths(library, kept, [_merged_one(library, merges[id])])[0]
    with Kept(library) as kept:
        made, ended = _folded(library, kept, {id: tips[id]}, main)
        made += [_with_later(_merged_one(library, of.merge), id, of) for of in ended.values()]
        return _with_paths(library, kept, made)[0]


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


def _folded(library: Library, kept: Kept, tips: dict[str, Tips], main: str) -> tuple[list[Proposal], dict[str, _Ended]]:
    """The proposals of these branches that are not merged, and by id what there is of those that are."""
    graphs, unreadable = graphs_of(library, kept, {id: both.all for id, both in tips.items()}, main)
    said = (event for graph in graphs.values() for event in graph.events.values())
    rights = rights_at(library, main, said) if tips else None
    merges = merges_on_main(library, main) if tips else ()
    by_taken = {merge.taken: merge for merge in merges}
    by_id = {merge.proposal: merge for merge in merges if merge.proposal}
    made: list[Proposal] = []
    ended: dict[str, _Ended] = {}
    for id, both in tips.items():
        if id in unreadable:
            made.append(broken(id, both.all[0], unreadable[id]))
            continue
        graph = graphs[id]
        try:
            of = _without_arrived(both, graph)
            unsent = bool(of.mine) and of.mine != of.shared
            # Of a graph of its own, all of it, unless ours was left out.
            reached = list(graph.events.values()) if of is both else walk(graph, of.all)
            merge = _merge_of(library, id, of, reached, by_taken, by_id)
            if merge:
                ended[id] = _Ended(merge, of.all[0], unsent, tuple(reached))
            else:
                folded = _rooted(fold(id, of.all, graph, unsent=unsent, heard=rights))
                made.append(_deleted(of, _based(library, main, reached, folded)))
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
    if not by_taken:
        return None
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
    return replace(merged, id=id, tip=of.tip, unsent=of.unsent, events=(*merged.events, *later), later=later)


def _deleted(tips: Tips, proposal: Proposal) -> Proposal:
    """A proposal that was still to be decided when somebody deleted its branch at the hub: put aside, until somebody
    says what is to become of it."""
    if not tips.lost or proposal.fault or proposal.state in ("declined", "withdrawn"):
        return proposal
    gone = f"Its branch was deleted at the hub; `playbook proposal reopen {proposal.id}` brings it back"
    return replace(proposal, state="parked", gone=gone)


def some(library: Library, ids: Iterable[str]) -> dict[str, Proposal]:
    """Those proposals that have a branch, by id, in whatever state and without their paths."""
    main, tips = refs.main_commit(library), branches(library)
    with Kept(library) as kept:
        made, ended = _folded(library, kept, {id: tips[id] for id in ids if id in tips}, main)
    merged = {id: _with_later(_merged_one(library, of.merge), id, of) for id, of in ended.items()}
    return {one.id: one for one in made} | merged


def _merged_one(library: Library, merge: Merge) -> Proposal:
    graph = read_graph(library, [merge.taken], without=[merge.main])
    return _as_merged(merge, graph)


def _as_merged(merge: Merge, graph: Graph) -> Proposal:
    """What a merge took in; where nobody who wrote it said why, whoever approved it last did."""
    made = fold(merge.proposal or merge.commit[:12], (merge.taken,), graph, merge=merge.commit)
    if made.why:
        return made
    said = [event.text for event in made.events if event.word in ("approve", "rule", "override") and not event.fault]
    return replace(made, why=next((text for text in reversed(said) if text.strip()), ""))


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
        made.append(_as_merged(merge, graph))
    return made


def _with_paths(library: Library, kept: Kept, made: list[Proposal]) -> list[Proposal]:
    """The proposals with the files they change, from one diff of all that are new."""
    pairs = {(one.base_tree, one.head_tree) for one in made if one.edited and one.base_tree}
    changed = changes_of(library, kept, pairs)
    whole = []
    for one in made:
        pair = (one.base_tree, one.head_tree)
        paths = tuple(difference.path for difference in changed.get(pair, ()))
        fault = "" if pair in changed or pair not in pairs else "Its files cannot be read; its author can push it anew"
        whole.append(replace(one, paths=paths, fault=one.fault or fault) if paths or fault else one)
    return whole


def changes_of(library: Library, kept: Kept, pairs: Iterable[Pair]) -> dict[Pair, tuple[Difference, ...]]:
    """What differs between the trees of each pair; pairs that cannot be read are left out."""
    wanted = set(pairs)
    known = kept.changes(wanted)
    new = [pair for pair in wanted if pair not in known]
    found: dict[Pair, tuple[Difference, ...]] = {}
    try:
        found = dict(differences(library, new))
    except GitFailed:
        for pair in new:
            with suppress(GitFailed):
                found |= differences(library, [pair])
    kept.add_changes(found)
    return known | found
