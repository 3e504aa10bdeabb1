"""Every verdict on a proposal: asked for in a panel, done behind the screen, and then on to the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual.content import Content

from playbook import keys
from playbook.errors import PlaybookError
from playbook.screens.copying import clear_toasts
from playbook.screens.desk import desk_of
from playbook.screens.doing import Done, FollowingScreen, Job, doer_of
from playbook.screens.reviewing.head import own_key
from playbook.screens.reviewing.queue_rows import DIM
from playbook.screens.reviewing.shown import OPEN, Reviewed
from playbook.text.safe import display_path, one_line

if TYPE_CHECKING:
    from playbook.review.approve import Approved
    from playbook.review.branch import Written
    from playbook.screens.reviewing.review_page import LaidOut
    from playbook.store.managed import Library

MOST_FILES = 8
DECIDES = frozenset(
    {"approve", "request-changes", "decline", "park", "withdraw", "split", "join", "acknowledge", "rule", "override"}
)
MERGES = frozenset({"approve", "rule", "override"})


class DecidingScreen(FollowingScreen):
    """What a person can do with the proposal that is on the screen."""

    pane: Any
    id_shown: str
    order: list[str]
    undecided: list[str]
    wanted: set[str]
    file: int
    laid: LaidOut | None

    def __init__(self) -> None:
        super().__init__()
        self.reviewed: Reviewed | None = None
        self.refused: dict[str, str] = {}
        """What was said of a proposal that could not be done, by id."""
        self.deciding: set[str] = set()
        """The ids of those from which one goes on, once the decision on them is done: a look at one may see it before we
        are told."""
        self.go_to_stop = ""

    def go_to(self, id: str) -> None:
        """Another proposal."""
        raise NotImplementedError

    def say(self, sentence: str, *, warning: bool = False) -> None:
        """A toast, in place of those that stand there."""
        clear_toasts(self.app)
        self.app.notify(sentence, severity="warning" if warning else "information", markup=False)

    # What is there to be decided

    def library(self) -> Library | None:
        """The library that stands open."""
        session = desk_of(self).session
        return session.library if session else None

    def standing(self, *states: str) -> Reviewed | None:
        """What is on the screen, when it can be acted upon; else a sentence that says why not."""
        reviewed = self.reviewed
        if reviewed is None:
            self.say("The proposal is still being read; try again in a moment", warning=True)
            return None
        proposal = reviewed.proposal
        if any(job.about == proposal.id and job.word in DECIDES for job in doer_of(self).doing):
            self.say("What you decided on it is still being done", warning=True)
            return None
        if proposal.fault:
            self.say("Its branch cannot be read, so nothing can be done with it here", warning=True)
            return None
        if states and proposal.state not in states:
            self.say(f"It is {proposal.state}; this is for what is {' or '.join(states)}", warning=True)
            return None
        return reviewed

    # Asking and doing

    def ask(
        self,
        word: str,
        title: str,
        then: Callable[[str], None],
        *,
        about: Sequence[Content | str] = (),
        needed: str = "",
        hint: str = "",
        does: Content | str = "",
    ) -> None:
        """Ask for words in a panel, which keeps them for this proposal until they are safe."""
        from playbook.screens.reviewing.verdict import SENDS, WordsScreen

        def given(words: str | None) -> None:
            if words is not None:
                then(words)

        panel = WordsScreen(title, about, kept=self.kept_name(word), needed=needed, hint=hint or SENDS, does=does)
        self.app.push_screen(panel, given)

    def kept_name(self, word: str) -> str:
        """Under what the words typed for this are kept."""
        library = self.library()
        return f"{library.git_dir if library else ''} {self.id_shown} {word}"

    def do(
        self, word: str, what: str, act: Callable[[Library], Any], said: str | Callable[[Any], str], kept: str = ""
    ) -> None:
        """Have it done behind the screen."""
        library = self.library()
        if library is None:
            return
        self.refused.pop(self.id_shown, None)
        # What stands before others too: whoever says their verdict on it goes on to what waits for them.
        others = bool(self.undecided) and self.reviewed is not None and not self.reviewed.own
        if word in DECIDES and (self.id_shown in self.undecided or others):
            self.deciding.add(self.id_shown)
        sentence = (lambda result: said) if isinstance(said, str) else said
        doer_of(self).do(Job(self.id_shown, word, what, lambda: act(library), sentence, self.kept_name(kept or word)))
        self.show_status()

    def show_status(self) -> None:
        """What goes on."""

    def job_done(self, done: Done) -> None:
        """Go on after a verdict; stay where it was refused, with the reason on the screen."""
        job, stays = done.job, self.stays(done)
        if stays:
            self.refused[job.about] = done.sentence
        waited = not stays and job.about in self.deciding
        self.deciding.discard(job.about)
        if waited and job.about in self.undecided:
            self.undecided.remove(job.about)
        if waited:
            self.wanted.discard(job.about)
        if job.about != self.id_shown:
            return
        if waited and self.is_current:
            self.go_on()
        else:
            self.library_moved()

    def stays(self, done: Done) -> bool:
        """Whether one stays on the proposal with what came of it in sight: it was refused, waits, or is the host's to merge."""
        return done.failed or (done.job.word in MERGES and done.result.state.startswith("approved"))

    def keeps(self, done: Done) -> bool:
        """What keeps one on this proposal stands on its screen."""
        return done.job.about == self.id_shown and self.stays(done)

    def go_on(self) -> None:
        """To the next that waits for a decision: below this one, else from the top; after the last, back."""
        at = self.order.index(self.id_shown) if self.id_shown in self.order else -1
        following = [id for id in (*self.order[at + 1 :], *self.order[: max(at, 0)]) if id in self.undecided]
        if following:
            self.go_to(following[0])
        else:
            self.app.pop_screen()
            self.app.notify("Nothing more waits for your decision", markup=False)

    # Verdicts

    def action_approve(self) -> None:
        """Confirm, with the why in sight; it is given for the words that are on the screen."""
        reviewed = self.standing(*OPEN)
        if reviewed is None:
            return
        proposal = reviewed.proposal
        if not proposal.edited:
            self.say(f"It is a note and edits nothing yet; {keys.pressed('review-edit')} writes the edit", warning=True)
        elif reviewed.may_not:
            self.say(f"You cannot approve it: {reviewed.may_not}", warning=True)
        elif reviewed.row.conflict:
            said = "; ".join(reviewed.row.moved) or "main changed the same words meanwhile"
            self.say(f"{said}; {keys.pressed('resolve')} settles that first", warning=True)
        else:
            has_why = bool(proposal.why.strip())
            hint = (
                "Enter approves; words are not needed, Esc goes back" if has_why else "Enter approves with these words"
            )
            self.ask(
                "approve", f"Approve: {proposal.title}", lambda words: self.approve(words, proposal.head),
                about=what_is_approved(reviewed),
                needed="" if has_why else "A merge says why: nobody said it yet", hint=hint,
                does=what_own_key_does(reviewed),
            )  # fmt: skip

    def approve(self, words: str, seen: str) -> None:
        """Give one's key for that head, and merge where it is the last."""
        id, stopped = self.id_shown, doer_of(self).stopped
        title = one_line(self.reviewed.proposal.title, 80) if self.reviewed else id

        def act(library: Library) -> Any:
            from playbook.review.approve import approve

            return approve(library, id, words, seen=seen, cancelled=stopped)

        def said(done: Any) -> str:
            return what_came(done, title)

        self.do("approve", f"Sending to the hub: {title}", act, said)

    def action_request_changes(self) -> None:
        """Ask its author for something else."""
        reviewed = self.standing(*OPEN)
        if reviewed is not None:
            self.verdict("request-changes", "Ask for changes", "Changes asked for", "Say what should be different")

    def action_decline(self) -> None:
        """End it, with a reason its author can read."""
        if self.standing(*OPEN) is not None:
            self.verdict("decline", "Decline", "Declined", "Declining needs a reason its author can read")

    def action_acknowledge(self) -> None:
        """Stand by the words as they are now."""
        reviewed = self.standing(*OPEN)
        if reviewed is None:
            return
        if not reviewed.proposal.edited:
            self.say("It is a note and edits nothing yet", warning=True)
            return
        self.verdict("acknowledge", "Acknowledge the words as they are", "Acknowledged")

    def action_park(self) -> None:
        """Put it aside."""
        if self.standing(*OPEN) is not None:
            self.verdict("park", "Park", "Parked", "Parking needs a reason: until what")

    def action_withdraw(self) -> None:
        """Take one's own back."""
        reviewed = self.standing(*OPEN)
        if reviewed is None:
            return
        if not reviewed.own:
            self.say("Only who proposed it can withdraw it; decline or park it instead", warning=True)
            return
        self.verdict("withdraw", "Withdraw your proposal", "Withdrawn")

    def action_reopen(self) -> None:
        """Open it again."""
        if self.standing("declined", "withdrawn", "parked") is not None:
            self.verdict("reopen", "Open again", "Open again")

    def verdict(self, word: str, title: str, said: str, needed: str = "") -> None:
        """A verdict with its words."""
        assert self.reviewed is not None
        proposal, id = self.reviewed.proposal, self.id_shown
        seen, stopped = proposal.head, doer_of(self).stopped

        def act(library: Library, words: str) -> Any:
            from playbook.review import acting

            if word == "request-changes":
                return acting.request_changes(library, id, words, seen=seen)
            if word == "decline":
                return acting.decline(library, id, words, seen=seen)
            if word == "acknowledge":
                return acknowledged(library, acting.acknowledge(library, id, words, seen=seen), stopped)
            if word == "park":
                return acting.park(library, id, words)
            return acting.withdraw(library, id, words) if word == "withdraw" else acting.reopen(library, id, words)

        name = one_line(proposal.title, 80)
        self.ask(
            word, f"{title}: {proposal.title}",
            lambda words: self.do(
                word, f"{said}: {name}", lambda library: act(library, words),
                lambda done: f"{said}, and merged: {name}" if done == "merged" else f"{said}: {name}",
            ),
            about=[Content.assemble(("Why    ", DIM), one_line(proposal.why, 300) or "nobody said")],
            needed=needed,
        )  # fmt: skip


