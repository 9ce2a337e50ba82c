"""Read a database's schema from `pg_catalog`, in a fixed number of queries whatever the schema's size.

Sources: PostgreSQL manual, chapter "System Catalogs" (`pg_class`, `pg_attribute`, `pg_attrdef`,
`pg_constraint`, `pg_index`, `pg_type`, `pg_enum`, `pg_sequence`, `pg_depend`) and "System
Information Functions" (`pg_get_expr`, `pg_get_constraintdef`, `pg_get_indexdef`, `pg_get_viewdef`,
`format_type`). Works on PostgreSQL 12 to 18.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from migrations_tools.catalog import model, read_queries
from migrations_tools.catalog.model import Catalog, qualified

Row: TypeAlias = tuple[Any, ...]
T = TypeVar("T")


class Query(Protocol):
    """Run one statement with `%s` placeholders on the database and give its rows."""

    def __call__(self, sql: str, params: Sequence[object] = (), /) -> list[tuple[Any, ...]]:
        """Return the rows of the statement."""
        ...


_CONSTRAINT_TYPES: Final[Mapping[str, model.ConstraintType]] = {
    "p": "primary key",
    "u": "unique",
    "f": "foreign key",
    "c": "check",
    "x": "exclusion",
}
_IDENTITY: Final[Mapping[str, model.IdentityGeneration]] = {"": "", "a": "ALWAYS", "d": "BY DEFAULT"}
_IDENTITY_OF: Final = attrgetter("identity", "definition")
_GENERATED: Final = {"s": "STORED", "v": "VIRTUAL"}


@dataclass(frozen=True, slots=True)
class _Relations:
    """What the builders look up: the name of a relation, the column that owns what `nextval` draws from."""

    names: Mapping[int, str]
    nextval: Mapping[str, str]


def read(query: Query) -> Catalog:
    """Return the schema of the database that `query` asks: all but system schemas and members of extensions.

    Every catalog is printed alike, whatever the `search_path`, `DateStyle` and so on of the role or
    database: the session's settings that deparsing depends on are pinned while reading and put back
    afterwards (also on an error). The reading is no snapshot: run it in a REPEATABLE READ transaction when
    others may change the schema meanwhile.
    """
    with pinned_settings(query):
        return build(CatalogRows(*(query(statement) for statement in read_queries.ALL)))


@dataclass(frozen=True, slots=True)
class CatalogRows:
    """What the statements of `statements.ALL` gave, in their order."""

    members: Sequence[Row]
    schemas: Sequence[Row]
    extensions: Sequence[Row]
    enums: Sequence[Row]
    domains: Sequence[Row]
    tables: Sequence[Row]
    views: Sequence[Row]
    sequences: Sequence[Row]
    columns: Sequence[Row]
    constraints: Sequence[Row]
    indexes: Sequence[Row]
    others: Sequence[Row]
    rest: Sequence[Row]


def extension_tables(query: Query) -> dict[str, str]:
    """Return the tables that `read` leaves out for they belong to an extension: its name by theirs, qualified."""
    return {qualified(schema, name): extension for schema, name, extension in query(read_queries.EXTENSION_TABLES)}


@contextmanager
def pinned_settings(query: Query) -> Iterator[None]:
    """Hold the session's settings at `statements.PRINTING`."""
    before = dict(query(read_queries.GET_SETTINGS, [json.dumps(read_queries.PRINTING)]))
    query(read_queries.SET_SETTINGS, [json.dumps(read_queries.PRINTING)])
    try:
        yield
    except BaseException:
        # In a transaction that has failed this fails too; the rollback then puts the settings back.
        with suppress(Exception):
            query(read_queries.SET_SETTINGS, [json.dumps(before)])
        raise
    query(read_queries.SET_SETTINGS, [json.dumps(before)])


def build(rows: CatalogRows, around: CatalogRows | None = None) -> Catalog:
    """Make a catalog of rows; `around` are those of a larger whole, where the rows are but a part of one."""
    members: dict[str, set[int]] = defaultdict(set)
    for name, oid in rows.members:
        members[name].add(oid)
    relations, types, namespaces = (members.get(name, set()) for name in ("pg_class", "pg_type", "pg_namespace"))
    tables, views = _foreign_to(relations, rows.tables), _foreign_to(relations, rows.views)
    sequences = _foreign_to(relations, rows.sequences)
    lookup = _relations(around or rows, relations)
    columns = _by_table(rows.columns, lookup, _column)
    constraints = _by_table(rows.constraints, lookup, _constraint)
    indexes = _by_table(rows.indexes, lookup, _index)
    return Catalog(
        schemas=tuple(model.Schema(name) for _, name in _foreign_to(namespaces, rows.schemas)),
        extensions=tuple(model.Extension(name) for (name,) in rows.extensions),
        enums=tuple(_enum(row) for row in _foreign_to(types, rows.enums)),
        domains=tuple(_domain(row) for row in _foreign_to(types, rows.domains)),
        tables=tuple(_table(row, lookup, columns, constraints, indexes) for row in tables),
        sequences=tuple(_sequences(sequences, lookup, columns)),
        views=tuple(_view(row, indexes.get(row[0], ())) for row in views),
        others=tuple(sorted((model.OtherObject(*row[1:]) for row in (*rows.others, *rows.rest)), key=_IDENTITY_OF)),
    )


