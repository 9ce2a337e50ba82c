"""Locks as they were measured: notes, and warnings for tables that are large."""

from __future__ import annotations

import pytest

from migrations_tools.catalog import Catalog
from migrations_tools.operations import Operation
from migrations_tools.revision_runs import OperationRun
from tests.support.trips import done, failed, found, state, step, stopped, table, told, trip

SHARE, FULL = {"users": "SHARE"}, {"users": "ACCESS EXCLUSIVE"}
FOREIGN_KEY = "ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY(user_id) REFERENCES users (id)"
BOTH = {"orders": "SHARE ROW EXCLUSIVE", "users": "SHARE ROW EXCLUSIVE"}
CHECK = "ALTER TABLE users ADD CONSTRAINT ck CHECK (id > 0)"
UNIQUE = "ALTER TABLE users ADD CONSTRAINT uq UNIQUE (name)"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (step(9, "CREATE INDEX ix ON users (name)", locks=SHARE), "LK01"),
        (step(9, "DROP INDEX ix", locks=FULL), "LK03"),
        (step(9, FOREIGN_KEY, locks=BOTH), "LK04"),
        (step(9, CHECK, locks=FULL), "LK05"),
        (step(9, UNIQUE, locks=FULL), "LK06"),
        (step(9, "ALTER TABLE users ADD PRIMARY KEY (id) /* CONSTRAINT */", locks=FULL), ""),
        (step(9, "ALTER TABLE users ALTER COLUMN id TYPE BIGINT", locks=FULL, rewrites=["users"]), "LK07"),
        (step(9, "ALTER TABLE users ADD COLUMN at text DEFAULT f()", locks=FULL, rewrites=["users"]), "LK08"),
    ],
)
def test_what_makes_others_wait_is_a_note(given: OperationRun, code: str) -> None:
    findings = found(trip(given))
    assert [item.split()[:2] for item in told(findings)] == ([[code, "info"]] if code else [])
    assert all((item.file, item.line) == ("0002_change.py", 9) for item in findings)


@pytest.mark.parametrize(
    "given",
    [
        step(9, "CREATE INDEX CONCURRENTLY ix ON users (name)", autocommit=True),
        step(9, "DROP INDEX CONCURRENTLY ix", autocommit=True),
        step(9, f"{FOREIGN_KEY} NOT VALID", locks=BOTH),
        step(9, f"{CHECK} NOT VALID", locks=FULL),
        step(9, "ALTER TABLE users ADD CONSTRAINT uq UNIQUE USING INDEX ix", locks=FULL),
        step(9, "ALTER TABLE users VALIDATE CONSTRAINT ck", locks={"users": "SHARE UPDATE EXCLUSIVE"}),
        step(9, "ALTER TABLE users ALTER COLUMN name TYPE text", locks=FULL),
        step(9, "ALTER TABLE users ADD COLUMN note text", locks=FULL),
        step(9, "CREATE INDEX ix ON fresh (name)"),
        step(9, "TRUNCATE users", locks=FULL, rewrites=["users"]),
        step(9, "INSERT INTO users VALUES (1)", locks={"users": "ROW EXCLUSIVE"}),
    ],
    ids=lambda given: given.statements[0].sql,
)
def test_what_waits_for_nobody_or_works_on_new_tables_is_not_mentioned(given: OperationRun) -> None:
    assert found(trip(given)) == []


@pytest.mark.parametrize("large", ["users", "*"])
def test_on_a_table_that_is_large_it_is_a_warning_and_a_lock_timeout_is_missed(large: str) -> None:
    findings = found(trip(step(9, "CREATE INDEX ix ON users (name)", locks=SHARE)), large=frozenset({large}))
    assert told(findings) == ["LK01 warn users 0002_change.py:9", "LK09 warn users 0002_change.py:9"]


def test_a_lock_timeout_that_the_file_sets_is_seen() -> None:
    steps = (step(8, "SET LOCAL lock_timeout = '5s'"), step(9, "CREATE INDEX ix ON users (name)", locks=SHARE))
    assert [item.code for item in found(trip(*steps), large=frozenset({"users"}))] == ["LK01"]


def test_a_table_that_is_not_the_large_one_stays_a_note() -> None:
    findings = found(trip(step(9, "CREATE INDEX ix ON users (name)", locks=SHARE)), large=frozenset({"orders"}))
    assert told(findings) == ["LK01 info users 0002_change.py:9"]


def test_a_second_statement_under_a_lock_that_is_held_already_counts() -> None:
    steps = (step(8, "ALTER TABLE users ADD COLUMN a text", locks=FULL), step(9, "CREATE INDEX ix ON users (a)"))
    assert told(found(trip(*steps))) == ["LK01 info users 0002_change.py:9"]


def test_many_statements_after_a_lock_are_mentioned_where_the_lock_is_taken() -> None:
    first = step(8, "ALTER TABLE users ADD COLUMN a text", locks=FULL)
    few, many = [[first, *(step(at, f"SELECT {at}") for at in range(9, 9 + count))] for count in (10, 11)]
    assert found(trip(*few)) == []
    assert told(found(trip(*many))) == ["LK10 info users 0002_change.py:8"]


def test_concurrently_inside_a_transaction_is_one_error_with_its_line() -> None:
    statement = "CREATE INDEX CONCURRENTLY ix ON users (name)"
    operation = Operation(0, "create_index", "users", "ix", columns=("name",))
    up = done("upgrade", step(9, statement, operation, failed=True), failure=failed("25001", 9, statement, 0))
    findings = found(stopped(up))
    assert told(findings) == ["LK02 error users.ix 0002_change.py:9"]


PARTS = Catalog(
    tables=(
        table("events", "id", kind="partitioned", partition_key="RANGE (id)"),
        table("events_1", "id", kind="partition", parents=("events",)),
        table("events_rest", "id", kind="partition", parents=("events",)),
    )
)
WHOLE = {"events": "ACCESS EXCLUSIVE", "events_1": "ACCESS EXCLUSIVE", "events_rest": "ACCESS EXCLUSIVE"}


@pytest.mark.parametrize(
    ("statement", "refused", "instead"),
    [
        ("CREATE INDEX ix ON events (id)", "postgresql_concurrently", "CREATE INDEX … ON ONLY events"),
        ("DROP INDEX ix", "postgresql_concurrently", "lock_timeout"),
        (
            "ALTER TABLE events ADD CONSTRAINT uq UNIQUE (id)",
            "ADD CONSTRAINT … UNIQUE USING",
            "ALTER TABLE ONLY events",
        ),
        (
            "ALTER TABLE events ADD CONSTRAINT fk FOREIGN KEY (id) REFERENCES users",
            "Add it with",
            "Before PostgreSQL 18",
        ),
    ],
)
def test_what_a_partitioned_table_does_not_allow_is_not_advised(statement: str, refused: str, instead: str) -> None:
    executed = trip(step(9, statement, locks=WHOLE), before=state(PARTS), after=state(PARTS))
    (finding,) = found(executed)
    assert "events with its partitions" in finding.sentence
    assert "events_1" not in finding.sentence
    (way,) = finding.ways_out
    assert instead in way
    assert refused not in way


def test_an_index_of_one_partition_may_be_made_concurrently() -> None:
    made = step(9, "CREATE INDEX ix ON events_1 (id)", locks={"events_1": "SHARE"})
    (finding,) = found(trip(made, before=state(PARTS), after=state(PARTS)))
    assert "An index of events_1 is" in finding.sentence
    assert "postgresql_concurrently" in finding.ways_out[0]