def acknowledged(library: Library, written: Written, stopped: Callable[[], bool]) -> str:
    """The proposal's state once the acknowledgement is in: where it was all that was missing it is sent now, which merges."""
    from playbook.review.candidate import judgement
    from playbook.review.listing import find
    from playbook.review.syncing import sync_whole
    from playbook.store.refs import main_commit

    proposal = find(library, written.proposal)
    if not judgement(library, proposal, main_commit(library)).mergeable:
        return proposal.state
    # What keeps it from the hub is said by the next sync: the words are safe here.
    with suppress(PlaybookError):
        sync_whole(library, cancelled=stopped)
    return find(library, written.proposal).state


def what_came(done: Approved, title: str) -> str:
    """What a key, a ruling or an override came to, in a sentence; what is only recorded is named, for one goes on."""
    if done.state == "merged":
        return f"Merged: {title}" + (f" ({done.message})" if "git -C" in done.message else "")
    if done.state.startswith("approved"):
        return done.message
    return f"{title}: {done.message[:1].lower()}{done.message[1:]}"


def what_is_approved(reviewed: Reviewed) -> list[Content | str]:
    """What a confirmation shows: the why first, then what would become main."""
    proposal, errors = reviewed.proposal, reviewed.facts.errors
    about: list[Content | str] = []
    if proposal.why.strip():
        about.append(Content.assemble(("Why    ", DIM), (one_line(proposal.why, 600), "italic")))
    else:
        about.append(Content.styled("Nobody said why yet. A merge says why: say it here", "bold $text-warning"))
    if errors:
        about.append(Content.styled(f"! {errors} lint error{'s' if errors > 1 else ''} in it", "bold $text-error"))
    about.append(Content.assemble(("What   ", DIM), reviewed.facts.summary))
    files = [f"{display_path(change.path)}, {change.what}" for change in reviewed.changes]
    about += [Content.assemble(("File   ", DIM), name) for name in files[:MOST_FILES]]
    if len(files) > MOST_FILES:
        about.append(Content.styled(f"       … and {len(files) - MOST_FILES} more files", DIM))
    about.append(Content.assemble(("By     ", DIM), one_line(str(proposal.author), 120)))
    return about


def what_own_key_does(reviewed: Reviewed) -> Content | str:
    """What the approval comes to; "" where there is nothing to say of it."""
    said = own_key(reviewed.keyring)
    return Content.assemble(("Key    ", DIM), said) if said else ""
