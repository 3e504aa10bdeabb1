"""Where a link written in a document leads inside the library, and what it becomes when a file is moved."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote, unquote

from playbook.library.names import is_markdown, without_suffix

CONTENT = "content/"
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*:|//")
_TEMPLATE = re.compile(r"\{\{|\{%|<%|\$\{")
_PLACE = re.compile(r"[^#?]*")
# What would end a link's target, or be read as something else in it.
_NOT_IN_LINK = re.compile(r"[\x00-\x20\x7f\"#%&()<>?\[\\\]`{|}]")
_INDEXES = ("index.md", "README.md", "_index.md", "readme.md", "index.mdx", "Readme.md", "index.markdown")


def is_outside(target: str) -> bool:
    """Whether the link names another place by itself: an address, a mail, a template's placeholder."""
    return bool(_SCHEME.match(target) or _TEMPLATE.search(target)) or not target


def split_target(path: str, target: str) -> tuple[str, str] | None:
    """The path (relative to the repository, "" for its top) and the anchor that a link names; None when it climbs out.

    A link that is only an anchor leads to its own document. One that begins with / counts from the top.
    """
    place, _, anchor = target.partition("#")
    place = unquote(place.partition("?")[0]).replace("\\", "/")
    anchor = unquote(anchor)
    if not place:
        return path, anchor
    parts = [] if place.startswith("/") else path.split("/")[:-1]
    for part in place.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts), anchor


def candidates(place: str, target: str, root: str) -> tuple[str, ...]:
    """The files that a linked place may mean: itself, or as web generators read it, without suffix or as a folder."""
    tops = [place]
    if target.startswith("/") and root and not place.startswith(root):
        tops.append(root + place)
    found: list[str] = []
    for top in tops:
        found.append(top)
        if not is_markdown(top):
            plain = top.removesuffix(".html").removesuffix(".htm")
            found.extend(plain + suffix for suffix in (".md", ".mdx", ".markdown"))
            found.extend((f"{top}/{name}" if top else name) for name in _INDEXES)
    return tuple(found)


def destination(path: str, target: str, documents: Container[str], root: str) -> tuple[str, str] | None:
    """The document and anchor that a link leads to; None when it leads to no document of the library."""
    if is_outside(target):
        return None
    found = split_target(path, target)
    if found is None:
        return None
    page = next((name for name in candidates(found[0], target, root) if name in documents), None)
    return (page, found[1]) if page else None


@dataclass(frozen=True)
class Move:
    """A file that goes from one path to another, and what links are to say so that each leads where it led before.

    `before` holds every file of the library as it was.
    """

    old: str
    new: str
    before: frozenset[str]
    root: str

    @cached_property
    def after(self) -> frozenset[str]:
        """Every file as it will be."""
        return (self.before - {self.old}) | {self.new}

    @cached_property
    def _folders(self) -> frozenset[str]:
        return frozenset(path[:at] for path in self.before for at, letter in enumerate(path) if letter == "/")

    def retarget(self, path: str, target: str) -> str | None:
        """What a link written in the document at `path` (its path before) becomes; None when it stays as it is.

        What led nowhere stays, and so do anchors, queries, and how a place was written where that still leads there.
        """
        found = None if is_outside(target) else split_target(path, target)
        written = _PLACE.match(target)
        if found is None or written is None or not written[0]:
            return None
        place, here = found[0], self.new if path == self.old else path
        page = next((name for name in candidates(place, target, self.root) if name in self.before), None)
        if page is None:
            if path != self.old or place not in self._folders or split_target(here, target) == found:
                return None
            return _pointing(place, here, target, written[0]) + target[written.end() :]
        leads = self.new if page == self.old else page
        for form in ("", place if leads == page else self._as_written(place, page, target), leads):
            made = target if not form else _pointing(form, here, target, written[0]) + target[written.end() :]
            now = destination(here, made, self.after, self.root)
            if now is not None and now[0] == leads:
                return made if form else None
        return None

    def _as_written(self, place: str, page: str, target: str) -> str:
        """The new path in the form that a link had: from the top or the root, with its suffix, as .html, or without."""
        made = self.new
        if target.startswith("/") and page.startswith(self.root) and not place.startswith(self.root):
            made, page = made.removeprefix(self.root), page.removeprefix(self.root)
        if place == page:
            return made
        folder, _, name = made.rpartition("/")
        if page.startswith(f"{place}/") or not place:
            return folder if name in _INDEXES else made
        for suffix in (".html", ".htm"):
            if place.endswith(suffix):
                return without_suffix(made) + suffix
        return without_suffix(made)


def _pointing(place: str, here: str, target: str, written: str) -> str:
    """A link's text that leads from the document `here` to the place, as its writer writes links."""
    made = f"/{place}" if target.startswith("/") else posixpath.relpath(f"/{place}", posixpath.dirname(f"/{here}"))
    if not made.startswith((".", "/")) and (written.startswith(("./", ".\\")) or ":" in made.partition("/")[0]):
        made = f"./{made}"
    if written.endswith("/") and not is_markdown(made):
        made = f"{made.rstrip('/')}/"
    if "%" in written:
        return quote(made, safe="/~@!$'*+,;=-._", errors="surrogateescape")
    return _NOT_IN_LINK.sub(lambda found: f"%{ord(found[0]):02X}", made)
