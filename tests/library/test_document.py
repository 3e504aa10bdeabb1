"""One file read: front matter forgiven, headings and folds where they are, words as a person says them."""

from __future__ import annotations

from datetime import date

import pytest

from playbook.library.document import ParsedDocument, parse_document
from playbook.library.kinds import document_say


def parsed(text: str | bytes) -> ParsedDocument:
    return parse_document(text if isinstance(text, bytes) else text.encode())[0]


def titles(document: ParsedDocument) -> list[tuple[int, str, str, int]]:
    return [(s.level, s.title, s.anchor, s.line) for s in document.sections]


def messages(document: ParsedDocument) -> list[tuple[int, str]]:
    return [(finding.line, finding.message) for finding in document.findings]


def test_headings_have_levels_lines_and_unique_anchors() -> None:
    document = parsed(
        "---\ntitle: T\n---\n# One *two* [three](x.md)\n\nbefore\n\nSetext\n======\n\n## Answer\na\n## Answer\nb\n## Answer-2\n"
    )
    assert titles(document) == [
        (1, "One two three", "one-two-three", 4),
        (1, "Setext", "setext", 8),
        (2, "Answer", "answer", 11),
        (2, "Answer", "answer-2", 13),
        (2, "Answer-2", "answer-2-2", 15),
    ]


def test_what_only_looks_like_a_heading_is_none() -> None:
    document = parsed("# Real\n\n```\n# code\n```\n\n<!-- # comment -->\n\n> # quoted\n\n    # indented\n\n#no space\n")
    assert [section.title for section in document.sections] == ["Real"]


def test_sections_tile_the_body_from_heading_to_heading() -> None:
    raw = "---\nid: x\n---\nintro\n\n# A\none\n\n## B\ntwo\n"
    document, body = parse_document(raw.encode())
    assert [body[s.start : s.end] for s in document.sections] == ["intro\n\n", "# A\none\n\n", "## B\ntwo\n"]
    assert document.sections[0].line == 4


def test_offsets_and_lines_hold_under_bom_and_windows_line_ends() -> None:
    document, body = parse_document("\ufeff---\r\ntitle: T\r\n---\r\n# A\r\n\r\ntext\r\n## B\r\nmore\r\n".encode())
    assert document.front.title == "T"
    assert [(s.line, body[s.start : s.end]) for s in document.sections] == [(4, "# A\n\ntext\n"), (7, "## B\nmore\n")]


def test_the_fold_is_the_first_rule_of_hyphens() -> None:
    document, body = parse_document(b"# A\n\nTitle\n---\n\n***\n\nabove\n\n---\n\nbelow words here\n")
    assert body[: document.fold].endswith("above\n\n")
    assert document.fold_line == 10
    assert document.fold_words == 3
    assert parsed("# A\nno fold").fold == len("# A\nno fold")


def test_words_to_say_lose_markdown_and_html_and_keep_link_text() -> None:
    document = parsed(
        "## Answer\nSay **this** to `them`, [see](x.md) ![logo](l.png) <b>now</b> &amp; \\*then\\*{claim:hours}\nand on.\n\n"
        "- [ ] first\n- second\n\n<!-- never -->\n"
    )
    assert document.sections[0].say == "Say this to them, see logo now & *then* and on.\nfirst\nsecond"
    assert document.sections[0].say_line == 2


def test_internal_lines_paragraphs_items_and_sections_are_not_said() -> None:
    document = parsed(
        "## Answer\nSay this.\n[internal] The floor is 30,\nwrapped onto this line.\n\nAnd this.\n\n"
        "- [INTERNAL] secret\n  - nested secret\n"
        "- open\n\n**[internal]** bold secret\n\n[internal](x.md) is a link\n\n"
        "## [internal] Ask\nSecret question?\n\n### Deeper\nSecret too\n\n## Next\nx\n"
    )
    answer, ask, deeper, after = document.sections
    assert answer.say == "Say this.\nAnd this.\nopen\ninternal is a link"
    assert (ask.title, ask.internal, ask.say_internal, ask.say) == ("Ask", True, True, "Secret question?")
    assert (deeper.internal, after.internal) == (True, False)
    say = document_say("objection", document)
    assert say.text == answer.say
    assert not say.internal


def test_words_that_are_all_internal_are_marked_so() -> None:
    say = document_say("objection", parsed("# T\n\n## Answer\n[internal] Never aloud.\n"))
    assert (say.text, say.internal, say.line) == ("Never aloud.", True, 4)


