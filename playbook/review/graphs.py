"""Each proposal's own commits: those that were read before from what is kept, the rest from one log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from playbook.review.events import Event, Graph, read_graph
from playbook.review.kept import Kept, Under
from playbook.store.refs import is_commit_id
from playbook.store.runner import Git, GitFailed
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

Tips = tuple[str, ...]
_MAINS = 4  # older ones that are looked at; proposals read under yet others are read anew


def graphs_of(
    library: Library, kept: Kept, tips: Mapping[str, Tips], main: str
) -> tuple[dict[str, Graph], dict[str, str]]:
    """By proposal the commits that its tips reach and main has not got, and for those that git cannot read why."""
    # A shallow repository may be deepened: then commits have parents that they had not.
    if (library.git_dir / "shallow").exists():
        return _read(library, tips, main)
    keys = {id: " ".join(of) for id, of in tips.items()}
    held = kept.graphs(dict.fromkeys(keys.values()))
    known = {key: under.graph for key, under in held.items() if under.main == main}
    same = _not_in_main(library, {key: under for key, under in held.items() if under.main != main}, main)
    found = {id: graph for id, key in keys.items() if (graph := known.get(key) or same.get(key))}
    read, lost = _read(library, {id: of for id, of in tips.items() if id not in found}, main)
    kept.add_graphs(main, {keys[id]: graph for id, graph in read.items()}, same)
    return found | read, lost


def _not_in_main(library: Library, held: Mapping[str, Under], main: str) -> dict[str, Graph]:
    """Those that were read under an older main and are the same under this one: it has got none of their commits."""
    mains = {under.main for under in held.values()}
    came = {before: _came(library, before, main) for before in mains} if len(mains) <= _MAINS else {}
    found = {}
    for key, (before, graph) in held.items():
        new = came.get(before)
        if new is not None and new.isdisjoint(graph.events):
            found[key] = graph
    return found


def _came(library: Library, before: str, main: str) -> set[str] | None:
    """The commits that main has got since; None where that one is not in its history."""
    if not is_commit_id(before):
        return None
    try:
        output = Git(library.git_dir).run("rev-list", "--left-right", f"{before}...{main}", "--").decode()
    except GitFailed:
        return None
    return None if "<" in output else {line[1:] for line in output.split()}


def _read(library: Library, tips: Mapping[str, Tips], main: str) -> tuple[dict[str, Graph], dict[str, str]]:
    """All in one log; where one branch breaks it, each by itself."""
    if not tips:
        return {}, {}
    try:
        whole = read_graph(library, (tip for of in tips.values() for tip in of), without=[main])
    except GitFailed:
        return _read_alone(library, tips, main)
    places = {commit: at for at, commit in enumerate(whole.events)}
    return {id: _own(whole, places, of) for id, of in tips.items()}, {}


def _read_alone(library: Library, tips: Mapping[str, Tips], main: str) -> tuple[dict[str, Graph], dict[str, str]]:
    found: dict[str, Graph] = {}
    lost: dict[str, str] = {}
    for id, of in tips.items():
        try:
            found[id] = read_graph(library, of, without=[main])
        except GitFailed as error:
            lost[id] = one_line(error.stderr, 200) or "git cannot read its commits"
    return found, lost


def _own(whole: Graph, places: Mapping[str, int], tips: Tips) -> Graph:
    """What the tips reach, in the whole's order."""
    reached: dict[str, Event] = {}
    waiting = [tip for tip in tips if tip in whole.events]
    grounds: dict[str, str] = {}
    while waiting:
        event = whole.events[waiting.pop()]
        if event.commit not in reached:
            reached[event.commit] = event
            for parent in event.parents:
                if parent in whole.events:
                    waiting.append(parent)
                elif parent in whole.grounds:
                    grounds[parent] = whole.grounds[parent]
    return Graph({commit: reached[commit] for commit in sorted(reached, key=places.__getitem__)}, grounds)
