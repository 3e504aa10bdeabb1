"""A library of a given size, made in a temporary home and opened as anybody's would be."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import corpus

if TYPE_CHECKING:
    from playbook.store.managed import Library


@dataclass(frozen=True)
class Place:
    """The documents, the hub they are in, and the library opened from it."""

    made: list[corpus.Made]
    hub: Path
    library: Library


@contextmanager
def library_of(size: int, *, words_each: int = 240) -> Iterator[Place]:
    """A library of `size` cards of about so many words; PLAYBOOK_HOME points to its temporary home meanwhile."""
    from playbook.store.managed import open_library

    before = os.environ.get("PLAYBOOK_HOME")
    with tempfile.TemporaryDirectory(prefix="playbook-bench-") as folder:
        os.environ["PLAYBOOK_HOME"] = str(Path(folder) / "home")
        try:
            made = list(corpus.documents(size, words_each=words_each))
            hub = Path(folder) / "hub.git"
            corpus.write_repository(hub, made)
            yield Place(made, hub, open_library(str(hub)))
        finally:
            if before is None:
                os.environ.pop("PLAYBOOK_HOME")
            else:
                os.environ["PLAYBOOK_HOME"] = before
