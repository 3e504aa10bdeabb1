"""The sample library, opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from sample import sample

from playbook.finding.memory import remember
from playbook.finding.session import read
from playbook.search.indexer import build_now
from playbook.store.managed import Library, open_library


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    """Opened and indexed on the sample's day, with the tour behind us and no system clipboard."""
    monkeypatch.setenv("PLAYBOOK_NOW", "2026-11-22T10:00:00+00:00")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    made = sample(tmp_path / "repo")
    made.commit("Write the first words")
    library = open_library(str(made.bare(tmp_path / "hub.git")), name="sample")
    read(library)
    build_now(library)
    remember(tour_done=True)
    return library
