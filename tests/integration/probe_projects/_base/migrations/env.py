"""What most projects have: one engine, one metadata."""

import os

import models
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=models.Base.metadata, **getattr(models, "OPTIONS", {}))
    with context.begin_transaction():
        context.run_migrations()
