"""Approving in a library without a hub: main is made here, and the person's checkout is only told how to take it."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import pytest
from team import MIA, Team, build_team, propose

from playbook.review.approve import approve
from playbook.review.listing import find
from playbook.store import refs
from playbook.store.managed import Library
from playbook.store.runner import Git
from playbook.store.sync import fetch_only


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return build_team(tmp_path)


def local(team: Team) -> Library:
    """A library that is a checkout without an origin."""
    team.source.git("remote", "remove", "origin")
    return team.library("alone", str(team.source.path))


def test_a_library_without_a_hub_merges_here_and_names_the_pull(team: Team) -> None:
    library = local(team)
    before = team.source.git("rev-parse", "HEAD")
    id = propose(library)
    done = approve(library, id, "Yes.", by=MIA)
    assert done.state == "merged" and refs.read_ref(library.git_dir, "refs/heads/main") == done.merge
    assert refs.main_commit(library) == done.merge and find(library, id).state == "merged"
    assert team.source.git("rev-parse", "HEAD") == before and team.source.git("status", "--porcelain") == ""
    command = done.message[done.message.index("`") + 1 : -1]
    subprocess.run(command.split(), check=True, capture_output=True, env=os.environ)
    assert team.source.git("rev-parse", "HEAD") == done.merge
    fetch_only(library)
    assert refs.read_ref(library.git_dir, "refs/heads/main") is None and refs.main_commit(library) == done.merge


def test_r26_two_merges_at_once_in_a_library_without_a_hub_are_both_kept(team: Team) -> None:
    library = local(team)
    ids = [propose(library, path=f"content/n{number}.md", text="# N\n", title=f"N {number}") for number in range(4)]
    threads = [threading.Thread(target=approve, args=(library, id, "Yes."), kwargs={"by": MIA}) for id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = Git(library.git_dir).run("log", "--first-parent", "--format=%s", refs.main_commit(library)).decode()
    assert sorted(log.splitlines()) == ["N 0", "N 1", "N 2", "N 3", "The first words"]
