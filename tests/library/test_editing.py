"""Edits of a document's source: the meant lines change, and nothing else of the file does, whatever it looks like."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest

from playbook.errors import UsageError
from playbook.library.card import Card
from playbook.library.cards import Place, cards_of
from playbook.library.document import ParsedDocument, parse_document
from playbook.library.editing import decode_source, with_fields, with_words
from playbook.library.settings import Settings

CONTENT = Path(__file__).parents[2] / "content"
OBJECTION = """\
---
title: Too dear
---
# Too dear

## Acknowledge
Fair.

## Answer
It pays for itself.

## Proof
Yes.
"""


def cards(source: str, path: str = "content/objections/x.md") -> tuple[tuple[Card, ...], ParsedDocument]:
    parsed, _ = parse_document(source.encode())
    return cards_of(Place(path, "content/", "0" * 40), parsed, Settings()), parsed


def said(source: str, words: str = "New words.", path: str = "content/objections/x.md", *, card: int = 0) -> str:
    """The document with the words of one of its cards replaced."""
    found, parsed = cards(source, path)
    return with_words(source, found[card], parsed, words)


def removed_and_added(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went and that came, line ends and all."""
    rows = list(difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True)))
    return [row[2:] for row in rows if row[0] == "-"], [row[2:] for row in rows if row[0] == "+"]


def fields_of(source: str) -> dict[str, object]:
    front = parse_document(source.encode())[0].front
    known = {name: getattr(front, name) for name in front.__struct_fields__ if name not in ("lines", "extra")}
    return {name: value for name, value in (known | front.extra).items() if value}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_only_the_answer_changes_and_line_ends_and_bom_stay(end: str, mark: str) -> None:
    source = mark + OBJECTION.replace("\n", end)
    assert said(source) == source.replace("It pays for itself.", "New words.")
    assert said(source, "One.\r\nTwo.\n\nThree.") == source.replace(
        "It pays for itself.", f"One.{end}Two.{end}{end}Three."
    )


def test_a_last_line_without_newline_stays_without_one() -> None:
    source = "# X\n\n## Answer\nOld words."
    assert said(source) == "# X\n\n## Answer\nNew words."
    assert said("# X\n\n## Answer") == "# X\n\n## Answer\nNew words."
    assert said("# X") == "# X\n\nNew words."


@pytest.mark.parametrize(
    ("above", "below"),
    [("", ""), ("\n", "\n"), ("\n\n", "\n\n\n"), ("", "\n\n")],
)
def test_blank_lines_around_the_words_stay_as_they_are(above: str, below: str) -> None:
    source = f"# X\n\n## Answer\n{above}Old words.\n{below}## Proof\nYes.\n"
    assert said(source) == source.replace("Old words.", "New words.")


@pytest.mark.parametrize(
    "heading",
    [
        "Answer\n------",
        "Answer\n-",
        "# Answer",
        "## Answer ##",
        "   ### Answer",
        "## **Answer**",
        "## Answer {#a}",
        "Answer:\n===",
    ],
)
def test_headings_of_every_kind_stay(heading: str) -> None:
    source = f"X\n=\n\n{heading}\n\nOld words.\n\nProof\n-----\nYes.\n"
    assert said(source) == source.replace("Old words.", "New words.")


def test_a_heading_of_several_lines_and_one_that_looks_like_a_mark_stay() -> None:
    source = "# X\n\nFirst.\n\n#hashtag\nand more\n===\nOld words.\n"
    assert said(source, path="content/pages/x.md") == source.replace("First.", "New words.")
    only = "#hashtag\nand more\n===\nOld words.\n"
    assert said(only, path="content/pages/x.md") == only.replace("Old words.", "New words.")


