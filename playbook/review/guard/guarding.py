"""What a hub lets in: every update of one push judged as a whole, each refusal a sentence with its mend."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from playbook.review.events import EVENTS, JUDGING, Event, read_commits, read_graph
from playbook.review.guard.beside import Beside
from playbook.review.proposal import walk
from playbook.review.rules.policy import Policy, policy_at
from playbook.review.rules.rights import rights_at, stays
from playbook.review.steps import first_parents
from playbook.review.verify import Verdict, verdicts
from playbook.store import journal_names, merging, objects
from playbook.store import signatures as signed
from playbook.store.runner import EMPTY_TREE, Git
from playbook.store.weighing import too_much
from playbook.text.safe import display_path, one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

BASELINE = "refs/playbook/baseline"
PROPOSALS = "refs/heads/proposals/"
MOVED = "has moved meanwhile: fetch first, then push again"  # store/push.py knows these words
_OURS = (PROPOSALS, journal_names.BRANCHES)
_LONGEST_ID = 150


@dataclass(frozen=True)
class Update:
    """One line of a push: a full ref with what it names before and after, "" where there is none."""

    ref: str
    old: str
    new: str


@dataclass(frozen=True)
class Hub:
    """What a hub knows as a push comes in: the full ref of main, every ref with what it names, the mail of who may set
    the first policy ("": nobody), and that of who pushes (None: it does not know)."""

    main: str
    refs: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    pusher: str | None = None


def refusals(library: Library, hub: Hub, updates: Iterable[Update]) -> list[str]:
    """Why the push may not be taken, a sentence each; [] when it may. `library` sees the pushed objects.

    Raises LibraryUnreadable when git cannot say: then it may not be taken either.
    """
    judged = _Push(library, hub, list(updates))
    return list(dict.fromkeys(judged.faults()))


class _Push:
    def __init__(self, library: Library, hub: Hub, updates: list[Update]) -> None:
        self.library = library
        self.hub = hub
        self.updates = updates
        self.main = next((one for one in updates if one.ref == hub.main), None)
        self.main_old = hub.refs.get(hub.main, "")
        self.main_new = (self.main.new if self.main else "") or self.main_old
        self.name = one_line(hub.main.removeprefix("refs/heads/"), 80)

    @cached_property
    def policy(self) -> Policy:
        """The policy that holds once the push is in; of main itself each step is judged by the policy before it."""
        return policy_at(self.library, self.main_new) if self.main_new else Policy()

    @cached_property
    def commits(self) -> dict[str, str]:
        """By object the commit that it names, of all that refs name before and after; without those that name none."""
        named = {*self.hub.refs.values()} | {oid for one in self.updates for oid in (one.old, one.new)}
        return _commits(self.library, named - {""})

    def faults(self) -> Iterator[str]:
        """Why it may not be taken."""
        shapes = [fault for one in self.updates for fault in self._of_the_ref(one)]
        yield from shapes
        if shapes:
            return  # what may not be there at all is not looked into
        if not self.main_new:
            yield f"this hub has no {self.name} yet, which its HEAD names; push {self.name} first"
            return
        if self.main:
            yield from self._of_main(self.main)
        yield from self._of_the_pusher()
        proposals = [one for one in self.updates if one.ref.startswith(PROPOSALS)]
        for one in proposals:
            yield from self._of_the_branch(one)
        yield from self._of_the_size([one for one in proposals if one.new])
        if any(one.new for one in proposals):
            yield from self.beside.borrowed()
        yield from self._of_events([one for one in proposals if one.new])
        for one in self.updates:
            if name := journal_names.journal_name(one.ref):
                yield from self._of_the_journal(one, name)

    # The names of refs.

    def _of_the_ref(self, one: Update) -> Iterator[str]:
        ref, shown = one.ref, one_line(display_path(one.ref), 160)
        if one.old != self.hub.refs.get(ref, ""):
            # git would refuse it in the end; but what else is in the push must not be judged by a main that is not.
            yield f"{shown} {MOVED}"
        elif one.new and one.new not in self.commits:
            yield f"{shown} would name no commit; push a commit"
        elif _twin_key(ref) in (PROPOSALS.rstrip("/"), journal_names.BRANCHES.rstrip("/")):
            yield f"{shown} would stand where every proposal or journal has its folder; give the branch another name"
        elif ref.startswith(PROPOSALS):
            id = ref.removeprefix(PROPOSALS)
            if "/" in id or display_path(id) != id or len(id) > _LONGEST_ID:
                yield f"{shown} is no name for a proposal; give it one without slashes, as in proposals/better-price"
        elif ref.startswith(("refs/playbook/journal/", journal_names.BRANCHES)):
            if journal_names.journal_name(ref) is None:
                yield f"{shown} is no name of a journal; `playbook` gives each writer and device one of its own"
        elif ref.startswith(("refs/playbook/", "refs/playbook-local/")):
            yield f"{shown} is the hub's own, or stays on your machine; leave it out of the push"
        elif _twin_key(ref).startswith(("refs/heads/refs/", "refs/tags/refs/")):
            yield f"{shown} would be taken for another ref by every git that pushes; give it a name without refs/"
        elif not ref.startswith(("refs/heads/", "refs/tags/")):
            yield f"{shown} is neither a branch nor a tag, and the hub takes nothing else; leave it out of the push"
        if one.new and not one.old:
            yield from self._twin(ref, shown)

    def _twin(self, ref: str, shown: str) -> Iterator[str]:
        mine = _twin_key(ref)
        if ref == "refs/tags/" + self.hub.main.removeprefix("refs/heads/"):
            yield f"{shown} would be taken for the branch {self.name}; give the tag another name"
        for prefix in _OURS:
            if mine.startswith(prefix) and not ref.startswith(prefix):
                yield f"{shown} differs from {prefix.removeprefix('refs/heads/')} only by letter case; write it small"
                return
        known = {self.hub.main, *self.hub.refs, *(one.ref for one in self.updates if one.new)}
        twin = next((one for one in sorted(known) if one != ref and _twin_key(one) == mine), "")
        if twin:
            other = one_line(display_path(twin), 160)
            yield f"{shown} differs from {other} only by letter case, which not every disk can tell apart; rename it"

    # Main.

    def _of_main(self, one: Update) -> Iterator[str]:
        if not one.new:
            yield f"{self.name} is the published library and is never deleted"
        elif not self.main_old:
            yield from self._import(one)
        else:
            if why := self._too_much_for_main(one):
                yield f"{self.name}: {why}"
                return
            for verdict in verdicts(self.library, self.main_old, one.new, owner=self.hub.owner):
                yield from (fault.message for fault in verdict.faults)
                yield from self._late_in_main(verdict)
                if verdict.proposal and not verdict.faults:
                    yield from self.beside.said_since(verdict, verdict.proposal)
                    yield from self.beside.swallowed(verdict, verdict.proposal)

    def _too_much_for_main(self, one: Update) -> str:
        """Why all steps of the push together change more than is looked at."""
        steps = first_parents(self.library, self.main_old, one.new)
        before = steps[0].main if steps else ""
        trees = {step.commit: step.tree for step in steps} | objects.trees_of(self.library, [before] if before else [])
        return too_much(self.library, [(trees.get(step.main, EMPTY_TREE), step.tree) for step in steps])

    def _late_in_main(self, verdict: Verdict) -> Iterator[str]:
        """What a merge takes in of what nobody brought here while its maker might say it."""
        taken = verdict.proposal
        late = [event for event in taken.events if stays(event) and event.commit in self._new] if taken else []
        if taken and late:
            yield from self._too_late(late, taken.author.mail, policy_at(self.library, verdict.step.main))

    @cached_property
    def _new(self) -> frozenset[str]:
        """The commits of main that the hub has neither there nor on any proposal."""
        there = {self.commits.get(oid, "") for ref, oid in self.hub.refs.items() if ref.startswith(PROPOSALS)}
        known = sorted({self.main_old, *there} - {""})
        return frozenset(read_graph(self.library, [self.main_new], without=known).events)

    @cached_property
    def beside(self) -> Beside:
        """The branches of proposals, as they are at the hub and as the push would leave them."""
        there = {
            ref.removeprefix(PROPOSALS): self.commits.get(oid, "")
            for ref, oid in self.hub.refs.items()
            if ref.startswith(PROPOSALS)
        }
        pushed = {one.ref.removeprefix(PROPOSALS): one.new for one in self.updates if one.ref.startswith(PROPOSALS)}
        return Beside(self.library, {id: tip for id, tip in there.items() if tip}, pushed, self.main_old)

    def _import(self, one: Update) -> Iterator[str]:
        """The first main of an empty hub: taken as it is; a policy in it is its owner's to set."""
        policy, owner = self.policy, self.hub.owner
        if BASELINE in self.hub.refs:
            yield f"this hub had a {self.name} and has lost it; its keeper puts it back, nobody pushes another"
        if not policy.path:
            return
        if policy.fault:
            yield f"nobody's approval would count: {policy.fault}"
        who = read_commits(self.library, [one.new])[0].committer.mail if self.hub.pusher is None else self.hub.pusher
        if not owner:
            yield (
                f"{policy.path} would be the first policy here and nobody is named who may set it; the hub's keeper "
                "names one: `playbook hook install HUB.git --owner MAIL`"
            )
        elif policy.same_person(who) != policy.same_person(owner):
            yield (
                f"{policy.path} would be the first policy here, which is {one_line(owner, 80)}'s to set, and this comes "
                f"from {one_line(who, 80) or 'nobody'}; let them push it, or push without it"
            )

    # Proposals.

    def _of_the_branch(self, one: Update) -> Iterator[str]:
        shown = one_line(one.ref.removeprefix("refs/heads/"), 160)
        if not (one.new or one.old):
            return  # what is not here may as well be deleted
        if not one.new:
            mains = {self.main_old, self.main_new} - {""}
            merged = any(objects.is_ancestor(self.library, one.old, main) for main in mains)
            # What nobody can take in nobody need keep, and no event could end it.
            if not merged and any(merging.merge_base(self.library, one.old, main) for main in mains):
                yield f"{shown} is not merged, so it is not deleted; decline or withdraw it with `playbook` instead"
        elif not merging.merge_base(self.library, self.main_new, one.new):
            yield f"{shown} has no history in common with {self.name}; propose it anew on top of {self.name}"
        elif one.old and not objects.is_ancestor(self.library, one.old, one.new):
            yield f"{shown} is only added to, never rewritten; fetch it and put your commits on top"

    def _of_the_size(self, proposals: list[Update]) -> Iterator[str]:
        """Which proposals change more than anybody can look at."""
        found = {one.ref: (merging.merge_base(self.library, self.main_new, one.new), one.new) for one in proposals}
        trees = objects.trees_of(self.library, {commit for pair in found.values() for commit in pair if commit})
        pairs = {ref: (trees.get(base, EMPTY_TREE), trees[tip]) for ref, (base, tip) in found.items()}
        if not too_much(self.library, pairs.values()):
            return
        for ref, pair in pairs.items():
            if why := too_much(self.library, [pair]):
                yield f"{one_line(ref.removeprefix('refs/heads/'), 160)}: {why}"

    def _of_events(self, proposals: list[Update]) -> Iterator[str]:
        """What new commits of proposals claim and may not."""
        known = {self.main_old, self.main_new, *(one.old for one in proposals)} - {""}
        found = read_graph(self.library, [one.new for one in proposals], without=sorted(known)).events.values()
        yield from self._too_late_on([event for event in found if stays(event)], proposals)
        ids = {one.ref.removeprefix(PROPOSALS) for one in proposals}
        for event in found:
            if "" in (event.author.mail.strip(), event.committer.mail.strip()):
                yield f"{_shown(event)} names no author that can be read; commit it as somebody, in UTF-8"
            if event.word in EVENTS and event.proposal and event.proposal not in ids:
                yield f"{_shown(event)} is about {one_line(event.proposal, 120)}; put it on that branch"
            if len(event.parents) == 2 and not any(self._in_main(parent) for parent in event.parents):
                yield f"{_shown(event)} joins two histories of its own; put its commits in one line, on top of the branch"
            if not event.parents:
                yield f"{_shown(event)} begins a history of its own; propose its words anew on top of {self.name}"
            if len(event.parents) > 2:
                yield f"{_shown(event)} has {len(event.parents)} parents; a proposal merges one thing at a time, revise it"
            if event.fault and event.word in EVENTS:
                yield f"{_shown(event)}: {event.fault}; make it again with `playbook`"
        yield from self._of_signatures([event for event in found if event.word in JUDGING])

    def _too_late_on(self, events: list[Event], proposals: list[Update]) -> Iterator[str]:
        """Which of these new events come from somebody who may say no such thing any more."""
        if not events:
            return
        graph = read_graph(self.library, [one.new for one in proposals], without=[self.main_old or self.main_new])
        for one in proposals:
            line = walk(graph, [one.new])
            mine = {event.commit for event in line}
            late = [event for event in events if event.commit in mine]
            if late:
                yield from self._too_late(late, line[0].author.mail, self.policy)

    def _too_late(self, events: list[Event], proposer: str, policy: Policy) -> Iterator[str]:
        """Why what ends a proposal, or opens one again, is not taken now. What is here already stays heard by the rights
        of its own time; so what comes in must have its rights as it comes."""
        rights = replace(rights_at(self.library, self.main_new, events, policy=policy), then=None)
        for event in events:
            if why := rights.unheard(event, proposer):
                yield f"{_shown(event)} may not be said now: {why}; let somebody say it who may"

    def _in_main(self, commit: str) -> bool:
        mains = dict.fromkeys(main for main in (self.main_new, self.main_old) if main)
        return any(objects.is_ancestor(self.library, commit, main) for main in mains)

    def _of_signatures(self, events: list[Event]) -> Iterator[str]:
        """Whose events these are not, whatever they say."""
        if not self.policy.signers:
            return
        checked = signed.check(self.library, [event.commit for event in events], self.policy.signers)
        for event in events:
            mail, who = event.committer.mail, one_line(event.committer.mail, 80)
            found = checked[event.commit]
            if found.of(mail):
                continue
            if found.state == "verified":
                other = one_line(min(found.mails), 80)
                yield f"{_shown(event)} says it is {who}'s and is signed with the key of {other}; sign with your own"
            elif self.policy.keys_of(mail):
                how = "is not signed" if found.state == "unsigned" else f"is signed with another key ({found.why})"
                yield (
                    f"{_shown(event)} {how}, and {self.policy.path} lists keys for {who}; sign it with one of these "
                    "(`playbook doctor` says how)"
                )

    # Journals.

    def _of_the_journal(self, one: Update, name: journal_names.JournalName) -> Iterator[str]:
        shown = f"the journal {name}"
        if not one.new or (one.old and not objects.is_ancestor(self.library, one.old, one.new)):
            yield f"{shown} is only added to, never rewritten or deleted; fetch it and put your records on top"
            return
        events = list(read_graph(self.library, [one.new], without=[one.old] if one.old else []).events.values())
        for event in events:
            if journal_names.writer_hash(event.committer.mail) != name.writer:
                who = one_line(event.committer.mail, 80)
                yield f"{_shown(event)} is by {who}, and {shown} is somebody else's; write your own"
            if len(event.parents) > 1:
                yield f"{_shown(event)} is a merge, and {shown} is one line of records; put them one after the other"
        theirs = [event for event in events if self.policy.keys_of(event.committer.mail)]
        yield from self._of_signatures(theirs)

    # Who pushes.

    def _of_the_pusher(self) -> Iterator[str]:
        """Whose commits the pusher brings that are not theirs: what is committed as somebody else, without their key."""
        pusher = self.hub.pusher
        if pusher is None:
            return
        if "@" not in pusher:
            yield (
                f"the hub knows you as {one_line(pusher, 80)!r}, which is no mail; its keeper sets PLAYBOOK_PUSHER (ssh) "
                "or REMOTE_USER (HTTP) to yours"
            )
            return
        known = {self.commits[oid] for oid in self.hub.refs.values() if oid in self.commits}
        known |= {self.main_new} if not self.main_old else set()  # an import is anybody's history
        tips = [self.commits[one.new] for one in self.updates if one.new]
        me = self.policy.same_person(pusher)
        found = read_graph(self.library, tips, without=sorted(known)).events.values()
        others = [event for event in found if self.policy.same_person(event.committer.mail) != me]
        if not others:
            return
        checked = signed.check(self.library, [event.commit for event in others], self.policy.signers)
        for event in others:
            if not checked[event.commit].of(event.committer.mail):
                yield (
                    f"{_shown(event)} is committed as {one_line(event.committer.mail, 80)}, and the hub knows you as "
                    f"{one_line(pusher, 80)}; commit it as yourself, or let them push it"
                )


def _shown(event: Event) -> str:
    return f"{event.commit[:10]} ({one_line(event.subject, 60)})"


def _twin_key(ref: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", ref).casefold())


def _commits(library: Library, named: set[str]) -> dict[str, str]:
    wanted = sorted(named)
    if not wanted:
        return {}
    fed = "".join(f"{oid}^{{commit}}\n" for oid in wanted).encode()
    rows = Git(library.git_dir).run("cat-file", "--batch-check", "--buffer", input=fed, timeout=120).splitlines()
    said = (row.split(b" ") for row in rows)
    found = (row[0].decode() if len(row) == 3 and row[1] == b"commit" else "" for row in said)
    return {oid: commit for oid, commit in zip(wanted, found, strict=True) if commit}
