"""The revision files of a package and of its plug-in, told as this runs."""

import os
from pathlib import Path

import models
from alembic import context
from sqlalchemy import create_engine, pool

here = Path(__file__).resolve().parent.parent
context.script.version_locations = [str(here / "core" / "revisions"), str(here / "plugin" / "revisions")]
engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=models.Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
