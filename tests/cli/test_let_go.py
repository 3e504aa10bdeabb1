"""Nothing of one's own waits for ever: two tips of a proposal are settled, and what the hub refuses is made anew or let go of."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from crew import Crew
from team import POLICY, PRICE, PRICE_TEXT, fsck

from playbook.review import ways_out
from playbook.review.guard.installing import install
from playbook.review.listing import find
from playbook.store import outbox, refs
from playbook.store.managed import find_library


class Signing(Crew):
    """People, of whom Max's git has a key once it is given."""

    key: Path | None = None

    def be(self, who: str, name: str = "") -> None:
        super().be(who, name)
        if self.key and who == "max":
            with Path(os.environ["GIT_CONFIG_GLOBAL"]).open("a") as config:
                config.write(f"\tsigningkey = {self.key}\n[gpg]\n\tformat = ssh\n")


@pytest.fixture
def keyed(crew: Crew) -> Signing:
    return Signing(crew.team, crew.place, crew.say, crew.environment)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pair of keys."""
    place = tmp_path_factory.mktemp("pair") / "max"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place)], check=True)
    return place


def two_tips(crew: Crew) -> str:
    """A proposal of the rep's that Max has revised at the hub, and the rep here, while the hub was away."""
    id = crew.propose("rep", "It saves a whole van.")
    crew("max", "sync")
    assert crew("rep", "proposal", "comment", id, "-m", "I mean it", "--offline").code == 0
    assert crew("rep", "proposal", "revise", id, "-m", "It saves two vans.", "--why", "More", "--offline").code == 0
    assert crew("rep", "proposal", "comment", id, "-m", "Two, says Bo", "--offline").code == 0
    assert crew("max", "proposal", "revise", id, "-m", "It saves a bus.", "--why", "Less").code == 0
    return id


def words_of(crew: Crew, id: str) -> list[str]:
    """All that the hub's branch says, oldest first: every version of the words, and every message."""
    rows = crew.team.at_hub("log", "--reverse", "--format=%s|%b", f"main..proposals/{id}")
    versions = crew.team.at_hub("log", "--reverse", "-p", "--format=", f"main..proposals/{id}")
    return [rows, versions]


# Two tips of one proposal


def test_two_who_changed_the_same_words_of_a_proposal_are_told_how_and_it_is_settled(crew: Crew) -> None:
    id = two_tips(crew)
    synced = crew("rep", "sync")
    assert f"`playbook proposal resolve {id}` joins them" in synced.out
    listed = crew("rep", "proposal", "resolve", id)
    assert listed.code == 4
    assert "ours, the hub has" in listed.out and "theirs, waits here" in listed.out
    assert "It saves a bus." in listed.out and "It saves two vans." in listed.out and "a whole van" in listed.out
    shown = crew("rep", "proposal", "resolve", id, "--json").json
    assert shown["with"] == "hub" and len(shown["conflicts"]) == 1
    row = crew("rep", "proposals", "--mine", "--json").json[0]
    assert row["conflict"] and f"proposal resolve {id}" in row["blocked_by"][0] and "resolve" in row["waits"]
    done = crew("rep", "proposal", "resolve", id, "--theirs", "-m", "Two it is")
    assert done.code == 0, done.err
    said, versions = words_of(crew, id)
    for words in ("I mean it", "Two, says Bo", "Two it is", "Why: More", "Why: Less"):
        assert said.count(words) == 1, words
    assert "It saves a bus." in versions and "It saves two vans." in versions
    assert "It saves two vans." in crew.team.text(PRICE, f"proposals/{id}")
    # One line of commits: the hub's guard takes no other.
    assert not crew.team.at_hub("log", "--merges", "--format=%h", f"main..proposals/{id}")
    after = crew("rep", "sync", "--json").json
    assert (after["ahead"], after["waiting"]) == (0, [])
    assert crew("rep", "proposal", "withdraw", id).code == 0
    assert crew.row("max", id)["state"] == "withdrawn"
    assert fsck(crew.team.hub) == ""


