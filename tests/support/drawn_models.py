"""Databases and models drawn by chance: what a table has is a list of slots, each filled before and after.

The lines are SQLAlchemy's, so that one way of writing serves the database (by its DDL) and the models.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from sqlalchemy import create_mock_engine
from sqlalchemy.dialects import postgresql

HEAD = """from sqlalchemy import *
from sqlalchemy.dialects.postgresql import *

metadata = MetaData()
OPTIONS = {"include_schemas": True}
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing that a table may have: its line before and after, empty where it is not there.

    A line may use `{t}`, the table's name, and `{s}`, its schema with a dot. `needs` are columns without which neither
    is written.
    """

    before: str
    after: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DrawnTable:
    """A table before and after: its schema, the columns by their names, and what it has besides."""

    schema: str
    columns: Mapping[str, Slot]
    others: Sequence[Slot]
    stands: tuple[bool, bool] = (True, True)

    def lines(self, after: bool) -> Iterator[str]:
        """Yield the lines of one of its two states."""
        side = "after" if after else "before"
        there = {name for name, slot in self.columns.items() if getattr(slot, side)}
        slots = [slot for slot in (*self.columns.values(), *self.others) if there.issuperset(slot.needs)]
        yield from sorted(
            filter(None, (getattr(slot, side) for slot in slots)), key=lambda line: line.startswith("comment=")
        )


def models(tables: Sequence[DrawnTable], after: bool) -> str:
    """Write the models of one of the two states."""
    written = [HEAD]
    for number, table in enumerate(tables):
        if table.stands[after]:
            lines = ",\n    ".join([f'"t{number}", metadata', *table.lines(after), f"schema={table.schema or None!r}"])
            dot = f"{table.schema}." if table.schema else ""
            text = f"Table(\n    {lines},\n)\n"
            written.append(text.replace("{t}", f"t{number}").replace("{s}", dot))
    return "\n".join(written)


def ddl(text: str) -> str:
    """Return the statements that make what models say."""
    names: dict[str, Any] = {}
    exec(compile(text, "models.py", "exec"), names)
    done: list[str] = []
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    engine = create_mock_engine(
        "postgresql://", lambda statement, *_, **__: done.append(str(statement.compile(dialect=dialect)).strip())
    )
    names["metadata"].create_all(engine, checkfirst=False)
    return ";\n".join([f"CREATE SCHEMA {SCHEMA}", *done]) + ";\n"


SCHEMA = "side"
# The types of each column are such that PostgreSQL changes one into the other, or refuses to.
_TYPES: dict[str, dict[str, tuple[str, ...]]] = {
    "n": {
        "Integer": ("0", "1 + 1", "-1"),
        "BigInteger": ("0", "7"),
        "SmallInteger": ("0",),
        "Numeric(10, 2)": ("0", "1.50"),
        "Numeric(12, 4)": ("0", "1.5"),
        "Double": ("0",),
    },
    "s": {
        "String(20)": ("''", "'new'", "lower('A')"),
        "String(40)": ("''", "'new'"),
        "Text": ("''", "'it''s'", "current_user"),
        "CHAR(3)": ("'abc'",),
        'Enum("a", "b", name="mood_{t}")': ("'a'", "'b'"),
        'Enum("a", "b", "c", name="mood_{t}")': ("'a'", "'c'"),
    },
    "d": {
        "Date": ("CURRENT_DATE", "'2020-01-01'"),
        "DateTime": ("now()", "CURRENT_TIMESTAMP"),
        "DateTime(timezone=True)": ("now()", "CURRENT_TIMESTAMP"),
    },
    "x": {
        "JSONB": ("'{}'", "'[]'"),
        "JSON": ("'{}'",),
        "ARRAY(Text)": ("'{}'", "ARRAY['a']"),
        "UUID": ("gen_random_uuid()",),
        "LargeBinary": ("'x'",),
        "Interval": ("'1 day'",),
        "Boolean": ("false", "true"),
        "INET": ("'127.0.0.1'",),
    },
}
_KEYS = (
    'Column("id", Integer, primary_key=True)',
    'Column("id", BigInteger, primary_key=True)',
    'Column("id", Integer, Identity(), primary_key=True)',
    'Column("id", Integer, Identity(always=True), primary_key=True)',
    'Column("id", Integer, Identity(start=10, increment=5), primary_key=True)',
    'Column("id", UUID, server_default=text("gen_random_uuid()"), primary_key=True)',
)
_OTHERS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (
        ("n",),
        (
            'CheckConstraint("n > 0", name="ck_{t}")',
            'CheckConstraint("n >= 0", name="ck_{t}")',
            'CheckConstraint("n IN (1, 2)", name="ck_{t}_n")',
            'CheckConstraint("n > 3")',
        ),
    ),
    (
        ("n", "s"),
        (
            'UniqueConstraint("n", name="uq_{t}")',
            'UniqueConstraint("n", "s", name="uq_{t}")',
            'UniqueConstraint("n", "s")',
            'UniqueConstraint("s", name="uq_{t}", deferrable=True, initially="DEFERRED")',
            'UniqueConstraint("n", name="uq_{t}", postgresql_nulls_not_distinct=True)',
            'UniqueConstraint("n", name="uq_{t}", postgresql_include=["s"])',
            'Index("uq_{t}", "n", unique=True)',
        ),
    ),
    (
        ("n", "s", "d"),
        (
            'Index("ix_{t}", "n")',
            'Index("ix_{t}", "n", "s")',
            'Index("ix_{t}", "n", unique=True)',
            'Index("ix_{t}", "n", unique=True, postgresql_nulls_not_distinct=True)',
            'Index("ix_{t}", "n", postgresql_where=text("n > 0"))',
            'Index("ix_{t}", "n", postgresql_where=text("d IS NULL"))',
            'Index("ix_{t}", "n", postgresql_include=["d"])',
            'Index("ix_{t}", "n", postgresql_using="hash")',
            'Index("ix_{t}", "d", postgresql_using="brin")',
            'Index("ix_{t}", "n", postgresql_with={"fillfactor": 50})',
            'Index("ix_{t}", text("n DESC"), "d")',
            'Index("ix_{t}", text("n DESC NULLS LAST"))',
            'Index("ix_{t}", text("lower(s::text)"))',
            'Index("ix_{t}", text("(n + 1)"), text("n"))',
            'Index("ix_{t}", text("coalesce(n, 0)"))',
        ),
    ),
    (
        ("n",),
        (
            'ForeignKeyConstraint(["r"], ["{s}{t}.id"], name="fk_{t}")',
            'ForeignKeyConstraint(["r"], ["{s}{t}.id"], name="fk_{t}", ondelete="CASCADE")',
            'ForeignKeyConstraint(["r"], ["{s}{t}.id"], name="fk_{t}", onupdate="SET NULL", ondelete="SET NULL")',
            'ForeignKeyConstraint(["r"], ["{s}{t}.id"], name="fk_{t}", deferrable=True, initially="DEFERRED")',
            'ForeignKeyConstraint(["r"], ["{s}{t}.id"])',
            'ForeignKeyConstraint(["r"], ["{s}{t}.id"], ondelete="CASCADE")',
        ),
    ),
    ((), ('comment="of the {t}"', 'comment="it\'s"')),
    (
        ("n",),
        (
            'Column("g", Integer, Computed("n * 2", persisted=True))',
            'Column("g", Integer, Computed("n + 1", persisted=True))',
            'Column("g", BigInteger, Computed("n * 2", persisted=True))',
            'Column("g", Integer)',
        ),
    ),
)


def tables(seed: int, most: int = 6) -> list[DrawnTable]:
    """Draw the tables of a number."""
    chance = Random(seed)
    return [_table(chance) for _ in range(chance.randint(1, most))]


def _table(chance: Random) -> DrawnTable:
    key = chance.choice(_KEYS)
    keys = Slot(key, chance.choice(_KEYS) if chance.random() < 0.15 else key)
    columns = {name: _slot(chance, _columns(chance, name)) for name in _TYPES if chance.random() < 0.6}
    # A foreign key leads to the table's own key, and is of its type.
    kinds = (each.split(", ")[1].rstrip(")") for each in (keys.before, keys.after))
    others = [Slot(*(f'Column("r", {each})' for each in kinds))]
    for needs, lines in _OTHERS:
        if chance.random() < 0.4:
            others.append(_slot(chance, lines, needs))
    stands = chance.choice(((True, True),) * 8 + ((False, True), (True, False)))
    return DrawnTable(chance.choice(("", "", "", SCHEMA)), {"id": keys, **columns}, others, stands)


def _slot(chance: Random, lines: Sequence[str], needs: tuple[str, ...] = ()) -> Slot:
    """Draw a slot; it stays as it is more often than not."""
    before = chance.choice(["", *[chance.choice(lines)] * 4])
    return Slot(before, chance.choice([before, before, before, "", chance.choice(lines)]), needs)


def _columns(chance: Random, name: str) -> list[str]:
    """Draw two lines for a column."""
    return [_column(chance, name) for _ in range(2)]


def _column(chance: Random, name: str) -> str:
    types = _TYPES[name]
    chosen = chance.choice(sorted(types))
    words = [f'Column("{name}", {chosen}']
    words += [f'server_default=text("{chance.choice(types[chosen])}")'] if chance.random() < 0.5 else []
    words += ["nullable=False"] if chance.random() < 0.3 else []
    words += [f'comment="{chance.choice(("of {t}", "other"))}"'] if chance.random() < 0.3 else []
    words += ["index=True"] if name in "ns" and chance.random() < 0.15 else []
    words += ["unique=True"] if name in "ns" and chance.random() < 0.1 else []
    return ", ".join(words) + ")"


# --- the smallest that fails -----------------------------------------------------------------------------------------


def smallest(drawn: Sequence[DrawnTable], fails: Callable[[Sequence[DrawnTable]], object]) -> Sequence[DrawnTable]:
    """Return the smallest tables that still fail: fewer of them, fewer slots, fewer changes."""
    while smaller := next((each for each in _smaller(drawn) if fails(each)), None):
        drawn = smaller
    return drawn


def _smaller(drawn: Sequence[DrawnTable]) -> Iterator[Sequence[DrawnTable]]:
    if len(drawn) > 1:
        yield from ([table] for table in drawn)
        yield from ([*drawn[:at], *drawn[at + 1 :]] for at in range(len(drawn)))
    for at, table in enumerate(drawn):
        yield from ([*drawn[:at], less, *drawn[at + 1 :]] for less in _less(table))


def _less(table: DrawnTable) -> Iterator[DrawnTable]:
    """Yield the table without one of its slots, and with one of them as it is before or after."""
    for name in table.columns:
        yield replace(table, columns={key: slot for key, slot in table.columns.items() if key != name})
    for at in range(len(table.others)):
        yield replace(table, others=[*table.others[:at], *table.others[at + 1 :]])
    for name, slot in table.columns.items():
        if slot.before != slot.after:
            yield from (replace(table, columns={**table.columns, name: less}) for less in _unchanged(slot))
    for at, slot in enumerate(table.others):
        if slot.before != slot.after:
            others = ([*table.others[:at], less, *table.others[at + 1 :]] for less in _unchanged(slot))
            yield from (replace(table, others=each) for each in others)


def _unchanged(slot: Slot) -> Iterator[Slot]:
    yield from (replace(slot, before=line, after=line) for line in (slot.before, slot.after) if line)
