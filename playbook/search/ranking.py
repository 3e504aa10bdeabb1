"""Orders the candidates of any engine by named parts, so that `--explain` can say why one card stands above another."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from playbook.library.card import Card, Trust
from playbook.search.asked import Asked
from playbook.search.entries import line_of, path_words, readable

if TYPE_CHECKING:
    from playbook.library.snapshot import Snapshot
    from playbook.search.rivals import Sides

WEIGHTS = {
    "title_phrase": 6.0,  # the question stands in the title as it was asked: the surest sign there is
    "title_terms": 3.0,  # its telling words stand in the title, in any order
    "alias_phrase": 5.5,  # aliases are buyers' own words: hearing one of them is what the card is for
    "alias_terms": 2.5,
    "heading_phrase": 2.0,  # a heading is a title for a part of the card
    "heading_terms": 1.5,
    "page_terms": 1.0,  # a section inherits its page's title and folders, which it may never repeat
    "all_terms": 3.0,  # every word of the question stands somewhere in the card
    "body": 2.5,  # the engine's own score, of 1 for the best candidate
    "some_words": 3.5,  # the same where some of the words are missing: then which and how many are there says most
    "nearness": 2.5,  # the words stand together and in order in the text, not pages apart
    "kind": 1.0,  # cards made for calls before plain pages, when all else is equal
    "trust": 1.0,  # what may no longer be said sinks, and stays findable
    "context": 2.5,  # what fits the call that is going on, for each of stage, persona, competitor and product
    "other_competitor": 8.0,  # the line about another competitor than theirs, said aloud, is the worst answer there is
    "worked": 0.5,  # what the field says of it, capped: a line that worked twice must not bury the right one
    "repeat": 1.0,  # three sections of one page are one answer, not three
    "depth": 1.0,  # of two equal sections the one nearer the top of its page
}

# Answers to what a buyer says come first; records of single deals and asks come after what is agreed.
KINDS = {
    "objection": 1.0,
    "stage": 0.8,
    "battlecard": 0.8,
    "air-cover": 0.4,
    "persona": 0.4,
    "launch": 0.3,
    "claim": 0.0,
    "agreement": 0.0,
    "page": 0.0,
    "field-note": -0.3,
    "field-test": -0.3,
    "request": -0.3,
}

# Expired words below any equal card and most lesser ones; retired ones below nearly all; unverified hardly matters,
# because in a library without trust fields every card is.
TRUST = {"verified": 0.3, "unverified": 0.0, "expired": -3.0, "retired": -6.0}

NOTHING: Mapping[str, float] = {}
NO_CONTEXT: Mapping[str, Collection[str]] = {}
NEAR = 30  # candidates whose text is read for nearness; the others cannot rise to the first screen by it
_SAID = 0.8  # of what the question's words tell: a title that holds so much of it says it
_WINDOW = 60  # characters between neighbouring words of the question at which nearness has faded to half
_OCCURRENCES = 60  # of one word in one text; more places cannot make a text much nearer
_LONGEST_TEXT = 100_000  # characters of one card that are looked through
TEXTS = 512  # folded texts kept, about 2 KB each


@dataclass(frozen=True, slots=True)
class Hit:
    """A card, its score and the parts that it is the sum of, and whether its words may be relied on today."""

    card: Card
    score: float
    explain: dict[str, float]
    trust: Trust


class _Faces(NamedTuple):
    """A card's fields as lines of folded words (see entries.line_of), `everything` all of them, and its fixed parts."""

    everything: str
    title: str
    fields: tuple[tuple[str, str], ...]
    aliases: tuple[str, ...]
    headings: str
    fixed: dict[str, float]


_Row = tuple[float, Card, dict[str, float]]