def _foreign_to(members: Collection[int], rows: Sequence[Row]) -> list[Row]:
    """Leave out the rows whose object (by its oid, the first field) an extension owns."""
    return [row for row in rows if row[0] not in members]


def _relations(rows: CatalogRows, members: Collection[int]) -> _Relations:
    relations = _foreign_to(members, [*rows.tables, *rows.views])
    names = {oid: qualified(schema, name) for oid, schema, name, *_ in relations}
    sequences = _foreign_to(members, rows.sequences)
    nextval = {row[-1]: f"{names[row[10]]}.{row[11]}" for row in sequences if row[10] in names}
    return _Relations(names, nextval)


def _by_table(
    rows: Sequence[Row], lookup: _Relations, build: Callable[[Row, _Relations], T]
) -> Mapping[int, tuple[T, ...]]:
    """Build each row's object and group them by the oid of their table; tables left out take theirs along."""
    groups: dict[int, tuple[T, ...]] = defaultdict(tuple)
    for row in rows:
        if row[0] in lookup.names:
            groups[row[0]] += (build(row, lookup),)
    return groups


def _column(row: Row, lookup: _Relations) -> model.Column:
    table, name, type_, nullable, expression, identity, generated, collation, comment, validated, _ = row
    default = None if generated else expression
    return model.Column(
        table=lookup.names[table],
        name=name,
        type=type_,
        nullable=nullable,
        default=default,
        sequence_of=lookup.nextval.get(default or ""),
        identity_generation=_IDENTITY[identity],
        generated=f"{expression} {_GENERATED[generated]}" if generated else None,
        collation=collation,
        comment=comment,
        not_null_valid=validated,
    )


def _constraint(row: Row, lookup: _Relations) -> model.Constraint:
    table, name, type_, definition, columns, schema, referenced, others, deferrable, deferred, validated = row
    return model.Constraint(
        table=lookup.names[table],
        name=name,
        type=_CONSTRAINT_TYPES[type_],
        definition=definition,
        columns=tuple(columns),
        referenced_table=qualified(schema, referenced) if referenced else None,
        referenced_columns=tuple(others),
        deferrable=deferrable,
        deferred=deferred,
        validated=validated,
    )


def _index(row: Row, lookup: _Relations) -> model.Index:
    table, name, definition, method, unique, columns, included, predicate, expressions, valid = row
    return model.Index(
        table=lookup.names[table],
        name=name,
        definition=definition,
        method=method,
        unique=unique,
        columns=tuple(columns),
        included=tuple(included),
        predicate=predicate,
        expressions=expressions,
        valid=valid,
    )


def _table(
    row: Row,
    lookup: _Relations,
    columns: Mapping[int, tuple[model.Column, ...]],
    constraints: Mapping[int, tuple[model.Constraint, ...]],
    indexes: Mapping[int, tuple[model.Index, ...]],
) -> model.Table:
    oid, schema, name, kind, comment, unlogged, key, bound, parents = row
    return model.Table(
        schema=schema,
        name=name,
        kind=kind,
        columns=columns.get(oid, ()),
        constraints=constraints.get(oid, ()),
        indexes=indexes.get(oid, ()),
        comment=comment,
        unlogged=unlogged,
        partition_key=key,
        partition_bound=bound,
        parents=tuple(lookup.names[int(parent)] for parent in parents if int(parent) in lookup.names),
    )


def _view(row: Row, indexes: tuple[model.Index, ...]) -> model.View:
    _, schema, name, definition, materialized, options, comment, columns = row
    return model.View(schema, name, definition.strip(), materialized, tuple(options), indexes, comment, tuple(columns))


def _enum(row: Row) -> model.Enum:
    _, schema, name, labels = row
    return model.Enum(schema, name, tuple(labels))


def _domain(row: Row) -> model.Domain:
    _, schema, name, type_, nullable, default, collation, checks = row
    return model.Domain(schema, name, type_, nullable, default, collation, tuple(checks))


def _sequences(
    rows: list[Row], lookup: _Relations, columns: Mapping[int, tuple[model.Column, ...]]
) -> Iterator[model.Sequence]:
    """Build the sequences but those whose owner is left out, being a table that an extension owns."""
    drawn = {(column.default, column.path) for group in columns.values() for column in group}
    for _, schema, name, *rest in rows:
        type_, start, increment, minimum, maximum, cache, cycle, table, _, by_identity, nextval = rest
        if table is not None and table not in lookup.names:
            continue
        owner = lookup.nextval.get(nextval)
        implicit = bool(by_identity) or (nextval, owner) in drawn
        yield model.Sequence(
            schema=schema,
            name=name,
            type=type_,
            start=start,
            increment=increment,
            minimum=minimum,
            maximum=maximum,
            cache=cache,
            cycle=cycle,
            owned_by=owner,
            owned_by_table=lookup.names.get(table),
            implicit=implicit,
        )
