"""A proposal that changes a file which is no Markdown: its lines, as they are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from piloting import Driver, drive
from reviewers import Bench, to_queue, to_review

from playbook.app import PlaybookApp

SETTINGS = "content/playbook.toml"
BEFORE = '# Ours\n[library]\nname = "Words"\ntimezone = "Europe/Lisbon"\n\n[kinds]\n"how" = "page"\n' + "".join(
    f'"folder-{number}/**" = "page"\n' for number in range(12)
)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch, {SETTINGS: BEFORE})


@pytest.mark.parametrize("size", [(80, 24), (130, 40)])
def test_r23_settings_are_reviewed_line_by_line(bench: Bench, size: tuple[int, int]) -> None:
    bench.propose(path=SETTINGS, text=BEFORE.replace("Words", "Our words").replace("[kinds]", "# By folder\n[kinds]"))
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        review = await to_review(see)
        lines = [line.text for line in review.pane.page.lines]
        assert any("[library]" in line and "timezone" not in line for line in lines), lines
        assert any("name" in line and "Our words" in line and "timezone" not in line for line in lines), lines
        assert any("# By folder" in line and "kinds" not in line for line in lines), lines
        assert any("unchanged lines …" in line for line in lines), lines
        assert any(line.strip(" │") == "" for line in lines), "the empty line between the tables"

    drive(steps, size=size)
