"""Operations that answer for no difference of the two catalogs: what they change is the same before and after."""

from __future__ import annotations

from collections.abc import Iterator

from migrations_tools.operations import Operation
from migrations_tools.review.analysis.objects import children, column
from migrations_tools.review.context import ReviewContext, table_name

_ON_PARTS = frozenset({"create_constraint", "drop_constraint", "create_index", "drop_index"})
# The aspects of a column that an operation which alters it may change, by Alembic's word for it.
_ASPECTS = {
    "modify_type": ("type", "collation"),
    "modify_nullable": ("nullability",),
    "modify_server_default": ("default", "identity", "generated expression"),
    "modify_comment": ("comment",),
}


def needless(facts: ReviewContext) -> frozenset[int]:
    """Return the ids of the operations on a column, constraint or index that both catalogs have alike.

    Alembic compares words: a schema that is the default one and is spelled out, or a type's schema, a domain's own
    NOT NULL, a type that a decorator wraps. Of a table that env.py leaves out, or that is renamed, nothing is said.
    """
    if facts.after is None:
        return frozenset()
    differing = {item.object for item in facts.differences()}
    columns = {(item.object, item.aspect) for item in facts.differences() if item.kind == "column"}
    return frozenset(
        item.id
        for item in facts.operations
        if _is_comparable(item, facts)
        and (
            any(identity not in differing for identity in _parts(item, facts))
            or (item.kind == "alter_column" and _alters_nothing(item, facts, columns))
        )
    )


def _is_comparable(item: Operation, facts: ReviewContext) -> bool:
    name = table_name(item)
    both = facts.existing_table(name) and facts.wanted_table(name)
    renamed = name in facts.wishes.table_renames or facts.renamed(name)
    return bool(both) and name not in facts.excluded and not renamed


def _parts(item: Operation, facts: ReviewContext) -> Iterator[str]:
    """Yield the identity of the constraint or index that an operation is about, where both sides have one."""
    if item.kind not in _ON_PARTS or item.constraint == "primary key":  # Alembic never proposes one: a hook meant it
        return
    theirs = {each.identity for each in children(facts.existing(item))}
    for each in children(facts.wanted(item)):
        of_sort = each.noun == ("index" if item.kind.endswith("_index") else "constraint")
        unnamed = not item.name and getattr(each, "type", "") == item.constraint and each.columns == item.columns
        if of_sort and (each.name == item.name or unnamed) and each.identity in theirs:
            yield each.identity


def _alters_nothing(item: Operation, facts: ReviewContext, differing: set[tuple[str, str]]) -> bool:
    have, want = column(facts.existing(item), item.name), column(facts.wanted(item), item.name)
    if have is None or want is None:
        return False
    words = [word for word in item.details if word.startswith("modify_")]
    known = all(word in _ASPECTS for word in words)
    return (
        bool(words)
        and known
        and not any((have.identity, aspect) in differing for word in words for aspect in _ASPECTS[word])
    )
