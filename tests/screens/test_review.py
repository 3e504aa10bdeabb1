"""The review screen: the change word by word, comments at their place, and every verdict with what it asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from piloting import Driver, drive
from reviewers import Bench, cards, done, laid_out, shows, to_queue, to_review, toasts
from team import MAX, MIA, PRICE, PRICE_TEXT, REP, TIMING, TIMING_TEXT, send

from playbook.app import PlaybookApp
from playbook.review import acting, branch
from playbook.review.acting import Place
from playbook.review.listing import find, proposals
from playbook.screens.reviewing.queue import QueueScreen
from playbook.screens.reviewing.review import ReviewScreen
from playbook.screens.reviewing.verdict import WordsScreen
from playbook.store.sync import fetch_only
from playbook.text.blocks import block_hash, blocks_of
from playbook.widgets.marked_rows import ADDED, REMOVED

LONG = (
    "Fair. Budget is real and nobody wants to spend it on a thing that sits in a drawer, so let us look at what a late\n"
    "delivery costs you in a month and what it costs your buyer too.\n"
)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch, cards(3))


def marked(review: ReviewScreen, style: str) -> list[str]:
    """The texts on the page that carry the style, signs left out."""
    return [
        line.text[start:end]
        for line in review.pane.page.lines
        for start, end, look in line.spans
        if look == style and start >= 2
    ]


def place_of(text: str, words: str, path: str = PRICE) -> Place:
    """The place of the block that begins with these words."""
    block = next(block for block in blocks_of(text, front=True) if block.text.startswith(words))
    return Place(path, block_hash(block), block.start)


async def panel(see: Driver) -> WordsScreen:
    """Wait for the panel."""
    await see.until(lambda: isinstance(see.app.screen, WordsScreen) and see.app.screen.query("#words"), "the panel")
    screen = see.app.screen
    assert isinstance(screen, WordsScreen)
    return screen


def test_r23_a_rewrapped_paragraph_with_one_changed_word_shows_one_changed_word(bench: Bench) -> None:
    before = PRICE_TEXT.replace("Fair.\n", LONG)
    after = before.replace(
        LONG, "Fair. " + LONG[6:].replace("\n", " ").replace("drawer", "cupboard").replace(" so ", "\nso ") + "\n"
    )
    bench.team.publish(PRICE, before)
    bench.propose(text=after)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        assert "1 word added, 1 removed in 1 place" in see.screen()
        review = await to_review(see)
        assert (marked(review, REMOVED), marked(review, ADDED)) == (["drawer"], ["cupboard"])
        await see.press("v")
        await see.until(lambda: any("│" in line.text for line in review.pane.page.lines), "two columns")
        assert (marked(review, REMOVED), marked(review, ADDED)) == (["drawer"], ["cupboard"])

    drive(steps, size=(80, 24))


def test_r23_from_120_columns_both_texts_stand_side_by_side(bench: Bench) -> None:
    bench.propose()
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        review = await to_review(see)
        row = next(line for line in see.screen().split("\n") if "It pays for itself" in line)
        assert "One late van costs more" in row.partition("│")[2]
        await see.pilot.resize_terminal(80, 24)
        await see.until(lambda: review.pane.page_width < 80, "the narrow page")
        await see.until(lambda: not any(" │ " in line.text for line in review.pane.page.lines), "one column")

    drive(steps, size=(120, 40))


def test_r24_comments_stand_below_their_block_and_are_outdated_when_it_is_gone(bench: Bench) -> None:
    id = bench.propose()
    text = PRICE_TEXT.replace("It pays for itself.", "One late van costs more.")
    acting.comment(bench.rep, id, "Is this so?", at=place_of(text, "Fair."), by=MAX)
    acting.comment(bench.rep, id, "Which vans?", at=place_of(text, "One late"), by=MAX)
    acting.revise(bench.rep, id, {PRICE: text.replace("One late van costs more.", "Two late vans.").encode()}, by=REP)
    send(bench.rep)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        review = await to_review(see)
        lines = [line.text for line in review.pane.page.lines]
        at = next(number for number, line in enumerate(lines) if "Fair." in line)
        assert any("Is this so?" in line for line in lines[at : at + 4])
        gone = next(number for number, line in enumerate(lines) if line.startswith("Outdated"))
        assert "outdated Max" in "\n".join(lines[gone:])
        assert "Which vans?" in "\n".join(lines[gone:])

    drive(steps, size=(80, 24))


def test_r24_a_comment_on_the_block_under_the_cursor_is_answered_closed_and_folded(bench: Bench) -> None:
    id = bench.propose()
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        review = await to_review(see)
        await see.press("c")
        await panel(see)
        # The words as they are proposed; not mixed with those that go, as the change is drawn.
        assert "One late van costs more." in see.screen().split("Comment on these words")[1].split("Enter sends")[0]
        assert "It pays" not in see.screen().split("Comment on these words")[1].split("Enter sends")[0]
        await see.type("Says who?")
        await see.press("ctrl+j")
        await see.type("Source please")
        await see.press("enter")
        await done(see)
        await see.until(lambda: review.reviewed is not None and review.reviewed.proposal.threads, "the comment")
        thread = find(bench.mine, id).threads[0]
        assert thread.first.text == "Says who?\nSource please"
        after = PRICE_TEXT.replace("It pays for itself.", "One late van costs more.")
        assert Place.of(thread.first.path, thread.first.anchor) == place_of(after, "One late")
        await see.sees("Source please")
        await see.press("j", "R")
        await panel(see)
        await see.type("Finance")
        await see.press("enter")
        await done(see)
        await see.sees("1 answer")
        await see.until(lambda: "Source please" not in see.screen().partition("▸")[0], "folded")
        await see.press("enter")
        await see.sees("Finance")
        await see.press("T")
        await done(see)
        await see.until(lambda: find(bench.mine, id).threads[0].closed, "closed")
        await see.sees("✓ closed")

    drive(steps, size=(80, 24))


@pytest.mark.parametrize(
    ("key", "needs"), [("d", "needs a reason"), ("z", "needs a reason"), ("x", "Say what should be")]
)
def test_r25_a_verdict_that_needs_words_refuses_none(bench: Bench, key: str, needs: str) -> None:
    id = bench.propose()
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see)
        await see.press(key)
        await panel(see)
        await see.press("enter", "space", "enter")
        await see.sees(needs)
        assert isinstance(app.screen, WordsScreen)
        assert find(bench.mine, id).state == "open"

    drive(steps, size=(60, 15))


def test_r25_words_typed_into_a_panel_survive_escape_and_a_refusal(bench: Bench) -> None:
    first = bench.propose(1)
    bench.propose(2)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see)
        await shows(see, first)
        await see.press("d")
        await panel(see)
        await see.type("Legal says no")
        await see.press("escape", "right")
        await laid_out(see)
        await see.press("d")
        assert (await panel(see)).words.text == ""
        await see.press("escape", "left")
        await shows(see, first)
        # Meanwhile its author takes it back, so the decline is refused.
        acting.withdraw(bench.mine, first, by=REP)
        await see.press("d")
        assert (await panel(see)).words.text == "Legal says no"
        await see.press("enter")
        await done(see)
        await see.sees("is withdrawn already")
        # Once: it stands on the screen, so no toast says it, too.
        assert "is withdrawn already" not in toasts(app)
        assert "Legal says no" in app.doer.typed.values()

    drive(steps)


def test_r25_a_proposal_of_several_files_is_read_file_by_file_and_split(bench: Bench) -> None:
    bench.sit()
    words = {
        PRICE: PRICE_TEXT.replace("Yes.", "Yes!").encode(),
        TIMING: TIMING_TEXT.replace("When", "How soon").encode(),
    }
    id = branch.begin(bench.mine, words, title="Two files", why="Both are old", by=REP).proposal
    send(bench.mine)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        assert "2 files: 2 changed" in see.screen()
        await to_review(see)
        assert "File 1 of 2: content/objections/price.md" in see.screen()
        await see.press("right_square_bracket")
        await see.sees("How soon")
        assert "File 2 of 2: content/objections/timing.md" in see.screen()
        await see.press("s")
        await see.sees("Which files go by themselves?")
        await see.press("down", "space", "enter")
        await done(see)
        assert "Split into two proposals" in toasts(app)
        made = [
            row.proposal for row in see.app.screen_stack[1].queued.rows if row.proposal.title.startswith("Two files (")
        ]  # type: ignore[attr-defined]
        await see.until(lambda: find(bench.mine, id).state == "parked", "the first is put aside")
        assert [part.paths for part in made] in ([], [(TIMING,), (PRICE,)], [(PRICE,), (TIMING,)])

    drive(steps, size=(120, 40))


def test_r25_ones_own_is_withdrawn_and_opened_again_and_never_approved(bench: Bench) -> None:
    id = bench.propose()
    bench.sit(REP, "rep")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see, "right")
        assert "yours" in see.screen()
        await see.press("a")
        assert "You cannot approve it" in toasts(app)
        await see.press("w")
        await panel(see)
        await see.press("enter")
        await done(see)
        await see.sees("Withdrawn:")
        assert find(bench.mine, id).state == "withdrawn"
        await see.press("o")
        await panel(see)
        await see.press("enter")
        await done(see)
        await see.until(lambda: find(bench.mine, id).state == "open", "open again")

    drive(steps)


def test_r25_an_approval_is_for_the_words_on_the_screen(bench: Bench) -> None:
    id = bench.propose(1)
    bench.propose(2)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        review = await to_review(see)
        await shows(see, id)
        await see.press("a")
        await panel(see)
        fetch_only(bench.rep)
        path = "content/objections/card-1.md"
        acting.revise(
            bench.rep, id, {path: cards(1)[path].replace("The old answer", "Something else").encode()}, by=REP
        )
        send(bench.rep)
        await see.press("enter")
        await done(see)
        assert "have changed since you looked" in review.refused[id]
        assert "have changed since you looked" not in toasts(app)
        assert review.id_shown == id
        assert "Something else" not in bench.team.text(path)
        await see.sees("Something else")
        await see.sees("! The words of")
        await see.press("a", "enter")
        await done(see)
        assert "Something else" in bench.team.text(path)
        assert review.id_shown != id

    drive(steps)


def test_r25_with_the_hub_out_of_reach_the_approval_is_kept_and_stays_in_view(bench: Bench) -> None:
    id = bench.propose(1)
    bench.propose(2)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        review = await to_review(see)
        await shows(see, id)
        bench.team.hub.rename(bench.team.hub.with_suffix(".away"))
        await see.press("a", "enter")
        await done(see)
        assert "is kept and goes out with the next sync" in review.refused[id]
        assert toasts(app) == ""
        assert review.id_shown == id
        await see.sees("↑ waits to be sent")
        bench.team.hub.with_suffix(".away").rename(bench.team.hub)
        await see.press("f5")
        await see.until(lambda: "A better answer 1" in bench.team.text("content/objections/card-1.md"), "the merge", 30)

    drive(steps)


def test_r25_one_goes_on_while_an_approval_is_sent(bench: Bench) -> None:
    first, second = bench.propose(1), bench.propose(2)
    bench.team.hook("pre-receive", "sleep 1\n")
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        review = await to_review(see)
        await shows(see, first)
        await see.press("a", "enter")
        await see.sees("Sending to the hub: Better words 1")
        await see.press("right")
        await shows(see, second)
        assert app.doer.doing
        await see.press("j", "k")
        await done(see)
        assert review.id_shown == second
        assert "Merged: Better words 1" in toasts(app)

    drive(steps)


def test_r25_one_goes_on_after_an_approval_that_a_sync_saw_first(bench: Bench) -> None:
    first, second = bench.propose(1), bench.propose(2)
    bench.team.hook("pre-receive", "sleep 1\n")
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        review = await to_review(see)
        await shows(see, first)
        await see.press("a", "enter")
        await see.sees("Sending to the hub: Better words 1")
        review.undecided.remove(first)
        await see.press("d")
        assert "still being done" in toasts(app)
        await done(see)
        await shows(see, second)

    drive(steps)


def test_r25_a_host_that_merges_itself_says_where(bench: Bench) -> None:
    bench.propose(1)
    bench.propose(2)
    bench.team.hook(
        "pre-receive",
        "while read old new ref; do\n"
        "[ $ref = refs/heads/main ] && { echo 'use a pull request: https://host.example/pr/1' >&2; exit 1; }\n"
        "done\nexit 0\n",
    )
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        review = await to_review(see)
        id = review.id_shown
        await see.press("a", "enter")
        await done(see)
        assert "approved, merge on the host" in review.refused[id]
        assert "approved, merge on the host" not in toasts(app)
        assert review.id_shown == id
        await see.sees("merge on the host")

    drive(steps)


def test_r35_an_approval_without_a_why_asks_for_one_and_the_merge_says_it(bench: Bench) -> None:
    id = bench.propose(1, why="")
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        assert "nobody said why yet" in see.screen()
        await to_review(see)
        await see.press("a")
        await see.sees("Nobody said why yet")
        await see.press("enter")
        await see.sees("A merge says why: nobody said it yet")
        await see.type("Three buyers asked")
        await see.press("enter")
        await done(see)
        assert "Three buyers asked" in bench.main_log()

    drive(steps, size=(80, 24))
    assert find(bench.mine, id).why == "Three buyers asked"
    assert [one.why for one in proposals(bench.mine, merged=True)] == ["Three buyers asked"]


def test_r35_a_merged_one_shows_its_why_and_is_taken_back_with_a_reason(bench: Bench) -> None:
    from playbook.review.approve import approve

    id = bench.propose(1)
    bench.sit()
    approve(bench.mine, id)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await see.press("right", "right", "right")
        await see.sees("✓ merged")
        await to_review(see)
        assert "✓ Merged into main" in see.screen()
        assert "Why: Buyers asked 1 times" in see.screen()
        await see.press("u")
        await panel(see)
        await see.press("enter")
        await see.sees("needs a reason")
        await see.type("It was wrong")
        await see.press("enter")
        await done(see)
        assert "Proposed: take back" in toasts(app)
        await see.press("escape", "left", "left")
        await see.sees("Take back: Better words 1")

    drive(steps)


def test_r38_verifying_is_an_act_of_its_own_from_the_list(bench: Bench) -> None:
    from playbook.review.listing import proposals

    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.press("escape", "V")
        await see.sees("Verify: Card number 1")
        await see.press("enter")
        await done(see)
        assert "Card number 1 is said to be right as it stands" in toasts(app)
        (made,) = [one for one in proposals(bench.mine, merged=True) if one.kind == "verify"]
        assert made.paths == ("content/objections/card-1.md",)

    drive(steps)


@pytest.mark.parametrize(
    ("what", "typed"), [("retire", "Nobody says it"), ("delete", "Twice there"), ("rename", "objections/other")]
)
def test_a_card_is_retired_renamed_or_deleted_by_a_proposal_with_its_reason(
    bench: Bench, what: str, typed: str
) -> None:
    from playbook.review.listing import proposals

    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await see.opened()
        await see.type("card number 2")
        await see.answered("card number 2")
        assert {"Retire the card", "Rename the card"} <= {one.title for one in app.get_system_commands(app.screen)}
        app.action_act(what)
        screen = await panel(see)
        screen.words.text = ""
        await see.press("enter")
        await see.sees("needs a")
        await see.type(typed)
        await see.press("enter")
        await done(see)
        (made,) = proposals(bench.mine)
        assert made.kind == what
        assert typed in made.why

    drive(steps, size=(80, 24))


def test_a_note_shows_what_it_says_and_cannot_be_approved(bench: Bench) -> None:
    bench.sit()
    branch.begin(
        bench.mine,
        {},
        title="Note: price",
        text="The figure is **old**.",
        kind="note",
        about="objections/price",
        by=REP,
    )

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        assert "a note, nothing edited yet" in see.screen()
        await to_review(see)
        assert "The figure is old." in see.screen()
        await see.press("a")
        assert "It is a note" in toasts(app)

    drive(steps, size=(80, 24))


def test_what_others_said_with_their_verdict_is_read_before_the_change(bench: Bench) -> None:
    id = bench.propose()
    bench.sit()
    acting.request_changes(bench.mine, id, "Say the year", by=MAX)
    assert MIA.mail != MAX.mail

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see)
        assert "Max asks for changes: Say the year" in see.screen()
        assert "Not in main yet: Max asks for changes" in see.screen()
        await see.press("escape")
        await see.until(lambda: isinstance(app.screen, QueueScreen), "the queue")

    drive(steps, size=(80, 24))
