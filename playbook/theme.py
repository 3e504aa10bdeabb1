"""The two themes of our own, and which one a terminal gets."""

from __future__ import annotations

import os

from textual.theme import Theme

DARK = Theme(
    name="playbook-dark",
    primary="#6fb3d2",
    secondary="#8aa2c8",
    accent="#f2b866",
    warning="#f0a35e",
    error="#f0787f",
    success="#7fc98f",
    foreground="#e3e6ea",
    background="#14181d",
    surface="#1a2027",
    panel="#232b34",
    dark=True,
    variables={"footer-key-foreground": "#f2b866", "block-cursor-text-style": "none"},
)
LIGHT = Theme(
    name="playbook-light",
    primary="#14597a",
    secondary="#3d5478",
    accent="#8a4b00",
    warning="#8a4b00",
    error="#a5222c",
    success="#1d6b35",
    foreground="#1b2126",
    background="#fbfaf7",
    surface="#f3f1ec",
    panel="#e7e4dc",
    dark=False,
    variables={"footer-key-foreground": "#8a4b00", "block-cursor-text-style": "none"},
)


def fitting(remembered: object, known: set[str]) -> str:
    """The theme to start with: the remembered one, else dark or light as the terminal says it is (COLORFGBG).

    With NO_COLOR the themes that follow the terminal's palette paint black on black, so only our own two are given.
    """
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    ours = LIGHT.name if background in {"7", "15"} else DARK.name
    if not isinstance(remembered, str) or remembered not in known:
        return ours
    if "NO_COLOR" in os.environ and remembered.startswith("ansi"):
        return LIGHT.name if remembered.endswith("light") else DARK.name
    return remembered
