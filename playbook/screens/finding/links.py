"""Links: those inside the library are followed; those outside are shown whole, then opened or copied."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from playbook import clipboard
from playbook.library.card import Card
from playbook.screens.dialog import Dialog
from playbook.text.safe import one_line
from playbook.widgets.pages import reading_parser

if TYPE_CHECKING:
    from textual.app import App

    from playbook.finding.session import Session

_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:")
# What a browser or a mail program may be handed; anything else is only ever copied.
OPENED = ("http://", "https://", "mailto:")


def links_in(markdown: str) -> list[tuple[str, str]]:
    """(text, target) of every link of the Markdown, in order, without repeats."""
    found: dict[tuple[str, str], None] = {}
    for token in reading_parser().parse(markdown):
        text, target = "", ""
        for child in token.children or []:
            if child.type == "link_open":
                text, target = "", str(child.attrGet("href") or "")
            elif child.type == "link_close" and target:
                found[one_line(text, 80) or target, target] = None
                target = ""
            else:
                text += child.content
    return list(found)


def destination(session: Session, card: Card, target: str) -> Card | str | None:
    """The card a link leads to, a sentence when it leads nowhere in the library, or None when it leads outside."""
    if _SCHEME.match(target) or target.startswith("//"):
        return None
    found = session.snapshot.follow(card.path, target)
    if found is None:
        return (
            f"The link points at {one_line(target, 120)}, which is not in the library; playbook lint lists such links"
        )
    return found[0]


class LinksScreen(Dialog[str | None]):
    """All links of a document; Enter gives one's target, c copies it."""

    BINDINGS = [Binding("escape,q,l", "dismiss(None)", "Back"), Binding("c", "copy", "Copy")]
    CSS = """
    LinksScreen OptionList { height: auto; max-height: 18; text-wrap: nowrap; text-overflow: ellipsis; }
    LinksScreen .hint { color: $foreground 70%; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, links: list[tuple[str, str]]) -> None:
        super().__init__()
        self.links = links

    def compose(self) -> ComposeResult:
        """A list over a hint."""
        with Vertical(classes="dialog"):
            yield Static("Links", classes="title", markup=False)
            yield OptionList(
                *[
                    Option(Content.assemble(text, "  ", (one_line(target, 200), "$foreground 70%")))
                    for text, target in self.links
                ],
                markup=False,
                compact=True,
            )
            yield Static("Enter follows, c copies the address, Esc goes back", classes="hint", markup=False)

    @on(OptionList.OptionSelected)
    def follow(self, event: OptionList.OptionSelected) -> None:
        """Give the chosen target."""
        self.dismiss(self.links[event.option_index][1])

    def action_copy(self) -> None:
        """Copy the address under the highlight."""
        at = self.query_one(OptionList).highlighted
        if at is not None:
            copy_address(self.app, self.links[at][1])


class OutsideScreen(Dialog[None]):
    """A link that leads outside, shown whole before anything is opened."""

    BINDINGS = [
        Binding("escape,q", "dismiss", "Back"),
        Binding("enter,o", "open", "Open"),
        Binding("c", "copy", "Copy"),
    ]

    def __init__(self, target: str) -> None:
        super().__init__()
        self.target = target

    def compose(self) -> ComposeResult:
        """The whole address, as it is."""
        may = self.target.lower().startswith(OPENED)
        with Vertical(classes="dialog"):
            yield Static("This link leads outside the library", classes="title", markup=False)
            yield Static(one_line(self.target, 2000), markup=False)
            hint = "Enter opens it in the browser, c copies it, Esc goes back" if may else "c copies it, Esc goes back"
            yield Static(Content.styled(f"\n{hint}", "$foreground 70%"), markup=False)

    def action_open(self) -> None:
        """Hand a web or mail address to the system; nothing else is ever opened."""
        if self.target.lower().startswith(OPENED):
            self.app.open_url(self.target)
            self.dismiss()

    def action_copy(self) -> None:
        """Copy the address."""
        self.dismiss()
        copy_address(self.app, self.target)


def copy_address(app: App[Any], address: str) -> None:
    """Copy an address and say how."""
    done = clipboard.copy(one_line(address, 2000), app.copy_to_clipboard)
    said = "No clipboard could be reached" if done is None else f"Address copied with {done.how}"
    app.notify(said, markup=False)
