"""What first-time users stumbled on: verdicts thought better of, what was taken back, the past, and signs without colour."""

from __future__ import annotations

from pathlib import Path

import pytest
from court import policy
from piloting import Driver, drive
from reviewers import EARLIER, LATE, NOW, Bench, cards, done, shows, to_queue, to_review, toasts
from team import MAX, MIA, PRICE, PRICE_TEXT, REP, propose, send

from playbook.app import PlaybookApp
from playbook.finding.session import read
from playbook.review import acting, conflict
from playbook.review.approve import approve
from playbook.review.arrived import arrived
from playbook.review.audit import audit, told
from playbook.review.listing import find
from playbook.review.past import past, why_of
from playbook.review.queue import queue
from playbook.screens.finding.past import PastScreen, audit_of, history_of
from playbook.screens.proposing.words_panel import waits
from playbook.screens.reviewing.queue_list import PARTS
from playbook.screens.reviewing.taken_back import taken_back
from playbook.screens.reviewing.verdict import WordsScreen
from playbook.store import refs
from playbook.store.sync import fetch_only
from playbook.widgets.changes import inline_lines

ACKNOWLEDGED = '[[rules]]\nkeys = 1\nacknowledge = ["sales"]\n'


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    return Bench(tmp_path, monkeypatch, cards(4))


def flat(see: Driver) -> str:
    return " ".join(see.screen().split())


async def answer(see: Driver, key: str, words: str = "") -> None:
    """Press a key that opens a panel, and answer it."""
    await see.press(key)
    await see.until(lambda: isinstance(see.app.screen, WordsScreen) and see.app.screen.query("#words"), "the panel")
    await see.pilot.pause(0.1)
    await see.type(words)
    await see.press("enter")
    await done(see)


def test_a_verdict_thought_better_of_is_not_said_to_be_on_older_words(bench: Bench) -> None:
    id = bench.propose(1)
    acting.request_changes(bench.rep, id, "Shorter", by=MIA)
    approve(bench.rep, id, "Well then", by=MIA)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        queue = await to_queue(see)
        while queue.view != "Ended":
            await see.press("right")
        await see.until(lambda: queue.listed, "what ended")
        await to_review(see)
        assert "older words" not in see.screen()
        assert "Mia asked for changes and approved since: Shorter" in flat(see)

    drive(steps, size=(80, 24))


def test_after_the_heads_have_it_a_verdict_goes_on_to_the_next_and_the_order_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = '[[rules]]\napprove = ["marketing"]\nkeys = 2\n'
    bench = Bench(tmp_path, monkeypatch, {"content/policy.toml": policy(rules)} | cards(3))
    first, second = bench.propose(1, at=LATE), bench.propose(2)
    approve(bench.rep, first, "Yes", by=MIA)
    send(bench.rep)
    bench.sit(MIA)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        listed = await to_queue(see)
        assert [row.proposal.id for row in listed.listed] == [second, first]  # type: ignore[union-attr]
        review = await to_review(see, "down")
        await shows(see, first)
        await answer(see, "H", "We read it in two ways")
        await see.until(lambda: review.reviewed and review.reviewed.proposal.state == "escalated", "the heads")
        assert review.id_shown == first and review.order == [second, first]
        # It was none of those that wait for Mia; her verdict on it leads to the one that does.
        await see.press("greater_than_sign")
        assert "This is the last proposal of the list; 1 to decide stands above" in toasts(app)
        await answer(see, "x", "Without the number")
        await shows(see, second)
        assert review.order == [second, first] and "1 of 2, 1 to decide" in see.screen()

    drive(steps, size=(80, 24))


def test_what_was_merged_and_taken_back_says_by_whom_when_and_why(bench: Bench) -> None:
    id = bench.propose(1)
    approve(bench.rep, id, "Yes", by=MIA)
    back = acting.revert(bench.rep, id, "Legal will not have it", by=MAX).proposal
    approve(bench.rep, back, "Yes", by=MIA)
    send(bench.rep)
    bench.sit(REP, "rep-sits")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        listed = await to_queue(see)
        while listed.view != "Mine":
            await see.press("right")
        await see.sees("× taken back")
        assert "taken back by Max, 22 Nov 2026 Legal will not have it" in flat(see)
        await to_review(see)
        assert "Merged, then taken back by Max, 22 Nov 2026: Legal will not have it" in flat(see)
        assert "✓ Merged into main" not in see.screen()

    drive(steps, size=(80, 24))
    again = acting.revert(bench.rep, back, "Legal will have it after all", by=MAX).proposal
    approve(bench.rep, again, "Yes", by=MIA)
    from playbook.review.listing import proposals

    made = taken_back(proposals(bench.rep, merged=True))
    assert {of: by.id for of, by in made.items()} == {back: again}


