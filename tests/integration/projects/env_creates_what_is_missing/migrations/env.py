"""Makes what the revisions did not make from the models."""

import os

import models
from alembic import context
from sqlalchemy import create_engine

with create_engine(os.environ["DATABASE_URL"]).begin() as connection:
    context.configure(connection=connection, target_metadata=models.metadata)
    with context.begin_transaction():
        context.run_migrations()
    models.metadata.create_all(connection)
