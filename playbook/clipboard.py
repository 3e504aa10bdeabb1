"""The clipboard: the system's own tool first, then the terminal (OSC 52); says which, and never claims what it cannot know."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import NamedTuple


class Copied(NamedTuple):
    """How the text left: `sure` only when the system's tool confirmed it."""

    how: str
    sure: bool


def _system_tools() -> list[list[str]]:
    """The tools worth trying here, best first; over ssh the far machine's clipboard is nobody's."""
    tmux = ["tmux", "load-buffer", "-w", "-"]
    if os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"):
        return [tmux] if os.environ.get("TMUX") else []
    if sys.platform == "darwin":
        return [["pbcopy"]]
    found: list[list[str]] = []
    if os.environ.get("WAYLAND_DISPLAY"):
        found.append(["wl-copy"])
    if os.environ.get("DISPLAY"):
        found += [["xclip", "-selection", "clipboard", "-in"], ["xsel", "--clipboard", "--input"]]
    if os.environ.get("WSL_DISTRO_NAME") or sys.platform == "win32":
        found.append(["clip.exe"])
    if os.environ.get("TMUX"):
        # tmux keeps a buffer of its own and tells the terminal outside, also where it lets no program inside do so.
        found.append(tmux)
    return found


def available() -> str:
    """The tool a copy would use, or "" when only the terminal is left."""
    return next((tool[0] for tool in _system_tools() if shutil.which(tool[0])), "")


def osc52(text: str) -> str:
    """The escape that asks the terminal to put the text on the clipboard, wrapped for tmux and screen where they need it."""
    code = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\a"
    if os.environ.get("TERM", "").startswith("screen") and not os.environ.get("TMUX"):
        return f"\x1bP{code}\x1b\\"
    return code


def copy(text: str, by_terminal: Callable[[str], object] | None) -> Copied | None:
    """Copy the text; `by_terminal` hands it to the terminal (None where there is none). None: there was no way."""
    for tool in _system_tools():
        if not shutil.which(tool[0]):
            continue
        encoding = "utf-16-le" if tool[0] == "clip.exe" else "utf-8"
        try:
            # xclip and wl-copy stay behind to serve the selection: their output must not hold our pipes.
            done = subprocess.run(
                tool,
                input=text.encode(encoding),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=2,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return Copied(tool[0], True)
    if by_terminal is None:
        return None
    by_terminal(text)
    return Copied("the terminal (OSC 52)", False)
