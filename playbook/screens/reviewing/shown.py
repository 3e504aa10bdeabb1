"""What the queue and the review screen show of proposals, read from git away from the screen's thread."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from playbook.errors import PlaybookError
from playbook.screens.reviewing.taken_back import taken_back

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.library.card import Card, Problem
    from playbook.review.change import FileChange
    from playbook.review.keyring import Keyring
    from playbook.review.proposal import Proposal
    from playbook.review.queue import Row
    from playbook.review.rules.policy import Policy
    from playbook.store.history import Revision
    from playbook.store.managed import Library
    from playbook.store.writing import Person

DECIDE, HEADS, MINE, PARKED, ENDED, UNREVIEWED = (
    "To decide", "Before the heads", "Mine", "Parked", "Ended", "Unreviewed"
)  # fmt: skip
VIEWS = (DECIDE, HEADS, MINE, PARKED, ENDED, UNREVIEWED)
AT_THE_END = 3  # commits without a review that the first view shows
OPEN, OVER = ("open", "escalated"), ("merged", "declined", "withdrawn")
MOST_KEPT = 400
MOST_ASKED = 100  # proposals of which it is found out whether they need the reader's key


class Facts(NamedTuple):
    """What is found out of a proposal's files: the change in a few words, and what lint says that it did not say before."""

    summary: str = ""
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> int:
        """How many of them are errors."""
        return sum(problem.severity == "error" for problem in self.problems)


def own(me: str, policy: Policy, proposal: Proposal) -> bool:
    """Whether that person made it; nobody did who is not known."""
    return bool(me) and policy.same_person(proposal.proposer) == me


def judged(me: str, policy: Policy, proposal: Proposal) -> bool:
    """Whether that person has judged the words as they are, and nobody waits for their ruling on them."""
    ruled = any(
        policy.same_person(event.by.mail) == me and event.word == "rule" and event.head == proposal.head
        for event in proposal.events
        if not event.fault
    )
    return ruled or (
        not rules_on(me, policy, proposal)
        and any(
            policy.same_person(event.by.mail) == me and event.word in ("approve", "request-changes")
            for event in proposal.verdicts.values()
        )
    )


def rules_on(me: str, policy: Policy, proposal: Proposal) -> bool:
    """Whether it stands before the heads, and that person is the one, or one of those, to decide it now."""
    from playbook.review.escalation import judges_of

    if proposal.state != "escalated" or proposal.fault or not me:
        return False
    return me in {policy.same_person(mail) for mail in judges_of(policy, proposal)}


def waits_for(me: str, policy: Policy, proposal: Proposal) -> bool:
    """Whether it waits for that person's decision."""
    if proposal.fault or own(me, policy, proposal):
        return False
    # What stands before the heads is theirs.
    ready = proposal.state == "open" or rules_on(me, policy, proposal)
    return ready and not judged(me, policy, proposal)


def asks_its_proposer(policy: Policy, proposal: Proposal) -> bool:
    """Whether it waits for the one who proposed it: for other words, or to stand by those that somebody gave it."""
    if proposal.state not in OPEN or proposal.fault:
        return False
    if any(event.word == "request-changes" for event in proposal.verdicts.values()):
        return True
    proposer, newest = policy.same_person(proposal.proposer), proposal.contents[-1:]
    revised = any(policy.same_person(event.by.mail) != proposer for event in newest)
    return revised and not any(
        event.word == "acknowledge" and policy.same_person(event.by.mail) == proposer
        for event in proposal.verdicts.values()
    )


