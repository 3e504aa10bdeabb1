"""The parts of a score in words that a rep understands; scripts get the parts' own names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from playbook.search.ranking import WEIGHTS

LEAST = 0.05  # what weighs less is not worth a line

_WORDS = {
    "title_phrase": "its title is what you typed",
    "title_terms": "its title has your words",
    "alias_phrase": "its other name is exactly what you typed",
    "alias_terms": "its other names have your words",
    "heading_phrase": "a heading in it is what you typed",
    "heading_terms": "its headings have your words",
    "page_terms": "its page or folder has your words",
    "all_terms": "it has every word you typed",
    "body": "how often your words stand in it, and how rare they are",
    "nearness": "your words stand side by side in it",
    "kind": "it is a card made for calls",
    "trust": "its words are verified",
    "context_stage": "it fits the stage of this call",
    "context_persona": "it fits the person you talk to",
    "context_competitor": "it is about the competitor in question",
    "context_product": "it fits the product of this call",
    "other_competitor": "it is about another competitor",
    "worked": "it worked in the field",
    "repeat": "its page stands above already",
    "depth": "it stands deep in its page",
}
# A part that is smaller than it could be says something else.
_PARTLY = {
    "title_phrase": (0.9, "what you typed stands in its title"),
    "title_terms": (0.9, "its title has some of your words"),
    "alias_phrase": (1.0, "its other name is nearly what you typed"),
    "alias_terms": (0.9, "its other names have some of your words"),
    "heading_terms": (0.9, "its headings have some of your words"),
    "page_terms": (0.9, "its page or folder has some of your words"),
    "all_terms": (1.0, "it has every word you typed, or one that means the same"),
    "nearness": (1.0, "your words stand near each other in it"),
}
_AGAINST = {
    "kind": "it is a note of one case",
    "trust": "its words may not be said any more",
    "worked": "it did not work in the field",
}


class Reason(NamedTuple):
    """One part of a score: in words, by its own name, and what it weighs."""

    words: str
    name: str
    value: float


def reasons(parts: Mapping[str, float]) -> list[Reason]:
    """Why the card stands where it does, the heaviest reason first."""
    weighed = sorted(parts.items(), key=lambda part: -abs(part[1]))
    return [Reason(said(name, value), name, value) for name, value in weighed if abs(value) >= LEAST]


def said(name: str, value: float) -> str:
    """One part of a score in words."""
    if value < 0:
        return _AGAINST.get(name) or _WORDS.get(name) or _named(name)
    share, partly = _PARTLY.get(name, (0.0, ""))
    if partly and value < share * WEIGHTS[name] - 0.005:
        return partly
    return _WORDS.get(name) or _named(name)


def _named(name: str) -> str:
    return f"it fits the {name.removeprefix('context_')} of this call" if name.startswith("context_") else name
