"""A user and password in a URL are for git alone: no sentence shows them, and no file that others can read holds them."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest
from building import LibraryBuilder

from playbook import errors
from playbook.store import managed, registry
from playbook.store.firstfetch import make
from playbook.store.managed import Library, open_library
from playbook.store.runner import without_credentials
from playbook.store.sources import Source, shown


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        ("https://user:secret@host/x", "https://host/x"),
        ("https://user:se@cret@127.0.0.1:1/x", "https://127.0.0.1:1/x"),
        ("https://user:se/cret@host/x", "https://host/x"),
        ("https://user:12/cret@host/x", "https://host/x"),
        ("https://user:s/e@c/ret@host/x", "https://host/x"),
        ("https://token@host/x", "https://host/x"),
        ("https://tok@en@host/x", "https://host/x"),
        ("https://:secret@[::1]:8/x", "https://[::1]:8/x"),
        ("https://host/team/x@v2", "https://host/team/x@v2"),
        ("https://host:8443/team/x.git", "https://host:8443/team/x.git"),
    ],
)
def test_credentials_are_taken_out_up_to_the_last_at_sign(target: str, seen: str) -> None:
    assert shown(target) == seen
    assert without_credentials(f"fatal: '{target}/' no") == f"fatal: '{seen}/' no"


def test_a_password_with_a_space_and_a_forgotten_scheme_are_not_shown() -> None:
    assert shown("https://user:se cret@host/x y") == "https://host/x%20y"
    assert shown("user:secret@host/x") == "host/x"
    assert shown("git@host:team/x.git") == "git@host:team/x.git"
    assert shown("/srv/a:b@c/x y") == "/srv/a:b@c/x y"


@pytest.mark.parametrize("secret", ["se@cret", "se/cret", "12/cret", "secret"])
def test_no_refusal_shows_a_password(secret: str) -> None:
    with socket.socket() as quiet:
        quiet.bind(("127.0.0.1", 0))
        url = f"https://user:{secret}@127.0.0.1:{quiet.getsockname()[1]}/x"
        with pytest.raises(errors.PlaybookError) as caught:
            open_library(url)
        assert "cret" not in str(caught.value)
        with pytest.raises(errors.PlaybookError) as caught:
            managed.find_library(url)
        assert "cret" not in str(caught.value)


def test_a_library_knows_how_it_is_shown(tmp_path: Path) -> None:
    url = "https://user:se@cret@host/team/x.git"
    library = Library("x", url, url, tmp_path, tmp_path)
    assert library.shown_target == library.shown_hub == "https://host/team/x.git"
    assert library.source == url
    assert Library("x", "/srv/\x1bx", "", tmp_path, tmp_path).shown_hub == ""
    assert "\x1b" not in Library("x", "/srv/\x1bx", "", tmp_path, tmp_path).shown_target


def test_files_that_hold_the_url_are_readable_by_their_owner_alone(tmp_path: Path, home: Path) -> None:
    before = os.umask(0o022)
    try:
        LibraryBuilder(tmp_path / "team").write("a.md", "# A\n").commit()
        library = open_library(str(tmp_path / "team"))
        # A clone whose hub does not answer: what it knows is taken, and the hub's URL is kept.
        place = tmp_path / "kept.git"
        make(place, Source("/x", "https://u:p@127.0.0.1:1/x", tmp_path / "team", tmp_path / "team" / ".git"))
        assert "u:p@" in (place / "config").read_text()
        files = [place / "config", library.git_dir / "config", library.git_dir / registry.ABOUT]
        for file in (*files, home / "data" / "libraries.json"):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
        (library.git_dir / "config").chmod(0o644)  # as it was made once
        open_library(str(tmp_path / "team"))
        assert stat.S_IMODE((library.git_dir / "config").stat().st_mode) == 0o600
    finally:
        os.umask(before)
