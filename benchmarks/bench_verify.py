"""The judge beside `git log --format=%G?` of the same commits and the bare merges: a push of 200 signed merges, and all
of a history of 10,000 commits; then once more, when only what is new must be judged."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.judged import History, history
from benchmarks.table import print_table

BUDGET = 1.5  # times git's own checking and merging


def run(*, quick: bool = False) -> None:
    """Print how long the judge takes beside git, for a push and for a history."""
    rows = []
    for count in [200] if quick else [200, 3_333]:
        with tempfile.TemporaryDirectory(prefix="playbook-verify-") as folder:
            rows.append(_row(history(Path(folder), count), count))
    heads = ["signed merges (commits)", "judge, s", "git log %G? + merges, s", "ratio", "budget"]
    print_table("May these commits become main?", heads, rows)


def _row(made: History, count: int) -> list[str]:
    from playbook.review import verify
    from playbook.store.managed import Library

    library = Library("bench", str(made.git_dir), "", made.git_dir, made.git_dir / "cache")
    started = time.perf_counter()
    faults = verify.verify(library, made.base, made.head)
    ours = time.perf_counter() - started
    assert not faults, faults[:3]
    bare = _checked_by_git(made) + _merged_by_git(made)
    return [f"{count:,} ({count * 3:,})", f"{ours:.2f}", f"{bare:.2f}", f"{ours / bare:.2f}", f"{BUDGET}"]


def _checked_by_git(made: History) -> float:
    command = ["git", f"--git-dir={made.git_dir}", "-c", f"gpg.ssh.allowedSignersFile={made.signers}", "log"]
    started = time.perf_counter()
    said = subprocess.run([*command, "--format=%G?", f"{made.base}..{made.head}"], capture_output=True, check=True)
    took = time.perf_counter() - started
    assert said.stdout.count(b"G") == 2 * len(made.merges)
    return took


def _merged_by_git(made: History) -> float:
    """The same merges with as few processes as git needs: read-tree and write-tree, and what they stand on."""
    index = made.git_dir / "bench-index"
    command = ["git", f"--git-dir={made.git_dir}"]
    started = time.perf_counter()
    for main, content, merge in made.merges[:400]:
        base = (
            subprocess.run([*command, "merge-base", main, content], capture_output=True, check=True)
            .stdout.strip()
            .decode()
        )
        env = {"GIT_INDEX_FILE": str(index), "PATH": "/usr/bin:/bin"}
        subprocess.run([*command, "read-tree", "-i", "-m", "--aggressive", base, main, content], env=env, check=True)
        tree = subprocess.run([*command, "write-tree"], env=env, capture_output=True, check=True).stdout.strip()
        wanted = subprocess.run(
            [*command, "rev-parse", f"{merge}^{{tree}}"], capture_output=True, check=True
        ).stdout.strip()
        assert tree == wanted
        index.unlink()
    return (time.perf_counter() - started) * len(made.merges) / min(len(made.merges), 400)
