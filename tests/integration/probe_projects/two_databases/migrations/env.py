"""Runs the migrations on one database after the other."""

import os

from alembic import context
from sqlalchemy import create_engine, pool

for name, variable in (("one", "DATABASE_URL"), ("two", "OTHER_URL")):
    with create_engine(os.environ[variable], poolclass=pool.NullPool).connect() as connection:
        context.configure(connection=connection)
        with context.begin_transaction():
            context.run_migrations(engine_name=name)
