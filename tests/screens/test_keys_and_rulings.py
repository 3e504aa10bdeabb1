"""Keys and rulings on the screens: whose key is there and what it is worth, what one's own would do, and who decides a quarrel."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from court import ADA, CARL, VERA, policy
from piloting import Driver, drive
from reviewers import EARLIER, Bench, cards, done, laid_out, to_queue, to_review, toasts
from team import MAX, MIA, REP, send

from playbook.app import PlaybookApp
from playbook.errors import NotPermitted
from playbook.review import acting
from playbook.review.approve import approve
from playbook.review.audit import audit
from playbook.review.keyring import Keyring, keyring
from playbook.review.listing import find
from playbook.review.rules.rights import rights_at
from playbook.review.ruling import escalate, override, rule
from playbook.screens.reviewing.queue import QueueScreen
from playbook.screens.reviewing.review import ReviewScreen
from playbook.screens.reviewing.shown import HEADS
from playbook.screens.reviewing.verdict import ChoiceScreen, WordsScreen
from playbook.store import refs
from playbook.store.sync import fetch_only
from playbook.store.writing import Person

BOTH = '[[rules]]\napprove = ["sales", "marketing"]\nkeys = 2\nsides = ["sales", "marketing"]\n'


def sitting(root: Path, monkeypatch: pytest.MonkeyPatch, rules: str = BOTH, text: str = "") -> Bench:
    """A bench under these rules."""
    return Bench(root, monkeypatch, {"content/policy.toml": text or policy(rules)} | cards(2))


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return sitting(tmp_path, monkeypatch)


async def panel(see: Driver, kind: type[object] = WordsScreen) -> None:
    """Wait for the panel, painted."""
    wanted = "#words" if kind is WordsScreen else "#choices"
    await see.until(lambda: isinstance(see.app.screen, kind) and see.app.screen.query(wanted), "the panel")
    await see.pilot.pause(0.1)


async def told(see: Driver, *keys: str, words: str = "") -> None:
    """Press keys that open a panel, and answer it."""
    await see.press(*keys)
    await panel(see)
    await see.type(words)
    await see.press("enter")
    await done(see)


async def on(see: Driver, id: str) -> ReviewScreen:
    """From the start to the review of that proposal, which stands first."""
    await to_queue(see)
    review = await to_review(see)
    assert review.id_shown == id
    return review


def offered(app: PlaybookApp) -> set[str]:
    """The names of what the palette offers on the screen."""
    return {command[0] for command in app.screen.palette_commands}  # type: ignore[attr-defined]


def quarrel(bench: Bench) -> str:
    """A proposal of the rep's that Mia approves and Max wants otherwise, at the hub."""
    id = bench.propose(1)
    approve(bench.rep, id, "Yes", by=MIA)
    acting.request_changes(bench.rep, id, "Not like this", by=MAX)
    send(bench.rep)
    return id


def flat(see: Driver) -> str:
    """The screen as one line of words."""
    return " ".join("".join(" " if sign in "│▊▎▔▁" else sign for sign in see.screen()).split())