class Ranker:
    """Ranks within one snapshot; remembers the folded fields and some texts of cards it has seen."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.worked: Mapping[str, float] = {}
        """By card id, how it went in the field: from -1 (never worked) to 1 (always)."""
        self._faces: dict[str, _Faces] = {}
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()  # of the texts: they may be warmed while a question is answered
        self._trust: dict[str, Trust] = {}
        self._day: date | None = None

    def rank(
        self,
        asked: Asked,
        candidates: Sequence[tuple[Card, float]],
        today: date,
        *,
        limit: int = 50,
        complete: Mapping[str, float] = NOTHING,
        context: Mapping[str, Collection[str]] = NO_CONTEXT,
        sides: Sides | None = None,
    ) -> list[Hit]:
        """The best `limit` candidates, best first. `complete` says of ids that they hold every word of the question, and
        what that is worth: 1 for the words themselves, less for what stands for them. `context` are the ids that fit what
        the call is about, by facet; `sides` say which cards belong to another competitor than the one that is named."""
        if not candidates:
            return []
        best = max(score for _, score in candidates) or 1.0
        rows: list[_Row] = []
        for card, engine_score in candidates:
            parts = self._parts(card, asked, today, complete.get(card.id, 0.0))
            weight = WEIGHTS["body"] if card.id in complete else WEIGHTS["some_words"]
            parts["body"] = weight * engine_score / best
            for facet, fitting in context.items():
                if card.id in fitting:
                    parts[f"context_{facet}"] = WEIGHTS["context"]
            if sides is not None:
                if card.id in sides.ours:
                    parts["context_competitor"] = WEIGHTS["context"]
                elif other := sides.other(card, self._faces[card.id].title):
                    parts["other_competitor"] = -WEIGHTS["other_competitor"] * other
            worked = self.worked.get(card.id, 0.0)
            if worked:
                parts["worked"] = WEIGHTS["worked"] * max(-1.0, min(worked, 1.0))
            rows.append((sum(parts.values()), card, parts))
        rows.sort(key=_order)
        if len(asked.telling) > 1:
            head = rows[:NEAR]
            self._fetch(card for _, card, _ in head)
            for at, (_, card, parts) in enumerate(head):
                near = _nearness(self._texts.get(card.id, ""), asked)
                if near:
                    parts["nearness"] = WEIGHTS["nearness"] * near
                    head[at] = (sum(parts.values()), card, parts)
            rows[:NEAR] = sorted(head, key=_order)
        _spread(rows)
        return [Hit(card, round(score, 4), parts, self.trust(card, today)) for score, card, parts in rows[:limit]]

    def trust(self, card: Card, today: date) -> Trust:
        """Whether the card's words may be relied on that day."""
        from playbook.library.trust import trust

        if today != self._day:
            self._trust.clear()
            self._day = today
        found = self._trust.get(card.id)
        if found is None:
            found = self._trust[card.id] = trust(card, self._snapshot.settings, today)
        return found

    def named(self, card: Card, asked: Asked) -> float:
        """How much of what the question's words tell the card's title and aliases hold: from 0 to 1."""
        faces = self._faces.get(card.id) or self._face(card)
        held = 0.0
        for word in asked.words:
            for needle, worth in word.needles:
                if needle in faces.title or any(needle in alias for alias in faces.aliases):
                    held += word.weight * worth
                    break
        return held / asked.total

    def _parts(self, card: Card, asked: Asked, today: date, complete: float) -> dict[str, float]:
        faces = self._faces.get(card.id) or self._face(card)
        parts = faces.fixed.copy()
        trusted = self._trust.get(card.id) if today == self._day else None
        sink = TRUST[(trusted or self.trust(card, today)).state]
        if sink:
            parts["trust"] = WEIGHTS["trust"] * sink
        everything = faces.everything
        present = [
            (found, word.weight)
            for word in asked.words
            if (found := [pair for pair in word.needles if pair[0] in everything])
        ]
        if complete < 1 and len(present) >= len(asked.telling):
            worths = [
                found[0][1] for word in asked.telling if (found := [p for p in word.needles if p[0] in everything])
            ]
            if len(worths) == len(asked.telling):
                complete = max(complete, sum(worths) / len(worths))
        if complete:
            parts["all_terms"] = WEIGHTS["all_terms"] * complete
        if not present:
            return parts  # the words stand in its text alone, as in most candidates
        for name, line in faces.fields:
            covered = 0.0
            for found, weight in present:
                for needle, worth in found:
                    if needle in line:
                        covered += weight * worth
                        break
            if covered:
                parts[name] = WEIGHTS[name] * covered / asked.total
        if asked.sought in faces.title:
            # The whole title counts full, above any alias; a phrase inside a longer one much less, below an alias;
            # one word inside it is what terms are for.
            share = len(asked.phrase) / max(len(faces.title) - 2, 1)
            if len(asked.words) > 1 or share > 0.5:
                parts["title_phrase"] = WEIGHTS["title_phrase"] * (0.25 + 0.75 * min(share, 1.0) ** 2)
        said = _alias(faces.aliases, asked)
        if said:
            parts["alias_phrase"] = WEIGHTS["alias_phrase"] * said
        if len(asked.words) > 1 and asked.sought in faces.headings:
            parts["heading_phrase"] = WEIGHTS["heading_phrase"]
        return parts

    def _face(self, card: Card) -> _Faces:
        title = line_of(card.title)
        aliases = tuple(line_of(alias) for alias in card.aliases)
        alias_line = "|".join(aliases)
        headings = "|".join(map(line_of, card.headings))
        page = f"{line_of(card.page_title)}| {' '.join(path_words(card.path))} "
        fixed = {"body": 0.0}
        kind = KINDS.get(card.kind, 0.0)
        if kind:
            fixed["kind"] = WEIGHTS["kind"] * kind
        if card.page_title and card.headings:
            fixed["depth"] = WEIGHTS["depth"] * -0.05 * min(len(card.headings), 6)
        fields = (
            ("title_terms", title),
            ("alias_terms", alias_line),
            ("heading_terms", headings),
            ("page_terms", page),
        )
        faces = self._faces[card.id] = _Faces(
            f"{title}|{alias_line}|{headings}|{page}", title, fields, aliases, headings, fixed
        )
        return faces

    def warm(self, cards: Iterable[Card]) -> None:
        """Fold these cards' fields and texts before anybody asks; see Searcher.warm."""
        cards = list(cards)
        for card in cards:
            if card.id not in self._faces:
                self._face(card)
        self._fetch(cards)

    def _fetch(self, cards: Iterable[Card]) -> None:
        """Have the folded texts of these cards at hand, read together."""
        missing = []
        with self._lock:
            for card in cards:
                if card.id in self._texts:
                    self._texts.move_to_end(card.id)
                else:
                    missing.append(card)
        if missing:
            read = {card.id: line_of(readable(text[:_LONGEST_TEXT])) for card, text in self._snapshot.texts(missing)}
            with self._lock:
                self._texts.update(read)
                while len(self._texts) > TEXTS:
                    self._texts.popitem(last=False)


