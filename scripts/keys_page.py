"""Writes docs/keys.md from the one table of keys; `make pictures` runs it."""

from __future__ import annotations

from pathlib import Path

from playbook import keys
from playbook.screens.keys import FILTERS, TITLES


def page() -> str:
    """The page as Markdown."""
    lines = [
        "# Keys",
        "",
        "Made from `playbook/keys_table.py`; F1 shows the same in the app. To change one, write `keys.toml` into the settings folder",
        "(`~/.config/playbook` on Linux; under `PLAYBOOK_HOME/config` where that is set), by the name in the last column:",
        "",
        "```toml",
        "[keys]",
        'copy = "ctrl+k"',
        "```",
        "",
    ]
    for where, title in TITLES.items():
        lines += [f"## {title}", "", "| key | does | name |", "|---|---|---|"]
        lines += [f"| {keys.shown(key.keys)} | {key.help} | `{key.id}` |" for key in keys.keys_of(where)]
        lines.append("")
    lines += ["## Filters, typed in the box", "", "| typed | narrows to |", "|---|---|"]
    lines += [f"| `{typed}` | {meaning} |" for typed, meaning in FILTERS]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    target = Path(__file__).resolve().parent.parent / "docs" / "keys.md"
    target.write_text(page(), encoding="utf-8")
    print(target)
