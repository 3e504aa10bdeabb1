"""Which of the commits that went to main without a review this person has looked at; kept on this machine."""

from __future__ import annotations

from typing import Any

from playbook.finding.memory import change, recall

MOST = 2_000  # of one library, the newest


def looked_at(library: str) -> frozenset[str]:
    """The commits of that library which this person has marked as seen."""
    return frozenset(_kept(recall(), library))


def mark(library: str, commit: str, *, seen: bool = True) -> bool:
    """Mark the commit as seen, or as not seen; False when the disk takes nothing."""

    def edit(remembered: dict[str, Any]) -> dict[str, Any]:
        others = [one for one in _kept(remembered, library) if one != commit]
        kept = remembered.get("looked_at")
        mine = {library: [*others, commit][-MOST:] if seen else others}
        return remembered | {"looked_at": (kept if isinstance(kept, dict) else {}) | mine}

    return change(edit)


def _kept(remembered: dict[str, Any], library: str) -> list[str]:
    kept = remembered.get("looked_at")
    names = kept.get(library) if isinstance(kept, dict) else None
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
