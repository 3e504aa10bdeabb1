"""The editor: a card's whole file with a live preview; what changed is shown, why is asked, and it is proposed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from playbook import keys
from playbook.errors import PlaybookError
from playbook.screens.copying import clear_toasts
from playbook.screens.desk import desk_of
from playbook.screens.finding.answering import WIDE
from playbook.screens.pen import pen_of, then
from playbook.screens.proposing.edit_dialogs import WhyScreen
from playbook.screens.proposing.edit_looks import place_of, put_forward
from playbook.screens.proposing.edited_text import TextScreen
from playbook.screens.proposing.words_panel import waits
from playbook.text.editable import Editable
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session
    from playbook.review.proposal import Proposal


class EditScreen(TextScreen):
    """Edits the file at a path: as main has it, or as a proposal would have it, which is then revised. With `goes_on` a draft
    of it is taken without asking."""

    CSS_PATH = "edit.tcss"
    BINDINGS = keys.bindings("edit")
    TITLE = "Edit"

    def __init__(
        self,
        session: Session,
        path: str,
        text: str | None = None,
        *,
        proposal: Proposal | None = None,
        line: int = 1,
        goes_on: bool = False,
    ) -> None:
        super().__init__(session, path, text, proposal=proposal, line=line, goes_on=goes_on)
        self.ended = False
        self.turn = ""
        """Whose turn it is with a revised proposal, in a sentence."""

    def action_preview(self) -> None:
        """Show or hide the preview; in a narrow terminal it takes the text's place."""
        narrow = self.app.size.width < WIDE
        self.preview.display = not self.preview.display
        covers = narrow and bool(self.preview.display)
        self.set_class(covers, "-looking")
        self.editor.display = not covers
        self.set_focus(self.preview if covers else self.editor)
        if self.preview.display:
            self.call_after_refresh(self.look)

    def action_finding(self) -> None:
        """To the next finding, round and round; of what was typed just now as soon as it is judged."""
        if self.editor.read_only:
            return
        if self.judged != self.source():
            self.goes_to_finding = True
            self.look()
        else:
            self.go_to_finding()

    def go_to_finding(self) -> None:
        """The cursor on it, in the text, whatever had the focus; its sentence stands first below."""
        if not self.problems:
            self.app.notify("Lint finds nothing wrong", markup=False, timeout=2)
            return
        if self.has_class("-looking"):
            self.action_preview()
        self.set_focus(self.editor)
        here, count = self.editor.cursor_location, len(self.problems)
        places = [place_of(one, self.editor.document.lines) for one in self.problems]
        if self.stands_on < count and places[self.stands_on] == here:
            self.stands_on = (self.stands_on + 1) % count
        else:
            self.stands_on = next((at for at, place in enumerate(places) if place >= here), 0)
        self.editor.move_cursor(places[self.stands_on], center=True)
        self.show_findings()

    def action_others(self) -> None:
        """Read the open proposals on the card."""
        if not self.others:
            self.app.notify("No other proposal is open on this card", markup=False, timeout=2)
            return
        from playbook.screens.proposing.others import OthersScreen

        self.app.push_screen(OthersScreen(self.session, self.others, None))

    def action_edge(self, line: int) -> None:
        """To the top of the text, or to its end."""
        self.editor.move_cursor(self.editor.document.end if line else (0, 0))

    def action_propose(self) -> None:
        """Show what changed and ask why; then it is sent."""
        text = self.source()
        clear_toasts(self.app)
        if self.editor.read_only:
            return
        if text == self.before:
            self.app.notify("Nothing was changed; there is nothing to propose", severity="warning", markup=False)
            return
        self.rests.flush()
        does = "puts them in place of the proposed words" if self.proposal else "proposes it"
        self.app.push_screen(WhyScreen(self.heading(), self.before, text, self.why, does), self.send)

    def heading(self) -> str:
        """The proposal's title."""
        from playbook.review.proposing import title_of

        if self.proposal is not None:
            return self.proposal.title
        cards = self.session.snapshot.cards_at(self.path)
        return title_of("Edit", cards[0]) if cards else f"Edit: {self.path}"

    def send(self, why: str | None) -> None:
        """Have the pen propose it; the text stays on the screen until that went well."""
        if why is None:
            return
        self.why = why
        self.editor.read_only = True
        self.state = "proposing …"
        self.show_title()
        draft, session, title, proposal = self.draft(), self.session, self.heading(), self.proposal
        self.rests.stop()
        pen_of(self).send(
            session.library, draft, lambda: put_forward(session, draft, title, proposal), then(self.app, self.sent)
        )

    def sent(self, failed: str) -> None:
        """Back to where one came from; or stay, and say why."""
        if failed:
            self.begin("a draft is kept")
            self.app.notify(f"Not proposed: {failed}", severity="error", markup=False, timeout=12)
            return
        desk_of(self).changed()
        self.leave()
        said = "Revised" if self.proposal else "Proposed"
        after = waits(self.session, desk_of(self), **({"turn": self.turn} if self.turn else {}))
        self.app.notify(f"{said}: {one_line(self.heading(), 80)}{after}", markup=False, timeout=5)

    def leave(self) -> None:
        """Back, at once or as soon as nothing stands above."""
        self.ended = True
        if self.is_current:
            clear_toasts(self.app)
            self.dismiss()

    def on_screen_resume(self) -> None:
        """What ended while another screen stood above goes now."""
        if self.ended:
            self.dismiss()

    def action_outside(self) -> None:
        """Go on in the person's own editor, and take back what it leaves."""
        if self.editor.read_only:
            return
        from playbook.review.outside import edited_outside, editor_command

        self.rests.flush()
        library, pen, begun = self.session.library, pen_of(self), self.draft()
        try:
            command = editor_command()
            with self.app.suspend():
                left = edited_outside(
                    command, begun.text, self.path, lambda text: pen.keep(library, replace(begun, text=text))
                )
        except SuspendNotSupported:
            self.app.notify("Another editor cannot take this screen; go on here", severity="warning", markup=False)
            return
        except PlaybookError as error:
            self.app.notify(str(error), severity="error", markup=False, timeout=10)
            return
        if left.text != begun.text:
            self.form = Editable.of(left.text, self.form.hidden)
            self.editor.replace(self.form.shown, (0, 0), self.editor.document.end)
            self.rests.key()
        if left.trouble:
            self.app.notify(left.trouble, severity="warning", markup=False, timeout=15)

    def action_back(self) -> None:
        """Out of the preview where it covers the text; else back to where one came from, with the draft kept."""
        if self.has_class("-looking"):
            self.action_preview()
            return
        self.rests.flush()
        changed = not self.editor.read_only and self.source() != self.before
        clear_toasts(self.app)
        self.dismiss()
        if changed:
            where = "proposal" if self.proposal else "card"
            key = keys.pressed("review-edit" if self.proposal else "list-edit")
            self.app.notify(f"Kept as a draft; {key} on the {where} goes on with it", markup=False, timeout=4)

    @property
    def palette_commands(self) -> list[tuple[str, str, object]]:
        """What the palette offers here."""
        return [
            ("Propose", "See what changed, say why, and propose it", self.action_propose),
            ("Preview", "Show or hide how it will look", self.action_preview),
            ("Next finding", "To the next thing that lint finds wrong", self.action_finding),
            ("Others", "Read the open proposals on the card", self.action_others),
            ("Own editor", "Go on in the editor that VISUAL or EDITOR names", self.action_outside),
        ]