def test_r31_a_marketer_is_refused_alone_sales_adds_its_key_and_it_merges(bench: Bench) -> None:
    first, second = bench.propose(1), bench.propose(2)
    bench.sit(MIA)

    async def marketing(app: PlaybookApp, see: Driver) -> None:
        await on(see, first)
        told_once = "it needs a key from sales; it needs a key from marketing (objections/card-1.md: rule 1 of"
        assert f"Not in main yet: {told_once} content/policy.toml)" in flat(see)
        assert "Your key counts; then still: it needs a key from sales" in flat(see)
        await see.press("a")
        await panel(see)
        assert "Key Your key counts; then still: it needs a key from sales" in flat(see)
        await see.press("enter")
        await done(see)
        # What is only recorded says for which one it is, and what it still waits for; then the next one comes.
        said = toasts(app)
        assert said.startswith("Better words 1: your approval is recorded; it needs a key from sales (")
        review = await laid_out(see)
        assert review.id_shown == second

    drive(marketing, size=(80, 24))
    assert "Playbook-Proposal" not in bench.main_log()
    bench.sit(Person("Sam", "sam@example.com"), "sam")

    async def sales(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        review = await to_review(see)
        assert review.id_shown == first
        assert "Keys: ✓ Mia approved" in see.screen() and "Your key merges it" in see.screen()
        await told(see, "a")
        assert "Merged: Better words 1" in toasts(app)

    drive(sales, size=(80, 24))
    assert f"Playbook-Proposal: {first}" in bench.main_log()


def test_r30_who_may_not_approve_is_told_why_before_pressing_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launches = '[[rules]]\n[[rules]]\npaths = ["content/launches/**"]\napprove = ["sales"]\n'
    bench = sitting(tmp_path, monkeypatch, launches)
    id = bench.propose(1)
    bench.sit(Person("Sam", "sam@example.com"), "sam")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await on(see, id)
        assert "Not yours to approve: it needs a key of marketing, and Sam is none" in flat(see)
        await see.press("a")
        assert "You cannot approve it: it needs a key of marketing" in toasts(app)
        assert isinstance(app.screen, ReviewScreen)

    drive(steps, size=(80, 24))


def test_r33_a_quarrel_stands_before_the_heads_and_the_arbiter_rules_against_it(bench: Bench) -> None:
    bench.propose(2, at="2026-11-18T10:00:00+00:00")
    id = quarrel(bench)
    bench.sit(ADA, "ada")

    async def rules(app: PlaybookApp, see: Driver) -> None:
        queue = await to_queue(see)
        assert "Before the heads 1" in see.screen() and "! BEFORE HEADS" in see.screen()
        assert "Vera and Carl are to decide: Mia approves it and Max asks for changes" in see.screen()
        await see.press("right")
        assert queue.view == HEADS
        await to_review(see)
        assert "Heads: Vera and Carl are to decide: Mia approves it" in flat(see)
        assert "r rules on it" in flat(see)
        await see.press("r")
        await panel(see, ChoiceScreen)
        await see.press("down", "enter")
        await panel(see)
        await see.press("enter")
        assert "A ruling needs its reason" in see.screen()
        await see.type("Legal says no")
        await see.press("enter")
        await done(see)
        assert "Ruled against: Better words 1" in toasts(app)

    drive(rules, size=(80, 24))
    bench.sit(REP, "rep-sits")

    async def author(app: PlaybookApp, see: Driver) -> None:
        queue = await to_queue(see)
        while queue.view != "Mine":
            await see.press("right")
        await see.sees("ruled against because Ada: Legal says no".replace("because ", "because  "))
        await to_review(see)
        assert "Ruled against by Ada: Legal says no" in see.screen()
        assert "Ada ruled against it: Legal says no" in see.screen()
        await see.press("r")
        assert "It is declined" in toasts(app)

    drive(author, size=(80, 24))
    assert find(bench.mine, id).state == "declined"


def test_r33_whoever_is_to_rule_finds_it_first_and_a_head_that_has_ruled_finds_it_no_more(bench: Bench) -> None:
    late = bench.propose(2, at="2026-11-18T10:00:00+00:00")
    id = quarrel(bench)
    rule(bench.rep, id, "For", by=CARL)
    bench.sit(VERA, "vera")

    async def vera(app: PlaybookApp, see: Driver) -> None:
        queue = await to_queue(see)
        assert [row.proposal.id for row in queue.listed] == [id, late]  # type: ignore[union-attr]
        await to_review(see)
        assert "Keys: ✓ Mia approved, ✓ Carl ruled for it" in see.screen()
        await see.press("r")
        await panel(see, ChoiceScreen)
        await told(see, "enter", words="Buyers asked")
        assert "Merged: Better words 1" in toasts(app)
        review = await laid_out(see)
        assert review.id_shown == late

    drive(vera, size=(80, 24))
    assert "Playbook-Lane: ruling" in bench.main_log()


def test_r33_a_head_that_has_ruled_is_not_asked_again(bench: Bench) -> None:
    id = quarrel(bench)
    rule(bench.rep, id, "For", by=CARL)
    bench.sit(CARL, "carl")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        assert "0 to decide" in see.screen()
        assert "Vera is to decide: Mia approves it" in see.screen()

    drive(steps, size=(80, 24))


def test_r33_the_queue_and_a_review_count_the_same_ones_to_decide(bench: Bench) -> None:
    bench.propose(1, at="2026-11-01T10:00:00+00:00")
    bench.propose(2)
    bench.propose(3)
    bench.sit()

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        assert "To decide 3] Before the heads 1" in see.screen()  # a key still merges what stands before the heads
        await see.press("enter")
        await laid_out(see)
        assert "3 to decide" in see.screen()

    drive(steps, size=(80, 24))


def test_r33_its_proposer_puts_it_before_the_heads_with_a_reason(bench: Bench) -> None:
    id = bench.propose(1)
    bench.sit(REP, "rep-sits")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        queue = await to_queue(see)
        while queue.view != "Mine":
            await see.press("right")
        await to_review(see)
        assert offered(app) >= {"To the heads"} and not offered(app) & {"Rule", "Force"}
        await told(see, "H", words="Nobody answers")
        assert "Before the heads: Better words 1" in toasts(app)
        await see.until(lambda: "Rep asked the heads to decide" in flat(see), "where it stands")
        assert "Rep asked the heads to decide: Nobody answers" in flat(see)
        await see.press("H")
        assert "It cannot be put before the heads: it stands before the heads already" in toasts(app)

    drive(steps, size=(80, 24))
    fetch_only(bench.rep)
    assert find(bench.rep, id).state == "escalated"


def test_r37_forcing_says_that_its_mark_stays_and_it_does(bench: Bench) -> None:
    id = bench.propose(1)
    bench.sit(VERA, "vera")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await on(see, id)
        assert {"Force", "To the heads"} <= offered(app) and "Rule" not in offered(app)
        await see.press("r")
        assert "You cannot rule on it: it does not stand before the heads" in toasts(app)
        await see.press("F")
        await panel(see)
        assert "A mark stays: that you forced it, and this reason, stand on the card and in the audit" in flat(see)
        await see.type("The buyer signs tonight")
        await see.press("enter")
        await done(see)
        assert "Forced, and merged: Better words 1" in toasts(app)
        queue = app.screen
        assert isinstance(queue, QueueScreen)
        await see.until(lambda: queue.queued and queue.queued.view("Ended"), "what ended")
        while queue.view != "Ended":
            await see.press("right")
        await to_review(see)
        assert "Merged into main, FORCED" in see.screen() and "Vera forced it: The buyer signs tonight" in flat(see)

    drive(steps, size=(80, 24))
    fetch_only(bench.mine)
    (newest, *_) = audit(bench.mine)
    assert [(key.by, key.text) for key in newest.forced] == [(VERA, "The buyer signs tonight")]


@pytest.mark.parametrize(("who", "may"), [(MAX, set()), (ADA, {"Rule"}), (VERA, {"Rule", "Force"})])
def test_r33_the_ways_out_are_offered_to_those_they_belong_to(bench: Bench, who: Person, may: set[str]) -> None:
    id = bench.propose(1)
    escalate(bench.rep, id, "Please", by=REP)
    send(bench.rep)
    bench.sit(who, who.name.lower())

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await on(see, id)
        assert offered(app) & {"Rule", "Force", "To the heads"} == may
        if not may:
            await see.press("F")
            assert toasts(app).startswith("You cannot force it: content/objections/card-1.md may be forced by heads")
            await see.press("r")
            assert "You cannot rule on it: max@example.com is neither a head nor the arbiter" in toasts(app)

    drive(steps, size=(80, 24))


def test_a_library_without_heads_has_no_such_view(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(tmp_path, monkeypatch, cards(1))
    bench.propose(1)
    bench.sit(MIA)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        assert "Before the heads" not in see.screen()
        review = await to_review(see)
        # A policy that lists nobody's keys has nothing to say of signatures.
        assert "Your key merges it" in see.screen() and "unsigned" not in see.screen()
        assert review.reviewed is not None and review.reviewed.keyring.refused["rule"].startswith("no heads")

    drive(steps, size=(80, 24))


@pytest.fixture
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pairs of keys: mia, max."""
    folder = tmp_path_factory.mktemp("pairs")
    for name in ("mia", "max"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)], check=True
        )
    return folder


def use_key(place: Path, who: Person) -> None:
    """Have git be that person, who signs with that key."""
    Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text(
        f"[user]\n\tname = {who.name}\n\temail = {who.mail}\n\tsigningkey = {place}\n[gpg]\n\tformat = ssh\n"
    )


def test_r34_each_key_shows_how_it_is_signed_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pairs: Path
) -> None:
    lists = policy('[[rules]]\napprove = ["marketing"]\nkeys = 4\n')
    for who in ("mia", "max"):
        key = (pairs / f"{who}.pub").read_text().strip()
        lists = lists.replace(f'name = "{who.capitalize()}",', f'name = "{who.capitalize()}", keys = ["{key}"],')
    bench = sitting(tmp_path, monkeypatch, text=lists)
    id = bench.propose(1)
    use_key(pairs / "mia", MIA)
    approve(bench.rep, id, "Yes", by=MIA)
    use_key(pairs / "mia", MAX)
    with pytest.raises(NotPermitted, match="Nobody would believe that it is you"):
        approve(bench.rep, id, "Yes", by=MAX)
    # An older playbook would have written it all the same.
    monkeypatch.setattr("playbook.review.branch.check_own_key", lambda *_: None)
    with pytest.raises(NotPermitted, match="counts for nothing"):
        approve(bench.rep, id, "Yes", by=MAX)
    use_key(pairs / "mia", CARL)
    approve(bench.rep, id, "Yes", by=Person("Pia", "pia@example.com"))
    send(bench.rep)
    use_key(pairs / "mia", MAX)
    bench.sit(MAX, "max")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await on(see, id)
        said = flat(see)
        assert "Mia approved [✓ verified], Max approved [× wrong key], which does not count" in said
        assert "Pia approved [? unsigned]" in said
        # With this key his own would be worth no more than the one he gave.
        assert (
            "Not yours to approve: " in said and "is not among the keys that content/policy.toml lists for you" in said
        )

    drive(steps, size=(120, 40))
    use_key(pairs / "max", MAX)
    main = refs.main_commit(bench.mine)

    def ring() -> Keyring:
        proposal = find(bench.mine, id)
        return keyring(bench.mine, proposal, main, rights_at(bench.mine, main, proposal.events), MAX)

    assert "the approval of Max does not count" in ring().missing[0]
    assert (ring().may_not, ring().merges) == ("", False)
    assert ring().then[0].startswith("it needs 4 keys of marketing and has 3")
    approve(bench.mine, id, "Yes", by=MAX)
    # Once he gave one that counts, nobody is told of the one that does not.
    assert [one[:42] for one in ring().missing] == ["it needs 4 keys of marketing and has 3 (co"]
    assert [(one.by, one.badge) for one in ring().given] == [
        ("Mia", "verified"),
        ("Pia", "unsigned"),
        ("Max", "verified"),
    ]


def test_r30_ones_own_key_is_judged_before_it_is_given(bench: Bench) -> None:
    id = bench.propose(1)
    acting.request_changes(bench.rep, id, "No", by=MIA)
    approve(bench.rep, id, "Yes", by=Person("Sam", "sam@example.com"))
    main = refs.main_commit(bench.rep)

    def ring(who: Person) -> tuple[str, bool, tuple[str, ...]]:
        proposal = find(bench.rep, id)
        found = keyring(bench.rep, proposal, main, rights_at(bench.rep, main, proposal.events), who)
        return found.own, found.merges, found.then

    # What she said before is no obstacle to what she says now.
    assert ring(MIA) == ("gives", True, ())
    assert ring(MAX) == ("gives", False, ("Mia asks for changes",))
    assert ring(Person("Sam", "sam@example.com")) == ("given", False, ())
    assert ring(REP)[0] == ""
    override(bench.rep, id, "Tonight", by=VERA)
    assert find(bench.rep, id).state == "merged"
    assert ring(MIA) == ("", False, ())


def test_r31_out_of_order_a_key_alone_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order = '[[rules]]\norder = ["sales", "marketing"]\n'
    bench = sitting(tmp_path, monkeypatch, order)
    id = bench.propose(1, at=EARLIER)
    bench.sit(MIA)

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await on(see, id)
        assert "sales must sign next, in the order sales, marketing" in flat(see)
        assert "Your key changes nothing yet: sales must sign next" in flat(see)

    drive(steps, size=(80, 24))
