"""Browsing: groups by stage, kind and persona on the left, their cards on the right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Resize
from textual.widgets import Footer, OptionList, Static
from textual.widgets.option_list import Option

from playbook import keys
from playbook.library.card import Card
from playbook.screens.copying import CopyKey, clear_toasts
from playbook.screens.desk import desk_of
from playbook.screens.proposing.changing import ChangingScreen
from playbook.text.safe import one_line
from playbook.widgets.card_view import row
from playbook.widgets.fitting import column, cut

if TYPE_CHECKING:
    from playbook.finding.session import Session

MOST_CARDS = 500


@dataclass(frozen=True)
class Group:
    """Cards that belong together under a label."""

    label: str
    cards: tuple[Card, ...]


def groups(session: Session, new: tuple[Card, ...]) -> list[tuple[str, list[Group]]]:
    """What is new, then the stages in the library's order, the kinds, the personas and the folders."""
    cards = session.snapshot.cards

    def by(values_of: Callable[[Card], tuple[str, ...]], order: tuple[str, ...] = ()) -> list[Group]:
        found: dict[str, list[Card]] = {value: [] for value in order}
        for card in cards:
            for value in values_of(card):
                found.setdefault(value, []).append(card)
        named = [*order, *sorted(value for value in found if value not in order)]
        return [Group(value, tuple(found[value])) for value in named]

    def folder(card: Card) -> tuple[str, ...]:
        place = card.path.removeprefix(session.snapshot.root).rpartition("/")[0]
        return (place or "(top)",)

    sections: list[tuple[str, list[Group]]] = []
    if new:
        sections.append(("New", [Group("since the last look", new)]))
    sections += [
        ("Stages", by(lambda card: card.stages, tuple(session.snapshot.settings.stages))),
        ("Kinds", by(lambda card: (card.kind,))),
        ("Personas", by(lambda card: card.personas)),
        ("Competitors", by(lambda card: card.competitors)),
        ("Folders", by(folder)),
    ]
    return [(title, found) for title, found in sections if found]


def room(shown: OptionList) -> int:
    """The cells a row of the list has, beside a scroll bar whether or not there is one; 0 before the first layout."""
    return max(shown.content_size.width - shown.styles.scrollbar_size_vertical, 0)


class BrowseList(OptionList):
    """A list in which the browsing keys work, also those a list would take for itself."""

    BINDINGS = keys.bindings("browse")


class BrowseScreen(ChangingScreen):
    """Two lists; left and right go between them."""

    CSS_PATH = "browse.tcss"
    AUTO_FOCUS = "#groups"
    TITLE = "Browse"

    group_list = getters.query_one("#groups", BrowseList)
    card_list = getters.query_one("#cards", BrowseList)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.sections: list[tuple[str, list[Group]]] = []
        self.rows: list[Group | None] = []
        self.listed: Group | None = None
        self.cards: tuple[Card, ...] = ()
        self.copy_key = CopyKey("browse-copy")

    def compose(self) -> ComposeResult:
        """Groups left, cards right."""
        yield Static(Content.styled(f" Browse  {one_line(self.session.name, 50)}", "bold"), id="title", markup=False)
        with Horizontal():
            yield BrowseList(id="groups", markup=False, compact=True)
            yield BrowseList(id="cards", markup=False, compact=True)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Find the groups; they are listed once it is known how wide the lists are."""
        news = desk_of(self).news
        self.sections = groups(self.session, news.cards if news else ())
        self.call_after_refresh(self.fill)

    def on_resize(self, event: Resize) -> None:
        """The rows are laid out for the width of their lists."""
        self.call_after_refresh(self.fill)

    def on_screen_suspend(self) -> None:
        """Another screen opens: what was said here is not said of it."""
        clear_toasts(self.app)

    def fill(self) -> None:
        """List the groups, each on one line, and stay on the one stood on; at first on the first."""
        width = room(self.group_list)
        if not width:
            return
        options: list[Option] = []
        self.rows = []
        for title, found in self.sections:
            options.append(Option(Content.styled(cut(title, width)[0], "bold $primary"), disabled=True))
            self.rows.append(None)
            counts = max(len(str(len(group.cards))) for group in found)
            for group in found:
                label = column(f"\u00a0\u00a0{one_line(group.label, 80)}", max(width - counts - 1, 4))
                count = f"{len(group.cards):>{counts}}"
                options.append(Option(Content.assemble(label, (f" {count}", "$foreground 70%"))))
                self.rows.append(group)
        kept, card = self.group_list.highlighted, self.card_list.highlighted
        self.group_list.set_options(options)
        self.group_list.highlighted = kept or (1 if len(options) > 1 else None)
        self.list_cards(card or 0)

    @on(OptionList.OptionHighlighted, "#groups")
    def show_group(self, event: OptionList.OptionHighlighted) -> None:
        """The cards of the group one stands on, unless they are listed already."""
        if self.rows[event.option_index] is not self.listed:
            self.list_cards()

    @on(OptionList.OptionHighlighted, "#cards")
    def another_card(self) -> None:
        """What was said of the last card is over."""
        clear_toasts(self.app)

    def list_cards(self, at: int = 0) -> None:
        """Show the cards of the group one stands on, and mark the one at that place."""
        stood = self.group_list.highlighted
        group = self.rows[stood] if stood is not None and stood < len(self.rows) else None
        if group is None:
            return
        self.listed = group
        first = {"stage": 0, "objection": 1, "battlecard": 2, "persona": 3, "launch": 4, "air-cover": 5}
        order = {"verified": 0, "unverified": 1, "expired": 2, "retired": 3}
        trusts = {card.id: self.session.trust(card) for card in group.cards}
        self.cards = tuple(
            sorted(group.cards, key=lambda card: (order[trusts[card.id].state], first.get(card.kind, 9), card.title))
        )
        width = max(room(self.card_list), 16)
        self.card_list.set_options(
            [Option(row(card, trusts[card.id], (), None, width)) for card in self.cards[:MOST_CARDS]]
        )
        self.card_list.highlighted = min(at, len(self.cards) - 1, MOST_CARDS - 1) if self.cards else None

    def chosen(self) -> Card | None:
        """The card one stands on."""
        at = self.card_list.highlighted
        return self.cards[at] if at is not None and at < len(self.cards) else None

    @on(OptionList.OptionSelected, "#cards")
    def action_open(self) -> None:
        """Read the card; on a group, go to its cards."""
        if self.focused is self.group_list:
            self.card_list.focus()
            return
        card = self.chosen()
        if card is not None:
            from playbook.screens.finding.read import ReadScreen

            self.app.push_screen(ReadScreen(self.session, card, ()))

    @on(OptionList.OptionSelected, "#groups")
    def enter_group(self) -> None:
        """Enter on a group goes to its cards."""
        self.card_list.focus()

    def action_copy(self) -> None:
        """Copy the words to say."""
        self.copy_key.press(self.app, self.chosen())

    def card_to_change(self) -> Card | None:
        """The card one stands on."""
        return self.chosen()

    @property
    def palette_commands(self) -> list[tuple[str, str, object]]:
        """What the palette offers here."""
        return self.changing_commands

    def action_column(self, by: int) -> None:
        """Between groups and cards."""
        (self.card_list if by > 0 else self.group_list).focus()

    def action_back(self) -> None:
        """Back to search."""
        clear_toasts(self.app)
        self.app.pop_screen()
