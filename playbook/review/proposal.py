"""A proposal: the fold over the commits of its branch. Nothing about it is kept anywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from playbook.review.events import BRANCHES, CONTENT, ENDINGS, JUDGING, VERDICTS, Event, Graph
from playbook.store.writing import Person
from playbook.text.safe import one_line

State = Literal["open", "merged", "declined", "withdrawn", "parked", "escalated"]


class Heard(Protocol):
    """Who may do what: see review.rights, which makes it of a policy."""

    def same_person(self, mail: str) -> str:
        """The mail a person is known by, in small letters."""

    def unheard(self, event: Event, proposer: str, before: Callable[[], Iterable[str]] = tuple) -> str:
        """Why an event counts for nothing; "" when it counts. `before` gives what earlier ones know of main."""

    def keyholder(self, mail: str) -> bool:
        """Whether their approval is a key anywhere."""

    def decides(self, rulings: Mapping[str, str]) -> str:
        """What rulings come to: `merge`, `decline` or "" so far."""


class Anybody:
    """No policy: every event counts, each mail is a person, and nobody may rule."""

    def same_person(self, mail: str) -> str:
        """The mail in small letters."""
        return mail.casefold()

    def unheard(self, event: Event, proposer: str, before: Callable[[], Iterable[str]] = tuple) -> str:
        """Never a reason."""
        return ""

    def keyholder(self, mail: str) -> bool:
        """Everybody is one."""
        return True

    def decides(self, rulings: Mapping[str, str]) -> str:
        """Nothing."""
        return ""


@dataclass(frozen=True)
class Thread:
    """A comment on a place of the text (or on the whole, with an empty path), and its answers in order."""

    first: Event
    answers: tuple[Event, ...] = ()
    closed: bool = False

    @property
    def id(self) -> str:
        """The first comment's event id."""
        return self.first.id


@dataclass(frozen=True)
class Proposal:
    """A change somebody proposes.

    `tip` is the branch's commit; `head` the newest content commit, "" while nothing is edited yet (a note); `base` the
    commit of main it stands on. `contents` and `events` are in order; `verdicts` holds the last one of each person that
    judges the head, by mail in small letters. `fault` says why the branch cannot be read: then all else may be empty.
    """

    id: str
    tip: str
    title: str
    why: str
    kind: str
    author: Person
    opened: int
    changed: int
    state: State
    head: str
    base: str
    head_tree: str
    base_tree: str
    contents: tuple[Event, ...] = ()
    events: tuple[Event, ...] = ()
    verdicts: Mapping[str, Event] = field(default_factory=dict)
    outdated: Mapping[str, Event] = field(default_factory=dict)
    threads: tuple[Thread, ...] = ()
    paths: tuple[str, ...] = ()
    merge: str = ""
    unsent: bool = False
    fault: str = ""
    gone: str = ""  # where somebody deleted its branch at the hub: that, and how it comes back
    later: tuple[Event, ...] = ()  # of a merged one, what came to its branch afterwards and changes nothing

    @property
    def branch(self) -> str:
        """The branch's name at the hub."""
        return BRANCHES + self.id

    @property
    def authors(self) -> frozenset[str]:
        """The mails, in small letters, of all who wrote one of its content commits or put one there."""
        people = (person for event in self.contents for person in (event.author, event.committer))
        return frozenset(person.mail.casefold() for person in people)

    @property
    def proposer(self) -> str:
        """The mail, in small letters, of who began it."""
        return self.author.mail.casefold()

    @property
    def edited(self) -> bool:
        """Whether it changes anything."""
        return bool(self.head) and self.head_tree != self.base_tree

    @property
    def ended_because(self) -> str:
        """The words with which it was declined, withdrawn or parked last; "" when nobody said."""
        if self.gone:
            return self.gone
        ended = (
            event
            for event in reversed(self.events)
            if not event.fault
            and (ENDINGS.get(event.word) == self.state or (event.word == "rule" and event.ruling == "decline"))
        )
        return next((event.text for event in ended), "")


