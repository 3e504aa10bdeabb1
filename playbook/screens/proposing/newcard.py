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
    from playbook.review.proposal import Proposal

FIRST = "objection"


def same_title(proposal: Proposal, title: str) -> bool:
    """Whether a new card that is proposed would have that title."""
    theirs = proposal.title.partition(": ")[2]
    return bool(title) and one_line(theirs, 60).casefold() == one_line(title, 60).casefold()


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

    they_propose = "of this new card"

    def __init__(self, session: Session, question: str, draft_name: str = "") -> None:
        self.question = " ".join(display(question).split())[:200]
        super().__init__(session, draft_name or drafts.name_for(self.question, drafts.NEW_CARD), "")
        self.words.placeholder = "The words to say"
        self.kind = KindChoice()
        self.open_new: tuple[Proposal, ...] = ()
        self.warned = ""
        """The title of which it was said that somebody proposes it already."""
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

    # Somebody's new card of the same title, or in the same place

    def open_beside(self) -> tuple[Proposal, ...]:
        """Every open proposal of a new card: which of them is the same depends on what is typed."""
        from playbook.screens.proposing.others import open_new

        return open_new(self.session.library)

    def they_are_open(self, others: tuple[Proposal, ...]) -> None:
        """Find the same among them."""
        self.open_new = others

    def show(self) -> None:
        """With those of the same card as it stands now."""
        title = self.title_typed()
        if self.open_new:
            from playbook.screens.proposing.others import MOST

            path = self.would_be(title)
            self.others = tuple(one for one in self.open_new if path in one.paths or same_title(one, title))[:MOST]
        super().show()

    def title_typed(self) -> str:
        """The title as it stands."""
        return " ".join(self.heads.value.split())

    def would_be(self, title: str) -> str:
        """The path of such a card; "" while there can be none."""
        from playbook.review import proposing

        try:
            return proposing.new_card(self.session, self.kind.chosen, title).path
        except UsageError:
            return ""

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

        session, kind, title = self.session, self.kind.chosen, self.title_typed()
        words, why = self.words.value.strip(), self.why.value.strip()
        if not words:
            self.say("Type the words to say first")
            return
        if self.others and self.warned != title:
            self.warned = title
            who = one_line(self.others[0].author.name or self.others[0].author.mail, 30)
            name = self.key_names
            self.say(
                f"{who} proposes this card already: {name['propose-others']} opens it, {name['propose-send']} again "
                "proposes yours too"
            )
            return
        if self.asks_again(words, "be a new card's words"):
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
