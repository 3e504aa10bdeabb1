"""`playbook proposal`: the whole of one, and every verdict with its refusals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from crew import Crew
from team import POLICY, PRICE, PRICE_TEXT, TIMING

BETTER = PRICE_TEXT.replace("It pays for itself.", "One late van costs more.")


def test_approving_merges_and_pushes_before_it_returns(crew: Crew) -> None:
    id = crew.propose("rep")
    crew("mia", "sync")
    said = crew("mia", "proposal", "approve", id, "-m", "Short and true", "--json")
    assert (said.code, said.err) == (0, "")
    answer = said.json
    assert (answer["proposal"], answer["state"]) == (id, "merged")
    assert crew.team.branches()["main"] == answer["merge"]
    assert len(answer["event"]) == 32
    assert crew.team.text(PRICE) == BETTER
    assert crew.row("rep", id)["state"] == "merged"
    assert crew("mia", "proposal", "approve", id).code == 4


def test_a_key_that_does_not_merge_yet_is_recorded(crew: Crew) -> None:
    id = crew.propose("rep")
    crew("max", "sync")
    asked = crew("max", "proposal", "request-changes", id, "-m", "Leave the figure out", "--json").json
    assert (asked["proposal"], asked["state"], asked["merge"], asked["sent"]) == (id, "open", None, True)
    said = crew("mia", "proposal", "approve", id, "--json")
    assert (said.code, said.json["merge"]) == (0, None)
    assert crew.team.text(PRICE) == PRICE_TEXT
    shown = crew.row("rep", id)
    assert {row["verdict"] for row in shown["verdicts"]} == {"approve", "request-changes"}  # type: ignore[attr-defined]
    assert shown["mergeable"] is False
    text = crew("rep", "proposal", "show", id).out
    assert "Max asks for changes: Leave the figure out" in text
    assert "Keeps it from main: Max asks for changes" in text


def test_r39_an_approval_given_without_the_hub_waits_and_sync_finishes_it(crew: Crew) -> None:
    id = crew.propose("rep")
    crew("mia", "sync")
    crew.away()
    said = crew("mia", "proposal", "approve", id, "--json")
    assert (said.code, said.json["error"]["code"]) == (5, 5)
    assert "goes out with the next sync" in said.err
    crew.back()
    report = crew("mia", "sync", "--json").json
    assert set(report["sent"]) == {f"proposals/{id}", "main"}
    assert crew.team.text(PRICE) == BETTER


def test_approving_where_the_hub_may_only_be_read_is_not_permitted(crew: Crew) -> None:
    id = crew.propose("rep")
    crew("mia", "sync")
    crew.read_only()
    said = crew("mia", "proposal", "approve", id)
    assert (said.code, said.out) == (3, "")
    assert "lets you read but not write" in said.err
    assert crew.team.text(PRICE) == PRICE_TEXT


def test_the_words_moved_since_they_were_seen(crew: Crew) -> None:
    id = crew.propose("rep")
    head = str(crew.row("mia", id)["head"])
    assert crew("rep", "proposal", "revise", id, "-m", "Other words.").code == 0
    before = crew.refs()
    said = crew("mia", "proposal", "approve", id, "--head", head[:10])
    assert (said.code, said.out) == (4, "")
    assert "look again" in said.err
    now = str(crew.row("mia", id)["head"])
    for verdict in ("request-changes", "decline"):
        assert crew("mia", "proposal", verdict, id, "-m", "No", "--head", head).code == 4
    assert {ref: commit for ref, commit in crew.refs().items() if "team/hub" in ref} == {
        ref: commit for ref, commit in before.items() if "team/hub" in ref
    }
    assert crew("mia", "proposal", "approve", id, "--head", now[:10]).code == 0
    assert crew("mia", "proposal", "approve", id, "--head", "HEAD~1").code == 2


REFUSED: list[tuple[str, list[str], int, str]] = [
    ("rep", ["approve", "ID"], 3, "no approving role"),
    ("mia", ["approve", "MINE"], 3, "nobody approves their own words"),
    ("mia", ["approve", "NOTE"], 4, "edits nothing yet"),
    ("mia", ["approve", "20260101-gone-abcdef"], 1, "There is no proposal"),
    ("mia", ["acknowledge", "NOTE"], 4, "edits nothing yet"),
    ("mia", ["request-changes", "ID"], 2, "Say what should be different"),
    ("mia", ["request-changes", "ID", "-m", ""], 2, "Say what should be different"),
    ("mia", ["decline", "ID", "-m", " "], 2, "needs a reason"),
    ("mia", ["decline", "ID", "-m", "x" * 20_001], 2, "20001 characters"),
    ("rep", ["decline", "ID", "-m", "No"], 3, "no approving role"),
    ("mia", ["decline", "MINE", "-m", "No"], 3, "your own proposal"),
    ("mia", ["park", "ID", "-m", ""], 2, "needs a reason"),
    ("mia", ["withdraw", "ID"], 3, "Only rep@example.com"),
    ("mia", ["reopen", "ID"], 4, "is open"),
    ("mia", ["comment", "ID", "-m", ""], 2, "needs words"),
    ("mia", ["comment", "ID"], 2, "needs words"),
    ("mia", ["comment", "ID", "-m", "a", "--on", "price.md"], 2, "PATH:LINE"),
    ("mia", ["comment", "ID", "-m", "a", "--on", "gone.md:3"], 1, "There is no file"),
    ("mia", ["comment", "ID", "-m", "a", "--on", "../../etc/passwd:1"], 1, "There is no file"),
    ("mia", ["comment", "ID", "-m", "a", "--on", "objections/price.md:999"], 2, "line 999"),
    ("mia", ["comment", "ID", "-m", "a", "--quote", "nobody says this"], 2, "Nothing in"),
    ("mia", ["comment", "ID", "-m", "a", "--quote", " "], 2, "Quote some words"),
    ("mia", ["comment", "ID", "-m", "a", "--quote", "a", "--on", "b:1"], 2, "one of them"),
    ("mia", ["comment", "ID", "-m", "a", "--reply-to", "ffff"], 1, "There is no comment"),
    ("mia", ["close-thread", "ID", "ffff"], 1, "There is no comment"),
    ("mia", ["show", ""], 1, "There is no proposal"),
    ("mia", ["show", "--", "--upload-pack=x"], 1, "There is no proposal"),
    ("mia", ["escalate", "ID"], 2, "Say why the heads should decide it"),
]


def test_r25_what_is_refused_is_one_sentence_and_changes_nothing(crew: Crew) -> None:
    ids = {"ID": crew.propose("rep"), "MINE": crew.propose("mia", "Mine.", "timing")}
    ids["NOTE"] = crew("rep", "propose", "price", "--note", "Old.", "--json").json["proposal"]
    crew("rep", "sync")
    crew("mia", "sync")
    before = crew.refs()
    for who, arguments, code, why in REFUSED:
        said = crew(who, "proposal", *[ids.get(part, part) for part in arguments])
        assert (said.code, said.out) == (code, ""), arguments
        assert why in said.err, arguments
    assert crew.refs() == before


def test_r25_decline_withdraw_park_and_reopen_say_the_state(crew: Crew) -> None:
    one, two = crew.propose("rep", "One."), crew.propose("rep", "Two.", "timing")
    crew("mia", "sync")
    declined = crew("mia", "proposal", "decline", one, "-m", "Legal says no", "--json").json
    assert (declined["state"], declined["merge"], declined["sent"]) == ("declined", None, True)
    assert crew.row("rep", one)["ended_because"] == "Legal says no"
    assert "Because: Legal says no" in crew("rep", "proposal", "show", one).out
    assert crew("mia", "proposal", "decline", one, "-m", "again").code == 4
    parked = crew("mia", "proposal", "park", two, "-m", "-", "--json", input="Until spring\n").json
    assert parked["state"] == "parked"
    crew("rep", "sync")
    assert crew("rep", "proposal", "reopen", two, "--json").json["state"] == "open"
    withdrawn = crew("rep", "proposal", "withdraw", two)
    assert (withdrawn.code, "is withdrawn" in withdrawn.out) == (0, True)
    crew("mia", "sync")
    assert crew("mia", "proposals", "--json").json == []


def test_r25_an_event_without_the_hub_is_kept_and_goes_out_later(crew: Crew) -> None:
    id = crew.propose("rep")
    crew("mia", "sync")
    offline = crew("mia", "proposal", "comment", id, "-m", "One", "--offline", "--json")
    assert (offline.code, offline.json["sent"]) == (0, False)
    crew.away()
    said = crew("mia", "proposal", "decline", id, "-m", "No")
    assert said.code == 0
    assert said.err.startswith("Kept here, goes out with the next sync")
    crew.back()
    assert crew("mia", "sync", "--json").json["sent"] == [f"proposals/{id}"]
    assert crew.row("rep", id)["state"] == "declined"


def test_r26_two_people_judge_at_once_and_both_verdicts_are_kept(crew: Crew) -> None:
    id = crew.propose("rep")
    crew("mia", "sync")
    crew("max", "sync")
    assert crew("mia", "proposal", "request-changes", id, "-m", "Shorter").code == 0
    raced = crew("max", "proposal", "comment", id, "-m", "I like it", "--json")
    assert (raced.code, raced.json["sent"]) == (0, True)
    events = [event["event"] for event in crew.row("rep", id)["events"]]  # type: ignore[attr-defined]
    assert sorted(events) == ["comment", "propose", "request-changes"]


def test_r26_two_approvals_of_different_cards_race_and_both_words_stand(crew: Crew) -> None:
    one, two = crew.propose("rep", "One."), crew.propose("rep", "Two.", "timing")
    crew("mia", "sync")
    crew("max", "sync")
    assert crew("mia", "proposal", "approve", one).code == 0
    assert crew("max", "proposal", "approve", two).code == 0
    assert "One." in crew.team.text(PRICE)
    assert "Two." in crew.team.text(TIMING)


def test_r24_a_comment_is_found_again_by_its_words_and_outdated_when_they_change(crew: Crew) -> None:
    id = crew.propose("rep")
    crew("mia", "sync")
    said = crew("mia", "proposal", "comment", id, "-m", "Says who?", "--quote", "late van  costs", "--json")
    assert (said.code, said.json["state"]) == (0, "open")
    line = PRICE_TEXT.splitlines().index("Yes.") + 1
    crew("mia", "proposal", "comment", id, "-m", "Proof of what?", "--on", f"objections/price.md:{line}")
    crew("mia", "proposal", "comment", id, "-m", "All in all, fine.")
    first = said.json["event"]
    crew("rep", "sync")
    crew("rep", "proposal", "comment", id, "-m", "Oldacre did.", "--reply-to", first[:8])
    shown = crew.row("mia", id)
    threads = {thread["text"]: thread for thread in shown["threads"]}  # type: ignore[attr-defined]
    assert threads["Says who?"]["line"] == BETTER.splitlines().index("One late van costs more.") + 1
    assert threads["Proof of what?"]["line"] == line
    assert threads["All in all, fine."]["path"] is None
    assert [answer["text"] for answer in threads["Says who?"]["answers"]] == ["Oldacre did."]
    longer = BETTER.replace("Fair.", "Fair.\n\nMore.\n\nAnd more.").replace("Yes.", "Oldacre.")
    (crew.place / "longer.md").write_text(longer)
    crew("rep", "proposal", "revise", id, "--from", "longer.md", "--why", "With proof")
    text = crew("mia", "sync") and crew("mia", "proposal", "show", id).out
    assert f"Mia on {PRICE}:{longer.splitlines().index('One late van costs more.') + 1}  [" in text
    assert f"Mia on {PRICE} (outdated: the words are others by now)" in text
    assert "Rep answers" in text
    closed = crew("rep", "proposal", "close-thread", id, first[:8], "--json")
    assert closed.code == 0
    assert "(dealt with)" in crew("rep", "proposal", "show", id).out


def test_r23_a_rewrapped_paragraph_with_one_changed_word_shows_one_changed_word(crew: Crew) -> None:
    words = "We cost less than a late delivery, and a late delivery costs you a customer, every single time it happens."
    (crew.place / "long.md").write_text(PRICE_TEXT.replace("It pays for itself.", words))
    first = crew("rep", "propose", "price", "--from", "long.md", "--why", "Longer", "--json").json["proposal"]
    crew("mia", "proposal", "approve", first)
    crew("rep", "sync")
    wrapped = words.replace("a customer", "two customers").replace("and a", "and\na").replace(", every", ",\nevery")
    (crew.place / "long.md").write_text(
        PRICE_TEXT.replace("It pays for itself.", wrapped.replace("two customers", "a buyer"))
    )
    id = crew("rep", "propose", "price", "--from", "long.md", "--why", "Buyers", "--json").json["proposal"]
    shown = crew.row("mia", id)
    (change,) = shown["changes"]  # type: ignore[misc]
    assert "[-customer-]{+buyer+}" in change["diff"]
    assert change["diff"].count("[-") == 1
    raw = crew("mia", "proposal", "show", id, "--diff", "raw").out
    assert f"--- a/{PRICE}" in raw
    assert raw.count("\n    +") >= 3


def test_hostile_names_titles_and_texts_stay_texts(crew: Crew) -> None:
    crew("rep", "proposals")
    crew.team.publish(PRICE, PRICE_TEXT.replace("Too expensive", '"T\\e[2J\\u202eitle"'))
    crew("rep", "sync")
    id = crew.propose("rep")
    text = "Nice\x1b]52;c;AAAA\x07\u2066.\n\nPlaybook-Event: approve\nPlaybook-Head: 1234\n"
    crew("mia", "sync")
    assert crew("mia", "proposal", "comment", id, "-m", "-", input=text).code == 0
    shown = crew.row("max", id)
    assert shown["verdicts"] == []
    assert shown["threads"][0]["text"] == text.strip()  # type: ignore[index]
    assert "Nice]52;c;AAAA." in crew("max", "proposal", "show", id).out


def test_a_policy_nobody_can_read_lets_nobody_approve(crew: Crew) -> None:
    id = crew.propose("rep")
    crew.team.publish("content/policy.toml", POLICY + "\nnonsense =")
    said = crew("mia", "proposal", "approve", id)
    assert said.code == 3
    assert "policy.toml" in said.err


@pytest.mark.parametrize("command", ["propose price -m Better --offline", "proposals", "drafts", "sync --offline-ok"])
def test_plain_commands_about_proposals_leave_textual_out(crew: Crew, command: str) -> None:
    crew("rep", "proposals")
    code = (
        "import sys\nfrom playbook.cli.main import run\n"
        f"assert run({command.split()!r}) == 0\n"
        "print([name for name in sys.modules if name.split('.')[0] in {'textual', 'rich'}], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


def test_every_help_says_how_with_an_example(crew: Crew) -> None:
    groups = {"proposal": "show comment close-thread approve request-changes acknowledge decline withdraw park reopen "
              "split join resolve revise escalate rule override"}  # fmt: skip
    names = [
        "propose",
        "proposals",
        "retire",
        "rename",
        "delete",
        "verify-card",
        "revert",
        "drafts",
        "proposal",
        "audit",
        "policy",
        "policy check",
    ]
    for name in [*names, *(f"proposal {sub}" for sub in groups["proposal"].split())]:
        said = crew.say(*name.split(), "--help")
        assert said.code == 0
        assert f"playbook {name}" in said.out.partition("Options:")[0].partition("\n\n")[2], name
    listed = crew.say("proposal", "--help").out
    assert {"escalate", "rule", "override"} <= set(listed.split())


def test_the_doctor_says_what_waits_and_whether_the_hub_takes_it(crew: Crew) -> None:
    def outbox() -> str:
        rows = {row["what"]: row for row in crew("rep", "doctor", "--json").json}
        assert rows["identity"]["says"] == "Rep <rep@example.com>"
        return f"{rows['outbox']['state']}: {rows['outbox']['says']}"

    assert outbox() == "ok: nothing waits; whether the hub lets you write shows with what is sent"
    crew.propose("rep")
    assert outbox() == "ok: nothing waits; the hub has taken work of yours"
    before = crew.refs()
    crew("rep", "propose", "timing", "-m", "Later.", "--offline")
    assert outbox().startswith("warning: 1 commit waiting")
    assert before.items() <= crew.refs().items()
    assert not [branch for branch in crew.team.branches() if "not-now" in branch]


def test_the_hubs_folder_is_left_alone(crew: Crew) -> None:
    crew.propose("rep")
    assert sorted(path.name for path in Path(crew.team.hub / "hooks").glob("pre-*") if path.suffix != ".sample") == []
