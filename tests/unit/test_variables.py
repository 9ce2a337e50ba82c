"""The variables that lead an application to the temp database, and what is said about those that cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg.conninfo
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from migrations_tools.discovery.postgres_addresses import ServerAddress
from migrations_tools.discovery.variables import Variables, for_application, guess, names_of
from migrations_tools.errors import CannotProceed

HERE = ServerAddress("127.0.0.1", 54321, "app", "temp-pw", "app_temp")
FAR = ServerAddress("db.example.com", 6432, "o@wner", "p/w:d", "app_temp")
URL = "app:temp-pw@127.0.0.1:54321/app_temp"
LIBPQ = {"PGHOST": "127.0.0.1", "PGPORT": "54321", "PGUSER": "app", "PGPASSWORD": "temp-pw", "PGDATABASE": "app_temp"}


def _found(server: ServerAddress = HERE, extra: dict[str, Any] | None = None, **environment: str) -> Variables:
    more = {"names": ("shop-postgres",), "other_services": ("redis", "mail", "api")}
    return for_application(environment, "db", 5432, server, extra or {}, **more)  # type: ignore[arg-type]


def _value(text: str, server: ServerAddress = HERE) -> str:
    return _found(server, X=text).values["X"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("postgresql://u:pw@db:5432/shop", f"postgresql://{URL}"),
        ("postgres://u:pw@db/shop", f"postgres://{URL}"),
        ("postgresql+asyncpg://u:pw@db:5432/shop", f"postgresql+asyncpg://{URL}"),
        ("postgresql+psycopg2://db/shop", f"postgresql+psycopg2://{URL}"),
        ("postgresql://u@shop-postgres", f"postgresql://{URL}"),
        ("postgresql://u:p%40w@db/shop?application_name=x", f"postgresql://{URL}?application_name=x"),
        ("postgresql://u:pw@db/shop?sslmode=require&options=-c%20x%3D1", f"postgresql://{URL}?options=-c%20x%3D1"),
        ("postgresql://u:pw@/shop?host=db&port=5432", f"postgresql://{URL}"),
        ("postgresql://u:pw@/shop?host=db:5432", f"postgresql://{URL}"),
        ("postgresql://u:raw/slash@db/shop", f"postgresql://{URL}"),
        ("postgresql://u:raw@sign@db/shop", f"postgresql://{URL}"),
        ('["postgresql://u:pw@db/shop"]', f'["postgresql://{URL}"]'),
        ("postgresql://db/a,postgresql+psycopg://db/b", f"postgresql://{URL},postgresql+psycopg://{URL}"),
        (
            "host=db port=5432 dbname=shop user=u password='p w' connect_timeout=5",
            "host=127.0.0.1 port=54321 user=app password=temp-pw dbname=app_temp connect_timeout=5",
        ),
        (
            "dbname = shop host = 'db' sslmode=require",
            "host=127.0.0.1 port=54321 user=app password=temp-pw dbname=app_temp",
        ),
    ],
)
def test_an_address_of_the_database_leads_to_the_temp_one(before: str, after: str) -> None:
    assert _value(before) == after


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:pw@other.example.com/shop",
        "postgresql://u:pw@database/shop",
        "postgresql:///shop",
        "redis://db:6379/0",
        "https://db/",
        "db",
        "host=other dbname=shop",
        "host=db",
        "a host=db dbname=x",
        "jdbc:postgresql://db:5432/shop",
        "postgresql://u:pw@${DB_HOST}/shop",
        "postgresql://u:p?w@db/shop",
        "",
    ],
)
def test_what_is_no_address_of_the_database_stays_as_it_is(text: str) -> None:
    assert _value(text) == text


def test_what_stays_although_it_is_postgresql_is_told() -> None:
    found = _found(
        A="postgresql://u:pw@other.example.com/x",
        B="jdbc:postgresql://db/x",
        C="postgresql://u:pw@$HOST/x",
        D="postgresql://u:p?w@db/x",
        E="postgresql://u:pw@db/x",
    )
    assert found.notes == (
        "A: leads to PostgreSQL at other.example.com, which is not the stack's; it stays as it is.",
        "B: an address for Java stays as it is.",
        "C: the host is the value of another variable; the address stays as it is.",
        "D: holds an address that cannot be read with certainty; it stays as it is.",
    )


@pytest.mark.parametrize("text", ["postgresql://u:pw@db,other/x", "postgresql:///x?host=db&host=b", "host=a,db user=u"])
def test_several_hosts_are_an_error(text: str) -> None:
    with pytest.raises(CannotProceed, match="The variable X names several hosts") as caught:
        _value(text)
    assert "pw" not in str(caught.value)


def test_encryption_is_kept_for_a_server_elsewhere_and_left_out_here_with_a_note() -> None:
    url = "postgresql://u:pw@db/shop?sslmode=verify-full&sslrootcert=/ca.pem"
    here = _found(X=url, PGSSLMODE="require")
    assert here.values["X"] == f"postgresql://{URL}"
    assert "PGSSLMODE" not in here.values
    assert "PGSSLMODE" in here.removed
    assert here.notes == (
        "X: the demand for an encrypted connection is left out: the temp server takes none.",
        "PGSSLMODE is left out: the temp server takes no encrypted connections.",
    )
    far = _found(FAR, X=url, PGSSLMODE="require")
    assert far.values["X"].endswith("/app_temp?sslmode=verify-full&sslrootcert=/ca.pem")
    assert (far.values["PGSSLMODE"], far.notes) == ("require", ())


MANAGED = ServerAddress(
    "db.example.com",
    5432,
    "app",
    "temp-pw",
    "app_temp",
    {"sslmode": "verify-full", "sslrootcert": "/ca.pem", "options": "endpoint=ep-1", "keepalives": "1"},
)


def test_what_the_server_needs_besides_goes_by_the_variables_of_libpq() -> None:
    found = _found(MANAGED, DATABASE_URL="postgresql://u:pw@db/shop", PGSSLMODE="disable")
    assert found.values == {
        "DATABASE_URL": "postgresql://app:temp-pw@db.example.com:5432/app_temp",
        "PGHOST": "db.example.com",
        "PGPORT": "5432",
        "PGUSER": "app",
        "PGPASSWORD": "temp-pw",
        "PGDATABASE": "app_temp",
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": "/ca.pem",
        "PGOPTIONS": "endpoint=ep-1",
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("postgresql://db/x?sslmode=disable&ssl=off&a=b", "postgresql://app:temp-pw@db.example.com:5432/app_temp?a=b"),
        (
            "postgresql://db/x?options=-c%20a%3Db",
            "postgresql://app:temp-pw@db.example.com:5432/app_temp?options=endpoint%3Dep-1%20-c%20a%3Db",
        ),
        (
            "host=db user=u sslmode=disable options='-c a=b'",
            "host=db.example.com port=5432 user=app password=temp-pw dbname=app_temp options='endpoint=ep-1 -c a=b'",
        ),
    ],
)
def test_what_an_address_says_otherwise_gives_way_to_the_server(before: str, after: str) -> None:
    assert _value(before, MANAGED) == after


def test_what_gives_way_is_told() -> None:
    assert _found(MANAGED, X="postgresql://db/x?sslmode=disable").notes == (
        "X: its sslmode gives way to the temp server's.",
    )


def test_a_driver_that_takes_less_is_told() -> None:
    (note,) = _found(MANAGED, X="postgresql+asyncpg://u:pw@db/x").notes
    assert note == "X: asyncpg takes no `options`: those of the temp server's address do not reach it."


def test_a_server_of_this_machine_may_be_encrypted_where_its_address_says_so() -> None:
    tunnel = ServerAddress("localhost", 6543, "app", "temp-pw", "app_temp", {"sslmode": "require"})
    found = _found(tunnel, X="postgresql://db/x?sslmode=disable", PGSSLROOTCERT="/ca.pem")
    assert found.values["PGSSLMODE"] == "require"
    assert found.values["PGSSLROOTCERT"] == "/ca.pem"
    assert found.values["X"] == "postgresql://app:temp-pw@localhost:6543/app_temp"


def test_a_server_without_a_password_leaves_it_to_what_is_there() -> None:
    found = _found(
        ServerAddress("db.example.com", 5432, "app", "", "app_temp"), X="postgresql://u:pw@db/x", Y="host=db user=u"
    )
    assert found.values["X"] == "postgresql://app@db.example.com:5432/app_temp"
    assert found.values["Y"] == "host=db.example.com port=5432 user=app dbname=app_temp"
    assert found.laid_over({"PGPASSWORD": "own"})["PGPASSWORD"] == "own"


def test_user_and_password_are_encoded_in_urls_and_quoted_in_keywords() -> None:
    assert _value("postgresql://db/x", FAR) == "postgresql://o%40wner:p%2Fw%3Ad@db.example.com:6432/app_temp"
    odd = ServerAddress("127.0.0.1", 1, "u", r"it's \ odd", "x")
    assert psycopg.conninfo.conninfo_to_dict(_value("host=db user=u", odd))["password"] == r"it's \ odd"


def test_a_socket_and_an_address_of_version_6_are_written_as_urls_want_them() -> None:
    assert _value("postgresql://db/x?a=b", ServerAddress("/run/s", 5, "u", "p", "x")) == (
        "postgresql://u:p@/x?host=/run/s&port=5&a=b"
    )
    assert _value("postgresql://db/x", ServerAddress("::1", 5, "u", "p", "x")) == "postgresql://u:p@[::1]:5/x"


PARTS = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=1, max_size=12)


@given(user=PARTS, password=PARTS, database=PARTS)
def test_whatever_the_credentials_a_driver_reads_them_back(user: str, password: str, database: str) -> None:
    server = ServerAddress("127.0.0.1", 5, user, password, database)
    url = _value("postgresql://a:b@db:5432/c?x=y", server)
    parts = urlsplit(url)
    assert (parts.hostname, parts.port) == ("127.0.0.1", 5)
    read = (unquote(parts.username or ""), unquote(parts.password or ""), unquote(parts.path[1:]))
    assert read == (user, password, database)
    keywords = psycopg.conninfo.conninfo_to_dict(_value("host=db dbname=c", server))
    assert (keywords["user"], keywords["password"], keywords["dbname"]) == (user, password, database)


@settings(deadline=None)  # a busy machine is no fault of the text
@given(st.text(max_size=60))
def test_any_text_at_all_is_taken_without_harm(text: str) -> None:
    assert isinstance(_value(text), str)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            {"DB_HOST": "db", "DB_PORT": "5432", "DB_USER": "u", "DB_PASSWORD": "pw", "DB_NAME": "shop"},
            {
                "DB_HOST": "127.0.0.1",
                "DB_PORT": "54321",
                "DB_USER": "app",
                "DB_PASSWORD": "temp-pw",
                "DB_NAME": "app_temp",
            },
            id="one family",
        ),
        pytest.param(
            {"POSTGRES_SERVER": "db", "POSTGRES_USER": "u", "POSTGRES_PASSWORD": "pw", "POSTGRES_DB": "shop"},
            {
                "POSTGRES_SERVER": "127.0.0.1",
                "POSTGRES_USER": "app",
                "POSTGRES_PASSWORD": "temp-pw",
                "POSTGRES_DB": "app_temp",
                "POSTGRES_PORT": "54321",
            },
            id="a port that is not given is added",
        ),
        pytest.param(
            {"DB_HOST": "db:5432", "POSTGRES_USER": "u", "POSTGRES_PASSWORD": "pw", "POSTGRES_DB": "shop"},
            {
                "DB_HOST": "127.0.0.1:54321",
                "POSTGRES_USER": "app",
                "POSTGRES_PASSWORD": "temp-pw",
                "POSTGRES_DB": "app_temp",
            },
            id="two families",
        ),
        pytest.param(
            {"PGHOST": "db", "PGUSER": "u", "PGPASSWORD": "pw", "PGDATABASE": "shop"}, LIBPQ, id="libpq's own"
        ),
        pytest.param(
            {"app_db__host": "shop-postgres", "app_db__port": "5432", "app_db__password": "pw"},
            {"app_db__host": "127.0.0.1", "app_db__port": "54321", "app_db__password": "temp-pw"},
            id="small letters, nested",
        ),
        pytest.param(
            {"HOST": "db", "PORT": "8000", "USER": "u", "NAME": "n"},
            {"HOST": "127.0.0.1", "PORT": "8000", "USER": "u", "NAME": "n"},
            id="a bare HOST has no family",
        ),
        pytest.param(
            {"HOST": "db", "PORT": "5432"}, {"HOST": "127.0.0.1", "PORT": "54321"}, id="but the database's port"
        ),
        pytest.param(
            {"DB_HOST": "db", "DB_PORT": "5432", "DB_PASSWORD_FILE": "/run/secrets/db"},
            {"DB_HOST": "127.0.0.1", "DB_PORT": "54321", "DB_PASSWORD": "temp-pw"},
            id="a file of the container",
        ),
        pytest.param(
            {"DB_HOST": "db", "DB_PORT": "5432", "POSTGRES_HOST": "far.example.com", "POSTGRES_USER": "u"},
            {"DB_HOST": "127.0.0.1", "DB_PORT": "54321", "POSTGRES_HOST": "far.example.com", "POSTGRES_USER": "u"},
            id="another server's family stays",
        ),
        pytest.param(
            {"POSTGRES_USER": "db", "POSTGRES_DB": "db", "QUEUE": "db"},
            {"POSTGRES_USER": "db", "POSTGRES_DB": "db", "QUEUE": "db"},
            id="a service's name is no host everywhere",
        ),
    ],
)
def test_an_address_in_parts_leads_to_the_temp_database(before: dict[str, str], after: dict[str, str]) -> None:
    assert _found(**before).values == LIBPQ | after


def test_what_is_added_or_taken_away_is_told() -> None:
    found = _found(POSTGRES_SERVER="db", POSTGRES_PASSWORD_FILE="/run/secrets/x")
    assert found.notes == (
        "POSTGRES_PORT is added: no port is given beside the host.",
        "POSTGRES_PASSWORD is set in the place of POSTGRES_PASSWORD_FILE, which is a file of the container.",
    )
    assert "POSTGRES_PASSWORD_FILE" in found.removed


def test_connections_that_name_nothing_lead_to_the_temp_database_too() -> None:
    assert LIBPQ.items() <= dict(_found(DATABASE_URL="postgresql://db/x").values).items()
    assert _found(PGHOST="far.example.com", PGUSER="u").values == {"PGHOST": "far.example.com", "PGUSER": "u"}


def test_what_would_lead_elsewhere_is_not_inherited() -> None:
    found = _found(DATABASE_URL="postgresql://db/x")
    outer = {"PGHOSTADDR": "10.0.0.1", "PGSERVICE": "live", "PGSSLMODE": "require", "HOME": "/home/somebody"}
    assert found.laid_over(outer) == {"HOME": "/home/somebody", **found.values}


def test_services_that_do_not_run_here_are_told() -> None:
    found = _found(
        DATABASE_URL="postgresql://db/x",
        REDIS_URL="redis://:hidden@redis:6379/0",
        SMTP_HOST="mail",
        API="http://api:8000",
        NAME="redis",
        OTHER="http://example.com",
        BROKERS="redis:6379,mail:25",
    )
    assert found.absent == ("api", "mail", "redis")
    assert found.notes == (
        "API leads to the service api, which does not run here.",
        "BROKERS leads to the service mail, which does not run here.",
        "BROKERS leads to the service redis, which does not run here.",
        "REDIS_URL leads to the service redis, which does not run here.",
        "SMTP_HOST leads to the service mail, which does not run here.",
    )
    assert found.values["REDIS_URL"] == "redis://:hidden@redis:6379/0"


def test_without_the_names_of_the_services_short_hosts_of_urls_count() -> None:
    environment = {"A": "postgresql://db/x", "B": "redis://cache:6379", "C": "http://localhost:1", "D": "amqp://a.b/c"}
    assert for_application(environment, "db", 5432, HERE, {}).absent == ("cache",)


def test_several_databases_on_one_server_are_told() -> None:
    (note,) = _found(DATABASE_URL="postgresql://db/shop", TEST_URL="postgresql://db/test").notes
    assert note.startswith("Several databases are named (shop in DATABASE_URL, test in TEST_URL); all of them lead to")


def test_when_nothing_names_the_database_the_way_out_is_told() -> None:
    (note,) = _found(DEBUG="1").notes
    assert note.startswith("No variable names the database service db; where the application takes its address from")
    assert "`environment:`" in note
    assert _found(extra={"URL": "{url}"}, DEBUG="1").notes == ()


def test_a_stack_without_a_database_means_every_postgresql_address() -> None:
    found = for_application({"DATABASE_URL": "postgresql://u:pw@far.example.com/x"}, "", 5432, HERE, {})
    assert found.values["DATABASE_URL"] == f"postgresql://{URL}"


def test_extra_values_win_and_are_filled_in() -> None:
    extra = {
        "URL": "{url}",
        "ASYNC": "postgresql+asyncpg://{user}:{password}@{host}:{port}/{database}",
        "RAW": "{password}",
        "JSON": '{"a": {"host": "{host}"}}',
        "DEBUG": True,
        "COUNT": 3,
        "GONE": None,
        "REDIS_URL": "memory://",
    }
    found = _found(FAR, extra, GONE="x", REDIS_URL="redis://redis", URL="postgresql://db/x")
    assert {name: value for name, value in found.values.items() if not name.startswith("PG")} == {
        "URL": "postgresql://o%40wner:p%2Fw%3Ad@db.example.com:6432/app_temp",
        "ASYNC": "postgresql+asyncpg://o%40wner:p%2Fw%3Ad@db.example.com:6432/app_temp",
        "RAW": "p/w:d",
        "JSON": '{"a": {"host": "db.example.com"}}',
        "DEBUG": "true",
        "COUNT": "3",
        "REDIS_URL": "memory://",
    }
    assert "GONE" in found.removed
    assert found.absent == ()


def test_no_secret_shows_in_a_repr_or_a_note() -> None:
    found = _found(A="postgresql://u:hidden@db/x", B="postgresql://u:hidden@other/x", C="redis://:hidden@redis/0")
    shown = repr(found) + repr(HERE) + "".join(found.notes)
    assert "hidden" not in shown
    assert "temp-pw" not in shown


def test_without_a_compose_file_what_leads_to_postgresql_is_replaced(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "SQLALCHEMY_DATABASE_URI='postgresql+psycopg2://u:pw@localhost/shop'\nDATABASE_URL=postgresql://file/x\n"
        "DB_HOST=localhost\nDB_NAME=shop\nREDIS_HOST=localhost\nSECRET_KEY=x\n"
    )
    environment = {"DATABASE_URL": "postgresql+asyncpg://u:pw@10.0.0.1/shop", "HOME": "/home/somebody"}
    found = guess(tmp_path, environment, HERE, {})
    assert found.values == {
        **LIBPQ,
        "SQLALCHEMY_DATABASE_URI": f"postgresql+psycopg2://{URL}",
        "DATABASE_URL": f"postgresql+asyncpg://{URL}",
        "DB_HOST": "127.0.0.1",
        "DB_PORT": "54321",
        "DB_NAME": "app_temp",
    }
    assert found.notes[:3] == (
        "DATABASE_URL leads to the temp database.",
        "DB_HOST leads to the temp database.",
        "DB_NAME leads to the temp database.",
    )
    assert "pw" not in "".join(found.notes)


def test_a_file_that_cannot_be_read_is_told_and_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("A B=postgresql://u:pw@localhost/shop\n")
    found = guess(tmp_path, {"DB_URL": "postgresql://localhost/x"}, HERE, {})
    assert found.values == {**LIBPQ, "DB_URL": f"postgresql://{URL}"}
    assert found.notes[0].replace(str(tmp_path), "DIR") == (
        "What DIR/.env says is not followed: DIR/.env, line 1: this is no `NAME=value`."
    )


def _offered(folder: Path) -> str:
    return (
        f"No variable with a PostgreSQL address was found in the environment or in {folder}/.env; DATABASE_URL is set."
        " Where the application reads another one, give it under `environment:` with {url}."
    )


def test_where_nothing_is_set_a_usual_variable_is_offered(tmp_path: Path) -> None:
    found = guess(tmp_path, {"HOME": "/home/somebody"}, HERE, {})
    assert found.values == {**LIBPQ, "DATABASE_URL": f"postgresql://{URL}"}
    assert list(found.notes) == [_offered(tmp_path)]
    assert "DATABASE_URL" not in guess(tmp_path, {}, HERE, {"APP_DB": "{url}"}).values


def test_a_database_has_more_names_than_its_services() -> None:
    config = {
        "services": {
            "db": {
                "container_name": "shop-postgres",
                "hostname": "pg",
                "networks": {"back": {"aliases": ["main", "primary"]}, "front": None},
            },
            "api": {"links": ["db:database", "redis:cache", "db"]},
        }
    }
    assert names_of(config, "db") == {"db", "shop-postgres", "pg", "main", "primary", "database"}
    assert names_of({}, "db") == {"db"}
