"""Policies and people for tests of who may say yes: two sides with heads, reps, and an arbiter over all of them."""

from __future__ import annotations

from pathlib import Path

from team import MAX, MIA, PIA, REP, Team, build_team

from playbook.store.writing import Person

VERA = Person("Vera", "vera@example.com")  # head of sales
CARL = Person("Carl", "carl@example.com")  # head of marketing
ADA = Person("Ada", "ada@example.com")  # arbiter
SAM = Person("Sam", "sam@example.com")  # a second rep
EVERYBODY = (REP, SAM, VERA, MIA, MAX, PIA, CARL, ADA)

PEOPLE = """\
arbiter = "ada@example.com"
[people]
"mia@example.com" = { name = "Mia", roles = ["marketing"] }
"max@example.com" = { name = "Max", roles = ["marketing"] }
"pia@example.com" = { name = "Pia", roles = ["product"] }
"carl@example.com" = { name = "Carl", roles = ["marketing-head"] }
"rep@example.com" = { name = "Rep", roles = ["sales"] }
"sam@example.com" = { name = "Sam", roles = ["sales"] }
"vera@example.com" = { name = "Vera", roles = ["sales-head"] }
"ada@example.com" = { name = "Ada" }
[heads]
sales = "vera@example.com"
marketing = "carl@example.com"
"""


def policy(rules: str = "", more: str = "") -> str:
    """The people above under some rules; `more` stands after them."""
    return f"{PEOPLE}\n{rules}\n{more}"


def court(root: Path, rules: str = "", more: str = "", files: dict[str, str] | None = None) -> Team:
    """A team under that policy."""
    return build_team(root, {"content/policy.toml": policy(rules, more)} | (files or {}))
