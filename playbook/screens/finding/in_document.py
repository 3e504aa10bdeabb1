"""Finding inside the open document: every place counted over all parts, the one stood on marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from playbook.text.safe import one_line
from playbook.widgets.pages import Place, find_all, needle

if TYPE_CHECKING:
    from playbook.library.document import Section
    from playbook.screens.finding.read import ReadScreen

HEADINGS = {f"MarkdownH{level}" for level in range(1, 7)}
LEAVES = HEADINGS | {"MarkdownParagraph", "MarkdownTableCellContents"}


class Finder:
    """The places found in a document and the one we stand on."""

    def __init__(self, screen: ReadScreen) -> None:
        self.screen = screen
        self.places: list[Place] = []
        self.at = -1
        self.text = ""
        self._originals: dict[int, Content] = {}
        self._widgets: list[Static] = []

    def new_part(self) -> None:
        """Another part was mounted: its texts are fresh."""
        self._originals.clear()
        self._widgets = []
        for widget in self.screen.document.walk_children(Static):
            name = type(widget).__name__
            if name in LEAVES or widget.id == "code-content":
                self._widgets.append(widget)

    def run(self) -> None:
        """Look for what stands in the find box, from the part on the screen on."""
        text = self.screen.find_box.value
        pattern = needle(text)
        self.text = text
        self.places = find_all(pattern, self.screen.leaves) if pattern else []
        here = next((at for at, place in enumerate(self.places) if place.part >= self.screen.part), 0)
        self.at = here if self.places else -1
        self.go()

    def step(self, by: int) -> None:
        """The next or the previous place, wrapping round."""
        if self.places:
            self.at = (self.at + by) % len(self.places)
            self.go()
        elif not self.text:
            self.screen.action_find()

    def go(self) -> None:
        """Stand on the place: its part mounted, its text in view and not under the contents."""
        if self.at >= 0:
            self.screen.uncover()
        if self.at >= 0 and self.places[self.at].part != self.screen.part:
            self.screen.show_part(self.places[self.at].part)
        else:
            self.paint()
        self.show()

    def paint(self) -> None:
        """Mark what was found in the part on the screen and bring the current place into view."""
        for number, original in self._originals.items():
            self._widgets[number].update(original)
        self._originals.clear()
        current = self.places[self.at] if self.at >= 0 else None
        if current is not None and current.part == self.screen.part:
            self.screen.stand_at(self.heading_of(current.leaf))
        for place in self.places:
            if place.part != self.screen.part or place.leaf >= len(self._widgets):
                continue
            widget = self._widgets[place.leaf]
            content = widget.content
            if not isinstance(content, Content):
                continue
            self._originals.setdefault(place.leaf, content)
            style = "reverse bold" if place == current else "underline bold"
            widget.update(content.stylize(style, place.start, place.end))
        if current is not None and current.part == self.screen.part and current.leaf < len(self._widgets):
            widget = self._widgets[current.leaf]
            self.screen.call_after_refresh(self.screen.page.scroll_to_widget, widget, center=True, animate=False)

    def heading_of(self, leaf: int) -> Section | None:
        """The heading above a text of the part on the screen."""
        above = self._widgets[: leaf + 1]
        passed = sum(
            1 for widget in above if type(widget).__name__ in HEADINGS and widget.parent is self.screen.document
        )
        return self.screen.heading_in_part(passed - 1)

    def show(self) -> None:
        """Say which place of how many, and which part of how many."""
        pieces: list[Content] = []
        if self.text:
            count = f"{self.at + 1} of {len(self.places)}" if self.places else "not found"
            pieces.append(Content.assemble(f' "{one_line(self.text, 40)}" ', (count, "bold")))
            pieces.append(Content.styled("n next, N previous", "$foreground 70%"))
        if len(self.screen.parts) > 1:
            pieces.append(
                Content.styled(f" part {self.screen.part + 1} of {len(self.screen.parts)}", "$foreground 70%")
            )
        self.screen.show_status(Content("   ").join(pieces))
