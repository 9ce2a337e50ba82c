"""Forgets that a connection has begun a transaction before Alembic comes to it."""

import os

from alembic import context
from sqlalchemy import create_engine, pool, text

engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool, future=True)
with engine.connect() as connection:
    connection.execute(text("SELECT 1"))
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
