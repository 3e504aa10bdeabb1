"""The one clock: PLAYBOOK_NOW stands in for it in tests and demonstrations."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from playbook.errors import UsageError


def now() -> datetime:
    """The moment, with its zone; PLAYBOOK_NOW (ISO time) overrides it. Raises UsageError when that is no time."""
    fixed = os.environ.get("PLAYBOOK_NOW")
    if not fixed:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(fixed)
    except ValueError:
        raise UsageError(
            f"PLAYBOOK_NOW is {fixed!r}, which is no ISO time; write it as 2026-11-22T09:00:00+00:00"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def zone(name: str) -> tzinfo:
    """The time zone of that name, UTC when the name is empty or unknown (lint reports unknown ones)."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def today(timezone: str = "") -> date:
    """The calendar day it is now in that time zone."""
    try:
        return now().astimezone(zone(timezone)).date()
    except OverflowError:
        raise UsageError("PLAYBOOK_NOW lies outside the calendar; write it as 2026-11-22T09:00:00+00:00") from None
