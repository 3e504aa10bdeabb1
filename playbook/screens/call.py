"""What the call is about: stage, persona and the like, pinned for the questions to come; never on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session

HOW = "Type #stage @persona vs:competitor or product:, then {key} pins them for this call"


class CallContext:
    """The pinned values by facet; they put cards that fit first and hide none."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}

    def pin(self, session: Session, found: dict[str, list[str]]) -> dict[str, list[str]]:
        """Pin what the library knows, in place of what was pinned of the same facets; gives the rest, which it does not know."""
        known: dict[str, list[str]] = {}
        unknown: dict[str, list[str]] = {}
        for facet, values in found.items():
            for value in values:
                named = not unknown_sentence(session, facet, value)
                (known if named else unknown).setdefault(facet, []).append(value)
        # Another dict each time: a question that is being answered holds the one before.
        self.values = self.values | known
        return unknown

    def clear(self) -> None:
        """The call is over, or another library stands open."""
        self.values = {}

    def __str__(self) -> str:
        return ", ".join(value for values in self.values.values() for value in values)


def filters_in(question: str) -> dict[str, list[str]]:
    """The filters typed in the question, with one sign or two, by facet."""
    from playbook.search.query import parse_query

    query = parse_query(question)
    found: dict[str, list[str]] = {facet: list(values) for facet, values in query.filters.items()}
    for facet, values in query.context.items():
        found[facet] = list(dict.fromkeys([*found.get(facet, []), *values]))
    return found


def unknown_sentence(session: Session, facet: str, value: str) -> str:
    """What to say of a value that names nothing; nothing of one that does."""
    from playbook.search.facets import CLOSED

    facets = session.searcher.facets
    said = facets.unknown({facet: [value]})
    if said or facet in CLOSED or facets.allowed({facet: [value]}):
        return "".join(said)
    return f"No card here has the {facet} {one_line(value, 80)!r}"
