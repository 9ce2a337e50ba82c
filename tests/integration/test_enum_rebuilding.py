"""The SQL that EN02 prints, run on the database as it stands: the models' type, and all that hangs on it kept."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support.embedded import Server
from tests.support.reviewing import Desk, Example, desk_on

_STATEMENT = re.compile(r"  ([A-Z].*;)")


@pytest.fixture(scope="module")
def desk(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_on(postgres_server, tmp_path_factory.mktemp("project")) as found:
        yield found


REBUILT = {
    "an array with a default, and a label that goes": (
        (
            "CREATE TYPE mood AS ENUM ('good', 'bad', 'gone');"
            "CREATE TABLE a (id serial PRIMARY KEY, m mood DEFAULT 'gone', past mood[] NOT NULL DEFAULT '{gone,bad}');"
            "INSERT INTO a (m) VALUES ('gone')"
        ),
        'Column("m", MOOD), Column("past", ARRAY(MOOD), nullable=False)',
    ),
    "a partial index, a check, an expression, a view and a key": (
        (
            "CREATE TYPE mood AS ENUM ('bad', 'good');"
            "CREATE TABLE b (m mood PRIMARY KEY); INSERT INTO b VALUES ('good');"
            "CREATE TABLE a (id serial PRIMARY KEY, m mood REFERENCES b, past mood[] CHECK (past <> '{good}'));"
            "CREATE INDEX ix ON a (id) WHERE m = 'good'; CREATE INDEX ex ON a ((m = 'bad')); CREATE INDEX own ON a (m);"
            "ALTER TABLE a ADD CONSTRAINT ck CHECK (m <> 'bad'); CREATE VIEW v AS SELECT id FROM a WHERE m = 'good'"
        ),
        'Column("m", MOOD), Column("past", ARRAY(MOOD))',
    ),
    "an odd name and a partitioned table": (
        (
            "CREATE TYPE \"Mood\" AS ENUM ('bad', 'good');"
            "CREATE TABLE a (id int PRIMARY KEY, m \"Mood\" DEFAULT 'bad') PARTITION BY RANGE (id);"
            "CREATE TABLE a_1 PARTITION OF a FOR VALUES FROM (1) TO (2);"
            "CREATE INDEX ix ON a (id) WHERE m = 'good'; INSERT INTO a VALUES (1, 'good')"
        ),
        'Column("m", Enum("good", "bad", name="Mood"))',
    ),
}
MODELS = """
from sqlalchemy import ARRAY, Column, Enum, Integer, MetaData, Table

metadata = MetaData()
MOOD = Enum("good", "bad", name="mood")
Table("a", metadata, Column("id", Integer, primary_key=True), {})
"""


@pytest.mark.parametrize(("database", "columns"), REBUILT.values(), ids=REBUILT.keys())
def test_the_printed_rebuilding_of_an_enum_type_runs_and_keeps_what_hangs_on_it(
    database: str, columns: str, desk: Desk
) -> None:
    example = Example(MODELS.format(columns), database)
    (finding,) = [each for each in desk.review(example) if each.code == "EN02"]
    statements = [match.group(1) for way in finding.ways_out if (match := _STATEMENT.fullmatch(way))]
    with desk.laid_out(example, migrated=True):
        before = desk.catalog()
        desk.sql("\n".join(statements).replace("…", "bad"))
        after = desk.catalog()
    assert {each.labels for each in after.enums} == {("good", "bad")}
    there = set(before.by_identity())
    assert set(after.by_identity()) == there
    for had, has in zip(before.tables, after.tables, strict=True):
        assert [each.definition for each in has.indexes] == [each.definition for each in had.indexes]
        assert [(each.type, each.nullable) for each in has.columns] == [
            (each.type, each.nullable) for each in had.columns
        ]
