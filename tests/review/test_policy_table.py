"""One proposal under one policy after another: the app's function, the command and the guard say the same of each."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from court import CARL, MAX, MIA, PIA, REP, SAM, VERA, policy
from crew import MAILS, Crew
from saying import Said, Say
from team import PRICE, PRICE_TEXT, Team, build_team, propose, send

from playbook.cli.main import run
from playbook.errors import NotPermitted
from playbook.review import acting
from playbook.review.approve import approve
from playbook.review.listing import find
from playbook.review.verify import verify
from playbook.store import merging, refs
from playbook.store.locks import writer_lock
from playbook.store.managed import Library
from playbook.store.sync import fetch_only
from playbook.store.trailers import read_message
from playbook.store.writing import Person, put_commit

PEOPLE = {"rep": REP, "sam": SAM, "vera": VERA, "mia": MIA, "max": MAX, "pia": PIA, "carl": CARL}
NOT, KEPT, MERGED = "not permitted", "recorded", "merged"
TINY = PRICE_TEXT.replace("Fair.", "Fair point.")
LONG = PRICE_TEXT.replace("It pays for itself.", "One late van costs more than this does in a whole month.")
MONEY = PRICE_TEXT.replace("It pays for itself.", "It pays for itself in 10 days.")


@dataclass(frozen=True)
class Table:
    """Rules, who proposes what, and one after another who does what and what comes of it."""

    rules: str
    steps: tuple[tuple[str, str, str], ...]
    text: str = LONG
    by: str = "rep"
    more: str = ""
    lane: str = ""


FAST = '[fast_lane]\nmax_words = 5\nkinds = ["objection"]\napprove = ["marketing"]\n'
BOTH = '[[rules]]\nkeys = 2\nsides = ["sales", "marketing"]\n'
ACKNOWLEDGED = '[[rules]]\nacknowledge = ["sales"]\n'
TABLES = {
    "r30 single": Table("[[rules]]\n", (("rep", "approve", NOT), ("sam", "approve", NOT), ("mia", "approve", MERGED))),
    "r30 either side": Table(
        '[[rules]]\napprove = ["sales", "marketing"]\n', (("rep", "approve", NOT), ("sam", "approve", MERGED))
    ),
    "r31 both sides": Table(BOTH, (("mia", "approve", KEPT), ("max", "approve", KEPT), ("sam", "approve", MERGED))),
    "r31 both sides, one's own side": Table(BOTH, (("sam", "approve", KEPT), ("pia", "approve", MERGED))),
    "r30 in order": Table(
        '[[rules]]\norder = ["sales", "marketing"]\n',
        (("mia", "approve", KEPT), ("sam", "approve", KEPT), ("max", "approve", MERGED)),
    ),
    "r32 acknowledged": Table(ACKNOWLEDGED, (("sam", "acknowledge", KEPT), ("mia", "approve", MERGED)), by="max"),
    "r32 not acknowledged": Table(ACKNOWLEDGED, (("mia", "approve", KEPT),), by="max"),
    "r32 a rep's own words": Table(ACKNOWLEDGED, (("mia", "approve", MERGED),)),
    "r36 fast lane": Table(BOTH, (("mia", "approve", MERGED),), text=TINY, more=FAST, lane="fast"),
    "r36 never one's own": Table(BOTH, (("mia", "approve", NOT), ("max", "approve", MERGED)), TINY, "mia", FAST, "fast"),
    "r36 too many words": Table(BOTH, (("mia", "approve", KEPT), ("vera", "approve", MERGED)), more=FAST),
    "r36 a number": Table(BOTH, (("mia", "approve", KEPT), ("vera", "approve", MERGED)), text=MONEY, more=FAST),
    "r31 three keys": Table(
        '[[rules]]\nkeys = 3\n', (("mia", "approve", KEPT), ("max", "approve", KEPT), ("carl", "approve", MERGED))
    ),
    "r30 signed": Table("[[rules]]\nsigned = true\n", (("max", "approve", KEPT), ("mia", "approve", MERGED))),
    "r33 a ruling": Table(
        BOTH, (("rep", "escalate", KEPT), ("carl", "rule", KEPT), ("vera", "rule", MERGED)), lane="ruling"
    ),
    "r37 an override": Table(BOTH, (("mia", "override", NOT), ("vera", "override", MERGED)), lane="override"),
}  # fmt: skip


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mia's key pair: the policy lists it, and her own git signs with it."""
    file = tmp_path_factory.mktemp("key") / "mia"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "mia", "-f", str(file)], check=True)
    return file


def team_of(root: Path, table: Table, key: Path) -> Team:
    text = policy(table.rules, table.more)
    if "signed" in table.rules:
        public = key.with_suffix(".pub").read_text().strip()
        text = text.replace('name = "Mia",', f'name = "Mia", keys = ["{public}"],')
    return build_team(root, {"content/policy.toml": text})


def be(who: str, place: Path, key: Path, environment: pytest.MonkeyPatch) -> None:
    """Have git's own settings be that person's."""
    signs = f"\tsigningkey = {key}\n[gpg]\n\tformat = ssh\n" if who == "mia" else ""
    file = place / f"git-{who}"
    file.write_text(f"[user]\n\tname = {PEOPLE[who].name}\n\temail = {PEOPLE[who].mail}\n{signs}")
    environment.setenv("GIT_CONFIG_GLOBAL", str(file))


