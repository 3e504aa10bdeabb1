"""TOML read within bounds, for every file of a library: what 1 MiB can hold must cost neither seconds nor the stack."""

from __future__ import annotations

from typing import Any

# tomllib takes time with the square of the parts of one dotted key; nobody writes a line with so many dots.
MOST_DOTS = 100


def read_toml(text: str) -> dict[str, Any]:
    """The table that a TOML text holds. Raises ValueError with what is wrong when it is none, or not within bounds."""
    import tomllib  # not needed where a cache holds what was read

    for number, row in enumerate(text.split("\n"), 1):
        # A comment that stays one costs nothing; behind the end of a text of several lines a key could follow.
        if row.count(".") > MOST_DOTS and ("=" in row or not row.lstrip().startswith("#")):
            raise ValueError(f"more than {MOST_DOTS} dots (at line {number})")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
