"""Which competitor a question is about, and which cards are about another one: their lines said to this buyer are wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from playbook.search.entries import line_of

if TYPE_CHECKING:
    from playbook.library.card import Card
    from playbook.library.snapshot import Snapshot
    from playbook.search.engine import Lexicon
    from playbook.search.facets import Facets

LISTED = 0.5  # a card on price may list a competitor and still serve; one that names it in its title never does


class Sides(NamedTuple):
    """The cards of the competitors that a question is about, those of any, and the others' names, as they stand in lines."""

    ours: Collection[str]
    listed: Collection[str]
    names: tuple[str, ...]
    others: tuple[str, ...]

    def other(self, card: Card, title: str) -> float:
        """How far the card belongs to another competitor alone: 1 when its title names one, LISTED when only its fields do.

        `title` is its title as a line of folded words.
        """
        if card.id in self.ours:
            return 0.0
        if card.page_title:
            title += line_of(card.page_title)
        if any(name in title for name in self.names):
            return 0.0
        if any(name in title for name in self.others):
            return 1.0
        return LISTED if card.id in self.listed else 0.0


class Rivals:
    """The competitors of one snapshot: what their cards list, and what their battlecards are called."""

    def __init__(self, snapshot: Snapshot, facets: Facets) -> None:
        self._snapshot = snapshot
        self._facets = facets
        self._sides: dict[frozenset[str], Sides] = {}

    @cached_property
    def names(self) -> dict[str, frozenset[str]]:
        """By name, as it stands in a line of folded words, the competitors that are called so."""
        found: dict[str, set[str]] = {}
        values = self._facets.values("competitor")
        for key in values:
            found.setdefault(line_of(key.replace("-", " ")), set()).add(key)
        for card in self._snapshot.cards if values else ():
            if card.kind == "battlecard":
                keys = {key for key, ids in values.items() if card.id in ids}
                for name in (card.title, *card.aliases):
                    found.setdefault(line_of(name), set()).update(keys)
        # Acme's module is Acme's, and two letters alone name nobody.
        owned = {f"{name.rstrip()}s ": keys for name, keys in found.items() if not name.endswith("s ")}
        return {name: frozenset(keys) for name, keys in (owned | found).items() if len(name) > 4}

    def about(self, words: Iterable[str], pinned: Iterable[str], lexicon: Lexicon) -> Sides | None:
        """The sides of a question that names a competitor, or is asked in a call about one; None for any other."""
        names = self.names
        if not names:
            return None
        line = f" {' '.join(words)} "
        keys = {key for value in pinned for key in self._facets.resolved("competitor", value)}
        for name, called in names.items():
            # A name of everyday words alone names nobody: they stand in every other card.
            if name in line and any(lexicon.rarity(word) >= lexicon.common for word in name.split()):
                keys |= called
        return self._of(frozenset(keys)) if keys else None

    def _of(self, keys: frozenset[str]) -> Sides:
        found = self._sides.get(keys)
        if found is None:
            values = self._facets.values("competitor")
            ours = set().union(*(values.get(key, ()) for key in keys))
            listed = set().union(*values.values())
            names = tuple(name for name, called in self.names.items() if called & keys)
            others = tuple(name for name, called in self.names.items() if called and not called & keys)
            found = self._sides[keys] = Sides(ours, listed, names, others)
        return found
