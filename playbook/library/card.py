"""The card: the unit of an answer, and everything search and the screens need to know of it without its text."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

TrustState = Literal["verified", "expired", "unverified", "retired"]


class Trust(msgspec.Struct, frozen=True):
    """Whether the words may be relied on, on one day. `changed_since` is the day of the file's last change on main, where
    that came after the verification and the one who verified may not have seen it."""

    state: TrustState
    by: str = ""
    on: date | None = None
    until: date | None = None
    changed_since: date | None = None


class Problem(msgspec.Struct, frozen=True):
    """One finding in one file; `line` counts from 1."""

    path: str
    line: int
    rule: str
    severity: Literal["error", "warning"]
    message: str


class Card(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One typed document, or one section of a long untyped page.

    `id` is the front matter's id, else the path without content/ and .md; a section's is `<page id>#<anchor>`.
    `line` is where the card's text begins in the file; `say` the words to say as plain text, `say_line` where they stand;
    `say_named` when a heading names them, else they are the first paragraph.
    `start` and `end` are offsets, in characters, of the card's own text within its document (see Snapshot.text).
    `page_title` is the title of the page a section stands on, empty for whole documents.
    `changed` and `changed_by` are the last commit's time (epoch seconds) and author that touched the file.
    """

    id: str
    path: str
    line: int = 1
    anchor: str = ""
    kind: str = "page"
    title: str = ""
    page_title: str = ""
    headings: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    formerly: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    personas: tuple[str, ...] = ()
    competitors: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    surface: tuple[str, ...] = ()
    motion: str = ""
    category: str = ""
    owner: str = ""
    verified: date | None = None
    verified_by: str = ""
    review_days: int = 0
    expires: date | None = None
    status: str = "approved"
    visibility: str = "external"
    must_know: bool = False
    say: str = ""
    say_line: int = 0
    internal_say: bool = False
    say_named: bool = False
    blob: str = ""
    start: int = 0
    end: int = 0
    changed: int = 0
    changed_by: str = ""