@dataclass(frozen=True)
class Queued:
    """Every proposal with its row, as read at one moment. `me` is who reads, "" where git does not know."""

    rows: tuple[Row, ...]
    unreviewed: tuple[Revision, ...]
    policy: Policy
    me: str
    titles: dict[str, str]
    seen: frozenset[str] = frozenset()
    """The commits without a review that the reader has marked as seen."""
    taken: Mapping[str, Proposal] = field(default_factory=dict)
    """By id of what was merged and taken back again, the proposal that did that."""
    wanted: frozenset[str] = frozenset()
    """The ids of those that still need the reader's own key."""

    @property
    def unseen(self) -> list[Revision]:
        """The commits without a review that are still to be looked at."""
        return [one for one in self.unreviewed if one.commit not in self.seen]

    def mine(self, row: Row) -> bool:
        """Whether it is the reader's own."""
        return own(self.me, self.policy, row.proposal)

    def judged(self, row: Row) -> bool:
        """Whether the reader has judged the words as they are."""
        return judged(self.me, self.policy, row.proposal)

    def to_decide(self, row: Row) -> bool:
        """Whether it waits for the reader."""
        return row.proposal.id in self.wanted or waits_for(self.me, self.policy, row.proposal)

    def rules_on(self, row: Row) -> bool:
        """Whether the reader is to rule on it."""
        return rules_on(self.me, self.policy, row.proposal)

    def turn(self, row: Row) -> str:
        """In a word what it wants of the reader above all others; "" where it is not their turn."""
        if self.mine(row):
            return "your turn" if asks_its_proposer(self.policy, row.proposal) else ""
        if self.rules_on(row) and not self.judged(row):
            return "your ruling"
        return "your key" if row.proposal.id in self.wanted else ""

    @property
    def views(self) -> tuple[str, ...]:
        """The views there are: where nobody can rule and nothing is before anybody, none of that."""
        heard = self.policy.head_mails or self.policy.arbiter or self.view(HEADS)
        return VIEWS if heard else tuple(name for name in VIEWS if name != HEADS)

    def view(self, name: str) -> list[Row | Revision]:
        """The rows of one view, in its order."""
        if name == HEADS:
            before = [row for row in self.rows if row.proposal.state == "escalated" and not row.proposal.fault]
            before.sort(key=lambda row: (not self.rules_on(row), -row.age_hours, row.proposal.id))
            return [*before]
        newest = sorted(self.rows, key=lambda row: (-row.proposal.changed, row.proposal.id))
        if name == MINE:
            mine = [row for row in newest if self.mine(row)]
            return [*sorted(mine, key=lambda row: not self.turn(row))]
        if name == PARKED:
            return [row for row in newest if row.proposal.state == "parked"]
        if name == ENDED:
            return [row for row in newest if row.proposal.state in OVER]
        if name == UNREVIEWED:
            return [*self.unseen, *(one for one in self.unreviewed if one.commit in self.seen)]
        standing = [row for row in self.rows if row.proposal.state in OPEN and not self.mine(row)]
        standing.sort(
            key=lambda row: (
                bool(row.proposal.fault),
                not self.rules_on(row),
                not self.turn(row),
                not self.to_decide(row),
                self.judged(row),
                -row.waiting_hours,
                row.proposal.opened,
            )
        )
        return [*standing, *self.unseen[:AT_THE_END]]


@dataclass(frozen=True)
class Reviewed:
    """One proposal as the review screen shows it; `keyring` says whose keys it has, and what its reader's would be."""

    row: Row
    changes: tuple[FileChange, ...]
    facts: Facts
    cards: tuple[Card | None, ...]
    """The card on main that each file is, where it is one."""
    commit: str
    policy: Policy
    me: str
    keyring: Keyring
    others: tuple[tuple[str, str], ...] = ()
    """The other open proposals for the same files: id and title."""
    moved: tuple[str, ...] = ()
    """Those of its files that main changed under it; with `joined` the change is against main as it is now."""
    joined: bool = False
    undecided: frozenset[str] = frozenset()
    """The ids of all proposals that wait for the reader."""
    taken: Proposal | None = None
    """The proposal that took it back, where it was merged and is main's no more."""

    @property
    def proposal(self) -> Proposal:
        """The proposal itself."""
        return self.row.proposal

    @property
    def may_not(self) -> str:
        """Why the reader's approval would be no key."""
        return self.keyring.may_not

    @property
    def own(self) -> bool:
        """Whether the reader made it."""
        return own(self.me, self.policy, self.proposal)


class Kept:
    """What was found out of files stays true for the same trees; a few hundred are kept."""

    def __init__(self) -> None:
        self._facts: OrderedDict[tuple[str, ...], Facts] = OrderedDict()
        self._lock = threading.Lock()

    def facts(self, session: Session, proposal: Proposal) -> Facts:
        """Of a proposal, read when it is not kept."""
        key = (
            str(session.library.git_dir),
            session.snapshot.commit,
            proposal.base_tree,
            proposal.head_tree,
            proposal.state,
        )
        with self._lock:
            found = self._facts.get(key)
        if found is None:
            found = facts(session, proposal)
            with self._lock:
                self._facts[key] = found
                while len(self._facts) > MOST_KEPT:
                    self._facts.popitem(last=False)
        return found


def read_queue(library: Library, *, ended: bool) -> Queued:
    """Every proposal; with `ended` the merged ones too, which takes a look through all of main."""
    from playbook.finding.looked_at import looked_at
    from playbook.review.listing import proposals
    from playbook.review.queue import rows_of, unreviewed
    from playbook.review.rules.policy import policy_at
    from playbook.store.refs import main_commit

    rows = tuple(rows_of(library, proposals(library, merged=ended)))
    policy = policy_at(library, main_commit(library))
    titles = {row.proposal.id: row.proposal.title for row in rows}
    me = _me()
    reader = policy.same_person(me.mail) if me else ""
    taken = taken_back(row.proposal for row in rows)
    return Queued(rows, tuple(unreviewed(library)), policy, reader, titles, looked_at(library.name), taken)


