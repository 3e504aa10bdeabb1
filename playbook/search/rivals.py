"""Which competitor a question is about, and which cards are about another one: their lines said to this buyer are wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
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
    """The competitors that a question is about, their cards, and those of any."""

    rivals: Rivals
    keys: frozenset[str]
    ours: Collection[str]
    listed: Collection[str]

    def other(self, card: Card, title: str) -> float:
        """How far the card belongs to another competitor alone: 1 when its title names one, LISTED when only its fields do.

        `title` is its title as a line of folded words.
        """
        if card.id in self.ours:
            return 0.0
        called = self.rivals.called(title + line_of(card.page_title) if card.page_title else title)
        if called:
            return 0.0 if called & self.keys else 1.0
        return LISTED if card.id in self.listed else 0.0


class Rivals:
    """The competitors of one snapshot: what their cards list, and what their battlecards are called."""

    def __init__(self, snapshot: Snapshot, facets: Facets) -> None:
        self._snapshot = snapshot
        self._facets = facets
        self._sides: dict[frozenset[str], Sides] = {}

    def warm(self) -> None:
        """Read the names before anybody asks."""
        _ = self._begun

    @cached_property
    def names(self) -> dict[str, frozenset[str]]:
        """By name, as it stands in a line of folded words, the competitors that are called so."""
        found: dict[str, set[str]] = {}
        values = self._facets.values("competitor")
        by_card: dict[str, set[str]] = {}
        for key, ids in values.items():
            found.setdefault(line_of(key.replace("-", " ")), set()).add(key)
            for card_id in ids:
                by_card.setdefault(card_id, set()).add(key)
        for card in self._snapshot.cards if values else ():
            if card.kind == "battlecard":
                for name in (card.title, *card.aliases):
                    found.setdefault(line_of(name), set()).update(by_card.get(card.id, ()))
        # Acme's module is Acme's, and one letter alone names nobody.
        owned = {f"{name.rstrip()}s ": keys for name, keys in found.items() if not name.endswith("s ")}
        return {name: frozenset(keys) for name, keys in (owned | found).items() if len(name) > 3}

    @cached_property
    def _begun(self) -> dict[str, list[str]]:
        """The names by their first word: a library may know thousands, and a question comes with every letter."""
        found: dict[str, list[str]] = {}
        for name in self.names:
            found.setdefault(name.split(None, 1)[0], []).append(name)
        return found

    def about(self, words: Iterable[str], pinned: Iterable[str], lexicon: Lexicon) -> Sides | None:
        """The sides of a question that names a competitor, or is asked in a call about one; None for any other."""
        if not self._begun:
            return None
        keys = {key for value in pinned for key in self._facets.resolved("competitor", value)}
        # A name of everyday words alone names nobody: they stand in every other card.
        keys |= self.called(
            f" {' '.join(words)} ", lambda name: any(lexicon.rarity(word) >= lexicon.common for word in name.split())
        )
        return self._of(frozenset(keys)) if keys else None

    def called(self, line: str, telling: Callable[[str], bool] = lambda name: True) -> set[str]:
        """The competitors that a line of folded words names."""
        begun, keys = self._begun, set[str]()
        for first in set(line.split()):
            for name in begun.get(first, ()):
                if name in line and telling(name):
                    keys |= self.names[name]
        return keys

    def _of(self, keys: frozenset[str]) -> Sides:
        found = self._sides.get(keys)
        if found is None:
            values = self._facets.values("competitor")
            ours = set().union(*(values.get(key, ()) for key in keys))
            found = self._sides[keys] = Sides(self, keys, ours, set().union(*values.values()))
        return found
