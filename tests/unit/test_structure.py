"""The rooms of the package: imports form a tree, names stand for one thing, and what decides stays pure."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import migrations_tools

PACKAGE = Path(migrations_tools.__file__).parent
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
TREES = {name: ast.parse(path.read_text()) for name, path in MODULES.items()}

#: From what is known to all down to what nobody imports: a room imports rooms above it, never beside or below.
LAYERS = (
    {"errors", "secrets", "files", "images", "progress", "compose_tags", "unknown_names"},
    {"http_settings"},
    {"settings", "process_lock", "state_folder"},
    {"setting_sources", "journal", "isolation", "catalog", "operations", "discovery"},
    {"revision_runs", "provenance"},
    {"data"},
    {"review", "inapp", "engines"},
    {"proofs"},
    {"report"},
    {"sandbox"},
    {"trial"},
    {"autogenerate"},
    {"commands"},
    {"tasks"},
    {"__init__"},
    {"program", "sessions"},
    {"__main__"},
)

#: One name in several rooms, where it is a protocol's own: each engine has its own of these.
OF_A_PROTOCOL = {"isolate", "inspect", "engine", "sandbox"}
#: The probe runs where nothing of the package is, so that it brings its own of this error.
OF_THE_PROBE = {"WrongDatabase"}


def _imported(module: str) -> Iterator[str]:
    """Yield the modules of the package that a module imports, wherever in it."""
    is_package = MODULES[module].name == "__init__.py"
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")
            here = parts if is_package else parts[:-1]
            base = ".".join(here[: len(here) - node.level + 1]) if node.level else ""
            source = ".".join(part for part in (base, node.module or "") if part)
            for alias in node.names:
                inner = f"{source}.{alias.name}"
                if inner in MODULES:
                    yield inner
                elif source in MODULES and source != PACKAGE.name:
                    yield source


GRAPH: Mapping[str, set[str]] = {name: set(_imported(name)) - {name} for name in MODULES}


def test_imports_between_files_form_no_circle() -> None:
    try:
        TopologicalSorter(GRAPH).prepare()
    except CycleError as error:
        pytest.fail(f"These modules import each other: {' → '.join(error.args[1])}")


def _room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_imports_run_one_way(module: str) -> None:
    level = {room: number for number, rooms in enumerate(LAYERS) for room in rooms}
    own = _room(module)
    assert own in level, f"The room {own} has no layer."
    rooms = {_room(name) for name in GRAPH[module]} - {own, "__init__"}
    upwards = {room for room in rooms if level[room] >= level[own]}
    assert upwards <= ({"discovery"} if own == "engines" else set())


def test_no_module_name_stands_for_two_things() -> None:
    places = defaultdict(list)
    for name, path in MODULES.items():
        if path.stem not in ("__init__", "__main__"):
            places[path.stem].append(name)
    repeated = {stem: names for stem, names in places.items() if len(names) > 1}
    assert {stem: names for stem, names in repeated.items() if stem not in OF_A_PROTOCOL} == {}
    assert set(repeated) == OF_A_PROTOCOL


def test_no_public_class_name_stands_for_two_things() -> None:
    places = defaultdict(list)
    for name, tree in TREES.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(name)
    repeated = {name: modules for name, modules in places.items() if len(modules) > 1}
    assert {name: modules for name, modules in repeated.items() if name not in OF_THE_PROBE} == {}
    assert set(repeated) == OF_THE_PROBE


def test_the_formatter_decides_everywhere() -> None:
    marks = ("# fmt" + ": skip", "# fmt" + ": off")
    assert [name for name, path in MODULES.items() if any(mark in path.read_text() for mark in marks)] == []


def _compares_an_engine(node: ast.AST) -> bool:
    sides = (node.left, *node.comparators) if isinstance(node, ast.Compare) else ()
    return any(isinstance(side, ast.Attribute) and side.attr == "engine" for side in sides)


def test_the_registry_alone_knows_the_engines_apart() -> None:
    comparing = {name for name, tree in TREES.items() if any(_compares_an_engine(node) for node in ast.walk(tree))}
    assert comparing <= {"migrations_tools.settings", "migrations_tools.sandbox.select"}


PURE = ("isolation", "review", "catalog", "operations", "revision_runs", "provenance", "discovery", "data", "images")
DRIVERS = {"invoke", "psycopg", "subprocess", "docker", "sqlalchemy", "alembic"}


@pytest.mark.parametrize("room", PURE)
def test_what_decides_imports_neither_invoke_nor_docker_nor_a_driver(room: str) -> None:
    for module in (name for name in MODULES if _room(name) == room):
        nodes = list(ast.walk(TREES[module]))
        names = {alias.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        names |= {
            (node.module or "").split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom) and not node.level
        }
        assert not names & DRIVERS, module


def _names_docker_first(node: ast.AST) -> bool:
    return isinstance(node, (ast.List, ast.Tuple)) and ast.unparse(node).startswith(("['docker'", "('docker'"))


def test_one_module_alone_runs_docker() -> None:
    running = {name for name, tree in TREES.items() if any(_names_docker_first(node) for node in ast.walk(tree))}
    assert running == {"migrations_tools.engines.docker"}


def test_what_an_operation_means_knows_no_rule() -> None:
    analysis = [name for name in MODULES if name.startswith("migrations_tools.review.analysis.")]
    rules = ("migrations_tools.review.rules", "migrations_tools.review.registry", "migrations_tools.review.ruleset")
    assert [name for name in analysis if any(used.startswith(rules) for used in GRAPH[name])] == []
