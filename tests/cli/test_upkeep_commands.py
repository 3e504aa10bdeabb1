"""`playbook index`, `doctor`, `lint`, `searches`, `completion` and the bare command: whether all is in order."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest
from building import LibraryBuilder
from saying import Say

from playbook import __version__
from playbook.cli.main import COMMANDS
from playbook.finding.session import read
from playbook.library.lint import findings_json, lint
from playbook.library.snapshot import load_folder
from playbook.store.managed import find_library

TODAY = date(2026, 11, 22)


def test_index_builds_reports_and_rebuilds(say: Say, hub: Path) -> None:
    say("open", str(hub), "--name", "one", "--no-app")
    library = find_library("one")
    status = say("index", "--status", "--json").json
    assert {"engine", "cards", "commit", "build_ms", "bytes"} <= set(status)
    assert (status["engine"], status["cards"]) == ("whoosh", 8)
    assert status["bytes"] > 0
    assert status["commit"] == read(library).snapshot.commit
    shutil.rmtree(library.cache / "index")
    lost = say("index", "--status", "--json").json
    assert (lost["cards"], lost["commit"]) == (0, "")
    assert "no index" in say("index", "--status").out
    built = say("index", "--rebuild", "--json").json
    assert (built["cards"], built["commit"]) == (8, status["commit"])
    assert say("index").out.startswith("whoosh: 8 cards at ")


def test_r12_search_answers_while_the_index_is_lost(say: Say, hub: Path) -> None:
    say("open", str(hub), "--name", "one", "--no-app")
    index = find_library("one").cache / "index"
    (index / "current").write_bytes(b"\0 not ours")
    assert say("search", "too expensive", "--json").ids[0] == "objections/price"
    assert say("index", "--json").json["cards"] == 8
    assert say("search", "too expensive", "--json").json["engine"] == "whoosh"


def test_doctor_gives_each_finding_its_state_and_its_mend(shared: Path, say: Say) -> None:
    findings = {finding["what"]: finding for finding in say("doctor", "--json").json}
    assert {"git", "terminal", "clipboard", "index", "remote", "identity"} <= set(findings)
    assert all(set(finding) == {"what", "state", "says", "mend"} for finding in findings.values())
    assert {what: findings[what]["state"] for what in ("git", "identity", "index", "remote", "terminal")} == {
        "git": "ok",
        "identity": "ok",
        "index": "ok",
        "remote": "ok",
        "terminal": "warning",
    }
    assert all(finding["mend"] for finding in findings.values() if finding["state"] != "ok")
    text = say("doctor")
    assert text.code == 0
    assert "ok  git" in text.out
    assert "!!  terminal" in text.out


def test_doctor_of_a_machine_where_nothing_is_right(say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gitconfig").write_text("")
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("PLAYBOOK_HOME", str(blocked / "home"))
    said = say("doctor", "--json")
    assert said.code == 1
    findings = {finding["what"]: finding for finding in said.json}
    assert findings["folders"]["state"] == "broken"
    assert findings["identity"]["state"] == "warning"
    assert "user.name" in findings["identity"]["mend"]
    assert findings["library"]["state"] == "warning"


def test_doctor_of_a_hub_out_of_reach_warns_and_goes_on(say: Say, hub: Path) -> None:
    say("open", str(hub), "--name", "one", "--no-app")
    hub.rename(hub.with_name("moved.git"))
    said = say("doctor", "--json")
    assert said.code == 0
    assert {f["what"]: f["state"] for f in said.json}["remote"] == "warning"


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A library with an error and warnings, as a folder and open as a library."""
    made = LibraryBuilder(tmp_path / "faulty")
    made.write("content/playbook.toml", '[library]\nstages = ["discovery"]\ntimezone = "UTC"\n')
    made.write(
        "content/objections/price.md",
        "---\nstages: [nirvana]\nverified: 2026-11-01\n---\n# Price\n\n## Answer\nSee [it](gone.md).\n",
    )
    made.write("content/objections/bare.md", "No heading\x1b[31m at all.\n")
    made.commit()
    return tmp_path / "faulty"


