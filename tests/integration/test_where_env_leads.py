"""Projects that say where their database is in a way of their own: the address of env.py itself tells which it is."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from tests.support import application
from tests.support.docker import Done
from tests.support.embedded import Server
from tests.support.local import TABLES, LocalProject, local_project, names, path_without_docker, rows
from tests.support.probing import DRIVER

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked up in /proc")

COMPARED = "create table email_logs."
ENV = """
from alembic import context
from models import Base
from sqlalchemy import create_engine
import settings

with create_engine(settings.URL).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
FROM_THE_INI = ENV.replace("import settings", "").replace(
    "settings.URL", 'context.config.get_main_option("sqlalchemy.url")'
)


@pytest.fixture(scope="module")
def no_docker() -> Iterator[dict[str, str]]:
    with path_without_docker() as path:
        yield {"PATH": path}


def write(project: LocalProject, files: Mapping[str, str]) -> None:
    """Write files of the project; `DRIVER` stands for the one that is installed."""
    for name, text in {"migrations/env.py": ENV, **files}.items():
        (project.root / name).write_text(textwrap.dedent(text).replace("DRIVER", DRIVER))


def check(project: LocalProject, **more: str) -> Done:
    """Run `check`, and see that nothing is left of it and no secret was told."""
    done = project.invoke("check", **more)
    assert (project.processes(), project.leaks) == ([], [])
    return done


SETTINGS = {
    "a URL under a name of the project's own": """
        import os
        URL = os.environ["STORE_URL"]
        """,
    "a URL with a default, in the driver's own form": """
        import os
        URL = os.getenv("ACME_API_DATABASE_CONNECTION_URL", "postgresql+DRIVER://acme:acme@localhost:1/acme")
        """,
    "parts that are wanted one after the other": """
        import os
        from sqlalchemy.engine import URL as Url
        part = {name: os.environ["SHOP_DB_" + name] for name in ("HOST", "PORT", "USER", "PASSWORD", "NAME")}
        URL = Url.create(
            "postgresql+DRIVER", part["USER"], part["PASSWORD"], part["HOST"], int(part["PORT"]), part["NAME"]
        )
        """,
    "parts with defaults under mixed names": """
        import os
        host, port = os.environ.get("ACME_POSTGRES_SERVER", "db"), os.environ.get("ACME_POSTGRES_PORT", "5432")
        login = os.environ.get("ACME_POSTGRES_CREDENTIALS", "acme:acme")
        URL = f"postgresql+DRIVER://{login}@{host}:{port}/{os.environ.get('ACME_POSTGRES_DB', 'acme')}"
        """,
    "another kind of database until told otherwise": """
        import os
        URL = "sqlite:///acme.sqlite"
        if os.environ.get("DB_ENGINE", "sqlite") == "postgres":
            login = os.environ["POSTGRES_USER"] + ":" + os.environ["POSTGRES_PASSWORD"]
            place = os.environ["POSTGRES_SERVER"] + ":" + os.environ["POSTGRES_PORT"]
            URL = f"postgresql+DRIVER://{login}@{place}/{os.environ['POSTGRES_DB']}"
        """,
    "a name that says nothing of a database": """
        import os
        URL = os.environ.get("ACME_URL", "postgresql+DRIVER://acme:acme@localhost:1/acme")
        """,
    "names that are put together and other variables that must not be tried": """
        import os
        if os.environ.get("DB_POOL_SIZE", "5") != "5" or "REDIS_URL" in os.environ or os.environ.get("DB_NAME_SUFFIX"):
            raise SystemExit("not this one")
        read = lambda name: os.environ.get("ACME_" + name, "acme")
        login, port = read("DB_USER") + ":" + read("DB_PASS"), os.environ.get("ACME_DB_PORT", "1")
        URL = f"postgresql+DRIVER://{login}@{read('DB_HOST')}:{port}/{read('DB_NAME')}"
        """,
}


@pytest.mark.parametrize("settings", [pytest.param(text, id=name) for name, text in SETTINGS.items()])
def test_the_variables_that_make_the_address_are_found_without_a_setting(
    settings: str, no_docker: dict[str, str]
) -> None:
    with local_project("plain", no_docker, engine="embedded") as project:
        write(project, {"settings.py": settings})
        done = project.invoke("isolate")
        assert project.leaks == []
    assert (done.code, "The temp database: app at" in done.text) == (0, True), str(done)


