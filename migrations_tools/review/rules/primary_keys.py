"""Primary keys, which autogenerate does not compare."""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.catalog import Constraint, Table
from migrations_tools.operations import Operation
from migrations_tools.review import edits
from migrations_tools.review.analysis import sql
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.edits import Edit
from migrations_tools.review.findings import Finding
from migrations_tools.review.registry import RuleSet
from migrations_tools.review.rules.unworkable_files import adding, foreign_keys

CATALOGUE = RuleSet()


@CATALOGUE.rule(
    "AG11",
    "primary-key-differs",
    "error",
    why="Autogenerate does not compare primary keys; it changes at most whether their columns may be NULL.",
    way_out="Drop the primary key and add the new one, by hand where its columns may be NULL or keys refer to it.",
)
def primary_key_differs(facts: ReviewContext) -> Iterator[Finding]:
    """Find a table whose primary key has other columns in the models."""
    for have in facts.before.tables:
        want = facts.after.table(have.qualified_name) if facts.after else None
        if want is None or have.qualified_name in facts.excluded:
            continue
        old, new = _primary(have), _primary(want)
        if (
            new
            and not facts.renamed(have.qualified_name)
            and (not old or old.definition != new.definition)
            and not _is_made(facts, have)
        ):
            yield _other_key(facts, have, old, new)


def _primary(table: Table) -> Constraint | None:
    return next((each for each in table.constraints if each.type == "primary key"), None)


def _is_made(facts: ReviewContext, table: Table) -> bool:
    own = [item for item in facts.operations if table_name(item) == table.qualified_name]
    return any(item.constraint == "primary key" or item.kind == "drop_table" for item in own)


def _other_key(facts: ReviewContext, table: Table, old: Constraint | None, new: Constraint) -> Finding:
    ready = {column.name for column in table.columns if not column.nullable}
    reasons = [f"its column {name} may be NULL" for name in new.columns if name not in ready]
    reasons += [f"{other} refers to it" for other in _referring(facts, table, old)]
    flips = tuple(
        item.id
        for item in facts.operations
        if table_name(item) == table.qualified_name
        and item.name in new.columns
        and item.kind == "alter_column"
        and "modify_nullable" in item.details
    )
    said = f"The primary key of table {table.qualified_name} is ({_columns(old)}), in the models ({_columns(new)})"
    if reasons:
        return Finding(
            severity="hold" if flips else "",
            object=f"{table.qualified_name}.{new.name}",
            operations=flips,
            sentence=f"{said}, which autogenerate does not compare; it is left as it is, for {' and '.join(reasons)}.",
            ways_out=(f"Write a revision of your own: {_by_hand(table, old, new)}", "Or mend the model."),
            aliases=("AG06",),
        )
    return Finding(
        object=f"{table.qualified_name}.{new.name}",
        sentence=f"{said}, which autogenerate does not compare: it is changed.",
        adds=(Operation(-1, "alter_constraint", table.name, new.name, _schema(table), "primary key", new.columns),),
        edits=(_rekeyed(table, old, new),),
        aliases=("AG06",),
    )


def _schema(table: Table) -> str:
    return "" if table.schema == "public" else table.schema


def _columns(key: Constraint | None) -> str:
    return ", ".join(key.columns) if key else ""


def _referring(facts: ReviewContext, table: Table, key: Constraint | None) -> Iterator[str]:
    for other in facts.before.tables if key else ():
        for each in foreign_keys(other):
            if each.referenced_table == table.qualified_name:
                yield f"the foreign key {each.path}"


def _by_hand(table: Table, old: Constraint | None, new: Constraint) -> str:
    drop = f"DROP CONSTRAINT {sql.name(old.name)}, " if old else ""
    return f"ALTER TABLE {sql.table_path(table)} {drop}{adding(new)};"


def _rekeyed(table: Table, old: Constraint | None, new: Constraint) -> Edit:
    back = f", {adding(old)}" if old else ""
    return Edit(
        comment=f"AG11: autogenerate does not compare primary keys: ({_columns(old)}) becomes ({_columns(new)})",
        upgrade=(edits.execute(_by_hand(table, old, new).removesuffix(";")),),
        place="last",
        downgrade=(edits.execute(f"ALTER TABLE {sql.table_path(table)} DROP CONSTRAINT {sql.name(new.name)}{back}"),),
    )
