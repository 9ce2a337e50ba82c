"""The comparison of hand-made catalogs: which object is paired with which, and what is told of them."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from migrations_tools.catalog import (
    Catalog,
    Column,
    Constraint,
    Difference,
    Enum,
    Index,
    Sequence,
    Table,
    View,
    as_json,
    compare,
    compare_all,
    compare_stated,
    labels_that_stay,
)


def check(name: str, condition: str) -> Constraint:
    return Constraint("t", name, "check", f"CHECK (({condition}))")


def unique(name: str, *columns: str) -> Constraint:
    return Constraint("t", name, "unique", f"UNIQUE ({', '.join(columns)})", columns)


def primary_key(name: str, *columns: str) -> Constraint:
    return Constraint("t", name, "primary key", f"PRIMARY KEY ({', '.join(columns)})", columns)


def index(name: str, rest: str, **fields: Any) -> Index:
    return Index("t", name, f"CREATE INDEX {name} ON public.t USING btree {rest}", **fields)


def with_constraints(*constraints: Constraint) -> Catalog:
    return Catalog(tables=(Table("public", "t", constraints=constraints),))


def with_indexes(*indexes: Index) -> Catalog:
    return Catalog(tables=(Table("public", "t", indexes=indexes),))


def with_columns(*columns: Column, **fields: Any) -> Catalog:
    return Catalog(tables=(Table("public", "t", columns=columns),), **fields)


def told(actual: Catalog, expected: Catalog) -> list[tuple[str, str, str, str]]:
    return [(one.object, one.sort, one.actual, one.expected) for one in compare(actual, expected)]


def test_two_empty_catalogs_do_not_differ() -> None:
    assert compare(Catalog(), Catalog()) == ()


def test_a_difference_gives_all_that_a_report_needs() -> None:
    actual = with_columns(Column("t", "a", "integer"))
    expected = with_columns(Column("t", "a", "bigint"))

    assert compare(actual, expected) == (
        Difference(
            kind="column",
            object="column t.a",
            table="t",
            sort="different",
            actual="integer",
            expected="bigint",
            notable=True,
            aspect="type",
        ),
    )


def test_a_sentence_is_one_line_and_keeps_the_blanks_of_quoted_text() -> None:
    actual = Catalog(views=(View("public", "v", "SELECT 'a  b',\n    x\n   FROM t;"),))

    (difference,) = compare(actual, Catalog())

    assert difference.sentence() == "view v is not in the models: the migrations make SELECT 'a  b', x FROM t"


def test_a_rename_is_not_notable_and_everything_else_is() -> None:
    actual = with_constraints(unique("uq_old", "a"), check("ck", "a > 0"), unique("gone", "b"))
    expected = with_constraints(unique("uq_new", "a"), check("ck", "a > 1"), unique("wanted", "c"))

    assert [(one.sort, one.notable) for one in compare(actual, expected)] == [
        ("different", True),
        ("unexpected", True),
        ("renamed", False),
        ("missing", True),
    ]


def test_constraints_that_swap_their_names_are_two_renames() -> None:
    actual = with_constraints(check("t_check", "a < b"), check("t_check1", "c < d"))
    expected = with_constraints(check("t_check", "c < d"), check("t_check1", "a < b"))

    assert told(actual, expected) == [
        ("constraint t.t_check", "renamed", "t_check", "t_check1"),
        ("constraint t.t_check1", "renamed", "t_check1", "t_check"),
    ]


def test_a_name_taken_over_by_another_constraint_does_not_hide_the_one_that_is_missing() -> None:
    actual = with_constraints(check("ck", "a > 0"))
    expected = with_constraints(check("ck", "b > 0"), check("ck_a", "a > 0"))

    assert told(actual, expected) == [
        ("constraint t.ck", "missing", "", "CHECK ((b > 0))"),
        ("constraint t.ck", "renamed", "ck", "ck_a"),
    ]


def test_a_constraint_that_kept_its_name_is_not_paired_with_a_copy_of_it() -> None:
    actual = with_constraints(unique("uq_1", "a"), unique("uq_2", "a"))
    expected = with_constraints(unique("uq_0", "a"), unique("uq_2", "a"))

    assert told(actual, expected) == [("constraint t.uq_1", "renamed", "uq_1", "uq_0")]


def test_one_constraint_stands_for_one_only() -> None:
    actual = with_constraints(unique("uq_1", "a"), unique("uq_2", "a"), unique("uq_3", "a"))
    expected = with_constraints(unique("uq_9", "a"))

    assert told(actual, expected) == [
        ("constraint t.uq_1", "renamed", "uq_1", "uq_9"),
        ("constraint t.uq_2", "unexpected", "UNIQUE (a)", ""),
        ("constraint t.uq_3", "unexpected", "UNIQUE (a)", ""),
    ]


def test_constraints_with_neither_name_nor_definition_in_common_are_not_paired() -> None:
    actual = with_constraints(unique("uq_a", "a"))
    expected = with_constraints(unique("uq_b", "b"))

    assert told(actual, expected) == [
        ("constraint t.uq_a", "unexpected", "UNIQUE (a)", ""),
        ("constraint t.uq_b", "missing", "", "UNIQUE (b)"),
    ]


def test_a_foreign_key_that_differs_in_name_and_action_is_no_rename() -> None:
    definition = "FOREIGN KEY (p) REFERENCES p(id)"
    actual = with_constraints(Constraint("t", "fk_1", "foreign key", definition))
    expected = with_constraints(Constraint("t", "fk_2", "foreign key", f"{definition} ON DELETE CASCADE"))

    assert [one.sort for one in compare(actual, expected)] == ["unexpected", "missing"]


def test_primary_keys_are_paired_whatever_their_names() -> None:
    actual = with_constraints(primary_key("t_pkey", "a"))
    expected = with_constraints(primary_key("pk_t", "a", "b"))

    assert told(actual, expected) == [("constraint t.t_pkey", "different", "PRIMARY KEY (a)", "PRIMARY KEY (a, b)")]


def test_a_primary_key_in_another_order_is_notable_only_where_both_are_databases() -> None:
    actual = with_constraints(primary_key("t_pkey", "a", "b"))
    expected = with_constraints(primary_key("t_pkey", "b", "a"))
    assert [item.notable for item in compare_stated(actual, expected)] == [False]
    assert [item.notable for item in compare_all(actual, expected)] == [True]


def test_a_primary_key_is_told_from_a_unique_constraint_of_its_name() -> None:
    actual = with_constraints(unique("key", "a"))
    expected = with_constraints(primary_key("key", "a"))

    assert told(actual, expected) == [("constraint t.key", "different", "UNIQUE (a)", "PRIMARY KEY (a)")]


def test_equal_constraints_of_two_tables_are_not_paired_across_them() -> None:
    one = Constraint("a", "positive", "check", "CHECK ((x > 0))")
    actual = Catalog(tables=(Table("public", "a", constraints=(one,)), Table("public", "b")))
    expected = Catalog(tables=(Table("public", "a"), Table("public", "b", constraints=(replace(one, table="b"),))))

    assert [(found.object, found.sort) for found in compare(actual, expected)] == [
        ("constraint a.positive", "unexpected"),
        ("constraint b.positive", "missing"),
    ]


def test_checks_on_the_start_of_the_transaction_are_the_same_however_it_is_written() -> None:
    actual = with_constraints(check("ck", "at <= now()"), check("ck_text", "s <> 'now()'::text"))
    expected = with_constraints(
        check("ck", "at <= CURRENT_TIMESTAMP"), check("ck_text", "s <> 'CURRENT_TIMESTAMP'::text")
    )

    assert [one.object for one in compare(actual, expected)] == ["constraint t.ck_text"]


@pytest.mark.parametrize(
    ("actual", "expected", "same"),
    [
        ("now()", "CURRENT_TIMESTAMP", True),
        ("(transaction_timestamp() + '1 day'::interval)", "(now() + '1 day'::interval)", True),
        ("CURRENT_TIMESTAMP(3)", "CURRENT_TIMESTAMP", False),
        ("'it''s now()'::text", "'it''s CURRENT_TIMESTAMP'::text", False),
        ("app.unknow()", "app.unCURRENT_TIMESTAMP", False),
        ('"now()"(1)', '"CURRENT_TIMESTAMP"(1)', False),
        ("f('a', now())", "f('a', CURRENT_TIMESTAMP)", True),
        (None, "now()", False),
    ],
)
def test_only_synonyms_outside_quotes_are_the_same_moment(actual: str | None, expected: str, same: bool) -> None:
    differences = compare(
        with_columns(Column("t", "a", "text", default=actual)), with_columns(Column("t", "a", "text", default=expected))
    )

    assert (differences == ()) is same


def test_an_index_is_the_same_whatever_it_and_its_table_are_called_in_the_definition() -> None:
    partitioned = Index("t", "ix", "CREATE INDEX ix ON ONLY public.t USING btree (a)")

    assert told(with_indexes(index("ix_t_a", "(a)")), with_indexes(partitioned)) == [
        ("index t.ix_t_a", "renamed", "ix_t_a", "ix")
    ]


def test_an_index_that_is_not_valid_is_no_rename_of_a_valid_one() -> None:
    actual, expected = with_indexes(index("ix_1", "(a)", valid=False)), with_indexes(index("ix_2", "(a)"))

    assert [one.sort for one in compare(actual, expected)] == ["unexpected", "missing"]


def test_a_unique_index_is_no_rename_of_a_plain_one() -> None:
    actual, expected = with_indexes(index("ix_1", "(a)")), with_indexes(index("ix_2", "(a)", unique=True))

    assert [one.sort for one in compare(actual, expected)] == ["unexpected", "missing"]


def test_columns_are_paired_by_name_in_any_order() -> None:
    columns = (Column("t", "a", "integer"), Column("t", "b", "text"), Column("t", "c", "date"))

    for order in permutations(columns):
        assert compare(with_columns(*order), with_columns(*columns)) == ()


def test_the_differences_come_in_one_order_whatever_the_order_of_the_input() -> None:
    constraints = (check("c1", "a > 0"), check("c2", "a > 0"), unique("u", "a"), primary_key("p", "a"))
    expected = with_constraints(check("c3", "a > 0"), unique("u", "b"))
    first = compare(with_constraints(*constraints), expected)

    assert len(first) == 4
    for order in permutations(constraints):
        assert compare(with_constraints(*order), expected) == first


def serial(table: str = "t", sequence: str = "t_id_seq") -> Column:
    default = f"nextval('{sequence}'::regclass)"
    return Column(table, "id", "integer", nullable=False, default=default, sequence_of=f"{table}.id")


def owned(name: str, table: str = "t", **fields: Any) -> Sequence:
    return Sequence("public", name, owned_by=f"{table}.id", owned_by_table=table, implicit=True, **fields)


def test_a_serial_column_is_the_same_whatever_its_sequence_is_called() -> None:
    actual = with_columns(serial(sequence="x"), sequences=(owned("x"),))
    expected = with_columns(serial(), sequences=(owned("t_id_seq"),))

    assert compare(actual, expected) == ()


def test_a_serial_column_that_draws_from_the_sequence_of_another_differs() -> None:
    other = replace(serial(sequence="u_id_seq"), sequence_of="u.id")

    assert told(with_columns(other), with_columns(serial())) == [
        ("column t.id", "different", "nextval('u_id_seq'::regclass)", "nextval of its own sequence")
    ]


def test_two_sequences_that_swap_their_names_are_compared_with_that_of_the_same_column() -> None:
    tables = (Table("public", "t", columns=(serial(),)), Table("public", "u", columns=(serial("u"),)))
    actual = Catalog(tables=tables, sequences=(owned("one", "t", start=5), owned("two", "u")))
    expected = Catalog(tables=tables, sequences=(owned("one", "u"), owned("two", "t")))

    assert told(actual, expected) == [("sequence one", "different", "5", "1")]


def test_a_sequence_goes_with_the_table_that_is_not_there() -> None:
    expected = with_columns(serial(), sequences=(owned("t_id_seq"), replace(owned("spare"), implicit=False)))

    assert [one.object for one in compare(Catalog(), expected)] == ["table t"]


def test_an_owned_sequence_that_its_column_does_not_use_is_told_when_the_column_is_there() -> None:
    column = Column("t", "id", "integer")
    spare = replace(owned("spare"), implicit=False)

    assert told(with_columns(column, sequences=(spare,)), with_columns(column)) == [
        ("sequence spare", "unexpected", "bigint START 1 INCREMENT 1", "")
    ]


def test_bounds_that_the_type_gives_are_no_difference_of_their_own() -> None:
    actual = Catalog(sequences=(Sequence("public", "s", type="integer", maximum=2**31 - 1),))
    expected = Catalog(sequences=(Sequence("public", "s", type="bigint"),))

    assert told(actual, expected) == [("sequence s", "different", "integer", "bigint")]


def test_what_a_partition_has_from_its_parent_is_told_once_on_every_level() -> None:
    def tree(type_: str, leaf: str) -> Catalog:
        root = Table("public", "t", "partitioned", (Column("t", "a", type_),))
        middle = Table("public", "t_1", "partition", (Column("t_1", "a", type_),), parents=("t",))
        last = Table("public", "t_1_1", "partition", (Column("t_1_1", "a", leaf),), parents=("t_1",))
        return Catalog(tables=(root, middle, last))

    assert [one.object for one in compare(tree("integer", "integer"), tree("bigint", "bigint"))] == ["column t.a"]
    assert [one.object for one in compare(tree("integer", "date"), tree("bigint", "text"))] == [
        "column t.a",
        "column t_1_1.a",
    ]


def test_tables_of_one_name_in_two_schemas_are_two_tables() -> None:
    actual = Catalog(tables=(Table("audit", "users"), Table("public", "users")))
    expected = Catalog(tables=(Table("app", "users"), Table("public", "users")))

    assert [(one.object, one.table, one.sort) for one in compare(actual, expected)] == [
        ("table app.users", "app.users", "missing"),
        ("table audit.users", "audit.users", "unexpected"),
    ]


def test_labels_and_comments_are_compared_byte_for_byte() -> None:
    actual = Catalog(
        enums=(Enum("public", "e", ("now()",)),), tables=(Table("public", "t", comment="CURRENT_TIMESTAMP"),)
    )
    expected = Catalog(
        enums=(Enum("public", "e", ("CURRENT_TIMESTAMP",)),), tables=(Table("public", "t", comment="now()"),)
    )

    assert [(one.object, one.aspect) for one in compare(actual, expected)] == [
        ("enum e", "labels"),
        ("table t", "comment"),
    ]


def test_an_empty_comment_is_told_from_none() -> None:
    actual, expected = Table("public", "t", comment=""), Table("public", "t")

    assert told(Catalog(tables=(actual,)), Catalog(tables=(expected,))) == [("table t", "different", "''", "none")]


def test_tables_are_left_out_by_their_qualified_name() -> None:
    catalog = Catalog(
        tables=(Table("audit", "alembic_version"), Table("public", "alembic_version")),
        sequences=(owned("s", "audit.alembic_version"), Sequence("public", "free")),
    )

    left = catalog.without_tables({"audit.alembic_version"})

    assert list(left.by_identity()) == ["table alembic_version", "sequence free"]


def test_a_catalog_goes_into_json_whole() -> None:
    catalog = with_columns(serial(), sequences=(owned("s"),))

    text = json.loads(json.dumps(as_json(catalog)))

    assert text["tables"][0]["columns"][0]["sequence_of"] == "t.id"
    assert text["sequences"][0]["owned_by_table"] == "t"


@pytest.mark.parametrize(
    ("was", "now", "stays"),
    [
        (("a", "c"), ("a", "b", "c", "d"), ("b", "d")),
        (("a", "c"), ("a", "c"), ()),
        (("a", "c"), ("c", "b", "a"), ()),  # moved: somebody made another type of it
        (("a", "c"), ("a", "b"), ()),
        ((), ("a",), ()),
    ],
)
def test_the_labels_that_stay_are_those_of_a_type_that_kept_all_it_had(
    was: tuple[str, ...], now: tuple[str, ...], stays: tuple[str, ...]
) -> None:
    before = Catalog(enums=(Enum("public", "mood", was),) if was else ())
    gained = labels_that_stay(before, Catalog(enums=(Enum("public", "mood", now),)))
    assert gained == ({"enum mood": stays} if stays else {})
