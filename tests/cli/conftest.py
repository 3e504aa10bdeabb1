"""A library with a past, opened once and only read; and a way to say a command and hear what it answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from building import LibraryBuilder
from crew import Crew
from sample import objection, sample
from saying import Said, Say
from team import build_team

from playbook.cli.main import run
from playbook.finding.session import read
from playbook.search.indexer import build_now
from playbook.store.managed import open_library

NOW = "2026-11-22T10:00:00+00:00"
SEARCHES = """
[[search]]
words = "too expensive"
first = "objections/price"

[[search]]
words = "you cost a fortune"
first_three = ["objections/price", "guide/pricing"]

[[search]]
words = "not now"
first = "battlecards/acme"

[[search]]
words = "price"
first = "objections/gone-for-good"
"""
CLIPBOARD_PLACES = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "SSH_CONNECTION", "SSH_TTY")


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """Run a command in this process; no error may leave as a traceback."""
    monkeypatch.setenv("PLAYBOOK_NOW", NOW)
    for name in CLIPBOARD_PLACES:
        monkeypatch.delenv(name, raising=False)

    def command(*arguments: str) -> Said:
        capsys.readouterr()
        code = run(list(arguments))
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert "something went wrong" not in err
        return Said(code, out, err)

    return command


def with_a_past(place: Path) -> LibraryBuilder:
    """The sample with an earlier wording in March and a branch whose words main took only later."""
    made = LibraryBuilder(place)
    made.write("content/objections/price.md", objection("It costs more", "verified: 2026-02-20\n", "The first words."))
    made.write("content/playbook.toml", '[library]\nname = "Sample"\ntimezone = "UTC"\nstages = ["negotiation"]\n')
    made.commit("Begin", date="2026-03-01T23:59:30+00:00", author="Bea First <bea@example.com>")
    made.write("content/objections/price.md", objection("It costs more", "verified: 2026-02-20\n", "The second words."))
    made.commit("Say it shorter\n\nNobody said it aloud.", date="2026-03-02T00:00:10+00:00")
    sample(place)
    made.write("content/searches.toml", SEARCHES)
    made.commit("Write the library", date="2026-10-20T12:00:00+00:00")
    return made


@pytest.fixture(scope="session")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PLAYBOOK_HOME in which the sample is open and indexed; no test changes it."""
    place = tmp_path_factory.mktemp("cli")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PLAYBOOK_HOME", str(place / "home"))
        environment.setenv("PLAYBOOK_NOW", NOW)
        library = open_library(str(with_a_past(place / "repo").bare(place / "hub.git")), name="sample")
        read(library)
        build_now(library)
    return place / "home"


@pytest.fixture
def shared(shared_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The home with the sample, for tests that only read; they stand in an empty folder."""
    monkeypatch.setenv("PLAYBOOK_HOME", str(shared_home))
    monkeypatch.chdir(tmp_path)
    return shared_home


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    """A hub of the sample that nothing has opened yet."""
    return with_a_past(tmp_path / "repo").bare(tmp_path / "hub.git")


@pytest.fixture
def crew(tmp_path: Path, say: Say, monkeypatch: pytest.MonkeyPatch) -> Crew:
    """A team's hub and people who say commands to it, each at a machine of their own."""
    # What is said here is not about search: no indexer is left running behind a test.
    monkeypatch.setattr("playbook.search.indexer.spawn", lambda library: None)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "team").mkdir()
    return Crew(build_team(tmp_path / "team"), tmp_path, say, monkeypatch)
