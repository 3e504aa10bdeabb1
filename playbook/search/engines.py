"""Which engine a library gets, and how each is built and opened; the only module that knows them all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from playbook.errors import UsageError
from playbook.search.engine import Builder, Engine

if TYPE_CHECKING:
    from playbook.library.settings import Settings

WHOOSH, TANTIVY = ENGINES = "whoosh", "tantivy"


@cache
def available(engine: str) -> bool:
    """Whether the engine can be used here."""
    if engine == TANTIVY:
        try:
            # Really loaded: a package that is there may still miss a library of the system's.
            import tantivy  # noqa: F401
        except (ImportError, OSError):
            return False
    return engine in ENGINES


def installed() -> tuple[str, ...]:
    """The engines that can be used here, by name."""
    return tuple(filter(available, ENGINES))


def wanted(settings: Settings, cards: int) -> str:
    """The engine for a library of so many cards: Tantivy past the library's threshold when it is installed.

    PLAYBOOK_ENGINE names one for every library. Raises UsageError when it names none that is installed.
    """
    named = os.environ.get("PLAYBOOK_ENGINE", "")
    if named:
        if not available(named):
            raise UsageError(f"PLAYBOOK_ENGINE names {named!r}; installed here: {', '.join(installed())}")
        return named
    return TANTIVY if cards >= settings.search.tantivy_from and available(TANTIVY) else WHOOSH


def format_of(engine: str) -> str:
    """The format of the index that the engine would write now; one of another format is built anew."""
    from playbook.library.document import PARSER_VERSION

    if engine == TANTIVY:
        from playbook.search.tantivy_builder import FORMAT
    else:
        from playbook.search.whoosh_builder import FORMAT
    return f"{FORMAT}+parser-{PARSER_VERSION}"


def engine_of(format_name: str) -> str:
    """The installed engine that reads this format; "" when none does."""
    return next((engine for engine in ENGINES if format_of(engine) == format_name and available(engine)), "")


def builder(engine: str) -> Builder:
    """What writes the engine's files."""
    if engine == TANTIVY:
        from playbook.search.tantivy_builder import TantivyBuilder

        return TantivyBuilder()
    from playbook.search.whoosh_builder import WhooshBuilder

    return WhooshBuilder()


def kept_in_memory(engine: str) -> bool:
    """Whether the engine answers from its files' bytes; Tantivy maps them instead."""
    return engine == WHOOSH


def opened(engine: str, folder: Path, files: Mapping[str, bytes]) -> Engine:
    """The engine on an index that was checked. Raises IndexDamaged."""
    if engine == TANTIVY:
        from playbook.search.tantivy_engine import TantivyEngine

        return TantivyEngine(folder, files)
    from playbook.search.whoosh_engine import WhooshEngine

    return WhooshEngine(files)
