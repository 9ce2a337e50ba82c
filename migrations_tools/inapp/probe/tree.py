"""The operations that autogenerate found, as a tree that can be described and pruned."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .details import class_name, default_of, details_of
from .environment import metadatas

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.runtime.migration import MigrationContext

    Facts = dict[str, Any]


def pairs_of(script: Any) -> Iterator[tuple[Any, Any]]:
    """Yield a script's upgrade() and downgrade() operations, a pair for each database."""
    yield from zip(script.upgrade_ops_list, script.downgrade_ops_list)  # noqa: B905 - Python 3.8


class Tree:
    """Operations that are to be written, numbered from `first` on and described; some may be taken out."""

    def __init__(self, pairs: Sequence[tuple[Any, Any]], context: MigrationContext, first: int) -> None:
        self.pairs = pairs
        self.context = context
        self.found = dict(enumerate((leaf for upgrade, _ in self.pairs for leaf in leaves(upgrade)), first))
        self.described = [self._describe(number, op) for number, (_, op) in self.found.items()]

    def is_empty(self) -> bool:
        """Return whether nothing is left to do."""
        return all(upgrade.is_empty() for upgrade, _ in self.pairs)

    def hold(self, numbers: set[int]) -> None:
        """Take operations out of upgrade(), and their mirrors out of downgrade()."""
        for number in sorted(numbers, reverse=True):
            container, op = self.found[number]
            container.ops.remove(op)
            for _, downgrade in self.pairs:
                if _remove_mirror(downgrade, facts_of(op)):
                    break
        for pair in self.pairs:
            for container in pair:
                _drop_empty(container)

    def _describe(self, number: int, op: Any) -> Facts:
        described = facts_of(op)
        described["id"] = number
        described["code"] = self._code(op)
        described["details"] = details_of(op, self.context.dialect)
        if described["details"].get("modify_nullable") is False:
            described["details"]["default"] = self._default(op)
        return described

    def _default(self, op: Any) -> str | None:
        """Return the plain Python-side default, as SQL, of a column that is altered: the operation does not have it."""
        key = "%s.%s" % (op.schema, op.table_name) if op.schema else op.table_name
        tables = [each.tables[key] for each in metadatas(self.context) if key in each.tables]
        columns = [column for table in tables for column in table.columns if column.name == op.column_name]
        return default_of(columns[0], self.context.dialect) if columns else None

    def _code(self, op: Any) -> str:
        """Return the lines that Alembic would write, with env.py's own rendering."""
        from alembic.autogenerate import render_op_text
        from alembic.autogenerate.api import AutogenContext

        return render_op_text(AutogenContext(self.context, autogenerate=False), op)


