"""Proposing, commenting and approving beside the same steps in bare git; the queue; the word diff of a long page.

The commands run in this process, for what is measured is not Python's start: everything from the command's first line to
what it prints, its sync with a local hub among it. Bare git takes its steps as a script would, one process after another.
"""

from __future__ import annotations

import difflib
import io
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

from benchmarks import corpus, proposed
from benchmarks.place import Place, library_of
from benchmarks.table import percentile, print_table

STEPS_BUDGET = 3.0  # times bare git
QUEUE_BUDGET = {1_000: 150.0, 10_000: 1_500.0}  # ms, what is kept of it being warm, in a fresh process
COLD_BUDGET = 3.0  # times that
DIFF_BUDGET = 30.0  # ms, a page of 2,000 words
_MAIL = {"Rep": "rep@example.com", "Mia": "mia@example.com"}
_FORMAT = "%H%x00%T%x00%P%x00%ct%x00%an%x00%ae%x00%cn%x00%ce%x00%B"
# Imports are the start of Python; they are not what a queue of any length takes.
_FRESH = """
import time
from playbook.finding.session import choose
from playbook.review.queue import queue
import git
library = choose()
started = time.perf_counter()
rows = queue(library)
print((time.perf_counter() - started) * 1000, len(rows))
"""


def run(*, quick: bool = False) -> None:
    """Print a table for the steps, one for the queues, one for the word diff."""
    with library_of(500) as place:
        _print_steps(place, 5 if quick else 15)
    rows: list[list[str]] = []
    for size in [1_000] if quick else [1_000, 10_000]:
        with library_of(500) as place:
            rows += _queue(place, size, 3 if quick else 7)
    print_table(
        "The queue, two comments on each proposal, ms", ["", "min", "p50", "budget", "of it", "x bare git"], rows
    )
    _print_diff(20 if quick else 100)


def _print_steps(place: Place, rounds: int) -> None:
    folder = place.hub.parent
    bare = _Bare(folder / "bare", place.hub)
    ours: dict[str, list[float]] = {"propose": [], "comment": [], "approve": []}
    theirs: dict[str, list[float]] = {"propose": [], "comment": [], "approve": []}
    cards = random.Random(2).sample(place.made, rounds + 1)
    for number, card in enumerate(cards):
        id = ""
        # One beside the other, so that whatever else the machine does, it does to both.
        for step, act in (("propose", bare.propose), ("comment", bare.comment), ("approve", bare.approve)):
            id, took = _ours(step, card, number, id)
            # Search follows main in a process of its own: it shall not run beside what is measured next.
            _wait_for_index(place)
            ours[step].append(took)
            theirs[step].append(_timed(lambda act=act, card=card, number=number: act(card, number)))  # type: ignore[misc]
    rows = []
    for step in ours:
        mine, other = percentile(ours[step][1:], 0.5), percentile(theirs[step][1:], 0.5)
        ratio = mine / other
        rows += [
            [f"{step}: playbook", f"{min(ours[step][1:]):.0f}", f"{mine:.0f}", f"{ratio:.2f}", f"{STEPS_BUDGET:g}"],
            [f"{step}: bare git", f"{min(theirs[step][1:]):.0f}", f"{other:.0f}", "1", ""],
        ]
    print_table(
        f"One proposal against a local hub, {len(place.made)} files, ms",
        ["", "min", "p50", "x bare git", "budget"],
        rows,
    )


def _wait_for_index(place: Place) -> None:
    from playbook.errors import Conflict
    from playbook.search.indexer import build_now

    for _ in range(300):
        try:
            build_now(place.library, rebuild=False)
            return
        except Conflict:
            time.sleep(0.1)
    raise TimeoutError("the index was never finished")


def _ours(step: str, card: corpus.Made, number: int, id: str) -> tuple[str, float]:
    """Say the command as whoever does that step; gives the proposal and the milliseconds."""
    import json

    arguments = {
        "propose": ["propose", card.path, "-m", f"Better words, number {number}.", "--why", "Buyers asked", "--json"],
        "comment": ["proposal", "comment", id, "-m", "Says who?", "--json"],
        "approve": ["proposal", "approve", id, "-m", "Shorter, and true", "--json"],
    }[step]
    with _being("Mia" if step == "approve" else "Rep"):
        if step == "propose":
            # Whoever proposes better words has read those that are there: main moved with the last approval.
            _say(["show", card.path, "--json"])
        # The first round loads every module, and is not counted.
        said, ms = _say(arguments) if number else _said(arguments)
    return json.loads(said)["proposal"], ms


