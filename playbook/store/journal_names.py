"""What the ref of one writer's journal is called: whose it is can be told from the name, so nobody writes another's."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

REFS = "refs/playbook/journal/"
BRANCHES = "refs/heads/journal/"  # where a host takes no other refs
_NAME = re.compile(r"([0-9a-f]{16})-([a-z0-9][a-z0-9-]{0,39})")


class JournalName(NamedTuple):
    """Whose journal it is (see `writer_hash`), and on which of their devices."""

    writer: str
    device: str

    def __str__(self) -> str:
        return f"{self.writer}-{self.device}"


def writer_hash(mail: str) -> str:
    """What stands for a mail in the name of a journal: 16 hex digits of the SHA-256 of it in small letters."""
    return hashlib.sha256(mail.strip().lower().encode("utf-8", "surrogatepass")).hexdigest()[:16]


def journal_name(ref: str) -> JournalName | None:
    """Whose journal a full ref names; None for any other ref, and for a name that no writer would give."""
    for prefix in (REFS, BRANCHES):
        found = _NAME.fullmatch(ref.removeprefix(prefix)) if ref.startswith(prefix) else None
        if found:
            return JournalName(found[1], found[2])
    return None
