"""What the probe measured, as values: parsed, masked, and written for the run's record."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from migrations_tools import revision_runs
from migrations_tools.inapp.probe.statements import LONGEST, shortened, sort_of, touches_nothing
from migrations_tools.revision_runs import Executed, Failure, Lock, Relation, RevisionPass, SentStatement

USERS = {"schema": "public", "name": "users", "kind": "table"}
OPERATION = {
    "kind": "create_index",
    "schema": None,
    "table": "users",
    "name": "ix_name",
    "constraint": None,
    "unique": False,
    "columns": ["name"],
    "referent": None,
}
STATEMENT = {
    "sql": "CREATE INDEX ix_name ON users (name)",
    "sort": "CREATE INDEX",
    "line": 12,
    "times": 1,
    "seconds": 0.5,
    "rows": None,
    "autocommit": False,
    "locks": [{**USERS, "mode": "ShareLock"}],
    "rewritten": [USERS],
    "failed": False,
}
FAILED = {
    "type": "ProgrammingError",
    "message": "no",
    "module": "",
    "statement": "SELECT",
    "detail": "d",
    "hint": "h",
    "sqlstate": "42P01",
    "traceback": "…",
    "revision": "0001",
    "revision_file": "x.py:3",
    "file": "0001.py",
    "line": 12,
    "step": 0,
}
STEP = {"operation": OPERATION, "file": "0001.py", "line": 12, "statements": [STATEMENT]}


def parsed(**changed: Any) -> RevisionPass:
    given = {
        "revision": "0001",
        "direction": "upgrade",
        "database": "shop",
        "file": "0001.py",
        "seconds": 0.7,
        "steps": [STEP],
        "failed": None,
        **changed,
    }
    (found,) = revision_runs.parse({"passes": [given]})
    return found


def test_a_pass_holds_its_steps_and_they_their_statements() -> None:
    found = parsed()
    ((step, statement),) = found.statements
    users = Relation("public", "users", "table")
    assert (found.revision, found.direction, found.database, found.seconds) == ("0001", "upgrade", "shop", 0.7)
    assert step.operation is not None
    assert (step.operation.summary(), step.file, step.line) == ("create index users.ix_name", "0001.py", 12)
    assert statement == SentStatement(
        "CREATE INDEX ix_name ON users (name)",
        "CREATE INDEX",
        12,
        0.5,
        locks=(Lock(users, "SHARE"),),
        rewritten=(users,),
    )
    assert found.failure is None


def test_what_no_operation_did_is_a_step_as_well() -> None:
    assert parsed(steps=[{**STEP, "operation": None}]).steps[0].operation is None


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("AccessShareLock", "ACCESS SHARE"),
        ("RowShareLock", "ROW SHARE"),
        ("RowExclusiveLock", "ROW EXCLUSIVE"),
        ("ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE"),
        ("ShareLock", "SHARE"),
        ("ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE"),
        ("ExclusiveLock", "EXCLUSIVE"),
        ("AccessExclusiveLock", "ACCESS EXCLUSIVE"),
    ],
)
def test_lock_modes_are_written_as_in_the_manual(name: str, mode: str) -> None:
    statement = {**STATEMENT, "locks": [{**USERS, "mode": name}]}
    assert parsed(steps=[{**STEP, "statements": [statement]}]).steps[0].statements[0].locks[0].mode == mode


def test_a_relation_is_named_with_its_schema_outside_public() -> None:
    names = [Relation(schema, "log", "table").qualified_name for schema in ("public", "audit")]
    assert names == ["log", "audit.log"]


def test_a_failure_says_what_the_server_said_and_where_it_was_raised() -> None:
    assert parsed(failed=FAILED).failure == Failure(
        "ProgrammingError", "no", "0001.py", 12, 0, "SELECT", "42P01", "d", "h"
    )


def test_passwords_are_masked_in_statements_and_errors() -> None:
    role = "CREATE ROLE shop PASSWORD 'it''s secret' LOGIN"
    said = "cannot reach postgresql://shop:secret@db/shop"
    failed = {**FAILED, "statement": role, "message": said, "detail": said, "hint": said}
    found = parsed(failed=failed, steps=[{**STEP, "statements": [{**STATEMENT, "sql": role}]}])
    assert "secret" not in repr(found)
    assert found.steps[0].statements[0].sql == "CREATE ROLE shop PASSWORD '***' LOGIN"


def test_two_goes_on_one_database_are_one_pass_and_the_step_that_failed_is_counted_on() -> None:
    both = parsed().followed_by(parsed(failed=FAILED))
    assert (len(both.steps), both.seconds) == (2, 1.4)
    assert both.failure is not None
    assert both.failure.step == 1


UP = parsed()
DOWN = replace(UP, direction="downgrade")


@pytest.mark.parametrize(
    ("down", "refuses", "omits"),
    [
        (None, False, False),
        (DOWN, False, False),
        (replace(DOWN, steps=()), False, True),
        (replace(DOWN, steps=(), failure=Failure("NotImplementedError", "no way back")), True, False),
        (replace(DOWN, steps=(), failure=Failure("ValueError", "no")), False, False),
    ],
    ids=["was never run", "does something", "does nothing", "raises NotImplementedError", "raises another error"],
)
def test_a_downgrade_that_refuses_or_does_nothing_is_told(
    down: RevisionPass | None, refuses: bool, omits: bool
) -> None:
    trip = Executed("0001", "0001.py", "shop", up=UP, down=down)
    assert (trip.refuses_downgrade, trip.omits_downgrade) == (refuses, omits)


def test_a_downgrade_that_does_nothing_takes_nothing_back_where_nothing_was_done() -> None:
    assert not Executed("1", "", "", up=replace(UP, steps=()), down=replace(DOWN, steps=())).omits_downgrade


@dataclass(frozen=True)
class Unseeded:
    table: str
    reason: str


@dataclass(frozen=True)
class Seeded:
    rows: Mapping[str, int]
    unseeded: Sequence[Unseeded]


SEEDED = Seeded({"orders": 3}, [Unseeded("users", "It has a trigger.")])


def test_the_record_holds_the_passes_and_not_the_states() -> None:
    failed = replace(DOWN, failure=Failure("ValueError", "no"))
    trip = Executed("0001", "0001.py", "shop", up=UP, down=failed, seeded=SEEDED, stopped="It fails.", seconds=2)
    written = json.loads(json.dumps(revision_runs.as_json(trip)))
    assert sorted(written) == [
        "database",
        "file",
        "omits_downgrade",
        "passes",
        "refuses_downgrade",
        "revision",
        "seconds",
        "stopped",
        "unseeded",
    ]
    assert [each["direction"] for each in written["passes"]] == ["upgrade", "downgrade"]
    assert written["passes"][0]["steps"][0]["statements"][0]["locks"][0]["mode"] == "SHARE"
    assert written["unseeded"] == {"users": "It has a trigger."}
    assert trip.failure == failed.failure


# --- sorts of statements -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "sort"),
    [
        ("\nALTER TABLE users ADD COLUMN name text", "ALTER TABLE"),
        ("-- why\n/* and\nhow */ create unique index concurrently i on t (a)", "CREATE INDEX"),
        ("CREATE OR REPLACE FUNCTION f() RETURNS int", "CREATE FUNCTION"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1", "CREATE MATERIALIZED VIEW"),
        ("CREATE TEMP TABLE t ()", "CREATE TABLE"),
        ("DROP FOREIGN TABLE t", "DROP FOREIGN TABLE"),
        ("(SELECT 1)", "SELECT"),
        ("with x as (select 1) delete from t", "WITH"),
        ("COMMENT ON TABLE t IS 'x'", "COMMENT"),
        ("", ""),
        ("-- nothing", ""),
    ],
)
def test_a_statement_is_of_the_sort_that_its_first_words_say(statement: str, sort: str) -> None:
    assert sort_of(statement) == sort


@pytest.mark.parametrize(
    ("statement", "nothing"),
    [
        ("SET LOCAL lock_timeout = '5s'; ", True),
        ("SET lock_timeout = 0; ALTER TABLE t ADD a int", False),
        ("COMMIT", True),
        ("LOCK TABLE t", False),
    ],
)
def test_only_a_statement_about_the_session_alone_takes_no_locks_for_certain(statement: str, nothing: bool) -> None:
    assert touches_nothing(statement, sort_of(statement)) == nothing


def test_a_long_statement_is_cut() -> None:
    assert shortened("x" * LONGEST) == "x" * LONGEST
    assert shortened("x" * (LONGEST + 1)) == "x" * (LONGEST - 1) + "…"
