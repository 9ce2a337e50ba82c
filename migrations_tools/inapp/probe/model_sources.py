"""What the sources show of models, without importing anything: modules below a folder, and the tables they define."""

from __future__ import annotations

import ast
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

INSTALLED = ("site-packages", "dist-packages")
_WORTH_PARSING = re.compile(
    r"__tablename__|__table__|\bTable\(|\btable\s*=\s*True|^class \w+\(.*\b(\w+)\)", re.MULTILINE
)
_APPLICATION = re.compile(
    r"^\w+(\s*:[^=\n]*)?\s*=\s*(\w+\.)?(FastAPI|Flask|Starlette|Litestar|Quart|Sanic|create_app|make_app)\(",
    re.MULTILINE,
)
# Folders whose modules are no part of an application.
_ASIDE = {"tests", "test", "testing", "e2e", "fixtures", "docs", "examples", "example", "scripts", "bench"}
_ASIDE |= {"benchmarks", "build", "dist", "venv", "env", "node_modules", "__pycache__"}
_ASIDE_FILE = re.compile(r"test_.*|.*_tests?|tests?|conftest|setup|noxfile|env")
_LARGEST = 1_000_000
# A table whose name the source does not say.
UNNAMED = ""


class ModelSource:
    """One file of Python: the module that it is, whether it makes the application object, the tables that it shows."""

    def __init__(self, module: str, path: str, text: str, bases: Collection[str]) -> None:
        self.module = module
        self.path = path
        self.is_application = _APPLICATION.search(text) is not None
        self.tables = _shown(text, bases)


def sources_below(root: str, homes: Collection[str], config: str, bases: Collection[str]) -> Iterator[ModelSource]:
    """Yield the files below a folder that show a model, or the application object.

    `homes` are files of modules that define the known models: their folders are looked through whatever they are
    called. What belongs to another Alembic configuration than `config` is another application's. `bases` are the
    names of base classes that name the tables of their children themselves.
    """
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(each for each in folders if _is_part(os.path.join(folder, each), homes, config))
        package = os.path.relpath(folder, root).replace(os.sep, ".").strip(".")
        for name in sorted(files):
            stem, kind = os.path.splitext(name)
            if kind == ".py" and stem.isidentifier() and not _ASIDE_FILE.fullmatch(stem):
                module = ".".join(each for each in (package, stem if stem != "__init__" else "") if each)
                found = _source(module, os.path.join(folder, name), bases) if module else None
                if found is not None:
                    yield found


def _is_part(folder: str, homes: Collection[str], config: str) -> bool:
    if any(home.startswith(folder + os.sep) for home in homes):
        return True
    name = os.path.basename(folder)
    if not name.isidentifier() or name in _ASIDE or os.path.isfile(os.path.join(folder, "pyvenv.cfg")):
        return False
    return not (is_environment(folder) or _has_own_alembic(folder, config))


def is_environment(folder: str) -> bool:
    """Return whether a folder is Alembic's: env.py with its revisions."""
    there = set(os.listdir(folder))
    return "env.py" in there and bool({"script.py.mako", "versions"} & there)


def _has_own_alembic(folder: str, config: str) -> bool:
    own = os.path.join(folder, "alembic.ini")
    return os.path.isfile(own) and os.path.realpath(own) != os.path.realpath(config)


def _source(module: str, path: str, bases: Collection[str]) -> ModelSource | None:
    """Read a file; None where it shows neither a model nor the application object."""
    try:
        if os.path.getsize(path) > _LARGEST:
            return None
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:  # a broken link, a file of another user's
        return None
    found = ModelSource(module, path, text, bases)
    return found if found.tables or found.is_application else None


def _shown(text: str, bases: Collection[str]) -> list[str]:
    """Return the names of the tables that a module's own level defines."""
    if not _WORTH_PARSING.search(text):
        return []
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):  # another Python's, or no Python
        return []
    return [name for node in _own_level(tree.body) for name in _of_statement(node, bases)]


def _own_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield what runs when the module is imported, as far as it stands outside of functions."""
    for node in body:
        yield node
        if isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from _own_level([*node.body, *getattr(node, "orelse", [])])


def _of_statement(node: ast.stmt, bases: Collection[str]) -> Iterator[str]:
    if isinstance(node, ast.ClassDef):
        yield from _of_class(node, bases)
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr)) and isinstance(node.value, ast.Call):
        yield from _of_call(node.value)


def _of_class(node: ast.ClassDef, bases: Collection[str]) -> Iterator[str]:
    said = {
        target.id: item.value
        for item in node.body
        if isinstance(item, (ast.Assign, ast.AnnAssign))
        for target in (item.targets if isinstance(item, ast.Assign) else [item.target])
        if isinstance(target, ast.Name)
    }
    if "__abstract__" in said:
        return
    if "__tablename__" in said:
        yield _text(said["__tablename__"])
    elif "__table__" in said:
        value = said["__table__"]
        yield from _of_call(value) if isinstance(value, ast.Call) else (UNNAMED,)
    elif any(each.arg == "table" and getattr(each.value, "value", None) is True for each in node.keywords):
        yield node.name.lower()
    elif any(_last_name(base) in bases for base in node.bases):
        yield UNNAMED


def _of_call(call: ast.Call) -> Iterator[str]:
    """Yield the name of a `Table(name, metadata, …)`; one that is read from a database is no model."""
    reflected = any(each.arg in ("autoload", "autoload_with") for each in call.keywords)
    if _last_name(call.func) == "Table" and len(call.args) > 1 and not reflected:
        yield _text(call.args[0])


def _last_name(node: ast.expr) -> str:
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _text(node: ast.expr | None) -> str:
    value = getattr(node, "value", None)
    return value if isinstance(value, str) else UNNAMED