def test_r91_the_same_findings_in_text_json_and_the_function(
    say: Say, faulty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [findings_json(finding) for finding in lint(load_folder(faulty), TODAY)]
    assert {"unknown-stage", "broken-link"} <= {finding["rule"] for finding in expected}
    of_folder = say("lint", str(faulty), "--json")
    assert of_folder.code == 1
    assert of_folder.lines == expected
    assert all(set(line) == {"path", "line", "rule", "severity", "message"} for line in expected)
    monkeypatch.chdir(faulty)
    text = say("lint", ".")
    assert text.code == 1
    for line, finding in zip(text.out.splitlines(), expected, strict=True):
        assert line.startswith(f"{finding['path']}:{finding['line']}: {finding['severity']}: ")
        assert line.endswith(f"[{finding['rule']}]")
    errors = sum(finding["severity"] == "error" for finding in expected)
    assert text.err == f"2 documents: {errors} errors, {len(expected) - errors} warnings\n"
    say("open", str(faulty), "--no-app")
    of_library = say("lint", "--json")
    assert of_library.code == 1
    assert of_library.lines == expected


def test_r91_one_rule_alone_and_warnings_are_exit_0(say: Say, faulty: Path) -> None:
    links = say("lint", str(faulty), "--rule", "broken-link", "--json")
    assert links.code == 1
    assert [(line["path"], line["line"], line["rule"]) for line in links.lines] == [
        ("content/objections/price.md", 8, "broken-link")
    ]
    warnings = say("lint", str(faulty), "--rule", "title-missing", "--json")
    assert warnings.code == 0
    assert [line["severity"] for line in warnings.lines] == ["warning"]
    unknown = say("lint", str(faulty), "--rule", "nonsense")
    assert unknown.code == 2
    assert "broken-link" in unknown.err


def test_lint_names_files_as_an_editor_started_here_opens_them(
    say: Say, faulty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def places(*arguments: str) -> set[str]:
        return {line.split(":")[0] for line in say("lint", *arguments).out.splitlines()}

    monkeypatch.chdir(faulty / "content")
    assert places(".") == {"objections/price.md", "objections/bare.md"}
    monkeypatch.chdir(faulty / "content" / "objections")
    assert places("..") == places(str(faulty)) == {"price.md", "bare.md"}
    assert places("price.md") == {"price.md"}
    monkeypatch.chdir(faulty.parent)
    assert places("faulty") == {"faulty/content/objections/price.md", "faulty/content/objections/bare.md"}
    (faulty / "elsewhere").mkdir()
    monkeypatch.chdir(faulty / "elsewhere")
    assert places("../content") == {"../content/objections/price.md", "../content/objections/bare.md"}
    assert places(str(faulty / "content")) == {
        str(faulty / f"content/objections/{name}.md") for name in ("price", "bare")
    }


def test_lint_says_the_file_once_and_counts_in_words(say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.md").write_text("No heading, and [a link](gone.md).\n")
    (tmp_path / "playbook.toml").write_text('[library]\nstages = ["discovery"]\n')
    said = say("lint", ".")
    assert "a.md:1: warning: has no title; give it one" in said.out
    assert all(line.count("a.md") == 1 for line in said.out.splitlines())
    assert said.err == "1 document: 1 error, 1 warning\n"
    assert "Exit 1 when a finding is an error; warnings alone are exit 0" in say("lint", "--help").out


def test_lint_of_no_folder_is_a_usage_error(say: Say, tmp_path: Path) -> None:
    said = say("lint", str(tmp_path / "nowhere"))
    assert said.code == 2
    assert "does not exist" in said.err


def test_r91_the_demonstration_lints_without_an_error(say: Say) -> None:
    content = Path(__file__).parents[2] / "content"
    assert say("lint", str(content.parent), "--json").code == 0


def test_searches_gives_both_shares_and_the_failures(shared: Path, say: Say) -> None:
    said = say("searches", "--json")
    found = said.json
    assert set(found) == {"n", "first", "first_three", "failures"}
    assert found["n"] == 4
    assert (found["first"], found["first_three"]) == (0.5, 0.5)
    assert [failure["words"] for failure in found["failures"]] == ["not now", "price"]
    assert found["failures"][0]["wanted"] == ["battlecards/acme"]
    assert found["failures"][0]["got"][0] == "objections/later"
    assert found["failures"][1]["wanted"] == ["objections/gone-for-good (gone)"]
    assert "explain" in say("searches", "--json", "--explain").json["failures"][0]
    text = say("searches", "--explain")
    assert "'not now' wants battlecards/acme" in text.out
    assert "success@1 0.500" in text.out
    assert text.code == said.code


@pytest.mark.parametrize(("first", "code"), [(0.4, 0), (0.9, 1)])
def test_searches_exit_1_below_the_librarys_threshold(say: Say, tmp_path: Path, first: float, code: int) -> None:
    made = LibraryBuilder(tmp_path / "repo")
    made.write("content/playbook.toml", f"[search]\ntests_must = {{ first = {first}, first_three = 0.1 }}\n")
    made.write("content/objections/price.md", "# Price\n\n## Answer\nLess.\n")
    made.write(
        "content/searches.toml",
        '[[search]]\nwords = "price"\nfirst = "objections/price"\n[[search]]\nwords = "x"\nfirst = "objections/price"\n',
    )
    made.commit()
    say("open", str(tmp_path / "repo"), "--no-app")
    assert say("searches", "--json").json["first"] == 0.5
    assert say("searches").code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [("", 0), ("[[search]\n", 2), ("[[search]]\nword = 'x'\n", 2), ("search = 3\n", 2), (None, 1)],
)
def test_searches_that_are_not_right_are_one_sentence(say: Say, tmp_path: Path, text: str | None, code: int) -> None:
    made = LibraryBuilder(tmp_path / "repo").write("content/playbook.toml", "").write("content/a.md", "# A\n")
    if text is not None:
        made.write("content/searches.toml", text)
    made.commit()
    say("open", str(tmp_path / "repo"), "--no-app")
    said = say("searches")
    if code:
        assert said.code == code
        assert "content/searches.toml" in said.err
        assert len(said.err.strip().splitlines()) == 1
    else:
        assert said.out.startswith("0 searches")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_the_shell_can_read(say: Say, shell: str) -> None:
    said = say("completion", shell)
    assert said.code == 0
    assert "_PLAYBOOK_COMPLETE" in said.out
    assert f"{shell}_complete" in said.out
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=said.out, text=True, check=True)


def test_completion_offers_commands_cards_and_libraries(
    shared: Path, say: Say, capsys: pytest.CaptureFixture[str]
) -> None:
    from click.shell_completion import BashComplete

    from playbook.cli.main import playbook

    complete = BashComplete(playbook, {}, "playbook", "_PLAYBOOK_COMPLETE")
    assert {item.value for item in complete.get_completions([], "s")} >= {"search", "show", "sync", "searches"}
    assert "objections/price" in {item.value for item in complete.get_completions(["show"], "objections/p")}
    assert [item.value for item in complete.get_completions(["search", "--library"], "sa")] == ["sample"]
    assert say("completion", "tcsh").code == 2


def test_the_bare_command_without_a_terminal_says_what_to_run(shared: Path, say: Say) -> None:
    said = say()
    assert (said.code, said.out) == (2, "")
    assert "playbook search WORDS" in said.err


def test_help_and_version_are_there_for_every_command(say: Say) -> None:
    assert say("--version").out == f"playbook {__version__}\n"
    listed = say("--help").out
    for name in COMMANDS:
        assert name in listed
        helped = say(name, "--help")
        assert helped.code == 0
        assert helped.out.startswith(f"Usage: playbook {name}")
    assert say("nonsense").code == 2


def test_every_command_of_opening_and_finding_exists() -> None:
    promised = "demo open libraries forget sync index doctor search show copy history blame searches lint completion"
    assert set(promised.split()) <= set(COMMANDS)


def test_r91_one_file_is_judged_as_part_of_its_library(say: Say, tmp_path: Path) -> None:
    (tmp_path / "content/objections").mkdir(parents=True)
    (tmp_path / "content/playbook.toml").write_text('[library]\nstages = ["discovery"]\n')
    (tmp_path / "content/objections/a.md").write_text("---\nstages: [nirvana]\n---\n# A\n\nWords.\n")
    (tmp_path / "content/objections/b.md").write_text("---\nstages: [elsewhere]\n---\n# B\n\nWords.\n")
    said = say("lint", str(tmp_path / "content/objections/a.md"))
    assert said.code == 1
    assert "nirvana" in said.out
    assert "elsewhere" not in said.out


def test_r91_a_rule_right_below_a_sentence_is_found(say: Say, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(
        "# A\n\n## Answer\nThis whole sentence was never meant to be a heading at all.\n---\nMore.\n"
    )
    assert "rule-as-heading" in say("lint", str(tmp_path)).out


def test_json_holds_nothing_a_terminal_obeys(say: Say, tmp_path: Path) -> None:
    from playbook.text.safe import json_safe

    assert json_safe('"a\u009bb\u202e\U000e0041\x7f"') == '"a\\u009bb\\u202e\\udb40\\udc41\\u007f"'