def _say(arguments: list[str]) -> tuple[str, float]:
    """What the command prints and the milliseconds it takes, in a process of its own that has all modules loaded."""
    import json

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said: object = ""
        try:
            said = _said(arguments)
        finally:
            os.write(writing, json.dumps(said).encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        answer = json.loads(stream.read())
    os.waitpid(child, 0)
    return answer[0], answer[1]


def _said(arguments: list[str]) -> tuple[str, float]:
    from playbook.cli.main import playbook

    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        ms = _timed(lambda: playbook.main(arguments, prog_name="playbook", standalone_mode=False))
    return out.getvalue(), ms


@contextmanager
def _being(name: str) -> Iterator[None]:
    """Sit at that person's machine: git knows them from its settings, as most people's does."""
    before = os.environ.get("GIT_CONFIG_GLOBAL")
    file = Path(os.environ["PLAYBOOK_HOME"]) / f"gitconfig-{name}"
    file.write_text(f"[user]\n\tname = {name}\n\temail = {_MAIL[name]}\n")
    os.environ["GIT_CONFIG_GLOBAL"] = str(file)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("GIT_CONFIG_GLOBAL")
        else:
            os.environ["GIT_CONFIG_GLOBAL"] = before


class _Bare:
    """The same steps as a script of git commands takes them, in a bare clone of a hub of its own."""

    def __init__(self, place: Path, hub: Path) -> None:
        place.mkdir()
        self.hub, self.git_dir, self.index = place / "hub.git", place / "mine.git", place / "index"
        shutil.copytree(hub, self.hub)
        subprocess.run(["git", "clone", "-q", "--bare", str(self.hub), str(self.git_dir)], check=True)
        self.git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
        self.git("fetch", "-q", "origin")
        self.tip = self.content = self.base = self.branch = ""

    def git(self, *arguments: str, input: str = "", who: str = "Rep") -> str:
        env = os.environ | {
            "GIT_INDEX_FILE": str(self.index),
            **{f"GIT_{role}_NAME": who for role in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{role}_EMAIL": _MAIL[who] for role in ("AUTHOR", "COMMITTER")},
        }
        done = subprocess.run(
            ["git", "--git-dir", str(self.git_dir), *arguments], input=input.encode(), env=env, capture_output=True,
            check=True,
        )  # fmt: skip
        return done.stdout.decode().strip()

    def propose(self, card: corpus.Made, number: int) -> None:
        """A content commit on a branch of its own; a fetch, for whoever sends looks first what is new; and a push."""
        self.branch, self.base = f"refs/heads/proposals/{number}", self.git("rev-parse", "refs/remotes/origin/main")
        text = card.markdown.replace("## Answer\n", f"## Answer\nBetter words, number {number}.\n")
        blob = self.git("hash-object", "-w", "--stdin", input=text)
        self.git("read-tree", self.base)
        self.git("update-index", "--cacheinfo", f"100644,{blob},{card.path}")
        tree = self.git("write-tree")
        self.content = self.tip = self.git("commit-tree", tree, "-p", self.base, "-m", "Say it better")
        self._send()

    def comment(self, card: corpus.Made, number: int) -> None:
        """A commit with the same tree, a fetch, and a push."""
        self._add("Says who?", "Rep")
        self._send()

    def approve(self, card: corpus.Made, number: int) -> None:
        """A fetch, a commit that says yes, a merge on main, and both pushed at once."""
        self.git("fetch", "-q", "origin")
        self._add("Approved", "Mia")
        main = self.git("rev-parse", "refs/remotes/origin/main")
        base = self.git("merge-base", main, self.content)
        self.git("read-tree", "-i", "-m", "--aggressive", base, main, self.content)
        tree = self.git("write-tree")
        merge = self.git("commit-tree", tree, "-p", main, "-p", self.tip, "-m", "Merge", who="Mia")
        self.git("update-ref", self.branch, self.tip)
        self.git("push", "-q", "--atomic", "origin", f"{self.tip}:{self.branch}", f"{merge}:refs/heads/main")

    def _add(self, words: str, who: str) -> None:
        tree = self.git("rev-parse", f"{self.tip}^{{tree}}")
        self.tip = self.git("commit-tree", tree, "-p", self.tip, "-m", words, who=who)

    def _send(self) -> None:
        self.git("update-ref", self.branch, self.tip)
        self.git("fetch", "-q", "origin")
        self.git("push", "-q", "origin", f"{self.tip}:{self.branch}")


def _queue(place: Place, size: int, rounds: int) -> list[list[str]]:
    from playbook.review.kept import FILE_NAME
    from playbook.review.queue import queue
    from playbook.store.sync import sync

    mains = proposed.write_mains(place.hub, place.made)
    proposed.write_proposals(place.hub, place.made, size, mains)
    sync(place.library)
    took: dict[str, list[float]] = {
        "fresh process": [],
        "again in one process": [],
        "cold, nothing kept": [],
        "bare": [],
    }
    for _ in range(rounds):
        for file in place.library.cache.glob(f"{FILE_NAME}*"):
            file.unlink()
        took["cold, nothing kept"].append(_fresh(size))
        took["fresh process"].append(_fresh(size))
        took["again in one process"].append(_timed(lambda: queue(place.library)))
        took["bare"].append(_timed(lambda: _listed(place.library.git_dir)))
    other, budget = percentile(took["bare"], 0.5), QUEUE_BUDGET[size]
    budgets = {"fresh process": budget, "again in one process": budget, "cold, nothing kept": budget * COLD_BUDGET}
    rows = []
    for name, limit in budgets.items():
        middle = percentile(took[name], 0.5)
        rows.append(
            [f"{size} proposals: {name}", f"{min(took[name]):.0f}", f"{middle:.0f}", f"{limit:g}",
             f"{middle / limit:.2f}", f"{middle / other:.1f}"]
        )  # fmt: skip
    return [
        *rows,
        [f"{size} proposals: git for-each-ref, git log", f"{min(took['bare']):.0f}", f"{other:.0f}", "", "", "1"],
    ]


def _fresh(size: int) -> float:
    done = subprocess.run([sys.executable, "-c", _FRESH], capture_output=True, text=True, check=True)
    ms, rows = done.stdout.split()
    assert int(rows) == size
    return float(ms)


def _listed(git_dir: Path) -> bytes:
    """Every proposal's tip, and all that their commits say."""
    git = ["git", "--git-dir", str(git_dir)]
    tips = subprocess.run(
        [*git, "for-each-ref", "--format=%(objectname)", "refs/remotes/hub/proposals"], capture_output=True, check=True
    ).stdout
    return subprocess.run(
        [*git, "log", "-z", "--stdin", f"--format={_FORMAT}"], input=tips + b"^refs/remotes/hub/main\n",
        capture_output=True, check=True,
    ).stdout  # fmt: skip


def _print_diff(rounds: int) -> None:
    from playbook.text.worddiff import block_changes

    (page,) = corpus.documents(1, words_each=2_000, seed=3)
    before, after = page.body, _revised(page.body)
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(_timed(lambda: block_changes(before, after)))
        theirs.append(_timed(lambda: difflib.SequenceMatcher(None, before.split(), after.split()).get_opcodes()))
    mine, other = percentile(ours, 0.5), percentile(theirs, 0.5)
    print_table(
        f"Word diff of a page of {len(before.split())} words, ms",
        ["", "min", "p50", "p95", "budget", "of it", "x difflib"],
        [
            ["by block and word", f"{min(ours):.1f}", f"{mine:.1f}", f"{percentile(ours, 0.95):.1f}", f"{DIFF_BUDGET:g}",
             f"{mine / DIFF_BUDGET:.2f}", f"{mine / other:.2f}"],
            ["difflib over words", f"{min(theirs):.1f}", f"{other:.1f}", f"{percentile(theirs, 0.95):.1f}", "", "", "1"],
        ],
    )  # fmt: skip


def _revised(text: str) -> str:
    """The page with other words here and there, a line that went and one that came."""
    draw = random.Random(4)
    lines = text.split("\n")
    for at in draw.sample([at for at, line in enumerate(lines) if len(line.split()) > 6], 12):
        words = lines[at].split()
        words[draw.randrange(1, 5)] = "otherwise"
        lines[at] = " ".join(words)
    said = [at for at, line in enumerate(lines) if len(line.split()) > 6]
    del lines[said[len(said) // 2]]
    lines.insert(said[len(said) // 4], "One more line that nobody had said before.")
    return "\n".join(lines)


def _timed(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000
