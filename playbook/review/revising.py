"""What somebody would have instead of the proposed words: the file as the proposal has it, with other words in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playbook.errors import NothingFound, UsageError
from playbook.library.cards import Place, cards_of
from playbook.library.document import parse_document
from playbook.library.editing import with_words
from playbook.library.names import is_markdown
from playbook.review.proposal import Proposal
from playbook.review.proposing import Edit, source_at
from playbook.text.safe import display_path, one_line

if TYPE_CHECKING:
    from playbook.finding.session import Session


def file_to_revise(session: Session, proposal: Proposal, path: str = "") -> tuple[str, str]:
    """The path and the text, as the proposal has it, of the file a revision is of: the only one it changes, the one
    named, or of a note the file of the card it speaks of.

    Raises UsageError where several are meant, and NothingFound for one that is not there.
    """
    if path:
        given = path.strip().removeprefix("./")
        forms = {given, f"{session.snapshot.root}{given}"}
        path = next((one for one in proposal.paths if one in forms), min(forms, key=len))
        if path not in proposal.paths:
            path = _named(session, path)
    elif len(proposal.paths) == 1:
        path = proposal.paths[0]
    elif proposal.paths:
        files = ", ".join(display_path(one) for one in proposal.paths[:8])
        raise UsageError(f"{proposal.id} changes {len(proposal.paths)} files; name one with --path: {files}")
    else:
        path = _named(session, _card_named(proposal))
    return path, source_at(session.library, proposal.tip, path)


def words_instead(session: Session, proposal: Proposal, words: str, path: str = "") -> Edit:
    """The file of a proposal with its words to say replaced. Raises UsageError when they are those that it proposes."""
    path, before = file_to_revise(session, proposal, path)
    if not is_markdown(path):
        raise UsageError(f"{display_path(path)} is no document, so it has no words to say; revise it with --from")
    parsed, _ = parse_document(before.encode("utf-8", "surrogatepass"))
    root = session.snapshot.root if path.startswith(session.snapshot.root) else ""
    cards = cards_of(Place(path, root, ""), parsed, session.snapshot.settings)
    about = _card_named(proposal)
    card = next((card for card in cards if card.id == about), cards[0])
    after = with_words(before, card, parsed, words)
    if after == before:
        raise UsageError(f"These words are the ones that {proposal.id} proposes already; nothing to revise")
    return Edit(path, before, after)


def _card_named(proposal: Proposal) -> str:
    """The id of the card that the proposal says it is about, "" when it says none."""
    return next((event.about for event in proposal.contents if event.about), "")


def _named(session: Session, name: str) -> str:
    if not name:
        raise UsageError("It does not say which card it is about; name a file with --path")
    try:
        return session.snapshot.resolve(name).path
    except NothingFound as error:
        raise NothingFound(f"{one_line(str(error), 200)}; name a file with --path") from error