def test_the_fields_of_pydantics_settings_are_found_by_their_prefix(no_docker: dict[str, str]) -> None:
    if not application.has("pydantic_settings"):
        pytest.skip("the application's Python has no pydantic_settings")
    settings = """
        from pydantic_settings import BaseSettings, SettingsConfigDict
        class Settings(BaseSettings):
            model_config = SettingsConfigDict(env_prefix="ACME_")
            store: str
            store_port: int = 1
            store_user: str
            store_password: str
            store_name: str = "acme"
        s = Settings(store="x") if False else Settings()
        URL = f"postgresql+DRIVER://{s.store_user}:{s.store_password}@{s.store}:{s.store_port}/{s.store_name}"
        """.replace("store: str", "store_host: str").replace("{s.store}", "{s.store_host}")
    with local_project("plain", no_docker, engine="embedded") as project:
        write(project, {"settings.py": settings})
        done = check(project)
    assert (done.code, COMPARED in done.text) == (1, True), str(done)


@pytest.mark.parametrize("option", ["", "sqlalchemy.url = driver://user:pass@localhost/dbname", "sqlalchemy.url = {}"])
def test_an_address_of_the_ini_is_led_without_a_setting(
    option: str, no_docker: dict[str, str], new_database: Callable[[], str]
) -> None:
    dev = new_database()
    with local_project("plain", no_docker, engine="embedded") as project:
        ini = (project.root / "alembic.ini").read_text() + option.format(dev) + "\n"
        write(project, {"alembic.ini": ini, "migrations/env.py": FROM_THE_INI})
        done = check(project)
    assert (done.code, COMPARED in done.text) == (1, True), str(done)
    assert names(dev, TABLES) == set()


def test_a_connection_is_taken_over_where_a_setting_allows_it(
    no_docker: dict[str, str], new_database: Callable[[], str], postgres_server: Server
) -> None:
    dev = new_database()
    rows(dev, "CREATE TABLE users (id integer PRIMARY KEY)")
    url = dev.replace("postgresql://", "postgresql+DRIVER://")
    with local_project("plain", no_docker, engine="embedded") as project:
        project.secrets.append(postgres_server.password)
        write(project, {"settings.py": f"# Of this machine.\nURL = {url!r}\n"})
        refused = check(project)
        project.configure(engine="embedded", take_over_connection=True)
        done = check(project)
        whole = project.invoke("isolate", "generate", "validate")
    host, _, name = dev.rpartition("@")[2].rpartition("/")
    assert refused.code == 2
    assert f"env.py leads to {host}/{name}" in refused.text
    assert "It was not opened; nothing was changed there." in refused.text
    assert "is written in settings.py:2." in refused.text
    assert "take_over_connection: true" in refused.text
    assert (done.code, COMPARED in done.text) == (1, True), str(done)
    assert "the tool leads env.py to the temp database and no variable does" in whole.text, str(whole)
    assert names(dev, TABLES) == {"users"}


def test_nothing_is_sent_to_a_server_that_env_leads_to(
    no_docker: dict[str, str], new_database: Callable[[], str], postgres_server: Server
) -> None:
    dev = new_database()
    with local_project("plain", no_docker, engine="embedded") as project:
        project.secrets.append(postgres_server.password)
        write(project, {"settings.py": f"URL = {dev.replace('postgresql://', 'postgresql+DRIVER://')!r}\n"})
        (admin,) = rows(dev, "SELECT current_setting('data_directory')")
        log = Path(str(admin[0])).parent / "log"
        before = log.stat().st_size
        rows(dev, "ALTER SYSTEM SET log_connections = 'on'")
        rows(dev, "SELECT pg_reload_conf()")
        try:
            assert check(project).code == 2
        finally:
            rows(dev, "ALTER SYSTEM RESET log_connections")
            rows(dev, "SELECT pg_reload_conf()")
        with log.open("rb") as file:
            file.seek(before)
            told = file.read().decode()
    assert f"database={dev.rpartition('/')[2]} application_name=migrations" not in told
    assert told.count("connection received") <= 2  # our own two questions


def test_variables_that_the_application_wants_besides_are_named_with_the_line_to_write(
    no_docker: dict[str, str],
) -> None:
    settings = """
        import os
        SECRET, URL = os.environ["SECRET_KEY"], os.environ["STORE_URL"]
        """
    with local_project("plain", no_docker, engine="embedded") as project:
        write(project, {"settings.py": settings, ".env.example": "SECRET_KEY=example\n"})
        refused = check(project)
        project.configure(engine="embedded", environment={"SECRET_KEY": "change-me"})
        flat = check(project)
        project.configure(engine="embedded", env_files=[".env.example"])
        filed = check(project)
    assert refused.code == 2
    assert "The application wants variables that are not set here: SECRET_KEY." in refused.text
    assert "write `environment: {SECRET_KEY: change-me}`" in refused.text
    assert "`env_files: [.env.example]`" in refused.text
    for done in (flat, filed):
        assert (done.code, COMPARED in done.text) == (1, True), str(done)


