"""Finding a card by what people call it: an id, a path, a former name, a heading in a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from playbook.errors import NothingFound, UsageError
from playbook.library.card import Card
from playbook.library.names import name_key, slug, without_suffix
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from playbook.library.document import ParsedDocument

CONTENT = "content/"
_NEAR = 5


class Lookup:
    """The names of a snapshot's cards; built when a name is first looked up."""

    def __init__(self, cards: tuple[Card, ...], shared: Mapping[str, tuple[str, ...]]) -> None:
        self._shared = shared
        self.by_id = {card.id: card for card in cards}
        self.at: dict[str, list[Card]] = {}
        for card in cards:
            self.at.setdefault(card.path, []).append(card)
        self._paths: dict[str, list[str]] = {}
        self._formerly: dict[str, list[str]] = {}
        self._last: dict[str, list[str]] = {}
        self._last_formerly: dict[str, list[str]] = {}
        for path, (first, *_) in self.at.items():
            inner = path.removeprefix(CONTENT)
            for name in {path, inner, without_suffix(path), without_suffix(inner), first.id}:
                _add(self._paths, name, path)
            for name in first.formerly:
                bare = without_suffix(name.removeprefix(CONTENT))
                for form in {name, bare, without_suffix(name), f"{bare}.md", CONTENT + bare, f"{CONTENT}{bare}.md"}:
                    _add(self._formerly, form, path)
                _add(self._last_formerly, bare.rsplit("/", 1)[-1], path)
            for name in {first.id.rsplit("/", 1)[-1], without_suffix(path).rsplit("/", 1)[-1]}:
                _add(self._last, name, path)

    def documents_named(self, name: str) -> list[str]:
        """The paths of the documents that answer to the name, from its strictest meaning to its loosest."""
        plain = name.strip().removeprefix("./").strip("/")
        shared = self._shared.get(plain)
        if shared:
            return list(shared)
        # What a card is called goes before what another one was called.
        tables = (self._paths, self._formerly, self._last, self._last_formerly)
        for table in tables:
            for form in (plain, without_suffix(plain), plain.removeprefix(CONTENT)):
                if form in table:
                    return table[form]
        folded = plain.casefold()
        for table in tables:
            found = [path for name, paths in table.items() if name.casefold() == folded for path in paths]
            if found:
                return found
        return []

    def resolve(self, name: str, parsed: Callable[[str], ParsedDocument], *, near: bool = True) -> Card:
        """The card of that name. Raises NothingFound, with near names if `near` (looking for them takes a while in a
        great library), and UsageError when several answer to it."""
        if name in self.by_id and name not in self._shared:
            return self.by_id[name]
        paths = list(dict.fromkeys(self.documents_named(name)))
        anchor = ""
        if not paths and "#" in name:
            page, _, anchor = name.partition("#")
            paths = list(dict.fromkeys(self.documents_named(page)))
        if not paths:
            raise NothingFound(self._sentence(name) if near else f"There is no card {one_line(name, 100)!r} here")
        if len(paths) > 1:
            several = ", ".join(one_line(path, 200) for path in sorted(paths)[:_NEAR])
            raise UsageError(f"{one_line(name, 200)!r} names {len(paths)} documents: {several}; give the path of one")
        return self.at_anchor(paths[0], anchor, parsed) if anchor else self.at[paths[0]][0]

    def at_anchor(self, path: str, anchor: str, parsed: Callable[[str], ParsedDocument]) -> Card:
        """The card that holds the heading; one without text of its own leads to the first card below it.

        Raises NothingFound naming the headings there are.
        """
        cards = self.at[path]
        wanted = anchor.strip()
        for card in cards:
            if card.anchor and card.anchor == wanted:
                return card
        sections = [section for section in parsed(path).sections if section.level]
        found = next((s for s in sections if s.anchor == wanted), None) or next(
            (s for s in sections if s.anchor == slug(wanted) or name_key(s.title) == name_key(wanted)), None
        )
        if found is None:
            some = ", ".join(section.anchor for section in sections[:8]) or "none"
            raise NothingFound(f"{path} has no heading {one_line(anchor, 80)!r}; its headings: {some}")
        within = [card for card in cards if card.start <= found.start < max(card.end, card.start + 1)]
        after = [card for card in cards if card.start >= found.start]
        return (within or after or cards)[0]

    def _sentence(self, name: str) -> str:
        import difflib

        shown = one_line(name, 100)
        wanted = name.strip().casefold()
        titles = {card.title.casefold(): card.id for card in self.by_id.values()}
        ids = {key.casefold(): key for key in self.by_id}
        last = {key.rsplit("/", 1)[-1].casefold(): key for key in self.by_id}
        near = [
            table[match]
            for table in (ids, last, titles)
            for match in difflib.get_close_matches(wanted[:100], table, n=_NEAR, cutoff=0.6)
        ]
        if not near:
            return f"There is no card {shown!r} here; look for it with `playbook search`"
        return f"There is no card {shown!r} here; near it: {', '.join(list(dict.fromkeys(near))[:_NEAR])}"


def _add(table: dict[str, list[str]], name: str, path: str) -> None:
    paths = table.setdefault(name, [])
    if path not in paths:
        paths.append(path)
