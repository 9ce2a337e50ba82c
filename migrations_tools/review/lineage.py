"""A project's history as files, now and in the base branch: plain values, read from the files' syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from migrations_tools.provenance import Revision


@dataclass(frozen=True, slots=True)
class BaseHistory:
    """The base branch's history: `tip` as the branch has it now, `before` as it was where this work left it.

    `changed` are paths of the migrations' folder that differ from `before`, other than revision files that are new:
    by path, "edited" or "deleted".
    """

    name: str
    tip: tuple[Revision, ...] = ()
    before: tuple[Revision, ...] = ()
    changed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lineage:
    """The revision files on disk (with whatever id they claim), those that are reviewed, and the base branch's.

    `base` is None where there is none to compare with; `labels` are branch labels by head; `starts` are the sources of
    the application, by path.
    """

    now: tuple[Revision, ...]
    reviewed: frozenset[str]
    heads: tuple[str, ...] = ()
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    base: BaseHistory | None = None
    starts: Mapping[str, str] = field(default_factory=dict)


def read_file(file: str, source: str) -> Revision | None:
    """Read a revision file without running it; None where it is none (a helper, a file that cannot be parsed)."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return None
    values = dict(_assigned(tree.body))
    if not isinstance(values.get("revision"), str):
        return None
    doc = (ast.get_docstring(tree) or "").partition("\n")[0]
    return Revision(values["revision"], _listed(values.get("down_revision")), file, doc, source)


def _assigned(body: Iterable[ast.stmt]) -> Iterable[tuple[str, Any]]:
    for node in body:
        targets = _targets(node)
        for target in targets:
            value = getattr(node, "value", None)
            if isinstance(target, ast.Name) and value is not None and target.id in ("revision", "down_revision"):
                yield target.id, _literal(value)


def _targets(node: ast.stmt) -> list[ast.expr]:
    if isinstance(node, ast.Assign):
        return node.targets
    return [node.target] if isinstance(node, ast.AnnAssign) else []


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def _listed(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(map(str, value)) if isinstance(value, (list, tuple)) else ()


def heads_of(history: Iterable[Revision]) -> tuple[str, ...]:
    """Return the revisions that no other descends from."""
    known = list(history)
    below = {down for each in known for down in each.down}
    return tuple(dict.fromkeys(each.revision for each in known if each.revision not in below))


def same_program(one: str, other: str) -> bool:
    """Return whether two sources do the same: they differ in comments, blank space and docstrings at most."""
    try:
        return ast.dump(_without_docstrings(one)) == ast.dump(_without_docstrings(other))
    except (SyntaxError, ValueError):
        return one == other


def _without_docstrings(source: str) -> ast.Module:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef)) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return tree
