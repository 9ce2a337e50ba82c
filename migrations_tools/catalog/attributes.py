"""The aspects that are compared of two paired objects, printed; and when two printed texts are the same."""

from __future__ import annotations

import re
from typing import TypeAlias

from migrations_tools.catalog.model import (
    Column,
    Constraint,
    Domain,
    Enum,
    Index,
    OtherObject,
    Sequence,
    Table,
    View,
    quoted,
)

Aspects: TypeAlias = dict[str, str]

_QUOTED_OR_NOW = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" |
    \b(?P<now>now\(\)|transaction_timestamp\(\)|CURRENT_TIMESTAMP\b(?!\())""",
    re.VERBOSE,
)


def one_moment(text: str) -> str:
    """Write the synonyms for the start of the transaction alike; PostgreSQL prints each as it was written.

    Source: PostgreSQL manual, "Date/Time Functions", "Current Date/Time". Quoted text keeps its bytes.
    """
    return _QUOTED_OR_NOW.sub(lambda match: "now()" if match["now"] else match[0], text)


def same(actual: str, expected: str) -> bool:
    """Whether two printed aspects are the same; labels and comments are printed as literals and keep their bytes."""
    return one_moment(actual) == one_moment(expected)


def same_default(actual: Column, expected: Column) -> bool:
    """Whether both draw from a sequence owned by the same column, or have the same expression."""
    if actual.sequence_of and actual.sequence_of == expected.sequence_of:
        return True
    return same(actual.default or "", expected.default or "")


def same_definition(actual: Constraint | Index, expected: Constraint | Index) -> bool:
    """Whether two are the same in all but, perhaps, their names."""
    return same(actual.description, expected.description)


def no_aspects(_: object) -> Aspects:
    """Print nothing: such an object is there or it is not."""
    return {}


def enum_aspects(enum: Enum) -> Aspects:
    """Print what is compared of an enum type."""
    return {"labels": enum.description}


def domain_aspects(domain: Domain) -> Aspects:
    """Print what is compared of a domain."""
    return {
        "type": domain.type,
        "nullability": "NULL" if domain.nullable else "NOT NULL",
        "default": domain.default or "none",
        "collation": domain.collation or "the type's own",
        "checks": " ".join(domain.checks) or "none",
    }


def table_aspects(table: Table) -> Aspects:
    """Print what is compared of a table itself."""
    return {
        "kind": _form(table),
        "persistence": "unlogged" if table.unlogged else "permanent",
        "comment": _comment(table.comment),
    }


def _form(table: Table) -> str:
    """Print the kind with its place in a partitioning or inheritance tree."""
    key = f"by {table.partition_key}" if table.partition_key else ""
    tie = "of" if table.kind == "partition" else "inheriting"
    parents = f"{tie} {', '.join(table.parents)}" if table.parents else ""
    return " ".join(filter(None, [table.kind, key, parents, table.partition_bound]))


def column_aspects(column: Column) -> Aspects:
    """Print what is compared of a column."""
    return {
        "type": column.type,
        "nullability": column.nullability,
        "default": _printed_default(column),
        "identity": column.identity_generation or "none",
        "generated expression": column.generated or "none",
        "collation": column.collation or "the type's own",
        "comment": _comment(column.comment),
    }


def view_aspects(view: View) -> Aspects:
    """Print what is compared of a view or materialized view."""
    return {
        "kind": view.kind,
        "definition": view.description,
        "options": ", ".join(view.options) or "none",
        "comment": _comment(view.comment),
    }


def other_aspects(thing: OtherObject) -> Aspects:
    """Print what is compared of what models seldom state."""
    return {"definition": thing.definition}


def sequence_aspects(sequence: Sequence) -> Aspects:
    """Print what is compared of a sequence whose column is the same on both sides."""
    least, largest = sequence.default_bounds
    return {
        "type": sequence.type,
        "start": str(sequence.start),
        "increment": str(sequence.increment),
        "minimum": "the type's own" if sequence.minimum == least else str(sequence.minimum),
        "maximum": "the type's own" if sequence.maximum == largest else str(sequence.maximum),
        "cache": str(sequence.cache),
        "cycle": "on" if sequence.cycle else "off",
    }


def ownership_aspects(sequence: Sequence) -> Aspects:
    """Print what is compared of any other sequence."""
    return {**sequence_aspects(sequence), "owner": sequence.owned_by or "none"}


def definition(child: Constraint | Index) -> Aspects:
    """Print what is compared of a constraint or index: all of it but the name."""
    return {"definition": child.description}


def _comment(comment: str | None) -> str:
    return "none" if comment is None else quoted(comment)


def _printed_default(column: Column) -> str:
    if column.sequence_of == column.path:
        return "nextval of its own sequence"
    return column.default or "none"
