"""Revisions executed on scratch databases: up, down and up again, with rows, one after the other on one database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from migrations_tools.catalog import Catalog, Query, compare
from migrations_tools.engines.postgres import Server as TempServer
from migrations_tools.inapp.answers import Heads, Standing
from migrations_tools.inapp.probe_client import Probe, Program
from migrations_tools.provenance import Revision
from migrations_tools.report.console import Console
from migrations_tools.revision_runs import Executed
from migrations_tools.sandbox.protocol import Watched
from migrations_tools.trial.install import Migrated
from migrations_tools.trial.observer import RowSource
from migrations_tools.trial.prefilled import prepare
from migrations_tools.trial.run_revisions import execute
from migrations_tools.trial.scratch import ScratchDatabases
from tests.support.embedded import Server
from tests.support.probing import TOKEN, copy_project, mark, probing, revision_file, run_sql, target, with_driver

# --- a run that stands, as far as executing needs one ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unseeded:
    table: str
    reason: str = "It has no id."


@dataclass(frozen=True, slots=True)
class Seeded:
    rows: Mapping[str, int]
    unseeded: Sequence[Unseeded]


def seed(query: Query, catalog: Catalog, _count: object) -> Seeded:
    """Put a row with id 100 into every table that has an id and no row."""
    tables = {table.qualified_name: [column.name for column in table.columns] for table in catalog.tables}
    for name, columns in tables.items():
        if "id" in columns and query(f"SELECT count(*) FROM {name}") == [(0,)]:
            query(f"INSERT INTO {name} (id) VALUES (100) RETURNING 1")
    return Seeded({}, [Unseeded(name) for name, columns in tables.items() if "id" not in columns])


def fingerprint(query: Query, catalog: Catalog) -> dict[str, int]:
    """Count the rows of each table."""
    names = [table.qualified_name for table in catalog.tables]
    return {name: query(f"SELECT count(*) FROM {name}")[0][0] for name in names}


ROWS = RowSource(seed, lambda: fingerprint)


@dataclass(slots=True)
class Temp:
    """Names scratch copies and keeps how many were made; installs a fresh database where `install` says how."""

    base: str
    server: Server
    install: str = ""
    made: list[str] = field(default_factory=list)

    @property
    def session(self) -> Any:
        settings = SimpleNamespace(install_command="make it so" if self.install else "")
        journal = SimpleNamespace(run=SimpleNamespace(token=TOKEN))
        return SimpleNamespace(settings=settings, console=Console(quiet=True), journal=journal)

    def scratch_name(self, database: str, purpose: str) -> str:
        self.made.append(database)
        return f"{database}_{purpose}"

    def base_of(self, _database: str) -> str:
        return self.base

    def run_program(self, program: Program) -> Watched:
        (scratch,) = program.databases.values()
        run_sql(self.server.url(scratch), self.install)
        return Watched(0, (), ())


@dataclass(frozen=True, slots=True)
class Ground:
    """Where revisions are executed."""

    scratch: ScratchDatabases
    sandbox: Temp

    def execute(self, *names: str, files: Sequence[Mapping[str, Any]] = ()) -> list[Executed]:
        revisions = [Revision(name, (), f"{name}_.py", "", "") for name in names]
        return list(execute(self.scratch, self.scratch.installed[0], revisions, ROWS, files))


@pytest.fixture(scope="module")
def baseline(
    postgres_server: Server, new_database_for_module: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    """Yield a ground of a project without revisions, which the tests bring as files of no folder."""
    folder = tmp_path_factory.mktemp("base")
    with grounds("_base", folder, postgres_server, new_database_for_module) as found:
        yield found


@pytest.fixture(autouse=True)
def _nothing_made_yet(baseline: Ground) -> None:
    baseline.sandbox.made.clear()
    baseline.sandbox.install = ""


@contextmanager
def grounds(
    project: str, folder: Path, server: Server, new_database: Callable[[], str], databases: int = 1
) -> Iterator[Ground]:
    urls = [mark(new_database()) for _ in range(databases)]
    sandbox = Temp(new_database().rpartition("/")[2], server)
    other = {"OTHER_URL": with_driver(urls[-1])}
    with probing(copy_project(project, folder), with_driver(urls[0]), **other) as probe:
        yield Ground(scratch(probe, sandbox, server, [url.rpartition("/")[2] for url in urls]), sandbox)


def scratch(probe: Probe, sandbox: Any, server: Server, names: Sequence[str]) -> ScratchDatabases:
    standings = tuple(Standing(name, (), "alembic_version") for name in names)
    migrated = Migrated(SimpleNamespace(section=""), target(), Heads((), {}), standings)  # type: ignore[arg-type]
    reached = TempServer(server.host, server.port, server.user, names[0], TOKEN, server.password)
    return ScratchDatabases(sandbox, probe, reached, (migrated,))  # type: ignore[arg-type]


def line_of(trip: Executed) -> str:
    """Write a trip as a line: what it came to, and why it stopped."""
    states = {"before": trip.before, "up": trip.after_up, "down": trip.after_down, "again": trip.after_again}
    reached = " ".join(name for name, state in states.items() if state)
    notes = [reached or "nowhere", *(["omits downgrade"] * trip.omits_downgrade)]
    return (
        f"{trip.revision}: {', '.join(notes + ['refuses downgrade'] * trip.refuses_downgrade)}. {trip.stopped}".strip()
    )


# --- the tests ---------------------------------------------------------------------------------------------------


USERS = revision_file(
    "op.create_table('users', sa.Column('id', sa.Integer, primary_key=True))", "op.drop_table('users')", revision="1"
)
COLUMN = "op.execute('ALTER TABLE users ADD {} int')"


def test_several_revisions_make_their_trips_on_one_database(baseline: Ground, postgres_server: Server) -> None:
    rows = "op.execute('INSERT INTO users SELECT generate_series(1, 4)')\nop.execute('CREATE TABLE log (line text)')"
    back = "op.execute('DROP TABLE log')\n    op.execute('DELETE FROM users')"
    trips = baseline.execute("1", "2", files=[USERS, revision_file(rows, back, revision="2", down="1")])
    assert [line_of(trip) for trip in trips] == [f"{name}: before up down again." for name in "12"]
    assert len(baseline.sandbox.made) == 1
    for trip in trips:
        assert trip.before and trip.after_up and trip.after_down and trip.after_again
        assert compare(trip.after_down.catalog, trip.before.catalog) == ()
        assert compare(trip.after_again.catalog, trip.after_up.catalog) == ()
        assert [each.direction for each in trip.passes] == ["upgrade", "downgrade", "upgrade"]
        assert {each.database for each in trip.passes} == {baseline.sandbox.made[0]}
        assert sum(each.seconds for each in trip.passes) < trip.seconds
    # Rows stood in the tables, and what the second revision does to them is seen.
    states = [trips[1].before, trips[1].after_up, trips[1].after_down, trips[1].after_again]
    assert [state.contents for state in states if state] == [
        {"users": 1},
        {"users": 5, "log": 0},
        {"users": 0},
        {"users": 4, "log": 0},
    ]
    assert run_sql(postgres_server.url(), "SELECT datname FROM pg_database WHERE datname LIKE '%\\_trip'") == []


def test_tables_without_rows_are_told_with_the_reason(baseline: Ground) -> None:
    log = revision_file("op.execute('CREATE TABLE log (line text)')", revision="1")
    (trip,) = baseline.execute("2", files=[log, revision_file("pass", revision="2", down="1")])
    assert trip.unseeded == (Unseeded("log"),)


def test_what_a_downgrade_does_not_do_is_told_and_the_next_revision_begins_where_it_should(baseline: Ground) -> None:
    files = (
        USERS,
        revision_file("op.execute('UPDATE users SET id = id')", revision="2", down="1"),
        revision_file(COLUMN.format("a"), "raise NotImplementedError('it is gone')", revision="3", down="2"),
        revision_file(COLUMN.format("b"), revision="4", down="3"),
        revision_file(COLUMN.format("c"), "op.execute('ALTER TABLE users DROP d')", revision="5", down="4"),
    )
    trips = baseline.execute("2", "3", "4", "5", files=files)
    assert [line_of(trip) for trip in trips] == [
        "2: before up down again, omits downgrade.",
        "3: before up, refuses downgrade. downgrade() of 3 says of itself that it cannot be done: it is gone",
        "4: before up down, omits downgrade. downgrade() of 4 does nothing and leaves what upgrade() has made.",
        '5: before up. downgrade() of 5 fails: column "d" of relation "users" does not exist',
    ]
    # Only after the fourth did the database stand where the next could not begin.
    assert len(baseline.sandbox.made) == 2
    assert (failure := trips[3].failure)
    assert (failure.sqlstate, failure.line) == ("42703", 13)


def test_a_label_that_a_downgrade_leaves_stops_nothing_where_the_next_upgrade_passes_over_it(baseline: Ground) -> None:
    label = "with op.get_context().autocommit_block(): op.execute(\"ALTER TYPE mood ADD VALUE {} 'b'\")"
    files = (
        USERS,
        revision_file("op.execute(\"CREATE TYPE mood AS ENUM ('a')\")", "op.execute('DROP TYPE mood')", "2", "1"),
        revision_file(label.format("IF NOT EXISTS"), revision="3", down="2"),
        revision_file(label.format("").replace("'b'", "'c'"), revision="4", down="3"),
    )
    assert [line_of(trip) for trip in baseline.execute("3", "4", files=files)] == [
        "3: before up down again, omits downgrade.",
        '4: before up down, omits downgrade. upgrade() of 4 fails: enum label "c" already exists',
    ]


def test_an_upgrade_that_fails_on_rows_is_told_and_one_that_fails_without_stops_all_after_it(baseline: Ground) -> None:
    files = (
        USERS,
        revision_file("op.execute('SELECT 1 / (1 - count(*)) FROM users')", revision="2", down="1"),
        revision_file("op.execute('SELECT nothing')", revision="3", down="2"),
        revision_file("pass", revision="4", down="3"),
    )
    trips = baseline.execute("2", "3", "4", files=[{**each, "path": "elsewhere"} for each in files])
    said = 'column "nothing" does not exist'
    beginning = f"Its beginning was not reached: ProgrammingError while going up to where 4 begins: {said}"
    assert [line_of(trip) for trip in trips] == [
        "2: before. upgrade() of 2 fails: division by zero",
        f"3: before. upgrade() of 3 fails: {said}",
        f"4: nowhere. {beginning}",
    ]
    assert [trip.failure and trip.failure.sqlstate for trip in trips] == ["22012", "42703", None]


def test_a_part_that_was_committed_before_the_error_makes_the_database_be_made_again(baseline: Ground) -> None:
    half = (
        "with op.get_context().autocommit_block(): op.execute('ALTER TABLE users DROP a')\n    op.execute('SELECT x')"
    )
    files = (
        USERS,
        revision_file(COLUMN.format("a"), half, revision="2", down="1"),
        revision_file("op.execute('UPDATE users SET a = 1')", revision="3", down="2"),
    )
    trips = baseline.execute("2", "3", files=files)
    assert [line_of(trip) for trip in trips] == [
        '2: before up. downgrade() of 2 fails: column "x" does not exist',
        "3: before up down again, omits downgrade.",
    ]
    assert len(baseline.sandbox.made) == 2


def test_merges_and_branches_are_run_alone(baseline: Ground) -> None:
    merge = revision_file("pass", revision="m", down=None)
    files = (
        USERS,
        revision_file(COLUMN.format("a"), "op.execute('ALTER TABLE users DROP a')", revision="left", down="1"),
        revision_file(COLUMN.format("b"), "op.execute('ALTER TABLE users DROP b')", revision="right", down="1"),
        {**merge, "text": merge["text"].replace("down_revision = None", "down_revision = ('left', 'right')")},
    )
    trips = baseline.execute("left", "right", "m", files=files)
    assert [line_of(trip) for trip in trips] == [f"{name}: before up down again." for name in ("left", "right", "m")]
    assert len(baseline.sandbox.made) == 1


def test_each_database_of_an_environment_makes_the_trip(
    postgres_server: Server, new_database: Callable[[], str], tmp_path: Path
) -> None:
    files = (
        USERS,
        revision_file(
            "if engine_name == 'one': op.execute('ALTER TABLE users ADD a int')",
            "if engine_name == 'one': op.execute('ALTER TABLE users DROP a')",
            revision="2",
            down="1",
        ),
    )
    named = [{**each, "text": each["text"].replace("grade():", "grade(engine_name):")} for each in files]
    with grounds("two_databases", tmp_path, postgres_server, new_database, databases=2) as baseline:
        trips = baseline.execute("1", "2", files=named)
    assert [line_of(trip) for trip in trips] == [f"{name}: before up down again." for name in "1122"]
    assert [len(trip.up.steps) for trip in trips] == [1, 1, 1, 0]
    assert [trip.database for trip in trips] == baseline.sandbox.made * 2


def test_an_env_that_does_not_commit_is_no_success(
    postgres_server: Server, new_database: Callable[[], str], tmp_path: Path
) -> None:
    with grounds("never_commits", tmp_path, postgres_server, new_database) as baseline:
        (trip,) = baseline.execute("1", files=[USERS])
    assert line_of(trip) == (
        "1: before. upgrade() of 1 fails: Alembic ended well, and the database does not stand at 1."
    )


def test_where_the_history_cannot_be_replayed_the_way_begins_at_its_end(baseline: Ground) -> None:
    files = (
        revision_file("op.execute('SELECT * FROM made_by_hand')", revision="1"),
        revision_file(COLUMN.format("a"), "op.execute('ALTER TABLE users DROP a')", revision="2", down="1"),
        revision_file(COLUMN.format("b"), "op.execute('ALTER TABLE users DROP b')", revision="3", down="2"),
    )
    baseline.sandbox.install = (
        "CREATE TABLE users (id int, a int); CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);"
        " INSERT INTO alembic_version VALUES ('2')"
    )
    trips = baseline.execute("2", "3", files=files)
    assert [line_of(trip) for trip in trips] == [f"{name}: before up down again." for name in "23"]


def test_a_copy_of_the_database_at_head_is_filled_beforehand_and_used_up(
    postgres_server: Server, new_database: Callable[[], str], tmp_path: Path
) -> None:
    with grounds("_base", tmp_path, postgres_server, new_database) as baseline:
        (database,) = baseline.scratch.databases
        run_sql(postgres_server.url(database), "CREATE TABLE there (id int)")
        prepared = prepare(baseline.scratch, ROWS)
        assert prepared
        assert list(baseline.sandbox.made) == [database]
        with prepared:
            revisions = [Revision("1", (), "1_.py", "", "")]
            (trip,) = execute(baseline.scratch, baseline.scratch.installed[0], revisions, ROWS, [USERS], prepared)
        assert line_of(trip) == "1: before up down again."
        states = [trip.before, trip.after_up, trip.after_down, trip.after_again]
        assert [state.contents for state in states if state] == [
            {"there": 1},
            {"there": 1, "users": 0},
            {"there": 1},
            {"there": 1, "users": 0},
        ]
        assert list(baseline.sandbox.made) == [database]  # no other was made
        assert run_sql(postgres_server.url(database), "SELECT count(*) FROM there") == [(0,)]
    assert run_sql(postgres_server.url(), "SELECT datname FROM pg_database WHERE datname LIKE '%\\_trip'") == []


def test_what_comes_after_a_prepared_copy_was_left_broken_begins_anew(
    postgres_server: Server, new_database: Callable[[], str], tmp_path: Path
) -> None:
    broken = revision_file("pass", "op.execute('SELECT nothing')", revision="2", down="1")
    with grounds("_base", tmp_path, postgres_server, new_database) as baseline, ExitStack() as stack:
        prepared = prepare(baseline.scratch, ROWS)
        assert prepared
        stack.push(prepared)
        revisions = [Revision(name, (), f"{name}_.py", "", "") for name in "12"]
        half = revision_file("op.execute('CREATE TABLE a (id int)')", "op.execute('SELECT x')", revision="1")
        trips = execute(baseline.scratch, baseline.scratch.installed[0], revisions, ROWS, [half, broken], prepared)
    assert [line_of(trip) for trip in trips] == [
        '1: before up. downgrade() of 1 fails: column "x" does not exist',
        '2: before up. downgrade() of 2 fails: column "nothing" does not exist',
    ]


def test_nothing_is_prepared_while_somebody_is_connected(baseline: Ground, postgres_server: Server) -> None:
    (database,) = baseline.scratch.databases
    with psycopg.connect(postgres_server.url(database)):
        assert prepare(baseline.scratch, ROWS) is None
    assert baseline.sandbox.made == []


def test_a_revision_that_ends_all_other_sessions_is_looked_at_all_the_same(baseline: Ground) -> None:
    ends = (
        "op.execute('SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()')"
    )
    (trip,) = baseline.execute("1", files=[revision_file(ends, "pass", revision="1")])
    assert line_of(trip).startswith("1: before up down again")
