"""Uses the application's own engine, whose pool outlives a run of this file."""

import models
from alembic import context
from database import engine

with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=models.Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
