"""What stands around an edited text: how its card will look, what lint finds, and how it is put forward."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from textual.content import Content

from playbook.text.safe import one_line
from playbook.widgets.card_view import preview
from playbook.widgets.fitting import fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playbook.finding.session import Session
    from playbook.library.card import Problem
    from playbook.library.lint import Linter
    from playbook.review.drafts import Draft
    from playbook.review.proposal import Proposal
    from playbook.widgets.preview_pane import Preview

DIM = "$foreground 70%"
_NAMED = re.compile(r"'([^']+)'|\blink (\S+)")


class Looks:
    """Looks at a text away from the screen's thread; `took` is how long the last preview was in the making."""

    def __init__(self, session: Session, path: str) -> None:
        self.session = session
        self.path = path
        self.took = 0.0
        self.judged: str | None = None
        self._linter: Linter | None = None

    def preview(self, text: str, row: int, width: int) -> tuple[Preview, int]:
        """The card that is written at that row of the file (from 0), as search would show it, and its line there."""
        from playbook.library.cards import Place, cards_of
        from playbook.library.document import parse_document

        started = time.monotonic()
        snapshot = self.session.snapshot
        parsed, body = parse_document(text.encode("utf-8", "replace"))
        root = snapshot.root if self.path.startswith(snapshot.root) else ""
        cards = cards_of(Place(self.path, root, ""), parsed, snapshot.settings)
        card = next((card for card in reversed(cards) if card.line <= row + 1), cards[0])
        own = body[card.start : card.end]
        made = preview(card, self.session.trust(card), own, width)
        below = (row + 1 - card.line) / max(own.count("\n"), 1)
        self.took = time.monotonic() - started
        return made, int(max(min(below, 1.0), 0.0) * len(made.lines))

    def problems(self, text: str) -> list[Problem]:
        """What lint says of the text, by line."""
        from playbook.library.lint import Linter

        if self._linter is None:
            self._linter = Linter(self.session.snapshot, self.session.today())
        found = self._linter.of(self.path, text)
        self.judged = text
        return found


def findings_shown(problems: Sequence[Problem], most: int, width: int, key: str) -> Content:
    """So many findings, a line each, errors marked; and how to get to them."""
    if not problems:
        return Content.styled(" Lint finds nothing wrong", DIM)
    lines = []
    for one in problems[:most]:
        style, mark = ("$text-error bold", "✗") if one.severity == "error" else ("$text-warning", "!")
        lines.append(
            Content.assemble((f" {mark} line {one.line}  ", style), one_line(one.message, 300), (f"  {one.rule}", DIM))
        )
    if len(problems) > most:
        lines[-1] = Content.styled(f"   and {len(problems) - most + 1} more; {key} goes from one to the next", DIM)
    return Content("\n").join(fitted(line, width) for line in lines)


def place_of(problem: Problem, lines: Sequence[str]) -> tuple[int, int]:
    """Row and column (from 0) of what a finding is about: the words that it names on its line, else the line's first letter."""
    row = max(min(problem.line, len(lines)) - 1, 0)
    line = lines[row] if lines else ""
    named = (found[0] or found[1] for found in _NAMED.findall(problem.message))
    at = next((line.index(word) for word in named if word in line), len(line) - len(line.lstrip()))
    return row, at


def put_forward(session: Session, draft: Draft, title: str, proposal: Proposal | None) -> None:
    """Propose the draft's text, on the commit it began from; of a proposal's file, put it in place of the proposed words."""
    from playbook.review import acting, branch

    changes: dict[str, bytes | None] = {draft.path: draft.text.encode("utf-8", "surrogatepass")}
    if proposal is not None:
        acting.revise(session.library, proposal.id, changes, why=draft.why, seen=proposal.head or proposal.tip)
        return
    cards = session.snapshot.cards_at(draft.path)
    branch.begin(
        session.library,
        changes,
        title=title,
        why=draft.why,
        kind="edit" if cards else "new",
        about=cards[0].id if cards else "",
        onto=draft.base,
    )
