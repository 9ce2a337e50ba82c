"""What goes into the run's record of the side that only the steps can ask: versions, schemas, the history."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any

from migrations_tools.report import record
from migrations_tools.steps.bench import Bench
from migrations_tools.steps.history import read_history
from migrations_tools.steps.temp import Temp


def versions(temp: Temp, hello: Mapping[str, Any]) -> dict[str, str]:
    """Give the versions of everything but the database, which a server tells; `hello` is the probe's own answer."""
    own = {"python of the tool": platform.python_version()}
    return own | {key: str(hello[key]) for key in ("python", "alembic", "sqlalchemy")} | temp.versions()


def installed_parts(bench: Bench) -> dict[str, Any]:
    """Give what `validate` adds but for the proofs: the schema, the history, the server's version."""
    (first, *_) = bench.installed
    hello = bench.probe.ask(first.target.request("hello"), "reading the Alembic configuration")
    history = [item for each in bench.installed for item in read_history(bench.probe, each.target)]
    return {
        "schema": {name: record.schema_json(bench.read(name)) for name in bench.databases},
        "history": record.history_json(history, [item["revision"] for item in bench.run.generated]),
        "versions": {**versions(bench.temp, hello), "postgresql": bench.server.version()},
    }  # fmt: skip
