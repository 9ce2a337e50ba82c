"""What the probe measures while a revision runs: operations, statements, locks, rewritten relations, errors."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from migrations_tools import revision_runs
from migrations_tools.inapp.probe_client import Probe, ProbeError, Program
from migrations_tools.revision_runs import Lock, Relation, RevisionPass, SentStatement
from tests.support import application
from tests.support.probing import (
    ASYNC_DRIVER,
    DRIVER,
    DRIVERS,
    PROJECTS,
    TOKEN,
    copy_project,
    mark,
    need,
    need_asyncio,
    pass_of,
    probing,
    revision_file,
    run_sql,
    target,
    with_driver,
)

PROJECT = "revisions_that_are_measured"
MEASURED = PROJECTS / PROJECT / "measured.txt"


def run(probe: Probe, revision: str, direction: str = "upgrade", **more: Any) -> RevisionPass:
    request = target().request("execute", revision=revision, direction=direction, **more)
    (found,) = revision_runs.parse(probe.ask(request, "executing"))
    return found


def lines_of(found: RevisionPass) -> Iterator[str]:
    """Write a pass as lines: a step with its line, and under it what each statement did to tables."""
    yield f"{found.direction} {found.revision}"
    for step in found.steps:
        yield f"  {step.file}:{step.line} {step.operation.summary() if step.operation else '-'}"
        yield from (f"    {words_of(statement)}" for statement in step.statements)
    if failure := found.failure:
        yield f"  failed at {failure.file}:{failure.line}, step {failure.step}: {failure.message}"


def words_of(statement: SentStatement) -> str:
    # Which locks it takes besides the strongest, and which on indexes, differs from one version to another.
    locks = sorted({lock.relation.qualified_name for lock in statement.locks if lock.relation.kind == "table"})
    words = ", ".join(f"{strongest(statement, name)} {name}" for name in locks)
    rewritten = ", ".join(relation.qualified_name for relation in statement.rewritten if relation.kind == "table")
    parts = [
        statement.sort + (f" ×{statement.times}" if statement.times != 1 else ""),
        "failed" if statement.failed else "",
        "in autocommit" if statement.autocommit else "",
        f"locks {words}" if words else "",
        f"rewrites {rewritten}" if rewritten else "",
    ]
    return "; ".join(filter(None, parts))


# PostgreSQL manual, "Explicit Locking": from the weakest to the strongest.
MODES = (
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)


def strongest(statement: SentStatement, table: str) -> str:
    return max((lock.mode for lock in statement.locks if lock.relation.qualified_name == table), key=MODES.index)


# SQLAlchemy's pg8000 cannot leave a transaction for the time of an autocommit_block().
@pytest.mark.parametrize("driver", [name for name in DRIVERS if name != "pg8000"])
def test_each_revision_is_measured(driver: str, database: str, tmp_path: Path) -> None:
    need(driver)
    project, passes = copy_project(PROJECT, tmp_path), list[RevisionPass]()
    with probing(project, with_driver(mark(database), driver)) as probe:
        for revision in "abcde":
            passes.append(run(probe, revision))
            if driver == DRIVER and revision != "a":
                passes += [run(probe, revision, "downgrade"), run(probe, revision)]
        passes += [run(probe, "f"), run(probe, "g")]
    blocks = list(dict.fromkeys("\n".join(lines_of(each)) for each in passes))
    if os.environ.get("ACCEPT_CASES") and driver == DRIVER:
        MEASURED.write_text("\n\n".join(blocks) + "\n")
    expected = MEASURED.read_text().strip().split("\n\n")
    assert blocks == [each for each in expected if driver == DRIVER or each.startswith("upgrade")]


# --- one revision, given as a file that no versions folder has ----------------------------------------------------


@pytest.fixture(scope="module")
def base(new_database_for_module: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Probe]:
    """Yield a probe that the tests share; each sends it to a database of its own."""
    project = copy_project("_base", tmp_path_factory.mktemp("base"))
    with probing(project, with_driver(mark(new_database_for_module()))) as probe:
        yield probe


@pytest.fixture
def users(database: str) -> str:
    run_sql(database, "CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'Ada')")
    return mark(database)


def run_file(probe: Probe, url: str, upgrade: str = "", given: Sequence[Mapping[str, Any]] = ()) -> RevisionPass:
    files = list(given) or [revision_file(upgrade)]
    request = target(url.rpartition("/")[2]).request("execute", revision="new", direction="upgrade", files=files)
    (found,) = revision_runs.parse(probe.ask(request, "executing"))
    return found


def test_a_file_that_is_nowhere_yet_is_part_of_the_history_for_one_request(database: str, tmp_path: Path) -> None:
    project = copy_project("several_versions_folders", tmp_path)
    before = sorted(project.rglob("*"))
    files = [{**revision_file("op.execute('SELECT 1')", down="0002"), "location": 1}]
    with probing(project, with_driver(mark(database))) as probe:
        reached = probe.ask(target().request("reach", revision="new", files=files), "going there")
        assert pass_of(reached)["current"] == ["0002"]
        assert run(probe, "new", files=files).failure is None
        assert pass_of(probe.ask(target().request("current"), "looking"))["current"] == ["new"]
        assert run(probe, "new", "downgrade", files=files).failure is None
        assert pass_of(probe.ask(target().request("current"), "looking"))["current"] == ["0002"]
    assert sorted(path for path in project.rglob("*") if "__pycache__" not in path.parts) == before


def test_what_must_come_before_any_query_still_can(base: Probe, users: str) -> None:
    found = run_file(
        base,
        users,
        "op.get_bind().connection.commit()\n"
        "op.execute('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE')\n"
        "op.execute('DELETE FROM users')",
    )
    assert list(lines_of(found))[1:] == [
        "  new_.py:10 execute SQL",
        "    SET",
        "  new_.py:11 execute SQL",
        "    DELETE; locks ROW EXCLUSIVE users",
    ]


def test_where_everything_is_in_autocommit_nothing_is_said_of_locks(users: str, tmp_path: Path) -> None:
    with probing(copy_project("autocommit_engine", tmp_path), with_driver(users)) as probe:
        found = run_file(probe, users, "op.execute('ALTER TABLE users ADD b int')")
    assert list(lines_of(found))[1:] == ["  new_.py:9 execute SQL", "    ALTER TABLE; in autocommit"]


def test_an_index_is_locked_and_rewritten_by_its_own_name(base: Probe, users: str) -> None:
    found = run_file(base, users, "op.execute('REINDEX INDEX users_pkey')")
    ((_, statement),) = found.statements
    index = Relation("public", "users_pkey", "index")
    assert Lock(index, "ACCESS EXCLUSIVE") in statement.locks
    assert statement.rewritten == (index,)


def test_a_revision_that_ends_the_transaction_itself_is_seen_to(base: Probe, users: str) -> None:
    found = run_file(
        base,
        users,
        upgrade=("op.execute('LOCK TABLE users')\nop.get_bind().connection.rollback()\nop.execute('LOCK TABLE users')"),
    )
    assert [words_of(statement) for _, statement in found.statements] == ["LOCK; locks ACCESS EXCLUSIVE users"] * 2


def test_what_an_operation_of_an_extension_does_by_further_ones_is_its_own(base: Probe, users: str) -> None:
    given = revision_file("op.make_views('users', 2)")
    found = run_file(base, users, given=[{**given, "text": EXTENSION + given["text"]}])
    (step,) = found.steps
    assert step.operation is not None
    assert (step.operation.kind, step.operation.name) == ("make_views", "users")
    assert [words_of(statement) for statement in step.statements] == [
        "CREATE VIEW; locks ACCESS SHARE users",
        "CREATE VIEW",
    ]


EXTENSION = """from alembic.operations import MigrateOperation, Operations


