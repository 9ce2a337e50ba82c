"""The command line: what every task and option says of itself, and how the modules hang together."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from invoke import Task

import migrations_tools
from migrations_tools import ns, settings

PACKAGE = Path(migrations_tools.__file__).parent
TASKS = {name: ns.task_with_config(name)[0] for name in ns.task_names}


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_tasks_first_line_is_short_plain_and_ends_in_a_full_stop(name: str) -> None:
    line = (TASKS[name].__doc__ or "").splitlines()[0]
    assert line.endswith(".")
    assert len(line) <= 62


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_option_has_words(name: str) -> None:
    task: Task[object] = TASKS[name]
    options = set(task.argspec(task.body).parameters) - {"context"}
    assert set(task.help) == options


def test_no_parameter_is_positional() -> None:
    assert [name for name, task in TASKS.items() if list(task.positional)] == []


def test_every_setting_is_declared_to_invoke() -> None:
    assert set(ns.configuration()[settings.SECTION]) == set(settings.describe())


LAYERS = (
    {"errors", "secrets", "files", "images", "counting"},
    {"asking"},
    {"settings", "locks"},
    {"journal", "isolation", "catalog", "operations", "discovery"},
    {"executed", "provenance"},
    {"data"},
    {"review", "inapp", "engines"},
    {"proofs"},
    {"report"},
    {"steps"},
    {"tasks"},
    {"__init__"},
    {"program", "sessions"},
    {"__main__"},
)


def _imports(path: Path) -> set[str]:
    """Give the rooms of the package that a module imports, wherever in the module."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = (
                [f"{node.module}.{alias.name}" for alias in node.names]
                if node.module == "migrations_tools"
                else [node.module or ""]
            )
        found |= {name.split(".")[1] for name in names if name.startswith("migrations_tools.")}
    return found


def _room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    level = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
    own = _room(path)
    upwards = {room for room in _imports(path) if room != own and level.get(room, 0) >= level[own]}
    assert upwards <= ({"discovery"} if own == "engines" else set())


PURE = (
    "isolation",
    "review",
    "catalog",
    "operations.py",
    "executed.py",
    "provenance.py",
    "discovery",
    "data",
    "images.py",
)
DRIVERS = {"invoke", "psycopg", "subprocess", "docker", "sqlalchemy", "alembic"}


@pytest.mark.parametrize("room", PURE)
def test_what_decides_imports_neither_invoke_nor_docker_nor_a_driver(room: str) -> None:
    paths = sorted((PACKAGE / room).rglob("*.py")) or [PACKAGE / room]
    for path in paths:
        tree = ast.parse(path.read_text())
        names = {
            alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
        }
        names |= {
            (node.module or "").split(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and not node.level
        }
        assert not names & DRIVERS, path


def _names_docker_first(node: ast.AST) -> bool:
    return isinstance(node, (ast.List, ast.Tuple)) and ast.unparse(node).startswith(("['docker'", "('docker'"))


def test_one_module_alone_runs_docker() -> None:
    running = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if any(_names_docker_first(node) for node in ast.walk(ast.parse(path.read_text())))
    }
    assert running == {"engines/docker.py"}
