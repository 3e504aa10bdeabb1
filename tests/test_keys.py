"""The one table of keys: no id twice, a footer that fits, and a person's own keys."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

from playbook import keys
from playbook.errors import UsageError
from playbook.paths import config_dir

ROOT = Path(__file__).parents[1]
WHERES = sorted({key.where for key in keys.KEYS})


def write_keys(text: str | bytes) -> Path:
    """Put a keys.toml where the program looks for it."""
    file = config_dir() / "keys.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_every_id_is_its_own() -> None:
    assert [name for name, count in Counter(key.id for key in keys.KEYS).items() if count > 1] == []


@pytest.mark.parametrize("where", WHERES)
def test_no_key_means_two_things_on_one_screen(where: str) -> None:
    pressed = [one for key in keys.keys_of(where) for one in key.keys.split(",")]
    assert [name for name, count in Counter(pressed).items() if count > 1] == []


@pytest.mark.parametrize(
    "screen", [("search", "box"), ("search", "list"), ("read",), ("browse",), ("queue",), ("review",), ("conflict",)]
)
def test_the_footer_shows_at_most_six_keys(screen: tuple[str, ...]) -> None:
    shown = [key for where in screen for key in keys.keys_of(where) if key.footer]
    assert 3 <= len(shown) <= 6
    assert "Help" in {key.label for key in shown}


def test_every_row_says_what_it_is_for() -> None:
    for key in keys.KEYS:
        assert key.label
        assert key.help
        assert not key.help.endswith(".") or key.help.endswith(" ...")
        assert re.fullmatch(r"[a-z][a-z-]*", key.id)


def test_no_key_of_the_search_box_takes_a_letter() -> None:
    for where in ("app", "search", "box"):
        for key in keys.keys_of(where):
            assert all(len(one) > 1 for one in key.keys.split(",")), key


def test_every_action_exists() -> None:
    defined = {
        node.name.removeprefix("action_")
        for file in (ROOT / "playbook").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("action_")
    }
    builtin = {"command_palette", "quit", "palette"}
    for key in keys.KEYS:
        name = key.action.partition("(")[0].rpartition(".")[2]
        assert name in defined | builtin, key


@pytest.mark.parametrize("where", WHERES)
def test_bindings_are_the_rows(where: str) -> None:
    from textual.binding import Binding

    made = keys.bindings(where)
    assert [binding.id for binding in made if isinstance(binding, Binding)] == [key.id for key in keys.keys_of(where)]
    assert [binding.show for binding in made if isinstance(binding, Binding)] == [
        key.footer for key in keys.keys_of(where)
    ]


def test_without_a_file_the_keys_are_as_delivered() -> None:
    assert keys.remapped() == {}


def test_own_keys_are_taken_by_id() -> None:
    write_keys('[keys]\ncopy = "ctrl+k"\nquit = "ctrl+q, f11"\n')
    assert keys.remapped() == {"copy": "ctrl+k", "quit": "ctrl+q,f11"}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('[keys]\nkopy = "ctrl+k"\n', "kopy"),
        ("[keys]\ncopy = 3\n", "copy"),
        ('[keys]\ncopy = " "\n', "copy"),
        ('[keys]\ncopy = ["ctrl+k"]\n', "copy"),
        ('keys = "ctrl+k"\n', "[keys]"),
        ("[keys\n", "line 1"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_wrong_file_is_one_sentence_with_file_and_name(text: str | bytes, names: str) -> None:
    file = write_keys(text)
    with pytest.raises(UsageError) as refused:
        keys.remapped()
    sentence = str(refused.value)
    assert str(file) in sentence
    assert names in sentence
    assert sentence.endswith("the keys are as delivered")
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("ctrl+y", "Ctrl+Y"),
        ("ctrl+down", "Ctrl+Down"),
        ("escape,q", "Esc, q"),
        ("f2", "F2"),
        ("f", "f"),
        ("question_mark", "?"),
        ("N", "N"),
    ],
)
def test_keys_are_shown_as_people_write_them(key: str, written: str) -> None:
    assert keys.shown(key) == written


def test_the_page_of_keys_matches_the_table() -> None:
    page = ROOT / "docs" / "keys.md"
    if page.exists():
        text = page.read_text(encoding="utf-8")
        assert [key.id for key in keys.KEYS if f"`{key.id}`" not in text or key.help not in text] == []


def test_two_keys_on_one_screen_are_refused(home: Path) -> None:
    from playbook.paths import config_dir, private

    file = private(config_dir()) / "keys.toml"
    file.write_text('[keys]\ncopy = "f6"\n')
    with pytest.raises(UsageError, match="copy and browse"):
        keys.remapped()
    file.write_text('[keys]\ncopy = "ctrl+k"\n')
    assert keys.remapped() == {"copy": "ctrl+k"}
