"""The panel for better words says of a retired card that it is."""

from __future__ import annotations

from piloting import Driver, drive

from playbook.app import PlaybookApp
from playbook.screens.proposing.propose import ProposeScreen
from playbook.store.managed import Library


def test_better_words_for_a_retired_card_are_begun_with_a_remark(opened: Library) -> None:
    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("pay monthly")
        await see.answered("pay monthly")
        await see.press("f4")
        assert isinstance(app.screen, ProposeScreen)
        assert app.screen.card.status == "retired"
        await see.until(lambda: "This card is retired" in see.screen(), "the remark")

    drive(steps)
