"""The settings that hold at a commit, and as a change leaves them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from playbook.library.settings import Settings, parse_settings
from playbook.review.rules.policy import SETTINGS
from playbook.store import objects
from playbook.store.differences import Difference

if TYPE_CHECKING:
    from playbook.store.managed import Library


@lru_cache(maxsize=64)
def settings_at(library: Library, commit: str) -> Settings:
    """The library's settings at a commit or in a tree; every default where there is no such file."""
    found = objects.entries_at(library, commit, SETTINGS)
    present = {os.fsdecode(entry.path): entry.oid for entry in found if entry.mode.startswith("100")}
    path = next((path for path in SETTINGS if path in present), "")
    for _, raw in objects.blobs(library, [present[path]] if path else []):
        return parse_settings(raw, path)[0]
    return Settings()


def changed_settings(library: Library, changed: Iterable[Difference], before: Settings, result: str) -> Settings:
    """The settings as a change leaves them, whose `result` (a commit or a tree) is known."""
    return settings_at(library, result) if any(one.path in SETTINGS for one in changed) else before
