"""The engine `server`, from end to end: scratch databases on a server that exists, and nothing else touched there."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from migrations_tools.engines import existing_server, postgres
from migrations_tools.engines.server_url import Address
from migrations_tools.errors import CannotProceed
from tests.support.docker import Done
from tests.support.embedded import Server, running_server
from tests.support.local import (
    LEFT,
    LEFT_AFTER_VALIDATE,
    TABLES,
    LocalProject,
    databases,
    local_project,
    names,
    role,
    rows,
)
from tests.support.pooler import pooler

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked up in /proc")

BUILDER, PASSWORD = "builder", "builders/own@word"
# The project's own variable, as a developer's shell would have it, and one of libpq's that would lead every
# connection elsewhere; nothing listens there.
ELSEWHERE = {"DATABASE_URL": "postgresql://shop:none@127.0.0.1:9/shop", "PGHOSTADDR": "127.0.0.9"}
MADE = {"plain_temp", "plain_base_temp"}
HELD = "FD01 held back: The unique constraint uq_users_email on (email) of table users"
# What reaches env.py of the address's parameters.
PARAMETERS = "application_name=by-address&connect_timeout=7&options=-c%20lock_timeout%3D61s"
CHECKS = """
    shown = [connection.exec_driver_sql("SHOW " + name).scalar() for name in ("application_name", "lock_timeout")]
    assert shown == ["by-address", "61s"], shown
"""


@dataclass(frozen=True, slots=True)
class OnServer:
    """The whole job on a server that exists, with a role that may create databases and no more."""

    before: Mapping[str, str | None]
    isolated: Mapping[str, str | None]
    doctor: Done
    psql: Done
    token: str
    too_early: Done
    generated: Done
    validated: Done
    owner_of_base: str
    after_validate: Mapping[str, str | None]
    tables: set[str]
    unmarked: Done
    after_unmarked: Mapping[str, str | None]
    elsewhere: Done
    after_elsewhere: Mapping[str, str | None]
    cleaned: Done
    after: Mapping[str, str | None]
    files: list[str]
    leaks: list[str]


@pytest.fixture(scope="module")
def on_server(no_docker: dict[str, str], postgres_server: Server) -> OnServer:
    before = databases(postgres_server)
    with _two_hosts(postgres_server) as url, _server_project(no_docker, url) as project:
        environment = project.root / "migrations" / "env.py"
        environment.write_text(environment.read_text() + CHECKS)
        done = project.invoke("isolate")
        assert done.code == 0, str(done)
        isolated, run = databases(postgres_server), project.journal()
        doctor, psql = project.invoke("doctor"), project.invoke("psql", "--command", "SHOW lock_timeout")
        too_early = project.invoke("validate")
        generated = project.invoke("generate")
        with _nobody_may_clone(postgres_server, "plain_base_temp") as owner:
            validated = project.invoke("validate")
            owner_of_base = owner()
        after_validate = databases(postgres_server)
        tables = names(postgres_server.url("plain_temp"), TABLES)
        rows(postgres_server.url(), "COMMENT ON DATABASE plain_temp IS 'somebody''s'")
        unmarked, after_unmarked = project.invoke("cleanup"), databases(postgres_server)
        rows(postgres_server.url(), f"COMMENT ON DATABASE plain_temp IS '{run['token']}'")
        with _made_elsewhere(project):
            elsewhere, after_elsewhere = project.invoke("cleanup"), databases(postgres_server)
        cleaned = project.invoke("cleanup")
        return OnServer(
            before,
            isolated,
            doctor,
            psql,
            run["token"],
            too_early,
            generated,
            validated,
            owner_of_base,
            after_validate,
            tables,
            unmarked,
            after_unmarked,
            elsewhere,
            after_elsewhere,
            cleaned,
            databases(postgres_server),
            project.tool_files(),
            project.leaks,
        )


@contextmanager
def _two_hosts(server: Server) -> Iterator[str]:
    """Yield an address of two hosts, of which the first takes no writes."""
    with running_server() as other, role(other, BUILDER, PASSWORD, createdb=True):
        rows(other.url(), f"ALTER ROLE {BUILDER} SET default_transaction_read_only = on")
        with role(server, BUILDER, PASSWORD, createdb=True) as url:
            login = url.partition("@")[0]
            yield f"{login}@{other.host}:{other.port},{server.host}:{server.port}/?{PARAMETERS}"


@contextmanager
def _nobody_may_clone(server: Server, name: str) -> Iterator[Callable[[], str]]:
    """Yield a database to another owner as soon as it is made anew, for then its maker may not clone it any more."""
    oid = sql.SQL("SELECT oid FROM pg_database WHERE datname = {} AND shobj_description(oid, 'pg_database') <> ''")
    give, ended = sql.SQL("ALTER DATABASE {} OWNER TO {}"), threading.Event()

    def watch() -> None:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            first = connection.execute(oid.format(sql.Literal(name))).fetchone()
            while not ended.wait(0.005):
                now = connection.execute(oid.format(sql.Literal(name))).fetchone()
                if now and now != first:
                    connection.execute(give.format(sql.Identifier(name), sql.Identifier(server.user)))
                    return

    watching = threading.Thread(target=watch)
    watching.start()
    asked = f"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '{name}'"
    try:
        yield lambda: next(iter(names(server.url(), asked)))
    finally:
        ended.set()
        watching.join()
        rows(server.url(), f"ALTER DATABASE {name} OWNER TO {BUILDER}")


@contextmanager
def _made_elsewhere(project: LocalProject) -> Iterator[None]:
    """Let the journal say that the run's databases are on another server."""
    path = project.tool_folder / "temp" / "journal.json"
    text = path.read_text()
    journal = json.loads(text)
    path.write_text(json.dumps({**journal, "plan": {**journal["plan"], "server": "4711"}}))
    yield
    path.write_text(text)


