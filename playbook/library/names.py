"""Names and how they compare: heading slugs, titles from file names, page ids, and what buyers are called."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from playbook.text.tokens import words

if TYPE_CHECKING:
    from playbook.library.snapshot import Snapshot

MARKDOWN_SUFFIXES = (".md", ".markdown", ".mdx")
INDEX_STEMS = frozenset({"index", "readme", "_index"})
_NOT_IN_SLUG = re.compile(r"[^\w\- ]")
_BETWEEN_WORDS = re.compile(r"[\s_\-]+")


def name_key(name: str) -> str:
    """What two spellings of a stage, persona, segment or field value share: `Economic Buyer` and `economic-buyer`."""
    return _BETWEEN_WORDS.sub("-", unicodedata.normalize("NFC", name).strip().casefold()).strip("-")


def heading_key(title: str) -> str:
    """What two spellings of a heading share: `Talk track: 15 seconds` and `TALK TRACK (15 SECONDS)`."""
    return " ".join(words(title))


def slug(title: str) -> str:
    """A heading's anchor as git hosts make it: lower case, punctuation gone, a hyphen for each space."""
    return _NOT_IN_SLUG.sub("", unicodedata.normalize("NFC", title).strip().lower()).replace(" ", "-") or "section"


class Slugs:
    """Hands out anchors that are unique within one document: the second `Answer` becomes `answer-2`."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def take(self, wanted: str) -> str:
        """The anchor for the next heading that would like to be called `wanted`."""
        count = self._seen.get(wanted, 0) + 1
        given = wanted if count == 1 else f"{wanted}-{count}"
        while given in self._seen:
            count += 1
            given = f"{wanted}-{count}"
        self._seen[wanted] = count
        self._seen.setdefault(given, 1)
        return given


def is_markdown(path: str) -> bool:
    """Whether the file's name says Markdown."""
    return path.lower().endswith(MARKDOWN_SUFFIXES)


def without_suffix(path: str) -> str:
    """The path without its Markdown suffix, as it is when there is none."""
    for suffix in MARKDOWN_SUFFIXES:
        if path.lower().endswith(suffix) and len(path) > len(suffix):
            return path[: -len(suffix)]
    return path


def page_id(path: str, root: str) -> str:
    """The id of a document that names none: its path without the library's root and its suffix."""
    return without_suffix(path.removeprefix(root))


def stem(path: str) -> str:
    """The file's name without folders and without any of its suffixes: `index` for `docs/index.html.md`."""
    name = without_suffix(path.rsplit("/", 1)[-1])
    head, dot, tail = name.rpartition(".")
    return head if dot and head and tail.lower() in {"html", "htm", "erb", "en"} else name


def title_from_path(path: str) -> str:
    """A title for a document without one: its file's name in words; its folder's when called index or README."""
    name = stem(path)
    folders = path.split("/")[:-1]
    if name.lower() in INDEX_STEMS:
        name = folders[-1] if folders else name
    text = _BETWEEN_WORDS.sub(" ", name).strip()
    return text[:1].upper() + text[1:] if text else path


def persona_names(snapshot: Snapshot) -> dict[str, str]:
    """Every name a persona answers to -> the persona's own name, which is the last segment of its card's id.

    Keys are name_key() of the own name and of each alias of every persona card; empty when the library has no persona
    cards. An alias two personas share belongs to the first; an own name always belongs to its own persona.
    """
    personas = [card for card in snapshot.cards if card.kind == "persona"]
    own = {name_key(card.id.rsplit("/", 1)[-1]): card.id.rsplit("/", 1)[-1] for card in personas}
    found: dict[str, str] = {}
    for card in personas:
        for alias in (*card.aliases, card.title):
            found.setdefault(name_key(alias), card.id.rsplit("/", 1)[-1])
    return found | own
