"""How a model declares what the database has."""

from __future__ import annotations

from migrations_tools.operations import Operation
from migrations_tools.review.context import table_name


def declaration(drop: Operation) -> str:
    """Return what to write in the models so that something is not dropped, as the rest of a sentence."""
    model = f"the model of table {table_name(drop)}"
    columns = ", ".join(f'"{item}"' if item.isidentifier() else f'text("{item}")' for item in drop.columns)
    writings = {
        "table": f"import the model of {drop.object} in env.py, or leave the table out with include_name",
        "column": f"give {model} its column {drop.name} back",
        "unique constraint": f"in {model}, write {_single(drop)}"
        f'`UniqueConstraint({columns}, name="{drop.name}")` in __table_args__',
        "index": f'in {model}, write `Index("{drop.name}", {columns})` in __table_args__',
        "unique index": f'in {model}, write `Index("{drop.name}", {columns}, unique=True)` in __table_args__',
        "foreign key": f"in {model}, give {', '.join(drop.columns)} its `ForeignKey`"
        f'{" to " + drop.referent if drop.referent else ""} back, with name="{drop.name}"',
    }
    other = f'in {model}, put the {drop.noun} back, with name="{drop.name}"' if drop.table else "declare it again"
    return writings.get(drop.noun, other)


def _single(drop: Operation) -> str:
    return f"`unique=True` on its column {drop.columns[0]}, or " if len(drop.columns) == 1 else ""
