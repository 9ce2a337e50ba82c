"""A dump restored beside a run that stands, in the project's folder: `python -m tests.support.restoring DUMP`.

Prints JSON: how many statements there were, and the rows of each table of the scratch database, which is gone then.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from invoke import Config

from migrations_tools import catalog, data, ns, settings
from migrations_tools.engines.postgres import querying
from migrations_tools.journal import Journal
from migrations_tools.report.console import Console
from migrations_tools.sandbox import select
from migrations_tools.sandbox.session import Session, read_standing


def main() -> None:
    """Restore, look, print."""
    config = Config(defaults=ns.configuration(), project_location=str(Path.cwd()))
    config.load_project()
    config.load_shell_env()
    root, loaded = settings.find_root(Path.cwd()), settings.load(config[settings.SECTION])
    session = Session(root, loaded, Journal(root, loaded.suffix), Console())
    read_standing(session, "restore")
    sandbox = select.of_run(session).reopen()
    server = sandbox.server()
    with server.scratch(sandbox.scratch_name(sandbox.database, "data"), sandbox.base_of(sandbox.database)) as name:
        restored = sandbox.restore(name, Path(sys.argv[1]))
        with server.connect(name) as connection:
            query = querying(connection)
            held = data.fingerprint(query, catalog.read(query))
    rows = {table: each.rows for table, each in held.tables.items()}
    print("restored", json.dumps({"statements": restored.statements, "rows": rows}))


if __name__ == "__main__":
    main()
