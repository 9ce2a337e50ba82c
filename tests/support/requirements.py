"""What a case needs of the server: `-- requires: PostgreSQL 18, extension btree_gist` in its first line."""

from __future__ import annotations

import psycopg
import pytest

_AVAILABLE = "SELECT FROM pg_available_extensions WHERE name = %s"


def skip_unless_met(url: str, script: str) -> None:
    """Skip the test where the server lacks what the script's first line requires."""
    first = script.partition("\n")[0]
    if not first.startswith("-- requires: "):
        return
    with psycopg.connect(url) as connection:
        for kind, _, value in (each.partition(" ") for each in first.removeprefix("-- requires: ").split(", ")):
            if kind == "PostgreSQL" and connection.info.server_version < int(value) * 10000:
                pytest.skip(f"needs PostgreSQL {value}")
            if kind == "extension" and not connection.execute(_AVAILABLE, [value]).fetchall():
                pytest.skip(f"the server has no extension {value}")
