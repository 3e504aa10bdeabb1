"""The policy as a file that is proposed, shown line by line, asked about, and looked back on."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from court import CARL, PEOPLE, court, policy
from crew import MAILS, Crew
from team import MIA, build_team

from playbook.review.rules.policy import FastLane, Member, PolicyFile, Rule, Service, parse_policy
from playbook.review.rules.policy_check import explain
from playbook.review.rules.policy_lint import RULES, lint_policy

POLICY = "content/policy.toml"
SERVICE = "[service]\nreview_hours = 48\n\n[fast_lane]\nmax_words = 5\n"


@pytest.fixture
def heads(crew: Crew, monkeypatch: pytest.MonkeyPatch) -> Crew:
    """The crew under a policy with two heads."""
    for who in ("vera", "carl"):
        monkeypatch.setitem(MAILS, who, f"{who}@example.com")
    (crew.place / "court").mkdir()
    crew.team = court(crew.place / "court", more=SERVICE)
    return crew


def changed(crew: Crew) -> str:
    """The policy with other hours, in a file."""
    file = crew.place / "pol.toml"
    file.write_text(policy(more=SERVICE).replace("review_hours = 48", "review_hours = 24\n# one day"))
    return str(file)


@pytest.mark.parametrize("name", [POLICY, "policy.toml", "./content/policy.toml"])
def test_a_file_that_is_no_card_is_proposed_by_its_path(heads: Crew, name: str) -> None:
    said = heads("rep", "propose", name, "--from", changed(heads), "--why", "Faster", "--json")
    assert said.code == 0, said.err
    shown = heads("rep", "proposal", "show", said.json["proposal"], "--json").json
    assert [change["path"] for change in shown["changes"]] == [POLICY]
    assert "policy.toml needs the key of Vera, a head" in " ".join(shown["blocked_by"])


def test_what_cannot_be_proposed_by_its_path_says_what_can(heads: Crew) -> None:
    file = changed(heads)
    assert heads("rep", "sync").code == 0
    before = heads.refs()
    new = heads("rep", "propose", "content/other.toml", "--from", file, "--why", "x")
    assert (new.code, new.err.count("\n")) == (1, 1) and "give --from that folder" in new.err
    assert heads("rep", "propose", "../../etc/x.toml", "--from", file, "--why", "x").code == 1
    assert heads("rep", "propose", "objections/none", "--from", file, "--why", "x").code == 1
    assert heads("rep", "propose", POLICY, "-m", "x").code == 1
    Path(file).write_text("\n")
    assert "is empty" in heads("rep", "propose", POLICY, "--from", file, "--why", "x").err
    assert heads.refs() == before


def test_settings_are_shown_line_by_line(heads: Crew) -> None:
    dry = heads("rep", "propose", POLICY, "--from", changed(heads), "--why", "Faster", "--dry-run").out
    assert dry.splitlines()[-6:] == [
        "      [service]",
        "    ~ review_hours = [-48-]{+24+}",
        "    + {+# one day+}",
        "",
        "      [fast_lane]",
        "      max_words = 5",
    ]
    assert "unchanged lines …" in dry
    id = heads("rep", "propose", POLICY, "--from", changed(heads), "--why", "Faster", "--json").json["proposal"]
    assert "    ~ review_hours = [-48-]{+24+}\n    + {+# one day+}\n" in heads("rep", "proposal", "show", id).out
    on = heads("mia", "proposal", "comment", id, "--on", f"{POLICY}:20", "-m", "Is that enough?", "--json")
    assert on.code == 0, on.err


def test_r30_only_a_heads_key_counts_for_the_policy(heads: Crew) -> None:
    no = heads("mia", "policy", "check", "mia", POLICY)
    assert no.code == 3 and no.out.startswith(
        f"No: Mia's key does not count for {POLICY}: only both heads together may change it: Vera, Carl\n"
    )
    assert "It needs 1 key, of marketing: Carl\n" in no.out
    vera = heads("mia", "policy", "check", "vera", POLICY, "--json")
    assert vera.code == 0 and vera.json["may_override"] is False
    assert "Nobody may force it past the heads" in vera.json["why"]


def test_r30_where_the_heads_keys_are_not_enough_another_counts_beside_them() -> None:
    made = parse_policy(policy('[[rules]]\napprove = ["product"]\n').encode(), POLICY)
    pia = explain(made, "pia@example.com", POLICY, "page")
    assert pia.counts and "Only both heads together may change it: Vera, Carl" in pia.lines
    assert not explain(made, MIA.mail, POLICY, "page").counts


def test_r30_who_has_no_listed_key_is_not_named_where_it_must_be_signed() -> None:
    signed = PEOPLE.replace('roles = ["marketing-head"]', 'roles = ["marketing-head"], keys = ["ssh-ed25519 AAAA"]')
    made = parse_policy(f"{signed}\n[[rules]]\nsigned = true\n".encode(), POLICY)
    found = explain(made, CARL.mail, "content/objections/price.md", "objection")
    assert found.counts and "It needs 1 key, of marketing: Carl" in found.lines
    assert not explain(made, MIA.mail, "content/objections/price.md", "objection").counts


def test_r37_what_came_before_the_policy_is_one_line_of_the_audit(crew: Crew, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    crew.team = build_team(tmp_path / "bare")
    crew.team.publish(POLICY, None)
    for number in range(3):
        crew.team.publish(f"content/old-{number}.md", f"# Old {number}\n")
    assert "older step" not in crew("rep", "audit").out
    crew.team.publish(POLICY, policy())
    crew.team.publish("content/new.md", "# New\n")
    assert crew("rep", "sync").code == 0
    text = crew("rep", "audit").out
    assert text.count("WITHOUT A REVIEW") == 2
    assert text.endswith("5 older steps without a review, from before the policy or the guard; --all lists them\n")
    assert crew("rep", "audit", "--all").out.count("WITHOUT A REVIEW") == len(crew("rep", "audit", "--json").json) == 7


def test_r37_the_audit_says_how_a_key_is_signed_in_words_of_its_own(heads: Crew) -> None:
    id = heads.propose("rep")
    assert heads("mia", "sync").code == 0
    assert heads("mia", "proposal", "approve", id, "-m", "True").code == 0
    text = heads("mia", "audit").out
    assert "Key of Mia <mia@example.com> (unsigned)" in text and "(verified)" not in text
    from playbook.review.audit import SIGNED

    assert (SIGNED["verified"], SIGNED["wrong key"]) == ("signed", "signed with another key")


def test_r30_the_policys_description_names_every_field_and_its_example_holds() -> None:
    text = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
    for kind in (PolicyFile, Member, Rule, Service, FastLane):
        for field in msgspec.structs.fields(kind):
            assert f"`{field.name}`" in text or f"`[{field.name}]`" in text or f"`[[{field.name}]]`" in text, field.name
    assert all(f"`{rule}`" in text for rule in RULES)
    example = text.partition("```toml\n")[2].partition("```")[0]
    assert lint_policy(example) == [] and len(parse_policy(example.encode(), POLICY).people) == 10
