"""A PostgreSQL database's schema as plain values: its reading, and the pure comparison of two of them.

`read` asks `pg_catalog` through a callable, so that no driver is imported here; `compare` sees values
only.
"""

from __future__ import annotations

from migrations_tools.catalog.beyond_models import is_beyond_models, is_temporal_alone, without_time
from migrations_tools.catalog.comparison import (
    Difference,
    compare,
    compare_all,
    compare_stated,
    hidden_differences,
    labels_that_stay,
    on_one_line,
    only_in_history,
)
from migrations_tools.catalog.json_form import across_versions, from_json
from migrations_tools.catalog.kind_words import counted, not_read, taken_back
from migrations_tools.catalog.kinds import KINDS
from migrations_tools.catalog.model import (
    Catalog,
    Column,
    Constraint,
    Domain,
    Enum,
    Extension,
    Index,
    OtherObject,
    Schema,
    Sequence,
    Table,
    View,
    as_json,
    qualified,
)
from migrations_tools.catalog.read import Query, extension_tables, read
from migrations_tools.catalog.watch import SchemaChange, SchemaWatch

__all__ = [
    "KINDS",
    "Catalog",
    "Column",
    "Constraint",
    "Difference",
    "Domain",
    "Enum",
    "Extension",
    "Index",
    "OtherObject",
    "Query",
    "Schema",
    "SchemaChange",
    "SchemaWatch",
    "Sequence",
    "Table",
    "View",
    "across_versions",
    "as_json",
    "compare",
    "compare_all",
    "compare_stated",
    "counted",
    "extension_tables",
    "from_json",
    "hidden_differences",
    "is_beyond_models",
    "is_temporal_alone",
    "labels_that_stay",
    "not_read",
    "on_one_line",
    "only_in_history",
    "qualified",
    "read",
    "taken_back",
    "without_time",
]
