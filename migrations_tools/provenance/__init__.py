"""Which revision file made an object: read from the syntax trees of the files, never by running them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

from migrations_tools.provenance.unnamed import names_of_call, names_of_sql, spellings
from migrations_tools.provenance.unnamed import text as _text
from migrations_tools.provenance.unnamed import verb as _verb

# op.create_index(name, table, …) and its like; in a batch the table is the batch's.
_NAME_THEN_TABLE = frozenset(
    {
        "create_unique_constraint",
        "create_foreign_key",
        "create_check_constraint",
        "create_primary_key",
        "create_exclude_constraint",
        "create_index",
    }
)
_NAME_KEYWORDS = ("constraint_name", "index_name")
_TABLE_KEYWORDS = ("table_name", "source_table")
# What stands before the name of an object that a SQL statement makes.
_BEFORE_A_NAME = frozenset({"TABLE", "INDEX", "CONSTRAINT", "COLUMN", "ADD", "EXISTS", "CONCURRENTLY"})
_WORD = re.compile(r"[\w$.]+|[^\s\w]")


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision file: its id, what it descends from, its name and its text."""

    revision: str
    down: tuple[str, ...]
    file: str
    doc: str
    source: str


@dataclass(frozen=True, slots=True)
class SourceLine:
    """The line of a revision file that made an object."""

    revision: str
    file: str
    line: int

    def words(self) -> str:
        """Write the place as editors read it."""
        return f"{self.file}:{self.line}"


def find(
    history: Iterable[Revision], table: str, name: str, sort: str = "", columns: Sequence[str] = ()
) -> SourceLine | None:
    """Return the newest line in an `upgrade()` that makes `name` (of `table`), or the table itself without a name.

    `history` comes newest first, as Alembic walks it. What a constraint is ("unique") and its columns find one that was
    made without a name. None when no file shows it: made by hand, by an extension, or by SQL under another spelling.
    """
    names = spellings(table, name, sort, columns) if name else ("",)
    for revision in history:
        line = max(_line(revision.source, table, each) for each in names)
        if line:
            return SourceLine(revision.revision, revision.file, line)
    return None


@lru_cache(maxsize=1024)
def _upgrades(source: str) -> tuple[ast.FunctionDef, ...]:
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return ()
    return tuple(node for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("upgrade"))


def _line(source: str, table: str, name: str) -> int:
    by_sql = (line for line, words in _making_statements(source) if _makes(words, table, name))
    return max((_made_at(source).get((table, name), 0), *by_sql))


@lru_cache(maxsize=1024)
def _made_at(source: str) -> Mapping[tuple[str, str], int]:
    """Return the last line that makes a table (without a name), or a column, constraint or index of one."""
    made = [item for upgrade in _upgrades(source) for item in _made(upgrade, "")]
    return {(item.table, item.name): item.line for item in sorted(made, key=lambda item: item.line)}


