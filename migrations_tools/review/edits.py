"""Repairs as plain values: what the probe is to change in the operation tree before Alembic renders the file.

An edit puts pieces in the place of operations (and of their mirrors in `downgrade()`), or adds pieces that Alembic
did not think of. Each piece is a small map that the probe's `edits` module makes an operation of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Piece: TypeAlias = Mapping[str, Any]
Place: TypeAlias = Literal["here", "first", "last"]


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of the tree.

    `replaces` are ids of operations that make way, with their mirrors. The pieces stand "here", where the first of them
    stood, or at an end: `first` in upgrade() is last in downgrade(), and the other way round; with nothing to replace
    they come last. `comment` is the one line above the pieces
    in upgrade(), `comment_down` the one in downgrade().
    """

    comment: str = ""
    replaces: tuple[int, ...] = ()
    upgrade: tuple[Piece, ...] = ()
    downgrade: tuple[Piece, ...] = ()
    place: Place = "here"
    comment_down: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the edit as the probe takes it."""
        return {
            "comment": self.comment,
            "comment_down": self.comment_down,
            "replaces": list(self.replaces),
            "upgrade": [dict(piece) for piece in self.upgrade],
            "downgrade": [dict(piece) for piece in self.downgrade],
            "place": self.place,
        }


def execute(sql: str, autocommit: bool = False) -> Piece:
    """Return `op.execute(sql)`; in a block of its own, outside the transaction, with `autocommit`."""
    return {"piece": "execute", "sql": sql, "autocommit": autocommit}


def original(number: int, **changes: Any) -> Piece:
    """Return an operation that Alembic made, by its id, once more.

    `changes` may be: `nullable` (of the column that it adds), `server_default` (SQL, or None for none), `using` (the
    expression of `postgresql_using`), `name` (of the constraint), `concurrently` (of the index), and of a table that is
    created `without_keys` (the columns, a list each, of foreign keys that it is without), `without` (the names of
    constraints that it is without) and `options` (keywords that it is created with).
    """
    return {"piece": "original", "id": number, **changes}


def mirror(number: int, **changes: Any) -> Piece:
    """Return, once more, the operation of downgrade() that undoes one of upgrade(), by the latter's id."""
    return {"piece": "mirror", "id": number, **changes}


def alter_column(table: str, column: str, schema: str = "", **changes: Any) -> Piece:
    """Return `op.alter_column(...)`.

    `changes` may be `nullable`, `server_default` (SQL, or None for none), `comment` (or None), `new_name`, `type_sql`
    (a type as PostgreSQL prints it; then nothing else but) `using` (an expression).
    """
    return {"piece": "alter_column", "table": table, "column": column, "schema": schema, **changes}


def column_of(number: int, column: str, **changes: Any) -> Piece:
    """Return `op.add_column(...)` of a column that the creation of a table has, by the latter's id.

    `changes` are those of `original`.
    """
    return {"piece": "column_of", "id": number, "column": column, **changes}


def drop_column(table: str, column: str, schema: str = "") -> Piece:
    """Return `op.drop_column(...)`."""
    return {"piece": "drop_column", "table": table, "column": column, "schema": schema}


def rename_table(table: str, new_name: str, schema: str = "") -> Piece:
    """Return `op.rename_table(...)`."""
    return {"piece": "rename_table", "table": table, "new_name": new_name, "schema": schema}


def create_check(name: str, table: str, condition: str, schema: str = "") -> Piece:
    """Return `op.create_check_constraint(...)` with a condition in SQL."""
    return {"piece": "create_check", "name": name, "table": table, "condition": condition, "schema": schema}


def drop_constraint(name: str, table: str, schema: str = "", kind: str = "") -> Piece:
    """Return `op.drop_constraint(...)`; `kind` is Alembic's `type_`: check, unique, foreignkey, primary."""
    return {"piece": "drop_constraint", "name": name, "table": table, "schema": schema, "kind": kind}


def create_index(name: str, table: str, schema: str = "", definition: str = "") -> Piece:
    """Return the creation of an index as the models declare it; by `definition` where they lack it by its name."""
    return {"piece": "create_index", "name": name, "table": table, "schema": schema, "definition": definition}


def drop_index(name: str, table: str, schema: str = "") -> Piece:
    """Return `op.drop_index(...)`."""
    return {"piece": "drop_index", "name": name, "table": table, "schema": schema}
