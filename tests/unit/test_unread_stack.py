"""A Compose file that cannot be read, without containers: settings take its place, or the error says how."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from migrations_tools.discovery.postgres_addresses import ServerAddress
from migrations_tools.discovery.project import NO_DATABASE
from migrations_tools.engines import probe_docker
from migrations_tools.errors import CannotProceed
from migrations_tools.journal import Journal
from migrations_tools.report.console import Console
from migrations_tools.sandbox.local.local_project import Source, read_source, variables_for
from migrations_tools.sandbox.session import Session
from migrations_tools.settings import load

SERVER = ServerAddress("127.0.0.1", 54321, "app", "pw", "shop_temp")
COMPOSE = """\
name: shop
services:
  db: {image: postgres:16, environment: {POSTGRES_PASSWORD: x, POSTGRES_DB: shop}}
  api:
    build: .
    ports: ["8000:8000"]
    environment: {DATABASE_URL: "postgresql://postgres:x@db/shop", REGION: "${REGION:?say which}"}
"""
NAMED = {"database_service": "db", "alembic_service": "api", "application_service": "api"}
LED = {"api": {"DB": "{url}"}}
STAND_IN = """#!/bin/sh
case "$*" in
  version) echo Docker Compose version v5.6.1 ;;
  *) echo "required variable REGION is missing a value: say which" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project on a machine without any Compose program."""
    (tmp_path / "programs").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    monkeypatch.delenv("REGION", raising=False)
    monkeypatch.setattr(probe_docker, "OF_THE_WHEEL", str(tmp_path / "programs" / "of-the-wheel"))
    folder = tmp_path / "shop"
    (folder / "migrations" / "versions").mkdir(parents=True)
    (folder / "docker-compose.yml").write_text(COMPOSE)
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/migrations\n")
    return folder


@pytest.fixture
def complaining(root: Path) -> Path:
    """Return the project where the wheel's program is, and cannot load the stack."""
    program = root.parent / "programs" / "of-the-wheel"
    program.write_text(STAND_IN)
    program.chmod(0o755)
    return root


def _session(root: Path, **settings: Any) -> Session:
    return Session(root, load({"python": sys.executable, **settings}), Journal(root, "_temp"), Console())


def _values(source: Source, session: Session) -> dict[str, str]:
    return dict(variables_for(source, session.settings, SERVER).values)


def test_without_a_compose_program_settings_serve_also_those_that_name_services(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = _session(root, **NAMED, environment=LED)
    source = read_source(session)
    assert (source.project.database, source.project.application, source.config) == (NO_DATABASE, None, {})
    assert _values(source, session)["DB"] == SERVER.url
    said = " ".join(capsys.readouterr().out.split())
    assert "warning: docker-compose.yml was not read; the settings `environment`" in said
    assert "There is no Compose program" in said
    assert "Docker's Compose plugin, 2.24.4 or newer" in said
    assert "pip install 'migrations-tools[compose]'" in said


def test_what_else_is_missing_is_told_with_the_reason(root: Path) -> None:
    (root / "alembic.ini").unlink()
    with pytest.raises(CannotProceed) as caught:
        read_source(_session(root))
    assert "pip install 'migrations-tools[compose]'" in "\n".join(caught.value.reasons)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="no setting at all"),
        pytest.param(NAMED, id="settings that name services"),
        pytest.param({"environment": {"DATABASE_URL": "{url}"}}, id="a variable of the user's"),
        pytest.param({**NAMED, "environment": LED}, id="a service's variable"),
        pytest.param({"take_over_connection": True}, id="connections that are taken over"),
    ],
)
def test_a_stack_that_compose_cannot_load_is_gone_without(
    complaining: Path, settings: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    session = _session(complaining, **settings)
    values = _values(read_source(session), session)
    assert [value for value in values.values() if value == SERVER.url]
    said = capsys.readouterr().out
    assert "warning: docker-compose.yml was not read" in said
    assert "required variable REGION is missing a value: say which" in said


def test_one_task_has_compose_load_the_stack_once(complaining: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = complaining.parent / "programs" / "of-the-wheel"
    asked = complaining.parent / "asked"
    program.write_text(STAND_IN.replace("#!/bin/sh\n", f'#!/bin/sh\necho "$*" >> "{asked}"\n'))
    session = _session(complaining, environment=LED)
    assert read_source(session) == read_source(session)
    assert len([line for line in asked.read_text().splitlines() if "config" in line]) == 1
    assert capsys.readouterr().out.count("was not read") == 1
    # A task of other settings reads for itself.
    read_source(replace(session, settings=load({"python": sys.executable, "take_over_connection": True})))
    assert len([line for line in asked.read_text().splitlines() if "config" in line]) == 2
