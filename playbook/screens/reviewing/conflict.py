"""The conflict screen: where main and a proposal changed the same words, place by place, until nothing is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual import getters, work
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.widgets import Footer, Static, TextArea

from playbook import keys
from playbook.errors import PlaybookError
from playbook.screens.copying import clear_toasts
from playbook.screens.desk import desk_of
from playbook.screens.dialog import Dialog
from playbook.screens.doing import Done, FollowingScreen, Job, doer_of
from playbook.screens.reviewing.conflict_page import PLACE, becomes_author, conflict_page, head
from playbook.screens.reviewing.settling import MARKS, File, Settlement, read_settlement
from playbook.text.safe import one_line
from playbook.widgets.stops import StopPane

if TYPE_CHECKING:
    from playbook.review.proposal import Proposal
    from playbook.store.managed import Library
    from playbook.text.threeway import Side


class ConflictScreen(FollowingScreen):
    """Every place with what stood there, what main says now, and what is proposed."""

    CSS_PATH = "conflict.tcss"
    where = "conflict"
    BINDINGS = keys.bindings(where)
    AUTO_FOCUS = "#page"
    TITLE = "Settle a conflict"

    pane = getters.query_one("#page", StopPane)

    def __init__(self, proposal: Proposal) -> None:
        super().__init__()
        self.proposal = proposal
        self.settlement: Settlement | None = None
        self.refused = ""
        self.go_to_stop = ""

    def compose(self) -> ComposeResult:
        """How much is open over the places."""
        yield Static(id="head", markup=False)
        yield StopPane(id="page")
        yield Static(id="status", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Read what there is to settle behind the screen."""
        self.query_one("#head", Static).update(Content(" Reading the conflict …"))
        self.read()

    def on_resize(self, event: Resize) -> None:
        """For the room there is."""
        self.call_after_refresh(self.show)

    def on_screen_suspend(self) -> None:
        """Another screen opens: what was said here is not said of it."""
        clear_toasts(self.app)

    def library(self) -> Library | None:
        """The library that stands open."""
        session = desk_of(self).session
        return session.library if session else None

    @property
    def kept_name(self) -> str:
        """Under what the choices made so far are kept."""
        library = self.library()
        return f"{library.git_dir if library else ''} {self.proposal.id} settling"

    # Reading

    def read(self) -> None:
        """Have it read."""
        library = self.library()
        if library is not None:
            self.read_conflict(library)

    @work(thread=True, exclusive=True, group="conflict")
    def read_conflict(self, library: Library) -> None:
        """What main and the proposal both changed; by then the screen may be gone, and with it its app."""
        try:
            found = read_settlement(library, self.proposal.id)
        except PlaybookError as error:
            self.call_later(self.cannot_read, str(error))
            return
        self.call_later(self.is_here, found)

    def cannot_read(self, sentence: str) -> None:
        """Say so in its place."""
        self.query_one("#head", Static).update(Content.styled(f" {one_line(sentence, 400)}", "$text-error"))

    def is_here(self, found: Settlement) -> None:
        """Show it, with what was chosen before."""
        before = doer_of(self).settling.get(self.kept_name)
        if isinstance(before, Settlement):
            same = (before.main, before.proposal.tip) == (found.main, found.proposal.tip)
            if same:
                found = before
            else:
                found.carry_over(before)
        doer_of(self).settling[self.kept_name] = found
        self.settlement = found
        self.show()

    def show(self) -> None:
        """The head and the page, as they are now."""
        found = self.settlement
        if found is None or not self.pane.size.width:
            return
        width, height = self.app.size
        self.query_one("#head", Static).update(head(found, width, 1 if height < 20 else 3))
        self.pane.show(conflict_page(found, self.pane.page_width), self.go_to_stop)
        self.go_to_stop = ""
        line = doer_of(self).line() or (f"! {self.refused}" if self.refused else "")
        status = self.query_one("#status", Static)
        status.update(Content.styled(f" {one_line(line, 400)}", "$text-warning" if self.refused else "$text-accent"))
        status.display = bool(line)

    def library_moved(self) -> None:
        """Main may say something else by now."""
        self.read()

    def job_done(self, done: Done) -> None:
        """Back to the proposal once it is settled; where that was refused, look at what is there now."""
        if done.job.word != "settle" or done.job.about != self.proposal.id:
            return
        if self.keeps(done):
            self.refused = done.sentence
            self.read()
            return
        doer_of(self).settling.pop(self.kept_name, None)
        if self.is_current:
            self.app.pop_screen()

    def keeps(self, done: Done) -> bool:
        """A refusal stands on the screen."""
        return done.job.word == "settle" and done.job.about == self.proposal.id and done.failed and not done.waits

    # Keys

    def here(self) -> tuple[File, int, int] | None:
        """The file, its number, and the number of the hunk under the cursor."""
        stop, found = self.pane.here, self.settlement
        if stop is None or found is None or not stop.name.startswith(PLACE):
            return None
        at, number = map(int, stop.name.removeprefix(PLACE).split())
        if number < 0:
            self.say("These words join by themselves; there is nothing to choose")
            return None
        return found.files[at], at, number

    def say(self, sentence: str, *, warning: bool = False) -> None:
        """A toast, in place of those that stand there."""
        clear_toasts(self.app)
        self.app.notify(sentence, severity="warning" if warning else "information", markup=False)

    def action_take(self, side: Side) -> None:
        """Choose for the place under the cursor, and go to the next open one."""
        here = self.here()
        if here is None:
            return
        file, at, number = here
        if side == "both" and file.gone:
            self.say("The file stays or it goes: 1 takes what main has, 2 what is proposed", warning=True)
            return
        file.take(number, side)
        self.decided(at, number)

    def decided(self, at: int, number: int) -> None:
        """Something was decided: show it, with the cursor on the next open place."""
        self.refused = ""
        found = self.settlement
        assert found is not None
        places = [(file, one) for file, of in enumerate(found.files) for one in of.open]
        after = [place for place in places if place > (at, number)]
        to = (after or places or [(at, number)])[0]
        self.go_to_stop = f"{PLACE}{to[0]} {to[1]}"
        self.show()

    def action_edit(self) -> None:
        """Write the words of this place."""
        here = self.here()
        if here is None:
            return
        file, at, number = here

        def given(words: str | None) -> None:
            if words is not None:
                hunk = file.hunks[number]
                end = "\n" if hunk.theirs.endswith("\n") or hunk.ours.endswith("\n") else ""
                file.write(number, words.rstrip("\n") + end if words.strip() else "")
                self.decided(at, number)

        kept = f"{self.kept_name} {file.conflicted.path} {number}"
        self.app.push_screen(BlockScreen(file.begun(number), kept), given)

    def action_outside(self) -> None:
        """The whole file in an editor of one's own, with marks around what is open."""
        here = self.here()
        if here is None:
            return
        file, at, number = here
        from playbook.review import outside

        def keep(text: str) -> None:
            file.draft = text

        try:
            command = outside.editor_command()
            with self.app.suspend():
                left = outside.edited_outside(command, file.for_editor(), file.conflicted.target, keep)
        except SuspendNotSupported:
            self.say("Here no other program can take the screen; e edits the place", warning=True)
            return
        except PlaybookError as error:
            self.say(str(error), warning=True)
            return
        if left.trouble:
            self.say(left.trouble, warning=True)
            return
        self.from_outside(file, at, number, left.text)

    def from_outside(self, file: File, at: int, number: int, text: str) -> None:
        """Take over what the editor left; with marks left in it, it is kept but not settled."""
        again = keys.pressed("conflict-editor")
        left = [mark for mark in MARKS if any(line.rstrip() == mark for line in text.split("\n"))]
        if left:
            self.say(
                f"There are marks left in it ({left[0]}); it is kept, but not settled; {again} goes on with it",
                warning=True,
            )
            file.draft = text
            return
        file.whole = text
        self.decided(at, number)

    def action_conflict(self, by: int) -> None:
        """The next place, or the last."""
        self.pane.action_change(by)

    def action_step(self, by: int) -> None:
        """The next thing on the page."""
        self.pane.action_step(by)

    def action_page(self, by: int) -> None:
        """A page."""
        self.pane.action_page(by)

    def action_settle(self) -> None:
        """Put the settled words on the proposal, once nothing is open."""
        found, id = self.settlement, self.proposal.id
        if found is None:
            return
        if not found.files:
            self.say("Nothing is in conflict any more")
            return
        if found.open:
            self.say(
                f"{found.open} of {found.places} still open; {keys.pressed('next-conflict')} goes to the next",
                warning=True,
            )
            return
        texts, seen, main = found.texts(), found.proposal.tip, found.main
        title = one_line(found.proposal.title, 80)

        def act() -> Any:
            from playbook.review.conflict import resolve

            library = self.library()
            assert library is not None
            return resolve(library, id, texts, seen=seen, main=main)

        said = f"Settled: {title}. It is to be approved as it stands now"
        if not found.own:
            said += f"; {becomes_author(found)}".replace("Settling makes you", "you are")
        doer_of(self).do(Job(id, "settle", f"Settling: {title}", act, lambda _: said))
        self.show()

    def action_back(self) -> None:
        """Back; what was chosen is kept."""
        clear_toasts(self.app)
        self.app.pop_screen()


