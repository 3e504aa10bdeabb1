"""What every test stands on: a home of its own, an identity, and no leftovers from the person's environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A private PLAYBOOK_HOME and a git identity; every GIT_* and PLAYBOOK_* of the caller is gone."""
    for name in list(os.environ):
        if name.startswith(("GIT_", "PLAYBOOK_")) or name in {"NO_COLOR", "TEXTUAL_THEME"}:
            monkeypatch.delenv(name)
    place = tmp_path / "home"
    place.mkdir()
    config = tmp_path / "gitconfig"
    config.write_text("[user]\n\tname = Tess Ter\n\temail = tess@example.com\n[init]\n\tdefaultBranch = main\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PLAYBOOK_HOME", str(place))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    return place
