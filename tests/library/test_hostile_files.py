"""Files made to break the reading: each costs itself alone, and no more than moments."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from building import LibraryBuilder

from playbook.library import parsing, reading
from playbook.library.cards import Place, cards_of
from playbook.library.document import MAX_SECTIONS, ParsedDocument, parse_document
from playbook.library.frontmatter import days
from playbook.library.kinds import MOST_PATTERNS, kind_of
from playbook.library.plain import heading_text, plain_text
from playbook.library.settings import MOST_PROBLEMS, Settings, parse_settings
from playbook.library.snapshot import load_folder, load_snapshot
from playbook.store.managed import open_library

ODD_FRONT = {
    "foo=99999999999999999999999999": "foo holds a number beyond 64 bits",
    "title=0x" + "f" * 5_000: "title holds a number beyond 64 bits",
    "review_every=0x" + "f" * 5_000: "review_every holds a number beyond 64 bits",
    "x=[{y=[99999999999999999999]}]": "x holds a number beyond 64 bits",
    ".".join("a" * 8_000) + "=1": "more than 100 dots",
    ".".join("a" * 60) + "=1": "a is nested deeper than 20 levels",
    "a=" + "[" * 8_000: "nested too deeply",
    "a=" + "[" * 50 + "]" * 50: "a is nested deeper than 20 levels",
}


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail, and do not hang, when the block takes longer than that in processor time."""

    def late(number: int, frame: object) -> None:
        raise AssertionError(f"took over {seconds} s")

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def parsed(text: str) -> ParsedDocument:
    return parse_document(text.encode())[0]


@pytest.mark.parametrize(("front", "words"), ODD_FRONT.items(), ids=range(len(ODD_FRONT)))
def test_numbers_and_nesting_past_all_bounds_cost_their_field_alone(front: str, words: str) -> None:
    with within(2):
        document, body = parse_document(f"+++\n{front}\n+++\n# Body\n".encode())
    assert [words in found.message for found in document.findings] == [True]
    assert (document.title, body) == ("Body", "# Body\n")
    parsing.encode_document(document)


def test_the_faults_of_one_front_matter_are_not_listed_without_end() -> None:
    findings = parsed("---\n" + "title: x\n" * 1_000 + "---\n# T\n").findings
    assert len(findings) == 21
    assert "979 more faults" in findings[-1].message


def test_a_file_that_breaks_the_parser_is_one_problem_and_the_rest_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = {b"value": ValueError, b"number": OverflowError, b"depth": RecursionError, b"memory": MemoryError}

    def breaking(raw: bytes) -> tuple[ParsedDocument, str]:
        for word, fault in faults.items():
            if word in raw:
                raise fault
        return parse_document(raw)

    monkeypatch.setattr(parsing, "parse_document", breaking)
    builder = LibraryBuilder(tmp_path / "w").init()
    builder.write("good.md", "# Good\n\nWords.\n").write("twin.md", "value")
    for word in faults:
        builder.write(f"{word.decode()}.md", word)
    builder.commit()
    library = open_library(str(builder.path))
    for snapshot in (load_snapshot(library), load_folder(builder.path)):
        assert [card.id for card in snapshot.cards] == ["good"]
        assert [(p.path, p.rule, p.severity) for p in snapshot.problems] == [
            (path, "unreadable", "error") for path in ("depth.md", "memory.md", "number.md", "twin.md", "value.md")
        ]
        assert [(card.id, text) for card, text in snapshot.texts()] == [("good", "# Good\n\nWords.\n")]


def test_a_file_that_breaks_the_making_of_cards_is_one_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaking(place: Place, parsed: ParsedDocument, settings: Settings) -> object:
        if place.path == "bad.md":
            raise RecursionError
        return cards_of(place, parsed, settings)

    monkeypatch.setattr(reading, "cards_of", breaking)
    builder = LibraryBuilder(tmp_path / "w").init()
    builder.write("good.md", "# Good\n").write("bad.md", "# Bad\n").commit()
    for snapshot in (load_snapshot(open_library(str(builder.path))), load_folder(builder.path)):
        assert [(p.path, p.rule) for p in snapshot.problems] == [("bad.md", "unreadable")]
        assert [card.id for card in snapshot.cards] == ["good"]