@pytest.mark.parametrize(
    "kept",
    [
        "[internal] Never say this.",
        "[Internal]: never say\nthis.",
        "**[internal]** Never say this.",
        "> [internal] Never say this.",
        "\\[internal\\] Never say this.",
        "```\n[internal] code\n\nand more\n```",
        "- [internal] Never say this.\n  And more of it.\n\n  And a paragraph.",
        "1. [internal] Never say this.",
        "| a | b |\n|---|---|\n| [internal] x | y |",
        "<!-- a comment\n\nof two paragraphs -->",
        "[link]: https://example.com 'title'",
    ],
)
def test_what_nobody_says_stays(kept: str) -> None:
    for source in (
        f"# X\n\n## Answer\nOld words.\n\n{kept}\n\n## Proof\nYes.\n",
        f"# X\n\n## Answer\n{kept}\n\nOld words.\n\nOld too.\n\n## Proof\nYes.\n",
        f"# X\n\n## Answer\nOld words.\n\n{kept}\n",
    ):
        after = said(source)
        assert kept in after and "Old" not in after and after.count("New words.") == 1
        # Of a table with such a cell all rows stay.
        assert cards(after)[0][0].say == "New words." or kept.startswith("|")


def test_an_internal_end_of_a_paragraph_and_an_internal_item_stay() -> None:
    after = said("# X\n\n## Answer\nOld words.\n[internal] Not this\nnor this.\n\nOld again.\n")
    assert after == "# X\n\n## Answer\nNew words.\n\n[internal] Not this\nnor this.\n"
    after = said("# X\n\n## Answer\n- Old\n- [internal] not\n  this\n- Old\n- [ ] [internal] nor this\n")
    assert after == "# X\n\n## Answer\nNew words.\n\n- [internal] not\n  this\n\n- [ ] [internal] nor this\n"


def test_what_is_below_the_fold_stays() -> None:
    source = "# X\n\n## Answer\nOld words.\n\n---\n\nBelow the fold.\n\n## Proof\nYes.\n"
    assert said(source) == source.replace("Old words.", "New words.")
    empty = "# X\n\n## Answer\n---\nBelow.\n"
    after = said(empty)
    parsed = parse_document(after.encode())[0]
    assert parsed.fold_line and "Below.\n" in after and cards(after)[0][0].say == "New words."


def test_subsections_stay_and_the_words_come_above_them() -> None:
    source = "# X\n\n## Answer\n\n### To the CFO\nMoney.\n\n### To the COO\nTime.\n"
    after = said(source)
    assert cards(after)[0][0].say == "New words."
    assert removed_and_added(source, after)[0] == []


def test_words_that_no_heading_names_are_one_paragraph_and_the_rest_stays() -> None:
    source = "# X\n\n![](x.png)\n\nOld words\non two lines.\n\nSecond paragraph.\n\n- a list\n"
    assert said(source, path="content/pages/x.md") == source.replace("Old words\non two lines.", "New words.")
    tight = "# X\n\nOld words\n- a list\n- stays\n"
    after = said(tight, path="content/pages/x.md")
    assert "- a list\n- stays\n" in after and "Old" not in after
    table = "# X\n\nOld words\n| a | b |\n"
    assert "| a | b |" in said(table, path="content/pages/x.md")


def test_words_of_a_list_that_no_heading_names_take_the_whole_lists_place() -> None:
    source = "# X\n\n- Old\n- Old too\n\n```\ncode\n```\n"
    assert said(source, path="content/pages/x.md") == "# X\n\nNew words.\n\n```\ncode\n```\n"


def test_a_document_without_words_gets_them_at_its_end_above_the_fold() -> None:
    assert said("# X\n", path="content/pages/x.md") == "# X\n\nNew words.\n"
    assert said("# X\n\n\n---\n\nBelow.\n", path="content/pages/x.md") == "# X\n\nNew words.\n\n\n---\n\nBelow.\n"
    assert said("---\ntitle: X\n---\n") == "---\ntitle: X\n---\nNew words.\n"
    assert said("") == "New words.\n"


def test_a_section_of_a_long_page_is_changed_alone() -> None:
    source = (
        "# Handbook\n\nFirst.\n\n"
        + "".join(f"## Part {n}\n\nWords {n}.\n\nMore.\n\n" for n in range(5))
        + "many words " * 400
    )
    found, _ = cards(source, "content/pages/long.md")
    assert len(found) > 4
    for number, one in enumerate(found):
        after = said(source, path="content/pages/long.md", card=number)
        gone, came = removed_and_added(source, after)
        assert len(gone) == 1 and came == ["New words.\n"], one.title


