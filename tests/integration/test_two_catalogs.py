"""The law of the two catalogs, on databases and models drawn by chance.

After the written file has run, the database is what the models' own DDL makes, but for what is held back by name; the
file does nothing to a table that does not differ; a second review finds nothing more.
`DRAWN_MODELS=500 DRAWN_FROM=1000` draws more, and others.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg
import pytest
from sqlalchemy.exc import SQLAlchemyError

from migrations_tools.catalog import Catalog, Difference, compare_stated
from migrations_tools.errors import MigrationsToolsError
from migrations_tools.operations import Operation
from migrations_tools.report.generate_result import Generated
from tests.support.drawn_models import DrawnTable, ddl, models, smallest, tables
from tests.support.embedded import Server
from tests.support.probing import catalog_of
from tests.support.reviewing import Desk, Example, desk_on

FIRST = int(os.environ.get("DRAWN_FROM", "0"))
NUMBERS = range(FIRST, FIRST + int(os.environ.get("DRAWN_MODELS", "9")))
VERSION_TABLE = ("alembic_version",)


@pytest.fixture(scope="module")
def desk(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk_on(postgres_server, tmp_path_factory.mktemp("project")) as found:
        yield found


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a review held back, on which tables, and what else it named."""

    held: frozenset[str]
    tables: frozenset[str]
    named: frozenset[str]

    def excuses(self, item: Difference) -> bool:
        """Return whether a difference is held back, or follows from what is and is named as still there."""
        names = {item.name, item.name.rpartition(".")[2]}
        follows = item.table in self.tables or not item.table
        return bool(names & self.held) or (bool(self.held) and follows and bool(names & self.named))


def spoken(generated: Generated) -> Spoken:
    """Return what the review of a file said."""
    ids = {(each.database, number) for each in generated.reviewed for number in each.review.hold}
    found = [item for each in generated.reviewed for item in each.operations if (each.database, item.id) in ids]
    held = {name for each in (*generated.held, *found) for name in (each.object, each.object.rpartition(".")[2])}
    where = {each.object.rpartition(".")[0] for each in generated.held} | {_table(item) for item in found}
    named = {item.object for item in generated.findings if item.code == "AG09"}
    return Spoken(frozenset(held), frozenset(where), frozenset(named))


def _table(item: Operation) -> str:
    return ".".join(filter(None, (item.schema, item.table)))


def wanted(desk: Desk, script: str) -> Catalog:
    """Return the catalog of the schema that statements make."""
    desk.connection.execute(b"CREATE DATABASE wanted TEMPLATE template0")
    try:
        with psycopg.connect(desk.running.url("wanted"), autocommit=True) as connection:
            connection.execute(script.encode())
        return catalog_of(desk.running.url("wanted"))
    finally:
        desk.connection.execute(b"DROP DATABASE wanted WITH (FORCE)")


def breaches(desk: Desk, drawn: Sequence[DrawnTable]) -> list[str]:
    """Return in what the law does not hold."""
    after = models(drawn, after=True)
    expected = wanted(desk, ddl(after))
    example = Example(after, ddl(models(drawn, after=False)))
    with desk.laid_out(example, migrated=True):
        before = desk.catalog().without_tables(VERSION_TABLE)
        differing = {item.table for item in compare_stated(before, expected)}
        generated = desk.generate(example)
        said = spoken(generated)
        found = [
            f"an operation without a difference: {item.summary()}"
            for item in generated.kept
            if item.table and _table(item) not in differing
        ]
        for file in generated.files:
            (desk.versions / file["name"]).write_text(file["text"])
        desk.ask("upgrade")
        reached = desk.catalog().without_tables(VERSION_TABLE)
        left = (item for item in compare_stated(reached, expected) if item.notable and not said.excuses(item))
        found += [f"left: {item.sentence()}" for item in left]
        second = desk.generate(example)
        found += [f"the second review writes: {line}" for each in second.reviewed for line in each.missing]
    words = [f"{item.outcome} {item.code} {item.object}: {item.sentence}" for item in generated.findings]
    return [*found, *words, *(file["text"] for file in generated.files)] if found else []


def complaints(desk: Desk, drawn: Sequence[DrawnTable]) -> list[str]:
    """Return in what the law does not hold, a refusal of the whole file among it."""
    try:
        return breaches(desk, drawn)
    except MigrationsToolsError as error:
        return [f"refused: {error}"]


def fails(desk: Desk, drawn: Sequence[DrawnTable]) -> bool:
    """Return whether the law does not hold for what remains of tables; what cannot be made is no example."""
    try:
        return bool(complaints(desk, drawn))
    except (psycopg.Error, SQLAlchemyError):
        return False


@pytest.mark.parametrize("number", NUMBERS)
def test_after_the_file_the_database_is_the_models_but_for_what_is_held(number: int, desk: Desk) -> None:
    drawn: Sequence[DrawnTable] = tables(number)
    if found := complaints(desk, drawn):
        drawn = smallest(drawn, lambda fewer: fails(desk, fewer))
        found = complaints(desk, drawn)
        pytest.fail("\n".join([*found, models(drawn, after=False), models(drawn, after=True)]))