def with_wanted(library: Library, queued: Queued) -> Queued:
    """With those that still need the reader's own key, looked for among the longest waiting."""
    from playbook.review.keyring import GIVES, keyring
    from playbook.review.rules.rights import rights_at
    from playbook.store.refs import main_commit

    me, main = _me(), main_commit(library)
    asked = [row for row in queued.rows if row.proposal.state in OPEN and row.proposal.edited and not queued.mine(row)]
    asked = sorted(asked, key=lambda row: -row.waiting_hours)[:MOST_ASKED]
    rights = rights_at(library, main, (event for row in asked for event in row.proposal.events))
    wanted = (
        row.proposal.id
        for row in asked
        if not row.conflict
        # While somebody asks for other words, it is its proposer's turn.
        and not any(event.word == "request-changes" for event in row.proposal.verdicts.values())
        and keyring(library, row.proposal, main, rights, me).own == GIVES
    )
    return replace(queued, wanted=frozenset(wanted))


def known_as(policy: Policy) -> str:
    """By what mail the policy knows who sits here; "" where git does not know who it is."""
    me = _me()
    return policy.same_person(me.mail) if me else ""


def _me() -> Person | None:
    from playbook.store.writing import acting

    try:
        return acting()
    except PlaybookError:
        return None


def facts(session: Session, proposal: Proposal) -> Facts:
    """What a proposal changes in a few words, and the findings that it brings in."""
    from playbook.review.change import brought_in
    from playbook.review.on_main import on_main

    if proposal.fault or not proposal.edited:
        return Facts("a note, nothing edited yet" if not proposal.fault else "")
    changes = on_main(session.library, proposal, session.snapshot.commit).changes
    # What lint says today of words that were decided long ago is nobody's concern.
    standing = proposal.state not in OVER
    return Facts(in_few_words(changes), brought_in(session, changes) if standing else ())


def in_few_words(changes: tuple[FileChange, ...]) -> str:
    """Of one file what became of its words, of several how many they are."""
    from playbook.library.names import is_markdown
    from playbook.text.worddiff import summary

    if not changes:
        return "nothing changed"
    if len(changes) > 1:
        what = [change.what for change in changes]
        parts = [f"{what.count(name)} {name}" for name in ("changed", "new", "renamed", "deleted") if name in what]
        return f"{len(changes)} files: {', '.join(parts)}"
    (change,) = changes
    if not change.readable:
        return f"a file that is no text, {change.what}"
    if change.what == "new":
        return f"a new card, {len(change.after.split())} words"
    if change.what == "deleted":
        return "the card is deleted"
    words = summary(change.before, change.after, by_line=not is_markdown(change.path))
    return f"renamed, {words}" if change.what == "renamed" else words


def read_proposal(session: Session, id: str, kept: Kept, wanted: Collection[str] = ()) -> Reviewed:
    """One proposal with its texts; `wanted` are those that the queue found to need the reader's key. Raises what
    finding it raises."""
    from playbook.review.keyring import keyring
    from playbook.review.listing import find, proposals
    from playbook.review.on_main import OnMain, on_main
    from playbook.review.queue import as_they_stand, row_of
    from playbook.review.rules.rights import rights_at
    from playbook.store.refs import main_commit

    library = session.library
    proposal = find(library, id)
    beside = [other for other in proposals(library) if other.id != proposal.id]
    row = row_of(library, proposal)
    others = tuple((other.id, other.title) for other in beside if other.id in row.others)
    main = main_commit(library)
    rights = rights_at(library, main, proposal.events)
    policy = rights.policy
    me = _me()
    who = policy.same_person(me.mail) if me else ""
    standing = [row.proposal, *as_they_stand(policy, beside)]
    waiting = (one.id for one in standing if waits_for(who, policy, one) or (one.id in wanted and one.state in OPEN))
    shown = on_main(library, proposal, main) if proposal.edited and not proposal.fault else OnMain(())
    changes = shown.changes
    cards = tuple(_card(session, change.renamed_from or change.path) for change in changes)
    if not changes:
        cards = tuple(_named(session, event.about) for event in proposal.contents if event.about)[:1]
    taken = taken_back(proposals(library, merged=True)).get(proposal.id) if proposal.state == "merged" else None
    return Reviewed(
        row, changes, kept.facts(session, proposal), cards, session.snapshot.commit, policy,
        who, keyring(library, row.proposal, main, rights, me), others, shown.moved, shown.joined,
        frozenset(waiting), taken,
    )  # fmt: skip


def _card(session: Session, path: str) -> Card | None:
    found = session.snapshot.cards_at(path)
    return found[0] if found else None


def _named(session: Session, id: str) -> Card | None:
    try:
        return session.snapshot.card(id)
    except PlaybookError:
        return None
