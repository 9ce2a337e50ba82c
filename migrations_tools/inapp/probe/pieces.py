"""The operations that a repair is made of: Alembic's own where it can render them, lines of the file elsewhere."""

from __future__ import annotations

import copy
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .details import class_name
from .environment import metadatas

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.runtime.migration import MigrationContext

    Piece = dict[str, Any]

# TextClause._bind_params_regex and BIND_PARAMS_ESC of SQLAlchemy.
_OF_TEXT = re.compile(r"(?<![:\w\\]):(?=\w+(?![:\w]))|\\(?=:\w*(?![:\w]))")


def plain(statement: str) -> str:
    """Escape what SQLAlchemy's text() would take for a bound parameter (`:word`) or for an escaped one."""
    return _OF_TEXT.sub(lambda found: "\\" + found.group(), statement)


def lines_op(*lines: str) -> Any:
    """Return an operation that is written as these lines; `{op}` is Alembic's prefix, an empty one ends a block."""
    made: Any = _classes()["lines"]()
    made.lines = lines
    return made


def comment_op(text: str) -> Any:
    """Return a comment of one line."""
    return lines_op("# " + " ".join(text.split()).replace("{", "{{").replace("}", "}}"))


def above(container: Any, op: Any, text: str) -> None:
    """Put a comment above an operation."""
    index = next(index for index, other in enumerate(container.ops) if other is op)
    container.ops.insert(index, comment_op(text))


def is_comment(op: Any) -> bool:
    """Return whether an operation is nothing but a comment."""
    return all(line.startswith("#") for line in getattr(op, "lines", ("",)))


@lru_cache(maxsize=None)
def _classes() -> dict[str, Any]:
    """Make the operations that Alembic does not have, and tell it how they are written; once a process."""
    from alembic.autogenerate import renderers
    from alembic.operations import ops

    class LinesOp(ops.MigrateOperation):
        """Lines of a file."""

        lines: tuple[str, ...] = ()

        def to_diff_tuple(self) -> Any:
            return ("lines", *self.lines)

    class AlterColumnOp(ops.AlterColumnOp):
        """An alteration with `postgresql_using`, which Alembic takes and does not write."""

        using = ""

    @renderers.dispatch_for(LinesOp)
    def _lines(context: Any, op: Any) -> list[str]:
        prefix = context.opts["alembic_module_prefix"]
        return [line.format(op=prefix) for line in op.lines]

    @renderers.dispatch_for(AlterColumnOp)
    def _altered(context: Any, op: Any) -> str:
        written = renderers.dispatch(ops.AlterColumnOp("t", "c"))(context, op)
        return "%s,\n           postgresql_using=%r)" % (written.rstrip()[:-1], op.using)

    return {"lines": LinesOp, "using": AlterColumnOp}


class Maker:
    """Makes operations of pieces; `found` has the operations of upgrade() by id, `mirrors` theirs of downgrade()."""

    def __init__(self, context: MigrationContext, found: dict[int, Any], mirrors: dict[int, Any]) -> None:
        self.context = context
        self.found = found
        self.mirrors = mirrors

    def make(self, piece: Piece) -> Any:
        """Return the operation that a piece stands for."""
        return getattr(self, "_" + piece["piece"])(piece)

    def _execute(self, piece: Piece) -> Any:
        from alembic.operations import ops

        if not piece.get("autocommit"):
            return ops.ExecuteSQLOp(plain(piece["sql"]))
        statement = repr(plain(piece["sql"])).replace("{", "{{").replace("}", "}}")
        return lines_op("with {op}get_context().autocommit_block():", "{op}execute(%s)" % statement, "")

    def _original(self, piece: Piece) -> Any:
        return self._changed(self.found[piece["id"]], piece)

    def _mirror(self, piece: Piece) -> Any:
        mirror = self.mirrors.get(piece["id"])
        return None if mirror is None else self._changed(mirror, piece)

    def _changed(self, op: Any, piece: Piece) -> Any:
        for key, change in _CHANGES.items():
            if key in piece:
                op = change(op, piece[key])
        return op

    def _alter_column(self, piece: Piece) -> Any:
        from alembic.operations import ops

        if piece.get("type_sql"):
            return self._retyped_column(piece)
        given: dict[str, Any] = {}
        if "nullable" in piece:
            given["modify_nullable"] = piece["nullable"]
        if "server_default" in piece:
            given["modify_server_default"] = _server_default(piece["server_default"])
        if "comment" in piece:
            given["modify_comment"] = piece["comment"]
        if piece.get("new_name"):
            return self._renamed_column(piece)
        return ops.AlterColumnOp(piece["table"], piece["column"], schema=piece["schema"] or None, **given)

    def _renamed_column(self, piece: Piece) -> Any:
        return _call("alter_column", piece, piece["table"], piece["column"], new_column_name=piece["new_name"])

    def _retyped_column(self, piece: Piece) -> Any:
        """Return the statement: a type as PostgreSQL prints it is none of SQLAlchemy's."""
        from alembic.operations import ops

        quote = self.context.dialect.identifier_preparer.quote
        table = ".".join(quote(part) for part in (piece["schema"], piece["table"]) if part)
        using = " USING " + piece["using"] if piece.get("using") else ""
        statement = "ALTER TABLE %s ALTER COLUMN %s TYPE %s%s"
        return ops.ExecuteSQLOp(plain(statement % (table, quote(piece["column"]), piece["type_sql"], using)))

    def _column_of(self, piece: Piece) -> Any:
        from alembic.operations import ops
        from sqlalchemy import Column

        made = self.found[piece["id"]]
        column = next(each for each in made.columns if isinstance(each, Column) and each.name == piece["column"])
        return self._changed(ops.AddColumnOp(made.table_name, copied(column), schema=made.schema), piece)

    def _drop_column(self, piece: Piece) -> Any:
        from alembic.operations import ops

        return ops.DropColumnOp(piece["table"], piece["column"], schema=piece["schema"] or None)

    def _rename_table(self, piece: Piece) -> Any:
        return _call("rename_table", piece, piece["table"], piece["new_name"])

    def _create_check(self, piece: Piece) -> Any:
        return _call("create_check_constraint", piece, _Named(piece["name"]), piece["table"], plain(piece["condition"]))

    def _drop_constraint(self, piece: Piece) -> Any:
        from alembic.operations import ops

        kind, schema = piece["kind"] or None, piece["schema"] or None
        return ops.DropConstraintOp(_exact(piece["name"]), piece["table"], type_=kind, schema=schema)

    def _create_index(self, piece: Piece) -> Any:
        from alembic.operations import ops

        for metadata in metadatas(self.context):
            key = ".".join(part for part in (piece["schema"], piece["table"]) if part)
            for index in metadata.tables[key].indexes if key in metadata.tables else ():
                if str(index.name) == piece["name"]:
                    return ops.CreateIndexOp.from_index(index)
        if not piece["definition"]:
            raise LookupError("the models have no index %s on %s" % (piece["name"], piece["table"]))
        # A name that the server or a naming convention makes is not to be found in the models.
        return ops.ExecuteSQLOp(plain(piece["definition"]))

    def _drop_index(self, piece: Piece) -> Any:
        from alembic.operations import ops

        return ops.DropIndexOp(_exact(piece["name"]), table_name=piece["table"], schema=piece["schema"] or None)


