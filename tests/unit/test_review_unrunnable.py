"""Operations and repairs that an execution has shown not to run: held alone, with what needs them."""

from __future__ import annotations

from dataclasses import replace

from migrations_tools.catalog import Catalog, Column, Constraint, Table
from migrations_tools.operations import Operation
from migrations_tools.review import assessment
from migrations_tools.review.context import ReviewContext, Unrunnable
from migrations_tools.review.findings import Review

TOLD = ("The database says: no",)
ADDED = Operation(0, "add_column", "users", "mail", code="op.add_column(...)", details={"nullable": True})
INDEX = Operation(1, "create_index", "users", "ix_users_mail", columns=("mail",))
KEY = Operation(2, "create_constraint", "users", "", constraint="unique", columns=("nick",))
OPERATIONS = (ADDED, INDEX, KEY)


def users(*names: str, constraints: tuple[Constraint, ...] = ()) -> Catalog:
    columns = tuple(Column("users", name, "integer") for name in names)
    return Catalog(tables=(Table("public", "users", columns=columns, constraints=constraints),))


def reviewed(*stopped: Unrunnable, operations: tuple[Operation, ...] = OPERATIONS) -> Review:
    before, after = users("id", "nick"), users("id", "nick", "mail")
    return assessment.review(ReviewContext(operations, before, after, unrunnable=stopped))


def held(review: Review) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(item.code, item.object, item.evidence) for item in review.held]


def test_what_needs_an_operation_that_cannot_run_is_held_with_it_and_named() -> None:
    review = reviewed(Unrunnable(ADDED, "ALTER TABLE users ADD COLUMN mail CITEXT", TOLD))
    needing = "Held back with it, for they need it: create index users.ix_users_mail"
    assert held(review) == [("AG14", "users.mail", (*TOLD, needing))]
    assert review.hold == {0, 1}


def test_a_constraint_that_got_its_name_in_the_file_is_found_by_its_columns() -> None:
    ran = Operation(7, "create_constraint", "users", "users_nick_key", constraint="unique", columns=("nick",))
    assert reviewed(Unrunnable(ran, "", TOLD)).hold == {2}


def test_of_two_operations_alike_each_is_held_in_its_turn() -> None:
    twice = (INDEX, Operation(5, "create_index", "users", "ix_users_mail", columns=("mail",)))
    stopped = Unrunnable(INDEX, "", TOLD)
    assert reviewed(stopped, operations=twice).hold == {1}
    assert reviewed(stopped, stopped, operations=twice).hold == {1, 5}


def test_what_no_operation_and_no_repair_does_holds_nothing() -> None:
    sql = Operation(9, "execute", "", "")
    assert reviewed(Unrunnable(sql, "CREATE TYPE mood AS ENUM ('a')", TOLD)).hold == frozenset()


EVEN = Constraint("users", "ck_even", "check", "CHECK ((id % 2) = 0)", ("id",))


def test_a_repair_that_cannot_run_is_held_under_its_object() -> None:
    facts = ReviewContext((), users("id"), users("id", constraints=(EVEN,)))
    assert [item.code for item in assessment.review(facts).findings] == ["IN03"]
    sent = "ALTER TABLE users ADD CONSTRAINT ck_even CHECK ((id %% 2) = 0)"
    stopped = Unrunnable(Operation(3, "execute", "", ""), sent, TOLD)
    found = assessment.review(replace(facts, unrunnable=(stopped,)))
    assert [(item.code, item.object, item.outcome) for item in found.findings] == [("AG14", "users.ck_even", "held")]
    assert found.edits == ()


UNIQUE = Constraint("users", "uq_nick", "unique", "UNIQUE (nick) INCLUDE (id)", ("nick",))


def test_a_constraint_that_alembic_fails_on_is_written_as_postgresql_describes_it() -> None:
    item = Operation(2, "create_constraint", "users", "uq_nick", constraint="unique", columns=("nick",))
    stopped = Unrunnable(item, "", ("KeyError: 'id'",))
    before, after = users("id", "nick"), users("id", "nick", constraints=(UNIQUE,))
    found = assessment.review(ReviewContext((item,), before, after, unrunnable=(stopped,)))
    assert ("IN08", "repaired") in [(each.code, each.outcome) for each in found.findings]
    (edit,) = found.edits
    assert edit.replaces == (2,)
    assert [piece["sql"] for piece in edit.upgrade] == [
        "ALTER TABLE users ADD CONSTRAINT uq_nick UNIQUE (nick) INCLUDE (id)"
    ]
    assert held(found) == []
