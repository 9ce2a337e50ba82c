"""Executions as they would come back from a database, written by hand for the rules that look at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from migrations_tools.catalog import Catalog, Column, Table
from migrations_tools.data import ColumnContents, Contents, TableContents
from migrations_tools.inapp.probe.statements import sort_of
from migrations_tools.operations import Operation
from migrations_tools.review import assessment
from migrations_tools.review.context import ReviewContext
from migrations_tools.review.findings import Finding
from migrations_tools.revision_runs import (
    Direction,
    Executed,
    Failure,
    Lock,
    OperationRun,
    Relation,
    RevisionPass,
    SentStatement,
    State,
)

FILE = "0002_change.py"


def table(name: str, *columns: str, **more: Any) -> Table:
    made = tuple(Column(name, each, "text") for each in columns)
    return Table("public", name, columns=made, **more)


USERS, ORDERS = table("users", "id", "name"), table("orders", "id", "user_id")
CATALOG = Catalog(tables=(ORDERS, USERS))


def step(
    line: int,
    sql: str,
    operation: Operation | None = None,
    locks: Mapping[str, str] | None = None,
    rewrites: Sequence[str] = (),
    **more: Any,
) -> OperationRun:
    """Return what a line did: one statement, the locks that it took by table, the tables that it wrote again."""
    taken = tuple(Lock(Relation("public", name, "table"), mode) for name, mode in (locks or {}).items())
    again = tuple(Relation("public", name, "table") for name in rewrites)
    sent = SentStatement(sql, sort_of(sql), line, 0.0, locks=taken, rewritten=again, **more)
    return OperationRun(operation, FILE, line, (sent,))


def done(direction: Direction, *steps: OperationRun, failure: Failure | None = None) -> RevisionPass:
    return RevisionPass("0002", direction, "shop", steps, 0.0, failure)


def failed(sqlstate: str, line: int, statement: str = "", at: int | None = None, **more: Any) -> Failure:
    kind = more.pop("type", "IntegrityError")
    return Failure(kind, "it said no", FILE, line, at, statement, sqlstate, **more)


def rows(**counts: int) -> Contents:
    """Return tables with so many rows, whose one column has as many values."""
    return Contents(
        {
            name: TableContents(count, {"id": ColumnContents("text", count, str(count))})
            for name, count in counts.items()
        }
    )


def state(catalog: Catalog = CATALOG, contents: Contents | None = None) -> State:
    return State(catalog, contents or Contents())


def trip(*steps: OperationRun, after: State | None = None, down: RevisionPass | None = None, **more: Any) -> Executed:
    """Return a trip that came up, and down and up again as far as is said."""
    given = {"before": state(), "up": done("upgrade", *steps), "after_up": after or state(), "down": down, **more}
    return Executed("0002", FILE, "shop", **given)


def stopped(up: RevisionPass, **more: Any) -> Executed:
    """Return a trip that ended in its upgrade()."""
    return Executed("0002", FILE, "shop", before=state(), up=up, **more)


def found(executed: Executed, empty: Executed | None = None, **more: Any) -> list[Finding]:
    """Return what is said of an execution."""
    before = executed.before.catalog if executed.before else Catalog()
    return list(assessment.measured(ReviewContext(before=before, executed=executed, empty=empty, **more)).findings)


def told(findings: Sequence[Finding]) -> list[str]:
    """Write findings as `CODE severity object file:line`."""
    return [f"{each.code} {each.severity} {each.object} {each.file}:{each.line}" for each in findings]