class BlockScreen(Dialog[str | None]):
    """The words of one place, to be written; Ctrl+S takes them, Escape goes back and keeps them for the next time."""

    BINDINGS = [
        Binding("ctrl+s,f2", "take", "Take", priority=True),
        Binding("escape", "leave", "Back", priority=True),
    ]
    AUTO_FOCUS = "#words"
    CSS = """
    BlockScreen #words { height: 12; max-height: 60%; border: tall $accent; padding: 0; }
    BlockScreen.-short #words, BlockScreen.-tiny #words { height: 6; }
    BlockScreen .hint { color: $foreground 70%; height: auto; }
    """
    words = getters.query_one("#words", TextArea)

    def __init__(self, begin: str, kept: str) -> None:
        super().__init__()
        self.begin = begin
        self.kept = kept

    def compose(self) -> ComposeResult:
        """A text over a hint."""
        with Vertical(classes="dialog"):
            yield Static("The words that are to stand here", classes="title", markup=False)
            yield TextArea(doer_of(self).typed.get(self.kept, self.begin), id="words", soft_wrap=True)
            yield Static("Ctrl+S or F2 takes them, Esc keeps them and goes back", classes="hint", markup=False)

    def on_mount(self) -> None:
        """A calm cursor."""
        self.words.cursor_blink = False

    def action_take(self) -> None:
        """Give the words."""
        doer_of(self).typed.pop(self.kept, None)
        self.dismiss(self.words.text)

    def action_leave(self) -> None:
        """Back, with the words kept."""
        if self.words.text != self.begin:
            doer_of(self).typed[self.kept] = self.words.text
        self.dismiss(None)
