"""Every key, from the one table; the keys of the screen below come first."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from playbook import keys
from playbook.errors import UsageError

TITLES = {
    "app": "Everywhere",
    "box": "In the search box",
    "search": "Search",
    "list": "In the list or the preview",
    "results": "In the list",
    "pane": "In the preview",
    "read": "Reading",
    "browse": "Browsing",
}
FILTERS = (
    ("#negotiation", "a stage"),
    ("@cfo", "a persona"),
    ("vs:acme", "a competitor"),
    ("is:objection", "a kind"),
    ("in:handbook", "a folder"),
    ("product: motion: segment: surface:", "likewise"),
)


class KeysScreen(ModalScreen[None]):
    """All keys; Escape closes."""

    BINDINGS = [Binding("escape,q,f1,question_mark", "dismiss", "Close"), Binding("j", "down"), Binding("k", "up")]

    def compose(self) -> ComposeResult:
        """One scrolling list."""
        with VerticalScroll(classes="dialog", id="keys"):
            yield Static(all_keys(getattr(self.app, "screen_stack", []), self.app.size.width), markup=False)

    def action_down(self) -> None:
        """Scroll down."""
        self.query_one("#keys").scroll_down(animate=False)

    def action_up(self) -> None:
        """Scroll up."""
        self.query_one("#keys").scroll_up(animate=False)


def all_keys(stack: list[object], width: int) -> Content:
    """The table of keys, as they are now: what keys.toml changed shows changed; the id is what keys.toml calls it."""
    try:
        own = keys.remapped()
    except UsageError:
        own = {}
    here = {"SearchScreen": "search", "ReadScreen": "read", "BrowseScreen": "browse"}
    first = next((here[type(screen).__name__] for screen in reversed(stack) if type(screen).__name__ in here), "search")
    order = sorted(TITLES, key=lambda where: (where != first, list(TITLES).index(where)))
    lines: list[Content] = []
    for where in order:
        lines.append(Content.styled(TITLES[where], "bold $primary"))
        for key in keys.keys_of(where):
            pressed = keys.shown(own.get(key.id, key.keys))
            name = f"  {key.id}" if width >= 80 else ""
            lines.append(
                Content.assemble((f"  {pressed:<16}", "bold $text-accent"), key.help, (name, "$foreground 70%"))
            )
        lines.append(Content(""))
        if where == "search":
            lines.append(Content.styled("Typed in the box", "bold $primary"))
            lines += [Content.assemble((f"  {typed:<16} ", "bold $text-accent"), meaning) for typed, meaning in FILTERS]
            lines.append(Content(""))
    lines.append(
        Content.styled(
            'Your own keys: keys.toml in the settings folder, [keys] then copy = "ctrl+k"', "$foreground 70%"
        )
    )
    return Content("\n").join(lines)
