"""Where the temp database is, for what cannot be led there by the project's own variables."""

from __future__ import annotations

import json
import os
from typing import Any

DATABASE = "MIGRATIONS_TOOLS_DATABASE"
PARTS = ("host", "port", "user", "password", "database")


def temp_database() -> dict[str, Any]:
    """Return what the tool says of the temp database; empty where the project's own variables lead there."""
    found: dict[str, Any] = json.loads(os.environ.get(DATABASE) or "{}")
    return found
