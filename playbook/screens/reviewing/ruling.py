"""The way out of a quarrel, on the review screen: to the heads, their ruling, and forcing it; each asks for its reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.binding import ActiveBinding
from textual.content import Content

from playbook import keys
from playbook.review.keyring import GIVEN
from playbook.screens.reviewing.deciding import what_came
from playbook.screens.reviewing.head import MOST_MISSING, grouped
from playbook.screens.reviewing.queue_rows import DIM, WARNING, to_decide
from playbook.screens.reviewing.reshaping import ReshapingScreen
from playbook.screens.reviewing.shown import OPEN, Reviewed
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from playbook.review.approve import Approved
    from playbook.store.managed import Library

ACTS = ("escalate", "rule", "override")
ALWAYS = ("review-help", "review-back")
MOST_NAMED = 4
NOT_YOURS = {
    "escalate": "It cannot be put before the heads",
    "rule": "You cannot rule on it",
    "override": "You cannot force it",
}


class RulingScreen(ReshapingScreen):
    """What takes a proposal out of a quarrel, or past its rules: offered to those alone who may."""

    @property
    def palette_commands(self) -> list[tuple[str, str, object]]:
        """All that the screen does, without the ways out that are not the reader's."""
        labels = {key.id: key.label for key in keys.keys_of(self.where)}
        hidden = {labels[word] for word in ACTS if not self.reviewed or not self.offers(self.reviewed, word)}
        return [command for command in super().palette_commands if command[0] not in hidden]

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """The footer names, in this order, what the reader may do with this proposal; every key does what it does."""
        found = super().active_bindings
        if self.reviewed is None or self.app.screen is not self:
            return found
        order = self.named(self.reviewed)
        made = {}
        for key, active in found.items():
            name, binding = active.binding.id or "", active.binding
            if name in order:
                said = "Revise" if name == "review-edit" and self.reviewed.own else binding.description
                binding = replace(binding, show=True, description=said)
            elif binding.show and name not in ALWAYS:
                binding = replace(binding, show=False)
            made[key] = active._replace(binding=binding)
        first = sorted(made, key=lambda key: order.get(made[key].binding.id or "", len(order)))
        return {key: made[key] for key in first}

    def named(self, reviewed: Reviewed) -> dict[str, int]:
        """The ids of the keys that the footer names, each with its place; help and the way back come behind these four."""
        proposal, ring = reviewed.proposal, reviewed.keyring
        if proposal.state not in OPEN:
            ways = ["revert" if proposal.state == "merged" else "reopen"]
        elif proposal.fault:
            ways = []
        elif reviewed.own:
            asked = proposal.contents and reviewed.policy.same_person(proposal.contents[-1].by.mail) != reviewed.me
            ways = [*(["acknowledge"] if asked else []), "review-edit", "withdraw", "comment"]
        else:
            rules = ring.before and self.offers(reviewed, "rule")
            approves = not ring.may_not and ring.own != GIVEN
            ways = [*(["rule"] if rules else []), *(["approve"] if approves else [])]
            ways += ["request-changes", "decline", "comment"]
            if len(ways) > MOST_NAMED:
                ways.remove("decline")
        return {name: at for at, name in enumerate(ways)}

    def offers(self, reviewed: Reviewed, word: str) -> bool:
        """Whether that way out is there for the reader."""
        return reviewed.proposal.state in OPEN and bool(reviewed.me) and word not in reviewed.keyring.refused

    def mine_to(self, word: str) -> Reviewed | None:
        """The proposal on the screen, when that way out is the reader's; else one sentence that says why not."""
        reviewed = self.standing(*OPEN)
        if reviewed is None or self.offers(reviewed, word):
            return reviewed
        why = reviewed.keyring.refused.get(word) or "git does not know who you are"
        self.say(f"{NOT_YOURS[word]}: {why}", warning=True)
        return None

    def action_escalate(self) -> None:
        """Put it before the heads."""
        reviewed = self.mine_to("escalate")
        if reviewed is None:
            return
        id, title = self.id_shown, one_line(reviewed.proposal.title, 80)

        def act(library: Library, words: str) -> Any:
            from playbook.review.ruling import escalate

            return escalate(library, id, words)

        said = f"Before the heads: {title}"
        self.ask(
            "escalate", f"To the heads: {title}",
            lambda words: self.do("escalate", said, lambda library: act(library, words), said),
            about=_about(reviewed), needed="Say why the heads should decide it",
        )  # fmt: skip

    def action_rule(self) -> None:
        """Choose for or against, then say why."""
        reviewed = self.mine_to("rule")
        if reviewed is None:
            return
        from playbook.screens.reviewing.verdict import ChoiceScreen

        title = one_line(reviewed.proposal.title, 80)

        def chosen(numbers: list[int] | None) -> None:
            if numbers:
                self.ask_ruling(reviewed, against=bool(numbers[0]))

        ways = ["For it: it becomes main", "Against it: it ends, and its author reads why"]
        self.app.push_screen(ChoiceScreen(f"Rule on: {title}", ways, one=True), chosen)

    def ask_ruling(self, reviewed: Reviewed, *, against: bool) -> None:
        """Ask for the reason of a ruling, and give it."""
        id, seen, title = reviewed.proposal.id, reviewed.proposal.head, one_line(reviewed.proposal.title, 80)

        def act(library: Library, words: str) -> Approved:
            from playbook.review.ruling import rule

            return rule(library, id, words, against, seen=seen, cancelled=self.stopped())

        def said(done: Approved) -> str:
            return f"Ruled against: {title}" if done.state == "declined" else what_came(done, title)

        word = "against" if against else "for"
        self.ask(
            f"rule {word}", f"Rule {word}: {title}",
            lambda words: self.do(
                "rule", f"Ruling {word}: {title}", lambda library: act(library, words), said, f"rule {word}"
            ),
            about=_about(reviewed), needed="A ruling needs its reason, which stays with it for good",
        )  # fmt: skip

    def action_override(self) -> None:
        """Force it past its rules; the panel says what that leaves behind."""
        reviewed = self.mine_to("override")
        if reviewed is None:
            return
        if reviewed.row.conflict:
            self.say(f"main changed the same words; {keys.pressed('resolve')} settles that first", warning=True)
            return
        id, seen, title = self.id_shown, reviewed.proposal.head, one_line(reviewed.proposal.title, 80)

        def act(library: Library, words: str) -> Approved:
            from playbook.review.ruling import override

            return override(library, id, words, seen=seen, cancelled=self.stopped())

        def said(done: Approved) -> str:
            return what_came(done, title).replace("Merged: ", "Forced, and merged: ", 1)

        stays = "A mark stays: that you forced it, and this reason, stand on the card and in the audit for good"
        self.ask(
            "override", f"Force: {title}",
            lambda words: self.do("override", f"Forcing: {title}", lambda library: act(library, words), said),
            about=[Content.styled(f"! {stays}", WARNING), *_passed_over(reviewed), *_about(reviewed)[:1]],
            needed="Forcing needs its reason, which stays with it for good",
        )  # fmt: skip

    def stopped(self) -> Any:
        """Whether the app is being left."""
        from playbook.screens.doing import doer_of

        return doer_of(self).stopped


def _about(reviewed: Reviewed) -> list[Content | str]:
    """Why it is wanted, and why it stands before the heads."""
    proposal, ring = reviewed.proposal, reviewed.keyring
    about: list[Content | str] = [
        Content.assemble(("Why    ", DIM), (one_line(proposal.why, 300) or "nobody said", "italic"))
    ]
    if ring.before:
        about.append(Content.assemble(("Heads  ", DIM), to_decide(ring.judges, one_line(ring.before, 200))))
    return about


def _passed_over(reviewed: Reviewed) -> list[Content | str]:
    """What is missing, and will be passed over."""
    return [Content.assemble(("Past   ", DIM), one) for one in grouped(reviewed.row.blocked_by)[:MOST_MISSING]]
