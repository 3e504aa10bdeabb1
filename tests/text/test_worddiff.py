"""A change word by word: only what changed, all that changed, and no longer than a reader waits."""

from __future__ import annotations

import itertools
import os
import random
import re
import time

import pytest

from playbook.text.alignment import edits, rising
from playbook.text.worddiff import (
    BlockChange,
    Piece,
    block_changes,
    changed_words,
    folded,
    plain_word_diff,
    summary,
    word_changes,
)
from playbook.text.words import words_in


def marked(old: str, new: str) -> str:
    """The change with its marks."""
    signs = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(signs[piece.op].format(piece.text) for piece in word_changes(old, new))


def test_r23_a_rewrapped_paragraph_with_one_changed_word_shows_one_changed_word() -> None:
    old = "We ship in two days across\nSpain and Portugal, and the\nprice is fair."
    new = "We ship in three days\nacross Spain and Portugal,\nand the price is fair."
    assert word_changes(old, new) == [
        Piece("same", "We ship in"),
        Piece("removed", " two"),
        Piece("added", " three"),
        Piece("same", " days across Spain and Portugal, and the price is fair."),
    ]
    changes = block_changes(f"# T\n\n{old}\n", f"# T\n\n{new}\n")
    assert [change.op for change in changes] == ["same", "changed"]
    assert changed_words(old, new) == 1
    assert summary(old, new) == "1 word added, 1 removed in 1 place"


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("We ship today.", "We ship today!", "We ship today[-.-]{+!+}"),
        ("well known", "well-known", "well[- known-]{+-known+}"),
        ("EUR 11,800 a year", "EUR 12,800 a year", "EUR[- 11,800-]{+ 12,800+} a year"),
        ("on 2026-10-01.", "on 2026-11-01.", "on[- 2026-10-01-]{+ 2026-11-01+}."),
        ("bar", "Foo bar", "{+Foo+} bar"),
        ("Foo bar", "bar", "[-Foo-] bar"),
        ("We don't wait", "We do wait", "We[- don't-]{+ do+} wait"),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        ("the van", "the price of the van", "{+the price of+} the van"),
        ("A. We ask. C.", "A. We ask. We ask. C.", "A. We ask.{+ We ask.+} C."),
        ("Say this. Then stop.", "Say this. Say that. Then stop.", "Say this.{+ Say that.+} Then stop."),
        # Next to nothing stayed between two changes.
        ("ships in two lorries", "arrives in three vans", "[-ships in two lorries-]{+ arrives in three vans+}"),
    ],
)
def test_r23_changes_are_the_ones_a_reader_means(old: str, new: str, shown: str) -> None:
    assert marked(old, new) == shown


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("今天天气很好，我们去学校。", "今天天气很好，\n我们去公园。", "今天天气很好，我们去[-学校-]{+公园+}。"),
        ("สวัสดีครับ", "สวัสดีค่ะ", None),
        ("한국어 문장입니다", "한국어 글입니다", "한국어[- 문장입니다-]{+ 글입니다+}"),
    ],
)
def test_r23_scripts_without_spaces_are_compared_letter_by_letter(old: str, new: str, shown: str | None) -> None:
    assert shown is None or marked(old, new) == shown
    assert {piece.op for piece in word_changes(old, new)} == {"same", "removed", "added"}


CLUSTERS = [
    "e\u0301",
    "👩‍👩‍👧",
    "👍🏽",
    "🇵🇹",
    "🇪🇸",
    "1️⃣",
    "กำ",
    "ि",
    "नि",
    "각",
    "🏴\U000e0067\U000e0062\U000e007f",
    "☀️",
]


@pytest.mark.parametrize("seed", range(3))
def test_r23_what_is_seen_as_one_character_is_never_cut(seed: int) -> None:
    draw = random.Random(seed)
    letters = [*CLUSTERS[:7], *CLUSTERS[8:], "a", " ", "好", ",", "7"]
    for _ in range(400):
        clusters = [draw.choice(letters) for _ in range(draw.randint(1, 12))]
        ends = {0}
        for cluster in clusters:
            ends.add(max(ends) + len(cluster))
        flags = [at for at, cluster in enumerate(clusters) if cluster in ("🇵🇹", "🇪🇸")]
        for word in words_in("".join(clusters)):
            assert {word.start, word.end} <= ends, (clusters, flags)


def test_r23_no_confetti_where_nearly_everything_changed() -> None:
    old = "The fleet of a dairy in Porto saves fuel on the first of its rounds, says its planner."
    new = "Nobody at the warehouse in Braga ever asked for a report on the cost of the new pallets."
    assert len(word_changes(old, new)) <= 4


