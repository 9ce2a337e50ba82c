"""Which differences between the database and the models an operation accounts for, written or held back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from migrations_tools.catalog import Catalog, Constraint, Difference, Enum, Index, Sequence, Table, is_temporal_alone
from migrations_tools.operations import Operation
from migrations_tools.review.analysis.enum_use import about_type, enum_columns, renamed_in, renamed_types
from migrations_tools.review.analysis.identities import made_identities
from migrations_tools.review.analysis.objects import names_word
from migrations_tools.review.analysis.relations import mentions
from migrations_tools.review.analysis.type_changes import retyped
from migrations_tools.review.context import ReviewContext, table_name

T = TypeVar("T")
# What an operation that alters a column changes, by the aspect of the column.
_ASPECTS = {
    "type": "modify_type",
    "collation": "modify_type",
    "nullability": "modify_nullable",
    "default": "modify_server_default",
    "identity": "modify_server_default",
    "comment": "modify_comment",
}
# NAMEDATALEN, PostgreSQL's manual: a name has at most 63 bytes.
_LONGEST_NAME, _FIGURES = 63, 5
# What migrations make and a MetaData has no words for, or what rules of their own look at.
_NOT_OURS = frozenset(
    {
        ("schema", "unexpected"),
        ("extension", "unexpected"),
        ("domain", "unexpected"),
        ("sequence", "unexpected"),
        ("view", "unexpected"),
        ("enum", "different"),
    }
)


@dataclass(frozen=True, slots=True)
class _File:
    """What the operations do that go into the file."""

    facts: ReviewContext
    created: frozenset[str]
    added: Mapping[str, set[str]]
    # The columns, by their paths, that become identities, and those whose default is set with their type.
    identities: frozenset[str]
    defaults: frozenset[str]
    # The identities of the enum types that a column has.
    used: frozenset[str]


def uncovered(facts: ReviewContext) -> Iterator[Difference]:
    """Yield the differences that no operation accounts for, and that are not of what is held back."""
    differences = [item for item in facts.differences() if item.notable and _is_ours(item)]
    types = renamed_types(facts) if differences else ()
    differences = [
        item for item in differences if not any(renamed_in(item.actual, *each) == item.expected for each in types)
    ]
    file = _file(facts) if differences else None
    return (item for item in differences if file and not _covered(file, item))


def _is_ours(item: Difference) -> bool:
    return (item.kind, item.sort) not in _NOT_OURS and not is_temporal_alone(item)


def _file(facts: ReviewContext) -> _File:
    added: dict[str, set[str]] = defaultdict(set)
    for item in facts.kept:
        if item.kind == "add_column":
            added[table_name(item)].add(item.name)
    catalogs = [catalog for catalog in (facts.before, facts.after) if catalog]
    return _File(
        facts,
        frozenset(table_name(item) for item in facts.kept if item.kind == "create_table"),
        added,
        frozenset(have.path for have, _ in made_identities(facts)),
        frozenset(item.before.path for item in retyped(facts) if item.carries_default),
        frozenset(name for catalog in catalogs for name in _used_enums(catalog)),
    )


def _used_enums(catalog: Catalog) -> Iterator[str]:
    used = enum_columns(catalog)
    return (enum.identity for enum in catalog.enums if enum.qualified_name in used)


def _covered(file: _File, item: Difference) -> bool:
    facts = file.facts
    own = facts.on_table(item.table)
    whole = any(each.kind in ("create_table", "drop_table") for each in own)
    renamed = item.table in facts.wishes.table_renames or item.table in facts.wishes.table_renames.values()
    return whole or renamed or _BY_KIND.get(item.kind, _never)(file, item, own)


_Own: TypeAlias = tuple[Operation, ...]


def _never(_file: _File, _item: Difference, _own: _Own) -> bool:
    return False


def _table(_file: _File, item: Difference, own: _Own) -> bool:
    """Judge a table; one that Alembic neither makes nor drops is one that env.py leaves out."""
    return item.sort != "different" or (item.aspect == "comment" and any("table_comment" in each.kind for each in own))


def _column(file: _File, item: Difference, own: _Own) -> bool:
    """Judge a column; one that Alembic neither makes nor drops is one that env.py leaves out."""
    name = item.object.removeprefix(f"column {item.table}.")
    if item.sort != "different" or name in file.facts.renamed(item.table):
        return True
    altered = [each for each in own if each.kind == "alter_column" and each.name == name]
    key = _ASPECTS.get(item.aspect, "")
    if any(key in each.details for each in altered) or (item.aspect == "nullability" and bool(altered)):
        return True
    path = f"{item.table}.{name}"
    if item.aspect in ("default", "identity") and path in file.identities:
        return True
    if reads_retyped(item, own):
        return True
    # A default that cannot follow its column's new type is set with it, or is held back with it.
    held = any("modify_type" in each.details and each.id in file.facts.held for each in altered)
    return item.aspect == "default" and (held or path in file.defaults)


def reads_retyped(item: Difference, own: Iterable[Operation]) -> bool:
    """Return whether a generated column reads one whose type is to change: it is made again, or held back, with it."""
    retyped = (each.name for each in own if each.kind == "alter_column" and each.details.get("modify_type"))
    texts = (item.actual or "", item.expected or "") if item.aspect == "generated expression" else ()
    return any(names_word(text, name) for name in retyped for text in texts)


def _constraint(file: _File, item: Difference, own: _Own) -> bool:
    have, want = both_of(file.facts, item, Constraint)
    primary = any(each.type == "primary key" for each in (have, want) if each)
    if primary or any(_is_about(each, child) for each in own for child in (have, want) if child):
        return True
    if want and (any(_comes_with_type(each, want) for each in own) or not _can_be_made(file, item, want.columns)):
        return True
    return bool(have and _goes(file, item, own, have.columns)) or bool(want and not _referent_is_there(file, want))


def both_of(facts: ReviewContext, item: Difference, sort: type[T]) -> tuple[T | None, T | None]:
    """Return a differing object of one sort as the database and as the models have it."""
    have, want = facts.both(item.object)
    return (
        have if isinstance(have, sort) and item.sort != "missing" else None,
        want if isinstance(want, sort) and item.sort != "unexpected" else None,
    )


def _is_about(operation: Operation, child: Constraint) -> bool:
    if operation.kind not in ("create_constraint", "drop_constraint"):
        return False
    alike = operation.constraint == child.type and set(operation.columns) == set(child.columns)
    return _is_called(operation, child.name) or (alike and bool(child.columns) and child.type != "check")


def _is_called(operation: Operation, name: str) -> bool:
    """Return whether an operation's name becomes this one in the database.

    One that is too long is cut: by PostgreSQL at the end, by SQLAlchemy earlier, with an underscore and four figures.
    """
    cut = len(operation.name.encode()) > _LONGEST_NAME and operation.name.startswith(name[:-_FIGURES])
    return operation.name == name or (cut and len(name) > _FIGURES)


def _comes_with_type(operation: Operation, check: Constraint) -> bool:
    """Return whether a column's type makes the check when the file runs: `Enum(…, create_constraint=True)`."""
    return check.type == "check" and check.columns == (operation.name,) and "create_constraint=True" in operation.code