@pytest.mark.parametrize("way", ["palette", "key"])
def test_a_cards_history_is_read_in_the_app_as_the_command_tells_it(bench: Bench, way: str) -> None:
    id = bench.propose(1)
    approve(bench.rep, id, "Yes", by=MIA)
    send(bench.rep)
    mine = bench.sit()
    session = read(mine)
    card = session.snapshot.resolve("objections/card-1")
    found = past(mine, session.snapshot.commit, card.path)
    assert [why_of(one.body) for one in found.revisions][:1] == ["Buyers asked 1 times"]
    assert len(history_of(session, card)) == len(found.revisions) == 2

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("card number 1")
        await see.answered("card number 1")
        if way == "palette":
            await see.press("ctrl+p")
            await see.type("hist")
            await see.sees("History of the card")
            await see.press("enter")
        else:
            await see.press("enter")
            await see.until(lambda: app.screen.card_to_change() is not None, "the card")  # type: ignore[attr-defined]
            await see.press("h")
        await see.until(lambda: isinstance(app.screen, PastScreen), "the past")
        await see.sees("Rep: Better words 1")
        assert "History of Card number 1 2 steps" in flat(see) and "Buyers asked 1 times" in see.screen()
        await see.press("escape")
        assert not isinstance(app.screen, PastScreen)

    drive(steps, size=(80, 24))


def test_the_audit_is_read_in_the_app(bench: Bench) -> None:
    id = bench.propose(1)
    approve(bench.rep, id, "Yes", by=MIA)
    send(bench.rep)
    mine = bench.sit()
    newest = audit(mine)[0]
    assert audit_of(read(mine))[0][2][: len(told(newest)) - 1] == told(newest)[1:]

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.press("ctrl+p")
        await see.type("audit")
        await see.sees("Everything that became main")
        await see.press("enter")
        await see.sees("by the rules: Better words 1")
        assert "Key of Mia" in see.screen() and "Why: Buyers asked 1 times" in see.screen()

    drive(steps, size=(80, 24))


def test_a_line_parts_what_waits_for_the_reader_from_the_rest_and_no_key_stops_at_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = '[[rules]]\napprove = ["marketing"]\nkeys = 2\n'
    bench = Bench(tmp_path, monkeypatch, {"content/policy.toml": policy(rules)} | cards(8))
    given = [bench.propose(number) for number in (1, 2, 3)]
    for id in given:
        approve(bench.rep, id, "Yes", by=MIA)
    send(bench.rep)
    for number in range(4, 9):
        bench.propose(number)
    bench.sit(MIA)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        listed = await to_queue(see)
        assert "To decide 5" in see.screen()
        names = []
        for _ in range(8):
            names.append(listed.chosen_row().proposal.id)  # type: ignore[union-attr]
            row = see.screen().splitlines()
            await see.press("down")
        assert len(set(names)) == 8 and set(names[5:]) == set(given)
        # On the way down the line has come, and the last row is seen whole.
        at = next(number for number, line in enumerate(row) if PARTS in line)
        assert "Better words" in row[at - 3] and "Better words" in row[at + 1]
        assert "Buyers asked" in row[-2] or "Buyers asked" in row[-3]
        # Beyond the last comes the first; the mouse knows the line, too.
        assert listed.rows.highlighted == 0
        listed.rows.action_edge(-1)
        line = listed.rows.parted * 3 - listed.rows.top  # type: ignore[operator]
        assert listed.rows._row_under(line) is None
        assert (listed.rows._row_under(line - 1), listed.rows._row_under(line + 1)) == (4, 5)

    drive(steps, size=(80, 24))


def test_settling_what_main_changed_too_does_not_take_it_from_the_heads(bench: Bench) -> None:
    bench.team.publish("content/policy.toml", policy())
    fetch_only(bench.rep)
    bench.at("2026-11-01T10:00:00+00:00")
    id = propose(bench.rep, by=REP)
    send(bench.rep)
    bench.team.publish(PRICE, PRICE_TEXT.replace("It pays for itself.", "It pays twice."))
    fetch_only(bench.rep)
    bench.at(EARLIER)
    assert [row.proposal.id for row in queue(bench.rep, state="escalated")] == [id]
    settled = {PRICE: PRICE_TEXT.replace("It pays for itself.", "It pays at once.")}
    conflict.resolve(bench.rep, id, settled, by=MIA)
    assert [row.proposal.id for row in queue(bench.rep, state="escalated")] == [id]
    # New words are a new decision.
    acting.revise(bench.rep, id, {PRICE: settled[PRICE].replace("at once", "soon").encode()}, by=REP)
    assert queue(bench.rep, state="escalated") == []


def test_settling_answers_who_had_asked_for_other_words(bench: Bench) -> None:
    bench.team.publish("content/policy.toml", policy())
    fetch_only(bench.rep)
    bench.at("2026-11-01T10:00:00+00:00")
    id = propose(bench.rep, by=REP)
    acting.request_changes(bench.rep, id, "Shorter", by=MIA)
    send(bench.rep)
    bench.team.publish(PRICE, PRICE_TEXT.replace("It pays for itself.", "It pays twice."))
    fetch_only(bench.rep)
    bench.at(NOW)
    conflict.resolve(bench.rep, id, {PRICE: PRICE_TEXT.replace("It pays for itself.", "It pays.")}, by=REP)
    assert queue(bench.rep, state="escalated") == []


