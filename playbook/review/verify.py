"""May these commits become main? One answer for the app, `playbook verify`, a host's check and the hub's own hook."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from playbook.library.settings import Settings
from playbook.review.candidate import verifying
from playbook.review.events import Event, Graph, read_graph
from playbook.review.proposal import Anybody, Proposal, fold
from playbook.review.rules.judge import Judgement, judge
from playbook.review.rules.naming import wrong_names
from playbook.review.rules.policy import FILES, Policy, policy_at
from playbook.review.rules.rights import Rights, must_be_theirs, then_at
from playbook.review.rules.settings_at import changed_settings, settings_at
from playbook.review.rules.touched import Touched, touched
from playbook.review.steps import Step, first_parents, stood_there
from playbook.store import merging, objects
from playbook.store import signatures as signed
from playbook.store.differences import Difference, Pair, differences
from playbook.store.runner import EMPTY_TREE
from playbook.store.view import view
from playbook.store.writing import tree_id
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

CHUNK = 200


@dataclass(frozen=True)
class Fault:
    """Why a commit may not become main: the commit (whole id), the rule in a word, and a sentence with its mend."""

    commit: str
    rule: str
    message: str

    def as_json(self) -> dict[str, str]:
        """As COMMANDS.md has it."""
        return {"commit": self.commit, "rule": self.rule, "message": self.message}


@dataclass(frozen=True)
class Verdict:
    """What the judge found of one step of main: the proposal that it takes in (None where it is no merge), what the
    judge says of it, and the faults."""

    step: Step
    proposal: Proposal | None = None
    judgement: Judgement | None = None
    faults: tuple[Fault, ...] = ()
    policy: Policy = field(default_factory=Policy)


def verify(library: Library, base: str, head: str, *, owner: str | None = None) -> list[Fault]:
    """Every reason why the commits after `base` up to `head` may not become main; [] when they may.

    Both are whole commit ids; without a `base` all of the history is judged. `owner` is the mail of who may set the
    first policy ("": nobody; None: that is not asked here). Raises LibraryUnreadable for commits that are not here.
    """
    return [fault for verdict in verdicts(library, base, head, owner=owner) for fault in verdict.faults]


def verdicts(library: Library, base: str, head: str, *, owner: str | None = None) -> Iterator[Verdict]:
    """The verdict on every step of main's first-parent line after `base` up to `head`, the oldest first."""
    if base == head:
        return
    steps = first_parents(library, base, head)
    if base and (not steps or steps[0].main != base):
        last = steps[-1] if steps else None
        yield Verdict(last or Step.at(head), faults=(_off_the_line(library, base, head),))
        return
    bench = _Bench(library, base, owner)
    for at in range(0, len(steps), CHUNK):
        yield from bench.judged(steps[at : at + CHUNK])


def would_be(library: Library, main: str, tip: str) -> list[Fault]:
    """Why a proposal's branch may not be merged into main as it is, for the check of a host that merges by itself."""
    from playbook.store.locks import writer_lock
    from playbook.store.writing import Person, put_commit

    base = merging.merge_base(library, main, tip)
    if not base:
        return [Fault(tip, "history", f"{tip[:10]} has no history in common with main; propose it anew from main")]
    with writer_lock(library):
        merged = merging.merge_trees(library, base, main, tip)
        if not merged.tree:
            names = one_line(", ".join(clash.path for clash in merged.clashes), 160)
            return [
                Fault(tip, "conflict", f"{names} changed on main too, in the same words; `playbook proposal resolve`")
            ]
        nobody = Person("playbook", "verify@localhost")
        commit = put_commit(library, merged.tree, (main, tip), "As it would be\n", by=nobody, sign=False)
    faults = verify(library, main, commit)
    return [replace(fault, commit=tip, message=_of_tip(fault.message, commit, tip)) for fault in faults]


def _of_tip(message: str, commit: str, tip: str) -> str:
    """The message with the proposal's own commit in place of the merge that nobody made."""
    return message.replace(commit[:12], tip[:12]).replace(commit[:10], tip[:10])


def _off_the_line(library: Library, base: str, head: str) -> Fault:
    if objects.is_ancestor(library, base, head):
        return Fault(
            head, "parents", f"{head[:10]} does not follow main {base[:10]} as its first parent: a merge into main has "
            "main first and the approval second; `playbook proposal approve` makes it so",
        )  # fmt: skip
    return Fault(
        head,
        "rewind",
        f"{head[:10]} does not hold main {base[:10]}: main is never rewound; fetch it and begin from there",
    )