class _Named:
    """A name that no naming convention may change: written as `op.f(...)`."""

    def __init__(self, name: str) -> None:
        self.name = name


def _exact(name: str) -> Any:
    from sqlalchemy.sql.naming import conv

    return conv(name)


def _call(verb: str, piece: Piece, *arguments: Any, **options: Any) -> Any:
    """Return a line that calls an operation which Alembic has no renderer for in every version."""
    if piece.get("schema"):
        options["schema"] = piece["schema"]
    written = [_written(each) for each in arguments]
    written += ["%s=%s" % (key, _written(value)) for key, value in options.items()]
    return lines_op("{op}%s(%s)" % (verb, ", ".join(written)))


def _written(value: Any) -> str:
    text = repr(value.name if isinstance(value, _Named) else value).replace("{", "{{").replace("}", "}}")
    return "{op}f(%s)" % text if isinstance(value, _Named) else text


def _server_default(sql: str | None) -> Any:
    from sqlalchemy import DefaultClause, text

    return None if sql is None else DefaultClause(text(plain(sql)))


# --- what may be changed of an operation that Alembic made ---------------------------------------------------------


def _with_nullable(op: Any, nullable: bool) -> Any:
    return _with_column(op, "nullable", nullable)


def _with_server_default(op: Any, sql: str | None) -> Any:
    if class_name(op) == "AlterColumnOp":
        op.modify_server_default = _server_default(sql)
        return op
    return _with_column(op, "server_default", _server_default(sql))


def _with_column(op: Any, attribute: str, value: Any) -> Any:
    """Return the operation with a column of its own: the one that it has is the model's."""
    from alembic.operations import ops

    column = copied(op.column)
    setattr(column, attribute, value)
    return ops.AddColumnOp(op.table_name, column, schema=op.schema)


def copied(column: Any) -> Any:
    """Return a column as it is, of no table."""
    return column._copy() if hasattr(column, "_copy") else column.copy()


def _with_using(op: Any, using: str) -> Any:
    altered = _classes()["using"](op.table_name, op.column_name, schema=op.schema)
    altered.__dict__.update(op.__dict__)
    altered.using = using
    return altered


def _with_name(op: Any, name: str) -> Any:
    op.constraint_name = _exact(name)
    return op


def _without_keys(op: Any, keys: list[list[str]]) -> Any:
    """Return the creation of a table without its foreign keys on these columns."""
    made = copy.copy(op)
    made.columns = [item for item in op.columns if _key_columns(item) not in keys]
    return made


def _key_columns(item: Any) -> list[str] | None:
    return list(item.column_keys) if type(item).__name__ == "ForeignKeyConstraint" else None


def _without(op: Any, names: list[str]) -> Any:
    """Return the creation of a table without its constraints of these names."""
    from sqlalchemy import Column, PrimaryKeyConstraint

    made = copy.copy(op)
    gone = [item for item in op.columns if not isinstance(item, Column) and str(item.name) in names]
    made.columns = [item for item in op.columns if not any(item is other for other in gone)]
    if any(isinstance(item, PrimaryKeyConstraint) for item in gone):  # which columns would bring back
        made.columns = [_outside_the_key(item) if isinstance(item, Column) else item for item in made.columns]
    return made


def _outside_the_key(column: Any) -> Any:
    nullable = column.nullable
    made = copied(column)
    made.primary_key, made.nullable = False, nullable
    return made


def _with_options(op: Any, options: dict[str, Any]) -> Any:
    """Return the creation of a table with other options of the dialect."""
    made = copy.copy(op)
    made.kw = {**op.kw, **options}
    return made


def _with_concurrently(op: Any, concurrently: bool) -> Any:
    op.kw = {**op.kw, "postgresql_concurrently": concurrently}
    return op


_CHANGES: dict[str, Callable[[Any, Any], Any]] = {
    "nullable": _with_nullable,
    "server_default": _with_server_default,
    "using": _with_using,
    "name": _with_name,
    "concurrently": _with_concurrently,
    "without_keys": _without_keys,
    "without": _without,
    "options": _with_options,
}