def test_exactly_the_database_and_its_twin_are_made_and_carry_the_token(on_server: OnServer) -> None:
    made = {name: mark for name, mark in on_server.isolated.items() if name not in on_server.before}
    assert made == dict.fromkeys(MADE, on_server.token)
    assert {name: on_server.isolated[name] for name in on_server.before} == on_server.before


def test_doctor_takes_the_runs_own_database_for_no_obstacle(on_server: OnServer, postgres_server: Server) -> None:
    assert on_server.doctor.code == 0, str(on_server.doctor)
    assert f"{postgres_server.host}:{postgres_server.port}" in on_server.doctor.out


def test_parameters_of_the_address_reach_psql_and_the_projects_alembic(on_server: OnServer) -> None:
    assert "61s" in on_server.psql.out, str(on_server.psql)
    assert "AssertionError" not in on_server.too_early.text + on_server.generated.text


def test_validate_before_generate_fails_and_names_the_missing_table(on_server: OnServer) -> None:
    assert on_server.too_early.code == 1, str(on_server.too_early)
    assert "1 of 8 proofs failed: Every table, column" in on_server.too_early.err
    assert "email_logs" in on_server.too_early.out


def test_a_role_that_may_create_databases_is_enough_for_the_whole_job(on_server: OnServer) -> None:
    assert on_server.generated.code == 0, str(on_server.generated)
    assert HELD in on_server.generated.out
    assert on_server.validated.code == 0, str(on_server.validated)
    assert "The fresh install works: 5 proofs, 3 not checked." in on_server.validated.out
    assert on_server.tables == {"users", "email_logs", "alembic_version"}
    assert on_server.after_validate == on_server.isolated


def test_where_the_server_does_not_clone_the_history_is_replayed(on_server: OnServer, postgres_server: Server) -> None:
    # The same validate as above: while it ran, the role could not clone what was not its own.
    assert on_server.owner_of_base == postgres_server.user
    assert "goes down and up again and leaves the same catalog" in on_server.validated.out


def test_cleanup_does_not_drop_a_database_that_lacks_the_token(on_server: OnServer) -> None:
    assert on_server.unmarked.code == 2, str(on_server.unmarked)
    assert "plain_temp does not carry this run's token; it was not dropped." in on_server.unmarked.err
    assert on_server.after_unmarked["plain_temp"] == "somebody's"


