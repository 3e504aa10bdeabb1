"""What the screens say is so: the hub's sign at any width, the keys that hints name, where what was written is by now."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from piloting import Driver, drive
from reviewers import LATE, Bench, cards, done, laid_out, to_queue, to_review, toasts
from team import MIA, PRICE, PRICE_TEXT, REP, TIMING, TIMING_TEXT, send
from textual.widgets import TextArea

from playbook import keys
from playbook.app import PlaybookApp
from playbook.review import acting, branch
from playbook.screens.desk import Desk, Progress
from playbook.screens.palette import CALLED
from playbook.screens.status import COMMANDS, FEW, header


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch, cards(3))


def desk(word: str, what: str = "") -> Any:
    """A desk with a long name, news, and that word of the hub."""
    session = SimpleNamespace(
        name="The whole Farrowline Playbook", partial=False, snapshot=SimpleNamespace(cards=range(168), problems=[1, 2])
    )
    made: Any = Desk(None, None)  # type: ignore[arg-type]
    made.session, made.sync_word, made.progress = session, word, Progress(what, 1, 2)
    made.news = SimpleNamespace(cards=range(12), since=0)
    return made


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80, 120])
@pytest.mark.parametrize("word", ["offline", "offline, 2 waiting", "read-only", "behind 3"])
def test_r39_the_hubs_sign_stands_at_any_width(word: str, width: int) -> None:
    line = header(desk(word), width)
    assert word in line.plain
    assert line.cell_length <= width


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120])
def test_r39_offline_shows_beside_what_goes_on(width: int) -> None:
    line = header(desk("offline", "indexing"), width)
    assert "offline" in line.plain
    assert line.cell_length <= width
    assert "indexing" in header(desk("offline", "indexing"), 60).plain


def test_r39_offline_is_seen_at_60_by_15(bench: Bench) -> None:
    bench.sit()
    bench.team.hub.rename(bench.team.hub.with_suffix(".away"))

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.until(lambda: app.desk.sync_word.startswith("offline"), "offline")
        await see.sees("offline")

    drive(steps, size=(60, 15))


def test_the_hint_beside_the_list_names_every_letter_that_commands() -> None:
    letters = {key.id for key in keys.keys_of("list") if re.fullmatch("[a-zA-Z]|question_mark", key.keys)}
    assert {name for name, _ in COMMANDS} == letters
    assert set(FEW) <= letters


def test_other_names_for_commands_name_commands_that_there_are() -> None:
    labels = {key.label for key in keys.KEYS}
    assert set(CALLED) - labels <= {"Review queue", "Open a library", "Audit", "History of the card"}


@pytest.mark.parametrize("where", ["search", "read", "browse", "past", "queue", "review", "commit", "edit"])
def test_leaving_and_help_stand_last_in_a_footer(where: str) -> None:
    shown = [key.label for key in keys.keys_of(where) if key.footer]
    assert shown[-2:] in (["Help", "Back"], ["Help", "Quit"])
    assert len(shown) <= 6


def test_the_page_of_what_nobody_reviewed_shows_its_own_keys(bench: Bench) -> None:
    from playbook.review.approve import approve

    bench.sit()
    approve(bench.mine, bench.propose(3))
    bench.team.publish("content/objections/card-2.md", "# Card two\n\nStraight in.\n")
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await see.press("end", "enter")
        await see.sees("Straight in.")
        await see.press("G", "g", "question_mark")
        await see.sees("Reading what nobody reviewed")
        assert "Reading what nobody reviewed" in "\n".join(see.screen().split("\n")[:4])

    drive(steps, size=(80, 24))


def test_r20_what_was_proposed_while_the_hub_is_out_of_reach_waits_here(bench: Bench) -> None:
    bench.sit(REP, "rep")
    away = bench.team.hub.with_suffix(".away")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        async def propose(words: str) -> None:
            await see.press("f4")
            await see.until(lambda: type(app.screen).__name__ == "ProposeScreen", "the line")
            await see.type(words)
            await see.press("enter")
            await see.until(lambda: f'Proposed: "{words}"' in toasts(app), "the toast")

        await see.opened()
        await see.until(lambda: app.desk.sync_word == "synced", "the first sync")
        bench.team.hub.rename(away)
        await propose("Fair, and late vans cost more")
        # Nobody knew yet; whoever was told that it goes out hears that it did not.
        assert "Marketing sees it in the queue once it is sent" in toasts(app)
        await see.until(
            lambda: "What you wrote waits here and goes out when the hub can be reached" in toasts(app), "the truth"
        )
        await propose("Another try at it")
        assert "It waits here and goes out when the hub can be reached" in toasts(app)
        assert toasts(app).count("Marketing sees it") <= 1

    drive(steps)


def test_r23_after_main_moved_the_change_is_shown_against_main_as_it_is_now(bench: Bench) -> None:
    proposed = PRICE_TEXT.replace("It pays for itself.", "One late van costs more.")
    bench.propose(text=proposed)
    bench.team.publish(PRICE, PRICE_TEXT.replace("Yes.", "Oldacre, 2026."))
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        review = await to_review(see)
        assert "Main moved: main has changed this file since it was proposed" in see.screen()
        assert review.reviewed is not None
        (change,) = review.reviewed.changes
        assert change.before == PRICE_TEXT.replace("Yes.", "Oldacre, 2026.")
        assert change.after == proposed.replace("Yes.", "Oldacre, 2026.")
        # Its editor holds the proposal's own words.
        await see.press("e")
        await see.until(lambda: type(app.screen).__name__ == "EditScreen", "the editor")
        assert app.screen.query_one(TextArea).text == proposed

    drive(steps, size=(80, 24))


def test_r23_words_that_main_has_already_and_words_that_clash_say_so(bench: Bench) -> None:
    proposed = PRICE_TEXT.replace("It pays for itself.", "One late van costs more.")
    bench.propose(text=proposed)
    bench.propose(2)
    bench.team.publish(PRICE, proposed)
    bench.team.publish(
        "content/objections/card-2.md", cards(2)["content/objections/card-2.md"].replace("The old answer", "Main's")
    )
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        review = await to_review(see)
        seen = see.screen()
        await see.press("right")
        await see.until(lambda: review.reviewed is not None and review.id_shown != review.order[0], "the other")
        await laid_out(see)
        seen += see.screen()
        assert "Main has these words already" in seen
        assert "shown are the words it began from" in " ".join(seen.split())

    drive(steps, size=(120, 40))


def test_r22_the_counters_say_which_of_the_list_and_how_many_are_left(bench: Bench) -> None:
    bench.propose(1)
    bench.propose(2)
    third = bench.propose(3)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        review = await to_review(see)
        assert "1 of 3, 3 to decide" in see.screen()
        await see.press("a", "enter")
        await done(see)
        await see.sees("2 of 3, 2 to decide")
        # Somebody else ends one meanwhile.
        acting.withdraw(bench.mine, third, by=REP)
        review.library_moved()
        await see.sees("2 of 3, 1 to decide")
        await see.press("left")
        await see.sees("1 of 3, 1 to decide")

    drive(steps, size=(80, 24))


def test_r22_a_reviewers_revision_stays_overdue_and_an_answer_says_answered(bench: Bench) -> None:
    late, asked = bench.propose(1, at=LATE), bench.propose(2)
    bench.sit()
    path = "content/objections/card-1.md"
    acting.revise(bench.mine, late, {path: cards(1)[path].replace("The old", "My").encode()}, by=MIA)
    acting.request_changes(bench.mine, asked, "Shorter", by=MIA)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        assert "! OVERDUE 4 d" in see.screen()
        assert "answered" in see.screen()

    drive(steps, size=(80, 24))


def test_r25_the_split_dialogs_hint_is_whole(bench: Bench) -> None:
    bench.sit()
    words = {PRICE: PRICE_TEXT.replace("Yes.", "Yes!"), TIMING: TIMING_TEXT.replace("When", "How soon")}
    branch.begin(bench.mine, {path: text.encode() for path, text in words.items()}, title="Two", why="Old", by=REP)
    send(bench.mine)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see)
        await see.press("s")
        await see.sees("Space marks, Enter takes the marked ones, Esc goes back")

    drive(steps, size=(80, 24))


@pytest.mark.parametrize(("who", "says"), [(MIA, True), (REP, False)])
def test_r26_who_settles_a_conflict_is_told_before_that_they_become_an_author(
    bench: Bench, who: Any, says: bool
) -> None:
    bench.propose(text=PRICE_TEXT.replace("It pays for itself.", "One late van costs more."))
    bench.team.publish(PRICE, PRICE_TEXT.replace("It pays for itself.", "It is cheap."))
    bench.sit(who, who.name.lower())

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see, *([] if says else ["right"]))
        await see.press("D")
        await see.sees("1 of 1 open")
        await see.press("1")
        await see.sees("Nothing is open")
        shown = " ".join(see.screen().split())
        assert ("Rep must acknowledge it before your approval counts" in shown) is says

    drive(steps, size=(60, 15))
