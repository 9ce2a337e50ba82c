"""Compares with one database and copies a list from another."""

import os

import models
from alembic import context
from sqlalchemy import create_engine, pool, text

other = create_engine(os.environ["OTHER_URL"], poolclass=pool.NullPool)
engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with engine.connect() as connection, other.connect() as second:
    second.execute(text("CREATE TABLE made_by_env (id int)"))
    context.configure(connection=connection, target_metadata=models.Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
