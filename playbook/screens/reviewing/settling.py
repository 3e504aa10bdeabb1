"""The state of a conflict that is being settled: what was chosen for each place, and the texts that come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playbook.review.conflict import Conflicted
from playbook.text.threeway import Hunk, Side, joined, three_way

if TYPE_CHECKING:
    from playbook.review.proposal import Proposal
    from playbook.store.managed import Library

MARKS = ("<<<<<<< main", "||||||| before", "=======", ">>>>>>> proposed")
"""Between the hub's words of a proposal and one's own, too, for an editor that finds them by these."""


@dataclass
class File:
    """One file: its hunks, the side chosen for each conflict, the words written by hand, or the whole text as written."""

    conflicted: Conflicted
    hunks: tuple[Hunk, ...]
    choices: dict[int, Side] = field(default_factory=dict)
    own: dict[int, str] = field(default_factory=dict)
    whole: str | None = None
    draft: str | None = None
    """What an editor left with marks still in it."""

    @property
    def gone(self) -> bool:
        """Whether one side has no such file any more: then it stays or it goes."""
        return self.conflicted.ours is None or self.conflicted.theirs is None

    @property
    def conflicts(self) -> list[int]:
        """The numbers of the hunks that nothing joins."""
        return [number for number, hunk in enumerate(self.hunks) if hunk.kind == "conflict"]

    @property
    def open(self) -> list[int]:
        """Those that nothing was chosen for yet."""
        if self.whole is not None:
            return []
        return [number for number in self.conflicts if number not in self.choices and number not in self.own]

    def take(self, number: int, side: Side) -> None:
        """Choose a side for one place."""
        self.choices[number] = side
        self.own.pop(number, None)
        self.whole = None

    def write(self, number: int, words: str) -> None:
        """Other words for one place."""
        self.own[number] = words
        self.choices.pop(number, None)
        self.whole = None

    def begun(self, number: int) -> str:
        """The words that an edit of one place begins with: what was chosen, else the proposed ones."""
        hunk = self.hunks[number]
        if number in self.own:
            return self.own[number]
        side = self.choices.get(number, "theirs")
        if side == "both":
            return joined([hunk], {0: "both"})
        return hunk.ours if side == "ours" else hunk.theirs

    def text(self) -> str | None:
        """The settled text; None where the file goes. Only once nothing is open."""
        if self.whole is not None:
            return self.whole
        if self.gone:
            if 0 in self.own:
                return self.own[0]
            return self.conflicted.ours if self.choices.get(0) == "ours" else self.conflicted.theirs
        hunks, choices = list(self.hunks), dict(self.choices)
        for number, words in self.own.items():
            hunks[number] = hunks[number]._replace(ours=words)
            choices[number] = "ours"
        return joined(hunks, choices)

    def for_editor(self) -> str:
        """What an editor of one's own begins with: what it left the last time, else the text with its marks."""
        return next((text for text in (self.whole, self.draft) if text is not None), None) or self.marked()

    def marked(self) -> str:
        """The whole text with marks around what is open, for an editor of one's own."""
        made = []
        for number, hunk in enumerate(self.hunks):
            if number not in self.open:
                one = hunk._replace(ours=self.own[number]) if number in self.own else hunk
                side: Side = "ours" if number in self.own else self.choices.get(number) or _own_side(hunk)
                made.append(joined([one], {0: side}))
                continue
            parts = zip(MARKS, (hunk.ours, hunk.base, hunk.theirs, ""), strict=True)
            before = "" if not made or made[-1].endswith("\n") or not made[-1] else "\n"
            made.append(before + "".join(f"{mark}\n{_ended(text)}" for mark, text in parts))
        return "".join(made)


def _own_side(hunk: Hunk) -> Side:
    return "theirs" if hunk.kind == "theirs" else "ours"


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


@dataclass
class Settlement:
    """Everything there is to settle on a proposal, as read at its `tip` against `main`: main's commit, or the hub's tip
    of the proposal where somebody else changed the same words of it."""

    proposal: Proposal
    main: str
    files: list[File]
    own: bool = False
    """Whether it is the proposal of who settles it."""

    @property
    def at_hub(self) -> bool:
        """Whether both sides are the proposal's own: what the hub has, and what waits here."""
        return any(file.conflicted.at_hub for file in self.files)

    @property
    def open(self) -> int:
        """How many places wait for a choice."""
        return sum(len(file.open) for file in self.files)

    @property
    def places(self) -> int:
        """How many there are."""
        return sum(len(file.conflicts) for file in self.files)

    def texts(self) -> dict[str, str | None]:
        """For each file's target the words that stand from now on."""
        return {file.conflicted.target: file.text() for file in self.files}

    def carry_over(self, before: Settlement) -> None:
        """Take over what was chosen for places that are the same as they were."""
        known = {
            (file.conflicted.path, hunk): (file.choices.get(number), file.own.get(number))
            for file in before.files
            for number, hunk in enumerate(file.hunks)
        }
        for file in self.files:
            for number in file.conflicts:
                side, words = known.get((file.conflicted.path, file.hunks[number]), (None, None))
                if side is not None:
                    file.choices[number] = side
                if words is not None:
                    file.own[number] = words


def read_settlement(library: Library, id: str) -> Settlement:
    """What main (or, before that, the hub's own branch of it) and the proposal changed in the same words, as they are
    now. Raises what reading it raises."""
    from playbook.review.conflict import against, conflicts
    from playbook.review.listing import find
    from playbook.review.rules.policy import policy_at
    from playbook.screens.reviewing.shown import known_as, own
    from playbook.store.refs import main_commit

    while True:
        proposal = find(library, id)
        main = against(library, proposal)
        found = conflicts(library, proposal)
        if main == against(library, proposal):
            policy = policy_at(library, main_commit(library))
            return Settlement(
                proposal, main, [File(one, _hunks(one)) for one in found], own(known_as(policy), policy, proposal)
            )


def _hunks(one: Conflicted) -> tuple[Hunk, ...]:
    if one.ours is None or one.theirs is None:
        return (Hunk("conflict", one.base or "", one.ours or "", one.theirs or ""),)
    return tuple(three_way(one.base or "", one.ours, one.theirs))
