"""Alembic's cookbook: no empty file, by the command's own options; a render_item; a version table elsewhere."""

import os

import models
from alembic import context
from sqlalchemy import create_engine, pool

config = context.config


def no_empty_file(_context, _revision, directives):
    if config.cmd_opts.autogenerate and directives[0].upgrade_ops.is_empty():
        directives[:] = []


engine = create_engine(os.environ["DATABASE_URL"], poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=models.Base.metadata,
        process_revision_directives=no_empty_file,
        version_table="history",
        x=context.get_x_argument(as_dictionary=True),
    )
    with context.begin_transaction():
        context.run_migrations()
