"""Registers a hook of its own."""

import os
from pathlib import Path

import models
from alembic import context
from alembic.script import write_hooks
from sqlalchemy import create_engine, pool


@write_hooks.register("stamp")
def stamp(filename, _options):
    path = Path(filename)
    path.write_text(path.read_text() + "# stamped: " + filename + "\n")


engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=models.Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
