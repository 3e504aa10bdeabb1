"""Favourites on the search screen: pinned, ordered, and shown with one key."""

from __future__ import annotations

import pytest
from piloting import Driver, drive

from playbook.app import PlaybookApp
from playbook.finding.memory import recall, remember
from playbook.screens.finding.favourites import read_alt_digits
from playbook.screens.finding.search import SearchScreen
from playbook.store.managed import Library


def search(app: PlaybookApp) -> SearchScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, SearchScreen)
    return screen


def ids(app: PlaybookApp) -> list[str]:
    shown = search(app).shown
    return [card.id for card in shown.cards] if shown else []


def chosen(app: PlaybookApp) -> str:
    card = search(app).chosen()
    return card.id if card else ""


def said(app: PlaybookApp) -> str:
    return " ".join(toast.message for toast in app._notifications)


def pin(*names: str) -> None:
    remember(favourites={"sample": list(names)})


def test_r11_a_card_is_pinned_stands_first_with_its_key_and_is_there_the_next_time(opened: Library) -> None:
    async def first(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        assert "The team's favourites" in see.screen()
        assert ids(app) == ["objections/price"]
        await see.type("discount")
        await see.answered("discount")
        await see.press("ctrl+s")
        assert said(app) == "Pinned as favourite 1"
        assert search(app).box.value == "discount"

    async def second(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        assert "Your favourites, then the team's" in see.screen()
        assert ids(app) == ["objections/discount", "objections/price"]
        await see.sees("[1] objection")
        row = next(line for line in see.screen().splitlines() if "They want a discount" in line)
        assert "[1] objection" in row
        await see.press("escape", "s")
        await see.until(lambda: ids(app) == ["objections/price"], "the team's alone")
        assert said(app) == "No favourite any more: They want a discount"

    drive(first, size=(80, 24))
    drive(second, size=(80, 24))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_r11_alt_and_a_digit_show_a_favourite_at_once(opened: Library, size: tuple[int, int]) -> None:
    pin("objections/later", "objections/discount")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("too expensive")
        await see.answered("too expensive")
        await see.press("alt+2")
        await see.answered("")
        assert search(app).box.value == ""
        assert chosen(app) == "objections/discount"
        await see.until(lambda: search(app).showing == "objections/discount", "its preview")
        await see.press("alt+1")
        await see.until(lambda: search(app).showing == "objections/later", "the other preview")
        await see.press("alt+equals_sign")
        assert said(app) == "There is no favourite 12 yet; Ctrl+S pins the chosen card"
        assert chosen(app) == "objections/later"

    drive(steps, size=size)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_r11_escape_brings_back_the_question_that_a_favourite_took_the_place_of(
    opened: Library, size: tuple[int, int]
) -> None:
    pin("objections/later", "objections/discount")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("#negotiation too expensive")
        await see.answered("#negotiation too expensive")
        await see.press("alt+2")
        await see.sees('Esc brings back "#negotiation too expensive"')
        await see.press("alt+1")
        await see.until(lambda: search(app).showing == "objections/later", "the other preview")
        await see.press("escape")
        await see.answered("#negotiation too expensive")
        assert search(app).box.value == "#negotiation too expensive"
        assert search(app).focused is search(app).box
        assert "brings back" not in see.screen()
        await see.press("alt+2")
        await see.type("van")
        await see.answered("van")
        await see.press("escape")
        await see.answered("")
        assert search(app).box.value == ""
        assert "brings back" not in see.screen()

    drive(steps, size=size)


def test_r11_in_the_list_a_digit_shows_it_and_never_loses_a_question(opened: Library) -> None:
    pin("objections/later", "objections/discount")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.press("escape", "2")
        await see.until(lambda: search(app).showing == "objections/discount", "the second")
        assert search(app).focused is search(app).results
        await see.press("7")
        await see.answered("7")
        await see.press("2")
        await see.answered("72")
        search(app).results.focus()
        await see.pilot.pause()
        await see.press("1")
        await see.answered("721")

    drive(steps)


def test_r11_favourites_are_moved_and_stay_highlighted(opened: Library) -> None:
    pin("objections/later", "objections/discount", "objections/monthly")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.press("alt+down")
        await see.until(lambda: ids(app)[1] == "objections/later", "one down")
        assert chosen(app) == "objections/later"
        assert said(app) == "Favourite 2 now"
        await see.press("escape", "J")
        await see.until(lambda: ids(app)[2] == "objections/later", "the last")
        await see.press("J")
        assert said(app) == "It is the last favourite already"
        await see.press("K", "K")
        await see.until(lambda: ids(app)[0] == "objections/later", "the first again")
        assert recall()["favourites"] == {"sample": ["objections/later", "objections/discount", "objections/monthly"]}
        await see.press("end", "K")
        assert said(app) == "Only your own favourites have an order; pin this one first"

    drive(steps)


def test_r11_twelve_are_enough(opened: Library) -> None:
    pin("objections/later")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        import playbook.finding.favourites as kept

        await see.opened()
        kept.MOST, before = 1, kept.MOST
        try:
            await see.press("end", "down", "ctrl+s")
            assert "There are 1 favourites already" in said(app)
            assert [toast.severity for toast in app._notifications] == ["warning"]
        finally:
            kept.MOST = before

    drive(steps)


def test_r11_favourites_are_read_once_and_not_at_a_keystroke(opened: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    from playbook.finding import favourites

    read: list[int] = []
    real = favourites.own
    monkeypatch.setattr(favourites, "own", lambda session: read.append(1) or real(session))

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("price")
        await see.answered("price")
        count = len(read)
        await see.press("escape")
        await see.answered("")
        await see.type("x")
        await see.answered("x")
        assert len(read) == count

    drive(steps)


def test_r11_alt_and_a_digit_are_read_from_every_terminal_and_a_pound_stays_one() -> None:
    from textual._xterm_parser import XTermParser

    read_alt_digits()

    def keys_of(sent: str) -> list[str]:
        return [event.key for event in XTermParser()._sequence_to_key_events(sent)]

    assert keys_of("\x1b3") == ["alt+3"]
    assert keys_of("\x1b0") == ["alt+0"]
    assert keys_of("\x1b-") == ["alt+minus"]
    assert keys_of("\x1b=") == ["alt+equals_sign"]
    assert keys_of("\x1b[51;3u") == ["alt+3"]
    assert keys_of("£") == ["pound_sign"]
