"""Commands as processes of their own: what they import, closed pipes, Ctrl+C, no home, no traceback anywhere."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from building import LibraryBuilder

PLAYBOOK = [sys.executable, "-m", "playbook"]


def playbook(*arguments: str, env: dict[str, str] | None = None, input: str = "") -> subprocess.CompletedProcess[str]:
    """Run the program; a traceback is always wrong."""
    environment = {**os.environ, "PLAYBOOK_NOW": "2026-11-22T10:00:00+00:00", **(env or {})}
    done = subprocess.run(
        [*PLAYBOOK, *arguments],
        env=environment,
        input=input,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def test_a_search_in_a_shell(shared: Path) -> None:
    done = playbook("search", "too", "expensive", "--limit", "1")
    assert done.returncode == 0
    assert done.stdout.startswith("1. It costs more")


def test_without_a_terminal_the_bare_program_is_a_usage_error(shared: Path) -> None:
    done = playbook()
    assert (done.returncode, done.stdout) == (2, "")
    assert "playbook search WORDS" in done.stderr


def test_a_reader_that_has_enough_is_no_error(shared: Path) -> None:
    queries = "price\n" * 3000
    reading = subprocess.Popen(
        [*PLAYBOOK, "search", "--batch", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    head = subprocess.Popen(["head", "-1"], stdin=reading.stdout, stdout=subprocess.PIPE)
    assert reading.stdin is not None
    assert reading.stdout is not None
    assert reading.stderr is not None
    reading.stdout.close()
    try:
        reading.stdin.write(queries.encode())
        reading.stdin.close()
    except BrokenPipeError:
        pass
    out, _ = head.communicate(timeout=60)
    said = reading.stderr.read()
    reading.stderr.close()
    assert reading.wait(timeout=60) == 0
    assert said == b""
    assert out.startswith(b'{"query": "price"')


def test_a_reader_that_is_gone_at_once_is_no_error(shared: Path) -> None:
    done = subprocess.run(
        f"({sys.executable} -m playbook show objections/price; echo $? >&2) | true",
        shell=True,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stderr.strip() == b"0"


def test_ctrl_c_ends_with_one_word(shared: Path) -> None:
    running = subprocess.Popen(
        [*PLAYBOOK, "search", "--batch", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert running.stdin is not None
    assert running.stdout is not None
    running.stdin.write(b"price\n")
    running.stdin.flush()
    time.sleep(1.5)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=30)
    assert (running.returncode, said.strip()) == (1, b"Stopped.")


def test_ctrl_c_during_a_first_fetch_leaves_nothing_half_made(home: Path, tmp_path: Path) -> None:
    import socket

    # A host that takes the call and never answers.
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        running = subprocess.Popen(
            [*PLAYBOOK, "open", f"https://127.0.0.1:{deaf.getsockname()[1]}/x.git", "--no-app"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        deaf.settimeout(30)
        caller, _ = deaf.accept()
        running.send_signal(signal.SIGINT)
        out, said = running.communicate(timeout=30)
        caller.close()
    assert b"Traceback" not in said
    assert (running.returncode, out) == (1, b"")
    left = [path for path in (home / "data").rglob("*") if path.is_dir() and path.suffix == ".git"]
    assert left == []


def test_no_home_and_a_home_that_cannot_be_made_are_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    done = playbook("libraries", env={"PLAYBOOK_HOME": str(file / "home")})
    assert done.returncode in {0, 6}
    done = playbook("demo", "--no-app", env={"PLAYBOOK_HOME": str(file / "home")})
    assert done.returncode == 6
    assert len(done.stderr.strip().splitlines()) == 1
    assert "PLAYBOOK_HOME" in done.stderr


def test_a_clock_that_is_none_is_a_usage_error(shared: Path) -> None:
    done = playbook("search", "price", env={"PLAYBOOK_NOW": "soon"})
    assert done.returncode == 2
    assert "PLAYBOOK_NOW" in done.stderr


def test_a_terminal_that_cannot_show_a_letter_gets_a_substitute(shared: Path) -> None:
    done = playbook("show", "objections/price", env={"PYTHONIOENCODING": "iso8859-2"})
    assert done.returncode == 0
    assert "? verified by" in done.stdout


def test_the_shell_completes_the_ids_of_cards(shared: Path) -> None:
    env = {"_PLAYBOOK_COMPLETE": "bash_complete", "COMP_WORDS": "playbook show objections/p", "COMP_CWORD": "2"}
    done = playbook(env=env)
    assert done.returncode == 0
    assert done.stdout == "plain,objections/price\n"


@pytest.mark.parametrize(
    "command",
    [
        "search price",
        "show objections/price",
        "lint",
        "libraries",
        "history objections/price",
        "searches",
        "index --status",
    ],
)
def test_plain_commands_leave_textual_out(shared: Path, command: str) -> None:
    code = (
        "import sys\n"
        "from playbook.cli.main import run\n"
        f"run({command.split()!r})\n"
        "print([name for name in sys.modules if name.split('.')[0] in {'textual', 'rich'}], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr.splitlines()[-1] == "[]"


def test_git_variables_and_hooks_of_the_place_one_stands_in_change_nothing(shared: Path, tmp_path: Path) -> None:
    evil = LibraryBuilder(tmp_path / "evil").init()
    marker = tmp_path / "ran"
    evil.git("config", "core.fsmonitor", f"touch {marker}")
    env = {
        "GIT_DIR": str(tmp_path / "evil" / ".git"),
        "GIT_EXTERNAL_DIFF": f"touch {marker}",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.pager",
        "GIT_CONFIG_VALUE_0": f"touch {marker}",
    }
    done = playbook("history", "objections/price", env=env)
    assert done.returncode == 0
    assert "Begin" in done.stdout
    assert not marker.exists()
