"""Narrowing: which cards have a stage, persona, competitor, kind, folder, product, motion, segment or surface."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from playbook.library.card import Card
from playbook.text import safe, tokens

if TYPE_CHECKING:
    from playbook.library.snapshot import Snapshot

# A value that is not on these lists is a mistake worth naming; a competitor, product or folder may simply have no card.
CLOSED = ("kind", "stage", "persona", "motion", "segment", "surface")
_HOLDS = {"competitor": "names the competitor", "folder": "lies in the folder"}
_MOST_LISTED = 40  # of the known values in a sentence
_PLURAL = {"stage": "stages", "persona": "personas", "kind": "kinds", "motion": "motions", "segment": "segments"}


def key(value: str) -> str:
    """The value as it is compared: folded words joined by hyphens, so that `Mid Market` is `mid-market`."""
    return "-".join(tokens.words(value)) or value.casefold()


def _last(name: str) -> str:
    return key(name.rstrip("/").rsplit("/", 1)[-1])


class Facets:
    """The sets of card ids by facet and value, made when first asked for, for one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._sets: dict[str, dict[str, set[str]]] = {}
        self._known: dict[str, dict[str, str]] = {}

    def allowed(self, filters: Mapping[str, Sequence[str]]) -> set[str] | None:
        """The ids that pass every filter (any of a facet's values will do); None when there is no filter."""
        passing: set[str] | None = None
        for facet, values in filters.items():
            if not values:
                continue
            ids = self._in_folders(values) if facet == "folder" else self._with_values(facet, values)
            passing = ids if passing is None else passing & ids
            if not passing:
                return set()
        return passing

    def known(self, facet: str) -> list[str]:
        """The values that may be asked for, as they are written, sorted unless the library gives them an order."""
        return list(self._names(facet).values())

    def unknown(self, filters: Mapping[str, Sequence[str]]) -> list[str]:
        """One sentence for each value of a closed facet that names nothing."""
        sentences = []
        for facet, values in filters.items():
            if facet not in CLOSED:
                continue
            for value in values:
                if not self.resolved(facet, value):
                    names = self.known(facet)
                    one, many = facet, _PLURAL.get(facet, f"{facet}s")
                    listed = ", ".join(safe.one_line(name, 80) for name in names[:_MOST_LISTED])
                    known = f"known {many}: {listed}" if names else f"no card here has a {one}"
                    sentences.append(f"There is no {one} called {safe.one_line(value, 80)!r}; {known}")
        return sentences

    def absent(self, filters: Mapping[str, Sequence[str]]) -> list[str]:
        """One sentence for each value of an open facet that no card has."""
        return [
            f"No card {_HOLDS.get(facet, f'has the {facet}')} {safe.one_line(value, 80)!r}; {self._listed(facet)}"
            for facet, values in filters.items()
            if facet not in CLOSED
            for value in values
            if not self.allowed({facet: [value]})
        ]

    def values(self, facet: str) -> Mapping[str, Collection[str]]:
        """The ids of the cards with each value that some card has, by the value's key."""
        return self._of(facet)

    def _listed(self, facet: str) -> str:
        if facet == "folder":
            root = self._snapshot.root
            paths = (card.path.removeprefix(root).partition("/") for card in self._snapshot.cards)
            names = sorted({folder for folder, slash, _ in paths if slash})
        else:
            names = self.known(facet)
        if not names:
            return f"no card here has a {facet}"
        listed = ", ".join(safe.one_line(name, 80) for name in names[:_MOST_LISTED])
        return f"known: {listed}{', ...' if len(names) > _MOST_LISTED else ''}"

    def _with_values(self, facet: str, values: Sequence[str]) -> set[str]:
        sets = self._of(facet)
        ids: set[str] = set()
        for value in values:
            for name in self.resolved(facet, value):
                ids |= sets.get(name, set())
        return ids

    def resolved(self, facet: str, value: str) -> list[str]:
        """The keys that a typed value stands for: itself, else all that begin with it."""
        asked = key(value)
        if facet == "persona":
            asked = self._persona_names().get(asked, asked)
        names = self._names(facet) if facet in CLOSED else {}
        sets = self._of(facet)
        if asked in names or asked in sets:
            return [asked]
        if facet == "kind" and asked.endswith("s") and asked.removesuffix("s") in names:
            return [asked.removesuffix("s")]
        begun = dict.fromkeys(name for name in (*names, *sets) if name.startswith(asked))
        if facet == "persona":
            begun |= dict.fromkeys(to for alias, to in self._persona_names().items() if alias.startswith(asked))
        return list(begun)

    def _names(self, facet: str) -> dict[str, str]:
        """The known values of a closed facet: key -> as it is written."""
        found = self._known.get(facet)
        if found is None:
            from playbook.library import kinds

            settings = self._snapshot.settings
            listed: Iterable[str] = ()
            if facet == "kind":
                listed = kinds.KINDS
            elif facet == "stage":
                listed = settings.stages
            elif facet == "segment":
                listed = settings.segments
            elif facet == "persona":
                listed = sorted(set(self._persona_names().values()))
            elif facet == "motion":
                listed = kinds.MOTIONS
            elif facet == "surface":
                listed = kinds.SURFACES
            found = {key(name): name for name in listed}
            # Where the library keeps no list of its own, what its cards say is what is known.
            if facet == "surface" or not found:
                found |= {name: name for name in sorted(self._of(facet)) if name not in found}
            self._known[facet] = found
        return found

    def _persona_names(self) -> dict[str, str]:
        from playbook.library.names import persona_names

        if "persona names" not in self._known:
            names = persona_names(self._snapshot)
            self._known["persona names"] = {key(alias): _last(name) for alias, name in names.items()}
        return self._known["persona names"]

    def _of(self, facet: str) -> dict[str, set[str]]:
        found = self._sets.get(facet)
        if found is None:
            found = {}
            keys: dict[str, str] = {}
            personas = self._persona_names() if facet == "persona" else {}
            stages = set(map(key, self._snapshot.settings.stages)) if facet == "stage" else set()
            for card in self._snapshot.cards:
                for value in _values(card, facet, stages):
                    name = keys.get(value)
                    if name is None:
                        name = keys[value] = personas.get(key(value), key(value))
                    found.setdefault(name, set()).add(card.id)
            self._sets[facet] = found
        return found

    def _in_folders(self, folders: Sequence[str]) -> set[str]:
        ids: set[str] = set()
        for asked in folders:
            folder = asked.replace("\\", "/").removeprefix("./").strip("/").casefold()
            exact: set[str] = set()
            begun: set[str] = set()
            for card in self._snapshot.cards:
                path = card.path.casefold()
                for name in (path, path.removeprefix("content/")):
                    if name.startswith(folder):
                        begun.add(card.id)
                        if not folder or name[len(folder) : len(folder) + 1] in ("/", "", "."):
                            exact.add(card.id)
            ids |= exact or begun
        return ids


def _values(card: Card, facet: str, stages: set[str]) -> Sequence[str]:
    """What the card says for the facet; a stage's, persona's or competitor's own page counts as its own."""
    if facet == "kind":
        return (card.kind,)
    if facet == "stage":
        if card.kind == "stage":
            return (
                *card.stages,
                *(part for part in map(_last, card.path.split("/")[:-1]) if part in stages),
                _own(card),
            )
        return card.stages
    if facet == "persona":
        return (*card.personas, _own(card)) if card.kind == "persona" else card.personas
    if facet == "competitor":
        return (*card.competitors, _own(card)) if card.kind == "battlecard" else card.competitors
    if facet == "product":
        return card.products
    if facet == "segment":
        return card.segments
    if facet == "surface":
        return card.surface
    return (card.motion,) if card.motion else ()


def _own(card: Card) -> str:
    """The last part of the card's id: `personas/cfo` is about `cfo`."""
    return card.id.partition("#")[0].rsplit("/", 1)[-1]
