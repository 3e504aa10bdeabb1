"""Where a link written in a document leads inside the library."""

from __future__ import annotations

import re
from collections.abc import Container
from urllib.parse import unquote

from playbook.library.names import is_markdown

CONTENT = "content/"
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.\-]*:|//")
_TEMPLATE = re.compile(r"\{\{|\{%|<%|\$\{")
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