def test_cleanup_drops_nothing_on_another_server_than_the_runs(on_server: OnServer) -> None:
    assert on_server.elsewhere.code == 2, str(on_server.elsewhere)
    assert "The run's databases are on another server than 127.0.0.1:" in on_server.elsewhere.err
    assert on_server.after_elsewhere["plain_temp"] == on_server.token


def test_cleanup_drops_exactly_the_two_databases(on_server: OnServer) -> None:
    assert on_server.cleaned.code == 0, str(on_server.cleaned)
    assert on_server.after == on_server.before
    assert on_server.files == LEFT_AFTER_VALIDATE


def test_the_servers_password_is_neither_printed_nor_stored(on_server: OnServer) -> None:
    assert on_server.leaks == []


def test_through_a_socket_and_without_a_variable_of_the_projects_own(
    no_docker: dict[str, str], postgres_server: Server
) -> None:
    place = f"?host={quote(str(postgres_server.socket_folder), safe='')}&port={postgres_server.port}"
    with role(postgres_server, BUILDER, PASSWORD, createdb=True) as url:
        more = {**no_docker, "INVOKE_MIGRATIONS_TOOLS_SERVER_URL": f"{url.partition('@')[0]}@/own_temp{place}"}
        with local_project("plain", more, engine="server") as project:
            project.secrets.extend([PASSWORD, quote(PASSWORD, safe="")])
            done = project.invoke("isolate")
            assert done.code == 0, str(done)
            assert f"own_temp at {postgres_server.socket_folder}:" in done.out
            assert project.leaks == []


# --- killed ----------------------------------------------------------------------------------------------------------


def test_cleanup_after_a_killed_validate_drops_the_scratch_databases(
    no_docker: dict[str, str], postgres_server: Server
) -> None:
    before = databases(postgres_server)

    def _scratch_made(project: LocalProject) -> bool:
        made = databases(postgres_server) if project.journal().get("stage") == "busy" else {}
        return any(mark for name, mark in made.items() if name not in {*before, *MADE})

    with role(postgres_server, BUILDER, PASSWORD, createdb=True) as url, _server_project(no_docker, url) as project:
        assert project.kill_when(_scratch_made, "isolate", "validate"), "it ended before it could be killed"
        traces = project.traces()
        done = project.invoke("cleanup")
        assert done.code == 0, str(done)
        assert (project.tool_files(), project.processes(*traces)) == (LEFT, [])
        assert databases(postgres_server) == before


ACTIVE = "SELECT pid FROM pg_stat_activity WHERE usename = 'builder' AND state = 'active' AND query LIKE "


def test_cleanup_waits_for_a_database_that_the_server_is_still_making_for_a_killed_task(
    no_docker: dict[str, str], postgres_server: Server
) -> None:
    before = databases(postgres_server)
    with role(postgres_server, BUILDER, PASSWORD, createdb=True) as url, _server_project(no_docker, url) as project:
        with psycopg.connect(postgres_server.url()) as holding:
            holding.execute("LOCK TABLE pg_catalog.pg_database IN SHARE MODE")
            making = f"{ACTIVE} 'CREATE DATABASE%'"
            assert project.kill_when(lambda _: bool(rows(postgres_server.url(), making)), "isolate")
            cleaning = _Cleanup(project)
            waiting = f"{ACTIVE} '%pg_advisory_lock%'"
            assert cleaning.until(lambda: bool(rows(postgres_server.url(), waiting))), "cleanup did not wait"
            assert "plain_temp" not in databases(postgres_server)
        done = cleaning.done()
        assert done.code == 0, str(done)
        assert (project.tool_files(), databases(postgres_server)) == (LEFT, before)


def test_cleanup_knows_a_database_that_was_made_and_not_yet_marked(
    no_docker: dict[str, str], postgres_server: Server
) -> None:
    before = databases(postgres_server)
    with role(postgres_server, BUILDER, PASSWORD, createdb=True) as url, _server_project(no_docker, url) as project:
        with psycopg.connect(postgres_server.url()) as holding:
            holding.execute("LOCK TABLE pg_catalog.pg_shdescription IN SHARE MODE")
            marking = f"{ACTIVE} 'COMMENT ON DATABASE%'"
            assert project.kill_when(lambda _: bool(rows(postgres_server.url(), marking)), "isolate")
            rows(postgres_server.url(), marking.replace("SELECT pid", "SELECT pg_terminate_backend(pid)", 1))
        assert databases(postgres_server)["plain_temp"] is None
        done = project.invoke("cleanup")
        assert done.code == 0, str(done)
        assert (project.tool_files(), databases(postgres_server)) == (LEFT, before)


