"""Holds an advisory lock for as long as it runs, so that two deploys do not migrate at once."""

import os

import models
from alembic import context
from sqlalchemy import create_engine, text

with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    context.configure(connection=connection, target_metadata=models.metadata, transaction_per_migration=True)
    connection.execute(text("SELECT pg_advisory_lock(41)"))
    with context.begin_transaction():
        context.run_migrations()
