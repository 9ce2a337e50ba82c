"""Alembic's comparison of server defaults, which asks the database and may fail there."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from .error_values import describe_error

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAVEPOINT = "migrations_tools_default"


@contextlib.contextmanager
def failing_apart(failed: list[dict[str, str]]) -> Iterator[None]:
    """Let a comparison that fails in the database end by itself; autogenerate goes on, and the column is noted.

    Alembic selects `<the database's default> = <the model's>`: json has no equality, a label that the database does
    not have yet is no value, and a default of the old type does not compare with one of the new.
    """
    from alembic.ddl.postgresql import PostgresqlImpl
    from sqlalchemy.exc import DBAPIError

    compare: Any = PostgresqlImpl.compare_server_default

    def compare_apart(self: Any, inspector_column: Any, metadata_column: Any, *rendered: Any) -> Any:
        in_transaction = _has_savepoint(self.connection)
        try:
            return compare(self, inspector_column, metadata_column, *rendered)
        except DBAPIError as error:
            if in_transaction:
                self.connection.exec_driver_sql("ROLLBACK TO SAVEPOINT " + _SAVEPOINT)
            failed.append({"column": str(metadata_column), "error": describe_error(error)["message"]})
            return False

    PostgresqlImpl.compare_server_default = compare_apart  # type: ignore[method-assign]
    try:
        yield
    finally:
        PostgresqlImpl.compare_server_default = compare  # type: ignore[method-assign]


def _has_savepoint(connection: Any) -> bool:
    """Set a savepoint; an autocommitting connection has no transaction for one, and none that a failure ends."""
    from sqlalchemy.exc import DBAPIError

    try:
        connection.exec_driver_sql("SAVEPOINT " + _SAVEPOINT)
    except DBAPIError as error:
        if describe_error(error)["sqlstate"] != "25P01":  # no_active_sql_transaction
            raise
        return False
    return True
