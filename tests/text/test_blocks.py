"""Blocks: a text cut as CommonMark has it, and hashes that stay while the words stay."""

from __future__ import annotations

import random
import time

import pytest
from markdown_it import MarkdownIt

from playbook.text.blocks import DEEPEST, MOST_BLOCKS, Block, block_hash, blocks_of, find_block, form, normalised

PAGE = """---
title: "Price"
aliases: [a,
  b]
owners:
- ann

status: draft
---
# Too expensive

A paragraph
that is wrapped.

- one
  goes on

  more of one
  - nested
    1. deep
    2. deeper
- two
lazily

> said
> - in it

a | b
--|--
1 | 2

Under
=====

```py
x = 1

y = 2
```

    indented

***
<div>
html
</div>

End.
-
"""


def seen(text: str, *, front: bool = True) -> list[tuple[str, str, int, int]]:
    """Kind, first line of the text, and place of each block."""
    return [(block.kind, block.text.split("\n")[0], block.start, block.end) for block in blocks_of(text, front=front)]


def test_r23_every_block_of_a_page_is_found_with_its_lines() -> None:
    assert seen(PAGE) == [
        ("front", 'title: "Price"', 1, 2),
        ("front", "aliases: [a,", 2, 4),
        ("front", "owners:", 4, 6),
        ("front", "status: draft", 7, 8),
        ("heading", "# Too expensive", 9, 10),
        ("paragraph", "A paragraph", 11, 13),
        ("list-item", "one", 14, 16),
        ("paragraph", "more of one", 17, 18),
        ("list-item", "nested", 18, 19),
        ("list-item", "deep", 19, 20),
        ("list-item", "deeper", 20, 21),
        ("list-item", "two", 21, 23),
        ("quote", "said", 24, 25),
        ("list-item", "in it", 25, 26),
        ("table", "a | b", 27, 30),
        ("heading", "Under", 31, 33),
        ("code", "```py", 34, 39),
        ("code", "    indented", 40, 41),
        ("rule", "***", 42, 43),
        ("html", "<div>", 43, 46),
        ("heading", "End.", 47, 49),
    ]


def test_r23_a_block_says_what_it_stands_in() -> None:
    leads = {block.text: [mark.sign for mark in block.lead] for block in blocks_of(PAGE, front=True)}
    assert leads["deeper"] == ["-", "-", "2."]
    assert leads["two\nlazily"] == ["-"]
    assert leads["in it"] == [">", "-"]
    forms = {block.text: form(block) for block in blocks_of(PAGE, front=True)}
    assert forms["deep"] == "list item › list item › numbered item"
    assert forms["Under\n====="] == "heading 1"
    assert form(blocks_of("4. four\n")[0]) == "numbered item from 4"
    assert form(blocks_of("* \n")[0]) == "list item"
    # Numbers are the ones a reader sees; another sign begins another list.
    numbers = [block.lead[0] for block in blocks_of("3. a\n3. b\n3) c\n\n3) d\n")]
    assert numbers == [("3.", True, True), ("4.", True, False), ("3.", True, True), ("4.", True, False)]
    # A lazy line underlines nothing, here or where the block is read by itself.
    assert [(block.kind, block.text) for block in blocks_of("> said\n===\n")] == [("quote", "said\n    ===")]


@pytest.mark.parametrize(
    "text", ["---\n\nA rule, then text.\n\n---\n", "---\ntitle: never closed\n", "text\n---\na: b\n---\n", "", "---"]
)
def test_r23_what_is_no_front_matter_is_not_taken_for_it(text: str) -> None:
    assert all(block.kind != "front" for block in blocks_of(text, front=True))
    assert blocks_of(text, front=True) == blocks_of(text)


def test_r23_front_matter_in_toml_and_on_windows() -> None:
    assert seen('+++\r\ntitle = "a"\r\ntags = [\r\n  "b",\r\n]\r\n+++\r\n# T\r\n') == [
        ("front", 'title = "a"', 1, 2),
        ("front", "tags = [", 2, 5),
        ("heading", "# T", 6, 7),
    ]


PARSER = MarkdownIt("commonmark").enable("table")
PARSER.core.ruler.enableOnly(["normalize", "block"])
PARSER.block.ruler.disable("reference")
LEAVES = {"heading_open": "heading", "fence": "code", "code_block": "code", "hr": "rule", "html_block": "html"}
STARTS = [
    "",
    "",
    "",
    "# ",
    "- ",
    "* ",
    "  ",
    "> ",
    "1. ",
    "2. ",
    "   ",
    "```",
    "~~~",
    "---",
    "===",
    "  - ",
    "> - ",
    "- > ",
]
STARTS += ["<div>", "***", "10) ", "-", ">", "<!--", "      "]
WORDS = ["", "foo", "foo bar", "x", "- y", "a | b", "# h", "-->"]