def guarded(library: Library, id: str, before: str, outcome: str) -> None:
    """The guard takes the merge that was made, and none that was not."""
    if outcome == MERGED:
        assert verify(library, before, refs.main_commit(library)) == []
        return
    proposal = find(library, id)
    base = merging.merge_base(library, before, proposal.head)
    with writer_lock(library):
        tree = merging.merge_trees(library, base, before, proposal.head).tree
    by_hand = put_commit(library, tree, (before, proposal.tip), "Merge it\n\nNow.\n", by=MIA, sign=False)
    assert verify(library, before, by_hand) != []


def told(outcome: str, lane: str, team: Team) -> None:
    if outcome == MERGED:
        said = read_message(team.at_hub("log", "-1", "--format=%B", "main")).trailers
        assert said.get("lane", "") == lane


def in_the_app(name: str, tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from playbook.review import ruling

    table = TABLES[name]
    team = team_of(tmp_path, table, key)
    library = team.library("one")
    be(table.by, tmp_path, key, monkeypatch)
    id = propose(library, by=PEOPLE[table.by], text=table.text)
    send(library)
    before = team.branches()["main"]
    acts: dict[str, Callable[[Person], object]] = {
        "approve": lambda by: approve(library, id, "Yes", by=by),
        "acknowledge": lambda by: acting.acknowledge(library, id, by=by),
        "escalate": lambda by: ruling.escalate(library, id, "Please decide", by=by),
        "rule": lambda by: ruling.rule(library, id, "It is true", by=by),
        "override": lambda by: ruling.override(library, id, "Tonight", by=by),
    }
    for who, act, outcome in table.steps:
        be(who, tmp_path, key, monkeypatch)
        if outcome == NOT:
            with pytest.raises(NotPermitted):
                acts[act](PEOPLE[who])
        else:
            acts[act](PEOPLE[who])
        fetch_only(library)
        state = find(library, id).state
        assert (state == "merged") == (outcome == MERGED), f"{who} {act}: {state}"
        assert (team.branches()["main"] != before) == (outcome == MERGED)
        guarded(library, id, before, outcome)
        told(outcome, table.lane, team)


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    def command(*arguments: str) -> Said:
        capsys.readouterr()
        code = run(list(arguments))
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return command


def by_command(name: str, tmp_path: Path, key: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    table = TABLES[name]
    monkeypatch.setattr("playbook.search.indexer.spawn", lambda library: None)
    monkeypatch.setattr(Crew, "be", lambda self, who, name="": _sit(self, who, key))
    for who, person in PEOPLE.items():
        monkeypatch.setitem(MAILS, who, person.mail)
    (tmp_path / "team").mkdir()
    crew = Crew(team_of(tmp_path / "team", table, key), tmp_path, say, monkeypatch)
    made = crew(
        table.by, "propose", "objections/price", "--from", "-", "--why", "Buyers laugh", "--json", input=table.text
    )
    id = made.json["proposal"]
    before = crew.team.branches()["main"]
    for who, act, outcome in table.steps:
        crew(who, "sync")
        said = crew(who, "proposal", act, id, "-m", "Because it is true", "--json")
        assert said.code == (3 if outcome == NOT else 0), said.err
        if outcome != NOT:
            assert (said.json["merge"] is not None) == (outcome == MERGED)
            assert said.json["merge"] in (None, crew.team.branches()["main"])
        assert (crew.team.branches()["main"] != before) == (outcome == MERGED)
        shown = crew(who, "proposal", "show", id, "--json").json
        assert (shown["state"] == "merged") == (outcome == MERGED)
        assert not shown["mergeable"]
        told(outcome, table.lane, crew.team)
    ended = table.steps[-1][2] == MERGED
    assert crew.team.text(PRICE) == (table.text if ended else PRICE_TEXT)


def _sit(crew: Crew, who: str, key: Path) -> None:
    be(who, crew.place, key, crew.environment)
    crew.environment.setenv("PLAYBOOK_HOME", str(crew.home(who)))


Outcomes = Callable[[str, str], None]


@pytest.fixture
def outcomes(tmp_path: Path, key: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> Outcomes:
    """Try a table one way, `app` or `command`; either way what the guard says of it is asked, too."""

    def tried(name: str, way: str) -> None:
        if way == "app":
            in_the_app(name, tmp_path, key, monkeypatch)
        else:
            by_command(name, tmp_path, key, say, monkeypatch)

    return tried


def rows(of: str) -> pytest.MarkDecorator:
    """Every table of that row, each in the app and by the command."""
    pairs = [(name, way) for name in TABLES if name.startswith(of) for way in ("app", "command")]
    return pytest.mark.parametrize(("name", "way"), pairs)


@rows("r30")
def test_r30_who_may_approve_is_data_and_gives_the_stated_outcome(name: str, way: str, outcomes: Outcomes) -> None:
    outcomes(name, way)


@rows("r31")
def test_r31_two_keys_one_from_each_side(name: str, way: str, outcomes: Outcomes) -> None:
    outcomes(name, way)


@rows("r32")
def test_r32_what_marketing_changes_a_rep_acknowledges(name: str, way: str, outcomes: Outcomes) -> None:
    outcomes(name, way)


@rows("r33")
def test_r33_a_ruling_ends_it(name: str, way: str, outcomes: Outcomes) -> None:
    outcomes(name, way)


@rows("r36")
def test_r36_a_tiny_fix_goes_by_the_fast_lane_and_nothing_else(name: str, way: str, outcomes: Outcomes) -> None:
    outcomes(name, way)


@rows("r37")
def test_r37_an_override_merges_and_is_marked(name: str, way: str, outcomes: Outcomes) -> None:
    outcomes(name, way)
