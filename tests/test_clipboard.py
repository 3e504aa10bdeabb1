"""The clipboard: the system's tool first, then the terminal, and never more said than is known."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from playbook import clipboard

PLACES = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "SSH_CONNECTION", "SSH_TTY", "TMUX")
WORDS = "Fair – and budget is real.\nNext ✓"


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing but the tools a test puts there, in a session without any display."""
    monkeypatch.setattr("sys.platform", "linux")
    for name in PLACES:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def tool(folder: Path, name: str, *, status: int = 0, then: str = "") -> Path:
    """A program that keeps what it is given."""
    program = folder / name
    program.write_text(f'#!/bin/sh\n/bin/cat > "{folder}/{name}.got"\n{then}\nexit {status}\n')
    program.chmod(0o755)
    return folder / f"{name}.got"


def test_the_systems_tool_gets_the_words_and_is_named(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    got = tool(tools, "xclip")
    sent: list[str] = []
    assert clipboard.available() == "xclip"
    assert clipboard.copy(WORDS, sent.append) == ("xclip", True)
    assert got.read_text() == WORDS
    assert sent == []


def test_a_tool_that_fails_gives_way_to_the_next_and_then_to_the_terminal(
    tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    tool(tools, "wl-copy", status=1)
    xsel = tool(tools, "xsel")
    assert clipboard.copy(WORDS, None) == ("xsel", True)
    assert xsel.read_text() == WORDS
    tool(tools, "xsel", status=1)
    sent: list[str] = []
    assert clipboard.copy(WORDS, sent.append) == ("the terminal (OSC 52)", False)
    assert sent == [WORDS]


def test_a_tool_that_stays_behind_to_serve_does_not_hold_us(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    tool(tools, "xclip", then="(/bin/sleep 5) &")
    assert clipboard.copy(WORDS, None) == ("xclip", True)


def test_over_ssh_the_far_machines_clipboard_is_left_alone(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", "localhost:10.0")
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
    got = tool(tools, "xclip")
    assert clipboard.available() == ""
    assert clipboard.copy(WORDS, lambda text: None) == ("the terminal (OSC 52)", False)
    assert not got.exists()


def test_where_there_is_no_way_none_is_claimed(tools: Path) -> None:
    assert clipboard.available() == ""
    assert clipboard.copy(WORDS, None) is None


def test_windows_below_linux_gets_its_own_letters(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WSL_DISTRO_NAME", "Ubuntu")
    got = tool(tools, "clip.exe")
    assert clipboard.copy(WORDS, None) == ("clip.exe", True)
    assert got.read_bytes().decode("utf-16-le") == WORDS


def test_osc_52_carries_the_words_as_base64(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    code = clipboard.osc52(WORDS)
    assert code.startswith("\x1b]52;c;")
    assert code.endswith("\a")
    assert base64.b64decode(code[7:-1]).decode() == WORDS


def test_osc_52_is_wrapped_for_screen_but_not_for_tmux(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "screen-256color")
    assert clipboard.osc52("x").startswith("\x1bP\x1b]52;c;")
    assert clipboard.osc52("x").endswith("\x1b\\")
    monkeypatch.setenv("TMUX", "/tmp/tmux,1,0")
    assert clipboard.osc52("x").startswith("\x1b]52;c;")