@pytest.mark.parametrize("seed", range(4))
def test_r23_blocks_begin_where_the_parser_has_them(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(500):
        text = "\n".join(draw.choice(STARTS) + draw.choice(WORDS) for _ in range(draw.randint(1, 6))) + "\n"
        leaves = [
            (LEAVES.get(token.type, "words"), token.map[0])
            for token in PARSER.parse(text)
            if token.map and (token.type in LEAVES or token.type == "paragraph_open")
        ]
        own = [
            (block.kind if block.kind in LEAVES.values() else "words", block.start)
            for block in blocks_of(text)
            if block.text
        ]
        assert own == leaves, text


@pytest.mark.parametrize(
    "table",
    [
        "| a | b |\n|---|---|\n| 1 | 2 |\n",
        "a | b\n--- | :-:\n1 | 2\n3\n",
        "| a |\n|-|\n",
        "> | a |\n> |---|\n> | b |\n",
    ],
)
def test_r23_a_table_is_one_block_whatever_its_bars(table: str) -> None:
    assert [block.kind for block in blocks_of(f"Before.\n\n{table}\nAfter.\n")] == ["paragraph", "table", "paragraph"]
    assert [block.kind for block in blocks_of(f"Right before:\n{table}")][-1] == "table"


def one(text: str) -> Block:
    """The only block of a text."""
    (block,) = blocks_of(text)
    return block


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("We ship in two\ndays across Spain.", "We ship in two days\nacross   Spain.\n"),
        ("- an item\n  goes on", "* an\n  item goes on"),
        ("1. first", "7) first"),
        ("> said so", ">said\nso"),
        ("## A heading ##", "# A heading"),
        ("A heading\n===", "### A heading"),
        ("今天天气很好，我们去学校。", "今天天气很好，\n我们去\n学校。"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a|b\n:-:|-\n1  |2"),
    ],
)
def test_r24_a_hash_stays_while_the_words_stay(text: str, same: str) -> None:
    assert block_hash(one(text)) == block_hash(one(same))
    assert len(block_hash(one(text))) == 12


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("We ship today.", "We ship today!"),
        ("We ship", "Weship"),
        ("## A", "## B"),
        ("| a | b |\n|-|-|", "| a | c |\n|-|-|"),
        ("No price", "No Price"),
    ],
)
def test_r24_a_hash_goes_with_a_change(text: str, other: str) -> None:
    assert block_hash(one(text)) != block_hash(one(other))


def test_r24_a_comment_finds_its_block_after_edits_elsewhere() -> None:
    before = blocks_of("# A\n\nSame words.\n\nOther.\n\nSame words.\n")
    wanted = before[3]
    after = blocks_of("# A\n\nSame words.\n\nNew paragraph\nof two lines.\n\nOther.\n\nSame\nwords.\n")
    found = find_block(after, block_hash(wanted), wanted.start)
    assert found is not None
    assert (found.start, found.text) == (9, "Same\nwords.")
    first = find_block(after, block_hash(wanted), before[1].start)
    assert first is not None
    assert first.start == 2
    assert find_block(after, block_hash(one("Gone.")), 0) is None


def test_r24_what_is_no_character_has_a_hash_all_the_same() -> None:
    assert block_hash(one("lone \ud800 surrogate")) != block_hash(one("lone surrogate"))


LONG = 200_000
HOSTILE = {
    "one line": "x" * LONG,
    "quotes": ">" * 50_000 + "x",
    "quotes apart": "> " * 50_000 + "x\n" * 100,
    "lists in lists": "- " * LONG + "x",
    "items": "- a\n" * LONG,
    "empty items": "-\n" * LONG,
    "short": "a\n\n" * LONG,
    "blank": "\n" * LONG,
    "spaces": " " * LONG + "x\n" + " " * LONG,
    "backticks": "`" * LONG,
    "fences": "```\n" * LONG,
    "angles": "<a \n" * LONG,
    "attributes": "<a " + "b " * LONG,
    "bars": "|a" * LONG + "\n" + "|-" * LONG + "\n",
    "bar lines": "|a|\n" * LONG,
    "dashes": "- " * LONG + "\n" + "-" * LONG,
    "hashes": "#" * LONG + "\n# " + "# " * LONG,
    "fields": "---\n" + "a: b\n" * LONG + "---\n",
    "deep": "".join("  " * (at % 30) + "- x\n" for at in range(20_000)),
    "returns": "\r" * LONG + "a\r\rb\n",
    "escapes": "\x1b[31m\x00\u202e\ue000\ufeff" * 10_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_r23_no_text_is_too_hostile_to_cut(name: str) -> None:
    text = HOSTILE[name]
    began = time.process_time()
    blocks = blocks_of(text, front=True)
    assert time.process_time() - began < 10
    assert len(blocks) <= MOST_BLOCKS + 3
    last, count = 0, text.count("\n") + 1
    for block in blocks:
        assert last <= block.start < block.end <= count
        assert len(block.lead) <= DEEPEST
        last = block.end
    # Every word is in some block.
    if name not in {"fields", "deep", "quotes apart"}:
        assert sum(normalised(block).count("x") for block in blocks) == text.count("x")


@pytest.mark.parametrize("seed", range(3))
def test_r23_no_line_with_words_is_in_no_block_or_in_two(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(300):
        lines = [draw.choice(STARTS) + draw.choice(["", f"word{at}"]) for at in range(draw.randint(1, 12))]
        covered = [line for block in blocks_of("\n".join(lines)) for line in range(block.start, block.end)]
        assert len(covered) == len(set(covered))
        assert {at for at, line in enumerate(lines) if "word" in line} <= set(covered)