def test_what_stops_the_application_once_it_has_its_address_is_told_with_the_example_that_helps(
    no_docker: dict[str, str],
) -> None:
    settings = """
        import os
        URL = os.environ["STORE_URL"]
        if os.environ.get("STAGE", "production") == "production":
            raise ValueError("no place for errors is set")
        """
    with local_project("plain", no_docker, engine="embedded") as project:
        write(project, {"settings.py": settings, ".env.example": "STAGE=local\nUNREAD=1\n"})
        refused = check(project)
        project.configure(engine="embedded", env_files=[".env.example"])
        done = check(project)
    assert refused.code == 2
    assert "ValueError while checking where env.py leads: no place for errors is set" in refused.text
    assert "TIP: .env.example has values for STAGE." in refused.text
    assert "`env_files: [.env.example]`" in refused.text
    assert (done.code, COMPARED in done.text) == (1, True), str(done)


def test_a_value_that_fits_the_fields_type_is_in_the_line_to_write(no_docker: dict[str, str]) -> None:
    if not application.has("pydantic_settings"):
        pytest.skip("the application's Python has no pydantic_settings")
    settings = """
        from enum import Enum
        from typing import List, Literal
        from pydantic_settings import BaseSettings
        class Stage(Enum):
            LOCAL = "local"
        class Settings(BaseSettings):
            store_url: str
            production: bool
            workers: int
            stage: Stage
            region: Literal["eu", "us"]
            origins: List[str]
            secret: str
        URL = Settings().store_url
        """
    line = "{ORIGINS: '[]', PRODUCTION: 'true', REGION: eu, SECRET: change-me, STAGE: local, WORKERS: '1'}"
    with local_project("plain", no_docker, engine="embedded") as project:
        write(project, {"settings.py": settings})
        refused = check(project)
        (written,) = [each for each in refused.text.splitlines() if "write `environment: {" in each]
        told = yaml.safe_load(written.partition("write `environment: ")[2].partition("`, with")[0])
        project.configure(engine="embedded", environment=told)
        done = check(project)
    assert told == yaml.safe_load(line)
    assert (done.code, COMPARED in done.text) == (1, True), str(done)


@pytest.mark.parametrize("argument", ["", ", connect_args={'check_same_thread': False}"], ids=["plain", "with options"])
def test_an_engine_for_sqlite_is_made_for_the_temp_database_where_a_setting_allows_it(
    argument: str, no_docker: dict[str, str]
) -> None:
    env = ENV.replace("settings.URL", f"settings.URL{argument}")
    with local_project("plain", no_docker, engine="embedded") as project:
        write(project, {"settings.py": "URL = 'sqlite:///acme.sqlite'\n", "migrations/env.py": env})
        refused = check(project)
        project.configure(engine="embedded", take_over_connection=True)
        done = check(project)
        assert not (project.root / "acme.sqlite").exists()
    assert refused.code == 2
    assert "env.py leads to a sqlite database (" in refused.text
    assert "`take_over_connection: true`" in refused.text
    assert (done.code, COMPARED in done.text) == (1, True), str(done)


def test_what_was_tried_in_vain_is_told(no_docker: dict[str, str]) -> None:
    settings = """
        import os
        os.environ.get("ACME_DB_HOST"), os.environ.get("ACME_DB_NAME")
        URL = "postgresql+DRIVER://acme:seldom-spoken@db.example.com:5432/acme"
        """
    with local_project("plain", no_docker, engine="embedded") as project:
        project.secrets.append("seldom-spoken")
        write(project, {"settings.py": settings})
        done = check(project)
    assert done.code == 2
    assert "env.py leads to db.example.com:5432/acme, user acme, which is not the temp database." in done.text
    assert "The address did not move with any of these variables: ACME_DB_HOST, ACME_DB_NAME" in done.text


def test_a_part_that_nothing_makes_is_named(no_docker: dict[str, str]) -> None:
    settings = """
        import os
        place = os.environ["ACME_DB_HOST"] + ":" + os.environ["ACME_DB_PORT"]
        URL = f"postgresql+DRIVER://acme:acme@{place}/acme"
        """
    with local_project("plain", no_docker, engine="embedded") as project:
        write(project, {"settings.py": settings})
        done = check(project)
    assert done.code == 2
    assert "these variables were found: ACME_DB_HOST (host), ACME_DB_PORT (port)." in done.text
    assert "Nothing was found that makes its user (acme), password, database (acme)." in done.text
