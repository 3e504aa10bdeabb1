"""Fields at the top of a document: the meant one changes, every other line stays, or the edit is refused."""

from __future__ import annotations

import difflib
import random

import pytest

from playbook.errors import UsageError
from playbook.library.document import parse_document
from playbook.library.fields import with_fields


def removed(before: str, after: str) -> list[str]:
    """The lines that went, line ends and all."""
    rows = difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
    return [row[2:] for row in rows if row[0] == "-"]


def fields_of(source: str) -> dict[str, object]:
    front = parse_document(source.encode())[0].front
    known = {name: getattr(front, name) for name in front.__struct_fields__ if name not in ("lines", "extra")}
    return {name: value for name, value in (known | front.extra).items() if value}


YAML = """\
---
# Who keeps it
title: "Too: dear"   # a comment
aliases:
  - it costs
# between
  - too much
stages: [a,
  b
]
note: >-
  folded
  ---
  text
Verified-By: old@example.com
status: draft  # until Monday

owner: mia
---
# X
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("fields", "old", "new"),
    [
        ({"status": "retired"}, "status: draft  # until Monday\n", "status: retired  # until Monday\n"),
        ({"verified_by": "new@example.com"}, "Verified-By: old@example.com\n", "verified_by: new@example.com\n"),
        (
            {"aliases": ["one", "two: x"]},
            "aliases:\n  - it costs\n# between\n  - too much\n",
            'aliases: [one, "two: x"]\n',
        ),
        ({"stages": ["c"]}, "stages: [a,\n  b\n]\n", "stages: [c]\n"),
        ({"note": None}, "note: >-\n  folded\n  ---\n  text\n", ""),
        ({"stages": None, "status": None}, "", ""),
        ({"title": "Plain"}, 'title: "Too: dear"   # a comment\n', "title: Plain\n"),
        ({"verified": "2026-11-22"}, "owner: mia\n", "owner: mia\nverified: 2026-11-22\n"),
    ],
)
def test_one_field_of_yaml_changes_and_every_other_line_stays(
    end: str, fields: dict[str, str | list[str] | None], old: str, new: str
) -> None:
    source, old, new = (text.replace("\n", end) for text in (YAML, old, new))
    after = with_fields(source, fields)
    if old:
        assert after == source.replace(old, new)
    for name, value in fields.items():
        found = fields_of(after).get(name)
        assert (list(found) if isinstance(found, tuple) else found and str(found)) == (value or None)
    gone = removed(source, after)
    assert "# Who keeps it" + end not in gone and f"owner: mia{end}" not in gone


TOML = """\
+++
# Who keeps it
title = "Too dear"
aliases = [
  "it [costs",  # a comment
  'too much',
]
text = \"\"\"
status = "no field"
\"\"\"
status = 'draft' # until Monday