class _Bench:
    """The judge going along main: what holds at each step is known from the step before."""

    def __init__(self, library: Library, base: str, owner: str | None) -> None:
        self.library = library
        self.owner = owner
        self.policy = policy_at(library, base) if base else Policy()
        self.settings = settings_at(library, base) if base else Settings()
        self.at = base

    def judged(self, steps: list[Step]) -> Iterator[Verdict]:
        """The verdicts on steps that follow one another and what was judged last."""
        case = _Case(self.library, self.at, steps)
        self.at = steps[-1].commit
        policies: list[Policy] = []
        for step in steps:
            policies.append(self.policy)
            self.policy = _changed_policy(self.library, step, case, self.policy)
        checked = _signatures(self.library, case, zip(steps, policies, strict=True))
        for step, policy in zip(steps, policies, strict=True):
            before = self.settings
            self.settings = changed_settings(self.library, case.changed(step), before, step.commit)
            if len(step.parents) != 2:
                yield Verdict(step, faults=(_no_merge(step),), policy=policy)
                continue
            checks, unsure = checked.get(id(policy), ({}, ""))
            rights = Rights(policy, checks, then_at(self.library, step.main), unsure)
            yield self._verdict(case, step, rights, before)

    def _verdict(self, case: _Case, step: Step, rights: Rights, before: Settings) -> Verdict:
        proposal = _folded(case, step, rights)
        found = touched(
            case.changed(step), case.blobs, before, self.settings, verifying=verifying(proposal), lane=rights.policy.fast_lane
        )  # fmt: skip
        named = wrong_names(self.library, step.main, case.changed(step), case.blobs)
        found = replace(found, faults=(*found.faults, *named))
        made = judge(rights, proposal, found, holds=lambda event: case.holds(event, step, proposal))
        faults = [*_of_the_merge(case, step, proposal, made)]
        faults += [_fault(step, proposal, why, found) for why in made.blocked_by]
        faults += self._first_policy(step, proposal, made, rights, case)
        return Verdict(step, proposal, made, tuple(dict.fromkeys(faults)), rights.policy)

    def _first_policy(
        self, step: Step, proposal: Proposal, made: Judgement, rights: Rights, case: _Case
    ) -> Iterator[Fault]:
        """A first policy is its owner's to set: it is their words or has their key."""
        brings = [one.path for one in case.changed(step) if one.path in FILES and one.new]
        if rights.policy.path or not brings or self.owner is None:
            return
        # Who committed the words as they are, or gave a key for them; not who is only named as an author, or once began.
        newest = [event for event in proposal.contents if event.commit == proposal.head]
        people = {event.committer.mail.casefold() for event in (*newest, *made.keys)}
        if not self.owner:
            yield Fault(
                step.commit, "owner", f"{brings[0]} would be the first policy here and nobody is named who may set it; "
                "the hub's keeper names one: `playbook hook install HUB.git --owner MAIL`",
            )  # fmt: skip
        elif self.owner.casefold() not in people:
            yield Fault(
                step.commit, "owner", f"{brings[0]} would be the first policy here, which is {one_line(self.owner, 80)}'s "
                "to set: let them propose or approve it",
            )  # fmt: skip


