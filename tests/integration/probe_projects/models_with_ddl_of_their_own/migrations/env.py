"""Works in a schema of its own, which it finds by the search_path."""

import os

import models
from alembic import context
from sqlalchemy import create_engine, pool, text

engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    with connection.begin():
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS tenant"))
        connection.execute(text("SET search_path TO tenant"))
    context.configure(connection=connection, target_metadata=models.Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
