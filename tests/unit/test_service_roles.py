"""Which service is what: stacks as real projects have them, written anew, with what is taken for what and why."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from migrations_tools.discovery.service_roles import Roles, weigh
from migrations_tools.discovery.setting_hints import Undecided
from migrations_tools.errors import CannotProceed
from migrations_tools.images import is_postgres
from migrations_tools.settings import Settings

HTTP = [{"target": 8000, "published": "8000", "protocol": "tcp"}]
POSTGRES = {"image": "postgres:15", "environment": {"POSTGRES_PASSWORD": "x"}}
REACHES = {"DATABASE_URL": "postgresql+psycopg://u:x@db:5432/shop"}


def _weigh(root: Path, services: Mapping[str, Any], anchor: str = "api/alembic.ini", **settings: Any) -> Roles:
    path = root / anchor
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return weigh(Settings(**settings), services, path)


def _chosen(roles: Roles) -> tuple[str | None, ...]:
    return tuple(
        role.chosen.service if role.chosen else None for role in (roles.database, roles.alembic, roles.application)
    )


def _built(folder: Path, **more: Any) -> dict[str, Any]:
    return {"build": {"context": str(folder)}, **more}


@pytest.mark.parametrize(
    "image",
    [
        "postgres",
        "docker.io/library/postgres:18",
        "registry:5000/team/postgis:13",
        "pgvector/pgvector:pg17",
        "timescale/timescaledb-ha:pg16",
        "bitnami/postgresql:16",
        "supabase/postgres:15.1.0",
        "citusdata/citus:12",
        "quay.io/sclorg/postgresql-15-c9s",
        "ghcr.io/zalando/spilo-16:3.2",
        "ghcr.io/team/shop-postgres:2@sha256:0000",
    ],
)
def test_an_image_of_postgresql_is_known_by_its_name(image: str) -> None:
    assert is_postgres(image)


@pytest.mark.parametrize(
    "image",
    [
        "",
        "redis:7",
        "postgrest/postgrest",
        "dpage/pgadmin4",
        "edoburu/pgbouncer",
        "bitnami/postgres-exporter:0.15",
        "prodrigestivill/postgres-backup-local:15",
        "supabase/postgres-meta:v0.80",
        "team/postgres-api:1",
        "cockroachdb/cockroach",
    ],
)
def test_what_stands_beside_postgresql_is_none(image: str) -> None:
    assert not is_postgres(image)


def test_services_that_carry_the_password_are_no_databases_beside_the_image(tmp_path: Path) -> None:
    parts = {"POSTGRES_HOST": "db", "POSTGRES_USER": "u", "POSTGRES_PASSWORD": "x", "POSTGRES_DB": "shop"}
    own = {"environment": parts, "depends_on": {"db": {"condition": "service_healthy"}}}
    api = _built(tmp_path / "api", **own, ports=HTTP, command=["uvicorn", "shop:app", "--port", "8000"])
    migrations = _built(tmp_path / "api", **own, command=["alembic", "upgrade", "head"])
    roles = _weigh(tmp_path, {"api": api, "api-migrations": migrations, "db": POSTGRES})
    assert _chosen(roles) == ("db", "api-migrations", "api")
    assert roles.evidence() == (
        "db: image postgres:15, POSTGRES_HOST of api-migrations leads to it",
        (
            "api-migrations: its build context holds alembic.ini, its command runs `alembic upgrade head`,"
            " POSTGRES_HOST leads to db"
        ),
        (
            "api: its build context holds alembic.ini, POSTGRES_HOST leads to db, its command runs uvicorn,"
            " publishes port 8000"
        ),
    )


def test_a_built_service_is_the_database_only_where_no_image_is(tmp_path: Path) -> None:
    own = _built(tmp_path / "db", environment={"POSTGRES_PASSWORD": "x"})
    api = _built(tmp_path / "api", environment=REACHES)
    assert _chosen(_weigh(tmp_path, {"api": api, "db": own}))[0] == "db"
    assert _chosen(_weigh(tmp_path, {"api": api, "db": own, "main": POSTGRES}))[0] == "main"


def test_a_client_of_a_database_that_is_no_service_is_not_taken_for_one(tmp_path: Path) -> None:
    parts = {"POSTGRES_SERVER": "elsewhere", "POSTGRES_PASSWORD": "x"}
    roles = _weigh(tmp_path, {"api": _built(tmp_path / "api", environment=parts)})
    assert (roles.database.chosen, roles.database.candidates) == (None, ())
    with pytest.raises(CannotProceed, match="No service was found that is PostgreSQL"):
        roles.database.settled()


def test_a_database_that_is_built_here_is_known_by_what_it_is_built_from(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "Dockerfile").write_text("FROM alpine AS tools\nFROM postgis/postgis:16-3.4\nCOPY . /\n")
    api = _built(tmp_path / "api", environment={"POSTGRES_PASSWORD": "x"})
    roles = _weigh(tmp_path, {"api": api, "store": _built(tmp_path / "db")})
    assert roles.database.settled().words() == "store: image built from postgis/postgis:16-3.4"


def test_a_database_of_an_unknown_image_is_known_by_its_data_and_its_health_check(tmp_path: Path) -> None:
    data = [{"type": "volume", "source": "data", "target": "/var/lib/postgresql/data"}]
    store = {"image": "team/store:3", "volumes": data, "healthcheck": {"test": "pg_isready -U shop"}}
    roles = _weigh(tmp_path, {"store": store, "cache": {"image": "redis"}})
    assert roles.database.settled().words() == ("store: a volume for PostgreSQL's data, its health check is pg_isready")


@pytest.mark.parametrize(
    "backup",
    [
        {"image": "postgres:15", "environment": {"PGHOST": "db"}},
        {"image": "postgres:15", "command": ["sh", "-c", "pg_dump -h db shop > /out/shop.sql"]},
    ],
    ids=["by its variables", "by its command"],
)
def test_a_dump_with_the_databases_own_image_is_not_the_database(tmp_path: Path, backup: dict[str, Any]) -> None:
    assert _chosen(_weigh(tmp_path, {"backup": backup, "db": POSTGRES}))[0] == "db"


def test_of_several_databases_the_one_that_alembics_variables_lead_to_is_meant(tmp_path: Path) -> None:
    variables = {"SCANNER_TEST_DATABASE_URL": "postgresql://u:x@scanner/t", **REACHES}
    roles = _weigh(
        tmp_path, {"api": _built(tmp_path / "api", environment=variables), "db": POSTGRES, "scanner": POSTGRES}
    )
    assert roles.database.settled().words() == "db: image postgres:15, DATABASE_URL of api leads to it"


def test_without_variables_what_alembics_service_depends_on_is_meant(tmp_path: Path) -> None:
    api = _built(tmp_path / "api", depends_on={"main-db": {}})
    roles = _weigh(tmp_path, {"api": api, "clair-db": POSTGRES, "main-db": POSTGRES})
    assert roles.database.settled().service == "main-db"


def test_databases_that_nothing_tells_apart_are_asked_for_with_what_speaks_for_each(tmp_path: Path) -> None:
    roles = _weigh(tmp_path, {"api": _built(tmp_path / "api"), "old": POSTGRES, "db": POSTGRES, "db-test": POSTGRES})
    with pytest.raises(Undecided) as caught:
        roles.database.settled()
    assert caught.value.choices == tuple((name, "image postgres:15") for name in ("db", "old", "db-test"))


def test_an_alias_a_container_name_and_a_variable_of_any_prefix_lead_to_the_database(tmp_path: Path) -> None:
    named = {**POSTGRES, "container_name": "shop-pg", "networks": {"default": {"aliases": ["primary"]}}}
    for variable in ({"ACME_POSTGRES_HOST": "shop-pg"}, {"DSN": "host=primary dbname=shop"}, {"X_URL": "pg://primary"}):
        api = _built(tmp_path / "api", environment=variable)
        roles = _weigh(tmp_path, {"api": api, "db": named, "other": POSTGRES})
        assert roles.database.settled().words() == f"db: image postgres:15, {next(iter(variable))} of api leads to it"


def test_one_context_for_all_is_told_apart_by_what_leads_to_the_database(tmp_path: Path) -> None:
    for folder, base in (("api", "python:3.13-slim"), ("web", "node:24")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "Dockerfile").write_text(f"FROM {base}\n")
    ports = [{"target": 3000, "published": "3000", "protocol": "tcp"}]
    api = {"build": {"context": str(tmp_path), "dockerfile": "api/Dockerfile"}, "ports": HTTP}
    web = {"build": {"context": str(tmp_path), "dockerfile": "web/Dockerfile"}, "ports": ports}
    assert _chosen(_weigh(tmp_path, {"db": POSTGRES, "api": {**api, "environment": REACHES}, "web": web})) == (
        *("db", "api", "api"),
    )
    # The settings of the database lie in a file of the project: the Dockerfile alone tells.
    assert _chosen(_weigh(tmp_path, {"db": POSTGRES, "api": api, "web": web})) == ("db", "api", "api")


def test_services_of_one_image_are_alike_for_alembic_and_the_one_that_serves_is_named(tmp_path: Path) -> None:
    one = _built(tmp_path / "api", environment=REACHES)
    services = {"db": POSTGRES, "scheduler": one, "server": {**one, "ports": HTTP}, "worker": one}
    assert _chosen(_weigh(tmp_path, services)) == ("db", "server", "server")


def test_services_that_take_a_built_image_by_name_count_as_built_here(tmp_path: Path) -> None:
    base = {**_built(tmp_path / "api"), "image": "shop:dev"}
    docs = {"build": {"context": str(tmp_path / "api"), "target": "docs"}, "image": "shop:docs", "ports": HTTP}
    by_name = {"image": "shop:dev", "environment": REACHES, "depends_on": {"db": {}}}
    web = {**by_name, "ports": HTTP, "command": ["gunicorn", "shop.wsgi"]}
    roles = _weigh(tmp_path, {"base": base, "db": POSTGRES, "docs": docs, "web": web, "worker": by_name})
    assert _chosen(roles) == ("db", "web", "web")
    assert roles.alembic.settled().words() == ("web: it runs the image that base builds, DATABASE_URL leads to db")


def test_services_of_different_images_that_are_equally_likely_are_asked_for(tmp_path: Path) -> None:
    one = _built(tmp_path / "api", environment=REACHES)
    other = {"build": {"context": str(tmp_path / "api"), "dockerfile": "Other"}, "environment": REACHES}
    roles = _weigh(tmp_path, {"db": POSTGRES, "a": one, "b": other})
    assert _chosen(roles) == ("db", None, None)
    assert [each.service for each in roles.alembic.candidates] == ["a", "b"]


@pytest.mark.parametrize(
    ("command", "files", "said"),
    [
        pytest.param(["flask", "db", "upgrade"], {}, "its command runs `flask db upgrade`", id="flask"),
        pytest.param(
            "sh -c 'alembic -c a.ini upgrade head && run'", {}, "its command runs `alembic -c a.ini upgrade head`"
        ),
        pytest.param(
            ["bash", "/app/scripts/start.sh"],
            {"scripts/start.sh": "set -e\nalembic upgrade head\n"},
            "it runs start.sh, which runs Alembic",
            id="a script",
        ),
        pytest.param(
            ["./start.sh"],
            {"start.sh": "bash prestart.sh\nexec serve\n", "prestart.sh": "python -m flask db upgrade\n"},
            "it runs start.sh, which runs Alembic",
            id="a script that runs another",
        ),
        pytest.param(
            ["python", "start.py"],
            {"start.py": "from alembic import command\ncommand.upgrade(config, 'head')\n"},
            "it runs start.py, which runs Alembic",
            id="a program",
        ),
        pytest.param(
            None,
            {"Dockerfile": 'FROM python\nENTRYPOINT ["/srv/entry.sh"]\n', "entry.sh": "alembic upgrade heads\n"},
            "it runs entry.sh, which runs Alembic",
            id="the image's own start",
        ),
    ],
)
def test_what_runs_alembic_is_found_in_commands_and_scripts(
    tmp_path: Path, command: Any, files: Mapping[str, str], said: str
) -> None:
    for name, text in files.items():
        (tmp_path / "api" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "api" / name).write_text(text)
    bot = {"build": {"context": str(tmp_path / "api"), "dockerfile": "Bot"}, "environment": REACHES}
    roles = _weigh(tmp_path, {"db": POSTGRES, "bot": bot, "up": _built(tmp_path / "api", command=command)})
    chosen = roles.alembic.settled()
    assert (chosen.service, said in chosen.reasons) == ("up", True), roles.alembic.candidates


def test_a_container_that_mounts_the_sources_holds_them(tmp_path: Path) -> None:
    mount = {"type": "bind", "source": str(tmp_path / "api"), "target": "/srv"}
    api = {"image": "python:3.13", "volumes": [mount], "environment": REACHES, "ports": HTTP}
    assert _chosen(_weigh(tmp_path, {"db": POSTGRES, "api": api})) == ("db", "api", "api")


def test_images_from_elsewhere_are_proposed_and_never_chosen(tmp_path: Path) -> None:
    api = {"image": "registry.example.com/shop-api:1", "environment": REACHES}
    roles = _weigh(tmp_path, {"db": POSTGRES, "api": api, "cache": {"image": "redis"}})
    with pytest.raises(Undecided) as caught:
        roles.alembic.settled()
    assert caught.value.reasons == (
        f"No service was found whose image is built from {tmp_path / 'api' / 'alembic.ini'}.",
        "  In invoke.yaml, under `migrations_tools:`, write `alembic_service: api` (DATABASE_URL leads to db)",
        (
            "  In invoke.yaml, under `migrations_tools:`, write `engine: embedded`"
            " (the application then runs here, in no container)"
        ),
    )
    assert [value for value, _ in caught.value.choices] == ["embedded"]


def test_a_stack_of_the_database_alone_is_told_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(CannotProceed) as caught:
        _weigh(tmp_path, {"db": POSTGRES}).alembic.settled()
    assert caught.value.reasons[-1] == (
        "  In invoke.yaml, under `migrations_tools:`, write `engine: embedded`"
        " (the application then runs here, in no container)"
    )


def test_a_setting_decides_by_itself(tmp_path: Path) -> None:
    one = _built(tmp_path / "api", environment=REACHES)
    services = {"db": POSTGRES, "old": POSTGRES, "api": one, "worker": one}
    roles = _weigh(tmp_path, services, database_service="old", alembic_service="worker", application_service="api")
    assert _chosen(roles) == ("old", "worker", "api")
    assert roles.evidence()[0] == "old: the setting `database_service`, image postgres:15"
    assert _chosen(_weigh(tmp_path, services, database_service="api"))[0] == "api"


def test_a_name_that_yaml_would_read_as_something_else_is_quoted_in_the_line_to_write(tmp_path: Path) -> None:
    with pytest.raises(Undecided) as caught:
        _weigh(tmp_path, {"yes": POSTGRES, "007": POSTGRES}).database.settled()
    assert [line.partition(" (")[0].rpartition("write ")[2] for line in caught.value.reasons[1:]] == [
        "`database_service: '007'`",
        "`database_service: 'yes'`",
    ]


def test_a_service_on_a_profile_is_said_to_be_on_it(tmp_path: Path) -> None:
    path = tmp_path / "alembic.ini"
    roles = weigh(Settings(alembic_service="jobs"), {"db": POSTGRES}, path, lambda: {"jobs": ["batch"]})
    with pytest.raises(CannotProceed) as caught:
        roles.alembic.settled()
    assert caught.value.reasons == (
        "`migrations_tools.alembic_service` names 'jobs', which is on the profile batch, and that is not active.",
        "  In invoke.yaml, under `migrations_tools:`, write `profiles: [batch]`",
    )


def test_a_name_that_is_nearly_right_is_asked_for(tmp_path: Path) -> None:
    services = {"postgres": POSTGRES, "api": _built(tmp_path / "api")}
    roles = weigh(Settings(database_service="postgress"), services, None)
    (mistake,) = roles.database.mistake
    assert mistake == (
        "`migrations_tools.database_service` names 'postgress', which is no service of the stack;"
        " did you mean `postgres`?"
    )
