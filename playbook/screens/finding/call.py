"""What the call is about: stage, persona and the like, pinned for the questions to come; never on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playbook.finding.session import Session

HOW = "Type #stage @persona vs:competitor or product:, then {key} pins them for this call"


class CallContext:
    """The pinned values by facet; they put cards that fit first and hide none."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}

    def pin(self, session: Session, found: dict[str, list[str]], question: str) -> tuple[str, str]:
        """Pin what the library knows, in place of what was pinned of the same facets.

        Gives what to say of the rest, nothing when there is none, and the question without what is pinned now.
        """
        from playbook.search.query import without_values

        known: dict[str, list[str]] = {}
        wrong = ""
        for facet, values in found.items():
            for value in values:
                said = unknown_sentence(session, facet, value)
                wrong = wrong or said
                if not said:
                    known.setdefault(facet, []).append(value)
        # Another dict each time: a question that is being answered holds the one before.
        self.values = self.values | known
        return wrong, without_values(question, known)

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
    facets = session.searcher.facets
    return "".join([*facets.unknown({facet: [value]}), *facets.absent({facet: [value]})])
