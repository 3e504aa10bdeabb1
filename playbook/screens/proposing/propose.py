"""Proposing from where one stands: better words for a card with the change shown as one types, or a note on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from playbook.errors import PlaybookError
from playbook.finding.badge import badge
from playbook.library.card import Card
from playbook.review import drafts
from playbook.review.drafts import Draft
from playbook.screens.proposing.replaced import Part, replaced_part, whole
from playbook.screens.proposing.words_panel import DIM, FEW_WORDS, MANY_WORDS, WordsPanel
from playbook.text.safe import display, one_line
from playbook.widgets.card_view import spoken
from playbook.widgets.fitting import fitted
from playbook.widgets.line import Line, assembled, styled

if TYPE_CHECKING:
    from playbook.finding.session import Session

UNSAID = assembled([("This card has no words to say yet", DIM)])
A_NOTE = assembled([("A note changes no words; somebody answers it with an edit", DIM)])
RETIRED = assembled([("× This card is retired: its words are no longer said, whatever they are", "$text-warning")])


class ProposeScreen(WordsPanel):
    """Better words for a card, or a note on it."""

    def __init__(self, session: Session, card: Card) -> None:
        super().__init__(session, drafts.name_for(card.id, drafts.SENTENCE), card.path)
        self.card = card
        self.note = False
        self.part = whole(card)

    def read_more(self) -> None:
        """Which of the words would be replaced."""
        try:
            found = replaced_part(self.session, self.card)
        except PlaybookError as error:
            self.app.call_from_thread(self.say, str(error))
            return
        self.app.call_from_thread(self.replaces, found)

    def replaces(self, part: Part) -> None:
        """Show it."""
        self.part = part
        self.show()

    def known_as(self) -> tuple[str, ...]:
        """The card's id and those it had."""
        return (self.card.id, *self.card.formerly)

    def go_on(self, draft: Draft) -> None:
        """Words or note, as it was left."""
        self.note = draft.kind == "note"
        super().go_on(draft)

    def draft(self) -> Draft:
        """With what it is."""
        made = super().draft()
        return Draft(made.name, made.path, made.text, made.base, kind="note" if self.note else "words", why=made.why)

    def heading(self) -> Content:
        """Words or note, for which card, and what to know of it."""
        mark = badge(self.card, self.session.trust(self.card))
        what = "A note on " if self.note else "Better words for "
        return Content.assemble(
            (what, "bold $accent"), (one_line(self.card.title, 100), "bold"), (f"  {mark.short}", DIM)
        )

    def hint(self) -> str:
        """What the keys do."""
        name = self.key_names
        turn = "better words" if self.note else "note"
        why = "" if self.note else f"{name['propose-down']} why · "
        return f"{name['propose-send']} proposes · {name['propose-turn']} {turn} · {why}{name['propose-back']} keeps it"

    def show(self) -> None:
        """The present words; with words typed, the change from one to the other."""
        super().show()
        if not self.query("#shown"):
            return
        self.words.placeholder = "What is wrong with these words?" if self.note else "Type the better words"
        width, part = self.room, self.part
        typed = "" if self.note else display(self.words.value).strip()
        if typed:
            from playbook.widgets.changes import inline_lines

            lines = [
                *beside(part.before, width),
                *inline_lines(part.present, typed, width, None),
                *beside(part.after, width),
            ]
        elif self.card.say.strip():
            lines = [*beside(part.before, width), *spoken(part.present, width), *beside(part.after, width)]
        else:
            lines = [UNSAID]
        extra = [RETIRED] if self.card.status == "retired" else [A_NOTE] if self.note else []
        shown = [*window(lines, self.most_lines - len(extra)), *extra]
        self.query_one("#shown", Static).update(
            Content("\n").join(fitted(Content(line.text, list(line.spans)), width) for line in shown)
        )

    def lines(self) -> list[Widget]:
        """A note is its own why."""
        return [self.words] if self.note else [self.words, self.why]

    def action_line(self, by: int) -> None:
        """Up from the line takes over the words that stand there, to change a few of them."""
        if by < 0 and self.focused is not self.why and not self.note:
            self.take_over()
        else:
            super().action_line(by)

    def take_over(self) -> None:
        """Begin with the present words, where they are one paragraph and the line is empty."""
        present = self.part.present
        if self.words.value.strip():
            self.say("The line holds words already; empty it to begin with the present ones")
        elif "\n" in present:
            self.say("The present words are several paragraphs; the editor changes those (e)")
        elif present:
            self.words.value = present
            self.words.cursor_position = len(present)

    def action_turn(self) -> None:
        """A note, or better words again; what is typed stays."""
        self.note = not self.note
        if self.note:
            self.set_focus(self.words)
        self.why.display = bool(self.why.value) and not self.note
        self.said = ""
        self.rests.key()
        self.show()

    def action_send(self) -> None:
        """Propose the words, or the note."""
        from playbook.review import proposing

        session, card, words, why = self.session, self.card, self.words.value.strip(), self.why.value.strip()
        if not words:
            self.say("Say what is wrong in a sentence first" if self.note else "Type the better words first")
        elif words == self.part.present and not self.note:
            self.say("These words are the ones that stand there already")
        elif self.doubts(words):
            return
        elif self.note:
            said = f'Proposed a note: "{one_line(words, 60)}"'
            self.send(lambda: proposing.propose_note(session, card, words), said)
        else:
            said = f'Proposed: "{one_line(words, 60)}"'
            self.send(lambda: proposing.propose_words(session, card, words, why=why), said)

    def doubts(self, words: str) -> bool:
        """Ask whether words that are clearly no answer, or that were typed unseen, are to be proposed."""
        if self.note:
            return self.asks_again(words, "be a note on this card")
        count = len(self.part.present.split())
        would = f"replace {count} word{'' if count == 1 else 's'}" if count else "be all that is said"
        few = count >= MANY_WORDS and len(words.split()) < FEW_WORDS
        return self.asks_again(words, would, few=few)


def beside(text: str, width: int) -> list[Line]:
    """Words to say that stay as they are."""
    return [styled(line, DIM) for line in spoken(text, width)] if text else []


def window(lines: Sequence[Line], most: int) -> list[Line]:
    """At most so many of the lines: from the first that is marked on, with an ellipsis where some are left out."""
    if len(lines) <= most:
        return list(lines)
    changed = next((at for at, line in enumerate(lines) if line.text[:1] in "~+-" and line.text.strip()), 0)
    first = min(changed, len(lines) - most)
    shown = list(lines[first : first + most])
    if first + most < len(lines):
        shown[-1] = Line(f"{shown[-1].text.rstrip()} …", shown[-1].spans)
    return shown