def test_the_hubs_words_may_stand_and_mine_stay_in_its_history(crew: Crew) -> None:
    id = two_tips(crew)
    assert crew("rep", "proposal", "withdraw", id, "-m", "Enough", "--offline").code == 0
    crew("rep", "sync")
    assert crew("rep", "proposal", "resolve", id, "--ours").code == 0
    said, versions = words_of(crew, id)
    assert "It saves a bus." in crew.team.text(PRICE, f"proposals/{id}")
    assert "It saves two vans." in versions and "Enough" in said
    # What was said after the words is said after them still: the withdrawal stands.
    assert crew.row("max", id)["state"] == "withdrawn"


def test_what_is_settled_by_hand_and_at_the_guarded_hub_goes_out(crew: Crew, tmp_path: Path) -> None:
    id = two_tips(crew)
    install(str(crew.team.hub), "mia@example.com")
    crew("rep", "sync")
    file = tmp_path / "price.md"
    file.write_text(PRICE_TEXT.replace("It pays for itself.", "It saves two buses."))
    assert crew("rep", "proposal", "resolve", id, "--from", str(file)).code == 0
    assert "It saves two buses." in crew.team.text(PRICE, f"proposals/{id}")
    assert crew("rep", "sync", "--json").json["waiting"] == []


def test_a_clash_that_a_later_revision_took_back_joins_by_itself(crew: Crew) -> None:
    id = crew.propose("rep", "It saves a whole van.")
    crew("max", "sync")
    crew("rep", "proposal", "revise", id, "-m", "It saves two vans.", "--offline")
    crew("rep", "proposal", "revise", id, "-m", "It saves a whole van.", "--offline")
    assert crew("max", "proposal", "revise", id, "-m", "It saves a bus.").code == 0
    assert crew("rep", "sync", "--json").json["waiting"] == []
    assert "It saves a bus." in crew.team.text(PRICE, f"proposals/{id}")


def test_a_hub_that_moved_while_one_settled_is_looked_at_again(crew: Crew) -> None:
    from playbook.errors import Conflict
    from playbook.review import conflict

    id = two_tips(crew)
    crew("rep", "sync")
    library = find_library(None)
    found = find(library, id)
    seen = conflict.against(library, found)
    texts = {one.target: one.ours for one in conflict.conflicts(library, found)}
    assert crew("max", "proposal", "revise", id, "-m", "It saves a train.").code == 0
    crew("rep", "sync")
    with pytest.raises(Conflict, match="changed since you looked"):
        conflict.resolve(library, id, texts, seen=found.tip, main=seen)


# What the hub refuses for ever


def refused_for_a_key(keyed: Signing, pair: Path) -> str:
    """Max asked for changes without a key while the hub was away, and meanwhile main lists one of his."""
    id = keyed.propose("rep", "It saves a whole van.")
    keyed("max", "sync")
    keyed.away()
    assert keyed("max", "proposal", "request-changes", id, "-m", "Shorter").code == 0
    keyed.back()
    key = pair.with_suffix(".pub").read_text().strip()
    keyed.team.publish("content/policy.toml", POLICY.replace('name = "Max",', f'name = "Max", keys = ["{key}"],'))
    install(str(keyed.team.hub), "mia@example.com")
    return id


