"""What kinds of document there are, how a file gets its kind, and which of its words are the ones to say."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from playbook.library.document import ParsedDocument, Section
from playbook.library.names import INDEX_STEMS, heading_key, name_key, stem, without_suffix
from playbook.library.settings import Settings

KINDS = (
    "stage",
    "objection",
    "air-cover",
    "launch",
    "persona",
    "battlecard",
    "agreement",
    "claim",
    "field-note",
    "field-test",
    "request",
    "page",
)
MOTIONS = ("acquire", "cross-sell", "up-sell", "retain")
SURFACES = ("call", "email", "meeting", "chat", "social")
CATEGORIES = (
    "price",
    "timing",
    "competition",
    "authority",
    "need",
    "trust",
    "risk",
    "status-quo",
    "integration",
)
_PLURALS = {"launches": "launch", "air-covers": "air-cover"} | {f"{kind}s": kind for kind in KINDS if kind[-1] != "h"}

# The headings under which each kind keeps its words to say; of an objection all count, in this order; else the first.
SAY_SECTIONS = {
    "objection": ("acknowledge", "ask", "answer"),
    "stage": ("say", "one liner"),
    "battlecard": ("if they name them say",),
    "air-cover": ("what to say", "what to say if they mention it"),
    "launch": ("talk track 15 seconds",),
}
_ANY_KIND = ("say", "answer")
# Buyers' words, and words that must not be said, are never taken for want of better ones.
_NOT_SAID = frozenset({"they say", "dont say", "do not say", "never say", "dont promise"})

LONGEST_PATTERN = 200
MOST_PATTERNS = 100

# The sheet of a launch's folder that is the launch itself.
LAUNCH_STEMS = INDEX_STEMS | {"story", "launch"}


class Say(NamedTuple):
    """Words to say, the file's line they begin on, whether they are internal, and whether a heading names them."""

    text: str
    line: int
    internal: bool
    named: bool


def kind_named(name: str) -> str | None:
    """The kind of that name, in singular or plural and any case; None when there is none."""
    key = name_key(name)
    return key if key in KINDS else _PLURALS.get(key)


def kind_of(path: str, front_kind: str, settings: Settings, root: str = "") -> str:
    """The kind of the document at `path`: what its front matter says, else the settings' folder map, else its folders.

    In the folder map the longest matching pattern decides; patterns are relative to the library's root or to the
    repository. Without a match the nearest folder named after a kind decides. A README or index that lies directly in
    such a folder is a page about it, not one of it.
    """
    stated = kind_named(front_kind) if front_kind else None
    if stated:
        return stated
    inner = path.removeprefix(root)
    matching = [
        pattern
        for pattern in settings.kinds
        if any(_glob(pattern).fullmatch(name + "/") for name in {inner, path, without_suffix(inner)})
    ]
    if matching:
        return settings.kinds[max(matching, key=len)]
    folders = inner.split("/")[:-1]
    for folder in reversed(folders):
        found = kind_named(folder)
        if found:
            own_index = folder == folders[-1] and stem(path).lower() in INDEX_STEMS
            # A launch is a folder of sheets: its story is the launch, the others are pages about it.
            sheet = found == "launch" and folder != folders[-1] and stem(path).lower() not in LAUNCH_STEMS
            return "page" if own_index or sheet else found
    return "page"


def path_matches(pattern: str, path: str) -> bool:
    """Whether a path pattern (see `_glob`), relative to the library's root or to the repository, means that path."""
    inner = path.removeprefix("content/")
    return any(_glob(pattern).fullmatch(name + "/") for name in {inner, path, without_suffix(inner)})


@lru_cache(maxsize=256)
def _glob(pattern: str) -> re.Pattern[str]:
    """What matches a path with a slash after it: `**` is any number of folders, `*` and `?` stay within one name.

    Each run of names between two `**`, and each run of letters between two `*`, is looked for once, from the left, and
    never again (the atomic groups): time grows with the path's length, whatever the pattern.
    """
    pattern = pattern.strip().removeprefix("./").lstrip("/")
    if pattern.endswith("/") or not any(letter in pattern for letter in "*?."):
        pattern = pattern.rstrip("/") + "/**"
    runs = [""]
    parts = pattern.split("/")
    for place, part in enumerate(parts):
        last = place == len(parts) - 1
        if part.startswith("**") and (part.strip("*") or not last):
            runs.append("")
        if part.strip("*") or len(part) == 1 or last:
            # Below a folder there is at least one more name.
            runs[-1] += _name(part)
        if part.endswith("**") and last:
            runs.append("")
    first, *between = runs
    if not between:
        return re.compile(first)
    middle = "".join(f"(?>(?:[^/]*+/)*?{run})" for run in between[:-1] if run)
    end = f"(?:[^/]*+/)*?{between[-1]}" if between[-1] else ".*"
    return re.compile(first + middle + end, re.DOTALL)


def _name(part: str) -> str:
    """One name of a pattern, with the slash after it."""
    pieces = [re.escape(piece).replace(r"\?", "[^/]") for piece in re.split(r"\*+", part)]
    if len(pieces) == 1:
        return pieces[0] + "/"
    middle = "".join(f"(?>[^/]*?{piece})" for piece in pieces[1:-1])
    return f"{pieces[0]}{middle}[^/]*{pieces[-1]}/"


def say_of(kind: str, sections: tuple[Section, ...]) -> Say:
    """The words to say of a document, or of the sections a card is made of.

    An objection's are all of its Acknowledge, Ask and Answer; another kind's its own section; else a section headed Say
    or Answer; else the first paragraph. What is marked internal is said only when there is nothing else, and marked.
    """
    by_key: dict[str, Section] = {}
    for section in sections:
        if section.say:
            by_key.setdefault(heading_key(section.title), section)
    wanted = [by_key[key] for key in SAY_SECTIONS.get(kind, ()) if key in by_key]
    if wanted and kind != "objection":
        wanted = wanted[:1]
    named = bool(wanted)
    if not wanted:
        wanted = [by_key[key] for key in _ANY_KIND if key in by_key][:1]
        named = bool(wanted)
    if not wanted:
        fitting = [section for section in sections if section.say and heading_key(section.title) not in _NOT_SAID]
        wanted = [section for section in fitting if not section.say_internal][:1] or fitting[:1]
    said = [section for section in wanted if not section.say_internal]
    chosen = said or wanted
    if not chosen:
        return Say("", 0, False, False)
    return Say("\n".join(section.say for section in chosen), chosen[0].say_line, not said, named)


def wants_words_to_say(kind: str) -> bool:
    """Whether a document of this kind should have a section with words to say."""
    return kind in SAY_SECTIONS


def document_say(kind: str, parsed: ParsedDocument) -> Say:
    """The words to say of a whole document."""
    return say_of(kind, parsed.sections)
