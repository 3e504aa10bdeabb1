"""From spawn to a painted, focused search box, beside frogmouth 0.9.2 (the nearest app in kind) in the same run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.pseudoterminal import Terminal
from benchmarks.table import percentile, print_table

PEER = "frogmouth==0.9.2"
PLACE = Path(__file__).parent / ".peers" / "frogmouth"


def peer() -> Path | None:
    """Frogmouth in an environment of its own, made once; None where it cannot be had."""
    program = PLACE / "bin" / "frogmouth"
    if not program.exists():
        PLACE.parent.mkdir(exist_ok=True)
        try:
            subprocess.run([sys.executable, "-m", "venv", str(PLACE)], check=True)
            subprocess.run([str(PLACE / "bin" / "pip"), "install", "--quiet", PEER], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"  {PEER} cannot be installed here ({error}); its row is left out")
            return None
    return program


def run(*, quick: bool = False) -> None:
    """Interleaved starts; the ratio of the medians is the figure."""
    rounds = 5 if quick else 15
    other = peer()
    ours: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as home:
        env = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("PLAYBOOK_", "TEXTUAL"))},
            "PLAYBOOK_HOME": home,
            "HOME": home,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
        }
        playbook = str(Path(sys.executable).parent / "playbook")
        subprocess.run([playbook, "demo", "--no-app"], env=env, check=True, capture_output=True)
        page = Path(home) / "page.md"
        page.write_text("# A page\n\n" + "Some words to read.\n\n" * 40)
        for _ in range(rounds + 1):
            ours.append(_start([playbook], env, lambda text: "What did the buyer just say?" in text and "Quit" in text))
            if other:
                theirs.append(
                    _start([str(other), str(page)], env, lambda text: "Some words to read." in text and "Help" in text)
                )
    rows = [["playbook", *_figures(ours[1:])]]
    if other:
        rows.append(["frogmouth 0.9.2", *_figures(theirs[1:])])
        ratio = percentile(ours[1:], 0.5) / percentile(theirs[1:], 0.5)
        rows.append(["ratio of medians (at most 0.8)", "", f"{ratio:.2f}", ""])
    print_table("Spawn to painted, focused search box, 120x40, ms", ["", "min", "p50", "p95"], rows)


def _start(command: list[str], env: dict[str, str], painted: object) -> float:
    terminal = Terminal(command, env)
    try:
        return terminal.until(painted)  # type: ignore[arg-type]
    finally:
        terminal.close()


def _figures(values: list[float]) -> list[str]:
    return [f"{min(values):.0f}", f"{percentile(values, 0.5):.0f}", f"{percentile(values, 0.95):.0f}"]
