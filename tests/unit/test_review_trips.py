"""What is said of a revision that was executed: errors, rows, traces."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrations_tools.catalog import Catalog, Column, Constraint, Enum, Extension, Index, OtherObject
from migrations_tools.catalog import Difference as CatalogDifference
from migrations_tools.operations import Operation
from migrations_tools.provenance import Revision
from migrations_tools.review.analysis import failures
from migrations_tools.review.findings import Finding
from migrations_tools.review.rules import false_drops
from migrations_tools.review.ruleset import RULES
from migrations_tools.revision_runs import Executed, State
from tests.support.trips import (
    CATALOG,
    FILE,
    ORDERS,
    USERS,
    done,
    failed,
    found,
    rows,
    state,
    step,
    stopped,
    table,
    told,
    trip,
)

ADD = Operation(0, "add_column", "users", "country")
ALTER = Operation(0, "alter_column", "users", "name")
FINE = trip(down=done("downgrade"), after_down=state(), again=done("upgrade"), after_again=state())


def fails(sqlstate: str, statement: str, operation: Operation | None = None) -> Executed:
    up = done("upgrade", step(12, statement, operation), failure=failed(sqlstate, 12, statement, 0))
    return stopped(up)


BY_ROWS = [
    ("23502", "ALTER TABLE users ADD COLUMN country TEXT NOT NULL", ADD, "DT01 error users.country"),
    ("23502", "ALTER TABLE users ALTER COLUMN name SET NOT NULL", ALTER, "DT02 info users.name"),
    ("23505", "CREATE UNIQUE INDEX ix ON users (name)", None, f"DT03 info {FILE}"),
    ("23503", "ALTER TABLE users ADD FOREIGN KEY (a) REFERENCES b", None, f"DT07 info {FILE}"),
    ("23514", "ALTER TABLE users ADD CHECK (id > 0)", None, f"DT09 info {FILE}"),
    ("22001", "ALTER TABLE users ALTER COLUMN name TYPE varchar(2)", ALTER, "DT04 info users.name"),
    ("22P02", "ALTER TABLE users ALTER COLUMN name TYPE int USING name::int", ALTER, "DT05 info users.name"),
    ("23502", "INSERT INTO users DEFAULT VALUES", None, f"AG12 info {FILE}"),
]


@pytest.mark.parametrize(("sqlstate", "statement", "operation", "expected"), BY_ROWS)
def test_what_fails_with_rows_alone_has_the_code_of_its_kind_and_only_what_every_row_breaks_is_an_error(
    sqlstate: str, statement: str, operation: Operation | None, expected: str
) -> None:
    findings = found(fails(sqlstate, statement, operation), FINE)
    assert told(findings) == [f"{expected} {FILE}:12"]
    assert f"The statement: {statement}" in findings[0].evidence


@pytest.mark.parametrize(
    ("sqlstate", "statement", "code"),
    [
        ("42804", "ALTER TABLE users ALTER COLUMN name TYPE int", "DT05"),
        ("42P01", "ALTER TABLE gone ADD COLUMN a int", "AG12"),
        ("23505", "INSERT INTO users VALUES (1), (1)", "AG12"),
    ],
)
def test_what_fails_without_rows_too_is_an_error(sqlstate: str, statement: str, code: str) -> None:
    executed = fails(sqlstate, statement)
    assert told(found(executed, executed)) == [f"{code} error {FILE} {FILE}:12"]


def test_an_error_of_python_is_told_by_its_type() -> None:
    executed = stopped(done("upgrade", failure=failed("", 7, type="KeyError")))
    (finding,) = found(executed, executed)
    assert finding.evidence == ("KeyError: it said no",)
    assert (finding.code, finding.line) == ("AG12", 7)


def test_what_was_stopped_before_it_began_is_an_error_and_never_nothing() -> None:
    executed = Executed("0002", FILE, "shop", before=state(), stopped="env.py ended without a word.")
    (finding,) = found(executed)
    assert told([finding]) == [f"AG12 error 0002 {FILE}:1"]
    assert finding.sentence == "The revision 0002 was not executed: env.py ended without a word."


# --- rows --------------------------------------------------------------------------------------------------------


def with_rows(steps: tuple[object, ...], after_down: int = 3) -> Executed:
    return trip(
        *steps,
        before=state(contents=rows(users=3, orders=3)),
        after=state(contents=rows(users=0, orders=0)),
        down=done("downgrade"),
        after_down=state(contents=rows(users=after_down, orders=3)),
    )  # type: ignore[arg-type]


def test_rows_that_go_by_a_cascade_are_lost_unsaid_and_those_of_the_delete_itself_are_not() -> None:
    deleting = step(12, "DELETE FROM users", locks={"users": "ROW EXCLUSIVE", "orders": "ROW EXCLUSIVE"})
    findings = found(with_rows((deleting,)), by_hand=True)
    assert told(findings) == [f"DT08 error orders {FILE}:12"]
    assert [item.severity for item in found(with_rows((deleting,)))] == ["hold"]


PARTED = Catalog(
    tables=(
        table("events", "id", kind="partitioned"),
        table("events_1", "id", kind="partition", parents=("events",)),
        table("events_11", "id", kind="partition", parents=("events_1",)),
    )
)


@pytest.mark.parametrize(
    ("statement", "after", "said"),
    [
        ("DROP TABLE events_11", 2, True),
        ("ALTER TABLE events DETACH PARTITION events_1", 1, True),
        ("TRUNCATE events_11", 3, True),
        ("DELETE FROM events_1", 3, True),
        ("ALTER TABLE events_1 ADD CONSTRAINT ck CHECK (id > 0)", 3, False),
        ("DROP TABLE users", 3, False),
    ],
)
def test_the_rows_of_a_partition_are_its_tables_and_go_with_it_said(statement: str, after: int, said: bool) -> None:
    executed = trip(
        step(12, statement, locks={"events": "ACCESS EXCLUSIVE"}),
        before=state(PARTED, rows(events=3)),
        after=state(Catalog(tables=PARTED.tables[:after]), rows(events=1)),
    )
    lost = [item.code for item in found(executed, by_hand=True) if item.code == "DT08"]
    assert lost == ([] if said else ["DT08"])


def test_rows_that_a_downgrade_does_not_bring_back_are_a_note() -> None:
    steps = (step(12, "DELETE FROM users"), step(13, "DELETE FROM orders"), step(14, "ALTER TABLE users ADD a int"))
    assert told(found(with_rows(steps, after_down=0))) == [f"DG06 info users {FILE}:12"]


# --- downgrade() -------------------------------------------------------------------------------------------------

WIDER = Catalog(tables=(ORDERS, table("users", "id", "name", "country")))
SOURCE = '"""x"""\nrevision = "0002"\n\n\ndef upgrade():\n    op.x()\n\n\ndef downgrade():\n    pass\n'
HISTORY = (Revision("0002", (), FILE, "", SOURCE),)
ADDING = step(6, "ALTER TABLE users ADD COLUMN country text", ADD)


def test_a_downgrade_that_does_nothing_is_a_warning_on_its_line_with_what_stays() -> None:
    executed = trip(ADDING, after=state(WIDER), down=done("downgrade"), after_down=state(WIDER))
    (finding,) = found(executed, history=HISTORY)
    assert told([finding]) == [f"DG01 warn 0002 {FILE}:9"]
    assert finding.sentence == "downgrade() does nothing, and upgrade() does: column users.country is new."


def test_a_downgrade_that_is_missing_is_a_warning_where_upgrade_stands() -> None:
    down = done("downgrade", failure=failed("", 0, type="NotImplementedError"))
    history = (replace(HISTORY[0], source=SOURCE.partition("def downgrade")[0]),)
    executed = trip(ADDING, after=state(WIDER), down=down)
    assert told(found(executed, history=history)) == [f"DG01 warn 0002 {FILE}:5"]


def test_a_downgrade_that_says_it_cannot_be_done_is_respected() -> None:
    down = done("downgrade", failure=failed("", 10, type="NotImplementedError"))
    assert found(trip(ADDING, after=state(WIDER), down=down), history=HISTORY) == []


def test_a_downgrade_that_fails_is_an_error_and_a_warning_where_it_takes_rows() -> None:
    executed = trip(down=done("downgrade", step(9, "ALTER TABLE x", ADD), failure=failed("23502", 9, "ALTER", 0)))
    assert told(found(executed, executed)) == [f"DG03 error users.country {FILE}:9"]
    assert told(found(executed, FINE)) == [f"DG03 warn users.country {FILE}:9"]


def test_a_column_that_comes_back_nullable_to_rows_is_no_trace_but_one_that_stayed_is() -> None:
    def with_fax(nullable: bool) -> State:
        columns = (*USERS.columns, Column("users", "fax", "text", nullable=nullable))
        return state(replace(CATALOG, tables=(replace(USERS, columns=columns), ORDERS)))

    back = {"before": with_fax(False), "down": done("downgrade", ADDING), "after_down": with_fax(True)}
    assert found(trip(after=state(), **back), history=HISTORY) == []
    stayed = found(trip(after=with_fax(False), **back), history=HISTORY)
    assert told(stayed) == [f"DG04 warn 0002 {FILE}:9"]


def test_a_trace_is_a_warning_and_an_error_where_the_next_upgrade_fails() -> None:
    left = replace(CATALOG, enums=(Enum("public", "mood", ("good",)),))
    executed = trip(down=done("downgrade", ADDING), after_down=state(left))
    (finding,) = found(executed, history=HISTORY)
    assert told([finding]) == [f"DG04 warn 0002 {FILE}:9"]
    assert finding.sentence == "downgrade() leaves something behind: enum mood is left."
    again = replace(executed, again=done("upgrade", failure=failed("42710", 6, "CREATE TYPE mood")))
    assert told(found(again, again, history=HISTORY)) == [f"DG04 error 0002 {FILE}:9"]


def test_an_extension_or_a_label_that_stays_is_a_note() -> None:
    before = replace(CATALOG, enums=(Enum("public", "mood", ("good",)),))
    after = replace(CATALOG, enums=(Enum("public", "mood", ("good", "bad")),), extensions=(Extension("citext"),))
    executed = trip(before=state(before), after=state(after), down=done("downgrade", ADDING), after_down=state(after))
    assert [item.severity for item in found(executed)] == ["info"]


def test_a_label_that_another_took_the_place_of_is_no_note() -> None:
    before, left = (replace(CATALOG, enums=(Enum("public", "mood", labels),)) for labels in (("good",), ("bad",)))
    executed = trip(before=state(before), after=state(left), down=done("downgrade", ADDING), after_down=state(left))
    assert [item.severity for item in found(executed)] == ["warn"]


def test_a_downgrade_that_does_nothing_is_a_note_where_only_a_label_is_new_and_not_where_the_next_upgrade_fails() -> (
    None
):
    before, after = (replace(CATALOG, enums=(Enum("public", "mood", labels),)) for labels in (("a",), ("a", "b")))
    adding = step(6, "ALTER TYPE mood ADD VALUE 'b'")
    done_it = {"before": state(before), "after": state(after), "after_down": state(after)}
    executed = trip(adding, down=done("downgrade"), **done_it)
    (finding,) = found(executed, history=HISTORY)
    assert told([finding]) == [f"DG01 info 0002 {FILE}:9"]
    failing = replace(executed, again=done("upgrade", failure=failed("42710", 6, "ALTER TYPE")))
    (finding,) = [item for item in found(failing, history=HISTORY) if item.code == "DG01"]
    assert finding.severity == "warn"
    assert finding.ways_out[0].startswith("Write `ALTER TYPE … ADD VALUE IF NOT EXISTS")
    column = trip(adding, **{**done_it, "after": state(replace(WIDER, enums=after.enums))}, down=done("downgrade"))
    assert [item.severity for item in found(column, history=HISTORY)] == ["warn"]


GUARDED = (
    OtherObject("policy", "policy own on users", "table users", "users", "PERMISSIVE FOR ALL TO PUBLIC USING (true)"),
    OtherObject("row security", "row security on users", "table users", "users", "enabled"),
    OtherObject("trigger", "trigger note on users", "table users", "users", "CREATE TRIGGER note"),
    OtherObject("owner", "owner of table users", "table users", "users", "migrator"),
    OtherObject("function", "function noted()", "", "", "CREATE FUNCTION noted()"),
)


def _not_back(*others: OtherObject) -> list[Finding]:
    before = state(replace(CATALOG, others=GUARDED))
    stays = state(replace(CATALOG, others=others))
    executed = trip(before=before, after=before, down=done("downgrade", ADDING), after_down=stays)
    return list(found(executed, history=HISTORY))


def test_open_access_that_stays_is_an_error_and_each_thing_is_named() -> None:
    (finding,) = _not_back()
    assert finding.severity == "error"
    assert finding.sentence == (
        "downgrade() leaves something behind: function noted() is gone and never comes back; owner of table users is no"
        " longer migrator; policy own on users is gone and never comes back; row security on users stays off; trigger"
        " note on users is gone and never comes back."
    )


def test_another_owner_is_a_warning_with_both_names() -> None:
    (finding,) = _not_back(*GUARDED[:3], replace(GUARDED[3], definition="app"), GUARDED[4])
    assert finding.severity == "warn"
    assert finding.sentence == "downgrade() leaves something behind: owner of table users is app and was migrator."


# --- the models --------------------------------------------------------------------------------------------------


def test_what_still_differs_from_the_models_is_an_error_each() -> None:
    left = (CatalogDifference("column", "column users.nick", "users", "missing", "", "text"),)
    assert told(found(FINE, left=left)) == [f"AG09 error users.nick {FILE}:0"]


# --- what a file by hand takes away ------------------------------------------------------------------------------

UNIQUE = Constraint("users", "uq_users_name", "unique", "UNIQUE (name)", ("name",))
INDEX = Index("users", "ix_users_name", "CREATE INDEX ix_users_name ON users USING btree (name)", columns=("name",))
RICH = replace(USERS, constraints=(UNIQUE,), indexes=(INDEX,))


def taken(sql: str, after: Catalog) -> list[str]:
    executed = trip(step(12, sql), before=state(Catalog(tables=(ORDERS, RICH))), after=state(after))
    return told(found(executed, by_hand=True))


@pytest.mark.parametrize(
    ("sql", "tables", "expected"),
    [
        ("DROP TABLE orders", (RICH,), ["BC02 warn orders"]),
        ("ALTER TABLE orders RENAME TO sales", (RICH, replace(ORDERS, name="sales")), ["BC03 warn orders"]),
        ("ALTER TABLE users DROP COLUMN name", (ORDERS, table("users", "id")), ["BC01 warn users.name"]),
        (
            "ALTER TABLE orders RENAME COLUMN user_id TO owner",
            (table("orders", "id", "owner"), RICH),
            ["BC03 warn orders.user_id"],
        ),
        (
            "ALTER TABLE users DROP CONSTRAINT uq_users_name",
            (ORDERS, replace(RICH, constraints=())),
            ["FD01 info users.uq_users_name"],
        ),
        (
            "DROP INDEX ix_users_name",
            (ORDERS, replace(RICH, constraints=(), indexes=())),
            ["FD01 info users.uq_users_name", "FD08 info users.ix_users_name"],
        ),
        ("SELECT 1", (ORDERS, RICH), []),
    ],
)
def test_what_goes_is_said_once_on_its_line(sql: str, tables: tuple[object, ...], expected: list[str]) -> None:
    found_there = taken(sql, Catalog(tables=tables))  # type: ignore[arg-type]
    assert [item.rpartition(" ")[0] for item in found_there if not item.startswith("LK")] == expected


def test_what_goes_with_a_column_unsaid_is_named() -> None:
    executed = trip(
        step(12, "ALTER TABLE users DROP COLUMN name"),
        before=state(Catalog(tables=(ORDERS, RICH))),
        after=state(Catalog(tables=(ORDERS, table("users", "id")))),
    )
    (finding,) = found(executed, by_hand=True)
    assert finding.evidence == (
        "With it goes, unsaid: unique constraint uq_users_name",
        "With it goes, unsaid: index ix_users_name",
    )


def test_a_file_that_was_generated_has_been_judged_for_its_drops_before() -> None:
    executed = trip(step(12, "DROP TABLE orders"), after=state(Catalog(tables=(USERS,))))
    assert found(executed) == []


def test_an_ordinary_revision_that_goes_up_and_down_is_not_mentioned() -> None:
    column = Column("users", "country", "text")
    wider = Catalog(tables=(ORDERS, replace(USERS, columns=(*USERS.columns, column))))
    down = done("downgrade", step(9, "ALTER TABLE users DROP COLUMN country"))
    executed = trip(ADDING, after=state(wider), down=down, after_down=state(), again=done("upgrade", ADDING))
    assert found(executed, by_hand=True, history=HISTORY) == []


def test_every_code_that_an_execution_can_give_is_a_rule_of_the_catalogue() -> None:
    codes = {code for code, _ in false_drops._BY_HAND.values()} | {code for code, _ in failures._BY_STATE.values()}
    assert codes | {"DT01", "DT02", "BC01", "BC02", "BC03", "FD08"} <= {rule.code for rule in RULES}
    assert len({rule.code for rule in RULES}) == len({(rule.code, rule.name) for rule in RULES})
