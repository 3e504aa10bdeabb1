"""What the palette finds: a command by its name first, then by what it does, then by other words people call it by."""

from __future__ import annotations

from textual.app import SystemCommand
from textual.command import Hit, Hits
from textual.system_commands import SystemCommandsProvider

# Words that stand neither in a command's name nor in its help, by its name.
CALLED = {
    "Acknowledge": "agree accept stand by revised",
    "Approve": "merge accept yes publish ok",
    "Better words": "draft suggest change propose wording",
    "Changes": "request revise send back",
    "Decline": "reject refuse no",
    "Edit": "draft write revise change propose",
    "Force": "override emergency merge anyway past the rules",
    "Audit": "history log past who merged forced override",
    "History of the card": "past log changes blame versions who",
    "New card": "draft write create add missing",
    "Open a library": "repository clone switch",
    "Open again": "reopen",
    "Park": "postpone snooze later wait",
    "Queue": "review approve decide merge overdue waiting inbox draft conflict",
    "Quit": "exit close leave",
    "Review": "approve decide read open",
    "Review queue": "approve decide merge overdue waiting inbox proposals draft parked unreviewed conflict",
    "Rule": "arbiter heads decide ruling judge",
    "Settle": "conflict merge resolve",
    "Sync": "refresh pull push send update offline",
    "Take back": "revert undo",
    "To the heads": "escalate arbiter quarrel stuck contested",
    "Verify": "confirm still true",
    "Withdraw": "cancel undo",
}


# How the kinds of hits stand to each other; within one kind the matcher's own score decides.
NAMED, KNOWN_AS, SAID = 3_000.0, 2_000.0, 1_000.0


class Commands(SystemCommandsProvider):
    """Everything the app and the screen below do."""

    async def search(self, query: str) -> Hits:
        """The commands whose names hold what was typed; below them those that are called or say so; last those whose names
        have its letters somewhere."""
        matcher = self.matcher(query)
        for command in self.app.get_system_commands(self.screen):
            nearly, rank = matcher.match(command.title), kind(command, query)
            if rank or nearly > 0:
                named = matcher.highlight(command.title) if nearly > 0 else command.title
                yield Hit(rank + nearly, named, command.callback, help=command.help)


def kind(command: SystemCommand, query: str) -> float:
    """Where a command holds every word of the question, each from a word's beginning; 0.0 where it does not."""
    asked = query.casefold().split()
    if not asked:
        return 0.0
    words: list[str] = []
    for text, rank in ((command.title, NAMED), (CALLED.get(command.title, ""), KNOWN_AS), (command.help, SAID)):
        words += text.casefold().split()
        if all(any(word.startswith(one) for word in words) for one in asked):
            return rank
    return 0.0
