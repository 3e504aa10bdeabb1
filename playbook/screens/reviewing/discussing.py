"""What people say of a proposal: on the words under the cursor, on the whole, in answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.content import Content

from playbook import keys
from playbook.screens.reviewing.deciding import DecidingScreen
from playbook.screens.reviewing.queue_rows import DIM
from playbook.screens.reviewing.review_page import BLOCK, NOTE, THREAD
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.review.acting import Place
    from playbook.review.proposal import Thread
    from playbook.store.managed import Library
    from playbook.text.blocks import Block

QUOTED = 160  # letters of the words that a comment is about


class DiscussingScreen(DecidingScreen):
    """Comments, answers, and comments that are dealt with."""

    def block_here(self) -> Block | None:
        """The piece of the text under the cursor, as proposed, or as it was where it goes; None on none."""
        stop = self.pane.here
        if stop is None or not stop.name.startswith(BLOCK) or self.laid is None:
            return None
        old, new = self.laid.blocks[stop.name]
        return new or old

    def thread_here(self) -> Thread | None:
        """The comment under the cursor, or the only one there is."""
        stop, reviewed = self.pane.here, self.reviewed
        if stop is None or reviewed is None:
            return None
        threads = {thread.id: thread for thread in reviewed.proposal.threads}
        if stop.name.startswith(THREAD):
            return threads.get(stop.name.removeprefix(THREAD))
        # A comment stands below the block it is about.
        below = self.pane.page.stops[(self.pane.at or 0) + 1 :][:1]
        return next((threads.get(one.name.removeprefix(THREAD)) for one in below if one.name.startswith(THREAD)), None)

    def action_comment(self) -> None:
        """On the block under the cursor."""
        if self.standing() is None:
            return
        block, stop, reviewed = self.block_here(), self.pane.here, self.reviewed
        if stop is not None and stop.name == NOTE:
            self.action_comment_whole()
            return
        if block is None or reviewed is None:
            key = keys.pressed("comment-whole")
            self.say(f"The cursor stands on no words of the text; {key} comments on the whole", warning=True)
            return
        from playbook.review.acting import Place
        from playbook.text.blocks import block_hash

        place = Place(reviewed.changes[self.file].path, block_hash(block), block.start)
        words = one_line(block.text, QUOTED)
        self.say_words(f"comment {place.path} {place.anchor}", "Comment on these words", words, at=place)

    def action_comment_whole(self) -> None:
        """On the whole."""
        if self.standing() is not None:
            self.say_words("comment", "Comment on the whole", "")

    def action_answer(self) -> None:
        """Answer the comment under the cursor."""
        thread = self.thread_here() if self.standing() else None
        if thread is not None:
            self.say_words(f"answer {thread.id}", "Answer", one_line(thread.first.text, 300), reply_to=thread.id)
        elif self.reviewed is not None:
            self.say(f"The cursor stands on no comment; {keys.pressed('comment')} makes one", warning=True)

    def say_words(self, kept: str, title: str, of: str, *, at: Place | None = None, reply_to: str = "") -> None:
        """A comment or an answer."""
        id = self.id_shown

        def act(library: Library, words: str) -> Any:
            from playbook.review.acting import comment

            return comment(library, id, words, at=at, reply_to=reply_to)

        said = "Answered" if reply_to else "Commented"
        self.ask(
            kept, title, lambda words: self.do("comment", said, lambda library: act(library, words), said, kept),
            about=[Content.styled(of, DIM)] if of else (), needed="A comment needs words",
        )  # fmt: skip

    def action_close_thread(self) -> None:
        """The comment under the cursor is dealt with."""
        thread = self.thread_here() if self.standing() else None
        if thread is None:
            if self.reviewed is not None:
                self.say("The cursor stands on no comment", warning=True)
            return
        if thread.closed:
            self.say("That comment is closed already; an answer opens it again")
            return
        id = self.id_shown

        def act(library: Library) -> Any:
            from playbook.review.acting import close_thread

            return close_thread(library, id, thread.id)

        self.do("close-thread", "Closing the comment", act, "Closed the comment")
