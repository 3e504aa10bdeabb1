"""What a git host needs to hold the policy by itself: code owners, a check that runs the judge, and its settings."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from playbook.errors import LibraryUnreadable, NothingFound, UsageError
from playbook.review.rules.policy import HEADS, Policy, Rule
from playbook.text.safe import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

GITHUB = {"owners": ".github/CODEOWNERS", "check": ".github/workflows/playbook.yml"}
GITLAB = {"owners": ".gitlab/CODEOWNERS", "check": ".gitlab/playbook.yml"}
_MAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,200}")
# Letters that a host's pattern takes literally; a rule with others is left to the check.
_PATTERN = re.compile(r"[A-Za-z0-9._/*?@+~-]{1,300}")

# No branch name, title or other word of a proposal's stands in a line of shell: they come as variables. Nothing of what
# is proposed is run: `pull_request_target` takes this file from main, and the commits are only looked at.
_GITHUB_CHECK = """\
name: playbook
on:
  pull_request_target:
    branches: [{main}]
permissions:
  contents: read
concurrency:
  group: playbook-${{{{ github.event.pull_request.number }}}}
  cancel-in-progress: true
jobs:
  verify:
    name: playbook verify
    runs-on: ubuntu-latest
    timeout-minutes: 15
    env:
      MAIN: {main}
      HEAD: ${{{{ github.event.pull_request.head.sha }}}}
      NUMBER: ${{{{ github.event.pull_request.number }}}}
      REPOSITORY: ${{{{ github.server_url }}}}/${{{{ github.repository }}}}
      PLAYBOOK_SOURCE: ${{{{ vars.PLAYBOOK_SOURCE }}}}
    steps:
      - name: Fetch the commits
        env:
          TOKEN: ${{{{ github.token }}}}
        run: |
          set -eu
          who=$(printf 'x-access-token:%s' "$TOKEN" | base64 -w0)
          git init --quiet --bare --initial-branch="$MAIN" library.git
          git -C library.git -c http.extraheader="Authorization: Basic $who" fetch --quiet --no-tags \\
            "$REPOSITORY" "+refs/heads/$MAIN:refs/heads/$MAIN" "+refs/pull/$NUMBER/head:refs/heads/asked"
      - name: May they become main?
        run: |
          set -eu
          base=$(git -C library.git rev-parse --verify "refs/heads/$MAIN")
          python3 -m venv guard
          guard/bin/python -m pip install --quiet -- "$PLAYBOOK_SOURCE"
          guard/bin/playbook verify --in library.git "$base..$HEAD"
"""
_GITLAB_CHECK = """\
playbook-verify:
  stage: test
  image: python:3.12
  rules:
    - if: '$CI_PIPELINE_SOURCE == "merge_request_event" && $CI_MERGE_REQUEST_TARGET_BRANCH_NAME == $CI_DEFAULT_BRANCH'
  variables:
    GIT_DEPTH: "0"
    GIT_STRATEGY: clone
  script:
    - set -eu
    - git fetch --quiet origin "+refs/heads/$CI_DEFAULT_BRANCH:refs/remotes/origin/$CI_DEFAULT_BRANCH"
    - base=$(git rev-parse --verify "refs/remotes/origin/$CI_DEFAULT_BRANCH")
    - head="${CI_MERGE_REQUEST_SOURCE_BRANCH_SHA:-$CI_COMMIT_SHA}"
    - python3 -m venv /tmp/guard
    - /tmp/guard/bin/python -m pip install --quiet -- "$PLAYBOOK_SOURCE"
    - cd /tmp && /tmp/guard/bin/playbook verify --in "$CI_PROJECT_DIR" "$base..$head"
