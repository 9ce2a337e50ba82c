"""The URL is written down here."""

import models
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine("@URL@", poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=models.Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