class _Cleanup:
    """`cleanup` beside the test."""

    def __init__(self, project: LocalProject) -> None:
        self._done: list[Done] = []
        self._thread = threading.Thread(target=lambda: self._done.append(project.invoke("cleanup")))
        self._thread.start()

    def until(self, moment: Callable[[], bool]) -> bool:
        """Wait for a moment; False when it ended before."""
        while self._thread.is_alive():
            if moment():
                return True
            time.sleep(0.01)
        return False

    def done(self) -> Done:
        """Wait for its end."""
        self._thread.join()
        return self._done[0]


# --- refused ---------------------------------------------------------------------------------------------------------


MARKED = "COMMENT ON DATABASE plain_base_temp IS 'migrations_tools 0123'"


@pytest.mark.parametrize(
    ("taken", "holds", "said"),
    [
        pytest.param("plain_temp", "CREATE TABLE kept (id int)", "and is not empty (relation kept)", id="its own name"),
        pytest.param("plain_base_temp", MARKED, "and is empty; it was not touched.", id="another run's twin"),
    ],
)
def test_a_database_of_that_name_is_refused_and_not_touched(
    no_docker: dict[str, str], postgres_server: Server, taken: str, holds: str, said: str
) -> None:
    with role(postgres_server, BUILDER, PASSWORD, createdb=True) as url:
        rows(url + "/postgres", f"CREATE DATABASE {taken}")
        rows(f"{url}/{taken}", holds)
        before = databases(postgres_server)
        with _server_project(no_docker, url) as project:
            done = project.invoke("isolate")
            cleaned = project.invoke("cleanup")
            assert databases(postgres_server) == before
            assert names(f"{url}/{taken}", TABLES) == ({"kept"} if "kept" in holds else set())
            assert done.code == 2, str(done)
            assert f"The database {taken} exists on 127.0.0.1:{postgres_server.port} already" in done.err
            assert said in done.err
            assert ("carries another run's mark" in done.err) == (holds == MARKED)
            assert "Traceback" not in done.text
            assert cleaned.code == 0, str(cleaned)
            assert project.tool_files() == LEFT


@pytest.mark.parametrize(
    ("createdb", "address", "said"),
    [
        pytest.param(False, "{url}", 'Grant it: ALTER ROLE "builder" CREATEDB;', id="a role without the right"),
        pytest.param(True, "{wrong}", "does not let builder in", id="a wrong password"),
        pytest.param(True, "", "needs `migrations_tools.server_url`", id="no address"),
    ],
)
def test_what_the_server_engine_cannot_work_with_is_refused(
    no_docker: dict[str, str], postgres_server: Server, createdb: bool, address: str, said: str
) -> None:
    with role(postgres_server, BUILDER, PASSWORD, createdb=createdb) as url:
        before = databases(postgres_server)
        setting = address.format(url=url, wrong=url.replace(quote(PASSWORD, safe=""), "not-the-right-word"))
        with _server_project(no_docker, setting) as project:
            project.secrets.append("not-the-right-word")
            done = project.invoke("isolate")
            assert done.code == 2, str(done)
            assert said in done.err
            assert databases(postgres_server) == before
            assert project.leaks == []


DIRECT = "Give `migrations_tools.server_url` the server's own address, not that of a pooler"


def test_a_pooler_that_does_not_know_the_new_database_is_told_from_the_server(
    no_docker: dict[str, str], postgres_server: Server
) -> None:
    before = databases(postgres_server)
    with (
        role(postgres_server, BUILDER, PASSWORD, createdb=True) as url,
        pooler(postgres_server.port, {"postgres"}) as port,
        _server_project(no_docker, f"{url.rpartition(':')[0]}:{port}") as project,
    ):
        done = project.invoke("isolate")
        assert done.code == 2, str(done)
        assert "no such database: plain_temp" in done.err
        assert f"It was made a moment ago through the same address, 127.0.0.1:{port}.\nTIP: {DIRECT}" in done.err
        assert project.invoke("cleanup").code == 0
        assert databases(postgres_server) == before


