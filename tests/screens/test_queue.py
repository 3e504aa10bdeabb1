"""The review queue: what its rows say, its views, and ten decisions by keyboard alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from piloting import Driver, drive
from reviewers import LATE, Bench, cards, done, laid_out, shows, to_queue, to_review, toasts
from team import MAX, PRICE, PRICE_TEXT, REP, send

from playbook.app import PlaybookApp
from playbook.review import acting
from playbook.screens.reviewing.queue import QueueScreen
from playbook.screens.reviewing.review import ReviewScreen


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch, cards(10))


def test_r22_ten_proposals_are_decided_by_keyboard_alone(bench: Bench) -> None:
    ids = [bench.propose(number) for number in range(1, 11)]
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        queue = await to_queue(see)
        order = [row.proposal.id for row in queue.listed]  # type: ignore[union-attr]
        assert sorted(order) == sorted(ids)
        assert "10 to decide" in see.screen()
        review = await to_review(see)
        # Six are approved, two declined, one is sent back, one put aside; each leads to the next.
        plan = ["a", "d", "a", "x", "a", "z", "a", "d", "a", "a"]
        for at, key in enumerate(plan):
            await shows(see, order[at])
            await see.press(key)
            await see.until(lambda: type(app.screen).__name__ == "WordsScreen", "the panel")
            if key != "a":
                await see.type("Not like this")
            await see.press("enter")
            await done(see)
        await see.until(lambda: isinstance(app.screen, QueueScreen), "back in the queue")
        assert "Nothing more waits for your decision" in toasts(app)
        await see.until(lambda: "0 to decide" in see.screen(), "nothing to decide")
        assert review.undecided == []
        for at, key in enumerate(plan):
            said = bench.team.at_hub("branch", "--list", f"proposals/{order[at]}")
            assert said, order[at]
            if key == "a":
                number = ids.index(order[at]) + 1
                assert f"A better answer {number}" in bench.team.text(f"content/objections/card-{number}.md")
                assert f"Buyers asked {number} times" in bench.main_log()
            else:
                await see.until(
                    lambda at=at, key=key: (
                        bench.events(order[at])[-1]  # type: ignore[misc]
                        == {"d": "decline", "x": "request-changes", "z": "park"}[key]
                    ),
                    "the verdict at the hub",
                )

    drive(steps, size=(80, 24))


def test_r22_a_row_says_age_author_why_kind_change_and_what_stands_in_its_way(bench: Bench) -> None:
    late = bench.propose(1, at=LATE)
    bench.propose(1, title="Another try")
    bench.propose(
        2, text=cards(2)["content/objections/card-2.md"].replace("## Proof\n", "[gone](nowhere.md)\n\n## Proof\n")
    )
    clash = bench.propose(3)
    acting.comment(bench.rep, clash, "Is that so?", by=REP)
    bench.propose()
    bench.team.publish(
        "content/objections/card-3.md", cards(3)["content/objections/card-3.md"].replace("The old", "Main's")
    )
    bench.sit()
    acting.request_changes(bench.mine, late, "Shorter", by=MAX)
    bench.team.hook("pre-receive", "exit 1")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        shown = see.screen()
        for said in (
            *("Better words 1", "Rep", "why  Buyers asked 1 times", "edit", "2 words added, 2 removed in 1 place"),
            *("1 more on this card", "1 lint error", "CONFLICT", "1 comment", "12 h of 48 h"),
            *("↑ waits to be sent", "Max asks for changes", "Say it better", "Buyers laugh"),
        ):
            assert said in shown, (said, shown)

    drive(steps, size=(120, 40))


def test_r22_what_waits_longer_than_agreed_stands_first_and_says_so_in_a_word(bench: Bench) -> None:
    bench.propose(1)
    bench.propose(2, at=LATE)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        queue = await to_queue(see)
        assert queue.listed[0].proposal.title == "Better words 2"  # type: ignore[union-attr]
        assert "! OVERDUE 4 d" in see.screen()
        assert "2 to decide  1 OVERDUE" in see.screen()

    drive(steps, size=(60, 15))


def test_r22_my_proposals_show_what_became_of_them_and_why(bench: Bench) -> None:
    declined = bench.propose(1)
    parked = bench.propose(2)
    bench.propose(3)
    bench.sit()
    acting.decline(bench.mine, declined, "Legal says no")
    acting.park(bench.mine, parked, "Until spring")
    send(bench.mine)
    bench.propose(4, by=MAX)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await see.press("right")
        await see.sees("× declined")
        assert "declined because  Mia: Legal says no" in see.screen()
        assert "parked because  Mia: Until spring" in see.screen()
        assert "Better words 4" not in see.screen()
        await see.press("right")
        await see.sees("[Parked 1]")
        assert "Better words 2" in see.screen()
        await see.press("tab")
        await see.sees("[Ended 1]")
        assert "Better words 1" in see.screen()
        await see.press("left", "left", "left")
        await see.sees("[To decide")

    bench.sit(REP, "rep")
    drive(steps, size=(80, 24))


def test_r22_commits_that_nobody_reviewed_stand_at_the_end(bench: Bench) -> None:
    from playbook.review.approve import approve

    bench.propose(1)
    bench.propose(2)
    bench.sit()
    approve(bench.mine, bench.propose(3))
    bench.team.publish("content/objections/card-5.md", "# Card five\n\nStraight in.\n")
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        queue = await to_queue(see)
        assert "! UNREVIEWED" in see.screen()
        assert "Ann Author · went straight to main" in see.screen()
        await see.press("end", "enter")
        await see.until(lambda: type(app.screen).__name__ == "CommitScreen", "the commit")
        await see.sees("Straight in.")
        await see.press("escape", "left")
        await see.sees("[Unreviewed 1]")
        assert len(queue.listed) == 1

    drive(steps, size=(80, 24))


def test_r22_the_place_is_kept_when_somebody_sends_another(bench: Bench) -> None:
    bench.propose(1)
    second = bench.propose(2)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        queue = await to_queue(see)
        await see.press("down")
        stood = queue.chosen_row().proposal.id  # type: ignore[union-attr]
        bench.propose(3, at=LATE)
        await see.press("f5")
        await see.until(lambda: len(queue.listed) == 3, "the third")
        assert queue.chosen_row().proposal.id == stood  # type: ignore[union-attr]
        assert queue.listed[0].proposal.title == "Better words 3"  # type: ignore[union-attr]
        assert second in [row.proposal.id for row in queue.listed]  # type: ignore[union-attr]

    drive(steps)


def test_r22_an_empty_queue_says_what_that_means(bench: Bench) -> None:
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        assert "Nothing waits for you" in see.screen()
        await see.press("right")
        await see.sees("You have proposed nothing yet")
        await see.press("enter", "escape")
        await see.until(lambda: type(app.screen).__name__ == "SearchScreen", "the search")

    drive(steps, size=(60, 15))


def test_r22_fifty_rows_are_listed_without_laying_them_all_out(bench: Bench) -> None:
    from playbook.review.branch import begin

    bench.sit()
    for number in range(50):
        begin(bench.mine, {}, title=f"Note {number}", text="Wrong", kind="note", by=REP)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        queue = await to_queue(see)
        queue.fill()
        made = [row for row in queue.rows.rows if "lines" in row.__dict__]
        await see.pilot.pause()
        assert made == []
        assert len(queue.rows.rows) == 50

    drive(steps, size=(80, 24))


def test_r27_a_second_proposal_on_the_same_card_says_so_and_its_author_may_join(bench: Bench) -> None:
    first = bench.propose(1)
    bench.sit(MAX, "max")
    second = bench.propose(1, by=MAX, title="Mine on the same card")
    bench.sit(MAX, "max")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        assert "1 more on this card" in see.screen()
        await to_review(see, "right")
        assert "Also proposed for this card: Better words 1" in see.screen()
        await see.press("J")
        await see.sees("Join which one?")
        await see.press("enter")
        await done(see)
        await see.until(lambda: "withdraw" in bench.events(second), "the withdrawal at the hub")
        assert bench.events(first)[-1] == "comment"

    drive(steps)


def test_r29_a_broken_branch_is_one_row_with_its_error_and_the_others_go_on(bench: Bench) -> None:
    good = bench.propose(1)
    bench.team.at_hub("update-ref", "refs/heads/proposals/20260101-broken-aaaaaa", "main")
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        assert "× BROKEN" in see.screen()
        assert "Its branch holds nothing that main has not got" in see.screen()
        assert "1 to decide" in see.screen()
        await to_review(see, "end")
        assert "This branch cannot be read" in see.screen()
        await see.press("a")
        assert "cannot be read" in toasts(app)
        await see.press("left")
        review = await shows(see, good)
        assert isinstance(review, ReviewScreen)
        await see.press("a", "enter")
        await done(see)
        assert "A better answer 1" in bench.team.text("content/objections/card-1.md")

    drive(steps, size=(80, 24))


def test_r29_names_and_titles_from_git_are_shown_as_they_are_and_do_nothing(bench: Bench) -> None:
    from playbook.store.writing import Person

    bench.propose(
        1,
        title="[red]Bold[/red] \x1b[2J title",
        why="[/] why \u202e",
        by=Person("[b]Rep\x1b]0;x\x07", "rep@example.com"),
    )
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        assert "[red]Bold[/red]" in see.screen()
        assert not set("\x1b\u202e\x07") & set(see.screen())
        await to_review(see)
        assert "[red]Bold[/red]" in see.screen()
        await see.press("a")
        await see.sees("Approve: [red]Bold[/red]")
        assert not set("\x1b\u202e\x07") & set(see.screen())
        await see.press("enter")
        await done(see)
        assert "Merged: [red]Bold[/red]" in toasts(app)

    drive(steps, size=(80, 24))


def test_the_queue_is_reached_from_box_list_browse_and_palette(bench: Bench) -> None:
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await see.press("escape")
        await see.press("escape", "r")
        await see.until(lambda: isinstance(app.screen, QueueScreen), "the queue from the list")
        await see.press("escape", "f6")
        await see.until(lambda: type(app.screen).__name__ == "BrowseScreen", "browsing")
        await see.press("r")
        await see.until(lambda: isinstance(app.screen, QueueScreen), "the queue from browsing")
        titles = {command.title for command in app.get_system_commands(app.screen)}
        assert {"Review queue", "Review", "Next view"} <= titles

    drive(steps)


def test_the_proposals_own_text_does_not_matter_to_the_keys(bench: Bench) -> None:
    bench.propose(text=PRICE_TEXT.replace("Yes.", "Yes, and more."), path=PRICE)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see)
        for key in ("j", "k", "n", "N", "v", "f", "space", "b", "G", "g", "right_square_bracket", "right", "left"):
            await see.press(key)
        review = await laid_out(see)
        assert any("Yes, and more." in line.text for line in review.pane.page.lines)

    drive(steps, size=(60, 15))


def test_leaving_while_the_queue_is_being_read_is_leaving_all_the_same(bench: Bench) -> None:
    bench.propose(1)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.press("f12", "ctrl+q")

    assert drive(steps).return_code == 0
