"""Which revision file made an object: read from the syntax trees of the files, never by running them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_TABLE_VERBS = frozenset({"create_table", "rename_table"})
_OBJECT_VERBS = frozenset(
    {
        "create_unique_constraint", "create_foreign_key", "create_check_constraint", "create_primary_key",
        "create_exclude_constraint", "create_index", "add_column", "create_table", "alter_column",
        "UniqueConstraint", "ForeignKeyConstraint", "CheckConstraint", "PrimaryKeyConstraint", "Column", "f",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision file: its id, what it descends from, its name and its text."""

    revision: str
    down: tuple[str, ...]
    file: str
    doc: str
    source: str


@dataclass(frozen=True, slots=True)
class Place:
    """The line of a revision file that made an object."""

    revision: str
    file: str
    line: int

    def words(self) -> str:
        """Write the place as editors read it."""
        return f"{self.file}:{self.line}"


def find(history: Iterable[Revision], table: str, name: str) -> Place | None:
    """Give the newest line in an `upgrade()` that makes `name` (of `table`), or the table itself without a name.

    `history` comes newest first, as Alembic walks it. None when no file shows it: made by hand, by an extension,
    by raw SQL under another spelling, or left to PostgreSQL's naming.
    """
    for revision in history:
        line = _line(revision.source, table, name)
        if line:
            return Place(revision.revision, revision.file, line)
    return None


def _line(source: str, table: str, name: str) -> int:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return 0
    upgrades = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("upgrade"))
    lines = [line for upgrade in upgrades for line in _making_lines(upgrade, table, name)]
    return max(lines, default=0)


def _making_lines(function: ast.FunctionDef, table: str, name: str) -> Iterator[int]:
    for statement in ast.walk(function):
        if isinstance(statement, ast.Call) and _makes(statement, table, name):
            yield statement.lineno


def _makes(call: ast.Call, table: str, name: str) -> bool:
    verb = _verb(call)
    texts = {node.value for node in ast.walk(call) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    if verb == "execute":
        return any(_mentions(text, name or table) and _creates(text) for text in texts)
    if not name:
        return verb in _TABLE_VERBS and table in texts
    # The table must be named too, unless the call is one that stands inside its table's own create_table.
    inside = verb in ("UniqueConstraint", "ForeignKeyConstraint", "CheckConstraint", "PrimaryKeyConstraint")
    return verb in _OBJECT_VERBS and name in texts and (table in texts or inside)


def _verb(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _mentions(text: str, word: str) -> bool:
    return word in text.replace('"', " ").replace("(", " ").replace(",", " ").replace(".", " ").split()


def _creates(text: str) -> bool:
    words = text.upper().split()
    return "CREATE" in words or "ADD" in words
