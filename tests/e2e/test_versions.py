"""The copy on another major version of PostgreSQL than the project's, and the catalogs of both compared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest

from migrations_tools.catalog import as_json, read
from tests.e2e.example_copy import ExampleCopy

pytestmark = pytest.mark.docker

_FORM = "migrations_tools catalog 1"


def _keep_dev_catalog(example_copy: ExampleCopy, path: Path) -> str:
    """Write the catalog of the dev database, which is on the project's own version; give that version."""
    with example_copy.connect(example_copy.ports["postgres"]) as connection:
        catalog = read(lambda sql, params=(): _rows(connection, sql, params))
        version = str(connection.info.parameter_status("server_version")).partition(" ")[0]
    databases = {"recyclic": as_json(catalog.without_tables({"alembic_version"}))}
    path.write_text(json.dumps({"form": _FORM, "version": version, "databases": databases}))
    return version


def _rows(connection: psycopg.Connection[Any], sql: str, params: Sequence[object]) -> list[tuple[Any, ...]]:
    cursor = connection.execute(sql.encode(), params or None)
    return cursor.fetchall() if cursor.description else []


def test_a_fresh_install_on_another_version_is_proven_and_its_catalog_compared(
    fresh: ExampleCopy, tmp_path: Path
) -> None:
    own, other = tmp_path / "own.json", tmp_path / "other.json"
    version = _keep_dev_catalog(fresh, own)
    isolated = fresh.invoke("isolate", "--postgres", "17")
    assert isolated.code == 0, str(isolated)
    assert "image postgres:15 → postgres:17" in isolated.out
    validated = fresh.invoke("validate", "--catalog", str(other))
    # The model that nobody generated a migration for is missing on every version.
    assert validated.code == 1, str(validated)
    assert "✔ The database is new" in validated.out
    assert "✔ The database is at head" in validated.out
    assert fresh.temp_containers()["postgres"]["Config"]["Image"] == "postgres:17"
    on = json.loads(other.read_text())["version"]
    assert on.startswith("17.")
    compared = fresh.invoke("compare", "--catalog", str(own), "--catalog", str(other))
    assert compared.code == 0, str(compared)
    assert f"PostgreSQL {version} and {on}: the same catalog." in compared.out
