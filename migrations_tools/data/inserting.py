"""The statement that puts rows into a table."""

from __future__ import annotations

from collections.abc import Sequence

from migrations_tools.catalog import Constraint
from migrations_tools.data.filling import Rows, Unfillable
from migrations_tools.data.outline import Outline
from migrations_tools.data.sql_text import literal, name, name_of


def insert(
    table: Outline, values: Rows, rows: int, returned: Sequence[str] = ("1",), *, nulls: bool, picking: bool = False
) -> str:
    """Write the statement for some rows; what is not given is the database's to make.

    With `nulls`, one of several rows has NULL where a default would stand. With `picking`, rows that others are in
    the way of are left out, instead of refusing all. Raises Unfillable when no value is left that could be given.
    """
    returning = f" RETURNING {', '.join(returned)}"
    if not table.columns:
        return f"INSERT INTO {name_of(table.table)} DEFAULT VALUES{returning}"
    if values and not all(values.values()):
        raise Unfillable(f"no values were found for {', '.join(each for each, given in values.items() if not given)}")
    emptied = table.emptied if nulls else ()
    columns = [*values, *emptied] or [next(iter(table.columns))]
    given = [[*map(literal, row)] for row in zip(*values.values(), strict=True)] if values else [[]] * rows
    texts = [[*row, *["DEFAULT"] * (len(columns) - len(row))] for row in given]
    if emptied and len(texts) > 1:
        texts[-1][-len(emptied) :] = ["NULL"] * len(emptied)
    overriding = " OVERRIDING SYSTEM VALUE" if any(table.columns[each].identity_generation for each in values) else ""
    return (
        f"INSERT INTO {name_of(table.table)} ({', '.join(map(name, columns))}){overriding} VALUES "  # noqa: S608
        + ", ".join(f"({', '.join(row)})" for row in texts)
        # Where a unique key is deferrable, PostgreSQL has no ON CONFLICT.
        + (" ON CONFLICT DO NOTHING" if picking and not any(map(_is_deferrable_key, table.table.constraints)) else "")
        + returning
    )


def _is_deferrable_key(constraint: Constraint) -> bool:
    return constraint.deferrable and constraint.type in ("primary key", "unique", "exclusion")