class _Case:
    """All that some steps of main are judged by, read from git in bulk."""

    def __init__(self, library: Library, base: str, steps: list[Step]) -> None:
        self.library = library
        self.steps = steps
        self.line = {step.commit: step for step in steps}
        self.graph = read_graph(library, [steps[-1].commit], without=[base] if base else [])
        self.order = {commit: at for at, commit in enumerate(self.graph.events)}
        self._taken: set[str] = set()
        self.own = {step.commit: self._own(step) for step in steps}
        trees = {step.commit: step.tree for step in steps} | objects.trees_of(library, [base] if base else [])
        self._pairs = {step.commit: (trees.get(step.main, EMPTY_TREE), step.tree) for step in steps}
        self._changes = dict(differences(library, self._pairs.values()))
        wanted = {oid for found in self._changes.values() for one in found for oid in (one.old, one.new) if oid}
        self.blobs = dict(objects.blobs(library, wanted))

    def changed(self, step: Step) -> tuple[Difference, ...]:
        """What the step changes of main."""
        return self._changes.get(self._pairs[step.commit], ())

    def _own(self, step: Step) -> Graph:
        """The commits that the step takes in, and the trees of those of main, or of earlier steps, that they stand on."""
        reached: set[str] = set()
        grounds: dict[str, str] = {}
        waiting = list(step.parents[1:])
        while waiting:
            commit = waiting.pop()
            event = self.graph.events.get(commit)
            if commit in reached or commit in grounds:
                continue
            if event is None or commit in self.line or commit in self._taken:
                tree = event.tree if event else self.graph.grounds.get(commit, "")
                if tree:
                    grounds[commit] = tree
                continue
            reached.add(commit)
            waiting.extend(event.parents)
        self._taken |= reached
        events = {commit: self.graph.events[commit] for commit in sorted(reached, key=self.order.__getitem__)}
        return Graph(events, grounds)

    @cached_property
    def _trivial(self) -> dict[Pair, tuple[Difference, ...]]:
        """By (ground, content) of a proposal what it changes, for all steps at once."""
        pairs = {pair for step in self.steps if (pair := self._content_pair(step))}
        return dict(differences(self.library, pairs))

    def _content_pair(self, step: Step) -> Pair | None:
        own = self.own[step.commit]
        tops = [event for event in own.events.values() if event.commit == (step.parents[1:] or ("",))[0]]
        if not tops or len(own.grounds) != 1:
            return None
        return next(iter(own.grounds.values())), tops[0].tree

    def merges_cleanly(self, step: Step) -> bool:
        """Whether the step's tree is what the one way to merge gives."""
        pair = self._content_pair(step)
        if pair and self._trivial.get(pair, ()) == self.changed(step):
            return True
        main, taken = step.parents
        base = merging.merge_base(self.library, main, taken)
        # Beside the library, where nobody waits for a lock and nothing is written.
        with view(self.library.git_dir / "objects") as place:
            return bool(base) and merging.merge_trees(place, base, main, taken).tree == step.tree

    def holds(self, event: Event, step: Step, proposal: Proposal) -> bool:
        """Whether main left the proposal's files alone between what the key's giver saw and the step."""
        seen = event.base or (proposal.base if event.commit == proposal.head else "")
        if not seen or not _is_commit(seen):
            return False
        changed = self._changed_between(seen, step.main)
        paths = {one.path for one in self.changed(step)} | set(proposal.paths)
        return changed is not None and changed.isdisjoint(paths) and self._stood_there(proposal.base, seen, paths)

    def _stood_there(self, base: str, seen: str, paths: Collection[str]) -> bool:
        """As steps.stood_there says; where both are on the line of these steps, nobody need ask git."""
        at, then = self._places.get(base), self._places.get(seen)
        if at is not None and then is not None and at <= then:
            return True
        return stood_there(self.library, base, seen, self.steps[-1].commit, paths)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {commit: at for at, commit in enumerate([self.steps[0].main, *self.line])}

    def _changed_between(self, old: str, new: str) -> frozenset[str] | None:
        """What differs between two commits of main; None when the older is not here."""
        pair = (self._trees.get(old, ""), self._trees.get(new, ""))
        return None if "" in pair else self._moved.get(pair, frozenset())

    @cached_property
    def _trees(self) -> dict[str, str]:
        """By commit the trees of all that is main here, and of all that approvals name as what they saw."""
        named = {event.base for own in self.own.values() for event in own.events.values() if _is_commit(event.base)}
        named |= {commit for own in self.own.values() for commit in own.grounds} | {step.main for step in self.steps}
        return objects.trees_of(self.library, named - {""})

    @cached_property
    def _moved(self) -> dict[Pair, frozenset[str]]:
        """What main changed between what each key's giver saw and its step, for all steps in one diff."""
        wanted = {
            (self._trees[seen], self._trees[step.main])
            for step in self.steps
            for seen in self._seen(step)
            if seen in self._trees and step.main in self._trees
        }
        return {pair: frozenset(one.path for one in found) for pair, found in differences(self.library, wanted)}

    def _seen(self, step: Step) -> set[str]:
        own = self.own[step.commit]
        return {event.base for event in own.events.values() if event.base} | set(own.grounds)


def _is_commit(text: str) -> bool:
    return len(text) == 40 and set(text) <= set("0123456789abcdef")


