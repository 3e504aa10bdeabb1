"""Kinds, titles, ids and the splitting of pages: what a document becomes as cards."""

from __future__ import annotations

from datetime import date

import pytest

from playbook.library.card import Card
from playbook.library.cards import Place, cards_of
from playbook.library.document import parse_document
from playbook.library.kinds import KINDS, kind_named, kind_of
from playbook.library.names import Slugs, slug, title_from_path
from playbook.library.settings import Settings, parse_settings
from playbook.library.trust import trust

LONG = "word " * 80


def cards(text: str, path: str = "page.md", settings: Settings | None = None, root: str = "") -> tuple[Card, ...]:
    return cards_of(Place(path, root, "b10b"), parse_document(text.encode())[0], settings or Settings())


@pytest.mark.parametrize(
    ("path", "front", "kind"),
    [
        ("content/objections/price.md", "", "objection"),
        ("content/stages/discovery/objections/x.md", "", "objection"),
        ("content/air-cover/x.md", "", "air-cover"),
        ("Battlecards/x.md", "", "battlecard"),
        ("launches/promise/README.md", "", "launch"),
        ("objections/README.md", "", "page"),
        ("objections/x.md", "Page", "page"),
        ("anything/x.md", "field notes", "field-note"),
        ("anything/x.md", "nonsense", "page"),
        ("objections/x.md", "nonsense", "objection"),
        ("content/handlers/x.md", "", "objection"),
        ("content/handlers/deep/er/x.md", "", "persona"),
        ("content/handbook/objections/x.md", "", "page"),
        ("x.md", "", "page"),
    ],
)
def test_a_kind_comes_from_front_matter_then_settings_then_folders(path: str, front: str, kind: str) -> None:
    settings = Settings(kinds={"handlers/**": "objection", "handlers/deep/**": "persona", "handbook/": "page"})
    assert kind_of(path, front, settings, "content/" if path.startswith("content/") else "") == kind


def test_every_kind_is_known_in_the_plural() -> None:
    assert [kind_named(f"{kind}s") for kind in KINDS if kind != "launch"] == [
        kind for kind in KINDS if kind != "launch"
    ]
    assert kind_named("launches") == "launch"


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("docs/index.html.md", "Docs"),
        ("docs/getting-started.md", "Getting started"),
        ("docs/x_vs_y.markdown", "X vs y"),
        ("guides/_index.md", "Guides"),
        ("README.md", "README"),
        ("a/v1.2-notes.md", "V1.2 notes"),
        ("-.md", "-.md"),
    ],
)
def test_a_title_of_last_resort_comes_from_the_path(path: str, title: str) -> None:
    assert title_from_path(path) == title


def test_anchors_are_made_as_git_hosts_make_them_and_are_unique() -> None:
    assert [slug("Talk track: 15 seconds"), slug("Über uns!"), slug("a_b-c"), slug("???")] == [
        "talk-track-15-seconds",
        "über-uns",
        "a_b-c",
        "section",
    ]
    slugs = Slugs()
    assert [slugs.take(name) for name in ("a", "a-2", "a", "a", "a-2")] == ["a", "a-2", "a-3", "a-4", "a-2-2"]


def test_a_typed_document_is_one_card_however_long() -> None:
    (card,) = cards(f"# T\n## Answer\nSay\n## Proof\n{LONG * 3}\n", "content/objections/x.md", root="content/")
    assert (card.id, card.kind, card.title, card.say, card.say_line) == ("objections/x", "objection", "T", "Say", 3)
    assert card.headings == ("Answer", "Proof")
    assert (card.page_title, card.anchor, card.start) == ("", "", 0)


def test_a_short_page_and_a_page_of_one_heading_are_one_card() -> None:
    assert len(cards("# A\none\n## B\ntwo\n## C\nthree\n")) == 1
    assert len(cards(f"# A\n{LONG * 9}")) == 1


def test_r02_a_long_page_is_one_card_a_section_of_its_own_text() -> None:
    text = "---\nid: p\naliases: [x]\nowner: o@x\n---\n"
    text += f"# Page\n\n## A\n{LONG}\n### A1\n{LONG}\n## Empty\n\n### E1\n{LONG}\n## A\nlast\n"
    made = cards(text)
    assert [(card.id, card.title, card.headings) for card in made] == [
        ("p", "Page", ()),
        ("p#a", "A", ("Page",)),
        ("p#a1", "A1", ("Page", "A")),
        ("p#e1", "E1", ("Page", "Empty")),
        ("p#a-2", "A", ("Page",)),
    ]
    assert {card.page_title for card in made} == {"Page"}
    assert {card.owner for card in made} == {"o@x"}
    assert [card.aliases for card in made] == [("x",), (), (), (), ()]
    assert [card.line for card in made] == [6, 8, 10, 14, 16]
    body = parse_document(text.encode())[1]
    assert body[made[-1].start : made[-1].end] == "## A\nlast\n"


def test_r02_a_page_of_150_kib_gives_each_section_its_own_say() -> None:
    text = "# Handbook\n\n" + "".join(f"## Part {n}\n\nWords of part {n}.\n\n{LONG * 4}\n\n" for n in range(100))
    assert len(text) > 150_000
    made = cards(text)
    assert len(made) == 101
    assert (made[57].title, made[57].say, made[57].anchor) == ("Part 56", "Words of part 56.", "part-56")


