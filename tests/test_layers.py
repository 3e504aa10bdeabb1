"""The floors point down, and starting imports only what the first paint needs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "playbook"
MODULES = sorted(PACKAGE.rglob("*.py"))

# What each room may import of playbook, beside itself; the ground is open to all.
GROUND = {"logfile", "errors", "clock", "paths"}
BELOW = {
    "text": set[str](),
    "store": {"text"},
    "library": {"text", "store"},
    "search": {"text", "store", "library"},
    "demo": {"text", "store", "library", "review"},
    "clipboard": set[str](),
    "keys": {"keys_table"},
    "keys_table": set[str](),
    "theme": set[str](),
    "finding": {"text", "store", "library", "search", "clipboard", "keys"},
    "review": {"text", "store", "library"},
    "widgets": {"text", "library", "search", "finding", "review"},
    "screens": {
        *("text", "store", "library", "search", "demo", "finding", "review", "widgets", "clipboard", "keys", "theme"),
    },
    # The command line starts the app, but holds no screen.
    "cli": {"text", "store", "library", "search", "demo", "finding", "review", "clipboard", "app"},
    "app": {"text", "store", "library", "search", "finding", "widgets", "screens", "clipboard", "keys", "theme"},
    "__main__": {"app", "cli"},
    "__init__": set[str](),
}

# Rooms within a room, and what of it they stand on, beside themselves.
INNER = {
    "review/rules": {"events", "proposal", "steps"},
    "review/guard": {"events", "proposal", "steps", "rules", "verify", "hook"},
}

MAY_IMPORT_TEXTUAL = {"app", "screens", "widgets", "keys", "theme"}
# keys.py makes bindings of its rows; it loads textual only when a screen asks for them.
ONLY_INSIDE_FUNCTIONS = {"keys"}
UNWANTED = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "shared", "lib", "core"}


def room(module: Path) -> str:
    """The first part of a module's name below playbook."""
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(module: Path) -> list[tuple[str, bool, int]]:
    """Every absolute name a module imports, whether that happens as it is loaded, and its line; types are left out."""
    found: list[tuple[str, bool, int]] = []

    def visit(node: ast.AST, loading: bool) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            children: list[ast.stmt] = node.orelse
            for child in children:
                visit(child, loading)
            return
        if isinstance(node, ast.Import):
            found.extend((alias.name, loading, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno} imports by dots"
            name = node.module or ""
            # `from playbook import keys` names a module, not a thing in one.
            found.extend(
                (f"{name}.{alias.name}" if name == "playbook" else name, loading, node.lineno) for alias in node.names
            )
        for child in ast.iter_child_nodes(node):
            visit(child, loading and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))

    visit(ast.parse(module.read_text(encoding="utf-8")), True)
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_imports_point_down(module: Path) -> None:
    here = room(module)
    assert here in {*BELOW, *GROUND}, f"{here} is a new room: say in this test what stands below it"
    allowed = GROUND | {here, "__version__"} | BELOW.get(here, set())
    wrong = [
        f"line {line}: {name}"
        for name, _, line in imports(module)
        if name.startswith("playbook.") and name.split(".")[1] not in allowed
    ]
    assert wrong == []


@pytest.mark.parametrize("inner", INNER)
def test_an_inner_room_stands_on_few_of_its_neighbours(inner: str) -> None:
    outer = inner.replace("/", ".")
    prefix = f"playbook.{outer.rpartition('.')[0]}."
    for module in sorted((PACKAGE / inner).glob("*.py")):
        named = [(name.removeprefix(prefix), line) for name, _, line in imports(module) if name.startswith(prefix)]
        allowed = {outer.rpartition(".")[2], *INNER[inner]}
        wrong = [f"line {line}: {name}" for name, line in named if name.split(".")[0] not in allowed]
        assert wrong == [], module


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_textual_stands_only_in_what_people_look_at(module: Path) -> None:
    used = [
        (name, loading, line) for name, loading, line in imports(module) if name.split(".")[0] in {"textual", "rich"}
    ]
    if room(module) not in MAY_IMPORT_TEXTUAL:
        assert used == []
    elif room(module) in ONLY_INSIDE_FUNCTIONS:
        assert [entry for entry in used if entry[1]] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_a_module_is_short_says_what_it_is_for_and_has_an_honest_name(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert (ast.get_docstring(ast.parse(text)) or "").strip()
    assert not UNWANTED & set(module.relative_to(PACKAGE).with_suffix("").parts)


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has loaded after the code."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules, sep='\\n')"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return {name.split(".")[0] for name in done.stdout.split()}


def test_starting_the_app_leaves_the_heavy_things_out() -> None:
    loaded = loaded_by("import playbook.app")
    assert "textual" in loaded
    assert loaded & {"git", "whoosh", "markdown_it", "click", "yaml", "sqlite3", "filelock"} == set()


def test_the_door_loads_neither_the_app_nor_the_commands() -> None:
    assert loaded_by("import playbook.__main__") & {"textual", "click", "git"} == set()


@pytest.mark.parametrize(
    "name", ["find", "quality", "past", "opening", "admin", "propose", "change", "review", "guard"]
)
def test_the_commands_leave_textual_out(name: str) -> None:
    loaded = loaded_by(f"import playbook.cli.main, playbook.cli.{name}")
    assert loaded & {"textual", "rich", "whoosh", "git", "markdown_it", "yaml"} == set()
