"""A new card for a question that found nothing: its kind, its title, and the words to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from playbook.errors import UsageError
from playbook.library.kinds import KINDS
from playbook.review import drafts
from playbook.review.drafts import Draft
from playbook.screens.proposing.words_panel import DIM, WordsBox, WordsPanel
from playbook.text.safe import display, one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session

FIRST = "objection"


class KindChoice(Static, can_focus=True):
    """One kind of card; left and right go through them."""

    BINDINGS = [Binding("left", "turn(-1)", "Before", show=False), Binding("right", "turn(1)", "After", show=False)]

    def __init__(self) -> None:
        super().__init__(id="kind", markup=False)
        self.chosen = FIRST

    def on_mount(self) -> None:
        """Show the first."""
        self.choose(self.chosen)

    def choose(self, kind: str) -> None:
        """Show that kind."""
        self.chosen = kind
        self.update(Content.assemble(("Kind ", DIM), ("‹ ", "$text-accent"), kind, (" ›", "$text-accent")))

    def action_turn(self, by: int) -> None:
        """The next, round and round."""
        self.choose(KINDS[(KINDS.index(self.chosen) + by) % len(KINDS)])
        if isinstance(self.screen, NewCardScreen):
            self.screen.typed()


class NewCardScreen(WordsPanel):
    """The question is the card's title and one of its other names; only the words to say are wanted."""

    def __init__(self, session: Session, question: str) -> None:
        self.question = " ".join(display(question).split())[:200]
        super().__init__(session, drafts.name_for(self.question, "new card"), "")
        self.words.placeholder = "The words to say"
        self.kind = KindChoice()
        title = self.question[:1].upper() + self.question[1:]
        self.heads = WordsBox(title, id="card-title", placeholder="Title, as a buyer says it", select_on_focus=False)

    def fields(self) -> ComposeResult:
        """Kind and title above the words."""
        yield self.kind
        yield self.heads

    def go_on(self, draft: Draft) -> None:
        """As it was left: the first line of the draft is the kind, the second the title."""
        kind, _, rest = draft.text.partition("\n")
        title, _, words = rest.partition("\n")
        if kind in KINDS:
            self.kind.choose(kind)
            self.heads.value = display(title)
        super().go_on(Draft(draft.name, "", words, draft.base, why=draft.why))

    def draft(self) -> Draft:
        """With kind and title, once there are words."""
        made = super().draft()
        text = f"{self.kind.chosen}\n{self.heads.value.strip()}\n{made.text}" if made.text else ""
        return Draft(made.name, "", text, made.base, kind="new card", why=made.why)

    def kept_words(self, draft: Draft) -> str:
        """Of the draft only the words to say."""
        return draft.text.partition("\n")[2].partition("\n")[2]

    def heading(self) -> Content:
        """What it will be."""
        asked = f"  for “{one_line(self.question, 60)}”" if self.question else ""
        return Content.assemble(("A new card", "bold $accent"), (asked, DIM))

    def hint(self) -> str:
        """What the keys do."""
        name = self.key_names
        if self.is_mounted and self.focused is self.kind:
            return f"Left and Right choose the kind · {name['propose-down']} goes on · {name['propose-back']} keeps it"
        return (
            f"{name['propose-send']} proposes · {name['propose-up']} title, kind · {name['propose-down']} why · "
            f"{name['propose-back']} keeps it"
        )

    def lines(self) -> list[Widget]:
        """Kind, title, words, why."""
        return [self.kind, self.heads, self.words, self.why]

    def on_descendant_focus(self) -> None:
        """What the keys do depends on where one is."""
        self.show()

    def action_send(self) -> None:
        """Propose the card."""
        from playbook.review import proposing

        session, kind, title = self.session, self.kind.chosen, " ".join(self.heads.value.split())
        words, why = self.words.value.strip(), self.why.value.strip()
        if not words:
            self.say("Type the words to say first")
            return
        aliases = (self.question,) if self.question and self.question.casefold() != title.casefold() else ()
        try:
            edit = proposing.new_card(session, kind, title, words, aliases)
        except UsageError as error:
            self.say(str(error))
            return
        about = edit.path.removeprefix(session.snapshot.root).removesuffix(".md")
        self.send(
            lambda: proposing.propose_files(
                session, edit.changes, title=f"New {kind}: {one_line(title, 60)}", why=why, kind="new", about=about
            ),
            f'Proposed a new {kind}: "{one_line(title, 60)}"',
        )
