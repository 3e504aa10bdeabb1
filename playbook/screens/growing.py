"""One bar for all that is done before a library answers at its best: it grows from reading to the index, and never shrinks."""

from __future__ import annotations

from typing import NamedTuple

WHOLE = 1_000  # what `total` is for the whole bar
# What each phase is called, and from where to where it fills the bar: about as long as it takes.
PHASES = {
    "reading": ("Reading the library", 0.0, 0.1),
    "parsing": ("Reading the library", 0.1, 0.5),
    "indexing": ("Indexing it", 0.5, 0.95),
    "writing": ("Indexing it", 0.95, 1.0),
}


class Step(NamedTuple):
    """What is done now, and how much of how much."""

    what: str
    done: int
    total: int


class Growing:
    """How far the bar has come."""

    def __init__(self) -> None:
        self._furthest = 0.0

    def step(self, phase: str, done: int, total: int) -> Step:
        """The bar for a phase that has done so much; what is no phase of these has a bar of its own."""
        if phase not in PHASES:
            return Step(phase, done, total)
        what, start, end = PHASES[phase]
        share = min(done / total, 1.0) if total > 0 else 0.0
        self._furthest = max(self._furthest, start + (end - start) * share)
        return Step(what, round(self._furthest * WHOLE), WHOLE)
