"""When a library last heard from its hub: what reads without fetching can so say how old its answer is."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from playbook import clock
from playbook.errors import PlaybookError
from playbook.store.registry import write_file

if TYPE_CHECKING:
    from playbook.store.managed import Library

_FILE = "synced.txt"
_CUT_OFF = "the hub could not be reached since"


class Synced(NamedTuple):
    """The last time that all the hub had was taken (None where nobody knows), and whether it was out of reach since."""

    at: datetime | None = None
    cut_off: bool = False


def last_synced(library: Library) -> Synced:
    """When the library was last in step with its hub, as far as that is known here."""
    try:
        said, _, rest = (library.cache / _FILE).read_text(encoding="ascii", errors="replace").partition("\n")
    except OSError:
        return Synced()
    moment = None
    with suppress(ValueError):
        moment = datetime.fromisoformat(said.strip())
    return Synced(moment if moment and moment.tzinfo else None, rest.strip() == _CUT_OFF)


def note_synced(library: Library) -> None:
    """All that the hub has is here now."""
    _write(library, clock.now().isoformat(timespec="seconds"))


def note_cut_off(library: Library) -> None:
    """The hub was asked and did not answer; when it last did stays known."""
    known = last_synced(library)
    if not known.cut_off:
        _write(library, known.at.isoformat(timespec="seconds") if known.at else "", _CUT_OFF)


def _write(library: Library, moment: str, more: str = "") -> None:
    # A disk that cannot be written keeps nobody from fetching.
    with suppress(PlaybookError, OSError):
        write_file(library.cache / _FILE, f"{moment}\n{more}\n".encode("ascii"))
