"""The doctor's word on signing: which key signs, that none is set, or why the one that is set stops all work."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from saying import Say

from playbook.store.signing import fingerprint


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A key pair, not yet named anywhere."""
    place = tmp_path / "id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(place)], check=True)
    return place


def finding(say: Say) -> dict[str, str]:
    found: dict[str, str] = next(one for one in say("doctor", "--json").json if one["what"] == "signing")
    return found


def name(key: Path) -> None:
    with Path(os.environ["GIT_CONFIG_GLOBAL"]).open("a") as config:
        config.write(f"[gpg]\n\tformat = ssh\n[user]\n\tsigningkey = {key}\n")


def test_without_a_key_the_two_settings_are_said(say: Say) -> None:
    found = finding(say)
    assert found["state"] == "ok" and "not signed" in found["says"]
    assert "gpg.format ssh" in found["mend"] and "user.signingkey" in found["mend"]


def test_a_key_that_signs_is_shown_by_its_fingerprint(say: Say, key: Path) -> None:
    name(key)
    found = finding(say)
    assert found["state"] == "ok" and found["mend"] == ""
    assert fingerprint(key.with_name("id_ed25519.pub").read_text()) in found["says"] and str(key) in found["says"]


def test_a_key_that_cannot_sign_is_broken_before_anything_is_lost(
    say: Say, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", str(key)], check=True)
    name(key)
    found = finding(say)
    assert found["state"] == "broken" and "passphrase" in found["says"] and "ssh-add" in found["mend"]
    key.unlink()
    key.with_name("id_ed25519.pub").unlink()
    assert "there is no such file" in finding(say)["says"]
