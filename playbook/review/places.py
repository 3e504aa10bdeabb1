"""Where a comment is anchored: the block of a proposal's text that it speaks of, found again wherever it stands by now."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from playbook.errors import NothingFound, UsageError
from playbook.library.names import is_markdown, without_suffix
from playbook.review.acting import Place
from playbook.review.change import texts_at
from playbook.review.proposal import Proposal
from playbook.store import objects
from playbook.text.blocks import Block, block_hash, blocks_of, find_block, lines_of, unwrapped
from playbook.text.safe import display_path, one_line

if TYPE_CHECKING:
    from playbook.store.managed import Library


def proposed_texts(library: Library, proposal: Proposal) -> dict[str, str]:
    """The files as the proposal would have them, by path; those that are no text, or go, are left out."""
    found = texts_at(library, proposal.tip, list(proposal.paths))
    return {path: text for path, text in found.items() if text is not None}


def place_on_line(library: Library, proposal: Proposal, path: str, line: int) -> Place:
    """The block at (or next below) a line, counted from 1, of a file as the proposal would have it.

    Raises NothingFound for a file that is not there, UsageError for a line that it has not got.
    """
    path = _known_path(library, proposal, path)
    text = texts_at(library, proposal.tip, [path]).get(path)
    if text is None:
        raise NothingFound(f"{display_path(path)} is no text in {proposal.id}; comment on the whole instead")
    blocks = _blocks(path, text)
    block = next((one for one in blocks if one.end >= line), None)
    if block is None or line < 1:
        count = len(text.splitlines())
        raise UsageError(f"{display_path(path)} has {count} lines in {proposal.id}; line {line} is none of them")
    return _place(path, block)


def place_of_quote(library: Library, proposal: Proposal, quote: str) -> Place:
    """The one block of the proposal's files that holds these words, however they are wrapped.

    Raises UsageError when no block holds them, or several do.
    """
    wanted = unwrapped(quote)
    if not wanted:
        raise UsageError("Quote some words of the change: --quote 'a few words'")
    found = [
        (path, block)
        for path, text in proposed_texts(library, proposal).items()
        for block in _blocks(path, text)
        if wanted in unwrapped(block.text)
    ]
    if not found:
        raise UsageError(f"Nothing in {proposal.id} says {one_line(quote, 80)!r}; quote it as it stands there")
    if len(found) > 1:
        at = ", ".join(f"{display_path(path)}:{block.start + 1}" for path, block in found[:5])
        raise UsageError(f"{one_line(quote, 80)!r} stands in {len(found)} places: {at}; quote more, or use --on")
    return _place(*found[0])


def line_now(text: str, place: Place) -> int:
    """The line, counted from 1, at which the block of a comment begins by now; 0 when its words have changed."""
    block = find_block(_blocks(place.path, text), place.block, place.line)
    return block.start + 1 if block else 0


def _blocks(path: str, text: str) -> list[Block]:
    """What a change of the file is shown by; of what is no Markdown its lines."""
    return blocks_of(text, front=True) if is_markdown(path) else lines_of(text)


def _place(path: str, block: Block) -> Place:
    return Place(path, block_hash(block), block.start)


def _known_path(library: Library, proposal: Proposal, given: str) -> str:
    """The path in the repository that a person means: with or without content/ and .md."""
    plain = posixpath.normpath(given.strip()).lstrip("/")
    forms = {plain, f"content/{plain}", f"{plain}.md", f"content/{plain}.md"}
    for path in proposal.paths:
        if path in forms or (is_markdown(path) and without_suffix(path) in forms):
            return path
    # git would take `..` for a way out of the repository.
    inside = [] if plain.startswith("..") else sorted(forms)
    for entry in objects.entries_at(library, proposal.tip, inside):
        return entry.path.decode("utf-8", "surrogateescape")
    files = ", ".join(display_path(path) for path in proposal.paths[:8]) or "no file"
    raise NothingFound(f"There is no file {one_line(given, 120)!r} in {proposal.id}; it changes {files}")
