"""Enum types: created once, before they are used, and dropped in downgrade()."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .details import class_name
from .pieces import comment_op, plain
from .tree import kind_of, leaves

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Iterator

    from alembic.runtime.migration import MigrationContext

    Key = tuple[str | None, str]

_ENUMS_SQL = (
    "SELECT n.nspname, t.typname, pg_catalog.pg_type_is_visible(t.oid) FROM pg_catalog.pg_type t"
    " JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e'"
)


class Enums:
    """Makes a revision create each new enum type once, before it is used, and drop it in downgrade().

    Left to itself, Alembic lets CREATE TABLE make the type: two tables with one type fail, a type that exists
    fails, a column added with a new type fails, and nothing drops the type (alembic #278, #886, #1254).
    """

    def __init__(
        self,
        context: MigrationContext,
        upgrade: Any,
        downgrade: Any,
        report: dict[str, list[str]],
        undo: contextlib.ExitStack,
        ends: tuple[int, int] = (0, 0),
    ) -> None:
        self.context = context
        self.upgrade = upgrade
        self.downgrade = downgrade
        self.report = report
        self.undo = undo
        self.ends = ends

    def repair(self) -> None:
        """Change both directions: types are made and dropped by statements of their own, and by nothing else.

        `ends` are how many operations stand before them in upgrade(), and after them in downgrade().
        """
        existing = self._existing()
        theirs = set(self._made_by_extension())
        new: dict[Key, list[str]] = {}
        for place, kind in self._used(self.upgrade):
            key = (kind.schema, str(kind.name))
            if key in theirs:
                self._quiet(place[:2], kind)
                continue
            if key not in existing:
                new.setdefault(key, list(kind.enums))
            elif _label(key) not in self.report["reused"]:
                self.report["reused"].append(_label(key))
            if place[2] and key not in existing and _label(key) not in self.report["wanted"]:
                self.report["wanted"].append(_label(key))
            self._quiet(place[:2], kind)
        # What downgrade() makes again uses types that were there before: upgrade() dropped none.
        for place, kind in self._used(self.downgrade):
            if (kind.schema, str(kind.name)) in existing:
                self._quiet(place[:2], kind)
        self._write(new)

    def _existing(self) -> set[Key]:
        from sqlalchemy import text

        connection: Any = self.context.connection
        found: set[Key] = set()
        for schema, name, visible in connection.execute(text(_ENUMS_SQL)):
            found.add((schema, name))
            if visible:
                found.add((None, name))
        return found

    def _made_by_extension(self) -> Iterator[Key]:
        """Yield the types that an operation of an extension makes (alembic_postgresql_enum): it drops them too."""
        default: Any = self.context.dialect.default_schema_name
        for _, op in leaves(self.upgrade):
            if kind_of(op) == "create_enum":
                yield op.schema, str(op.name)
                if op.schema in (None, default):
                    yield from ((schema, str(op.name)) for schema in (None, default))

    def _used(self, container: Any) -> Iterator[tuple[tuple[Any, str, bool], Any]]:
        """Yield the enum types of a container's operations, each with the (object, attribute) that holds it.

        The third says whether it is of a column of a table that exists.
        """
        from sqlalchemy.types import ARRAY

        for _, op in leaves(container):
            for holder, attribute in _type_places(op):
                kind = getattr(holder, attribute)
                while isinstance(kind, ARRAY):
                    holder, attribute, kind = kind, "item_type", kind.item_type
                kind = self._undecorated(kind)
                if _is_native_enum(kind):
                    yield (holder, attribute, class_name(op) != "CreateTableOp"), kind

    def _undecorated(self, kind: Any) -> Any:
        """Return what a TypeDecorator is in the database, which is all that a migration needs of it.

        Rendered as itself it would make its type behind our back, and the file would need the application's code.
        """
        from sqlalchemy.types import TypeDecorator

        return kind.load_dialect_impl(self.context.dialect) if isinstance(kind, TypeDecorator) else kind

    def _quiet(self, place: tuple[Any, str], kind: Any) -> None:
        """Put a type that creates nothing in the column's place, until the file is rendered."""
        holder, attribute = place
        self.undo.callback(setattr, holder, attribute, getattr(holder, attribute))
        setattr(holder, attribute, _quiet_enum(kind))

    def _quoted(self, key: Key) -> str:
        quote = self.context.dialect.identifier_preparer.quote
        return ".".join(quote(part) for part in key if part)

    def _write(self, new: dict[Key, list[str]]) -> None:
        from alembic.operations import ops

        creates, drops = [], []
        for key in sorted(new, key=lambda item: (item[0] or "", item[1])):
            labels = ", ".join("'%s'" % label.replace("'", "''") for label in new[key])
            creates.append(ops.ExecuteSQLOp(plain("CREATE TYPE %s AS ENUM (%s)" % (self._quoted(key), labels))))
            drops.append(ops.ExecuteSQLOp(plain("DROP TYPE %s" % self._quoted(key))))
            self.report["created"].append(_label(key))
        if new:
            creates.insert(0, comment_op("EN05: new types are created once, and dropped in downgrade()"))
        # After what comes first of all, and before it goes again: a schema may be new too.
        up, down = self.ends
        self.upgrade.ops[up:up] = creates
        end = len(self.downgrade.ops) - down
        self.downgrade.ops[end:end] = reversed(drops)


def _label(key: Key) -> str:
    return ".".join(part for part in key if part)


def _type_places(op: Any) -> list[tuple[Any, str]]:
    """Return every (object, attribute) of an operation that holds a column's new type."""
    from sqlalchemy import Column

    places: list[tuple[Any, str]] = []
    if class_name(op) == "CreateTableOp":
        places += [(column, "type") for column in op.columns if isinstance(column, Column)]
    if class_name(op) == "AddColumnOp":
        places.append((op.column, "type"))
    if getattr(op, "modify_type", None) is not None:
        places.append((op, "modify_type"))
    return places


def _is_native_enum(kind: Any) -> bool:
    from sqlalchemy import Enum

    # A type with variants is another one on another database; replacing it would lose that.
    varied = bool(getattr(kind, "_variant_mapping", None))
    return isinstance(kind, Enum) and getattr(kind, "native_enum", True) and bool(kind.name) and not varied


def _quiet_enum(kind: Any) -> Any:
    from sqlalchemy.dialects.postgresql import ENUM

    class Quiet(ENUM):
        """An enum type that exists already: renders as `postgresql.ENUM(..., create_type=False)`."""

        def __repr__(self) -> str:
            schema = ", schema=%r" % str(self.schema) if self.schema else ""
            labels = ", ".join(repr(str(label)) for label in self.enums)
            return "ENUM(%s, name=%r%s, create_type=False)" % (labels, str(self.name), schema)

    Quiet.__module__ = ENUM.__module__
    return Quiet(*kind.enums, name=str(kind.name), schema=kind.schema, create_type=False)
