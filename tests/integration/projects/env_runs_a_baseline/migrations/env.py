"""Makes the tables of the time before Alembic with SQL: the revisions go on from there."""

import os

import models
from alembic import context
from sqlalchemy import create_engine, text

with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    with connection.begin():
        connection.execute(text("CREATE TABLE IF NOT EXISTS farms (id serial PRIMARY KEY)"))
    context.configure(connection=connection, target_metadata=models.metadata)
    with context.begin_transaction():
        context.run_migrations()
