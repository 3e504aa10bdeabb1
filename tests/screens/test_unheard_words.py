"""The review screen says in a line what somebody said that does not count, and why."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from court import policy
from piloting import Driver, drive
from reviewers import Bench, cards, to_queue, to_review
from team import MAX, MIA, send

from playbook.app import PlaybookApp
from playbook.review import acting


def test_a_word_from_before_a_key_was_listed_is_told_above_the_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place)], check=True)
    bench = Bench(tmp_path, monkeypatch, {"content/policy.toml": policy()} | cards(2))
    id = bench.propose(1)
    acting.request_changes(bench.rep, id, "Not like this", by=MIA)
    send(bench.rep)
    key = place.with_suffix(".pub").read_text().strip()
    bench.team.publish("content/policy.toml", policy().replace('name = "Mia",', f'name = "Mia", keys = ["{key}"],'))
    bench.sit(MAX, "max")

    async def steps(app: PlaybookApp, see: Driver) -> None:
        await to_queue(see)
        await to_review(see)
        said = " ".join("".join(" " if sign in "│▊▎▔▁" else sign for sign in see.screen()).split())
        assert "! Mia asked for changes on 22 Nov, which does not count: mia@example.com has keys in content/" in said
        assert "say it again, signed: Not like this" in said

    drive(steps, size=(120, 40))
