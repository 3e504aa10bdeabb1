"""Opening a library whose cache is warm, the memory the app then takes, and `playbook search` from the shell."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks import corpus
from benchmarks.place import Place, library_of
from benchmarks.pseudoterminal import Terminal
from benchmarks.table import percentile, print_table

OPEN_BUDGET = 300.0  # ms to a searchable list, 5,000 typed documents
SHELL_BUDGET = 400.0  # ms for `playbook search`
MEMORY_BUDGET = 200  # MB with 5,000 documents open in the app
_PROGRAM = str(Path(sys.executable).parent / "playbook")
# What the app does before a question can be answered: from the first import to the answer of a first one.
_FRESH = """
import time
started = time.perf_counter()
from playbook.finding.session import choose, read
session = read(choose())
assert session.searcher.engine != "scan"
opened = time.perf_counter()
assert session.searcher.search("price").hits
print((opened - started) * 1000, (time.perf_counter() - started) * 1000)
"""


def run(*, quick: bool = False) -> None:
    """Interleaved runs; minimum and median, since others may be at work on the machine."""
    rounds = 5 if quick else 11
    size = 1_000 if quick else 5_000
    with library_of(size) as place:
        asked = corpus.questions(place.made, 12)
        env = _environment(os.environ["PLAYBOOK_HOME"])
        cold = _timed(lambda: _read(place))
        _index(place)
        rows = _opening(place, env, cold, rounds)
        memory = _memory(env, asked)
        shell = _shell(f"{size} cards", env, place.hub, "price driver", rounds)
    with tempfile.TemporaryDirectory() as home:
        env = _environment(home)
        subprocess.run([_PROGRAM, "demo", "--no-app"], env=env, check=True, capture_output=True)
        _answer([_PROGRAM, "search", "too expensive"], env)
        _wait_for_index(env)
        shell = [*_shell("demonstration", env, Path(home), "too expensive", rounds), *shell]
    print_table(
        f"Opening, {size} typed documents, one card each, ms", ["", "min", "p50", "budget", "of it", "x cold"], rows
    )
    print_table(
        f"Memory of the app, {size} documents open, after {len(asked)} searches, MB",
        ["", "MB", "budget", "of it"],
        [["resident", f"{memory}", f"{MEMORY_BUDGET}", f"{memory / MEMORY_BUDGET:.2f}"]],
    )
    print_table("Search from the shell, warm, ms", ["", "min", "p50", "budget", "of it", "x git grep"], shell)


def _environment(home: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PLAYBOOK_", "TEXTUAL"))}
    return {**kept, "PLAYBOOK_HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor"}


def _opening(place: Place, env: Mapping[str, str], cold: float, rounds: int) -> list[list[str]]:
    fresh: list[float] = []
    answered: list[float] = []
    inside: list[float] = []
    for _ in range(rounds):
        told = _answer([sys.executable, "-c", _FRESH], env).split()
        fresh.append(float(told[0]))
        answered.append(float(told[1]))
        inside.append(_timed(lambda: _read(place)))
    rows = []
    for name, took, budget in (
        ("fresh process, from its first import", fresh, OPEN_BUDGET),
        ("the same, and a first question answered", answered, 0.0),
        ("in process", inside, OPEN_BUDGET),
    ):
        middle = percentile(took, 0.5)
        limits = [f"{budget:g}", f"{middle / budget:.2f}"] if budget else ["", ""]
        rows.append([name, f"{min(took):.0f}", f"{middle:.0f}", *limits, f"{middle / cold:.3f}"])
    return [*rows, ["in process, cold: everything parsed", f"{cold:.0f}", "", "", "", "1"]]


def _read(place: Place) -> None:
    from playbook.finding.session import read
    from playbook.library.snapshot import load_snapshot

    # The cold one must not start an indexer that the next figure would have to share the machine with.
    if not (place.library.cache / "index").exists():
        load_snapshot(place.library)
    else:
        read(place.library)


def _index(place: Place) -> None:
    from playbook.search.indexer import build_now

    build_now(place.library)


def _memory(env: Mapping[str, str], asked: Sequence[str]) -> int:
    """MB resident of the app in a terminal, after questions were typed and answered."""
    terminal = Terminal([_PROGRAM], env)
    try:
        terminal.until(lambda text: "cards" in text)
        for question in asked:
            for letter in f"\x15{question}":
                terminal.type(letter)
                _read_for(terminal, 0.05)
            _read_for(terminal, 0.3)
        return _resident(terminal.pid)
    finally:
        terminal.close()


def _read_for(terminal: Terminal, seconds: float) -> None:
    until = time.perf_counter() + seconds
    while (left := until - time.perf_counter()) > 0:
        terminal.read(left)


def _resident(pid: int) -> int:
    done = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(done.stdout) // 1024


def _shell(name: str, env: Mapping[str, str], repository: Path, question: str, rounds: int) -> list[list[str]]:
    """`playbook search` and `git grep` in the same repository, by turns."""
    hub = repository if (repository / "HEAD").exists() else next(repository.glob("**/hub.git"))
    grep = ["git", "-C", str(hub), "grep", "-i", "-n", "--all-match"]
    grep += [part for word in question.split() for part in ("-e", word)] + ["main"]
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds):
        ours.append(_timed(lambda: _answer([_PROGRAM, "search", question], env)))
        theirs.append(_timed(lambda: _answer(grep, env)))
    middle, other = percentile(ours, 0.5), percentile(theirs, 0.5)
    return [
        [f"{name}: playbook search", f"{min(ours):.0f}", f"{middle:.0f}", f"{SHELL_BUDGET:g}",
         f"{middle / SHELL_BUDGET:.2f}", f"{middle / other:.1f}"],
        [f"{name}: git grep", f"{min(theirs):.0f}", f"{other:.0f}", "", "", "1"],
    ]  # fmt: skip


def _wait_for_index(env: Mapping[str, str]) -> None:
    for _ in range(100):
        if '"engine": "scan"' not in _answer([_PROGRAM, "search", "too expensive", "--json"], env):
            return
        time.sleep(0.2)
    raise TimeoutError("the index of the demonstration was never finished")


def _answer(command: Sequence[str], env: Mapping[str, str]) -> str:
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000