[extra]
status = "mine"
owner = "nobody"
+++
# X
"""


@pytest.mark.parametrize(
    ("fields", "old", "new"),
    [
        ({"status": "retired"}, "status = 'draft' # until Monday\n", 'status = "retired"\n'),
        ({"aliases": ["one"]}, TOML[TOML.index("aliases") : TOML.index("text")], 'aliases = ["one"]\n'),
        ({"owner": "mia"}, "\n[extra]\n", '\nowner = "mia"\n[extra]\n'),
        ({"verified": "2026-11-22"}, "\n[extra]\n", "\nverified = 2026-11-22\n[extra]\n"),
        ({"status": None}, "status = 'draft' # until Monday\n", ""),
        ({"title": 'Say "no"\n\u0085\x7f'}, 'title = "Too dear"\n', 'title = "Say \\"no\\"\\u000a\\u0085\\u007f"\n'),
    ],
)
def test_one_field_of_toml_changes_and_no_table_takes_it(
    fields: dict[str, str | list[str] | None], old: str, new: str
) -> None:
    after = with_fields(TOML, fields)
    assert after == TOML.replace(old, new, 1)
    assert fields_of(after)["extra"] == {"status": "mine", "owner": "nobody"}


def test_a_document_without_front_matter_gets_some_and_its_text_stays() -> None:
    for text in ("# X\n", "", "\ufeff# X\r\n", "---\n\nA rule, then text.\n", "\n# X"):
        after = with_fields(text, {"status": "retired"})
        assert after.endswith(text.removeprefix("\ufeff")) and after.startswith("\ufeff") == text.startswith("\ufeff")
        assert fields_of(after) == {"status": "retired"}
        assert with_fields(text, {"status": None}) == text
    assert with_fields("---\n---\n# X\n", {"owner": "a"}) == "---\nowner: a\n---\n# X\n"
    assert with_fields("---\ntitle: X\n---", {"owner": "a"}) == "---\ntitle: X\nowner: a\n---"


@pytest.mark.parametrize(
    "source",
    [
        "---\n{title: X, status: draft, owner: a}\n---\n# X\n",
        "---\ntitle: never closed\n\n# X\n",
        "+++\ntitle = never closed\n",
        "---\n? status\n: draft\n---\n# X\n",
        "---\nbase: &a\n  status: x\n<<: *a\nstatus: draft\nstatus: draft\n---\n",
        '---\nnote: "begins\nstatus: here\nends"\nstatus: draft\n---\n',
        "+++\nstatus = 'a'\nstatus = 'b'\n+++\n",
        "+++\nextra.status = 1\nextra = 2\n+++\n",
    ],
)
def test_what_cannot_be_changed_line_by_line_is_changed_rightly_or_refused(source: str) -> None:
    try:
        after = with_fields(source, {"status": "retired"})
    except UsageError:
        return
    before = fields_of(source)
    assert fields_of(after) == before | {"status": "retired"}


VALUES = [
    "plain", "a b-c/d.e@f", "2026-11-22", "12", "1.5", "1e3", "1.0e+3", "0x1f", "0o7", "1_000", "yes", "No", "null", "~", "",
    "@mia", "x: y", "x #y", "# y", "- x", "[x]", "{x}", "'q'", '"q"', "back\\slash", "tab\there", "é", "日本", "✅", "%x", "&a",
    "*a", "!t", "|", ">", "x:", "?", "a, b", "=", "<<",
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("source", ["---\ntitle: X\n---\n", "+++\ntitle = 'X'\n+++\n"])
def test_every_value_reads_back_as_it_was_given(source: str, value: str) -> None:
    after = with_fields(source, {"owner": value, "aliases": [value, "other"]})
    front = parse_document(after.encode())[0].front
    expected = " ".join(value.split())
    assert front.owner == expected and front.title == "X"
    assert front.aliases == tuple(part for part in (expected, "other") if part)


@pytest.mark.parametrize("seed", range(60))
def test_whatever_the_front_matter_is_other_fields_stay_or_it_is_refused(seed: int) -> None:
    dice = random.Random(seed)
    pieces = [
        "title: X", "status: draft", "Status: Draft # c", "aliases:", "- a", "  - b", "# comment", "", "  more", "note: |", "  x: y",
        "tags: [a,", "]", "'status': x", "owner: 'it''s'", "stages: {a: 1}", 'q: "a', 'b"', "---x", "verified: 2026-01-01",
    ]  # fmt: skip
    source = "---\n" + "".join(dice.choice(pieces) + "\n" for _ in range(dice.randrange(1, 9))) + "---\n# X\n\nBody.\n"
    before = fields_of(source)
    for fields in ({"status": "retired"}, {"aliases": ["n"]}, {"status": None}):
        try:
            after = with_fields(source, dict(fields))
        except UsageError:
            continue
        now = fields_of(after)
        for name in {*before, *now} - set(fields):
            assert now.get(name) == before.get(name), (source, after)
        assert after.endswith("---\n# X\n\nBody.\n")
