"""Search tests as content: content/searches.toml holds questions and the cards that must answer them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from playbook.errors import LibraryUnreadable, NothingFound, PlaybookError, UsageError
from playbook.finding.session import Session
from playbook.library.tomltable import read_toml
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.library.card import Card
    from playbook.search.query import Query

FILE = "searches.toml"
Context = dict[str, str | list[str]]


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question: `first` must come first, or one of `first_three` among the first three.

    `context` is what is pinned meanwhile, by facet.
    """

    words: str
    first: str = ""
    first_three: list[str] = msgspec.field(default_factory=list)
    context: Context = msgspec.field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    """A question that was not answered as wanted: the ids wanted and got, and why those got came first."""

    words: str
    wanted: Sequence[str]
    got: Sequence[str]
    explained: Sequence[str] = ()

    def as_json(self, *, explain: bool) -> dict[str, Any]:
        """For scripts."""
        row: dict[str, Any] = {"words": self.words, "wanted": list(self.wanted), "got": list(self.got)}
        return row | {"explain": list(self.explained)} if explain else row


@dataclass(frozen=True)
class Outcome:
    """All questions asked: shares from 0 to 1, and what the library wants of them."""

    asked: int
    first: int
    first_three: int
    want_first: float
    want_first_three: float
    failures: list[Failure] = field(default_factory=list)

    @property
    def share_first(self) -> float:
        """success@1."""
        return self.first / self.asked if self.asked else 0.0

    @property
    def share_first_three(self) -> float:
        """success@3."""
        return self.first_three / self.asked if self.asked else 0.0

    @property
    def good(self) -> bool:
        """Whether the library's own threshold is met."""
        return self.share_first >= self.want_first and self.share_first_three >= self.want_first_three


def expected_searches(session: Session) -> list[Expected]:
    """The questions of content/searches.toml at the session's commit. Raises NothingFound and UsageError."""
    from playbook.store.objects import blobs, tree

    path = f"{session.snapshot.root}{FILE}"
    entry = next((e for e in tree(session.library, session.snapshot.commit) if e.path == path.encode()), None)
    if entry is None:
        raise NothingFound(f"The library has no {path}; write one to have its searches tested")
    found = dict(blobs(session.library, [entry.oid]))
    try:
        table = read_toml(found[entry.oid].decode("utf-8"))
        return msgspec.convert(table.get("search", []), list[Expected])
    except KeyError as error:
        raise LibraryUnreadable(f"{path} cannot be read; is it over 1 MiB?") from error
    except (ValueError, msgspec.ValidationError) as error:
        raise UsageError(f"{path}: {one_line(str(error))}; mend the file and run it again") from error


def asked_as(question: Expected) -> Query:
    """The question as search is asked: its last word is finished."""
    from playbook.search.query import parse_query

    context = {facet: [value] if isinstance(value, str) else value for facet, value in question.context.items()}
    return parse_query(f"{question.words} ", context=context)


def run_searches(session: Session) -> Outcome:
    """Ask every question and compare; a card that is gone fails its question and says so."""
    questions = expected_searches(session)
    failures: list[Failure] = []
    first = first_three = 0
    for question in questions:
        results = session.searcher.search(asked_as(question), limit=3, today=session.today())
        got = [hit.card.id for hit in results.hits]
        wanted, missing = _resolved(session, [question.first] if question.first else question.first_three)
        at_first = bool(got) and got[0] in wanted
        among = any(found in wanted for found in got)
        first += at_first
        first_three += among
        if missing or not (at_first if question.first else among):
            explained = [
                f"{hit.card.id} {hit.score:.2f}: "
                + "  ".join(f"{name} {value:.2f}" for name, value in hit.explain.items())
                for hit in results.hits
            ]
            failures.append(Failure(question.words, [*wanted, *(f"{name} (gone)" for name in missing)], got, explained))
    wants = session.snapshot.settings.search
    return Outcome(len(questions), first, first_three, wants.first, wants.first_three, failures)


def _resolved(session: Session, names: Sequence[str]) -> tuple[list[str], list[str]]:
    found: list[Card] = []
    missing: list[str] = []
    for name in names:
        try:
            found.append(session.snapshot.resolve(name))
        except PlaybookError:
            missing.append(name)
    return [card.id for card in found], missing
