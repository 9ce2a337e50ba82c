"""The words of SQL statements."""

from __future__ import annotations

import pytest

from migrations_tools.review.analysis.sql_keywords import has, names, shown, words


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("alter table users", ("ALTER", "TABLE", "USERS")),
        ('DROP INDEX "Ix a"', ("DROP", "INDEX", "Ix a")),
        ("SELECT 'DROP TABLE users', E'it''s'", ("SELECT",)),
        ("SELECT 1 -- DROP\n, a /* CASCADE */", ("SELECT", "A")),
        ("DO $x$ DROP $x$ LANGUAGE sql", ("DO", "LANGUAGE", "SQL")),
    ],
)
def test_texts_and_comments_are_no_words_and_names_in_quotes_stay_as_they_are(
    statement: str, expected: tuple[str, ...]
) -> None:
    assert words(statement) == expected


def test_words_stand_together_or_they_do_not() -> None:
    found = words("ALTER TABLE a ADD CHECK (x) NOT VALID")
    assert has(found, "NOT", "VALID")
    assert not has(found, "ADD", "VALID")


@pytest.mark.parametrize("statement", ["DELETE FROM users", 'DELETE FROM "users"', "delete from Public.USERS"])
def test_a_table_is_named_with_and_without_quotes(statement: str) -> None:
    assert names(statement, "users")
    assert not names(statement, "user")


def test_a_long_statement_is_shown_on_one_line_and_cut() -> None:
    assert shown("SELECT\n   1") == "SELECT 1"
    assert len(shown("SELECT " + "1," * 200)) == 200