"""


def files_for(host: str, policy: Policy, main: str) -> dict[str, str]:
    """The files by their path in the repository. Raises NothingFound without a policy that can be read."""
    if not policy.path or policy.fault:
        why = policy.fault or "main has no policy.toml, so there is nothing to enforce; propose one first"
        raise NothingFound(why)
    names = GITHUB if host == "github" else GITLAB
    check = _GITHUB_CHECK.format(main=json.dumps(main)) if host == "github" else _GITLAB_CHECK
    return {names["owners"]: _owners(host, policy, names), names["check"]: check}


def write(folder: Path, files: dict[str, str]) -> None:
    """Write the files below a folder that is there. Raises UsageError, LibraryUnreadable."""
    if not folder.is_dir():
        raise UsageError(f"{one_line(str(folder), 200)} is no folder; give -o the root of a checkout")
    for name, text in files.items():
        try:
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        except OSError as error:
            raise LibraryUnreadable(
                f"Cannot write {one_line(str(folder / name), 200)}: {error.strerror or error}; check permissions"
            ) from error


def checklist(host: str, main: str) -> list[str]:
    """The settings of the host without which the files hold nothing, one a sentence."""
    name = one_line(main, 80)
    if host == "github":
        return [
            "Actions, variables: set PLAYBOOK_SOURCE to where your company installs playbook from (a wheel, or a git "
            "address with a whole commit id).",
            f"Rulesets: a new one for the branch {name}, enforced, with nobody on its bypass list, administrators neither.",
            "In it: require a pull request before merging, with at least one approval.",
            "In it: require review from code owners, and dismiss stale approvals when new commits are pushed.",
            "In it: require the status check `playbook verify`, from GitHub Actions alone, and branches that are up to date.",
            "In it: allow merge commits only; no squash, no rebase (they make new commits that nobody approved).",
            "In it: block force pushes, restrict deletions.",
            "A second ruleset for proposals/*: block force pushes, so that no approval loses its words.",
            "Actions, general: let nobody but administrators change workflow permissions; the check only reads.",
            "Merge what `playbook` calls `approved, merge on the host` with the host's own button.",
        ]
    return [
        "CI/CD variables: set PLAYBOOK_SOURCE, protected no, to where your company installs playbook from.",
        "CI/CD: include .gitlab/playbook.yml from .gitlab-ci.yml; or, so that no branch can change it, name a CI "
        "configuration file in another project.",
        f"Protected branches: {name}, allowed to merge: maintainers; allowed to push and merge: no one; no force push; code "
        "owner approval required.",
        "Protected branches: proposals/*, allowed to push: developers; no force push.",
        "Merge requests: merge method `merge commit`, squash `do not allow`.",
        "Merge requests: pipelines must succeed, and merged results pipelines or an up-to-date source branch are required.",
        "Approvals: remove all approvals when commits are added; prevent approval by author and by users who add commits.",
        "Where you keep the server yourself: `playbook hook install` on the bare repository is stronger than all of this.",
        "Merge what `playbook` calls `approved, merge on the host` with the host's own button.",
    ]


def _owners(host: str, policy: Policy, names: dict[str, str]) -> str:
    root = "/content/" if policy.path.startswith("content/") else "/"
    lines = [
        f"# Made by `playbook host-files {host}` from {policy.path}; make it anew when that changes.",
        "# It names who is asked. How many keys, of which sides and in what order, the required check says.",
    ]
    if host == "gitlab":
        lines.append("[Words]")
    lines.append(_line("*", _mails(policy, Rule().key_roles)))
    for number, rule in enumerate(policy.rules, 1):
        mails = _mails(policy, rule.key_roles)
        if rule.kinds:
            lines.append(f"# rule {number} goes by kind, which no pattern says: the check holds it")
            continue
        for pattern in rule.paths:
            lines += [_line(one, mails) for one in _patterns(pattern, root)] or [
                f"# a pattern of rule {number} cannot be said here: the check holds it"
            ]
    heads = _mails(policy, (HEADS,)) or _mails(policy, Rule().key_roles)
    if host == "gitlab":
        lines.append(f"[Rules][{max(1, len(heads))}]")
    own = [f"/{name}" for name in names.values()]
    own += [f"/{Path(names['check']).parent}/", f"/{policy.path}", f"{root}playbook.toml"]
    if host == "gitlab":
        own.append("/.gitlab-ci.yml")
    lines += [_line(one, heads) for one in dict.fromkeys(own)]
    return "\n".join(lines) + "\n"


def _line(pattern: str, mails: list[str]) -> str:
    return f"{pattern} {' '.join(mails)}" if mails else f"# nobody may approve {pattern} by the policy"


def _mails(policy: Policy, roles: Iterable[str]) -> list[str]:
    wanted = list(roles)
    return [mail for mail in policy.people if _MAIL.fullmatch(mail) and policy.has_role(mail, wanted)]


def _patterns(pattern: str, root: str) -> list[str]:
    """What a pattern of the policy is to a host; [] when it cannot be said there."""
    plain = pattern.strip().removeprefix("./").lstrip("/")
    if not _PATTERN.fullmatch(plain) or ".." in plain:
        return []
    if plain in ("**", "*/**", "**/*"):
        return [f"{root}"] if root != "/" else ["*"]
    inner = root + plain.removeprefix("content/")
    if inner.endswith("/"):
        return [inner]
    if not any(letter in plain for letter in "*?."):
        return [f"{inner}/", f"{inner}.md"]
    return [inner]