def test_lengths_of_time_of_any_size_are_judged() -> None:
    assert (days(90), days(0), days(36_501), days(int("f" * 5_000, 16)), days("9" * 6_000)) == (90, *[None] * 4)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("[review_every]\nobjection=0x" + "f" * 5_000, "review_every.objection is not a length of time"),
        ("[search]\ntests_must={first=0x" + "f" * 5_000 + "}", "search.tests_must.first is not"),
        ("[demo]\ntoday=0x" + "f" * 5_000, "demo.today is not a date"),
        (".".join("a" * 20_000) + "=1", "more than 100 dots"),
        ("[" + " " * 300_000 + "\n", "not TOML"),
    ],
    ids=range(5),
)
def test_hostile_settings_are_one_problem(raw: str, words: str) -> None:
    with within(2):
        settings, problems = parse_settings(raw.encode(), "playbook.toml")
    assert settings == Settings(path="playbook.toml")
    assert [words in problem.message for problem in problems] == [True]


def test_whatever_the_settings_raise_is_one_problem_and_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaking(value: object) -> int:
        raise RecursionError

    monkeypatch.setattr("playbook.library.settings.days", breaking)
    settings, problems = parse_settings(b"[review_every]\nobjection=1\n", "playbook.toml")
    assert settings == Settings(path="playbook.toml")
    assert [(problem.rule, problem.severity) for problem in problems] == [("settings", "error")]


def test_many_wrong_settings_take_one_pass_and_few_rows() -> None:
    raw = "[synonyms]\n" + "".join(f"k{n}=1\n" for n in range(15_000))
    with within(3):
        problems = parse_settings(raw.encode(), "playbook.toml")[1]
    assert len(problems) == MOST_PROBLEMS + 1
    assert (problems[0].line, problems[49].line) == (2, 51)
    assert problems[-1].message.startswith("14950 more")


@pytest.mark.parametrize("pattern", ["**/" * 25 + "x", "**/" * 24 + "*/x", "*a" * 20 + "b", "**/*a*a*a*a*a*a*b/**/c"])
def test_no_folder_pattern_takes_long(pattern: str) -> None:
    settings = Settings(kinds={pattern: "objection"})
    deep = "/".join(["aaaaaaaaaaaaaaaaaaaaaaaaaaaa"] * 60) + "/y.md"
    with within(1):
        assert kind_of(deep, "", settings) == "page"
        assert kind_of("a" * 4_000 + ".md", "", settings) == "page"


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("h", "h/a/b.md", True),
        ("h/", "h/b.md", True),
        ("h/**", "h.md", False),
        ("h/**", "x/h/b.md", False),
        ("**/h/**", "x/y/h/b.md", True),
        ("**/h/**", "h/b.md", True),
        ("**/h/**/b.md", "h/b.md", True),
        ("**/h/**/b.md", "x/h/y/z/b.md", True),
        ("**/h/*/b.md", "x/h/y/z/b.md", False),
        ("**/h/*/b.md", "h/x/h/y/b.md", True),
        ("*.md", "b.md", True),
        ("*.md", "h/b.md", False),
        ("**.md", "h/i/b.md", True),
        ("h/b*", "h/book.md", True),
        ("h/b*", "h/book/x.md", False),
        ("h/b**", "h/book/x.md", True),
        ("h/*o*k*", "h/oooook", True),
        ("h/?.md", "h/a.md", True),
        ("h/?.md", "h/ab.md", False),
        ("h/a+[b].md", "h/a+[b].md", True),
        ("**", "h/b.md", True),
        ("***/b.md", "h/i/b.md", True),
        ("./h/b", "h/b.md", False),
        ("/h/b.*", "h/b.md", True),
    ],
)
def test_folder_patterns(pattern: str, path: str, fits: bool) -> None:
    assert kind_of(path, "", Settings(kinds={pattern: "objection"})) == ("objection" if fits else "page")


def test_too_many_and_too_long_folder_patterns_are_said() -> None:
    raw = "[kinds]\n" + "".join(f'"f{n}" = "claim"\n' for n in range(150)) + f'"{"x" * 300}" = "claim"\n'
    settings, problems = parse_settings(raw.encode(), "playbook.toml")
    assert len(settings.kinds) == MOST_PATTERNS
    assert [(problem.line, "more than 100 patterns" in problem.message) for problem in problems] == [
        (1, True),
        (152, False),
    ]