def broken(id: str, tip: str, reason: str) -> Proposal:
    """A branch that cannot be read, as one row with its error."""
    nobody = Person("", "")
    return Proposal(id, tip, id, "", "edit", nobody, 0, 0, "open", "", "", "", "", fault=reason)


def walk(graph: Graph, tips: Iterable[str]) -> list[Event]:
    """The commits of one proposal, parents before children, in the graph's order."""
    reached: set[str] = set()
    waiting = [tip for tip in tips if tip in graph.events]
    while waiting:
        commit = waiting.pop()
        if commit not in reached:
            reached.add(commit)
            waiting.extend(parent for parent in graph.events[commit].parents if parent in graph.events)
    return [event for commit, event in graph.events.items() if commit in reached]


def fold(
    id: str,
    tips: tuple[str, ...],
    graph: Graph,
    *,
    merge: str = "",
    unsent: bool = False,
    heard: Heard | None = None,
) -> Proposal:
    """The proposal that these tips (one, or the outbox's and the hub's where they differ) make; `heard` says which of
    its events count, all without it."""
    rights = heard or Anybody()
    commits = walk(graph, tips)
    if not commits:
        return broken(id, tips[0] if tips else "", "Its branch holds nothing that main has not got")
    trees = {event.commit: event.tree for event in commits} | graph.grounds
    first = commits[0]
    events = [_heard(_judged(event, trees, id), first, rights, graph) for event in commits]
    first = events[0]
    contents = [event for event in events if _is_content(event)]
    edits = [event for event in contents if event.tree != trees.get(_main_parent(event, graph), "")]
    newest = contents[-1] if edits else None
    said = [event for event in events if not event.fault and not _is_content(event)]
    state, ended = _state(events, first, rights)
    verdicts, outdated = _verdicts(said, newest.commit if newest else "", rights, ended)
    if state == "open" and _contested(verdicts, rights):
        state = "escalated"
    ground = _ground(events, newest or first, graph)
    named = next((event for event in events if event.kind), None)
    return Proposal(
        id=id,
        tip=tips[0],
        title=one_line(first.subject),
        why=_why(events),
        kind=named.kind if named and named.kind else "edit",
        author=first.author,
        opened=first.when,
        changed=max(event.when for event in events),
        state="merged" if merge else state,
        head=newest.commit if newest else "",
        base=ground,
        head_tree=newest.tree if newest else first.tree,
        base_tree=graph.grounds.get(ground, ""),
        contents=tuple(contents),
        events=tuple(events),
        verdicts=verdicts,
        outdated=outdated,
        threads=_threads(said),
        merge=merge,
        unsent=unsent,
    )


def _is_content(event: Event) -> bool:
    return event.word in CONTENT


def _judged(event: Event, trees: Mapping[str, str], id: str) -> Event:
    """The event with what is wrong with it."""
    if _is_content(event):
        named = event.proposal
    else:
        # An event that changes files, or joins two histories, is a change, whatever it says of itself.
        if len(event.parents) != 1 or event.tree != trees.get(event.parents[0], event.tree):
            return replace(event, word="revise", fault="", kind="", head="", base="")
        # What decides says what it decides about.
        named = event.proposal or ("none" if event.word in JUDGING else "")
    if named and named != id and not event.fault:
        return replace(event, fault=f"It belongs to another proposal, {named}")
    return event


def _main_parent(event: Event, graph: Graph) -> str:
    """What the content is to be compared with: its parent, and of a resolution [tip, main] the main."""
    if len(event.parents) > 1:
        return next((parent for parent in event.parents[1:] if parent in graph.grounds), event.parents[0])
    return event.parents[0] if event.parents else ""


def _ground(events: list[Event], newest: Event, graph: Graph) -> str:
    """The commit of main that the proposal stands on: of a resolution the main it took in, else where it began."""
    upto = events[: events.index(newest) + 1]
    for event in reversed(upto):
        grounds = [parent for parent in event.parents if parent in graph.grounds]
        if grounds:
            return grounds[-1]
    return ""


def _heard(event: Event, first: Event, rights: Heard, graph: Graph) -> Event:
    """The event with why it counts for nothing, where its maker may not do that."""
    if event.fault or _is_content(event):
        return event
    fault = rights.unheard(event, first.author.mail, lambda: _known_before(event, graph))
    return replace(event, fault=fault) if fault else event