def test_a_preamble_is_the_pages_first_card() -> None:
    made = cards(f"Before any heading.\n\n# First\n{LONG}\n# Second\n{LONG}\n")
    assert [(card.id, card.title) for card in made] == [
        ("page", "First"),
        ("page#first", "First"),
        ("page#second", "Second"),
    ]


def test_an_internal_section_of_a_page_is_an_internal_card() -> None:
    made = cards(f"# Page\nx\n## [internal] Floor\n{LONG}\n### Deep\n{LONG}\n## Open\n{LONG}\n")
    assert [(card.title, card.visibility) for card in made] == [
        ("Page", "external"),
        ("Floor", "internal"),
        ("Deep", "internal"),
        ("Open", "external"),
    ]


def test_names_that_go_without_saying() -> None:
    settings = Settings(stages=("Discovery",), segments=("Mid Market",))
    (stage,) = cards("# T", "stages/discovery/cfo.md", settings)
    (persona,) = cards("# T", "personas/cfo.md", settings)
    (battlecard,) = cards("# T", "battlecards/acme.md", settings)
    (objection,) = cards("---\nstages: [DISCOVERY]\nsegments: [mid-market, other]\n---\n", "objections/x.md", settings)
    assert (stage.stages, persona.personas, battlecard.competitors) == (("Discovery",), ("cfo",), ("acme",))
    assert (objection.stages, objection.segments) == (("Discovery",), ("Mid Market", "other"))


TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("card", "state", "until"),
    [
        (Card(id="x", path="x"), "unverified", None),
        (Card(id="x", path="x", verified=date(2020, 1, 1)), "verified", None),
        (Card(id="x", path="x", verified=date(2026, 11, 20), review_days=2), "verified", date(2026, 11, 22)),
        (Card(id="x", path="x", verified=date(2026, 11, 19), review_days=2), "expired", date(2026, 11, 21)),
        (Card(id="x", path="x", kind="objection", verified=date(2026, 8, 1)), "expired", date(2026, 10, 30)),
        (Card(id="x", path="x", kind="objection", verified=date(2026, 11, 1)), "verified", date(2027, 1, 30)),
        (
            Card(id="x", path="x", kind="objection", verified=date(2026, 11, 1), expires=date(2026, 12, 1)),
            "verified",
            date(2026, 12, 1),
        ),
        (Card(id="x", path="x", expires=date(2026, 11, 21)), "expired", date(2026, 11, 21)),
        (Card(id="x", path="x", expires=date(2026, 11, 22), verified=TODAY), "verified", date(2026, 11, 22)),
        (Card(id="x", path="x", status="draft", verified=TODAY), "unverified", None),
        (Card(id="x", path="x", status="retired", verified=TODAY), "retired", None),
        (Card(id="x", path="x", verified=date(2026, 12, 1)), "unverified", None),
        (Card(id="x", path="x", verified=date.max, review_days=9, expires=date.max), "unverified", date.max),
    ],
)
def test_r13_trust_on_a_day(card: Card, state: str, until: date | None) -> None:
    standing = trust(card, Settings(review_every={"objection": 90}), TODAY)
    assert (standing.state, standing.until, standing.on) == (state, until, card.verified)


def test_settings_are_read_and_wrong_values_are_named_with_their_lines() -> None:
    raw = b"""[library]
name = "L"
timezone = "Mars/Olympus"
stages = ["a", "b", "a"]
segments = 3

[kinds]
"h/**" = "objections"
"i/**" = "nonsense"

[review_every]
objection = "90d"
stage = "soon"

[synonyms]
price = ["cost"]
bad = 1
[synonyms.one_way]
acme = ["x"]

[demo]
today = 2026-11-22

[terms]
banned = { cheap = "good", x = 1 }

[search]
tests_must = { first = 2, first_three = 0.5 }
[unknown]
a = 1
"""
    settings, problems = parse_settings(raw, "content/playbook.toml")
    assert (settings.name, settings.stages, settings.segments, settings.timezone) == ("L", ("a", "b"), (), "")
    assert (settings.kinds, settings.review_every) == ({"h/**": "objection"}, {"objection": 90})
    assert (settings.synonyms, settings.one_way) == ({"price": ("cost",)}, {"acme": ("x",)})
    assert (settings.demo.today, settings.banned) == (date(2026, 11, 22), {"cheap": "good"})
    assert (settings.search.first, settings.search.first_three) == (0.8, 0.5)
    assert [(p.line, p.message.split(" is not")[0]) for p in sorted(problems, key=lambda p: p.line) if p.line > 1] == [
        (3, "library.timezone"),
        (5, "library.segments"),
        (9, "kinds.i/**"),
        (13, "review_every.stage"),
        (17, "synonyms.bad"),
    ]
    assert {p.message.split(" is not")[0] for p in problems if p.line == 1} == {
        "terms.banned.x",
        "search.tests_must.first",
    }
    assert {(p.path, p.rule, p.severity) for p in problems} == {("content/playbook.toml", "settings", "error")}


@pytest.mark.parametrize(
    "raw",
    [
        b"[library\n",
        b"library = 3\nkinds = 1\nsynonyms = []\n[search]\ntests_must = 1\n",
        b"\xff\xfe\x00",
        b"a=" + b"[" * 5000,
    ],
)
def test_settings_that_cannot_be_read_are_a_problem_and_the_defaults(raw: bytes) -> None:
    settings, problems = parse_settings(raw, "playbook.toml")
    assert settings == Settings(path="playbook.toml")
    assert problems
