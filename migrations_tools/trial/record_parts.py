"""What goes into the run's record of the side that only the steps can ask: versions, schemas, the history."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import Any

from migrations_tools.report import record
from migrations_tools.sandbox.protocol import Sandbox
from migrations_tools.sandbox.revision_history import read_history
from migrations_tools.trial.scratch import ScratchDatabases


def versions(sandbox: Sandbox, hello: Mapping[str, Any]) -> dict[str, str]:
    """Return the versions of everything but the database, which a server tells; `hello` is the probe's own answer."""
    own = {"python of the tool": platform.python_version()}
    return own | {key: str(hello[key]) for key in ("python", "alembic", "sqlalchemy")} | sandbox.versions()


def installed_parts(scratch: ScratchDatabases) -> dict[str, Any]:
    """Return what `validate` adds but for the proofs: the schema, the history, the server's version."""
    (first, *_) = scratch.installed
    hello = scratch.probe.ask(first.target.request("hello"), "reading the Alembic configuration")
    history = [item for each in scratch.installed for item in read_history(scratch.probe, each.target)]
    return {
        "schema": {name: record.schema_json(scratch.read(name)) for name in scratch.databases},
        "history": record.history_json(
            history, [item["revision"] for item in scratch.sandbox.session.journal.run.generated]
        ),
        "versions": {**versions(scratch.sandbox, hello), "postgresql": scratch.server.version()},
    }