def test_an_answer_split_into_subsections_is_said_whole_and_ends_at_the_fold() -> None:
    document = parsed("# T\n## Answer\n\n### Short\nOne.\n\n### Long\nTwo.\n\n---\n\nThree.\n\n## Proof\nx\n")
    assert document_say("objection", document).text == "One.\nTwo."


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("objection", "# T\n## Answer\nC\n## ASK:\nB\n## Acknowledge\nA\n", "A\nB\nC"),
        ("objection", "# T\n## They say\n> q\n\n## Why\nFirst words.\n", "First words."),
        ("stage", "# T\nintro\n## One-liner\nSay it\n", "Say it"),
        ("battlecard", "# T\nintro\n## If they name them, say\nThis\n## Say\nno\n", "This"),
        ("air-cover", "# T\nintro\n## What to say\nThis\n", "This"),
        ("launch", "# T\nintro\n## Talk track: 15 seconds\nThis\n", "This"),
        ("page", "# T\nintro\n## Say\nThis\n", "This"),
        (
            "page",
            "# T\n\n![logo](x.png)\n\n> quote\n\n| a | b |\n|---|---|\n| c | d |\n\nThe paragraph\n",
            "The paragraph",
        ),
        ("page", "# T\n\n- one\n- two\n", "one\ntwo"),
        ("page", "# T\n\n| a | b |\n|---|---|\n| c | d |\n", ""),
        ("page", "# T\n\nIt costs:\n| a | b |\n|---|\n| c | d |\n", "It costs:"),
        ("page", "# T\n\n| a | b |\n|---|\n| c | d |\n\n`make it`\n\n+---+\n| a |\n+---+\n\nWords.\n", "Words."),
        ("page", "# T\n\n- One\n  ```\n  code\n  ```\n- Two\n", "One\nTwo"),
        ("page", "# T\n", ""),
    ],
)
def test_words_to_say_of_each_kind(kind: str, text: str, said: str) -> None:
    assert document_say(kind, parsed(text)).text == said


def test_links_carry_their_lines_and_code_has_none() -> None:
    document = parsed(
        "---\nx: 1\n---\nSee [a](a.md)\nand [b](<b c.md> 'title') `[no](no.md)`\n\n```\n[no](no.md)\n```\n\n[c][ref] ![d](d(1).png)\n\n"
        "[ref]: ref.md#top\n"
    )
    assert [(link.line, link.target) for link in document.links] == [
        (4, "a.md"),
        (5, "b c.md"),
        (11, "d(1).png"),
        (13, "ref.md#top"),
    ]


def test_custom_and_html_anchors_count() -> None:
    document = parsed('# Title {#own}\n\n<a name="old"></a>\n\ntext <span id="other">x</span>\n')
    assert document.sections[0].title == "Title"
    assert document.sections[0].anchor == "own"
    assert document.anchors == ("old", "other")


def test_fields_become_typed_values() -> None:
    front = parsed(
        "---\nid: x\naliases: [a, ' b ', a]\nstages: evaluation\nproducts: core, driver\nverified: 2026-10-01\n"
        "expires: '2027-01-01T10:00:00Z'\nreview_every: 12 weeks\nmust_know: yes\nsurfaces: [call]\nversion: 1.10\nnumber: 3\n"
        "start: 2026-11-02\naudience:\n  personas: [cfo]\n---\n"
    ).front
    assert (front.id, front.aliases, front.stages, front.products) == (
        "x",
        ("a", "b"),
        ("evaluation",),
        ("core", "driver"),
    )
    assert (front.verified, front.expires, front.review_days) == (date(2026, 10, 1), date(2027, 1, 1), 84)
    assert front.must_know
    assert front.surface == ("call",)
    assert front.extra == {"version": "1.10", "number": 3, "start": "2026-11-02", "audience": {"personas": ["cfo"]}}
    assert front.lines["verified"] == 6


def test_capital_odd_and_null_keys_are_known() -> None:
    document = parsed(
        "---\nTitle: T\n+Owner: o@x\nVerified By: v@x\nmust-know: true\nstatus: null\ncompetitor: acme\n---\n"
    )
    front = document.front
    assert (front.title, front.owner, front.verified_by, front.must_know) == ("T", "o@x", "v@x", True)
    assert front.competitors == ("acme",)
    assert not document.findings


def test_toml_front_matter_is_read() -> None:
    front = parsed("+++\ntitle = 'T'\nverified = 2026-10-01\nstages = ['a']\nweight = 3\n+++\n# B\n").front
    assert (front.title, front.verified, front.stages, front.extra) == ("T", date(2026, 10, 1), ("a",), {"weight": 3})


