"""Words to say that slipped onto the line of their heading: nothing says them, so lint does."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from playbook.library.lint import lint
from playbook.library.snapshot import load_folder

TODAY = date(2026, 11, 22)
CONTENT = Path(__file__).parents[2] / "content"


def found(folder: Path, path: str, body: str) -> list[tuple[int, str]]:
    file = folder / "content" / path
    file.parent.mkdir(parents=True)
    file.write_text(f"---\nverified: 2026-11-01\n---\n# Say it to us\n\n{body}")
    return [(one.line, one.message) for one in lint(load_folder(folder), TODAY, rule="say-in-heading")]


@pytest.mark.parametrize(
    ("path", "body", "line"),
    [
        ("objections/a.md", "## Acknowledge\nFair.\n\n## Answer We cost less\n", 9),
        ("objections/a.md", "## Answer: We cost less\n\n## Proof\nYes.\n", 6),
        ("objections/a.md", "## Answer\nLess.\n\n### Ask what does it cost you?\n", 9),
        ("stages/a.md", "## Say Hello to them\n", 6),
        ("battlecards/a.md", "## If they name them, say they are fine\nAnd more.\n", 6),
        ("objections/a.md", "## Answer\nLess.\n\n### Answer in writing\nDear you\n", 0),
        ("objections/a.md", "## Answer\nLess.\n\n## Answers we heard\nNone\n", 0),
        ("air-cover/a.md", "## What to say\nSo.\n\n## What to say if they mention it again\nNo.\n", 0),
        ("pages/a.md", "## Answer We cost less\n", 0),
    ],
)
def test_r91_words_on_the_line_of_their_heading_are_found(tmp_path: Path, path: str, body: str, line: int) -> None:
    findings = found(tmp_path, path, body)
    assert [at for at, _ in findings] == ([line] if line else [])


def test_r91_the_sentence_says_what_to_write_instead(tmp_path: Path) -> None:
    ((_, message),) = found(tmp_path, "objections/a.md", "## Answer: We cost less\n")
    assert message == (
        "'Answer: We cost less' is a heading, so its words are not said; "
        "leave 'Answer' alone on its line and put the words below it"
    )


def test_r91_the_demonstrations_library_has_none() -> None:
    assert lint(load_folder(CONTENT.parent), TODAY, rule="say-in-heading") == []
