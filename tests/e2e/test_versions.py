"""The copy on another major version of PostgreSQL than the project's, and the catalogs of both compared."""

from __future__ import annotations

import json

import pytest

from migrations_tools.catalog import as_json, read
from tests.e2e.shop import Shop
from tests.support import docker

pytestmark = pytest.mark.docker

_FORM = "migrations_tools catalog 1"


def _keep_dev_catalog(shop: Shop, path: str) -> str:
    """Write the catalog of the dev database, which is on the project's own version; give that version."""
    with shop.connect(shop.ports["postgres"]) as connection:
        catalog = read(lambda sql, params=(): connection.execute(sql.encode(), params or None).fetchall())
        version = str(connection.info.parameter_status("server_version")).partition(" ")[0]
    databases = {"recyclic": as_json(catalog.without_tables({"alembic_version"}))}
    shop.write(path, json.dumps({"form": _FORM, "version": version, "databases": databases}))
    return version


def test_a_fresh_install_on_another_version_is_proven_and_its_catalog_compared(fresh: Shop) -> None:
    own = _keep_dev_catalog(fresh, ".migrations_tools/own.json")
    isolated = fresh.invoke("isolate", "--postgres", "17")
    assert isolated.code == 0, str(isolated)
    assert "image postgres:15 → postgres:17" in isolated.out
    validated = fresh.invoke("validate", "--catalog", ".migrations_tools/other.json")
    # The model that nobody generated a migration for is missing on every version.
    assert validated.code == 1, str(validated)
    assert "✔ The database is new" in validated.out
    assert "✔ The database is at head" in validated.out
    images = {docker.inspect("container", [name])[0]["Config"]["Image"] for name in ("postgres_temp",)}
    assert images == {"postgres:17"}
    assert fresh.invoke("psql", "--command", "SHOW server_version_num").out.count("\n 17") == 1
    other = fresh.tool_folder / "other.json"
    version = json.loads(other.read_text())["version"]
    assert version.startswith("17.")
    compared = fresh.invoke("compare", "--catalog", ".migrations_tools/own.json", "--catalog", str(other))
    assert compared.code == 0, str(compared)
    assert f"PostgreSQL {own} and {version}: the same catalog." in compared.out
