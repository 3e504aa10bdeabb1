"""Ways round the judge that are closed: forged assent, verified words that moved, rulings on other words."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from court import ADA, CARL, MAX, MIA, REP, SAM, VERA, court, policy
from team import PRICE, PRICE_TEXT, Team, build_team, propose, send, session

from playbook.review import acting, branch
from playbook.review.approve import approve
from playbook.review.candidate import judgement
from playbook.review.card_acts import propose_verify
from playbook.review.listing import find
from playbook.review.ruling import escalate, override, rule
from playbook.review.verify import verify, would_be
from playbook.store import refs
from playbook.store.managed import Library
from playbook.store.sync import fetch_only

OTHER = PRICE_TEXT.replace("It pays for itself.", "One late van costs more.")


def blocked(library: Library, id: str) -> str:
    return "; ".join(judgement(library, find(library, id), refs.main_commit(library)).blocked_by)


def test_r32_a_reps_name_on_anothers_commit_is_no_acknowledgement(tmp_path: Path) -> None:
    library = court(tmp_path, '[[rules]]\nacknowledge = ["sales"]\n').library("one")
    id = branch.begin(library, {PRICE: OTHER.encode()}, title="x", why="y", by=MAX, author=REP).proposal
    assert "nobody of sales has acknowledged it yet" in approve(library, id, "Yes", by=MIA).message
    acting.acknowledge(library, id, by=SAM)
    assert approve(library, id, "Yes", by=MIA).merge


def test_r32_words_that_a_rep_with_keys_did_not_sign_are_not_taken_for_their_assent(tmp_path: Path) -> None:
    key = _key(tmp_path)
    text = policy('[[rules]]\nacknowledge = ["sales"]\n').replace('name = "Rep",', f'name = "Rep", keys = ["{key}"],')
    library = build_team(tmp_path / "team", {"content/policy.toml": text}).library("one")
    id = propose(library, by=REP)
    assert "nobody of sales has acknowledged it yet" in approve(library, id, "Yes", by=MIA).message


def test_r30_a_verification_is_of_the_words_its_maker_read(tmp_path: Path) -> None:
    team = court(tmp_path)
    library = team.library("one")
    here = session(library)
    id = propose_verify(here, here.snapshot.resolve("objections/price"), by=MIA).proposal
    assert judgement(library, find(library, id), refs.main_commit(library)).lane == "verify"
    assert blocked(library, id) == ""
    team.publish(PRICE, PRICE_TEXT.replace("It pays for itself.", "Nobody checked this."))
    fetch_only(library)
    assert "nobody of marketing has approved it yet" in blocked(library, id)
    send(library)
    main = refs.main_commit(library)
    assert any("nobody of marketing" in fault.message for fault in would_be(library, main, find(library, id).tip))


def test_r30_a_verifier_who_comes_first_signs_first(tmp_path: Path) -> None:
    library = court(tmp_path, '[[rules]]\norder = ["marketing", "sales"]\n').library("one")
    here = session(library)
    id = propose_verify(here, here.snapshot.resolve("objections/price"), by=MIA).proposal
    assert "sales must sign next after marketing" in blocked(library, id)
    assert approve(library, id, "So I say it", by=SAM).merge


def test_r30_a_signed_verification_counts_in_the_app_as_in_the_guard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = _key(tmp_path)
    text = policy("[[rules]]\n").replace('name = "Mia",', f'name = "Mia", keys = ["{key}"],')
    library = build_team(tmp_path / "team", {"content/policy.toml": text}).library("one")
    here = session(library)
    unsigned = propose_verify(here, here.snapshot.resolve("objections/timing"), by=MIA).proposal
    assert "nobody of marketing" in blocked(library, unsigned)
    file = tmp_path / "settings"
    file.write_text(
        f"[user]\n\tname = Mia\n\temail = {MIA.mail}\n\tsigningkey = {tmp_path / 'key'}\n[gpg]\n\tformat = ssh\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(file))
    signed = propose_verify(here, here.snapshot.resolve("objections/price"), by=MIA).proposal
    assert blocked(library, signed) == ""
    assert would_be(library, refs.main_commit(library), find(library, signed).tip) == []


def test_r33_a_ruling_is_on_the_words_it_was_given_for(tmp_path: Path) -> None:
    library = court(tmp_path).library("one")
    id = propose(library)
    escalate(library, id, "Please decide", by=REP)
    rule(library, id, "Not with this figure", against=True, by=VERA)
    acting.revise(library, id, {PRICE: OTHER.replace("late", "very late").encode()}, by=REP)
    done = rule(library, id, "Still no", against=True, by=CARL)
    assert done.state == "escalated" and "vera@example.com is to rule, too" in done.message
    assert rule(library, id, "No", against=True, by=VERA).state == "declined"


def test_r33_a_ruling_is_no_heads_key_once_main_moved(tmp_path: Path) -> None:
    team = court(
        tmp_path, files={"content/playbook.toml": '[library]\nname = "A"\nstages = ["one"]\n# end\n\n\n\n# more\n'}
    )
    library = team.library("one")
    path = "content/playbook.toml"
    text = team.text(path).replace('["one"]', '["one", "two"]')
    id = propose(library, path=path, text=text, by=MIA)
    escalate(library, id, "Please decide", by=MIA)
    rule(library, id, "Yes", by=VERA)
    team.publish(path, team.text(path).replace("# more", "# more and more"))
    fetch_only(library)
    done = rule(library, id, "Yes", by=ADA)
    assert not done.merge and "needs the key of Vera, a head" in done.message


def test_r37_what_was_forced_before_it_was_declined_is_forced_no_more(tmp_path: Path) -> None:
    library = court(tmp_path).library("one")
    id = propose(library, path="content/policy.toml", text=policy() + "# x\n", by=MIA)
    assert not override(library, id, "Now", by=CARL).merge
    assert judgement(library, find(library, id), refs.main_commit(library)).lane == "override"
    acting.decline(library, id, "No", by=MAX)
    acting.reopen(library, id, by=MIA)
    assert judgement(library, find(library, id), refs.main_commit(library)).lane == ""


def test_r30_a_signed_rule_wants_the_heads_signed_too(tmp_path: Path) -> None:
    key = _key(tmp_path)
    text = policy("[[rules]]\nsigned = true\n").replace('name = "Mia",', f'name = "Mia", keys = ["{key}"],')
    library = build_team(tmp_path / "team", {"content/policy.toml": text}).library("one")
    id = propose(library, path="content/policy.toml", text=text + "# x\n", by=MAX)
    for head in (CARL, VERA):
        approve(library, id, "Yes", by=head)
    assert "needs the key of Carl, a head" in blocked(library, id)


def _key(place: Path) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "x", "-f", str(place / "key")], check=True)
    return (place / "key.pub").read_text().strip()


def test_the_merges_here_are_what_the_guard_takes(tmp_path: Path) -> None:
    team: Team = court(tmp_path)
    library = team.library("one")
    before = team.branches()["main"]
    id = propose(library)
    send(library)
    approve(library, id, "Yes", by=MIA)
    assert verify(library, before, team.branches()["main"]) == []