def test_what_was_said_without_a_key_that_is_listed_by_now_is_made_anew_signed(keyed: Signing, pair: Path) -> None:
    id = refused_for_a_key(keyed, pair)
    without = " ".join(keyed("max", "sync").out.split())
    assert "git names none to sign with here" in without and f"proposal resend {id}` makes it anew, signed" in without
    assert keyed("max", "proposal", "resend", id).code == 3
    keyed.key = pair
    waits = keyed("max", "sync")
    assert f"`playbook proposal resend {id}` makes it anew as max@example.com" in " ".join(waits.out.split())
    assert f"proposal let-go {id}" in waits.out
    assert keyed("max", "proposal", "request-changes", id, "-m", "Shorter, signed").code == 0
    assert keyed("max", "proposal", "comment", id, "-m", "Hello").code == 0
    mine = keyed("max", "proposals", "--mine")
    assert "waits here" in mine.out and f"proposal resend {id}" in mine.out
    library = find_library(None)
    before = [event.id for event in ways_out.own_events(library, outbox_of(id))]
    assert len(before) == 3
    again = keyed("max", "proposal", "resend", id, "--json")
    assert again.code == 0 and again.json["sent"], again.err
    said, _ = words_of(keyed, id)
    assert [said.index(event) for event in before] == sorted(said.index(event) for event in before)
    assert keyed("max", "sync", "--json").json["waiting"] == []
    shown = keyed.row("rep", id)
    assert [verdict["text"] for verdict in shown["verdicts"]] == ["Shorter, signed"]  # type: ignore[attr-defined]
    assert keyed("max", "proposal", "resend", id).code == 4


def outbox_of(id: str) -> str:
    """The tip that waits here."""
    return refs.read_ref(find_library(None).git_dir, f"{outbox.PROPOSALS}{id}") or ""


def wrong_mail(crew: Crew) -> str:
    """A proposal and its withdrawal under a mail that the hub does not take from Max."""
    install(str(crew.team.hub), "mia@example.com")
    crew.environment.setenv("PLAYBOOK_PUSHER", "max@example.com")
    crew("max", "sync")
    with pytest.MonkeyPatch.context() as once:
        once.setitem(__import__("crew").MAILS, "max", "max@laptop.local")
        made = crew("max", "propose", "objections/price", "-m", "It saves a van.", "--why", "Buyers", "--json")
        assert made.code == 0 and not made.json["sent"]
        id: str = made.json["proposal"]
        assert "resend" not in made.json["waits"]
        crew("max", "proposal", "comment", id, "-m", "Says Bo", "--json")
    return id


def test_what_was_said_under_a_wrong_mail_is_made_anew_under_the_right_one(crew: Crew) -> None:
    id = wrong_mail(crew)
    assert f"`playbook proposal resend {id}` makes it anew as max@example.com" in crew("max", "sync").out
    assert crew("max", "proposal", "withdraw", id).code == 3
    again = crew("max", "proposal", "resend", id, "--json")
    assert again.code == 0 and again.json["sent"], again.err
    who = crew.team.at_hub("log", "--format=%ae %ce", f"main..proposals/{id}").splitlines()
    assert who == ["max@example.com max@example.com"] * 2
    assert crew("max", "proposal", "withdraw", id).code == 0
    assert crew.row("max", id)["state"] == "withdrawn"


def test_what_is_let_go_of_is_a_draft_and_all_works_again(crew: Crew) -> None:
    id = wrong_mail(crew)
    tip = outbox_of(id)
    asked = crew("max", "proposal", "let-go", id, input="n\n")
    assert asked.code == 1 and "Let go of it?" in asked.err and outbox_of(id) == tip
    assert crew("max", "proposal", "let-go", id).code == 2
    assert crew("max", "proposal", "let-go", id, "--json").code == 2
    gone = crew("max", "proposal", "let-go", id, "--yes", "--json")
    assert gone.code == 0 and not gone.json["at_hub"] and gone.json["commits"] == 2
    library = find_library(None)
    assert refs.read_ref(library.git_dir, gone.json["kept"]) == tip
    drafted = crew("max", "drafts", "--json").json
    assert {one["path"] for one in drafted} == {PRICE, ""}
    assert any("Too expensive" in one["title"] and one["what"] == "let go" for one in drafted)
    texts = [crew("max", "drafts", "show", name).out for name in gone.json["drafts"]]
    assert any("It saves a van." in text and text.startswith("---") for text in texts)
    assert any("Says Bo" in text and "Buyers" in text for text in texts)
    after = crew("max", "sync", "--json").json
    assert (after["ahead"], after["waiting"]) == (0, [])
    assert crew("max", "proposal", "let-go", id).code == 1
    assert fsck(library.git_dir) == ""