@pytest.mark.parametrize(
    "words",
    [
        "# A heading", "## Answer", "Title\n===", "Title\n=", "Title\n---", "Title\n-", "---", "***", "* * *", "___", "- - -",
        "> quoted", "```\ncode", "~~~", "<!-- swallow", "<div>", "</div>", "<script>x", "[answer]: /x", "    indented code",
        "One.\n\n    indented", "\tx", "+++", "a\n   ## b", "\x1b[31mred\x00", "\u202eevil", "\ud800half", "a\x0bb\x0cc",
        "<!DOCTYPE x>",
    ],
)  # fmt: skip
def test_r20_whatever_is_typed_stays_words(words: str) -> None:
    for source in (
        OBJECTION,
        OBJECTION.replace("## Proof\n", "---\n\n## Proof\n"),
        "# X\n\nOld.\n\nNext\n====\nYes.\n",
    ):
        after = said(source, words)
        after.encode("utf-8")
        before, now = parse_document(source.encode())[0], parse_document(after.encode())[0]
        assert [(one.level, one.title) for one in now.sections] == [(one.level, one.title) for one in before.sections]
        assert bool(now.fold_line) == bool(before.fold_line) and now.front == before.front
        assert not set("\x1b\x00\u202e\ud800\x0b") & set(after)


def test_lists_links_and_markup_in_the_words_are_kept() -> None:
    words = "Say:\n\n1. One\n   - deep\n       more\n2. **Two** <https://x.example> [a](b)\n\n* x\n+ y\n-z\n#tag"
    assert words in said(OBJECTION, words)


@pytest.mark.parametrize("words", ["", " \n\t\n", "\x00\x1b"])
def test_no_words_are_no_proposal(words: str) -> None:
    with pytest.raises(UsageError, match="no words"):
        said(OBJECTION, words)


def test_what_is_no_utf8_cannot_be_edited_here() -> None:
    assert decode_source("\ufeffé\r\n".encode(), "x") == "\ufeffé\r\n"
    with pytest.raises(UsageError, match="not UTF-8"):
        decode_source(b"\xff", "a\x1b.md")


def everything() -> list[Path]:
    return sorted(path for path in CONTENT.rglob("*.md"))


@pytest.mark.parametrize("path", everything(), ids=lambda path: path.relative_to(CONTENT).as_posix())
def test_every_card_of_the_demonstration_takes_new_words_and_its_own_again(path: Path) -> None:
    source = decode_source(path.read_bytes(), path.name)
    name = f"content/{path.relative_to(CONTENT).as_posix()}"
    found, parsed = cards(source, name)
    for number, card in enumerate(found):
        after = with_words(source, card, parsed, "Quite new words.")
        again, _ = cards(after, name)
        assert [(one.id, one.title, one.kind) for one in again] == [(one.id, one.title, one.kind) for one in found]
        assert "Quite new words." in again[number].say
        gone, came = removed_and_added(source, after)
        assert [line for line in came if line.strip()] == ["Quite new words.\n"]
        # What went was said on this card: no heading, nothing internal.
        assert not [line for line in gone if line.startswith("#") or "[internal]" in line]
        one = parse_document(after.encode())[0]
        assert (one.front, len(one.sections)) == (parsed.front, len(parsed.sections))
    stamped = with_fields(source, {"verified": "2026-11-22", "verified_by": "tess@example.com"})
    gone, came = removed_and_added(source, stamped)
    assert len(came) == (2 if source.startswith("---") else 4) and len(gone) <= 2
    assert fields_of(stamped) | {"verified": None, "verified_by": None} == fields_of(source) | {
        "verified": None, "verified_by": None,
    }  # fmt: skip
    if "verified" not in fields_of(source) and "verified_by" not in fields_of(source) and source.startswith("---"):
        assert with_fields(stamped, {"verified": None, "verified_by": None}) == source
