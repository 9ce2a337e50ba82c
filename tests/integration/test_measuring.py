"""What the probe measures while a revision runs: operations, statements, locks, rewritten relations, errors."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from migrations_tools import executed
from migrations_tools.executed import Lock, Pass, Relation, Statement
from migrations_tools.inapp.client import Probe, ProbeError, Program
from tests.support.probing import (
    DRIVER,
    DRIVERS,
    PROJECTS,
    TOKEN,
    copy_project,
    mark,
    need,
    pass_of,
    probing,
    revision_file,
    run_sql,
    target,
    with_driver,
)

PROJECT = "revisions_that_are_measured"
MEASURED = PROJECTS / PROJECT / "measured.txt"


def run(probe: Probe, revision: str, direction: str = "upgrade", **more: Any) -> Pass:
    request = target().request("execute", revision=revision, direction=direction, **more)
    (found,) = executed.parse(probe.ask(request, "executing"))
    return found


def lines_of(found: Pass) -> Iterator[str]:
    """Write a pass as lines: a step with its line, and under it what each statement did to tables."""
    yield f"{found.direction} {found.revision}"
    for step in found.steps:
        yield f"  {step.file}:{step.line} {step.operation.summary() if step.operation else '-'}"
        yield from (f"    {words_of(statement)}" for statement in step.statements)
    if failure := found.failure:
        yield f"  failed at {failure.file}:{failure.line}, step {failure.step}: {failure.message}"


def words_of(statement: Statement) -> str:
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
    "ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE", "ACCESS EXCLUSIVE",
)  # fmt: skip


def strongest(statement: Statement, table: str) -> str:
    return max((lock.mode for lock in statement.locks if lock.relation.qualified_name == table), key=MODES.index)


# SQLAlchemy's pg8000 cannot leave a transaction for the time of an autocommit_block().
@pytest.mark.parametrize("driver", [name for name in DRIVERS if name != "pg8000"])
def test_each_revision_is_measured(driver: str, database: str, tmp_path: Path) -> None:
    need(driver)
    project, passes = copy_project(PROJECT, tmp_path), list[Pass]()
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
    """Give a probe that the tests share; each sends it to a database of its own."""
    project = copy_project("_base", tmp_path_factory.mktemp("base"))
    with probing(project, with_driver(mark(new_database_for_module()))) as probe:
        yield probe


@pytest.fixture
def users(database: str) -> str:
    run_sql(database, "CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users VALUES (1, 'Ada')")
    return mark(database)


def run_file(probe: Probe, url: str, upgrade: str) -> Pass:
    request = target(url.rpartition("/")[2]).request(
        "execute", revision="new", direction="upgrade", files=[revision_file(upgrade)]
    )  # fmt: skip
    (found,) = executed.parse(probe.ask(request, "executing"))
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
        base, users,
        "op.get_bind().connection.commit()\n"
        "op.execute('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE')\n"
        "op.execute('DELETE FROM users')",
    )  # fmt: skip
    assert list(lines_of(found))[1:] == [
        "  new_.py:10 execute SQL", "    SET",
        "  new_.py:11 execute SQL", "    DELETE; locks ROW EXCLUSIVE users",
    ]  # fmt: skip


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
        base, users, upgrade=(
            "op.execute('LOCK TABLE users')\n"
            "op.get_bind().connection.rollback()\n"
            "op.execute('LOCK TABLE users')"
        ),
    )  # fmt: skip
    assert [words_of(statement) for _, statement in found.statements] == ["LOCK; locks ACCESS EXCLUSIVE users"] * 2


def test_the_seconds_and_rows_of_a_statement_are_its_own(base: Probe, users: str) -> None:
    found = run_file(
        base, users,
        "op.execute('SELECT pg_sleep(0.2)')\nop.execute(\"INSERT INTO users SELECT generate_series(2, 11)\")",
    )  # fmt: skip
    (_, slept), (_, inserted) = found.statements
    assert 0.2 <= slept.seconds <= found.seconds
    assert inserted.rows == 10


def test_very_many_statements_of_a_line_are_counted_together(base: Probe, users: str) -> None:
    found = run_file(
        base, users,
        "for number in range(1000): op.get_bind().execute(sa.text('SELECT %d' % number))\n"
        "for number in range(1000): op.get_bind().execute(sa.text('SELECT :number'), {'number': number})\n"
        "op.execute('SELECT ' + '1 + ' * 1000 + '1')",
    )  # fmt: skip
    different, repeated, long = found.steps
    assert sum(statement.times for statement in different.statements) == 1000
    assert len(different.statements) == 201
    assert [statement.times for statement in repeated.statements] == [1000]
    assert len(long.statements[0].sql) == 2000


def test_an_error_at_the_commit_is_the_revisions(base: Probe, users: str) -> None:
    found = run_file(
        base, users,
        "op.execute('CREATE TABLE orders (u int REFERENCES users DEFERRABLE INITIALLY DEFERRED)')\n"
        "op.execute('INSERT INTO orders VALUES (7)')",
    )  # fmt: skip
    assert len(found.steps) == 2
    assert found.failure is not None
    assert (found.failure.sqlstate, found.failure.step, found.failure.line) == ("23503", None, 0)
    assert found.failure.detail == 'Key (u)=(7) is not present in table "users".'


def test_an_error_that_env_swallows_is_told_all_the_same(database: str, tmp_path: Path) -> None:
    url, more = with_driver(mark(database)), {"files": [revision_file("op.execute('SELECT nothing')")]}
    with probing(copy_project("swallows_every_error", tmp_path), url) as probe:
        request = target().request("execute", revision="new", direction="upgrade", **more)
        passes = executed.parse(probe.ask(request, "executing"))
    assert {found.failure.sqlstate for found in passes if found.failure} == {"42703"}


@pytest.mark.parametrize(
    ("revision", "text", "words"),
    [
        ("nowhere", "", "locate revision"),
        ("new", "revision = 'new'\n1 / 0", "division by zero"),
    ],
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
        "upgrade new", "  new_.py:9 execute SQL", "    ALTER TABLE; locks ACCESS EXCLUSIVE goods",
    ]  # fmt: skip
    assert run_sql(database, "SELECT price FROM goods") == []