def sure(hit: Hit) -> bool:
    """Whether the card's title, an alias or a heading says the question, or its text says it as it was asked."""
    parts = hit.explain
    return (
        any(name in parts for name in ("title_phrase", "alias_phrase", "heading_phrase"))
        or parts.get("nearness", 0.0) >= WEIGHTS["nearness"]
        or any(parts.get(name, 0.0) >= _SAID * WEIGHTS[name] for name in ("title_terms", "alias_terms"))
    )


def _spread(rows: list[_Row]) -> None:
    """Let one page not take all the first places: its second section and those after it stand lower."""
    seen: dict[str, int] = {}
    for at, (score, card, parts) in enumerate(rows[:NEAR]):
        before = seen.get(card.path, 0)
        seen[card.path] = before + 1
        if before:
            parts["repeat"] = -WEIGHTS["repeat"] * min(before, 3)
            rows[at] = (score + parts["repeat"], card, parts)
    if len(seen) < min(len(rows), NEAR):
        rows[:NEAR] = sorted(rows[:NEAR], key=_order)


def _order(row: _Row) -> tuple[float, str, int]:
    return (-row[0], row[1].path, row[1].line)


def _alias(aliases: Iterable[str], asked: Asked) -> float:
    """How well one alias and the question are the same words: 1 when equal, less when one holds the other."""
    best = 0.0
    question = f" {asked.phrase} "
    for alias in aliases:
        if alias == question:
            return 1.0
        if alias in question and len(alias) > 2:
            # The buyer said more around it: worth what the alias's words tell among all that was said.
            told = sum(word.weight for word in asked.words if f"{word.needles[0][0].rstrip()} " in alias)
            best = max(best, 0.35 + 0.6 * told / asked.total)
        elif alias.startswith(asked.sought):
            best = max(best, 0.5 + 0.45 * len(asked.phrase) / len(alias))
        elif len(asked.words) > 1 and asked.sought in alias:
            best = max(best, 0.4 + 0.4 * len(asked.phrase) / len(alias))
    return best


def _nearness(text: str, asked: Asked) -> float:
    """1 when the question stands in the text as asked; else by how close its telling words come, and how many are there."""
    if asked.sought in text:
        return 1.0
    places: list[tuple[int, int]] = []
    present = 0
    for which, word in enumerate(asked.telling):
        needle = next((needle for needle, _ in word.needles if needle in text), "")
        if not needle:
            continue
        present += 1
        at = text.find(needle)
        for _ in range(_OCCURRENCES):
            if at < 0:
                break
            places.append((at, which))
            at = text.find(needle, at + 1)
    if present < 2:
        return 0.0
    places.sort()
    gap = max(_smallest_span(places, present) / (present - 1) - 8, 0)
    return 0.8 * (present / len(asked.telling)) * _WINDOW / (_WINDOW + gap)


def _smallest_span(places: list[tuple[int, int]], present: int) -> int:
    """The shortest stretch that holds each of the `present` words at least once."""
    counts: dict[int, int] = {}
    best = places[-1][0] - places[0][0]
    first = 0
    for at, which in places:
        counts[which] = counts.get(which, 0) + 1
        while len(counts) == present:
            best = min(best, at - places[first][0])
            gone = places[first][1]
            counts[gone] -= 1
            if not counts[gone]:
                del counts[gone]
            first += 1
    return best