def test_letting_go_of_one_side_of_two_tips_leaves_the_hubs(crew: Crew) -> None:
    id = two_tips(crew)
    crew("rep", "sync")
    gone = crew("rep", "proposal", "let-go", id, "--yes")
    assert gone.code == 0 and "is what the hub has" in gone.out
    shown = crew("rep", "proposal", "show", id, "--diff", "raw")
    assert "It saves a bus." in shown.out and "It saves two vans." not in shown.out
    revision = next(one for one in crew("rep", "drafts", "--json").json if one["path"] == PRICE)
    assert revision["proposal"] == id
    assert "It saves two vans." in crew("rep", "drafts", "show", revision["name"]).out
    assert crew("rep", "proposal", "withdraw", id).code == 0
    assert crew("rep", "proposal", "let-go", id, "--yes").code == 4


def test_a_draft_that_is_there_already_is_not_written_over(crew: Crew) -> None:
    from playbook.review import drafts

    id = two_tips(crew)
    crew("rep", "sync")
    library = find_library(None)
    name = drafts.name_for(PRICE, id)
    drafts.save(library, drafts.Draft(name, PRICE, "Being written", "", id, "revise"))
    crew("rep", "proposal", "let-go", id, "--yes")
    kept = drafts.load(library, name)
    assert kept and kept.text == "Being written"
    assert any("It saves two vans." in draft.text for draft in drafts.drafts(library))


def test_nobody_makes_anew_what_the_policy_knows_as_somebody_elses(crew: Crew) -> None:
    id = wrong_mail(crew)
    crew.team.hub.joinpath("hooks", "pre-receive").unlink()
    crew.team.publish("content/policy.toml", POLICY.replace("mia@old.example", "max@laptop.local"))
    crew("mia", "sync")
    crew("max", "sync")  # goes out now; said anew as another it would be a lie
    library = find_library(None)
    assert outbox_of(id) == ""
    with pytest.MonkeyPatch.context() as once:
        once.setitem(__import__("crew").MAILS, "max", "max@laptop.local")
        assert crew("max", "proposal", "comment", id, "-m", "As Mia", "--offline").code == 0
    told = crew("max", "proposal", "resend", id)
    assert told.code == 3 and "Mia" in told.err and f"let-go {id}" in told.err
    assert "let-go" in ways_out.way_out(library, id) and "resend" not in ways_out.way_out(library, id)


def test_whoever_is_stopped_half_way_has_let_go_of_nothing(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    id = two_tips(crew)
    crew("rep", "sync")
    before = crew.refs()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    for act in (["let-go", id, "--yes"], ["resolve", id, "--theirs"]):
        with monkeypatch.context() as stopped:
            stopped.setattr("playbook.review.ways_out.move_refs", killed)
            stopped.setattr("playbook.review.conflict.move_ref", killed)
            assert crew("rep", "proposal", *act).code != 0
        assert crew.refs() == before
    assert crew("rep", "proposal", "resolve", id, "--theirs").code == 0


def test_of_two_at_once_one_does_it_and_nothing_is_done_twice(crew: Crew) -> None:
    id = two_tips(crew)
    crew("rep", "sync")
    command = [sys.executable, "-m", "playbook", "proposal", "let-go", id, "--yes"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=crew.place) for _ in range(2)]
    ends = sorted([(one.communicate(), one.returncode)[1] for one in both])
    assert ends == [0, 4]
    assert len(crew("rep", "drafts", "--json").json) == 2
    assert crew("rep", "proposal", "withdraw", id).code == 0
