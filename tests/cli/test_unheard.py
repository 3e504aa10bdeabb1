"""Keys that the policy lists and git does not have: refused before anything is written, told by show and the doctor."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from crew import Crew
from team import POLICY

KEYLESS = "git names none to sign with here"
ACTS = [
    ["approve", "ID"], ["acknowledge", "ID"], ["decline", "ID", "-m", "No"], ["request-changes", "ID", "-m", "Shorter"],
    ["park", "ID", "-m", "Until spring"], ["escalate", "ID", "-m", "Decide"], ["rule", "ID", "-m", "Yes"],
    ["rule", "ID", "--against", "-m", "No"], ["override", "ID", "-m", "Now"],
]  # fmt: skip


class Signing(Crew):
    """People, of whom Mia's git has that key once it is given."""

    key: Path | None = None

    def be(self, who: str, name: str = "") -> None:
        super().be(who, name)
        if self.key and who == "mia":
            with Path(os.environ["GIT_CONFIG_GLOBAL"]).open("a") as config:
                config.write(f"\tsigningkey = {self.key}\n[gpg]\n\tformat = ssh\n")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pairs of keys: hers, other."""
    folder = tmp_path_factory.mktemp("pairs")
    for name in ("hers", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    return folder


@pytest.fixture
def keyed(crew: Crew) -> Signing:
    return Signing(crew.team, crew.place, crew.say, crew.environment)


def list_key(crew: Crew, pairs: Path) -> None:
    """Have main list Mia's key; she is a head, too, and Max the other."""
    key = (pairs / "hers.pub").read_text().strip()
    text = POLICY.replace('name = "Mia",', f'name = "Mia", keys = ["{key}"],')
    heads = '[heads]\nmarketing = "mia@example.com"\nsales = "max@example.com"\n'
    crew.team.publish("content/policy.toml", text + heads)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: " ".join(act[:3:2]))
@pytest.mark.parametrize("wrong", [False, True])
def test_a_verdict_that_nobody_would_believe_is_refused_and_nothing_is_written(
    keyed: Signing, pairs: Path, act: list[str], wrong: bool
) -> None:
    list_key(keyed, pairs)
    id = keyed.propose("rep")
    if act[0] in ("rule", "override"):
        assert keyed("rep", "proposal", "escalate", id, "-m", "Decide").code == 0
    keyed.key = pairs / "other" if wrong else None
    assert keyed("mia", "sync").code == 0
    before = keyed.refs()
    said = keyed("mia", "proposal", *(id if word == "ID" else word for word in act))
    assert said.code == 3, said.out + said.err
    assert keyed.refs() == before
    told = " ".join(said.err.split())
    assert told.count("mia@example.com") == 1 and ("not among the keys" if wrong else KEYLESS) in told
    keyed.key = pairs / "hers"
    again = keyed("mia", "proposal", *(id if word == "ID" else word for word in act))
    assert again.code == 0, again.err


def test_what_decides_nothing_needs_no_key_and_taking_back_does(keyed: Signing, pairs: Path) -> None:
    list_key(keyed, pairs)
    id = keyed.propose("mia")
    assert keyed("mia", "proposal", "comment", id, "-m", "Is it clear?").code == 0
    before = keyed.refs()
    for act in (["withdraw", id], ["park", id, "-m", "Until spring"]):
        said = keyed("mia", "proposal", *act)
        assert said.code == 3 and KEYLESS in " ".join(said.err.split()), act
    assert keyed.refs() == before
    keyed.key = pairs / "hers"
    assert keyed("mia", "proposal", "withdraw", id).code == 0
    assert keyed.row("rep", id)["state"] == "withdrawn"


def test_show_says_what_does_not_count_and_a_parked_proposal_stays_parked(keyed: Signing, pairs: Path) -> None:
    parked, asked = keyed.propose("rep"), keyed.propose("rep", "When, then, if not now?", "objections/timing")
    keyed("mia", "sync")
    assert keyed("mia", "proposal", "park", parked, "-m", "Until spring").code == 0
    assert keyed("mia", "proposal", "request-changes", asked, "-m", "Shorter").code == 0
    list_key(keyed, pairs)
    assert keyed.row("rep", parked)["state"] == "parked"
    said = " ".join(keyed("rep", "proposal", "show", asked).out.split())
    assert (
        "Mia asked for changes on 22 Nov, which does not count: mia@example.com has keys in content/policy.toml" in said
    )
    assert "not signed with one of them; say it again, signed: Shorter" in said


def test_the_doctor_compares_the_key_with_those_the_policy_lists(keyed: Signing, pairs: Path) -> None:
    list_key(keyed, pairs)
    for key, state, says in (
        (None, "broken", KEYLESS),
        ("other", "broken", "is not among the keys that content/policy.toml lists for you"),
        ("hers", "ok", "signs as SHA256:"),
    ):
        keyed.key = pairs / key if key else None
        (found,) = [one for one in keyed("mia", "doctor", "--json").json if one["what"] == "signing"]
        assert found["state"] == state and says in found["says"], found
        assert bool(found["mend"]) == (state != "ok")
    keyed.key = None
    (found,) = [one for one in keyed("rep", "doctor", "--json").json if one["what"] == "signing"]
    assert found["state"] == "ok" and "not signed" in found["says"]
