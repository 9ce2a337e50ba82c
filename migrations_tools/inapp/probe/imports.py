"""Names that a rendered file uses and does not import: types of the application's own, of SQLModel, of GeoAlchemy."""

from __future__ import annotations

import ast
import builtins
import sys


def with_imports(text: str) -> tuple[str, list[str]]:
    """Add the imports that dotted names of a revision file lack; return the file and the modules added.

    Alembic writes a type as `module.Type` and imports only its own and SQLAlchemy's (alembic #703, #1405). A name
    that no module of this process has is left alone: what it should mean is not known.
    """
    tree = ast.parse(text)
    known = _defined(tree) | set(dir(builtins))
    modules = {_module(chain) for chain in _chains(tree) if chain.split(".")[0] not in known}
    missing = sorted(name for name in modules if name)
    if not missing:
        return text, []
    lines = text.splitlines(keepends=True)
    last = max(
        (node.end_lineno or 0 for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))), default=0
    )
    lines[last:last] = ["import %s  # AG01: named below\n" % name for name in missing]
    return "".join(lines), missing


def _defined(tree: ast.Module) -> set[str]:
    """Return every name that the file binds anywhere: what is bound in one function is not asked for elsewhere."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def _chains(tree: ast.Module) -> set[str]:
    """Return every dotted name that is read, whole: `sqlmodel.sql.sqltypes.AutoString`."""
    dotted = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    inside = {id(node.value) for node in dotted}
    return {chain for node in dotted if id(node) not in inside for chain in [_chain(node)] if chain}


def _chain(node: ast.expr) -> str:
    """Write a dotted name; "" when it does not begin with a name (`f().x`)."""
    if isinstance(node, ast.Name):
        return node.id
    before = _chain(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{before}.{node.attr}" if before and isinstance(node, ast.Attribute) else ""


def _module(chain: str) -> str:
    """Return the longest beginning of a dotted name that is a module of this process; "" when none is."""
    parts = chain.split(".")
    beginnings = (".".join(parts[:size]) for size in range(len(parts) - 1, 0, -1))
    return next((name for name in beginnings if name in sys.modules), "")