def _can_be_made(file: _File, item: Difference, words: tuple[str, ...]) -> bool:
    """Return whether the columns that something is made on are there when the file has run, by their own names."""
    facts = file.facts
    there = file.added.get(item.table, set()) | _names(facts.existing_table(item.table))
    lacking = _names(facts.wanted_table(item.table)) - there
    return not any(mentions(words, name) for name in lacking | facts.renamed(item.table))


def _names(table: Table | None) -> set[str]:
    return {column.name for column in table.columns} if table else set()


def _goes(file: _File, item: Difference, own: _Own, words: tuple[str, ...]) -> bool:
    """Return whether something goes, or would go, with a column that is dropped or renamed."""
    dropped = {each.name for each in own if each.kind == "drop_column"}
    return any(mentions(words, name) for name in dropped | file.facts.renamed(item.table))


def _referent_is_there(file: _File, key: Constraint) -> bool:
    table = key.referenced_table
    return table is None or table in file.created or file.facts.existing_table(table) is not None


def _index(file: _File, item: Difference, own: _Own) -> bool:
    have, want = both_of(file.facts, item, Index)
    made = [each for each in own if each.kind in ("create_index", "drop_index")]
    if any(_is_called(each, child.name) for each in made for child in (have, want) if child):
        return True
    if want and not _can_be_made(file, item, _words(want)):
        return True
    return bool(have and _goes(file, item, own, _words(have)))


def _words(index: Index) -> tuple[str, ...]:
    return (*index.columns, *index.included, index.predicate or "")


def _sequence(file: _File, item: Difference, own: _Own) -> bool:
    sequences = (each for each in file.facts.both(item.object) if isinstance(each, Sequence))
    owners = {each.owned_by for each in sequences if each.owned_by}
    return not owners.isdisjoint((*(f"{table_name(each)}.{each.name}" for each in own), *file.identities))


def _enum(file: _File, item: Difference, _own: _Own) -> bool:
    """Judge a type, which comes and goes with its columns, or by an extension's operation."""
    sides = (each for each in file.facts.both(item.object) if isinstance(each, Enum))
    return item.object in file.used or any(about_type(file.facts, each) for each in sides)


_BY_KIND: dict[str, Callable[[_File, Difference, _Own], bool]] = {
    "schema": _never,
    "extension": _never,
    "domain": _never,
    "view": _never,
    "table": _table,
    "column": _column,
    "constraint": _constraint,
    "index": _index,
    "sequence": _sequence,
    "enum": _enum,
}