@pytest.mark.parametrize(
    ("front", "line", "words"),
    [
        ("title: [a]", 2, "title holds a list"),
        ("title: 2026-10-01", 2, "title holds a date"),
        ("stages: {a: b}", 2, "stages holds a table"),
        ("aliases: [[a]]", 2, "aliases holds something"),
        ("verified: To be verified", 2, "verified is 'To be verified', not a date"),
        ("expires: 2026-13-45", 2, "expires is '2026-13-45'"),
        ("review_every: 0d", 2, "review_every is no length"),
        ("must_know: perhaps", 2, "must_know is neither"),
        ("status: wip", 2, "status is 'wip', not one of approved, draft, retired"),
        ("visibility: secret", 2, "visibility is 'secret'"),
        ("owner: x\nowner: y", 3, "owner stands twice"),
        ("title: Why: because", 2, "title cannot be read"),
        ("- a\n- b", 2, "is a list"),
        ("hello there", 2, "is a text"),
        ("title: !!python/object:os.system x", 2, "tags"),
        ("a: &a [x]\nb: [*a, *a]", 2, "anchors and aliases"),
        ("a: " + "[" * 8_000, 2, "nested deeper"),
        ("a:\n" + "\n".join("  " * i + "- - -" for i in range(1, 60)), 0, "nested deeper"),
        ("a: '" + "x" * 70_000 + "'", 1, "larger than 16 KiB"),
        ("\ttitle: x", 0, ""),
    ],
)
def test_bad_front_matter_is_one_finding_and_the_rest_works(front: str, line: int, words: str) -> None:
    document, body = parse_document(f"---\n{front}\n---\n# Body\n\ntext\n".encode())
    assert len(document.findings) == 1, messages(document)
    found = document.findings[0]
    assert found.rule == "front-matter"
    assert words in found.message
    assert found.line == line or not line
    assert body == "# Body\n\ntext\n"
    assert document.title == "Body"


def test_a_bad_field_costs_that_field_alone() -> None:
    document = parsed("---\ntitle: Why: because\nowner: a@b\naliases:\n  - one\n  - two\nstages: [x\n---\n# T\n")
    assert (document.front.owner, document.front.aliases) == ("a@b", ("one", "two"))
    assert [line for line, _ in messages(document)] == [2, 7]


def test_faults_beyond_twenty_are_not_listed() -> None:
    assert len(parsed("---\n" + "a: b: c\n" * 500 + "---\n# T\n").findings) == 21


def test_a_document_may_begin_with_a_rule() -> None:
    document, body = parse_document(b"---\n\nSome text\n\n---\n\nMore\n")
    assert not document.findings
    assert body.startswith("---\n\nSome text")
    assert parsed("---\n").findings == ()


def test_front_matter_never_closed_is_said() -> None:
    assert messages(parsed("---\ntitle: T\n\n# B\n"))[0][1].startswith("The front matter is never closed")


def test_bytes_that_are_no_text_are_replaced_and_said() -> None:
    latin = parsed("# Caf\xe9\n".encode("latin-1"))
    assert latin.title == "Caf\ufffd"
    assert [(f.line, f.rule) for f in latin.findings] == [(1, "unreadable")]
    assert [(f.line, f.rule) for f in parsed(b"# A\n\nx\0y\n").findings] == [(3, "unreadable")]
    assert parsed("# Sixteen\n".encode("utf-16")).title == "Sixteen"


def test_nothing_a_terminal_obeys_comes_through() -> None:
    document = parsed('---\nowner: "a\\e[31m"\n---\n# \x1b[31mRed\x1b[0m\u202e\n\n\x1b]52;c;AAAA\x07 text\n')
    shown = document.front.owner + document.title + document_say("page", document).text
    assert not any(ord(letter) < 32 or letter == "\u202e" for letter in shown)


def test_giant_lines_and_many_headings_are_read() -> None:
    long = parsed("# L\n\n" + "word " * 100_000)
    assert len(document_say("page", long).text) <= 4_002
    many = parse_document(b"# a\n" * 20_000)[0]
    assert len(many.sections) == 2_000
    assert many.sections[-1].end == 80_000
    assert [(found.line, found.severity) for found in many.findings] == [(2_001, "warning")]


def test_a_document_survives_being_stored() -> None:
    import msgspec

    document = parsed("---\nverified: 2026-10-01\nx: {a: 1}\n---\n# A\n[l](b.md)\n---\nlow\n")
    raw = msgspec.msgpack.encode(document)
    assert msgspec.msgpack.decode(raw, type=ParsedDocument) == document
