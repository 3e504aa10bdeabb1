"""The table of keys itself: one row for each thing a person can do with a key; `keys.py` reads it."""

from __future__ import annotations

from typing import NamedTuple


class Key(NamedTuple):
    """One thing a person can do with a key.

    `where` is the screen it works on ("app" for everywhere); `keys` are Textual's names, separated by commas;
    `footer` says whether the footer shows it (at most six a screen, so that 80 columns hold them).
    """

    id: str
    keys: str
    action: str
    label: str
    help: str
    where: str
    footer: bool = False


# The signs of a person's favourites, in their order, and Textual's names of the keys.
FAVOURITE_KEYS = (*((sign, sign) for sign in "1234567890"), ("-", "minus"), ("=", "equals_sign"))
_ORDER = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def _favourites(prefix: str, with_: str, where: str) -> tuple[Key, ...]:
    return tuple(
        Key(
            f"{prefix}favourite-{_ORDER[at]}",
            f"{with_}{name}",
            f"screen.show_favourite({at + 1}, {bool(with_)})",
            f"Favourite {at + 1}",
            f"Show your favourite {at + 1}",
            where,
        )
        for at, (_, name) in enumerate(FAVOURITE_KEYS)
    )


KEYS: tuple[Key, ...] = (
    # Everywhere
    Key("help", "f1", "app.keys", "Help", "Show every key", "app"),
    Key("palette", "ctrl+p", "app.command_palette", "Palette", "Do anything by its name", "app"),
    Key("quit", "ctrl+q", "app.quit", "Quit", "Leave", "app"),
    Key("sync", "f5", "app.sync", "Sync", "Fetch from the hub now", "app"),
    Key("libraries", "f8", "app.libraries", "Libraries", "Open another library", "app"),
    Key("theme", "f9", "app.next_theme", "Light/dark", "Switch between light and dark", "app"),
    # The search screen; letters always go to the search box while it has the focus.
    Key("open", "enter", "screen.open", "Open", "Read the whole card or page", "box", True),
    Key("copy", "ctrl+y", "copy", "Copy words", "Copy the words to say", "search", True),
    Key("narrow", "f2", "narrow", "Narrow", "Narrow by kind, stage, persona, competitor ...", "search", True),
    Key("clear-filters", "f3", "clear_filters", "All", "Drop every filter and keep the words", "search"),
    Key("browse", "f6", "app.browse", "Browse", "Browse by stage and by kind", "search"),
    Key(
        "propose",
        "f4",
        "propose",
        "Better words",
        "Propose better words for the chosen card, a new card where nothing was found",
        "search",
        True,
    ),
    Key("queue", "f12", "app.queue", "Queue", "The review queue", "search"),
    Key("new-card", "ctrl+n", "new_card", "New card", "Propose a new card for the question", "search"),
    Key("help-search", "f1", "app.keys", "Help", "Show every key", "search", True),
    Key("quit-search", "ctrl+q", "app.quit", "Quit", "Leave", "search", True),
    Key("back", "escape", "back", "Clear", "Clear the box; a second time leave it for the list", "search"),
    Key("next-result", "down", "next_result", "Down", "Next result", "search"),
    Key("previous-result", "up", "previous_result", "Up", "Previous result", "search"),
    Key("next-page", "pagedown", "page(1)", "Page down", "A page of results down", "search"),
    Key("previous-page", "pageup", "page(-1)", "Page up", "A page of results up", "search"),
    Key("preview-down", "ctrl+down", "scroll_preview(1)", "Preview down", "Scroll the preview down", "search"),
    Key("preview-up", "ctrl+up", "scroll_preview(-1)", "Preview up", "Scroll the preview up", "search"),
    Key("pin-context", "f7", "pin_context", "Pin call", "Pin the filters for this call, or unpin them", "search"),
    Key("as-typed", "f10", "as_typed", "As typed", "Search as typed, without correcting", "search"),
    Key("favourite", "ctrl+s", "favourite", "Favourite", "Make the card your favourite, or no favourite", "search"),
    Key("explain", "ctrl+t", "explain", "Why", "Show or hide why the card stands where it does", "search"),
    Key("miss", "ctrl+g", "miss", "Should be this", "Note that the words should find this card first", "search"),
    Key("favourite-up", "alt+up", "move_favourite(-1)", "Favourite up", "Move the favourite up", "search"),
    Key("favourite-down", "alt+down", "move_favourite(1)", "Favourite down", "Move the favourite down", "search"),
    *_favourites("", "alt+", "search"),
    # With the focus in the list or the preview these letters are commands; any other goes into the search box.
    Key("list-open", "enter", "screen.open", "Open", "Read the whole card or page", "list", True),
    Key("list-search", "slash", "screen.to_box", "Search", "Back to the search box", "list"),
    Key("list-copy", "c", "screen.copy", "Copy words", "Copy the words to say", "list"),
    Key("list-propose", "p", "screen.propose", "Better words", "Propose better words for the card", "list"),
    Key("list-edit", "e", "screen.edit", "Edit", "Edit the card's whole file", "list"),
    Key("list-queue", "r", "app.queue", "Queue", "The review queue", "list"),
    Key("list-verify", "V", "app.act('verify')", "Verify", "Say that the card is right as it stands", "list"),
    Key("list-narrow", "f", "screen.narrow", "Narrow", "Narrow by kind, stage, persona ...", "list"),
    Key("list-browse", "b", "app.browse", "Browse", "Browse by stage and by kind", "list"),
    Key(
        "list-favourite", "s", "screen.favourite", "Favourite", "Make the card your favourite, or no favourite", "list"
    ),
    Key("list-explain", "w", "screen.explain", "Why", "Show or hide why the card stands where it does", "list"),
    Key("list-miss", "m", "screen.miss", "Should be this", "Note that the words should find this card first", "list"),
    Key("list-help", "question_mark", "app.keys", "Help", "Show every key", "list"),
    *_favourites("list-", "", "list"),
    Key("list-first", "home", "edge(0)", "First", "The first result", "results"),
    Key("list-last", "end", "edge(-1)", "Last", "The last result", "results"),
    Key("list-favourite-up", "K", "screen.move_favourite(-1)", "Favourite up", "Move the favourite up", "results"),
    Key("list-favourite-down", "J", "screen.move_favourite(1)", "Favourite down", "Move the favourite down", "results"),
    Key("pane-down", "down", "scroll(1)", "Down", "Scroll the preview down", "pane"),
    Key("pane-up", "up", "scroll(-1)", "Up", "Scroll the preview up", "pane"),
    Key("pane-page-down", "pagedown,space", "page(1)", "Page down", "A page of the preview down", "pane"),
    Key("pane-page-up", "pageup", "page(-1)", "Page up", "A page of the preview up", "pane"),
    Key("pane-top", "home", "edge(0)", "Top", "To the top of the preview", "pane"),
    Key("pane-end", "end", "edge(-1)", "End", "To the end of the preview", "pane"),
    # Reading
    Key("read-copy", "c,ctrl+y", "copy", "Copy words", "Copy the words to say", "read", True),
    Key("read-propose", "p,f4", "propose", "Better words", "Propose better words for the card", "read", True),
    Key("find", "slash", "find", "Find", "Find in this document", "read", True),
    Key("contents", "t", "contents", "Contents", "Show or hide the table of contents", "read", True),
    Key("read-help", "question_mark", "app.keys", "Help", "Show every key", "read", True),
    Key("read-back", "escape,q", "back", "Back", "Back to where you were", "read", True),
    Key("find-next", "n", "find_next(1)", "Next", "Next place that was found", "read"),
    Key("find-previous", "N", "find_next(-1)", "Previous", "Previous place that was found", "read"),
    Key("links", "l", "links", "Links", "List the links: follow, open outside, or copy", "read"),
    Key("read-edit", "e", "edit", "Edit", "Edit the whole file", "read"),
    Key("read-queue", "r,f12", "app.queue", "Queue", "The review queue", "read"),
    Key("read-verify", "V", "app.act('verify')", "Verify", "Say that the card is right as it stands", "read"),
    Key("read-history", "h", "app.history", "History", "Who changed the card, when and why", "read"),
    Key("read-down", "j,down", "scroll(1)", "Down", "Scroll down", "read"),
    Key("read-up", "k,up", "scroll(-1)", "Up", "Scroll up", "read"),
    Key("read-page-down", "space,pagedown", "page(1)", "Page down", "A page down, and on into the next part", "read"),
    Key("read-page-up", "b,pageup", "page(-1)", "Page up", "A page up, and back into the part before", "read"),
    Key("read-top", "g,home", "edge(0)", "Top", "To the top", "read"),
    Key("read-end", "G,end", "edge(1)", "End", "To the end", "read"),
    # Browsing
    Key("browse-open", "enter", "screen.open", "Open", "Read the card", "browse", True),
    Key("browse-copy", "c,ctrl+y", "screen.copy", "Copy words", "Copy the words to say", "browse", True),
    Key(
        "browse-propose", "p,f4", "screen.propose", "Better words", "Propose better words for the card", "browse", True
    ),
    Key("browse-edit", "e", "screen.edit", "Edit", "Edit the card's whole file", "browse"),
    Key("browse-left", "left", "screen.column(-1)", "Groups", "To the groups", "browse"),
    Key("browse-right", "right", "screen.column(1)", "Cards", "To the cards of the group", "browse", True),
    Key("browse-queue", "r,f12", "app.queue", "Queue", "The review queue", "browse"),
    Key("browse-verify", "V", "app.act('verify')", "Verify", "Say that the card is right as it stands", "browse"),
    Key("browse-history", "h", "app.history", "History", "Who changed the card, when and why", "browse"),
    Key("browse-help", "question_mark", "app.keys", "Help", "Show every key", "browse", True),
    Key("browse-back", "escape,q", "screen.back", "Back", "Back to search", "browse", True),
    # The history of a card, and the audit
    Key("past-down", "j,down", "step(1)", "Down", "The step below, which is older", "past"),
    Key("past-up", "k,up", "step(-1)", "Up", "The step above", "past"),
    Key("past-page-down", "space,pagedown", "page(1)", "Page down", "A page down", "past"),
    Key("past-page-up", "b,pageup", "page(-1)", "Page up", "A page up", "past"),
    Key("past-top", "g,home", "edge(0)", "Top", "To the top", "past"),
    Key("past-end", "G,end", "edge(-1)", "End", "To the end", "past"),
    Key("past-help", "question_mark", "app.keys", "Help", "Show every key", "past", True),
    Key("past-back", "escape,q", "back", "Back", "Back to where you were", "past", True),
    # The review queue
    Key("queue-open", "enter", "open", "Review", "Review the proposal", "queue", True),
    Key(
        "queue-next-view",
        "right",
        "view(1)",
        "Next view",
        "To decide, before the heads, mine, parked ...",
        "queue",
        True,
    ),
    Key("queue-last-view", "left", "view(-1)", "Last view", "The view before", "queue", True),
    Key("queue-tab", "tab", "view(1)", "Next view", "The next view", "queue"),
    Key("queue-last-tab", "shift+tab", "view(-1)", "Last view", "The view before", "queue"),
    Key("queue-seen", "s", "seen", "Seen", "An unreviewed commit was looked at; once more, and it was not", "queue"),
    Key("queue-take-back", "u", "take_back", "Take back", "Propose to take an unreviewed commit back", "queue"),
    Key("queue-help", "question_mark", "app.keys", "Help", "Show every key", "queue", True),
    Key("queue-back", "escape,q", "back", "Back", "Back to where you were", "queue", True),
    Key("queue-down", "j,down", "move(1)", "Down", "The next row", "queue"),
    Key("queue-up", "k,up", "move(-1)", "Up", "The row above", "queue"),
    Key("queue-page-down", "space,pagedown", "page(1)", "Page down", "A page of rows down", "queue"),
    Key("queue-page-up", "b,pageup", "page(-1)", "Page up", "A page of rows up", "queue"),
    Key("queue-first", "g,home", "edge(0)", "First", "The first row", "queue"),
    Key("queue-last", "G,end", "edge(-1)", "Last", "The last row", "queue"),
    # Reviewing one proposal
    Key("approve", "a", "approve", "Approve", "Approve the words on the screen; the last key merges", "review", True),
    Key("request-changes", "x", "request_changes", "Changes", "Ask its author for changes", "review", True),
    Key("decline", "d", "decline", "Decline", "Decline, with a reason its author can read", "review", True),
    Key("comment", "c", "comment", "Comment", "Comment on the words under the cursor", "review", True),
    Key("comment-whole", "C", "comment_whole", "Comment on all", "Comment on the whole", "review"),
    Key("answer", "R", "answer", "Answer", "Answer the comment under the cursor", "review"),
    Key("close-thread", "T", "close_thread", "Close", "The comment under the cursor is dealt with", "review"),
    Key("unfold", "enter", "unfold", "Unfold", "Unfold or fold the comment under the cursor", "review"),
    Key("acknowledge", "K", "acknowledge", "Acknowledge", "Stand by the words as they are now", "review"),
    Key("withdraw", "w", "withdraw", "Withdraw", "Take your own proposal back", "review"),
    Key("park", "z", "park", "Park", "Put it aside, with the reason", "review"),
    Key("reopen", "o", "reopen", "Open again", "Open what was declined, withdrawn or parked", "review"),
    Key("split", "s", "split", "Split", "Make some of its files a proposal of their own", "review"),
    Key("join", "J", "join", "Join", "Have yours join another on the same card", "review"),
    Key("review-edit", "e", "edit", "Edit", "Edit the words before they are approved", "review"),
    Key("resolve", "D", "resolve", "Settle", "Settle what main and the proposal both changed", "review"),
    Key("escalate", "H", "escalate", "To the heads", "Put it before the heads, and say why", "review"),
    Key("rule", "r", "rule", "Rule", "Rule for or against what stands before the heads, with the reason", "review"),
    Key("override", "F", "override", "Force", "Force it past its rules; a mark stays with who and why", "review"),
    Key("revert", "u", "revert", "Take back", "Propose to take a merged one back", "review"),
    Key("review-next", "right,greater_than_sign", "proposal(1)", "Next", "The next proposal", "review"),
    Key("review-previous", "left,less_than_sign", "proposal(-1)", "Previous", "The proposal before", "review"),
    Key("next-change", "n", "change(1)", "Next change", "To the next change", "review"),
    Key("previous-change", "N", "change(-1)", "Last change", "To the change before", "review"),
    Key("next-file", "right_square_bracket", "file(1)", "Next file", "To its next file", "review"),
    Key("previous-file", "left_square_bracket", "file(-1)", "Last file", "To the file before", "review"),
    Key("columns", "v", "columns", "Columns", "Before and after side by side, or in one column", "review"),
    Key("whole-text", "f", "whole", "Whole text", "Show or hide what did not change", "review"),
    Key("whole-head", "i", "head", "Whole head", "Show or hide every reason, and the why, to its end", "review"),
    Key("review-down", "j,down", "step(1)", "Down", "To the next words or comment", "review"),
    Key("review-up", "k,up", "step(-1)", "Up", "To the words or comment above", "review"),
    Key("review-page-down", "space,pagedown", "page(1)", "Page down", "A page down", "review"),
    Key("review-page-up", "b,pageup", "page(-1)", "Page up", "A page up", "review"),
    Key("review-top", "g,home", "edge(0)", "Top", "To the top", "review"),
    Key("review-end", "G,end", "edge(-1)", "End", "To the end", "review"),
    Key("review-help", "question_mark", "app.keys", "Help", "Show every key", "review", True),
    Key("review-back", "escape,q", "back", "Back", "Back to the queue", "review", True),
    # A commit that went to main without a review
    Key("commit-seen", "s", "seen", "Seen", "It was looked at; the queue asks for it no more", "commit", True),
    Key("commit-take-back", "u", "take_back", "Take back", "Propose to take it back", "commit", True),
    Key("commit-next", "n", "change(1)", "Next change", "To the next change", "commit", True),
    Key("commit-previous", "N", "change(-1)", "Last change", "To the change before", "commit"),
    Key("commit-down", "j,down", "step(1)", "Down", "To the words below", "commit"),
    Key("commit-up", "k,up", "step(-1)", "Up", "To the words above", "commit"),
    Key("commit-page-down", "space,pagedown", "page(1)", "Page down", "A page down", "commit"),
    Key("commit-page-up", "b,pageup", "page(-1)", "Page up", "A page up", "commit"),
    Key("commit-top", "g,home", "edge(0)", "Top", "To the top", "commit"),
    Key("commit-end", "G,end", "edge(-1)", "End", "To the end", "commit"),
    Key("commit-help", "question_mark", "app.keys", "Help", "Show every key", "commit", True),
    Key("commit-back", "escape,q", "back", "Back", "Back to the queue", "commit", True),
    # Settling what main and a proposal both changed
    Key("take-main", "1", "take('ours')", "Main's", "Take the words main has now", "conflict", True),
    Key("take-proposed", "2", "take('theirs')", "Proposed", "Take the proposed words", "conflict", True),
    Key("take-both", "3", "take('both')", "Both", "Take both, main's first", "conflict", True),
    Key("edit-conflict", "e", "edit", "Edit", "Write the words yourself", "conflict", True),
    Key("settle", "enter,ctrl+s", "settle", "Settle", "Settle it, once nothing is open", "conflict", True),
    Key(
        "conflict-editor",
        "ctrl+o",
        "outside",
        "Own editor",
        "The whole file in the editor that EDITOR names",
        "conflict",
    ),
    Key("next-conflict", "n", "conflict(1)", "Next", "To the next conflict", "conflict"),
    Key("previous-conflict", "N", "conflict(-1)", "Last", "To the conflict before", "conflict"),
    Key("conflict-down", "j,down", "step(1)", "Down", "To what stands below", "conflict"),
    Key("conflict-up", "k,up", "step(-1)", "Up", "To what stands above", "conflict"),
    Key("conflict-page-down", "space,pagedown", "page(1)", "Page down", "A page down", "conflict"),
    Key("conflict-page-up", "b,pageup", "page(-1)", "Page up", "A page up", "conflict"),
    Key("conflict-help", "question_mark", "app.keys", "Help", "Show every key", "conflict", True),
    Key("conflict-back", "escape,q", "back", "Back", "Back; what was chosen is kept", "conflict"),
    # Proposing: a line to type over the card; letters always go into the line.
    Key("propose-send", "enter", "send", "Propose", "Propose what the line says", "propose"),
    Key(
        "propose-turn", "tab", "turn", "Note", "Make it a note that changes no words, or better words again", "propose"
    ),
    Key("propose-down", "down", "line(1)", "Why", "To the line below, such as the one for why", "propose"),
    Key(
        "propose-up",
        "up",
        "line(-1)",
        "Up",
        "To the line above; from the first, take over the present words",
        "propose",
    ),
    Key("propose-others", "ctrl+o", "others", "Others", "Read the open proposals on the card, or join one", "propose"),
    Key("propose-help", "f1", "app.keys", "Help", "Show every key", "propose"),
    Key("propose-back", "escape", "back", "Back", "Back; what was typed is kept for the next time", "propose"),
    # The editor; letters always go into the text.
    Key("edit-propose", "ctrl+s,f2", "propose", "Propose", "See what changed, say why, and propose it", "edit", True),
    Key("edit-preview", "f6,ctrl+e", "preview", "Preview", "Show or hide how it will look", "edit", True),
    Key("edit-finding", "f3", "finding", "Next finding", "To the next thing that lint finds wrong", "edit", True),
    Key(
        "edit-outside",
        "ctrl+o",
        "outside",
        "Own editor",
        "Go on in the editor that VISUAL or EDITOR names",
        "edit",
        True,
    ),
    Key("edit-others", "f7", "others", "Others", "Read the open proposals on the card", "edit"),
    Key("edit-top", "ctrl+home", "edge(0)", "Top", "To the top of the text", "edit"),
    Key("edit-end", "ctrl+end", "edge(-1)", "End", "To the end of the text", "edit"),
    Key("edit-help", "f1", "app.keys", "Help", "Show every key", "edit", True),
    Key("edit-back", "escape", "back", "Back", "Back; a draft of what was typed is kept", "edit", True),
)
