"""R91: every finding has its file, line, rule, severity and one sentence; a clean library has none."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from playbook.errors import UsageError
from playbook.library.lint import RULES, findings_json, lint
from playbook.library.names import persona_names
from playbook.library.snapshot import load_folder

TODAY = date(2026, 11, 22)
SETTINGS = """[library]
stages = ["discovery", "Closing"]
segments = ["small"]
[review_every]
objection = "90d"
"""
PERSONA = "---\naliases: [finance chief]\nverified: 2026-11-01\n---\n# The CFO\n"
GOOD = """---
title: Price
kind: objection
stages: [discovery, closing]
personas: [cfo, Finance Chief]
segments: [small]
motion: acquire
surface: [call, email]
category: price
verified: 2026-11-01
---
# Price

## Acknowledge
Fair.

## Ask
What does it cost you today?

## Answer
Less than that. See [the proof](#proof), [the CFO](../personas/cfo.md), [the site](https://example.com/x.md),
![a picture](../pictures/a.png) and [the folder](../personas/).

---

## Proof
A.

## Proof
B, as in [the first](price.md#proof), [the second](price.md#proof-2) and [as hosts count](price.md#proof-1).
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "content/playbook.toml", SETTINGS)
    write(tmp_path, "content/personas/cfo.md", PERSONA)
    write(tmp_path, "content/objections/price.md", GOOD)
    write(tmp_path, "content/pictures/a.png", "")
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def found(folder: Path, rule: str | None = None) -> list[tuple[str, int, str, str]]:
    return [(p.path, p.line, p.rule, p.severity) for p in lint(load_folder(folder), TODAY, rule=rule)]


def test_r91_a_good_library_has_no_findings(folder: Path) -> None:
    assert found(folder) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "rule", "severity"),
    [
        ("kind: objection", "kind: nonsense", 3, "unknown-kind", "error"),
        ("stages: [discovery, closing]", "stages: [nowhere]", 4, "unknown-stage", "error"),
        ("[cfo, Finance Chief]", "[cfo, pope]", 5, "unknown-persona", "error"),
        ("segments: [small]", "segments: [huge]", 6, "unknown-segment", "error"),
        ("motion: acquire", "motion: wiggle", 7, "unknown-motion", "error"),
        ("[call, email]", "[call, pigeon]", 8, "unknown-surface", "error"),
        ("category: price", "category: weather", 9, "unknown-category", "error"),
        ("verified: 2026-11-01", "verified: [x]", 10, "front-matter", "error"),
        ("verified: 2026-11-01", "verified: 2026-08-01", 10, "expired", "warning"),
        ("verified: 2026-11-01", "verified: 2026-11-01\nexpires: 2026-11-21", 11, "expired", "warning"),
        ("verified: 2026-11-01", "verified: 2026-11-01\nstatus: retired", 11, "retired", "warning"),
        ("verified: 2026-11-01", "owner: x@y", 1, "unverified", "warning"),
        ("(#proof)", "(#prof)", 21, "broken-link", "error"),
        ("(../personas/cfo.md)", "(../personas/coo.md)", 21, "broken-link", "error"),
        ("(../personas/cfo.md)", "(../../../cfo.md)", 21, "broken-link", "error"),
        ("(../personas/cfo.md)", "(/personas/coo.md)", 21, "broken-link", "error"),
        ("../pictures/a.png", "../pictures/b.png", 22, "broken-link", "error"),
        ("price.md#proof-2", "price.md#proof-4", 30, "broken-link", "error"),
        ("Less than that.", "Less. " * 41, 15, "say-too-long", "warning"),
        ("## Proof\nA.", "A." * 3 + "\n---\n" + "## Proof\n", 0, "", ""),
        ("\n---\n\n## Proof\nA.", "\n## Proof\n" + "and so on " * 40 + "\n", 12, "fold-too-long", "warning"),
    ],
)
def test_r91_each_rule_names_its_line(folder: Path, old: str, new: str, line: int, rule: str, severity: str) -> None:
    assert old in GOOD
    write(folder, "content/objections/price.md", GOOD.replace(old, new, 1))
    findings = found(folder)
    if not rule:
        assert findings == []
        return
    expected = ("content/objections/price.md", line, rule, severity)
    assert expected in findings
    assert {f for f in findings if f[2] != "unverified"} <= {expected} | ({expected} if rule == "unverified" else set())


def test_r91_the_remaining_rules(folder: Path) -> None:
    write(folder, "content/objections/bare.md", "---\nverified: 2026-11-01\n---\n# Bare\n\nJust a paragraph.\n")
    write(folder, "content/objections/twin.md", GOOD.replace("title: Price", "id: objections/bare"))
    write(folder, "content/untitled.md", "Words alone.\n")
    write(folder, "content/broken.md", "---\ntitle: a: b\n---\n# T\n")
    (folder / "content/link.md").symlink_to("untitled.md")
    with (folder / "content/playbook.toml").open("a") as settings:
        settings.write('nonsense = "soon"\n')
    assert found(folder) == [
        ("content/broken.md", 2, "front-matter", "error"),
        ("content/link.md", 1, "unreadable", "error"),
        ("content/objections/bare.md", 1, "duplicate-id", "error"),
        ("content/objections/bare.md", 4, "say-missing", "warning"),
        ("content/playbook.toml", 6, "settings", "error"),
        ("content/untitled.md", 1, "title-missing", "warning"),
    ]
    assert found(folder, "broken-link") == []
    assert found(folder, "settings") == [("content/playbook.toml", 6, "settings", "error")]


def test_a_rule_that_does_not_exist_lists_those_that_do(folder: Path) -> None:
    with pytest.raises(UsageError, match="broken-link"):
        lint(load_folder(folder), TODAY, rule="nonsense")


def test_a_finding_as_json(folder: Path) -> None:
    write(folder, "content/x.md", "no title")
    (problem,) = lint(load_folder(folder), TODAY)
    assert findings_json(problem) == {
        "path": "content/x.md",
        "line": 1,
        "rule": "title-missing",
        "severity": "warning",
        "message": "content/x.md has no title; give it one in `title` or as its first heading",
    }
    assert problem.rule in RULES


def test_r16_a_library_nobody_wrote_for_us_gets_warnings_alone(tmp_path: Path) -> None:
    write(
        tmp_path,
        "docs/a.md",
        "---\nkind: Deployment\nstages: [x]\ncategory: y\n---\n[x](gone.md) [y](/site/top/) " + "w " * 200,
    )
    write(tmp_path, "docs/b.md", "See [a](a), [a](./a.html), [docs](../docs/), [site]({{ url }}/x.md), [top](#top).\n")
    assert found(tmp_path) == [
        ("docs/a.md", 1, "title-missing", "warning"),
        ("docs/a.md", 6, "broken-link", "warning"),
        ("docs/b.md", 1, "title-missing", "warning"),
    ]


def test_personas_answer_to_their_aliases(folder: Path) -> None:
    assert persona_names(load_folder(folder)) == {"cfo": "cfo", "finance-chief": "cfo", "the-cfo": "cfo"}


def test_r91_the_demonstration_library_has_no_errors() -> None:
    content = Path(__file__).parents[2] / "content"
    errors = [problem for problem in lint(load_folder(content), TODAY) if problem.severity == "error"]
    assert errors == []