def _folded(case: _Case, step: Step, rights: Rights) -> Proposal:
    """The proposal that the step takes in, by the rights of that moment."""
    own = case.own[step.commit]
    said = next((event.proposal for event in reversed(own.events.values()) if event.proposal), "")
    id = step.message.trailers.get("proposal", "") or said or step.commit[:12]
    proposal = fold(id, step.parents[1:], own, heard=rights if rights.policy.path else Anybody())
    if proposal.base and len(own.grounds) > 1:
        base = merging.merge_base(case.library, *step.parents)
        if base and base != proposal.base:
            proposal = replace(proposal, base=base, base_tree=tree_id(case.library, base))
    return replace(proposal, paths=tuple(one.path for one in case.changed(step)))


def _signatures(
    library: Library, case: _Case, judged: Iterable[tuple[Step, Policy]]
) -> dict[int, tuple[dict[str, signed.Signature], str]]:
    """By policy (its identity) the signatures of what was judged under it, and why they cannot be checked."""
    wanted: dict[int, tuple[Policy, list[str]]] = {}
    for step, policy in judged:
        commits = wanted.setdefault(id(policy), (policy, []))[1]
        for event in case.own[step.commit].events.values():
            if must_be_theirs(policy, event):
                commits.append(event.commit)
    found: dict[int, tuple[dict[str, signed.Signature], str]] = {}
    for key, (policy, commits) in wanted.items():
        if not commits:
            continue
        try:
            found[key] = signed.check(library, commits, policy.signers), ""
        except signed.CannotCheck as error:
            found[key] = {}, str(error)
    return found


def _changed_policy(library: Library, step: Step, case: _Case, before: Policy) -> Policy:
    """The policy as a step leaves it."""
    return policy_at(library, step.commit) if any(one.path in FILES for one in case.changed(step)) else before


def _no_merge(step: Step) -> Fault:
    shown = f"{step.commit[:10]} ({one_line(step.message.subject, 60)})"
    if len(step.parents) > 2:
        return Fault(
            step.commit, "parents", f"{shown} merges {len(step.parents) - 1} branches at once; merge each by itself"
        )
    return Fault(
        step.commit, "direct", f"{shown} was put on main directly; push it as `git push HUB {step.commit[:10]}:"
        "refs/heads/proposals/NAME` instead, where others can approve it",
    )  # fmt: skip


def _of_the_merge(case: _Case, step: Step, proposal: Proposal, made: Judgement) -> Iterator[Fault]:
    """What is wrong with the merge itself, whoever approved it."""
    shown = step.commit[:10]
    said = step.message.trailers
    if not case.own[step.commit].events:
        yield Fault(
            step.commit, "empty", f"{shown} takes in nothing that main has not got; a merge into main has main as its first "
            "parent and the approval as its second",
        )  # fmt: skip
        return
    if step.message.fault:
        yield Fault(step.commit, "trailers", f"{shown}: {step.message.fault}; make the merge with `playbook`")
    odd = [event for event in case.own[step.commit].events.values() if len(event.parents) > 2]
    if odd:
        yield Fault(
            odd[0].commit, "parents", f"{odd[0].commit[:10]} in {proposal.id} has more than two parents; revise it"
        )
    if not case.merges_cleanly(step):
        yield Fault(
            step.commit, "tree", f"{shown} holds other words than {proposal.id} and main give when they are merged; merge "
            "it again with `playbook proposal approve`",
        )  # fmt: skip
    if said:
        wrong = [
            f"{name} {one_line(said.get(key, 'nothing'), 60)!r}"
            for name, key, right in (
                ("says it is", "event", "merge"), ("names the words", "head", proposal.head),
                ("names the way", "lane", made.lane),
            )
            if said.get(key, "") != right and made.mergeable
        ]  # fmt: skip
        for what in wrong:
            yield Fault(step.commit, "trailers", f"{shown} {what}, which is not so; make the merge with `playbook`")
    texts = [proposal.why, step.message.body, *(event.text for event in made.keys)]
    if not any(text.strip() for text in texts):
        yield Fault(step.commit, "why", f"{shown} does not say why; approve it with -m 'in a sentence'")


def _fault(step: Step, proposal: Proposal, why: str, found: Touched) -> Fault:
    rule = "files" if why in found.faults else "approval"
    return Fault(step.commit, rule, f"{step.commit[:10]} ({proposal.id}): {why}")
