"""Every key, from the one table; the keys of the screen below come first."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Resize
from textual.widgets import Static

from playbook import keys
from playbook.errors import UsageError
from playbook.screens.dialog import Dialog
from playbook.screens.finding.answering import WIDE
from playbook.widgets.line import Line, wrapped

TITLES = {
    "app": "Everywhere",
    "box": "In the search box",
    "search": "Search",
    "list": "In the list or the preview",
    "results": "In the list",
    "pane": "In the preview",
    "read": "Reading",
    "browse": "Browsing",
    "past": "Reading what was",
    "queue": "In the review queue",
    "review": "Reviewing a proposal",
    "commit": "Reading what nobody reviewed",
    "conflict": "Settling a conflict",
    "propose": "Proposing",
    "edit": "In the editor",
}
FILTERS = (
    ("#negotiation", "a stage"),
    ("@cfo", "a persona"),
    ("vs:acme", "a competitor"),
    ("is:objection", "a kind"),
    ("in:handbook", "a folder"),
    ("product: motion: segment: surface:", "likewise"),
    ("##negotiation @@cfo vs::acme", "what fits first, and hides nothing"),
)


PRESSED = 17  # cells for the keys, two of them free
NAMES = 23  # cells for what keys.toml calls them, two of them free
DIM = "$foreground 70%"


class KeysScreen(Dialog[None]):
    """All keys; Escape closes."""

    BINDINGS = [Binding("escape,q,f1,question_mark", "dismiss", "Close"), Binding("j", "down"), Binding("k", "up")]

    def compose(self) -> ComposeResult:
        """One scrolling list."""
        with VerticalScroll(classes="dialog", id="keys"):
            yield Static(id="table", markup=False)

    def on_mount(self) -> None:
        """Lay the table out."""
        self.lay_out()

    def on_resize(self, event: Resize) -> None:
        """Lay it out anew."""
        self.lay_out()

    def lay_out(self) -> None:
        """The table for the width there is."""
        self.query_one("#table", Static).update(all_keys(getattr(self.app, "screen_stack", []), self.app.size.width))

    def action_down(self) -> None:
        """Scroll down."""
        self.query_one("#keys").scroll_down(animate=False)

    def action_up(self) -> None:
        """Scroll up."""
        self.query_one("#keys").scroll_up(animate=False)


def all_keys(stack: list[object], width: int) -> Content:
    """The table of keys, as they are now: what keys.toml changed shows changed; on a wide screen with the names keys.toml uses.

    A key that does the same everywhere is listed once.
    """
    try:
        own = keys.remapped()
    except UsageError:
        own = {}
    here = {
        "SearchScreen": "search",
        "ReadScreen": "read",
        "BrowseScreen": "browse",
        "ProposeScreen": "propose",
        "NewCardScreen": "propose",
        "EditScreen": "edit",
        "QueueScreen": "queue",
        "ReviewScreen": "review",
        "CommitScreen": "commit",
        "ConflictScreen": "conflict",
    }
    first = next((here[type(screen).__name__] for screen in reversed(stack) if type(screen).__name__ in here), "search")
    order = sorted(TITLES, key=lambda where: (where != first, list(TITLES).index(where)))
    everywhere = {(own.get(key.id, key.keys), key.action) for key in keys.keys_of("app")}
    # The dialog of app.tcss without its frame and scroll bar.
    room = max(min(84, width * 96 // 100) - 5, 20)
    named = width >= WIDE
    lines: list[Content] = []
    if named:
        lines += [*_row("key", "does", "name in keys.toml", room, "bold"), Content("")]
    for where in order:
        lines.append(Content.styled(TITLES[where], "bold $primary"))
        for key in _told(keys.keys_of(where), own):
            pressed = own.get(key.id, key.keys)
            if where != "app" and (pressed, key.action) in everywhere:
                continue
            lines += _row(keys.shown(pressed), key.help, key.id if named else "", room)
        if where == "list":
            lines += _row("any other letter", "Goes into the search box", "", room)
        lines.append(Content(""))
        if where == "search":
            lines.append(Content.styled("Typed in the box", "bold $primary"))
            for typed, meaning in FILTERS:
                lines += _row(typed, meaning, "", room)
            lines.append(Content(""))
    lines.append(Content.styled('Your own keys: keys.toml in the settings folder, [keys] then copy = "ctrl+k"', DIM))
    return Content("\n").join(lines)


def _told(rows: list[keys.Key], own: dict[str, str]) -> list[keys.Key]:
    """The rows with the favourites' keys in one, unless some are the person's own."""
    ids = [key.id for key in rows if "show_favourite" in key.action]
    if not ids or any(name in own for name in ids):
        return rows
    first, last = (next(key for key in rows if key.id == name) for name in (ids[0], ids[-1]))
    one = first._replace(keys=f"{first.keys},…,{last.keys}", help=f"Show your favourite 1 to {len(ids)}")
    return [one if key.id == ids[0] else key for key in rows if key.id not in ids[1:]]


def _row(pressed: str, does: str, name: str, room: int, style: str = "") -> list[Content]:
    """A key, what it does, and its name where there is room, each in its column; what is longer goes on below itself."""
    taken = 2 + PRESSED + (NAMES if name else 0)
    left = wrapped(Line(pressed), PRESSED - 1)
    middle = wrapped(Line(does), max(room - taken, 10))
    return [
        Content.assemble(
            (f"  {left[at].text if at < len(left) else '':<{PRESSED}}", style or "bold $text-accent"),
            (f"{middle[at].text if at < len(middle) else '':<{room - taken}}" if name and at == 0 else "", style),
            (f"  {name}" if at == 0 and name else "", style or DIM),
            ("" if name and at == 0 else middle[at].text if at < len(middle) else "", style),
        )
        for at in range(max(len(left), len(middle)))
    ]