def test_the_head_shows_every_reason_and_the_why_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = "".join(
        f'[[rules]]\npaths = ["objections/card-{number}.md"]\nkeys = 2\nsides = ["sales", "marketing"]\n'
        f'acknowledge = ["sales-head", "product"]\n'
        for number in (1, 2)
    )
    bench = Bench(tmp_path, monkeypatch, {"content/policy.toml": policy(rules)} | cards(2))
    bench.propose(1, why="Buyers asked for it again and again. " * 15 + "The end.")
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see)
        short = see.screen()
        assert "The end." not in short
        at = next(number for number, line in enumerate(short.splitlines()) if line.startswith(" Why: "))
        assert short.splitlines()[at + 1].startswith("   ")
        await see.press("i")
        await see.sees("The end.")
        page = see.screen().partition("content/objections/card-1.md, changed")[2].partition("In the field")[0]
        assert "…" not in page and "Not in main yet: " in page and page.count("again and again") > 5
        await see.press("i")
        await see.until(lambda: "The end." not in see.screen(), "the short head")

    drive(steps, size=(80, 24))


def test_without_colour_what_went_and_what_came_stand_in_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = "Acme plans one depot well.\n", "Acme plans a depot; we plan the whole country.\n"
    with_colour = "\n".join(line.text for line in inline_lines(before, after, 78))
    assert "[-" not in with_colour and "{+" not in with_colour
    monkeypatch.setenv("NO_COLOR", "1")
    shown = "\n".join(line.text for line in inline_lines(before, after, 78))
    assert "[-one-]{+a+}" in shown.replace("-] {+", "-]{+") and "[-" in shown.partition("depot")[2]
    table = "| a | b |\n|---|---|\n| one | two |\n"
    rows = "\n".join(line.text for line in inline_lines(table, table.replace("two", "three"), 78))
    assert "[-two-]" in rows and "{+three+}" in rows


def test_an_acknowledgement_that_merges_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(tmp_path, monkeypatch, {"content/policy.toml": policy(ACKNOWLEDGED)} | cards(2))
    id = bench.propose(1, by=MIA)
    approve(bench.rep, id, "Yes", by=MAX)
    send(bench.rep)
    assert find(bench.rep, id).state == "open"
    bench.sit(REP, "rep-sits")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see)
        await answer(see, "K")
        assert "Acknowledged, and merged: Better words 1" in toasts(app)

    drive(steps, size=(80, 24))
    assert "A better answer 1" in bench.team.text("content/objections/card-1.md")


def test_whose_words_came_to_main_is_told_so_first(bench: Bench) -> None:
    bench.propose(1)
    id = bench.propose(2)
    mine = bench.sit(REP, "rep-sits")
    before = refs.main_commit(mine)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.until(lambda: app.desk.sync_word not in ("", "syncing"), "the first sync")
        approve(bench.rep, id, "Yes", by=MIA)
        await see.press("f5")
        await see.until(lambda: "In step" in toasts(app), "the sync")
        assert toasts(app).startswith('Your words are in the library now: "Better words 2". In step with')

    drive(steps)
    assert arrived(mine, before) == ['Your words are in the library now: "Better words 2"']
    assert arrived(mine, refs.main_commit(mine)) == []
    bench.sit(MAX, "max")
    assert arrived(bench.mine, before) == []


def test_a_revision_says_whose_turn_it_is(bench: Bench) -> None:
    bench.propose(1)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see)
        await see.press("e")
        await see.until(lambda: app.screen.query("#editor"), "the editor")
        await see.until(lambda: "A better answer 1" in see.screen(), "the words")
        assert app.screen.turn == "Now it is Rep's turn to stand by your words; then somebody else's key counts"  # type: ignore[attr-defined]
        assert waits(app.desk.session, app.desk, app.screen.turn) == f"\n{app.screen.turn}"  # type: ignore[attr-defined,arg-type]

    drive(steps)


@pytest.mark.parametrize("key", ["a", "x", "d", "K"])
def test_on_what_nobody_reviewed_the_keys_of_a_review_say_which_ones_work(bench: Bench, key: str) -> None:
    id = bench.propose(1)
    approve(bench.rep, id, "Yes", by=MIA)
    send(bench.rep)
    bench.team.publish(PRICE, PRICE_TEXT.replace("It pays", "Straight in: it pays"))
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await see.press("left", "enter")
        await see.sees("Straight in")
        await see.press(key)
        assert "It is on main already: s marks it as seen, u proposes to take it back" in toasts(app)

    drive(steps, size=(80, 24))


def test_a_row_of_which_nothing_is_known_yet_says_that_it_is_being_read(bench: Bench) -> None:
    bench.propose(1)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        listed = await to_queue(see)
        listed.facts.clear()
        listed.fill()
        await see.sees("Rep · reading what it changes …")

    drive(steps, size=(80, 24))
