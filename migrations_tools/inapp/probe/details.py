"""What an operation says beyond its name: types, defaults, conditions, as the models' dialect writes them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Details = dict[str, Any]


def class_name(op: Any) -> str:
    """Return the name of an operation's class; of one that an extension derived from Alembic's own, of that."""
    names = [each.__name__ for each in type(op).__mro__]
    return next((name for name in names if name in _ALEMBICS), names[0])


def details_of(op: Any, dialect: Any) -> Details:
    """Describe an operation's own values, by its kind; SQL as text, what was not said left out."""
    describe = _DESCRIBED.get(class_name(op))
    with plain_percents(dialect):
        return describe(op, dialect) if describe else {}


@contextlib.contextmanager
def plain_percents(dialect: Any) -> Iterator[None]:
    """Let SQL be written with a `%` as it is: what is written here is doubled for the driver when it runs."""
    preparer = dialect.identifier_preparer
    doubles, preparer._double_percents = preparer._double_percents, False
    try:
        yield
    finally:
        preparer._double_percents = doubles


def _create_table(op: Any, dialect: Any) -> Details:
    from sqlalchemy import Column

    columns = [item for item in op.columns if isinstance(item, Column)]
    keys = [item for item in op.columns if getattr(item, "use_alter", False)]
    return {
        "columns": {str(column.name): column_details(column, dialect) for column in columns},
        "use_alter": [[str(name) for name in key.column_keys] for key in keys],
    }


def _add_column(op: Any, dialect: Any) -> Details:
    return column_details(op.column, dialect)


def column_details(column: Any, dialect: Any) -> Details:
    """Describe a column; `default` is the SQL of a plain Python-side default, `python_default` says there is one."""
    default = getattr(column, "default", None)
    computed, identity = getattr(column, "computed", None), getattr(column, "identity", None)
    return {
        "type": type_sql(column.type, dialect),
        "nullable": bool(column.nullable),
        "server_default": _default_sql(column.server_default, dialect),
        "computed": computed is not None,
        "identity": identity is not None,
        "python_default": default is not None,
        "default": _literal(default, column.type, dialect),
    }


def type_sql(kind: Any, dialect: Any) -> str | None:
    """Write a type as DDL does; None where it cannot be written."""
    from sqlalchemy.exc import CompileError, UnsupportedCompilationError

    try:
        return str(kind.compile(dialect=dialect))
    except (CompileError, UnsupportedCompilationError, AttributeError):
        return None


def _default_sql(default: Any, dialect: Any) -> str | None:
    """Write a server default; a Computed or Identity, which stand in the same place, is none."""
    argument = getattr(default, "arg", default)
    if argument is None or type(default).__name__ in ("Computed", "Identity", "FetchedValue"):
        return None
    if isinstance(argument, str):
        return argument if argument is default else "'%s'" % argument.replace("'", "''")
    return str(argument.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def default_of(column: Any, dialect: Any) -> str | None:
    """Write a column's plain Python-side default as SQL."""
    with plain_percents(dialect):
        return _literal(column.default, column.type, dialect)


def _literal(default: Any, kind: Any, dialect: Any) -> str | None:
    """Write a plain Python-side default as SQL; a function's or a sequence's value is not known beforehand."""
    from sqlalchemy import literal
    from sqlalchemy.exc import CompileError

    if default is None or not getattr(default, "is_scalar", False):
        return None
    try:
        return str(literal(default.arg, kind).compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    except (CompileError, NotImplementedError, TypeError, ValueError, AttributeError):
        return None


def _alter_column(op: Any, dialect: Any) -> Details:
    using = (getattr(op, "kw", None) or {}).get("postgresql_using")
    found: Details = {"using": using} if using else {}
    for key in ("modify_type", "existing_type"):
        if getattr(op, key, None) is not None:
            found[key] = type_sql(getattr(op, key), dialect)
    for key in ("modify_nullable", "existing_nullable", "modify_name"):
        if getattr(op, key, None) is not None:
            found[key] = getattr(op, key)
    for key in ("modify_server_default", "existing_server_default", "modify_comment", "existing_comment"):
        value = getattr(op, key, False)
        if value is not False:
            found[key] = value if "comment" in key else _default_sql(value, dialect)
    return found


def _create_index(op: Any, dialect: Any) -> Details:
    options = {key[11:]: value for key, value in (op.kw or {}).items() if key.startswith("postgresql_")}
    return {
        "where": _default_sql(options.get("where"), dialect),
        "using": options.get("using") or "btree",
        "concurrently": bool(options.get("concurrently")),
    }


def _drop_index(op: Any, _dialect: Any) -> Details:
    return {"concurrently": bool((op.kw or {}).get("postgresql_concurrently"))}


def _create_foreign_key(op: Any, _dialect: Any) -> Details:
    options = op.kw or {}
    return {
        "referent_columns": [str(name) for name in op.remote_cols],
        "referent_schema": options.get("referent_schema"),
        "ondelete": options.get("ondelete"),
        "not_valid": bool(options.get("postgresql_not_valid")),
        "use_alter": bool(options.get("use_alter")),
    }


def _create_check(op: Any, dialect: Any) -> Details:
    condition = op.condition
    written = condition if isinstance(condition, str) else str(condition.compile(dialect=dialect))
    return {"condition": written, "not_valid": bool((op.kw or {}).get("postgresql_not_valid"))}


def _execute(op: Any, dialect: Any) -> Details:
    statement = op.sqltext
    return {"sql": statement if isinstance(statement, str) else str(statement.compile(dialect=dialect))}


_DESCRIBED: dict[str, Callable[[Any, Any], Details]] = {
    "CreateTableOp": _create_table,
    "AddColumnOp": _add_column,
    "AlterColumnOp": _alter_column,
    "CreateIndexOp": _create_index,
    "DropIndexOp": _drop_index,
    "CreateForeignKeyOp": _create_foreign_key,
    "CreateCheckConstraintOp": _create_check,
    "ExecuteSQLOp": _execute,
}
_ALEMBICS = frozenset(
    {
        *_DESCRIBED,
        "BulkInsertOp",
        "CreatePrimaryKeyOp",
        "CreateTableCommentOp",
        "CreateUniqueConstraintOp",
        "DropColumnOp",
        "DropConstraintOp",
        "DropTableCommentOp",
        "DropTableOp",
    }
)
