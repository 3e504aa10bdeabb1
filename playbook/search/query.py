"""What was typed, taken apart: the words to look for and the filters among them; nothing in it is a query language."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from playbook.text import tokens

MAX_LETTERS = 600  # nobody types more mid-call; a pasted mail keeps its beginning
MAX_WORDS = 24

FACETS = ("stage", "persona", "competitor", "kind", "folder", "product", "motion", "segment", "surface")

# What may be typed for each facet; `#` and `@` need no colon.
TYPED = {
    "stage": "stage",
    "persona": "persona",
    "vs": "competitor",
    "competitor": "competitor",
    "is": "kind",
    "kind": "kind",
    "in": "folder",
    "folder": "folder",
    "product": "product",
    "motion": "motion",
    "segment": "segment",
    "surface": "surface",
}
_SIGN = re.compile(r"(?<!\S)(#+|@+)(?=[^\W_])")
_SIGNS = {"#": "stage", "@": "persona"}
# A doubled sign pins instead of filtering: `##negotiation`, `@@cfo`, `vs::acme` put what fits first and keep the rest.
_FILTER = re.compile(rf"(?<!\S)(?:(##?|@@?)|({'|'.join(TYPED)})(::?))(\"[^\"]*\"?|\S*)", re.IGNORECASE)


@dataclass(frozen=True)
class Query:
    """The question: folded `words` in order (the last one still being typed when `unfinished`) and filters by facet."""

    text: str = ""
    words: tuple[str, ...] = ()
    unfinished: bool = False
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What the call is about, by facet: it puts cards that fit first, and hides none."""
    correct: bool = True
    """Whether typing errors may be forgiven."""

    @property
    def finished(self) -> tuple[str, ...]:
        """The words that are typed to their end."""
        return self.words[:-1] if self.unfinished else self.words

    @property
    def prefix(self) -> str:
        """The word being typed, or nothing."""
        return self.words[-1] if self.unfinished else ""


def parse_query(
    text: str,
    *,
    filters: Mapping[str, Sequence[str]] | None = None,
    context: Mapping[str, Sequence[str]] | None = None,
    correct: bool = True,
) -> Query:
    """The query in `text`, joined with filters and context given as options (facet -> values). Never raises."""
    cut = text
    if len(text) > MAX_LETTERS:
        head = text[:MAX_LETTERS]
        cut = (head.rsplit(None, 1)[0] if head.split(None, 1)[1:] else head) + " "
    found, pinned = _by_facet(filters), _by_facet(context)

    def take(match: re.Match[str]) -> str:
        sign, name, colons, value = match.groups()
        value = value.strip('"').strip()
        if value:
            table = pinned if len(sign or colons) == 2 else found
            table.setdefault(_SIGNS[sign[0]] if sign else TYPED[name.lower()], []).append(value)
        return " "

    rest = _FILTER.sub(take, cut)
    words = tokens.words(rest)
    # A filter after the last word finishes that word, as a space does: its place was taken by one.
    unfinished = bool(words) and len(words) <= MAX_WORDS and not rest[-1:].isspace()
    return Query(
        text=cut.strip(),
        words=tuple(words[:MAX_WORDS]),
        unfinished=unfinished,
        filters={facet: tuple(dict.fromkeys(values)) for facet, values in found.items()},
        context={facet: tuple(dict.fromkeys(values)) for facet, values in pinned.items()},
        correct=correct,
    )


def without_signs(text: str, facets: Collection[str]) -> str:
    """The text with the signs of these facets taken off: in a library without personas `@channel` is a word."""
    return _SIGN.sub(lambda found: "" if _SIGNS[found[1][0]] in facets else found[1], text)


def _by_facet(given: Mapping[str, Sequence[str]] | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, values in (given or {}).items():
        facet = TYPED.get(name.lower(), name.lower())
        for value in [values] if isinstance(values, str) else values:
            if value.strip():
                found.setdefault(facet, []).append(value.strip())
    return found


def without_values(text: str, values: Mapping[str, Collection[str]]) -> str:
    """The text without the filters, of one sign or two, that name these values by facet; all else as it was typed."""

    def take(match: re.Match[str]) -> str:
        sign, name, _, value = match.groups()
        facet = _SIGNS[sign[0]] if sign else TYPED[name.lower()]
        return " " if value.strip('"').strip() in values.get(facet, ()) else match[0]

    left = _FILTER.sub(take, text)
    return text if left == text else " ".join(left.split())


def words_typed(text: str) -> str:
    """What was typed, without its filters."""
    return " ".join(_FILTER.sub(" ", text).split())
