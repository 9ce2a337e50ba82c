"""Where the project's sources name what is about to be dropped: one pass over plain files."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

_KINDS = (".py", ".sql", ".js", ".ts", ".tsx", ".jsx", ".rb", ".go", ".java", ".kt", ".php", ".rs", ".cs", ".sh")
_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages", "tests", "test", "venv", "env", "dist", "build"})
_LARGEST, _MOST_FILES = 400_000, 20_000
_SQL = re.compile(
    r"\b(select|insert|update|delete|from|join|where|into|alter|truncate|returning|order\s+by)\b", re.IGNORECASE
)
Sort: TypeAlias = Literal["name", "table", "column"]


@dataclass(frozen=True, slots=True)
class Term:
    """A name to look for: a constraint's or index's anywhere, a table's or column's in SQL only."""

    sort: Sort
    name: str
    table: str = ""


def search(
    folders: Collection[Path], excluded: Collection[Path], terms: Mapping[str, Term]
) -> tuple[dict[str, list[str]], int]:
    """Return where each term occurs, as `file:line` seen from the first folder, and how many files were read."""
    wanted = re.compile("|".join(re.escape(name) for name in sorted({term.name for term in terms.values()})))
    found: dict[str, list[str]] = {}
    count = 0
    for path in _files(folders, excluded):
        count += 1
        text = path.read_text(encoding="utf-8", errors="replace")
        if not wanted.search(text):
            continue
        for key, term in terms.items():
            lines = sorted(set(_lines(path.suffix, text, term)))
            found.setdefault(key, []).extend(f"{_shown(path, folders)}:{line}" for line in lines)
    return {key: places for key, places in found.items() if places}, count


def _shown(path: Path, folders: Collection[Path]) -> str:
    top = Path(os.path.commonpath([str(folder) for folder in folders]))
    return str(path.relative_to(top))


def _files(folders: Collection[Path], excluded: Collection[Path]) -> Iterator[Path]:
    left = _MOST_FILES
    seen = {str(path.resolve()) for path in excluded}
    for folder in (item for item in folders if not _is_seen(item, seen)):
        for where, names, files in os.walk(folder):
            names[:] = sorted(name for name in names if not _is_skipped(Path(where, name), seen))
            for path in (Path(where, name) for name in sorted(files) if name.endswith(_KINDS)):
                if left and path.is_file() and path.stat().st_size <= _LARGEST:
                    left -= 1
                    yield path


def _is_skipped(path: Path, seen: set[str]) -> bool:
    """Return whether a folder holds nothing of the project's own, or has been searched already."""
    if path.name in _SKIPPED or path.name.startswith(".") or (path / "pyvenv.cfg").exists():
        return True
    return _is_seen(path, seen)


def _is_seen(path: Path, seen: set[str]) -> bool:
    known = str(path.resolve()) in seen
    seen.add(str(path.resolve()))
    return known


def _lines(suffix: str, text: str, term: Term) -> Iterator[int]:
    if term.name not in text:
        return
    if term.sort == "name":
        yield from (number for number, line in enumerate(text.splitlines(), 1) if _has(line, term.name))
        return
    for line, statement in _statements(suffix, text):
        if _SQL.search(statement) and _has(statement, term.name) and (not term.table or _has(statement, term.table)):
            yield line + statement[: _place(statement, term.name)].count("\n")


def _has(text: str, name: str) -> bool:
    return _place(text, name) >= 0


def _place(text: str, name: str) -> int:
    found = re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text)
    return found.start() if found else -1


def _statements(suffix: str, text: str) -> Iterator[tuple[int, str]]:
    """Yield what may be SQL, with its line: the statements of a SQL file, the literals of Python, lines elsewhere."""
    if suffix == ".py":
        yield from _literals(text)
    elif suffix == ".sql":
        line = 1
        for statement in text.split(";"):
            yield line, statement
            line += statement.count("\n")
    else:
        yield from enumerate(text.splitlines(), 1)


def _literals(text: str) -> Iterator[tuple[int, str]]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = (item.value if isinstance(item, ast.Constant) else " ? " for item in node.values)
            yield node.lineno, "".join(str(part) for part in parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
