"""What new files may not be called: names that some disk cannot hold, and ids that are another card's."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from playbook.errors import UsageError
from playbook.library.frontmatter import FrontMatter
from playbook.library.names import is_markdown, page_id
from playbook.review.rules.touched import Texts
from playbook.store import objects
from playbook.store.differences import Difference
from playbook.store.runner import Git
from playbook.store.writing import check_new_names
from playbook.text.safe import display_path, one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

_ROOT = "content/"


def wrong_names(library: Library, main: str, changed: Collection[Difference], blobs: Mapping[str, bytes]) -> list[str]:
    """Why files of a change may not be called what they are, on disk or by their ids; `blobs` holds their bytes."""
    return [*_odd(library, main, changed), *_taken(library, main, changed, Texts(blobs))]


def _odd(library: Library, main: str, changed: Collection[Difference]) -> list[str]:
    """New paths that another disk could not hold, or not tell from what is there."""
    new = [one.path for one in changed if one.new and not one.old and display_path(one.path) == one.path]
    if not new:
        return []
    gone = {one.path for one in changed if not one.new}
    present = [path for entry in objects.tree(library, main) if (path := os.fsdecode(entry.path)) not in gone]
    try:
        check_new_names(new, present, dots=True)
    except UsageError as error:
        return [str(error)]
    return []


def _taken(library: Library, main: str, changed: Collection[Difference], texts: Texts) -> Iterator[str]:
    """Documents that call themselves what another card is called: whoever looks that one up would find neither, or them."""
    after = {one.path: _called(one.path, texts.front(one.new)) for one in changed if one.new and is_markdown(one.path)}
    gone = {one.path for one in changed if not one.new}
    for one in changed:
        name = after.get(one.path, "")
        if not name or (one.old and name == _called(one.path, texts.front(one.old))):
            continue
        known = _names(library, main)
        if not _is_card(one.path, [*known.documents, *after]):
            continue
        beside = [path for path in known.by_name.get(name, ()) if path not in gone and after.get(path, name) == name]
        beside += [
            path for path, other in after.items() if other == name and _is_card(path, [*known.documents, *after])
        ]
        other = next((path for path in beside if path != one.path), "")
        if other:
            yield (
                f"{one_line(display_path(one.path), 160)} calls itself {one_line(name, 120)}, which is "
                f"{one_line(display_path(other), 160)}; give it another id"
            )


def _called(path: str, front: FrontMatter) -> str:
    """What a document is called, in the one spelling that all spellings of it share: the id that it names, else its path."""
    return unicodedata.normalize("NFC", page_id(front.id or path, _ROOT)).casefold()


def _is_card(path: str, documents: Iterable[str]) -> bool:
    """Whether a document is one of the library's: where there is a content/ folder, those outside it are not."""
    return path.startswith(_ROOT) or not any(one.startswith(_ROOT) for one in documents)


class _Names(NamedTuple):
    documents: tuple[str, ...]
    by_name: dict[str, list[str]]


@lru_cache(maxsize=8)
def _names(library: Library, main: str) -> _Names:
    """The documents of main, and by what they are called the files of its cards."""
    listed = {os.fsdecode(entry.path): entry.oid for entry in objects.tree(library, main)}
    documents = {path: oid for path, oid in listed.items() if is_markdown(path)}
    # Whatever may name an id, in any spelling of front matter; what it really names is read.
    found = Git(library.git_dir).run("grep", "-l", "-z", "-i", "-w", "-F", "-e", "id", main, ok=(0, 1), timeout=120)
    paths = [os.fsdecode(row.partition(b":")[2]) for row in found.split(b"\0") if row]
    texts = Texts(dict(objects.blobs(library, {documents[path] for path in paths if path in documents})))
    by_name: dict[str, list[str]] = {}
    inside = any(path.startswith(_ROOT) for path in documents)
    for path, oid in documents.items():
        if path.startswith(_ROOT) or not inside:
            by_name.setdefault(_called(path, texts.front(oid)), []).append(path)
    return _Names(tuple(documents), by_name)