@Operations.register_operation("make_views")
class MakeViewsOp(MigrateOperation):
    def __init__(self, name, columns):
        self.name, self.columns = name, columns  # the columns are no list here, as Alembic's are

    @classmethod
    def make_views(cls, operations, name, columns):
        return operations.invoke(cls(name, columns))


@Operations.implementation_for(MakeViewsOp)
def make_views(operations, operation):
    for number in range(operation.columns):
        operations.execute("CREATE VIEW v%d AS SELECT id FROM %s" % (number, operation.name))


"""


def test_a_batch_that_makes_the_table_again_is_a_step_of_its_own(base: Probe, users: str) -> None:
    batch = "with op.batch_alter_table('users', recreate='always') as batch:"
    found = run_file(base, users, f"{batch} batch.add_column(sa.Column('a', sa.Integer))")
    added, made = found.steps
    assert found.failure is None
    assert added.operation is not None
    assert (added.operation.kind, added.statements) == ("add_column", ())
    assert {"CREATE TABLE", "INSERT", "DROP TABLE"} <= {statement.sort for statement in made.statements}
    assert "ACCESS EXCLUSIVE" in {lock.mode for statement in made.statements for lock in statement.locks}


def test_a_commit_that_is_sent_as_a_statement_stays_one(users: str, tmp_path: Path) -> None:
    need("psycopg2")  # after it, this driver sends no BEGIN of its own
    body = "op.execute('COMMIT')\nop.execute('CREATE INDEX CONCURRENTLY ix ON users (name)')"
    with probing(copy_project("_base", tmp_path), with_driver(users, "psycopg2")) as probe:
        found = run_file(probe, users, body)
    assert [words_of(statement) for _, statement in found.statements] == ["COMMIT", "CREATE INDEX; in autocommit"]
    assert found.failure is None


def test_what_run_async_sends_has_the_line_that_called_it(users: str, tmp_path: Path) -> None:
    need_asyncio()
    if application.version("alembic") < (1, 11):
        pytest.skip("op.run_async() is there since Alembic 1.11")
    body = "async def work(connection): await connection.execute(sa.text('LOCK TABLE users'))\nop.run_async(work)"
    with probing(copy_project("async_environment", tmp_path), with_driver(users, ASYNC_DRIVER)) as probe:
        found = run_file(probe, users, body)
    assert list(lines_of(found))[1:] == ["  new_.py:10 -", "    LOCK; locks ACCESS EXCLUSIVE users"]


def test_the_seconds_and_rows_of_a_statement_are_its_own(base: Probe, users: str) -> None:
    found = run_file(
        base,
        users,
        "op.execute('SELECT pg_sleep(0.2)')\nop.execute(\"INSERT INTO users SELECT generate_series(2, 11)\")",
    )
    (_, slept), (_, inserted) = found.statements
    assert 0.2 <= slept.seconds <= found.seconds
    assert inserted.rows == 10


def test_very_many_statements_of_a_line_are_counted_together(base: Probe, users: str) -> None:
    found = run_file(
        base,
        users,
        "for number in range(1000): op.get_bind().execute(sa.text('SELECT %d' % number))\n"
        "for number in range(1000): op.get_bind().execute(sa.text('SELECT :number'), {'number': number})\n"
        "op.execute('SELECT ' + '1 + ' * 1000 + 'x')",
    )
    different, repeated, long = found.steps
    assert sum(statement.times for statement in different.statements) == 1000
    assert len(different.statements) == 201
    assert [statement.times for statement in repeated.statements] == [1000]
    assert len(long.statements[0].sql) == 2000
    assert found.failure is not None
    assert found.failure.statement == long.statements[0].sql


def test_an_error_at_the_commit_is_the_revisions(base: Probe, users: str) -> None:
    found = run_file(
        base,
        users,
        "op.execute('CREATE TABLE orders (u int REFERENCES users DEFERRABLE INITIALLY DEFERRED)')\n"
        "op.execute('INSERT INTO orders VALUES (7)')",
    )
    assert len(found.steps) == 2
    assert found.failure is not None
    assert (found.failure.sqlstate, found.failure.step, found.failure.line) == ("23503", None, 0)
    assert found.failure.detail == 'Key (u)=(7) is not present in table "users".'


def test_an_error_that_env_swallows_is_told_all_the_same(database: str, tmp_path: Path) -> None:
    url, more = with_driver(mark(database)), {"files": [revision_file("op.execute('SELECT nothing')")]}
    with probing(copy_project("swallows_every_error", tmp_path), url) as probe:
        request = target().request("execute", revision="new", direction="upgrade", **more)
        passes = revision_runs.parse(probe.ask(request, "executing"))
    assert {found.failure.sqlstate for found in passes if found.failure} == {"42703"}


@pytest.mark.parametrize(
    ("revision", "text", "words"),
    [("nowhere", "", "locate revision"), ("new", "revision = 'new'\n1 / 0", "division by zero")],
)
def test_an_error_before_the_revision_begins_is_the_requests(
    revision: str, text: str, words: str, base: Probe, users: str
) -> None:
    files = [{**revision_file("pass"), **({"text": text} if text else {})}]
    request = target(users.rpartition("/")[2]).request("execute", revision=revision, direction="upgrade", files=files)
    with pytest.raises(ProbeError) as caught:
        base.ask(request, "executing")
    assert words in caught.value.message
    assert run_sql(users, "SELECT relname FROM pg_class WHERE relname = 'alembic_version'") == []


def test_a_program_of_the_projects_own_knows_the_file_as_well(database: str, tmp_path: Path) -> None:
    source = PROJECTS.parent / "projects" / "own_program"
    project = shutil.copytree(source, tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__"))
    program = Program(["python", "-m", "shop", "db", "upgrade"], TOKEN, take_over=True)
    files = [revision_file("op.execute('ALTER TABLE goods ADD price int')", down="0001")]
    with probing(project, "", program, SHOP_DATABASE=with_driver(mark(database))) as probe:
        probe.ask(target().request("reach", revision="new", files=files), "going there")
        found = run(probe, "new", files=files)
    assert list(lines_of(found)) == [
        "upgrade new",
        "  new_.py:9 execute SQL",
        "    ALTER TABLE; locks ACCESS EXCLUSIVE goods",
    ]
    assert run_sql(database, "SELECT price FROM goods") == []
