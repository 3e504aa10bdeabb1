"""The reading screen: a whole document, opened at the card's heading; find, contents, links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import getters, on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.message import Message
from textual.widgets import Footer, Input, Markdown, OptionList, Static
from textual.widgets.option_list import Option

from playbook import keys
from playbook.errors import PlaybookError
from playbook.finding.answers import context_line
from playbook.finding.badge import badge
from playbook.library.card import Card
from playbook.screens.copying import CopyKey, clear_toasts
from playbook.screens.finding.answering import WIDE
from playbook.screens.finding.in_document import Finder
from playbook.screens.finding.marked import MarkLine
from playbook.screens.proposing.changing import ChangingScreen
from playbook.text.safe import display, one_line
from playbook.widgets.box import Box
from playbook.widgets.card_view import style_of
from playbook.widgets.fitting import fitted
from playbook.widgets.pages import Part, leaf_texts, parts_of, reading_parser

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.library.document import Section


class Page(VerticalScroll, can_focus=True, inherit_bindings=False):
    """What is read; the keys that scroll it are the screen's, which also go from part to part."""

    class Moved(Message):
        """It was scrolled, by whatever means."""

        def can_replace(self, message: Message) -> bool:
            """Of several only the last counts."""
            return isinstance(message, Page.Moved)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Say so."""
        super().watch_scroll_y(old_value, new_value)
        self.post_message(self.Moved())


class FindBox(Box):
    """What is looked for in the document."""

    def enter(self) -> bool:
        """Back to reading; n and N go on."""
        screen = self.screen
        if isinstance(screen, ReadScreen):
            screen.set_focus(screen.page)
        return True


class ReadScreen(ChangingScreen):
    """One document; a long one in parts, of which one is on the screen."""

    CSS_PATH = "read.tcss"
    BINDINGS = keys.bindings("read")
    AUTO_FOCUS = "#page"
    TITLE = "Read"

    page = getters.query_one("#page", Page)
    document = getters.query_one("#document", Markdown)
    contents = getters.query_one("#contents", OptionList)
    find_box = getters.query_one("#find", FindBox)

    def __init__(self, session: Session, card: Card, words: tuple[str, ...]) -> None:
        super().__init__()
        self.session = session
        self.card = card
        self.words = words
        self.copy_key = CopyKey("read-copy")
        self.sections: tuple[Section, ...] = ()
        self.parts: list[Part] = []
        self.texts: list[str] = []
        self.leaves: list[list[str]] = []
        self.part = -1
        self.here: Section | None = None
        self.gone_to: Section | None = None
        self.arrived = False
        self.finder = Finder(self)

    def compose(self) -> ComposeResult:
        """Title and trust on top; contents at the side; the find box when it is asked for."""
        yield Static(id="title", markup=False)
        yield Static(id="trust", markup=False)
        yield MarkLine(self.session, self.card)
        with Horizontal():
            yield OptionList(id="contents", markup=False, compact=True)
            with Page(id="page"):
                yield Markdown(id="document", open_links=False, parser_factory=reading_parser)
        yield FindBox(placeholder="Find in this document", id="find")
        yield Static(id="status", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Read the document off the screen's thread, then show the part with the card in it."""
        self.find_box.display = False
        self.find_box.cursor_blink = False
        self.contents.display = False
        self.show_title()
        self.load_document(self.card)

    def show_title(self) -> None:
        """Whose words these are, under which heading one stands, and how far they may be relied on."""
        trust, width = self.session.trust(self.card), self.app.size.width
        title = one_line(self.card.page_title or self.card.title, 200)
        heading = self.here.title if self.here is not None else self.card.title if self.card.anchor else ""
        here = f"  › {one_line(heading, 100)}" if heading and one_line(heading, 200) != title else ""
        above = Content.assemble((f" {title}", "bold"), (here, "$foreground 70%"))
        below = Content.assemble(
            (f" {badge(self.card, trust).full}", style_of(trust)),
            (f"   {context_line(self.card)}", "$foreground 70%"),
        )
        self.query_one("#title", Static).update(fitted(above, width))
        self.query_one("#trust", Static).update(fitted(below, width))

    def on_resize(self, event: Resize) -> None:
        """The lines on top are cut for the width they have."""
        self.show_title()

    def on_screen_suspend(self) -> None:
        """Another screen opens: what was said here is not said of it."""
        clear_toasts(self.app)

    @work(thread=True, exclusive=True, group="document")
    def load_document(self, card: Card) -> None:
        """Fetch and cut the document; only the part that is needed first is waited for."""
        try:
            body = self.session.snapshot.document_text(card.path)
            sections = self.session.snapshot.document(card.path).sections
        except PlaybookError as error:
            self.app.call_from_thread(self.show_status, Content.styled(f" {error}", "$text-error"))
            return
        parts = parts_of(body, [section.start for section in sections if section.level])
        texts = [display(body[part.start : part.end]) for part in parts]
        self.app.call_from_thread(self.document_is_here, card, sections, parts, texts)
        leaves = [leaf_texts(text) for text in texts]
        self.app.call_from_thread(self.leaves_are_here, leaves)

    def document_is_here(self, card: Card, sections: tuple[Section, ...], parts: list[Part], texts: list[str]) -> None:
        """Show the card's own place first."""
        self.card, self.sections, self.parts, self.texts, self.part = card, sections, parts, texts, -1
        self.leaves = []
        headed = self.headed
        self.contents.set_options(
            [
                Option("\u00a0\u00a0" * (section.level - 1) + one_line(section.title, 60), id=str(at))
                for at, section in enumerate(headed)
            ]
        )
        self.contents.display = self.app.size.width >= WIDE and len(headed) > 2
        self.go_to_anchor(card.anchor)

    def leaves_are_here(self, leaves: list[list[str]]) -> None:
        """Finding can begin; what was typed meanwhile is looked for now."""
        self.leaves = leaves
        self.finder.run()

    # Where one stands

    @property
    def headed(self) -> list[Section]:
        """The sections that have a heading, as the contents list them."""
        return [section for section in self.sections if section.level]

    def in_part(self, part: int) -> list[Section]:
        """Those whose heading stands in the part."""
        return [section for section in self.headed if self.parts[part].start <= section.start < self.parts[part].end]

    def heading_in_part(self, number: int) -> Section | None:
        """The heading of that number in the part on the screen; before its first, the last one of the parts above."""
        within = self.in_part(self.part)
        if 0 <= number < len(within):
            return within[number]
        above = [section for section in self.headed if section.start < self.parts[self.part].start]
        return above[-1] if above and number < 0 else None

    @on(Page.Moved)
    def look_where(self) -> None:
        """Stand under the heading one has gone to as long as it is seen, else under the one at the top of the page."""
        if self.part < 0 or not self.parts:
            return
        top, bottom = self.page.scroll_y, self.page.scroll_y + self.page.size.height
        places = [header.virtual_region.y for header in self.document.query_children("MarkdownHeader")]
        within = self.in_part(self.part)
        seen = [section for section, y in zip(within, places, strict=False) if top <= y < bottom]
        if self.gone_to in seen:
            self.arrived = True
            self.stand_under(self.gone_to)
            return
        if self.arrived:
            self.gone_to = None
        self.stand_under(self.heading_in_part(sum(1 for y in places if y <= top) - 1))

    def stand_at(self, section: Section | None) -> None:
        """One has gone to a heading, or to a place below it."""
        self.gone_to, self.arrived = section, False
        self.stand_under(section)

    def stand_under(self, section: Section | None) -> None:
        """What stands on top, what is copied and what the contents mark is the heading one reads under."""
        if section is self.here and section is not None:
            return
        self.here = section
        cards = self.session.snapshot.cards_at(self.card.path)
        start = section.start if section is not None else 0
        card = next((card for card in reversed(cards) if card.start <= start), self.card)
        if card.id != self.card.id:
            clear_toasts(self.app)
            self.card = card
        self.show_title()
        if section is not None and self.focused is not self.contents:
            self.contents.highlighted = next((at for at, one in enumerate(self.headed) if one == section), None)

    # Going about

    def go_to_anchor(self, anchor: str) -> None:
        """Show the heading with that anchor at the top; the document's beginning when there is none."""
        section = next((section for section in self.headed if section.anchor == anchor), None)
        start = section.start if section else 0
        part = next((at for at, part in enumerate(self.parts) if part.start <= start < part.end), 0)
        self.stand_at(section)
        self.show_part(part, heading=self.in_part(part).index(section) if section else None)

    @work(exclusive=True, group="part")
    async def show_part(self, part: int, *, heading: int | None = None, end: bool = False) -> None:
        """Mount one part and stand at its heading of that number, at its top, or at its end."""
        if part != self.part:
            self.part = part
            await self.document.update(self.texts[part])
            if not self.is_attached:
                return  # left while it was laid out
            self.finder.new_part()
            # The widget's tooltips would read a cell's text as markup.
            for cell in self.document.query("MarkdownTableCellContents"):
                cell.tooltip = None
        if heading is not None:
            headers = list(self.document.query_children("MarkdownHeader"))
            if heading < len(headers):
                self.call_after_refresh(self.page.scroll_to_widget, headers[heading], top=True, animate=False)
        elif end:
            self.call_after_refresh(self.page.scroll_end, animate=False)
        else:
            self.page.scroll_home(animate=False)
        self.call_after_refresh(self.finder.paint)
        self.call_after_refresh(self.look_where)
        self.finder.show()

    @on(OptionList.OptionSelected, "#contents")
    def chose_heading(self, event: OptionList.OptionSelected) -> None:
        """Go to a heading of the contents."""
        self.uncover()
        self.page.focus()
        self.go_to_anchor(self.headed[event.option_index].anchor)

    @property
    def covered(self) -> bool:
        """Whether the contents stand where the page does, as they do in a narrow terminal."""
        return bool(self.contents.display) and self.app.size.width < WIDE

    def uncover(self) -> None:
        """Close the contents where they cover the page."""
        if self.covered:
            focused = self.focused is self.contents
            self.contents.display = False
            if focused:
                # At once: Widget.focus comes a message later, and would take the focus from the find box again.
                self.set_focus(self.page)

    def action_contents(self) -> None:
        """Show the contents and go there, or hide them."""
        if self.contents.display and self.focused is self.contents:
            self.contents.display = False
            self.page.focus()
        else:
            self.contents.display = True
            self.contents.highlighted = next((at for at, one in enumerate(self.headed) if one == self.here), 0)
            self.contents.focus()

    def action_scroll(self, by: int) -> None:
        """A few lines; in the contents a heading."""
        if self.focused is self.contents:
            (self.contents.action_cursor_down if by > 0 else self.contents.action_cursor_up)()
        else:
            self.page.scroll_relative(y=2 * by, animate=False)

    def action_page(self, by: int) -> None:
        """A page; at the end of a part on into the next, at its top back into the one before."""
        if by > 0 and self.page.scroll_y >= self.page.max_scroll_y and self.part + 1 < len(self.parts):
            self.show_part(self.part + 1)
        elif by < 0 and self.page.scroll_y <= 0 and self.part > 0:
            self.show_part(self.part - 1, end=True)
        else:
            self.page.scroll_relative(y=by * max(self.page.size.height - 2, 1), animate=False)

    def action_edge(self, end: int) -> None:
        """To the top or the end of the document."""
        if self.parts:
            self.show_part(len(self.parts) - 1 if end else 0, end=bool(end))

    # Finding

    def action_find(self) -> None:
        """Open the find box, over the page."""
        self.uncover()
        self.find_box.display = True
        self.set_focus(self.find_box)

    @on(Input.Changed, "#find")
    def find_changed(self) -> None:
        """Count while typing; go to the first place from here on."""
        self.finder.run()

    def action_find_next(self, by: int) -> None:
        """The next place, round and round."""
        self.finder.step(by)

    def show_status(self, content: Content) -> None:
        """The line above the footer: part, place, count."""
        status = self.query_one("#status", Static)
        status.update(content)
        status.display = bool(content.plain)

    # Keys

    def action_copy(self) -> None:
        """Copy the words to say."""
        self.copy_key.press(self.app, self.card)

    def card_to_change(self) -> Card | None:
        """The one that is read here."""
        return self.card

    def action_links(self) -> None:
        """List the links of the document."""
        from playbook.screens.finding.links import LinksScreen, links_in

        found = [link for text in self.texts for link in links_in(text)]
        if not found:
            self.app.notify("There is no link in this document", markup=False)
            return
        self.app.push_screen(LinksScreen(found), self.follow)

    @on(Markdown.LinkClicked)
    def link_clicked(self, event: Markdown.LinkClicked) -> None:
        """A click follows inside; an outside link asks first."""
        event.stop()
        self.follow(event.href)

    def follow(self, target: str | None) -> None:
        """Go where a link points: a heading here, another document of the library, or ask for what is outside."""
        from playbook.screens.finding.links import OutsideScreen, destination

        if not target:
            return
        found = destination(self.session, self.card, target)
        if found is None:
            self.app.push_screen(OutsideScreen(target))
        elif isinstance(found, str):
            self.app.notify(found, severity="warning", markup=False)
        elif found.path == self.card.path:
            self.go_to_anchor(found.anchor)
        else:
            self.app.push_screen(ReadScreen(self.session, found, self.words))

    def action_back(self) -> None:
        """Out of the find box, out of the contents, then back to where one came from."""
        if self.find_box.display:
            self.find_box.display = False
            self.find_box.value = ""
            (self.contents if self.covered else self.page).focus()
        elif self.covered or self.focused is self.contents:
            self.contents.display = False
            self.page.focus()
        else:
            clear_toasts(self.app)
            self.app.pop_screen()

    @property
    def palette_commands(self) -> list[tuple[str, str, object]]:
        """What the palette offers here."""
        return [
            ("Copy words", "Copy the words to say", self.action_copy),
            ("Find", "Find in this document", self.action_find),
            ("Contents", "Show or hide the table of contents", self.action_contents),
            ("Links", "List the links: follow, open outside, or copy", self.action_links),
            *self.changing_commands,
        ]