HOSTILE = {
    "spaces in a heading": "# a" + " " * 200_000 + "b",
    "anchors in a heading": "# " + "{#a " * 60_000,
    "an anchor without end": "# {#" + "a" * 240_000,
    "open brackets": "## Answer\n\n" + ("[" * 7_990 + "\n\n") * 30,
    "open images": "## Answer\n\n" + ("![" * 3_990 + "\n\n") * 30,
    "headings of brackets": ("# " + "[" * 7_990 + "\n") * 30,
    "a title without end": "[a]: b '" + "x\n" * 120_000,
    "backticks": ("".join("`" * n + "a" for n in range(1, 64)) * 120) + "](b)",
    "angles": "<" * 250_000,
    "half links": "](" * 120_000,
    "comments": "<!--" * 60_000,
    "items": "- a\n" * 250_000,
    "headings": "#\n" * 500_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_text_takes_the_parser_long(text: str) -> None:
    with within(4):
        parse_document(text.encode())


def test_the_last_of_many_blocks_is_still_text() -> None:
    document, body = parse_document(b"# A\n\nx\n\n" + b"- a\n" * 60_000 + b"\nlast\n")
    assert document.sections[-1].end == len(body)
    assert [(found.rule, found.severity) for found in document.findings] == [("unreadable", "warning")]
    assert parsed("# A\n\n" + "## B\n" * (MAX_SECTIONS - 1)).findings == ()


@pytest.mark.parametrize(
    ("raw", "title", "anchor"),
    [
        ("# A {#own}", "A", "own"),
        ("# A {#own .class}  ", "A", "own"),
        ("# A {#x} b", "A b", "a-b"),
        ("# {#x", "{#x", "x"),
    ],
)
def test_anchors_at_the_end_of_a_heading(raw: str, title: str, anchor: str) -> None:
    section = parsed(raw).sections[0]
    assert (section.title, section.anchor) == (title, anchor)


def test_code_spans_hold_no_links() -> None:
    text = "`a](x.md)` ``b `](y.md)`` ```c](z.md) ` [d](w.md)\n`e\n](v.md)` [f](u.md)\n"
    assert [(link.line, link.target) for link in parsed(text).links] == [(1, "z.md"), (3, "v.md"), (3, "u.md")]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("## Answer ##", "Answer"),
        ("# About C#", "About C#"),
        ("# ##", ""),
        ("###", ""),
        ("#x", None),
        ("####### x", None),
        ("# " + "#" * 300_000 + "x", "#" * 300_000 + "x"),
    ],
    ids=range(7),
)
def test_the_text_of_a_heading_line(line: str, text: str | None) -> None:
    with within(1):
        assert heading_text(line) == text


def test_characters_written_as_entities_are_cleaned_too() -> None:
    marks = "&#x202e;&#8203;&#x2066;&rlm;&#xfeff;"
    section = parsed(f"# budget {marks}x\n\nsay {marks}this ![al{marks}t](i.png) [te{marks}xt](x.md)\n").sections[0]
    assert (section.title, section.say) == ("budget x", "say this alt text")
    table = plain_text(f"# a{marks}\n\n| b{marks} | c |\n|-|-|\n| d | e{marks} |\n")
    assert table == "a\nb | c\nd | e"


LONG = "Words that fill a section of a page. " * 30


def test_a_heading_without_text_belongs_to_the_card_above_it() -> None:
    text = f"# Page\n{LONG}\n## A\n{LONG}\n## Zebra\n\n### Okapi\n\n## Parent\n\n### Child\n{LONG}\n## Giraffe\n"
    document, body = parse_document(text.encode())
    made = cards_of(Place("p.md", "", "b"), document, Settings())
    assert [card.title for card in made] == ["Page", "A", "Child"]
    texts = [body[card.start : card.end] for card in made]
    assert "## Zebra\n\n### Okapi\n" in texts[1]
    assert "Parent" not in texts[1]
    assert texts[2].endswith("## Giraffe\n")
    assert made[2].headings == ("Page", "Parent")


def test_an_internal_heading_without_text_stays_out_of_an_open_card() -> None:
    text = f"# Page\n{LONG}\n## A\n{LONG}\n## [internal] Floor of 30\n\n## After\n\n## B\n{LONG}\n"
    document, body = parse_document(text.encode())
    made = cards_of(Place("p.md", "", "b"), document, Settings())
    assert [card.title for card in made] == ["Page", "A", "B"]
    assert all("Floor" not in body[card.start : card.end] for card in made)