def test_a_pooler_that_does_not_know_the_maintenance_database_is_told_too(postgres_server: Server) -> None:
    with pooler(postgres_server.port, {"shop"}) as port:
        address = Address((("127.0.0.1", port),), BUILDER, "shop_temp", PASSWORD)
        with pytest.raises(CannotProceed, match=r"does not let builder in: .* no such database: postgres") as caught:
            existing_server.check(address, ["shop_temp"])
    assert caught.value.tip.startswith(DIRECT)


def _server_project(variables: Mapping[str, str], url: str) -> AbstractContextManager[LocalProject]:
    more = {**ELSEWHERE, **variables, "INVOKE_MIGRATIONS_TOOLS_SERVER_URL": url}
    return _with_secrets(local_project("plain", more, engine="server"))


@contextmanager
def _with_secrets(made: AbstractContextManager[LocalProject]) -> Iterator[LocalProject]:
    with made as project:
        project.secrets.extend([PASSWORD, quote(PASSWORD, safe="")])
        yield project


# --- one step at a time ----------------------------------------------------------------------------------------------

TOKEN = "migrations_tools test"


@pytest.fixture
def mine(postgres_server: Server) -> Iterator[postgres.Server]:
    """Yield the server as a role sees it that may create databases, with a marked database and a base of its own."""
    with role(postgres_server, BUILDER, PASSWORD, createdb=True) as url:
        for name in ("mine_temp", "mine_base_temp"):
            rows(f"{url}/postgres", f"CREATE DATABASE {name}")
            rows(f"{url}/postgres", f"COMMENT ON DATABASE {name} IS '{TOKEN}'")
        yield postgres.Server(
            postgres_server.host, postgres_server.port, BUILDER, "mine_temp", TOKEN, password=PASSWORD
        )


def test_an_empty_database_does_not_stand_in_for_a_base_that_holds_something(
    mine: postgres.Server, postgres_server: Server
) -> None:
    rows(postgres_server.url("mine_base_temp"), "CREATE TABLE kept (id int); CREATE TYPE mood AS ENUM ('well')")
    rows(postgres_server.url(), f"ALTER DATABASE mine_base_temp OWNER TO {postgres_server.user}")
    said = "does not clone mine_base_temp, and an empty database in its place would lack relation kept, type mood"
    with pytest.raises(CannotProceed, match=said), mine.scratch("mine_models_temp", "mine_base_temp"):
        pytest.fail("the scratch database was given")
    rows(postgres_server.url(), f"ALTER DATABASE mine_base_temp OWNER TO {BUILDER}")
    assert "mine_models_temp" not in databases(postgres_server)


def test_a_scratch_database_that_cannot_be_made_is_told(mine: postgres.Server, postgres_server: Server) -> None:
    said = r'The scratch database mine_base_temp could not be made: .*"mine_base_temp"'
    with pytest.raises(CannotProceed, match=said), mine.scratch("mine_base_temp", "mine_base_temp"):
        pytest.fail("the scratch database was given")
    assert databases(postgres_server)["mine_base_temp"] == TOKEN


def test_extensions_are_made_and_those_that_cannot_be_say_why(mine: postgres.Server) -> None:
    postgres.make_extensions(mine, "mine_temp", ["plpgsql", "citext"])
    with pytest.raises(CannotProceed) as caught:
        postgres.make_extensions(mine, "mine_temp", ["pageinspect", "no_such_thing", "citext"])
    superuser, absent = caught.value.reasons
    assert superuser.startswith(f"The extension pageinspect cannot be created as builder at 127.0.0.1:{mine.port}: ")
    assert "It wants a superuser: have one create it in template1" in superuser
    assert "The extension no_such_thing cannot be created" in absent
    assert "The server does not have it: `engine: compose` takes the image that does." in absent
