"""A guarded hub for each test."""

from __future__ import annotations

from pathlib import Path

import pytest
from guards import Guarded, build_guarded


@pytest.fixture
def hub(tmp_path: Path) -> Guarded:
    """The hub with the first words on its main, guarded since."""
    return build_guarded(tmp_path / "team")
