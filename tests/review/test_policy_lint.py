"""What lint says of a policy: rules nobody can meet, people listed twice, and letters that went astray."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from court import policy
from team import MIA, propose

from playbook.review.rules.policy_lint import RULES, lint_policy

P = "content/policy.toml"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqf7VvJm4Hh3dYzJ2dI1u0b5cY1oTtq0H1cY4gQp2xK"


def found(text: str) -> list[tuple[int, str, str]]:
    return [(problem.line, problem.rule, problem.message) for problem in lint_policy(text, P)]


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


@pytest.mark.parametrize(
    ("rules", "more", "part", "rule", "says"),
    [
        ('[[rules]]\napprove = ["legal"]\n', "", "approve =", "policy-unmet", "1 key of legal, and nobody has that"),
        ('[[rules]]\napprove = ["marketing"]\nkeys = 5\n', "", "keys = 5", "policy-unmet",
         "5 keys of marketing, and only 4 people have that"),
        ('[[rules]]\nsides = ["sales", "legal"]\n', '[sides]\nlegal = ["lawyer"]\n', "sides = ", "policy-unmet",
         "sides asks for legal, and nobody is that"),
        ('[[rules]]\norder = ["sales-head", "sales-head"]\n', "", "order =", "policy-unmet",
         "order asks for sales-head, and one person would have to be two of these"),
        ('[[rules]]\nacknowledge = ["partner"]\n', "", "acknowledge =", "policy-unmet", "nobody has partner"),
        ("[[rules]]\nsigned = true\n", "", "signed =", "policy-unmet",
         "1 key must be signed, and of those who may sign nobody has keys"),
        ('[[rules]]\napprove = ["marketing", "legal"]\n', "", "approve =", "policy-role", "nobody has the role 'legal'"),
        ('[[rules]]\nsdies = ["sales"]\n', "", "sdies", "policy-field", "'sdies' is no field in [rules]"),
        ('[[rules]]\npaths = ["content/launches/**"]\n[[rules]]\nkinds = []\n', "", "[[rules]]", "policy-shadowed",
         "rule 1 decides for nothing: rule 2 stands below it"),
        ("", "[fast_lane]\nmax_words = 51\n", "max_words", "policy-fast-lane", "a fix of 51 words is not tiny"),
        ("", '[fast_lane]\nmax_words = 5\napprove = ["legal"]\n', "approve =", "policy-fast-lane", "nobody has legal"),
        ("", "[service]\nreview_hour = 3\n", "review_hour", "policy-field", "'review_hour' is no field in [service]"),
    ],
)  # fmt: skip
def test_r30_what_nobody_can_meet_or_nothing_reads_is_found_with_its_line(
    rules: str, more: str, part: str, rule: str, says: str
) -> None:
    text = policy(rules, more)
    (only,) = found(text)
    assert only[:2] == (line_of(text, part), rule) and says in only[2]


def test_r30_people_heads_and_keys_that_are_none_are_found() -> None:
    text = (
        'arbiter = "gone@example.com"\nheds = {}\n[people]\n"a@x.com" = { roles = ["marketing"], also = ["b@x.com"] }\n'
        '"B@x.com" = { roles = ["marketing"], keys = ["ssh-ed25519 AAAA", "' + KEY + '"] }\n'
        '"c@x.com" = { roles = ["janitor"], nmae = "C" }\n'
        '[people."d@x.com"]\nroles = ["sales"]\nkey = []\n[heads]\nsales = "nobody@x.com"\nsupport = "a@x.com"\n'
    )
    said = found(text)
    assert [(line, rule) for line, rule, _ in said] == [
        (1, "policy-person"), (2, "policy-field"), (5, "policy-key"), (5, "policy-person"), (6, "policy-field"),
        (6, "policy-role"), (9, "policy-field"), (11, "policy-person"), (12, "policy-role"),
    ]  # fmt: skip
    messages = "\n".join(message for _, _, message in said)
    for part in (
        "gone@example.com, the arbiter, is not in [people]", "'heds' is no field", "'ssh-ed25519 AAAA' is no SSH public key",
        "b@x.com is a@x.com already", "'nmae'", "the role 'janitor', which no rule, side or head names", "'key' is no field",
        "nobody@x.com, the head of sales", "'support' has a head and is no side",
    ):  # fmt: skip
        assert part in messages
    assert {rule for _, rule, _ in said} <= set(RULES)


def test_r30_a_policy_that_cannot_be_read_says_where() -> None:
    assert found("[people\nx = 1\n")[0][:2] == (1, "policy-unreadable")
    text = policy('[[rules]]\n[[rules]]\nsides = ["moon"]\n')
    line, rule, said = found(text)[0]
    assert (line, rule) == (line_of(text, 'sides = ["moon"]') - 1, "policy-unreadable") and "'moon'" in said
    assert found(policy("", "[fast_lane]\nmax_words = true\n"))[0][1] == "policy-unreadable"


def test_r30_a_good_policy_has_no_findings() -> None:
    assert (
        found(policy('[[rules]]\n[[rules]]\npaths = ["content/launches/**"]\nsides = ["sales", "marketing"]\n')) == []
    )
    assert found("") == [(1, "policy-unmet", "there are no [[rules]], so one key of marketing is wanted, and nobody is on "
                          "that side")]  # fmt: skip


def test_r30_the_command_finds_it_on_disk_and_in_the_library(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from playbook.cli.main import run

    place = tmp_path / "library" / "content"
    place.mkdir(parents=True)
    (place / "playbook.toml").write_text("")
    (place / "policy.toml").write_text(policy('[[rules]]\napprove = ["legal"]\n'))
    assert run(["lint", str(tmp_path / "library"), "--rule", "policy-unmet", "--json"]) == 1
    row = json.loads(capsys.readouterr().out)
    assert (row["rule"], row["severity"], row["path"]) == ("policy-unmet", "error", P)
    assert run(["lint", str(place / "policy.toml")]) == 1
    assert "policy.toml:" in capsys.readouterr().out


def test_r30_a_proposed_policy_is_linted_before_it_is_approved(tmp_path: Path) -> None:
    from court import court
    from team import session

    from playbook.review.change import brought_in, file_changes, findings
    from playbook.review.listing import find

    team = court(tmp_path, '[[rules]]\nsdies = ["sales"]\n')
    library = team.library("one")
    text = team.text(P) + '[[rules]]\napprove = ["legal"]\n'
    id = propose(library, path=P, text=text, by=MIA)
    changes = file_changes(library, find(library, id))
    here = session(library)
    assert [one.rule for one in findings(here, changes)] == ["policy-shadowed", "policy-field", "policy-unmet"]
    assert [one.rule for one in brought_in(here, changes)] == ["policy-shadowed", "policy-unmet"]