WORDS = [
    "we",
    "ship",
    "in",
    "two",
    "days",
    ",",
    ".",
    "the",
    "price",
    "好",
    "天",
    "e\u0301t",
    "\n",
    "  ",
    "a-b",
    "11,5",
    "👍🏽",
]


@pytest.mark.parametrize("seed", range(6))
def test_r23_both_texts_can_be_read_off_the_pieces(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(300):
        old, new = (
            draw.choice(["", " "]).join(draw.choice(WORDS) for _ in range(draw.randint(0, 25))) for _ in range(2)
        )
        pieces = word_changes(old, new)
        for text, gone in ((old, "added"), (new, "removed")):
            assert "".join("".join(piece.text for piece in pieces if piece.op != gone).split()) == "".join(text.split())
        assert all(piece.text.strip() for piece in pieces)
        assert all(one.op != other.op for one, other in itertools.pairwise(pieces))
        if "".join(old.split()) != "".join(new.split()):
            assert any(piece.op != "same" for piece in pieces)


def longest_common(old: list[int], new: list[int]) -> int:
    """The length of the longest common subsequence, the slow way."""
    row = [0] * (len(new) + 1)
    for one in old:
        grown = [0]
        for at, other in enumerate(new):
            grown.append(row[at] + 1 if one == other else max(row[at + 1], grown[at]))
        row = grown
    return row[-1]


@pytest.mark.parametrize("seed", range(4))
def test_r23_short_sequences_get_the_fewest_edits(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(300):
        old, new = ([draw.randrange(4) for _ in range(draw.randrange(14))] for _ in range(2))
        made: list[int] = []
        at = kept = 0
        for edit in edits(old, new):
            kept += edit.old_start - at
            made += [*old[at : edit.old_start], *new[edit.new_start : edit.new_end]]
            at = edit.old_end
        assert made + old[at:] == new
        assert kept + len(old) - at == longest_common(old, new)


def test_r23_the_longest_rising_part_is_found() -> None:
    assert rising([(0, 5), (1, 1), (2, 2), (3, 9), (4, 3)]) == [(1, 1), (2, 2), (4, 3)]
    assert rising([]) == []


PAGE = """---
title: Price
status: draft
verified: 2026-10-01
---
# Too expensive

Fair, and budget is real.

- late deliveries
- fuel

| Plan | Price |
|---|---|
| Core | 10 |

Nobody says this.

The end.
"""


def ops(changes: list[BlockChange]) -> list[str]:
    """What became of each block that did not stay, with its words."""
    signs = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return [
        f"{change.op}: {''.join(signs[piece.op].format(piece.text) for piece in change.pieces)}"
        for change in changes
        if change.op != "same"
    ]


def test_r23_an_inserted_paragraph_is_added_and_nothing_else_changed() -> None:
    new = PAGE.replace("- late", "A new paragraph comes here.\n\n- late")
    assert ops(block_changes(PAGE, new)) == ["added: {+A new paragraph comes here.+}"]
    assert ops(block_changes(new, PAGE)) == ["removed: [-A new paragraph comes here.-]"]


def test_r23_each_field_and_block_changes_by_itself() -> None:
    new = (
        PAGE.replace("draft", "approved")
        .replace("real.", "tight.")
        .replace("- fuel", "- Diesel fuel")
        .replace("Core | 10", "Core | 12")
    )
    assert ops(block_changes(PAGE, new)) == [
        "changed: status:[- draft-]{+ approved+}",
        "changed: Fair, and budget is[- real-]{+ tight+}.",
        "changed: {+Diesel+} fuel",
        "changed: | Plan | Price | | Core |[- 10-]{+ 12+} |",
    ]


def test_r23_a_new_number_or_another_wrap_is_no_change_but_another_form_is() -> None:
    assert ops(block_changes("1. a\n2. b\n", "1. new\n2. a\n3. b\n")) == ["added: {+new+}"]
    assert ops(block_changes("- a\n- b\n", "* a\n* b\n")) == []
    for old, new in (
        ("- a", "1. a"),
        ("# a b", "## a b"),
        ("a b", "> a b"),
        ("3. a", "4. a"),
        ("- a\n- b", "- a\n  - b"),
    ):
        changes = [change for change in block_changes(old, new) if change.op != "same"]
        assert [change.op for change in changes] == ["changed"], (old, new)
        assert changed_words(old, new) == 1
    assert ops(block_changes("```\na\n b\n```\n", "```\na\n  b\n```\n")) != []


def test_r23_the_change_in_a_few_words() -> None:
    assert summary(PAGE, PAGE) == "nothing changed"
    assert summary("a b\nc", "a\nb c") == "only spaces and line breaks changed"
    assert summary("a b", "a b!") == "no word changed, but marks or form in 1 place"
    assert summary("one two three four five six", "one 2 2 three four five") == "2 words added, 2 removed in 2 places"
    assert summary("one two three", "one two") == "1 word removed in 1 place"
    assert summary("A.\n", "A.\n\nB c.\n\nD e f.\n") == "5 words added in 2 places"


@pytest.mark.parametrize(
    ("old", "new", "count"),
    [
        ("a b c", "a b c", 0),
        ("a\nb", "a b", 0),
        ("a b c", "a x c", 1),
        ("a b", "a b c d", 2),
        ("a.", "a!", 1),
        ("a", "", 1),
    ],
)
def test_r23_changed_words_are_counted(old: str, new: str, count: int) -> None:
    assert changed_words(old, new) == count


def test_r23_words_are_counted_even_where_they_are_not_compared() -> None:
    assert changed_words("one " * 90_000 + "end", "two " * 90_000 + "end") >= 90_000


def test_r23_far_blocks_are_left_out_and_said() -> None:
    old = "\n\n".join(f"Paragraph {at} stays." for at in range(20)) + "\n"
    new = old.replace("Paragraph 9 stays", "Paragraph 9 goes")
    assert plain_word_diff(old, new) == (
        "  … 8 unchanged blocks …\n"
        "  Paragraph 8 stays.\n"
        "~ Paragraph 9 [-stays-]{+goes+}.\n"
        "  Paragraph 10 stays.\n"
        "  … 9 unchanged blocks …\n"
    )
    assert plain_word_diff(old, new, None).count("\n") == 20
    assert plain_word_diff(old, old) == "  … 20 unchanged blocks …\n"
    assert folded(block_changes(old, new), 0) == [(0, 9), (10, 20)]


def test_r23_the_plain_change_keeps_lists_code_and_tables_apart() -> None:
    old = "- a\n  - b c\n\n```\nx = 1\ny\n```\n\n| p | q |\n|-|-|\n| 1 | 2 |\n"
    new = "- a\n  1. b d\n\n```\nx = 2\n  y\n```\n\n| p | q |\n|-|-|\n| 1 | 3 |\n| 4 | 5 |\n"
    assert plain_word_diff(old, new).splitlines() == [
        "  - a",
        "~ [--  --]{+1.+} b [-c-]{+d+}".replace("--  --", "---"),
        "~ ```",
        "~ x = [-1-]{+2+}",
        "~ [-y-]{+  y+}",
        "~ ```",
        "~ | p | q |",
        "~ | 1 | [-2-]{+3+} |",
        "~ {+| 4 | 5 |+}",
    ]


def test_r23_the_plain_change_holds_nothing_a_terminal_obeys() -> None:
    made = plain_word_diff("a word\n", "a wo\u200brd \x1b[31m \u202e\x00\n")
    assert not re.search("[\x00-\x09\x0b-\x1f\u200b\u202e]", made)
    # What shows nothing is shown.
    assert "\\u200b" in made


# As long as a file may be for the full counts; every day a fifth of that, which still tells quadratic from linear.
LONG = 100_000 if os.environ.get("PLAYBOOK_FULL") == "1" else 20_000
HOSTILE = {
    "one line": ("x" * LONG, "x" * (LONG // 2) + "y" + "x" * (LONG // 2)),
    "repeated words": ("word " * LONG, "words " * (LONG - 7) + "x"),
    "different": (
        " ".join(str(at) for at in range(LONG)),
        " ".join(str(at * 7 + 3) for at in range(LONG)),
    ),
    "marks": ("|*" * LONG, "*|" * LONG + "!"),
    "short blocks": ("a\n\n" * LONG, "b\n\n" * LONG),
    "items": ("- a\n" * LONG, "- b\n" * LONG),
    "numbers": (
        "".join(f"- {at}\n" for at in range(LONG * 3 // 10)),
        "".join(f"- {at + 7} x\n" for at in range(LONG * 3 // 10)),
    ),
    "table": ("|a|b|\n|-|-|\n" + "|x|y|\n" * (LONG // 2), "|a|b|\n|-|-|\n" + "|x|z|\n" * (LONG // 2)),
    "quotes": (">" * (LONG // 2) + "x", ">" * (LONG // 2) + "y"),
    "cjk": ("今天天气很好" * (LONG * 4 // 10), "明天天气不好" * (LONG * 4 // 10)),
    "control": ("\x1b[31m\x00\u202e " * (LONG // 5), "\ue000\ufeff\ud800 " * (LONG // 5)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_r23_no_two_texts_are_too_hostile_to_compare(name: str) -> None:
    old, new = HOSTILE[name]
    for compare in (word_changes, block_changes, plain_word_diff, changed_words, summary):
        began = time.process_time()
        assert compare(old, new)
        assert time.process_time() - began < 10, compare
    pieces = word_changes(old, new)
    assert "".join("".join(piece.text for piece in pieces if piece.op != "added").split()) == "".join(old.split())
