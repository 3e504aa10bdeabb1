"""What new files may not be called: names that some disk cannot hold, and ids that are another card's."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from playbook.errors import UsageError
from playbook.library.frontmatter import FrontMatter, parse, split
from playbook.library.names import MARKDOWN_SUFFIXES, is_markdown, page_id
from playbook.review.rules.touched import Texts
from playbook.store import objects
from playbook.store.differences import Difference
from playbook.store.runner import Git
from playbook.store.writing import check_new_names
from playbook.text.safe import display_path, one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library

_ROOT = "content/"
_ID_LINE = "^[\"']?id[\"']?[[:space:]]*:"


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
        declared, silent = _ids(library, main)
        others = [*declared.get(name, ()), *(path for path in _paths(name) if path in silent)]
        other = next(
            (path for path in others if path not in gone and after.get(path, name) == name and path != one.path), ""
        )
        if other:
            yield (
                f"{one_line(display_path(one.path), 160)} calls itself {one_line(name, 120)}, which is "
                f"{one_line(display_path(other), 160)}; give it another id"
            )


def _called(path: str, front: FrontMatter) -> str:
    """What a document is called: the id that it names, else its path."""
    return front.id or page_id(path, _ROOT)


def _paths(name: str) -> Iterator[str]:
    for suffix in MARKDOWN_SUFFIXES:
        yield f"{_ROOT}{name}{suffix}"
        yield f"{name}{suffix}"


@lru_cache(maxsize=8)
def _ids(library: Library, main: str) -> tuple[dict[str, list[str]], frozenset[str]]:
    """Of main the ids that documents name, with their files, and the documents that are called by their paths."""
    listed = {os.fsdecode(entry.path): entry.oid for entry in objects.tree(library, main)}
    documents = {path: oid for path, oid in listed.items() if is_markdown(path)}
    found = Git(library.git_dir).run("grep", "-l", "-z", "-E", "-e", _ID_LINE, main, ok=(0, 1), timeout=120)
    paths = [os.fsdecode(row.partition(b":")[2]) for row in found.split(b"\0") if row]
    naming = {path: documents[path] for path in paths if path in documents}
    texts = Texts(dict(objects.blobs(library, naming.values())))
    declared: dict[str, list[str]] = {}
    for path, oid in naming.items():
        text = texts.of(oid)
        said = parse(split(text))[0].id if text else ""
        if said:
            declared.setdefault(said, []).append(path)
    speaking = {path for paths in declared.values() for path in paths}
    return declared, frozenset(documents) - speaking
