"""Texts made to fit a line, with an ellipsis where something is left out."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from textual.content import Content


def cut(text: str, room: int) -> tuple[str, int]:
    """The text cut to so many cells, with an ellipsis where it was longer, and how many it takes."""
    head = text[: room + 1]
    if head.isascii():
        return (head, len(head)) if len(head) <= room else (head[: room - 1] + "…", room)
    head = text[: room * 4]
    cells = cell_len(head)
    return (head, cells) if cells <= room else (set_cell_size(head, room - 1) + "…", room)


def column(text: str, room: int) -> str:
    """The text in exactly so many cells: cut where it is longer, filled with spaces where it is shorter."""
    made, cells = cut(text, room)
    return made + " " * (room - cells)


def fitted(content: Content, width: int) -> Content:
    """The content in at most so many cells; what is longer ends after a whole word with an ellipsis."""
    if content.cell_length <= width:
        return content
    begun = content.truncate(max(width - 2, 0))
    text, whole = begun.plain, content.plain
    if whole[len(text) : len(text) + 1].strip():
        # Cut in the middle of a word: end before it, unless it is most of what there is.
        space = text.rfind(" ")
        text = text[:space] if space > width // 2 else text
    text = text.rstrip(" ·,›")
    return Content.assemble(begun[: len(text)], " …" if len(text) < width - 1 else "…")
