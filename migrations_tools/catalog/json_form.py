"""A catalog read back from JSON, and catalogs of different major versions made comparable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from migrations_tools.catalog import model
from migrations_tools.catalog.model import Catalog, Table, View

_KINDS: Final[Mapping[str, Any]] = {
    "schemas": model.Schema,
    "extensions": model.Extension,
    "enums": model.Enum,
    "domains": model.Domain,
    "tables": model.Table,
    "sequences": model.Sequence,
    "views": model.View,
    "others": model.OtherObject,
}
_WITHIN: Final[Mapping[Any, Mapping[str, Any]]] = {
    model.Table: {"columns": model.Column, "constraints": model.Constraint, "indexes": model.Index},
    model.View: {"indexes": model.Index},
}
# A literal keeps its bytes; a name in front of a column, with its point, goes.
_QUALIFIER: Final = re.compile(
    r"""(?P<kept>'(?:[^']|'')*') | (?<![\w$".])(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)\.(?=["\w*])""", re.VERBOSE
)


def from_json(data: Mapping[str, Any]) -> Catalog:
    """Read back what `model.as_json` gave. Raises KeyError or TypeError when it is not that."""
    return Catalog(**{name: tuple(_made(kind, each) for each in data[name]) for name, kind in _KINDS.items()})


def _made(kind: Any, data: Mapping[str, Any]) -> Any:
    within = _WITHIN.get(kind, {})
    values = {
        key: tuple(_made(within[key], each) if key in within else each for each in value)
        if isinstance(value, list)
        else value
        for key, value in data.items()
    }
    return kind(**values)


def across_versions(catalog: Catalog) -> Catalog:
    """Return a catalog without what the server's version alone decides of how the same schema is kept and printed.

    From 16 on, `pg_get_viewdef` prints the columns of a view of one table without the table's name; from 17 on, the
    partitions of a table with an identity column have it too.
    """
    tables = tuple(_without_inherited_identity(table, catalog) for table in catalog.tables)
    return replace(catalog, tables=tables, views=tuple(_unqualified(view) for view in catalog.views))


def _without_inherited_identity(table: Table, catalog: Catalog) -> Table:
    if table.kind != "partition":
        return table
    parents = [parent for name in table.parents if (parent := catalog.table(name))]
    own = {column.name for parent in parents for column in parent.columns if column.identity_generation}
    columns = (replace(each, identity_generation="") if each.name in own else each for each in table.columns)
    return replace(table, columns=tuple(columns))


def _unqualified(view: View) -> View:
    return replace(view, definition=_QUALIFIER.sub(lambda found: found["kept"] or "", view.definition))