def _known_before(event: Event, graph: Graph) -> set[str]:
    """The commits that what an event follows stands on, and names as the main its maker saw."""
    found: set[str] = set()
    reached: set[str] = set()
    waiting = list(event.parents)
    while waiting:
        commit = waiting.pop()
        one = graph.events.get(commit)
        if one is None:
            found.add(commit)
        elif commit not in reached:
            reached.add(commit)
            found.add(one.base)
            waiting.extend(one.parents)
    return found


def _state(events: list[Event], first: Event, rights: Heard) -> tuple[State, frozenset[str]]:
    """How it stands, and the commits by which it was declined or withdrawn on the way."""
    state: State = "open"
    ended: set[str] = set()
    rulings: dict[str, str] = {}
    head = ""
    for event in events:
        if event.fault:
            continue
        if event.word in CONTENT:
            # A ruling is on the words it was given for.
            head, rulings = event.commit, {}
        if event.word in ENDINGS:
            if event.word == "withdraw" and rights.same_person(event.by.mail) != rights.same_person(first.author.mail):
                continue
            state = _ENDED[event.word]
            if event.word != "park":
                ended.add(event.commit)
        elif event.word == "reopen" or (event.word in CONTENT and state == "parked"):
            state, rulings = "open", {}
        elif event.word == "escalate" and state == "open":
            state = "escalated"
        elif event.word == "rule" and event.head in ("", head) and state in ("open", "escalated"):
            rulings[rights.same_person(event.by.mail)] = event.ruling or "merge"
            decided = rights.decides(rulings)
            state = "declined" if decided == "decline" else "open" if decided else state
            if decided == "decline":
                ended.add(event.commit)
    return state, frozenset(ended)


def _contested(verdicts: Mapping[str, Event], rights: Heard) -> bool:
    """Whether two people who may approve it judge the same words the opposite way."""
    said = {event.word for event in verdicts.values() if rights.keyholder(event.by.mail)}
    return {"approve", "request-changes"} <= said


_ENDED: Mapping[str, State] = {"decline": "declined", "withdraw": "withdrawn", "park": "parked"}


def acknowledging(mail: str) -> str:
    """The key of a person's acknowledgement among the verdicts; no mail holds a NUL."""
    return f"{mail}\0acknowledges"


def _verdicts(
    events: list[Event], head: str, rights: Heard, ended: frozenset[str]
) -> tuple[dict[str, Event], dict[str, Event]]:
    """The last verdict of each person: those that judge the newest content, and those that judged an older one."""
    counting: dict[str, Event] = {}
    outdated: dict[str, Event] = {}
    for event in events:
        if event.commit in ended:
            # Who opens it again opens the question again: what was approved before is approved anew.
            outdated |= counting
            counting.clear()
        if event.word not in VERDICTS:
            continue
        mail = rights.same_person(event.by.mail)
        key = acknowledging(mail) if event.word == "acknowledge" else mail
        if head and event.head == head:
            counting[key] = event
            outdated.pop(key, None)
        elif key not in counting:
            outdated[key] = event
    return counting, outdated


def _threads(events: list[Event]) -> tuple[Thread, ...]:
    threads: dict[str, Thread] = {}
    of: dict[str, str] = {}
    for event in events:
        if event.word == "close-thread" and event.reply_to in of:
            first = of[event.reply_to]
            threads[first] = replace(threads[first], closed=True)
        if event.word != "comment" or event.id in of:
            continue
        first = of.get(event.reply_to, "")
        if first:
            of[event.id] = first
            threads[first] = replace(threads[first], answers=(*threads[first].answers, event), closed=False)
        else:
            of[event.id] = event.id
            threads[event.id] = Thread(event)
    return tuple(threads.values())


def _why(events: list[Event]) -> str:
    """Why the change is wanted: what was said with it last, else the words of who began it."""
    for event in reversed(events):
        if _is_content(event) and event.why:
            return event.why
    first = events[0]
    return first.text or ""