@lru_cache(maxsize=1024)
def _making_statements(source: str) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Return the words of the SQL statements that make something, each with the line of its `op.execute()`."""
    calls = [call for upgrade in _upgrades(source) for call in ast.walk(upgrade) if _verb(call) == "execute"]
    texts = [
        (call.lineno, _text(node))
        for call in calls
        if isinstance(call, ast.Call)
        for node in ast.walk(call)
        if isinstance(node, ast.Constant)
    ]
    found = ((line, _sql_words(statement)) for line, text in texts for statement in text.split(";"))
    return tuple((line, words) for line, words in found if {"CREATE", "ADD"} & {word.upper() for word in words})


def _sql_words(statement: str) -> tuple[str, ...]:
    return tuple(word.rpartition(".")[2] for word in _WORD.findall(statement.replace('"', "")))


@dataclass(frozen=True, slots=True)
class _Made:
    """A table (without a name), or a column, constraint or index of it, and the line that makes it."""

    table: str
    name: str
    line: int


def _made(node: ast.AST, table: str, column: str = "") -> Iterator[_Made]:
    """Yield what a piece of a migration makes; `table` and `column` are those that it stands inside of, if any."""
    inside = table
    if isinstance(node, ast.With):
        batches = [item.context_expr for item in node.items if _verb(item.context_expr) == "batch_alter_table"]
        inside = next((_argument(call, 0, _TABLE_KEYWORDS) for call in batches), table)
    elif isinstance(node, ast.Call):
        made = _made_by_call(node, table)
        inside = made.table or table
        column = made.name if _verb(node) == "Column" else column
        if made.name or _verb(node) in ("create_table", "rename_table"):
            yield made
        unnamed = names_of_call(node, inside, column) if column == made.name or not made.name else ()
        yield from (_Made(inside, name, node.lineno) for name in unnamed)
    for child in ast.iter_child_nodes(node):
        yield from _made(child, inside, column)


def _made_by_call(call: ast.Call, table: str) -> _Made:
    verb, name = _verb(call), ""
    if verb == "create_table":
        table = _argument(call, 0, _TABLE_KEYWORDS)
    elif verb == "rename_table":
        table = _argument(call, 1, ("new_table_name",))
    elif verb in _NAME_THEN_TABLE:
        name, table = _argument(call, 0, _NAME_KEYWORDS), table or _argument(call, 1, _TABLE_KEYWORDS)
    elif verb in ("add_column", "alter_column"):
        name, table = _argument(call, None, ("new_column_name",)), table or _argument(call, 0, _TABLE_KEYWORDS)
    elif verb == "Column":
        name = _argument(call, 0, ("name",))
    elif verb.endswith("Constraint") or verb in ("ForeignKey", "Index"):
        name = _argument(call, 0 if verb == "Index" else None, ("name",))
    return _Made(table, name, call.lineno)


def _argument(call: ast.AST, position: int | None, keywords: Sequence[str]) -> str:
    """Return an argument that is a text, or a text in `op.f()`; "" when it is none."""
    if not isinstance(call, ast.Call):
        return ""
    found = [item.value for item in call.keywords if item.arg in keywords]
    if position is not None:
        found += call.args[position : position + 1]
    return next((_text(node) for node in found), "")


def _makes(words: Sequence[str], table: str, name: str) -> bool:
    if table not in words:
        return False
    upper = [word.upper() for word in words]
    if not name:
        return "CREATE" in upper and any(
            word == table and before in ("TABLE", "EXISTS") for before, word in zip(upper, words[1:], strict=False)
        )
    named = any(word == name and before in _BEFORE_A_NAME for before, word in zip(upper, words[1:], strict=False))
    return named or name in names_of_sql(words, table)


# --- who made an object, changed it last or dropped it ---------------------------------------------------------------

Deed: TypeAlias = Literal["created", "changed", "dropped"]
_DROPS = frozenset({"drop_constraint", "drop_index"})
_SQL_DEEDS: Mapping[str, Deed] = {"CREATE": "created", "ADD": "created", "ALTER": "changed", "DROP": "dropped"}
# What stands before the name of an object that a SQL statement is about.
_OWN_WORDS = frozenset({"TYPE", "SEQUENCE", "VIEW", "SCHEMA", "EXTENSION", "DOMAIN"})
_PART_WORDS = _BEFORE_A_NAME | {"ALTER", "DROP"}
_TYPE_MAKERS = frozenset({"Enum", "ENUM", "DOMAIN", "Sequence", "CreateSequence"})


@dataclass(frozen=True, slots=True)
class Trace:
    """The newest line in the history that made an object, changed it or dropped it."""

    deed: Deed
    place: SourceLine


def trace(history: Iterable[Revision], table: str, name: str) -> Trace | None:
    """Return the newest line in an `upgrade()` that made, changed or dropped `name` of `table`.

    Without a name it is the table itself; without a table an object that belongs to none (an enum type, a sequence, a
    view, a schema, an extension). `history` comes newest first. None when no file shows it.
    """
    for revision in history:
        deeds = [
            deed
            for upgrade in _upgrades(revision.source)
            for each in (spellings(table, name) if table and name else (name,))
            for deed in _deeds(upgrade, "", (table, each))
        ]
        if deeds:
            line, deed = max(deeds)
            return Trace(deed, SourceLine(revision.revision, revision.file, line))
    return None


def _deeds(node: ast.AST, batch: str, wanted: tuple[str, str]) -> Iterator[tuple[int, Deed]]:
    """Yield what a piece of a migration does to an object, with the line; `batch` is the batch's table."""
    table, name = wanted
    if table:
        yield from ((item.line, "created") for item in _made(node, batch) if (item.table, item.name) == wanted)
    for each, inside in _with_batches(node, batch):
        if not isinstance(each, ast.Call):
            continue
        verb = _verb(each)
        if verb == "execute":
            yield from ((each.lineno, deed) for deed in _deeds_by_sql(each, table, name))
        elif table and _changes(each, verb, inside) == wanted:
            yield each.lineno, "changed" if verb == "alter_column" else "dropped"
        elif not table and verb in _TYPE_MAKERS and name in (_argument(each, at, ("name",)) for at in (None, 0)):
            yield each.lineno, "created"


def _with_batches(node: ast.AST, batch: str) -> Iterator[tuple[ast.AST, str]]:
    """Yield every piece of a migration with the table of the batch that it stands in."""
    if isinstance(node, ast.With):
        calls = [item.context_expr for item in node.items if _verb(item.context_expr) == "batch_alter_table"]
        batch = next((_argument(call, 0, _TABLE_KEYWORDS) for call in calls), batch)
    yield node, batch
    for child in ast.iter_child_nodes(node):
        yield from _with_batches(child, batch)


def _changes(call: ast.Call, verb: str, batch: str) -> tuple[str, str]:
    """Return the table and the name of what a call changes or drops."""
    if verb == "drop_table":
        return _argument(call, 0, _TABLE_KEYWORDS), ""
    if verb in ("alter_column", "drop_column"):
        return _of_column(call, batch)
    if verb in _DROPS:
        return batch or _argument(call, 1, _TABLE_KEYWORDS), _argument(call, 0, _NAME_KEYWORDS)
    return "", ""


def _of_column(call: ast.Call, batch: str) -> tuple[str, str]:
    table = batch or _argument(call, 0, _TABLE_KEYWORDS)
    return table, _argument(call, 0 if batch else 1, ("column_name",))


def _deeds_by_sql(call: ast.Call, table: str, name: str) -> Iterator[Deed]:
    texts = [_text(node) for node in ast.walk(call) if isinstance(node, ast.Constant)]
    for statement in (each for text in texts for each in text.split(";")):
        deed = _deed_of(_sql_words(statement), table, name)
        if deed:
            yield deed


def _deed_of(words: Sequence[str], table: str, name: str) -> Deed | None:
    """Return what a statement does to an object: the nearest verb before its name says it."""
    upper = [word.upper() for word in words]
    sorts = _OWN_WORDS if not table else {"TABLE"}
    befores = _PART_WORDS if table and name else sorts | {"EXISTS"}
    at = next((at for at, word in enumerate(words) if at and word == (name or table) and upper[at - 1] in befores), 0)
    fits = table in words if table and name else bool(sorts & set(upper[:at]))
    if not at and table and name and name in names_of_sql(words, table):
        return "created"
    if not at or not fits:
        return None
    return next((_SQL_DEEDS[word] for word in reversed(upper[:at]) if word in _SQL_DEEDS), None)
