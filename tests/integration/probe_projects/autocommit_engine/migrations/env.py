"""Every statement is a transaction."""

import os

import models
from alembic import context
from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_URL"], isolation_level="AUTOCOMMIT")
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=models.Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
