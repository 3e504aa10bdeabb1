"""What makes other words or other proposals of one: edit, split, join, take back, settle a conflict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import work

from playbook.errors import PlaybookError
from playbook.screens.desk import desk_of
from playbook.screens.reviewing.discussing import DiscussingScreen
from playbook.screens.reviewing.shown import OPEN
from playbook.text.safe import display_path, one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.review.proposal import Proposal
    from playbook.store.managed import Library


class ReshapingScreen(DiscussingScreen):
    """The acts that change what the proposal is."""

    def action_split(self) -> None:
        """Choose the files that become a proposal of their own."""
        reviewed = self.standing(*OPEN)
        if reviewed is None:
            return
        paths = list(reviewed.proposal.paths)
        if len(paths) < 2:
            self.say("It changes one file only, so there is nothing to split", warning=True)
            return
        id, title = self.id_shown, one_line(reviewed.proposal.title, 80)

        def chosen(numbers: list[int] | None) -> None:
            picked = tuple(paths[number] for number in numbers or ())
            if numbers is None:
                return
            if len(picked) == len(paths):
                self.say("Mark some of the files but not all", warning=True)
                return

            def act(library: Library) -> Any:
                from playbook.review.acting import split

                return split(library, id, picked)

            self.do("split", f"Splitting: {title}", act, f"Split into two proposals: {title}")

        from playbook.screens.reviewing.verdict import ChoiceScreen

        self.app.push_screen(
            ChoiceScreen("Which files go by themselves?", [display_path(path) for path in paths]), chosen
        )

    def action_join(self) -> None:
        """Have one's own proposal go up in another on the same card."""
        reviewed = self.standing(*OPEN)
        if reviewed is None:
            return
        if not reviewed.others:
            self.say("There is no other open proposal on this card", warning=True)
            return
        if not reviewed.own:
            self.say("Only who proposed it can have it join another; comment to ask for that", warning=True)
            return
        id, others = self.id_shown, reviewed.others

        def chosen(numbers: list[int] | None) -> None:
            if not numbers:
                return
            other, title = others[numbers[0]]

            def act(library: Library) -> Any:
                from playbook.review.acting import join

                return join(library, id, other)

            self.do("join", "Joining", act, f"Joined: {one_line(title, 80)}; your words stand there as a comment")

        from playbook.screens.reviewing.verdict import ChoiceScreen

        names = [f"{one_line(title, 60)}  {other}" for other, title in others]
        self.app.push_screen(
            ChoiceScreen("Join which one? Yours is withdrawn, its words go there", names, one=True), chosen
        )

    def action_revert(self) -> None:
        """Propose to take a merged one back."""
        reviewed = self.standing("merged")
        if reviewed is None:
            return
        id, title = self.id_shown, reviewed.proposal.title

        def then(words: str) -> None:
            def act(library: Library) -> Any:
                from playbook.review.acting import revert

                return revert(library, id, words)

            self.do("revert", "Proposing to take it back", act, f"Proposed: take back {one_line(title, 80)}")

        self.ask("revert", f"Take back: {title}", then, needed="Taking a merged proposal back needs a reason")

    def action_edit(self) -> None:
        """Revise the words before they are approved; whoever does becomes one of their authors."""
        reviewed = self.standing(*OPEN, "parked")
        session = desk_of(self).session
        if reviewed is None or session is None:
            return
        change = reviewed.changes[self.file] if reviewed.changes else None
        if change is not None and change.after and change.readable:
            # What is shown may be joined with main; what is revised are the proposal's own words.
            self.edit_file(session, reviewed.proposal.head, change.path, reviewed.proposal)
            return
        card = reviewed.cards[0] if reviewed.cards and change is None else None
        if card is None:
            self.say("There is no text here to edit", warning=True)
            return
        # A note edits nothing yet: its card as it stands on main is what the edit begins from.
        self.edit_file(session, session.snapshot.commit, card.path, reviewed.proposal)

    @work(thread=True, exclusive=True, group="edit")
    def edit_file(self, session: Session, commit: str, path: str, proposal: Proposal) -> None:
        """Read the file as that commit has it, and edit it."""
        from playbook.review.proposing import source_at

        try:
            text = source_at(session.library, commit, path)
        except PlaybookError as error:
            self.call_later(self.say, str(error), warning=True)
            return
        self.call_later(self.open_editor, session, path, text, proposal)

    def open_editor(self, session: Session, path: str, text: str, proposal: Proposal) -> None:
        """The editor, on the proposal's words."""
        from playbook.screens.proposing.edit import EditScreen

        screen = EditScreen(session, path, text, proposal=proposal)
        screen.turn = "Who judged the words before is asked again, once they are sent"
        if self.reviewed is not None and not self.reviewed.own:
            name = one_line(proposal.author.name or proposal.author.mail, 40)
            screen.turn = f"Now it is {name}'s turn to stand by your words; then somebody else's key counts"
        self.app.push_screen(screen)

    def action_resolve(self) -> None:
        """Settle what main and the proposal both changed, or two people in it."""
        apart = self.reviewed is not None and self.reviewed.row.apart
        reviewed = self.standing(*(() if apart else (*OPEN, "parked")))
        if reviewed is None:
            return
        if not reviewed.row.conflict:
            self.say("Nothing is in conflict; main and these words join by themselves")
            return
        from playbook.screens.reviewing.conflict import ConflictScreen

        self.app.push_screen(ConflictScreen(reviewed.proposal))
