"""No statement reaches a database before that database has shown this run's token: the server's own log is witness."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from migrations_tools.errors import WrongDatabase
from migrations_tools.inapp.probe_client import ProbeError
from tests.support.embedded import Server
from tests.support.probing import (
    DRIVERS,
    Reviewer,
    copy_project,
    mark,
    need,
    probing,
    revise,
    run_sql,
    target,
    with_driver,
)

QUESTION = (
    "SELECT pg_catalog.shobj_description(d.oid, 'pg_database'), CAST(d.datname AS text)"
    " FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()"
)
REQUESTS = {
    "current": {},
    "upgrade": {"revision": "heads"},
    "downgrade": {"revision": "base"},
    "metadata": {"known": []},
}


@pytest.fixture
def statements(postgres_server: Server) -> Iterator[Callable[[str], list[str]]]:
    """Yield a function that tells every statement that a database has been sent since it was first asked about."""
    admin = postgres_server.url()
    log = Path(run_sql(admin, "SHOW data_directory")[0][0]).parent / "log"
    run_sql(admin, "ALTER SYSTEM SET log_line_prefix = '[%d] '")
    run_sql(admin, "SELECT pg_reload_conf()")

    def seen(url: str) -> list[str]:
        name = url.rpartition("/")[2]
        found = re.findall(rf"^\[{name}\] LOG:  (?:statement|execute [^:]+): (.*)$", log.read_text(), re.MULTILINE)
        return [line for line in found if not line.upper().startswith(("BEGIN", "ROLLBACK"))]

    yield seen
    run_sql(admin, "ALTER SYSTEM RESET log_line_prefix")
    run_sql(admin, "SELECT pg_reload_conf()")


@pytest.fixture
def other(new_database: Callable[[], str]) -> str:
    """Return a database that is not the temp one, and which logs every statement."""
    url = new_database()
    run_sql(url, f"ALTER DATABASE {url.rpartition('/')[2]} SET log_statement = 'all'")
    return url


def drivers() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("driver", DRIVERS)


def project_for(driver: str) -> str:
    return "async_environment" if driver == "asyncpg" else "pooled_engine"


def refusal(error: WrongDatabase) -> str:
    return re.sub(r"127\.0\.0\.1:\d+/test_\d+", "HOST", str(error))


REFUSED = (
    "Stopped before the first statement: a connection of the application's env.py leads to {}, which does not carry"
    " this run's token. It is not the temp database. Nothing was changed there."
)


@drivers()
def test_a_database_without_the_token_is_asked_for_it_and_nothing_else(
    driver: str, other: str, tmp_path: Path, statements: Callable[[str], list[str]]
) -> None:
    need(driver)
    with probing(copy_project(project_for(driver), tmp_path), with_driver(other, driver), cold=True) as probe:
        for request, more in REQUESTS.items():
            with pytest.raises(WrongDatabase) as caught:
                probe.ask(target().request(request, **more), "trying")
            assert refusal(caught.value) == REFUSED.format("HOST")
        with pytest.raises(WrongDatabase):
            revise(probe, Reviewer())
    assert statements(other) == [QUESTION] * 5


def test_another_runs_token_does_not_open_the_gate(database: str, tmp_path: Path) -> None:
    mark(database, "the token of a run before")
    with probing(copy_project("pooled_engine", tmp_path), with_driver(database)) as probe, pytest.raises(WrongDatabase):
        probe.ask(target().request("upgrade"), "upgrading")
    assert run_sql(database, "SELECT relname FROM pg_class WHERE relname = 'alembic_version'") == []


def test_a_url_written_into_env_is_refused_whatever_the_environment_says(
    database: str, other: str, tmp_path: Path, statements: Callable[[str], list[str]]
) -> None:
    project = copy_project("url_written_into_env", tmp_path)
    env = project / "migrations" / "env.py"
    env.write_text(env.read_text().replace("@URL@", with_driver(other)))
    with probing(project, with_driver(mark(database))) as probe, pytest.raises(WrongDatabase) as caught:
        probe.ask(target().request("upgrade"), "upgrading")
    assert refusal(caught.value) == REFUSED.format("HOST")
    assert caught.value.tip == (
        "Look where that address is written (a settings file, env.py, alembic.ini): it must come from the environment."
    )
    assert statements(other) == [QUESTION]


def test_an_env_that_swallows_the_refusal_stops_the_run_all_the_same(
    other: str, tmp_path: Path, statements: Callable[[str], list[str]]
) -> None:
    with probing(copy_project("swallows_every_error", tmp_path), with_driver(other)) as probe:
        for request, more in REQUESTS.items():
            with pytest.raises(WrongDatabase):
                probe.ask(target().request(request, **more), "trying")
    # Three attempts a run of env.py; upgrade and downgrade run it once more to say where the database stands.
    assert set(statements(other)) == {QUESTION}


def test_a_connection_made_by_the_projects_own_function_is_asked_before_its_listeners_speak(
    other: str, tmp_path: Path, statements: Callable[[str], list[str]]
) -> None:
    with (
        probing(copy_project("connections_of_its_own", tmp_path), other) as probe,
        pytest.raises(WrongDatabase) as caught,
    ):
        probe.ask(target().request("upgrade"), "upgrading")
    assert refusal(caught.value) == REFUSED.format("a connection made by a function of the project's own")
    assert statements(other) == [QUESTION]


def test_a_second_engine_needs_the_token_as_well(
    database: str, other: str, tmp_path: Path, statements: Callable[[str], list[str]]
) -> None:
    urls = {"url": with_driver(mark(database)), "OTHER_URL": with_driver(other)}
    with probing(copy_project("two_engines", tmp_path), **urls) as probe, pytest.raises(WrongDatabase):
        probe.ask(target().request("upgrade"), "upgrading")
    assert statements(other) == [QUESTION]


def test_a_database_that_is_no_postgresql_is_never_opened(tmp_path: Path) -> None:
    with (
        probing(copy_project("autocommit_engine", tmp_path), "sqlite:///shop.sqlite") as probe,
        pytest.raises(WrongDatabase) as caught,
    ):
        probe.ask(target().request("upgrade"), "upgrading")
    assert refusal(caught.value) == REFUSED.format("a sqlite database")
    assert not (tmp_path / "shop.sqlite").exists()


@drivers()
def test_a_request_goes_to_the_scratch_database_that_it_names(
    driver: str, new_database: Callable[[], str], tmp_path: Path
) -> None:
    need(driver)
    sandbox, scratch = mark(new_database()), mark(new_database())
    tables = "SELECT relname FROM pg_class WHERE relname IN ('items', 'alembic_version') ORDER BY relname"
    with probing(copy_project(project_for(driver), tmp_path), with_driver(sandbox, driver)) as probe:
        # The application's engine keeps its connections: those of one request must not serve the next.
        probe.ask(target().request("current"), "looking")
        name = scratch.rpartition("/")[2]
        (answer,) = probe.ask(target(name).request("metadata"), "creating the models' schema")["passes"]
        assert (answer["database"], answer["tables"]) == (name, [[None, "items"]])
        assert run_sql(scratch, tables) == [("items",)]
        assert run_sql(sandbox, tables) == []
        # Nobody is left on it, so that it can be cloned and dropped.
        run_sql(sandbox, f'CREATE DATABASE "{name}_clone" TEMPLATE "{name}"')
        run_sql(sandbox, f'DROP DATABASE "{name}_clone"')
        probe.ask(target().request("metadata"), "creating the models' schema")
        assert run_sql(sandbox, tables) == [("items",)]


def test_a_scratch_database_without_the_token_is_refused(new_database: Callable[[], str], tmp_path: Path) -> None:
    sandbox, scratch = mark(new_database()), new_database()
    with probing(copy_project("pooled_engine", tmp_path), with_driver(sandbox)) as probe, pytest.raises(WrongDatabase):
        probe.ask(target(scratch.rpartition("/")[2]).request("metadata", known=[]), "creating the models' schema")
    assert run_sql(scratch, "SELECT 1 FROM pg_class WHERE relname = 'items'") == []


def test_connections_that_cannot_be_sent_to_the_scratch_database_say_so(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    sandbox, scratch = mark(new_database()), mark(new_database())
    name = scratch.rpartition("/")[2]
    with (
        probing(copy_project("connections_of_its_own", tmp_path), sandbox) as probe,
        pytest.raises(ProbeError) as caught,
    ):
        probe.ask(target(name).request("metadata", known=[]), "creating the models' schema")
    assert caught.value.reasons[0] == (
        "CannotRedirect while creating the models' schema: env.py opens its connections with a function of its own,"
        f" which leads to the database {sandbox.rpartition('/')[2]}: they cannot be sent to the scratch database {name}"
    )
    assert run_sql(sandbox, "SELECT 1 FROM pg_class WHERE relname = 'items'") == []
