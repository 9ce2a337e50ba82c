"""Constraints without a name get the one that PostgreSQL would choose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .pieces import above
from .tree import facts_of, leaves, mirrors, name_of

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

    from .tree import Facts

_LABELS = {"unique": "key", "foreign key": "fkey"}
_NAMES_SQL = (
    "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " UNION SELECT n.nspname, c.conname FROM pg_catalog.pg_constraint c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace"
)
_LONGEST_NAME = 63  # bytes: NAMEDATALEN - 1


def name_constraints(context: MigrationContext, upgrade: Any, downgrade: Any) -> list[str]:
    """Return new constraints without a name the one that PostgreSQL would choose, and say which these are.

    Otherwise downgrade() would drop a constraint called None, which fails (alembic #588, #916, #1602).
    """
    from sqlalchemy import text
    from sqlalchemy.sql.naming import conv

    unnamed = [op for _, op in leaves(upgrade) if facts_of(op)["constraint"] in _LABELS and _is_unnamed(op)]
    if not unnamed:
        return []
    connection: Any = context.connection
    default = context.dialect.default_schema_name
    taken = {(schema, name) for schema, name in connection.execute(text(_NAMES_SQL))}
    named = []
    for op in unnamed:
        facts = facts_of(op)
        schema = facts["schema"] or default
        name = _chosen_name(facts, {found for where, found in taken if where == schema})
        taken.add((schema, name))
        found = [pair for pair in leaves(downgrade) if mirrors(facts_of(pair[1]), facts)][:1]
        for container, mirror in found:
            mirror.constraint_name = conv(name)
            above(
                container, mirror, "DG02: the name is the one that PostgreSQL would choose, so that it can be dropped"
            )
        op.constraint_name = conv(name)
        named.append(".".join(part for part in (facts["schema"], facts["table"], name) if part))
    return named


def without_nulls_distinct(downgrade: Any) -> list[str]:
    """Leave NULLS DISTINCT out of what downgrade() makes, and say of what.

    It is what every server does; reflected from PostgreSQL 15 on, it fails on those before.
    """
    key, changed = "postgresql_nulls_not_distinct", []
    for container, op in list(leaves(downgrade)):
        if (getattr(op, "kw", None) or {}).get(key) is False:
            op.kw = {name: value for name, value in op.kw.items() if name != key}
            facts = facts_of(op)
            above(container, op, "DG05: NULLS DISTINCT, which servers before PostgreSQL 15 do not know, is left out")
            changed.append(".".join(part for part in (facts["schema"], facts["table"], facts["name"]) if part))
    return changed


def _is_unnamed(op: Any) -> bool:
    return facts_of(op)["kind"] == "create_constraint" and name_of(op) is None


def _chosen_name(facts: Facts, taken: set[str]) -> str:
    """Choose a name as PostgreSQL does: makeObjectName() and ChooseConstraintName(), from version 12 on."""
    label, number = _LABELS[facts["constraint"]], 0
    while True:
        name = _object_name(facts["table"], "_".join(facts["columns"]), label + (str(number) if number else ""))
        if name not in taken:
            return name
        number += 1


def _object_name(table: str, columns: str, label: str) -> str:
    first, second = table.encode(), columns.encode()
    space = _LONGEST_NAME - len(label) - 2
    while len(first) + len(second) > space:
        if len(first) > len(second):
            first = first[:-1]
        else:
            second = second[:-1]
    return "_".join([first.decode(errors="ignore"), second.decode(errors="ignore"), label])