def leaves(container: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the operations that hold no others, each with the container that holds it."""
    for op in list(container.ops):
        if hasattr(op, "ops"):
            yield from leaves(op)
        else:
            yield container, op


def _drop_empty(container: Any) -> None:
    for op in list(container.ops):
        if hasattr(op, "ops"):
            _drop_empty(op)
            if not op.ops:
                container.ops.remove(op)


def _remove_mirror(container: Any, facts: Facts) -> bool:
    for inner, op in leaves(container):
        if mirrors(facts_of(op), facts):
            inner.ops.remove(op)
            return True
    return False


def mirrors(facts: Facts, held: Facts) -> bool:
    """Return whether an operation of downgrade() undoes one of upgrade().

    What an operation does not tell (a drop that the project's own hook made knows no columns) is not compared.
    """
    return (
        facts["kind"] in (_UNDOES.get(held["kind"]) or held["undone_by"])
        and all(facts[key] == held[key] for key in ("schema", "table", "name"))
        and all(facts[key] == held[key] or not (facts[key] and held[key]) for key in ("columns", "referent"))
    )


def facts_of(op: Any) -> Facts:
    """Describe an operation as plain values: what it does, to what."""
    kind, made = kind_of(op), _made(op)
    return {
        "kind": kind,
        "schema": _schema(op),
        "table": getattr(op, "table_name", None)
        or getattr(op, "source_table", None)
        or _rows_of(op, "name")
        or getattr(_thing(op), "table_name", None),
        "name": name_of(op),
        "constraint": _constraint_kind(op, made),
        "unique": bool(getattr(made, "unique", False)) if kind.endswith("index") else None,
        "columns": _columns(made),
        "referent": getattr(made, "referent_table", None),
        "undone_by": _undone_by(op),
    }


def _undone_by(op: Any) -> tuple[str, ...]:
    """Return the kind of what undoes an operation of an extension; empty for Alembic's own, and where nothing does."""
    if class_name(op) in _KINDS or not hasattr(op, "reverse"):
        return ()
    try:
        return (kind_of(op.reverse()),)
    except NotImplementedError:
        return ()


def _schema(op: Any) -> str | None:
    source = (getattr(op, "kw", None) or {}).get("source_schema")
    return getattr(op, "schema", None) or source or _rows_of(op, "schema") or getattr(_thing(op), "schema", None)


def _rows_of(op: Any, attribute: str) -> str | None:
    """Return the name or the schema of the table that op.bulk_insert() puts rows into."""
    return getattr(op.table, attribute, None) if class_name(op) == "BulkInsertOp" else None


def kind_of(op: Any) -> str:
    """Return Alembic's verb for an operation; for one that is not its own, its class as a verb: "drop_enum".

    One of alembic_utils is a verb alone, and its entity's class says of what: DropOp of a PGFunction.
    """
    name = class_name(op)
    entity = type(_thing(op)).__name__ if name in ("CreateOp", "DropOp", "ReplaceOp", "RevertOp") else ""
    return _KINDS.get(name) or _as_verb(re.sub("Op$", "", name) + re.sub("^PG|Table$", "", entity))


def _as_verb(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _thing(op: Any) -> Any:
    """Return what an extension's operation is about: an entity (alembic_utils), or one of two (alembic-pg-autogen)."""
    return getattr(op, "target", None) or getattr(op, "desired", None) or getattr(op, "current", None)


_KINDS = {
    "CreateTableOp": "create_table",
    "DropTableOp": "drop_table",
    "AddColumnOp": "add_column",
    "DropColumnOp": "drop_column",
    "AlterColumnOp": "alter_column",
    "CreateIndexOp": "create_index",
    "DropIndexOp": "drop_index",
    "CreateUniqueConstraintOp": "create_constraint",
    "CreateForeignKeyOp": "create_constraint",
    "CreateCheckConstraintOp": "create_constraint",
    "CreatePrimaryKeyOp": "create_constraint",
    "DropConstraintOp": "drop_constraint",
    "CreateTableCommentOp": "create_table_comment",
    "DropTableCommentOp": "drop_table_comment",
    "ExecuteSQLOp": "execute",
}
_UNDOES = {
    "create_table": ("drop_table",),
    "drop_table": ("create_table",),
    "add_column": ("drop_column",),
    "drop_column": ("add_column",),
    "alter_column": ("alter_column",),
    "create_index": ("drop_index",),
    "drop_index": ("create_index",),
    "create_constraint": ("drop_constraint",),
    "drop_constraint": ("create_constraint",),
    "create_table_comment": ("create_table_comment", "drop_table_comment"),
    "drop_table_comment": ("create_table_comment",),
}
_CONSTRAINTS = {
    "CreateUniqueConstraintOp": "unique",
    "CreateForeignKeyOp": "foreign key",
    "CreateCheckConstraintOp": "check",
    "CreatePrimaryKeyOp": "primary key",
}


def _made(op: Any) -> Any:
    """For a drop, the operation that would make the object again, which knows its columns; else the op itself."""
    if class_name(op) not in ("DropConstraintOp", "DropIndexOp"):
        return op
    # Kept by Alembic as it was reflected; up to some version reverse() forgets that an index is unique.
    return op if op._reverse is None else op._reverse


def name_of(op: Any) -> str | None:
    """Return the name of the object that an operation is about; None where it has none."""
    # An operation of an extension has its object's name, or a thing that has one.
    holders = [(op, name) for name in ("constraint_name", "index_name", "column_name", "name")]
    things = [(_thing(op), name) for name in ("signature", "trigger_name", "name")]
    for holder, attribute in holders + things:
        found = getattr(holder, attribute, None)
        if isinstance(found, str):  # Alembic writes an unnamed constraint as None or as a symbol
            return str(found)
    column = getattr(op, "column", None)
    return str(column.name) if column is not None else None


def _constraint_kind(op: Any, made: Any) -> str | None:
    if class_name(made) in _CONSTRAINTS:
        return _CONSTRAINTS[class_name(made)]
    kind = getattr(op, "constraint_type", None)
    return {"foreignkey": "foreign key", "primary": "primary key"}.get(kind or "", kind)


def _columns(made: Any) -> list[str]:
    """Return the columns by name; an index's expressions as SQL."""
    from sqlalchemy.sql.expression import ColumnClause

    column = getattr(made, "column", None)
    if column is not None:
        return [str(column.name)]
    found = getattr(made, "local_cols", None) or getattr(made, "columns", None) or []
    if class_name(made) == "CreateTableOp":
        found = [item for item in found if isinstance(item, ColumnClause)]
    return [str(item.name) if isinstance(item, ColumnClause) else str(item) for item in found]
