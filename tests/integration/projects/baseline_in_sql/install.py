"""Make a fresh database: the tables of the time before Alembic, then the revisions."""

import os
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config

with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    connection.execute(Path("baseline.sql").read_text())
command.upgrade(Config("alembic.ini"), "head")
