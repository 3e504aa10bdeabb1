"""What leaves the house: the wheel with its demonstration and styles, the locks, and the sentence of make-venv."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout without asking any index."""
    place = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place), str(ROOT)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    (made,) = place.glob("*.whl")
    return made


def test_the_wheel_carries_the_demonstration_and_the_styles(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    content = {
        f"playbook/demo/content/{file.relative_to(ROOT / 'content').as_posix()}"
        for file in (ROOT / "content").rglob("*")
        if file.suffix in {".md", ".toml"}
    }
    assert "playbook/demo/content/playbook.toml" in content
    styles = {file.relative_to(ROOT).as_posix() for file in (ROOT / "playbook").rglob("*.tcss")}
    assert len(styles) >= 2
    assert content | styles <= names
    assert not [name for name in names if name.startswith(("tests", "benchmarks", "content"))]
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_the_installed_wheel_shows_the_demonstration_away_from_the_checkout(wheel: Path, tmp_path: Path) -> None:
    place, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*pip, "--target", str(place), str(wheel)], check=True, capture_output=True, timeout=120)
    env = {**os.environ, "PYTHONPATH": str(place), "PLAYBOOK_NOW": "2026-11-22T10:00:00+00:00"}

    def installed(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=empty, env=env, capture_output=True, text=True, check=True, timeout=120
        )
        return done.stdout

    assert installed("-c", "import playbook; print(playbook.__file__)").startswith(str(place))
    assert installed("-m", "playbook", "demo", "--no-app").startswith("Opened demo: ")
    found = installed("-m", "playbook", "search", "too", "expensive", "--limit", "1")
    assert "  | " in found


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_versions_and_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert "index" not in re.sub(r"--hash=\S+", "", text)
    requirements = text.replace("\\\n", " ").strip().splitlines()
    assert len(requirements) > 10
    for line in requirements:
        pinned = re.fullmatch(
            r"([a-z0-9][a-z0-9._-]*)==(\S+)( ; [^\\]+?)?((?:\s+--hash=sha256:[0-9a-f]{64})+)\s*", line
        )
        assert pinned, line


def test_the_locks_agree_and_hold_every_dependency() -> None:
    import tomllib

    def pins(name: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9._-]+==\S+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))

    run, dev = (pins(name) for name in LOCKS)
    assert run <= dev
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {re.split(r"[<>=!~ \[]", dependency)[0].lower() for dependency in project["dependencies"]}
    assert wanted <= {pin.partition("==")[0] for pin in run}


def make_venv(python: str, venv: Path) -> subprocess.CompletedProcess[str]:
    """Run the script that make runs."""
    return subprocess.run(
        ["sh", str(ROOT / "scripts" / "make-venv"), python, str(venv)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (
            'case "$1" in -V) echo Python 3.9.2;; *) exit 1;; esac',
            "is Python 3.9.2; playbook needs Python 3.11 or newer",
        ),
        ('case "$2" in *venv*) echo "No module" >&2; exit 1;; esac', "has no venv module: install it"),
    ],
)
def test_a_python_that_will_not_do_is_one_sentence(tmp_path: Path, answers: str, sentence: str) -> None:
    fake = tmp_path / "python3"
    fake.write_text(f"#!/bin/sh\n{answers}\n")
    fake.chmod(0o755)
    done = make_venv(str(fake), tmp_path / "venv")
    assert done.returncode != 0
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "venv").exists()


def test_no_python_at_all_is_one_sentence(tmp_path: Path) -> None:
    done = make_venv("python-nowhere", tmp_path / "venv")
    assert done.returncode != 0
    assert done.stderr.startswith("No python-nowhere here: install Python 3.11 or newer")
    assert len(done.stderr.strip().splitlines()) == 1
