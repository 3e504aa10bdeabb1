"""What the one table of keys comes to: screens, footer, help, palette and the README ask here; keys.toml remaps it."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from playbook.errors import UsageError
from playbook.keys_table import FAVOURITE_KEYS, KEYS, Key
from playbook.paths import config_dir

if TYPE_CHECKING:
    from textual.binding import Binding

__all__ = ["FAVOURITE_KEYS", "KEYS", "Key"]

_BY_ID = {key.id: key for key in KEYS}


def bindings(where: str) -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """The Textual bindings of one screen, in the table's order."""
    from textual.binding import Binding

    return [
        Binding(
            key.keys,
            key.action,
            key.label,
            id=key.id,
            show=key.footer,
            tooltip=key.help,
            # A key that a person chose must beat what a text box would do with it (ctrl+k empties it).
            priority=where == "edit"
            or (where == "search" and not key.keys.startswith(("escape", "down", "up", "page"))),
        )
        for key in KEYS
        if key.where == where
    ]


def keys_of(where: str) -> list[Key]:
    """The rows of one screen, as they stand in the table."""
    return [key for key in KEYS if key.where == where]


def remapped() -> dict[str, str]:
    """The person's own keys from keys.toml in the settings folder: `[keys]`, then `copy = "ctrl+k"` by id.

    Raises UsageError with the file and the id when something in it is not right.
    """
    file = config_dir() / "keys.toml"
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read ({error}); the keys are as delivered") from error
    try:
        table = tomllib.loads(text).get("keys", {})
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{file}: {error}; the keys are as delivered") from error
    if not isinstance(table, dict):
        raise UsageError(f'{file}: [keys] must be a table such as copy = "ctrl+k"; the keys are as delivered')
    for name, value in table.items():
        if name not in _BY_ID:
            raise UsageError(
                f"{file}: there is no key named {name!r}; press F1 for the names; the keys are as delivered"
            )
        if not isinstance(value, str) or not value.strip():
            raise UsageError(f'{file}: {name} must be a key such as "ctrl+k"; the keys are as delivered')
    own = {name: ",".join(part.strip() for part in value.split(",")) for name, value in table.items()}
    for name in own:
        clash = _clash(_BY_ID[name], own)
        if clash:
            raise UsageError(
                f"{file}: {name} and {clash} would have the same key {own[name]!r}; the keys are as delivered"
            )
    return own


def _clash(key: Key, own: dict[str, str]) -> str:
    """The id of another key that would be pressed the same way on the same screen."""
    pressed = set(own.get(key.id, key.keys).split(","))
    together = {"app", key.where} | ({"search", "box", "list"} if key.where in {"search", "box", "list"} else set())
    for other in KEYS:
        near = other.where in together or key.where == "app"
        same = other.action.removeprefix("screen.") == key.action.removeprefix("screen.")
        if near and not same and pressed & set(own.get(other.id, other.keys).split(",")):
            return other.id
    return ""


def pressed(name: str) -> str:
    """The key of that id, the first where it has several, as people write it: the person's own where keys.toml has one."""
    return names()[name]


def names() -> dict[str, str]:
    """By id the key, the first where it has several, as people write it: the person's own where keys.toml has one."""
    try:
        own = remapped()
    except UsageError:
        own = {}
    return {key.id: shown(own.get(key.id, key.keys).partition(",")[0]) for key in KEYS}


def shown(keys: str) -> str:
    """A key as people write it: `ctrl+y` is Ctrl+Y, `escape` is Esc."""
    names = {
        "escape": "Esc",
        "enter": "Enter",
        "slash": "/",
        "question_mark": "?",
        "pagedown": "PgDn",
        "pageup": "PgUp",
        "space": "Space",
        "tab": "Tab",
        "down": "Down",
        "up": "Up",
        "left": "Left",
        "right": "Right",
        "minus": "-",
        "equals_sign": "=",
        "left_square_bracket": "[",
        "right_square_bracket": "]",
        "less_than_sign": "<",
        "greater_than_sign": ">",
        "home": "Home",
        "end": "End",
    }

    def one(key: str) -> str:
        held, plus, rest = key.rpartition("+")
        if plus and held in {"ctrl", "alt"}:
            return f"{held.capitalize()}+{names.get(rest, rest.upper() if len(rest) == 1 else rest)}"
        if len(key) > 1 and key[0] == "f" and key[1:].isdigit():
            return key.upper()
        return names.get(key, key)

    return ", ".join(one(key) for key in keys.split(","))
