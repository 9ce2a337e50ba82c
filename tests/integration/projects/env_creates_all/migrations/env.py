"""Makes an empty database from the models, and marks it as standing at a revision."""

import os

import models
from alembic import context
from sqlalchemy import create_engine, inspect, text

with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    with connection.begin():
        if not inspect(connection).get_table_names():
            models.metadata.create_all(connection)
            connection.execute(text("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)"))
            connection.execute(text("INSERT INTO alembic_version VALUES ('0001')"))
    context.configure(connection=connection, target_metadata=models.metadata)
    with context.begin_transaction():
        context.run_migrations()
