"""Which differences between the database and the models an operation accounts for, written or held back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from migrations_tools.catalog import Constraint, Difference, Index, Sequence, Table
from migrations_tools.operations import Operation
from migrations_tools.review.analysis.relations import mentions
from migrations_tools.review.context import ReviewContext, table_name
from migrations_tools.review.rules import enums, unworkable_files
from migrations_tools.review.rules.type_changes import retyped

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


def uncovered(facts: ReviewContext) -> Iterator[Difference]:
    """Yield the differences that no operation accounts for, and that are not of what is held back."""
    by_table: dict[str, list[Operation]] = defaultdict(list)
    for each in facts.operations:
        by_table[table_name(each)].append(each)
    for item in facts.differences():
        ours = item.notable and (item.kind, item.sort) not in _NOT_OURS
        if ours and not _covered(facts, item, by_table[item.table] if item.table else []):
            yield item


def _covered(facts: ReviewContext, item: Difference, own: list[Operation]) -> bool:
    whole = any(each.kind in ("create_table", "drop_table") for each in own)
    renamed = item.table in facts.wishes.table_renames or item.table in facts.wishes.table_renames.values()
    return whole or renamed or _BY_KIND[item.kind](facts, item, own)


def _never(_facts: ReviewContext, _item: Difference, _own: list[Operation]) -> bool:
    return False


def _table(_facts: ReviewContext, item: Difference, own: list[Operation]) -> bool:
    """Judge a table; one that Alembic neither makes nor drops is one that env.py leaves out."""
    return item.sort != "different" or (item.aspect == "comment" and any("table_comment" in each.kind for each in own))


def _column(facts: ReviewContext, item: Difference, own: list[Operation]) -> bool:
    """Judge a column; one that Alembic neither makes nor drops is one that env.py leaves out."""
    name = item.object.removeprefix(f"column {item.table}.")
    if item.sort != "different" or name in facts.renamed(item.table):
        return True
    altered = [each for each in own if each.kind == "alter_column" and each.name == name]
    key = _ASPECTS.get(item.aspect, "")
    if any(key in each.details for each in altered) or (item.aspect == "nullability" and bool(altered)):
        return True
    path = f"{item.table}.{name}"
    if item.aspect in ("default", "identity") and any(
        have.path == path for have, _ in unworkable_files.made_identities(facts)
    ):
        return True
    # A default that cannot follow its column's new type is set with it.
    return item.aspect == "default" and any(
        each.before.path == path and each.carries_default for each in retyped(facts)
    )


def _constraint(facts: ReviewContext, item: Difference, own: list[Operation]) -> bool:
    have, want = constraints(facts, item)
    primary = any(each.type == "primary key" for each in (have, want) if each)
    if primary or any(_is_about(each, child) for each in own for child in (have, want) if child):
        return True
    if want and any(_comes_with_type(each, want) for each in own):
        return True
    if want and not _can_be_made(facts, item, want.columns):
        return True
    return bool(have and _goes(facts, item, own, have.columns)) or bool(want and not _referent_is_there(facts, want))


def constraints(facts: ReviewContext, item: Difference) -> tuple[Constraint | None, Constraint | None]:
    """Return a differing constraint as the database and as the models have it."""
    have, want = (catalog and catalog.by_identity().get(item.object) for catalog in (facts.before, facts.after))
    return (
        have if isinstance(have, Constraint) and item.sort != "missing" else None,
        want if isinstance(want, Constraint) and item.sort != "unexpected" else None,
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


def _can_be_made(facts: ReviewContext, item: Difference, words: tuple[str, ...]) -> bool:
    """Return whether the columns that something is made on are there when the file has run, by their own names."""
    have, want = facts.before.table(item.table), facts.after.table(item.table) if facts.after else None
    added = {each.name for each in facts.kept if each.kind == "add_column" and table_name(each) == item.table}
    there = added | _names(have)
    return not any(mentions(words, name) for name in (_names(want) - there) | facts.renamed(item.table))


def _names(table: Table | None) -> set[str]:
    return {column.name for column in table.columns} if table else set()


def _goes(facts: ReviewContext, item: Difference, own: list[Operation], words: tuple[str, ...]) -> bool:
    """Return whether something goes, or would go, with a column that is dropped or renamed."""
    dropped = {each.name for each in own if each.kind == "drop_column"}
    return any(mentions(words, name) for name in dropped | facts.renamed(item.table))


def _referent_is_there(facts: ReviewContext, key: Constraint) -> bool:
    made = {table_name(each) for each in facts.kept if each.kind == "create_table"}
    return (
        key.referenced_table is None or key.referenced_table in made or bool(facts.before.table(key.referenced_table))
    )


def _index(facts: ReviewContext, item: Difference, own: list[Operation]) -> bool:
    have, want = indexes(facts, item)
    made = [each for each in own if each.kind in ("create_index", "drop_index")]
    if any(_is_called(each, child.name) for each in made for child in (have, want) if child):
        return True
    if want and not _can_be_made(facts, item, _words(want)):
        return True
    return bool(have and _goes(facts, item, own, _words(have)))


def indexes(facts: ReviewContext, item: Difference) -> tuple[Index | None, Index | None]:
    """Return a differing index as the database and as the models have it."""
    have, want = (catalog and catalog.by_identity().get(item.object) for catalog in (facts.before, facts.after))
    return (
        have if isinstance(have, Index) and item.sort != "missing" else None,
        want if isinstance(want, Index) and item.sort != "unexpected" else None,
    )


def _words(index: Index) -> tuple[str, ...]:
    return (*index.columns, *index.included, index.predicate or "")


def _sequence(facts: ReviewContext, item: Difference, own: list[Operation]) -> bool:
    sequences = [catalog.by_identity().get(item.object) for catalog in (facts.before, facts.after) if catalog]
    owners = {each.owned_by for each in sequences if isinstance(each, Sequence) and each.owned_by}
    return any(f"{table_name(each)}.{each.name}" in owners for each in own) or not owners.isdisjoint(
        have.path for have, _ in unworkable_files.made_identities(facts)
    )


def _enum(facts: ReviewContext, item: Difference, _own: list[Operation]) -> bool:
    """Judge a type, which comes and goes with its columns."""
    catalogs = [catalog for catalog in (facts.before, facts.after) if catalog]
    found = [enum for catalog in catalogs for enum in catalog.enums if enum.identity == item.object]
    return any(enums.users(enum, catalog) for enum in found for catalog in catalogs)


_BY_KIND: dict[str, Callable[[ReviewContext, Difference, list[Operation]], bool]] = {
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
