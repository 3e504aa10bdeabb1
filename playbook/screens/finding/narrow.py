"""Narrowing by key: every value of every facet, chosen from a list and typed into the question for you."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from playbook import keys
from playbook.screens.dialog import Dialog
from playbook.text.safe import one_line
from playbook.text.tokens import fold
from playbook.widgets.fitting import column

if TYPE_CHECKING:
    from playbook.finding.session import Session

# How each facet is typed, in the order in which reps narrow.
TYPED = {
    "stage": "#",
    "persona": "@",
    "competitor": "vs:",
    "kind": "is:",
    "product": "product:",
    "segment": "segment:",
    "motion": "motion:",
    "surface": "surface:",
    "folder": "in:",
}


MOST_ROWS = 16
FACET = 11  # cells for a facet's name


def _cards(count: int) -> str:
    return f"{count} card{'s' if count != 1 else ''}"


def typed_filter(facet: str, value: str) -> str:
    """The filter as it is typed; a value with spaces is quoted."""
    return f'{TYPED[facet]}"{value}"' if " " in value else f"{TYPED[facet]}{value}"


def values(session: Session) -> list[tuple[str, str, int]]:
    """(facet, value, cards) of every value that some card carries, settings' stages in their own order."""
    counts: dict[str, Counter[str]] = {facet: Counter() for facet in TYPED}
    for card in session.snapshot.cards:
        counts["kind"][card.kind] += 1
        counts["stage"].update(card.stages)
        counts["persona"].update(card.personas)
        counts["competitor"].update(card.competitors)
        counts["product"].update(card.products)
        counts["segment"].update(card.segments)
        counts["surface"].update(card.surface)
        if card.motion:
            counts["motion"][card.motion] += 1
        folder = card.path.removeprefix(session.snapshot.root).rpartition("/")[0]
        if folder:
            counts["folder"][folder] += 1
    order = {stage: at for at, stage in enumerate(session.snapshot.settings.stages)}
    return [
        (facet, value, count)
        for facet, found in counts.items()
        for value, count in sorted(found.items(), key=lambda item: (order.get(item[0], 99), item[0]))
    ]


def with_filter(question: str, facet: str, value: str) -> str:
    """The question with the filter put in, or taken out when it stands there already."""
    typed = typed_filter(facet, value)
    parts = question.split()
    if typed in parts:
        return " ".join(part for part in parts if part != typed) + (" " if len(parts) > 1 else "")
    return f"{typed} {question.strip()}".rstrip() + " "


def without_filters(question: str) -> str:
    """Only the words of the question."""
    from playbook.search.query import words_typed

    return words_typed(question)


class Narrowed(NamedTuple):
    """What was chosen: the new question, or a facet and its value to pin for the call."""

    question: str
    pinned: tuple[str, str] | None = None


class NarrowScreen(Dialog[Narrowed | None]):
    """Type to find a value, Enter puts it into the question, F7 pins it for the call; gives None when nothing was chosen."""

    BINDINGS = [
        Binding("escape", "dismiss(None)", "Back"),
        Binding("f7", "pin", "Pin", show=False, priority=True, id="pin-context"),
        Binding("down", "move(1)", "Down", show=False),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("pagedown", "move(8)", "Page down", show=False),
        Binding("pageup", "move(-8)", "Page up", show=False),
    ]
    AUTO_FOCUS = "#which"
    CSS = """
    NarrowScreen #which { height: 3; border: tall $accent; }
    NarrowScreen #values { height: auto; text-wrap: nowrap; text-overflow: ellipsis; }
    NarrowScreen .hint { color: $foreground 70%; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    which = getters.query_one("#which", Input)
    choices = getters.query_one("#values", OptionList)

    def __init__(self, session: Session, question: str) -> None:
        super().__init__()
        self.question = question
        self.all_values = values(session)
        self.shown: list[tuple[str, str, int]] = []

    def compose(self) -> ComposeResult:
        """A box over a list."""
        with Vertical(classes="dialog"):
            yield Input(placeholder="Narrow by: stage, persona, competitor, kind, folder ...", id="which")
            yield OptionList(id="values", markup=False, compact=True)
            hint = f"Enter puts it in or takes it out, {keys.pressed('pin-context')} pins it, Esc goes back"
            yield Static(hint, classes="hint", markup=False)

    def on_mount(self) -> None:
        """All values, stages first."""
        self.which.cursor_blink = False
        self.fit()

    def on_resize(self, event: Resize) -> None:
        """Lay the rows out anew."""
        self.fit()

    def fit(self) -> None:
        """As many rows as leave the box and the line below them on the screen, each on one line."""
        # The dialog takes nine tenths of the height; six lines are its frame, the box and what the keys do.
        self.choices.styles.max_height = min(max(self.app.size.height * 9 // 10 - 6, 1), MOST_ROWS)
        self.narrow(self.which.value)

    @on(Input.Changed, "#which")
    def typed(self, event: Input.Changed) -> None:
        """Fewer values with every letter; the first is marked."""
        self.choices.highlighted = None
        self.narrow(event.value)

    def narrow(self, text: str) -> None:
        """Show the values that carry every word typed, in the facet's name or in the value."""
        wanted = fold(text).split()
        self.shown = [
            found for found in self.all_values if all(word in fold(f"{found[0]} {found[1]}") for word in wanted)
        ]
        standing = set(self.question.split())
        # What is left of the dialog's width (see app.tcss) without frame, scroll bar, mark and facet, and the counts.
        room = max(min(84, self.app.size.width * 96 // 100) - 5 - 4 - FACET, 12)
        counts = max((len(_cards(count)) for _, _, count in self.shown), default=0)
        kept = self.choices.highlighted or 0
        rows = []
        for at, (facet, value, count) in enumerate(self.shown):
            mark = "x" if typed_filter(facet, value) in standing else " "
            rows.append(
                Option(
                    Content.assemble(
                        f"[{mark}] ",
                        (f"{facet:<{FACET}}", "$foreground 70%"),
                        column(one_line(value, 80), max(room - counts - 1, 4)),
                        (f" {_cards(count):>{counts}}", "$foreground 70%"),
                    ),
                    id=str(at),
                )
            )
        self.choices.set_options(rows)
        self.choices.highlighted = min(kept, len(rows) - 1) if rows else None

    def action_move(self, by: int) -> None:
        """Move in the list while typing."""
        if self.shown:
            at = (self.choices.highlighted or 0) + by
            self.choices.highlighted = min(max(at, 0), len(self.shown) - 1)

    @on(Input.Submitted, "#which")
    @on(OptionList.OptionSelected, "#values")
    def chosen(self) -> None:
        """Give the question with the filter in it."""
        found = self.marked()
        if found is not None:
            self.dismiss(Narrowed(with_filter(self.question, *found)))

    def action_pin(self) -> None:
        """Pin the value for the call instead."""
        found = self.marked()
        if found is not None:
            self.dismiss(Narrowed(self.question, found))

    def marked(self) -> tuple[str, str] | None:
        """The facet and the value under the highlight."""
        at = self.choices.highlighted
        if at is None or at >= len(self.shown):
            return None
        facet, value, _ = self.shown[at]
        return facet, value
