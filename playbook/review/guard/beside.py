"""What the other proposals at a hub hold, as a push comes in: whose words they are, and what was said of them elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from playbook.review.events import CONTENT, Event, Graph, read_graph
from playbook.review.proposal import Proposal, fold
from playbook.review.rules.rights import rights_at
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.review.verify import Verdict
    from playbook.store.managed import Library


class Beside:
    """The branches of proposals at a hub, before a push (`there`) and as it would leave them (`pushed`), by id."""

    def __init__(self, library: Library, there: Mapping[str, str], pushed: Mapping[str, str], main: str) -> None:
        self.library = library
        self.there = dict(there)
        self.pushed = {id: tip for id, tip in pushed.items() if tip}
        self.main = main
        self._held: dict[str, frozenset[str]] = {}

    @cached_property
    def _graph(self) -> Graph:
        """Every commit of every proposal that main has not got, in one log."""
        tips = {*self.there.values(), *self.pushed.values()}
        return read_graph(self.library, sorted(tips), without=[self.main] if self.main else [])

    def contents(self, tip: str) -> frozenset[str]:
        """The commits below a tip that bring words main has not got."""
        if tip not in self._held:
            self._held[tip] = _contents_below(self._graph, tip)
        return self._held[tip]

    def borrowed(self) -> Iterator[str]:
        """What pushed branches hold of others' proposals: nobody's words go under another name."""
        for id, tip in self.pushed.items():
            had = self.contents(self.there[id]) if id in self.there else frozenset[str]()
            for other, theirs in (*self.there.items(), *self.pushed.items()):
                if other != id and (self.contents(tip) & self.contents(theirs)) - had:
                    yield (
                        f"proposals/{one_line(id, 120)} holds words of proposals/{one_line(other, 120)}; revise that one, "
                        "or propose your own on main"
                    )
                    break

    def swallowed(self, verdict: Verdict, taken: Proposal) -> Iterator[str]:
        """The proposals of which a merge would take words, all or some, and which are not the one it is about."""
        mine = {event.commit for event in taken.contents}
        for other, tip in self.there.items():
            theirs = self.contents(tip)
            if other != taken.id and theirs & mine and taken.head not in theirs:
                yield (
                    f"{_shown(verdict, taken)} takes in words of proposals/{one_line(other, 120)}, which is not what it is "
                    "about; propose its own words anew on main"
                )

    def said_since(self, verdict: Verdict, taken: Proposal) -> Iterator[str]:
        """What was said of the same words on a branch and is not in what the merge takes: it may not be left out."""
        shown = _shown(verdict, taken)
        own = {event.commit for event in taken.events}
        branches = [
            (id, tip)
            for id, tip in (*self.there.items(), *self.pushed.items())
            if tip not in own and (id == taken.id or taken.head in self.contents(tip))
        ]
        for id, tip in dict.fromkeys(branches):
            # What the merge takes may be beside what the hub has, not below it: both are looked at together.
            tips = (taken.tip, tip) if id == taken.id else (tip,)
            graph = read_graph(self.library, tips, without=[verdict.step.main])
            heard = rights_at(self.library, verdict.step.main, graph.events.values())
            now = fold(id, tips, graph, heard=heard)
            # By what hangs together, not by the clock, which anybody sets; and whatever name the merge gives to words that
            # lie on one branch alone.
            its = id == taken.id or taken.id not in {*self.there, *self.pushed}
            left_out = its and _contents_below(graph, tip) - own
            if left_out or (now.head != taken.head and id == taken.id):
                yield f"{shown} leaves out newer words on its branch; look at them and approve those"
            elif now.state not in ("open", "escalated"):
                yield f"{shown} was {now.state} after what this takes of it; open it again first"
            elif verdict.judgement and verdict.judgement.lane not in ("ruling", "override"):
                yield from (
                    f"{shown}: {one_line(event.by.mail, 80)} asked for changes after what this takes; answer that first"
                    for event in _asked(now.verdicts.values())
                    if event not in taken.verdicts.values()
                )


def _contents_below(graph: Graph, tip: str) -> frozenset[str]:
    reached, waiting = set[str](), [tip]
    while waiting:
        commit = waiting.pop()
        if commit in graph.events and commit not in reached:
            reached.add(commit)
            waiting.extend(graph.events[commit].parents)
    return frozenset(commit for commit in reached if graph.events[commit].word in CONTENT)


def _asked(given: Iterable[Event]) -> list[Event]:
    return [event for event in given if event.word == "request-changes"]


def _shown(verdict: Verdict, taken: Proposal) -> str:
    return f"{verdict.step.commit[:10]} ({one_line(taken.id, 120)})"
