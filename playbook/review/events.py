"""What stands in a proposal's commits: its contents and its events, read from git as they are."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from playbook.store.history import seconds
from playbook.store.runner import Git
from playbook.store.trailers import Message, read_message, write_message
from playbook.store.writing import Person
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

BRANCHES = "proposals/"
OUTBOX = "refs/heads/" + BRANCHES
SHARED = "refs/remotes/hub/" + BRANCHES

CONTENT = frozenset({"propose", "revise", "resolve"})
VERDICTS = frozenset({"approve", "request-changes", "acknowledge"})
ENDINGS = {"decline": "declined", "withdraw": "withdrawn", "park": "parked"}
# What decides about a proposal; it must be signed where the policy lists keys for whoever does it.
JUDGING = VERDICTS | set(ENDINGS) | {"reopen", "escalate", "rule", "override"}
EVENTS = CONTENT | VERDICTS | set(ENDINGS) | {
    "comment", "close-thread", "reopen", "split", "join", "escalate", "rule", "override",
}  # fmt: skip
KINDS = ("edit", "note", "new", "retire", "rename", "verify", "revert", "delete", "launch")


@dataclass(frozen=True, slots=True)
class Event:
    """One commit of a proposal. `word` is what it does (see EVENTS); an ordinary commit by plain git is a `revise`.

    `head` is the content commit a verdict judges, `base` the commit of main its giver saw; `path`, `anchor` and
    `reply_to` say what a comment is about. `when` is its committer's clock in seconds since 1970: shown, never trusted
    for order. `ruling` is what a ruling decides, `merge` or `decline`. `fault` says why it counts for nothing.
    """

    commit: str
    tree: str
    parents: tuple[str, ...]
    id: str
    word: str
    author: Person
    committer: Person
    when: int
    subject: str
    text: str
    head: str = ""
    base: str = ""
    path: str = ""
    anchor: str = ""
    reply_to: str = ""
    kind: str = ""
    proposal: str = ""
    why: str = ""
    about: str = ""
    ruling: str = ""
    fault: str = ""

    @property
    def by(self) -> Person:
        """Who did it: for contents whose words they are, for all else who put it there."""
        return self.author if self.word in CONTENT else self.committer


@dataclass(frozen=True)
class Graph:
    """Every commit of every proposal that main has not got, and the trees of the commits of main they stand on."""

    events: dict[str, Event]
    grounds: dict[str, str]


def new_event_id() -> str:
    """An id no other event has: with it a push that may or may not have arrived can be tried again."""
    return secrets.token_hex(16)


def message_for(word: str, subject: str, text: str, **said: str) -> str:
    """The commit message of an event; `said` names trailers with underscores for dashes."""
    trailers = {"Event": word, "Event-Id": said.pop("event_id", "") or new_event_id()}
    for name, value in said.items():
        trailers["-".join(part.capitalize() for part in name.split("_"))] = value
    return write_message(subject, text, trailers)


_FORMAT = "%m%x00%H%x00%T%x00%P%x00%ct%x00%an%x00%ae%x00%cn%x00%ce%x00%B"


def read_graph(library: Library, tips: Iterable[str], *, without: Iterable[str] = ()) -> Graph:
    """The commits that the tips reach and `without` does not, parents first, in one log. Raises LibraryUnreadable."""
    wanted = list(dict.fromkeys(tips))
    if not wanted:
        return Graph({}, {})
    lines = [*wanted, *(f"^{commit}" for commit in without)]
    return _graph(library, "".join(f"{line}\n" for line in lines), ("--boundary",))


def read_commits(library: Library, commits: Iterable[str]) -> list[Event]:
    """These commits alone, in the given order, as events."""
    wanted = list(dict.fromkeys(commits))
    if not wanted:
        return []
    found = _graph(library, "".join(f"{commit}\n" for commit in wanted), ("--no-walk=unsorted",)).events
    return [found[commit] for commit in wanted if commit in found]


def _graph(library: Library, fed: str, options: tuple[str, ...]) -> Graph:
    # Ended by NUL, as all fields are: no message can hold one, so none can pass for the end of its commit.
    output = Git(library.git_dir).run(
        "log", "-z", "--stdin", "--topo-order", "--reverse", *options, "--no-show-signature", "--encoding=UTF-8",
        "--no-ext-diff", "--no-textconv", "--no-patch", f"--format={_FORMAT}", input=fed.encode(), timeout=120,
    )  # fmt: skip
    events: dict[str, Event] = {}
    grounds: dict[str, str] = {}
    tokens = output.decode("utf-8", "replace").split("\0")
    for at in range(0, len(tokens) - 9, 10):
        mark, commit, tree, parents, when, *people, message = tokens[at : at + 10]
        if mark == "-":
            grounds[commit] = tree
            continue
        author, committer = _person(people[0], people[1]), _person(people[2], people[3])
        events[commit] = _event(
            commit, tree, tuple(parents.split()), author, committer, seconds(when), read_message(message)
        )
    return Graph(events, grounds)


@lru_cache(maxsize=4096)
def _person(name: str, mail: str) -> Person:
    return Person(one_line(name, 100), one_line(mail, 200))


def _event(
    commit: str,
    tree: str,
    parents: tuple[str, ...],
    author: Person,
    committer: Person,
    when: int,
    message: Message,
) -> Event:
    said = message.trailers
    word, fault = said.get("event", ""), message.fault
    if word and word not in EVENTS:
        fault = fault or f"Nothing here is called {one_line(word, 40)}; it may be from a newer playbook"
    if not word:
        word = "revise"
    return Event(
        commit=commit,
        tree=tree,
        parents=parents,
        id=said.get("event-id", "") or commit,
        word=word,
        author=author,
        committer=committer,
        when=when,
        subject=message.subject,
        text=message.body,
        head=said.get("head", ""),
        base=said.get("base", ""),
        path=said.get("path", ""),
        anchor=said.get("anchor", ""),
        reply_to=said.get("reply-to", ""),
        kind=one_line(said.get("kind", ""), 80),
        proposal=said.get("proposal", ""),
        why=said.get("why", ""),
        about=said.get("about", ""),
        ruling=said.get("ruling", ""),
        fault=fault,
    )
