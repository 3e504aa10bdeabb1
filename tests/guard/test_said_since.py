"""A merge takes all that was said on its proposal, not only up to the approval that suits it."""

from __future__ import annotations

from guards import FILES, ID, PRICE, Guarded, to_main, to_proposal

BETTER = FILES[PRICE].replace("pays for itself", "saves a whole van")
OTHER = FILES[PRICE].replace("pays for itself", "costs less than nothing")


def test_r34_a_decline_after_the_approval_is_not_left_out(hub: Guarded) -> None:
    taken = hub.approved({PRICE: BETTER})
    declined = hub.say("decline", taken, by="mia", key="mia", head=hub.parent(taken), text="It is not true")
    hub.takes(to_proposal(declined))
    hub.refuses(f"({ID}) was declined after what this takes of it", to_main(hub.merge(taken)))


def test_r34_newer_words_and_changes_asked_for_are_not_left_out(hub: Guarded) -> None:
    taken = hub.approved({PRICE: BETTER})
    hub.takes(to_proposal(hub.change({PRICE: OTHER}, onto=taken)))
    hub.refuses("leaves out newer words on its branch", to_main(hub.merge(taken)))
    second = hub.approved({PRICE: BETTER}, id="second")
    asked = hub.say(
        "request-changes", second, by="mia", key="mia", id="second", head=hub.parent(second), text="Shorter"
    )
    hub.refuses(
        "mia@example.com asked for changes after what this takes",
        to_proposal(asked, "second"), to_main(hub.merge(second)),
    )  # fmt: skip


def test_r34_a_comment_after_the_approval_hinders_nobody(hub: Guarded) -> None:
    taken = hub.approved({PRICE: BETTER})
    said = hub.say("comment", taken, by="rep", head=hub.parent(taken), text="Thank you")
    hub.takes(to_proposal(said), to_main(hub.merge(taken)))
