"""`playbook verify`: the same judge as the hub's, for a library, a checkout and a bare repository."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from crew import MAILS, Crew
from guards import FILES, PRICE, TIMING, Guarded, keys, policy, to_main, to_proposal
from saying import Said
from team import Team

from playbook.cli.main import run
from playbook.review import judged
from playbook.review.judged import judge_range
from playbook.store.managed import Library, open_library
from playbook.store.push import GUARD
from playbook.store.sync import fetch_only

BETTER = FILES[PRICE].replace("pays for itself", "saves a whole van")


@pytest.fixture
def library(hub: Guarded) -> Library:
    return open_library(str(hub.hub))


def say(capsys: pytest.CaptureFixture[str], *arguments: str) -> Said:
    capsys.readouterr()
    code = run(list(arguments))
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return Said(code, out, err)


def without_guard(hub: Guarded) -> None:
    (hub.hub / "hooks" / "pre-receive").unlink()


def test_since_the_hubs_baseline_and_nothing_is_wrong(
    hub: Guarded, library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    first = hub.main
    said = say(capsys, "verify")
    assert said.code == 0 and f"There is nothing to judge after {first[:10]}" in said.out
    hub.takes(to_main(hub.merge(hub.approved({PRICE: BETTER}, by="max"))))
    fetch_only(library)
    said = say(capsys, "verify")
    assert (said.code, said.out) == (
        0,
        f"1 step of main after {first[:10]} up to {hub.main[:10]}: each as its policy asks\n",
    )
    assert say(capsys, "verify", "--json").json == []


def test_what_went_round_the_guard_is_found(hub: Guarded, library: Library, capsys: pytest.CaptureFixture[str]) -> None:
    without_guard(hub)
    hub.takes(to_main(hub.change({PRICE: BETTER})))
    direct = hub.main
    hub.takes(to_main(hub.merge(hub.approved({TIMING: BETTER}, by="max", author="max"))))
    fetch_only(library)
    said = say(capsys, "verify", "--json")
    assert said.code == 1
    assert [(one["commit"], one["rule"]) for one in said.json] == [
        (direct, "direct"),
        (hub.main, "approval"),
        (hub.main, "approval"),
    ]
    assert "nobody approves their own words" in said.json[1]["message"]
    lines = say(capsys, "verify", f"{direct}..main").out.splitlines()
    assert all(line.startswith(hub.main[:10]) and line.endswith("[approval]") for line in lines) and len(lines) == 2


def test_without_a_baseline_it_begins_with_the_first_policy(hub: Guarded, library: Library) -> None:
    hub.at_hub("update-ref", "-d", "refs/playbook/baseline")
    without_guard(hub)
    before = hub.main
    hub.takes(to_main(hub.change({PRICE: BETTER})))
    fetch_only(library)
    found = judge_range(None, library=library)
    assert (found.base, found.steps, [fault.rule for fault in found.faults]) == (before, 1, ["direct"])


def test_a_proposal_is_judged_as_it_would_be_once_merged(
    hub: Guarded, library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    words = hub.change({PRICE: BETTER})
    hub.takes(to_proposal(words), to_proposal(hub.approved({TIMING: BETTER}, by="max"), "fine"))
    fetch_only(library)
    said = say(capsys, "verify", "main..proposals/better-price")
    assert said.code == 1 and "nobody of marketing has approved it yet" in said.out
    said = say(capsys, "verify", "proposals/fine")
    assert said.code == 0 and "may be merged into" in said.out


def test_a_branch_that_calls_itself_main_decides_nothing(hub: Guarded, tmp_path: Path) -> None:
    """In a host's check the base is what the host says; a branch of somebody's in the same folder is not asked."""
    without_guard(hub)
    trunk = hub.main
    mine = hub.change(
        {"content/policy.toml": policy().replace('"rep@example.com" = {', '"rep@example.org" = {')}, by="max"
    )
    hub.takes(f"{trunk}:refs/heads/trunk", "+" + to_main(hub.change({TIMING: BETTER}, onto=mine, by="max")))
    approved = hub.say("approve", hub.change({PRICE: BETTER}, onto=mine, by="max"), by="rep", base=mine)
    hub.takes(to_proposal(approved))
    found = judge_range(f"{trunk}..{approved}", folder=str(hub.hub))
    assert found.base == trunk and found.faults
    found = judge_range(f"{trunk}..{hub.main}", folder=str(hub.hub))
    assert {fault.rule for fault in found.faults} == {"direct"}


def test_names_that_mean_nothing(library: Library, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    said = say(capsys, "verify", "main..proposals/nothing")
    assert (said.code, "There is no revision" in said.err) == (1, True)
    assert say(capsys, "verify", "a...b").code == 2
    assert say(capsys, "verify", "--in", str(tmp_path), "main").code == 6
    assert say(capsys, "verify", "--in", ".", "--library", "x").code == 2


@pytest.mark.parametrize("where", ["hub.git", "source"])
def test_in_a_folder_that_is_not_opened(hub: Guarded, capsys: pytest.CaptureFixture[str], where: str) -> None:
    """Nothing that lies in the folder is run or believed, and nothing is written there."""
    place = hub.root / where
    ran = hub.root / "ran"
    config = place / "config" if where == "hub.git" else place / ".git" / "config"
    main = hub.main
    words = hub.change({PRICE: BETTER})
    fine = hub.say("approve", words, by="max")
    hub.takes(to_proposal(fine))
    merge = hub.merge(fine)
    hub.source.git("update-ref", "refs/heads/asked", fine)
    config.write_text(
        config.read_text()
        + f'[core]\n\tfsmonitor = "touch {ran}"\n\tpager = "touch {ran}"\n[include]\n\tpath = {ran}\n'
    )
    files = set(place.rglob("*"))
    for span, code in ((f"{main}..{words}", 1), (f"main..{fine}", 0), (f"{main[:12]}..{fine}", 0)):
        assert say(capsys, "verify", "--in", str(place), span).code == code, span
    if where == "source":
        assert say(capsys, "verify", "--in", str(place), "asked").code == 0
        assert say(capsys, "verify", "--in", str(place), f"{main}..{merge}").code == 0
        swapped = hub.commit(hub.tree_of(fine), (main, words), "Take it\n\nWhy\n")
        assert say(capsys, "verify", "--in", str(place), f"{main}..{swapped}").code == 1
        files |= {file for file in place.rglob("*") if "objects" in file.parts}
    assert set(place.rglob("*")) == files
    assert not ran.exists()


def test_a_part_of_a_history_is_refused(hub: Guarded, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hub.takes(to_main(hub.merge(hub.approved({PRICE: BETTER}, by="max"))))
    command = ["git", "clone", "-q", "--bare", "--depth", "1", f"file://{hub.hub}", str(tmp_path / "part.git")]
    subprocess.run(command, check=True, env={**os.environ})
    said = say(capsys, "verify", "--in", str(tmp_path / "part.git"), "main")
    assert (said.code, "holds only a part of its history; fetch all of it" in said.err) == (6, True)


def test_what_was_judged_is_not_judged_again(hub: Guarded, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    without_guard(hub)
    asked: list[tuple[str, str]] = []
    real = judged.verdicts

    def counted(library: Library, base: str, head: str) -> object:
        asked.append((base, head))
        return real(library, base, head)

    monkeypatch.setattr(judged, "verdicts", counted)
    first = hub.main
    hub.takes(to_main(hub.change({PRICE: BETTER})))
    second = hub.main
    fetch_only(library)
    before = judge_range(None, library=library).faults
    assert asked == [(first, second)] and len(before) == 1
    hub.takes(to_main(hub.change({TIMING: BETTER})))
    fetch_only(library)
    found = judge_range(None, library=library)
    assert asked == [(first, second), (second, hub.main)]
    assert found.faults[:1] == before and len(found.faults) == 2
    # It may be deleted or damaged at any time.
    (library.cache / "judged.txt").write_text("judged 1\nx\ny")
    assert judge_range(None, library=library).faults == found.faults
    assert asked[-1] == (first, hub.main)


# Through playbook itself, with real keys.


class Signing(Crew):
    """People whose git has their key."""

    def be(self, who: str, name: str = "") -> None:
        super().be(who, name)
        if (keys() / who).exists():
            file = Path(os.environ["GIT_CONFIG_GLOBAL"])
            file.write_text(file.read_text() + f"\tsigningkey = {keys() / who}\n[gpg]\n\tformat = ssh\n")


def crew_of(hub: Guarded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Crew:
    for name in ("sal", "hanna", "zoe"):
        monkeypatch.setitem(MAILS, name, f"{name}@example.com")
    return Signing(Team(hub.root, hub.source, hub.hub), tmp_path, lambda *said: say(capsys, *said), monkeypatch)


def test_r31_two_keys_through_playbook_at_a_guarded_hub(
    hub: Guarded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    crew = crew_of(hub, tmp_path, monkeypatch, capsys)
    id = crew.propose("rep", "Nothing costs more than a van that is late.", "air-cover/spring")
    alone = crew("mia", "proposal", "approve", id, "--json")
    assert (alone.code, alone.json["merge"]) == (0, None), alone.err
    assert hub.at_hub("rev-parse", "main") == hub.main
    added = crew("sal", "proposal", "approve", id, "--json")
    assert added.code == 0 and added.json["merge"] == hub.at_hub("rev-parse", "main"), added.err
    assert crew("rep", "sync").code == 0
    assert crew("rep", "verify").code == 0


def test_somebody_was_first_at_a_guarded_hub(
    hub: Guarded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Main moves after the hub has said where it is and before the push is judged: the merge is made anew on top."""
    crew = crew_of(hub, tmp_path, monkeypatch, capsys)
    id = crew.propose("rep", "Nothing costs more than a van that is late.", "objections/price")
    other = hub.merge(hub.approved({TIMING: BETTER}, by="max", id="other"))
    hub.takes(f"{other}:refs/heads/aside")
    hook = hub.hub / "hooks" / "pre-receive"
    guard = hook.rename(hook.with_name("guard"))
    hook.write_text(
        f"#!/bin/sh\nenv -u GIT_QUARANTINE_PATH git update-ref refs/heads/main {other} {hub.main} 2>/dev/null\nexec {guard}\n"
    )
    hook.chmod(0o755)
    said = crew("mia", "proposal", "approve", id, "--json")
    assert said.code == 0 and said.json["merge"], said.err
    assert hub.at_hub("rev-parse", "main", "main^").split() == [said.json["merge"], other]


def test_what_rests_on_a_main_that_is_not_there_is_not_taken(hub: Guarded) -> None:
    """A client may say that main was anything; what else is in its push is not judged by that."""
    first, taken = hub.main, hub.approved({PRICE: BETTER}, by="max")
    hub.takes(to_proposal(taken))
    stale = hub.merge(taken)
    hub.takes(to_main(hub.merge(hub.approved({TIMING: BETTER}, by="max", id="other"))), f"{stale}:refs/heads/aside")
    lines = f"{first} {stale} refs/heads/main\n{taken} {'0' * 40} refs/heads/proposals/better-price\n"
    done = subprocess.run(
        [str(hub.hub / "hooks" / "pre-receive")], cwd=hub.hub, env={**os.environ, "GIT_DIR": "."}, input=lines.encode(),
        capture_output=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.decode() == f"refs/heads/main has moved meanwhile: fetch first, then push again\n{GUARD}\n"
