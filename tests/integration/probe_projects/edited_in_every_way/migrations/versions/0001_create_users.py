"""Create users.

Revision ID: 0001
"""

import os

from alembic import op

revision = "0001"
down_revision = None

SCHEMA = os.environ.get("SCHEMA") or "public"


def upgrade():
    op.execute("CREATE SCHEMA IF NOT EXISTS " + SCHEMA)
    op.execute("CREATE TYPE mood AS ENUM ('sad')")
    op.execute(
        f"CREATE TABLE {SCHEMA}.users (id serial PRIMARY KEY, name varchar(40), age varchar(10) DEFAULT '0',"
        " nick varchar(20),"
        " email varchar(90), seen integer, active boolean, gone integer, CONSTRAINT ck_old CHECK (seen > 0))"
    )
    op.execute(f"CREATE INDEX ix_old ON {SCHEMA}.users (seen) WHERE seen > 1")
    op.execute(f"CREATE TABLE {SCHEMA}.older (id serial PRIMARY KEY)")
    op.execute(f"INSERT INTO {SCHEMA}.users (name, age, active) VALUES ('Ada', '36', true)")


def downgrade():
    op.execute(f"DROP TABLE {SCHEMA}.users, {SCHEMA}.older")
    op.execute("DROP TYPE mood")
