"""Two changes of one text: joined to the letter, and a conflict only where both changed the same blocks."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest

from playbook.text.threeway import Hunk, Side, joined, three_way

BASE = """---
title: Price
status: draft
---
# Too expensive

We ship in two days.

The price is fair.

- one late van
- two late vans
- three late vans
"""


def kinds(hunks: list[Hunk]) -> list[str]:
    """What each hunk is, but those that are the same."""
    return [hunk.kind for hunk in hunks if hunk.kind != "same"]


def test_r26_two_people_change_neighbours_and_both_changes_stay() -> None:
    ours = (
        BASE.replace("draft", "approved")
        .replace("two days", "three days")
        .replace("vans\n- three", "vans\n- new\n- three")
    )
    theirs = BASE.replace("Price", "The price").replace("is fair", "is low").replace("two late", "2 late")
    theirs = theirs.replace("- three late vans\n", "")
    hunks = three_way(BASE, ours, theirs)
    assert "conflict" not in kinds(hunks)
    assert joined(hunks, {}) == (
        BASE.replace("Price", "The price")
        .replace("draft", "approved")
        .replace("two days", "three days")
        .replace("is fair", "is low")
        .replace("- two late vans\n- three late vans\n", "- 2 late vans\n- new\n")
    )


def test_r26_a_conflict_is_only_where_both_changed_the_same_block() -> None:
    ours = BASE.replace("two days", "three days").replace("- one", "- 1")
    theirs = BASE.replace("two days", "four days").replace("- three", "- 3")
    hunks = three_way(BASE, ours, theirs)
    assert kinds(hunks) == ["conflict", "ours", "theirs"]
    (conflict,) = [hunk for hunk in hunks if hunk.kind == "conflict"]
    assert conflict[1:] == ("We ship in two days.", "We ship in three days.", "We ship in four days.")
    number = hunks.index(conflict)
    with pytest.raises(ValueError, match="hunk"):
        joined(hunks, {})
    settled = BASE.replace("- one", "- 1").replace("- three", "- 3")
    assert joined(hunks, {number: "base"}) == settled
    assert joined(hunks, {number: "ours"}) == settled.replace("two days", "three days")
    assert joined(hunks, {number: "theirs"}) == settled.replace("two days", "four days")
    assert joined(hunks, {number: "both"}) == settled.replace(
        "We ship in two days.", "We ship in three days.\n\nWe ship in four days."
    )


def test_r26_the_same_change_on_both_sides_is_no_conflict() -> None:
    new = BASE.replace("two days", "three days")
    assert kinds(three_way(BASE, new, new)) == ["both"]
    assert joined(three_way(BASE, new, new), {}) == new


def test_r26_one_deletes_what_the_other_changes() -> None:
    ours, theirs = BASE.replace("- two late vans\n", ""), BASE.replace("- two", "- 2")
    assert kinds(three_way(BASE, ours, theirs)) == ["conflict"]


def test_r26_both_put_something_in_at_one_place() -> None:
    ours, theirs = BASE + "\nOurs.\n", BASE + "\nTheirs.\n"
    hunks = three_way(BASE, ours, theirs)
    assert kinds(hunks) == ["conflict"]
    number = next(at for at, hunk in enumerate(hunks) if hunk.kind == "conflict")
    assert joined(hunks, {number: "both"}) == BASE + "\nOurs.\n\nTheirs.\n"


def test_r26_a_last_line_without_its_end_is_no_conflict() -> None:
    base = "One.\n\nTwo."
    hunks = three_way(base, base + "\n", "One.\n\n2.")
    assert joined(hunks, {}) == "One.\n\n2.\n"
    windows = "One.\r\n\r\nTwo."
    assert joined(three_way(windows, windows + "\r\n", "One.\r\n\r\n2."), {}) == "One.\r\n\r\n2.\r\n"
    assert joined(three_way(base, base + "\n\nThree.\n", "1.\n\nTwo."), {}) == "1.\n\nTwo.\n\nThree.\n"


PARTS = [
    "# a\n",
    "\n",
    "\n\n",
    "para one two\n",
    "para three\n",
    "- x\n",
    "- y\n",
    "> q\n",
    "```\n",
    "x",
    "",
    "  - n\n",
]
PARTS += [
    "\r\n",
    "| a | b |\n|---|---|\n",
    "---\n",
    "title: q\n",
    "long words here stay\n",
    "\x1b[31m",
    "\u2028",
    "\x0c",
    "\ud800",
]


def edited(draw: random.Random, parts: list[str]) -> str:
    """The parts after some edits."""
    parts = list(parts)
    for _ in range(draw.randint(0, 3)):
        at = draw.randrange(len(parts) + 1)
        if draw.random() < 0.35 or at == len(parts):
            parts.insert(at, draw.choice(PARTS))
        elif draw.random() < 0.5:
            del parts[at]
        else:
            parts[at] = draw.choice(PARTS)
    return "".join(parts)


@pytest.mark.parametrize("seed", range(6))
def test_r26_every_side_is_reproduced_to_the_letter(seed: int) -> None:
    draw = random.Random(seed)
    found: Counter[str] = Counter()
    sides: tuple[Side, ...] = ("base", "ours", "theirs")
    for _ in range(400):
        parts = [draw.choice(PARTS) for _ in range(draw.randint(0, 14))]
        texts = "".join(parts), edited(draw, parts), edited(draw, parts)
        hunks = three_way(*texts)
        for side, text in zip(sides, texts, strict=True):
            assert joined(hunks, dict.fromkeys(range(len(hunks)), side)) == text
        for kind, base, ours, theirs in hunks:
            found[kind] += 1
            assert kind == (
                "same" if base == ours == theirs
                else "ours" if base == theirs
                else "theirs" if base == ours
                else "both" if ours == theirs
                else "conflict"
            )  # fmt: skip
    assert set(found) == {"same", "ours", "theirs", "both", "conflict"}


@pytest.mark.parametrize("seed", range(6))
def test_r26_joining_makes_no_line_that_nobody_wrote_and_loses_none(seed: int) -> None:
    draw = random.Random(seed + 100)
    for _ in range(400):
        parts = [draw.choice(PARTS) for _ in range(draw.randint(0, 10))]
        base, ours, theirs = "".join(parts), edited(draw, parts), edited(draw, parts)
        hunks = three_way(base, ours, theirs)
        conflicts = [at for at, hunk in enumerate(hunks) if hunk.kind == "conflict"]
        written = {line.rstrip("\r") for text in (base, ours, theirs) for line in text.split("\n")}
        sides: tuple[Side, ...] = ("ours", "theirs", "both")
        for side in sides if conflicts else sides[:1]:
            made = {line.rstrip("\r") for line in joined(hunks, dict.fromkeys(conflicts, side)).split("\n")}
            assert {line for line in made if line.strip()} <= written, (base, ours, theirs, side)
        both = {line.rstrip("\r") for line in joined(hunks, dict.fromkeys(conflicts, "both")).split("\n")}
        lines = [{line.rstrip("\r") for line in text.split("\n") if line.strip()} for text in (base, ours, theirs)]
        # A line that one side wrote and that the base did not have is there.
        assert (lines[1] | lines[2]) - lines[0] <= both, (base, ours, theirs)


def test_r26_large_and_hostile_texts_are_joined_in_time() -> None:
    long = 100_000
    for texts in (
        ("a\n\n" * long, "b\n\n" * long, "c\n\n" * long),
        ("word " * long, "word " * (long - 9), "word " * (long + 1)),
        (">" * 50_000, ">" * 50_000 + "x", ">" * 50_000 + "y"),
        ("".join(f"- {at}\n" for at in range(long)), "".join(f"- {at}!\n" for at in range(long)), ""),
        tuple("".join(f"- {at}\n" for at in range(20_000) if at % 2 != gone) for gone in (2, 0, 1)),
    ):
        began = time.process_time()
        hunks = three_way(*texts)
        assert time.process_time() - began < 10
        assert joined(hunks, dict.fromkeys(range(len(hunks)), "theirs")) == texts[2]
