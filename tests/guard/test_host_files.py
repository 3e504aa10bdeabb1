"""`playbook host-files`: code owners from the policy, a check that runs nothing of what is proposed, and settings."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from guards import FILES, PRICE, Guarded, policy
from saying import Said

from playbook.cli.main import run
from playbook.errors import NothingFound
from playbook.review.guard.host_files import checklist, files_for
from playbook.review.rules.policy import Policy, parse_policy
from playbook.store.managed import open_library

OWNERS = {"github": ".github/CODEOWNERS", "gitlab": ".gitlab/CODEOWNERS"}
CHECK = {"github": ".github/workflows/playbook.yml", "gitlab": ".gitlab/playbook.yml"}


def say(capsys: pytest.CaptureFixture[str], *arguments: str) -> Said:
    capsys.readouterr()
    code = run(list(arguments))
    out, err = capsys.readouterr()
    return Said(code, out, err)


def files(host: str, main: str = "main", text: str = "") -> dict[str, str]:
    return files_for(host, parse_policy((text or policy()).encode(), "content/policy.toml"), main)


def owners_of(host: str, path: str) -> str:
    """Whom the host would ask for that file, by its rule that the last line that fits decides."""
    found = ""
    for line in files(host)[OWNERS[host]].splitlines():
        pattern, _, owners = line.partition(" ")
        glob = re.escape(pattern).replace(r"\*\*", ".*").replace(r"\*", "[^/]*" if pattern != "*" else ".*")
        if not line.startswith(("#", "[")) and re.match(glob + ("" if pattern.endswith("/") else "$"), "/" + path):
            found = owners
    return found


@pytest.mark.parametrize("host", ["github", "gitlab"])
def test_owners_are_those_whose_keys_the_policy_asks_for(host: str) -> None:
    assert owners_of(host, PRICE) == "mia@example.com max@example.com pia@example.com hanna@example.com"
    assert owners_of(host, "content/launches/one.md") == "pia@example.com"
    assert "rep@example.com" in owners_of(host, "content/air-cover/spring.md")
    for own in (OWNERS[host], CHECK[host], "content/policy.toml", "content/playbook.toml"):
        assert owners_of(host, own) == "sal@example.com hanna@example.com", own


def test_the_heads_of_both_sides_are_asked_at_gitlab() -> None:
    assert "[Rules][2]\n" in files("gitlab")[OWNERS["gitlab"]]


def test_no_name_or_path_of_the_policy_writes_a_line_of_its_own() -> None:
    text = policy().replace('paths = ["claims/**"]', 'paths = ["claims/**\\n* evil@example.com"]')
    text = text.replace("[heads]", '"x@example.com\\n* y" = { name = "X", roles = ["marketing"] }\n[heads]')
    made = files("github", text=text)[OWNERS["github"]]
    assert "evil" not in made and "* y" not in made
    assert "# a pattern of rule 3 cannot be said here: the check holds it" in made


@pytest.mark.parametrize("main", ["main", 'a"b', "$(touch ran)"])
def test_the_check_of_github_takes_names_as_variables_alone(main: str) -> None:
    text = files("github", main)[CHECK["github"]]
    read: dict[Any, Any] = yaml.safe_load(text)
    assert read[True]["pull_request_target"]["branches"] == [main]
    assert read["permissions"] == {"contents": "read"}
    job = read["jobs"]["verify"]
    assert job["env"]["MAIN"] == main
    for step in job["steps"]:
        assert "uses" not in step
        assert "${{" not in step["run"]
        assert main == "main" or main not in step["run"]


def test_the_check_of_gitlab_is_one_job(capsys: pytest.CaptureFixture[str]) -> None:
    read = yaml.safe_load(files("gitlab")[CHECK["gitlab"]])
    assert list(read) == ["playbook-verify"]
    assert "verify --in" in read["playbook-verify"]["script"][-1]


def test_the_steps_of_github_do_what_they_say(hub: Guarded, tmp_path: Path) -> None:
    """Run as the host would run them, on a pull request whose ref is as the host makes it; only pip is left out."""
    words = hub.change({PRICE: FILES[PRICE].replace("pays", "saves")})
    fine = hub.say("approve", words, by="max")
    (hub.hub / "hooks" / "pre-receive").unlink()
    hub.takes(f"{fine}:refs/pull/7/head")
    job = yaml.safe_load(files("github")[CHECK["github"]])["jobs"]["verify"]
    place = tmp_path / "runner"
    for tip, code in ((fine, 0), (words, 1)):
        place.mkdir()
        env = {"MAIN": "main", "HEAD": tip, "NUMBER": "7", "REPOSITORY": str(hub.hub), "TOKEN": "x"}
        steps = [step["run"].replace("guard/bin/playbook", f"'{sys.executable}' -m playbook") for step in job["steps"]]
        script = "\n".join(
            line for line in "\n".join(steps).splitlines() if "-m venv" not in line and "pip" not in line
        )
        root = str(Path(__file__).parents[2])
        done = subprocess.run(
            ["sh", "-c", script], cwd=place, env={**os.environ, **env, "PYTHONPATH": root}, capture_output=True
        )
        assert done.returncode == code, done.stderr.decode()
        subprocess.run(["rm", "-r", str(place)], check=True)


def test_written_and_said(hub: Guarded, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    open_library(str(hub.hub))
    said = say(capsys, "host-files", "github", "-o", str(tmp_path))
    assert said.code == 0, said.err
    assert (tmp_path / OWNERS["github"]).read_text() == files("github")[OWNERS["github"]]
    assert "no squash, no rebase" in said.out and "Wrote " in said.out
    assert set(say(capsys, "host-files", "gitlab", "--json").json["files"]) == {OWNERS["gitlab"], CHECK["gitlab"]}
    assert say(capsys, "host-files", "github", "-o", str(tmp_path / "nowhere")).code == 2
    assert say(capsys, "host-files", "sourcehut").code == 2


def test_without_a_policy_there_is_nothing_to_enforce() -> None:
    with pytest.raises(NothingFound, match="main has no policy"):
        files_for("github", Policy(), "main")


def test_the_settings_say_what_would_undo_the_check() -> None:
    for host in ("github", "gitlab"):
        said = " ".join(checklist(host, "main"))
        assert "squash" in said and "force push" in said and "owner" in said and "PLAYBOOK_SOURCE" in said
